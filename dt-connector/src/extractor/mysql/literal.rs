//! SQL text: quoted names and strings, and the literals of keys that snapshot pages begin behind.
//!
//! A bound must mean to the source exactly what its column holds, under the column's own collation. So text travels as bytes
//! in the column's charset (`_latin1 X'E9'`), which weaker than the column takes over its collation; ENUM and SET as the
//! number that they order by; FLOAT as the double that it is. Where the value as it arrives here does not say enough, the
//! page selects a second expression beside the column.

use std::fmt::Write;

use dt_common::error::{Error, Result};
use dt_common::schema::{Column, ColumnType};
use dt_common::value::{ColValue, Date, DateTime};
use mysql_async::Value;

/// A quoted identifier.
pub(crate) fn identifier(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// A string literal; right for every `sql_mode` of [`super::connection`].
pub(crate) fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('\'');
    for c in text.chars() {
        match c {
            '\'' => quoted.push_str("''"),
            '\\' => quoted.push_str("\\\\"),
            c => quoted.push(c),
        }
    }
    quoted.push('\'');
    quoted
}

/// What a page selects beside a key column, in order to write its bound; `None` when the value itself says enough.
pub(crate) fn bound_expression(column: &Column) -> Option<String> {
    let name = identifier(&column.name);
    match &column.ty {
        ColumnType::Char(text) | ColumnType::VarChar(text) | ColumnType::Text(text) => {
            (text.charset != "utf8mb4").then(|| format!("HEX({name})"))
        }
        // A member may be the empty string and so may the error value; the number tells them apart.
        ColumnType::Enum { .. } | ColumnType::Set { .. } => Some(format!("CAST({name} AS UNSIGNED)")),
        ColumnType::Int { .. }
        | ColumnType::Decimal { .. }
        | ColumnType::Float
        | ColumnType::Double
        | ColumnType::Bit { .. }
        | ColumnType::Date
        | ColumnType::DateTime { .. }
        | ColumnType::Timestamp { .. }
        | ColumnType::Time { .. }
        | ColumnType::Year
        | ColumnType::Binary { .. }
        | ColumnType::VarBinary { .. }
        | ColumnType::Blob { .. }
        | ColumnType::Json(_)
        | ColumnType::Geometry
        | ColumnType::Vector { .. }
        | ColumnType::Uuid
        | ColumnType::Inet4
        | ColumnType::Inet6 => None,
    }
}

/// The literal of a key column's value; `selected` is what [`bound_expression`] gave, if anything.
///
/// # Errors
/// A value that cannot be part of a key.
pub(crate) fn key_literal(column: &Column, value: &ColValue, selected: Option<&Value>) -> Result<String> {
    if let Some(selected) = selected {
        return selected_literal(column, selected);
    }
    Ok(match value {
        ColValue::Int(v) => v.to_string(),
        ColValue::UInt(v) | ColValue::Bit(v) => v.to_string(),
        ColValue::Year(v) => v.to_string(),
        ColValue::Float(v) => format!("{:e}", f64::from(*v)),
        ColValue::Double(v) => format!("{v:e}"),
        ColValue::Decimal(v) => v.to_string(),
        ColValue::Date(v) => format!("'{}'", date(*v)),
        ColValue::DateTime(v) => format!("'{}'", date_time(*v)),
        ColValue::Timestamp(v) => format!("'{}'", timestamp(*v).ok_or_else(|| no_bound(column))?),
        ColValue::Time(v) => format!("'{}'", time(*v)),
        ColValue::Text(v) if is_network(&column.ty) => quote(v),
        ColValue::Text(v) => format!("_utf8mb4 {}", hex(v.as_bytes())),
        ColValue::InvalidText(v) => format!("_utf8mb4 {}", hex(&v.bytes)),
        ColValue::Bytes(v) => hex(v),
        ColValue::Absent
        | ColValue::Null
        | ColValue::Json(_)
        | ColValue::Geometry { .. }
        | ColValue::Vector(_) => return Err(no_bound(column)),
    })
}

/// MariaDB's types that compare with a plain string only.
fn is_network(ty: &ColumnType) -> bool {
    matches!(ty, ColumnType::Uuid | ColumnType::Inet4 | ColumnType::Inet6)
}

fn no_bound(column: &Column) -> Error {
    Error::data(format!("column `{}` holds a value that cannot be part of a key", column.name))
}

