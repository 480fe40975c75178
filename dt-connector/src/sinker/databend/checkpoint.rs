//! The task's state in the target: schema `_dt`, six tables a task.
//!
//! `checkpoint_<task>` holds one row: who owns the task (`epoch`, `owner`), how many batches are committed (`n`) and the source's
//! position behind the last of them. Every batch moves `n` by compare-and-set in its own transaction, so a batch is committed
//! exactly when the row says so, and a writer of an older epoch changes nothing. A table of its own for each task, because rows
//! that share a block conflict.
//!
//! `marks_<task>` holds the done marks of a snapshot. Marks are appended: an append conflicts with nothing.
//!
//! `schemas_<task>` holds the definitions that the source's tables had at the position ([`definitions`]), and `ddl_history_<task>` every change
//! of structure, with what is left to do of one that is under way ([`super::evolve`]); `kept_<task>` what was dropped and is kept for a time. `repairs_<task>` holds what `dt check --repair`
//! has handed over ([`repairs`]).
//!
//! The row is made before anybody writes, since two transactions that insert do not conflict. Starters that meet may each
//! insert one: rows without a batch beside another row are the trace of that, and all but one go. Should two of them nevertheless
//! come to the same epoch, the compare-and-set names the owner too.

use std::time::Duration;

use dt_common::batch::{Checkpoint, Progress};
use dt_common::error::{Error, ErrorKind, Result};
use dt_common::item::ChunkMark;

use super::client::Session;
use super::definitions;
use super::evolve::{history, kept};
use super::marks;
use super::quote;
use super::repairs;

/// Version of what is stored. A newer one is refused, never half understood.
pub const FORMAT: u32 = 1;
/// Rounds of reading, repairing and claiming, where other starters interfere.
const START_TRIES: u32 = 30;
/// Longest pause after a lost race; the real one is random, so that starters get out of each other's way.
const START_PAUSE: Duration = Duration::from_millis(200);
/// No past is kept, so that [`StateTables::upkeep`] can free it: with a retention of one hour a purge freed nothing (seen: 2,767
/// files after 300 commits), and the session's own retention setting does not override the table's option.
const OPTIONS: &str = "data_retention_period_in_hours = 0";

/// Names of a task's tables.
#[derive(Debug, Clone)]
pub struct StateTables {
    pub(super) task: String,
    pub(super) checkpoint: String,
    pub(super) marks: String,
    pub(super) schemas: String,
    pub(super) history: String,
    pub(super) kept: String,
    pub(super) repairs: String,
}

/// The ownership of a task, and the number of its committed batches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// Who owns the task: unique for each start.
    pub owner: String,
    /// Number of the takeover.
    pub epoch: u64,
    /// Committed batches.
    pub n: u64,
}

impl Lease {
    /// Whether both belong to the same run of the task.
    pub fn is_of_the_run(&self, other: &Self) -> bool {
        (self.epoch, &self.owner) == (other.epoch, &other.owner)
    }
}

/// The checkpoint row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckpointRow {
    /// Ownership and progress.
    pub lease: Lease,
    /// Source time of the last committed transaction, microseconds since 1970; 0 when there is none.
    pub source_time: i64,
    position: Option<String>,
    format: u32,
}

