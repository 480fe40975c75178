//! Source and target, row by row.
//!
//! The oracle is the source, read back by the server itself in UTC through its text protocol, against Databend, read
//! back by Databend. [`read`] asks both for a canonical text of every column, [`canonical`] evens out what the two
//! servers merely print differently, [`diff`] names every row and cell that differs.

pub mod canonical;
pub mod diff;
pub mod read;

use std::fmt;

use anyhow::Result;

use crate::source::Source;
use crate::target::Target;
use diff::Difference;

pub(crate) use read::is;

/// A table by its database and name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Database.
    pub db: String,
    /// Table.
    pub table: String,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.db, self.table)
    }
}

/// A table of the source as it has to arrive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// The table at the source.
    pub from: Place,
    /// Where it arrives.
    pub to: Place,
    /// Columns that arrive under another name, or not at all.
    pub columns: Vec<(String, Option<String>)>,
    /// Which of its rows arrive; `None` for all.
    pub condition: Option<String>,
}

impl Expected {
    /// The whole table, under its own name.
    pub fn as_it_is(place: Place) -> Self {
        Self { from: place.clone(), to: place, columns: Vec::new(), condition: None }
    }

    /// The name under which a column arrives; `None` when it does not.
    fn column(&self, name: &str) -> Option<String> {
        match self.columns.iter().find(|(from, _)| from == name) {
            Some((_, to)) => to.clone(),
            None => Some(name.to_owned()),
        }
    }
}

/// What a comparison found.
#[derive(Debug, Clone, Default)]
pub struct Comparison {
    /// Rows of the source that were compared.
    pub rows: usize,
    /// What differs.
    pub differences: Vec<Difference>,
}

/// Compares one table: column list, nullability, rows.
///
/// # Errors
/// A side cannot be read. A table that is missing in the target is a difference, not an error.
pub async fn table(source: &Source, target: &Target, expected: &Expected) -> Result<Comparison> {
    let source_table = read::source_table(source, expected).await?;
    let target_columns = read::target_columns(target, &expected.to).await?;
    if target_columns.is_empty() {
        return Ok(Comparison { rows: 0, differences: vec![Difference::NoTable] });
    }
    let mut differences = diff::columns(&source_table.columns, &target_columns);
    if !differences.is_empty() {
        return Ok(Comparison { rows: 0, differences });
    }
    let target_rows = read::target_rows(target, &expected.to, &target_columns);
    let source_rows = read::source_rows(source, expected, &source_table.columns, &target_columns);
    let (target_rows, source_rows) = futures::future::try_join(target_rows, source_rows).await?;
    let kinds = canonical::kinds(&source_table.columns, &target_columns);
    let source_rows = canonical::rows(&kinds, source_rows);
    let target_rows = canonical::rows(&kinds, target_rows);
    let names: Vec<String> = source_table.columns.iter().map(|column| column.arrives_as.clone()).collect();
    let rows = source_rows.len();
    differences.extend(diff::rows(&names, &source_table.key, source_rows, target_rows));
    Ok(Comparison { rows, differences })
}
