//! MySQL's binary JSON as the text that MySQL prints.
//!
//! A document is a type byte and a value; arrays and objects hold offsets from their own start, of two bytes in the small
//! and four in the large form (MySQL source, `sql-common/json_binary.h`). Order of keys, duplicate digits and the forms of
//! numbers are kept, so that the text equals what `SELECT` answers.

use std::fmt::Write;

use dt_common::error::Result;
use dt_common::value::{ColValue, Date};

use super::cursor::{Cursor, malformed};
use super::{decimal, temporal};

/// Nesting that MySQL allows.
const MAX_DEPTH: usize = 100;

/// Renders a document. An empty one is what `INSERT IGNORE` leaves for NULL in a NOT NULL column: JSON `null`.
pub(super) fn decode(bytes: &[u8]) -> Result<Box<str>> {
    let mut text = String::with_capacity(bytes.len() * 2);
    match bytes.split_first() {
        None => text.push_str("null"),
        Some((&kind, value)) => render(&mut text, kind, value, 0)?,
    }
    Ok(text.into())
}

fn render(out: &mut String, kind: u8, value: &[u8], depth: usize) -> Result<()> {
    let mut cursor = Cursor::new(value);
    match kind {
        0x00..=0x03 => return container(out, kind, value, depth),
        0x04 => out.push_str(match cursor.u8()? {
            0 => "null",
            1 => "true",
            2 => "false",
            _ => return Err(malformed("a JSON literal")),
        }),
        0x05 => print(out, cursor.le(2)? as i16)?,
        0x06 => print(out, cursor.le(2)?)?,
        0x07 => print(out, cursor.le(4)? as i32)?,
        0x08 => print(out, cursor.le(4)?)?,
        0x09 => print(out, cursor.le(8)? as i64)?,
        0x0a => print(out, cursor.le(8)?)?,
        0x0b => double(out, f64::from_bits(cursor.le(8)?))?,
        0x0c => {
            let length = data_length(&mut cursor)?;
            string(out, cursor.take(length)?)?;
        }
        0x0f => {
            let column_type = cursor.u8()?;
            let length = data_length(&mut cursor)?;
            opaque(out, column_type, cursor.take(length)?)?;
        }
        _ => return Err(malformed("a JSON type")),
    }
    Ok(())
}

fn container(out: &mut String, kind: u8, body: &[u8], depth: usize) -> Result<()> {
    if depth > MAX_DEPTH {
        return Err(malformed("JSON nested too deep"));
    }
    let (large, object) = (kind & 1 == 1, kind < 2);
    let width = if large { 4 } else { 2 };
    let mut header = Cursor::new(body);
    let count = header.le(width)? as usize;
    let size = header.le(width)? as usize;
    let body = body.get(..size).ok_or_else(|| malformed("a JSON container"))?;
    let key_bytes =
        if object { count.checked_mul(width + 2).ok_or_else(|| malformed("a JSON object"))? } else { 0 };
    let mut keys = Cursor::new(header.take(key_bytes)?);
    out.push(if object { '{' } else { '[' });
    for i in 0..count {
        if i > 0 {
            out.push_str(", ");
        }
        if object {
            let (offset, length) = (keys.le(width)? as usize, keys.le(2)? as usize);
            let key = body.get(offset..).and_then(|b| b.get(..length));
            string(out, key.ok_or_else(|| malformed("a JSON key"))?)?;
            out.push_str(": ");
        }
        let kind = header.u8()?;
        let entry = header.take(width)?;
        // Values that fit into the entry are stored there instead of an offset.
        let inlined = matches!(kind, 0x04..=0x06) || (large && matches!(kind, 0x07 | 0x08));
        let value = if inlined {
            entry
        } else {
            let offset = Cursor::new(entry).le(width)? as usize;
            body.get(offset..).ok_or_else(|| malformed("a JSON offset"))?
        };
        render(out, kind, value, depth + 1)?;
    }
    out.push(if object { '}' } else { ']' });
    Ok(())
}

/// A length in groups of seven bits, lowest first.
fn data_length(cursor: &mut Cursor<'_>) -> Result<usize> {
    let mut length = 0;
    for shift in (0..35).step_by(7) {
        let byte = cursor.u8()?;
        length |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(length);
        }
    }
    Err(malformed("a JSON length"))
}

fn print(out: &mut String, value: impl std::fmt::Display) -> Result<()> {
    write!(out, "{value}").map_err(|_| malformed("JSON"))
}

fn string(out: &mut String, bytes: &[u8]) -> Result<()> {
    let text = std::str::from_utf8(bytes).map_err(|_| malformed("a JSON string"))?;
    out.push('"');
    let mut plain = 0;
    for (i, byte) in text.bytes().enumerate() {
        let short = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            0x08 => "\\b",
            0x0c => "\\f",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            0x00..0x20 => "",
            _ => continue,
        };
        out.push_str(&text[plain..i]);
        plain = i + 1;
        if short.is_empty() {
            write!(out, "\\u{byte:04x}").map_err(|_| malformed("JSON"))?;
        } else {
            out.push_str(short);
        }
    }
    out.push_str(&text[plain..]);
    out.push('"');
    Ok(())
}

