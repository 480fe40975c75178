//! Everything that a MySQL cell can hold, one variant a meaning.
//!
//! Equality and hashing are of the stored bytes: `-0.0` is not `0.0`, `'abc'` is not `'ABC'`, NaN equals itself. That
//! is what the target compares by, so it is what the net change per key compares by.

use std::hash::{Hash, Hasher};

/// One cell.
#[derive(Debug, Clone)]
pub enum ColValue {
    /// Not part of a partial row image. Differs from [`ColValue::Null`].
    Absent,
    /// SQL NULL.
    Null,
    /// Any signed integer.
    Int(i64),
    /// Any unsigned integer.
    UInt(u64),
    /// FLOAT, kept at its own width.
    Float(f32),
    /// DOUBLE.
    Double(f64),
    /// DECIMAL as MySQL prints it: `-12.340`, all digits of the scale, no exponent.
    Decimal(Box<str>),
    /// BIT(n).
    Bit(u64),
    /// DATE, zero parts included.
    Date(Date),
    /// DATETIME, zero parts included, and the zero TIMESTAMP.
    DateTime(DateTime),
    /// TIMESTAMP: microseconds since 1970-01-01 00:00:00 UTC.
    Timestamp(i64),
    /// TIME: signed microseconds, to ±838:59:59.999999.
    Time(i64),
    /// YEAR; 0 is MySQL's `0000`.
    Year(u16),
    /// CHAR, VARCHAR, TEXT, ENUM, SET, UUID, INET: valid UTF-8.
    Text(Box<str>),
    /// A character column's bytes that are not valid in its charset.
    InvalidText(Box<InvalidText>),
    /// BINARY (padded), VARBINARY, BLOB.
    Bytes(Box<[u8]>),
    /// JSON as text.
    Json(Box<str>),
    /// A spatial value.
    Geometry {
        /// Spatial reference system.
        srid: u32,
        /// Well-known binary, as MySQL stores it behind the SRID.
        wkb: Box<[u8]>,
    },
    /// VECTOR.
    Vector(Box<[f32]>),
}

/// What a character column holds when it is no text.
#[derive(Debug, Clone)]
pub struct InvalidText {
    /// As stored, in the column's charset.
    pub bytes: Box<[u8]>,
    /// What can be read of them, with U+FFFD for what cannot.
    pub readable: Box<str>,
}

/// A civil date that may be zero or partly zero (`2024-00-10`), as MySQL allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Date {
    /// 0 to 9999.
    pub year: u16,
    /// 0 to 12.
    pub month: u8,
    /// 0 to 31.
    pub day: u8,
}

impl Date {
    /// Days since 1970-01-01 in the proleptic Gregorian calendar, or `None` when a part is zero or there is no such
    /// day (MySQL's `ALLOW_INVALID_DATES` lets 30 February in).
    pub fn days_since_epoch(self) -> Option<i32> {
        let date = chrono::NaiveDate::from_ymd_opt(i32::from(self.year), self.month.into(), self.day.into())?;
        if self.year == 0 {
            return None;
        }
        Some(date.signed_duration_since(chrono::NaiveDate::default()).num_days() as i32)
    }
}

/// A civil date and time without a zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DateTime {
    /// Date part.
    pub date: Date,
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 59.
    pub second: u8,
    /// 0 to 999,999.
    pub micros: u32,
}

impl DateTime {
    /// `0000-00-00 00:00:00`.
    pub const ZERO: Self =
        Self { date: Date { year: 0, month: 0, day: 0 }, hour: 0, minute: 0, second: 0, micros: 0 };

    /// Microseconds since 1970-01-01 00:00:00 when the digits are read as UTC, or `None` for a zero or impossible date.
    pub fn micros_since_epoch(self) -> Option<i64> {
        let days = i64::from(self.date.days_since_epoch()?);
        let seconds = i64::from(self.hour) * 3600 + i64::from(self.minute) * 60 + i64::from(self.second);
        Some((days * 86_400 + seconds) * 1_000_000 + i64::from(self.micros))
    }
}

impl ColValue {
    /// Text from anything that becomes a boxed string.
    pub fn text(value: impl Into<Box<str>>) -> Self {
        Self::Text(value.into())
    }

    /// Bytes that are no text in their charset.
    pub fn invalid_text(bytes: impl Into<Box<[u8]>>, readable: impl Into<Box<str>>) -> Self {
        Self::InvalidText(Box::new(InvalidText { bytes: bytes.into(), readable: readable.into() }))
    }

