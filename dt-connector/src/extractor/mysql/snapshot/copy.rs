//! All tables of a copy: the large ones one after the other, by all readers together; then the others, each by one reader that takes
//! it from a shared list.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use dt_common::error::{Error, ErrorKind, Result};
use dt_common::monitor::Monitor;
use dt_common::queue::ItemSender;
use dt_common::schema::TableName;
use mysql_async::Conn;
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::info;

use super::reader::{Interruption, Tries, begin_view, cause, end_view, hold};
use super::table::TableCopy;
use super::{crew, views};
use crate::extractor::mysql::connection::{Connector, answers, close};
use crate::extractor::mysql::server::{Flavor, Server};

/// How a copy reads.
#[derive(Clone)]
pub(crate) struct Settings {
    /// Opens the readers' connections.
    pub(crate) connector: Connector,
    /// Family of the server.
    pub(crate) flavor: Flavor,
    /// Readers at once.
    pub(crate) readers: usize,
    /// Whether there is room for one more connection, to lock a table for a moment.
    pub(crate) may_lock: bool,
    /// Rows of the tables, as the source estimates them.
    pub(crate) estimates: Arc<HashMap<TableName, u64>>,
    /// Longest wait for the source's next answer or row.
    pub(crate) patience: Duration,
    /// Rows of a page, at most.
    pub(crate) chunk_rows: usize,
    /// Bytes that close a chunk before its rows do.
    pub(crate) chunk_bytes: usize,
    /// Whether each table is read in a read view of its own, so that it arrives as it was at one moment. Not needed, and
    /// left out for the sake of the source's undo log and of waiting DDL, where a change stream follows.
    pub(crate) table_views: bool,
    /// The server, where a change stream follows that repeats what changes while the tables are read.
    pub(crate) repeating: Option<Server>,
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Copied {
    /// Every table is done.
    All,
    /// It was stopped before.
    Stopped,
    /// This table was altered before it was copied to its end. The others may not be at theirs either.
    Altered(TableName),
}

/// Copies tables until all are done, one fails or was altered, or `stop` is cancelled.
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
    // Dropping the set ends every reader that still runs.
    let mut running: JoinSet<Result<(), Interruption>> = JoinSet::new();
    running.spawn(read_tables(settings.clone(), tables, out.clone()));
    if let Some(view) = view {
        settings.monitor.source_open();
        running.spawn(read_view(view, settings.clone(), out.clone()));
    }
    loop {
        tokio::select! {
            () = stop.cancelled() => return Ok(Copied::Stopped),
            ended = running.join_next() => match ended {
                None => return Ok(Copied::All),
                Some(Ok(Ok(()))) => {}
                Some(Ok(Err(Interruption::Altered(table)))) => return Ok(Copied::Altered(table)),
                Some(Ok(Err(Interruption::Failed(error)))) => return Err(error),
                Some(Err(e)) => return Err(ended_unexpectedly(e)),
            },
        }
    }
}

/// The error of a reader that was ended from outside.
pub(super) fn ended_unexpectedly(error: JoinError) -> Error {
    Error::internal("a snapshot reader ended unexpectedly").caused_by(error)
}

async fn read_tables(
    settings: Settings,
    tables: Vec<TableCopy>,
    out: ItemSender,
) -> Result<(), Interruption> {
    let left = |copy: &TableCopy| {
        let estimated = settings.estimates.get(&copy.table().name).copied().unwrap_or(0);
        estimated.saturating_sub(copy.copied_rows())
    };
    let all = tables.iter().map(left).sum();
    let mut list = VecDeque::new();
    for mut table in tables {
        if !crew::is_shared(table.table(), left(&table), all, &settings) {
            list.push_back(table);
            continue;
        }
        match open_crew(&mut table, &settings).await? {
            Some(conns) => copied(&crew::copy(table, conns, &settings, &out).await?),
            None => list.push_back(table),
        }
    }
    let readers = settings.readers.min(list.len());
    let list = Arc::new(Mutex::new(list));
    let mut running: JoinSet<Result<(), Interruption>> = JoinSet::new();
    for _ in 0..readers {
        running.spawn(read_list(settings.clone(), Arc::clone(&list), out.clone()));
    }
    while let Some(ended) = running.join_next().await {
        ended.map_err(ended_unexpectedly)??;
    }
    Ok(())
}

fn copied(table: &TableCopy) {
    info!(table = %table.table().name, rows = table.copied_rows(), "table copied");
}

/// Connections for all readers, in the same read view where the copy has views; `None` when the source offers no way to one.
async fn open_crew(table: &mut TableCopy, settings: &Settings) -> Result<Option<Vec<Conn>>, Interruption> {
    let mut tries = Tries::default();
    loop {
        match try_open_crew(table, settings).await {
            Ok(conns) => return Ok(conns),
            Err(error) => tries.after(error, table.table(), settings).await?,
        }
    }
}

async fn try_open_crew(table: &mut TableCopy, settings: &Settings) -> Result<Option<Vec<Conn>>> {
    let connections = (0..settings.readers).map(|_| settings.connector.connect_reader());
    let mut conns = futures::future::try_join_all(connections).await?;
    settings.monitor.source_open();
    if let Some(conn) = conns.first_mut() {
        table.fix_cap(conn, &table.sql(), settings).await?;
    }
    let same = !settings.table_views || {
        let doing = format!("opening the views of table {}", table.table().name);
        answers(settings.patience, &doing, views::open_same(&mut conns, table.table(), settings)).await?
    };
    if same && settings.table_views {
        for conn in &mut conns {
            hold(conn, table.table(), settings, true).await?;
        }
    }
    if same {
        return Ok(Some(conns));
    }
    futures::future::join_all(conns.into_iter().map(close)).await;
    Ok(None)
}

async fn read_list(
    settings: Settings,
    list: Arc<Mutex<VecDeque<TableCopy>>>,
    out: ItemSender,
) -> Result<(), Interruption> {
    let next = || list.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    let mut conn = None;
    while let Some(mut table) = next() {
        let (mut tries, mut rows) = (Tries::default(), table.copied_rows());
        while let Err(error) = read_table(&settings, &mut conn, &mut table, &out).await {
            if table.copied_rows() > rows {
                tries.restore();
            }
            conn = None;
            tries.after(error, table.table(), &settings).await?;
            table.restart();
            rows = table.copied_rows();
        }
        copied(&table);
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
        None => conn.insert(settings.connector.connect_reader().await?),
    };
    settings.monitor.source_open();
    if settings.table_views {
        begin_view(conn, settings).await?;
    }
    table.run(conn, settings, out).await?;
    if settings.table_views {
        end_view(conn, settings).await?;
    }
    Ok(())
}

async fn read_view(mut view: View, settings: Settings, out: ItemSender) -> Result<(), Interruption> {
    for table in &mut view.tables {
        if let Err(error) = table.run(&mut view.conn, &settings, &out).await {
            return Err(cause(view_error(table, error), table.table(), &settings).await);
        }
        copied(table);
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
