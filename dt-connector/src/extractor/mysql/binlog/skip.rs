//! Stepping over values: how long they are, not what they mean.

use dt_common::error::Result;

use super::cursor::Cursor;
use super::decimal::packed_len;
use super::table_map::Wire;
use super::temporal::{fraction_bytes, old_datetime_bytes, old_time_bytes};

/// How long the values of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Skip {
    /// So many bytes.
    Fixed(usize),
    /// As their length says, which stands in front of them in so many bytes.
    Prefixed(usize),
}

impl Skip {
    /// For a column as the table map lays it out. `fsp` is its number of fraction digits, which the map leaves out of older forms.
    pub(super) fn of(wire: Wire, fsp: u8) -> Self {
        match wire {
            Wire::Int { bytes, .. } | Wire::Enum { bytes } | Wire::Set { bytes } => Self::Fixed(bytes.into()),
            Wire::Decimal { precision, scale } => Self::Fixed(packed_len(precision, scale)),
            Wire::Float => Self::Fixed(4),
            Wire::Double => Self::Fixed(8),
            Wire::Bit { bits } => Self::Fixed(usize::from(bits).div_ceil(8)),
            Wire::Date => Self::Fixed(3),
            Wire::DateTime { fsp } => Self::Fixed(5 + fraction_bytes(fsp)),
            Wire::Timestamp { fsp } => Self::Fixed(4 + fraction_bytes(fsp)),
            Wire::Time { fsp } => Self::Fixed(3 + fraction_bytes(fsp)),
            Wire::OldDateTime => Self::Fixed(old_datetime_bytes(fsp)),
            Wire::OldTimestamp => Self::Fixed(4 + fraction_bytes(fsp)),
            Wire::OldTime => Self::Fixed(old_time_bytes(fsp)),
            Wire::Year => Self::Fixed(1),
            Wire::Fixed { len } | Wire::Variable { len } => Self::Prefixed(if len > 255 { 2 } else { 1 }),
            Wire::Blob { length_bytes }
            | Wire::Json { length_bytes }
            | Wire::Geometry { length_bytes }
            | Wire::Vector { length_bytes }
            | Wire::Compressed { length_bytes } => Self::Prefixed(length_bytes.into()),
        }
    }

    /// Moves behind one value that is not NULL, and answers its bytes.
    pub(super) fn pass<'a>(self, cursor: &mut Cursor<'a>) -> Result<&'a [u8]> {
        match self {
            Self::Fixed(bytes) => cursor.take(bytes),
            Self::Prefixed(bytes) => cursor.prefixed(bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_layout_has_its_length() {
        use Skip::{Fixed, Prefixed};
        for (wire, fsp, expected) in [
            (Wire::Int { bytes: 3, unsigned: None }, 0, Fixed(3)),
            (Wire::Decimal { precision: 5, scale: 2 }, 0, Fixed(3)),
            (Wire::Bit { bits: 11 }, 0, Fixed(2)),
            (Wire::Set { bytes: 8 }, 0, Fixed(8)),
            (Wire::DateTime { fsp: 6 }, 0, Fixed(8)),
            (Wire::Time { fsp: 1 }, 0, Fixed(4)),
            (Wire::OldDateTime, 0, Fixed(8)),
            (Wire::OldDateTime, 2, Fixed(6)),
            (Wire::OldTimestamp, 3, Fixed(6)),
            (Wire::OldTime, 0, Fixed(3)),
            (Wire::OldTime, 6, Fixed(6)),
            (Wire::Fixed { len: 255 }, 0, Prefixed(1)),
            (Wire::Variable { len: 256 }, 0, Prefixed(2)),
            (Wire::Compressed { length_bytes: 3 }, 0, Prefixed(3)),
        ] {
            assert_eq!(Skip::of(wire, fsp), expected, "{wire:?}");
        }
        let mut cursor = Cursor::new(&[2, 7, 7, 9]);
        assert_eq!(Prefixed(1).pass(&mut cursor).unwrap(), [7, 7]);
        assert_eq!(cursor.rest(), [9]);
        assert!(Fixed(1).pass(&mut cursor).is_err());
    }
}
