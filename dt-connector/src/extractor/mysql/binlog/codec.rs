//! How one column's bytes become a value: the table's schema says what they mean, the table map how they are laid out.
//!
//! Both must agree, and whatever disagrees is an error before any row is read: a table that was altered since its schema
//! was read never decodes into something that looks right.

use std::sync::Arc;

use dt_common::error::{Error, Result};
use dt_common::schema::{Column, ColumnType, JsonStorage, Text};
use dt_common::value::ColValue;

use super::charset::Charset;
use super::cursor::{Cursor, malformed};
use super::table_map::Wire;
use super::{compressed, decimal, json, network, temporal};

/// A column's decoder.
#[derive(Debug, Clone)]
pub(super) enum Codec {
    /// Little-endian, two's complement.
    Int { bytes: usize },
    /// Little-endian.
    UInt { bytes: usize },
    /// Packed digits.
    Decimal { precision: u8, scale: u8 },
    /// Little-endian.
    Float,
    /// Little-endian.
    Double,
    /// Big-endian.
    Bit { bytes: usize },
    /// Three bytes.
    Date,
    /// MySQL 5.6 form.
    DateTime { fsp: u8 },
    /// MySQL 5.6 form.
    Timestamp { fsp: u8 },
    /// MySQL 5.6 form.
    Time { fsp: u8 },
    /// MariaDB's older form.
    OldDateTime { fsp: u8 },
    /// MariaDB's older form.
    OldTimestamp { fsp: u8 },
    /// MariaDB's older form.
    OldTime { fsp: u8 },
    /// One byte, from 1900; 0 is 0000.
    Year,
    /// Length, then bytes in the charset.
    Text { length_bytes: usize, charset: Charset },
    /// Length, then bytes.
    Bytes { length_bytes: usize },
    /// Length, then bytes without trailing zeros.
    Padded { length_bytes: usize, len: usize },
    /// Index from 1; 0 is the error value.
    Enum { bytes: usize, members: Arc<[String]> },
    /// Bits of the members.
    Set { bytes: usize, members: Arc<[String]> },
    /// A COMPRESSED column of MariaDB.
    Compressed { length_bytes: usize, content: Content },
    /// MySQL's binary JSON.
    Json { length_bytes: usize },
    /// MariaDB's JSON.
    JsonText { length_bytes: usize, charset: Charset },
    /// SRID and WKB.
    Geometry { length_bytes: usize },
    /// 4-byte floats.
    Vector { length_bytes: usize },
    /// MariaDB UUID, in the order of its storage.
    Uuid,
    /// MariaDB INET4.
    Inet4,
    /// MariaDB INET6.
    Inet6,
}

/// What a COMPRESSED column holds.
#[derive(Debug, Clone, Copy)]
pub(super) enum Content {
    /// Text in a charset.
    Text(Charset),
    /// JSON as text.
    Json,
    /// Bytes.
    Bytes,
}

/// The decoder for a column.
///
/// # Errors
/// The schema and the binlog disagree, or the charset has no decoder.
pub(super) fn codec(column: &Column, wire: Wire) -> Result<Codec> {
    let codec = match agreed(&column.ty, wire) {
        Ok(Some(codec)) => Ok(codec),
        Ok(None) => Err(altered(&format!("it is {:?} in the schema but {wire:?} in the binlog", column.ty))),
        Err(e) => Err(e),
    };
    codec.map_err(|e| e.at(format_args!("column `{}`", column.name)))
}

/// The error for a table that is not what its schema says, with the way out.
pub(super) fn altered(how: &str) -> Error {
    Error::schema(format!(
        "{how}: the table was altered, and rows from before or after that cannot be read with the schema of now; start the \
         task with --resync and the table's name, which copies it anew, or leave it out with [filter] ignore_tbs"
    ))
}

