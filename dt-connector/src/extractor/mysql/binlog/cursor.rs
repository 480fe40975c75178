//! Reading bytes with the bounds checked: a truncated event is an error, never a panic.

use dt_common::error::{Error, Result};

/// What is left of an event's body.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    /// Reads from the start of `bytes`.
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The next `n` bytes.
    pub(super) fn take(&mut self, n: usize) -> Result<&'a [u8]> {
        let (head, tail) = self.0.split_at_checked(n).ok_or_else(truncated)?;
        self.0 = tail;
        Ok(head)
    }

    /// The next byte.
    pub(super) fn u8(&mut self) -> Result<u8> {
        Ok(self.take(1)?[0])
    }

    /// An unsigned little-endian integer of `n` bytes, at most 8.
    pub(super) fn le(&mut self, n: usize) -> Result<u64> {
        Ok(self.take(n)?.iter().rev().fold(0, |v, &byte| v << 8 | u64::from(byte)))
    }

    /// An unsigned big-endian integer of `n` bytes, at most 8.
    pub(super) fn be(&mut self, n: usize) -> Result<u64> {
        Ok(self.take(n)?.iter().fold(0, |v, &byte| v << 8 | u64::from(byte)))
    }

    /// A length-encoded integer of MySQL's protocol.
    pub(super) fn lenenc(&mut self) -> Result<u64> {
        match self.u8()? {
            0xfc => self.le(2),
            0xfd => self.le(3),
            0xfe => self.le(8),
            small @ 0..=0xfa => Ok(small.into()),
            0xfb | 0xff => Err(malformed("a length-encoded integer")),
        }
    }

    /// Bytes behind their length of `n` bytes.
    pub(super) fn prefixed(&mut self, n: usize) -> Result<&'a [u8]> {
        let length = self.le(n)?;
        self.take(usize::try_from(length).map_err(|_| truncated())?)
    }

    /// Everything that is left.
    pub(super) fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.0)
    }

    /// Number of bytes that are left.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing is left.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The error for bytes that end too early.
pub(super) fn truncated() -> Error {
    Error::source("the binlog event ends too early")
}

/// The error for bytes that make no sense as `what`.
pub(super) fn malformed(what: &str) -> Error {
    Error::source(format!("the binlog event is malformed: {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers() {
        let mut cursor = Cursor::new(&[1, 2, 3, 1, 2, 3, 0xfa, 0xfc, 1, 2]);
        assert_eq!(cursor.le(3).unwrap(), 0x03_02_01);
        assert_eq!(cursor.be(3).unwrap(), 0x01_02_03);
        assert_eq!(cursor.lenenc().unwrap(), 0xfa);
        assert_eq!(cursor.lenenc().unwrap(), 0x0201);
        assert!(cursor.is_empty() && cursor.u8().is_err());
    }
}
