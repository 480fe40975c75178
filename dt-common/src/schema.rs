//! What a source table looks like: columns with their MySQL type in full, and the key that names a row.

mod change;
mod conversion;

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use change::{Alteration, ColumnOrigin, CopyStage, DroppedColumn, Premise, SchemaChange};
pub use conversion::{Conversion, conversion};

/// A table's name: database and table, spelt as the source spells them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TableName {
    /// Database (MySQL also calls it schema).
    pub db: String,
    /// Table.
    pub table: String,
}

impl TableName {
    /// A name from its two parts.
    pub fn new(db: impl Into<String>, table: impl Into<String>) -> Self {
        Self { db: db.into(), table: table.into() }
    }
}

/// Prints `` `db`.`table` ``, as a person would paste it into a MySQL client.
impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`.`{}`", self.db.replace('`', "``"), self.table.replace('`', "``"))
    }
}

/// A table of the source as it was at one moment. Shared by [`Arc`]; never changed once made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableSchema {
    /// Name at the source.
    pub name: TableName,
    /// Followed columns, in the order of the row image.
    pub columns: Vec<Column>,
    /// What names a row; `None` for a keyless table.
    pub key: Option<Key>,
    /// Table comment, empty when there is none.
    pub comment: String,
    /// Storage engine as the source names it (`InnoDB`, `MyISAM`, ..).
    pub engine: String,
}

impl TableSchema {
    /// Positions of the key's columns; empty for a keyless table.
    pub fn key_columns(&self) -> &[usize] {
        self.key.as_ref().map_or(&[], |key| &key.columns)
    }

    /// Whether rows have a name of their own.
    pub fn is_keyed(&self) -> bool {
        self.key.is_some()
    }
}

/// Columns whose values name exactly one row; none of them is nullable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// Positions in [`TableSchema::columns`], in the order of the index.
    pub columns: Vec<usize>,
    /// Where the key comes from.
    pub kind: KeyKind,
}

/// Where a table's key comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeyKind {
    /// The primary key.
    Primary,
    /// A unique index over NOT NULL columns, taken when there is no primary key.
    Unique,
}

/// One column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Name, spelt as the source spells it.
    pub name: String,
    /// Type in full.
    pub ty: ColumnType,
    /// Whether NULL is allowed.
    pub nullable: bool,
    /// Literal default as the source would show it; `None` when there is none or when it is an expression.
    pub default: Option<String>,
    /// Whether the source computes it.
    pub generated: Generated,
    /// Hidden from `SELECT *` (MySQL and MariaDB `INVISIBLE`).
    pub invisible: bool,
    /// Column comment, empty when there is none.
    pub comment: String,
}

/// Whether and how the source computes a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Generated {
    /// A plain column.
    No,
    /// Computed when read; the row image of MySQL and MariaDB carries it all the same.
    Virtual,
    /// Computed when written.
    Stored,
}

/// A MySQL or MariaDB column type with all that decides its range and its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ColumnType {
    /// TINYINT .. BIGINT. BOOL is `TINYINT(1)`.
    Int {
        /// Storage width.
        width: IntWidth,
        /// UNSIGNED (ZEROFILL implies it).
        unsigned: bool,
    },
    /// DECIMAL(precision, scale): precision to 65, scale to 38 (MariaDB) or 30 (MySQL).
    Decimal {
        /// Digits in all.
        precision: u8,
        /// Digits behind the point.
        scale: u8,
    },
    /// FLOAT, 4 bytes.
    Float,
    /// DOUBLE, 8 bytes.
    Double,
    /// BIT(n), n from 1 to 64.
    Bit {
        /// Number of bits.
        bits: u8,
    },
    /// DATE.
    Date,
    /// DATETIME(fsp): a civil date and time without a zone.
    DateTime {
        /// Fraction digits, 0 to 6.
        fsp: u8,
    },
    /// TIMESTAMP(fsp): an instant.
    Timestamp {
        /// Fraction digits, 0 to 6.
        fsp: u8,
    },
    /// TIME(fsp): a signed duration to ±838:59:59.999999.
    Time {
        /// Fraction digits, 0 to 6.
        fsp: u8,
    },
    /// YEAR.
    Year,
    /// CHAR(n).
    Char(Text),
    /// VARCHAR(n).
    VarChar(Text),
    /// TINYTEXT .. LONGTEXT.
    Text(Text),
    /// BINARY(n): fixed, padded with zero bytes.
    Binary {
        /// Length in bytes.
        len: u32,
    },
    /// VARBINARY(n).
    VarBinary {
        /// Greatest length in bytes.
        len: u32,
    },
    /// TINYBLOB .. LONGBLOB.
    Blob {
        /// Greatest length in bytes.
        len: u32,
    },
    /// ENUM; index 1 is the first member, 0 the error value `''`.
    Enum {
        /// Members in order, decoded to UTF-8.
        members: Arc<[String]>,
    },
    /// SET; bit 0 is the first member.
    Set {
        /// Members in order, decoded to UTF-8.
        members: Arc<[String]>,
    },
    /// JSON.
    Json(JsonStorage),
    /// GEOMETRY, POINT, .. : 4 bytes SRID and WKB.
    Geometry,
    /// VECTOR(n): n floats of 4 bytes, little-endian.
    Vector {
        /// Number of elements.
        dimension: u32,
    },
    /// MariaDB UUID: 16 bytes in the binlog, text in SELECT.
    Uuid,
    /// MariaDB INET4: 4 bytes in the binlog, text in SELECT.
    Inet4,
    /// MariaDB INET6: 16 bytes in the binlog, text in SELECT.
    Inet6,
}

impl ColumnType {
    /// What a column of characters (CHAR, VARCHAR, TEXT) adds to its type.
    pub fn text(&self) -> Option<&Text> {
        if let Self::Char(text) | Self::VarChar(text) | Self::Text(text) = self { Some(text) } else { None }
    }

    /// Fraction digits of a type with seconds; 0 for all others.
    pub fn fraction_digits(&self) -> u8 {
        if let Self::DateTime { fsp } | Self::Timestamp { fsp } | Self::Time { fsp } = self {
            *fsp
        } else {
            0
        }
    }
}

/// Storage width of an integer column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum IntWidth {
    /// TINYINT.
    One,
    /// SMALLINT.
    Two,
    /// MEDIUMINT.
    Three,
    /// INT.
    Four,
    /// BIGINT.
    Eight,
}

impl IntWidth {
    /// Bytes in a row image.
    pub fn bytes(self) -> usize {
        match self {
            Self::One => 1,
            Self::Two => 2,
            Self::Three => 3,
            Self::Four => 4,
            Self::Eight => 8,
        }
    }
}

/// What a character column adds to its type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// Greatest length in bytes, in the column's own charset (`CHARACTER_OCTET_LENGTH`).
    pub max_bytes: u64,
    /// Greatest length in characters (`CHARACTER_MAXIMUM_LENGTH`).
    pub max_chars: u64,
    /// Charset by MySQL's name (`utf8mb4`, `latin1`, ..).
    pub charset: String,
}

/// How JSON is stored at the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum JsonStorage {
    /// MySQL: a binary form of its own.
    Binary,
    /// MariaDB: LONGTEXT with a `json_valid` check.
    Text,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_names_print_quoted() {
        assert_eq!(TableName::new("d`b", "t.x").to_string(), "`d``b`.`t.x`");
    }
}