/// The shortest digits that read back as the same number; an exponent where the point would lie more than 15 digits
/// away; `.0` behind a whole number, so that it stays a double when read again.
fn double(out: &mut String, value: f64) -> Result<()> {
    let scientific = format!("{value:e}");
    let (digits, exponent) = scientific.split_once('e').ok_or_else(|| malformed("a JSON double"))?;
    let exponent: i32 = exponent.parse().map_err(|_| malformed("a JSON double"))?;
    // Position of the point relative to the first digit.
    let point = exponent + 1;
    if value != 0.0 && !(-14..=15).contains(&point) {
        write!(out, "{digits}e{exponent}").map_err(|_| malformed("JSON"))?;
        return Ok(());
    }
    let start = out.len();
    print(out, value)?;
    if !out[start..].contains('.') {
        out.push_str(".0");
    }
    Ok(())
}

/// A value of a column type that JSON has no form for.
fn opaque(out: &mut String, column_type: u8, data: &[u8]) -> Result<()> {
    let mut cursor = Cursor::new(data);
    match column_type {
        // NEWDECIMAL: precision and scale, then the packed number.
        0xf6 => {
            let (precision, scale) = (cursor.u8()?, cursor.u8()?);
            out.push_str(&decimal::decode(&mut cursor, precision, scale)?);
        }
        // DATE, TIME, DATETIME, TIMESTAMP: 40 bits and 24 bits of microseconds as one number.
        0x0a | 0x07 | 0x0b | 0x0c => {
            let packed = cursor.le(8)? as i64;
            out.push('"');
            packed_temporal(out, column_type, packed)?;
            out.push('"');
        }
        _ => {
            write!(out, "\"base64:type{column_type}:").map_err(|_| malformed("JSON"))?;
            base64(out, data);
            out.push('"');
        }
    }
    Ok(())
}

fn packed_temporal(out: &mut String, column_type: u8, packed: i64) -> Result<()> {
    let (whole, micros) = (packed.unsigned_abs() >> 24, (packed.unsigned_abs() & 0xff_ffff) as u32);
    let written = if column_type == 0x0b {
        let seconds = temporal::whole_time_micros(whole)? / 1_000_000;
        let sign = if packed < 0 { "-" } else { "" };
        let (h, m, s) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        write!(out, "{sign}{h:02}:{m:02}:{s:02}.{micros:06}")
    } else {
        let value = temporal::datetime_from_packed(whole, micros)?;
        let Date { year, month, day } = value.date;
        if column_type == 0x0a {
            write!(out, "{year:04}-{month:02}-{day:02}")
        } else {
            let (h, m, s) = (value.hour, value.minute, value.second);
            write!(out, "{year:04}-{month:02}-{day:02} {h:02}:{m:02}:{s:02}.{micros:06}")
        }
    };
    written.map_err(|_| malformed("JSON"))
}

fn base64(out: &mut String, data: &[u8]) {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for chunk in data.chunks(3) {
        let word = chunk.iter().fold(0_u32, |v, &b| v << 8 | u32::from(b)) << (8 * (3 - chunk.len()));
        for i in 0..4 {
            let sextet = word >> (18 - 6 * i) & 63;
            out.push(if i <= chunk.len() { char::from(ALPHABET[sextet as usize]) } else { '=' });
        }
    }
}

/// The value of a JSON column.
pub(super) fn value(bytes: &[u8]) -> Result<ColValue> {
    Ok(ColValue::Json(decode(bytes)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> String {
        decode(bytes).unwrap().into()
    }

    #[test]
    fn scalars() {
        for (bytes, expected) in [
            (&[][..], "null"),
            (&[4, 1], "true"),
            (&[5, 0xff, 0xff], "-1"),
            (&[6, 0xff, 0xff], "65535"),
            (&[7, 0, 0, 0, 0x80], "-2147483648"),
            (&[10, 255, 255, 255, 255, 255, 255, 255, 255], "18446744073709551615"),
            (&[12, 4, b'a', b'"', b'\n', 1], "\"a\\\"\\n\\u0001\""),
            (&[15, 0xf6, 5, 5, 2, 0x80, 0x01, 0x05], "1.05"),
            (&[15, 0xfc, 4, 1, 2, 3, 4], "\"base64:type252:AQIDBA==\""),
        ] {
            assert_eq!(text(bytes), expected);
        }
    }

    #[test]
    fn doubles() {
        for (value, expected) in [
            (1.0, "1.0"),
            (-0.0, "-0.0"),
            (1.5e-7, "0.00000015"),
            (1e-16, "1e-16"),
            (1e15, "1e15"),
            (123_456_789_012_345.0, "123456789012345.0"),
            (1.797_693_134_862_315_7e308, "1.7976931348623157e308"),
        ] {
            let mut out = String::new();
            double(&mut out, value).unwrap();
            assert_eq!(out, expected);
        }
    }

    #[test]
    fn containers() {
        // {"a": 1, "b": [true]}
        let bytes =
            [0, 2, 0, 27, 0, 18, 0, 1, 0, 19, 0, 1, 0, 5, 1, 0, 2, 20, 0, b'a', b'b', 1, 0, 7, 0, 4, 1, 0];
        assert_eq!(text(&bytes), r#"{"a": 1, "b": [true]}"#);
        assert_eq!(text(&[2, 0, 0, 4, 0]), "[]");
        assert_eq!(text(&[0, 0, 0, 4, 0]), "{}");
        assert!(decode(&bytes[..20]).is_err());
    }
}
