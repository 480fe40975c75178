//! What the rows that were there show in a new column, and which default the column has.

use dt_common::schema::{ColumnType, Generated, JsonStorage};
use dt_common::value::{ColValue, Date, DateTime};

use super::column::{ColumnDef, DefaultDef};
use super::{Moment, Understood, not_understood};
use crate::extractor::mysql::column_default::left_out;
use crate::extractor::mysql::definition::{Content, DefinedColumn};
use crate::extractor::mysql::server::Flavor;

/// The value that every row which was there shows in the new column.
pub(super) fn fill(
    def: &ColumnDef,
    ty: &ColumnType,
    nullable: bool,
    flavor: Flavor,
    moment: Moment,
) -> Understood<ColValue> {
    let unknown = |what: &str| {
        not_understood(format!(
            "column `{}` {what}: its values in the rows that are there are known to the source only",
            def.name
        ))
    };
    if def.generated != Generated::No {
        return unknown("is generated");
    }
    let value = match &def.default {
        DefaultDef::Number => return unknown("counts by itself"),
        DefaultDef::Expression => return unknown("has an expression as its default"),
        DefaultDef::Unsaid if !nullable => implicit(ty, flavor),
        DefaultDef::Unsaid | DefaultDef::Null => Some(ColValue::Null),
        DefaultDef::Now => now(ty, moment),
        DefaultDef::Literal(_) | DefaultDef::Digits(_) | DefaultDef::Bits(_) | DefaultDef::Bytes(_) => {
            given(&def.default, ty)
        }
    };
    match value {
        Some(value) => Ok(value),
        None => unknown("has a default that depends on the session"),
    }
}

/// The value that a row of a tool's table shows in a column that the tool's statements do not name; `None` when each row may have its own.
pub(super) fn constant(column: &DefinedColumn, flavor: Flavor) -> Option<ColValue> {
    let Content::Followed(known) = &column.content else { return Some(ColValue::Null) };
    match (&known.default, &known.ty) {
        _ if known.generated != Generated::No => None,
        // The first one of a table may get the moment of the row.
        (None, ColumnType::Timestamp { .. }) if !known.nullable => None,
        (Some(_), ColumnType::Bit { .. }) => left_out(known, column.has_default),
        (Some(text), ty) => literal(ty, text),
        (None, _) if column.has_default => None,
        (None, _) if known.nullable => Some(ColValue::Null),
        (None, ty) => implicit(ty, flavor),
    }
}

/// What a default that is written out is in a column of this type.
fn given(default: &DefaultDef, ty: &ColumnType) -> Option<ColValue> {
    match (default, ty) {
        (DefaultDef::Digits(text), ColumnType::Bit { bits }) => bit(whole(text)?.parse().ok()?, *bits),
        (DefaultDef::Literal(text) | DefaultDef::Digits(text), _) => literal(ty, text),
        (DefaultDef::Bits(bits), _) => from_bits(ty, *bits),
        (DefaultDef::Bytes(bytes), _) => from_bytes(ty, bytes),
        (
            DefaultDef::Unsaid
            | DefaultDef::Null
            | DefaultDef::Now
            | DefaultDef::Number
            | DefaultDef::Expression,
            _,
        ) => None,
    }
}

/// The literal default as the source would show it; `None` for one that depends on the session, or would be shown otherwise.
pub(super) fn shown(default: &DefaultDef, ty: &ColumnType) -> Option<String> {
    let bytes =
        matches!(ty, ColumnType::Binary { .. } | ColumnType::VarBinary { .. } | ColumnType::Blob { .. });
    match (default, given(default, ty)) {
        (_, Some(ColValue::Bit(bits))) => Some(format!("b'{bits:b}'")),
        (DefaultDef::Literal(text) | DefaultDef::Digits(text), Some(_)) if !bytes => Some(text.clone()),
        (DefaultDef::Bits(bits), _) => Some(format!("b'{bits:b}'")),
        _ => None,
    }
}

