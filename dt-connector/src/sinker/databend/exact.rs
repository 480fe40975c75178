//! Values as Databend holds them: exactly, or not at all. What a literal and a file both write.
//!
//! - TIMESTAMP: above 9999-12-30 22:00:00 Databend reads a value back as that instant, whatever was stored: refused.
//! - JSON: a number that Databend would round, or turn to null (`1e400`), is refused.
//! - GEOMETRY is EWKB, which carries the SRID.

use std::borrow::Cow;

use dt_common::value::ColValue;

use super::json::check_json;
use super::types::TargetType;
use super::unfit::Unfit;

/// The last instant that Databend reads back as it was stored: 9999-12-30 22:00:00 UTC, in microseconds.
pub const LAST_TIMESTAMP: i64 = 253_402_207_200_000_000;
/// The first: 0001-01-01 00:00:00 UTC.
pub const FIRST_TIMESTAMP: i64 = -62_135_596_800_000_000;
/// The flag in a WKB type that announces an SRID (EWKB).
const EWKB_SRID: u32 = 0x2000_0000;

/// A value that Databend holds as it is.
#[derive(Debug, Clone, PartialEq)]
pub enum Exact<'a> {
    /// NULL.
    Null,
    /// A signed integer.
    Int(i64),
    /// An unsigned integer.
    UInt(u64),
    /// A finite FLOAT, at its own width.
    Float(f32),
    /// A finite DOUBLE.
    Double(f64),
    /// Digits with at most one point, and a sign.
    Decimal(&'a str),
    /// Days since 1970-01-01.
    Date(i32),
    /// Microseconds since 1970-01-01 00:00:00 UTC.
    Timestamp(i64),
    /// Microseconds.
    Interval(i64),
    /// Text.
    Varchar(Cow<'a, str>),
    /// Bytes.
    Binary(&'a [u8]),
    /// JSON text.
    Variant(Cow<'a, str>),
    /// EWKB.
    Geometry(Cow<'a, [u8]>),
    /// Finite numbers.
    Vector(&'a [f32]),
}

/// A value of a column of the given type.
///
/// # Errors
/// Why the target cannot hold it.
pub fn exact(value: &ColValue, ty: TargetType) -> Result<Exact<'_>, Unfit> {
    let (exact, belongs) = match value {
        ColValue::Absent => return Err(Unfit::Absent),
        ColValue::InvalidText(_) => return Err(Unfit::InvalidText),
        ColValue::Null => return Ok(Exact::Null),
        ColValue::Int(v) => (Exact::Int(*v), is_int(ty)),
        ColValue::UInt(v) | ColValue::Bit(v) => (Exact::UInt(*v), is_int(ty)),
        ColValue::Year(v) => (Exact::UInt(u64::from(*v)), is_int(ty)),
        ColValue::Float(v) if !v.is_finite() => return Err(Unfit::NotFinite),
        ColValue::Float(v) => (Exact::Float(*v), matches!(ty, TargetType::Float | TargetType::Double)),
        ColValue::Double(v) if !v.is_finite() => return Err(Unfit::NotFinite),
        ColValue::Double(v) => (Exact::Double(*v), ty == TargetType::Double),
        ColValue::Decimal(v) => {
            (Exact::Decimal(v), matches!(ty, TargetType::Decimal { .. }) && is_decimal(v))
        }
        ColValue::Date(v) => {
            (Exact::Date(v.days_since_epoch().ok_or(Unfit::ZeroDate)?), ty == TargetType::Date)
        }
        ColValue::DateTime(v) => {
            (timestamp(v.micros_since_epoch().ok_or(Unfit::ZeroDate)?)?, ty == TargetType::Timestamp)
        }
        ColValue::Timestamp(v) => (timestamp(*v)?, ty == TargetType::Timestamp),
        ColValue::Time(v) => (Exact::Interval(*v), ty == TargetType::Interval),
        ColValue::Text(v) => (Exact::Varchar(Cow::Borrowed(v)), ty == TargetType::Varchar),
        ColValue::Bytes(v) => (Exact::Binary(v), ty == TargetType::Binary),
        ColValue::Json(v) => {
            check_json(v)?;
            (Exact::Variant(Cow::Borrowed(v)), ty == TargetType::Variant)
        }
        ColValue::Geometry { srid, wkb } => (Exact::Geometry(ewkb(*srid, wkb)?), ty == TargetType::Geometry),
        ColValue::Vector(v) if v.iter().any(|x| !x.is_finite()) => return Err(Unfit::NotFinite),
        ColValue::Vector(v) => (Exact::Vector(v), ty == TargetType::Vector { dimension: v.len() as u32 }),
    };
    if belongs { Ok(exact) } else { Err(Unfit::Mismatch) }
}

fn is_int(ty: TargetType) -> bool {
    matches!(ty, TargetType::Int { .. })
}

/// The digits end up bare in a statement, so nothing but a number may pass.
fn is_decimal(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    number(whole) && number(fraction)
}

fn timestamp(micros: i64) -> Result<Exact<'static>, Unfit> {
    if (FIRST_TIMESTAMP..=LAST_TIMESTAMP).contains(&micros) {
        Ok(Exact::Timestamp(micros))
    } else {
        Err(Unfit::LateTimestamp)
    }
}

/// WKB begins with a byte order and a type of 4 bytes; EWKB sets a flag in the type and puts the SRID behind it.
fn ewkb(srid: u32, wkb: &[u8]) -> Result<Cow<'_, [u8]>, Unfit> {
    let (Some(&[order, a, b, c, d]), Some(body)) = (wkb.first_chunk::<5>(), wkb.get(5..)) else {
        return Err(Unfit::Geometry);
    };
    if srid == 0 {
        return Ok(Cow::Borrowed(wkb));
    }
    let ty = [a, b, c, d];
    let (ty, srid) = match order {
        0 => ((u32::from_be_bytes(ty) | EWKB_SRID).to_be_bytes(), srid.to_be_bytes()),
        1 => ((u32::from_le_bytes(ty) | EWKB_SRID).to_le_bytes(), srid.to_le_bytes()),
        _ => return Err(Unfit::Geometry),
    };
    Ok(Cow::Owned([&[order][..], &ty, &srid, body].concat()))
}

#[cfg(test)]
mod tests {
    use dt_common::value::{Date, DateTime};

    use super::*;

    fn datetime(year: u16, month: u8, day: u8, hour: u8, micros: u32) -> ColValue {
        let date = Date { year, month, day };
        ColValue::DateTime(DateTime { date, hour, minute: 0, second: 0, micros })
    }

    #[test]
    fn what_databend_cannot_hold_is_refused() {
        for (cell, ty, unfit) in [
            (ColValue::Absent, "INT", Unfit::Absent),
            (ColValue::invalid_text([255], ""), "VARCHAR", Unfit::InvalidText),
            (ColValue::Date(Date { year: 0, month: 0, day: 0 }), "DATE", Unfit::ZeroDate),
            (ColValue::Date(Date { year: 2024, month: 0, day: 10 }), "DATE", Unfit::ZeroDate),
            (ColValue::DateTime(DateTime::ZERO), "TIMESTAMP", Unfit::ZeroDate),
            (datetime(9999, 12, 30, 22, 1), "TIMESTAMP", Unfit::LateTimestamp),
            (ColValue::Timestamp(i64::MAX), "TIMESTAMP", Unfit::LateTimestamp),
            (ColValue::Double(f64::NAN), "DOUBLE", Unfit::NotFinite),
            (ColValue::Double(0.1), "FLOAT", Unfit::Mismatch),
            (ColValue::Decimal("1);--".into()), "DECIMAL(5, 0)", Unfit::Mismatch),
            (ColValue::Decimal("".into()), "DECIMAL(5, 0)", Unfit::Mismatch),
            (ColValue::Geometry { srid: 1, wkb: [1].into() }, "GEOMETRY", Unfit::Geometry),
            (ColValue::Int(1), "VARCHAR", Unfit::Mismatch),
            (ColValue::Json("1e400".into()), "VARIANT", Unfit::JsonNumber),
            (ColValue::Vector([1.0].into()), "VECTOR(2)", Unfit::Mismatch),
        ] {
            assert_eq!(exact(&cell, TargetType::parse(ty).unwrap()), Err(unfit));
        }
    }

    #[test]
    fn the_srid_goes_into_the_wkb() {
        let point: Box<[u8]> = [&[1, 1, 0, 0, 0][..], &[0; 16]].concat().into();
        let value = |srid| ColValue::Geometry { srid, wkb: point.clone() };
        let plain = value(0);
        assert_eq!(exact(&plain, TargetType::Geometry), Ok(Exact::Geometry(Cow::Borrowed(&*point))));
        let with_srid = value(4326);
        let Ok(Exact::Geometry(bytes)) = exact(&with_srid, TargetType::Geometry) else {
            panic!("no geometry")
        };
        assert_eq!(bytes[..9], [1, 1, 0, 0, 0x20, 0xe6, 0x10, 0, 0]);
    }
}
