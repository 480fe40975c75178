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
//! # Errors
//! An error travels down the steps behind the work that came before it. So everything before the place of the error is
//! committed, and nothing behind it.

mod batch;
mod cutter;

use std::pin::pin;
use std::sync::Arc;

use dt_common::batch::Progress;
use dt_common::config::PipelineConfig;
use dt_common::error::{Error, Result};
use dt_common::item::Ddl;
use dt_common::monitor::{Monitor, TableCounters};
use dt_common::position::Position;
use dt_common::queue::ItemReceiver;
use dt_common::schema::TableName;
use dt_connector::sinker::Sinker;
use futures::{StreamExt, TryStreamExt, stream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

use crate::parallelizer::Parallelizer;
use batch::{Batch, Body};
use cutter::Cutter;

/// Batches that may exist at the same time: one commits, one is prepared.
const IN_FLIGHT: usize = 2;

/// What the cutter hands on.
enum Work {
    Batch(Batch, OwnedSemaphorePermit),
    /// A change of structure, and whom to tell that it is applied.
    Ddl(Ddl, oneshot::Sender<()>),
}

/// What the stager hands on.
enum Prepared<T> {
    Batch(StagedBatch<T>),
    Ddl(Ddl, oneshot::Sender<()>),
}

struct StagedBatch<T> {
    staged: Vec<T>,
    counters: Vec<(TableName, TableCounters)>,
    progress: Progress,
    stored: Option<oneshot::Sender<()>>,
    _permit: OwnedSemaphorePermit,
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
        let cutter = Cutter::new(self.config, position, permits, to_stage);
        let stager =
            Stager { sinker: Arc::clone(&self.sinker), parallelizer: self.parallelizer, lanes: self.lanes };
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
}

impl<S: Sinker> Stager<S> {
    async fn run(self, mut work: mpsc::Receiver<Work>, out: mpsc::Sender<Result<Prepared<S::Staged>>>) {
        while let Some(work) = work.recv().await {
            let prepared = match work {
                Work::Batch(batch, permit) => self.stage(batch, permit).await.map(Prepared::Batch),
                Work::Ddl(ddl, applied) => Ok(Prepared::Ddl(ddl, applied)),
            };
            let failed = prepared.is_err();
            if out.send(prepared).await.is_err() || failed {
                return;
            }
        }
    }

    async fn stage(&self, batch: Batch, permit: OwnedSemaphorePermit) -> Result<StagedBatch<S::Staged>> {
        let mut counters = batch.counters();
        let place = batch.progress.position.as_ref().map(|p| format!("before position {p}"));
        let place = |error: Error| match &place {
            Some(place) => error.at(place),
            None => error,
        };
        let tables = match batch.body {
            // Progress alone: a position that moved without rows, or the end of a snapshot.
            Body::Rows(rows) if rows.is_empty() => Vec::new(),
            Body::Rows(rows) => self.parallelizer.split_rows(rows).map_err(place)?,
            Body::Chunks(chunks) => self.parallelizer.split_chunks(chunks).map_err(place)?,
        };
        for table in &tables {
            if let Some((_, counters)) = counters.iter_mut().find(|(name, _)| *name == table.table.name) {
                counters.written += table.changes.len() as u64;
            }
        }
        let lanes = tables.into_iter().map(|table| {
            let sinker = Arc::clone(&self.sinker);
            async move {
                let lane = tokio::spawn(async move { sinker.sink_dml(table).await });
                lane.await.map_err(|e| Error::internal("a lane has panicked").caused_by(e))?
            }
        });
        // In order: chunks of one table may build on each other.
        let staged = stream::iter(lanes).buffered(self.lanes).try_collect().await.map_err(place)?;
        Ok(StagedBatch { staged, counters, progress: batch.progress, stored: batch.stored, _permit: permit })
    }
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
                Prepared::Batch(batch) => self.commit(batch).await?,
                Prepared::Ddl(ddl, applied) => {
                    self.sinker.sink_ddl(&ddl).await?;
                    // A cutter that is gone needs no answer.
                    let _ = applied.send(());
                }
            }
        }
        Ok(())
    }

    async fn commit(&self, batch: StagedBatch<S::Staged>) -> Result<()> {
        let report = self.sinker.commit(&batch.staged, &batch.progress).await.map_err(|e| {
            let tables: Vec<String> = batch.counters.iter().map(|(name, _)| name.to_string()).collect();
            let error = if tables.is_empty() { e } else { e.at(format!("batch of {}", tables.join(", "))) };
            match &batch.progress.position {
                Some(position) => error.at(format!("before position {position}")),
                None => error,
            }
        })?;
        self.monitor.committed(batch.counters.iter().map(|(name, counters)| (name, *counters)), |totals| {
            totals.last_commit = report.elapsed;
            totals.commit_time += report.elapsed;
            totals.retries += u64::from(report.retries);
            if batch.progress.source_time > 0 {
                totals.source_time = batch.progress.source_time;
            }
            if let Some(position) = batch.progress.position {
                totals.position = Some(position);
            }
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
