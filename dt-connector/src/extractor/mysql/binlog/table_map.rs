//! Table map events: which table the rows that follow belong to, and how its columns are laid out.
//!
//! The layout is the MySQL source's `Table_map_event`: table id, flags, names, one type byte a column, the types' metadata,
//! the NULL bits, then optional metadata, of which the signedness and the columns' names are read.

use dt_common::error::Result;

use super::cursor::{Cursor, malformed};

/// A table map, borrowed from its event.
#[derive(Debug)]
pub(super) struct TableMap<'a> {
    /// Database, as bytes of UTF-8.
    pub(super) db: &'a [u8],
    /// Table, as bytes of UTF-8.
    pub(super) table: &'a [u8],
    types: &'a [u8],
    metadata: Cursor<'a>,
    optional: Cursor<'a>,
}

/// How one column is laid out in a row image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wire {
    /// TINYINT .. BIGINT; `unsigned` is known where the server logs it.
    Int { bytes: u8, unsigned: Option<bool> },
    /// Packed DECIMAL.
    Decimal { precision: u8, scale: u8 },
    /// FLOAT.
    Float,
    /// DOUBLE.
    Double,
    /// BIT(n).
    Bit { bits: u16 },
    /// DATE.
    Date,
    /// DATETIME, TIMESTAMP and TIME as of MySQL 5.6.
    DateTime { fsp: u8 },
    /// See [`Wire::DateTime`].
    Timestamp { fsp: u8 },
    /// See [`Wire::DateTime`].
    Time { fsp: u8 },
    /// DATETIME, TIMESTAMP and TIME of MariaDB with `mysql56_temporal_format = OFF`; the fraction digits are not logged.
    OldDateTime,
    /// See [`Wire::OldDateTime`].
    OldTimestamp,
    /// See [`Wire::OldDateTime`].
    OldTime,
    /// YEAR.
    Year,
    /// CHAR, BINARY, and MariaDB's fixed-length types.
    Fixed { len: u32 },
    /// VARCHAR, VARBINARY.
    Variable { len: u32 },
    /// TEXT, BLOB.
    Blob { length_bytes: u8 },
    /// ENUM.
    Enum { bytes: u8 },
    /// SET.
    Set { bytes: u8 },
    /// MySQL's JSON.
    Json { length_bytes: u8 },
    /// Spatial types.
    Geometry { length_bytes: u8 },
    /// MySQL's VECTOR.
    Vector { length_bytes: u8 },
    /// A MariaDB COMPRESSED column.
    Compressed { length_bytes: u8 },
}

/// The table id that rows events name when they only end a statement.
pub(super) const NO_TABLE: u64 = 0xff_ffff;

/// Field of the optional metadata: a bit for each number, set where it is unsigned.
const SIGNEDNESS: u8 = 1;
/// Field of the optional metadata: the names, each behind its length.
const COLUMN_NAMES: u8 = 4;

/// Table id of a table map or rows event.
pub(super) fn table_id(body: &[u8]) -> Result<u64> {
    Cursor::new(body).le(6)
}

impl<'a> TableMap<'a> {
    /// Reads the body of a table map event.
    pub(super) fn parse(body: &'a [u8]) -> Result<Self> {
        let mut cursor = Cursor::new(body);
        cursor.take(6 + 2)?;
        let db = cursor.prefixed(1)?;
        cursor.take(1)?;
        let table = cursor.prefixed(1)?;
        cursor.take(1)?;
        let count = length(&mut cursor)?;
        let types = cursor.take(count)?;
        let metadata = length(&mut cursor)?;
        let metadata = Cursor::new(cursor.take(metadata)?);
        cursor.take(count.div_ceil(8))?;
        Ok(Self { db, table, types, metadata, optional: cursor })
    }

    /// Number of columns.
    pub(super) fn column_count(&self) -> usize {
        self.types.len()
    }

    /// The columns' layouts.
    pub(super) fn wires(&self) -> Result<Vec<Wire>> {
        let mut metadata = self.metadata;
        let mut numeric = 0;
        // Whether YEAR counts as a number here depends on the server: without knowing, the bits cannot be assigned.
        let signedness = self.field(SIGNEDNESS)?.filter(|_| !self.types.contains(&13));
        self.types
            .iter()
            .map(|&code| {
                let bit = signedness.filter(|_| is_numeric(code)).map(|bits| {
                    let set = bits.get(numeric / 8).is_some_and(|byte| byte & (0x80 >> (numeric % 8)) != 0);
                    numeric += 1;
                    set
                });
                wire(code, &mut metadata, bit)
            })
            .collect()
    }

    /// The columns' names, as bytes of UTF-8; `None` where the server does not log them (`binlog_row_metadata`).
    pub(super) fn names(&self) -> Result<Option<Vec<&'a [u8]>>> {
        let Some(field) = self.field(COLUMN_NAMES)? else { return Ok(None) };
        let mut field = Cursor::new(field);
        let name = |_| length(&mut field).and_then(|size| field.take(size));
        (0..self.types.len()).map(name).collect::<Result<_>>().map(Some)
    }

    /// A field of the optional metadata.
    fn field(&self, wanted: u8) -> Result<Option<&'a [u8]>> {
        let mut optional = self.optional;
        while !optional.is_empty() {
            let kind = optional.u8()?;
            let size = length(&mut optional)?;
            let field = optional.take(size)?;
            if kind == wanted {
                return Ok(Some(field));
            }
        }
        Ok(None)
    }
}

fn is_numeric(code: u8) -> bool {
    matches!(code, 1..=5 | 8 | 9 | 246)
}

