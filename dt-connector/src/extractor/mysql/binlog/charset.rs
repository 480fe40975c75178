//! Text in a column's charset to UTF-8.
//!
//! The charset is resolved once a table. Where MySQL and the WHATWG encodings differ, MySQL wins: its latin1 is cp1252 with
//! the five undefined bytes kept as C1 controls, its ISO 8859 charsets keep the C1 range, and ucs2, utf16 and utf32 are
//! big-endian. Bytes that are not valid are kept as they are, for the sink's policy to decide.

use dt_common::value::ColValue;
use encoding_rs::Encoding;

/// How a column's bytes become text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Charset {
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
    /// A single-byte ISO charset: an encoding whose bytes 0x80 to 0x9f are C1 controls.
    Iso(&'static Encoding),
    /// Whatever encoding_rs decodes as MySQL does.
    Other(&'static Encoding),
}

impl Charset {
    /// The charset of MySQL's name; `None` where there is no decoder.
    pub(super) fn by_name(name: &str) -> Option<Self> {
        use encoding_rs as e;
        Some(match name {
            "utf8mb4" | "utf8mb3" | "utf8" | "ascii" | "binary" => Self::Utf8,
            "latin1" => Self::Latin1,
            "ucs2" => Self::Ucs2,
            "utf16" => Self::Utf16,
            "utf16le" => Self::Utf16Le,
            "utf32" => Self::Utf32,
            "latin2" => Self::Iso(e::ISO_8859_2),
            "latin5" => Self::Iso(e::WINDOWS_1254),
            "latin7" => Self::Iso(e::ISO_8859_13),
            "greek" => Self::Iso(e::ISO_8859_7),
            "hebrew" => Self::Iso(e::ISO_8859_8),
            "tis620" => Self::Iso(e::WINDOWS_874),
            "cp1250" => Self::Other(e::WINDOWS_1250),
            "cp1251" => Self::Other(e::WINDOWS_1251),
            "cp1256" => Self::Other(e::WINDOWS_1256),
            "cp1257" => Self::Other(e::WINDOWS_1257),
            "cp866" => Self::Other(e::IBM866),
            "koi8r" => Self::Other(e::KOI8_R),
            "koi8u" => Self::Other(e::KOI8_U),
            "macroman" => Self::Other(e::MACINTOSH),
            "gb2312" | "gbk" => Self::Other(e::GBK),
            "gb18030" => Self::Other(e::GB18030),
            "big5" => Self::Other(e::BIG5),
            "sjis" | "cp932" => Self::Other(e::SHIFT_JIS),
            "ujis" | "eucjpms" => Self::Other(e::EUC_JP),
            "euckr" => Self::Other(e::EUC_KR),
            _ => return None,
        })
    }

    /// The text, or the bytes as they are where they are not valid.
    pub(super) fn decode(self, bytes: &[u8]) -> ColValue {
        match self.text(bytes) {
            Some(text) => ColValue::Text(text),
            None => ColValue::InvalidText(bytes.into()),
        }
    }

    fn text(self, bytes: &[u8]) -> Option<Box<str>> {
        match self {
            Self::Utf8 => std::str::from_utf8(bytes).ok().map(Box::from),
            // ASCII is a part of all of these, and most text is ASCII.
            Self::Latin1 | Self::Iso(_) | Self::Other(_) if bytes.is_ascii() => {
                std::str::from_utf8(bytes).ok().map(Box::from)
            }
            // encoding_rs's windows-1252 maps the five undefined bytes to C1, as MySQL does.
            Self::Latin1 => strict(encoding_rs::WINDOWS_1252, bytes),
            Self::Iso(encoding) => iso(encoding, bytes),
            Self::Other(encoding) => strict(encoding, bytes),
            Self::Ucs2 => utf16(bytes, u16::from_be_bytes, false),
            Self::Utf16 => utf16(bytes, u16::from_be_bytes, true),
            Self::Utf16Le => utf16(bytes, u16::from_le_bytes, true),
            Self::Utf32 => utf32(bytes),
        }
    }
}

fn strict(encoding: &'static Encoding, bytes: &[u8]) -> Option<Box<str>> {
    encoding.decode_without_bom_handling_and_without_replacement(bytes).map(|text| text.into_owned().into())
}

fn iso(encoding: &'static Encoding, bytes: &[u8]) -> Option<Box<str>> {
    let mut text = String::with_capacity(bytes.len() * 2);
    for part in bytes.chunk_by(|a, b| is_c1(*a) == is_c1(*b)) {
        if is_c1(part[0]) {
            text.extend(part.iter().map(|&byte| char::from(byte)));
        } else {
            text.push_str(&encoding.decode_without_bom_handling_and_without_replacement(part)?);
        }
    }
    Some(text.into())
}

fn is_c1(byte: u8) -> bool {
    (0x80..0xa0).contains(&byte)
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
            ("big5", &[0xa7, 0x41], "你"),
            ("cp932", &[0x82, 0xa0], "あ"),
            ("ujis", &[0xa4, 0xa2], "あ"),
            ("euckr", &[0xb0, 0xa1], "가"),
        ] {
            assert_eq!(decode(name, bytes), ColValue::text(expected), "{name}");
        }
    }

    #[test]
    fn invalid_bytes_are_kept() {
        for (name, bytes) in [
            ("utf8mb4", &[0x61, 0xff][..]),
            ("utf16", &[0xd8, 0x00]),
            ("ucs2", &[0xd8, 0x3d, 0xde, 0x00]),
            ("utf32", &[0, 0, 0]),
            ("cp932", &[0x82]),
        ] {
            assert_eq!(decode(name, bytes), ColValue::InvalidText(bytes.into()), "{name}");
        }
        assert_eq!(Charset::by_name("swe7"), None);
    }
}
