//! The one place that every part of a running task tells, and that log, bars and endpoint read.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::counters::{ReplacedValues, TableCounters};
use super::freshness::{Behind, BinlogLook, Freshness};
use super::health::{Health, Source};
use super::histogram::Histogram;
use crate::batch::Progress;
use crate::config::{Class, Policy};
use crate::error::ErrorKind;
use crate::item::ChunkMark;
use crate::position::{BinlogPosition, Position};
use crate::queue::QueueFill;
use crate::schema::TableName;

/// Bounds of commit times in seconds: from an inline commit of a small batch to one that is tried again for a while.
const COMMIT_SECONDS: &[f64] = &[0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0];
/// Bounds of batch sizes in rows, up to ten times the default of `max_rows`.
const BATCH_ROWS: &[f64] = &[1.0, 10.0, 100.0, 1_000.0, 10_000.0, 100_000.0, 1_000_000.0];

/// What the whole task counts.
#[derive(Debug, Clone)]
pub struct Totals {
    /// Committed batches.
    pub batches: u64,
    /// Time of the last commit, from `BEGIN` to its answer.
    pub last_commit: Duration,
    /// When it was answered.
    pub last_commit_at: Option<SystemTime>,
    /// Time of all commits, in seconds.
    pub commit_seconds: Histogram,
    /// Rows read from the source in each batch that held any.
    pub batch_rows: Histogram,
    /// Batches that were tried again, by the kind of error.
    pub retries: HashMap<ErrorKind, u64>,
    /// How often the source was lost.
    pub reconnects: u64,
    /// Committed position.
    pub position: Option<Position>,
    /// Tables that a struct task has created or found.
    pub tables_ready: u64,
}

impl Default for Totals {
    fn default() -> Self {
        Self {
            batches: 0,
            last_commit: Duration::ZERO,
            last_commit_at: None,
            commit_seconds: Histogram::new(COMMIT_SECONDS),
            batch_rows: Histogram::new(BATCH_ROWS),
            retries: HashMap::new(),
            reconnects: 0,
            position: None,
            tables_ready: 0,
        }
    }
}

/// How far the copy of a table is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CopyState {
    /// Rows that the source estimates the table to have; 0 when it does not know.
    pub estimated: u64,
    /// Rows that are copied, those before a restart included.
    pub rows: u64,
    /// Whether that is all.
    pub done: bool,
}

/// A batch that was committed.
#[derive(Debug)]
pub struct CommittedBatch<'a> {
    /// What it held of each table.
    pub tables: &'a [(TableName, TableCounters)],
    /// Values of it that follow a policy.
    pub replaced: Vec<&'a ReplacedValues>,
    /// How far it takes the task.
    pub progress: &'a Progress,
    /// Whether it held changes and was told to [`Monitor::changes_wait`].
    pub had_changes: bool,
    /// Time from the first statement to the answer of the last.
    pub elapsed: Duration,
}

/// The state of a running task; shared by reference, read at any time.
#[derive(Debug, Default)]
pub struct Monitor {
    inner: Mutex<Inner>,
    queue: OnceLock<QueueFill>,
}

#[derive(Debug, Default)]
struct Inner {
    tables: BTreeMap<TableName, TableCounters>,
    copies: BTreeMap<TableName, CopyState>,
    replaced: BTreeMap<(TableName, String, Class), (Policy, u64)>,
    totals: Totals,
    freshness: Freshness,
    health: Health,
}

/// What the parts of a task tell.
impl Monitor {
    /// The target is taken over and its tables fit.
    pub fn target_ready(&self) {
        self.lock().health.target_ready = true;
    }

    /// These tables will be copied; `rows` says how many rows are copied already.
    pub fn copies_planned(&self, copies: impl IntoIterator<Item = (TableName, CopyState)>) {
        self.lock().copies.extend(copies);
    }

    /// So many more tables have been created, or found.
    pub fn tables_ready(&self, tables: usize) {
        self.lock().totals.tables_ready += tables as u64;
    }

    /// The queue of the task.
    pub fn queue_made(&self, fill: QueueFill) {
        // A task has one queue.
        let _ = self.queue.set(fill);
    }

    /// The source is being read.
    pub fn source_open(&self) {
        self.lock().health.source = Source::Open;
    }

    /// The source was lost and will be opened anew.
    pub fn source_lost(&self) {
        let mut inner = self.lock();
        inner.totals.reconnects += 1;
        inner.health.source = match inner.health.source {
            Source::Away(since) => Source::Away(since),
            Source::Starting | Source::Open => Source::Away(Instant::now()),
        };
    }

    /// A look at the source was taken.
    pub fn source_seen(&self, look: BinlogLook) {
        self.lock().freshness.looked(look, now());
    }

