//! What a statement does to the followed tables, with the policies of `[schema]` applied: what a sink has to bring about.

use std::sync::Arc;

use super::{TableName, TableSchema};
use crate::value::ColValue;

/// A change of structure. Several of one statement are brought about in their order.
#[derive(Debug, Clone, PartialEq)]
pub enum SchemaChange {
    /// A database of the source that may hold followed tables is new.
    CreateDatabase(String),
    /// A table is new, and empty.
    CreateTable(Arc<TableSchema>),
    /// A table is gone.
    DropTable {
        /// Its name.
        table: TableName,
        /// Whether it stays in the target.
        keep: bool,
    },
    /// A table is empty.
    Truncate(TableName),
    /// A table has another name, or other columns; never both.
    Alter(Alteration),
    /// A table is copied anew beside the stream: into a shadow of the target table, which nobody reads, until the shadow takes its
    /// place. Between [`CopyStage::Begins`] and [`CopyStage::Ends`] rows of the table are meant for the shadow.
    Copy {
        /// The table as it is copied.
        table: Arc<TableSchema>,
        /// How far the copy is.
        stage: CopyStage,
    },
    /// Nothing changes, but what comes behind holds only for a table that is as this says. Comes first.
    Confirm(Premise),
}

/// How far the copy of a table beside the stream is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CopyStage {
    /// It begins: an empty shadow is there, whatever was there before.
    Begins,
    /// It goes on behind a restart, with the rows that the shadow has.
    GoesOn,
    /// It is whole: at once the shadow is the table, and the former table goes.
    Ends,
}

impl SchemaChange {
    /// The table that is changed, by its name before; `None` for a database.
    pub fn table(&self) -> Option<&TableName> {
        match self {
            Self::CreateDatabase(_) => None,
            Self::CreateTable(table) | Self::Copy { table, .. } => Some(&table.name),
            Self::DropTable { table: name, .. } | Self::Truncate(name) => Some(name),
            Self::Alter(alteration) => Some(&alteration.before.name),
            Self::Confirm(premise) => Some(&premise.table.name),
        }
    }

    /// A table's name before and behind it, when it has another one.
    pub fn rename(&self) -> Option<(&TableName, &TableName)> {
        match self {
            Self::Alter(Alteration { before, after, .. }) if before.name != after.name => {
                Some((&before.name, &after.name))
            }
            Self::Alter(_)
            | Self::CreateDatabase(_)
            | Self::CreateTable(_)
            | Self::DropTable { .. }
            | Self::Truncate(_)
            | Self::Confirm(_)
            | Self::Copy { .. } => None,
        }
    }
}

/// What has to be true of a table's rows; a sink that finds it otherwise refuses the statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Premise {
    /// The table before the statement.
    pub table: Arc<TableSchema>,
    /// Rows that it holds.
    pub rows: u64,
    /// Columns, by their positions, of which none is NULL in any row.
    pub full: Vec<usize>,
    /// What is the matter otherwise, as the end of a sentence.
    pub otherwise: String,
}

/// A table before and after, and which column became which.
#[derive(Debug, Clone, PartialEq)]
pub struct Alteration {
    /// The table before the statement.
    pub before: Arc<TableSchema>,
    /// The table behind it.
    pub after: Arc<TableSchema>,
    /// Where each column of `after` comes from, in their order.
    pub origins: Vec<ColumnOrigin>,
    /// Columns of `before` that are gone.
    pub dropped: Vec<DroppedColumn>,
}

/// Where a column comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum ColumnOrigin {
    /// It is new; the rows that were there show this value in it.
    New(ColValue),
    /// It is the column of `before` at this position.
    Was {
        /// Position.
        at: usize,
        /// Whether the target's type stays as it was, because it holds every value of the new one.
        keep_type: bool,
    },
}

/// A column that is gone at the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DroppedColumn {
    /// Position in `before`.
    pub at: usize,
    /// Whether it stays in the target, nullable.
    pub keep: bool,
}
