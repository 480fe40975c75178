//! The text that a scrape gets: the registered metrics, each with its values of this moment.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use dt_common::config::{ExtractType, TaskConfig};
use dt_common::monitor::{Behind, CopyState, Monitor, ReplacedValues, TableCounters, Totals};
use dt_common::schema::TableName;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet, text};
use prometheus_client::metrics::exemplar::Exemplar;
use prometheus_client::registry::Registry;

use super::metrics::METRICS;
use super::samples::{Kind, Sample, Value};
use super::watcher::patience;

/// Writes the metrics of one task.
#[derive(Debug)]
pub(super) struct Exposition {
    registry: Registry,
    monitor: Arc<Monitor>,
    patience: Duration,
}

impl Exposition {
    pub(super) fn new(config: &TaskConfig, monitor: Arc<Monitor>) -> Self {
        let mut registry = Registry::default();
        let task = Task { id: config.id.clone(), extract_type: name(config.extract_type) };
        let patience = patience(config);
        let source = Source { task, monitor: Arc::clone(&monitor), patience };
        registry.register_collector(Box::new(source));
        Self { registry, monitor, patience }
    }

    /// All metrics as OpenMetrics text.
    pub(super) fn text(&self) -> Result<String, fmt::Error> {
        let mut out = String::new();
        text::encode(&mut out, &self.registry)?;
        Ok(out)
    }

    /// `Ok` when the task does what it is there for, else why not.
    pub(super) fn readiness(&self) -> Result<(), String> {
        self.monitor.readiness(self.patience)
    }
}

/// What never changes about a task.
#[derive(Debug, Clone)]
pub(super) struct Task {
    pub(super) id: String,
    pub(super) extract_type: &'static str,
}

/// Everything that metrics show, of one moment.
pub(super) struct Values {
    pub(super) task: Task,
    pub(super) ready: bool,
    pub(super) tables: Vec<(TableName, TableCounters)>,
    pub(super) copies: Vec<(TableName, CopyState)>,
    pub(super) replaced: Vec<ReplacedValues>,
    pub(super) totals: Totals,
    pub(super) behind: Behind,
    /// Bytes in the queue, and its bound.
    pub(super) queue: Option<(u64, u64)>,
    /// Resident memory, in bytes.
    pub(super) memory: Option<u64>,
}

#[derive(Debug)]
struct Source {
    task: Task,
    monitor: Arc<Monitor>,
    patience: Duration,
}

impl Collector for Source {
    fn encode(&self, mut out: DescriptorEncoder) -> fmt::Result {
        let values = Values {
            task: self.task.clone(),
            ready: self.monitor.readiness(self.patience).is_ok(),
            tables: self.monitor.tables(),
            copies: self.monitor.copies(),
            replaced: self.monitor.replaced(),
            totals: self.monitor.totals(),
            behind: self.monitor.behind(self.patience),
            queue: self.monitor.queue(),
            memory: resident_bytes(),
        };
        for metric in METRICS {
            let samples = (metric.samples)(&values);
            // A family without samples says nothing, and not every parser takes one.
            if samples.is_empty() {
                continue;
            }
            let kind = metric.kind.openmetrics();
            // The unit stands in the name; a line of its own would only say it again.
            let mut family = out.encode_descriptor(metric.family(), metric.doc, None, kind)?;
            for Sample { labels, value } in samples {
                match value {
                    Value::Always => family.encode_info(&labels)?,
                    value if labels.is_empty() => write(&mut family, metric.kind, &value)?,
                    value => write(&mut family.encode_family(&labels)?, metric.kind, &value)?,
                }
            }
        }
        Ok(())
    }
}

fn write(out: &mut MetricEncoder<'_>, kind: Kind, value: &Value<'_>) -> fmt::Result {
    match value {
        Value::Count(count) if kind == Kind::Counter => {
            out.encode_counter(count, None::<&Exemplar<NoLabelSet, f64>>)
        }
        Value::Count(count) => out.encode_gauge(count),
        Value::Number(number) => out.encode_gauge(number),
        Value::Spread(values) => {
            out.encode_histogram::<NoLabelSet>(values.sum(), values.count(), &values.buckets(), None)
        }
        Value::Always => Ok(()),
    }
}

/// Resident memory of this process; `None` where there is no `/proc`, which is everywhere but on Linux.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