fn agreed(ty: &ColumnType, wire: Wire) -> Result<Option<Codec>> {
    if let Wire::Compressed { length_bytes } = wire {
        return compressed(ty, length_bytes.into());
    }
    Ok(match ty {
        ColumnType::Int { .. }
        | ColumnType::Decimal { .. }
        | ColumnType::Float
        | ColumnType::Double
        | ColumnType::Bit { .. }
        | ColumnType::Year => number(ty, wire),
        ColumnType::Date
        | ColumnType::DateTime { .. }
        | ColumnType::Timestamp { .. }
        | ColumnType::Time { .. } => temporal(ty, wire),
        ColumnType::Char(_) | ColumnType::VarChar(_) | ColumnType::Text(_) => return text(ty, wire),
        ColumnType::Binary { .. } | ColumnType::VarBinary { .. } | ColumnType::Blob { .. } => {
            binary(ty, wire)
        }
        ColumnType::Enum { .. } | ColumnType::Set { .. } => members(ty, wire),
        ColumnType::Json(_)
        | ColumnType::Geometry
        | ColumnType::Vector { .. }
        | ColumnType::Uuid
        | ColumnType::Inet4
        | ColumnType::Inet6 => structured(ty, wire),
    })
}

fn number(ty: &ColumnType, wire: Wire) -> Option<Codec> {
    match (ty, wire) {
        (&ColumnType::Int { width, unsigned }, Wire::Int { bytes, unsigned: logged }) => {
            let bytes = usize::from(bytes);
            let same = width.bytes() == bytes && logged.is_none_or(|logged| logged == unsigned);
            same.then_some(if unsigned { Codec::UInt { bytes } } else { Codec::Int { bytes } })
        }
        (&ColumnType::Decimal { precision, scale }, Wire::Decimal { precision: p, scale: s }) => {
            (precision == p && scale == s).then_some(Codec::Decimal { precision, scale })
        }
        (ColumnType::Float, Wire::Float) => Some(Codec::Float),
        (ColumnType::Double, Wire::Double) => Some(Codec::Double),
        (&ColumnType::Bit { bits }, Wire::Bit { bits: b }) => {
            (u16::from(bits) == b).then_some(Codec::Bit { bytes: usize::from(bits).div_ceil(8) })
        }
        (ColumnType::Year, Wire::Year) => Some(Codec::Year),
        _ => None,
    }
}

fn members(ty: &ColumnType, wire: Wire) -> Option<Codec> {
    match (ty, wire) {
        (ColumnType::Enum { members }, Wire::Enum { bytes }) => {
            let wanted = if members.len() > 255 { 2 } else { 1 };
            (bytes == wanted).then(|| Codec::Enum { bytes: wanted.into(), members: Arc::clone(members) })
        }
        (ColumnType::Set { members }, Wire::Set { bytes }) => {
            let wanted = match members.len().div_ceil(8) {
                small @ 0..=4 => small.max(1),
                _ => 8,
            };
            (usize::from(bytes) == wanted).then(|| Codec::Set { bytes: wanted, members: Arc::clone(members) })
        }
        _ => None,
    }
}

fn structured(ty: &ColumnType, wire: Wire) -> Option<Codec> {
    match (ty, wire) {
        (ColumnType::Json(JsonStorage::Binary), Wire::Json { length_bytes }) => {
            Some(Codec::Json { length_bytes: length_bytes.into() })
        }
        (ColumnType::Json(JsonStorage::Text), Wire::Blob { length_bytes }) => {
            Some(Codec::JsonText { length_bytes: length_bytes.into(), charset: Charset::Utf8 })
        }
        (ColumnType::Geometry, Wire::Geometry { length_bytes }) => {
            Some(Codec::Geometry { length_bytes: length_bytes.into() })
        }
        (ColumnType::Vector { .. }, Wire::Vector { length_bytes }) => {
            Some(Codec::Vector { length_bytes: length_bytes.into() })
        }
        (&ColumnType::Vector { dimension }, Wire::Variable { len }) => (dimension.checked_mul(4)
            == Some(len))
        .then_some(Codec::Vector { length_bytes: length_bytes(len) }),
        (ColumnType::Uuid, Wire::Fixed { len: 16 }) => Some(Codec::Uuid),
        (ColumnType::Inet4, Wire::Fixed { len: 4 }) => Some(Codec::Inet4),
        (ColumnType::Inet6, Wire::Fixed { len: 16 }) => Some(Codec::Inet6),
        _ => None,
    }
}