    /// A batch has its first change; `time` is its source's commit time, microseconds since 1970.
    pub fn changes_wait(&self, time: i64) {
        self.lock().freshness.begun(time);
    }

    /// The stream has passed a place, and between it and the last change there was nothing to write. `time` as above, or 0.
    pub fn passed(&self, place: &BinlogPosition, time: i64) {
        let mut inner = self.lock();
        if !inner.freshness.is_pending() {
            inner.freshness.reach(place, time);
        }
    }

    /// A batch is being committed.
    pub fn committing(&self) {
        self.lock().health.committing = Some(Instant::now());
    }

    /// The batch in flight is tried again after an error of this kind.
    pub fn retried(&self, kind: ErrorKind) {
        *self.lock().totals.retries.entry(kind).or_default() += 1;
    }

    /// Counts the batch that was committed.
    pub fn committed(&self, batch: CommittedBatch<'_>) {
        let mut inner = self.lock();
        let rows: u64 = batch.tables.iter().map(|(_, counters)| counters.rows()).sum();
        for (name, counters) in batch.tables {
            match inner.tables.get_mut(name) {
                Some(own) => own.add(counters),
                None => {
                    inner.tables.insert(name.clone(), *counters);
                }
            }
        }
        for found in batch.replaced {
            let place = (found.table.clone(), found.column.clone(), found.class);
            let (policy, values) = inner.replaced.entry(place).or_insert((found.policy, 0));
            (*policy, *values) = (found.policy, *values + found.values);
        }
        batch.progress.marks.iter().for_each(|mark| inner.copied(mark));
        inner.health.committing = None;
        let totals = &mut inner.totals;
        totals.batches += 1;
        totals.last_commit = batch.elapsed;
        totals.last_commit_at = Some(wall_clock());
        totals.commit_seconds.observe(batch.elapsed.as_secs_f64());
        if rows > 0 {
            totals.batch_rows.observe(rows as f64);
        }
        if batch.had_changes {
            inner.freshness.committed();
        }
        if let Some(position) = &batch.progress.position {
            inner.totals.position = Some(position.clone());
            if let Some(place) = &position.binlog {
                inner.freshness.reach(place, batch.progress.source_time);
            }
        }
    }
}

/// What is read of a task.
impl Monitor {
    /// The counters of every table so far, by name.
    pub fn tables(&self) -> Vec<(TableName, TableCounters)> {
        self.lock().tables.iter().map(|(name, counters)| (name.clone(), *counters)).collect()
    }

    /// The tables that are copied by this run, by name.
    pub fn copies(&self) -> Vec<(TableName, CopyState)> {
        self.lock().copies.iter().map(|(name, state)| (name.clone(), *state)).collect()
    }

    /// Values that followed a policy so far, by table, column and class.
    pub fn replaced(&self) -> Vec<ReplacedValues> {
        let inner = self.lock();
        let found = inner.replaced.iter();
        found
            .map(|((table, column, class), (policy, values))| ReplacedValues {
                table: table.clone(),
                column: column.clone(),
                class: *class,
                policy: *policy,
                values: *values,
            })
            .collect()
    }

    /// The counters of the task so far.
    pub fn totals(&self) -> Totals {
        self.lock().totals.clone()
    }

    /// Bytes in the queue, and its bound; `None` before there is one.
    pub fn queue(&self) -> Option<(u64, u64)> {
        self.queue.get().map(|fill| (fill.used_bytes(), fill.bound_bytes()))
    }

    /// How far the target is behind. While tables are copied there is no lag: what the source holds is not in the target yet.
    pub fn behind(&self, patience: Duration) -> Behind {
        let inner = self.lock();
        let behind = inner.freshness.behind(now(), patience);
        match inner.copies.values().all(|copy| copy.done) {
            true => behind,
            false => Behind { lag: None, headroom: None, ..behind },
        }
    }

    /// `Ok` when the task does what it is there for, else why not. An end may be away for `patience` before that counts.
    ///
    /// # Errors
    /// The reason, for a person.
    pub fn readiness(&self, patience: Duration) -> Result<(), String> {
        self.lock().health.readiness(patience, Instant::now())
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Counters stay meaningful even when a thread died while it held them.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn copied(&mut self, mark: &ChunkMark) {
        let state = self.copies.entry(mark.table.clone()).or_default();
        (state.rows, state.done) = (mark.rows, mark.done);
    }
}

/// Our clock, microseconds since 1970.
fn now() -> i64 {
    wall_clock().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_micros() as i64)
}

#[expect(
    clippy::disallowed_methods,
    reason = "shown, and compared with the source's clock for the lag that is shown"
)]
fn wall_clock() -> SystemTime {
    SystemTime::now()
}