fn name(extract_type: ExtractType) -> &'static str {
    match extract_type {
        ExtractType::Struct => "struct",
        ExtractType::Snapshot => "snapshot",
        ExtractType::Cdc => "cdc",
        ExtractType::SnapshotAndCdc => "snapshot_and_cdc",
    }
}

#[cfg(test)]
mod tests {
    use dt_common::batch::Progress;
    use dt_common::config::{Class, Policy};
    use dt_common::error::ErrorKind;
    use dt_common::monitor::{BinlogFile, BinlogLook, CommittedBatch};
    use dt_common::position::{BinlogPosition, Position};
    use dt_common::queue::queue;

    use super::*;

    /// A monitor in which every metric has a value.
    fn monitor() -> Arc<Monitor> {
        let monitor = Arc::new(Monitor::default());
        let table = TableName::new("a \"b\"", "t\\1");
        monitor.copies_planned([(table.clone(), CopyState { estimated: 9, rows: 8, done: true })]);
        monitor.queue_made(queue(1 << 20).0.fill());
        monitor.retried(ErrorKind::Conflict);
        monitor.source_lost();
        let seen = BinlogFile { name: "b.1".into(), bytes: 400 };
        let now = 1_000_000_000;
        let retention = Some(Duration::from_secs(60));
        monitor.source_seen(BinlogLook { now, server: "s".into(), files: vec![seen], retention });
        let binlog = BinlogPosition { server: "s".into(), file: "b.1".into(), offset: 300 };
        let position = Some(Position { binlog: Some(binlog), gtid: None });
        let replaced = ReplacedValues {
            table: table.clone(),
            column: "c".into(),
            class: Class::ZeroDate,
            policy: Policy::Null,
            values: 3,
        };
        monitor.committed(CommittedBatch {
            replaced: vec![&replaced],
            tables: &[(
                table,
                TableCounters { inserts: 7, deletes: 2, bytes_in: 512, ..TableCounters::default() },
            )],
            progress: &Progress { position, source_time: now - 5_000_000, ..Progress::default() },
            had_changes: false,
            elapsed: Duration::from_millis(300),
        });
        monitor
    }

    fn exposition(monitor: Arc<Monitor>) -> Exposition {
        let text = "[task]\nid=t_1\n[extractor]\ndb_type=mysql\nextract_type=cdc\nurl=mysql://h\n[sinker]\nsink_type=dummy\n";
        Exposition::new(&TaskConfig::parse("t.ini", text).unwrap(), monitor)
    }

    #[test]
    fn every_metric_is_shown_and_no_other() {
        let text = exposition(monitor()).text().unwrap();
        let shown: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")).collect();
        let registered: Vec<String> =
            METRICS.iter().map(|metric| format!("{} {}", metric.family(), metric.kind.name())).collect();
        assert_eq!(shown, registered);
        for metric in METRICS {
            assert!(
                text.lines().any(|line| line.starts_with(metric.name)),
                "{} has no value in:\n{text}",
                metric.name
            );
        }
    }

    #[test]
    fn values_and_labels_are_as_counted() {
        let text = exposition(monitor()).text().unwrap();
        for line in [
            r#"dt_task_info{task="t_1",extract_type="cdc",version=""#,
            "dt_up 0",
            r#"dt_rows_read_total{db="a \"b\"",table="t\\1",event="insert"} 7"#,
            r#"dt_rows_read_total{db="a \"b\"",table="t\\1",event="update"} 0"#,
            r#"dt_read_bytes_total{db="a \"b\"",table="t\\1"} 512"#,
            r#"dt_commit_duration_seconds_bucket{le="0.5"} 1"#,
            r#"dt_retries_total{kind="conflict"} 1"#,
            r#"dt_retries_total{kind="transient"} 0"#,
            "dt_lag_bytes 100",
            "dt_lag_seconds 5.",
        ] {
            assert!(text.lines().any(|shown| shown.starts_with(line)), "no {line} in:\n{text}");
        }
    }

    #[test]
    fn what_is_not_known_is_not_shown() {
        let text = exposition(Arc::default()).text().unwrap();
        assert!(!text.contains("dt_lag_seconds") && text.contains("dt_batches_total 0\n"), "{text}");
        assert!(text.ends_with("# EOF\n"), "{text}");
    }
}
