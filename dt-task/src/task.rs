//! One task: prepares both ends, plans the copy, joins extractor and pipeline, and ends them in order.
//!
//! # How a task ends
//! The extractor ends first: at its natural end, at a signal, or with an error. Its end closes the queue, and the pipeline
//! commits everything whole that is in it. So a task that fails at the source has still delivered all that came before. When
//! both fail, the sink's error is the one to show: its place in the stream comes first.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use dt_common::batch::Checkpoint;
use dt_common::config::{ExtractType, ExtractorConfig, StopAt, TaskConfig};
use dt_common::error::{Error, ErrorKind, Result};
use dt_common::monitor::{CopyState, Monitor};
use dt_common::queue::queue;
use dt_common::schema::TableName;
use dt_common::throttle::Throttle;
use dt_connector::extractor::{ExtractPlan, Extracted, Extractor, Ownership, Repairs};
use dt_connector::sinker::Sinker;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::copy_plan;
use crate::parallelizer;
use crate::pipeline::Pipeline;
use crate::repairs;
use crate::watch::{Watch, report};

/// Longest wait for the next commit when the task is stopped. A target that is slow commits by then; one that is away would be
/// tried again for longer than any service manager waits.
const STOP_TIMEOUT: Duration = Duration::from_secs(30);
/// Longest wait for the target to end its sessions, on which nothing depends.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// How a task ended without an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// It did all that it had to, or it has no end and was asked to stop.
    Done,
    /// It has an end and was stopped before it.
    Stopped,
}

/// What a task is started for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// What its file says.
    Run,
    /// To repair rows, until it is stopped. A change stream goes on meanwhile; without one nothing is copied.
    Repair,
}

/// Runs a task between two given ends. `None`: it has to begin again, between two new ones, see [`Extracted::BeginAgain`].
///
/// # Errors
/// Whatever ended it; everything before is committed.
pub async fn run<S: Sinker>(
    config: &TaskConfig,
    mut extractor: Box<dyn Extractor>,
    sinker: S,
    purpose: Purpose,
    watch: &Watch,
    stop: CancellationToken,
) -> Result<Option<Ended>> {
    let sinker = Arc::new(sinker);
    if until_stopped(&stop, extractor.prepare()).await?.is_none() {
        return Ok(Some(interrupted(config)));
    }
    let result = match config.extract_type {
        ExtractType::Struct => {
            let create = create_tables(config, extractor.as_mut(), sinker.as_ref(), watch);
            match until_stopped(&stop, create).await {
                Ok(Some(())) => Ok(Some(Ended::Done)),
                Ok(None) => Ok(Some(interrupted(config))),
                Err(error) => Err(error),
            }
        }
        ExtractType::Snapshot | ExtractType::Cdc | ExtractType::SnapshotAndCdc => {
            stream(config, extractor, &sinker, purpose, watch, stop).await
        }
    };
    match tokio::time::timeout(CLOSE_TIMEOUT, sinker.close()).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => warn!(%error, "the target's sessions did not close"),
        Err(_) => warn!("the target did not answer to the end of its sessions"),
    }
    result
}

/// Runs a part of the start, which leaves nothing half done, unless the task is stopped first.
async fn until_stopped<T>(
    stop: &CancellationToken,
    work: impl Future<Output = Result<T>>,
) -> Result<Option<T>> {
    tokio::select! {
        biased;
        () = stop.cancelled() => Ok(None),
        result = work => result.map(Some),
    }
}

async fn create_tables<S: Sinker>(
    config: &TaskConfig,
    extractor: &mut dyn Extractor,
    sinker: &S,
    watch: &Watch,
) -> Result<()> {
    let tables = extractor.tables(&Checkpoint::default()).await?;
    config.router.check(&tables)?;
    sinker.check_lists(&tables)?;
    watch.monitor.source_open();
    watch.monitor.target_ready();
    tokio::select! {
        created = sinker.sink_struct(&tables) => created?,
        never = watch.beside_struct(tables.len()) => match never {},
    }
    for table in &tables {
        info!(table = %table.name, columns = table.columns.len(), keyed = table.is_keyed(), "table ready");
    }
    info!(tables = tables.len(), "task ended");
    Ok(())
}

