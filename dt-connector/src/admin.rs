//! What the commands beside `dt run` ask of both ends: looks that change nothing, and the forgetting of a task.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use dt_common::batch::Checkpoint;
use dt_common::check::Check;
use dt_common::error::Result;
use dt_common::repair::RepairPart;
use dt_common::schema::{TableName, TableSchema};

use crate::sinker::TargetTable;

/// Name of the check of what a target remembers; checks of the source depend on it.
pub const STORED_STATE: &str = "stored-state";

/// Name of the check of what a source has for the task; checks of the target depend on it.
pub const FOLLOWED_TABLES: &str = "followed-tables";

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

/// What has become of a request for repair.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RepairState {
    /// Whether a running task has read it.
    pub seen: bool,
    /// Parts that are done.
    pub done: usize,
    /// For each part that is not and will not be: why not.
    pub refused: Vec<String>,
}

/// What a precheck found at the source.
#[derive(Debug, Clone, Default)]
pub struct SourceLook {
    /// The checks that need no more than the source.
    pub checks: Vec<Check>,
    /// The followed tables that dt reads; `None` when they could not be looked at.
    pub tables: Option<Vec<Arc<TableSchema>>>,
}

/// What a precheck found at the target.
#[derive(Debug, Clone, Default)]
pub struct TargetLook {
    /// The checks.
    pub checks: Vec<Check>,
    /// What is remembered of the task; `None` when that could not be read.
    pub checkpoint: Option<Checkpoint>,
    /// Whether each target table holds rows, by the name at the source; `None` when they could not be looked at.
    pub tables: Option<HashMap<TableName, TargetTable>>,
}

/// A source, looked at.
///
/// The methods of a precheck never fail and never stop at a failure: what cannot be looked at is a failed check, and whatever depends on
/// it is answered as not seen. They answer every check that the kind of task depends on, in a fixed order, and change nothing.
#[async_trait]
pub trait SourceAdmin: Send {
    /// The tables that the task's filter matches.
    ///
    /// # Errors
    /// Unreachable server, wrong password, missing privilege.
    async fn tables(&mut self) -> Result<Vec<SourceTable>>;

    /// The checks of a precheck that need no more than the source.
    async fn precheck(&mut self) -> SourceLook;

    /// The checks that need to know, after [`SourceAdmin::precheck`], what the target remembers of the task; `None` when that could not
    /// be read.
    async fn precheck_stored(&mut self, stored: Option<&Checkpoint>) -> Vec<Check>;
}

/// A target, looked at. For the precheck see [`SourceAdmin`].
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

    /// Hands parts of a request for repair over to the task. Writes no row of a table of the task's own.
    ///
    /// # Errors
    /// Unreachable server, a missing privilege.
    async fn ask_repair(&self, parts: &[RepairPart]) -> Result<()>;

    /// What has become of a request.
    ///
    /// # Errors
    /// Unreachable server, a missing privilege.
    async fn repair_state(&self, request: &str) -> Result<RepairState>;

    /// Forgets a request. A part that the task has read already may still be done.
    ///
    /// # Errors
    /// Unreachable server, a missing privilege.
    async fn end_repair(&self, request: &str) -> Result<()>;

    /// The checks of a precheck; `tables` are the followed tables, `None` when they could not be looked at.
    async fn precheck(&self, tables: Option<&[Arc<TableSchema>]>) -> TargetLook;
}
