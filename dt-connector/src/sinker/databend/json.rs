//! Which JSON texts Databend's VARIANT holds as they are.
//!
//! Databend keeps integers and decimals up to 76 digits; a longer one is rounded, and a number with an exponent is a DOUBLE, as
//! in MySQL: out of range it turns into null without an error. Empty text turns into null too, and a lone surrogate
//! escape (`\ud800`) into six characters; a key that occurs twice fails the whole statement. Those are found here.

use std::borrow::Cow;

use super::unfit::Unfit;

/// Digits that a DECIMAL in a VARIANT keeps.
const MAX_DIGITS: usize = 76;

/// Checks a JSON text. It is a scan for the cases above, not a parser: the source has checked the text already.
///
/// # Errors
/// [`Unfit::Json`], which goes first, and [`Unfit::JsonNumber`].
pub fn check_json(text: &str) -> Result<(), Unfit> {
    let mut exact = true;
    scan(text, |number| exact &= is_exact(number))?;
    if exact { Ok(()) } else { Err(Unfit::JsonNumber) }
}

/// The text with the nearest DOUBLE in place of every number that Databend would change.
pub fn clamped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    // A scan that fails has found something else; what comes behind it stays as it is.
    let _ = scan(text, |number| {
        if !is_exact(number) {
            let at = number.as_ptr() as usize - text.as_ptr() as usize;
            let nearest = number.parse::<f64>().map(|v| v.clamp(f64::MIN, f64::MAX));
            out.push_str(&text[from..at]);
            out.push_str(&nearest.map_or(Cow::Borrowed(number), |v| Cow::Owned(format!("{v:e}"))));
            from = at + number.len();
        }
    });
    out.push_str(&text[from..]);
    out
}

/// Walks over a text and shows its numbers.
fn scan<'a>(text: &'a str, mut number: impl FnMut(&'a str)) -> Result<(), Unfit> {
    let bytes = text.as_bytes();
    let mut at = 0;
    let mut empty = true;
    // The open arrays (`None`) and objects with their keys so far.
    let mut open: Vec<Option<Vec<&str>>> = Vec::new();
    let mut key_next = false;
    while let Some(&byte) = bytes.get(at) {
        empty &= byte.is_ascii_whitespace();
        let next = match byte {
            b'"' => check_string(bytes, at + 1)?,
            b'-' | b'0'..=b'9' => {
                let len = bytes[at..]
                    .iter()
                    .take_while(|b| matches!(b, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'));
                let end = at + len.count();
                number(&text[at..end]);
                end
            }
            _ => at + 1,
        };
        match (byte, open.last_mut()) {
            (b'"', Some(Some(keys))) if key_next => keys.push(&text[at + 1..next - 1]),
            (b'}' | b']', _) => {
                if let Some(Some(keys)) = open.pop() {
                    check_keys(keys)?;
                }
            }
            (b'{', _) => open.push(Some(Vec::new())),
            (b'[', _) => open.push(None),
            _ => {}
        }
        key_next = matches!(byte, b'{' | b',') || (key_next && byte.is_ascii_whitespace());
        at = next;
    }
    if empty { Err(Unfit::Json) } else { Ok(()) }
}

/// The keys of one object, as they are written.
fn check_keys(keys: Vec<&str>) -> Result<(), Unfit> {
    let plain = |key: &&str| !key.contains('\\');
    let mut keys: Vec<Cow<'_, str>> = keys
        .into_iter()
        .map(|key| match plain(&key) {
            true => Ok(Cow::Borrowed(key)),
            false => serde_json::from_str(&format!("\"{key}\"")).map(Cow::Owned),
        })
        .collect::<Result<_, _>>()
        .map_err(|_| Unfit::Json)?;
    keys.sort_unstable();
    if keys.windows(2).any(|pair| pair[0] == pair[1]) { Err(Unfit::Json) } else { Ok(()) }
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

/// Whether Databend keeps the number.
fn is_exact(number: &str) -> bool {
    match number.contains(['e', 'E']) {
        true => number.parse::<f64>().is_ok_and(f64::is_finite),
        false => number.bytes().filter(u8::is_ascii_digit).count() <= MAX_DIGITS,
    }
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

    #[test]
    fn a_key_occurs_once_in_an_object() {
        for (text, fits) in [
            (r#"{"a":1,"a":2}"#, false),
            (r#"{"b":[{"a":"a", "a":1}]}"#, false),
            (r#"{"a":1, "\u0061":2}"#, false),
            (r#"{"a":{"a":["a","a"]},"b":"a","c":{"a":1}}"#, true),
            (r#"["a","a",{"a":"a"}]"#, true),
        ] {
            assert_eq!(check_json(text).is_ok(), fits, "{text}");
        }
    }

    #[test]
    fn numbers_are_clamped_one_by_one() {
        let digits = "9".repeat(MAX_DIGITS + 1);
        assert_eq!(
            clamped(&format!(r#"{{"1e400":[1e400,-1e999, 5,{digits}]}}"#)),
            r#"{"1e400":[1.7976931348623157e308,-1.7976931348623157e308, 5,1e77]}"#
        );
    }
}
