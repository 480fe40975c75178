//! From the queue to the target: batches cut at source commits, two of them in flight.
//!
//! # The three steps
//! [`cutter`] fills a batch, [`Stager`] reduces and encodes it on lanes, [`Committer`] makes it visible. They run side by side,
//! so that batch N+1 is read, reduced and encoded while batch N commits. A batch holds one of [`IN_FLIGHT`] permits from its
//! first row until it is committed: that bounds the memory, and makes a slow target slow the source.
//!
//! # When a batch closes
//! At a source commit only, as soon as it has enough rows or bytes, or its oldest change has waited for `flush_interval`.
//! A position that moved without rows is stored every `checkpoint_interval`.
//!
//! # Transactions larger than a batch
//! They are staged in parts while they are read, each with its own net change, and a part gives its permit back as soon as it
//! is staged. The parts run in order in the one transaction that the source's commit closes, so that they come to the same as
//! the whole. Nothing of them is visible before.
//!
//! # Errors
//! An error travels down the steps behind the work that came before it. So everything before the place of the error is
//! committed, and nothing behind it.

mod batch;
mod cutter;

use std::pin::pin;
use std::sync::Arc;

use dt_common::batch::{Progress, TableBatch};
use dt_common::config::PipelineConfig;
use dt_common::error::{Error, Result};
use dt_common::item::Ddl;
use dt_common::monitor::{CommittedBatch, Monitor, TableCounters};
use dt_common::position::Position;
use dt_common::queue::ItemReceiver;
use dt_common::row::RowData;
use dt_common::schema::TableSchema;
use dt_connector::sinker::{Sinker, StagedWork};
use futures::{StreamExt, TryStreamExt, stream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tracing::info;

use crate::parallelizer::Parallelizer;
use batch::{Batch, Body, Counts};
use cutter::Cutter;

/// Batches that may exist at the same time: one commits, one is prepared.
const IN_FLIGHT: usize = 2;

/// What the cutter hands on.
enum Work {
    Batch(Batch, OwnedSemaphorePermit),
    /// Rows of a transaction whose end comes with a later batch.
    Part(Vec<RowData>, OwnedSemaphorePermit),
    /// The parts since the last batch are void.
    DropParts,
    /// A change of structure, and whom to tell that it is applied.
    Ddl(Box<(Ddl, Progress)>, oneshot::Sender<()>),
}

/// What the stager hands on.
enum Prepared<T> {
    Batch(Box<StagedBatch<T>>),
    Ddl(Box<(Ddl, Progress)>, oneshot::Sender<()>),
}

struct StagedBatch<T> {
    work: Staged<T>,
    progress: Progress,
    has_changes: bool,
    stored: Option<oneshot::Sender<()>>,
    _permit: OwnedSemaphorePermit,
}

/// What lanes have staged, and what it counts for.
struct Staged<T> {
    staged: Vec<T>,
    counters: Counts,
}

/// Reads the queue to its end into the sink.
pub struct Pipeline<S: Sinker> {
    sinker: Arc<S>,
    parallelizer: Box<dyn Parallelizer>,
    lanes: usize,
    config: PipelineConfig,
    monitor: Arc<Monitor>,
}

impl<S: Sinker> Pipeline<S> {
    /// A pipeline with `lanes` lanes into `sinker`.
    pub fn new(
        sinker: Arc<S>,
        parallelizer: Box<dyn Parallelizer>,
        lanes: usize,
        config: PipelineConfig,
        monitor: Arc<Monitor>,
    ) -> Self {
        Self { sinker, parallelizer, lanes, config, monitor }
    }

    /// Runs until the queue has ended and everything whole in it is committed. `position` is where the task resumes.
    ///
    /// # Errors
    /// The first error of the sink or of the reduction; everything before it is committed.
    pub async fn run(self, items: ItemReceiver, position: Option<Position>) -> Result<()> {
        let (to_stage, work) = mpsc::channel(IN_FLIGHT);
        let (to_commit, prepared) = mpsc::channel(IN_FLIGHT);
        let permits = Arc::new(Semaphore::new(IN_FLIGHT));
        let cutter = Cutter::new(self.config, position, permits, to_stage, Arc::clone(&self.monitor));
        let stager = Stager {
            sinker: Arc::clone(&self.sinker),
            parallelizer: self.parallelizer,
            lanes: self.lanes,
            parts: None,
        };
        let committer = Committer { sinker: self.sinker, monitor: self.monitor };
        let feeding = async { tokio::join!(cutter.run(items), stager.run(work, to_commit)) };
        let mut committing = pin!(committer.run(prepared));
        // The committer ends when everything is committed, or with the first error of any step. It is not left to the
        // next item to notice the error: from an idle source none may ever come.
        tokio::select! {
            result = &mut committing => result,
            ((), ()) = feeding => committing.await,
        }
    }
}

/// Reduces batches and encodes them on lanes, in order.
struct Stager<S: Sinker> {
    sinker: Arc<S>,
    parallelizer: Box<dyn Parallelizer>,
    lanes: usize,
    /// What is staged of a transaction whose end has not come yet.
    parts: Option<Staged<S::Staged>>,
}

impl<S: Sinker> Stager<S> {
    async fn run(mut self, mut work: mpsc::Receiver<Work>, out: mpsc::Sender<Result<Prepared<S::Staged>>>) {
        while let Some(work) = work.recv().await {
            let prepared = match work {
                Work::Batch(batch, permit) => {
                    self.batch(batch, permit).await.map(|batch| Prepared::Batch(Box::new(batch)))
                }
                Work::Ddl(ddl, applied) => Ok(Prepared::Ddl(ddl, applied)),
                Work::Part(rows, _permit) => match self.part(rows).await {
                    Ok(()) => continue,
                    Err(error) => Err(error),
                },
                Work::DropParts => {
                    self.parts = None;
                    continue;
                }
            };
            let failed = prepared.is_err();
            if out.send(prepared).await.is_err() || failed {
                return;
            }
        }
    }

    async fn batch(&mut self, batch: Batch, permit: OwnedSemaphorePermit) -> Result<StagedBatch<S::Staged>> {
        let work = self.stage(batch.body).await.map_err(|error| match &batch.progress.position {
            Some(position) => error.at(format!("before position {position}")),
            None => error,
        })?;
        let work = match self.parts.take() {
            Some(parts) => parts.followed_by(work),
            None => work,
        };
        let Batch { progress, has_changes, stored, .. } = batch;
        Ok(StagedBatch { work, progress, has_changes, stored, _permit: permit })
    }

    async fn part(&mut self, rows: Vec<RowData>) -> Result<()> {
        info!(rows = rows.len(), "transaction larger than a batch: a part of it is staged");
        let work = self.stage(Body::Rows(rows)).await?;
        self.parts = Some(match self.parts.take() {
            Some(parts) => parts.followed_by(work),
            None => work,
        });
        Ok(())
    }

    async fn stage(&self, body: Body) -> Result<Staged<S::Staged>> {
        let mut counters = Counts::of_body(&body);
        let tables = match body {
            // Progress alone: a position that moved without rows, or the end of a snapshot.
            Body::Rows(rows) if rows.is_empty() => Vec::new(),
            Body::Rows(rows) => self.parallelizer.split_rows(rows)?,
            Body::Chunks(chunks) => self.parallelizer.split_chunks(chunks)?,
        };
        let lanes = tables.into_iter().map(|table| {
            let sinker = Arc::clone(&self.sinker);
            async move {
                let lane = tokio::spawn(lane(sinker, table));
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

/// Makes staged batches visible, in order.
struct Committer<S: Sinker> {
    sinker: Arc<S>,
    monitor: Arc<Monitor>,
}

impl<S: Sinker> Committer<S> {
    async fn run(self, mut prepared: mpsc::Receiver<Result<Prepared<S::Staged>>>) -> Result<()> {
        while let Some(prepared) = prepared.recv().await {
            match prepared? {
                Prepared::Batch(batch) => self.commit(*batch).await?,
                Prepared::Ddl(ddl, applied) => {
                    self.apply(&ddl.0, &ddl.1).await?;
                    // A cutter that is gone needs no answer.
                    let _ = applied.send(());
                }
            }
        }
        Ok(())
    }

    async fn apply(&self, ddl: &Ddl, progress: &Progress) -> Result<()> {
        let applied = self.sinker.sink_ddl(ddl, progress).await;
        applied.map_err(|e| e.at(format_args!("binlog {}:{}", ddl.at.file, ddl.at.offset)))
    }

    async fn commit(&self, batch: StagedBatch<S::Staged>) -> Result<()> {
        self.monitor.committing();
        let tables = batch.work.counters.list();
        let report = self.sinker.commit(&batch.work.staged, &batch.progress).await.map_err(|e| {
            let tables: Vec<String> = tables.iter().map(|(name, _)| name.to_string()).collect();
            let error = if tables.is_empty() { e } else { e.at(format!("batch of {}", tables.join(", "))) };
            match &batch.progress.position {
                Some(position) => error.at(format!("before position {position}")),
                None => error,
            }
        })?;
        self.monitor.committed(CommittedBatch {
            tables,
            replaced: batch.work.staged.iter().flat_map(StagedWork::replaced).collect(),
            progress: &batch.progress,
            had_changes: batch.has_changes,
            elapsed: report.elapsed,
        });
        if let Some(stored) = batch.stored {
            // A source that is gone needs no answer.
            let _ = stored.send(());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
