//! Rows that the source has inserted are added instead of applied by key, where the target holds none of their keys.
//!
//! To add rows costs a fraction of what it costs to apply them by key, but a key that is there would be there twice. It may be, although the source
//! held none: while the stream repeats changes that a copy has read already; where rows were there before the task; where changes went
//! unlogged or unfollowed (a cascade, `sql_log_bin = 0`, a partition that was dropped, an event or a statement that the task leaves out); and where
//! somebody else has written. No rule tells all of that from afar. So the transaction looks before it writes, and where one key is there, all rows
//! of the statement are applied by key. What it has seen stays so until its `COMMIT`, as far as the task's own commits go: any other moves the
//! checkpoint row, and then this one fails.
//!
//! The look is cheap, because it reads no more than the key column of blocks whose least and greatest keys leave room for the new ones: none for
//! keys that grow.

use dt_common::config::Policy;
use dt_common::row::Row;

use super::super::exact::Exact;
use super::super::fitted::fitted;
use super::super::plan::{PlannedColumn, TablePlan};
use super::super::rowset::comparable;
use super::super::types::TargetType;
use super::load::{StagedFile, loaded, staged_files};

/// A file of rows that the source has inserted. No key is in it twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRows {
    /// The file.
    pub file: StagedFile,
    /// Where its keys lie, when they begin with a whole number.
    pub span: Option<Span>,
}

/// The least and the greatest value of the key's first column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    least: i128,
    greatest: i128,
}

/// Whether Databend tells a table's keys apart as the source does, so that to look for them means something. Not where the target
/// holds columns of its user's own: who adds columns may well add rows.
pub fn can_be_added(plan: &TablePlan) -> bool {
    plan.target_order.is_some() && plan.schema.is_keyed() && plan.key().all(|(_, column)| tells_apart(column))
}

fn tells_apart(column: &PlannedColumn) -> bool {
    let exact = match column.ty {
        TargetType::Int { .. }
        | TargetType::Decimal { .. }
        | TargetType::Date
        | TargetType::Timestamp
        | TargetType::Varchar
        | TargetType::Binary => true,
        TargetType::Float
        | TargetType::Double
        | TargetType::Interval
        | TargetType::Variant
        | TargetType::Geometry
        | TargetType::Vector { .. } => false,
    };
    exact && ![Policy::Null, Policy::Clamp, Policy::String].iter().any(|policy| column.policies.has(*policy))
}

/// Where the keys of rows lie.
pub fn span(plan: &TablePlan, rows: &[Row]) -> Option<Span> {
    let (at, column) = plan.key().next()?;
    let mut span: Option<Span> = None;
    for row in rows {
        let value = match fitted(row.get(at)?, column) {
            Ok(Exact::Int(value)) => i128::from(value),
            Ok(Exact::UInt(value)) => i128::from(value),
            Ok(_) | Err(_) => return None,
        };
        let Span { least, greatest } = span.unwrap_or(Span { least: value, greatest: value });
        span = Some(Span { least: least.min(value), greatest: greatest.max(value) });
    }
    span
}

/// `SELECT` of a number that is 0 when the rows of files, which lie in one folder, can be added: how many of their keys the table holds, and how
/// many rows have the key of another file's.
pub fn look(plan: &TablePlan, files: &[&NewRows]) -> String {
    let held = format!("SELECT count(*) FROM {} AS dt_t WHERE {}", plan.quoted, held(plan, files));
    if are_apart(files) {
        return held;
    }
    let keys: Vec<String> =
        plan.key().map(|(i, column)| comparable(&loaded(i, column.ty), column.ty)).collect();
    let doubles = format!(
        "SELECT count(*) - count(DISTINCT {}) FROM {}",
        keys.join(", "),
        staged_files(&files.iter().map(|rows| &rows.file).collect::<Vec<_>>())
    );
    format!("SELECT ({held}) + ({doubles})")
}

