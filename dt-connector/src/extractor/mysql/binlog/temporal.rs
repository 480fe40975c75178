//! Dates and times in the packed forms of the binlog.
//!
//! The forms of MySQL 5.6 and later are big-endian with the sign bit inverted, so that bytes sort as values (MySQL source,
//! `sql-common/my_time.cc`); fraction digits follow in one to three bytes. MariaDB with `mysql56_temporal_format = OFF`
//! still writes its own older forms (MariaDB source, `sql/field.cc`, `sql/compat56.cc`).

use dt_common::error::Result;
use dt_common::value::{ColValue, Date, DateTime};

use super::cursor::{Cursor, malformed};

/// Bytes that `fsp` fraction digits take.
pub(super) fn fraction_bytes(fsp: u8) -> usize {
    usize::from(fsp).div_ceil(2)
}

/// DATE: three bytes, little-endian: 5 bits day, 4 bits month, year.
pub(super) fn date(cursor: &mut Cursor<'_>) -> Result<ColValue> {
    let packed = cursor.le(3)?;
    Ok(ColValue::Date(Date {
        year: (packed >> 9) as u16,
        month: (packed >> 5 & 15) as u8,
        day: (packed & 31) as u8,
    }))
}

/// DATETIME(fsp).
pub(super) fn datetime2(cursor: &mut Cursor<'_>, fsp: u8) -> Result<ColValue> {
    let packed = cursor.be(5)? ^ (1 << 39);
    let micros = fraction(cursor, fsp)?;
    datetime_from_packed(packed, micros).map(ColValue::DateTime)
}

/// TIMESTAMP(fsp). Second 0 is MySQL's zero timestamp.
pub(super) fn timestamp2(cursor: &mut Cursor<'_>, fsp: u8) -> Result<ColValue> {
    let seconds = cursor.be(4)?;
    let micros = fraction(cursor, fsp)?;
    Ok(timestamp(seconds, micros))
}

/// TIME(fsp): hours, minutes and seconds with their fraction as one signed number.
pub(super) fn time2(cursor: &mut Cursor<'_>, fsp: u8) -> Result<ColValue> {
    let bytes = fraction_bytes(fsp);
    let bits = 8 * bytes as u32;
    let packed = cursor.be(3 + bytes)? as i64 - (0x80_0000 << bits);
    let (whole, rest) = (packed.unsigned_abs() >> bits, packed.unsigned_abs() & ((1 << bits) - 1));
    let micros = whole_time_micros(whole)? + micros_of(rest, bytes);
    Ok(ColValue::Time(if packed < 0 { -micros } else { micros }))
}

/// The date and time part of a DATETIME: 17 bits year and month, 5 day, 5 hour, 6 minute, 6 second.
pub(super) fn datetime_from_packed(packed: u64, micros: u32) -> Result<DateTime> {
    let (year_month, day, time) = (packed >> 22, packed >> 17 & 31, packed & 0x1_ffff);
    let value = DateTime {
        date: Date {
            year: u16::try_from(year_month / 13).map_err(|_| malformed("DATETIME"))?,
            month: (year_month % 13) as u8,
            day: day as u8,
        },
        hour: (time >> 12) as u8,
        minute: (time >> 6 & 63) as u8,
        second: (time & 63) as u8,
        micros,
    };
    checked(value)
}

/// Microseconds of the whole part of a TIME: 10 bits hours, 6 minutes, 6 seconds.
pub(super) fn whole_time_micros(whole: u64) -> Result<i64> {
    time_micros(whole >> 12 & 0x3ff, whole >> 6 & 63, whole & 63)
}

/// MariaDB's older TIMESTAMP: seconds, little-endian without and big-endian with a fraction.
pub(super) fn old_timestamp(cursor: &mut Cursor<'_>, fsp: u8) -> Result<ColValue> {
    if fsp == 0 {
        return Ok(timestamp(cursor.le(4)?, 0));
    }
    let seconds = cursor.be(4)?;
    let bytes = fraction_bytes(fsp);
    let micros = cursor.be(bytes)? as u32 * 10_u32.pow(6 - u32::from(fsp));
    Ok(timestamp(seconds, micros))
}

