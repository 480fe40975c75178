//! The statements that load a file.
//!
//! | file | statement |
//! |---|---|
//! | rows to add | `COPY INTO`, one for all files of a table in a row; answers the rows of every file |
//! | rows that the source has inserted | the same, where the target holds none of their keys ([`super::newcomers`]); else as rows by key |
//! | rows by key | `REPLACE .. DELETE WHEN`: upserts and deletes in one pass, one for all files of a table in a row; answers no count |
//! | the same, where the target holds columns of the user's own | `MERGE`, which leaves those as they are |
//! | rows that hold some of their columns | `MERGE` of those |
//! | such rows that get another key | [`super::super::moves`], then the same |
//! | rows of a keyless table to remove | [`super::super::multiset`] |
//!
//! `REPLACE` matches by position and wants all columns of the target in the target's order. They are named all the same: named in
//! another order, the statement fails (1104) instead of mixing up columns.

use std::borrow::Borrow;

use dt_common::row::Row;

use super::super::merge::{self, PRESENT};
use super::super::moves::{self, VACATED};
use super::super::plan::TablePlan;
use super::super::rowset;
use super::super::statements::{Expect, Statement, column_list};
use super::super::types::TargetType;
use super::encode::{IS_DELETED, PART, file_column};

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

/// Applies files of rows by key, which lie in one folder and come one after the other: of a key that is in several the last one
/// counts. One statement costs as much as the blocks that it rewrites, and one for each file would rewrite them each time.
pub fn upserts(plan: &TablePlan, files: &[&StagedFile]) -> Vec<Statement> {
    let statement = |rows: String| {
        let sql = match &plan.target_order {
            Some(order) if takes_replace(plan) => replace(plan, &rows, order),
            Some(_) | None => merge::merge(plan, &rowset::staged_table(&plan.types(), &rows, IS_DELETED)),
        };
        Statement { sql, expect: Expect::Any }
    };
    match files {
        [] => Vec::new(),
        [_, _, ..] if parts_by_key(plan) => vec![statement(last_of_each_key(plan, files))],
        files => files.iter().map(|file| statement(file.table())).collect(),
    }
}

/// Whether REPLACE takes the table's key. With a DECIMAL of up to 18 digits in it the engine panics (1104).
fn takes_replace(plan: &TablePlan) -> bool {
    !plan.key().any(|(_, column)| matches!(column.ty, TargetType::Decimal { precision: ..=18, .. }))
}

/// Whether Databend tells keys apart in a window as it does in a table; 0.0 and -0.0 are two keys and may be one window.
fn parts_by_key(plan: &TablePlan) -> bool {
    !plan.key().any(|(_, column)| matches!(column.ty, TargetType::Float | TargetType::Double))
}

/// What follows `FROM`: every key's row of the latest file that has one.
fn last_of_each_key(plan: &TablePlan, files: &[&StagedFile]) -> String {
    let key: Vec<String> = plan.key().map(|(i, _)| file_column(i)).collect();
    format!(
        "{} QUALIFY row_number() OVER (PARTITION BY {} ORDER BY {PART} DESC) = 1",
        staged_files(files),
        key.join(", ")
    )
}

/// Files, which lie in one folder, as a table: what follows `FROM`.
pub fn staged_files(files: &[&StagedFile]) -> String {
    let folder = files.first().map(|file| file.folder.as_str()).unwrap_or_default();
    let names: Vec<String> = files.iter().map(|file| format!("'{}'", file.name)).collect();
    format!("{folder} (FILE_FORMAT => 'parquet', FILES => ({}))", names.join(", "))
}

/// Sets the columns that a file's rows hold.
pub fn patch(plan: &TablePlan, patches: &[Row], file: &StagedFile) -> Statement {
    let rows = rowset::staged_table(&plan.types(), &file.table(), PRESENT);
    Statement { sql: merge::patch(plan, patches, &rows), expect: Expect::Any }
}

/// Gives the rows of a file other keys.
pub fn moves(plan: &TablePlan, count: usize, file: &StagedFile) -> Statement {
    let types: Vec<TargetType> = plan.key().chain(plan.key()).map(|(_, column)| column.ty).collect();
    moves::statement(plan, count, &rowset::staged_table(&types, &file.table(), VACATED))
}

fn replace(plan: &TablePlan, rows: &str, order: &[usize]) -> String {
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
        rows
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
        TargetType::Interval => format!("CAST({column} AS {ty})"),
        // The server converts NULLs too, as lists without numbers, and refuses those: they are others for as long.
        TargetType::Vector { dimension } => {
            let zeros =
                format!("parse_json(concat('[0', repeat(',0', {}), ']'))", dimension.saturating_sub(1));
            format!("IF({column} IS NULL, NULL, CAST(COALESCE({column}, {zeros}::ARRAY(FLOAT)) AS {ty}))")
        }
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
            upserts(&plan, &[&file("1.parquet", 2)])[0].sql,
            "REPLACE INTO `d`.`t` (`dt_deleted`, `b`, `j`) ON (`b`) DELETE WHEN dt_deleted_ \
             SELECT c2, c0, parse_json(c1), dt_deleted AS dt_deleted_ FROM @~/dt/t/1-a/1.parquet (FILE_FORMAT => 'parquet')"
        );
    }

    #[test]
    fn of_several_files_the_last_row_of_a_key_counts() {
        let (a, b) = (file("1.parquet", 2), file("2.parquet", 2));
        let all = upserts(&keyed(), &[&a, &b]);
        assert_eq!(all.len(), 1);
        assert!(
            all[0].sql.ends_with(
                "dt_deleted AS dt_deleted_ FROM @~/dt/t/1-a/ (FILE_FORMAT => 'parquet', FILES => ('1.parquet', '2.parquet')) \
                 QUALIFY row_number() OVER (PARTITION BY c0 ORDER BY dt_part DESC) = 1"
            ),
            "{}",
            all[0].sql
        );
        let mut decimals = keyed();
        decimals.columns[0].ty = TargetType::Decimal { precision: 18, scale: 2 };
        assert!(upserts(&decimals, &[&a, &b])[0].sql.starts_with("MERGE INTO "));
        decimals.columns[0].ty = TargetType::Decimal { precision: 19, scale: 2 };
        assert!(upserts(&decimals, &[&a, &b])[0].sql.starts_with("REPLACE INTO "));
        let mut floats = keyed();
        floats.columns[0].ty = TargetType::Double;
        assert_eq!(upserts(&floats, &[&a, &b]).len(), 2);
    }
}
