//! The steps that look: at both sides, at the target alone, and at what the task says.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::Play;
use crate::compare::{self, Expected, Place};

/// How `dt check` marks a difference that may be on its way.
const UNSETTLED: &str = ",\"settled\":false";

/// Time for a running task to make both sides equal.
const EQUAL: Duration = Duration::from_secs(60);

impl Play<'_> {
    pub(super) async fn remember(&mut self) -> Result<()> {
        self.remembered = Some(self.target.fingerprint(self.vars.get("db")).await?);
        Ok(())
    }

    pub(super) async fn untouched(&self) -> Result<()> {
        let now = self.target.fingerprint(self.vars.get("db")).await?;
        let before = self.remembered.as_deref().context("nothing was remembered")?;
        ensure!(now == before, "the target was touched; before:\n{before}\nnow:\n{now}");
        Ok(())
    }

    /// The tables that have to be equal on both sides.
    async fn expected(&self) -> Result<Vec<Expected>> {
        let left_out = |place: &Place| {
            let mut names = self.case.not_copied.iter().chain(&self.case.not_compared);
            names.any(|name| self.vars.fill(name) == place.to_string())
        };
        let mut expected = Vec::new();
        for db in self.source.databases(self.vars.get("db")).await? {
            let sql = format!(
                "SELECT table_name FROM information_schema.tables WHERE {} AND table_type = 'BASE TABLE' ORDER BY 1",
                compare::is("table_schema", &db)
            );
            for table in self.source.query(&sql).await?.into_iter().flatten().flatten() {
                let from = Place { db: db.clone(), table };
                if !left_out(&from) {
                    expected.push(self.arrival(from));
                }
            }
        }
        Ok(expected)
    }

    /// How a table has to arrive, by what the case says of it.
    fn arrival(&self, from: Place) -> Expected {
        let name = from.to_string();
        let is_it = |table: &str| self.vars.fill(table) == name;
        let case = self.case;
        let to = case.routes.iter().find(|(table, _)| is_it(table));
        let columns = case.columns.iter().filter_map(|(column, to)| {
            let column = self.vars.fill(column);
            Some((column.strip_prefix(&format!("{name}."))?.to_owned(), to.clone()))
        });
        let condition = case.conditions.iter().find(|(table, _)| is_it(table));
        Expected {
            to: to.map_or_else(|| from.clone(), |(_, to)| place(&self.vars.fill(to))),
            columns: columns.collect(),
            condition: condition.map(|(_, condition)| self.vars.fill(condition)),
            from,
        }
    }

    /// Rows compared, and every difference with its table.
    async fn differences(&self) -> Result<(usize, Vec<String>)> {
        let (mut rows, mut found) = (0, Vec::new());
        for expected in self.expected().await? {
            let comparison = compare::table(&self.source, &self.target, &expected).await?;
            let to = &expected.to;
            rows += comparison.rows;
            found.extend(comparison.differences.iter().map(|difference| format!("{to}: {difference}")));
        }
        for name in &self.case.not_copied {
            let place = place(&self.vars.fill(name));
            if self.target.tables(&place.db).await?.contains(&place.table) {
                found.push(format!("{place}: must not be in the target"));
            }
        }
        Ok((rows, found))
    }

    /// Compares both sides.
    ///
    /// # Errors
    /// They differ; with the first differences.
    pub async fn compare(&mut self) -> Result<()> {
        let (rows, found) = self.differences().await?;
        self.outcome.rows = rows;
        if found.is_empty() {
            return Ok(());
        }
        let shown = found.iter().take(20).cloned().collect::<Vec<_>>().join("\n  ");
        bail!("{} differences:\n  {shown}\n{}", found.len(), tail(&self.tasks.output()))
    }

    pub(super) async fn equal(&mut self) -> Result<()> {
        let deadline = Instant::now() + EQUAL;
        let mut pause = Duration::from_millis(50);
        loop {
            self.tasks.still_runs()?;
            match self.compare().await {
                Ok(()) => return Ok(()),
                Err(error) if Instant::now() > deadline => {
                    return Err(error.context(format!("not equal within {EQUAL:?}")));
                }
                Err(_) => sleep(pause).await,
            }
            pause = (pause * 2).min(Duration::from_millis(400));
        }
    }

    pub(super) async fn differs(&self, file: &str) -> Result<()> {
        let expected = self.text(file)?.unwrap_or_default();
        let (_, found) = self.differences().await?;
        let found = found.join("\n");
        ensure!(found == expected.trim_end(), "expected:\n{expected}\nfound:\n{found}");
        Ok(())
    }

    pub(super) async fn ddl(&self, file: &str) -> Result<()> {
        let expected = self.text(file)?.unwrap_or_default();
        let mut found = String::new();
        for Expected { to, .. } in self.expected().await? {
            let place = format!("{}.{}", crate::target::quoted(&to.db), crate::target::quoted(&to.table));
            let row = self.target.query(&format!("SHOW CREATE TABLE {place}")).await?;
            let ddl =
                row.into_iter().next().and_then(|row| row.into_iter().nth(1)).flatten().unwrap_or_default();
            found.push_str(&format!("{};\n", ddl.trim_end()));
        }
        std::fs::write(self.folder.join(file), &found)?;
        let even = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        ensure!(even(&found) == even(&expected), "expected:\n{expected}\nfound:\n{found}");
        Ok(())
    }

    pub(super) async fn yields(&self, query: &str, answer: &str) -> Result<()> {
        let rows = self.target.query(&self.vars.fill(query)).await?;
        let rows: Vec<String> = rows
            .into_iter()
            .map(|row| {
                row.into_iter().map(|c| c.unwrap_or_else(|| "NULL".into())).collect::<Vec<_>>().join(",")
            })
            .collect();
        let (found, answer) = (rows.join(" "), self.vars.fill(answer));
        ensure!(found == answer, "the target answers `{found}` instead of `{answer}`");
        Ok(())
    }

    pub(super) fn says(&self, text: &str, wanted: bool) -> Result<()> {
        let (text, output) = (self.vars.fill(text), self.tasks.output());
        let verb = if wanted { "does not say" } else { "says" };
        ensure!(output.contains(&text) == wanted, "dt {verb} `{text}`\n{}", tail(&output));
        Ok(())
    }

    /// The lines of JSON that the last check printed, in any order.
    pub(super) fn names(&self, file: &str) -> Result<()> {
        let sorted = |text: &str| {
            let mut lines: Vec<String> =
                text.lines().filter(|line| line.starts_with("{\"")).map(str::to_owned).collect();
            lines.sort_unstable();
            lines.join("\n")
        };
        let expected = sorted(&self.text(file)?.unwrap_or_default());
        let mut named = sorted(&self.tasks.output());
        // Other cases write to the source too: without a task nobody passes their positions.
        if !expected.contains(UNSETTLED) {
            named = named.replace(UNSETTLED, "");
        }
        ensure!(named == expected, "expected:\n{expected}\nnamed:\n{named}");
        Ok(())
    }

    pub(super) fn reason(&self, text: &str) -> Result<()> {
        let reason = reason(self.tasks.last_output(), self.vars.get("task_id"))?;
        let text = self.vars.fill(text);
        ensure!(reason.contains(&text), "dt ends without `{text}`:\n{reason}");
        Ok(())
    }

    pub(super) fn finds(&self, check: &str, result: &str, text: &str) -> Result<()> {
        let output = self.tasks.command_output();
        let report: Value = serde_json::from_str(output).with_context(|| format!("no JSON: {output}"))?;
        let checks = report["checks"].as_array().context("there are no checks")?;
        let found = checks.iter().find(|found| found["name"] == check);
        let found = found.with_context(|| format!("there is no check {check} in: {output}"))?;
        let text = self.vars.fill(text);
        let says = |key: &str| found[key].as_str().is_some_and(|found| found.contains(&text));
        ensure!(found["result"] == result, "{check} is not {result}: {found}");
        ensure!(says("found") || says("remedy"), "{check} does not say `{text}`: {found}");
        Ok(())
    }

    pub(super) fn total(&self, table: &str, totals: &[String]) -> Result<()> {
        let place = place(&self.vars.fill(table));
        let output = self.tasks.output();
        let name = format!("`{}`.`{}`", place.db, place.table);
        let line = output.lines().rfind(|line| line.contains("table total") && line.contains(&name));
        let line = line.with_context(|| format!("dt prints no total of {name}\n{}", tail(&output)))?;
        for total in totals {
            ensure!(line.split_whitespace().any(|word| word == total), "no `{total}` in: {line}");
        }
        Ok(())
    }
}

