//! What `dt check` asks of both sides: the same questions, so that equal answers mean equal rows.
//!
//! Every column has a [`Form`]: a canonical text that both engines compute for the same value. A row's text is that of its
//! columns, its hash two CRC32 of the text, forwards and backwards, multiplied: 64 bits that are not linear in the row, so that
//! exchanged values do not cancel out in a sum. Many rows are one [`Digest`], which adds up. So equal digests mean equal rows, but
//! for an accident of one in 2^60 or so; this is no protection against somebody who constructs a collision. Digests that differ
//! mean nothing yet: the rows are asked for, and judged column by column with [`Form::same`].
//!
//! A form that only one engine can compute ([`Form::is_pushed`]) travels as text, is evened out here and mixed into the hash.

pub mod answer;
mod side;

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use dt_common::error::Result;
use dt_common::position::Position;
use dt_common::schema::{ColumnType, TableName, TableSchema};

pub use dt_common::form::{Form, Loss};
pub use side::{Engine, Question};

/// One table of both sides.
#[derive(Debug, Clone)]
pub struct ComparedTable {
    /// Its definition at the source.
    pub schema: Arc<TableSchema>,
    /// Name in the target.
    pub target: TableName,
    /// Quoted names of the columns in the target, in the order of the schema.
    pub target_columns: Vec<String>,
    /// The columns' forms, in the order of the schema.
    pub forms: Vec<Form>,
    /// What may have become of values that the target does not hold, in the order of the schema.
    pub losses: Vec<Loss>,
    /// Which rows of the source are compared, in brackets; `None` for all.
    pub condition: Option<String>,
}

impl ComparedTable {
    /// Whether both engines compute the whole row's hash.
    pub fn is_pushed(&self) -> bool {
        self.forms.iter().all(|form| form.is_pushed())
    }

    /// Whether what both sides have of a column is the same, or what `[values]` makes of it.
    pub fn same(&self, column: usize, source: Option<&str>, target: Option<&str>) -> bool {
        let form = self.forms[column];
        form.same(source, target) || self.losses[column].explains(form, source, target)
    }

    /// Names of the columns that travel as text.
    pub fn unpushed_columns(&self) -> Vec<&str> {
        let columns = self.schema.columns.iter().zip(&self.forms);
        columns.filter(|(_, form)| !form.is_pushed()).map(|(column, _)| column.name.as_str()).collect()
    }

    /// Whether rows are told apart by ranges of the key's first column. Only integers sort alike on both sides.
    pub fn has_ranges(&self) -> bool {
        self.schema.key_columns().first().is_some_and(|&first| {
            let ty = &self.schema.columns[first].ty;
            matches!(ty, ColumnType::Int { .. } | ColumnType::Year | ColumnType::Bit { .. })
        })
    }
}

/// Some rows of a table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Slice {
    /// Values of the key's first column; `None` for all.
    pub range: Option<RangeInclusive<i64>>,
    /// Further: only some of the rows by their hash number; `None` for all.
    pub residues: Option<Residues>,
}

/// Rows by the remainder of a number that belongs to the row: CRC32 of its key, for a table without one the hash of the row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Residues {
    /// The divisor.
    pub modulus: u32,
    /// Remainders.
    pub chosen: Vec<u32>,
}

/// How the rows of a slice are sorted into digests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Buckets {
    /// By equal parts of the slice's range, each so wide; numbered from the range's begin.
    Width(u64),
    /// By the remainder of the row's number.
    Modulus(u32),
}

/// The sum of many rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Digest {
    /// Rows.
    pub rows: u64,
    /// Sum of their hashes.
    pub sum: u128,
}

impl Digest {
    /// Adds a row.
    pub fn add(&mut self, hash: u64) {
        self.rows += 1;
        self.sum += u128::from(hash);
    }
}

/// A row by its name and what it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowMark {
    /// Canonical texts of the key's columns; empty for a table without a key.
    pub key: Vec<String>,
    /// Hash of the whole row.
    pub hash: u64,
    /// The part of it that both engines compute.
    pub pushed: u64,
    /// Equal rows; 1 with a key.
    pub copies: u64,
}

/// A row in full.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowTexts {
    /// What names it.
    pub mark: RowMark,
    /// Canonical text of each column.
    pub texts: Vec<Option<String>>,
}

/// What a side has sent.
#[derive(Debug, Default)]
pub struct Meter {
    rows: AtomicU64,
    bytes: AtomicU64,
}

impl Meter {
    /// Counts a row of an answer.
    pub fn count<'a>(&self, cells: impl Iterator<Item = &'a Option<String>>) {
        let bytes: usize = cells.map(|cell| cell.as_ref().map_or(1, |text| text.len() + 1)).sum();
        self.rows.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Rows and bytes so far.
    pub fn read(&self) -> (u64, u64) {
        (self.rows.load(Ordering::Relaxed), self.bytes.load(Ordering::Relaxed))
    }
}

/// One side of a comparison. Reads only. Questions may be asked side by side; each sees the rows as they are when it is asked.
#[async_trait]
pub trait CompareSide: Send + Sync {
    /// Least and greatest value of the key's first column, of a table with [`ComparedTable::has_ranges`]; `None` for no rows.
    ///
    /// # Errors
    /// As for every method: an unreachable server, a missing privilege, a table that has changed.
    async fn extent(&self, table: &ComparedTable) -> Result<Option<(i128, i128)>>;

    /// Rows of the table, as far as they can be had without counting.
    ///
    /// # Errors
    /// See [`CompareSide::extent`].
    async fn estimate(&self, table: &ComparedTable) -> Result<u64>;

    /// The digests of a slice by bucket; buckets without rows are left out.
    ///
    /// # Errors
    /// See [`CompareSide::extent`].
    async fn digests(
        &self,
        table: &ComparedTable,
        slice: &Slice,
        buckets: Buckets,
        meter: &Meter,
    ) -> Result<BTreeMap<u64, Digest>>;

    /// The rows of a slice. Without a key equal rows are one, with their number.
    ///
    /// # Errors
    /// See [`CompareSide::extent`].
    async fn rows(&self, table: &ComparedTable, slice: &Slice, meter: &Meter) -> Result<Vec<RowMark>>;

    /// Rows in full: those with the marks' keys, without a key one for each of the marks' hashes that is there. What is not there
    /// is left out. The table's condition does not count.
    ///
    /// # Errors
    /// See [`CompareSide::extent`].
    async fn texts(&self, table: &ComparedTable, marks: &[RowMark], meter: &Meter) -> Result<Vec<RowTexts>>;
}

/// The side that is copied.
#[async_trait]
pub trait CompareSource: CompareSide {
    /// Where its change stream ends now: what was read before is not behind it. On MySQL with GTIDs a transaction may be seen for a
    /// moment before it counts.
    ///
    /// # Errors
    /// As for every question; no change stream.
    async fn position(&self) -> Result<Position>;
}

/// The side that holds the copy.
#[async_trait]
pub trait CompareTarget: CompareSide {
    /// What is there of the source's tables, in their order; for each that cannot be compared, why not.
    ///
    /// # Errors
    /// An unreachable server; a route that cannot be used.
    async fn tables(&self, tables: &[Arc<TableSchema>]) -> Result<Vec<Result<ComparedTable>>>;
}
