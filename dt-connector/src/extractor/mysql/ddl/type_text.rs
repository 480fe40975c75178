//! Column types as people write them, brought into the form that `information_schema` shows.

use crate::extractor::mysql::column_type::{TypeRow, column_type};
use crate::extractor::mysql::server::Flavor;
use dt_common::schema::{ColumnType, JsonStorage};

use super::{Understood, Words, not_understood};

/// A type as a statement gives it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct TypeText {
    /// Name, numbers or members, and signedness, as `COLUMN_TYPE` shows them; a text type without the length that it was asked for.
    shown: String,
    /// What of length was asked for: characters of a character type, bytes of a BLOB.
    length: Option<u64>,
    /// Charset that the type itself names.
    pub(crate) charset: Option<String>,
    /// SERIAL, which says more than a type.
    pub(crate) serial: bool,
}

/// Types that are written in one word, and how they are shown.
const SYNONYMS: &[(&str, &str)] = &[
    ("bool", "tinyint(1)"),
    ("boolean", "tinyint(1)"),
    ("int1", "tinyint"),
    ("int2", "smallint"),
    ("int3", "mediumint"),
    ("middleint", "mediumint"),
    ("int4", "int"),
    ("integer", "int"),
    ("int8", "bigint"),
    ("float4", "float"),
    ("float8", "double"),
    ("real", "double"),
    ("dec", "decimal"),
    ("fixed", "decimal"),
    ("numeric", "decimal"),
    ("character", "char"),
    ("varcharacter", "varchar"),
    ("geomcollection", "geometrycollection"),
];

/// Greatest lengths in bytes of the BLOB and TEXT types.
const BLOBS: [(&str, u64); 4] = [("tiny", 0xff), ("", 0xffff), ("medium", 0xff_ffff), ("long", 0xffff_ffff)];

impl TypeText {
    /// Reads a type, up to the attributes that do not belong to it.
    pub(crate) fn read(words: &mut Words) -> Understood<Self> {
        let Some(first) = words.peek_keyword() else { return not_understood("a column without a type") };
        words.skip();
        let mut ty = Self::default();
        let name = name(words, &first.to_ascii_lowercase(), &mut ty);
        ty.arguments(words, &name)?;
        ty.attributes(words);
        Ok(ty)
    }

    fn arguments(&mut self, words: &mut Words, name: &str) -> Understood<()> {
        self.shown = name.to_owned();
        let is_text = matches!(name, "text" | "blob");
        if matches!(name, "enum" | "set") {
            self.shown = format!("{name}({})", members(words)?.join(","));
            return Ok(());
        }
        let mut numbers = Vec::new();
        if words.symbol('(') {
            while let Some(number) = words.number() {
                numbers.push(number);
                words.symbol(',');
            }
            if !words.symbol(')') {
                return not_understood(format!("the type {name} with other arguments than numbers"));
            }
        }
        match name {
            "char" | "varchar" => self.length = Some(numbers.first().copied().unwrap_or(1)),
            _ if is_text => self.length = numbers.first().copied(),
            // FLOAT(p) is a precision in bits, FLOAT(m, d) a width.
            "float" if numbers.len() == 1 && numbers[0] > 24 => self.shown = "double".into(),
            "decimal" => {
                let (precision, scale) = (numbers.first().copied().unwrap_or(10), numbers.get(1).copied());
                let precision = if precision == 0 { 10 } else { precision };
                self.shown = format!("decimal({precision},{})", scale.unwrap_or(0));
            }
            _ if numbers.is_empty() => {}
            _ => {
                let numbers: Vec<String> = numbers.iter().map(u64::to_string).collect();
                self.shown = format!("{name}({})", numbers.join(","));
            }
        }
        Ok(())
    }

    /// What may stand behind a type and belongs to it.
    fn attributes(&mut self, words: &mut Words) {
        loop {
            if words.keyword("UNSIGNED") || words.keyword("ZEROFILL") {
                self.shown.push_str(" unsigned");
            } else if words.keyword("SIGNED") || words.keyword("BINARY") {
                // BINARY means the charset's binary collation.
            } else if words.keyword("ASCII") {
                self.charset = Some("latin1".into());
            } else if words.keyword("UNICODE") {
                self.charset = Some("ucs2".into());
            } else if words.keyword("BYTE") {
                self.charset = Some("binary".into());
            } else if let Some(charset) = charset_clause(words) {
                self.charset = Some(charset);
            } else {
                return;
            }
        }
    }

