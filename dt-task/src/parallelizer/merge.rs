//! Net change per key, one lane a table.

use std::collections::HashMap;
use std::sync::Arc;

use dt_common::batch::TableBatch;
use dt_common::error::{Error, Result};
use dt_common::row::RowData;
use dt_common::schema::{TableName, TableSchema};

use super::Parallelizer;
use super::net_change::NetChange;

/// Reduces the changes of a batch to at most one a key.
#[derive(Debug)]
pub struct MergeParallelizer;

impl Parallelizer for MergeParallelizer {
    fn split_rows(&self, rows: Vec<RowData>) -> Result<Vec<TableBatch>> {
        let mut tables: Vec<(Arc<TableSchema>, NetChange)> = Vec::new();
        let mut by_name: HashMap<TableName, usize> = HashMap::new();
        let mut current = 0;
        for row in rows {
            // Rows come in runs of one table, and the extractor shares one schema among them.
            if !tables.get(current).is_some_and(|(table, _)| Arc::ptr_eq(table, &row.table)) {
                current = *by_name.entry(row.table.name.clone()).or_insert(tables.len());
                match tables.get(current) {
                    None => tables.push((Arc::clone(&row.table), NetChange::new(&row.table))),
                    Some((table, _)) if *table == row.table => {}
                    Some((table, _)) => {
                        return Err(Error::internal(format!("{} has two schemas in one batch", table.name)));
                    }
                }
            }
            tables[current].1.add(row.change)?;
        }
        let batches = tables.into_iter().map(|(table, net)| TableBatch { table, changes: net.finish() });
        Ok(batches.filter(|batch| !batch.changes.is_empty()).collect())
    }
}