fn length(cursor: &mut Cursor<'_>) -> Result<usize> {
    usize::try_from(cursor.lenenc()?).map_err(|_| malformed("a table map"))
}

fn wire(code: u8, metadata: &mut Cursor<'_>, unsigned: Option<bool>) -> Result<Wire> {
    let int = |bytes| Ok(Wire::Int { bytes, unsigned });
    match code {
        1 => int(1),
        2 => int(2),
        9 => int(3),
        3 => int(4),
        8 => int(8),
        4 => metadata.u8().map(|_| Wire::Float),
        5 => metadata.u8().map(|_| Wire::Double),
        7 => Ok(Wire::OldTimestamp),
        10 | 14 => Ok(Wire::Date),
        11 => Ok(Wire::OldTime),
        12 => Ok(Wire::OldDateTime),
        13 => Ok(Wire::Year),
        15 | 253 => Ok(Wire::Variable { len: metadata.le(2)? as u32 }),
        16 => {
            let (bits, bytes) = (u16::from(metadata.u8()?), u16::from(metadata.u8()?));
            Ok(Wire::Bit { bits: bytes * 8 + bits })
        }
        17 => Ok(Wire::Timestamp { fsp: fsp(metadata)? }),
        18 => Ok(Wire::DateTime { fsp: fsp(metadata)? }),
        19 => Ok(Wire::Time { fsp: fsp(metadata)? }),
        140 => Ok(Wire::Compressed { length_bytes: metadata.u8()? }),
        141 => Ok(Wire::Compressed { length_bytes: if metadata.le(2)? > 255 { 2 } else { 1 } }),
        242 => Ok(Wire::Vector { length_bytes: metadata.u8()? }),
        245 => Ok(Wire::Json { length_bytes: metadata.u8()? }),
        246 => Ok(Wire::Decimal { precision: metadata.u8()?, scale: metadata.u8()? }),
        247 | 248 | 254 => string(metadata.u8()?, metadata.u8()?),
        249..=252 => Ok(Wire::Blob { length_bytes: metadata.u8()? }),
        255 => Ok(Wire::Geometry { length_bytes: metadata.u8()? }),
        _ => Err(malformed(&format!("column type {code}"))),
    }
}

fn fsp(metadata: &mut Cursor<'_>) -> Result<u8> {
    let fsp = metadata.u8()?;
    if fsp > 6 { Err(malformed("more than 6 fraction digits")) } else { Ok(fsp) }
}

/// STRING's two metadata bytes hold the real type; lengths above 255 put two bits, inverted, into the type byte.
fn string(real_type: u8, low: u8) -> Result<Wire> {
    let high = u32::from(real_type & 0x30 ^ 0x30) << 4;
    match (real_type | 0x30, high) {
        (247, 0) => Ok(Wire::Enum { bytes: low }),
        (248, 0) => Ok(Wire::Set { bytes: low }),
        (254, high) => Ok(Wire::Fixed { len: high | u32::from(low) }),
        _ => Err(malformed("a string type")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table_map(types: &[u8], metadata: &[u8], optional: &[u8]) -> Vec<u8> {
        let mut body = vec![7, 0, 0, 0, 0, 0, 1, 0, 1, b'd', 0, 2, b't', b'x', 0, types.len() as u8];
        body.extend_from_slice(types);
        body.push(metadata.len() as u8);
        body.extend_from_slice(metadata);
        body.extend(vec![0xff; types.len().div_ceil(8)]);
        body.extend_from_slice(optional);
        body
    }

    #[test]
    fn names_and_layouts() {
        let types = [3, 254, 254, 254, 246, 15, 16, 18, 252];
        let metadata = [254, 40, 0xce, 0xfc, 247, 1, 10, 2, 0x90, 1, 3, 1, 6, 2];
        let body = table_map(&types, &metadata, &[1, 1, 0b1000_0000]);
        let map = TableMap::parse(&body).unwrap();
        assert_eq!((table_id(&body).unwrap(), map.db, map.table), (7, &b"d"[..], &b"tx"[..]));
        assert_eq!(
            map.wires().unwrap(),
            [
                Wire::Int { bytes: 4, unsigned: Some(true) },
                Wire::Fixed { len: 40 },
                Wire::Fixed { len: 1020 },
                Wire::Enum { bytes: 1 },
                Wire::Decimal { precision: 10, scale: 2 },
                Wire::Variable { len: 400 },
                Wire::Bit { bits: 11 },
                Wire::DateTime { fsp: 6 },
                Wire::Blob { length_bytes: 2 },
            ]
        );
        assert!(TableMap::parse(&body[..20]).is_err());
    }

    #[test]
    fn names_are_read_where_they_are_logged() {
        let body = table_map(&[3, 3], &[], &[1, 1, 0, 4, 5, 2, b'i', b'd', 1, b'v']);
        assert_eq!(TableMap::parse(&body).unwrap().names().unwrap(), Some(vec![&b"id"[..], b"v"]));
        let body = table_map(&[3, 3], &[], &[1, 1, 0]);
        assert_eq!(TableMap::parse(&body).unwrap().names().unwrap(), None);
        let body = table_map(&[3, 3], &[], &[4, 3, 2, b'i', b'd']);
        assert!(TableMap::parse(&body).unwrap().names().is_err());
    }

    #[test]
    fn unknown_types_are_errors() {
        let body = table_map(&[99], &[], &[]);
        assert!(TableMap::parse(&body).unwrap().wires().is_err());
    }
}
