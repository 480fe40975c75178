//! What the pipeline hands to a sink, and what a sink remembers of it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::form::Form;
use crate::item::ChunkMark;
use crate::position::Position;
use crate::repair::{RepairMark, RowNames};
use crate::row::Row;
use crate::schema::{TableName, TableSchema};
#[cfg(doc)]
use crate::value::ColValue;

/// The net change of one table in one batch: what one lane turns into staged work.
#[derive(Debug)]
pub struct TableBatch {
    /// Schema of the rows.
    pub table: Arc<TableSchema>,
    /// The change.
    pub changes: NetChanges,
    /// Whether the batch may hold more of the table, in other parts.
    pub is_part: bool,
}

/// A net change, in the form that the table's key allows.
#[derive(Debug)]
pub enum NetChanges {
    /// New rows of which none can be in the target.
    Append {
        /// Whether all rows of the target table go first.
        clear_first: bool,
        /// The rows.
        rows: Vec<Row>,
    },
    /// Rows of a keyed table that the source has inserted, every key once: the source held none of them before. The target may, as long as
    /// changes come again that a copy has read already, or because of somebody else.
    Inserted {
        /// The rows, all columns of each.
        rows: Vec<Row>,
    },
    /// Rows by key. Every key appears once, in one of the three lists.
    Keyed {
        /// Rows that are there afterwards.
        upserts: Vec<Row>,
        /// Rows whose keys are gone afterwards; values beside the key are those that the source had last.
        deletes: Vec<Row>,
        /// Rows that are there before and afterwards, of which some columns are [`ColValue::Absent`] and stay as they are.
        patches: Vec<Row>,
        /// Where those of `patches` come from that were under another key before. All of them are read before anything is written.
        moves: Vec<Move>,
    },
    /// Rows of a keyless table, as a multiset. No row is in both lists.
    Counted {
        /// Rows to add, each as often as it is listed.
        inserts: Vec<Row>,
        /// Distinct rows and how many equal copies of each go.
        deletes: Vec<(Row, u64)>,
    },
    /// Rows that are made what they are at the source, whatever the target holds of them.
    Repaired {
        /// The forms of the columns that `gone` is made with.
        forms: Vec<Form>,
        /// What goes first.
        gone: RowNames,
        /// Rows that are there afterwards: with a key in place of what is there, without one beside it.
        rows: Vec<Row>,
    },
}

/// A row that gets another key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// The row before, of which the key is there.
    pub former: Row,
    /// The row afterwards, of which the key is there.
    pub row: Row,
    /// Whether the key that it gets was another row's before.
    pub is_vacated: bool,
}

impl NetChanges {
    /// Rows that the change writes or removes.
    pub fn len(&self) -> usize {
        match self {
            Self::Append { rows, .. } | Self::Inserted { rows } => rows.len(),
            Self::Keyed { upserts, deletes, patches, .. } => upserts.len() + deletes.len() + patches.len(),
            Self::Counted { inserts, deletes } => {
                inserts.len() + deletes.iter().map(|(_, copies)| *copies as usize).sum::<usize>()
            }
            Self::Repaired { gone, rows, .. } => gone.len() + rows.len(),
        }
    }

    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Append { clear_first, rows } => !clear_first && rows.is_empty(),
            Self::Inserted { .. } | Self::Keyed { .. } | Self::Counted { .. } | Self::Repaired { .. } => {
                self.len() == 0
            }
        }
    }
}

/// How far a batch takes the task; committed in the same transaction as the batch's rows.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    /// Where a restart begins after this batch; `None` while nothing fixes a position (a snapshot alone).
    pub position: Option<Position>,
    /// Source time of the last transaction, microseconds since 1970; 0 when unknown.
    pub source_time: i64,
    /// Done marks of the batch's snapshot chunks.
    pub marks: Vec<ChunkMark>,
    /// Whether all done marks are forgotten, see [`crate::item::DtItem::CopyFinished`].
    pub forget_marks: bool,
    /// Definitions of tables that are in force from this batch on.
    pub definitions: Vec<Definition>,
    /// What was asked to be repaired and is done with.
    pub repaired: Vec<RepairMark>,
}

/// The definition of a table at the source, in the extractor's own words: what its rows are decoded with behind a restart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Definition {
    /// The table.
    pub table: TableName,
    /// The definition; `None` for a table that is gone.
    pub text: Option<String>,
}

/// What a sink remembers of a task: where to resume.
#[derive(Debug, Clone, Default)]
pub struct Checkpoint {
    /// Where the change stream resumes; `None` when the task has never stored a position.
    pub position: Option<Position>,
    /// See [`Progress::source_time`].
    pub source_time: i64,
    /// The latest done mark of every table whose copy has begun.
    pub marks: Vec<ChunkMark>,
    /// The definitions that were in force at `position`; empty when none were ever stored.
    pub definitions: Vec<Definition>,
}
