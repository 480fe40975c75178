//! The task that all cases share: its file grows by what cases bring and by what errors name as their remedy.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use tokio::time::{Instant, sleep};

use super::ini::{Ini, remedy};
use crate::process::POLL;
use crate::source::{Source, quoted};
use crate::target::Target;
use crate::task::Tasks;

/// Time for the target to come to a mark: some dozen changes of structure, on a machine that has other work.
const ARRIVES: Duration = Duration::from_secs(300);
/// Time for a task to come through all changes of the corpus.
const CATCHES_UP: Duration = Duration::from_secs(1200);

/// The task, and both of its sides.
#[derive(Debug)]
pub struct Follower {
    /// The source.
    pub source: Source,
    /// The target.
    pub target: Target,
    /// What the names of all databases begin with.
    pub prefix: String,
    /// The task file.
    pub ini: Ini,
    /// Its processes.
    pub tasks: Tasks,
    marks: u32,
    /// Tables that the filter passes over by a remedy, `db.table`.
    pub passed_over: BTreeSet<String>,
}

/// A task that ended with an error.
#[derive(Debug, Clone)]
pub struct Stop {
    /// The error.
    pub error: String,
    /// What it names as its remedy.
    pub remedy: Option<(String, String, String)>,
}

impl Follower {
    /// A task over all databases whose names begin with `prefix`. Drops what a run before has left, and makes the table of marks.
    ///
    /// # Errors
    /// A server refuses.
    pub async fn new(source: &Source, target: &Target, prefix: &str, folder: &Path) -> Result<Self> {
        source.drop_databases(prefix).await?;
        target.drop_databases(prefix).await?;
        let folder = folder.join(prefix);
        std::fs::create_dir_all(&folder)?;
        source
            .run(&format!("CREATE DATABASE {prefix} DEFAULT CHARACTER SET utf8mb4; CREATE TABLE {prefix}.marks (n INT PRIMARY KEY)"))
            .await?;
        let ini = Ini::read(&format!(
            "[task]\nid={prefix}\n[extractor]\ndb_type=mysql\nextract_type=snapshot_and_cdc\nurl={}\n[filter]\ndo_dbs={prefix},{prefix}__*\n\
             [sinker]\ndb_type=databend\nurl={}\n[pipeline]\nflush_interval_ms=50\n[schema]\ndrop_column=apply\ndrop_table=apply\n\
             drop_database=apply\n[runtime]\nlog_level=debug\n",
            source.url, target.dsn
        ));
        let (source, target, prefix) = (source.clone(), target.clone(), prefix.to_owned());
        Ok(Self {
            source,
            target,
            prefix,
            ini,
            tasks: Tasks::new(&folder),
            marks: 0,
            passed_over: BTreeSet::new(),
        })
    }

    /// Starts the task and waits until it follows the binlog.
    ///
    /// # Errors
    /// It ends.
    pub async fn start(&mut self) -> Result<()> {
        self.ini.set("extractor", "stop_at", "never");
        self.tasks.start(&self.ini.text())?;
        self.tasks.follow().await
    }

    /// Runs the task until it has caught up, or ends with an error.
    ///
    /// # Errors
    /// It ends otherwise, or not in time.
    pub async fn catch_up(&mut self) -> Result<Option<Stop>> {
        self.ini.set("extractor", "stop_at", "caught_up");
        self.tasks.start(&self.ini.text())?;
        match self.tasks.ends_within(CATCHES_UP, 0).await {
            Ok(()) => Ok(None),
            Err(error) => self.stopped().with_context(|| format!("{error:#}")).map(Some),
        }
    }

    /// Waits until the target has all that the source has now, or the task ends with an error.
    ///
    /// # Errors
    /// Neither in time.
    pub async fn arrived(&mut self) -> Result<Option<Stop>> {
        self.marks += 1;
        let (prefix, mark) = (&self.prefix, self.marks);
        self.source.run(&format!("INSERT INTO {prefix}.marks VALUES ({mark})")).await?;
        let sql = format!("SELECT to_string(count(*)) FROM {prefix}.marks WHERE n = {mark}");
        let deadline = Instant::now() + ARRIVES;
        loop {
            if let Err(error) = self.tasks.still_runs() {
                self.tasks.end_all().await?;
                return self.stopped().with_context(|| format!("{error:#}")).map(Some);
            }
            let found = self.target.query(&sql).await?;
            if found.into_iter().flatten().flatten().next().as_deref() == Some("1") {
                return Ok(None);
            }
            ensure!(Instant::now() < deadline, "mark {mark} did not arrive within {ARRIVES:?}");
            sleep(POLL * 2).await;
        }
    }

    /// What the task has ended with.
    fn stopped(&self) -> Result<Stop> {
        let output = self.tasks.last_output();
        let error = output.lines().rev().find(|line| line.contains(" ERROR "));
        let error = error.context("the task names no error")?.to_owned();
        Ok(Stop { remedy: remedy(&error), error })
    }

    /// Puts the remedy of a stop into the task file.
    ///
    /// # Errors
    /// The error names none.
    pub fn remedy(&mut self, stop: &Stop) -> Result<()> {
        let Some((section, key, entry)) = &stop.remedy else { bail!("no line lets it pass: {}", stop.error) };
        if section == "filter" {
            self.passed_over.insert(entry.clone());
        }
        self.ini.add(section, key, entry);
        Ok(())
    }

    /// Leaves a database and those that begin as it does out from here on.
    pub fn leave_out(&mut self, db: &str) {
        self.ini.add("filter", "ignore_dbs", &format!("{db}, {db}__*"));
    }

    /// Drops what it has made.
    ///
    /// # Errors
    /// A server refuses.
    pub async fn clean(&mut self) -> Result<()> {
        self.tasks.end_all().await?;
        self.source.drop_databases(&self.prefix).await?;
        self.target.drop_databases(&self.prefix).await
    }
}

/// Makes a database, if nobody has yet.
///
/// # Errors
/// The source refuses.
pub async fn make_database(source: &Source, db: &str) -> Result<()> {
    source.run(&format!("CREATE DATABASE IF NOT EXISTS {} DEFAULT CHARACTER SET utf8mb4", quoted(db))).await
}
