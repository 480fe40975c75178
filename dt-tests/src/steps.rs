//! Plays a case's steps against one source server and Databend.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use crate::case::{Case, Step};
use crate::compare::{self, Place};
use crate::kill;
use crate::servers::{Family, SourceServer, TargetServer};
use crate::source::Source;
use crate::target::Target;
use crate::task::Tasks;
use crate::text::Vars;

/// Time for a running task to make both sides equal.
const EQUAL: Duration = Duration::from_secs(60);

/// What a case that went through has to report.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// Rows that its last comparison compared.
    pub rows: usize,
    /// Further facts for the report.
    pub note: String,
}

/// A case on its way.
#[derive(Debug)]
pub struct Play<'a> {
    case: &'a Case,
    family: Family,
    /// The source.
    pub source: Source,
    /// The target.
    pub target: Target,
    /// The tasks.
    pub tasks: Tasks,
    /// Placeholders.
    pub vars: Vars,
    folder: PathBuf,
    outcome: Outcome,
    remembered: Option<String>,
    writer: Option<JoinHandle<Result<()>>>,
    _own_servers: (Option<SourceServer>, Option<TargetServer>),
}

impl Drop for Play<'_> {
    fn drop(&mut self) {
        if let Some(writer) = &self.writer {
            writer.abort();
        }
    }
}

/// Plays a case on a family from a clean start and cleans up behind it.
///
/// # Errors
/// The first step that fails, with its line.
pub async fn play(
    case: &Case,
    family: Family,
    source: &Source,
    target: &Target,
    run: &Path,
) -> Result<Outcome> {
    let mut play = Play::new(case, family, source, target, run).await?;
    play.clean().await.context("cleaning before the case")?;
    let db = play.vars.get("db").to_owned();
    play.source.run(&format!("CREATE DATABASE {db} DEFAULT CHARACTER SET utf8mb4")).await?;
    for step in &case.steps {
        if let Err(error) = play.step(step).await {
            play.tasks.end_all().await?;
            return Err(error.context(format!("at step {step:?}")));
        }
    }
    play.tasks.end_all().await?;
    play.clean().await.context("cleaning after the case")?;
    Ok(std::mem::take(&mut play.outcome))
}

impl<'a> Play<'a> {
    async fn new(
        case: &'a Case,
        family: Family,
        source: &Source,
        target: &Target,
        run: &Path,
    ) -> Result<Self> {
        let id = case.id(family);
        let folder = run.join(&id);
        std::fs::create_dir_all(&folder)?;
        let own_server = match &case.own_server {
            Some(options) => Some(SourceServer::start(family, &folder, options).await?),
            None => None,
        };
        let own_databend = if case.own_databend { Some(TargetServer::start(&folder).await?) } else { None };
        let target = own_databend.as_ref().map_or(target, |server| &server.target).clone();
        let source = own_server.as_ref().map_or(source, |server| &server.source).clone();
        let mut vars = Vars::default();
        vars.set("db", &id);
        vars.set("task_id", &id);
        vars.set("server", family.to_string());
        vars.set("source_url", &source.url);
        vars.set("source_address", address(&source.url));
        vars.set("databend_url", &target.dsn);
        vars.set("databend_address", address(&target.dsn));
        Ok(Self {
            case,
            family,
            source,
            target,
            tasks: Tasks::new(&folder),
            vars,
            folder,
            outcome: Outcome::default(),
            remembered: None,
            writer: None,
            _own_servers: (own_server, own_databend),
        })
    }

    async fn clean(&self) -> Result<()> {
        let db = self.vars.get("db");
        self.source.drop_databases(db).await?;
        self.target.drop_databases(db).await
    }

