//! Which JSON texts Databend's VARIANT holds as they are.
//!
//! Databend keeps integers and decimals up to 76 digits; a longer one is rounded, and a number with an exponent is a DOUBLE, as
//! in MySQL: out of range it turns into null without an error. Empty text turns into null too, and a lone surrogate
//! escape (`\ud800`) into six characters. Those are found here; what Databend itself refuses (a key that occurs twice) it refuses.

use super::unfit::Unfit;

/// Digits that a DECIMAL in a VARIANT keeps.
const MAX_DIGITS: usize = 76;

/// Checks a JSON text. It is a scan for the cases above, not a parser: the source has checked the text already.
///
/// # Errors
/// [`Unfit::Json`] and [`Unfit::JsonNumber`].
pub fn check_json(text: &str) -> Result<(), Unfit> {
    let bytes = text.as_bytes();
    let mut at = 0;
    let mut empty = true;
    while let Some(&byte) = bytes.get(at) {
        empty &= byte.is_ascii_whitespace();
        at = match byte {
            b'"' => check_string(bytes, at + 1)?,
            b'-' | b'0'..=b'9' => check_number(text, at)?,
            _ => at + 1,
        };
    }
    if empty { Err(Unfit::Json) } else { Ok(()) }
}

/// Checks a string from behind its quote; answers where it ends.
fn check_string(bytes: &[u8], mut at: usize) -> Result<usize, Unfit> {
    loop {
        match bytes.get(at).ok_or(Unfit::Json)? {
            b'"' => return Ok(at + 1),
            b'\\' if bytes.get(at + 1) == Some(&b'u') => {
                let unit = code_unit(bytes, at)?;
                at += 6;
                match unit {
                    0xd800..=0xdbff => {
                        if !(0xdc00..=0xdfff).contains(&code_unit(bytes, at)?) {
                            return Err(Unfit::Json);
                        }
                        at += 6;
                    }
                    0xdc00..=0xdfff => return Err(Unfit::Json),
                    _ => {}
                }
            }
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

/// Reads `\uXXXX`.
fn code_unit(bytes: &[u8], at: usize) -> Result<u16, Unfit> {
    let digits = bytes.get(at..at + 6).and_then(|b| b.strip_prefix(b"\\u")).ok_or(Unfit::Json)?;
    let digits = std::str::from_utf8(digits).map_err(|_| Unfit::Json)?;
    u16::from_str_radix(digits, 16).map_err(|_| Unfit::Json)
}

/// Checks a number; answers where it ends.
fn check_number(text: &str, at: usize) -> Result<usize, Unfit> {
    let rest = &text[at..];
    let len =
        rest.bytes().take_while(|b| matches!(b, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E')).count();
    let number = &rest[..len];
    let exact = if number.contains(['e', 'E']) {
        number.parse::<f64>().map_err(|_| Unfit::Json)?.is_finite()
    } else {
        number.bytes().filter(u8::is_ascii_digit).count() <= MAX_DIGITS
    };
    if exact { Ok(at + len) } else { Err(Unfit::JsonNumber) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_databend_keeps_passes() {
        let digits = "9".repeat(MAX_DIGITS);
        for text in [
            "null",
            "[]",
            r#"{"a":[1,-2.50,1e20],"1e400":"1e400 \" \\ \ud83d\ude00 \u0000"}"#,
            &digits,
            "12345678901234567890123456789012345678",
        ] {
            assert_eq!(check_json(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn what_databend_changes_is_refused() {
        let digits = "9".repeat(MAX_DIGITS + 1);
        for text in ["1e400", "[1,-1E999]", &digits, &format!("0.{digits}")] {
            assert_eq!(check_json(text), Err(Unfit::JsonNumber), "{text}");
        }
        for text in ["", "  ", r#""\ud800""#, r#""\ud800\u0041""#, r#""\udc00""#, "\"open", r#""\u12"#] {
            assert_eq!(check_json(text), Err(Unfit::Json), "{text}");
        }
    }
}