impl StateTables {
    /// The tables of a task.
    ///
    /// # Errors
    /// A task id that is empty or holds anything but letters, digits and `_`.
    pub fn new(task: &str) -> Result<Self> {
        if task.is_empty() || !task.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            return Err(Error::config(
                "[task] id: use letters, digits and `_`; it names the task's state in the target",
            ));
        }
        Ok(Self {
            task: task.to_owned(),
            checkpoint: format!("`_dt`.`checkpoint_{task}`"),
            marks: format!("`_dt`.`marks_{task}`"),
            schemas: format!("`_dt`.`schemas_{task}`"),
            history: format!("`_dt`.`ddl_history_{task}`"),
            kept: format!("`_dt`.`kept_{task}`"),
            repairs: format!("`_dt`.`repairs_{task}`"),
        })
    }

    /// Takes the task over and answers what is stored.
    ///
    /// # Errors
    /// A missing privilege; a stored state that is doubled, newer or cannot be read.
    pub async fn take_over(&self, session: &Session, owner: &str) -> Result<(Lease, Checkpoint)> {
        let row = self.claim(session, owner, |row| self.check(row)).await?;
        self.check_order(session, &row.lease).await?;
        let checkpoint = self.checkpoint(session, &row).await?;
        Ok((row.lease, checkpoint))
    }

    /// The row as it is now, for a committer in doubt.
    ///
    /// # Errors
    /// [`ErrorKind::Fenced`] when the table is gone; a row that is gone, doubled or unreadable.
    pub async fn read(&self, session: &Session) -> Result<CheckpointRow> {
        let mut rows = match self.rows(session).await {
            Ok(rows) => rows,
            Err(error) if error.kind() == ErrorKind::Schema && !self.exist(session).await?[0] => {
                return Err(self.gone());
            }
            Err(error) => return Err(error),
        };
        match (rows.pop(), rows.is_empty()) {
            (Some(row), true) => Ok(row),
            _ => Err(self.broken("it does not hold exactly one row")),
        }
    }

    /// The compare-and-set that every batch ends with; has to change exactly 1 row.
    pub fn advance(&self, lease: &Lease, progress: &Progress) -> String {
        let position = progress.position.as_ref().map(|position| quote::string(&position.to_string()));
        let position = position.map(|text| format!(", `position` = {text}")).unwrap_or_default();
        let changes = !progress.definitions.is_empty();
        let schema = if changes { ", `schema_version` = `schema_version` + 1" } else { "" };
        format!(
            "UPDATE {} SET `n` = {}{position}, `source_time` = {}{schema} WHERE `task_id` = {} AND `epoch` = {} AND `n` = {} AND `owner` = {}",
            self.checkpoint,
            lease.n + 1,
            progress.source_time,
            quote::string(&self.task),
            lease.epoch,
            lease.n,
            quote::string(&lease.owner)
        )
    }

    /// What the done marks and definitions of a batch take; empty when there are none.
    ///
    /// # Errors
    /// A mark that cannot be stored.
    pub fn store(&self, lease: &Lease, progress: &Progress) -> Result<Vec<String>> {
        let mut out = definitions::store(&self.schemas, lease, &progress.definitions);
        if !progress.marks.is_empty() {
            out.push(marks::insert(&self.marks, lease, &progress.marks)?);
        }
        if !progress.repaired.is_empty() {
            out.push(repairs::insert(&self.repairs, &progress.repaired));
        }
        if progress.forget_marks {
            out.push(format!("DELETE FROM {}", self.marks));
        }
        Ok(out)
    }

    /// Statements that remove what the commits before left behind: every commit leaves a snapshot and files. A purge writes no
    /// snapshot and conflicts with nothing; the marks are compacted too, since each batch appends a block.
    pub fn upkeep(&self) -> [String; 4] {
        [
            format!("OPTIMIZE TABLE {} PURGE", self.checkpoint),
            format!("OPTIMIZE TABLE {} ALL", self.marks),
            format!("OPTIMIZE TABLE {} ALL", self.schemas),
            format!("OPTIMIZE TABLE {} ALL", self.repairs),
        ]
    }

    /// Statements that make the tables where they are missing.
    pub fn create(&self) -> [String; 7] {
        [
            "CREATE DATABASE IF NOT EXISTS `_dt`".to_owned(),
            format!(
                "CREATE TABLE IF NOT EXISTS {} (`task_id` VARCHAR NOT NULL, `format` INT UNSIGNED NOT NULL, \
                 `epoch` BIGINT UNSIGNED NOT NULL, `owner` VARCHAR NOT NULL, `n` BIGINT UNSIGNED NOT NULL, \
                 `position` VARCHAR NULL, `source_time` BIGINT NOT NULL, `schema_version` BIGINT UNSIGNED NOT NULL) {OPTIONS}",
                self.checkpoint
            ),
            marks::create(&self.marks, OPTIONS),
            definitions::create(&self.schemas, OPTIONS),
            history::create(&self.history, OPTIONS),
            kept::create(&self.kept, OPTIONS),
            repairs::create(&self.repairs, OPTIONS),
        ]
    }

    /// Makes the row `owner`'s and answers it; `refuse` looks at it before anybody is fenced off.
    pub(super) async fn claim(
        &self,
        session: &Session,
        owner: &str,
        refuse: impl Fn(&CheckpointRow) -> Result<()>,
    ) -> Result<CheckpointRow> {
        for sql in self.create() {
            session.execute(&sql).await.map_err(|e| e.at(format_args!("creating {}", self.checkpoint)))?;
        }
        for _ in 0..START_TRIES {
            if let Some(row) = self.single_row(session).await? {
                refuse(&row)?;
                if row.lease.owner == owner {
                    return Ok(row);
                }
                contended(session.execute(&self.claim_row(&row.lease, owner)).await)
                    .await
                    .map_err(|e| e.at(format_args!("taking over {}", self.checkpoint)))?;
            }
        }
        Err(Error::new(
            ErrorKind::Fenced,
            format!("task `{}` is being started elsewhere at the same time; run it once only", self.task),
        ))
    }

    fn claim_row(&self, lease: &Lease, owner: &str) -> String {
        format!(
            "UPDATE {} SET `epoch` = `epoch` + 1, `owner` = {} WHERE `task_id` = {} AND `epoch` = {} AND `n` = {}",
            self.checkpoint,
            quote::string(owner),
            quote::string(&self.task),
            lease.epoch,
            lease.n
        )
    }

    /// The one row; makes it when it is missing, and answers `None` when it has to be looked at again.
    async fn single_row(&self, session: &Session) -> Result<Option<CheckpointRow>> {
        let mut rows = self.rows(session).await?;
        let repair = match rows.len() {
            0 => self.insert_row(),
            1 => return Ok(rows.pop()),
            _ if rows.iter().filter(|row| row.lease.n > 0).count() > 1 => {
                return Err(self.broken("it holds several rows that stand behind a batch"));
            }
            _ => self.delete_doubles(),
        };
        contended(session.execute(&repair).await)
            .await
            .map_err(|e| e.at(format_args!("making the row of {}", self.checkpoint)))?;
        Ok(None)
    }

    fn insert_row(&self) -> String {
        format!(
            "INSERT INTO {table} (`task_id`, `format`, `epoch`, `owner`, `n`, `position`, `source_time`, `schema_version`) \
             SELECT {task}, {FORMAT}, 0, '', 0, NULL, 0, 0 WHERE NOT EXISTS (SELECT 1 FROM {table})",
            table = self.checkpoint,
            task = quote::string(&self.task)
        )
    }

    /// Keeps the row that stands behind a batch, else the one claimed last, else the first.
    fn delete_doubles(&self) -> String {
        format!(
            "DELETE FROM {table} WHERE _row_id IN (SELECT dt_id FROM (SELECT _row_id AS dt_id, `n` AS dt_n, \
             row_number() OVER (ORDER BY `n` DESC, `epoch` DESC, _row_id) AS dt_number FROM {table}) WHERE dt_number > 1 AND dt_n = 0)",
            table = self.checkpoint
        )
    }

    pub(super) async fn rows(&self, session: &Session) -> Result<Vec<CheckpointRow>> {
        let sql = format!(
            "SELECT `task_id`, to_string(`format`), to_string(`epoch`), to_string(`n`), `owner`, \
             to_string(`source_time`), `position` FROM {}",
            self.checkpoint
        );
        let rows =
            session.query(&sql).await.map_err(|e| e.at(format_args!("reading {}", self.checkpoint)))?;
        rows.into_iter()
            .map(|row| self.parse(row).ok_or_else(|| self.broken("its row cannot be read")))
            .collect()
    }

    fn parse(&self, row: Vec<Option<String>>) -> Option<CheckpointRow> {
        let [task, format, epoch, n, owner, source_time, position] =
            <[Option<String>; 7]>::try_from(row).ok()?;
        let number = |text: Option<String>| text?.parse::<u64>().ok();
        (task? == self.task).then_some(())?;
        Some(CheckpointRow {
            lease: Lease { owner: owner?, epoch: number(epoch)?, n: number(n)? },
            position,
            source_time: source_time?.parse().ok()?,
            format: number(format)?.try_into().ok()?,
        })
    }

    pub(super) fn check(&self, row: &CheckpointRow) -> Result<()> {
        if row.format != FORMAT {
            return Err(Error::config(format!(
                "{}: its format is {}, this dt knows {FORMAT}; run the task with the version that wrote it, or use a new [task] id",
                self.checkpoint, row.format
            )));
        }
        self.position(row).map(drop)
    }

    pub(super) fn position(&self, row: &CheckpointRow) -> Result<Option<dt_common::position::Position>> {
        let parsed = row.position.as_ref().map(|text| text.parse()).transpose();
        parsed.map_err(|e: Error| self.broken(&format!("the stored position cannot be read ({e})")))
    }

    /// Whatever is stored beside the row is stored with a batch, and names it. When it names one that the row does not stand behind,
    /// the row is not the task's: from another place copied tables and known definitions would be followed as if nothing were missing.
    async fn check_order(&self, session: &Session, lease: &Lease) -> Result<()> {
        let newest = [&self.marks, &self.schemas, &self.history].map(|table| {
            format!(
                "SELECT {}, to_string(max(`n`)) FROM {table} HAVING max(`n`) > {}",
                quote::string(table),
                lease.n
            )
        });
        let ahead = session.query(&newest.join(" UNION ALL ")).await;
        let ahead =
            ahead.map_err(|e| e.at(format_args!("reading what is stored beside {}", self.checkpoint)))?;
        match ahead.into_iter().flatten().flatten().next() {
            Some(table) => Err(self.broken(&format!("{table} is ahead of it"))),
            None => Ok(()),
        }
    }

    pub(super) async fn read_marks(&self, session: &Session) -> Result<Vec<ChunkMark>> {
        let rows = session
            .query(&marks::latest(&self.marks))
            .await
            .map_err(|e| e.at(format_args!("reading {}", self.marks)))?;
        rows.into_iter().map(|row| marks::parse(&self.marks, row)).collect()
    }

    fn gone(&self) -> Error {
        Error::new(
            ErrorKind::Fenced,
            format!(
                "{} is gone: the task was reset while it ran; started again, it begins anew",
                self.checkpoint
            ),
        )
    }

    pub(super) fn broken(&self, what: &str) -> Error {
        Error::data(format!(
            "{}: {what}; somebody else has written to it. Restore it, or begin the task anew after `dt reset --yes`",
            self.checkpoint
        ))
    }
}

/// Takes a lost race for an answer: whoever won has changed what the next round reads.
async fn contended(result: Result<Option<u64>>) -> Result<()> {
    match result {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::Conflict => {
            tokio::time::sleep(START_PAUSE.mul_f64(rand::random())).await;
            Ok(())
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests;
