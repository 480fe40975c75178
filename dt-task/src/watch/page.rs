//! The page of the metrics, written from their registry.

use super::metrics::METRICS;
use super::samples::Unit;

const HEAD: &str = "# Metrics

`[metrics] http_port` opens three pages while `dt run` runs, from before the task starts until after it has ended:

| page | answers |
|---|---|
| `/metrics` | the metrics below, as OpenMetrics text, which Prometheus reads |
| `/healthz` | 200 as long as the process runs: for a liveness probe |
| `/readyz` | 200 when the task is taken over and the source is being read; 503 with the reason before that, and when the source has been away or a commit has gone on for longer than three times `checkpoint_interval_secs` |

Nobody has to log in, so the port is opened on this machine only unless `http_host` says otherwise. A port that is in use ends `dt run` with
exit code 2 before anything starts.

```yaml
# prometheus.yml
scrape_configs:
  - job_name: dt
    static_configs:
      - targets: ['127.0.0.1:9185']
```

Counters begin at 0 with the process. They move when a batch is committed: what they show is in the target. What is not known yet is left out. `db` and `table` name the table at
the source.

";

const LAG: &str = "
## Lag

`dt_lag_seconds` is 0 when no change that was read waits for its commit and the target has reached the end that the source's binlog had at the last
look. dt looks every `checkpoint_interval_secs`, on a connection of its own, with `SHOW BINARY LOGS`. So an idle source has no lag. Otherwise the lag
is the age of the oldest change that waits, or, when it is not read yet, the time since nothing was missing. It grows too while the source cannot
be looked at for three intervals: nobody knows then what it holds.

Commit times are by the source's clock. Each look asks the source for its time and takes the difference to this machine's clock out. MariaDB's commit times
are whole seconds, so there a lag may be up to one second too high. On a replica of MariaDB they are those of the first server.
";

/// The reference of the metrics in Markdown: what `docs/metrics.md` holds.
pub fn metrics_page() -> String {
    let mut page = HEAD.to_owned();
    page.push_str("| metric | type | labels | unit | meaning | hint |\n|---|---|---|---|---|---|\n");
    for metric in METRICS {
        let labels: Vec<String> =
            metric.labels.split(", ").filter(|l| !l.is_empty()).map(|l| format!("`{l}`")).collect();
        page.push_str(&format!(
            "| `{}` | {} | {} | {} | {} | {} |\n",
            metric.name,
            metric.kind.name(),
            labels.join(", "),
            metric.unit.map_or("", Unit::name),
            metric.doc,
            metric.hint
        ));
    }
    page.push_str(LAG);
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `UPDATE_DOCS=1 cargo test -p dt-task` writes the page.
    #[test]
    fn the_page_is_the_registry() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/metrics.md");
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(path, metrics_page()).unwrap();
        }
        assert!(
            std::fs::read_to_string(path).unwrap() == metrics_page(),
            "run UPDATE_DOCS=1 cargo test -p dt-task"
        );
    }
}
