//! Values of the binary protocol as cells. No I/O.
//!
//! The column's type says what a value means; a value that does not fit it is an error, never a guess. What comes out is
//! equal to what the change stream decodes from the same row's image, because keyless rows are found by all their values.

use dt_common::error::{Error, Result};
use dt_common::schema::{Column, ColumnType};
use dt_common::value::{ColValue, Date, DateTime};
use mysql_async::Value;

use super::binlog::Charset;

/// The cell that a selected value is.
///
/// # Errors
/// A value of another type than the column's; names the column.
pub(crate) fn cell(column: &Column, value: Value) -> Result<ColValue> {
    if value == Value::NULL {
        return Ok(ColValue::Null);
    }
    typed(&column.ty, value).ok_or_else(|| {
        Error::data(format!("column `{}`: the source sent a value that is no {:?}", column.name, column.ty))
    })
}

fn typed(ty: &ColumnType, value: Value) -> Option<ColValue> {
    Some(match ty {
        ColumnType::Int { unsigned: false, .. } => ColValue::Int(signed(&value)?),
        ColumnType::Int { unsigned: true, .. } => ColValue::UInt(unsigned(&value)?),
        ColumnType::Year => ColValue::Year(u16::try_from(unsigned(&value)?).ok()?),
        ColumnType::Float => match value {
            Value::Float(v) => ColValue::Float(v),
            _ => return None,
        },
        ColumnType::Double => match value {
            Value::Double(v) => ColValue::Double(v),
            _ => return None,
        },
        ColumnType::Date => ColValue::Date(civil(&value)?.date),
        ColumnType::DateTime { .. } => ColValue::DateTime(civil(&value)?),
        ColumnType::Timestamp { .. } => instant(civil(&value)?)?,
        ColumnType::Time { .. } => ColValue::Time(duration(&value)?),
        ColumnType::Decimal { .. }
        | ColumnType::Bit { .. }
        | ColumnType::Char(_)
        | ColumnType::VarChar(_)
        | ColumnType::Text(_)
        | ColumnType::Binary { .. }
        | ColumnType::VarBinary { .. }
        | ColumnType::Blob { .. }
        | ColumnType::Enum { .. }
        | ColumnType::Set { .. }
        | ColumnType::Json(_)
        | ColumnType::Geometry
        | ColumnType::Vector { .. }
        | ColumnType::Uuid
        | ColumnType::Inet4
        | ColumnType::Inet6 => match value {
            Value::Bytes(bytes) => from_bytes(ty, bytes)?,
            _ => return None,
        },
    })
}

/// Types that the protocol carries as bytes.
fn from_bytes(ty: &ColumnType, bytes: Vec<u8>) -> Option<ColValue> {
    Some(match ty {
        ColumnType::Decimal { .. } => ColValue::Decimal(decimal(&bytes)?.into()),
        ColumnType::Bit { .. } => ColValue::Bit(big_endian(&bytes)?),
        ColumnType::Binary { len } => ColValue::Bytes(padded(bytes, *len as usize)?.into()),
        ColumnType::VarBinary { .. } | ColumnType::Blob { .. } => ColValue::Bytes(bytes.into()),
        ColumnType::Json(_) => match text(bytes) {
            ColValue::Text(json) => ColValue::Json(json),
            invalid => invalid,
        },
        ColumnType::Geometry => {
            let (srid, wkb) = bytes.split_first_chunk::<4>()?;
            ColValue::Geometry { srid: u32::from_le_bytes(*srid), wkb: wkb.into() }
        }
        ColumnType::Vector { .. } => {
            let (elements, []) = bytes.as_chunks::<4>() else { return None };
            ColValue::Vector(elements.iter().map(|&element| f32::from_le_bytes(element)).collect())
        }
        ColumnType::Char(of) | ColumnType::VarChar(of) | ColumnType::Text(of) => {
            match Charset::of_bytes(of) {
                Some(charset) => charset.decode(&bytes),
                None => text(bytes),
            }
        }
        ColumnType::Enum { .. }
        | ColumnType::Set { .. }
        | ColumnType::Uuid
        | ColumnType::Inet4
        | ColumnType::Inet6 => text(bytes),
        ColumnType::Int { .. }
        | ColumnType::Float
        | ColumnType::Double
        | ColumnType::Date
        | ColumnType::DateTime { .. }
        | ColumnType::Timestamp { .. }
        | ColumnType::Time { .. }
        | ColumnType::Year => return None,
    })
}

fn signed(value: &Value) -> Option<i64> {
    match value {
        Value::Int(v) => Some(*v),
        Value::UInt(v) => i64::try_from(*v).ok(),
        _ => None,
    }
}

fn unsigned(value: &Value) -> Option<u64> {
    match value {
        Value::UInt(v) => Some(*v),
        Value::Int(v) => u64::try_from(*v).ok(),
        _ => None,
    }
}

fn civil(value: &Value) -> Option<DateTime> {
    match *value {
        Value::Date(year, month, day, hour, minute, second, micros) => {
            Some(DateTime { date: Date { year, month, day }, hour, minute, second, micros })
        }
        _ => None,
    }
}