async fn stream<S: Sinker>(
    config: &TaskConfig,
    mut extractor: Box<dyn Extractor>,
    sinker: &Arc<S>,
    purpose: Purpose,
    watch: &Watch,
    stop: CancellationToken,
) -> Result<Option<Ended>> {
    let monitor = &watch.monitor;
    let observer = extractor.observer();
    let prepare = prepare_tables(config, extractor.as_mut(), sinker, purpose, watch);
    let prepared = until_stopped(&stop, prepare).await?;
    let Some(plan) = prepared else { return Ok(Some(interrupted(config))) };
    announce_copies(&plan, &extractor.estimated_rows(), watch);
    let position = plan.checkpoint.position.clone();
    let uncopied = plan.copies.keys().cloned().collect();

    let (to_repair, repairs) = Repairs::queue();
    let plan = ExtractPlan { repairs, ..plan };
    let (sender, receiver) = queue(config.pipeline.queue_bytes());
    let sender = sender.throttled(Throttle::new(config.extractor.rates()));
    monitor.queue_made(sender.fill());
    let parallelizer = parallelizer::create(config.parallelizer.parallel_type);
    let pipeline = Pipeline::new(
        Arc::clone(sinker),
        parallelizer,
        config.parallelizer.parallel_size,
        config.pipeline,
        Arc::clone(monitor),
    )
    .marking_changes((config.extract_type == ExtractType::SnapshotAndCdc).then_some(uncopied));
    let extract_stop = stop.child_token();
    let extraction = tokio::spawn({
        let (extract_stop, stop) = (extract_stop.clone(), stop.clone());
        async move {
            let extracted = extractor.extract(plan, sender, extract_stop).await?;
            // What comes later finds the source read to its end already.
            Ok((extracted, stop.is_cancelled()))
        }
    });
    let delivered = tokio::select! {
        delivered = pipeline.run(receiver, position) => delivered,
        never = watch.beside_stream(config, observer) => match never {},
        never = repairs::look(sinker.as_ref(), config.pipeline.repair_interval, to_repair) => match never {},
        error = overdue(&stop, monitor) => Err(error),
    };
    // A pipeline that has failed has no use for more items.
    extract_stop.cancel();
    let extracted =
        extraction.await.unwrap_or_else(|e| Err(Error::internal("the extractor has panicked").caused_by(e)));
    if delivered.is_ok() && matches!(extracted, Ok((Extracted::BeginAgain, false))) {
        return Ok(None);
    }
    report::totals(monitor);
    delivered?;
    let (_, is_stopped) = extracted?;
    Ok(Some(if is_stopped { interrupted(config) } else { Ended::Done }))
}

/// Ends when the task was stopped and nothing in flight has been committed for too long.
async fn overdue(stop: &CancellationToken, monitor: &Monitor) -> Error {
    stop.cancelled().await;
    loop {
        let committed = monitor.totals().batches;
        tokio::time::sleep(STOP_TIMEOUT).await;
        if monitor.totals().batches == committed {
            return Error::new(
                ErrorKind::Transient,
                format!(
                    "stopped, but the target committed nothing of what was in flight within {} s; the next start finds \
                     out how far the task is and goes on from there",
                    STOP_TIMEOUT.as_secs()
                ),
            );
        }
    }
}

/// Takes the task over and looks at its tables on both sides: everything that comes before the first row.
async fn prepare_tables<S: Sinker>(
    config: &TaskConfig,
    extractor: &mut dyn Extractor,
    sinker: &Arc<S>,
    purpose: Purpose,
    watch: &Watch,
) -> Result<ExtractPlan> {
    let checkpoint = sinker.open().await?;
    let tables = &extractor.tables(&checkpoint).await?[..];
    let all = [tables, &extractor.copied_beside()?].concat();
    config.router.check(&all)?;
    sinker.check_lists(&all)?;
    if config.extract_type == ExtractType::SnapshotAndCdc {
        sinker.sink_struct(tables).await?;
    }
    let targets = sinker.refresh_meta(tables).await?;
    let repairs_only = purpose == Purpose::Repair && config.extract_type == ExtractType::Snapshot;
    let copies = match repairs_only {
        true => HashMap::new(),
        false => copy_plan::plan(config, &checkpoint, tables, &targets)?,
    };
    report::starting(&config.id, tables, &copies, checkpoint.position.as_ref());
    watch.monitor.target_ready();
    let ownership = Ownership::new({
        let sinker = Arc::clone(sinker);
        move || {
            let sinker = Arc::clone(&sinker);
            Box::pin(async move { sinker.confirm().await })
        }
    });
    let monitor = Arc::clone(&watch.monitor);
    Ok(ExtractPlan { checkpoint, copies, monitor, ownership, repairs_only, ..ExtractPlan::default() })
}

/// Tells the monitor what will be copied: how many rows the source estimates, and how many are there from an earlier start.
fn announce_copies(plan: &ExtractPlan, estimates: &HashMap<TableName, u64>, watch: &Watch) {
    let marks = &plan.checkpoint.marks;
    watch.monitor.copies_planned(plan.copies.keys().map(|table| {
        let rows = marks.iter().find(|mark| mark.table == *table).map_or(0, |mark| mark.rows);
        let estimated = estimates.get(table).copied().unwrap_or(0);
        (table.clone(), CopyState { estimated, rows, done: false })
    }));
}

/// What a stop means for the task.
fn interrupted(config: &TaskConfig) -> Ended {
    if has_an_end(config) { Ended::Stopped } else { Ended::Done }
}

/// Whether the task ends by itself.
fn has_an_end(config: &TaskConfig) -> bool {
    let ExtractorConfig::MySql(extractor) = &config.extractor;
    match config.extract_type {
        ExtractType::Struct | ExtractType::Snapshot => true,
        ExtractType::Cdc | ExtractType::SnapshotAndCdc => extractor.stop_at == StopAt::CaughtUp,
    }
}

#[cfg(test)]
mod tests;
