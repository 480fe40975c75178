//! Text in a column's charset to UTF-8.
//!
//! The charset is resolved once a table. Where MySQL and the WHATWG encodings differ, MySQL wins: its latin1 is cp1252 with
//! the five undefined bytes kept as C1 controls, ucs2, utf16 and utf32 are big-endian, and some codes of nearly all others
//! differ. What they are was found by asking MariaDB 10.11 and MySQL 9.7 for every
//! sequence of bytes. Bytes that are not valid are kept as they are, for the sink's policy to decide. All charsets of both servers have a
//! decoder; what a later server may add is refused before a row is read.

mod exceptions;
mod multi;
mod single;

use std::borrow::Cow;

use dt_common::schema::Text;
use dt_common::value::ColValue;
use encoding_rs::Encoding;

use self::multi::MultiByte;
use self::single::SingleByte;

/// How a column's bytes become text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Charset {
    /// utf8mb4, utf8mb3, and ascii, which is a part of them.
    Utf8,
    /// MySQL's latin1.
    Latin1,
    /// ucs2: two bytes a character, big-endian, no surrogates.
    Ucs2,
    /// utf16, big-endian.
    Utf16,
    /// utf16le.
    Utf16Le,
    /// utf32, big-endian.
    Utf32,
    /// Several bytes a character.
    MultiByte(&'static MultiByte),
    /// One byte a character.
    SingleByte(&'static SingleByte),
}

/// Whether text of this charset can be read from the binlog.
pub(crate) fn decodes(charset: &str) -> bool {
    Charset::by_name(charset).is_some()
}

impl Charset {
    /// The charset of a column whose text a snapshot reads as bytes: a server that converts it shows `?` for what it cannot. `None` where it
    /// converts nothing, or everything, and where there is no decoder.
    pub(crate) fn of_bytes(text: &Text) -> Option<Self> {
        Self::by_name(&text.charset).filter(|charset| !matches!(charset, Self::Utf8 | Self::Latin1))
    }

    /// The charset of MySQL's name; `None` where there is no decoder.
    pub(super) fn by_name(name: &str) -> Option<Self> {
        Some(match name {
            "utf8mb4" | "utf8mb3" | "utf8" | "ascii" | "binary" => Self::Utf8,
            "latin1" => Self::Latin1,
            "ucs2" => Self::Ucs2,
            "utf16" => Self::Utf16,
            "utf16le" => Self::Utf16Le,
            "utf32" => Self::Utf32,
            name => {
                let multi = MultiByte::by_name(name).map(Self::MultiByte);
                return multi.or_else(|| SingleByte::by_name(name).map(Self::SingleByte));
            }
        })
    }

    /// The text, or the bytes as they are where they are not valid.
    pub(crate) fn decode(self, bytes: &[u8]) -> ColValue {
        match self.text(bytes) {
            Some(text) => ColValue::Text(text),
            None => ColValue::invalid_text(bytes, self.readable(bytes)),
        }
    }

    /// The text; `None` where it is not valid.
    pub(super) fn text(self, bytes: &[u8]) -> Option<Box<str>> {
        match self {
            Self::Utf8 => std::str::from_utf8(bytes).ok().map(Box::from),
            // Most text is ASCII, which is a part of nearly all charsets.
            Self::SingleByte(charset) if charset.has_ascii() && bytes.is_ascii() => {
                std::str::from_utf8(bytes).ok().map(Box::from)
            }
            Self::Latin1 | Self::MultiByte(_) if bytes.is_ascii() => {
                std::str::from_utf8(bytes).ok().map(Box::from)
            }
            // encoding_rs's windows-1252 maps the five undefined bytes to C1, as MySQL does.
            Self::Latin1 => strict(encoding_rs::WINDOWS_1252, bytes).map(Into::into),
            Self::MultiByte(charset) => charset.text(bytes).map(Into::into),
            Self::SingleByte(charset) => charset.text(bytes).map(Into::into),
            Self::Ucs2 => utf16(bytes, u16::from_be_bytes, false),
            Self::Utf16 => utf16(bytes, u16::from_be_bytes, true),
            Self::Utf16Le => utf16(bytes, u16::from_le_bytes, true),
            Self::Utf32 => utf32(bytes),
        }
    }

    /// The text with U+FFFD for what cannot be read.
    fn readable(self, bytes: &[u8]) -> String {
        match self {
            Self::Utf8 | Self::Latin1 => String::from_utf8_lossy(bytes).into_owned(),
            Self::MultiByte(charset) => charset.readable(bytes),
            Self::SingleByte(charset) => charset.readable(bytes),
            Self::Ucs2 | Self::Utf16 => readable_utf16(bytes, u16::from_be_bytes),
            Self::Utf16Le => readable_utf16(bytes, u16::from_le_bytes),
            Self::Utf32 => bytes
                .chunks(4)
                .map(|unit| unit.try_into().ok().and_then(|unit| char::from_u32(u32::from_be_bytes(unit))))
                .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
                .collect(),
        }
    }
}

fn readable_utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let (units, rest) = bytes.as_chunks::<2>();
    let units = char::decode_utf16(units.iter().map(|&pair| unit(pair)));
    let text = units.map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER));
    text.chain(rest.iter().map(|_| char::REPLACEMENT_CHARACTER)).collect()
}

