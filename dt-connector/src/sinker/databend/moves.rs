//! Rows that get another key while the source's image leaves columns out: those are taken from the row that the target holds under the
//! former key.
//!
//! All rows of a table and part are moved by one statement, which reads all of them before it writes any, so that rows may swap keys or follow each other.
//! It runs before all other changes of the part. The former keys go with the deletes of the part, unless other rows have them by then.

use super::plan::TablePlan;
use super::rowset::comparable;
use super::statements::{Expect, Statement, column_list};

/// Whether another row had the key that the row gets, and has lost it in the same part. A row that is found there otherwise is not overwritten, and missed in
/// the answer's count.
pub const VACATED: &str = "dt_vacated";

/// The statement for a row set (see [`super::rowset`]) of the keys that `count` rows get, then of those that they had, then of [`VACATED`].
pub fn statement(plan: &TablePlan, count: usize, rows: &str) -> Statement {
    let keys: Vec<usize> = plan.key().map(|(i, _)| i).collect();
    let moved: Vec<String> = plan
        .columns
        .iter()
        .enumerate()
        .map(|(i, column)| match keys.iter().position(|&key| key == i) {
            Some(at) => format!("w.dt_v{at} AS dt_c{i}"),
            None => format!("o.{} AS dt_c{i}", column.quoted),
        })
        .collect();
    let updates: Vec<String> = plan
        .columns
        .iter()
        .enumerate()
        .filter(|(i, _)| !keys.contains(i))
        .map(|(i, column)| format!("t.{} = s.dt_c{i}", column.quoted))
        .collect();
    let values: Vec<String> = (0..plan.columns.len()).map(|i| format!("s.dt_c{i}")).collect();
    let had = matches(plan, "o", |at, _| format!("w.dt_v{}", keys.len() + at));
    let gets = matches(plan, "t", |_, i| format!("s.dt_c{i}"));
    let sql = format!(
        "MERGE INTO {table} AS t USING (SELECT {}, w.{VACATED} FROM {rows} AS w JOIN {table} AS o ON {had}) AS s ON {gets} \
         WHEN MATCHED AND s.{VACATED} THEN UPDATE SET {} WHEN NOT MATCHED THEN INSERT ({}) VALUES ({})",
        moved.join(", "),
        updates.join(", "),
        column_list(plan),
        values.join(", "),
        table = plan.quoted
    );
    Statement { sql, expect: Expect::Moved(count as u64) }
}

/// Whether a table's key is the one of another row; `other` names a column of that by its place in the key and in the table.
fn matches(plan: &TablePlan, table: &str, other: impl Fn(usize, usize) -> String) -> String {
    let columns = plan.key().enumerate().map(|(at, (i, column))| {
        let held = comparable(&format!("{table}.{}", column.quoted), column.ty);
        format!("{held} = {}", comparable(&other(at, i), column.ty))
    });
    columns.collect::<Vec<_>>().join(" AND ")
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{plan, table};
    use super::*;

    #[test]
    fn rows_are_taken_from_under_their_former_key() {
        let plan = plan(table("d", "t", &[("v", "bigint"), ("b", "binary"), ("i", "bigint")], &[2, 1]));
        let moved = statement(&plan, 3, "(rows)");
        assert_eq!(moved.expect, Expect::Moved(3));
        assert_eq!(
            moved.sql,
            "MERGE INTO `d`.`t` AS t USING (SELECT o.`v` AS dt_c0, w.dt_v1 AS dt_c1, w.dt_v0 AS dt_c2, w.dt_vacated FROM (rows) AS w \
             JOIN `d`.`t` AS o ON o.`i` = w.dt_v2 AND hex(o.`b`) = hex(w.dt_v3)) AS s ON t.`i` = s.dt_c2 AND hex(t.`b`) = hex(s.dt_c1) \
             WHEN MATCHED AND s.dt_vacated THEN UPDATE SET t.`v` = s.dt_c0 \
             WHEN NOT MATCHED THEN INSERT (`v`, `b`, `i`) VALUES (s.dt_c0, s.dt_c1, s.dt_c2)"
        );
    }
}
