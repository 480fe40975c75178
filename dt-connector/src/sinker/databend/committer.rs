//! The one transaction of a batch, and what happens when it fails.
//!
//! A batch is: `BEGIN`, the staged statements, the done marks, the compare-and-set of the checkpoint row, `COMMIT`. Correctness:
//!
//! - Everything becomes visible with the compare-and-set or not at all, since they share the transaction.
//! - After a failed statement a server answers OK to `COMMIT` and commits nothing. So a failure is remembered here: the
//!   transaction is rolled back, its session dropped, and `COMMIT` is never sent behind a failure.
//! - A `COMMIT` whose answer is lost, in whatever way, is decided by the checkpoint row, read in a new session: `(E, N+1)` means
//!   committed, `(E, N)` means do the same batch again, another epoch means that another writer took over. A lost `COMMIT` that is still
//!   running is no danger: it and its repetition change the same row, and the later one conflicts.
//! - A conflict ("unresolvable", code 4001) and a lost session take the same way.
//! - Also behind an error that no repetition helps against the row is read: what looks like a wrong target may be the work of such a
//!   `COMMIT`, or of another writer, and the exit code has to say which.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use dt_common::batch::{Checkpoint, Progress};
use dt_common::error::{Error, ErrorKind, Result};
use dt_common::monitor::Monitor;
use tokio::sync::Mutex;
use tracing::{debug, info, warn};

use super::checkpoint::{Lease, StateTables};
use super::client::{Client, Session};
use super::retry::{self, Limits, Retries};
use super::staged::{Act, Insertion, StagedTable, acts};
use super::statements::{Expect, Statement};
use crate::sinker::CommitReport;

/// Longest wait for the answer to a `ROLLBACK`, which nothing depends on.
const ROLLBACK_TIMEOUT: Duration = Duration::from_secs(5);
/// Commits between two purges of the state tables. A purge of 200 commits' files takes about half a second.
const UPKEEP_INTERVAL: u64 = 200;

/// What to do when the target does not become well again in time.
const GOES_ON: &str =
    "when Databend is well again, start the task again: it goes on where it was (see [sinker] max_retries)";

/// The owner of a task's transactions.
pub struct Committer {
    client: Arc<Client>,
    tables: StateTables,
    limits: Limits,
    monitor: Arc<Monitor>,
    /// As it was taken over; what of it does not change is read beside a commit.
    taken: OnceLock<Lease>,
    state: Mutex<Option<State>>,
}

struct State {
    lease: Lease,
    /// Outside of a transaction whenever it is here; `None` after a failure.
    session: Option<Session>,
}

impl Committer {
    /// A committer for a task; connects nowhere yet.
    pub fn new(client: Arc<Client>, tables: StateTables, limits: Limits, monitor: Arc<Monitor>) -> Self {
        Self { client, tables, limits, monitor, taken: OnceLock::new(), state: Mutex::new(None) }
    }

    /// Takes the task over.
    ///
    /// # Errors
    /// An unusable server; a stored state that cannot be understood.
    pub async fn open(&self) -> Result<(Lease, Checkpoint)> {
        let owner = uuid::Uuid::new_v4().to_string();
        let (session, lease, checkpoint) = retry::at_start(async || {
            let session = self.client.connect().await?;
            let (lease, checkpoint) = self.tables.take_over(&session, &owner).await?;
            Ok((session, lease, checkpoint))
        })
        .await?;
        info!(epoch = lease.epoch, batch = lease.n, %owner, "task taken over");
        self.taken.set(lease.clone()).map_err(|_| Error::internal("the task was taken over before"))?;
        *self.state.lock().await = Some(State { lease: lease.clone(), session: Some(session) });
        Ok((lease, checkpoint))
    }

    /// Commits a batch, see the module.
    ///
    /// # Errors
    /// Whatever trying again does not help against; [`ErrorKind::Fenced`] when another writer owns the task.
    pub async fn commit(&self, staged: &[StagedTable], progress: &Progress) -> Result<CommitReport> {
        self.commit_with(staged, progress, |_| Ok(Vec::new())).await
    }

    /// The same with further statements in the transaction, made for the batch's lease.
    ///
    /// # Errors
    /// As [`Committer::commit`].
    pub async fn commit_with(
        &self,
        staged: &[StagedTable],
        progress: &Progress,
        also: impl Fn(&Lease) -> Result<Vec<String>>,
    ) -> Result<CommitReport> {
        let mut guard = self.state.lock().await;
        let state = guard.as_mut().ok_or_else(|| Error::internal("commit before open"))?;
        let started = Instant::now();
        let mut stored = self.tables.store(&state.lease, progress)?;
        stored.extend(also(&state.lease)?);
        let mut retries = Retries::new(self.limits);
        while let Err(error) = self.advance(state, retries.count > 0, staged, progress, &stored).await {
            let batch = state.lease.n + 1;
            let Some(pause) = retries.next(error.kind()) else {
                let error = match retries.count {
                    0 => error,
                    tries => error.at(format!("batch {batch} failed {tries} times")).way_out(GOES_ON),
                };
                verdict(self.look(&state.lease).await, error)?;
                break;
            };
            self.monitor.retried(error.kind());
            let pause_ms = pause.as_millis() as u64;
            warn!(batch, retry = retries.count, pause_ms, %error, "batch is tried again");
            tokio::time::sleep(pause).await;
        }
        let elapsed = started.elapsed();
        state.lease.n += 1;
        // By the stored number, so that a task that is often restarted is tidied too.
        if state.lease.n.is_multiple_of(UPKEEP_INTERVAL) {
            self.upkeep().await;
        }
        Ok(CommitReport { elapsed })
    }

