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
use dt_common::config::{ExistingRows, ExtractType, ExtractorConfig, SinkerConfig, StopAt, TaskConfig};
use dt_common::error::{Error, ErrorKind, Result};
use dt_common::item::ChunkWrite;
use dt_common::monitor::Monitor;
use dt_common::queue::queue;
use dt_common::router::Router;
use dt_common::schema::{TableName, TableSchema};
use dt_connector::extractor::{ExtractPlan, Extractor};
use dt_connector::sinker::{Sinker, TargetTable};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::parallelizer;
use crate::pipeline::Pipeline;
use crate::report;

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

/// Runs a task between two given ends.
///
/// # Errors
/// Whatever ended it; everything before is committed.
pub async fn run<S: Sinker>(
    config: &TaskConfig,
    mut extractor: Box<dyn Extractor>,
    sinker: S,
    stop: CancellationToken,
) -> Result<Ended> {
    let sinker = Arc::new(sinker);
    let Some(tables) = until_stopped(&stop, extractor.prepare()).await? else {
        return Ok(interrupted(config));
    };
    Router::new(&config.router)?.check_one_to_one(tables.iter().map(|table| &table.name))?;
    let result = match config.extract_type {
        ExtractType::Struct => match until_stopped(&stop, create_tables(sinker.as_ref(), &tables)).await {
            Ok(Some(())) => Ok(Ended::Done),
            Ok(None) => Ok(interrupted(config)),
            Err(error) => Err(error),
        },
        ExtractType::Snapshot | ExtractType::Cdc | ExtractType::SnapshotAndCdc => {
            stream(config, extractor, &sinker, tables, stop).await
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

async fn create_tables<S: Sinker>(sinker: &S, tables: &[Arc<TableSchema>]) -> Result<()> {
    sinker.sink_struct(tables).await?;
    for table in tables {
        info!(table = %table.name, columns = table.columns.len(), keyed = table.is_keyed(), "table ready");
    }
    info!(tables = tables.len(), "task ended");
    Ok(())
}

async fn stream<S: Sinker>(
    config: &TaskConfig,
    mut extractor: Box<dyn Extractor>,
    sinker: &Arc<S>,
    tables: Vec<Arc<TableSchema>>,
    stop: CancellationToken,
) -> Result<Ended> {
    let prepared = until_stopped(&stop, prepare_target(config, sinker.as_ref(), &tables)).await?;
    let Some(plan) = prepared else { return Ok(interrupted(config)) };
    let position = plan.checkpoint.position.clone();

    let monitor = Arc::new(Monitor::default());
    let (sender, receiver) = queue(config.pipeline.buffer_bytes);
    let parallelizer = parallelizer::create(config.parallelizer.parallel_type);
    let pipeline = Pipeline::new(
        Arc::clone(sinker),
        parallelizer,
        config.parallelizer.parallel_size,
        config.pipeline,
        Arc::clone(&monitor),
    );
    let extract_stop = stop.child_token();
    let extraction = tokio::spawn({
        let (extract_stop, stop) = (extract_stop.clone(), stop.clone());
        async move {
            extractor.extract(plan, sender, extract_stop).await?;
            // What comes later finds the source read to its end already.
            Ok(stop.is_cancelled())
        }
    });
    let delivered = tokio::select! {
        delivered = pipeline.run(receiver, position) => delivered,
        never = report::progress(&monitor, config.pipeline.checkpoint_interval) => match never {},
    };
    // A pipeline that has failed has no use for more items.
    extract_stop.cancel();
    let extracted =
        extraction.await.unwrap_or_else(|e| Err(Error::internal("the extractor has panicked").caused_by(e)));
    report::totals(&monitor);
    delivered?;
    Ok(if extracted? { interrupted(config) } else { Ended::Done })
}

/// Takes the task over and looks at its tables: everything that comes before the first row.
async fn prepare_target<S: Sinker>(
    config: &TaskConfig,
    sinker: &S,
    tables: &[Arc<TableSchema>],
) -> Result<ExtractPlan> {
    let checkpoint = sinker.open().await?;
    if config.extract_type == ExtractType::SnapshotAndCdc {
        sinker.sink_struct(tables).await?;
    }
    let targets = sinker.refresh_meta(tables).await?;
    let copies = plan_copies(config, &checkpoint, tables, &targets)?;
    report::starting(&config.id, tables, &copies, checkpoint.position.as_ref());
    Ok(ExtractPlan { checkpoint, copies })
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

/// Which tables are copied, and how the first chunk of each meets the rows that are there.
fn plan_copies(
    config: &TaskConfig,
    checkpoint: &Checkpoint,
    tables: &[Arc<TableSchema>],
    targets: &[TargetTable],
) -> Result<HashMap<TableName, ChunkWrite>> {
    let policy = match &config.sinker {
        SinkerConfig::Databend(databend) => databend.on_existing_rows,
        SinkerConfig::Dummy => ExistingRows::Upsert,
    };
    let mut copies = HashMap::new();
    for (table, target) in tables.iter().zip(targets) {
        let mark = checkpoint.marks.iter().find(|mark| mark.table == table.name);
        let write = match (config.extract_type, mark) {
            (ExtractType::Struct, _) | (ExtractType::Cdc, None) => continue,
            (_, Some(mark)) if mark.done => continue,
            (ExtractType::Cdc, Some(_)) => {
                return Err(Error::config(format!(
                    "task `{}`: the snapshot of {} is unfinished; run the task with its former extract_type until \
                     the snapshot has ended",
                    config.id, table.name
                )));
            }
            // Rows of the unfinished copy are there. Only a key tells them apart from those that are still to come.
            (ExtractType::Snapshot | ExtractType::SnapshotAndCdc, Some(_)) if table.is_keyed() => {
                ChunkWrite::Upsert
            }
            (ExtractType::Snapshot | ExtractType::SnapshotAndCdc, Some(_)) => ChunkWrite::ClearThenAppend,
            (ExtractType::Snapshot | ExtractType::SnapshotAndCdc, None) if !target.has_rows => {
                ChunkWrite::Append
            }
            (ExtractType::Snapshot | ExtractType::SnapshotAndCdc, None) => on_existing_rows(policy, table)?,
        };
        copies.insert(table.name.clone(), write);
    }
    Ok(copies)
}

fn on_existing_rows(policy: ExistingRows, table: &TableSchema) -> Result<ChunkWrite> {
    let refuse = |why: &str| {
        let way_out = "empty it, or set [sinker] on_existing_rows = truncate";
        Err(Error::new(
            ErrorKind::Target,
            format!("the target table of {} holds rows{why}; {way_out}", table.name),
        ))
    };
    match policy {
        ExistingRows::Truncate => Ok(ChunkWrite::ClearThenAppend),
        ExistingRows::Upsert if table.is_keyed() => Ok(ChunkWrite::Upsert),
        ExistingRows::Upsert => refuse(", and without a key nothing tells them from the rows to copy"),
        ExistingRows::Stop => refuse(", and on_existing_rows = stop"),
    }
}

#[cfg(test)]
mod tests;
