//! What the commands beside `dt run` ask of both ends: looks that change nothing, and the forgetting of a task.

use std::sync::Arc;

use async_trait::async_trait;
use dt_common::batch::Checkpoint;
use dt_common::error::Result;
use dt_common::schema::{TableName, TableSchema};

/// A followed table of the source as it is today.
#[derive(Debug, Clone)]
pub struct SourceTable {
    /// Its definition.
    pub schema: Arc<TableSchema>,
    /// Rows, as the source's statistics estimate them.
    pub estimated_rows: u64,
}

/// How a target table stands to the source table that is routed to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TargetState {
    /// It will be created.
    Missing,
    /// It exists and takes the source's rows as it is.
    Fits,
    /// It exists and does not take them; the text says why and what to do.
    Differs(String),
}

/// What a struct task would do for one table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedTable {
    /// Name at the source.
    pub source: TableName,
    /// Name in the target.
    pub target: TableName,
    /// The statement that creates it: byte for byte what a task would run.
    pub create: String,
    /// What is there.
    pub state: TargetState,
    /// Whether the target table holds any row.
    pub has_rows: bool,
}

/// What a struct task would do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StructPlan {
    /// Statements for the state of the task, which every task but a struct task runs first; empty for a task without an id.
    pub state: Vec<String>,
    /// Statements for the databases, in order; each is run whether the database exists or not.
    pub databases: Vec<String>,
    /// The tables, in the order of the source's.
    pub tables: Vec<PlannedTable>,
}

/// What the target remembers of a task.
#[derive(Debug, Clone)]
pub struct StoredTask {
    /// Who runs it, or ran it last.
    pub owner: String,
    /// Number of its start.
    pub epoch: u64,
    /// Committed batches.
    pub batches: u64,
    /// Source time of the last committed transaction, microseconds since 1970; 0 when there is none.
    pub source_time: i64,
    /// Position and done marks.
    pub checkpoint: Checkpoint,
}

/// A source, looked at.
#[async_trait]
pub trait SourceAdmin: Send {
    /// The tables that the task's filter matches.
    ///
    /// # Errors
    /// Unreachable server, wrong password, missing privilege.
    async fn tables(&mut self) -> Result<Vec<SourceTable>>;
}

/// A target, looked at.
#[async_trait]
pub trait TargetAdmin: Send + Sync {
    /// What a struct task would run, and what is there.
    ///
    /// # Errors
    /// Unreachable server, a name that the target cannot hold.
    async fn plan_struct(&self, tables: &[Arc<TableSchema>]) -> Result<StructPlan>;

    /// What is remembered of the task, read without taking it over; `None` when there is nothing.
    ///
    /// # Errors
    /// A state that cannot be read.
    async fn stored(&self) -> Result<Option<StoredTask>>;

    /// Takes the task over, so that a running writer is fenced off, and removes what is remembered of it, readable or not.
    /// Rows stay.
    ///
    /// # Errors
    /// Unreachable server, a missing privilege. Forgetting may be tried again; a task that is started in between copies anew at most.
    async fn forget(&self) -> Result<()>;
}
