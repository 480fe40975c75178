//! Rows of the target that are to be made what they are at the source.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::form::Form;
use crate::row::Row;
use crate::schema::{TableName, TableSchema};

/// Rows by what names them in a comparison.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum RowNames {
    /// The canonical texts of the key's columns.
    Keys(Vec<Vec<String>>),
    /// Of a table without a key: the number that both engines compute from a row, for all of its copies.
    Hashes(Vec<u64>),
}

/// Some rows of one table that somebody asks the task to repair.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepairPart {
    /// Which one it is.
    pub id: RepairId,
    /// Table at the source.
    pub table: TableName,
    /// The forms of its columns that the names are made with.
    pub forms: Vec<Form>,
    /// The rows.
    pub names: RowNames,
}

/// A part of a request.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RepairId {
    /// The request: unique.
    pub request: String,
    /// Number of the part within it.
    pub part: u32,
}

/// What has become of a part; stored in the same transaction as its rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepairMark {
    /// The part.
    pub id: RepairId,
    /// Why it was not done, if it was not.
    pub refused: Option<String>,
}

/// What the source holds of a part's rows at the place of the stream where this stands.
#[derive(Debug)]
pub struct Repair {
    /// The part.
    pub id: RepairId,
    /// Schema of the rows.
    pub table: Arc<TableSchema>,
    /// The forms that the names are made with.
    pub forms: Vec<Form>,
    /// What is taken out of the target first: keys that the source does not have; all named rows of a table without a key.
    pub gone: RowNames,
    /// The rows as they are at the source: with a key they replace what is there, without one they are added.
    pub rows: Vec<Row>,
}

/// A part on its way to the target: what to do, or why nothing is done.
#[derive(Debug)]
pub enum Repaired {
    /// The rows.
    Rows(Box<Repair>),
    /// They could not be had.
    Refused(RepairMark),
}

impl RowNames {
    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Keys(keys) => keys.len(),
            Self::Hashes(hashes) => hashes.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
