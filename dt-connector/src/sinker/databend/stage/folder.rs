//! Where the files of one run of a task lie: `@<stage>/dt/<task>/<epoch>-<owner>/<number>.parquet`.
//!
//! Epoch and owner name the run, so that no two runs share a name, and a number is used once. That matters twice: Databend remembers
//! loaded files by name, and a run that was fenced off may still upload. A run removes its files behind their commit, and at its
//! start what the runs before it have left: those are fenced off, and what they staged can never be committed. Folders of a
//! later epoch are left alone: they are those of the run that has fenced this one off meanwhile.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use dt_common::error::{Error, Result};
use tokio::sync::Mutex;
use tokio::time::sleep;
use tracing::{debug, warn};

use super::super::checkpoint::Lease;
use super::super::client::{Client, Session};
use super::super::retry::{Limits, Retries};
use super::encode;
use super::load::StagedFile;

/// Loaded files that are removed together: a removal lists the folder.
const FILES_PER_REMOVAL: usize = 32;

/// A stage, used by one task.
pub struct StageFolder {
    client: Arc<Client>,
    limits: Limits,
    /// `@~/dt/shop/`: of all runs of the task.
    task: String,
    /// `@~/dt/shop/7-1b9d6bcd/`: of this run; set when the task is taken over and the stage found usable.
    run: OnceLock<String>,
    next: AtomicU64,
    /// Sessions that lanes have done with.
    idle: Mutex<Vec<Session>>,
    /// Files that are committed and not removed yet.
    loaded: Mutex<Vec<StagedFile>>,
}

/// The folder of a task's files.
pub fn task_folder(stage: &str, task_id: &str) -> String {
    format!("@{stage}/dt/{task_id}/")
}

impl StageFolder {
    /// The folder of a task in the stage of that name (`~` is the user's own).
    pub fn new(client: Arc<Client>, stage: &str, task_id: &str, limits: Limits) -> Self {
        Self {
            client,
            limits,
            task: task_folder(stage, task_id),
            run: OnceLock::new(),
            next: AtomicU64::new(1),
            idle: Mutex::default(),
            loaded: Mutex::default(),
        }
    }

    /// Names this run's folder, removes what the runs before it have left, and tries whether files can be written and read.
    ///
    /// # Errors
    /// A stage that cannot be used; after a transient one the same call may succeed.
    pub async fn open(&self, lease: &Lease) -> Result<()> {
        let owner = lease.owner.get(..8).unwrap_or(&lease.owner);
        let run = format!("{}{}-{owner}/", self.task, lease.epoch);
        let place = |e: Error| e.at(format_args!("stage {} ([sinker] stage)", self.task));
        let session = self.session().await?;
        for left in self.left_by(&session, lease.epoch).await.map_err(place)? {
            session.query(&format!("REMOVE {}{left}/", self.task)).await.map_err(place)?;
        }
        let probe = StagedFile { folder: run.clone(), name: "probe.parquet".to_owned(), rows: 1, bytes: 0 };
        send(&session, &probe, encode::probe()?.into()).await.map_err(place)?;
        self.give_back(session).await;
        self.run.set(run).map_err(|_| Error::internal("the stage was opened before"))
    }

    /// Folders of the runs before an epoch.
    async fn left_by(&self, session: &Session, epoch: u64) -> Result<BTreeSet<String>> {
        let files = session.query(&format!("LIST {}", self.task)).await?;
        let paths = files.into_iter().filter_map(|row| row.into_iter().next().flatten());
        Ok(paths.filter_map(|path| run_before(&self.task, &path, epoch)).collect())
    }

    /// The first of these files that the server does not read as it was uploaded, if there is one.
    ///
    /// # Errors
    /// A stage that cannot be read.
    pub async fn check(&self, files: impl Iterator<Item = &StagedFile>) -> Result<()> {
        let session = self.session().await?;
        for file in files {
            count(&session, file).await?;
        }
        self.give_back(session).await;
        Ok(())
    }

    /// Whether files can be staged.
    pub fn is_open(&self) -> bool {
        self.run.get().is_some()
    }

    /// A name that no file has had before.
    pub fn name(&self, rows: u64, bytes: u64) -> StagedFile {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let folder = self.run.get().cloned().unwrap_or_default();
        StagedFile { folder, name: format!("{number}.parquet"), rows, bytes }
    }

    /// Uploads a file and makes sure that the server reads as many rows from it as were written. Tried again like a batch: the
    /// same name with the same content.
    ///
    /// # Errors
    /// A stage that cannot be written to; a file that is not there whole.
    pub async fn upload(&self, file: &StagedFile, data: Vec<u8>) -> Result<()> {
        let data = Bytes::from(data);
        let mut retries = Retries::new(self.limits);
        loop {
            let Err(error) = self.try_upload(file, data.clone()).await else { return Ok(()) };
            let Some(pause) = retries.next(error.kind()) else { return Err(error) };
            let pause_ms = pause.as_millis() as u64;
            warn!(file = %file.name, retry = retries.count, pause_ms, %error, "file is staged again");
            sleep(pause).await;
        }
    }

