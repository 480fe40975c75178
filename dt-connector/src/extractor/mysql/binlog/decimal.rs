//! MySQL's packed DECIMAL as the text that MySQL prints.
//!
//! Nine digits go into four bytes, fewer into fewer, big-endian; the first bit is the inverted sign, and a negative number
//! has all bytes inverted (MySQL source, `strings/decimal.cc`, `decimal2bin`).

use dt_common::error::Result;

use super::cursor::{Cursor, malformed};

/// Bytes that hold 0 to 9 digits.
const DIGIT_BYTES: [usize; 10] = [0, 1, 1, 2, 2, 3, 3, 4, 4, 4];

/// Longest packed number: 65 digits in groups, with a partial group at both ends.
const MAX_BYTES: usize = 40;

/// Packed length in bytes.
pub(super) fn packed_len(precision: u8, scale: u8) -> usize {
    let part = |digits: u8| usize::from(digits) / 9 * 4 + DIGIT_BYTES[usize::from(digits) % 9];
    part(precision.saturating_sub(scale)) + part(scale)
}

/// Reads one number: all digits of the scale, no leading zeros but one before the point, no negative zero.
pub(super) fn decode(cursor: &mut Cursor<'_>, precision: u8, scale: u8) -> Result<Box<str>> {
    let packed = cursor.take(packed_len(precision, scale))?;
    let mut buffer = [0; MAX_BYTES];
    let bytes =
        buffer.get_mut(..packed.len()).filter(|b| !b.is_empty()).ok_or_else(|| malformed("DECIMAL"))?;
    bytes.copy_from_slice(packed);
    let negative = bytes[0] & 0x80 == 0;
    bytes[0] ^= 0x80;
    if negative {
        bytes.iter_mut().for_each(|byte| *byte = !*byte);
    }
    let mut digits =
        Digits { bytes: Cursor::new(bytes), text: String::with_capacity(usize::from(precision) + 3) };
    digits.text.push('-');
    let whole = precision.saturating_sub(scale);
    digits.group(whole % 9)?;
    for _ in 0..whole / 9 {
        digits.group(9)?;
    }
    let leading = digits.text[1..].bytes().take_while(|&b| b == b'0').count();
    digits.text.drain(1..=leading);
    if digits.text.len() == 1 {
        digits.text.push('0');
    }
    if scale > 0 {
        digits.text.push('.');
        for _ in 0..scale / 9 {
            digits.group(9)?;
        }
        digits.group(scale % 9)?;
    }
    let zero = digits.text.bytes().all(|b| matches!(b, b'-' | b'.' | b'0'));
    let from = usize::from(!negative || zero);
    Ok(digits.text[from..].into())
}

struct Digits<'a> {
    bytes: Cursor<'a>,
    text: String,
}

impl Digits<'_> {
    fn group(&mut self, digits: u8) -> Result<()> {
        use std::fmt::Write;
        if digits == 0 {
            return Ok(());
        }
        let digits = usize::from(digits);
        let value = self.bytes.be(DIGIT_BYTES[digits])?;
        if value >= 10_u64.pow(digits as u32) {
            return Err(malformed("DECIMAL"));
        }
        write!(self.text, "{value:0digits$}").map_err(|_| malformed("DECIMAL"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        for (precision, scale, bytes, expected) in [
            (14, 4, &[0x81, 0x0d, 0xfb, 0x38, 0xd2, 0x04, 0xd2][..], "1234567890.1234"),
            (14, 4, &[0x7e, 0xf2, 0x04, 0xc7, 0x2d, 0xfb, 0x2d], "-1234567890.1234"),
            (5, 2, &[0x80, 0x00, 0x00], "0.00"),
            (5, 2, &[0x7f, 0xff, 0xff], "0.00"),
            (5, 2, &[0x7f, 0xff, 0xfe], "-0.01"),
            (3, 0, &[0x80, 0x07], "7"),
            (2, 2, &[0x85], "0.05"),
        ] {
            let mut cursor = Cursor::new(bytes);
            assert_eq!(&*decode(&mut cursor, precision, scale).unwrap(), expected);
            assert!(cursor.is_empty());
        }
        assert!(decode(&mut Cursor::new(&[0x80]), 5, 2).is_err());
        assert!(decode(&mut Cursor::new(&[0xff, 0xff]), 3, 0).is_err());
    }

    #[test]
    fn widest() {
        assert_eq!(packed_len(65, 30), 30);
        let mut bytes = [0; 30];
        bytes[0] = 0x80;
        bytes[29] = 1;
        let text = decode(&mut Cursor::new(&bytes), 65, 30).unwrap();
        assert_eq!(&*text, "0.000000000000000000000000000001");
    }
}
