//! What the log shows of a running task: how it starts, how far it is, what it has done in all.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use dt_common::item::ChunkWrite;
use dt_common::monitor::{Monitor, Totals};
use dt_common::position::Position;
use dt_common::schema::{TableName, TableSchema};
use tracing::field::display;
use tracing::info;

/// One line for the task and one for every table that is to be copied.
pub fn starting(
    task: &str,
    tables: &[Arc<TableSchema>],
    copies: &HashMap<TableName, ChunkWrite>,
    position: Option<&Position>,
) {
    let position = position.map(display);
    info!(task, tables = tables.len(), copies = copies.len(), position, "task starting");
    for table in tables {
        if let Some(write) = copies.get(&table.name) {
            info!(table = %table.name, keyed = table.is_keyed(), ?write, "table will be copied");
        }
    }
}

/// Logs progress at an interval, as long as it is polled. Silent while nothing moves, but for one line an interval.
pub async fn progress(monitor: &Monitor, interval: Duration) -> Infallible {
    let mut before = HashMap::new();
    let mut ticks = tokio::time::interval_at(tokio::time::Instant::now() + interval, interval);
    loop {
        ticks.tick().await;
        for (table, counters) in monitor.tables() {
            let rows = counters.rows() - before.insert(table.clone(), counters.rows()).unwrap_or(0);
            if rows > 0 {
                let rows_per_s = rows / interval.as_secs().max(1);
                info!(%table, rows, rows_per_s, rows_in_all = counters.rows(), batches = counters.batches, "table progress");
            }
        }
        let totals = monitor.totals();
        info!(
            batches = totals.batches,
            last_commit_ms = totals.last_commit.as_millis() as u64,
            retries = totals.retries,
            lag_s = lag(&totals),
            position = totals.position.as_ref().map(display),
            "task progress"
        );
    }
}

/// What the task has done: one line a table, one for the task.
pub fn totals(monitor: &Monitor) {
    for (table, counters) in monitor.tables() {
        info!(
            %table,
            snapshot_rows = counters.snapshot_rows,
            inserts = counters.inserts,
            updates = counters.updates,
            deletes = counters.deletes,
            written = counters.written,
            batches = counters.batches,
            "table total"
        );
    }
    let totals = monitor.totals();
    info!(
        batches = totals.batches,
        commit_ms = totals.commit_time.as_millis() as u64,
        retries = totals.retries,
        position = totals.position.as_ref().map(display),
        "task ended"
    );
}

/// Seconds between the last committed transaction's time at the source and now by this machine's clock.
fn lag(totals: &Totals) -> Option<f64> {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).ok()?.as_micros() as i64;
    (totals.source_time > 0).then(|| ((now - totals.source_time).max(0) as f64 / 1e5).round() / 10.0)
}
