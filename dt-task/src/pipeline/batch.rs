//! A batch: whole source transactions, or whole chunks, with how far they take the task.

use std::collections::HashMap;
use std::sync::Arc;

use dt_common::batch::Progress;
use dt_common::item::SnapshotChunk;
use dt_common::monitor::TableCounters;
use dt_common::row::{RowChange, RowData};
use dt_common::schema::{TableName, TableSchema};
use tokio::sync::oneshot;

/// Rows or chunks; never both, since a chunk is no part of the change stream.
pub(super) enum Body {
    Rows(Vec<RowData>),
    Chunks(Vec<SnapshotChunk>),
}

impl Body {
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::Rows(rows) => rows.is_empty(),
            Self::Chunks(chunks) => chunks.is_empty(),
        }
    }
}

/// What is committed at once.
pub(super) struct Batch {
    pub(super) body: Body,
    pub(super) progress: Progress,
    /// Whom to tell when it is committed.
    pub(super) stored: Option<oneshot::Sender<()>>,
}

impl Batch {
    /// What the batch holds of every table, in order of appearance.
    pub(super) fn counters(&self) -> Vec<(TableName, TableCounters)> {
        let mut counts = Counts::default();
        match &self.body {
            Body::Rows(rows) => {
                for row in rows {
                    let counters = counts.of(&row.table);
                    match row.change {
                        RowChange::Insert { .. } => counters.inserts += 1,
                        RowChange::Update { .. } => counters.updates += 1,
                        RowChange::Delete { .. } => counters.deletes += 1,
                    }
                }
            }
            Body::Chunks(chunks) => {
                for chunk in chunks {
                    counts.of(&chunk.table).snapshot_rows += chunk.rows.len() as u64;
                }
            }
        }
        counts.list
    }
}

/// Counters by table; rows come in runs of one table, so that the last one is tried first.
#[derive(Default)]
struct Counts {
    list: Vec<(TableName, TableCounters)>,
    by_name: HashMap<TableName, usize>,
    last: Option<(*const TableSchema, usize)>,
}

impl Counts {
    fn of(&mut self, table: &Arc<TableSchema>) -> &mut TableCounters {
        let pointer = Arc::as_ptr(table);
        let at = match self.last {
            Some((last, at)) if last == pointer => at,
            _ => self.by_name.get(&table.name).copied().unwrap_or_else(|| {
                self.list
                    .push((table.name.clone(), TableCounters { batches: 1, ..TableCounters::default() }));
                self.by_name.insert(table.name.clone(), self.list.len() - 1);
                self.list.len() - 1
            }),
        };
        self.last = Some((pointer, at));
        &mut self.list[at].1
    }
}
