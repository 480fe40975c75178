//! A column's definition in a statement.

use super::type_text::{TypeText, charset_clause};
use super::{Understood, Words, not_understood};
use dt_common::schema::Generated;

/// A column as a statement defines it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ColumnDef {
    /// Name.
    pub(crate) name: String,
    /// Type.
    pub(crate) ty: TypeText,
    /// NULL or NOT NULL, when said.
    pub(crate) nullable: Option<bool>,
    /// What a row shows that does not say.
    pub(crate) default: DefaultDef,
    /// ON UPDATE: each row gets the moment of its change.
    pub(crate) on_update: bool,
    /// Whether the source computes it.
    pub(crate) generated: Generated,
    /// INVISIBLE.
    pub(crate) invisible: bool,
    /// COMPRESSED, whose values dt cannot read.
    pub(crate) compressed: bool,
    /// Comment.
    pub(crate) comment: String,
    /// PRIMARY KEY or UNIQUE beside the column.
    pub(crate) key: Option<ColumnKey>,
    /// Where it stands.
    pub(crate) place: Option<Place>,
}

/// A key that a column's definition makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ColumnKey {
    /// PRIMARY KEY.
    Primary,
    /// UNIQUE.
    Unique,
}

/// Where a column is put.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// FIRST.
    First,
    /// AFTER another.
    After(String),
}

/// A default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum DefaultDef {
    /// None is said.
    Unsaid,
    /// DEFAULT NULL.
    Null,
    /// The text of a literal in quotes.
    Literal(String),
    /// A number without quotes.
    Digits(String),
    /// The bytes of a literal, from hexadecimal digits.
    Bytes(Vec<u8>),
    /// The bits of a literal.
    Bits(u64),
    /// CURRENT_TIMESTAMP.
    Now,
    /// AUTO_INCREMENT: each row gets a number.
    Number,
    /// Something that the source computes.
    Expression,
}

impl ColumnDef {
    /// Reads a definition, its name first.
    pub(crate) fn read(words: &mut Words) -> Understood<Self> {
        let Some(name) = words.identifier() else { return not_understood("a column without a name") };
        Self::read_named(words, name)
    }

    /// Reads what follows a column's name.
    pub(crate) fn read_named(words: &mut Words, name: String) -> Understood<Self> {
        let ty = TypeText::read(words)?;
        let serial = ty.serial;
        let mut column = Self {
            name,
            ty,
            nullable: serial.then_some(false),
            default: if serial { DefaultDef::Number } else { DefaultDef::Unsaid },
            on_update: false,
            generated: Generated::No,
            invisible: false,
            compressed: false,
            comment: String::new(),
            key: serial.then_some(ColumnKey::Unique),
            place: None,
        };
        while !words.at_end_of_item() {
            column.attribute(words)?;
        }
        Ok(column)
    }

    fn attribute(&mut self, words: &mut Words) -> Understood<()> {
        let known = self.value_attribute(words)?
            || self.key_attribute(words)
            || self.form_attribute(words)
            || self.place_attribute(words);
        if known {
            return Ok(());
        }
        let word = words.peek_keyword().unwrap_or_default();
        not_understood(format!("column `{}` with the attribute {word}", self.name))
    }

    /// What its values are. `false` when the next words are about something else, as in those that follow.
    fn value_attribute(&mut self, words: &mut Words) -> Understood<bool> {
        if words.keywords(&["NOT", "NULL"]) {
            self.nullable = Some(false);
        } else if words.keyword("NULL") {
            self.nullable = Some(true);
        } else if let Some(charset) = charset_clause(words) {
            self.ty.charset = Some(charset);
        } else if words.keyword("DEFAULT") {
            self.default = default(words)?;
        } else if words.keywords(&["ON", "UPDATE"]) {
            now(words);
            self.on_update = true;
        } else if words.keyword("AUTO_INCREMENT") {
            self.default = DefaultDef::Number;
        } else if words.keywords(&["GENERATED", "ALWAYS", "AS"]) || words.keyword("AS") {
            if !words.skip_brackets() {
                return not_understood(format!("column `{}` AS ..", self.name));
            }
            self.generated = Generated::Virtual;
        } else if words.any_keyword(&["STORED", "PERSISTENT"]) {
            self.generated = Generated::Stored;
        } else {
            return Ok(words.keyword("VIRTUAL"));
        }
        Ok(true)
    }

