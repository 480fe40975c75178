//! Column types and defaults from the text that `information_schema` shows. No I/O.
//!
//! `COLUMN_TYPE` is what both families agree on: `int(8) unsigned zerofill`, `decimal(10,3)`, `enum('a','it''s')`. Only the lengths and
//! the charset of character columns come from columns of their own. A type that is not known here is an error: guessing
//! would shift or damage values later.

use std::sync::Arc;

use dt_common::schema::{ColumnType, IntWidth, JsonStorage, Text};

use super::server::Flavor;

/// One row of `information_schema.COLUMNS`, as far as it decides the type.
#[derive(Debug, Clone, Default)]
pub(crate) struct TypeRow<'a> {
    /// `COLUMN_TYPE`.
    pub(crate) column_type: &'a str,
    /// `CHARACTER_MAXIMUM_LENGTH`.
    pub(crate) max_chars: u64,
    /// `CHARACTER_OCTET_LENGTH`.
    pub(crate) max_bytes: u64,
    /// `CHARACTER_SET_NAME`.
    pub(crate) charset: &'a str,
    /// Whether a check constraint demands `json_valid` of this column: MariaDB's JSON.
    pub(crate) json_check: bool,
}

/// The type of a column, or `None` for one that dt does not know.
pub(crate) fn column_type(row: &TypeRow<'_>) -> Option<ColumnType> {
    let text = row.column_type;
    let (name, rest) = split_name(text);
    let numbers = numbers(rest);
    let number = |i: usize| numbers.get(i).copied();
    let int =
        |width| ColumnType::Int { width, unsigned: rest.contains("unsigned") || rest.contains("zerofill") };
    let fsp = || number(0).and_then(|n| u8::try_from(n).ok()).unwrap_or(0);
    let characters =
        || Text { max_bytes: row.max_bytes, max_chars: row.max_chars, charset: row.charset.to_owned() };
    Some(match name.to_ascii_lowercase().as_str() {
        "tinyint" => int(IntWidth::One),
        "smallint" => int(IntWidth::Two),
        "mediumint" => int(IntWidth::Three),
        "int" => int(IntWidth::Four),
        "bigint" => int(IntWidth::Eight),
        "decimal" => ColumnType::Decimal {
            precision: u8::try_from(number(0)?).ok()?,
            scale: number(1).map_or(Some(0), |n| u8::try_from(n).ok())?,
        },
        "float" => ColumnType::Float,
        "double" => ColumnType::Double,
        "bit" => ColumnType::Bit { bits: u8::try_from(number(0).unwrap_or(1)).ok()? },
        "date" => ColumnType::Date,
        "datetime" => ColumnType::DateTime { fsp: fsp() },
        "timestamp" => ColumnType::Timestamp { fsp: fsp() },
        "time" => ColumnType::Time { fsp: fsp() },
        "year" => ColumnType::Year,
        "char" => ColumnType::Char(characters()),
        "varchar" => ColumnType::VarChar(characters()),
        "longtext" if row.json_check => ColumnType::Json(JsonStorage::Text),
        "tinytext" | "text" | "mediumtext" | "longtext" => ColumnType::Text(characters()),
        "binary" => ColumnType::Binary { len: number(0).unwrap_or(1) },
        "varbinary" => ColumnType::VarBinary { len: number(0)? },
        "tinyblob" => ColumnType::Blob { len: u32::from(u8::MAX) },
        "blob" => ColumnType::Blob { len: u32::from(u16::MAX) },
        "mediumblob" => ColumnType::Blob { len: 0x00ff_ffff },
        "longblob" => ColumnType::Blob { len: u32::MAX },
        "enum" => ColumnType::Enum { members: members(rest)? },
        "set" => ColumnType::Set { members: members(rest)? },
        "json" => ColumnType::Json(JsonStorage::Binary),
        "geometry" | "point" | "linestring" | "polygon" | "multipoint" | "multilinestring"
        | "multipolygon" | "geometrycollection" | "geomcollection" => ColumnType::Geometry,
        "vector" => ColumnType::Vector { dimension: number(0)? },
        "uuid" => ColumnType::Uuid,
        "inet4" => ColumnType::Inet4,
        "inet6" => ColumnType::Inet6,
        _ => return None,
    })
}