    async fn step(&mut self, step: &Step) -> Result<()> {
        match step {
            Step::Source(file) => self.source_script(file).await,
            Step::Target(file) => match self.text(file)? {
                Some(script) => self.target.run(&script).await,
                None => Ok(()),
            },
            Step::Position => self.position().await,
            Step::Run(file, code) => self.run(file, *code).await,
            Step::Start(file) => self.start(file),
            Step::Follow => self.tasks.follow().await,
            Step::Wait(text) => self.tasks.wait_for(&self.vars.fill(text)).await,
            Step::Ends(code) => self.tasks.ends(*code).await,
            Step::Stop => self.tasks.stop(0).await,
            Step::Kill => self.tasks.kill().await,
            Step::TakeOver(code) => self.tasks.take_over(*code).await,
            Step::Writing(file) => self.writing(file),
            Step::Written => self.written().await,
            Step::Equal => self.equal().await,
            Step::Compare => self.compare().await,
            Step::Differs(file) => self.differs(file).await,
            Step::Ddl(file) => self.ddl(file).await,
            Step::Yields(query, answer) => self.yields(query, answer).await,
            Step::Says(text) => self.says(text, true),
            Step::Lacks(text) => self.says(text, false),
            Step::Total(table, totals) => self.total(table, totals),
            Step::Remember => {
                self.remembered = Some(self.target.fingerprint(self.vars.get("db")).await?);
                Ok(())
            }
            Step::Untouched => {
                let now = self.target.fingerprint(self.vars.get("db")).await?;
                let before = self.remembered.as_deref().context("nothing was remembered")?;
                ensure!(now == before, "the target was touched; before:\n{before}\nnow:\n{now}");
                Ok(())
            }
            Step::Control(method, path, body) => {
                let answer = self.target.control(method, path, &self.vars.fill(body)).await?;
                std::fs::write(self.folder.join("control.txt"), answer)?;
                Ok(())
            }
            Step::Kills(times) => {
                self.outcome.note = kill::run(self, *times).await?;
                Ok(())
            }
        }
    }

    /// Text of a file with placeholders filled in. The scripts that every suite names are optional.
    fn text(&self, file: &str) -> Result<Option<String>> {
        let optional = matches!(file, "src_prepare.sql" | "dst_prepare.sql" | "src_test.sql");
        if optional && !self.case.has(file, self.family) {
            return Ok(None);
        }
        Ok(Some(self.vars.fill(&self.case.file(file, self.family)?)))
    }

    /// Runs the task of a file to its end, `{stop_at}` being `caught_up`.
    ///
    /// # Errors
    /// It does not end in time, or with another exit code.
    pub async fn run(&mut self, file: &str, code: i32) -> Result<()> {
        self.vars.set("stop_at", "caught_up");
        self.launch(file)?;
        self.tasks.ends(code).await
    }

    /// Starts the task of a file, `{stop_at}` being `never`.
    ///
    /// # Errors
    /// As [`Tasks::start`].
    pub fn start(&mut self, file: &str) -> Result<()> {
        self.vars.set("stop_at", "never");
        self.launch(file)
    }

    fn launch(&mut self, file: &str) -> Result<()> {
        let text = self.text(file)?.unwrap_or_default();
        self.tasks.start(&text)
    }

    async fn source_script(&mut self, file: &str) -> Result<()> {
        let script = self.text(file)?.unwrap_or_default();
        let mut part = String::new();
        for line in script.lines() {
            match line.trim() {
                marker @ ("-- restart" | "-- kill") => {
                    self.source_part(&part).await?;
                    part.clear();
                    self.tasks.restart(marker == "-- kill").await?;
                }
                _ => {
                    part.push_str(line);
                    part.push('\n');
                }
            }
        }
        self.source_part(&part).await
    }

    async fn source_part(&self, script: &str) -> Result<()> {
        self.source.run(&format!("USE {};\n{script}", self.vars.get("db"))).await
    }

    async fn position(&mut self) -> Result<()> {
        let (file, offset, gtid) = self.source.position().await?;
        self.vars.set("binlog_file", file);
        self.vars.set("binlog_offset", offset);
        self.vars.set("gtid", gtid);
        Ok(())
    }

