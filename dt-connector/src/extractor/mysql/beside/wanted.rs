//! Which tables are copied beside the stream, when a task starts.

use std::sync::Arc;

use dt_common::batch::Definition;
use dt_common::config::ExtractType;
use dt_common::error::{Error, Result};
use dt_common::filter::Filter;
use dt_common::schema::{TableName, TableSchema};
use tracing::info;

use crate::extractor::mysql::ddl::of_table;
use crate::extractor::mysql::definition::{Copying, TableDefinition};
use crate::extractor::mysql::schema::SourceTables;

/// What is copied beside the stream.
#[derive(Debug, Clone, Default)]
pub(crate) struct Beside {
    /// The tables, as they are known.
    pub(crate) tables: Vec<TableDefinition>,
    /// What of it is to be stored.
    pub(crate) untold: Vec<Definition>,
}

impl Beside {
    /// The tables as everybody else sees them.
    ///
    /// # Errors
    /// A column that cannot be left out.
    pub(crate) fn schemas(&self, filter: &Filter) -> Result<Vec<Arc<TableSchema>>> {
        self.tables.iter().map(|table| Ok(table.finish(filter)?.schema)).collect()
    }
}

/// Takes the tables that are to be copied out of those that are followed: `begun` are in the middle of it, `added` have come into
/// the filter, and `resync` are named by the user.
///
/// # Errors
/// A table to copy that the task does not follow, or that is not on the source.
pub(crate) fn wanted(
    source: &mut SourceTables,
    begun: Vec<TableDefinition>,
    added: &[TableName],
    resync: &[TableName],
    kind: ExtractType,
    is_first_start: bool,
) -> Result<Beside> {
    let mut beside = Beside::default();
    for name in resync {
        let is_begun = begun.iter().any(|table| table.name == *name);
        let is_followed = source.definitions.iter().any(|table| table.followed && table.name == *name);
        if is_begun {
            info!(table = %name, "the table is being copied anew already");
        } else if !is_followed {
            return Err(Error::config(format!(
                "--resync: the task follows no table {name}; name one that [filter] matches and the source has, in the source's spelling"
            )));
        }
    }
    let all_are_copied = is_first_start && kind == ExtractType::SnapshotAndCdc;
    let named = resync.iter().filter(|_| !all_are_copied);
    for name in named.chain(added) {
        let Some(table) = source.take(name) else { continue };
        let table = TableDefinition { copying: Some(Copying::Wanted), ..table };
        beside.untold.push(of_table(&table)?);
        beside.tables.push(table);
    }
    beside.tables.extend(begun);
    Ok(beside)
}
