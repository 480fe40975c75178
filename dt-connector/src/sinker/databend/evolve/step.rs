//! One statement, and the condition under which it is still to be run. Pure.

use std::collections::BTreeSet;

use dt_common::schema::TableName;
use serde::{Deserialize, Serialize};

use crate::sinker::databend::target_tables::TargetColumn;
use crate::sinker::databend::types::TargetType;

/// A step towards the desired structure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The statement.
    pub sql: String,
    /// When it is still to be run.
    pub when: When,
    /// Whether its condition may hold again behind later steps: what it did is stored before they are run.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub once: bool,
}

impl Step {
    /// A step whose condition does not hold again.
    pub fn new(sql: String, when: When) -> Self {
        Self { sql, when, once: false }
    }

    /// The same, where the condition may hold again behind later steps.
    pub fn once_if(self, again: bool) -> Self {
        Self { once: again, ..self }
    }
}

/// When a step is still to be run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum When {
    /// Always: the statement itself leaves alone what is done.
    Always,
    /// Tables that exist and tables that do not.
    Tables {
        /// These exist.
        there: Vec<TableName>,
        /// These do not.
        absent: Vec<TableName>,
    },
    /// Columns that a table has and columns that it lacks.
    Columns {
        /// The table.
        table: TableName,
        /// It has these.
        there: Vec<String>,
        /// It lacks these.
        absent: Vec<String>,
    },
    /// A column is not as it should be.
    Differs {
        /// The table.
        table: TableName,
        /// The column.
        column: String,
        /// Its type, as `system.columns` shows it; `None` for any.
        data_type: Option<String>,
        /// Whether a wider type does as well.
        or_wider: bool,
        /// Whether it takes NULL.
        nullable: bool,
    },
}

impl When {
    /// The tables that the condition looks at.
    pub fn tables(&self) -> Vec<TableName> {
        match self {
            Self::Always => Vec::new(),
            Self::Tables { there, absent } => [&there[..], absent].concat(),
            Self::Columns { table, .. } | Self::Differs { table, .. } => vec![table.clone()],
        }
    }

    /// Whether the step is to be run; `columns` answers the columns of a table, `None` when there is no such table.
    pub fn holds<'a>(&self, columns: impl Fn(&TableName) -> Option<&'a [TargetColumn]>) -> bool {
        match self {
            Self::Always => true,
            Self::Tables { there, absent } => {
                there.iter().all(|table| columns(table).is_some())
                    && absent.iter().all(|table| columns(table).is_none())
            }
            Self::Columns { table, there, absent } => columns(table).is_some_and(|held| {
                let names: BTreeSet<&str> = held.iter().map(|column| column.name.as_str()).collect();
                there.iter().all(|name| names.contains(name.as_str()))
                    && absent.iter().all(|name| !names.contains(name.as_str()))
            }),
            Self::Differs { table, column, data_type, or_wider, nullable } => {
                let held = columns(table).and_then(|held| held.iter().find(|held| held.name == *column));
                held.is_some_and(|held| {
                    let fits =
                        data_type.as_ref().is_none_or(|wanted| fits(&held.data_type, wanted, *or_wider));
                    held.nullable != *nullable || !fits
                })
            }
        }
    }
}

fn fits(held: &str, wanted: &str, or_wider: bool) -> bool {
    match (TargetType::parse(held), TargetType::parse(wanted)) {
        (Some(held), Some(wanted)) => held == wanted || (or_wider && held.holds(wanted)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, data_type: &str, nullable: bool) -> TargetColumn {
        TargetColumn { name: name.into(), data_type: data_type.into(), nullable, has_default: false }
    }

    #[test]
    fn a_step_that_is_done_is_not_run_again() {
        let (t, u) = (TableName::new("d", "t"), TableName::new("d", "u"));
        let held = [column("a", "INT", true), column("b", "BIGINT", false)];
        let look = |table: &TableName| (*table == t).then_some(&held[..]);
        let columns = |there: &[&str], absent: &[&str]| When::Columns {
            table: t.clone(),
            there: there.iter().map(|&name| name.to_owned()).collect(),
            absent: absent.iter().map(|&name| name.to_owned()).collect(),
        };
        let differs = |column: &str, data_type: &str, or_wider, nullable| When::Differs {
            table: t.clone(),
            column: column.into(),
            data_type: Some(data_type.into()),
            or_wider,
            nullable,
        };
        for (when, expected) in [
            (When::Always, true),
            (When::Tables { there: vec![t.clone()], absent: vec![u.clone()] }, true),
            (When::Tables { there: vec![u.clone()], absent: vec![] }, false),
            (columns(&["a"], &["c"]), true),
            (columns(&["a"], &["b"]), false),
            (columns(&["c"], &[]), false),
            (differs("b", "INT", true, false), false),
            (differs("b", "INT", false, false), true),
            (differs("a", "BIGINT", true, true), true),
            (differs("a", "INT", true, false), true),
            (differs("gone", "INT", true, false), false),
        ] {
            assert_eq!(when.holds(look), expected, "{when:?}");
        }
    }
}
