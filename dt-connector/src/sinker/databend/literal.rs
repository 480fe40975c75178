//! Values as Databend reads them, exactly or not at all.
//!
//! Each form was read back from the engine. What decides between the forms of a type:
//! - FLOAT and DOUBLE are strings. A bare `1.5e-7` is exact in the fast parser of `INSERT .. VALUES`, but one cell that this
//!   parser does not know (a BINARY, an INTERVAL) sends the row through the SQL parser, which reads it as a decimal and rounds.
//!   FLOAT is printed as the DOUBLE that equals it, so that no second rounding can happen.
//! - DECIMAL is bare: its scale is the column's, nothing is rounded.
//! - TIMESTAMP is text in UTC. Above 9999-12-30 22:00:00 Databend reads a value back as that instant, whatever was stored: refused.
//! - INTERVAL is `h:mm:ss.ffffff`; the form with units loses the sign of its fraction.
//! - JSON is a plain string. A number that Databend would round, or turn to null (`1e400`), is refused.
//! - GEOMETRY is the hex of EWKB, which carries the SRID.

use std::fmt::Write;

use dt_common::error::Result;
use dt_common::value::{ColValue, Date, DateTime};

use super::json::check_json;
use super::quote::push_string;
use super::types::TargetType;
use super::unfit::Unfit;

/// The last instant that Databend reads back as it was stored: 9999-12-30 22:00:00 UTC, in microseconds.
const LAST_TIMESTAMP: i64 = 253_402_207_200_000_000;
/// The first: 0001-01-01 00:00:00 UTC.
const FIRST_TIMESTAMP: i64 = -62_135_596_800_000_000;
const MICROS_PER_SECOND: u64 = 1_000_000;
/// The flag in a WKB type that announces an SRID (EWKB).
const EWKB_SRID: u32 = 0x2000_0000;

/// Appends a value as it stands in a `VALUES` list.
///
/// # Errors
/// Why the target cannot hold the value.
pub fn push_value(out: &mut String, value: &ColValue, ty: TargetType) -> Result<(), Unfit> {
    if !matches!(value, ColValue::Null) && !fits(value, ty) {
        return Err(Unfit::Mismatch);
    }
    match value {
        ColValue::Absent => return Err(Unfit::Absent),
        ColValue::Null => out.push_str("NULL"),
        ColValue::Int(v) => push(out, format_args!("{v}")),
        ColValue::UInt(v) | ColValue::Bit(v) => push(out, format_args!("{v}")),
        ColValue::Year(v) => push(out, format_args!("{v}")),
        ColValue::Float(v) => push_float(out, f64::from(*v))?,
        ColValue::Double(v) => push_float(out, *v)?,
        ColValue::Decimal(v) => push_decimal(out, v)?,
        ColValue::Date(v) => push_date(out, *v)?,
        ColValue::DateTime(v) => push_datetime(out, v)?,
        ColValue::Timestamp(v) => push_timestamp(out, *v)?,
        ColValue::Time(v) => push_interval(out, *v),
        ColValue::Text(v) => push_string(out, v),
        ColValue::InvalidText(_) => return Err(Unfit::InvalidText),
        ColValue::Bytes(v) => {
            out.push_str("x'");
            push_hex(out, v);
            out.push('\'');
        }
        ColValue::Json(v) => {
            check_json(v)?;
            push_string(out, v);
        }
        ColValue::Geometry { srid, wkb } => push_geometry(out, *srid, wkb)?,
        ColValue::Vector(v) => push_vector(out, v)?,
    }
    Ok(())
}

/// Whether the kind of value belongs into the kind of column.
fn fits(value: &ColValue, ty: TargetType) -> bool {
    match value {
        // Whether these may stand at all is decided where they are written.
        ColValue::Absent | ColValue::Null | ColValue::InvalidText(_) => true,
        ColValue::Int(_) | ColValue::UInt(_) | ColValue::Bit(_) | ColValue::Year(_) => {
            matches!(ty, TargetType::Int { .. })
        }
        ColValue::Float(_) | ColValue::Double(_) => matches!(ty, TargetType::Float | TargetType::Double),
        ColValue::Decimal(_) => matches!(ty, TargetType::Decimal { .. }),
        ColValue::Date(_) => ty == TargetType::Date,
        ColValue::DateTime(_) | ColValue::Timestamp(_) => ty == TargetType::Timestamp,
        ColValue::Time(_) => ty == TargetType::Interval,
        ColValue::Text(_) => ty == TargetType::Varchar,
        ColValue::Bytes(_) => ty == TargetType::Binary,
        ColValue::Json(_) => ty == TargetType::Variant,
        ColValue::Geometry { .. } => ty == TargetType::Geometry,
        ColValue::Vector(v) => ty == TargetType::Vector { dimension: v.len() as u32 },
    }
}

