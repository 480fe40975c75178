//! Where rows go.

pub mod databend;
pub mod dummy;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use dt_common::batch::{Checkpoint, Progress, TableBatch};
use dt_common::error::Result;
use dt_common::item::Ddl;
use dt_common::monitor::ReplacedValues;
use dt_common::repair::RepairPart;
use dt_common::schema::TableSchema;

/// What a table of the target looks like before the task writes to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TargetTable {
    /// Whether it holds any row.
    pub has_rows: bool,
}

/// What a commit did.
#[derive(Debug, Clone, Copy, Default)]
pub struct CommitReport {
    /// Time from the first statement to the answer of the last, retries included.
    pub elapsed: Duration,
}

/// Work that a lane has prepared and a commit makes visible: a file, or the text of statements.
pub trait StagedWork: Send + Sync + 'static {
    /// Bytes that travel to the target to make it visible.
    fn bytes(&self) -> u64;

    /// Bytes of memory that it takes until it is committed.
    fn memory(&self) -> usize;

    /// Values among it that follow a policy of `[values]`, column by column.
    fn replaced(&self) -> &[ReplacedValues];
}

/// Nothing.
impl StagedWork for () {
    fn bytes(&self) -> u64 {
        0
    }

    fn memory(&self) -> usize {
        0
    }

    fn replaced(&self) -> &[ReplacedValues] {
        &[]
    }
}

/// A target.
///
/// # Concurrency
/// All methods take `&self`. [`Sinker::sink_dml`] is called from several lanes at once, and for batch N+1 while batch N
/// commits; it holds no session in a transaction and waits for no commit. [`Sinker::commit`] is called by one task only,
/// batch after batch, in order.
///
/// # Atomicity and duplicates
/// Everything that one `commit` is given becomes visible at once, together with its progress, and exactly once: a
/// commit whose answer is lost is resolved by what the target stored, never by hope. Until then staged work is invisible.
///
/// # Errors
/// A returned error ends the task; whatever may succeed when tried again has been tried again inside. An error of kind
/// `Fenced` says that another writer has taken the task over. After an error nothing of the batch is visible.
///
/// Whatever a sink cannot do it refuses with an error: no method has a default that does nothing.
#[async_trait]
pub trait Sinker: Send + Sync + 'static {
    /// See [`StagedWork`].
    type Staged: StagedWork;

    /// Takes the task over: when this returns, no other writer of the same task can commit any more.
    ///
    /// # Errors
    /// Unreachable or too old a target, a missing privilege, a stored state that cannot be understood.
    async fn open(&self) -> Result<Checkpoint>;

    /// Creates the databases and tables that are missing. Tables that exist are left as they are.
    ///
    /// # Errors
    /// A definition that the target cannot hold.
    async fn sink_struct(&self, tables: &[Arc<TableSchema>]) -> Result<()>;

    /// Reads the target's definition of the tables and checks that it can take their rows. Must have been called for a
    /// table before its first [`Sinker::sink_dml`]. Answers in the order of `tables`.
    ///
    /// # Errors
    /// A table that is missing, or whose columns do not fit; names the table, the column and the way out.
    async fn refresh_meta(&self, tables: &[Arc<TableSchema>]) -> Result<Vec<TargetTable>>;

    /// Turns one table's net change into staged work.
    ///
    /// # Errors
    /// A value that the target cannot hold; names the table and the column.
    async fn sink_dml(&self, batch: TableBatch) -> Result<Self::Staged>;

    /// Applies a change of structure, and commits the progress behind it. Everything before it has been committed. Killed anywhere in
    /// it, [`Sinker::open`] of the next start either finishes it or finds it not begun.
    ///
    /// # Errors
    /// A change that the sink does not apply; names the table, the position and the way out.
    async fn sink_ddl(&self, ddl: &Ddl, progress: &Progress) -> Result<()>;

    /// Writes data that no extractor has taken apart.
    ///
    /// # Errors
    /// Every sink refuses until an extractor emits raw items.
    async fn sink_raw(&self, raw: &[u8]) -> Result<()>;

    /// Makes staged work visible, together with the progress.
    ///
    /// # Errors
    /// See the trait. Afterwards either all of it is visible or nothing.
    async fn commit(&self, staged: &[Self::Staged], progress: &Progress) -> Result<CommitReport>;

    /// Asks the target whether the task is still this writer's. Waits for no commit.
    ///
    /// # Errors
    /// `Fenced` when another writer has taken the task over; an unreachable target.
    async fn confirm(&self) -> Result<()>;

    /// Rows that somebody asks the task to repair and that no commit has answered ([`Progress::repaired`]). Tells whoever asks that
    /// they were read. Waits for no commit, and delays none.
    ///
    /// # Errors
    /// `Fenced` when another writer has taken the task over; an unreachable target.
    async fn asked_repairs(&self) -> Result<Vec<RepairPart>>;

    /// Ends the sink's sessions. Nothing that was committed depends on it.
    ///
    /// # Errors
    /// A session that could not be ended.
    async fn close(&self) -> Result<()>;
}
