//! From the copy to the change stream without a gap and without a row twice.
//!
//! The position is fixed before any row is read, and it is a visibility point: what it contains, every later read sees.
//! Replayed changes of keyed tables are upserts and harmless, so for them that is enough. Keyless tables have nothing to upsert by:
//! their rows come from one read view whose place in the binlog is known exactly, and the stream skips their changes up to there.
//!
//! - MariaDB knows the exact place of a consistent snapshot by itself.
//! - MySQL with GTIDs: `gtid_executed` holds a transaction only after the engine has committed it, so reading it before the first
//!   row is a visibility point. File and offset are not: the binlog holds a transaction before the engine commits it.
//!   For the same reason no reading from outside proves that a view is exact, however often the numbers agree: a
//!   transaction may be committed in the engine and not yet counted. `LOCK TABLES .. READ` does prove it, because it is granted only when
//!   every writer of the table has finished its commit. It is held for as long as it takes to read the position and to open the view.
//! - MySQL without GTIDs has file and offset only, so all followed tables are locked for that moment.

use std::collections::HashMap;
use std::time::Duration;

use dt_common::error::{Error, ErrorKind, Result};
use dt_common::position::{BinlogPosition, Position};
use dt_common::schema::{TableName, TableSchema};
use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use tracing::info;

use super::connection::{Connector, close, source_error};
use super::literal::identifier;
use super::server::{Flavor, Server};

/// Begins the read view; REPEATABLE READ is set for every session.
const OPEN_VIEW: &str = "START TRANSACTION WITH CONSISTENT SNAPSHOT";

/// Seconds to wait for writers that hold a table. While the lock is wanted, new writers wait too.
const LOCK_WAIT: &str = "SET lock_wait_timeout = 10";

/// Longest time to fix the position and to open the view; the lock may wait for ten seconds of it.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where a change stream takes over.
pub(crate) struct Handover {
    /// A visibility point of every table.
    pub(crate) position: Position,
    /// The exact read view; absent when no table needs one.
    pub(crate) view: Option<ExactView>,
}

/// A read view whose place in the binlog is known.
pub(crate) struct ExactView {
    /// In the view's transaction.
    pub(crate) conn: Conn,
    /// The last change that the view sees.
    pub(crate) at: BinlogPosition,
}

/// The tables that are locked for the moment in which the copy begins, of those that are to be copied; see the module.
pub(crate) fn to_lock<'a>(
    server: &Server,
    copies: impl IntoIterator<Item = &'a TableSchema>,
) -> Vec<&'a TableName> {
    let locked = |table: &&TableSchema| match server.flavor {
        Flavor::MariaDb => false,
        Flavor::MySql if server.gtid_mode => !table.is_keyed(),
        Flavor::MySql => true,
    };
    copies.into_iter().filter(locked).map(|table| &table.name).collect()
}

/// Fixes the position and opens the view for the tables that are to be copied.
///
/// # Errors
/// A lock that is not granted or not allowed, a lost connection.
pub(crate) async fn open(
    connector: &Connector,
    server: &Server,
    copies: impl IntoIterator<Item = &TableSchema>,
) -> Result<Handover> {
    let opened = tokio::time::timeout(PATIENCE, fix(connector, server, to_lock(server, copies))).await;
    opened.unwrap_or_else(|_| {
        let message =
            format!("fixing where the copy begins: the source was silent for {} s", PATIENCE.as_secs());
        Err(Error::new(ErrorKind::Transient, message).way_out("start the task again"))
    })
}

async fn fix(connector: &Connector, server: &Server, to_lock: Vec<&TableName>) -> Result<Handover> {
    let mut conn = connector.connect_reader().await?;
    match server.flavor {
        Flavor::MariaDb => mariadb(conn, server).await,
        Flavor::MySql if server.gtid_mode && to_lock.is_empty() => {
            let gtid = server.gtid_position(&mut conn).await?;
            close(conn).await;
            Ok(Handover { position: Position { binlog: None, gtid }, view: None })
        }
        Flavor::MySql => locked(connector, server, conn, &to_lock).await,
    }
}

async fn mariadb(mut conn: Conn, server: &Server) -> Result<Handover> {
    conn.query_drop(OPEN_VIEW).await.map_err(|e| source_error("opening the read view", e))?;
    let (file, offset) = snapshot_place(&mut conn).await?.ok_or_else(|| {
        Error::source("the source does not say where its read view stands in the binlog; is log_bin on?")
    })?;
    let at = server.position(&file, offset);
    let gtid = server.gtid_at(&mut conn, &at).await?;
    info!(file, offset, "read view opened at an exact position");
    let position = Position { binlog: Some(at.clone()), gtid };
    Ok(Handover { position, view: Some(ExactView { conn, at }) })
}

/// Where in MariaDB's binlog the connection's read view stands; `None` when it does not say.
///
/// # Errors
/// A lost connection.
pub(crate) async fn snapshot_place(conn: &mut Conn) -> Result<Option<(String, u64)>> {
    let status: Vec<(String, String)> = conn
        .query("SHOW STATUS LIKE 'binlog_snapshot_%'")
        .await
        .map_err(|e| source_error("asking where a read view stands", e))?;
    let mut status: HashMap<String, String> =
        status.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect();
    let offset = status.get("binlog_snapshot_position").and_then(|offset| offset.parse().ok());
    let file = status.remove("binlog_snapshot_file").filter(|file| !file.is_empty());
    Ok(file.zip(offset))
}

/// Opens the view while `names` are locked.
async fn locked(
    connector: &Connector,
    server: &Server,
    mut conn: Conn,
    names: &[&TableName],
) -> Result<Handover> {
    let mut locker = connector.connect().await?;
    let lock: Vec<String> = names
        .iter()
        .map(|name| format!("{}.{} READ", identifier(&name.db), identifier(&name.table)))
        .collect();
    if !lock.is_empty() {
        locker.query_drop(LOCK_WAIT).await.map_err(lock_error)?;
        locker.query_drop(format!("LOCK TABLES {}", lock.join(", "))).await.map_err(lock_error)?;
    }
    let gtid = server.gtid_position(&mut conn).await?;
    let at = server.binlog_end(&mut conn).await?;
    conn.query_drop(OPEN_VIEW).await.map_err(|e| source_error("opening the read view", e))?;
    locker.query_drop("UNLOCK TABLES").await.map_err(lock_error)?;
    close(locker).await;
    info!(file = %at.file, offset = at.offset, tables = names.len(), "read view opened under a brief lock");
    // With GTIDs the file and offset may lie behind a transaction of a table that was not locked.
    let binlog = gtid.is_none().then(|| at.clone());
    Ok(Handover { position: Position { binlog, gtid }, view: Some(ExactView { conn, at }) })
}

fn lock_error(error: mysql_async::Error) -> Error {
    let doing = "locking the tables for the moment in which the copy begins";
    let mysql_async::Error::Server(server) = error else { return source_error(doing, error) };
    let remedy = match server.code {
        1205 => {
            "no lock within 10 seconds, because a transaction on a table stays open; end it, or start the task when the \
             source is quieter"
        }
        1044 | 1142 => {
            "tables without a key (and, on MySQL without GTIDs, all tables) need it; GRANT LOCK TABLES on their \
             databases to the user, or give them a primary key"
        }
        _ => return source_error(doing, mysql_async::Error::Server(server)),
    };
    Error::source(format!("{doing}: {remedy}")).caused_by(server)
}