    /// Memory that the value holds, in bytes, the enum itself included. What the queue and the batches are bounded by.
    pub fn memory(&self) -> usize {
        let heap = match self {
            Self::Decimal(s) | Self::Text(s) | Self::Json(s) => s.len(),
            Self::Bytes(b) => b.len(),
            Self::InvalidText(v) => size_of::<InvalidText>() + v.bytes.len() + v.readable.len(),
            Self::Geometry { wkb, .. } => wkb.len(),
            Self::Vector(v) => v.len() * 4,
            Self::Absent
            | Self::Null
            | Self::Int(_)
            | Self::UInt(_)
            | Self::Float(_)
            | Self::Double(_)
            | Self::Bit(_)
            | Self::Date(_)
            | Self::DateTime(_)
            | Self::Timestamp(_)
            | Self::Time(_)
            | Self::Year(_) => 0,
        };
        heap + size_of::<Self>()
    }
}

impl PartialEq for ColValue {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Absent, Self::Absent) | (Self::Null, Self::Null) => true,
            (Self::Int(a), Self::Int(b))
            | (Self::Timestamp(a), Self::Timestamp(b))
            | (Self::Time(a), Self::Time(b)) => a == b,
            (Self::UInt(a), Self::UInt(b)) | (Self::Bit(a), Self::Bit(b)) => a == b,
            (Self::Float(a), Self::Float(b)) => a.to_bits() == b.to_bits(),
            (Self::Double(a), Self::Double(b)) => a.to_bits() == b.to_bits(),
            (Self::Decimal(a), Self::Decimal(b))
            | (Self::Text(a), Self::Text(b))
            | (Self::Json(a), Self::Json(b)) => a == b,
            (Self::Date(a), Self::Date(b)) => a == b,
            (Self::DateTime(a), Self::DateTime(b)) => a == b,
            (Self::Year(a), Self::Year(b)) => a == b,
            (Self::InvalidText(a), Self::InvalidText(b)) => a.bytes == b.bytes,
            (Self::Bytes(a), Self::Bytes(b)) => a == b,
            (Self::Geometry { srid: s, wkb: w }, Self::Geometry { srid: t, wkb: x }) => s == t && w == x,
            (Self::Vector(a), Self::Vector(b)) => {
                a.len() == b.len() && a.iter().zip(b.iter()).all(|(x, y)| x.to_bits() == y.to_bits())
            }
            _ => false,
        }
    }
}

impl Eq for ColValue {}

impl Hash for ColValue {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::mem::discriminant(self).hash(state);
        match self {
            Self::Absent | Self::Null => {}
            Self::Int(v) | Self::Timestamp(v) | Self::Time(v) => v.hash(state),
            Self::UInt(v) | Self::Bit(v) => v.hash(state),
            Self::Float(v) => v.to_bits().hash(state),
            Self::Double(v) => v.to_bits().hash(state),
            Self::Decimal(v) | Self::Text(v) | Self::Json(v) => v.hash(state),
            Self::Date(v) => v.hash(state),
            Self::DateTime(v) => v.hash(state),
            Self::Year(v) => v.hash(state),
            Self::InvalidText(v) => v.bytes.hash(state),
            Self::Bytes(v) => v.hash(state),
            Self::Geometry { srid, wkb } => {
                srid.hash(state);
                wkb.hash(state);
            }
            Self::Vector(v) => v.iter().for_each(|x| x.to_bits().hash(state)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_small() {
        assert!(size_of::<ColValue>() <= 24, "{}", size_of::<ColValue>());
    }

    #[test]
    fn zero_and_impossible_dates_have_no_day() {
        let date = |year, month, day| Date { year, month, day }.days_since_epoch();
        assert_eq!(date(1970, 1, 1), Some(0));
        assert_eq!(date(9999, 12, 31), Some(2_932_896));
        assert_eq!(date(1, 1, 1), Some(-719_162));
        for (y, m, d) in [(0, 0, 0), (2024, 0, 10), (2024, 2, 30), (0, 1, 1)] {
            assert_eq!(date(y, m, d), None);
        }
    }

    #[test]
    fn equality_is_of_bytes() {
        assert_ne!(ColValue::Double(0.0), ColValue::Double(-0.0));
        assert_eq!(ColValue::Double(f64::NAN), ColValue::Double(f64::NAN));
        assert_ne!(ColValue::Absent, ColValue::Null);
        assert_ne!(ColValue::text("a"), ColValue::text("A"));
    }
}
