//! What differs between two sets of rows, named exactly. Pure.

use std::collections::BTreeMap;
use std::fmt;

use super::read::Column;
use crate::source::TextRow;

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// The target has no such table.
    NoTable,
    /// The column lists differ.
    Columns {
        /// The source's.
        source: String,
        /// The target's.
        target: String,
    },
    /// A row that only the source has.
    Missing(TextRow),
    /// A row that only the target has.
    Extra(TextRow),
    /// A cell of a row that both have.
    Cell {
        /// The row's key.
        key: TextRow,
        /// The column.
        column: String,
        /// The source's value.
        source: Option<String>,
        /// The target's value.
        target: Option<String>,
    },
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoTable => f.write_str("the target has no such table"),
            Self::Columns { source, target } => write!(f, "columns: source {source}; target {target}"),
            Self::Missing(row) => write!(f, "missing row {}", shown(row)),
            Self::Extra(row) => write!(f, "extra row {}", shown(row)),
            Self::Cell { key, column, source, target } => {
                let (source, target) = (cell(source), cell(target));
                write!(f, "row {} column {column}: source {source}, target {target}", shown(key))
            }
        }
    }
}

fn shown(row: &TextRow) -> String {
    format!("({})", row.iter().map(cell).collect::<Vec<_>>().join(", "))
}

fn cell(value: &Option<String>) -> String {
    value.as_ref().map_or_else(|| "NULL".to_owned(), |text| format!("{text:?}"))
}

/// Compares column lists: names, order, nullability.
pub fn columns(source: &[Column], target: &[Column]) -> Vec<Difference> {
    let text = |columns: &[Column]| {
        let columns: Vec<String> = columns
            .iter()
            .map(|c| format!("{}{}", c.arrives_as, if c.nullable { "" } else { " NOT NULL" }))
            .collect();
        columns.join(", ")
    };
    let (source, target) = (text(source), text(target));
    if source == target { Vec::new() } else { vec![Difference::Columns { source, target }] }
}

/// Compares rows as multisets; rows with the same key (positions in `key`) are compared cell by cell.
pub fn rows(names: &[String], key: &[usize], source: Vec<TextRow>, target: Vec<TextRow>) -> Vec<Difference> {
    let mut counts: BTreeMap<TextRow, i64> = BTreeMap::new();
    source.into_iter().for_each(|row| *counts.entry(row).or_default() += 1);
    target.into_iter().for_each(|row| *counts.entry(row).or_default() -= 1);
    // Rows that are equal on both sides are gone; what is left is paired by key.
    let mut groups: BTreeMap<TextRow, (Vec<TextRow>, Vec<TextRow>)> = BTreeMap::new();
    for (row, count) in counts {
        let group = groups.entry(key.iter().map(|i| row[*i].clone()).collect()).or_default();
        let side = if count > 0 { &mut group.0 } else { &mut group.1 };
        side.extend(std::iter::repeat_n(row, count.unsigned_abs() as usize));
    }
    groups
        .into_iter()
        .flat_map(|(group, (missing, extra))| pair(names, key, &group, missing, extra))
        .collect()
}

fn pair(
    names: &[String],
    key: &[usize],
    group: &TextRow,
    mut missing: Vec<TextRow>,
    mut extra: Vec<TextRow>,
) -> Vec<Difference> {
    let mut found = Vec::new();
    // Without a key nothing says which row became which.
    while !key.is_empty() && !missing.is_empty() && !extra.is_empty() {
        let (source, target) = (missing.remove(0), extra.remove(0));
        for ((column, source), target) in names.iter().zip(source).zip(target) {
            if source != target {
                found.push(Difference::Cell { key: group.clone(), column: column.clone(), source, target });
            }
        }
    }
    found.extend(missing.into_iter().map(Difference::Missing));
    found.extend(extra.into_iter().map(Difference::Extra));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> Vec<TextRow> {
        text.split_whitespace().map(|row| row.split(',').map(|c| Some(c.to_owned())).collect()).collect()
    }

    fn found(key: &[usize], source: &str, target: &str) -> Vec<String> {
        let names = ["id".to_owned(), "v".to_owned()];
        rows(&names, key, table(source), table(target)).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn equal_in_any_order() {
        assert!(found(&[0], "1,a 2,b", "2,b 1,a").is_empty());
        assert!(found(&[], "1,a 1,a 2,b", "1,a 2,b 1,a").is_empty());
    }

    #[test]
    fn a_changed_cell_a_lost_row_and_a_doubled_row_are_named() {
        assert_eq!(
            found(&[0], "1,a 2,b 3,c", "1,x 3,c 3,c"),
            [
                "row (\"1\") column v: source \"a\", target \"x\"",
                "missing row (\"2\", \"b\")",
                "extra row (\"3\", \"c\")"
            ]
        );
    }

    #[test]
    fn without_a_key_rows_count() {
        assert_eq!(
            found(&[], "1,a 1,a 2,b", "1,a 2,c 2,c"),
            [
                "missing row (\"1\", \"a\")",
                "missing row (\"2\", \"b\")",
                "extra row (\"2\", \"c\")",
                "extra row (\"2\", \"c\")"
            ]
        );
    }
}
