//! `CREATE` statements from MySQL definitions.
//!
//! Databend has no keys: the key lives in dt. Every column says `NULL` or `NOT NULL`, because the default depends on the
//! server. The options at the end decide the speed of updates; docs/performance.md says what they were measured at.

use std::fmt::Write;

use dt_common::error::Result;
use dt_common::schema::Column;

use dt_common::config::{BloomIndex, TableLayout};

use super::plan::{PlannedColumn, TablePlan};
use super::quote;
use super::types::TargetType;

/// Digits of the widest DECIMAL that the `native` storage format reads back; see [`push_options`].
const MAX_NATIVE_PRECISION: u8 = 38;

/// `CREATE DATABASE IF NOT EXISTS`.
///
/// # Errors
/// A name that cannot be quoted.
pub fn create_database(name: &str) -> Result<String> {
    Ok(format!("CREATE DATABASE IF NOT EXISTS {}", quote::identifier(name)?))
}

/// `CREATE TABLE IF NOT EXISTS`.
pub fn create_table(plan: &TablePlan, layout: TableLayout) -> String {
    let mut sql = format!("CREATE TABLE IF NOT EXISTS {} (", plan.quoted);
    for (i, (planned, source)) in plan.columns.iter().zip(&plan.schema.columns).enumerate() {
        let separator = if i > 0 { ", " } else { "" };
        let null = if planned.nullable { "NULL" } else { "NOT NULL" };
        let _ = write!(sql, "{separator}{} {} {null}", planned.quoted, planned.ty);
        sql.push_str(&default(source, planned.ty));
        sql.push_str(&comment(&source.comment));
    }
    sql.push(')');
    push_comment(&mut sql, " COMMENT = ", &plan.schema.comment);
    push_options(&mut sql, plan, layout);
    sql
}

/// Options of a table. Databend 1.2.895 reads a DECIMAL of more than 38 digits wrong from a block of the `native` storage format in which
/// values repeat (1.5 in ten rows came back as 5.1e38); `native` is the default on a local disk, `parquet` elsewhere.
fn push_options(sql: &mut String, plan: &TablePlan, layout: TableLayout) {
    let wide = |ty| matches!(ty, TargetType::Decimal { precision, .. } if precision > MAX_NATIVE_PRECISION);
    if plan.columns.iter().any(|column| wide(column.ty)) {
        sql.push_str(" STORAGE_FORMAT = 'parquet'");
    }
    if let Some(rows) = layout.row_per_block {
        let _ = write!(sql, " ROW_PER_BLOCK = {rows}");
    }
    if let Some(columns) = bloom_columns(plan, layout.bloom_index) {
        let _ = write!(sql, " BLOOM_INDEX_COLUMNS = {}", quote::string(&columns));
    }
}

/// The columns to index, for Databend's option of that name; `None` leaves it to Databend, which indexes all columns that it can.
fn bloom_columns(plan: &TablePlan, bloom_index: BloomIndex) -> Option<String> {
    match bloom_index {
        BloomIndex::All => None,
        BloomIndex::None => Some(String::new()),
        BloomIndex::Key => {
            let columns: Vec<&PlannedColumn> = plan.key().map(|(_, column)| column).collect();
            let fits = |column: &&PlannedColumn| has_bloom_index(column.ty);
            let names: Vec<&str> = columns.iter().map(|column| column.quoted.as_str()).collect();
            (!columns.is_empty() && columns.iter().all(fits)).then(|| names.join(", "))
        }
    }
}

/// Whether the index that a table was created with forbids this type for one of its columns.
pub fn index_forbids(plan: &TablePlan, layout: TableLayout, column: &PlannedColumn, ty: TargetType) -> bool {
    let is_indexed = bloom_columns(plan, layout.bloom_index).is_some_and(|columns| !columns.is_empty());
    is_indexed && !has_bloom_index(ty) && plan.key().any(|(_, key)| key.name == column.name)
}

/// Whether Databend indexes a column of this type.
fn has_bloom_index(ty: TargetType) -> bool {
    match ty {
        TargetType::Int { .. }
        | TargetType::Float
        | TargetType::Double
        | TargetType::Date
        | TargetType::Timestamp
        | TargetType::Varchar => true,
        TargetType::Decimal { .. }
        | TargetType::Interval
        | TargetType::Binary
        | TargetType::Variant
        | TargetType::Geometry
        | TargetType::Vector { .. } => false,
    }
}

/// ` DEFAULT ..` of a column, empty when it has none that means the same in Databend.
pub fn default(source: &Column, ty: TargetType) -> String {
    default_literal(source, ty).map_or_else(String::new, |default| format!(" DEFAULT {default}"))
}

/// ` COMMENT ..` of a column, empty when it has none.
pub fn comment(comment: &str) -> String {
    let mut sql = String::new();
    push_comment(&mut sql, " COMMENT ", comment);
    sql
}

