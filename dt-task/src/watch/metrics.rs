//! The registry of metrics: what `/metrics` shows and `docs/metrics.md` describes.

use std::time::{SystemTime, UNIX_EPOCH};

use super::samples::{
    Kind, Metric, Unit, count, histogram, info, metric, number, of_copy, of_table, per_table, replaced,
    retries,
};

const NO_UNIT: Option<Unit> = None;
const SECONDS: Option<Unit> = Some(Unit::Seconds);
const BYTES: Option<Unit> = Some(Unit::Bytes);

/// Every metric, in the order of the page.
pub(super) const METRICS: &[Metric] = &[
    metric(
        "dt_task_info",
        Kind::Info,
        NO_UNIT,
        "task, extract_type, version",
        "The task that this process runs; always 1.",
        "Join it to other metrics to name the task.",
        |v| {
            info(&[
                ("task", v.task.id.as_str()),
                ("extract_type", v.task.extract_type),
                ("version", env!("CARGO_PKG_VERSION")),
            ])
        },
    ),
    metric(
        "dt_up",
        Kind::Gauge,
        NO_UNIT,
        "",
        "1 while the task does what it is there for, as `/readyz` says; else 0.",
        "Alert on `dt_up == 0` for 2 minutes, and on Prometheus' own `up == 0`: then the process is gone.",
        |v| count(Some(u64::from(v.ready))),
    ),
    metric(
        "dt_lag_seconds",
        Kind::Gauge,
        SECONDS,
        "",
        "0 when everything that is known of the source is in the target, else the age of the oldest change that is not. Absent while tables are copied and until it is known.",
        "Alert when it stays above what readers of the target accept, such as 60.",
        |v| number(v.behind.lag.map(|lag| lag.as_secs_f64())),
    ),
    metric(
        "dt_lag_bytes",
        Kind::Gauge,
        BYTES,
        "",
        "Binlog between the place that the target has reached and the source's end at the last look.",
        "Growing for an hour means that dt is slower than the source.",
        |v| count(v.behind.bytes),
    ),
    metric(
        "dt_retention_headroom_bytes",
        Kind::Gauge,
        BYTES,
        "",
        "Binlog that the source keeps before the place that the target has reached; 0 when it does not keep the place any more.",
        "Alert when it falls below what the source writes in an hour while the lag grows.",
        |v| count(v.behind.headroom_bytes),
    ),
    metric(
        "dt_retention_headroom_seconds",
        Kind::Gauge,
        SECONDS,
        "",
        "Time until the source may remove that place by age: `binlog_expire_logs_seconds` (or `expire_logs_days`) less the lag. Absent where the source removes nothing by age.",
        "Alert below 6 hours: when it reaches 0 the task has to copy anew.",
        |v| number(v.behind.headroom.map(|time| time.as_secs_f64())),
    ),
    metric(
        "dt_rows_read_total",
        Kind::Counter,
        NO_UNIT,
        "db, table, event",
        "Rows read from the source table and committed at the target, before the net change per key. `event` is `insert`, `update`, `delete` or `snapshot`.",
        "`rate()` is the load. 0 on a table that should move says that the filter leaves it out.",
        |v| {
            per_table(v, "event", |c| {
                [
                    ("insert", c.inserts),
                    ("update", c.updates),
                    ("delete", c.deletes),
                    ("snapshot", c.snapshot_rows),
                ]
            })
        },
    ),
    metric(
        "dt_rows_written_total",
        Kind::Counter,
        NO_UNIT,
        "db, table, kind",
        "Rows written to the target for the source table: what the net change per key left. `kind` is `insert` (new rows), `upsert` (by key) or `delete`.",
        "Far below the rows read when the same rows change again and again.",
        |v| per_table(v, "kind", |c| [("insert", c.inserted), ("upsert", c.upserted), ("delete", c.removed)]),
    ),
    metric(
        "dt_replaced_values_total",
        Kind::Counter,
        NO_UNIT,
        "db, table, column, class, policy",
        "Values of the source column that the target's type does not hold, written as `[values]` says.",
        "Alert on any increase where such values are not expected.",
        replaced,
    ),
    metric(
        "dt_read_bytes_total",
        Kind::Counter,
        BYTES,
        "db, table",
        "Memory of the rows read; of an update that changes the key both images.",
        "",
        |v| of_table(v, |c| c.bytes_in),
    ),
    metric(
        "dt_written_bytes_total",
        Kind::Counter,
        BYTES,
        "db, table",
        "Size of what was sent to the target for them, once however often it was tried.",
        "",
        |v| of_table(v, |c| c.bytes_out),
    ),
    metric(
        "dt_batches_total",
        Kind::Counter,
        NO_UNIT,
        "",
        "Batches committed at the target, those that only move the position included.",
        "No increase for 5 minutes on a busy source: look at the log.",
        |v| count(Some(v.totals.batches)),
    ),
    metric(
        "dt_batch_rows",
        Kind::Histogram,
        NO_UNIT,
        "",
        "Rows read for one committed batch; batches without rows are left out.",
        "Always at `max_rows` means that dt is catching up.",
        |v| histogram(&v.totals.batch_rows),
    ),
    metric(
        "dt_commit_duration_seconds",
        Kind::Histogram,
        SECONDS,
        "",
        "Time of one commit, from the first statement to the last answer, retries included.",
        "Alert when the 99th percentile stays above 30.",
        |v| histogram(&v.totals.commit_seconds),
    ),
    metric(
        "dt_last_commit_timestamp_seconds",
        Kind::Gauge,
        SECONDS,
        "",
        "When the last batch was committed, in seconds since 1970 by this machine's clock.",
        "`time() -` this above 10 times `checkpoint_interval_secs` on a source that writes.",
        |v| {
            let since_1970 = |at: SystemTime| Some(at.duration_since(UNIX_EPOCH).ok()?.as_secs_f64());
            number(v.totals.last_commit_at.and_then(since_1970))
        },
    ),
    metric(
        "dt_retries_total",
        Kind::Counter,
        NO_UNIT,
        "kind",
        "Batches that were tried again. `kind` is `transient` (lost connection, overload) or `conflict` (another transaction was faster).",
        "A steady rate of `conflict`: somebody else writes to the target tables.",
        retries,
    ),
    metric(
        "dt_source_reconnects_total",
        Kind::Counter,
        NO_UNIT,
        "",
        "How often the connection to the source was lost and opened anew.",
        "A steady rate: network, `server_id` used twice, or a server that restarts.",
        |v| count(Some(v.totals.reconnects)),
    ),
    metric(
        "dt_queue_used_bytes",
        Kind::Gauge,
        BYTES,
        "",
        "Rows that wait between source and target.",
        "Always near the limit: the target is the slower end. Always near 0 with lag: the source is.",
        |v| count(v.queue.map(|(used, _)| used)),
    ),
    metric(
        "dt_queue_limit_bytes",
        Kind::Gauge,
        BYTES,
        "",
        "The bound of that queue, `buffer_memory_mb`.",
        "",
        |v| count(v.queue.map(|(_, limit)| limit)),
    ),
    metric(
        "dt_copied_rows",
        Kind::Gauge,
        NO_UNIT,
        "db, table",
        "Rows of the table that this copy has committed, those before a restart included.",
        "",
        |v| of_copy(v, |copy| copy.rows),
    ),
    metric(
        "dt_copy_estimated_rows",
        Kind::Gauge,
        NO_UNIT,
        "db, table",
        "Rows that the source's statistics estimate the table to have; 0 is unknown.",
        "",
        |v| of_copy(v, |copy| copy.estimated),
    ),
    metric(
        "process_resident_memory_bytes",
        Kind::Gauge,
        BYTES,
        "",
        "Resident memory of the process. Linux only.",
        "Alert near the limit of its container; `buffer_memory_mb` and `max_bytes` bound it.",
        |v| count(v.memory),
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_rules_of_prometheus() {
        for metric in METRICS {
            let name = metric.name;
            assert!(name.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{name}");
            assert_eq!(name.ends_with("_total"), metric.kind == Kind::Counter, "{name}");
            let unit = metric.unit.map_or("", Unit::name);
            assert!(metric.family().ends_with(unit), "{name}");
            assert!(metric.doc.ends_with('.'), "{name}");
        }
    }
}
