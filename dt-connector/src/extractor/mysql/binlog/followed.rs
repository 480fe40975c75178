//! Which tables, changes and statements of the stream matter to the task.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use dt_common::error::{Error, Result};
use dt_common::filter::Filter;
use dt_common::position::BinlogPosition;
use dt_common::row::RowChange;
use dt_common::schema::TableName;

use super::rows::{Change, TablePlan};
use super::statement::Target;
use super::table_map::TableMap;
use crate::extractor::mysql::draft::FollowedTable;

/// The followed tables with their schemas.
pub(super) struct Followed {
    filter: Arc<Filter>,
    tables: HashMap<TableName, FollowedTable>,
    skip: HashMap<TableName, BinlogPosition>,
    /// MariaDB logs a sequence like a table of one row.
    sequences: HashSet<TableName>,
}

/// What a table map stands for.
#[derive(Debug, Clone)]
pub(super) enum Mapping {
    /// Nobody follows the table.
    Ignored,
    /// Its rows are decoded.
    Known(Arc<TablePlan>),
    /// The filter follows it but the task has no schema of it.
    Unknown(Arc<TableName>),
}

impl Followed {
    /// `skip` holds, for keyless tables, up to where changes are in their snapshot already.
    pub(super) fn new(
        filter: Arc<Filter>,
        tables: HashMap<TableName, FollowedTable>,
        skip: HashMap<TableName, BinlogPosition>,
    ) -> Self {
        Self { filter, tables, skip, sequences: HashSet::new() }
    }

    /// What a table map stands for.
    ///
    /// # Errors
    /// The table is followed and its schema does not fit.
    pub(super) fn mapping(&self, map: &TableMap<'_>) -> Result<Mapping> {
        let name = TableName::new(String::from_utf8_lossy(map.db), String::from_utf8_lossy(map.table));
        match self.tables.get(&name) {
            Some(table) => match TablePlan::new(table, map) {
                Ok(plan) => Ok(Mapping::Known(Arc::new(plan))),
                Err(e) => Err(e.at(format_args!("table {name}"))),
            },
            None if self.sequences.contains(&name) => Ok(Mapping::Ignored),
            None if self.filter.follows(&name) => Ok(Mapping::Unknown(Arc::new(name))),
            None => Ok(Mapping::Ignored),
        }
    }

    /// Sequences of the source, which are no tables to follow.
    pub(super) fn know_sequences(&mut self, names: impl IntoIterator<Item = TableName>) {
        self.sequences.extend(names);
    }

    /// Whether changes of this kind are followed.
    pub(super) fn follows_change(&self, change: Change) -> bool {
        self.filter.follows_change(&match change {
            Change::Insert => RowChange::Insert { after: Box::new([]) },
            Change::Update => RowChange::Update { before: Box::new([]), after: Box::new([]) },
            Change::Delete => RowChange::Delete { before: Box::new([]) },
        })
    }

    /// Whether the table's snapshot already holds what was written up to `at`.
    pub(super) fn is_copied(&self, table: &TableName, at: impl FnOnce() -> BinlogPosition) -> bool {
        !self.skip.is_empty() && self.skip.get(table).is_some_and(|view| view.has_reached(&at()))
    }

    /// Drops views that the stream starts behind, and checks that the others are of this server.
    ///
    /// # Errors
    /// A view is of another server, where file and offset mean nothing.
    pub(super) fn start_at(&mut self, from: Option<&BinlogPosition>, server: &str) -> Result<()> {
        if let Some(from) = from {
            self.skip.retain(|_, view| view.server != from.server || !from.has_reached(view));
        }
        match self.skip.iter().find(|(_, view)| &*view.server != server) {
            None => Ok(()),
            Some((table, view)) => Err(Error::source(format!(
                "table {table} has no key and was copied from server {}, this is server {server}: connect to the former \
                 until the task has caught up, or copy the table anew",
                view.server
            ))),
        }
    }

    /// The followed tables that a structure change names.
    pub(super) fn of_target(&self, target: Target) -> Vec<TableName> {
        match target {
            Target::Tables(names) => names
                .into_iter()
                .filter_map(|name| match self.known(&name) {
                    Some(known) => Some(known.clone()),
                    None => self.filter.follows(&name).then_some(name),
                })
                .collect(),
            Target::Database(db) => {
                self.tables.keys().filter(|name| name.db.eq_ignore_ascii_case(&db)).cloned().collect()
            }
        }
    }

    /// The followed table of this name. Statements may spell it in another case where the server ignores case.
    pub(super) fn known(&self, name: &TableName) -> Option<&TableName> {
        if let Some((known, _)) = self.tables.get_key_value(name) {
            return Some(known);
        }
        let same = |known: &&TableName| {
            known.db.eq_ignore_ascii_case(&name.db) && known.table.eq_ignore_ascii_case(&name.table)
        };
        self.tables.keys().find(same)
    }
}