fn push_comment(sql: &mut String, word: &str, comment: &str) {
    if !comment.is_empty() {
        sql.push_str(word);
        quote::push_string(sql, comment);
    }
}

/// The default where it means the same in Databend: numbers and text. dt writes every column of a row, so a default serves
/// later writers only, and one that might differ (a date, a zero date, a bit pattern) is left out.
fn default_literal(column: &Column, ty: TargetType) -> Option<String> {
    let default = column.default.as_deref()?;
    match ty {
        TargetType::Int { .. } => {
            let number = default.parse::<i128>().ok()?;
            ty.int_range()?.contains(&number).then(|| number.to_string())
        }
        TargetType::Decimal { .. } => is_decimal(default).then(|| default.to_owned()),
        TargetType::Varchar => Some(quote::string(default)),
        TargetType::Float
        | TargetType::Double
        | TargetType::Date
        | TargetType::Timestamp
        | TargetType::Interval
        | TargetType::Binary
        | TargetType::Variant
        | TargetType::Geometry
        | TargetType::Vector { .. } => None,
    }
}

fn is_decimal(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty()
        && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        && digits.bytes().filter(|b| *b == b'.').count() <= 1
        && digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.ends_with(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{column, plan, table};
    use super::*;
    use dt_common::schema::{ColumnType, IntWidth};

    /// What Databend itself would choose.
    const PLAIN: TableLayout = TableLayout { row_per_block: None, bloom_index: BloomIndex::All };

    #[test]
    fn the_key_is_indexed_where_it_can_be() {
        let options = |columns: &[(&str, &str)], key: &[usize], bloom_index| {
            let layout = TableLayout { row_per_block: Some(100_000), bloom_index };
            let sql = create_table(&plan(table("d", "t", columns, key)), layout);
            sql.split_once(") ROW_PER_BLOCK = 100000").unwrap().1.to_owned()
        };
        let columns = [("a", "bigint"), ("b_2", "varchar"), ("B", "varchar"), ("c", "binary")];
        assert_eq!(options(&columns, &[1, 0], BloomIndex::Key), " BLOOM_INDEX_COLUMNS = '`b_2`, `a`'");
        for key in [&[3][..], &[0, 3], &[]] {
            assert_eq!(options(&columns, key, BloomIndex::Key), "", "{key:?}");
        }
        assert_eq!(options(&columns, &[0], BloomIndex::All), "");
        assert_eq!(options(&columns, &[0], BloomIndex::None), " BLOOM_INDEX_COLUMNS = ''");
    }

    #[test]
    fn tables_are_created_with_comments_and_safe_defaults() {
        let mut schema = table(
            "d",
            "t",
            &[("id", "bigint"), ("it's `x`", "varchar"), ("d", "decimal"), ("b", "bit"), ("j", "json")],
            &[0],
        );
        schema.comment = "a 'table'".into();
        schema.columns[0].comment = "the \\ key".into();
        schema.columns[1].default = Some("it's".into());
        schema.columns[2].default = Some("-1.50".into());
        schema.columns[3].default = Some("b'101'".into());
        schema.columns[4].nullable = false;
        assert_eq!(
            create_table(&plan(schema), PLAIN),
            "CREATE TABLE IF NOT EXISTS `d`.`t` (`id` BIGINT NOT NULL COMMENT 'the \\\\ key', \
             \"it's `x`\" VARCHAR NULL DEFAULT 'it''s', `d` DECIMAL(20, 5) NULL DEFAULT -1.50, \
             `b` BIGINT UNSIGNED NULL, `j` VARIANT NOT NULL) COMMENT = 'a ''table'''"
        );
        let mut wide = table("d", "t", &[("d", "decimal")], &[]);
        wide.columns[0].ty = ColumnType::Decimal { precision: 39, scale: 0 };
        assert!(
            create_table(&plan(wide), PLAIN).ends_with("DECIMAL(39, 0) NULL) STORAGE_FORMAT = 'parquet'")
        );
        assert_eq!(create_database("a-b").unwrap(), "CREATE DATABASE IF NOT EXISTS `a-b`");
    }

    #[test]
    fn defaults_that_do_not_fit_are_left_out() {
        let default = |ty: &str, text: &str| {
            let mut source = column("c", ty);
            source.default = Some(text.into());
            default_literal(&source, super::super::types::target_type(&source.ty))
        };
        assert_eq!(default("bigint", "-5").as_deref(), Some("-5"));
        assert_eq!(default("bigint", "9223372036854775808"), None);
        assert_eq!(default("decimal", "1."), None);
        assert_eq!(default("datetime", "0000-00-00 00:00:00"), None);
        let mut tiny = column("c", "bigint");
        tiny.ty = ColumnType::Int { width: IntWidth::One, unsigned: true };
        tiny.default = Some("256".into());
        assert_eq!(default_literal(&tiny, super::super::types::target_type(&tiny.ty)), None);
    }
}