/// Formatting into a `String` cannot fail.
fn push(out: &mut String, text: std::fmt::Arguments<'_>) {
    let _ = out.write_fmt(text);
}

fn push_float(out: &mut String, value: f64) -> Result<(), Unfit> {
    if !value.is_finite() {
        return Err(Unfit::NotFinite);
    }
    push(out, format_args!("'{value:e}'"));
    Ok(())
}

/// Bare digits end up in the statement, so nothing but a number may pass.
fn push_decimal(out: &mut String, text: &str) -> Result<(), Unfit> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !number(whole) || !number(fraction) {
        return Err(Unfit::Mismatch);
    }
    out.push_str(text);
    Ok(())
}

fn push_date(out: &mut String, date: Date) -> Result<(), Unfit> {
    date.days_since_epoch().ok_or(Unfit::ZeroDate)?;
    push(out, format_args!("'{:04}-{:02}-{:02}'", date.year, date.month, date.day));
    Ok(())
}

fn push_datetime(out: &mut String, value: &DateTime) -> Result<(), Unfit> {
    let micros = value.micros_since_epoch().ok_or(Unfit::ZeroDate)?;
    if micros > LAST_TIMESTAMP {
        return Err(Unfit::LateTimestamp);
    }
    let DateTime { date, hour, minute, second, micros } = value;
    push(out, format_args!("'{:04}-{:02}-{:02} ", date.year, date.month, date.day));
    push_clock(out, [u64::from(*hour), u64::from(*minute), u64::from(*second)], u64::from(*micros));
    out.push('\'');
    Ok(())
}

fn push_timestamp(out: &mut String, micros: i64) -> Result<(), Unfit> {
    if !(FIRST_TIMESTAMP..=LAST_TIMESTAMP).contains(&micros) {
        return Err(Unfit::LateTimestamp);
    }
    let instant = chrono::DateTime::from_timestamp_micros(micros).ok_or(Unfit::LateTimestamp)?;
    push(out, format_args!("'{}'", instant.format("%Y-%m-%d %H:%M:%S%.6f")));
    Ok(())
}

fn push_interval(out: &mut String, micros: i64) {
    out.push_str(if micros < 0 { "'-" } else { "'" });
    let (seconds, fraction) =
        (micros.unsigned_abs() / MICROS_PER_SECOND, micros.unsigned_abs() % MICROS_PER_SECOND);
    push_clock(out, [seconds / 3600, seconds / 60 % 60, seconds % 60], fraction);
    out.push('\'');
}

fn push_clock(out: &mut String, [hours, minutes, seconds]: [u64; 3], micros: u64) {
    push(out, format_args!("{hours:02}:{minutes:02}:{seconds:02}"));
    if micros > 0 {
        push(out, format_args!(".{micros:06}"));
    }
}