fn temporal(ty: &ColumnType, wire: Wire) -> Option<Codec> {
    match (ty, wire) {
        (ColumnType::Date, Wire::Date) => Some(Codec::Date),
        (&ColumnType::DateTime { fsp }, Wire::DateTime { fsp: f }) if f == fsp => {
            Some(Codec::DateTime { fsp })
        }
        (&ColumnType::Timestamp { fsp }, Wire::Timestamp { fsp: f }) if f == fsp => {
            Some(Codec::Timestamp { fsp })
        }
        (&ColumnType::Time { fsp }, Wire::Time { fsp: f }) if f == fsp => Some(Codec::Time { fsp }),
        (&ColumnType::DateTime { fsp }, Wire::OldDateTime) => Some(Codec::OldDateTime { fsp }),
        (&ColumnType::Timestamp { fsp }, Wire::OldTimestamp) => Some(Codec::OldTimestamp { fsp }),
        (&ColumnType::Time { fsp }, Wire::OldTime) => Some(Codec::OldTime { fsp }),
        _ => None,
    }
}

fn text(ty: &ColumnType, wire: Wire) -> Result<Option<Codec>> {
    let (text, length_bytes) = match (ty, wire) {
        (ColumnType::Char(text), Wire::Fixed { len })
        | (ColumnType::VarChar(text), Wire::Variable { len })
            if u64::from(len) == text.max_bytes =>
        {
            (text, length_bytes(len))
        }
        (ColumnType::Text(text), Wire::Blob { length_bytes })
            if length_bytes == blob_length_bytes(text.max_bytes) =>
        {
            (text, length_bytes.into())
        }
        _ => return Ok(None),
    };
    Ok(Some(Codec::Text { length_bytes, charset: charset(text)? }))
}

fn compressed(ty: &ColumnType, length_bytes: usize) -> Result<Option<Codec>> {
    let content = match ty {
        ColumnType::VarChar(text) | ColumnType::Text(text) => Content::Text(charset(text)?),
        ColumnType::Json(JsonStorage::Text) => Content::Json,
        ColumnType::VarBinary { .. } | ColumnType::Blob { .. } => Content::Bytes,
        _ => return Ok(None),
    };
    Ok(Some(Codec::Compressed { length_bytes, content }))
}

fn charset(text: &Text) -> Result<Charset> {
    Charset::by_name(&text.charset).ok_or_else(|| {
        let name = &text.charset;
        Error::schema(format!(
            "its charset {name} is not supported: convert the column to utf8mb4, or leave it out by [filter] ignore_cols"
        ))
    })
}

fn binary(ty: &ColumnType, wire: Wire) -> Option<Codec> {
    match (ty, wire) {
        (&ColumnType::Binary { len }, Wire::Fixed { len: l }) if l == len => {
            Some(Codec::Padded { length_bytes: length_bytes(len), len: len as usize })
        }
        (&ColumnType::VarBinary { len }, Wire::Variable { len: l }) if l == len => {
            Some(Codec::Bytes { length_bytes: length_bytes(len) })
        }
        (&ColumnType::Blob { len }, Wire::Blob { length_bytes })
            if length_bytes == blob_length_bytes(len.into()) =>
        {
            Some(Codec::Bytes { length_bytes: length_bytes.into() })
        }
        _ => None,
    }
}

/// Bytes of the length in front of a value of at most `len` bytes.
fn length_bytes(len: u32) -> usize {
    if len > 255 { 2 } else { 1 }
}

fn blob_length_bytes(len: u64) -> u8 {
    match len {
        0..=0xff => 1,
        0x100..=0xffff => 2,
        0x1_0000..=0xff_ffff => 3,
        _ => 4,
    }
}

