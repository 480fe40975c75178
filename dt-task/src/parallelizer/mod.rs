//! Rows in, lanes out: what a batch comes to, table by table. Pure.
//!
//! Each [`TableBatch`] is one lane's work; the pipeline runs `parallel_size` of them at a time. Statements of one table keep
//! their order because a table has one lane, and chunks of one table keep theirs because lanes are committed in the order in
//! which they were made.

mod merge;
mod net_change;
mod snapshot;

use dt_common::batch::TableBatch;
use dt_common::config::ParallelType;
use dt_common::error::Result;
use dt_common::item::SnapshotChunk;
use dt_common::row::RowData;

pub use merge::MergeParallelizer;
pub use snapshot::SnapshotParallelizer;

/// Reduces and splits a batch.
pub trait Parallelizer: Send + Sync {
    /// The net change of whole transactions, at most one a key.
    ///
    /// # Errors
    /// Rows that the parallelizer is not made for, or that contradict each other.
    fn split_rows(&self, rows: Vec<RowData>) -> Result<Vec<TableBatch>>;

    /// Snapshot chunks, in their order.
    ///
    /// # Errors
    /// None today; a parallelizer that splits chunks may have some.
    fn split_chunks(&self, chunks: Vec<SnapshotChunk>) -> Result<Vec<TableBatch>> {
        Ok(snapshot::split_chunks(chunks))
    }
}

/// The parallelizer of a task.
pub fn create(parallel_type: ParallelType) -> Box<dyn Parallelizer> {
    match parallel_type {
        ParallelType::Merge => Box::new(MergeParallelizer),
        ParallelType::Snapshot => Box::new(SnapshotParallelizer),
    }
}
