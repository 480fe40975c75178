//! Tables that are copied beside the stream.

use dt_common::schema::TableName;

use super::{Catalog, Change, Moment, Statement};
use crate::extractor::mysql::definition::TableDefinition;

impl Catalog {
    /// Passes a table over until it is taken in.
    pub(crate) fn set_aside(&mut self, name: &TableName) {
        self.tables.remove(name);
        self.aside.insert(name.clone());
    }

    /// Follows a table from here on.
    pub(crate) fn take_in(&mut self, table: TableDefinition) {
        self.aside.remove(&table.name);
        self.tables.insert(table.name.clone(), table);
    }

    /// Which of the tables a statement makes others of, or takes rows or names from, if any.
    pub(crate) fn altered_by(&self, statement: &Statement, moment: Moment) -> Vec<TableName> {
        let mut names = match &statement.change {
            Change::CreateTable { if_not_exists: true, .. } | Change::Database { .. } => Vec::new(),
            Change::CreateTable { table, .. } | Change::Truncate(table) => vec![self.named(table)],
            Change::DropTables(names) => names.iter().map(|name| self.named(name)).collect(),
            Change::Rename(pairs) => {
                pairs.iter().flat_map(|(from, to)| [self.named(from), self.named(to)]).collect()
            }
            Change::Alter { table, others, ops } => {
                let name = self.named(table);
                let same = self.tables.get(&name).is_some_and(|before| {
                    let applied = ops.clone().and_then(|ops| self.altered(before, &ops, moment));
                    applied.is_ok_and(|applied| applied.table == *before && applied.renamed.is_none())
                });
                let others = others.iter().map(|name| self.named(name));
                (!same).then_some(name).into_iter().chain(others).collect()
            }
            Change::DropDatabase(db) => {
                self.tables.keys().filter(|name| name.db.eq_ignore_ascii_case(db)).cloned().collect()
            }
        };
        names.retain(|name| self.tables.contains_key(name));
        names
    }
}