    async fn try_upload(&self, file: &StagedFile, data: Bytes) -> Result<()> {
        let session = self.session().await?;
        send(&session, file, data).await?;
        self.give_back(session).await;
        Ok(())
    }

    /// Removes files that are committed, some at a time. What cannot be removed stays until the next start sweeps it.
    pub async fn release(&self, files: impl Iterator<Item = &StagedFile>) {
        let mut loaded = self.loaded.lock().await;
        loaded.extend(files.cloned());
        if loaded.len() >= FILES_PER_REMOVAL {
            self.remove(&std::mem::take(&mut *loaded)).await;
        }
    }

    /// Removes the last files and ends the sessions.
    ///
    /// # Errors
    /// A session that could not be ended.
    pub async fn close(&self) -> Result<()> {
        if let Some(run) = self.run.get() {
            self.remove_by(&format!("REMOVE {run}")).await;
        }
        for session in self.idle.lock().await.drain(..) {
            session.close().await?;
        }
        Ok(())
    }

    async fn remove(&self, files: &[StagedFile]) {
        let Some(file) = files.first() else { return };
        self.remove_by(&format!("REMOVE {} PATTERN = '{}'", file.folder, pattern(files))).await;
    }

    async fn remove_by(&self, sql: &str) {
        let removed = async {
            let session = self.session().await?;
            session.query(sql).await?;
            self.give_back(session).await;
            Ok::<_, Error>(())
        };
        if let Err(error) = removed.await {
            warn!(%error, "loaded stage files could not be removed; the next start removes them");
        }
    }

    async fn session(&self) -> Result<Session> {
        let idle = self.idle.lock().await.pop();
        match idle {
            Some(session) => Ok(session),
            None => self.client.session().await,
        }
    }

    /// Keeps a session that has not failed.
    async fn give_back(&self, session: Session) {
        self.idle.lock().await.push(session);
    }
}

/// Matches the names of just these files. Only the whole pattern is anchored, so that the names need brackets around them: without,
/// `2.parquet` would match the end of `12.parquet`.
fn pattern(files: &[StagedFile]) -> String {
    let names: Vec<String> = files.iter().map(|file| file.name.replace('.', "[.]")).collect();
    format!("({})", names.join("|"))
}

/// Uploads a file and counts its rows as the server reads them.
async fn send(session: &Session, file: &StagedFile, data: Bytes) -> Result<()> {
    let bytes = data.len();
    let uploaded = session.upload(&format!("{}{}", file.folder, file.name), data).await;
    uploaded.map_err(|e| e.at(place(file)))?;
    count(session, file).await?;
    debug!(file = %file.name, rows = file.rows, bytes, "file staged");
    Ok(())
}

/// Expects that the server reads as many rows from a file as were written. A file that is gone has none.
async fn count(session: &Session, file: &StagedFile) -> Result<()> {
    let counted = session.query(&format!("SELECT count(*) FROM {}", file.table())).await;
    let counted = counted.map_err(|e| e.at(place(file)))?;
    let counted = counted.first().and_then(|row| row.first()?.as_ref()?.parse::<u64>().ok());
    if counted == Some(file.rows) {
        return Ok(());
    }
    let seen = counted.map_or_else(|| "no number".to_owned(), |rows| rows.to_string());
    let error = Error::target(format!(
        "{} rows were uploaded and the server reads {seen}; nobody else may write into this folder of the stage or remove from it",
        file.rows
    ));
    Err(error.at(place(file)).way_out("start the task again: it stages the rows anew"))
}

fn place(file: &StagedFile) -> String {
    format!("stage file {}{}", file.folder, file.name)
}

/// The folder in the path of a file, when a run of the task before `epoch` has made it. `task` is `@stage/dt/shop/`, the path is that
/// within the stage.
fn run_before(task: &str, path: &str, epoch: u64) -> Option<String> {
    let (_, task) = task.split_once('/')?;
    let (run, _) = path.strip_prefix(task)?.split_once('/')?;
    let (number, _) = run.split_once('-')?;
    (number.parse::<u64>().ok()? < epoch).then(|| run.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_named_files_are_removed() {
        let file = |name: &str| StagedFile { folder: "@~/f/".into(), name: name.into(), rows: 1, bytes: 1 };
        assert_eq!(pattern(&[file("1.parquet"), file("22.parquet")]), "(1[.]parquet|22[.]parquet)");
    }

    #[test]
    fn only_folders_of_earlier_runs_are_swept() {
        let swept = |path: &str| run_before("@~/dt/shop/", path, 10);
        assert_eq!(swept("dt/shop/9-1b9d6bcd/1.parquet").as_deref(), Some("9-1b9d6bcd"));
        for kept in
            ["dt/shop/10-1b9d6bcd/1.parquet", "dt/shop/11-a/1.parquet", "dt/shop2/9-a/1.parquet", "dt/shop/x"]
        {
            assert_eq!(swept(kept), None, "{kept}");
        }
    }
}
