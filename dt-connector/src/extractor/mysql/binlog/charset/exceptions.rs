//! Codes that MySQL and MariaDB decode in another way than encoding_rs, which follows the web platform. Found by asking MariaDB 10.11 and
//! MySQL 9.7 for every sequence of one and two bytes, every three of EUC and every four of GB 18030 that is in the first plane.

/// Codes that follow each other, as numbers: `0xa1c0` is the sequence `a1 c0`.
#[derive(Debug, PartialEq)]
pub(super) struct Codes {
    pub(super) first: u32,
    pub(super) last: u32,
    pub(super) are: Are,
}

/// What codes are at the servers.
#[derive(Debug, PartialEq)]
pub(super) enum Are {
    /// No characters.
    Invalid,
    /// This character and those behind it in Unicode.
    Run(char),
    /// These characters.
    Chars(&'static str),
}

const fn invalid(first: u32, last: u32) -> Codes {
    Codes { first, last, are: Are::Invalid }
}

const fn run(first: u32, last: u32, from: char) -> Codes {
    Codes { first, last, are: Are::Run(from) }
}

/// Characters of one row, from a code on.
const fn chars(first: u32, chars: &'static str) -> Codes {
    let (mut last, mut i) = (first, 1);
    while i < chars.len() {
        // Bytes that begin a character.
        if chars.as_bytes()[i] & 0xc0 != 0x80 {
            last += 1;
        }
        i += 1;
    }
    Codes { first, last, are: Are::Chars(chars) }
}

/// What is GBK alone, and two signs.
pub(super) const GB2312: &[Codes] = &[
    invalid(0x80a1, 0xa0fe),
    chars(0xa1a4, "・"),
    chars(0xa1aa, "―"),
    invalid(0xa2a1, 0xa2b0),
    invalid(0xa2e3, 0xa2e4),
    invalid(0xa2ef, 0xa2f0),
    invalid(0xa2fd, 0xa2fe),
    invalid(0xa4f4, 0xa4fe),
    invalid(0xa5f7, 0xa5fe),
    invalid(0xa6b9, 0xa6c0),
    invalid(0xa6d9, 0xa6fe),
    invalid(0xa7c2, 0xa7d0),
    invalid(0xa7f2, 0xa7fe),
    invalid(0xa8bb, 0xa8c4),
    invalid(0xa8ea, 0xa9a3),
    invalid(0xa9f0, 0xaffe),
    invalid(0xd7fa, 0xd7fe),
    invalid(0xf8a1, 0xfefe),
];

/// Codes that only GB 18030 has.
pub(super) const GBK: &[Codes] = &[
    invalid(0x8000, 0x80ff),
    invalid(0xa140, 0xa1a0),
    invalid(0xa240, 0xa2a0),
    invalid(0xa2ab, 0xa2b0),
    invalid(0xa2e3, 0xa2e4),
    invalid(0xa2ef, 0xa2f0),
    invalid(0xa2fd, 0xa3a0),
    invalid(0xa440, 0xa4a0),
    invalid(0xa4f4, 0xa5a0),
    invalid(0xa5f7, 0xa6a0),
    invalid(0xa6b9, 0xa6c0),
    invalid(0xa6d9, 0xa6df),
    invalid(0xa6ec, 0xa6ed),
    invalid(0xa6f3, 0xa6f3),
    invalid(0xa6f6, 0xa7a0),
    invalid(0xa7c2, 0xa7d0),
    invalid(0xa7f2, 0xa7fe),
    invalid(0xa896, 0xa8a0),
    invalid(0xa8bc, 0xa8bc),
    invalid(0xa8bf, 0xa8bf),
    invalid(0xa8c1, 0xa8c4),
    invalid(0xa8ea, 0xa8fe),
    invalid(0xa958, 0xa958),
    invalid(0xa95b, 0xa95b),
    invalid(0xa95d, 0xa95f),
    invalid(0xa989, 0xa995),
    invalid(0xa997, 0xa9a3),
    invalid(0xa9f0, 0xa9fe),
    invalid(0xaaa1, 0xaafe),
    invalid(0xaba1, 0xabfe),
    invalid(0xaca1, 0xacfe),
    invalid(0xada1, 0xadfe),
    invalid(0xaea1, 0xaefe),
    invalid(0xafa1, 0xaffe),
    invalid(0xd7fa, 0xd7fe),
    invalid(0xf8a1, 0xf8fe),
    invalid(0xf9a1, 0xf9fe),
    invalid(0xfaa1, 0xfafe),
    invalid(0xfba1, 0xfbfe),
    invalid(0xfca1, 0xfcfe),
    invalid(0xfda1, 0xfdfe),
    invalid(0xfe50, 0xfefe),
];

/// Without what Hong Kong has added, and with kana, Cyrillic letters and numbers where WHATWG has others. The servers themselves turn some codes into U+FFFD.
pub(super) const BIG5: &[Codes] = &[
    invalid(0x8740, 0xa0fe),
    chars(0xa145, "•"),
    chars(0xa14e, "､"),
    chars(0xa15a, "\u{fffd}"),
    chars(0xa1c2, "‾\u{fffd}"),
    chars(0xa1c5, "\u{fffd}"),
    chars(0xa1e3, "∼"),
    chars(0xa1f2, "♁☉"),
    chars(0xa1fe, "\u{fffd}"),
    chars(0xa240, "\u{fffd}／＼"),
    chars(0xa244, "¥"),
    chars(0xa246, "¢£"),
    chars(0xa2cc, "\u{fffd}"),
    chars(0xa2ce, "\u{fffd}"),
    invalid(0xa3c0, 0xa3e1),
    chars(0xc6a1, "ヾゝゞ々"),
    run(0xc6a5, 0xc6f7, 'ぁ'),
    run(0xc6f8, 0xc7b0, 'ァ'),
    chars(0xc7b1, "ДЕЁЖЗИЙКЛМ"),
    run(0xc7bb, 0xc7cd, 'У'),
    chars(0xc7ce, "ё"),
    run(0xc7cf, 0xc7e8, 'ж'),
    chars(0xc7e9, "①②③④⑤⑥⑦⑧⑨⑩⑴⑵⑶⑷⑸⑹⑺⑻⑼⑽"),
    invalid(0xc7fd, 0xc8fe),
    invalid(0xf9dd, 0xfefe),
];

/// The edition of 2005, with letters for private use where that of 2022 has characters.
pub(super) const GB18030: &[Codes] = &[
    invalid(0x8000, 0x80ff),
    chars(0xa3a0, "\u{e5e5}"),
    chars(0xa6d9, "\u{e78d}\u{e78e}\u{e78f}\u{e790}\u{e791}\u{e792}\u{e793}"),
    chars(0xa6ec, "\u{e794}\u{e795}"),
    chars(0xa6f3, "\u{e796}"),
    chars(0xfe59, "\u{e81e}"),
    chars(0xfe61, "\u{e826}"),
    chars(0xfe66, "\u{e82b}\u{e82c}"),
    chars(0xfe6d, "\u{e832}"),
    chars(0xfe7e, "\u{e843}"),
    chars(0xfe90, "\u{e854}"),
    chars(0xfea0, "\u{e864}"),
];

/// JIS X 0208 by the book, where Windows and WHATWG take full-width forms and add rows of their own.
pub(super) const SJIS: &[Codes] = &[
    invalid(0x80, 0x80),
    chars(0x815f, "\\〜‖"),
    chars(0x817c, "−"),
    chars(0x8191, "¢£"),
    chars(0x81ca, "¬"),
    invalid(0x8740, 0x879c),
    invalid(0xed40, 0xfc4b),
];

/// The one byte that is no character.
pub(super) const CP932: &[Codes] = &[invalid(0x80, 0x80)];

/// JIS X 0208 by the book, as for sjis, and rows for private use.
pub(super) const UJIS: &[Codes] = &[
    chars(0xa1c0, "\\〜‖"),
    chars(0xa1dd, "−"),
    chars(0xa1f1, "¢£"),
    chars(0xa2cc, "¬"),
    invalid(0xada1, 0xadfc),
    run(0xf5a1, 0xfefe, '\u{e000}'),
    chars(0x8fa2b7, "~"),
    run(0x8ff5a1, 0x8ffefe, '\u{e3ac}'),
];

/// Rows for private use, and the signs that IBM has added.
pub(super) const EUCJPMS: &[Codes] = &[
    run(0xf5a1, 0xfefe, '\u{e000}'),
    chars(0x8fa2c3, "￤"),
    chars(0x8ff3f3, "ⅰⅱⅲⅳⅴⅵⅶⅷⅸⅹ"),
    run(0x8ff3fd, 0x8ff4a8, 'Ⅰ'),
    chars(
        0x8ff4a9,
        "＇＂㈱№℡炻仼僴凬匇匤﨎咊坙﨏塚增寬峵嵓﨑德悅愠敎昻晥晴朗栁﨓﨔橫櫢淸淲瀨凞猪甁皂皞益礰礼神祥福竧靖精綠緖羽荢﨟薰蘒﨡蠇諸譿賴赶﨣﨤逸郞都鄕﨧﨨閒隆﨩霻靍靑飯飼館馞髙魲鶴黑",
    ),
    run(0x8ff5a1, 0x8ffefe, '\u{e3ac}'),
];

/// None.
pub(super) const EUCKR: &[Codes] = &[];