/// The statement's moment, where the log tells all of its digits and the zone does not matter.
fn now(ty: &ColumnType, moment: Moment) -> Option<ColValue> {
    match ty {
        ColumnType::Timestamp { fsp: 0 } => Some(ColValue::Timestamp(i64::from(moment.seconds) * 1_000_000)),
        _ => None,
    }
}

/// What a server puts into a NOT NULL column without a default.
fn implicit(ty: &ColumnType, flavor: Flavor) -> Option<ColValue> {
    Some(match ty {
        ColumnType::Int { unsigned: true, .. } => ColValue::UInt(0),
        ColumnType::Int { unsigned: false, .. } => ColValue::Int(0),
        ColumnType::Decimal { .. } => return literal(ty, "0"),
        ColumnType::Float => ColValue::Float(0.0),
        ColumnType::Double => ColValue::Double(0.0),
        ColumnType::Bit { .. } => ColValue::Bit(0),
        ColumnType::Date => ColValue::Date(DateTime::ZERO.date),
        ColumnType::DateTime { .. } | ColumnType::Timestamp { .. } => ColValue::DateTime(DateTime::ZERO),
        ColumnType::Time { .. } => ColValue::Time(0),
        ColumnType::Year => ColValue::Year(0),
        ColumnType::Char(_) | ColumnType::VarChar(_) | ColumnType::Text(_) | ColumnType::Set { .. } => {
            ColValue::text("")
        }
        ColumnType::Enum { members } => ColValue::text(members.first()?.as_str()),
        ColumnType::Binary { len } => ColValue::Bytes(vec![0; *len as usize].into()),
        ColumnType::VarBinary { .. } | ColumnType::Blob { .. } => ColValue::Bytes([].into()),
        ColumnType::Json(JsonStorage::Binary) if flavor == Flavor::MySql => ColValue::Json("null".into()),
        ColumnType::Json(_)
        | ColumnType::Geometry
        | ColumnType::Vector { .. }
        | ColumnType::Uuid
        | ColumnType::Inet4
        | ColumnType::Inet6 => return None,
    })
}

/// A literal as a value of the type, where no rounding and no zone stands between.
fn literal(ty: &ColumnType, text: &str) -> Option<ColValue> {
    Some(match ty {
        ColumnType::Int { unsigned: true, .. } => ColValue::UInt(whole(text)?.parse().ok()?),
        ColumnType::Int { unsigned: false, .. } => ColValue::Int(whole(text)?.parse().ok()?),
        ColumnType::Decimal { scale, .. } => ColValue::Decimal(decimal(text, usize::from(*scale))?.into()),
        ColumnType::Float => ColValue::Float(text.trim().parse().ok()?),
        ColumnType::Double => ColValue::Double(text.trim().parse().ok()?),
        // In quotes a digit is its byte.
        ColumnType::Bit { .. } => return from_bytes(ty, text.as_bytes()),
        ColumnType::Date => ColValue::Date(date(text)?),
        ColumnType::DateTime { fsp } => ColValue::DateTime(date_time(text, *fsp)?),
        ColumnType::Timestamp { .. } => match date_time(text, 6)? {
            DateTime::ZERO => ColValue::DateTime(DateTime::ZERO),
            _ => return None,
        },
        ColumnType::Time { fsp } => ColValue::Time(time(text, *fsp)?),
        ColumnType::Year => ColValue::Year(text.parse().ok().filter(|year| *year == 0 || *year > 1900)?),
        ColumnType::Char(_) => ColValue::text(text.trim_end_matches(' ')),
        ColumnType::VarChar(_) | ColumnType::Text(_) => ColValue::text(text),
        ColumnType::Enum { members } => ColValue::text(members.iter().find(|m| m.as_str() == text)?.as_str()),
        ColumnType::Set { members } => {
            let chosen: Vec<&str> = text.split(',').filter(|part| !part.is_empty()).collect();
            let known: Vec<&str> =
                members.iter().map(String::as_str).filter(|member| chosen.contains(member)).collect();
            (known.len() == chosen.len()).then(|| ColValue::text(known.join(",")))?
        }
        ColumnType::Binary { .. } | ColumnType::VarBinary { .. } | ColumnType::Blob { .. } => {
            return from_bytes(ty, text.as_bytes());
        }
        ColumnType::Json(_)
        | ColumnType::Geometry
        | ColumnType::Vector { .. }
        | ColumnType::Uuid
        | ColumnType::Inet4
        | ColumnType::Inet6 => return None,
    })
}