    /// The type in a table whose characters are of `charset` where the column says nothing else.
    pub(crate) fn resolve(&self, charset: &str, flavor: Flavor) -> Option<ColumnType> {
        if self.shown == "json" && flavor == Flavor::MariaDb {
            return Some(ColumnType::Json(JsonStorage::Text));
        }
        let charset = self.charset.as_deref().unwrap_or(charset);
        let mut shown = self.shown.clone();
        let name: String = shown.chars().take_while(char::is_ascii_alphabetic).collect();
        let (mut max_chars, mut max_bytes) = (0, 0);
        match name.as_str() {
            "char" | "varchar" => {
                max_chars = self.length.unwrap_or(1);
                max_bytes = max_chars * bytes_a_character(charset);
                if charset == "binary" {
                    shown = format!("{}({max_chars})", if name == "char" { "binary" } else { "varbinary" });
                }
            }
            "tinytext" | "text" | "mediumtext" | "longtext" | "tinyblob" | "blob" | "mediumblob"
            | "longblob" => {
                let is_blob = name.ends_with("blob") || charset == "binary";
                let prefix = name.trim_end_matches("blob").trim_end_matches("text");
                let asked = self.length.map(|n| if is_blob { n } else { n * bytes_a_character(charset) });
                let fits = |(known, bytes): &&(&str, u64)| asked.map_or(*known == prefix, |n| n <= *bytes);
                let (prefix, bytes) = BLOBS.iter().find(fits)?;
                shown = format!("{prefix}{}", if is_blob { "blob" } else { "text" });
                (max_chars, max_bytes) = (*bytes, *bytes);
            }
            _ => {}
        }
        column_type(&TypeRow { column_type: &shown, max_chars, max_bytes, charset, json_check: false })
    }
}

/// The type's name in one word; some are several.
fn name(words: &mut Words, first: &str, ty: &mut TypeText) -> String {
    let one = match first {
        "double" => {
            words.keyword("PRECISION");
            "double"
        }
        "char" | "character" => {
            let varying = words.keyword("VARYING");
            if varying { "varchar" } else { "char" }
        }
        "national" => {
            ty.charset = Some("utf8mb3".into());
            let varying = words.keyword("VARCHAR") || words.keyword("VARCHARACTER");
            let varying = varying || (words.any_keyword(&["CHAR", "CHARACTER"]) && words.keyword("VARYING"));
            if varying { "varchar" } else { "char" }
        }
        "nchar" => {
            ty.charset = Some("utf8mb3".into());
            if words.any_keyword(&["VARYING", "VARCHAR"]) { "varchar" } else { "char" }
        }
        "nvarchar" => {
            ty.charset = Some("utf8mb3".into());
            "varchar"
        }
        "long" if words.keyword("VARBINARY") => "mediumblob",
        "long" => {
            let _ = words.keyword("VARCHAR")
                || (words.any_keyword(&["CHAR", "CHARACTER"]) && words.keyword("VARYING"));
            "mediumtext"
        }
        "serial" => {
            ty.serial = true;
            "bigint unsigned"
        }
        other => SYNONYMS.iter().find(|(word, _)| *word == other).map_or(other, |(_, shown)| shown),
    };
    one.to_owned()
}

/// `('a','b')` as quoted members.
fn members(words: &mut Words) -> Understood<Vec<String>> {
    let mut members = Vec::new();
    if words.symbol('(') {
        while let Some(member) = words.string() {
            // The server cuts blanks behind a member.
            let member = member.trim_end_matches(' ').replace('\\', "\\\\").replace('\'', "''");
            members.push(format!("'{member}'"));
            if !words.symbol(',') {
                break;
            }
        }
    }
    if members.is_empty() || !words.symbol(')') {
        return not_understood("members that are not plain strings");
    }
    Ok(members)
}