impl Codec {
    /// Reads one value that is not NULL.
    pub(super) fn decode(&self, cursor: &mut Cursor<'_>) -> Result<ColValue> {
        match *self {
            Self::Int { bytes } => {
                let shift = 64 - 8 * bytes as u32;
                Ok(ColValue::Int((cursor.le(bytes)? << shift) as i64 >> shift))
            }
            Self::UInt { bytes } => Ok(ColValue::UInt(cursor.le(bytes)?)),
            Self::Decimal { precision, scale } => {
                Ok(ColValue::Decimal(decimal::decode(cursor, precision, scale)?))
            }
            Self::Float => Ok(ColValue::Float(f32::from_bits(cursor.le(4)? as u32))),
            Self::Double => Ok(ColValue::Double(f64::from_bits(cursor.le(8)?))),
            Self::Bit { bytes } => Ok(ColValue::Bit(cursor.be(bytes)?)),
            Self::Date => temporal::date(cursor),
            Self::DateTime { fsp } => temporal::datetime2(cursor, fsp),
            Self::Timestamp { fsp } => temporal::timestamp2(cursor, fsp),
            Self::Time { fsp } => temporal::time2(cursor, fsp),
            Self::OldDateTime { fsp } => temporal::old_datetime(cursor, fsp),
            Self::OldTimestamp { fsp } => temporal::old_timestamp(cursor, fsp),
            Self::OldTime { fsp } => temporal::old_time(cursor, fsp),
            Self::Year => Ok(ColValue::Year(match cursor.u8()? {
                0 => 0,
                since_1900 => 1900 + u16::from(since_1900),
            })),
            Self::Text { length_bytes, charset } => Ok(charset.decode(cursor.prefixed(length_bytes)?)),
            Self::Bytes { length_bytes } => Ok(ColValue::Bytes(cursor.prefixed(length_bytes)?.into())),
            Self::Compressed { length_bytes, content } => {
                let bytes = compressed::value(cursor.prefixed(length_bytes)?)?;
                Ok(match content {
                    Content::Text(charset) => charset.decode(&bytes),
                    Content::Json => json_text(&bytes, Charset::Utf8),
                    Content::Bytes => ColValue::Bytes(bytes.into()),
                })
            }
            Self::Padded { length_bytes, len } => padded(cursor.prefixed(length_bytes)?, len),
            Self::Enum { bytes, ref members } => enumeration(cursor.le(bytes)?, members),
            Self::Set { bytes, ref members } => set(cursor.le(bytes)?, members),
            Self::Json { length_bytes } => json::value(cursor.prefixed(length_bytes)?),
            Self::JsonText { length_bytes, charset } => {
                Ok(json_text(cursor.prefixed(length_bytes)?, charset))
            }
            Self::Geometry { length_bytes } => {
                let mut value = Cursor::new(cursor.prefixed(length_bytes)?);
                Ok(ColValue::Geometry { srid: value.le(4)? as u32, wkb: value.rest().into() })
            }
            Self::Vector { length_bytes } => vector(cursor.prefixed(length_bytes)?),
            Self::Uuid => network::uuid(cursor),
            Self::Inet4 => network::inet4(cursor),
            Self::Inet6 => network::inet6(cursor),
        }
    }
}

fn json_text(bytes: &[u8], charset: Charset) -> ColValue {
    match charset.decode(bytes) {
        ColValue::Text(text) => ColValue::Json(text),
        other => other,
    }
}

fn padded(bytes: &[u8], len: usize) -> Result<ColValue> {
    if bytes.len() > len {
        return Err(malformed("BINARY"));
    }
    let mut value = Vec::with_capacity(len);
    value.extend_from_slice(bytes);
    value.resize(len, 0);
    Ok(ColValue::Bytes(value.into()))
}

fn enumeration(index: u64, members: &[String]) -> Result<ColValue> {
    if index == 0 {
        return Ok(ColValue::text(""));
    }
    let member =
        members.get(index as usize - 1).ok_or_else(|| malformed("an ENUM index behind the last member"))?;
    Ok(ColValue::text(member.as_str()))
}

fn set(bits: u64, members: &[String]) -> Result<ColValue> {
    if members.len() < 64 && bits >> members.len() != 0 {
        return Err(malformed("a SET bit behind the last member"));
    }
    let mut text = String::new();
    for (_, member) in members.iter().enumerate().filter(|(i, _)| bits >> i & 1 == 1) {
        if !text.is_empty() {
            text.push(',');
        }
        text.push_str(member);
    }
    Ok(ColValue::text(text))
}

fn vector(bytes: &[u8]) -> Result<ColValue> {
    let (elements, []) = bytes.as_chunks::<4>() else { return Err(malformed("VECTOR")) };
    Ok(ColValue::Vector(elements.iter().map(|&element| f32::from_le_bytes(element)).collect()))
}

#[cfg(test)]
#[path = "codec_tests.rs"]
mod tests;
