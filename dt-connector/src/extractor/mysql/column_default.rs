//! What a column holds whose name an insert leaves out, from its literal default. No I/O.
//!
//! Servers with `binlog_row_image = MINIMAL` log only the columns that an insert names; what is computed (expressions, the present time,
//! AUTO_INCREMENT, generated columns) they log all the same.

use dt_common::schema::{Column, ColumnType, Generated};
use dt_common::value::{ColValue, Date, DateTime};

/// The value of a column that an insert leaves out; `has_default` says that it has a default, literal or not. `None` when the value is not
/// known.
pub(super) fn left_out(column: &Column, has_default: bool) -> Option<ColValue> {
    match &column.default {
        _ if column.generated != Generated::No => None,
        Some(default) => value(&column.ty, default),
        None => (column.nullable && !has_default).then_some(ColValue::Null),
    }
}

/// A literal default as a value of its type.
fn value(ty: &ColumnType, text: &str) -> Option<ColValue> {
    Some(match ty {
        ColumnType::Int { unsigned: false, .. } => ColValue::Int(text.parse().ok()?),
        ColumnType::Int { unsigned: true, .. } => ColValue::UInt(text.parse().ok()?),
        ColumnType::Decimal { scale, .. } => ColValue::Decimal(decimal(text, usize::from(*scale))?.into()),
        ColumnType::Float => ColValue::Float(text.parse().ok()?),
        ColumnType::Double => ColValue::Double(text.parse().ok()?),
        ColumnType::Bit { .. } => ColValue::Bit(bits(text)?),
        ColumnType::Date => ColValue::Date(date(text)?),
        ColumnType::DateTime { .. } => ColValue::DateTime(moment(text)?),
        ColumnType::Timestamp { .. } => match moment(text)? {
            DateTime::ZERO => ColValue::DateTime(DateTime::ZERO),
            moment => ColValue::Timestamp(moment.micros_since_epoch()?),
        },
        ColumnType::Time { .. } => ColValue::Time(duration(text)?),
        ColumnType::Year => ColValue::Year(text.parse().ok()?),
        ColumnType::Char(_)
        | ColumnType::VarChar(_)
        | ColumnType::Text(_)
        | ColumnType::Enum { .. }
        | ColumnType::Set { .. }
        | ColumnType::Uuid
        | ColumnType::Inet4
        | ColumnType::Inet6 => ColValue::text(text),
        ColumnType::Json(_) => ColValue::Json(text.into()),
        ColumnType::Binary { .. }
        | ColumnType::VarBinary { .. }
        | ColumnType::Blob { .. }
        | ColumnType::Geometry
        | ColumnType::Vector { .. } => return None,
    })
}

/// With all digits of the scale, as a row image has them.
fn decimal(text: &str, scale: usize) -> Option<String> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let missing = scale.checked_sub(fraction.len())?;
    let point = if scale > 0 { "." } else { "" };
    let digits = whole.strip_prefix('-').unwrap_or(whole);
    let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    (is_number(digits) && !digits.is_empty() && is_number(fraction))
        .then(|| format!("{whole}{point}{fraction}{}", "0".repeat(missing)))
}

/// `b'101'`, or a number.
fn bits(text: &str) -> Option<u64> {
    match text.strip_prefix("b'").and_then(|text| text.strip_suffix('\'')) {
        Some(digits) => u64::from_str_radix(digits, 2).ok(),
        None => text.parse().ok(),
    }
}

/// `YYYY-MM-DD`.
fn date(text: &str) -> Option<Date> {
    let mut parts = text.splitn(3, '-');
    let date = Date {
        year: parts.next()?.parse().ok()?,
        month: parts.next()?.parse().ok()?,
        day: parts.next()?.parse().ok()?,
    };
    Some(date)
}

/// `YYYY-MM-DD hh:mm:ss[.ffffff]`.
fn moment(text: &str) -> Option<DateTime> {
    let (day, clock) = text.split_once(' ')?;
    let micros = duration(clock)?;
    let (seconds, micros) = (micros / 1_000_000, (micros % 1_000_000) as u32);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    Some(DateTime {
        date: date(day)?,
        hour: hour.try_into().ok()?,
        minute: minute as u8,
        second: second as u8,
        micros,
    })
}

/// `[-]hhh:mm:ss[.ffffff]` in microseconds.
fn duration(text: &str) -> Option<i64> {
    let (sign, text) = match text.strip_prefix('-') {
        Some(text) => (-1, text),
        None => (1, text),
    };
    let (clock, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let mut parts = clock.splitn(3, ':').map(|part| part.parse::<i64>().ok());
    let seconds = (parts.next()?? * 60 + parts.next()??) * 60 + parts.next()??;
    let micros: i64 = format!("{fraction:0<6}").get(..6)?.parse().ok()?;
    Some(sign * (seconds * 1_000_000 + micros))
}

#[cfg(test)]
mod tests {
    use dt_common::schema::IntWidth;

    use super::*;

    fn column(ty: ColumnType, nullable: bool, default: Option<&str>) -> Column {
        Column {
            name: "c".into(),
            ty,
            nullable,
            default: default.map(str::to_owned),
            generated: Generated::No,
            invisible: false,
            comment: String::new(),
        }
    }

    #[test]
    fn literals_are_values() {
        use ColumnType as T;
        let int = |unsigned| T::Int { width: IntWidth::Eight, unsigned };
        let date = Date { year: 2024, month: 2, day: 30 };
        let moment = DateTime { date, hour: 1, minute: 2, second: 3, micros: 40_000 };
        for (ty, text, expected) in [
            (int(false), "-5", ColValue::Int(-5)),
            (int(true), "18446744073709551615", ColValue::UInt(u64::MAX)),
            (T::Decimal { precision: 5, scale: 2 }, "-1.5", ColValue::Decimal("-1.50".into())),
            (T::Decimal { precision: 5, scale: 0 }, "7", ColValue::Decimal("7".into())),
            (T::Float, "0.1", ColValue::Float(0.1)),
            (T::Bit { bits: 3 }, "b'101'", ColValue::Bit(5)),
            (T::Date, "2024-02-30", ColValue::Date(date)),
            (T::DateTime { fsp: 2 }, "2024-02-30 01:02:03.04", ColValue::DateTime(moment)),
            (T::Timestamp { fsp: 0 }, "1970-01-01 00:00:01", ColValue::Timestamp(1_000_000)),
            (T::Timestamp { fsp: 0 }, "0000-00-00 00:00:00", ColValue::DateTime(DateTime::ZERO)),
            (T::Time { fsp: 0 }, "-838:59:59", ColValue::Time(-3_020_399_000_000)),
            (T::Year, "2024", ColValue::Year(2024)),
            (T::Uuid, "x", ColValue::text("x")),
        ] {
            assert_eq!(left_out(&column(ty, false, Some(text)), true), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_not_known_is_not_guessed() {
        let bytes = || ColumnType::Binary { len: 1 };
        assert_eq!(left_out(&column(bytes(), true, None), false), Some(ColValue::Null));
        assert_eq!(left_out(&column(bytes(), true, None), true), None);
        assert_eq!(left_out(&column(bytes(), false, None), false), None);
        assert_eq!(left_out(&column(ColumnType::Date, true, Some("soon")), true), None);
        let mut computed = column(ColumnType::Date, true, None);
        computed.generated = Generated::Stored;
        assert_eq!(left_out(&computed, false), None);
    }
}