/// MariaDB's older DATETIME: the decimal digits as a number, or with a fraction one mixed-radix number.
pub(super) fn old_datetime(cursor: &mut Cursor<'_>, fsp: u8) -> Result<ColValue> {
    if fsp == 0 {
        let digits = cursor.le(8)?;
        let (date, time) = (digits / 1_000_000, digits % 1_000_000);
        let value = DateTime {
            date: Date {
                year: u16::try_from(date / 10_000).map_err(|_| malformed("DATETIME"))?,
                month: (date / 100 % 100) as u8,
                day: (date % 100) as u8,
            },
            hour: (time / 10_000) as u8,
            minute: (time / 100 % 100) as u8,
            second: (time % 100) as u8,
            micros: 0,
        };
        return checked(value).map(ColValue::DateTime);
    }
    let mut rest = cursor.be(old_datetime_bytes(fsp))?;
    let micros = split(&mut rest, 10_u64.pow(fsp.into())) as u32 * 10_u32.pow(6 - u32::from(fsp));
    let (second, minute, hour) = (split(&mut rest, 60), split(&mut rest, 60), split(&mut rest, 24));
    let (day, month) = (split(&mut rest, 32), split(&mut rest, 13));
    let year = u16::try_from(rest).map_err(|_| malformed("DATETIME"))?;
    let value = DateTime {
        date: Date { year, month: month as u8, day: day as u8 },
        hour: hour as u8,
        minute: minute as u8,
        second: second as u8,
        micros,
    };
    checked(value).map(ColValue::DateTime)
}

/// Bytes of MariaDB's older DATETIME.
pub(super) fn old_datetime_bytes(fsp: u8) -> usize {
    match fsp {
        1 | 2 => 6,
        3..=5 => 7,
        _ => 8,
    }
}

/// MariaDB's older TIME: the decimal digits as a signed number, or with a fraction the units since -839:00:00.
pub(super) fn old_time(cursor: &mut Cursor<'_>, fsp: u8) -> Result<ColValue> {
    if fsp == 0 {
        let digits = (cursor.le(3)? as i64) << 40 >> 40;
        let d = digits.unsigned_abs();
        let micros = time_micros(d / 10_000, d / 100 % 100, d % 100)?;
        return Ok(ColValue::Time(if digits < 0 { -micros } else { micros }));
    }
    let unit = 10_i64.pow(6 - u32::from(fsp));
    let zero = OLD_TIME_ZERO_MICROS / unit;
    Ok(ColValue::Time((cursor.be(old_time_bytes(fsp))? as i64 - zero) * unit))
}

/// Bytes of MariaDB's older TIME.
pub(super) fn old_time_bytes(fsp: u8) -> usize {
    match fsp {
        0 => 3,
        1 | 2 => 4,
        3..=5 => 5,
        _ => 6,
    }
}

/// 839 hours: what MariaDB adds to make every TIME positive.
const OLD_TIME_ZERO_MICROS: i64 = 839 * 3600 * 1_000_000;

fn split(rest: &mut u64, radix: u64) -> u64 {
    let low = *rest % radix;
    *rest /= radix;
    low
}

fn timestamp(seconds: u64, micros: u32) -> ColValue {
    if seconds == 0 {
        return ColValue::DateTime(DateTime::ZERO);
    }
    ColValue::Timestamp(seconds as i64 * 1_000_000 + i64::from(micros))
}

fn fraction(cursor: &mut Cursor<'_>, fsp: u8) -> Result<u32> {
    let bytes = fraction_bytes(fsp);
    Ok(micros_of(cursor.be(bytes)?, bytes) as u32)
}

/// A fraction of one byte counts hundredths, of two bytes ten-thousandths, of three microseconds.
fn micros_of(fraction: u64, bytes: usize) -> i64 {
    fraction as i64
        * match bytes {
            1 => 10_000,
            2 => 100,
            _ => 1,
        }
}

fn time_micros(hours: u64, minutes: u64, seconds: u64) -> Result<i64> {
    if hours > 838 || minutes > 59 || seconds > 59 {
        return Err(malformed("TIME"));
    }
    Ok(((hours * 60 + minutes) * 60 + seconds) as i64 * 1_000_000)
}

