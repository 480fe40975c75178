//! What travels the queue from the extractor to the pipeline.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

use crate::batch::Definition;
use crate::position::{BinlogPosition, CommitMark, Position};
use crate::repair::Repaired;
use crate::row::{Row, RowData, row_memory};
use crate::schema::{SchemaChange, TableName, TableSchema};

/// One item of the stream, in source order.
#[derive(Debug)]
pub enum DtItem {
    /// Where the stream begins when no checkpoint said so, or said so by a file that is another server's or gone. Comes first, if at
    /// all, and is stored before any row.
    Start {
        /// The place.
        position: Position,
        /// Told when the place is stored. Whoever does not wait for it any more may have dropped its other end.
        stored: oneshot::Sender<()>,
    },
    /// A changed row; belongs to the transaction that the next [`DtItem::Commit`] ends.
    Row(RowData),
    /// The end of a source transaction, also of one without rows that anybody follows.
    Commit(CommitMark),
    /// The open transaction is void and its rows so far are dropped. Either the connection was lost inside it, and it follows
    /// again from its first row; or the source rolled it back, and its (now empty) commit follows. Never comes without rows.
    Rollback,
    /// Rows of one table's snapshot with their done mark; whole in itself, never inside a transaction.
    Chunk(Box<SnapshotChunk>),
    /// The last chunk of a snapshot that no change stream follows: its done marks are forgotten, so that the next run of the
    /// task copies anew.
    CopyFinished,
    /// A statement that changes the structure of tables. Comes before the first row of a transaction, or between two.
    Ddl(Box<Ddl>),
    /// The definitions that the rows behind are decoded with, when none were stored. Comes before [`DtItem::Start`].
    Definitions(Vec<Definition>),
    /// What a restart has to know anew of a table, besides its rows; belongs to the transaction that the next [`DtItem::Commit`] ends.
    Tally(Box<Definition>),
    /// Rows of one table as they are at the source at this place, asked for from beside. Never inside a transaction.
    Repair(Repaired),
    /// The source is alive and the stream stands here, outside of a transaction: everything before has been sent.
    Heartbeat(BinlogPosition),
    /// The end of a source transaction that was read again for tables which are copied beside the stream. Ends its rows as
    /// [`DtItem::Commit`] does, and moves the marks of the copy in the place of the position.
    Replayed(Replayed),
    /// A step of copies beside the stream. Never inside a transaction.
    CopyStep(Box<CopyStep>),
}

/// How far the changes of tables are applied to their copies beside the stream.
#[derive(Debug, Clone)]
pub struct Replayed {
    /// The marks of the copies, but for the place.
    pub marks: Arc<[ChunkMark]>,
    /// Changes up to here are applied.
    pub at: BinlogPosition,
}

/// A change of structure that a copy beside the stream takes, with what a restart has to know of the copy. Moves no position.
#[derive(Debug)]
pub struct CopyStep {
    /// The change, and the definitions behind it.
    pub ddl: Ddl,
    /// The marks behind it.
    pub marks: Vec<ChunkMark>,
    /// Told when it is brought about. Whoever does not wait for it any more may have dropped its other end.
    pub done: oneshot::Sender<()>,
}

/// Rows of one table's snapshot. Applied together with [`SnapshotChunk::mark`] or not at all.
#[derive(Debug)]
pub struct SnapshotChunk {
    /// Schema of the rows.
    pub table: Arc<TableSchema>,
    /// Rows in key order, or in any order for a keyless table. May be empty in a table's last chunk.
    pub rows: Vec<Row>,
    /// Memory of the rows.
    pub bytes: usize,
    /// How the rows meet rows that are there already.
    pub write: ChunkWrite,
    /// What a restart has to know.
    pub mark: ChunkMark,
}

/// How a chunk's rows meet rows that are in the target already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChunkWrite {
    /// No row of this chunk can be there.
    Append,
    /// Rows with the same key are replaced.
    Upsert,
    /// All rows of the table go first, in the same transaction; then append.
    ClearThenAppend,
}

