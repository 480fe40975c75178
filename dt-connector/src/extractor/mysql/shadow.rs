//! Tables of online schema change tools: what is known of one besides its definition.
//!
//! gh-ost and pt-online-schema-change make a copy of a table, alter the copy while it is empty, fill it, keep it equal to the table, and
//! give it the table's name by RENAME. The rows of the copy are those of the table in another form, and the table's own changes have kept the
//! target equal up to the RENAME; so that is followed as one change of the table's structure, and no row of the copy is delivered.
//!
//! This holds for the copy that the log tells all of: how it was made, how each statement changed its columns, and how many rows were
//! written into it and deleted from it. The first step that is not understood makes its lineage unknown, with the reason, and a RENAME
//! that puts it in the table's place then stops the task. What a tool does not keep equal shows in the number of rows, or is refused for what it is
//! ([`super::ddl`]). The counts are stored with the position, like the definitions.

use std::collections::HashMap;

use dt_common::filter::Filter;
use dt_common::schema::TableName;
use serde::{Deserialize, Serialize};
use tracing::info;

use super::definition::TableDefinition;

/// A table that a tool has made beside the one that it works on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Shadow {
    /// The table that the tool works on.
    pub(crate) of: TableName,
    /// Where its columns come from.
    pub(crate) lineage: Lineage,
    /// Rows that were written into it less those that were deleted.
    pub(crate) rows: i64,
    /// The table that the tool works on, when it was dropped or renamed before this one takes its place.
    pub(crate) waits: Option<Box<TableDefinition>>,
}

/// Where a copy's columns come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Lineage {
    /// Of each column.
    Known(Vec<Ancestor>),
    /// Not known, for a reason that ends a sentence about the table.
    Unknown(String),
}

/// Where one column of a copy comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Ancestor {
    /// It is the table's column at this position, maybe under another name or of another type.
    Was(usize),
    /// It is new, and every row that the tool copies shows its default.
    New,
    /// It is new, and only the source knows what its rows show, for this reason.
    Untold(String),
}

impl Shadow {
    /// A table whose columns are those of `of`, which has so many.
    pub(crate) fn copy_of(of: TableName, columns: usize) -> Self {
        let lineage = Lineage::Known((0..columns).map(Ancestor::Was).collect());
        Self { of, lineage, rows: 0, waits: None }
    }

    /// A table that is not to take the place of `of`.
    pub(crate) fn unknown(of: TableName, why: impl Into<String>) -> Self {
        Self { of, lineage: Lineage::Unknown(why.into()), rows: 0, waits: None }
    }

    /// Whether it may take the place of the table.
    pub(crate) fn is_known(&self) -> bool {
        matches!(self.lineage, Lineage::Known(_))
    }

    /// From here on its lineage is not known. The first reason counts.
    pub(crate) fn doubt(&mut self, why: &str) {
        if self.is_known() {
            self.lineage = Lineage::Unknown(why.to_owned());
        }
    }
}

/// Takes the tables of tools out of those that are there when a task begins; answers what is known of them.
pub(crate) fn take_out(
    drafts: &mut HashMap<TableName, TableDefinition>,
    filter: &Filter,
) -> Vec<TableDefinition> {
    let names: Vec<TableName> = drafts.keys().cloned().collect();
    let (mut tools, ignored) = (Vec::new(), filter.ignored_tables());
    for name in &names {
        if let Some(of) = filter.worked_on(name, names.iter().chain(&ignored))
            && let Some(table) = drafts.remove(name)
        {
            info!(table = %name, %of, "the table of an online schema change tool is passed over, see [schema] tool_tables");
            let shadow =
                Shadow::unknown(of.clone(), "which was there before the task began to follow its table");
            let charset = table.charset;
            tools.push(TableDefinition {
                shadow: Some(shadow),
                ..TableDefinition::unknown(name.clone(), charset)
            });
        }
    }
    tools
}
