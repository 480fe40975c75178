//! Chunks as they are, for a snapshot that no change stream follows.

use std::sync::Arc;

use dt_common::batch::{NetChanges, TableBatch};
use dt_common::error::{Error, Result};
use dt_common::item::{ChunkWrite, SnapshotChunk};
use dt_common::row::RowData;

use super::Parallelizer;

/// One lane a table, or a chunk where rows are replaced.
#[derive(Debug)]
pub struct SnapshotParallelizer;

impl Parallelizer for SnapshotParallelizer {
    fn split_rows(&self, _rows: Vec<RowData>) -> Result<Vec<TableBatch>> {
        Err(Error::internal("a snapshot emits chunks, not changes"))
    }
}

pub(super) fn split_chunks(chunks: Vec<SnapshotChunk>) -> Vec<TableBatch> {
    let mut batches: Vec<TableBatch> = Vec::new();
    for mut chunk in chunks {
        let changes = match chunk.write {
            ChunkWrite::Append => {
                // Few large files are loaded faster than many small ones.
                let same = |batch: &&mut TableBatch| Arc::ptr_eq(&batch.table, &chunk.table);
                if let Some(NetChanges::Append { rows, .. }) =
                    batches.iter_mut().rev().find(same).map(|batch| &mut batch.changes)
                {
                    rows.append(&mut chunk.rows);
                    continue;
                }
                NetChanges::Append { clear_first: false, rows: chunk.rows }
            }
            ChunkWrite::ClearThenAppend => NetChanges::Append { clear_first: true, rows: chunk.rows },
            ChunkWrite::Upsert => NetChanges::Keyed {
                upserts: chunk.rows,
                deletes: Vec::new(),
                patches: Vec::new(),
                moves: Vec::new(),
            },
        };
        batches.push(TableBatch { table: chunk.table, changes, is_part: false });
    }
    batches.retain(|batch| !batch.changes.is_empty());
    batches
}