    /// The task's tables.
    pub fn tables(&self) -> &StateTables {
        &self.tables
    }

    /// What is stored now.
    ///
    /// # Errors
    /// As [`Committer::open`].
    pub async fn stored(&self) -> Result<Checkpoint> {
        let session = self.client.session().await?;
        let row = self.tables.read(&session).await?;
        self.tables.checkpoint(&session, &row).await
    }

    /// A session beside that of the transactions.
    ///
    /// # Errors
    /// Unreachable within 30 s.
    pub async fn session(&self) -> Result<Session> {
        self.client.session().await
    }

    /// Number of the last committed batch.
    ///
    /// # Errors
    /// A defect: the task is not open.
    pub async fn batch(&self) -> Result<u64> {
        let state = self.state.lock().await;
        Ok(state.as_ref().ok_or_else(|| Error::internal("a batch before open"))?.lease.n)
    }

    /// Whether the task is still this writer's; beside a commit too.
    ///
    /// # Errors
    /// [`ErrorKind::Fenced`] when it is another's; an unreachable target.
    pub async fn confirm(&self) -> Result<()> {
        let session = self.client.session().await?;
        self.fence(&session).await
    }

    /// The same in a session that is there.
    ///
    /// # Errors
    /// As [`Committer::confirm`].
    pub async fn fence(&self, session: &Session) -> Result<()> {
        let taken = self.taken.get().ok_or_else(|| Error::internal("confirm before open"))?;
        let row = self.tables.read(session).await?;
        if row.lease.is_of_the_run(taken) { Ok(()) } else { Err(fenced(&row.lease, taken)) }
    }

    /// Ends the session.
    ///
    /// # Errors
    /// A session that could not be ended.
    pub async fn close(&self) -> Result<()> {
        match self.state.lock().await.take().and_then(|state| state.session) {
            Some(session) => session.close().await,
            None => Ok(()),
        }
    }

    /// One try, after a look at the checkpoint row when an earlier try has left a doubt.
    async fn advance(
        &self,
        state: &mut State,
        in_doubt: bool,
        staged: &[StagedTable],
        progress: &Progress,
        stored: &[String],
    ) -> Result<()> {
        let session = match state.session.take() {
            Some(session) => session,
            None => self.client.session().await?,
        };
        if in_doubt && self.is_committed(&session, &state.lease).await? {
            state.session = Some(session);
            return Ok(());
        }
        match self.transaction(&session, &state.lease, staged, progress, stored).await {
            Ok(()) => {
                state.session = Some(session);
                Ok(())
            }
            Err(error) => {
                let rollback = session.execute("ROLLBACK");
                if !matches!(tokio::time::timeout(ROLLBACK_TIMEOUT, rollback).await, Ok(Ok(_))) {
                    debug!("the rollback of a failed batch was not answered");
                }
                Err(error)
            }
        }
    }

    /// What the checkpoint row says about batch N+1, in a session of its own.
    async fn look(&self, lease: &Lease) -> Result<bool> {
        let session = self.client.session().await?;
        self.is_committed(&session, lease).await
    }

    /// What the checkpoint row says about batch N+1.
    async fn is_committed(&self, session: &Session, lease: &Lease) -> Result<bool> {
        let row = self.tables.read(session).await?;
        if row.lease == *lease {
            return Ok(false);
        }
        if row.lease == (Lease { n: lease.n + 1, ..lease.clone() }) {
            info!(batch = row.lease.n, "batch was committed although its answer was lost");
            return Ok(true);
        }
        if row.lease.is_of_the_run(lease) {
            let (found, own) = (row.lease.n, lease.n);
            return Err(self.tables.broken(&format!("it stands at batch {found}, this writer at {own}")));
        }
        Err(fenced(&row.lease, lease))
    }

