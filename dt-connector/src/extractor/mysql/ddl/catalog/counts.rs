//! The rows of the tables that online schema change tools fill: counted, never decoded.

use std::sync::Arc;

use dt_common::batch::Definition;
use dt_common::error::Result;
use dt_common::schema::{TableName, TableSchema};

use super::{Catalog, of_table};
use crate::extractor::mysql::definition::{Content, FollowedTable, ImageColumn, TableDefinition};

/// A table that a tool fills, in the views that its rows are counted with.
pub(crate) struct CountedTable {
    /// As its statements define it, for a comparison with the table map.
    pub(crate) defined: FollowedTable,
    /// Without a column.
    pub(crate) counted: FollowedTable,
}

impl Catalog {
    /// The table, when a tool fills it to put it in the place of a followed one; an error says why its rows cannot be counted.
    pub(crate) fn counted(&self, name: &TableName) -> Option<Result<CountedTable>> {
        let table = self.tables.get(name)?;
        let shadow = table.shadow.as_ref().filter(|shadow| shadow.is_known())?;
        let counted = |defined: FollowedTable| {
            let image = table.columns.iter().map(|column| match &column.content {
                Content::Followed(known) => ImageColumn::Ignored { fsp: known.ty.fraction_digits() },
                Content::Ignored { fsp } => ImageColumn::Ignored { fsp: *fsp },
            });
            let (name, columns) = (table.name.clone(), Vec::new());
            let schema = TableSchema { name, columns, key: None, ..defined.schema.as_ref().clone() };
            let counted = FollowedTable { schema: Arc::new(schema), image: image.collect() };
            CountedTable { defined, counted }
        };
        let named = TableDefinition { name: shadow.of.clone(), ..table.clone() };
        Some(named.finish(&self.filter).map(counted))
    }

    /// The table of a tool with so many more rows, or with a doubt; what a restart has to know of it.
    ///
    /// # Errors
    /// A defect: a definition that is no JSON.
    pub(crate) fn tally(
        &mut self,
        name: &TableName,
        rows: i64,
        doubt: Option<&str>,
    ) -> Result<Option<Definition>> {
        let Some(table) = self.tables.get_mut(name) else { return Ok(None) };
        let Some(shadow) = &mut table.shadow else { return Ok(None) };
        shadow.rows = shadow.rows.saturating_add(rows);
        if let Some(why) = doubt {
            shadow.doubt(why);
        }
        of_table(table).map(Some)
    }
}
