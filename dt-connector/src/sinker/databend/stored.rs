//! The task's state looked at and removed, for the commands beside `dt run`.
//!
//! Looking takes nothing over. A task is forgotten by taking it over and dropping its tables, the marks first: marks without a
//! position would let a restart leave out what they say is copied. A writer that finds its row's table gone has lost the task.

use dt_common::batch::{Checkpoint, Definition};
use dt_common::error::{ErrorKind, Result};

use super::checkpoint::{CheckpointRow, StateTables};
use super::client::Session;
use super::definitions;
use super::evolve::history::{self, Intent};
use super::quote;
use crate::admin::StoredTask;

impl StateTables {
    /// What is stored; `None` when there is nothing. Marks alone are something: a task would resume by them.
    ///
    /// # Errors
    /// A stored state that is doubled, newer or cannot be read.
    pub async fn stored(&self, session: &Session) -> Result<Option<StoredTask>> {
        let [has_row, has_marks, has_schemas] = self.exist(session).await?;
        let mut rows = if has_row { self.rows(session).await? } else { Vec::new() };
        let row = rows.pop();
        if !rows.is_empty() {
            return Err(self.broken("it does not hold exactly one row"));
        }
        if let Some(row) = &row {
            self.check(row)?;
        }
        let marks = if has_marks { self.read_marks(session).await? } else { Vec::new() };
        let definitions = if has_schemas { self.read_definitions(session).await? } else { Vec::new() };
        Ok(match row {
            Some(row) => Some(StoredTask {
                checkpoint: Checkpoint {
                    position: self.position(&row)?,
                    source_time: row.source_time,
                    marks,
                    definitions,
                },
                owner: row.lease.owner,
                epoch: row.lease.epoch,
                batches: row.lease.n,
                source_time: row.source_time,
            }),
            None if marks.is_empty() => None,
            None => Some(StoredTask {
                checkpoint: Checkpoint { marks, ..Checkpoint::default() },
                owner: String::new(),
                epoch: 0,
                batches: 0,
                source_time: 0,
            }),
        })
    }

    /// What a restart has to know beside the row.
    pub(super) async fn checkpoint(&self, session: &Session, row: &CheckpointRow) -> Result<Checkpoint> {
        let marks = self.read_marks(session).await?;
        let definitions = self.read_definitions(session).await?;
        Ok(Checkpoint { position: self.position(row)?, source_time: row.source_time, marks, definitions })
    }

    /// The change of structure that is under way.
    ///
    /// # Errors
    /// One that another version has begun.
    pub async fn pending(&self, session: &Session) -> Result<Option<Intent>> {
        let rows = session.query(&history::pending(&self.history)).await;
        let rows = rows.map_err(|e| e.at(format_args!("reading {}", self.history)))?;
        rows.into_iter().flatten().flatten().next().map(|text| Intent::read(&self.history, &text)).transpose()
    }

    pub(super) async fn read_definitions(&self, session: &Session) -> Result<Vec<Definition>> {
        let rows = session
            .query(&definitions::select(&self.schemas))
            .await
            .map_err(|e| e.at(format_args!("reading {}", self.schemas)))?;
        rows.into_iter().map(|row| definitions::parse(&self.schemas, row)).collect()
    }

    /// Seconds since the checkpoint's table was written to, by the target's clock; `None` when there is none.
    ///
    /// # Errors
    /// See [`super::errors`].
    pub async fn idle_seconds(&self, session: &Session) -> Result<Option<u64>> {
        let sql = format!(
            "SELECT to_string(to_unix_timestamp(now()) - to_unix_timestamp(updated_on)) FROM system.tables \
             WHERE `database` = '_dt' AND `name` = {}",
            quote::string(&format!("checkpoint_{}", self.task))
        );
        let rows = session.query(&sql).await.map_err(|e| e.at("reading system.tables"))?;
        let seconds = rows.into_iter().flatten().next().flatten().and_then(|text| text.parse::<i64>().ok());
        Ok(seconds.map(|seconds| seconds.max(0).unsigned_abs()))
    }

    /// Takes the task over, whatever is stored, and drops its tables.
    ///
    /// # Errors
    /// A missing privilege, other starters at the same time.
    pub async fn remove(&self, session: &Session, owner: &str) -> Result<()> {
        match self.claim(session, owner, |_| Ok(())).await {
            Ok(_) => {}
            // Rows that cannot be told apart have no owner to fence off; whoever uses them ends when their table goes.
            Err(error) if error.kind() == ErrorKind::Data => {}
            Err(error) => return Err(error),
        }
        for table in [&self.marks, &self.schemas, &self.history, &self.kept, &self.repairs, &self.checkpoint]
        {
            let dropped = session.execute(&format!("DROP TABLE IF EXISTS {table}")).await;
            dropped.map_err(|e| e.at(format_args!("dropping {table}")))?;
        }
        Ok(())
    }

    /// Whether the tables of the checkpoint, the marks and the definitions exist.
    pub(super) async fn exist(&self, session: &Session) -> Result<[bool; 3]> {
        let names = ["checkpoint", "marks", "schemas"].map(|kind| format!("{kind}_{}", self.task));
        let sql = format!(
            "SELECT `name` FROM system.tables WHERE `database` = '_dt' AND `name` IN ({})",
            names.each_ref().map(|name| quote::string(name)).join(", ")
        );
        let found = session.query(&sql).await.map_err(|e| e.at("reading system.tables"))?.concat();
        Ok(names.map(|name| found.contains(&Some(name))))
    }
}
