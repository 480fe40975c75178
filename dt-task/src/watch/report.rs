//! What the log shows of a running task: how it starts, how far it is, what it has done in all.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use dt_common::item::ChunkWrite;
use dt_common::monitor::{CopyState, Monitor, ReplacedValues, TableCounters};
use dt_common::position::Position;
use dt_common::schema::{TableName, TableSchema};
use tracing::field::display;
use tracing::info;

/// One line for the task and one for every table that is to be copied.
pub(crate) fn starting(
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
pub(super) async fn progress(monitor: &Monitor, interval: Duration, patience: Duration) -> Infallible {
    let (mut before, mut counted) = (HashMap::new(), Vec::new());
    let mut ticks = tokio::time::interval_at(tokio::time::Instant::now() + interval, interval);
    loop {
        ticks.tick().await;
        let copies: HashMap<TableName, CopyState> = monitor.copies().into_iter().collect();
        for (table, counters) in monitor.tables() {
            let last = before.insert(table.clone(), counters).unwrap_or_default();
            if counters.rows() > last.rows() {
                table_progress(&table, &counters, &last, copies.get(&table), interval);
            }
        }
        replaced(monitor, &mut counted);
        task_progress(monitor, patience);
    }
}

/// One line for every column with values that followed a policy and that `counted` does not know yet.
fn replaced(monitor: &Monitor, counted: &mut Vec<ReplacedValues>) {
    let now = monitor.replaced();
    for found in now.iter().filter(|found| !counted.contains(found)) {
        let ReplacedValues { table, column, class, policy, values } = found;
        info!(%table, %column, %class, %policy, values, "values replaced");
    }
    *counted = now;
}

fn table_progress(
    table: &TableName,
    counters: &TableCounters,
    last: &TableCounters,
    copy: Option<&CopyState>,
    interval: Duration,
) {
    let rows = counters.rows() - last.rows();
    let rows_per_s = rows / interval.as_secs().max(1);
    let copy = copy.and_then(|copy| estimated(copy, rows_per_s));
    info!(
        %table,
        rows,
        rows_per_s,
        rows_in_all = counters.rows(),
        batches = counters.batches,
        bytes_in = counters.bytes_in - last.bytes_in,
        bytes_out = counters.bytes_out - last.bytes_out,
        copied = copy.map(|(percent, _)| display(format!("~{percent}%"))),
        remaining_s = copy.and_then(|(_, remaining)| remaining),
        "table progress"
    );
}

/// Percentage of a copy that goes on, and its remaining seconds at this rate. An estimate that was too low never says 100 %.
fn estimated(copy: &CopyState, rows_per_s: u64) -> Option<(u64, Option<u64>)> {
    if copy.done || copy.estimated == 0 {
        return None;
    }
    let left = copy.estimated.saturating_sub(copy.rows);
    Some(((copy.rows.saturating_mul(100) / copy.estimated).min(99), left.checked_div(rows_per_s)))
}

fn task_progress(monitor: &Monitor, patience: Duration) {
    let totals = monitor.totals();
    let behind = monitor.behind(patience);
    info!(
        batches = totals.batches,
        last_commit_ms = totals.last_commit.as_millis() as u64,
        retries = totals.retries.values().sum::<u64>(),
        lag_s = behind.lag.map(|lag| (lag.as_secs_f64() * 10.0).round() / 10.0),
        lag_bytes = behind.bytes,
        queue_bytes = monitor.queue().map(|(used, _)| used),
        position = totals.position.as_ref().map(display),
        "task progress"
    );
}

/// What the task has done: one line a table, one for the task.
pub(crate) fn totals(monitor: &Monitor) {
    for (table, counters) in monitor.tables() {
        info!(
            %table,
            snapshot_rows = counters.snapshot_rows,
            inserts = counters.inserts,
            updates = counters.updates,
            deletes = counters.deletes,
            written = counters.written(),
            batches = counters.batches,
            "table total"
        );
    }
    replaced(monitor, &mut Vec::new());
    let totals = monitor.totals();
    info!(
        batches = totals.batches,
        commit_ms = (totals.commit_seconds.sum() * 1000.0) as u64,
        retries = totals.retries.values().sum::<u64>(),
        position = totals.position.as_ref().map(display),
        "task ended"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_estimated_until_it_is_done() {
        let copy = |rows, estimated, done| CopyState { estimated, rows, done };
        assert_eq!(estimated(&copy(250, 1000, false), 50), Some((25, Some(15))));
        assert_eq!(estimated(&copy(1200, 1000, false), 50), Some((99, Some(0))));
        assert_eq!(estimated(&copy(1, 1000, false), 0), Some((0, None)));
        assert_eq!(estimated(&copy(5, 0, false), 5), None);
        assert_eq!(estimated(&copy(5, 5, true), 5), None);
    }
}