fn strict(encoding: &'static Encoding, bytes: &[u8]) -> Option<String> {
    encoding.decode_without_bom_handling_and_without_replacement(bytes).map(Cow::into_owned)
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16, surrogates: bool) -> Option<Box<str>> {
    let (units, []) = bytes.as_chunks::<2>() else { return None };
    let text = char::decode_utf16(units.iter().map(|&pair| unit(pair)))
        .collect::<Result<String, _>>()
        .ok()
        .filter(|text| surrogates || text.chars().all(|c| c <= '\u{ffff}'))?;
    Some(text.into())
}

fn utf32(bytes: &[u8]) -> Option<Box<str>> {
    let (units, []) = bytes.as_chunks::<4>() else { return None };
    let text: Option<String> = units.iter().map(|&unit| char::from_u32(u32::from_be_bytes(unit))).collect();
    text.map(Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(name: &str, bytes: &[u8]) -> ColValue {
        Charset::by_name(name).unwrap().decode(bytes)
    }

    #[test]
    fn text_of_each_kind() {
        for (name, bytes, expected) in [
            ("utf8mb4", "a\u{1f600}".as_bytes(), "a\u{1f600}"),
            ("latin1", &[0x80, 0x81, 0x8d, 0x8f, 0x90, 0x9d, 0xe9], "€\u{81}\u{8d}\u{8f}\u{90}\u{9d}é"),
            ("ucs2", &[0x00, 0x61, 0x20, 0xac], "a€"),
            ("utf16", &[0xd8, 0x3d, 0xde, 0x00], "\u{1f600}"),
            ("utf16le", &[0x3d, 0xd8, 0x00, 0xde], "\u{1f600}"),
            ("utf32", &[0, 1, 0xf6, 0], "\u{1f600}"),
            ("latin2", &[0xb1, 0x85, 0x61], "ą\u{85}a"),
            ("latin5", &[0x80, 0xfd], "\u{80}ı"),
            ("cp1251", &[0xcf, 0xf0], "Пр"),
            ("koi8r", &[0xf0], "П"),
            ("gbk", &[0xc4, 0xe3], "你"),
            ("sjis", &[0x81, 0x5f, 0x81, 0x60], "\\\u{301c}"),
            ("koi8u", &[0x95, 0xae], "\u{2022}\u{255d}"),
            ("greek", &[0x80, 0xa1], "\u{80}\u{2bd}"),
            ("cp932", &[0x82, 0xa0], "あ"),
            ("ujis", &[0xa4, 0xa2], "あ"),
            ("euckr", &[0xb0, 0xa1], "가"),
            ("big5", &[0xa4, 0xa4], "中"),
            ("gb18030", &[0x94, 0x39, 0xda, 0x33], "\u{1f4a9}"),
            ("cp850", &[0x61, 0x80, 0xff], "aÇ\u{a0}"),
            ("swe7", b"a[{", "aÄä"),
        ] {
            assert_eq!(decode(name, bytes), ColValue::text(expected), "{name}");
        }
    }

    #[test]
    fn invalid_bytes_are_kept() {
        for (name, bytes, readable) in [
            ("utf8mb4", &[0x61, 0xff][..], "a\u{fffd}"),
            ("utf16", &[0x00, 0x61, 0xd8, 0x00], "a\u{fffd}"),
            ("utf32", &[0, 0, 0, 0x61, 0, 0, 0], "a\u{fffd}"),
            ("cp932", &[0x61, 0x82], "a\u{fffd}"),
            ("cp1251", &[0x98, 0xcf], "\u{fffd}П"),
            ("greek", &[0x61, 0xa4], "a\u{fffd}"),
            ("big5", &[0x61, 0x87, 0x40], "a\u{fffd}"),
            ("swe7", &[0x5b, 0x80], "Ä\u{fffd}"),
            ("dec8", &[0xa4, 0xa3], "\u{fffd}£"),
        ] {
            let ColValue::InvalidText(invalid) = decode(name, bytes) else { panic!("{name} is valid") };
            assert_eq!((&*invalid.bytes, &*invalid.readable), (bytes, readable), "{name}");
        }
        assert_eq!(Charset::by_name("of_a_later_server"), None);
    }
}
