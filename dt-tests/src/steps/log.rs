//! The steps that read the local Databend's log of statements.

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::Play;

/// First words of statements that change nothing.
const READS: &[&str] = &["SELECT", "SHOW", "DESC", "LIST"];
/// First words of statements that define something.
const DEFINES: &[&str] = &["CREATE", "ALTER", "DROP", "RENAME", "TRUNCATE"];

impl Play<'_> {
    pub(super) async fn log(&mut self) -> Result<()> {
        let log = self.entries().await?;
        self.logged = log["last"].as_u64().context("the log has no end")?;
        Ok(())
    }

    pub(super) async fn read_only(&self) -> Result<()> {
        let mut changes = self.ran().await?;
        changes.retain(|sql| !begins(sql, READS));
        ensure!(changes.is_empty(), "the target was to be read only, but ran:\n{}", changes.join("\n"));
        Ok(())
    }

    pub(super) async fn as_planned(&self) -> Result<()> {
        let output = self.tasks.command_output();
        let plan: Value = serde_json::from_str(output).with_context(|| format!("no JSON: {output}"))?;
        let planned = plan["statements"].as_array().context("the plan has no statements")?;
        let mut planned: Vec<&str> = planned.iter().filter_map(Value::as_str).collect();
        ensure!(!planned.is_empty(), "the plan announces nothing");
        let mut ran: Vec<String> = self.ran().await?.into_iter().filter(|sql| begins(sql, DEFINES)).collect();
        // Tables are created side by side.
        planned.sort_unstable();
        ran.sort_unstable();
        ensure!(ran == planned, "planned:\n{}\nran:\n{}", planned.join("\n"), ran.join("\n"));
        Ok(())
    }

    /// Statements since the remembered place.
    async fn ran(&self) -> Result<Vec<String>> {
        let log = self.entries().await?;
        let entries = log["entries"].as_array().context("the log has no entries")?;
        ensure!(!entries.is_empty(), "the log is empty: nothing has looked at the target");
        let text = |entry: &Value| entry["sql"].as_str().map(str::to_owned);
        entries.iter().map(|entry| text(entry).context("an entry without a statement")).collect()
    }

    async fn entries(&self) -> Result<Value> {
        let body = self.target.control("GET", &format!("/_log?since={}", self.logged), "").await?;
        Ok(serde_json::from_str(&body)?)
    }
}

/// Whether a statement begins with one of these words.
fn begins(sql: &str, words: &[&str]) -> bool {
    let first = sql.split_whitespace().next().unwrap_or_default();
    words.iter().any(|word| word.eq_ignore_ascii_case(first))
}
