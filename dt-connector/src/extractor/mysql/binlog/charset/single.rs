//! Charsets of one byte a character, as MariaDB 10.11 and MySQL 9.7 decode them. Those that the web platform has too differ there in some bytes.

/// What the bytes of a charset are.
#[derive(Debug, PartialEq)]
pub(crate) struct SingleByte {
    characters: [char; 256],
    /// Whether bytes below 0x80 are ASCII's.
    has_ascii: bool,
}

/// Stands for a byte that is no character.
const NONE: char = '\0';

impl SingleByte {
    /// The charset of MySQL's name.
    pub(super) fn by_name(name: &str) -> Option<&'static Self> {
        Some(match name {
            "armscii8" => &ARMSCII8,
            "cp1250" => &CP1250,
            "cp1251" => &CP1251,
            "cp1256" => &CP1256,
            "cp1257" => &CP1257,
            "cp850" => &CP850,
            "cp852" => &CP852,
            "cp866" => &CP866,
            "dec8" => &DEC8,
            "geostd8" => &GEOSTD8,
            "greek" => &GREEK,
            "hebrew" => &HEBREW,
            "hp8" => &HP8,
            "keybcs2" => &KEYBCS2,
            "koi8r" => &KOI8R,
            "koi8u" => &KOI8U,
            "latin2" => &LATIN2,
            "latin5" => &LATIN5,
            "latin7" => &LATIN7,
            "macce" => &MACCE,
            "macroman" => &MACROMAN,
            "tis620" => &TIS620,
            "swe7" => &SWE7,
            _ => return None,
        })
    }

    /// The text; `None` where it is not valid.
    pub(super) fn text(&self, bytes: &[u8]) -> Option<String> {
        self.characters(bytes).collect()
    }

    /// The text with U+FFFD for what cannot be read.
    pub(super) fn readable(&self, bytes: &[u8]) -> String {
        self.characters(bytes).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
    }

    /// Whether ASCII is a part of the charset.
    pub(super) fn has_ascii(&self) -> bool {
        self.has_ascii
    }

    fn characters(&self, bytes: &[u8]) -> impl Iterator<Item = Option<char>> {
        let character = |&byte: &u8| Some(self.characters[usize::from(byte)]);
        bytes.iter().map(move |byte| character(byte).filter(|c| *byte == 0 || *c != NONE))
    }

    /// ASCII, but for the bytes in `low`, and from 0x80 on the characters of `high`; those that are missing at its end are none.
    const fn new(low: &[(u8, char)], high: &str) -> Self {
        let (mut characters, mut i) = ([NONE; 256], 0);
        while i < 0x80 {
            characters[i] = i as u8 as char;
            i += 1;
        }
        i = 0;
        while i < low.len() {
            characters[low[i].0 as usize] = low[i].1;
            i += 1;
        }
        let (mut rest, mut byte) = (high.as_bytes(), 0x80);
        while !rest.is_empty() {
            (characters[byte], rest) = first(rest);
            byte += 1;
        }
        Self { characters, has_ascii: low.is_empty() }
    }
}

/// The first character of UTF-8 of up to three bytes, and what follows it.
const fn first(utf8: &[u8]) -> (char, &[u8]) {
    let (code, rest) = match utf8 {
        [a, rest @ ..] if *a < 0x80 => (*a as u32, rest),
        [a, b, rest @ ..] if *a < 0xe0 => ((*a as u32 & 0x1f) << 6 | *b as u32 & 0x3f, rest),
        [a, b, c, rest @ ..] => ((*a as u32 & 0xf) << 12 | (*b as u32 & 0x3f) << 6 | *c as u32 & 0x3f, rest),
        _ => panic!("cut off"),
    };
    match char::from_u32(code) {
        Some(c) => (c, rest),
        None => panic!("no character"),
    }
}

static ARMSCII8: SingleByte = SingleByte::new(
    &[],
    "\
        \u{80}\u{81}\u{82}\u{83}\u{84}\u{85}\u{86}\u{87}\u{88}\u{89}\u{8a}\u{8b}\u{8c}\u{8d}\u{8e}\u{8f}\
        \u{90}\u{91}\u{92}\u{93}\u{94}\u{95}\u{96}\u{97}\u{98}\u{99}\u{9a}\u{9b}\u{9c}\u{9d}\u{9e}\u{9f}\
        \u{a0}❁§։)(»«—.՝,-՟…՜\
        ՛՞ԱաԲբԳգԴդԵեԶզԷէ\
        ԸըԹթԺժԻիԼլԽխԾծԿկ\
        ՀհՁձՂղՃճՄմՅյՆնՇշ\
        ՈոՉչՊպՋջՌռՍսՎվՏտ\
        ՐրՑցՒւՓփՔքՕօՖֆ’'",
);

