//! A reader's connection, and how long it bears its loss.

use std::time::Duration;

use dt_common::error::{Error, ErrorKind, Result};
use dt_common::schema::TableName;
use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use rand::Rng;
use tracing::warn;

use super::copy::Settings;
use crate::extractor::mysql::connection::answer;

/// Tries in a row that may fail before a reader gives up: with the pauses below, about five minutes.
const MAX_FAILURES: u32 = 15;

/// Longest pause between two tries.
const MAX_PAUSE: Duration = Duration::from_secs(30);

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
    /// The error itself, when another try is of no use.
    pub(super) async fn after(&mut self, error: Error, table: &TableName, settings: &Settings) -> Result<()> {
        self.failures += 1;
        let failures = self.failures;
        if error.kind() != ErrorKind::Transient || failures > MAX_FAILURES {
            return Err(error);
        }
        settings.monitor.source_lost();
        warn!(%table, %error, failures, "reading failed, trying again");
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

/// Doubles from half a second, with up to as much again by chance so that readers do not come back all at once.
fn pause(failures: u32) -> Duration {
    let base = Duration::from_millis(500) * 2_u32.saturating_pow(failures.saturating_sub(1).min(10));
    base.min(MAX_PAUSE).mul_f64(rand::rng().random_range(0.5..1.0))
}
