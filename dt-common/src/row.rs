//! Rows and changes of rows.

use std::sync::Arc;

use crate::schema::TableSchema;
use crate::value::ColValue;

/// One row image: a value for each column of its [`TableSchema`], in that order.
pub type Row = Box<[ColValue]>;

/// A change of one row of one table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowData {
    /// The schema that was in force when the row was written.
    pub table: Arc<TableSchema>,
    /// What happened.
    pub change: RowChange,
    /// See [`RowData::memory`].
    bytes: usize,
}

/// What happened to a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowChange {
    /// A new row.
    Insert {
        /// The row.
        after: Row,
    },
    /// A changed row of a keyed table that keeps its key. What it was besides interests nobody.
    Rewrite {
        /// The row as it is.
        after: Row,
    },
    /// A changed row whose key has changed, or that has none.
    Update {
        /// The row as it was.
        before: Row,
        /// The row as it is.
        after: Row,
    },
    /// A row of a keyed table whose key has changed, of which the image leaves columns out. The target holds the row under its
    /// former key as the source did, so that those columns can be taken from there.
    Move {
        /// The row as it was; its key is there.
        before: Row,
        /// The row as it is.
        after: Row,
    },
    /// A row that is gone.
    Delete {
        /// The row as it was.
        before: Row,
    },
}

/// Whether the row image leaves a column out.
pub fn is_partial(row: &[ColValue]) -> bool {
    row.iter().any(|value| matches!(value, ColValue::Absent))
}

/// Takes what a row image leaves out from an image that may hold it.
pub fn complete(row: &mut [ColValue], from: &[ColValue]) {
    for (value, known) in row.iter_mut().zip(from) {
        if matches!(value, ColValue::Absent) {
            value.clone_from(known);
        }
    }
}

/// Memory that a row holds, in bytes.
pub fn row_memory(row: &[ColValue]) -> usize {
    row.iter().map(ColValue::memory).sum()
}

impl RowData {
    /// A change, measured while its values are at hand: whoever bounds or counts it later need not look at them.
    pub fn new(table: Arc<TableSchema>, change: RowChange) -> Self {
        let rows = match &change {
            RowChange::Insert { after } | RowChange::Rewrite { after } => row_memory(after),
            RowChange::Update { before, after } | RowChange::Move { before, after } => {
                row_memory(before) + row_memory(after)
            }
            RowChange::Delete { before } => row_memory(before),
        };
        Self { table, change, bytes: size_of::<Self>() + rows }
    }

    /// Memory that the change holds, in bytes.
    pub fn memory(&self) -> usize {
        self.bytes
    }
}
