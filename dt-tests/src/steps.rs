//! Plays a case's steps against one source server and Databend.

mod checks;
mod gh_ost;
mod log;
mod online;
mod watch;

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use tokio::task::JoinHandle;

use crate::case::{Case, Step};
use crate::certificates;
use crate::kill;
use crate::leaks;
use crate::process::free_port;
use crate::servers::{Family, SourceServer, TargetServer};
use crate::source::Source;
use crate::target::Target;
use crate::task::Tasks;
use crate::text::Vars;
use crate::tls_proxy::TlsProxy;
use online::Tool;

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
    logged: u64,
    /// See [`Step::Reading`].
    reader: Option<JoinHandle<Result<()>>>,
    writer: Option<JoinHandle<Result<()>>>,
    tool: Option<Tool>,
    _own_servers: (Option<SourceServer>, Option<TargetServer>, Option<TlsProxy>),
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
    let secrets: Vec<String> = case.secrets.iter().map(|secret| play.vars.fill(secret)).collect();
    leaks::search(&play.folder, &secrets)?;
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
        let mut vars = Vars::default();
        vars.set("folder", folder.display().to_string());
        let identity = if case.certificates { Some(certificates::write(&folder)?) } else { None };
        let own_server = match &case.own_server {
            Some(options) => {
                let options: Vec<String> = options.iter().map(|option| vars.fill(option)).collect();
                Some(SourceServer::start(family, &folder, &options).await?)
            }
            None => None,
        };
        let own_databend = match &case.own_databend {
            Some(options) => Some(TargetServer::start(&folder, options).await?),
            None => None,
        };
        let target = own_databend.as_ref().map_or(target, |server| &server.target).clone();
        let source = own_server.as_ref().map_or(source, |server| &server.source).clone();
        vars.set("db", &id);
        vars.set("task_id", &id);
        vars.set("server", family.to_string());
        vars.set("stop_at", "never");
        vars.set("source_url", &source.url);
        vars.set("source_address", address(&source.url));
        vars.set("databend_url", &target.dsn);
        vars.set("databend_address", address(&target.dsn));
        vars.set("databend_port", address(&target.dsn).rsplit(':').next().unwrap_or_default());
        vars.set("metrics_port", free_port()?.to_string());
        let proxy = match identity {
            Some(identity) if case.databend_tls => {
                let proxy = TlsProxy::start(address(&target.dsn), identity).await?;
                vars.set("databend_tls_address", format!("127.0.0.1:{}", proxy.port));
                Some(proxy)
            }
            _ => None,
        };
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
            logged: 0,
            writer: None,
            reader: None,
            tool: None,
            _own_servers: (own_server, own_databend, proxy),
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
            Step::Target(file) => self.target_script(file).await,
            Step::Position => self.position().await,
            Step::Run(file, code) => self.run(file, *code).await,
            Step::Command(args, code) => self.command(args, *code).await,
            Step::EveryCommand => self.tasks.every_command().await,
            Step::Lasted(seconds) => self.tasks.lasted(*seconds),
            Step::Variable(name, text) => self.variable(name, text),
            Step::File(name, mode) => self.file(name, *mode),
            Step::Terminal(file, code) => self.terminal(file, *code).await,
            Step::Start(file) => self.start(file),
            Step::Follow => self.tasks.follow().await,
            Step::Wait(text) => self.tasks.wait_for(&self.vars.fill(text)).await,
            Step::Ends(code) => self.tasks.ends(*code).await,
            Step::Stop(code) => self.tasks.stop(*code).await,
            Step::Kill => self.tasks.kill().await,
            Step::TakeOver(code) => self.tasks.take_over(*code).await,
            Step::Writing(file) => self.writing(file),
            Step::Written => self.written().await,
            Step::Reading(query, least) => {
                self.reading(query, *least);
                Ok(())
            }
            Step::Read => self.read().await,
            Step::PtOsc(table, options) => self.pt_osc(table, options),
            Step::GhOst(table, alter) => self.gh_ost(table, alter).await,
            Step::Altered => self.altered().await,
            Step::Equal => self.equal().await,
            Step::Compare => self.compare().await,
            Step::Differs(file) => self.differs(file).await,
            Step::Ddl(file) => self.ddl(file).await,
            Step::Yields(query, answer) => self.yields(query, answer).await,
            Step::Says(text) => self.says(text, true),
            Step::Lacks(text) => self.says(text, false),
            Step::Reason(text) => self.reason(text),
            Step::Total(table, totals) => self.total(table, totals),
            Step::Finds(check, result, text) => self.finds(check, result, text),
            Step::Names(file) => self.names(file),
            Step::Metric(name, wanted) => self.metric(name, *wanted).await,
            Step::Ready => self.readiness(200, "ready").await,
            Step::Unready(reason) => self.readiness(503, reason).await,
            Step::Plain => self.plain(),
            Step::Json(folder) => self.json(folder),
            Step::Remember => self.remember().await,
            Step::Untouched => self.untouched().await,
            Step::Log => self.log().await,
            Step::ReadOnly => self.read_only().await,
            Step::AsPlanned => self.as_planned().await,
            Step::Control(method, path, body) => self.control(method, path, body).await,
            Step::Kills(times) => self.kills(*times).await,
        }
    }

    fn variable(&mut self, name: &str, text: &str) -> Result<()> {
        self.tasks.set_variable(name, &self.vars.fill(text));
        Ok(())
    }

    async fn kills(&mut self, times: u32) -> Result<()> {
        self.outcome.note = kill::run(self, times).await?;
        Ok(())
    }

    /// Text of a file with placeholders filled in. The scripts that every suite names are optional.
    fn text(&self, file: &str) -> Result<Option<String>> {
        let optional = matches!(file, "src_prepare.sql" | "dst_prepare.sql" | "src_test.sql");
        if optional && !self.case.has(file, self.family) {
            return Ok(None);
        }
        Ok(Some(self.vars.fill(&self.case.file(file, self.family)?)))
    }

    fn file(&self, name: &str, mode: u32) -> Result<()> {
        let path = self.folder.join(name);
        std::fs::write(&path, self.text(name)?.unwrap_or_default())?;
        std::fs::set_permissions(&path, Permissions::from_mode(mode))?;
        Ok(())
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

    async fn command(&mut self, args: &[String], code: i32) -> Result<()> {
        let mut filled = Vec::with_capacity(args.len());
        for arg in args {
            filled.push(match arg.ends_with(".ini") {
                true => self.tasks.keep(&self.text(arg)?.unwrap_or_default())?,
                false => self.vars.fill(arg),
            });
        }
        self.tasks.command(&filled, code).await
    }

    /// Starts the task of a file, `{stop_at}` being `never`.
    ///
    /// # Errors
    /// As [`Tasks::start`].
    pub fn start(&mut self, file: &str) -> Result<()> {
        self.vars.set("stop_at", "never");
        self.launch(file)
    }

    async fn terminal(&mut self, file: &str, code: i32) -> Result<()> {
        self.vars.set("stop_at", "caught_up");
        let text = self.text(file)?.unwrap_or_default();
        self.tasks.start_on_terminal(&text)?;
        self.tasks.ends(code).await
    }

    /// Starts the task of a file; behind its name stand options of `dt run`.
    fn launch(&mut self, words: &str) -> Result<()> {
        let mut words = words.split(' ');
        let text = self.text(words.next().unwrap_or_default())?.unwrap_or_default();
        let options: Vec<String> = words.map(|word| self.vars.fill(word)).collect();
        self.tasks.start_with(&text, &options)
    }

    /// Reads the target again and again, as its readers do.
    fn reading(&mut self, query: &str, least: u64) {
        let (target, query) = (self.target.clone(), self.vars.fill(query));
        self.reader = Some(tokio::spawn(async move {
            for reads in 0.. {
                let rows = target.query(&query).await?;
                let found = rows.first().and_then(|row| row.first()?.as_ref()?.parse::<u64>().ok());
                ensure!(
                    found.is_some_and(|found| found >= least),
                    "read {reads}: `{query}` answers {found:?} instead of {least} at least"
                );
            }
            Ok(())
        }));
    }

    async fn read(&mut self) -> Result<()> {
        let reader = self.reader.take().context("nothing is being read")?;
        if reader.is_finished() {
            return reader.await?;
        }
        reader.abort();
        Ok(())
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

    async fn target_script(&self, file: &str) -> Result<()> {
        match self.text(file)? {
            Some(script) => self.target.run(&script).await,
            None => Ok(()),
        }
    }

    async fn control(&self, method: &str, path: &str, body: &str) -> Result<()> {
        let answer = self.target.control(method, path, &self.vars.fill(body)).await?;
        Ok(std::fs::write(self.folder.join("control.txt"), answer)?)
    }

    async fn position(&mut self) -> Result<()> {
        let (file, offset, gtid) = self.source.position().await?;
        self.vars.set("binlog_file", file);
        self.vars.set("binlog_offset", offset);
        self.vars.set("gtid", gtid);
        self.vars.set("now", self.source.now().await?);
        Ok(())
    }

    fn writing(&mut self, file: &str) -> Result<()> {
        let script = self.text(file)?.unwrap_or_default();
        let (source, db) = (self.source.clone(), self.vars.get("db").to_owned());
        self.writer = Some(tokio::spawn(async move {
            loop {
                match source.run(&format!("USE {db};\n{script}")).await {
                    Err(error) if !online::is_lock_conflict(&error) => return Err(error),
                    Ok(()) | Err(_) => {}
                }
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
}

/// `host:port` of a URL.
fn address(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
    rest.split(['/', '?']).next().unwrap_or_default()
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