fn checked(value: DateTime) -> Result<DateTime> {
    let ok = value.date.year <= 9999
        && value.date.month <= 12
        && value.date.day <= 31
        && value.hour < 24
        && value.minute < 60
        && value.second < 60
        && value.micros < 1_000_000;
    if ok { Ok(value) } else { Err(malformed("DATETIME")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn civil(y: u16, m: u8, d: u8, h: u8, min: u8, s: u8, micros: u32) -> ColValue {
        let date = Date { year: y, month: m, day: d };
        ColValue::DateTime(DateTime { date, hour: h, minute: min, second: s, micros })
    }

    fn read(read: fn(&mut Cursor<'_>, u8) -> Result<ColValue>, bytes: &[u8], fsp: u8) -> ColValue {
        let mut cursor = Cursor::new(bytes);
        let value = read(&mut cursor, fsp).unwrap();
        assert!(cursor.is_empty());
        value
    }

    #[test]
    fn dates() {
        let read = |bytes: [u8; 3]| date(&mut Cursor::new(&bytes)).unwrap();
        assert_eq!(read([0x5c, 0xd1, 0x0f]), ColValue::Date(Date { year: 2024, month: 10, day: 28 }));
        assert_eq!(read([0, 0, 0]), ColValue::Date(Date { year: 0, month: 0, day: 0 }));
    }

    #[test]
    fn datetimes() {
        // 2011-12-13 14:15:16
        let bytes = [0x99, 0x8a, 0xda, 0xe3, 0xd0];
        assert_eq!(read(datetime2, &[0x80, 0, 0, 0, 0], 0), civil(0, 0, 0, 0, 0, 0, 0));
        assert_eq!(read(datetime2, &bytes, 0), civil(2011, 12, 13, 14, 15, 16, 0));
        let with = |fraction: &[u8]| [&bytes[..], fraction].concat();
        assert_eq!(read(datetime2, &with(&[50]), 1), civil(2011, 12, 13, 14, 15, 16, 500_000));
        assert_eq!(read(datetime2, &with(&[0, 50]), 3), civil(2011, 12, 13, 14, 15, 16, 5_000));
        assert_eq!(read(datetime2, &with(&[0, 0, 7]), 6), civil(2011, 12, 13, 14, 15, 16, 7));
    }

    #[test]
    fn timestamps() {
        assert_eq!(read(timestamp2, &[0, 0, 0, 1], 0), ColValue::Timestamp(1_000_000));
        assert_eq!(read(timestamp2, &[0, 0, 0, 1, 99], 2), ColValue::Timestamp(1_990_000));
        assert_eq!(read(timestamp2, &[0, 0, 0, 0, 0, 0, 0], 6), ColValue::DateTime(DateTime::ZERO));
    }

    #[test]
    fn times() {
        let hms = |h: i64, m: i64, s: i64| ((h * 60 + m) * 60 + s) * 1_000_000;
        for (bytes, fsp, expected) in [
            (&[0x80, 0, 0][..], 0, 0),
            (&[0x80, 0x10, 0x83], 0, hms(1, 2, 3)),
            (&[0x4b, 0x91, 0x05], 0, -hms(838, 59, 59)),
            (&[0x7f, 0xff, 0xff, 0xff], 2, -10_000),
            (&[0x7f, 0xff, 0xff, 0x00], 1, -1_000_000),
            (&[0x7f, 0xff, 0xff, 0xff, 0xff, 0xff], 6, -1),
            (&[0x80, 0, 1, 0x00, 0x32], 3, 1_005_000),
        ] {
            assert_eq!(read(time2, bytes, fsp), ColValue::Time(expected), "{bytes:?}");
        }
    }

    #[test]
    fn older_forms() {
        assert_eq!(read(old_timestamp, &[1, 0, 0, 0], 0), ColValue::Timestamp(1_000_000));
        let digits = 20_111_213_141_516_u64.to_le_bytes();
        assert_eq!(read(old_datetime, &digits, 0), civil(2011, 12, 13, 14, 15, 16, 0));
        assert_eq!(read(old_time, &[0x0b, 0x28, 0], 0), ColValue::Time(((60 + 2) * 60 + 51) * 1_000_000));
    }
}
