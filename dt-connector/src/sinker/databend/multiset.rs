//! Removing exactly k of the equal copies of a row that has no key.
//!
//! Databend has no `DELETE .. LIMIT` and no `=` for BINARY, GEOMETRY and VECTOR, NULL equals nothing, and a chain of ORs over whole
//! rows takes minutes to plan. So the engine turns each row into one canonical text, on both sides with the same functions: every
//! column's text (a float's hash) with its length in front, `n` for NULL. A join on it finds the copies, `row_number()` counts them, and `_row_id`
//! names those that go. One statement removes many distinct rows. Rows that a policy of `[values]` makes equal are added up.

use dt_common::config::Policy;
use dt_common::error::Result;
use dt_common::row::Row;
use dt_common::value::ColValue;

use super::plan::{PlannedColumn, TablePlan};
use super::rowset;
use super::stage::encode::COPIES;
use super::stage::load::StagedFile;
use super::statements::{Expect, MAX_STATEMENT_BYTES, Statement, push_cells};
use super::types::TargetType;

/// Distinct rows of one statement: `VALUES` in a `FROM` goes through the slow SQL parser.
const MAX_ROWS: usize = 1000;

/// Appends the statements that remove the rows.
///
/// # Errors
/// A value that the target cannot hold; names the table and the column.
pub fn deletes(
    out: &mut Vec<Statement>,
    plan: &TablePlan,
    rows: &[(Row, u64)],
    batch_size: usize,
) -> Result<()> {
    let types = plan.types();
    let mut rest = rows;
    while !rest.is_empty() {
        let (mut values, mut taken, mut copies) = (String::new(), 0, 0);
        while taken < rest.len().min(batch_size).min(MAX_ROWS) && values.len() < MAX_STATEMENT_BYTES {
            let (row, count) = &rest[taken];
            values.push_str(if taken > 0 { ",(" } else { "(" });
            push_cells(&mut values, plan, row, rowset::push_cell)?;
            values.push_str(&format!(",{count})"));
            taken += 1;
            copies += count;
        }
        let (now, later) = rest.split_at(taken);
        let wanted = rowset::derived_table(&types, &values, Some(COPIES));
        let sql = delete(plan, &types, &wanted, &filter(plan, now)?);
        out.push(Statement { sql, expect: Expect::Removed(copies) });
        rest = later;
    }
    Ok(())
}

/// The statement that removes the rows that a file holds with the number of their copies.
pub fn delete_staged(plan: &TablePlan, rows: &[(Row, u64)], file: &StagedFile) -> Statement {
    let types = plan.types();
    let wanted = rowset::staged_table(&types, &file.table(), COPIES);
    let filter = match filter_column(plan, rows) {
        Some((at, column)) => format!(" WHERE {} IN (SELECT dt_v{at} FROM {wanted})", column.quoted),
        None => String::new(),
    };
    let copies = rows.iter().map(|(_, copies)| copies).sum();
    Statement { sql: delete(plan, &types, &wanted, &filter), expect: Expect::Removed(copies) }
}

fn delete(plan: &TablePlan, types: &[TargetType], rows: &str, filter: &str) -> String {
    let stored = canonical(plan.columns.iter().map(|c| (c.quoted.clone(), c.ty)));
    let wanted = canonical(types.iter().enumerate().map(|(i, ty)| (format!("dt_v{i}"), *ty)));
    format!(
        "DELETE FROM {table} WHERE _row_id IN (SELECT dt_id FROM (SELECT s.dt_id, w.dt_copies, \
         row_number() OVER (PARTITION BY s.dt_row ORDER BY s.dt_id) AS dt_number FROM \
         (SELECT _row_id AS dt_id, {stored} AS dt_row FROM {table}{filter}) AS s JOIN \
         (SELECT {wanted} AS dt_row, sum({COPIES}) AS {COPIES} FROM {rows} GROUP BY 1) AS w ON s.dt_row = w.dt_row) \
         WHERE dt_number <= {COPIES})",
        table = plan.quoted,
    )
}

/// The canonical text of a row.
fn canonical(columns: impl Iterator<Item = (String, TargetType)>) -> String {
    let parts: Vec<String> = columns
        .map(|(name, ty)| {
            let text = text_of(&name, ty);
            format!("if({name} IS NULL, 'n', concat(length({text}), ':', {text}))")
        })
        .collect();
    format!("concat({})", parts.join(", "))
}

/// A column as text that differs wherever the values differ.
fn text_of(name: &str, ty: TargetType) -> String {
    match ty {
        TargetType::Int { .. }
        | TargetType::Decimal { .. }
        | TargetType::Date
        | TargetType::Timestamp
        | TargetType::Interval => format!("to_string({name})"),
        // Text of a float is not the same for the same number: 1e300 is `1e300` where it is stored in a block, and 301 digits where it is the
        // default of a column that was added later (seen: 1.2.895). The two zeros are one, since such a default has no sign.
        TargetType::Float | TargetType::Double => format!("to_string(siphash64({name} + 0))"),
        TargetType::Varchar => name.to_owned(),
        TargetType::Binary => format!("hex({name})"),
        // Alone, JSON null would be NULL, and the string "1" would equal the number 1.
        TargetType::Variant => format!("to_string(json_array({name}))"),
        TargetType::Geometry => format!("hex(st_asewkb({name}))"),
        TargetType::Vector { .. } => format!("to_string(to_variant({name}))"),
    }
}