static CP1250: SingleByte = SingleByte::new(
    &[],
    "\
        €\0‚\0„…†‡\0‰Š‹ŚŤŽŹ\
        \0‘’“”•–—\0™š›śťžź\
        \u{a0}ˇ˘Ł¤Ą¦§¨©Ş«¬\u{ad}®Ż\
        °±˛ł´µ¶·¸ąş»Ľ˝ľż\
        ŔÁÂĂÄĹĆÇČÉĘËĚÍÎĎ\
        ĐŃŇÓÔŐÖ×ŘŮÚŰÜÝŢß\
        ŕáâăäĺćçčéęëěíîď\
        đńňóôőö÷řůúűüýţ˙",
);

static CP1251: SingleByte = SingleByte::new(
    &[],
    "\
        ЂЃ‚ѓ„…†‡€‰Љ‹ЊЌЋЏ\
        ђ‘’“”•–—\0™љ›њќћџ\
        \u{a0}ЎўЈ¤Ґ¦§Ё©Є«¬\u{ad}®Ї\
        °±Ііґµ¶·ё№є»јЅѕї\
        АБВГДЕЖЗИЙКЛМНОП\
        РСТУФХЦЧШЩЪЫЬЭЮЯ\
        абвгдежзийклмноп\
        рстуфхцчшщъыьэюя",
);

static CP1256: SingleByte = SingleByte::new(
    &[],
    "\
        €پ‚ƒ„…†‡ˆ‰\0‹Œچژ\0\
        گ‘’“”•–—\0™\0›œ\u{200c}\u{200d}\0\
        \u{a0}،¢£¤¥¦§¨©\0«¬\u{ad}®¯\
        °±²³´µ¶·¸¹؛»¼½¾؟\
        \0ءآأؤإئابةتثجحخد\
        ذرزسشصض×طظعغـفقك\
        àلâمنهوçèéêëىيîï\
        \u{64b}\u{64c}\u{64d}\u{64e}ô\u{64f}\u{650}÷\u{651}ù\u{652}ûü\u{200e}\u{200f}\0",
);

static CP1257: SingleByte = SingleByte::new(
    &[],
    "\
        €\0‚\0„…†‡\0‰\0‹\0¨ˇ¸\
        \0‘’“”•–—\0™\0›\0¯˛\0\
        \u{a0}\0¢£¤\0¦§Ø©Ŗ«¬\u{ad}®Æ\
        °±²³´µ¶·ø¹ŗ»¼½¾æ\
        ĄĮĀĆÄÅĘĒČÉŹĖĢĶĪĻ\
        ŠŃŅÓŌÕÖ×ŲŁŚŪÜŻŽß\
        ąįāćäåęēčéźėģķīļ\
        šńņóōõö÷ųłśūüżž˙",
);

static CP850: SingleByte = SingleByte::new(
    &[],
    "\
        ÇüéâäàåçêëèïîìÄÅ\
        ÉæÆôöòûùÿÖÜø£Ø×ƒ\
        áíóúñÑªº¿®¬½¼¡«»\
        ░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐\
        └┴┬├─┼ãÃ╚╔╩╦╠═╬¤\
        ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀\
        ÓßÔÒõÕµþÞÚÛÙýÝ¯´\
        \u{ad}±‗¾¶§÷¸°¨·¹³²■\u{a0}",
);

static CP852: SingleByte = SingleByte::new(
    &[],
    "\
        ÇüéâäůćçłëŐőîŹÄĆ\
        ÉĹĺôöĽľŚśÖÜŤťŁ×č\
        áíóúĄąŽžĘę¬źČş«»\
        ░▒▓│┤ÁÂĚŞ╣║╗╝Żż┐\
        └┴┬├─┼Ăă╚╔╩╦╠═╬¤\
        đĐĎËďŇÍÎě┘┌█▄ŢŮ▀\
        ÓßÔŃńňŠšŔÚŕŰýÝţ´\
        \u{ad}˝˛ˇ˘§÷¸°¨˙űŘř■\u{a0}",
);

