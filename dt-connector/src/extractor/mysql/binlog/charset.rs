//! Text in a column's charset to UTF-8.
//!
//! The charset is resolved once a table. Where MySQL and the WHATWG encodings differ, MySQL wins: its latin1 is cp1252 with
//! the five undefined bytes kept as C1 controls, its ISO 8859 charsets keep the C1 range, ucs2, utf16 and utf32 are
//! big-endian, and some characters of others differ. The differences below were found by asking MariaDB 10.11 and MySQL 9.7 for every
//! sequence of one and two bytes. Bytes that are not valid are kept as they are, for the sink's policy to decide. A charset
//! that differs too much (big5, gb18030) or has no decoder is refused before a row is read.

use std::borrow::Cow;

use dt_common::schema::Text;
use dt_common::value::ColValue;
use encoding_rs::Encoding;

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
    /// Whatever encoding_rs decodes nearly as MySQL does.
    Other {
        /// The decoder.
        encoding: &'static Encoding,
        /// Whether the bytes 0x80 to 0x9f are C1 controls.
        c1: bool,
        /// Characters of the decoder that are others, or invalid, at the server.
        differ: &'static [(char, Option<char>)],
    },
}

/// Bytes without a character, which WHATWG maps to controls or to letters of a later edition.
const CP1250: &[(char, Option<char>)] =
    &[('\u{81}', None), ('\u{83}', None), ('\u{88}', None), ('\u{90}', None), ('\u{98}', None)];
const CP1251: &[(char, Option<char>)] = &[('\u{98}', None)];
const CP1256: &[(char, Option<char>)] = &[
    ('\u{679}', None),
    ('\u{688}', None),
    ('\u{6a9}', None),
    ('\u{691}', None),
    ('\u{6ba}', None),
    ('\u{6be}', None),
    ('\u{6c1}', None),
    ('\u{6d2}', None),
];
const CP1257: &[(char, Option<char>)] = &[
    ('\u{81}', None),
    ('\u{83}', None),
    ('\u{88}', None),
    ('\u{8a}', None),
    ('\u{8c}', None),
    ('\u{90}', None),
    ('\u{98}', None),
    ('\u{9a}', None),
    ('\u{9c}', None),
    ('\u{9f}', None),
];
const TIS620: &[(char, Option<char>)] = &[('\u{a0}', None)];
/// Other characters, mostly of the first editions.
const CP866: &[(char, Option<char>)] = &[('\u{2116}', Some('\u{207f}')), ('\u{a4}', Some('\u{b2}'))];
const KOI8U: &[(char, Option<char>)] =
    &[('\u{2219}', Some('\u{2022}')), ('\u{45e}', Some('\u{255d}')), ('\u{40e}', Some('\u{256c}'))];
