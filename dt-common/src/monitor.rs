//! What a task counts: rows and batches of every table, commits, retries, position and lag.
//!
//! Counters move once a batch, never once a row, and only after the batch is committed: what they show is in the target.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::position::Position;
use crate::schema::TableName;

/// Counters of one table. Rows count changes at the source, before the net change per key.
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
    /// Rows written to the target, deletes included: what was left after the net change per key.
    pub written: u64,
    /// Committed batches that held rows of this table.
    pub batches: u64,
}

impl TableCounters {
    /// Rows read from the source in all.
    pub fn rows(&self) -> u64 {
        self.snapshot_rows + self.inserts + self.updates + self.deletes
    }

    /// Adds another count.
    pub fn add(&mut self, other: &Self) {
        self.snapshot_rows += other.snapshot_rows;
        self.inserts += other.inserts;
        self.updates += other.updates;
        self.deletes += other.deletes;
        self.written += other.written;
        self.batches += other.batches;
    }
}

/// What the whole task counts.
#[derive(Debug, Clone, Default)]
pub struct Totals {
    /// Committed batches.
    pub batches: u64,
    /// Time of the last commit, from `BEGIN` to its answer.
    pub last_commit: Duration,
    /// Time of all commits.
    pub commit_time: Duration,
    /// Batches that were tried again.
    pub retries: u64,
    /// Source time of the last committed transaction, microseconds since 1970.
    pub source_time: i64,
    /// Committed position.
    pub position: Option<Position>,
}

/// The counters of a running task; shared by reference, read at any time.
#[derive(Debug, Default)]
pub struct Monitor {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    tables: BTreeMap<TableName, TableCounters>,
    totals: Totals,
}

impl Monitor {
    /// Counts one committed batch.
    pub fn committed<'a>(
        &self,
        tables: impl IntoIterator<Item = (&'a TableName, TableCounters)>,
        update: impl FnOnce(&mut Totals),
    ) {
        let mut inner = self.lock();
        for (name, counters) in tables {
            match inner.tables.get_mut(name) {
                Some(own) => own.add(&counters),
                None => {
                    inner.tables.insert(name.clone(), counters);
                }
            }
        }
        inner.totals.batches += 1;
        update(&mut inner.totals);
    }

    /// The counters of every table so far, by name.
    pub fn tables(&self) -> Vec<(TableName, TableCounters)> {
        self.lock().tables.iter().map(|(name, counters)| (name.clone(), *counters)).collect()
    }

    /// The counters of the task so far.
    pub fn totals(&self) -> Totals {
        self.lock().totals.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Counters stay meaningful even when a thread died while it held them.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