    fn writing(&mut self, file: &str) -> Result<()> {
        let script = self.text(file)?.unwrap_or_default();
        let (source, db) = (self.source.clone(), self.vars.get("db").to_owned());
        self.writer = Some(tokio::spawn(async move {
            loop {
                source.run(&format!("USE {db};\n{script}")).await?;
            }
        }));
        Ok(())
    }

    async fn written(&mut self) -> Result<()> {
        let writer = self.writer.take().context("nothing is being written")?;
        if writer.is_finished() {
            return writer.await?.context("the writer failed");
        }
        // Between two statements a transaction may be open; the server rolls it back with the connection.
        writer.abort();
        Ok(())
    }

    /// The pairs of tables that have to be equal.
    async fn pairs(&self) -> Result<Vec<(Place, Place)>> {
        let route = |place: &Place| {
            let routes = self.case.routes.iter().map(|(from, to)| (self.vars.fill(from), self.vars.fill(to)));
            let mut target =
                routes.filter(|(from, _)| *from == place.to_string()).map(|(_, to)| self::place(&to));
            target.next().unwrap_or_else(|| place.clone())
        };
        let left_out = |place: &Place| {
            let mut names = self.case.not_copied.iter().chain(&self.case.not_compared);
            names.any(|name| self.vars.fill(name) == place.to_string())
        };
        let mut pairs = Vec::new();
        for db in self.source.databases(self.vars.get("db")).await? {
            let hex: String = db.bytes().map(|byte| format!("{byte:02x}")).collect();
            let sql = format!(
                "SELECT table_name FROM information_schema.tables \
                 WHERE table_schema = CONVERT(X'{hex}' USING utf8mb4) AND table_type = 'BASE TABLE' ORDER BY 1"
            );
            for table in self.source.query(&sql).await?.into_iter().flatten().flatten() {
                let from = Place { db: db.clone(), table };
                if !left_out(&from) {
                    pairs.push((from.clone(), route(&from)));
                }
            }
        }
        Ok(pairs)
    }

    /// Rows compared, and every difference with its table.
    async fn differences(&self) -> Result<(usize, Vec<String>)> {
        let (mut rows, mut found) = (0, Vec::new());
        for (from, to) in self.pairs().await? {
            let comparison = compare::table(&self.source, &self.target, &from, &to).await?;
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

    async fn equal(&mut self) -> Result<()> {
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

    async fn differs(&self, file: &str) -> Result<()> {
        let expected = self.text(file)?.unwrap_or_default();
        let (_, found) = self.differences().await?;
        let found = found.join("\n");
        ensure!(found == expected.trim_end(), "expected:\n{expected}\nfound:\n{found}");
        Ok(())
    }

    async fn ddl(&self, file: &str) -> Result<()> {
        let expected = self.text(file)?.unwrap_or_default();
        let mut found = String::new();
        for (_, to) in self.pairs().await? {
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

    async fn yields(&self, query: &str, answer: &str) -> Result<()> {
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

    fn says(&self, text: &str, wanted: bool) -> Result<()> {
        let (text, output) = (self.vars.fill(text), self.tasks.output());
        let verb = if wanted { "does not say" } else { "says" };
        ensure!(output.contains(&text) == wanted, "dt {verb} `{text}`\n{}", tail(&output));
        Ok(())
    }

    fn total(&self, table: &str, totals: &[String]) -> Result<()> {
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

/// Reads `db.table`, split at the first point.
fn place(text: &str) -> Place {
    let (db, table) = text.split_once('.').unwrap_or((text, ""));
    Place { db: db.to_owned(), table: table.to_owned() }
}

/// `host:port` of a URL.
fn address(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
    rest.split(['/', '?']).next().unwrap_or_default()
}

fn tail(output: &str) -> String {
    let lines: Vec<&str> = output.lines().collect();
    format!("dt's last lines:\n{}", lines[lines.len().saturating_sub(12)..].join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        assert_eq!(address("mysql://root:a%40b@127.0.0.1:3306"), "127.0.0.1:3306");
        assert_eq!(address("databend://dt:x@h:8000/default?sslmode=disable"), "h:8000");
    }
}
