//! Several tables at once: readers that take tables from a shared list.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use dt_common::error::{Error, ErrorKind, Result};
use dt_common::monitor::Monitor;
use dt_common::queue::ItemSender;
use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use rand::Rng;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::table::TableCopy;
use crate::extractor::mysql::connection::{Connector, answer, close};

/// Tries in a row that may fail before a reader gives up: with the pauses below, about five minutes.
const MAX_FAILURES: u32 = 15;

/// Longest pause between two tries.
const MAX_PAUSE: Duration = Duration::from_secs(30);

/// How a copy reads.
#[derive(Clone)]
pub(crate) struct Settings {
    /// Opens the readers' connections.
    pub(crate) connector: Connector,
    /// Tables read at once.
    pub(crate) readers: usize,
    /// Longest wait for the source's next answer or row.
    pub(crate) patience: Duration,
    /// Rows of a page.
    pub(crate) chunk_rows: usize,
    /// Bytes that close a chunk before its rows do.
    pub(crate) chunk_bytes: usize,
    /// Whether each table is read in a read view of its own, so that it arrives as it was at one moment. Not needed, and
    /// left out for the sake of the source's undo log and of waiting DDL, where a change stream follows.
    pub(crate) table_views: bool,
    /// Whom to tell that the source is open, or lost.
    pub(crate) monitor: Arc<Monitor>,
}

/// A connection that holds an exact read view, and the keyless tables that are read through it.
pub(crate) struct View {
    /// In the read view's transaction.
    pub(crate) conn: Conn,
    /// What is read through it, one table after the other.
    pub(crate) tables: Vec<TableCopy>,
}

/// How a copy ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Copied {
    /// Every table is done.
    All,
    /// It was stopped before.
    Stopped,
}

/// Copies tables until all are done, one fails or `stop` is cancelled.
///
/// # Errors
/// The first reader's error; the others are ended.
pub(crate) async fn copy_tables(
    settings: &Settings,
    tables: Vec<TableCopy>,
    view: Option<View>,
    out: &ItemSender,
    stop: &CancellationToken,
) -> Result<Copied> {
    let readers = settings.readers.min(tables.len());
    let list = Arc::new(Mutex::new(VecDeque::from(tables)));
    // Dropping the set ends every reader that still runs.
    let mut running: JoinSet<Result<()>> = JoinSet::new();
    for _ in 0..readers {
        running.spawn(read_list(settings.clone(), Arc::clone(&list), out.clone()));
    }
    if let Some(view) = view {
        settings.monitor.source_open();
        running.spawn(read_view(view, settings.clone(), out.clone()));
    }
    loop {
        tokio::select! {
            () = stop.cancelled() => return Ok(Copied::Stopped),
            ended = running.join_next() => match ended {
                None => return Ok(Copied::All),
                Some(Ok(result)) => result?,
                Some(Err(e)) => return Err(Error::internal("a snapshot reader ended unexpectedly").caused_by(e)),
            },
        }
    }
}

async fn read_list(settings: Settings, list: Arc<Mutex<VecDeque<TableCopy>>>, out: ItemSender) -> Result<()> {
    let next = || list.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    let mut conn = None;
    while let Some(mut table) = next() {
        let (mut failures, mut copied) = (0, table.copied_rows());
        while let Err(error) = read_table(&settings, &mut conn, &mut table, &out).await {
            failures = if table.copied_rows() > copied { 1 } else { failures + 1 };
            if error.kind() != ErrorKind::Transient || failures > MAX_FAILURES {
                return Err(error);
            }
            settings.monitor.source_lost();
            warn!(table = %table.table().name, %error, failures, "reading failed, trying again");
            conn = None;
            table.restart();
            copied = table.copied_rows();
            tokio::time::sleep(pause(failures)).await;
        }
        info!(table = %table.table().name, rows = table.copied_rows(), "table copied");
    }
    if let Some(conn) = conn {
        close(conn).await;
    }
    Ok(())
}

/// Reads what is left of a table, on the reader's connection or a new one.
async fn read_table(
    settings: &Settings,
    conn: &mut Option<Conn>,
    table: &mut TableCopy,
    out: &ItemSender,
) -> Result<()> {
    let conn = match conn {
        Some(conn) => conn,
        None => conn.insert(settings.connector.connect().await?),
    };
    settings.monitor.source_open();
    if settings.table_views {
        let begin = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY";
        answer(settings.patience, "opening a read view", conn.query_drop(begin)).await?;
    }
    table.run(conn, settings, out).await?;
    if settings.table_views {
        answer(settings.patience, "closing a read view", conn.query_drop("COMMIT")).await?;
    }
    Ok(())
}

async fn read_view(mut view: View, settings: Settings, out: ItemSender) -> Result<()> {
    for table in &mut view.tables {
        let copied = table.run(&mut view.conn, &settings, &out).await;
        copied.map_err(|error| view_error(table, error))?;
        info!(table = %table.table().name, rows = table.copied_rows(), "table copied");
    }
    close(view.conn).await;
    Ok(())
}

/// A read view is gone with its connection, and another one would stand elsewhere in the binlog.
fn view_error(table: &TableCopy, error: Error) -> Error {
    if error.kind() != ErrorKind::Transient {
        return error;
    }
    let name = &table.table().name;
    Error::source(format!(
        "the read view of the keyless tables was lost; start the task again, it copies {name} anew"
    ))
    .caused_by(error)
}

/// Doubles from half a second, with up to as much again by chance so that readers do not come back all at once.
fn pause(failures: u32) -> Duration {
    let base = Duration::from_millis(500) * 2_u32.saturating_pow(failures.saturating_sub(1).min(10));
    base.min(MAX_PAUSE).mul_f64(rand::rng().random_range(0.5..1.0))
}