static CP866: SingleByte = SingleByte::new(
    &[],
    "\
        АБВГДЕЖЗИЙКЛМНОП\
        РСТУФХЦЧШЩЪЫЬЭЮЯ\
        абвгдежзийклмноп\
        ░▒▓│┤╡╢╖╕╣║╗╝╜╛┐\
        └┴┬├─┼╞╟╚╔╩╦╠═╬╧\
        ╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀\
        рстуфхцчшщъыьэюя\
        ЁёЄєЇїЎў°∙·√ⁿ²■\u{a0}",
);

static DEC8: SingleByte = SingleByte::new(
    &[],
    "\
        \u{80}\u{81}\u{82}\u{83}\u{84}\u{85}\u{86}\u{87}\u{88}\u{89}\u{8a}\u{8b}\u{8c}\u{8d}\u{8e}\u{8f}\
        \u{90}\u{91}\u{92}\u{93}\u{94}\u{95}\u{96}\u{97}\u{98}\u{99}\u{9a}\u{9b}\u{9c}\u{9d}\u{9e}\u{9f}\
        \u{a0}¡¢£\0¥\0§¤©ª«\0\0\0\0\
        °±²³\0µ¶·\0¹º»¼½\0¿\
        ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏ\
        \0ÑÒÓÔÕÖŒØÙÚÛÜŸ\0ß\
        àáâãäåæçèéêëìíîï\
        \0ñòóôõöœøùúûüÿ\0\0",
);

static GEOSTD8: SingleByte = SingleByte::new(
    &[],
    "\
        €\0‚\0„…†‡\0‰\0‹\0\0\0\0\
        \0‘’“”•–—\0\0\0›\0\0\0\0\
        \u{a0}¡¢£¤¥¦§¨©ª«¬\u{ad}®¯\
        °±²³´µ¶·¸¹º»¼½¾¿\
        აბგდევზჱთიკლმნჲო\
        პჟრსტჳუფქღყშჩცძწ\
        ჭხჴჯჰჵ\0\0\0\0\0\0\0\0\0\0\
        \0\0\0\0\0\0\0\0\0\0\0\0\0№\0\0",
);

static GREEK: SingleByte = SingleByte::new(
    &[],
    "\
        \u{80}\u{81}\u{82}\u{83}\u{84}\u{85}\u{86}\u{87}\u{88}\u{89}\u{8a}\u{8b}\u{8c}\u{8d}\u{8e}\u{8f}\
        \u{90}\u{91}\u{92}\u{93}\u{94}\u{95}\u{96}\u{97}\u{98}\u{99}\u{9a}\u{9b}\u{9c}\u{9d}\u{9e}\u{9f}\
        \u{a0}ʽʼ£\0\0¦§¨©\0«¬\u{ad}\0―\
        °±²³΄΅Ά·ΈΉΊ»Ό½ΎΏ\
        ΐΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟ\
        ΠΡ\0ΣΤΥΦΧΨΩΪΫάέήί\
        ΰαβγδεζηθικλμνξο\
        πρςστυφχψωϊϋόύώ\0",
);

static HEBREW: SingleByte = SingleByte::new(
    &[],
    "\
        \u{80}\u{81}\u{82}\u{83}\u{84}\u{85}\u{86}\u{87}\u{88}\u{89}\u{8a}\u{8b}\u{8c}\u{8d}\u{8e}\u{8f}\
        \u{90}\u{91}\u{92}\u{93}\u{94}\u{95}\u{96}\u{97}\u{98}\u{99}\u{9a}\u{9b}\u{9c}\u{9d}\u{9e}\u{9f}\
        \u{a0}\0¢£¤¥¦§¨©×«¬\u{ad}®‾\
        °±²³´µ¶·¸¹÷»¼½¾\0\
        \0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\
        \0\0\0\0\0\0\0\0\0\0\0\0\0\0\0‗\
        אבגדהוזחטיךכלםמן\
        נסעףפץצקרשת\0\0\u{200e}\u{200f}\0",
);