/// Why the task ended, in its own words: the last line of its output and the only one of its kind, so one paragraph. A log line
/// names the task; what is said before there is a log names the task file.
fn reason<'a>(output: &'a str, task_id: &str) -> Result<&'a str> {
    let is_reason = |line: &&str| line.contains(" ERROR ") || line.starts_with("dt: ");
    let reasons: Vec<&str> = output.lines().filter(is_reason).collect();
    let [reason] = reasons[..] else { bail!("{} reasons instead of one\n{}", reasons.len(), tail(output)) };
    ensure!(output.lines().last() == Some(reason), "the reason is not the last line\n{}", tail(output));
    let named = reason.contains(&format!(" ERROR task `{task_id}`: "))
        || reason.contains(".ini:")
        || reason.contains(".ini`: ");
    ensure!(named, "neither the task nor its file is named: {reason}");
    Ok(reason)
}

/// Reads `db.table`, split at the first point.
fn place(text: &str) -> Place {
    let (db, table) = text.split_once('.').unwrap_or((text, ""));
    Place { db: db.to_owned(), table: table.to_owned() }
}

fn tail(output: &str) -> String {
    let lines: Vec<&str> = output.lines().collect();
    format!("dt's last lines:\n{}", lines[lines.len().saturating_sub(12)..].join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_one_paragraph_that_names_the_task() {
        let log = "time  INFO task starting\ntime ERROR task `t`: source: gone kind=source\n";
        assert!(reason(log, "t").is_ok_and(|reason| reason.ends_with("gone kind=source")));
        assert!(reason("dt: /x/task_1.ini:9: unknown key\n", "t").is_ok());
        for (output, task, why) in [
            (log, "other", "neither the task"),
            ("time  INFO done\n", "t", "0 reasons"),
            ("time ERROR task `t`: a\nb\n", "t", "not the last line"),
            ("dt: no place\n", "t", "nor its file"),
        ] {
            assert!(reason(output, task).unwrap_err().to_string().contains(why), "{output}");
        }
    }
}
