//! A table that is copied beside the stream.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use dt_common::error::Result;
use dt_common::filter::Filter;
use dt_common::item::ChunkMark;
use dt_common::schema::TableSchema;

use crate::extractor::mysql::definition::{Copying, TableDefinition};

/// Number of the marks that say how far changes are applied to a copy: behind those of all chunks.
const REPLAY: u64 = 1 << 62;

/// A table of the round.
pub(super) struct Table {
    pub(super) definition: TableDefinition,
    pub(super) schema: Arc<TableSchema>,
    /// What a start before has left of its copy.
    pub(super) mark: Option<ChunkMark>,
    /// Rows that were copied.
    pub(super) rows: Arc<AtomicU64>,
}

impl Table {
    pub(super) fn new(definition: TableDefinition, mark: Option<ChunkMark>, filter: &Filter) -> Result<Self> {
        let schema = definition.finish(filter)?.schema;
        let rows = Arc::new(AtomicU64::new(mark.as_ref().map_or(0, |mark| mark.rows)));
        Ok(Self { definition, schema, mark, rows })
    }

    /// Takes the place of what an earlier copy has left.
    pub(super) fn first_mark(&self) -> ChunkMark {
        let table = self.definition.name.clone();
        ChunkMark { table, chunk: 0, rows: 0, last_key: None, done: false, reach: None }
    }

    pub(super) fn replay_mark(&self) -> ChunkMark {
        let rows = self.rows.load(Ordering::Relaxed);
        ChunkMark { chunk: REPLAY, rows, done: true, ..self.first_mark() }
    }
}

/// The table, to be copied from its beginning.
pub(super) fn wanted(table: TableDefinition) -> TableDefinition {
    TableDefinition { copying: Some(Copying::Wanted), ..table }
}

/// Whether the definitions are the same, whatever becomes of the tables.
pub(super) fn is_same(a: &TableDefinition, b: &TableDefinition) -> bool {
    let plain = |table: &TableDefinition| TableDefinition { copying: None, ..table.clone() };
    plain(a) == plain(b)
}