/// `CHARACTER SET x`, `CHARSET x`, `COLLATE x`: the charset.
pub(super) fn charset_clause(words: &mut Words) -> Option<String> {
    let start = words.clone();
    words.keyword("DEFAULT");
    let is_charset =
        words.keyword("CHARSET") || words.keywords(&["CHARACTER", "SET"]) || words.keywords(&["CHAR", "SET"]);
    if is_charset || words.keyword("COLLATE") {
        words.symbol('=');
        let name = words.identifier().or_else(|| words.string());
        match name.map(|name| name.to_ascii_lowercase()) {
            Some(name) if is_charset && name != "default" => return Some(known(&name)),
            // Collations are named after their charset, but for MariaDB's that fit every one.
            Some(name) if !is_charset && !name.starts_with("uca1400") && name != "default" => {
                return Some(known(name.split('_').next().unwrap_or_default()));
            }
            Some(_) | None => {
                *words = start;
                return None;
            }
        }
    }
    *words = start;
    None
}

fn known(charset: &str) -> String {
    if charset == "utf8" { "utf8mb3".to_owned() } else { charset.to_owned() }
}

/// Greatest length in bytes of the smallest TEXT type that holds so many.
pub(super) fn text_type_bytes(bytes: u64) -> u64 {
    BLOBS.iter().map(|(_, most)| *most).find(|most| bytes <= *most).unwrap_or(0xffff_ffff)
}

/// The most bytes that a character takes.
pub(super) fn bytes_a_character(charset: &str) -> u64 {
    match charset {
        "utf8mb4" | "utf16" | "utf16le" | "utf32" | "gb18030" => 4,
        "utf8mb3" | "utf8" | "ujis" | "eucjpms" => 3,
        "ucs2" | "gbk" | "gb2312" | "big5" | "sjis" | "cp932" | "euckr" => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dt_common::schema::{IntWidth, Text};

    fn ty(text: &str, flavor: Flavor) -> Option<ColumnType> {
        TypeText::read(&mut Words::new(text, "d", Default::default())).ok()?.resolve("latin1", flavor)
    }

    #[test]
    fn types_as_people_write_them() {
        use ColumnType as T;
        let int = |width, unsigned| T::Int { width, unsigned };
        let text =
            |max_chars, max_bytes, charset: &str| Text { max_chars, max_bytes, charset: charset.into() };
        for (written, expected) in [
            ("INTEGER(11) ZEROFILL", int(IntWidth::Four, true)),
            ("bool", int(IntWidth::One, false)),
            ("INT8 UNSIGNED", int(IntWidth::Eight, true)),
            ("DOUBLE PRECISION", T::Double),
            ("FLOAT(25)", T::Double),
            ("float(7,2)", T::Float),
            ("NUMERIC", T::Decimal { precision: 10, scale: 0 }),
            ("dec(7)", T::Decimal { precision: 7, scale: 0 }),
            ("decimal(12,3) unsigned", T::Decimal { precision: 12, scale: 3 }),
            ("CHAR", T::Char(text(1, 1, "latin1"))),
            ("character varying(20) CHARACTER SET utf8", T::VarChar(text(20, 60, "utf8mb3"))),
            ("VARCHAR(9) COLLATE utf8mb4_general_ci", T::VarChar(text(9, 36, "utf8mb4"))),
            ("nvarchar(9)", T::VarChar(text(9, 27, "utf8mb3"))),
            ("CHAR(8) BYTE", T::Binary { len: 8 }),
            ("varchar(8) charset binary", T::VarBinary { len: 8 }),
            ("text", T::Text(text(65_535, 65_535, "latin1"))),
            ("text(200) charset utf8mb4", T::Text(text(65_535, 65_535, "utf8mb4"))),
            ("text(20) charset utf8mb4", T::Text(text(255, 255, "utf8mb4"))),
            ("blob(70000)", T::Blob { len: 0xff_ffff }),
            ("LONG VARCHAR", T::Text(text(0xff_ffff, 0xff_ffff, "latin1"))),
            ("datetime(3)", T::DateTime { fsp: 3 }),
            ("bit(3)", T::Bit { bits: 3 }),
            ("year(4)", T::Year),
            ("json", T::Json(JsonStorage::Binary)),
            ("enum('a','it''s ',\"b\")", T::Enum { members: ["a", "it's", "b"].map(str::to_owned).into() }),
            ("serial", int(IntWidth::Eight, true)),
        ] {
            assert_eq!(ty(written, Flavor::MySql), Some(expected), "{written}");
        }
        assert_eq!(ty("json", Flavor::MariaDb), Some(T::Json(JsonStorage::Text)));
        for unknown in ["xmltype", "varchar2(9)", "enum(a)", "int(a)"] {
            assert_eq!(ty(unknown, Flavor::MariaDb), None, "{unknown}");
        }
    }
}