/// A value that has no more bits than its column.
fn bit(value: u64, bits: u8) -> Option<ColValue> {
    let fits = bits >= 64 || value >> bits == 0;
    fits.then_some(ColValue::Bit(value))
}

fn from_bits(ty: &ColumnType, value: u64) -> Option<ColValue> {
    match ty {
        ColumnType::Bit { bits } => bit(value, *bits),
        ColumnType::Int { .. } => literal(ty, &value.to_string()),
        _ => None,
    }
}

fn from_bytes(ty: &ColumnType, bytes: &[u8]) -> Option<ColValue> {
    match ty {
        ColumnType::Bit { bits } => {
            let mut value = [0; 8];
            let start = value.len().checked_sub(bytes.len())?;
            value[start..].copy_from_slice(bytes);
            bit(u64::from_be_bytes(value), *bits)
        }
        ColumnType::Binary { len } => {
            let mut padded = bytes.to_vec();
            padded.resize(*len as usize, 0);
            (bytes.len() <= *len as usize).then(|| ColValue::Bytes(padded.into()))
        }
        ColumnType::VarBinary { .. } | ColumnType::Blob { .. } => Some(ColValue::Bytes(bytes.into())),
        ColumnType::VarChar(_) | ColumnType::Text(_) => std::str::from_utf8(bytes).ok().map(ColValue::text),
        _ => None,
    }
}

/// A number without a fraction: `5`, `-5`, `5.00`.
fn whole(text: &str) -> Option<&str> {
    let text = text.trim();
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    fraction.bytes().all(|b| b == b'0').then_some(whole)
}

