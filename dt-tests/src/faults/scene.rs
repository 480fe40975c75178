//! One task under load: prepared, started, held at a step, brought to its end.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::changes::Changes;
use super::clock;
use super::lane::Lane;
use super::step::{Method, Step};
use crate::compare::{self, Expected, Place};
use crate::load::{self, Load, Pace};
use crate::process::POLL;
use crate::task::Tasks;

/// What the writers do: a few hundred rows a second together.
const PACE: Pace = Pace { transactions: 4, rows: 12 };
/// Time for a fault to fire.
const FIRE: Duration = Duration::from_secs(120);
/// Time for both sides to become equal when the load is over.
const EQUAL: Duration = Duration::from_secs(180);

/// What the tables hold before the task begins.
const ROWS: &str = "INSERT INTO keyed (id, v, s) SELECT a.n * 16 + b.n, 1, 'old' FROM sixteen a, sixteen b;
INSERT INTO composite SELECT a.n, CONCAT('k', b.n), 1 FROM sixteen a, sixteen b;
INSERT INTO keyless SELECT a.n, 'old' FROM sixteen a, sixteen b;
INSERT INTO account SELECT a.n * 16 + b.n, 0 FROM sixteen a, sixteen b;
INSERT INTO entry (account, text) SELECT a.n, 'old' FROM sixteen a, sixteen b;
";

/// A keyed table that is larger than what dt may hold in memory.
const BULK: &str = "CREATE TABLE bulk (id INT NOT NULL PRIMARY KEY, s VARCHAR(400));
INSERT INTO bulk SELECT a.n * 4096 + b.n * 256 + c.n * 16 + d.n, REPEAT('x', 200) FROM sixteen a, sixteen b, sixteen c, sixteen d
 WHERE a.n < 3;
";

/// A task on its way.
#[derive(Debug)]
pub struct Scene<'a> {
    /// Its servers.
    pub lane: &'a mut Lane,
    /// Its processes.
    pub tasks: Tasks,
    /// Name of its database and of its state.
    pub id: String,
    load: Option<Load>,
    ini: String,
    folder: PathBuf,
}

impl<'a> Scene<'a> {
    /// Makes the tables of all shapes with some rows, and starts to write to them.
    ///
    /// # Errors
    /// The source refuses.
    pub async fn under_load(lane: &'a mut Lane, bulk: bool, seed: u64) -> Result<Self> {
        let digits = (0..16).map(|n| format!("({n})")).collect::<Vec<_>>().join(",");
        let mut sql = format!(
            "{}CREATE TABLE sixteen (n INT);\nINSERT INTO sixteen VALUES {digits};\n{ROWS}",
            load::TABLES
        );
        if bulk {
            sql.push_str(BULK);
        }
        sql.push_str("DROP TABLE sixteen;\n");
        let mut scene = Self::new(lane, &sql).await?;
        scene.load = Some(Load::start(&scene.lane.writers_source()?, &scene.id, seed, PACE));
        Ok(scene)
    }

    /// Makes tables by a script. Nobody writes to them yet.
    ///
    /// # Errors
    /// The source refuses.
    pub async fn new(lane: &'a mut Lane, tables: &str) -> Result<Self> {
        let (id, folder) = lane.next_case()?;
        lane.source()
            .run(&format!("CREATE DATABASE {id} DEFAULT CHARACTER SET utf8mb4;\nUSE {id};\n{tables}"))
            .await?;
        let ini = format!(
            "[task]\nid={id}\n[extractor]\ndb_type=mysql\nextract_type=snapshot_and_cdc\nurl={}\nheartbeat_interval_secs=1\n\
             read_timeout_secs=3\nchunk_rows=100\n[filter]\ndo_dbs={id}\n[sinker]\ndb_type=databend\nurl={}\n[runtime]\nlog_level=debug\n\
             [schema]\ndrop_column=apply\ndrop_table=apply\n\
             [pipeline]\nflush_interval_ms=100\ncheckpoint_interval_secs=1\nbuffer_memory_mb=1\nmax_rows=2000\n",
            lane.source_url(),
            lane.target_url(),
        );
        Ok(Self { tasks: Tasks::new(&folder), lane, id, load: None, ini, folder })
    }

    /// Chooses how rows travel, however many they are.
    pub fn write_by(&mut self, method: Method) {
        self.ini = self.ini.replace("[sinker]\n", &format!("[sinker]\nwrite_method={method}\n"));
    }

    /// Has dt speak to the source in plain text, so that a network can tell what it says.
    pub fn speak_plainly(&mut self) {
        self.ini = self.ini.replace("[extractor]\n", "[extractor]\nssl_mode=disabled\n");
    }

    /// Changes the structure of tables at the source.
    ///
    /// # Errors
    /// The source refuses.
    pub async fn change(&self, changes: Changes) -> Result<()> {
        let (script, _) = changes.script();
        self.lane.source().run(&format!("USE {};\n{script}", self.id)).await
    }

