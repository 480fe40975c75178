//! Charsets of several bytes a character: encoding_rs decodes them, but for the codes that the servers decode otherwise.

use encoding_rs::{self as e, Encoding};

use super::exceptions::{self as differ, Are, Codes};
use super::strict;

/// A charset and where it differs from its decoder.
#[derive(Debug, PartialEq)]
pub(crate) struct MultiByte {
    encoding: &'static Encoding,
    layout: Layout,
    /// Sorted by code.
    differ: &'static [Codes],
}

/// How bytes make codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layout {
    /// Two bytes from 0x80 on.
    TwoBytes,
    /// The same, and the second is not below 0xa1.
    Gb2312,
    /// Two bytes from 0x80 on; a row has 157 codes.
    Big5,
    /// Two bytes, but one from 0xa0 to 0xdf.
    ShiftJis,
    /// Two bytes from 0x80 on, three behind 0x8f; a row has 94 codes.
    Euc,
    /// Two bytes from 0x80 on, or four, of which the second is a digit.
    Gb18030,
}

macro_rules! multi_byte {
    ($encoding:ident, $layout:ident, $differ:ident) => {{
        static CHARSET: MultiByte =
            MultiByte { encoding: e::$encoding, layout: Layout::$layout, differ: differ::$differ };
        &CHARSET
    }};
}

impl MultiByte {
    /// The charset of MySQL's name.
    pub(super) fn by_name(name: &str) -> Option<&'static Self> {
        Some(match name {
            "big5" => multi_byte!(BIG5, Big5, BIG5),
            "gb18030" => multi_byte!(GB18030, Gb18030, GB18030),
            "gb2312" => multi_byte!(GBK, Gb2312, GB2312),
            "gbk" => multi_byte!(GBK, TwoBytes, GBK),
            "sjis" => multi_byte!(SHIFT_JIS, ShiftJis, SJIS),
            "cp932" => multi_byte!(SHIFT_JIS, ShiftJis, CP932),
            "ujis" => multi_byte!(EUC_JP, Euc, UJIS),
            "eucjpms" => multi_byte!(EUC_JP, Euc, EUCJPMS),
            "euckr" => multi_byte!(EUC_KR, TwoBytes, EUCKR),
            _ => return None,
        })
    }

    /// The text; `None` where it is not valid.
    pub(super) fn text(&self, bytes: &[u8]) -> Option<String> {
        let mut text = String::with_capacity(bytes.len() * 2);
        // What lies between exceptions is decoded at once.
        let (mut from, mut at) = (0, 0);
        while at < bytes.len() {
            let code = bytes.get(at..at + self.layout.code_len(&bytes[at..]))?;
            if let Some(theirs) = self.exception(code) {
                text.push_str(&strict(self.encoding, &bytes[from..at])?);
                text.push(theirs?);
                from = at + code.len();
            }
            at += code.len();
        }
        text.push_str(&strict(self.encoding, &bytes[from..])?);
        Some(text)
    }

    /// The text with U+FFFD for what cannot be read.
    pub(super) fn readable(&self, mut bytes: &[u8]) -> String {
        let mut text = String::with_capacity(bytes.len() * 2);
        while !bytes.is_empty() {
            let (code, rest) = bytes.split_at(self.layout.code_len(bytes).min(bytes.len()));
            match self.exception(code) {
                Some(theirs) => text.push(theirs.unwrap_or(char::REPLACEMENT_CHARACTER)),
                None => text.push_str(&self.encoding.decode_without_bom_handling(code).0),
            }
            bytes = rest;
        }
        text
    }

    /// What the servers say to a code, where they differ: a character, or that it is none.
    fn exception(&self, code: &[u8]) -> Option<Option<char>> {
        let number = match code {
            [ascii] if ascii.is_ascii() => return None,
            [_, second] if self.layout == Layout::Gb2312 && *second < 0xa1 => return Some(None),
            [_] | [_, _] | [_, _, _] => code.iter().fold(0, |number, byte| number << 8 | u32::from(*byte)),
            _ => return None,
        };
        let behind = self.differ.partition_point(|codes| codes.first <= number);
        let codes = self.differ[..behind].last().filter(|codes| number <= codes.last)?;
        let distance = self.layout.place(number) - self.layout.place(codes.first);
        Some(match codes.are {
            Are::Invalid => None,
            Are::Run(first) => char::from_u32(u32::from(first) + distance),
            Are::Chars(chars) => chars.chars().nth(distance as usize),
        })
    }
}

