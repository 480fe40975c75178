//! A reader's connection, how long it bears its loss, and what it keeps the source from while it reads.

use std::time::Duration;

use dt_common::error::{Error, ErrorKind, Result};
use dt_common::schema::{TableName, TableSchema};
use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use rand::Rng;
use tracing::warn;

use super::copy::Settings;
use crate::extractor::mysql::connection::{answer, answers, close};
use crate::extractor::mysql::literal::identifier;
use crate::extractor::mysql::schema::is_unaltered;

/// Tries in a row that may fail before a reader gives up: with the pauses below, about five minutes.
const MAX_FAILURES: u32 = 15;

/// Longest pause between two tries.
const MAX_PAUSE: Duration = Duration::from_secs(30);

/// Why a table is not read on.
#[derive(Debug)]
pub(super) enum Interruption {
    /// It is not the table any more that the task knows.
    Altered(TableName),
    /// Anything else.
    Failed(Error),
}

impl From<Error> for Interruption {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// Tries to read, and how many failed in a row.
#[derive(Debug, Default)]
pub(super) struct Tries {
    failures: u32,
}

impl Tries {
    /// Something was read.
    pub(super) fn restore(&mut self) {
        self.failures = 0;
    }

    /// Waits before the next try.
    ///
    /// # Errors
    /// Why another try is of no use.
    pub(super) async fn after(
        &mut self,
        error: Error,
        table: &TableSchema,
        settings: &Settings,
    ) -> Result<(), Interruption> {
        self.failures += 1;
        let failures = self.failures;
        if error.kind() != ErrorKind::Transient || failures > MAX_FAILURES {
            return Err(cause(error, table, settings).await);
        }
        settings.monitor.source_lost();
        warn!(table = %table.name, %error, failures, "reading failed, trying again");
        tokio::time::sleep(pause(failures)).await;
        Ok(())
    }
}

/// Opens a read view in which a table is read.
///
/// # Errors
/// See [`crate::extractor::mysql::connection::source_error`].
pub(super) async fn begin_view(conn: &mut Conn, settings: &Settings) -> Result<()> {
    let begin = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY";
    answer(settings.patience, "opening a read view", conn.query_drop(begin)).await
}

/// Closes it.
///
/// # Errors
/// See [`crate::extractor::mysql::connection::source_error`].
pub(super) async fn end_view(conn: &mut Conn, settings: &Settings) -> Result<()> {
    answer(settings.patience, "closing a read view", conn.query_drop("COMMIT")).await
}

/// What an error comes to that a table was read with: an altered table fails in many ways.
pub(super) async fn cause(error: Error, table: &TableSchema, settings: &Settings) -> Interruption {
    if error.kind() == ErrorKind::Transient {
        return Interruption::Failed(error);
    }
    let looked = async {
        let mut conn = settings.connector.connect().await?;
        let unaltered = is_unaltered(&mut conn, settings.flavor, table).await?;
        close(conn).await;
        Ok::<_, Error>(unaltered)
    };
    match answers(settings.patience, "looking whether a table was altered", looked).await {
        Ok(false) => Interruption::Altered(table.name.clone()),
        Ok(true) | Err(_) => Interruption::Failed(error),
    }
}

/// Keeps a table from being altered until [`release`], or until the read view ends that the connection is `in_view` of: a transaction holds the
/// definition of what it has looked at.
///
/// # Errors
/// The table is not the one that is known any more.
pub(super) async fn hold(
    conn: &mut Conn,
    table: &TableSchema,
    settings: &Settings,
    in_view: bool,
) -> Result<()> {
    let name = &table.name;
    let doing = format!("reading table {name}");
    if !in_view {
        answer(settings.patience, &doing, conn.query_drop("START TRANSACTION READ ONLY")).await?;
    }
    let look = format!("SELECT 1 FROM {}.{} LIMIT 0", identifier(&name.db), identifier(&name.table));
    answer(settings.patience, &doing, conn.query_drop(look)).await?;
    let looked = is_unaltered(conn, settings.flavor, table);
    match answers(settings.patience, &doing, looked).await? {
        true => Ok(()),
        false => Err(Error::schema(format!("table {name}: it was altered while it was copied"))),
    }
}

/// Ends what [`hold`] began.
///
/// # Errors
/// See [`crate::extractor::mysql::connection::source_error`].
pub(super) async fn release(conn: &mut Conn, settings: &Settings, in_view: bool) -> Result<()> {
    if in_view { Ok(()) } else { end_view(conn, settings).await }
}

/// Doubles from half a second, with up to as much again by chance so that readers do not come back all at once.
fn pause(failures: u32) -> Duration {
    let base = Duration::from_millis(500) * 2_u32.saturating_pow(failures.saturating_sub(1).min(10));
    base.min(MAX_PAUSE).mul_f64(rand::rng().random_range(0.5..1.0))
}
