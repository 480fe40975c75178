//! MariaDB's UUID, INET4 and INET6: raw bytes in the binlog, text in SELECT.

use std::fmt::Write;
use std::net::Ipv4Addr;

use dt_common::error::Result;
use dt_common::value::ColValue;

use super::cursor::{Cursor, malformed};

/// UUID in its text form.
pub(super) fn uuid(cursor: &mut Cursor<'_>) -> Result<ColValue> {
    let bytes = fixed::<16>(cursor)?;
    let mut text = String::with_capacity(36);
    for (i, byte) in bytes.iter().enumerate() {
        if matches!(i, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        write!(text, "{byte:02x}").map_err(|_| malformed("UUID"))?;
    }
    Ok(ColValue::text(text))
}

/// INET4 in its text form.
pub(super) fn inet4(cursor: &mut Cursor<'_>) -> Result<ColValue> {
    Ok(ColValue::text(Ipv4Addr::from(fixed::<4>(cursor)?).to_string()))
}

/// INET6 in the text form of `INET6_NTOA`, which is not quite that of RFC 5952: a single zero word is shortened too, and
/// IPv4-compatible addresses end in dots.
pub(super) fn inet6(cursor: &mut Cursor<'_>) -> Result<ColValue> {
    let bytes = fixed::<16>(cursor)?;
    let mut words = [0; 8];
    for (word, pair) in words.iter_mut().zip(bytes.as_chunks::<2>().0) {
        *word = u16::from_be_bytes(*pair);
    }
    let gap = longest_gap(&words);
    let mut text = String::with_capacity(39);
    let mut i = 0;
    while i < words.len() {
        if gap.is_some_and(|(start, _)| start == i) {
            text.push_str(if i == 0 { "::" } else { ":" });
            i += gap.map_or(1, |(_, length)| length);
        } else if i == 6 && (gap == Some((0, 6)) || (gap == Some((0, 5)) && words[5] == 0xffff)) {
            let [.., a, b, c, d] = bytes;
            write!(text, "{}", Ipv4Addr::new(a, b, c, d)).map_err(|_| malformed("INET6"))?;
            break;
        } else {
            let colon = if i == 7 { "" } else { ":" };
            write!(text, "{:x}{colon}", words[i]).map_err(|_| malformed("INET6"))?;
            i += 1;
        }
    }
    Ok(ColValue::text(text))
}

/// Start and length of the first longest run of zero words.
fn longest_gap(words: &[u16; 8]) -> Option<(usize, usize)> {
    let mut longest: Option<(usize, usize)> = None;
    let mut start = 0;
    for run in words.chunk_by(|a, b| (*a == 0) == (*b == 0)) {
        if run[0] == 0 && longest.is_none_or(|(_, length)| run.len() > length) {
            longest = Some((start, run.len()));
        }
        start += run.len();
    }
    longest
}

/// A fixed-length value behind its length; the server cuts trailing zero bytes.
fn fixed<const N: usize>(cursor: &mut Cursor<'_>) -> Result<[u8; N]> {
    let bytes = cursor.prefixed(1)?;
    let mut value = [0; N];
    value.get_mut(..bytes.len()).ok_or_else(|| malformed("a fixed-length value"))?.copy_from_slice(bytes);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inet6_as_the_server_prints_it() {
        for (words, expected) in [
            ([0; 8], "::"),
            ([0, 0, 0, 0, 0, 0, 0, 1], "::1"),
            ([0, 0, 0, 0, 0, 0, 0x102, 0x304], "::1.2.3.4"),
            ([0, 0, 0, 0, 0, 0xffff, 0x102, 0x304], "::ffff:1.2.3.4"),
            ([0x2001, 0xdb8, 0, 0, 1, 0, 0, 1], "2001:db8::1:0:0:1"),
            ([1, 0, 2, 3, 4, 5, 6, 7], "1::2:3:4:5:6:7"),
            ([0xfe80, 0, 0, 0, 0, 0, 0, 0], "fe80::"),
        ] {
            let mut bytes = vec![16];
            bytes.extend(words.iter().flat_map(|word: &u16| word.to_be_bytes()));
            assert_eq!(inet6(&mut Cursor::new(&bytes)).unwrap(), ColValue::text(expected));
        }
    }
}