    /// What it is a key of, and what is demanded of it.
    fn key_attribute(&mut self, words: &mut Words) -> bool {
        if words.keywords(&["SERIAL", "DEFAULT", "VALUE"]) {
            (self.nullable, self.key) = (Some(false), Some(ColumnKey::Unique));
            self.default = DefaultDef::Number;
        } else if words.keyword("PRIMARY") {
            words.keyword("KEY");
            self.key = Some(ColumnKey::Primary);
        } else if words.keyword("UNIQUE") {
            words.keyword("KEY");
            self.key = self.key.or(Some(ColumnKey::Unique));
        } else if words.keyword("KEY") {
            self.key = Some(ColumnKey::Primary);
        } else if words.any_keyword(&["CHECK", "CONSTRAINT", "REFERENCES"]) {
            self.skip_constraint(words);
        } else {
            return false;
        }
        true
    }

    /// How it is shown and stored.
    fn form_attribute(&mut self, words: &mut Words) -> bool {
        if words.keyword("COMMENT") {
            self.comment = words.string().unwrap_or_default();
        } else if words.keyword("INVISIBLE") {
            self.invisible = true;
        } else if words.keyword("COMPRESSED") {
            self.compressed = true;
            if words.symbol('=') {
                words.skip();
            }
        } else if words.any_keyword(&[
            "COLUMN_FORMAT",
            "STORAGE",
            "SRID",
            "REF_SYSTEM_ID",
            "ENGINE_ATTRIBUTE",
            "SECONDARY_ENGINE_ATTRIBUTE",
        ]) {
            words.symbol('=');
            words.skip();
        } else {
            return words.keyword("VISIBLE");
        }
        true
    }

    /// Where it comes to stand.
    fn place_attribute(&mut self, words: &mut Words) -> bool {
        if words.keyword("FIRST") {
            self.place = Some(Place::First);
        } else if words.keyword("AFTER") {
            self.place = words.identifier().map(Place::After);
        } else {
            return false;
        }
        true
    }

    /// `CHECK (..) [[NOT] ENFORCED]`, `CONSTRAINT [name]` in front of it, `REFERENCES table (..) [MATCH ..] [ON DELETE ..]`.
    fn skip_constraint(&mut self, words: &mut Words) {
        while !words.at_end_of_item() {
            let goes_on = ["NOT", "FIRST", "AFTER", "COMMENT", "DEFAULT", "PRIMARY", "UNIQUE"];
            if goes_on.iter().any(|word| words.peek_keyword().as_deref() == Some(word)) {
                if words.keywords(&["NOT", "ENFORCED"]) {
                    continue;
                }
                return;
            }
            if words.keywords(&["SET", "DEFAULT"]) || words.skip_brackets() {
                continue;
            }
            words.skip();
        }
    }
}

/// What follows DEFAULT.
pub(super) fn default(words: &mut Words) -> Understood<DefaultDef> {
    if words.keyword("NULL") {
        return Ok(DefaultDef::Null);
    }
    if now(words) {
        return Ok(DefaultDef::Now);
    }
    if words.skip_brackets() {
        return Ok(DefaultDef::Expression);
    }
    literal(words)
}

/// CURRENT_TIMESTAMP and its synonyms, with or without brackets.
fn now(words: &mut Words) -> bool {
    let found = words.any_keyword(&["CURRENT_TIMESTAMP", "NOW", "LOCALTIME", "LOCALTIMESTAMP"]);
    if found {
        words.skip_brackets();
    }
    found
}

fn literal(words: &mut Words) -> Understood<DefaultDef> {
    if let Some(text) = words.string() {
        return Ok(DefaultDef::Literal(text));
    }
    let negative = words.symbol('-');
    words.symbol('+');
    let Some(word) = words.peek_keyword() else {
        if words.symbol('.') {
            return Ok(DefaultDef::Digits(format!("{}0.{}", sign(negative), take_word(words))));
        }
        return not_understood("a default that is no literal");
    };
    words.skip();
    match word.as_str() {
        "TRUE" => return Ok(DefaultDef::Digits("1".into())),
        "FALSE" => return Ok(DefaultDef::Digits("0".into())),
        "X" => return from_hex(&words.string().unwrap_or_default()),
        "B" => return from_bits(&words.string().unwrap_or_default()),
        // N'..' and _charset'..'; the text of a statement has been brought to UTF-8.
        "N" | "_UTF8" | "_UTF8MB4" | "_UTF8MB3" => {
            if let Some(text) = words.string() {
                return Ok(DefaultDef::Literal(text));
            }
        }
        "DATE" | "TIME" | "TIMESTAMP" => {
            if let Some(text) = words.string() {
                return Ok(DefaultDef::Literal(text));
            }
        }
        _ => {}
    }
    if let Some(digits) = word.strip_prefix("0X") {
        return from_hex(digits);
    }
    if let Some(digits) = word.strip_prefix("0B") {
        return from_bits(digits);
    }
    if !word.starts_with(|c: char| c.is_ascii_digit()) {
        // A function without brackets around it: MariaDB takes any.
        words.skip_brackets();
        return Ok(DefaultDef::Expression);
    }
    let mut number = format!("{}{word}", sign(negative));
    if words.symbol('.') {
        number.push('.');
        number.push_str(&take_word(words));
    }
    // The sign of an exponent is a word of its own.
    if number.ends_with('E') && (words.at_symbol('-') || words.at_symbol('+')) {
        if words.symbol('-') {
            number.push('-');
        }
        words.symbol('+');
        number.push_str(&take_word(words));
    }
    Ok(DefaultDef::Digits(number))
}