/// Fraction digits of a temporal type; 0 for others and for those without.
pub(crate) fn fraction_digits(column_type: &str) -> u8 {
    let (name, rest) = split_name(column_type);
    let is_temporal = matches!(name.to_ascii_lowercase().as_str(), "datetime" | "timestamp" | "time");
    numbers(rest).first().filter(|_| is_temporal).and_then(|n| u8::try_from(*n).ok()).unwrap_or(0)
}

/// A type's name and what follows it.
fn split_name(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(text.len()))
}

/// The numbers in the parentheses that follow a type's name.
fn numbers(rest: &str) -> Vec<u32> {
    let inner = rest.strip_prefix('(').and_then(|rest| rest.split_once(')')).map_or("", |(inner, _)| inner);
    inner.split(',').filter_map(|n| n.trim().parse().ok()).collect()
}

/// The members of `('a','it''s')`; `None` when the text is not such a list.
fn members(rest: &str) -> Option<Arc<[String]>> {
    let mut rest = rest.strip_prefix('(')?;
    let mut members = Vec::new();
    loop {
        let (member, after) = quoted(rest)?;
        members.push(member);
        match after.chars().next()? {
            ',' => rest = &after[1..],
            ')' => return Some(members.into()),
            _ => return None,
        }
    }
}

/// A string literal at the start of a text, and what follows it. A quote is doubled, other special characters have a
/// backslash.
fn quoted(text: &str) -> Option<(String, &str)> {
    let body = text.strip_prefix('\'')?;
    let mut value = String::new();
    let mut chars = body.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '\'' if chars.next_if(|(_, next)| *next == '\'').is_some() => value.push('\''),
            '\'' => return Some((value, &body[at + 1..])),
            '\\' => value.push(match chars.next()?.1 {
                '0' => '\0',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'b' => '\u{8}',
                'Z' => '\u{1a}',
                other => other,
            }),
            c => value.push(c),
        }
    }
    None
}

/// The literal default of a column as its own text (`it's`, `1.5`, `b'101'`), or `None` when there is none or when it is an
/// expression. MySQL shows the bare value and marks expressions in `EXTRA`; MariaDB shows SQL.
pub(crate) fn literal_default(
    flavor: Flavor,
    ty: &ColumnType,
    shown: Option<&str>,
    extra: &str,
) -> Option<String> {
    let shown = shown?;
    // A default of bytes is shown through a text column, which damages it.
    if matches!(ty, ColumnType::Binary { .. } | ColumnType::VarBinary { .. } | ColumnType::Blob { .. }) {
        return None;
    }
    match flavor {
        Flavor::MySql => {
            let expression = extra.to_ascii_uppercase().contains("DEFAULT_GENERATED")
                || (is_moment(ty) && shown.to_ascii_uppercase().starts_with("CURRENT_TIMESTAMP"));
            (!expression).then(|| shown.to_owned())
        }
        Flavor::MariaDb => match quoted(shown) {
            Some((value, "")) => Some(value),
            Some(_) => None,
            None if shown.starts_with("b'") && shown.ends_with('\'') => Some(shown.to_owned()),
            None => is_number(shown).then(|| shown.to_owned()),
        },
    }
}