fn held(plan: &TablePlan, files: &[&NewRows]) -> String {
    let (mut typed, mut equal) = (Vec::new(), Vec::new());
    for (i, column) in plan.key() {
        typed.push(format!("{} AS dt_v{i}", loaded(i, column.ty)));
        let stored = comparable(&format!("dt_t.{}", column.quoted), column.ty);
        equal.push(format!("{} = {stored}", comparable(&format!("w.dt_v{i}"), column.ty)));
    }
    let rows = staged_files(&files.iter().map(|rows| &rows.file).collect::<Vec<_>>());
    let exists = format!(
        "EXISTS (SELECT 1 FROM (SELECT {} FROM {rows}) AS w WHERE {})",
        typed.join(", "),
        equal.join(" AND ")
    );
    let spans: Option<Vec<Span>> = files.iter().map(|rows| rows.span).collect();
    let first = plan.key().next().map(|(_, column)| column.quoted.as_str()).unwrap_or_default();
    let (least, greatest) = match &spans {
        None => return exists,
        Some(spans) => {
            (spans.iter().map(|span| span.least).min(), spans.iter().map(|span| span.greatest).max())
        }
    };
    match (least, greatest) {
        (Some(least), Some(greatest)) => format!("dt_t.{first} BETWEEN {least} AND {greatest} AND {exists}"),
        _ => exists,
    }
}

/// Whether no key can be in two files.
fn are_apart(files: &[&NewRows]) -> bool {
    if files.len() < 2 {
        return true;
    }
    let Some(mut spans) = files.iter().map(|rows| rows.span).collect::<Option<Vec<Span>>>() else {
        return false;
    };
    spans.sort_unstable_by_key(|span| span.least);
    spans.windows(2).all(|two| two[0].greatest < two[1].least)
}

#[cfg(test)]
mod tests {
    use dt_common::value::ColValue;

    use super::super::super::fixtures::{plan, table};
    use super::*;

    fn keyed(columns: &[(&str, &str)], key: &[usize]) -> TablePlan {
        plan(table("d", "t", columns, key))
    }

    fn rows(numbers: impl IntoIterator<Item = i64>) -> Vec<Row> {
        numbers.into_iter().map(|n| [ColValue::Int(n)].into()).collect()
    }

    fn new(plan: &TablePlan, name: &str, numbers: impl IntoIterator<Item = i64>) -> NewRows {
        let file = StagedFile { folder: "@~/f/".into(), name: name.into(), rows: 1, bytes: 1 };
        NewRows { file, span: span(plan, &rows(numbers)) }
    }

    #[test]
    fn the_look_asks_for_each_key_where_it_may_be() {
        let plan = keyed(&[("id", "bigint")], &[0]);
        let (low, high) = (new(&plan, "1", [7, -3, 5]), new(&plan, "2", [9, 8]));
        let held = |names: &str, greatest: i64| {
            format!(
                "SELECT count(*) FROM `d`.`t` AS dt_t WHERE dt_t.`id` BETWEEN -3 AND {greatest} AND EXISTS (SELECT 1 FROM \
                 (SELECT c0 AS dt_v0 FROM @~/f/ (FILE_FORMAT => 'parquet', FILES => ({names}))) AS w WHERE w.dt_v0 = dt_t.`id`)"
            )
        };
        assert_eq!(look(&plan, &[&low]), held("'1'", 7));
        assert_eq!(look(&plan, &[&high, &low]), held("'2', '1'", 9));
        let over = new(&plan, "3", [7]);
        assert_eq!(
            look(&plan, &[&low, &over]),
            format!(
                "SELECT ({}) + (SELECT count(*) - count(DISTINCT c0) FROM @~/f/ (FILE_FORMAT => 'parquet', FILES => ('1', '3')))",
                held("'1', '3'", 7)
            )
        );
    }

    #[test]
    fn keys_that_are_no_numbers_have_no_span() {
        let plan = keyed(&[("b", "binary"), ("n", "bigint")], &[0, 1]);
        let bytes: Row = [ColValue::Bytes(vec![1].into()), ColValue::Int(1)].into();
        assert_eq!(span(&plan, &[bytes]), None);
        let sql = look(&plan, &[&new(&plan, "1", [])]);
        assert!(
            sql.contains("WHERE EXISTS")
                && sql.contains("hex(w.dt_v0) = hex(dt_t.`b`) AND w.dt_v1 = dt_t.`n`"),
            "{sql}"
        );
    }

    #[test]
    fn keys_that_are_not_told_apart_are_not_looked_for() {
        assert!(can_be_added(&keyed(&[("id", "bigint")], &[0])));
        assert!(!can_be_added(&keyed(&[("id", "double")], &[0])));
        assert!(!can_be_added(&keyed(&[("id", "bigint")], &[])));
        let mut shared = keyed(&[("id", "bigint")], &[0]);
        shared.target_order = None;
        assert!(!can_be_added(&shared));
    }
}