    /// Expects that every change of structure was applied once and none is under way.
    ///
    /// # Errors
    /// What the task's history says instead.
    pub async fn are_applied(&self, changes: Changes) -> Result<()> {
        let sql = format!(
            "SELECT concat_ws(' ', to_string(count(*)), to_string(count(applied_at)), to_string(count(intent))) FROM \
             _dt.ddl_history_{}",
            self.id
        );
        let found =
            self.lane.target().query(&sql).await?.into_iter().flatten().flatten().next().unwrap_or_default();
        let (_, count) = changes.script();
        let expected = format!("{count} {count} 0");
        ensure!(found == expected, "changes, applied and under way: {found}, not {expected}");
        Ok(())
    }

    /// Where the task stages its files.
    pub fn stage(&self) -> String {
        format!("@~/dt/{}/", self.id)
    }

    /// The files that the task has staged, or left behind.
    ///
    /// # Errors
    /// Databend refuses.
    pub async fn staged_files(&self) -> Result<Vec<String>> {
        let sql = format!("SELECT name FROM list_stage(location => '{}')", self.stage());
        Ok(self.lane.target().query(&sql).await?.into_iter().flatten().flatten().collect())
    }

    /// Expects that no process of the task has left a file.
    ///
    /// # Errors
    /// The ones that were left.
    pub async fn nothing_is_staged(&self) -> Result<()> {
        let left = self.staged_files().await?;
        ensure!(left.is_empty(), "{} files were left in the stage: {left:?}", left.len());
        Ok(())
    }

    /// Gives the processes that start from here on a clock that can be set.
    ///
    /// # Errors
    /// There is no library for that on this machine.
    pub async fn take_clock(&mut self) -> Result<()> {
        self.set_clock("+0").await?;
        for (name, value) in clock::variables(&self.clock_file())? {
            self.tasks.set_variable(name, &value);
        }
        Ok(())
    }

    /// Sets the clock of the running process two hours back. Answers the times of its log before and after.
    ///
    /// # Errors
    /// The log goes on as if nothing had happened.
    pub async fn set_clock_back(&mut self) -> Result<(String, String)> {
        let last = |output: &str| clock::newest(output).map(str::to_owned).context("the log has no times");
        let before = last(&self.tasks.output())?;
        self.set_clock("-2h").await?;
        let deadline = Instant::now() + FIRE;
        loop {
            let after = last(&self.tasks.output())?;
            if after < before {
                return Ok((before, after));
            }
            self.tasks.still_runs()?;
            ensure!(Instant::now() < deadline, "the log goes on at {after}");
            sleep(POLL).await;
        }
    }

    async fn set_clock(&self, offset: &str) -> Result<()> {
        // Whole or not at all: the process reads it at any time.
        let (file, aside) = (self.clock_file(), self.folder.join("clock.new"));
        tokio::fs::write(&aside, offset).await?;
        Ok(tokio::fs::rename(aside, file).await?)
    }

    fn clock_file(&self) -> PathBuf {
        self.folder.join("clock")
    }

    /// Starts a process of the task.
    ///
    /// # Errors
    /// One runs already.
    pub fn start(&mut self) -> Result<()> {
        self.tasks.start(&self.ini)
    }

    /// Waits until the task's log says `text` once more than now.
    ///
    /// # Errors
    /// The task ends first, or does not say so in time.
    pub async fn says_again(&mut self, text: &str) -> Result<()> {
        let before = self.tasks.output().matches(text).count();
        let deadline = Instant::now() + FIRE;
        while self.tasks.output().matches(text).count() <= before {
            self.tasks.still_runs()?;
            ensure!(Instant::now() < deadline, "no further `{text}` within {FIRE:?}");
            sleep(POLL).await;
        }
        Ok(())
    }

    /// Plants a fault at a step.
    ///
    /// # Errors
    /// The local Databend refuses.
    pub async fn plant(&self, step: &Step, fault: Value) -> Result<()> {
        let mut body = json!({ "kind": step.kind, "match": step.sql, "after": step.after, "nth": step.nth });
        if let (Some(body), Value::Object(fault)) = (body.as_object_mut(), fault) {
            body.extend(fault);
        }
        self.control("POST", "/_fault", &body.to_string()).await.map(drop)
    }

    /// Waits until the planted faults have fired so often.
    ///
    /// # Errors
    /// They do not, or the task ends first.
    pub async fn fired(&mut self, times: u64) -> Result<u64> {
        let deadline = Instant::now() + FIRE;
        loop {
            let fired = self.fired_so_far().await?;
            if fired >= times {
                return Ok(fired);
            }
            self.tasks.still_runs().context("before the fault fired")?;
            ensure!(Instant::now() < deadline, "the fault fired {fired} times within {FIRE:?}");
            sleep(POLL).await;
        }
    }

    /// How often the planted faults have fired.
    ///
    /// # Errors
    /// The local Databend refuses.
    pub async fn fired_so_far(&self) -> Result<u64> {
        let state: Value = serde_json::from_str(&self.control("GET", "/_fault", "").await?)?;
        let faults = state["faults"].as_array().context("no list of faults")?;
        Ok(faults.iter().filter_map(|fault| fault["fired"].as_u64()).sum())
    }

