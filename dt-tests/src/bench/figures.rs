//! What was measured: a table for people, and JSON.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::{Map, Value, json};

use super::freshness::Seen;
use super::measure::Cost;

/// Objects that a full run has, with their fields.
pub const FIELDS: [(&str, &[&str]); 15] = [
    ("extract_snapshot", RATE),
    ("extract_cdc_insert", RATE),
    ("extract_cdc_update", RATE),
    ("extract_cdc_mixed", RATE),
    ("snapshot", RATE),
    ("cdc_insert", RATE),
    ("cdc_update", RATE),
    ("cdc_mixed", RATE),
    ("freshness_ms", AGES),
    ("freshness_5000_ms", AGES),
    ("big_txn", &["rows_per_s", "peak_rss_mib"]),
    ("small_tables_snapshot", PLAIN),
    ("small_tables_cdc", PLAIN),
    ("check", &["rows_per_s", "share_of_snapshot", "share_of_cpu", "share_of_bytes"]),
    ("databend_round_trip", &["ms"]),
];
const RATE: &[&str] = &["rows_per_s", "ceiling_rows_per_s", "ratio", "cpu_s_per_mrow", "peak_rss_mib"];
const AGES: &[&str] = &["p50", "p99"];
const PLAIN: &[&str] = &["rows_per_s", "seconds", "peak_rss_mib"];

/// The figures of one run, in the order in which they came.
#[derive(Debug, Default)]
pub struct Figures {
    objects: Map<String, Value>,
}

impl Figures {
    /// Headline of the lines that the other methods answer.
    pub fn headline() -> String {
        format!(
            "{:<24}{:>11}{:>11}{:>7}{:>11}{:>9}   {}",
            "",
            "rows/s",
            "ceiling",
            "ratio",
            "cpu s/Mrow",
            "RSS MiB",
            "seconds; CPU seconds of dt, source, Databend"
        )
    }

    /// A workload of `rows` rows beside its ceiling, which took `ceiling` seconds.
    pub fn rate(&mut self, name: &str, rows: u64, ceiling: f64, cost: Cost) -> String {
        let (rate, allowed) = (rows as f64 / cost.seconds, rows as f64 / ceiling);
        let cpu = cost.cpu * 1e6 / rows as f64;
        let ratio = rate / allowed;
        self.put(
            name,
            json!({"rows_per_s": whole(rate), "ceiling_rows_per_s": whole(allowed), "ratio": rounded(ratio),
                   "cpu_s_per_mrow": rounded(cpu), "peak_rss_mib": whole(cost.peak_rss_mib)}),
        );
        let figures = format!("{rate:>11.0}{allowed:>11.0}{ratio:>7.2}{cpu:>11.2}");
        line(name, &figures, cost)
    }

    /// A workload without a ceiling; `fields` says which of its figures are kept.
    pub fn plain(&mut self, name: &str, rows: u64, cost: Cost) -> String {
        let rate = rows as f64 / cost.seconds;
        let fields = FIELDS.iter().find(|(object, _)| *object == name).map_or(PLAIN, |(_, fields)| fields);
        let all = json!({"rows_per_s": whole(rate), "seconds": rounded(cost.seconds), "peak_rss_mib": whole(cost.peak_rss_mib)});
        let kept = fields.iter().map(|field| ((*field).to_owned(), all[field].clone())).collect();
        self.put(name, Value::Object(kept));
        let cpu = cost.cpu * 1e6 / rows as f64;
        line(name, &format!("{rate:>11.0}{:>11}{:>7}{cpu:>11.2}", "", ""), cost)
    }

    /// How old changes were when they were seen.
    pub fn ages(&mut self, name: &str, seen: Seen) -> String {
        self.put(name, json!({"p50": whole(seen.p50), "p99": whole(seen.p99)}));
        let note = format!("p50 {:.0} ms, p99 {:.0} ms at {:.0} changes/s", seen.p50, seen.p99, seen.rate);
        line(name, &format!(" {note:<39}"), seen.cost)
    }

    /// A comparison of equal rows beside the copy of the same rows. `bytes` is what both sides have sent of the rows' own, `in_all`.
    pub fn check(&mut self, rows: u64, snapshot: Cost, check: Cost, bytes: u64, in_all: u64) -> String {
        let rate = rows as f64 / check.seconds;
        let (time, cpu) = (check.seconds / snapshot.seconds, check.all_cpu() / snapshot.all_cpu());
        let share = bytes as f64 / in_all as f64;
        self.put(
            "check",
            json!({"rows_per_s": whole(rate), "share_of_snapshot": rounded(time), "share_of_cpu": rounded(cpu),
                   "share_of_bytes": share}),
        );
        let note =
            format!("{rate:>11.0} {:.0} % of a snapshot, {:.3} % of its bytes", time * 100.0, share * 100.0);
        line("check", &format!("{note:<40}"), check)
    }

    /// What the local Databend's HTTP takes for a statement that does nothing.
    pub fn round_trip(&mut self, ms: f64) -> String {
        self.put("databend_round_trip", json!({"ms": rounded(ms)}));
        format!("{:<24} {ms:.1} ms for a statement that does nothing", "databend_round_trip")
    }

    /// Writes the JSON.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&self, file: &Path) -> Result<()> {
        std::fs::create_dir_all(file.parent().context("no folder")?)?;
        std::fs::write(file, format!("{}\n", serde_json::to_string_pretty(&self.objects)?))
            .with_context(|| file.display().to_string())
    }

    fn put(&mut self, name: &str, figures: Value) {
        self.objects.insert(name.to_owned(), figures);
    }
}

/// Expects a file with every object and field of a full run, each a number above zero.
///
/// # Errors
/// What is missing.
pub fn is_complete(file: &Path) -> Result<()> {
    let found: Value = serde_json::from_str(&std::fs::read_to_string(file)?)?;
    for (object, fields) in FIELDS {
        for field in fields {
            let figure = found[object][field].as_f64().with_context(|| format!("no {object}.{field}"))?;
            ensure!(figure > 0.0 && figure.is_finite(), "{object}.{field} is {figure}");
        }
    }
    Ok(())
}

fn line(name: &str, figures: &str, cost: Cost) -> String {
    format!(
        "{name:<24}{figures}{:>9.0}   {:.1}; {:.1}, {:.1}, {:.1}",
        cost.peak_rss_mib, cost.seconds, cost.cpu, cost.source_cpu, cost.target_cpu
    )
}

fn rounded(figure: f64) -> f64 {
    (figure * 1000.0).round() / 1000.0
}

fn whole(figure: f64) -> u64 {
    figure.round() as u64
}