/// The done mark of a chunk, stored in the same transaction as its rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChunkMark {
    /// Table at the source.
    pub table: TableName,
    /// Number of the chunk within the table's copy; grows from 0, also across restarts of the copy.
    pub chunk: u64,
    /// Rows of the table copied so far, this chunk included.
    pub rows: u64,
    /// Key of the last row, as literals of the source in key order; `None` for a keyless table and an empty chunk.
    pub last_key: Option<Vec<String>>,
    /// Whether this was the table's last chunk.
    pub done: bool,
    /// What the rows hold of the change stream, where that is known.
    pub reach: Option<Reach>,
}

/// How far behind its beginning a change stream meets itself in a copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reach {
    /// All changes up to there are in the rows, and none behind it: those must not be applied again. So it is where the read view of a keyless
    /// table stands, or a copy beside the stream.
    Exactly(BinlogPosition),
    /// Changes up to there may be in the rows, and come again: where the binlog ended when the last row of a keyed table had been read.
    AtMost(BinlogPosition),
}

impl Reach {
    /// The place, where it is exact.
    pub fn exact(&self) -> Option<&BinlogPosition> {
        match self {
            Self::Exactly(at) => Some(at),
            Self::AtMost(_) => None,
        }
    }
}

impl ChunkMark {
    /// The mark of a table of which nothing is to be copied.
    pub fn complete(table: TableName) -> Self {
        Self { table, chunk: 0, rows: 0, last_key: None, done: true, reach: None }
    }

    /// The mark of a table that is to be copied from its beginning, whatever the target holds of it.
    pub fn to_begin(table: TableName) -> Self {
        Self { done: false, ..Self::complete(table) }
    }
}

/// A statement that changes the structure of tables. Applied as a whole, together with what a restart has to know.
#[derive(Debug, Clone)]
pub struct Ddl {
    /// What it does, in the words of its first keywords (`ALTER TABLE`).
    pub action: String,
    /// The statement as it was logged. May hold values, so it is stored and never logged.
    pub text: String,
    /// Where it stands.
    pub at: BinlogPosition,
    /// What it does to followed tables, policies applied; empty when nothing of it matters to the target.
    pub changes: Vec<SchemaChange>,
    /// Definitions that are in force behind it.
    pub definitions: Vec<Definition>,
    /// The commit that it is; `None` inside a transaction whose rows follow, and whose commit follows those.
    pub mark: Option<CommitMark>,
}

impl DtItem {
    /// Rows that the item holds.
    pub fn rows(&self) -> usize {
        match self {
            Self::Row(_) => 1,
            Self::Chunk(chunk) => chunk.rows.len(),
            Self::Repair(Repaired::Rows(repair)) => repair.rows.len(),
            Self::Start { .. }
            | Self::Commit(_)
            | Self::Rollback
            | Self::CopyFinished
            | Self::Ddl(_)
            | Self::Repair(Repaired::Refused(_))
            | Self::Definitions(_)
            | Self::Heartbeat(_)
            | Self::Tally(_)
            | Self::Replayed(_)
            | Self::CopyStep(_) => 0,
        }
    }

    /// Memory that the item holds, in bytes.
    pub fn memory(&self) -> usize {
        size_of::<Self>()
            + match self {
                Self::Row(row) => row.memory(),
                Self::Chunk(chunk) => chunk.bytes,
                Self::Tally(definition) => definition.text.as_ref().map_or(0, String::len),
                Self::Repair(Repaired::Rows(repair)) => repair.rows.iter().map(|row| row_memory(row)).sum(),
                Self::Start { .. }
                | Self::Commit(_)
                | Self::Rollback
                | Self::CopyFinished
                | Self::Ddl(_)
                | Self::Repair(Repaired::Refused(_))
                | Self::Definitions(_)
                | Self::Heartbeat(_)
                | Self::Replayed(_)
                | Self::CopyStep(_) => 0,
            }
    }
}
