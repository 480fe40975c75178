//! What MariaDB compresses: events (`log_bin_compress`) and the values of COMPRESSED columns.
//!
//! Both begin with a byte that says how many bytes of the original length follow, highest first, and then have a zlib stream. In front
//! of an event's data the byte is `0x80 | method << 4 | bytes` with method 0 (`log_event.cc`, `binlog_buf_compress`); in front of a value it is
//! `method << 4 | raw << 3 | bytes` with method 8, where `raw` leaves zlib's own frame out, and 0 stands before bytes as they are
//! (`field_comp.cc`).

use std::borrow::Cow;
use std::io::Read;

use dt_common::error::Result;
use flate2::read::{DeflateDecoder, ZlibDecoder};

use super::cursor::{Cursor, malformed};

/// The data of a compressed event.
pub(super) fn event(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut cursor = Cursor::new(bytes);
    let head = cursor.u8()?;
    if head & 0xf0 != 0x80 {
        return Err(malformed("a compressed event of an unknown method"));
    }
    let length = original_length(&mut cursor, head)?;
    inflated(ZlibDecoder::new(cursor.rest()), length)
}

/// A rows event with its images as they would be without compression: its head is never compressed.
pub(super) fn rows(version: u8, images: usize, body: &[u8]) -> Result<Vec<u8>> {
    let mut cursor = Cursor::new(body);
    cursor.take(6 + 2)?;
    if version == 2 {
        let extra = cursor.le(2)? as usize;
        cursor.take(extra.checked_sub(2).ok_or_else(|| malformed("a rows event"))?)?;
    }
    let columns = usize::try_from(cursor.lenenc()?).map_err(|_| malformed("a rows event"))?;
    cursor.take(images * columns.div_ceil(8))?;
    let head = &body[..body.len() - cursor.len()];
    Ok([head, &event(cursor.rest())?].concat())
}

/// The value of a COMPRESSED column. An empty one has no head.
pub(super) fn value(bytes: &[u8]) -> Result<Cow<'_, [u8]>> {
    let mut cursor = Cursor::new(bytes);
    if cursor.is_empty() {
        return Ok(Cow::Borrowed(bytes));
    }
    let head = cursor.u8()?;
    match (head >> 4, head & 8 != 0) {
        (0, _) => Ok(Cow::Borrowed(cursor.rest())),
        (8, raw) => {
            let length = original_length(&mut cursor, head)?;
            let data = cursor.rest();
            let value = if raw {
                inflated(DeflateDecoder::new(data), length)
            } else {
                inflated(ZlibDecoder::new(data), length)
            };
            value.map(Cow::Owned)
        }
        _ => Err(malformed("a compressed value of an unknown method")),
    }
}

fn original_length(cursor: &mut Cursor<'_>, head: u8) -> Result<u64> {
    match head & 7 {
        bytes @ 1..=4 => cursor.be(bytes.into()),
        _ => Err(malformed("the length of compressed data")),
    }
}

fn inflated(stream: impl Read, length: u64) -> Result<Vec<u8>> {
    let mut data = Vec::new();
    // One byte more shows data that is longer than it says.
    stream.take(length + 1).read_to_end(&mut data).map_err(|e| malformed("compressed data").caused_by(e))?;
    if data.len() as u64 == length { Ok(data) } else { Err(malformed("the length of compressed data")) }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, ZlibEncoder};

    use super::*;

    fn zlib(data: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(data).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn data_comes_back() {
        let text = b"squeeze ".repeat(100);
        let framed = |head: u8, data: Vec<u8>| [&[head, 3, 32][..], &data].concat();
        assert_eq!(event(&framed(0x82, zlib(&text))).unwrap(), text);
        assert_eq!(&*value(&framed(0x82, zlib(&text))).unwrap(), &text[..]);
        let mut raw = DeflateEncoder::new(Vec::new(), Compression::default());
        raw.write_all(&text).unwrap();
        assert_eq!(&*value(&framed(0x8a, raw.finish().unwrap())).unwrap(), &text[..]);
        assert_eq!((&*value(b"\0abc").unwrap(), &*value(b"").unwrap()), (&b"abc"[..], &b""[..]));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let text = b"squeeze ".repeat(100);
        for head in [&[0x81, 1][..], &[0x82, 3, 33], &[0x80], &[0x92, 3, 32], &[0x85, 0, 0, 0, 3, 32]] {
            let data = [head, &zlib(&text)].concat();
            assert!(event(&data).is_err(), "{head:?}");
        }
        assert!(value(&[0x12, 0]).is_err() && event(&[0x81, 9, 1, 2]).is_err());
    }

    #[test]
    fn the_head_of_a_rows_event_stays() {
        let head = [7, 0, 0, 0, 0, 0, 1, 0, 3, 0b111, 0b111];
        let body = [&head[..], &[0x81, 4], &zlib(b"rows")].concat();
        assert_eq!(rows(1, 2, &body).unwrap(), [&head[..], b"rows"].concat());
    }
}