/// A TIMESTAMP; the session's zone is UTC. Its zero has no instant.
fn instant(civil: DateTime) -> Option<ColValue> {
    if civil == DateTime::ZERO {
        return Some(ColValue::DateTime(civil));
    }
    civil.micros_since_epoch().map(ColValue::Timestamp)
}

fn duration(value: &Value) -> Option<i64> {
    match *value {
        Value::Time(negative, days, hours, minutes, seconds, micros) => {
            let hours = i64::from(days) * 24 + i64::from(hours);
            let seconds = (hours * 60 + i64::from(minutes)) * 60 + i64::from(seconds);
            let magnitude = seconds * 1_000_000 + i64::from(micros);
            Some(if negative { -magnitude } else { magnitude })
        }
        _ => None,
    }
}

/// A DECIMAL without the leading zeros that ZEROFILL adds; the row image has none.
fn decimal(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?;
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text),
    };
    let trimmed = digits.trim_start_matches('0');
    let zero = if trimmed.is_empty() || trimmed.starts_with('.') { "0" } else { "" };
    Some(format!("{sign}{zero}{trimmed}"))
}

fn big_endian(bytes: &[u8]) -> Option<u64> {
    (bytes.len() <= 8).then(|| bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

fn padded(mut bytes: Vec<u8>, len: usize) -> Option<Vec<u8>> {
    bytes.resize(len.max(bytes.len()), 0);
    (bytes.len() == len).then_some(bytes)
}

fn text(bytes: Vec<u8>) -> ColValue {
    match String::from_utf8(bytes) {
        Ok(text) => ColValue::Text(text.into()),
        Err(invalid) => {
            let readable = String::from_utf8_lossy(invalid.as_bytes()).into_owned();
            ColValue::invalid_text(invalid.into_bytes(), readable)
        }
    }
}

#[cfg(test)]
mod tests {
    use dt_common::schema::{IntWidth, JsonStorage, Text};

    use super::*;

    fn bytes(text: &str) -> Value {
        Value::Bytes(text.as_bytes().to_vec())
    }

    #[test]
    fn cells() {
        use ColumnType as T;
        let int = |unsigned| T::Int { width: IntWidth::Eight, unsigned };
        let characters = T::Text(Text { max_bytes: 9, max_chars: 9, charset: "utf8mb4".into() });
        let day = Date { year: 2024, month: 2, day: 30 };
        let decimal = T::Decimal { precision: 5, scale: 2 };
        for (ty, value, expected) in [
            (int(false), Value::Int(-1), ColValue::Int(-1)),
            (int(true), Value::Int(5), ColValue::UInt(5)),
            (int(true), Value::UInt(u64::MAX), ColValue::UInt(u64::MAX)),
            (T::Year, Value::Int(0), ColValue::Year(0)),
            (T::Float, Value::Float(0.1), ColValue::Float(0.1)),
            (decimal.clone(), bytes("-0001.50"), ColValue::Decimal("-1.50".into())),
            (decimal.clone(), bytes("000.00"), ColValue::Decimal("0.00".into())),
            (decimal, bytes("0"), ColValue::Decimal("0".into())),
            (T::Bit { bits: 12 }, Value::Bytes(vec![1, 2]), ColValue::Bit(258)),
            (T::Date, Value::Date(2024, 2, 30, 0, 0, 0, 0), ColValue::Date(day)),
            (T::Timestamp { fsp: 6 }, Value::Date(1970, 1, 1, 0, 0, 1, 5), ColValue::Timestamp(1_000_005)),
            (T::Timestamp { fsp: 0 }, Value::Date(0, 0, 0, 0, 0, 0, 0), ColValue::DateTime(DateTime::ZERO)),
            (
                T::Time { fsp: 6 },
                Value::Time(true, 34, 22, 59, 59, 999_999),
                ColValue::Time(-3_020_399_999_999),
            ),
            (T::Binary { len: 3 }, Value::Bytes(vec![1]), ColValue::Bytes([1, 0, 0].into())),
            (T::Json(JsonStorage::Text), bytes("{}"), ColValue::Json("{}".into())),
            (characters.clone(), Value::Bytes(vec![0xff]), ColValue::invalid_text([0xff], "")),
            (characters, bytes("é"), ColValue::text("é")),
            (T::Geometry, Value::Bytes(vec![1, 0, 0, 0, 9]), ColValue::Geometry { srid: 1, wkb: [9].into() }),
            (T::Vector { dimension: 1 }, Value::Bytes(vec![0, 0, 128, 63]), ColValue::Vector([1.0].into())),
        ] {
            assert_eq!(typed(&ty, value), Some(expected), "{ty:?}");
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        for (ty, value) in [
            (ColumnType::Date, Value::Int(1)),
            (ColumnType::Binary { len: 1 }, Value::Bytes(vec![1, 2])),
            (ColumnType::Vector { dimension: 1 }, Value::Bytes(vec![1])),
            (ColumnType::Geometry, Value::Bytes(vec![1])),
        ] {
            assert_eq!(typed(&ty, value), None, "{ty:?}");
        }
    }
}
