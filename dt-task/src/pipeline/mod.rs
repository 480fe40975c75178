//! From the queue to the target: batches cut at source commits, two of them in flight.
//!
//! # The three steps
//! [`cutter`] fills a batch, [`stager`] reduces and encodes it on lanes, [`Committer`] makes it visible. They run side by side,
//! so that batch N+1 is read, reduced and encoded while batch N commits. What is read is handed on in parts, as soon as there is
//! enough for one, and staged while the batch still grows: [`bounds`] says how much that is, which bounds the memory and makes a slow
//! target slow the source.
//!
//! # When a batch closes
//! At a source commit only: when its oldest change has waited for `flush_interval` and no batch commits, or when it has as many rows or
//! bytes as a commit may have. So a batch grows while the one before commits: they are large while the task is behind, when the
//! target's work for a commit is the same for many rows as for few, and small when it has caught up. The first batch of changes
//! waits for a pause in the stream, up to three intervals: a task that starts is behind. A position that moved without rows is stored every `checkpoint_interval`.
//!
//! # Transactions larger than a part
//! They are staged while they are read, like any other rows, but the whole ones before them are committed first, so that nothing else
//! has to be undone if they are rolled back. Each part has its own net change; in order they come to the same as the whole.
//! Nothing of them is visible before the source's commit.
//!
//! # Errors
//! An error travels down the steps behind the work that came before it. So everything before the place of the error is
//! committed, and nothing behind it.

mod batch;
mod bounds;
mod cutter;
mod open;
mod stager;

use std::collections::HashSet;
use std::sync::Arc;

use dt_common::batch::Progress;
use dt_common::config::PipelineConfig;
use dt_common::error::{Error, Result};
use dt_common::item::Ddl;
use dt_common::monitor::{CommittedBatch, Monitor};
use dt_common::position::Position;
use dt_common::queue::ItemReceiver;
use dt_common::schema::{SchemaChange, TableName};
use dt_connector::sinker::{Sinker, StagedWork};
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};
use tokio::task::JoinSet;

use crate::copy_plan::marks_behind;
use crate::parallelizer::Parallelizer;
use batch::{Batch, Body};
use bounds::Bounds;
use cutter::Cutter;
use stager::{Staged, Stager};

/// Work that waits between two steps.
const IN_FLIGHT: usize = 2;

/// What the cutter hands on.
enum Work {
    /// What is left of a batch behind its parts.
    Batch(Batch),
    /// A part of the batch that is being filled.
    Part(Part),
    /// The parts since the last batch are void.
    DropParts,
    /// A change of structure, and whom to tell that it is applied.
    Ddl(Box<(Ddl, Progress)>, oneshot::Sender<()>),
}

/// A part of a batch, and its room in memory until it is staged.
struct Part {
    body: Body,
    permit: OwnedSemaphorePermit,
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
    _turn: OwnedSemaphorePermit,
}

/// Reads the queue to its end into the sink.
pub struct Pipeline<S: Sinker> {
    sinker: Arc<S>,
    parallelizer: Box<dyn Parallelizer>,
    lanes: usize,
    config: PipelineConfig,
    monitor: Arc<Monitor>,
    uncopied: Option<HashSet<TableName>>,
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
        Self { sinker, parallelizer, lanes, config, monitor, uncopied: None }
    }

    /// For a task that copies and follows: marks what is to be copied of the tables behind a change of structure. `uncopied` are those that
    /// are not copied to their end.
    pub fn marking_changes(self, uncopied: Option<HashSet<TableName>>) -> Self {
        Self { uncopied, ..self }
    }

    /// Runs until the queue has ended and everything whole in it is committed. `position` is where the task resumes.
    ///
    /// # Errors
    /// The first error of the sink or of the reduction; everything before it is committed.
    pub async fn run(self, items: ItemReceiver, position: Option<Position>) -> Result<()> {
        let (to_stage, work) = mpsc::channel(IN_FLIGHT);
        let (to_commit, prepared) = mpsc::channel(IN_FLIGHT);
        let bounds = Bounds::new(&self.config);
        let cutter = Cutter::new(self.config, position, bounds.clone(), to_stage, Arc::clone(&self.monitor));
        let stager = Stager {
            sinker: Arc::clone(&self.sinker),
            parallelizer: self.parallelizer,
            lanes: self.lanes,
            bounds,
            parts: None,
            held: Vec::new(),
        };
        let committer = Committer { sinker: self.sinker, monitor: self.monitor, uncopied: self.uncopied };
        // Tasks of their own, so that one is not held up by what another computes; they end with this one.
        let mut steps = JoinSet::new();
        steps.spawn(cutter.run(items));
        steps.spawn(stager.run(work, to_commit));
        // The committer ends when everything is committed, or with the first error of any step. It is not left to the
        // next item to notice the error: from an idle source none may ever come.
        committer.run(prepared).await?;
        while let Some(ended) = steps.join_next().await {
            ended.map_err(|e| Error::internal("a step of the pipeline has panicked").caused_by(e))?;
        }
        Ok(())
    }
}

/// Makes staged batches visible, in order.
struct Committer<S: Sinker> {
    sinker: Arc<S>,
    monitor: Arc<Monitor>,
    uncopied: Option<HashSet<TableName>>,
}

impl<S: Sinker> Committer<S> {
    async fn run(mut self, mut prepared: mpsc::Receiver<Result<Prepared<S::Staged>>>) -> Result<()> {
        while let Some(prepared) = prepared.recv().await {
            match prepared? {
                Prepared::Batch(batch) => {
                    if let Some(uncopied) = &mut self.uncopied {
                        let marks = &batch.progress.marks;
                        uncopied.retain(|table| !marks.iter().any(|mark| mark.done && mark.table == *table));
                    }
                    self.commit(*batch).await?;
                }
                Prepared::Ddl(change, applied) => {
                    let (mut ddl, mut progress) = *change;
                    self.mark(&mut ddl, &mut progress);
                    self.apply(&ddl, &progress).await?;
                    // A cutter that is gone needs no answer.
                    let _ = applied.send(());
                }
            }
        }
        Ok(())
    }

    /// Marks what is to be copied behind a change. Nothing can be confirmed of rows that are not all there, and need not be: they are copied anew.
    fn mark(&mut self, ddl: &mut Ddl, progress: &mut Progress) {
        let Some(uncopied) = &mut self.uncopied else { return };
        progress.marks.extend(marks_behind(&ddl.changes, uncopied));
        ddl.changes.retain(|change| match change {
            SchemaChange::Confirm(premise) => !uncopied.contains(&premise.table.name),
            SchemaChange::CreateDatabase(_)
            | SchemaChange::CreateTable(_)
            | SchemaChange::DropTable { .. }
            | SchemaChange::Truncate(_)
            | SchemaChange::Alter(_)
            | SchemaChange::Copy { .. } => true,
        });
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
