//! What is counted for a table.

use crate::batch::NetChanges;
use crate::config::{Class, Policy};
use crate::item::SnapshotChunk;
use crate::row::{RowChange, RowData};
use crate::schema::TableName;

/// Counters of one table. Rows read count changes at the source, before the net change per key; rows written what was left of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TableCounters {
    /// Rows copied by the snapshot.
    pub snapshot_rows: u64,
    /// Rows inserted.
    pub inserts: u64,
    /// Rows updated.
    pub updates: u64,
    /// Rows deleted.
    pub deletes: u64,
    /// Memory of the rows as they were read, in bytes: both images of an update that changes the key.
    pub bytes_in: u64,
    /// Rows written as new ones.
    pub inserted: u64,
    /// Rows written over those with the same key, if there are any.
    pub upserted: u64,
    /// Rows removed.
    pub removed: u64,
    /// Size of what was sent to the target to write them, in bytes.
    pub bytes_out: u64,
    /// Committed batches that held rows of this table.
    pub batches: u64,
}

/// Values of one column that the target's type does not hold, written as `[values]` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplacedValues {
    /// The table at the source.
    pub table: TableName,
    /// The column at the source.
    pub column: String,
    /// Why they do not fit.
    pub class: Class,
    /// What became of them.
    pub policy: Policy,
    /// How many.
    pub values: u64,
}

impl TableCounters {
    /// Rows read from the source in all.
    pub fn rows(&self) -> u64 {
        self.snapshot_rows + self.inserts + self.updates + self.deletes
    }

    /// Rows written to the target in all, deletes included.
    pub fn written(&self) -> u64 {
        self.inserted + self.upserted + self.removed
    }

    /// Counts a change that was read.
    pub fn read(&mut self, row: &RowData) {
        self.bytes_in += row.memory() as u64;
        match row.change {
            RowChange::Insert { .. } => self.inserts += 1,
            RowChange::Rewrite { .. } | RowChange::Update { .. } | RowChange::Move { .. } => {
                self.updates += 1;
            }
            RowChange::Delete { .. } => self.deletes += 1,
        }
    }

    /// Counts rows that a snapshot has read.
    pub fn copied(&mut self, chunk: &SnapshotChunk) {
        self.bytes_in += chunk.bytes as u64;
        self.snapshot_rows += chunk.rows.len() as u64;
    }

    /// Counts what is to be written.
    pub fn write(&mut self, changes: &NetChanges) {
        match changes {
            NetChanges::Append { rows, .. } => self.inserted += rows.len() as u64,
            NetChanges::Inserted { rows } => self.upserted += rows.len() as u64,
            NetChanges::Keyed { upserts, deletes, patches, .. } => {
                self.upserted += (upserts.len() + patches.len()) as u64;
                self.removed += deletes.len() as u64;
            }
            NetChanges::Counted { inserts, deletes } => {
                self.inserted += inserts.len() as u64;
                self.removed += deletes.iter().map(|(_, copies)| copies).sum::<u64>();
            }
            NetChanges::Repaired { gone, rows, .. } => {
                self.upserted += rows.len() as u64;
                self.removed += gone.len() as u64;
            }
        }
    }

    /// Adds another count.
    pub fn add(&mut self, other: &Self) {
        self.snapshot_rows += other.snapshot_rows;
        self.inserts += other.inserts;
        self.updates += other.updates;
        self.deletes += other.deletes;
        self.bytes_in += other.bytes_in;
        self.inserted += other.inserted;
        self.upserted += other.upserted;
        self.removed += other.removed;
        self.bytes_out += other.bytes_out;
        self.batches += other.batches;
    }
}
