//! An incident event as a server writes it when it could not write events to its binlog.

/// Type of the event, and the one incident there is.
const INCIDENT: u8 = 26;
const LOST_EVENTS: u16 = 1;
const MESSAGE: &[u8] = b"error writing to the binary log";
/// Length of an event's header and of its checksum.
const HEADER: usize = 19;
const CHECKSUM: usize = 4;

/// The bytes of the event at an offset of a file, with a checksum where the file has them.
pub(crate) fn event(offset: usize, checksum: bool) -> Vec<u8> {
    let length = HEADER + 3 + MESSAGE.len() + if checksum { CHECKSUM } else { 0 };
    let mut out = Vec::with_capacity(length);
    out.extend(0_u32.to_le_bytes());
    out.push(INCIDENT);
    out.extend(1_u32.to_le_bytes());
    out.extend((length as u32).to_le_bytes());
    out.extend(((offset + length) as u32).to_le_bytes());
    out.extend(0_u16.to_le_bytes());
    out.extend(LOST_EVENTS.to_le_bytes());
    out.push(MESSAGE.len() as u8);
    out.extend(MESSAGE);
    if checksum {
        out.extend(crc32(&out).to_le_bytes());
    }
    out
}

/// CRC-32 of IEEE 802.3, a bit at a time.
fn crc32(bytes: &[u8]) -> u32 {
    let bit = |crc: u32| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
    !bytes.iter().fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| bit(crc)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_usual_one() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn the_length_is_that_of_the_bytes() {
        for checksum in [false, true] {
            let event = event(1000, checksum);
            assert_eq!(event[9..13], (event.len() as u32).to_le_bytes());
            assert_eq!(event[13..17], (1000 + event.len() as u32).to_le_bytes());
        }
    }
}