impl Layout {
    /// Bytes of the code that begins here; more than there are when it is cut off.
    fn code_len(self, bytes: &[u8]) -> usize {
        match (self, bytes) {
            (_, [] | [..0x80, ..]) | (Self::ShiftJis, [0x80 | 0xa0..=0xdf | 0xfd.., ..]) => 1,
            (Self::Euc, [0x8f, ..]) => 3,
            (Self::Gb18030, [_, b'0'..=b'9', ..]) => 4,
            _ => 2,
        }
    }

    /// Where a code stands among those that there are, as far as runs of codes cross rows.
    fn place(self, code: u32) -> u32 {
        let (row, trail) = (code >> 8, code & 0xff);
        match self {
            Self::Euc => row * 94 + trail.saturating_sub(0xa1),
            Self::Big5 if trail < 0x80 => row * 157 + trail.saturating_sub(0x40),
            Self::Big5 => row * 157 + 63 + trail.saturating_sub(0xa1),
            Self::TwoBytes | Self::Gb2312 | Self::ShiftJis | Self::Gb18030 => code,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 9] =
        ["big5", "gb18030", "gb2312", "gbk", "sjis", "cp932", "ujis", "eucjpms", "euckr"];

    #[test]
    fn exceptions_are_sorted_and_apart() {
        for name in NAMES {
            let codes = MultiByte::by_name(name).unwrap().differ;
            assert!(codes.iter().all(|codes| codes.first <= codes.last), "{name}");
            assert!(codes.windows(2).all(|two| two[0].last < two[1].first), "{name}");
        }
    }

    #[test]
    fn exceptions_stand_between_other_text() {
        for (name, bytes, expected) in [
            ("big5", &b"a\xc7\xb0\xa4\xa4\xc7\x40z\xa1\x45"[..], Some("aヶ中エz•")),
            ("big5", b"\x87\x40", None),
            ("big5", b"\xa4", None),
            ("gb18030", b"\xd6\xd0\xa3\xa0\x81\x30\x81\x30\xfe\x59", Some("中\u{e5e5}\u{80}\u{e81e}")),
            ("gb18030", b"\x94\x39\xda\x33", Some("\u{1f4a9}")),
            ("gb18030", b"\x81\x30\x81", None),
            ("gb2312", b"\xa1\xa4\xc4\xe3", Some("・你")),
            ("gb2312", b"\xc4\x40", None),
            ("gbk", b"\xa2\xab", None),
            ("sjis", b"\x81\x5f\xb1\x81\x61", Some("\\ｱ‖")),
            ("sjis", b"\x87\x40", None),
            ("cp932", b"\x87\x40\x80", None),
            ("cp932", b"\x87\x40", Some("①")),
            ("ujis", b"\xf5\xa1\xf6\xa1\x8f\xf5\xa1\x8e\xb1", Some("\u{e000}\u{e05e}\u{e3ac}ｱ")),
            ("eucjpms", b"\x8f\xf3\xfe\x8f\xf4\xa1", Some("ⅡⅢ")),
        ] {
            assert_eq!(MultiByte::by_name(name).unwrap().text(bytes).as_deref(), expected, "{name}");
        }
        let readable = |name: &str, bytes: &[u8]| MultiByte::by_name(name).unwrap().readable(bytes);
        assert_eq!(readable("big5", b"a\x87\x40\xa4\xa4\xa4"), "a\u{fffd}中\u{fffd}");
        assert_eq!(readable("gb18030", b"\x80\x81\xa3\xa0"), "\u{fffd}\u{e5e5}");
    }
}
