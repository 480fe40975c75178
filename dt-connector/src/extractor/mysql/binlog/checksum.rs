//! The checksum behind events that come before the format description.
//!
//! The driver learns from the format description whether events end with a CRC32. The rotate event that starts a dump comes
//! before it, so its file name may have four bytes too many.

use mysql_async::binlog::events::BinlogEventHeader;

/// The body without its checksum, if it ends with the right one.
pub(super) fn stripped<'a>(header: &BinlogEventHeader, body: &'a [u8]) -> &'a [u8] {
    let Some((rest, checksum)) = body.split_last_chunk::<4>() else { return body };
    let mut crc = Crc(u32::MAX);
    crc.update(&header.timestamp().to_le_bytes());
    crc.update(&[header.event_type_raw()]);
    crc.update(&header.server_id().to_le_bytes());
    crc.update(&header.event_size().to_le_bytes());
    crc.update(&header.log_pos().to_le_bytes());
    crc.update(&header.flags_raw().to_le_bytes());
    crc.update(rest);
    if crc.0 ^ u32::MAX == u32::from_le_bytes(*checksum) { rest } else { body }
}

/// CRC32 bit by bit: it runs over one small event a connection.
struct Crc(u32);

impl Crc {
    fn update(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 ^= u32::from(byte);
            for _ in 0..8 {
                self.0 = if self.0 & 1 == 1 { self.0 >> 1 ^ 0xedb8_8320 } else { self.0 >> 1 };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use mysql_async::binlog::{EventFlags, EventType};

    use super::*;

    #[test]
    fn only_a_right_checksum_is_cut_off() {
        let mut crc = Crc(u32::MAX);
        crc.update(b"123456789");
        assert_eq!(crc.0 ^ u32::MAX, 0xcbf4_3926);
        let header = BinlogEventHeader::new(0, EventType::ROTATE_EVENT, 1, 27, 0, EventFlags::empty());
        let mut all = vec![0, 0, 0, 0, 4, 1, 0, 0, 0, 27, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        let body = b"12345678b.000001";
        all.extend_from_slice(body);
        let mut crc = Crc(u32::MAX);
        crc.update(&all);
        let mut with = body.to_vec();
        with.extend_from_slice(&(crc.0 ^ u32::MAX).to_le_bytes());
        assert_eq!(stripped(&header, &with), body);
        assert_eq!(stripped(&header, body), body);
    }
}
