//! What a metric is, and how its samples are taken from what is known of a task.

use dt_common::error::ErrorKind;
use dt_common::monitor::{CopyState, Histogram, ReplacedValues, TableCounters};
use dt_common::schema::TableName;
use prometheus_client::metrics::MetricType;

use super::exposition::Values;

/// A metric, by the rules of Prometheus: base units, the unit in the name, `_total` behind a counter.
pub(super) struct Metric {
    /// As it stands in a query; a histogram's without `_bucket`, `_sum` and `_count`.
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) unit: Option<Unit>,
    pub(super) labels: &'static str,
    /// What it means.
    pub(super) doc: &'static str,
    /// What to be woken by, or to look at.
    pub(super) hint: &'static str,
    /// The values of a moment; none when they are not known, and then the metric is not shown.
    pub(super) samples: Samples,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Info,
    Gauge,
    Counter,
    Histogram,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Seconds,
    Bytes,
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Gauge => "gauge",
            Self::Counter => "counter",
            Self::Histogram => "histogram",
        }
    }

    /// What follows the family's name in the name of a sample.
    fn suffix(self) -> &'static str {
        match self {
            Self::Info => "_info",
            Self::Counter => "_total",
            Self::Gauge | Self::Histogram => "",
        }
    }

    pub(super) fn openmetrics(self) -> MetricType {
        match self {
            Self::Info => MetricType::Info,
            Self::Gauge => MetricType::Gauge,
            Self::Counter => MetricType::Counter,
            Self::Histogram => MetricType::Histogram,
        }
    }
}

impl Unit {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Seconds => "seconds",
            Self::Bytes => "bytes",
        }
    }
}

impl Metric {
    /// Name of the family that a scrape shows.
    pub(super) fn family(&self) -> &'static str {
        self.name.strip_suffix(self.kind.suffix()).unwrap_or(self.name)
    }
}

pub(super) type Samples = for<'a> fn(&'a Values) -> Vec<Sample<'a>>;

/// One value, with the labels that tell it from others of its metric.
pub(super) struct Sample<'a> {
    pub(super) labels: Vec<(&'a str, &'a str)>,
    pub(super) value: Value<'a>,
}

pub(super) enum Value<'a> {
    /// Of an info metric, whose labels say it all.
    Always,
    Count(u64),
    Number(f64),
    Spread(&'a Histogram),
}

pub(super) const fn metric(
    name: &'static str,
    kind: Kind,
    unit: Option<Unit>,
    labels: &'static str,
    doc: &'static str,
    hint: &'static str,
    samples: Samples,
) -> Metric {
    Metric { name, kind, unit, labels, doc, hint, samples }
}

/// Names of what needs no value.
pub(super) fn info<'a>(labels: &[(&'a str, &'a str)]) -> Vec<Sample<'a>> {
    vec![Sample { labels: labels.to_vec(), value: Value::Always }]
}

pub(super) fn count<'a>(value: Option<u64>) -> Vec<Sample<'a>> {
    one(value.map(Value::Count))
}

pub(super) fn number<'a>(value: Option<f64>) -> Vec<Sample<'a>> {
    one(value.map(Value::Number))
}

pub(super) fn histogram(values: &Histogram) -> Vec<Sample<'_>> {
    one(Some(Value::Spread(values)))
}

fn one(value: Option<Value<'_>>) -> Vec<Sample<'_>> {
    value.into_iter().map(|value| Sample { labels: Vec::new(), value }).collect()
}

pub(super) fn retries(values: &Values) -> Vec<Sample<'_>> {
    let count = |kind| values.totals.retries.get(&kind).copied().unwrap_or(0);
    [("transient", ErrorKind::Transient), ("conflict", ErrorKind::Conflict)]
        .map(|(name, kind)| Sample { labels: vec![("kind", name)], value: Value::Count(count(kind)) })
        .into()
}

/// One value a table.
pub(super) fn of_table(values: &Values, of: fn(&TableCounters) -> u64) -> Vec<Sample<'_>> {
    let tables = values.tables.iter();
    tables.map(|(name, c)| Sample { labels: place(name).into(), value: Value::Count(of(c)) }).collect()
}

/// Several values a table, told apart by a label.
pub(super) fn per_table<'a, const N: usize>(
    values: &'a Values,
    label: &'static str,
    of: fn(&TableCounters) -> [(&'static str, u64); N],
) -> Vec<Sample<'a>> {
    let tables = values.tables.iter();
    tables
        .flat_map(|(name, counters)| {
            let [db, table] = place(name);
            of(counters).map(|(kind, count)| Sample {
                labels: vec![db, table, (label, kind)],
                value: Value::Count(count),
            })
        })
        .collect()
}

/// One value a table that is copied.
pub(super) fn of_copy(values: &Values, of: fn(&CopyState) -> u64) -> Vec<Sample<'_>> {
    let copies = values.copies.iter();
    copies.map(|(name, copy)| Sample { labels: place(name).into(), value: Value::Count(of(copy)) }).collect()
}

/// One value a column that holds what a policy has written.
pub(super) fn replaced(values: &Values) -> Vec<Sample<'_>> {
    values.replaced.iter().map(of_column).collect()
}

fn of_column(found: &ReplacedValues) -> Sample<'_> {
    let [db, table] = place(&found.table);
    let (column, class, policy) = (found.column.as_str(), found.class.name(), found.policy.name());
    let labels = vec![db, table, ("column", column), ("class", class), ("policy", policy)];
    Sample { labels, value: Value::Count(found.values) }
}

/// The source table that a value belongs to.
fn place(name: &TableName) -> [(&str, &str); 2] {
    [("db", &name.db), ("table", &name.table)]
}