fn push_hex(out: &mut String, bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    out.reserve(bytes.len() * 2);
    for byte in bytes {
        out.push(char::from(DIGITS[usize::from(byte >> 4)]));
        out.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
}

/// WKB begins with a byte order and a type of 4 bytes; EWKB sets a flag in the type and puts the SRID behind it.
fn push_geometry(out: &mut String, srid: u32, wkb: &[u8]) -> Result<(), Unfit> {
    let (Some(header), Some(body)) = (wkb.first_chunk::<5>(), wkb.get(5..)) else {
        return Err(Unfit::Geometry);
    };
    let [order, a, b, c, d] = *header;
    out.push('\'');
    if srid == 0 {
        push_hex(out, wkb);
    } else {
        let ty = [a, b, c, d];
        let (ty, srid) = match order {
            0 => ((u32::from_be_bytes(ty) | EWKB_SRID).to_be_bytes(), srid.to_be_bytes()),
            1 => ((u32::from_le_bytes(ty) | EWKB_SRID).to_le_bytes(), srid.to_le_bytes()),
            _ => return Err(Unfit::Geometry),
        };
        push_hex(out, &[order]);
        push_hex(out, &ty);
        push_hex(out, &srid);
        push_hex(out, body);
    }
    out.push('\'');
    Ok(())
}

fn push_vector(out: &mut String, values: &[f32]) -> Result<(), Unfit> {
    out.push_str("parse_json('[");
    for (i, value) in values.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        if !value.is_finite() {
            return Err(Unfit::NotFinite);
        }
        push(out, format_args!("{:e}", f64::from(*value)));
    }
    push(out, format_args!("]')::ARRAY(FLOAT)::VECTOR({})", values.len()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(value: ColValue, ty: &str) -> Result<String, Unfit> {
        let mut out = String::new();
        push_value(&mut out, &value, TargetType::parse(ty).unwrap()).map(|()| out)
    }

    fn datetime(year: u16, month: u8, day: u8, hour: u8, micros: u32) -> ColValue {
        let date = Date { year, month, day };
        ColValue::DateTime(DateTime { date, hour, minute: 0, second: 0, micros })
    }

    #[test]
    fn every_kind_has_a_form() {
        let wkb: Box<[u8]> = [&[1, 1, 0, 0, 0][..], &[0; 16]].concat().into();
        let zeros = "0".repeat(32);
        for (cell, ty, literal) in [
            (ColValue::Null, "INT", "NULL".to_owned()),
            (ColValue::Int(i64::MIN), "BIGINT", "-9223372036854775808".into()),
            (ColValue::UInt(u64::MAX), "BIGINT UNSIGNED", "18446744073709551615".into()),
            (ColValue::Bit(5), "BIGINT UNSIGNED", "5".into()),
            (ColValue::Year(0), "SMALLINT UNSIGNED", "0".into()),
            (ColValue::Float(0.1), "FLOAT", "'1.0000000149011612e-1'".into()),
            (ColValue::Double(-0.0), "DOUBLE", "'-0e0'".into()),
            (ColValue::Double(5e-324), "DOUBLE", "'5e-324'".into()),
            (ColValue::Decimal("-12.340".into()), "DECIMAL(5, 3)", "-12.340".into()),
            (ColValue::Date(Date { year: 9999, month: 12, day: 31 }), "DATE", "'9999-12-31'".into()),
            (datetime(1, 1, 1, 0, 0), "TIMESTAMP", "'0001-01-01 00:00:00'".into()),
            (datetime(9999, 12, 30, 22, 0), "TIMESTAMP", "'9999-12-30 22:00:00'".into()),
            (datetime(2024, 2, 29, 1, 5), "TIMESTAMP", "'2024-02-29 01:00:00.000005'".into()),
            (ColValue::Timestamp(-1), "TIMESTAMP", "'1969-12-31 23:59:59.999999'".into()),
            (ColValue::Time(-3_020_399_999_999), "INTERVAL", "'-838:59:59.999999'".into()),
            (ColValue::Time(-1), "INTERVAL", "'-00:00:00.000001'".into()),
            (ColValue::Time(90_000_000_000), "INTERVAL", "'25:00:00'".into()),
            (ColValue::text("it's"), "VARCHAR", "'it''s'".into()),
            (ColValue::Bytes([0, 255].into()), "BINARY", "x'00ff'".into()),
            (ColValue::Json(r#"{"a":"\n"}"#.into()), "VARIANT", r#"'{"a":"\\n"}'"#.into()),
            (ColValue::Geometry { srid: 0, wkb: wkb.clone() }, "GEOMETRY", format!("'0101000000{zeros}'")),
            (ColValue::Geometry { srid: 4326, wkb }, "GEOMETRY", format!("'0101000020e6100000{zeros}'")),
            (
                ColValue::Vector([1.0, -0.5].into()),
                "VECTOR(2)",
                "parse_json('[1e0,-5e-1]')::ARRAY(FLOAT)::VECTOR(2)".into(),
            ),
        ] {
            assert_eq!(value(cell, ty).unwrap(), literal);
        }
    }

    #[test]
    fn what_databend_cannot_hold_is_refused() {
        for (cell, ty, unfit) in [
            (ColValue::Absent, "INT", Unfit::Absent),
            (ColValue::InvalidText([255].into()), "VARCHAR", Unfit::InvalidText),
            (ColValue::Date(Date { year: 0, month: 0, day: 0 }), "DATE", Unfit::ZeroDate),
            (ColValue::Date(Date { year: 2024, month: 0, day: 10 }), "DATE", Unfit::ZeroDate),
            (ColValue::DateTime(DateTime::ZERO), "TIMESTAMP", Unfit::ZeroDate),
            (datetime(9999, 12, 30, 22, 1), "TIMESTAMP", Unfit::LateTimestamp),
            (ColValue::Timestamp(i64::MAX), "TIMESTAMP", Unfit::LateTimestamp),
            (ColValue::Double(f64::NAN), "DOUBLE", Unfit::NotFinite),
            (ColValue::Decimal("1);--".into()), "DECIMAL(5, 0)", Unfit::Mismatch),
            (ColValue::Decimal("".into()), "DECIMAL(5, 0)", Unfit::Mismatch),
            (ColValue::Geometry { srid: 1, wkb: [1].into() }, "GEOMETRY", Unfit::Geometry),
            (ColValue::Int(1), "VARCHAR", Unfit::Mismatch),
            (ColValue::Json("1e400".into()), "VARIANT", Unfit::JsonNumber),
        ] {
            assert_eq!(value(cell, ty), Err(unfit));
        }
    }
}