fn is_moment(ty: &ColumnType) -> bool {
    matches!(ty, ColumnType::DateTime { .. } | ColumnType::Timestamp { .. })
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') && text.parse::<f64>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ty(column_type: &str) -> Option<ColumnType> {
        column_type_of(column_type, false)
    }

    fn column_type_of(column_type: &str, json_check: bool) -> Option<ColumnType> {
        let row = TypeRow { column_type, max_chars: 10, max_bytes: 40, charset: "utf8mb4", json_check };
        super::column_type(&row)
    }

    #[test]
    fn types_in_full() {
        use ColumnType as T;
        let int = |width, unsigned| T::Int { width, unsigned };
        for (text, expected) in [
            ("tinyint(1)", int(IntWidth::One, false)),
            ("smallint unsigned", int(IntWidth::Two, true)),
            ("mediumint(8) unsigned", int(IntWidth::Three, true)),
            ("int(8) unsigned zerofill", int(IntWidth::Four, true)),
            ("bigint", int(IntWidth::Eight, false)),
            ("decimal(65,30)", T::Decimal { precision: 65, scale: 30 }),
            ("decimal(5,0) unsigned", T::Decimal { precision: 5, scale: 0 }),
            ("float(7,2)", T::Float),
            ("double unsigned", T::Double),
            ("bit(12)", T::Bit { bits: 12 }),
            ("datetime", T::DateTime { fsp: 0 }),
            ("timestamp(3)", T::Timestamp { fsp: 3 }),
            ("time(6)", T::Time { fsp: 6 }),
            ("year(4)", T::Year),
            ("binary(4)", T::Binary { len: 4 }),
            ("varbinary(20)", T::VarBinary { len: 20 }),
            ("blob /*M!100301 COMPRESSED*/", T::Blob { len: 65_535 }),
            ("geomcollection", T::Geometry),
            ("vector(2048)", T::Vector { dimension: 2048 }),
            ("inet6", T::Inet6),
        ] {
            assert_eq!(ty(text), Some(expected), "{text}");
        }
        let characters = Text { max_bytes: 40, max_chars: 10, charset: "utf8mb4".into() };
        assert_eq!(ty("varchar(10) /*M!100301 COMPRESSED*/"), Some(T::VarChar(characters.clone())));
        assert_eq!(ty("longtext"), Some(T::Text(characters)));
        assert_eq!(column_type_of("longtext", true), Some(T::Json(JsonStorage::Text)));
        for unknown in ["xmltype", "", "enum('a'", "set(a)"] {
            assert_eq!(ty(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn fraction_digits_of_temporal_types() {
        for (text, digits) in [("datetime(3)", 3), ("TIME(6)", 6), ("timestamp", 0), ("int(8)", 0)] {
            assert_eq!(fraction_digits(text), digits, "{text}");
        }
    }

    #[test]
    fn members_keep_their_quotes_and_commas() {
        let Some(ColumnType::Enum { members }) = ty(r"enum('a','b,c','it''s','back\\slash','é','','x)')")
        else {
            panic!("no enum");
        };
        assert_eq!(members.as_ref(), ["a", "b,c", "it's", r"back\slash", "é", "", "x)"]);
    }

    #[test]
    fn defaults() {
        use Flavor::{MariaDb, MySql};
        let text = ty("text").unwrap();
        let moment = ty("datetime").unwrap();
        let bytes = ty("binary(3)").unwrap();
        for (flavor, ty, shown, extra, expected) in [
            (MySql, &text, "it's\\", "", Some("it's\\")),
            (MySql, &text, "concat('a')", "DEFAULT_GENERATED", None),
            (MySql, &moment, "CURRENT_TIMESTAMP", "", None),
            (MySql, &text, "CURRENT_TIMESTAMP", "", Some("CURRENT_TIMESTAMP")),
            (MySql, &bytes, "0x0102", "", None),
            (MariaDb, &text, r"'it''s\\'", "", Some("it's\\")),
            (MariaDb, &text, "NULL", "", None),
            (MariaDb, &text, "'NULL'", "", Some("NULL")),
            (MariaDb, &text, "concat('a','b')", "", None),
            (MariaDb, &text, "'a' + 'b'", "", None),
            (MariaDb, &text, "-1.5", "", Some("-1.5")),
            (MariaDb, &text, "b'101'", "", Some("b'101'")),
            (MariaDb, &moment, "current_timestamp()", "", None),
            (MariaDb, &moment, "'0000-00-00 00:00:00'", "", Some("0000-00-00 00:00:00")),
        ] {
            assert_eq!(literal_default(flavor, ty, Some(shown), extra).as_deref(), expected, "{shown}");
        }
    }

    /// `docs/type-mapping.md` names every type with the target that it gets.
    #[test]
    fn the_documented_mapping_is_the_code() {
        let page = include_str!("../../../../docs/type-mapping.md");
        let sample = |text: &str| text.replace("(p, s)", "(10, 2)").replace("(n)", "(6)");
        let mut seen = std::collections::HashSet::new();
        let table = page
            .lines()
            .skip_while(|line| !line.starts_with("| TINYINT"))
            .take_while(|line| !line.is_empty());
        for line in table {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            let names = cells[1].replace("(p, s)", "(10;2)");
            for name in names.split(", ") {
                let source = ty(&sample(&name.replace("(10;2)", "(10,2)")).to_ascii_lowercase());
                let source = source.unwrap_or_else(|| panic!("{name} is no type"));
                let target = crate::sinker::databend::types::target_type(&source).to_string();
                assert_eq!(target, sample(cells[2]), "{name}");
                seen.insert(std::mem::discriminant(&source));
            }
        }
        assert_eq!(seen.len(), 24, "every type of the code stands on the page");
    }
}