fn sign(negative: bool) -> &'static str {
    if negative { "-" } else { "" }
}

fn take_word(words: &mut Words) -> String {
    match words.peek_keyword() {
        Some(word) if word.starts_with(|c: char| c.is_ascii_digit()) => {
            words.skip();
            word
        }
        Some(_) | None => String::new(),
    }
}

fn from_hex(digits: &str) -> Understood<DefaultDef> {
    let padded = if digits.len() % 2 == 1 { format!("0{digits}") } else { digits.to_owned() };
    let bytes: Option<Vec<u8>> = (0..padded.len() / 2)
        .map(|i| padded.get(2 * i..2 * i + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok()))
        .collect();
    bytes.map_or_else(|| not_understood("a default that is no literal"), |bytes| Ok(DefaultDef::Bytes(bytes)))
}

fn from_bits(digits: &str) -> Understood<DefaultDef> {
    let bits = u64::from_str_radix(digits, 2);
    bits.map_or_else(|_| not_understood("a default that is no literal"), |bits| Ok(DefaultDef::Bits(bits)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(text: &str) -> ColumnDef {
        ColumnDef::read(&mut Words::new(text, "d", Default::default())).unwrap()
    }

    #[test]
    fn attributes() {
        let found = column(
            "`a b` VARCHAR(20) CHARACTER SET latin1 NOT NULL DEFAULT 'it''s' COMMENT 'c' UNIQUE KEY AFTER `x`",
        );
        assert_eq!((found.name.as_str(), found.nullable, found.comment.as_str()), ("a b", Some(false), "c"));
        assert_eq!((found.default, found.key), (DefaultDef::Literal("it's".into()), Some(ColumnKey::Unique)));
        assert_eq!(found.place, Some(Place::After("x".into())));
        let found = column("g INT GENERATED ALWAYS AS (a + (b)) STORED INVISIBLE FIRST");
        assert_eq!(
            (found.generated, found.invisible, found.place),
            (Generated::Stored, true, Some(Place::First))
        );
        let found = column(
            "r INT CONSTRAINT `f` REFERENCES p (id) ON DELETE SET DEFAULT NOT NULL CHECK (r > 0) NOT ENFORCED COMMENT 'x'",
        );
        assert_eq!((found.nullable, found.comment.as_str()), (Some(false), "x"));
        assert!(
            ColumnDef::read(&mut Words::new("a INT WITHOUT SYSTEM VERSIONING", "d", Default::default()))
                .is_err()
        );
    }

    #[test]
    fn defaults() {
        let literal = |text: &str| DefaultDef::Literal(text.into());
        let digits = |text: &str| DefaultDef::Digits(text.into());
        for (text, expected) in [
            ("NULL", DefaultDef::Null),
            ("-1.50", digits("-1.50")),
            (".5", digits("0.5")),
            ("1e-7", digits("1E-7")),
            ("'5'", literal("5")),
            ("TRUE", digits("1")),
            ("b'101'", DefaultDef::Bits(5)),
            ("x'00ff'", DefaultDef::Bytes(vec![0, 255])),
            ("0xabc", DefaultDef::Bytes(vec![0xa, 0xbc])),
            ("_utf8mb4'x'", literal("x")),
            ("CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3)", DefaultDef::Now),
            ("now()", DefaultDef::Now),
            ("(uuid())", DefaultDef::Expression),
            ("uuid()", DefaultDef::Expression),
            ("'2020-01-01 00:00:00'", literal("2020-01-01 00:00:00")),
        ] {
            assert_eq!(column(&format!("a INT DEFAULT {text}")).default, expected, "{text}");
        }
    }
}