const GREEK: &[(char, Option<char>)] = &[
    ('\u{2018}', Some('\u{2bd}')),
    ('\u{2019}', Some('\u{2bc}')),
    ('\u{20ac}', None),
    ('\u{20af}', None),
    ('\u{37a}', None),
];
const HEBREW: &[(char, Option<char>)] = &[('\u{af}', Some('\u{203e}'))];
const GB2312: &[(char, Option<char>)] = &[('\u{b7}', Some('\u{30fb}')), ('\u{2014}', Some('\u{2015}'))];
/// JIS X 0208 by the book, where Windows and WHATWG take full-width forms.
const JIS: &[(char, Option<char>)] = &[
    ('\u{ff3c}', Some('\\')),
    ('\u{ff5e}', Some('\u{301c}')),
    ('\u{2225}', Some('\u{2016}')),
    ('\u{ff0d}', Some('\u{2212}')),
    ('\u{ffe0}', Some('\u{a2}')),
    ('\u{ffe1}', Some('\u{a3}')),
    ('\u{ffe2}', Some('\u{ac}')),
];

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
        use encoding_rs as e;
        Some(match name {
            "utf8mb4" | "utf8mb3" | "utf8" | "ascii" | "binary" => Self::Utf8,
            "latin1" => Self::Latin1,
            "ucs2" => Self::Ucs2,
            "utf16" => Self::Utf16,
            "utf16le" => Self::Utf16Le,
            "utf32" => Self::Utf32,
            "latin2" => iso(e::ISO_8859_2, &[]),
            "latin5" => iso(e::WINDOWS_1254, &[]),
            "latin7" => iso(e::ISO_8859_13, &[]),
            "greek" => iso(e::ISO_8859_7, GREEK),
            "hebrew" => iso(e::ISO_8859_8, HEBREW),
            "tis620" => iso(e::WINDOWS_874, TIS620),
            "cp1250" => other(e::WINDOWS_1250, CP1250),
            "cp1251" => other(e::WINDOWS_1251, CP1251),
            "cp1256" => other(e::WINDOWS_1256, CP1256),
            "cp1257" => other(e::WINDOWS_1257, CP1257),
            "cp866" => other(e::IBM866, CP866),
            "koi8r" => other(e::KOI8_R, &[]),
            "koi8u" => other(e::KOI8_U, KOI8U),
            "macroman" => other(e::MACINTOSH, &[]),
            "gb2312" => other(e::GBK, GB2312),
            "gbk" => other(e::GBK, &[]),
            "sjis" => other(e::SHIFT_JIS, JIS),
            "cp932" => other(e::SHIFT_JIS, &[]),
            "ujis" => other(e::EUC_JP, JIS),
            "eucjpms" => other(e::EUC_JP, &[]),
            "euckr" => other(e::EUC_KR, &[]),
            _ => return None,
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
            // ASCII is a part of all of these, and most text is ASCII.
            Self::Latin1 | Self::Other { .. } if bytes.is_ascii() => {
                std::str::from_utf8(bytes).ok().map(Box::from)
            }
            // encoding_rs's windows-1252 maps the five undefined bytes to C1, as MySQL does.
            Self::Latin1 => strict(encoding_rs::WINDOWS_1252, bytes).map(Into::into),
            Self::Other { encoding, c1, differ } => {
                let text = if c1 { strict_with_c1(encoding, bytes) } else { strict(encoding, bytes) }?;
                patched(text, differ).map(Into::into)
            }
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
            Self::Other { encoding, differ, .. } => {
                let text = encoding.decode_without_bom_handling(bytes).0;
                let theirs =
                    |c: char| differ.iter().find(|(ours, _)| *ours == c).map_or(Some(c), |(_, c)| *c);
                text.chars().map(|c| theirs(c).unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
            }
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

fn iso(encoding: &'static Encoding, differ: &'static [(char, Option<char>)]) -> Charset {
    Charset::Other { encoding, c1: true, differ }
}

fn other(encoding: &'static Encoding, differ: &'static [(char, Option<char>)]) -> Charset {
    Charset::Other { encoding, c1: false, differ }
}

fn strict(encoding: &'static Encoding, bytes: &[u8]) -> Option<String> {
    encoding.decode_without_bom_handling_and_without_replacement(bytes).map(Cow::into_owned)
}

fn strict_with_c1(encoding: &'static Encoding, bytes: &[u8]) -> Option<String> {
    let mut text = String::with_capacity(bytes.len() * 2);
    for part in bytes.chunk_by(|a, b| is_c1(*a) == is_c1(*b)) {
        if is_c1(part[0]) {
            text.extend(part.iter().map(|&byte| char::from(byte)));
        } else {
            text.push_str(&encoding.decode_without_bom_handling_and_without_replacement(part)?);
        }
    }
    Some(text)
}

fn patched(text: String, differ: &[(char, Option<char>)]) -> Option<String> {
    let patch = |c: char| differ.iter().find(|(ours, _)| *ours == c);
    if differ.is_empty() || !text.chars().any(|c| patch(c).is_some()) {
        return Some(text);
    }
    text.chars().map(|c| patch(c).map_or(Some(c), |(_, theirs)| *theirs)).collect()
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
            ("sjis", &[0x81, 0x5f, 0x81, 0x60], "\\\u{301c}"),
            ("koi8u", &[0x95, 0xae], "\u{2022}\u{255d}"),
            ("greek", &[0x80, 0xa1], "\u{80}\u{2bd}"),
            ("cp932", &[0x82, 0xa0], "あ"),
            ("ujis", &[0xa4, 0xa2], "あ"),
            ("euckr", &[0xb0, 0xa1], "가"),
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
        ] {
            let ColValue::InvalidText(invalid) = decode(name, bytes) else { panic!("{name} is valid") };
            assert_eq!((&*invalid.bytes, &*invalid.readable), (bytes, readable), "{name}");
        }
        assert_eq!((Charset::by_name("swe7"), Charset::by_name("big5")), (None, None));
    }
}