fn selected_literal(column: &Column, selected: &Value) -> Result<String> {
    match (&column.ty, selected) {
        (
            ColumnType::Char(text) | ColumnType::VarChar(text) | ColumnType::Text(text),
            Value::Bytes(digits),
        ) if digits.iter().all(u8::is_ascii_hexdigit) => {
            Ok(format!("_{} X'{}'", text.charset, String::from_utf8_lossy(digits)))
        }
        (_, Value::Int(v)) => Ok(v.to_string()),
        (_, Value::UInt(v)) => Ok(v.to_string()),
        _ => Err(no_bound(column)),
    }
}

/// A literal of bytes.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2 + 3);
    text.push_str("X'");
    for byte in bytes {
        let _ = write!(text, "{byte:02X}");
    }
    text.push('\'');
    text
}

fn date(v: Date) -> String {
    format!("{:04}-{:02}-{:02}", v.year, v.month, v.day)
}

fn date_time(v: DateTime) -> String {
    format!("{} {:02}:{:02}:{:02}.{:06}", date(v.date), v.hour, v.minute, v.second, v.micros)
}

/// An instant in UTC, which is the session's time zone.
fn timestamp(micros: i64) -> Option<String> {
    let moment = chrono::DateTime::from_timestamp_micros(micros)?;
    Some(moment.format("%Y-%m-%d %H:%M:%S%.6f").to_string())
}

/// A TIME of so many microseconds.
pub(crate) fn time(micros: i64) -> String {
    let sign = if micros < 0 { "-" } else { "" };
    let (seconds, fraction) = (micros.unsigned_abs() / 1_000_000, micros.unsigned_abs() % 1_000_000);
    format!("{sign}{:02}:{:02}:{:02}.{fraction:06}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use dt_common::schema::{Generated, Text};

    use super::*;

    fn column(ty: ColumnType) -> Column {
        Column {
            name: "c".into(),
            ty,
            nullable: false,
            default: None,
            generated: Generated::No,
            invisible: false,
            comment: String::new(),
        }
    }

    fn text(charset: &str) -> ColumnType {
        ColumnType::VarChar(Text { max_bytes: 10, max_chars: 10, charset: charset.into() })
    }

    #[test]
    fn literals() {
        let day = Date { year: 2024, month: 0, day: 10 };
        let moment = DateTime { date: day, hour: 1, minute: 2, second: 3, micros: 4 };
        for (ty, value, expected) in [
            (ColumnType::Date, ColValue::Int(-5), "-5"),
            (ColumnType::Date, ColValue::UInt(u64::MAX), "18446744073709551615"),
            (ColumnType::Float, ColValue::Float(0.1), "1.0000000149011612e-1"),
            (ColumnType::Double, ColValue::Double(-2.5), "-2.5e0"),
            (ColumnType::Date, ColValue::Decimal("-1.50".into()), "-1.50"),
            (ColumnType::Date, ColValue::Date(day), "'2024-00-10'"),
            (ColumnType::Date, ColValue::DateTime(moment), "'2024-00-10 01:02:03.000004'"),
            (ColumnType::Date, ColValue::Timestamp(1_500_000), "'1970-01-01 00:00:01.500000'"),
            (ColumnType::Date, ColValue::Time(-3_020_399_999_999), "'-838:59:59.999999'"),
            (text("utf8mb4"), ColValue::text("é'"), "_utf8mb4 X'C3A927'"),
            (ColumnType::Uuid, ColValue::text("it's\\"), "'it''s\\\\'"),
            (ColumnType::Date, ColValue::Bytes([0, 255].into()), "X'00FF'"),
            (ColumnType::Date, ColValue::Bytes([].into()), "X''"),
        ] {
            assert_eq!(key_literal(&column(ty), &value, None).unwrap(), expected);
        }
        assert!(key_literal(&column(ColumnType::Date), &ColValue::Null, None).is_err());
    }

    #[test]
    fn bounds_that_the_source_writes() {
        let latin = column(text("latin1"));
        assert_eq!(bound_expression(&latin).as_deref(), Some("HEX(`c`)"));
        let selected = Value::Bytes(b"E9".to_vec());
        assert_eq!(key_literal(&latin, &ColValue::text("é"), Some(&selected)).unwrap(), "_latin1 X'E9'");
        let set = column(ColumnType::Set { members: ["a".to_owned()].into() });
        assert_eq!(bound_expression(&set).as_deref(), Some("CAST(`c` AS UNSIGNED)"));
        assert_eq!(key_literal(&set, &ColValue::text("a"), Some(&Value::UInt(3))).unwrap(), "3");
        assert_eq!(bound_expression(&column(text("utf8mb4"))), None);
    }

    #[test]
    fn names_and_strings_are_quoted() {
        assert_eq!(identifier("a`b"), "`a``b`");
        assert_eq!(quote("it's \\"), "'it''s \\\\'");
    }
}