/// A condition on one column that all wanted rows meet, so that blocks without them are never read. Taken from the first
/// column that has a plain equality and no NULL among the rows, nor a policy that makes one.
fn filter(plan: &TablePlan, rows: &[(Row, u64)]) -> Result<String> {
    let Some((at, column)) = filter_column(plan, rows) else {
        return Ok(String::new());
    };
    let mut values = String::new();
    for (i, (row, _)) in rows.iter().enumerate() {
        values.push_str(if i > 0 { ",(" } else { "(" });
        rowset::push_cell(&mut values, &row[at], column).map_err(|unfit| plan.unfit(at, unfit))?;
        values.push(')');
    }
    let wanted = rowset::derived_table(&[column.ty], &values, None);
    Ok(format!(" WHERE {} IN (SELECT dt_v0 FROM {wanted})", column.quoted))
}

fn filter_column<'a>(plan: &'a TablePlan, rows: &[(Row, u64)]) -> Option<(usize, &'a PlannedColumn)> {
    let usable = |(i, column): &(usize, &PlannedColumn)| {
        let comparable = match column.ty {
            TargetType::Int { .. }
            | TargetType::Decimal { .. }
            | TargetType::Date
            | TargetType::Timestamp
            | TargetType::Varchar => true,
            TargetType::Float
            | TargetType::Double
            | TargetType::Interval
            | TargetType::Binary
            | TargetType::Variant
            | TargetType::Geometry
            | TargetType::Vector { .. } => false,
        };
        let fitting = !column.policies.has(Policy::Null);
        comparable
            && fitting
            && rows.iter().all(|(row, _)| !matches!(row.get(*i), None | Some(ColValue::Null)))
    };
    plan.columns.iter().enumerate().find(usable)
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{plan, table};
    use super::super::statements::statements;
    use super::*;
    use dt_common::batch::NetChanges;

    #[test]
    fn copies_are_counted_per_statement() {
        let plan = plan(table("d", "t", &[("a", "bigint"), ("b", "binary"), ("j", "json")], &[]));
        let row = |a: i64| -> Row { [ColValue::Int(a), ColValue::Bytes([1].into()), ColValue::Null].into() };
        let changes = NetChanges::Counted {
            inserts: vec![row(9)],
            deletes: vec![(row(1), 2), (row(2), 1), (row(3), 4)],
        };
        let all = statements(&plan, &changes, 2).unwrap();
        let expected: Vec<Expect> = all.iter().map(|s| s.expect).collect();
        assert_eq!(expected, [Expect::Removed(3), Expect::Removed(4), Expect::Inserted(1)]);
        assert_eq!(
            all[1].sql,
            "DELETE FROM `d`.`t` WHERE _row_id IN (SELECT dt_id FROM (SELECT s.dt_id, w.dt_copies, \
             row_number() OVER (PARTITION BY s.dt_row ORDER BY s.dt_id) AS dt_number FROM \
             (SELECT _row_id AS dt_id, concat(if(`a` IS NULL, 'n', concat(length(to_string(`a`)), ':', to_string(`a`))), \
             if(`b` IS NULL, 'n', concat(length(hex(`b`)), ':', hex(`b`))), \
             if(`j` IS NULL, 'n', concat(length(to_string(json_array(`j`))), ':', to_string(json_array(`j`))))) AS dt_row \
             FROM `d`.`t` WHERE `a` IN (SELECT dt_v0 FROM (SELECT CAST(c0 AS BIGINT) AS dt_v0 FROM (VALUES ('3')) AS c(c0)))) AS s JOIN \
             (SELECT concat(if(dt_v0 IS NULL, 'n', concat(length(to_string(dt_v0)), ':', to_string(dt_v0))), \
             if(dt_v1 IS NULL, 'n', concat(length(hex(dt_v1)), ':', hex(dt_v1))), \
             if(dt_v2 IS NULL, 'n', concat(length(to_string(json_array(dt_v2))), ':', to_string(json_array(dt_v2))))) AS dt_row, \
             sum(dt_copies) AS dt_copies FROM (SELECT CAST(c0 AS BIGINT) AS dt_v0, CAST(c1 AS BINARY) AS dt_v1, \
             parse_json(CAST(c2 AS VARCHAR)) AS dt_v2, dt_copies FROM (VALUES ('3',x'01',NULL,4)) AS c(c0, c1, c2, dt_copies)) GROUP BY 1) AS w \
             ON s.dt_row = w.dt_row) WHERE dt_number <= dt_copies)"
        );
    }

    #[test]
    fn a_column_with_null_is_no_filter() {
        let plan = plan(table("d", "t", &[("a", "bigint"), ("s", "varchar")], &[]));
        let rows = [
            ([ColValue::Null, ColValue::text("x")].into(), 1),
            ([ColValue::Int(1), ColValue::text("y")].into(), 1),
        ];
        assert_eq!(
            filter(&plan, &rows).unwrap(),
            " WHERE `s` IN (SELECT dt_v0 FROM (SELECT CAST(c0 AS VARCHAR) AS dt_v0 FROM (VALUES ('x'),('y')) AS c(c0)))"
        );
        let rows = [([ColValue::Null, ColValue::Null].into(), 1)];
        assert_eq!(filter(&plan, &rows).unwrap(), "");
    }
}