static HP8: SingleByte = SingleByte::new(
    &[],
    "\
        \u{80}\u{81}\u{82}\u{83}\u{84}\u{85}\u{86}\u{87}\u{88}\u{89}\u{8a}\u{8b}\u{8c}\u{8d}\u{8e}\u{8f}\
        \u{90}\u{91}\u{92}\u{93}\u{94}\u{95}\u{96}\u{97}\u{98}\u{99}\u{9a}\u{9b}\u{9c}\u{9d}\u{9e}\u{9f}\
        \u{a0}ÀÂÈÊËÎÏ´ˋˆ¨˜ÙÛ₤\
        ¯Ýý°ÇçÑñ¡¿¤£¥§ƒ¢\
        âêôûáéóúàèòùäëöü\
        ÅîØÆåíøæÄìÖÜÉïßÔ\
        ÁÃãÐðÍÌÓÒÕõŠšÚŸÿ\
        Þþ·µ¶¾—¼½ªº«■»±\0",
);

static KEYBCS2: SingleByte = SingleByte::new(
    &[],
    "\
        ČüéďäĎŤčěĚĹÍľĺÄÁ\
        ÉžŽôöÓůÚýÖÜŠĽÝŘť\
        áíóúňŇŮÔšřŕŔ¼¡«»\
        ░▒▓│┤╡╢╖╕╣║╗╝╜╛┐\
        └┴┬├─┼╞╟╚╔╩╦╠═╬╧\
        ╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀\
        αßΓπΣσµτΦΘΩδ∞φε∩\
        ≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}",
);

static KOI8R: SingleByte = SingleByte::new(
    &[],
    "\
        ─│┌┐└┘├┤┬┴┼▀▄█▌▐\
        ░▒▓⌠■∙√≈≤≥\u{a0}⌡°²·÷\
        ═║╒ё╓╔╕╖╗╘╙╚╛╜╝╞\
        ╟╠╡Ё╢╣╤╥╦╧╨╩╪╫╬©\
        юабцдефгхийклмно\
        пярстужвьызшэщчъ\
        ЮАБЦДЕФГХИЙКЛМНО\
        ПЯРСТУЖВЬЫЗШЭЩЧЪ",
);

static KOI8U: SingleByte = SingleByte::new(
    &[],
    "\
        ─│┌┐└┘├┤┬┴┼▀▄█▌▐\
        ░▒▓⌠■•√≈≤≥\u{a0}⌡°²·÷\
        ═║╒ёє╔ії╗╘╙╚╛ґ╝╞\
        ╟╠╡ЁЄ╣ІЇ╦╧╨╩╪Ґ╬©\
        юабцдефгхийклмно\
        пярстужвьызшэщчъ\
        ЮАБЦДЕФГХИЙКЛМНО\
        ПЯРСТУЖВЬЫЗШЭЩЧЪ",
);

static LATIN2: SingleByte = SingleByte::new(
    &[],
    "\
        \u{80}\u{81}\u{82}\u{83}\u{84}\u{85}\u{86}\u{87}\u{88}\u{89}\u{8a}\u{8b}\u{8c}\u{8d}\u{8e}\u{8f}\
        \u{90}\u{91}\u{92}\u{93}\u{94}\u{95}\u{96}\u{97}\u{98}\u{99}\u{9a}\u{9b}\u{9c}\u{9d}\u{9e}\u{9f}\
        \u{a0}Ą˘Ł¤ĽŚ§¨ŠŞŤŹ\u{ad}ŽŻ\
        °ą˛ł´ľśˇ¸šşťź˝žż\
        ŔÁÂĂÄĹĆÇČÉĘËĚÍÎĎ\
        ĐŃŇÓÔŐÖ×ŘŮÚŰÜÝŢß\
        ŕáâăäĺćçčéęëěíîď\
        đńňóôőö÷řůúűüýţ˙",
);

static LATIN5: SingleByte = SingleByte::new(
    &[],
    "\
        \u{80}\u{81}\u{82}\u{83}\u{84}\u{85}\u{86}\u{87}\u{88}\u{89}\u{8a}\u{8b}\u{8c}\u{8d}\u{8e}\u{8f}\
        \u{90}\u{91}\u{92}\u{93}\u{94}\u{95}\u{96}\u{97}\u{98}\u{99}\u{9a}\u{9b}\u{9c}\u{9d}\u{9e}\u{9f}\
        \u{a0}¡¢£¤¥¦§¨©ª«¬\u{ad}®¯\
        °±²³´µ¶·¸¹º»¼½¾¿\
        ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏ\
        ĞÑÒÓÔÕÖ×ØÙÚÛÜİŞß\
        àáâãäåæçèéêëìíîï\
        ğñòóôõö÷øùúûüışÿ",
);

