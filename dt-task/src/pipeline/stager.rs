//! Reduces batches and encodes them on lanes.

use std::sync::Arc;

use dt_common::batch::{NetChanges, TableBatch};
use dt_common::error::{Error, Result};
use dt_common::monitor::TableCounters;
use dt_common::repair::Repair;
use dt_common::schema::TableSchema;
use dt_connector::sinker::{Sinker, StagedWork};
use futures::{StreamExt, TryStreamExt, stream};
use tokio::sync::mpsc;
use tracing::debug;

use super::batch::{Batch, Body, Counts};
use super::bounds::{Bounds, Held};
use super::{Part, Prepared, StagedBatch, Work};
use crate::parallelizer::Parallelizer;

/// Reduces batches and encodes them on lanes, in order.
pub(super) struct Stager<S: Sinker> {
    pub(super) sinker: Arc<S>,
    pub(super) parallelizer: Box<dyn Parallelizer>,
    pub(super) lanes: usize,
    pub(super) bounds: Bounds,
    /// What is staged of the batch that is being filled.
    pub(super) parts: Option<Staged<S::Staged>>,
    /// The memory that it takes.
    pub(super) held: Vec<Held>,
}

impl<S: Sinker> Stager<S> {
    pub(super) async fn run(
        mut self,
        mut work: mpsc::Receiver<Work>,
        out: mpsc::Sender<Result<Prepared<S::Staged>>>,
    ) {
        while let Some(work) = work.recv().await {
            let prepared = match work {
                Work::Batch(batch) => self.batch(batch).await.map(|batch| Prepared::Batch(Box::new(batch))),
                Work::Ddl(ddl, applied) => Ok(Prepared::Ddl(ddl, applied)),
                Work::Part(part) => match self.part(part).await {
                    Ok(()) => continue,
                    Err(error) => Err(error),
                },
                Work::DropParts => {
                    self.parts = None;
                    self.held.clear();
                    continue;
                }
            };
            let failed = prepared.is_err();
            if out.send(prepared).await.is_err() || failed {
                return;
            }
        }
    }

    /// Stages what is left of a batch behind its parts.
    async fn batch(&mut self, batch: Batch) -> Result<StagedBatch<S::Staged>> {
        let Batch { body, progress, has_changes, stored, turn, permit } = batch;
        let work =
            self.stage(body, self.parts.is_some()).await.map_err(|error| match &progress.position {
                Some(position) => error.at(format!("before position {position}")),
                None => error,
            })?;
        drop(permit);
        self.held.clear();
        let work = match self.parts.take() {
            Some(parts) => parts.followed_by(work),
            None => work,
        };
        Ok(StagedBatch { work, progress, has_changes, stored, _turn: turn })
    }

    async fn part(&mut self, part: Part) -> Result<()> {
        let Part { body, permit } = part;
        let work = self.stage(body, true).await?;
        drop(permit);
        self.held.push(self.bounds.hold(work.staged.iter().map(StagedWork::memory).sum()));
        debug!("part of a batch staged");
        self.parts = Some(match self.parts.take() {
            Some(parts) => parts.followed_by(work),
            None => work,
        });
        Ok(())
    }

    async fn stage(&self, body: Body, is_part: bool) -> Result<Staged<S::Staged>> {
        let mut counters = Counts::of_body(&body);
        let tables = match body {
            // Progress alone: a position that moved without rows, or the end of a snapshot.
            Body::Rows(rows) if rows.is_empty() => Vec::new(),
            Body::Rows(rows) => self.parallelizer.split_rows(rows)?,
            Body::Chunks(chunks) => self.parallelizer.split_chunks(chunks)?,
            Body::Repairs(repairs) => repairs.into_iter().map(repaired).collect(),
        };
        let lanes = tables.into_iter().map(|table| {
            let sinker = Arc::clone(&self.sinker);
            async move {
                let lane = tokio::spawn(lane(sinker, TableBatch { is_part, ..table }));
                lane.await.map_err(|e| Error::internal("a lane has panicked").caused_by(e))?
            }
        });
        // In order: chunks of one table may build on each other.
        let done: Vec<Lane<S>> = stream::iter(lanes).buffered(self.lanes).try_collect().await?;
        let mut staged = Vec::with_capacity(done.len());
        for lane in done {
            counters.of(&lane.table).add(&lane.written);
            staged.push(lane.work);
        }
        Ok(Staged { staged, counters })
    }
}

impl<T> Staged<T> {
    /// This and behind it what comes later.
    fn followed_by(mut self, later: Self) -> Self {
        self.staged.extend(later.staged);
        self.counters.add(later.counters);
        self
    }
}

fn repaired(repair: Repair) -> TableBatch {
    let Repair { table, forms, gone, rows, .. } = repair;
    TableBatch { table, changes: NetChanges::Repaired { forms, gone, rows }, is_part: false }
}

/// What lanes have staged, and what it counts for.
pub(super) struct Staged<T> {
    pub(super) staged: Vec<T>,
    pub(super) counters: Counts,
}

/// What a lane hands back.
struct Lane<S: Sinker> {
    table: Arc<TableSchema>,
    /// What will have been written when it is committed.
    written: TableCounters,
    work: S::Staged,
}

async fn lane<S: Sinker>(sinker: Arc<S>, batch: TableBatch) -> Result<Lane<S>> {
    let (table, mut written) = (Arc::clone(&batch.table), TableCounters::default());
    written.write(&batch.changes);
    let work = sinker.sink_dml(batch).await?;
    written.bytes_out = work.bytes();
    Ok(Lane { table, written, work })
}
