//! Where rows come from.

pub mod mysql;
mod ownership;
mod repairs;

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use dt_common::batch::Checkpoint;
use dt_common::error::Result;
use dt_common::item::ChunkWrite;
use dt_common::monitor::{BinlogLook, Monitor};
use dt_common::queue::ItemSender;
#[cfg(doc)]
use dt_common::schema::SchemaChange;
use dt_common::schema::{TableName, TableSchema};
use tokio_util::sync::CancellationToken;

pub use ownership::Ownership;
pub use repairs::Repairs;

/// What an extraction has to know before it begins.
#[derive(Debug, Clone, Default)]
pub struct ExtractPlan {
    /// What the sink remembers of the task.
    pub checkpoint: Checkpoint,
    /// For each table that is to be copied: how its chunks are written. A table that is not named here is not copied.
    pub copies: HashMap<TableName, ChunkWrite>,
    /// Whom to tell that the source is open, or lost.
    pub monitor: Arc<Monitor>,
    /// Whom to ask, when somebody else reads in the task's name.
    pub ownership: Ownership,
    /// Rows to repair while it goes on. A snapshot does not ask for them, unless it is `repairs_only`.
    pub repairs: Repairs,
    /// Whether a task without a change stream is to do what [`ExtractPlan::repairs`] asks for and nothing else, until it is stopped.
    pub repairs_only: bool,
}

/// How an extraction ended that did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extracted {
    /// At its natural end, or because it was stopped.
    Ended,
    /// Tables were altered before they were copied to their end: the task has to begin again from what it has stored, as behind a restart.
    BeginAgain,
}

/// A source.
///
/// # Order
/// Items come in source order: every row of a transaction, then its commit; a chunk or a DDL only between
/// transactions. A commit's mark is a position that a restart may begin from; no other position is ever reported.
///
/// # Schemas
/// A row is decoded with the schema that was in force at its position, never with today's. Where the two differ and the old
/// one is not known, the extraction stops with an error before it emits the row.
///
/// # Lifecycle
/// [`Extractor::prepare`], [`Extractor::tables`] and [`Extractor::extract`], once each. `extract` ends with `Ok` at its natural end
/// (copied, caught up) and within a second after `stop` is cancelled; in both cases everything it emitted stands.
/// It reconnects by itself after a lost connection and goes on behind the last commit that it emitted.
#[async_trait]
pub trait Extractor: Send {
    /// Connects and checks that the source can serve the task. Comes before the target is asked for anything.
    ///
    /// # Errors
    /// Unreachable server, wrong password, missing privilege, a setting that the task cannot work with.
    async fn prepare(&mut self) -> Result<()>;

    /// The followed tables as they were at the stored position; as they are today when nothing is stored. Those that are copied
    /// beside the stream are not among them: see [`Extractor::copied_beside`].
    ///
    /// # Errors
    /// A table that the task cannot work with.
    async fn tables(&mut self, stored: &Checkpoint) -> Result<Vec<Arc<TableSchema>>>;

    /// The tables that are copied anew while the stream goes on. Their changes come behind [`SchemaChange::Copy`], in the lane
    /// beside the stream, and behind its last stage in the stream.
    ///
    /// # Errors
    /// A defect: nobody asked for the tables before.
    fn copied_beside(&self) -> Result<Vec<Arc<TableSchema>>>;

    /// Rows of the tables that a copy reads, as the source's statistics estimated them in `tables`; 0 when they do not know.
    fn estimated_rows(&self) -> HashMap<TableName, u64>;

    /// Looks at the same source from beside; connects when it is used first. `None` when there is no change stream to look at, or
    /// no room for one more connection as long as it is read.
    fn observer(&self) -> Option<Box<dyn SourceObserver>>;

    /// Reads the source into `out`.
    ///
    /// # Errors
    /// Whatever stops the task: a purged position, a schema that does not match, a value that does not decode. The
    /// error names the table and the position.
    async fn extract(
        &mut self,
        plan: ExtractPlan,
        out: ItemSender,
        stop: CancellationToken,
    ) -> Result<Extracted>;
}

/// Looks at a source from beside the extraction, which goes on whatever becomes of a look.
///
/// A look that is dropped before its answer, or that failed, costs the observer its connection; the next one opens another.
#[async_trait]
pub trait SourceObserver: Send {
    /// Where the change stream ends now, and what of it is kept.
    ///
    /// # Errors
    /// Unreachable source, missing privilege, no change stream.
    async fn look(&mut self) -> Result<BinlogLook>;
}
