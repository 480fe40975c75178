//! Chunks as they are, for a snapshot that no change stream follows.

use dt_common::batch::{NetChanges, TableBatch};
use dt_common::error::{Error, Result};
use dt_common::item::{ChunkWrite, SnapshotChunk};
use dt_common::row::RowData;

use super::Parallelizer;

/// One lane a chunk.
#[derive(Debug)]
pub struct SnapshotParallelizer;

impl Parallelizer for SnapshotParallelizer {
    fn split_rows(&self, _rows: Vec<RowData>) -> Result<Vec<TableBatch>> {
        Err(Error::internal("a snapshot emits chunks, not changes"))
    }
}

pub(super) fn split_chunks(chunks: Vec<SnapshotChunk>) -> Vec<TableBatch> {
    let batches = chunks.into_iter().map(|chunk| {
        let changes = match chunk.write {
            ChunkWrite::Append => NetChanges::Append { clear_first: false, rows: chunk.rows },
            ChunkWrite::ClearThenAppend => NetChanges::Append { clear_first: true, rows: chunk.rows },
            ChunkWrite::Upsert => {
                NetChanges::Keyed { upserts: chunk.rows, deletes: Vec::new(), patches: Vec::new() }
            }
        };
        TableBatch { table: chunk.table, changes }
    });
    batches.filter(|batch| !batch.changes.is_empty()).collect()
}