    /// Waits until so many requests are held.
    ///
    /// # Errors
    /// They are not in time.
    pub async fn are_held(&self, requests: u64) -> Result<()> {
        let deadline = Instant::now() + FIRE;
        loop {
            let state: Value = serde_json::from_str(&self.control("GET", "/_fault", "").await?)?;
            if state["held"].as_u64().is_some_and(|held| held >= requests) {
                return Ok(());
            }
            ensure!(Instant::now() < deadline, "not {requests} requests are held: {state}");
            sleep(POLL).await;
        }
    }

    /// Lets held requests run, or drops them.
    ///
    /// # Errors
    /// The local Databend refuses.
    pub async fn release(&self, then: &str) -> Result<()> {
        self.control("POST", "/_fault/release", &json!({ "then": then }).to_string()).await.map(drop)
    }

    /// A request to the local Databend's test endpoints.
    ///
    /// # Errors
    /// It refuses.
    pub async fn control(&self, method: &str, path: &str, body: &str) -> Result<String> {
        self.lane.target().control(method, path, body).await
    }

    /// Ends the load, waits until both sides are equal, and ends the task. Answers the rows that were compared.
    ///
    /// # Errors
    /// A writer failed, the sides differ, or the task does not end well.
    pub async fn ends_equal(&mut self) -> Result<usize> {
        if let Some(load) = self.load.take() {
            load.finish().await?;
        }
        let rows = self.equal().await?;
        self.tasks.stop(0).await?;
        Ok(rows)
    }

    /// Waits until both sides are equal, the task running.
    async fn equal(&mut self) -> Result<usize> {
        let deadline = Instant::now() + EQUAL;
        loop {
            self.tasks.still_runs()?;
            let compared = async {
                self.counts_agree().await?;
                self.compare().await
            };
            match compared.await {
                Ok(rows) => return Ok(rows),
                Err(error) if Instant::now() > deadline => {
                    return Err(error.context(format!("not equal within {EQUAL:?}")));
                }
                Err(_) => sleep(Duration::from_millis(200)).await,
            }
        }
    }

    /// Tables of the source.
    async fn tables(&self) -> Result<Vec<String>> {
        let sql = format!(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = '{}' ORDER BY 1",
            self.id
        );
        Ok(self.lane.source().query(&sql).await?.into_iter().flatten().flatten().collect())
    }

    /// Whether it is worth while to compare: a comparison that comes too early takes the machine from the task.
    async fn counts_agree(&self) -> Result<()> {
        let tables = self.tables().await?;
        let arrived = self.lane.target().tables(&self.id).await?;
        ensure!(tables == arrived, "tables: {tables:?} at the source, {arrived:?} in the target");
        let counts: Vec<String> =
            tables.iter().map(|table| format!("(SELECT count(*) FROM `{}`.`{table}`)", self.id)).collect();
        let source = format!("SELECT CONCAT_WS(', ', {})", counts.join(", "));
        let target = format!("SELECT concat_ws(', ', to_string({}))", counts.join("), to_string("));
        let (source, target) =
            (self.lane.source().text(&source).await?, self.lane.target().query(&target).await?);
        let target = target.into_iter().flatten().flatten().next().unwrap_or_default();
        ensure!(source == target, "rows of the tables: {source} at the source, {target} in the target");
        Ok(())
    }

    /// Compares every table of the source with its copy.
    ///
    /// # Errors
    /// They differ; with the first differences.
    pub async fn compare(&self) -> Result<usize> {
        let (mut rows, mut found) = (0, Vec::new());
        for table in self.tables().await? {
            let place = Place { db: self.id.clone(), table };
            let expected = Expected::as_it_is(place.clone());
            let comparison = compare::table(self.lane.source(), self.lane.target(), &expected).await?;
            rows += comparison.rows;
            found.extend(comparison.differences.iter().map(|difference| format!("{place}: {difference}")));
        }
        if found.is_empty() {
            return Ok(rows);
        }
        let shown = found.iter().take(10).cloned().collect::<Vec<_>>().join("\n  ");
        bail!("{} differences (files in {}):\n  {shown}", found.len(), self.folder.display())
    }

    /// Forgets faults, ends processes and drops what the task has made. The scene's work is done.
    ///
    /// # Errors
    /// A server refuses.
    pub async fn clean(mut self) -> Result<()> {
        self.load = None;
        self.control("DELETE", "/_fault", "").await?;
        self.tasks.end_all().await?;
        self.lane.source().drop_databases(&self.id).await?;
        self.lane.target().drop_databases(&self.id).await
    }

    /// Forgets the task and its copy: what a user does whose task cannot go on.
    ///
    /// # Errors
    /// Databend refuses.
    pub async fn begin_anew(&mut self) -> Result<()> {
        self.lane.target().drop_databases(&self.id).await?;
        self.start()
    }
}
