//! The steps that look at what a task shows of itself: metrics, readiness, the form of its output.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::time::{Instant, sleep};

use super::Play;
use crate::http;
use crate::metrics::{self, Wanted};
use crate::process::{POLL, eventually};

/// Time for a metric to get its value, and for the task to get ready.
const SHOWN: Duration = Duration::from_secs(60);

impl Play<'_> {
    fn metrics_port(&self) -> Result<u16> {
        Ok(self.vars.get("metrics_port").parse()?)
    }

    pub(super) async fn metric(&mut self, name: &str, wanted: Wanted) -> Result<()> {
        let (port, name) = (self.metrics_port()?, self.vars.fill(name));
        let deadline = Instant::now() + SHOWN;
        loop {
            self.tasks.still_runs()?;
            // A text that does not parse is no value that may still come.
            let found = metrics::scrape(port).await?;
            match found.get(&name) {
                Some(value) if wanted.fits(*value) => return Ok(()),
                other => ensure!(Instant::now() < deadline, "{name} is {other:?} of {found:#?}"),
            }
            sleep(POLL).await;
        }
    }

    pub(super) async fn readiness(&mut self, status: u16, reason: &str) -> Result<()> {
        let port = self.metrics_port()?;
        eventually(SHOWN, async || {
            let alive = http::request(port, "GET", "/healthz", "", "").await?;
            let answer = http::request(port, "GET", "/readyz", "", "").await?;
            ensure!(alive.status == 200, "/healthz says {}", alive.status);
            let said = (answer.status, answer.body.as_str());
            ensure!(answer.status == status && answer.body.contains(reason), "/readyz says {said:?}");
            Ok(())
        })
        .await?;
        self.tasks.still_runs()
    }

    pub(super) fn plain(&self) -> Result<()> {
        let output = self.tasks.output();
        ensure!(!output.is_empty() && !output.contains('\u{1b}'), "escape codes in:\n{output}");
        Ok(())
    }

    pub(super) fn json(&self, folder: &str) -> Result<()> {
        let folder = self.vars.fill(folder);
        let mut lines = 0;
        for entry in std::fs::read_dir(Path::new(&folder)).with_context(|| folder.clone())? {
            for line in std::fs::read_to_string(entry?.path())?.lines() {
                let fields: serde_json::Map<String, serde_json::Value> =
                    serde_json::from_str(line).with_context(|| format!("no JSON object: {line}"))?;
                for name in ["timestamp", "level", "message"] {
                    ensure!(fields.contains_key(name), "no {name} in: {line}");
                }
                lines += 1;
            }
        }
        ensure!(lines > 0, "no line in {folder}");
        Ok(())
    }
}
