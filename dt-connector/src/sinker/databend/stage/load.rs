//! The statements that load a file.
//!
//! | file | statement |
//! |---|---|
//! | rows to add | `COPY INTO`, one for all files of a table in a row; answers the rows of every file |
//! | rows by key | `REPLACE .. DELETE WHEN`: upserts and deletes in one pass; answers no count |
//! | the same, where the target holds columns of the user's own | `MERGE`, which leaves those as they are |
//! | rows that hold some of their columns | `MERGE` of those |
//! | rows of a keyless table to remove | [`super::super::multiset`] |
//!
//! `REPLACE` matches by position and wants all columns of the target in the target's order. They are named all the same: named in
//! another order, the statement fails (1104) instead of mixing up columns.

use std::borrow::Borrow;

use dt_common::row::Row;

use super::super::merge::{self, PRESENT};
use super::super::plan::TablePlan;
use super::super::rowset;
use super::super::statements::{Expect, Statement, column_list};
use super::super::types::TargetType;
use super::encode::{IS_DELETED, file_column};

/// A file in a stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StagedFile {
    /// Stage and folder: `@~/dt/shop/7-1b9d6bcd/`.
    pub folder: String,
    /// Name in the folder.
    pub name: String,
    /// Rows in it.
    pub rows: u64,
    /// Its size.
    pub bytes: u64,
}

impl StagedFile {
    /// The file as a table: what follows `FROM`.
    pub fn table(&self) -> String {
        format!("{}{} (FILE_FORMAT => 'parquet')", self.folder, self.name)
    }
}

/// Adds the rows of files, which lie in one folder.
pub fn copy(plan: &TablePlan, files: &[impl Borrow<StagedFile>]) -> Statement {
    let folder = files.first().map(|file| file.borrow().folder.as_str()).unwrap_or_default();
    let names: Vec<String> = files.iter().map(|file| format!("'{}'", file.borrow().name)).collect();
    let values: Vec<String> = columns(plan).collect();
    Statement {
        sql: format!(
            "COPY INTO {} ({}) FROM (SELECT {} FROM {folder}) FILES = ({}) FILE_FORMAT = (TYPE = PARQUET)",
            plan.quoted,
            column_list(plan),
            values.join(", "),
            names.join(", ")
        ),
        expect: Expect::Inserted(files.iter().map(|file| file.borrow().rows).sum()),
    }
}

/// Applies a file of rows by key.
pub fn upsert(plan: &TablePlan, file: &StagedFile) -> Statement {
    let sql = match &plan.target_order {
        Some(order) => replace(plan, file, order),
        None => merge::merge(plan, &rowset::staged_table(&plan.types(), file, IS_DELETED)),
    };
    Statement { sql, expect: Expect::Any }
}

/// Sets the columns that a file's rows hold.
pub fn patch(plan: &TablePlan, patches: &[Row], file: &StagedFile) -> Statement {
    let rows = rowset::staged_table(&plan.types(), file, PRESENT);
    Statement { sql: merge::patch(plan, patches, &rows), expect: Expect::Any }
}

fn replace(plan: &TablePlan, file: &StagedFile, order: &[usize]) -> String {
    let names: Vec<&str> = order.iter().map(|&i| plan.columns[i].quoted.as_str()).collect();
    let values: Vec<String> = order.iter().map(|&i| loaded(i, plan.columns[i].ty)).collect();
    let key: Vec<&str> = plan.key().map(|(_, column)| column.quoted.as_str()).collect();
    // A column of the table would take the name's place.
    let mut deleted = IS_DELETED.to_owned();
    while plan.columns.iter().any(|column| column.name.eq_ignore_ascii_case(&deleted)) {
        deleted.push('_');
    }
    format!(
        "REPLACE INTO {} ({}) ON ({}) DELETE WHEN {deleted} SELECT {}, {IS_DELETED} AS {deleted} FROM {}",
        plan.quoted,
        names.join(", "),
        key.join(", "),
        values.join(", "),
        file.table()
    )
}

/// The file's columns with the types of the table's.
fn columns(plan: &TablePlan) -> impl Iterator<Item = String> {
    plan.columns.iter().enumerate().map(|(i, column)| loaded(i, column.ty))
}

/// A column of the file with the type of the table's.
pub fn loaded(i: usize, ty: TargetType) -> String {
    let column = file_column(i);
    match ty {
        TargetType::Int { .. }
        | TargetType::Float
        | TargetType::Double
        | TargetType::Decimal { .. }
        | TargetType::Date
        | TargetType::Timestamp
        | TargetType::Varchar
        | TargetType::Binary => column,
        TargetType::Interval | TargetType::Vector { .. } => format!("CAST({column} AS {ty})"),
        TargetType::Variant => format!("parse_json({column})"),
        TargetType::Geometry => format!("to_geometry({column})"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::fixtures::{plan, table};
    use super::*;

    fn file(name: &str, rows: u64) -> StagedFile {
        StagedFile { folder: "@~/dt/t/1-a/".into(), name: name.into(), rows, bytes: 1 }
    }

    fn keyed() -> TablePlan {
        plan(table("d", "t", &[("b", "binary"), ("j", "json"), ("dt_deleted", "bigint")], &[0]))
    }

    #[test]
    fn files_of_a_table_are_added_together() {
        let copy = copy(&keyed(), &[file("1.parquet", 2), file("2.parquet", 3)]);
        assert_eq!(
            copy.sql,
            "COPY INTO `d`.`t` (`b`, `j`, `dt_deleted`) FROM (SELECT c0, parse_json(c1), c2 FROM @~/dt/t/1-a/) \
             FILES = ('1.parquet', '2.parquet') FILE_FORMAT = (TYPE = PARQUET)"
        );
        assert_eq!(copy.expect, Expect::Inserted(5));
    }

    #[test]
    fn a_keyed_file_replaces_in_the_targets_order() {
        let mut plan = keyed();
        plan.target_order = Some(vec![2, 0, 1]);
        assert_eq!(
            upsert(&plan, &file("1.parquet", 2)).sql,
            "REPLACE INTO `d`.`t` (`dt_deleted`, `b`, `j`) ON (`b`) DELETE WHEN dt_deleted_ \
             SELECT c2, c0, parse_json(c1), dt_deleted AS dt_deleted_ FROM @~/dt/t/1-a/1.parquet (FILE_FORMAT => 'parquet')"
        );
    }
}
