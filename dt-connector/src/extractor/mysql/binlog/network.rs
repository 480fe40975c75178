//! MariaDB's UUID, INET4 and INET6: raw bytes in the binlog, text in SELECT.

use std::fmt::Write;
use std::net::{Ipv4Addr, Ipv6Addr};

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

/// INET6 in its text form.
pub(super) fn inet6(cursor: &mut Cursor<'_>) -> Result<ColValue> {
    Ok(ColValue::text(Ipv6Addr::from(fixed::<16>(cursor)?).to_string()))
}

/// A fixed-length value behind its length; the server cuts trailing zero bytes.
fn fixed<const N: usize>(cursor: &mut Cursor<'_>) -> Result<[u8; N]> {
    let bytes = cursor.prefixed(1)?;
    let mut value = [0; N];
    value.get_mut(..bytes.len()).ok_or_else(|| malformed("a fixed-length value"))?.copy_from_slice(bytes);
    Ok(value)
}
