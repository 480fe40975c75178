//! A batch: whole source transactions, or whole chunks, with how far they take the task.

use std::collections::HashMap;
use std::sync::Arc;

use dt_common::batch::Progress;
use dt_common::item::SnapshotChunk;
use dt_common::monitor::TableCounters;
use dt_common::repair::Repair;
use dt_common::row::RowData;
use dt_common::schema::{TableName, TableSchema};
use tokio::sync::{OwnedSemaphorePermit, oneshot};

/// Rows, chunks or repairs; never two of them, since neither of the latter is a part of the change stream.
pub(super) enum Body {
    Rows(Vec<RowData>),
    Chunks(Vec<SnapshotChunk>),
    Repairs(Vec<Repair>),
}

impl Body {
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::Rows(rows) => rows.is_empty(),
            Self::Chunks(chunks) => chunks.is_empty(),
            Self::Repairs(repairs) => repairs.is_empty(),
        }
    }
}

/// What is committed at once, together with the parts that were handed on before.
pub(super) struct Batch {
    pub(super) body: Body,
    pub(super) progress: Progress,
    /// Whether the monitor was told that changes of this batch wait.
    pub(super) has_changes: bool,
    /// Whom to tell when it is committed.
    pub(super) stored: Option<oneshot::Sender<()>>,
    /// It is this batch's turn to commit until this is dropped.
    pub(super) turn: OwnedSemaphorePermit,
    /// Room for the body until it is staged; `None` without rows.
    pub(super) permit: Option<OwnedSemaphorePermit>,
}

/// Counters by table in order of appearance; rows come in runs of one table, so that the last one is tried first.
#[derive(Default)]
pub(super) struct Counts {
    list: Vec<(TableName, TableCounters)>,
    by_name: HashMap<TableName, usize>,
    last: Option<(Arc<TableSchema>, usize)>,
}

impl Counts {
    /// What a body holds of every table.
    pub(super) fn of_body(body: &Body) -> Self {
        let mut counts = Self::default();
        match body {
            Body::Rows(rows) => {
                for row in rows {
                    counts.of(&row.table).read(row);
                }
            }
            Body::Chunks(chunks) => {
                for chunk in chunks {
                    counts.of(&chunk.table).copied(chunk);
                }
            }
            Body::Repairs(repairs) => {
                for repair in repairs {
                    counts.of(&repair.table);
                }
            }
        }
        counts
    }

    /// The counters of a table.
    pub(super) fn of(&mut self, table: &Arc<TableSchema>) -> &mut TableCounters {
        let at = match &self.last {
            Some((last, at)) if Arc::ptr_eq(last, table) => *at,
            _ => {
                let at = self.place(&table.name);
                self.last = Some((Arc::clone(table), at));
                at
            }
        };
        &mut self.list[at].1
    }

    /// Adds the counters of another part of the same batch.
    pub(super) fn add(&mut self, other: Self) {
        for (name, counters) in other.list {
            let at = self.place(&name);
            self.list[at].1.add(&TableCounters { batches: 0, ..counters });
        }
    }

    /// Every table with its counters.
    pub(super) fn list(&self) -> &[(TableName, TableCounters)] {
        &self.list
    }

    fn place(&mut self, name: &TableName) -> usize {
        if let Some(&at) = self.by_name.get(name) {
            return at;
        }
        self.list.push((name.clone(), TableCounters { batches: 1, ..TableCounters::default() }));
        self.by_name.insert(name.clone(), self.list.len() - 1);
        self.list.len() - 1
    }
}