    async fn transaction(
        &self,
        session: &Session,
        lease: &Lease,
        staged: &[StagedTable],
        progress: &Progress,
        stored: &[String],
    ) -> Result<()> {
        let batch = lease.n + 1;
        session.execute("BEGIN").await?;
        debug!(batch, "batch begin");
        for (table, act) in acts(staged) {
            let done = match &act {
                Act::Run(statement) => execute(session, statement).await,
                Act::Insert(insertion) => insert(session, insertion).await,
            };
            done.map_err(|e| e.at(format_args!("table {table}")))?;
        }
        for sql in stored {
            session.execute(sql).await.map_err(|e| e.at("storing what a restart has to know"))?;
        }
        let moved = session.execute(&self.tables.advance(lease, progress)).await;
        match moved.map_err(|e| e.at("moving the checkpoint"))? {
            Some(1) => {}
            // Whether another writer or a lost answer of our own moved it the row itself will say.
            _ => {
                return Err(Error::new(ErrorKind::Conflict, "the checkpoint row was moved by somebody else"));
            }
        }
        match session.execute("COMMIT").await {
            Ok(_) => {
                debug!(batch, "batch committed");
                Ok(())
            }
            Err(error) if error.kind().is_retryable() => Err(error.at("COMMIT")),
            // Whatever the server says, the row has the last word on a COMMIT.
            Err(error) => Err(Error::new(ErrorKind::Transient, format!("COMMIT: {error}"))),
        }
    }

    /// Frees what the commits have left behind. In a session of its own, because nothing depends on it.
    async fn upkeep(&self) {
        let started = Instant::now();
        let purge = async {
            let session = self.client.session().await?;
            for sql in self.tables.upkeep() {
                session.execute(&sql).await?;
            }
            Ok::<_, Error>(())
        };
        match purge.await {
            Ok(()) => debug!(elapsed_ms = started.elapsed().as_millis() as u64, "state tables purged"),
            Err(error) => warn!(%error, "purging the state tables failed; they grow until it succeeds"),
        }
    }
}

/// Adds rows that the source has inserted, or applies them by key where one of their keys is there.
async fn insert(session: &Session, insertion: &Insertion) -> Result<()> {
    let held = count(session, &insertion.look).await?;
    if held == 0 {
        debug!("new rows are added");
        return execute(session, &insertion.add).await;
    }
    debug!(held, "keys of new rows are there already: they are applied by key");
    for statement in &insertion.upserts {
        execute(session, statement).await?;
    }
    Ok(())
}

/// The number that a look answers.
async fn count(session: &Session, look: &str) -> Result<u64> {
    let rows = session.query(look).await?;
    let number = rows.into_iter().flatten().next().flatten().and_then(|number| number.parse().ok());
    number.ok_or_else(|| Error::internal("a look for keys did not answer a number"))
}

async fn execute(session: &Session, statement: &Statement) -> Result<()> {
    if let Some(look) = statement.look()
        && count(session, &look).await? == 0
    {
        return Ok(());
    }
    let affected = session.execute(&statement.sql).await?;
    match statement.expect {
        Expect::Any | Expect::Hardly => Ok(()),
        Expect::Inserted(rows) if affected == Some(rows) => Ok(()),
        Expect::Inserted(rows) => {
            Err(Error::internal(format!("INSERT of {rows} rows answered {}", shown(affected))))
        }
        Expect::Moved(rows) if affected == Some(rows) => Ok(()),
        Expect::Moved(rows) => Err(Error::data(format!(
            "row not found in target: of {rows} rows that get another key, {} could be moved there. The binlog does not hold them whole \
             (binlog_row_image), and the target is not what the source was. Set binlog_row_image = FULL (globally and in every session), and \
             start the task with --resync and the table's name, which copies it anew",
            shown(affected)
        ))),
        Expect::Removed(rows) if affected == Some(rows) => Ok(()),
        Expect::Removed(rows) => Err(Error::data(format!(
            "row not found in target: {} of {rows} copies were there; the keyless table has been changed by somebody else. \
             Start the task with --resync and the table's name, which copies it anew",
            shown(affected)
        ))),
    }
}

fn fenced(found: &Lease, own: &Lease) -> Error {
    Error::new(
        ErrorKind::Fenced,
        format!(
            "another writer has taken the task over: epoch {}, owner {}; this one was epoch {}. Run the task once only",
            found.epoch, found.owner, own.epoch
        ),
    )
}

/// What an error comes to that ends the batch, after a look at the checkpoint row. Rows that are not as they should be are no
/// defect when a `COMMIT` whose answer was lost has removed them in the meantime, or another writer has: then the row has moved.
fn verdict(committed: Result<bool>, error: Error) -> Result<()> {
    match committed {
        Ok(true) => Ok(()),
        Err(found) if !found.kind().is_retryable() => Err(found),
        Ok(false) | Err(_) => Err(error),
    }
}

fn shown(affected: Option<u64>) -> String {
    affected.map_or_else(|| "no number".into(), |rows| rows.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checkpoint_row_has_the_last_word_on_an_error() {
        let missing = || Error::data("row not found in target");
        let kind = |looked| verdict(looked, missing()).map_err(|e| e.kind());
        assert_eq!(kind(Ok(true)), Ok(()));
        assert_eq!(kind(Ok(false)), Err(ErrorKind::Data));
        assert_eq!(kind(Err(Error::new(ErrorKind::Fenced, "epoch 2"))), Err(ErrorKind::Fenced));
        assert_eq!(kind(Err(Error::target("it is gone"))), Err(ErrorKind::Target));
        assert_eq!(kind(Err(Error::new(ErrorKind::Transient, "unreachable"))), Err(ErrorKind::Data));
    }
}