static LATIN7: SingleByte = SingleByte::new(
    &[],
    "\
        \u{80}\u{81}\u{82}\u{83}\u{84}\u{85}\u{86}\u{87}\u{88}\u{89}\u{8a}\u{8b}\u{8c}\u{8d}\u{8e}\u{8f}\
        \u{90}\u{91}\u{92}\u{93}\u{94}\u{95}\u{96}\u{97}\u{98}\u{99}\u{9a}\u{9b}\u{9c}\u{9d}\u{9e}\u{9f}\
        \u{a0}”¢£¤„¦§Ø©Ŗ«¬\u{ad}®Æ\
        °±²³“µ¶·ø¹ŗ»¼½¾æ\
        ĄĮĀĆÄÅĘĒČÉŹĖĢĶĪĻ\
        ŠŃŅÓŌÕÖ×ŲŁŚŪÜŻŽß\
        ąįāćäåęēčéźėģķīļ\
        šńņóōõö÷ųłśūüżž’",
);

static MACCE: SingleByte = SingleByte::new(
    &[],
    "\
        ÄĀāÉĄÖÜáąČäčĆćéŹ\
        źĎíďĒēĖóėôöõúĚěü\
        †°Ę£§•¶ß®©™ę¨≠ģĮ\
        įĪ≤≥īĶ∂∑łĻļĽľĹĺŅ\
        ņŃ¬√ńŇ∆«»…\u{a0}ňŐÕőŌ\
        –—“”‘’÷◊ōŔŕŘ‹›řŖ\
        ŗŠ‚„šŚśÁŤťÍŽžŪÓÔ\
        ūŮÚůŰűŲųÝýķŻŁżĢˇ",
);

static MACROMAN: SingleByte = SingleByte::new(
    &[],
    "\
        ÄÅÇÉÑÖÜáàâäãåçéè\
        êëíìîïñóòôöõúùûü\
        †°¢£§•¶ß®©™´¨≠ÆØ\
        ∞±≤≥¥µ∂∑∏π∫ªºΩæø\
        ¿¡¬√ƒ≈∆«»…\u{a0}ÀÃÕŒœ\
        –—“”‘’÷◊ÿŸ⁄€‹›ﬁﬂ\
        ‡·‚„‰ÂÊÁËÈÍÎÏÌÓÔ\
        \u{f8ff}ÒÚÛÙıˆ˜¯˘˙˚¸˝˛ˇ",
);

static TIS620: SingleByte = SingleByte::new(
    &[],
    "\
        \u{80}\u{81}\u{82}\u{83}\u{84}\u{85}\u{86}\u{87}\u{88}\u{89}\u{8a}\u{8b}\u{8c}\u{8d}\u{8e}\u{8f}\
        \u{90}\u{91}\u{92}\u{93}\u{94}\u{95}\u{96}\u{97}\u{98}\u{99}\u{9a}\u{9b}\u{9c}\u{9d}\u{9e}\u{9f}\
        \u{fffd}กขฃคฅฆงจฉชซฌญฎฏ\
        ฐฑฒณดตถทธนบปผฝพฟ\
        ภมยรฤลฦวศษสหฬอฮฯ\
        ะ\u{e31}าำ\u{e34}\u{e35}\u{e36}\u{e37}\u{e38}\u{e39}\u{e3a}\u{fffd}\u{fffd}\u{fffd}\u{fffd}฿\
        เแโใไๅๆ\u{e47}\u{e48}\u{e49}\u{e4a}\u{e4b}\u{e4c}\u{e4d}\u{e4e}๏\
        ๐๑๒๓๔๕๖๗๘๙๚๛\u{fffd}\u{fffd}\u{fffd}\u{fffd}",
);

/// Seven bits: Swedish letters in place of signs.
static SWE7: SingleByte = SingleByte::new(
    &[
        (0x40, 'É'),
        (0x5b, 'Ä'),
        (0x5c, 'Ö'),
        (0x5d, 'Å'),
        (0x5e, 'Ü'),
        (0x60, 'é'),
        (0x7b, 'ä'),
        (0x7c, 'ö'),
        (0x7d, 'å'),
        (0x7e, 'ü'),
        (0x7f, '\0'),
    ],
    "",
);
