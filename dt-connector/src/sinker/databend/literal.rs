//! Values as text in a statement.
//!
//! Each form was read back from the engine. What decides between the forms of a type:
//! - FLOAT and DOUBLE are strings. A bare `1.5e-7` is exact in the fast parser of `INSERT .. VALUES`, but one cell that this
//!   parser does not know (a BINARY, an INTERVAL) sends the row through the SQL parser, which reads it as a decimal and rounds.
//!   FLOAT is printed as the DOUBLE that equals it, so that no second rounding can happen.
//! - DECIMAL is bare: its scale is the column's, nothing is rounded.
//! - TIMESTAMP is text in UTC.
//! - INTERVAL is `h:mm:ss.ffffff`; the form with units loses the sign of its fraction.
//! - JSON is a plain string, GEOMETRY the hex of EWKB.

use std::fmt::Write;

use dt_common::value::ColValue;

use super::exact::Exact;
use super::fitted::fitted;
use super::plan::PlannedColumn;
use super::quote::push_string;
use super::unfit::Unfit;

const MICROS_PER_SECOND: u64 = 1_000_000;
const MICROS_PER_DAY: i64 = 86_400_000_000;

/// Appends a value as it stands in a `VALUES` list.
///
/// # Errors
/// Why the target cannot hold the value.
pub fn push_value(out: &mut String, value: &ColValue, column: &PlannedColumn) -> Result<(), Unfit> {
    match fitted(value, column)? {
        Exact::Null => out.push_str("NULL"),
        Exact::Int(v) => push(out, format_args!("{v}")),
        Exact::UInt(v) => push(out, format_args!("{v}")),
        Exact::Float(v) => push(out, format_args!("'{:e}'", f64::from(v))),
        Exact::Double(v) => push(out, format_args!("'{v:e}'")),
        Exact::Decimal(v) => out.push_str(v),
        Exact::Date(v) => push_time(out, i64::from(v) * MICROS_PER_DAY, "%Y-%m-%d")?,
        Exact::Timestamp(v) => push_time(out, v, "%Y-%m-%d %H:%M:%S%.6f")?,
        Exact::Interval(v) => push_interval(out, v),
        Exact::Varchar(v) | Exact::Variant(v) => push_string(out, &v),
        Exact::Binary(v) => {
            out.push_str("x'");
            push_hex(out, v);
            out.push('\'');
        }
        Exact::Geometry(v) => {
            out.push('\'');
            push_hex(out, &v);
            out.push('\'');
        }
        Exact::Vector(v) => push_vector(out, v),
    }
    Ok(())
}

/// Formatting into a `String` cannot fail.
fn push(out: &mut String, text: std::fmt::Arguments<'_>) {
    let _ = out.write_fmt(text);
}

fn push_time(out: &mut String, micros: i64, form: &str) -> Result<(), Unfit> {
    let instant = chrono::DateTime::from_timestamp_micros(micros).ok_or(Unfit::LateTimestamp)?;
    push(out, format_args!("'{}'", instant.format(form)));
    Ok(())
}

/// `h:mm:ss.ffffff`, as an INTERVAL is read from a literal and from a file.
pub fn push_clock(out: &mut String, micros: i64) {
    let (seconds, fraction) =
        (micros.unsigned_abs() / MICROS_PER_SECOND, micros.unsigned_abs() % MICROS_PER_SECOND);
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let sign = if micros < 0 { "-" } else { "" };
    push(out, format_args!("{sign}{hours:02}:{minutes:02}:{seconds:02}"));
    if fraction > 0 {
        push(out, format_args!(".{fraction:06}"));
    }
}

fn push_interval(out: &mut String, micros: i64) {
    out.push('\'');
    push_clock(out, micros);
    out.push('\'');
}

/// Bytes as hexadecimal digits in upper case.
pub fn hex(bytes: &[u8]) -> String {
    let mut digits = String::new();
    push_hex(&mut digits, bytes);
    digits.make_ascii_uppercase();
    digits
}

fn push_hex(out: &mut String, bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    out.reserve(bytes.len() * 2);
    for byte in bytes {
        out.push(char::from(DIGITS[usize::from(byte >> 4)]));
        out.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
}

fn push_vector(out: &mut String, values: &[f32]) {
    out.push_str("parse_json('[");
    for (i, value) in values.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        push(out, format_args!("{:e}", f64::from(*value)));
    }
    push(out, format_args!("]')::ARRAY(FLOAT)::VECTOR({})", values.len()));
}

#[cfg(test)]
mod tests {
    use dt_common::value::{Date, DateTime};

    use super::super::fixtures::{plan, table};
    use super::super::types::TargetType;
    use super::*;

    fn value(value: ColValue, ty: &str) -> Result<String, Unfit> {
        let mut out = String::new();
        let mut column = plan(table("d", "t", &[("c", "bigint")], &[])).columns.remove(0);
        column.ty = TargetType::parse(ty).unwrap();
        column.natural = column.ty;
        push_value(&mut out, &value, &column).map(|()| out)
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
            (datetime(1, 1, 1, 0, 0), "TIMESTAMP", "'0001-01-01 00:00:00.000000'".into()),
            (datetime(9999, 12, 30, 22, 0), "TIMESTAMP", "'9999-12-30 22:00:00.000000'".into()),
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
}