/// A number with exactly so many digits behind the point.
fn decimal(text: &str, scale: usize) -> Option<String> {
    let text = text.trim();
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |digits| ("-", digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let is_number = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if !is_number(whole) || !is_number(fraction) || (whole.is_empty() && fraction.is_empty()) {
        return None;
    }
    let kept = fraction.trim_end_matches('0');
    if kept.len() > scale {
        return None;
    }
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let sign = if whole == "0" && kept.is_empty() { "" } else { sign };
    let point = if scale == 0 { "" } else { "." };
    Some(format!("{sign}{whole}{point}{kept:0<scale$}"))
}

fn date(text: &str) -> Option<Date> {
    let mut parts = text.trim().split('-');
    let mut next = |len: usize| parts.next().filter(|part| part.len() == len)?.parse::<u16>().ok();
    let (year, month, day) = (next(4)?, next(2)?, next(2)?);
    Some(Date { year, month: month.try_into().ok()?, day: day.try_into().ok()? })
}

fn date_time(text: &str, fsp: u8) -> Option<DateTime> {
    let (day, clock) = text.trim().split_once([' ', 'T']).unwrap_or((text, "00:00:00"));
    let micros = time(clock, fsp)?;
    let seconds = micros / 1_000_000;
    Some(DateTime {
        date: date(day)?,
        hour: u8::try_from(seconds / 3600).ok().filter(|hour| *hour < 24)?,
        minute: (seconds / 60 % 60) as u8,
        second: (seconds % 60) as u8,
        micros: (micros % 1_000_000) as u32,
    })
}

/// `[-]h:mm:ss[.ffffff]` in microseconds, where no digit is rounded away.
fn time(text: &str, fsp: u8) -> Option<i64> {
    let text = text.trim();
    let (sign, clock) = text.strip_prefix('-').map_or((1, text), |clock| (-1, clock));
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    let parts: Vec<i64> = clock.split(':').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let [hours, minutes, seconds] = parts[..] else { return None };
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > usize::from(fsp) || minutes > 59 || seconds > 59 {
        return None;
    }
    let micros = if fraction.is_empty() { 0 } else { format!("{fraction:0<6}").parse().ok()? };
    Some(sign * (((hours * 60 + minutes) * 60 + seconds) * 1_000_000 + micros))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extractor::mysql::ddl::Words;

    fn filled(text: &str, flavor: Flavor) -> Understood<ColValue> {
        let def = ColumnDef::read(&mut Words::new(text, "d", Default::default())).unwrap();
        let ty = def.ty.resolve("utf8mb4", flavor).unwrap();
        fill(&def, &ty, def.nullable.unwrap_or(true), flavor, Moment { seconds: 7, garbled: false })
    }

    #[test]
    fn what_old_rows_show() {
        let text = |text: &str| ColValue::text(text);
        for (column, expected) in [
            ("a INT", ColValue::Null),
            ("a INT NOT NULL", ColValue::Int(0)),
            ("a INT DEFAULT '5'", ColValue::Int(5)),
            ("a INT UNSIGNED DEFAULT 5.0", ColValue::UInt(5)),
            ("a DECIMAL(10,3) NOT NULL", ColValue::Decimal("0.000".into())),
            ("a DECIMAL(10,3) DEFAULT -01.5", ColValue::Decimal("-1.500".into())),
            ("a DECIMAL(10,0) DEFAULT 7", ColValue::Decimal("7".into())),
            ("a DOUBLE DEFAULT 1e-7", ColValue::Double(1e-7)),
            ("a BIT(8) DEFAULT b'101'", ColValue::Bit(5)),
            ("a BIT(1) DEFAULT 1", ColValue::Bit(1)),
            ("a BIT(8) DEFAULT 5", ColValue::Bit(5)),
            ("a BIT(8) DEFAULT '5'", ColValue::Bit(53)),
            ("a BIT(16) DEFAULT 0x0105", ColValue::Bit(261)),
            ("a BIT(64) DEFAULT 18446744073709551615", ColValue::Bit(u64::MAX)),
            ("a CHAR(9) DEFAULT 'x  '", text("x")),
            ("a VARCHAR(9) DEFAULT 'x  '", text("x  ")),
            ("a ENUM('p','q') NOT NULL", text("p")),
            ("a SET('p','q') DEFAULT 'q,p'", text("p,q")),
            ("a BINARY(3) DEFAULT 'x'", ColValue::Bytes([b'x', 0, 0].into())),
            ("a VARBINARY(3) DEFAULT 0x00ff", ColValue::Bytes([0, 255].into())),
            ("a TIME(3) DEFAULT '-26:00:00.5'", ColValue::Time(-93_600_500_000)),
            ("a YEAR DEFAULT 2024", ColValue::Year(2024)),
            ("a DATE DEFAULT '2024-02-29'", ColValue::Date(Date { year: 2024, month: 2, day: 29 })),
            ("a DATETIME NOT NULL", ColValue::DateTime(DateTime::ZERO)),
            ("a TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP", ColValue::Timestamp(7_000_000)),
            ("a JSON NOT NULL", ColValue::Json("null".into())),
        ] {
            assert_eq!(filled(column, Flavor::MySql), Ok(expected), "{column}");
        }
    }

    #[test]
    fn what_only_the_source_knows() {
        for column in [
            "a INT AUTO_INCREMENT",
            "a INT AS (b + 1)",
            "a VARCHAR(36) DEFAULT (uuid())",
            "a DATETIME DEFAULT CURRENT_TIMESTAMP",
            "a TIMESTAMP(3) DEFAULT CURRENT_TIMESTAMP(3)",
            "a TIMESTAMP DEFAULT '2024-01-01 00:00:00'",
            "a INT DEFAULT 1.5",
            "a BIT(3) DEFAULT 9",
            "a BIT(3) DEFAULT '1'",
            "a DECIMAL(5,1) DEFAULT 1.25",
            "a ENUM('p') DEFAULT 'P'",
        ] {
            assert!(filled(column, Flavor::MariaDb).is_err(), "{column}");
        }
        assert!(filled("a JSON NOT NULL", Flavor::MariaDb).is_err());
    }
}
