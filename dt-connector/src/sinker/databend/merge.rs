//! Rows by key into a table that holds columns of its user's own: `MERGE` leaves those as they are. `REPLACE` and `DELETE` with
//! `INSERT` would reset them. And rows of which the source's image leaves columns out: those keep their values too.

use dt_common::row::Row;
use dt_common::value::ColValue;

use super::plan::TablePlan;
use super::rowset;
use super::stage::encode::IS_DELETED;
use super::statements::column_list;

/// The statement for a row set (see [`rowset`]) whose own column is [`IS_DELETED`].
pub fn merge(plan: &TablePlan, rows: &str) -> String {
    let updates: Vec<String> = plan
        .columns
        .iter()
        .enumerate()
        .map(|(i, column)| format!("t.{} = s.dt_v{i}", column.quoted))
        .collect();
    let values: Vec<String> = (0..plan.columns.len()).map(|i| format!("s.dt_v{i}")).collect();
    format!(
        "MERGE INTO {} AS t USING {rows} AS s ON {} \
         WHEN MATCHED AND s.{IS_DELETED} THEN DELETE WHEN MATCHED THEN UPDATE SET {} \
         WHEN NOT MATCHED AND NOT s.{IS_DELETED} THEN INSERT ({}) VALUES ({})",
        plan.quoted,
        key_matches(plan),
        updates.join(", "),
        column_list(plan),
        values.join(", ")
    )
}

/// Which columns of a patch are there: a `1` or a `0` for each column.
pub const PRESENT: &str = "dt_present";

/// The mark of one patch for [`PRESENT`].
pub fn presence(row: &[ColValue]) -> String {
    row.iter().map(|value| if matches!(value, ColValue::Absent) { '0' } else { '1' }).collect()
}

/// The statement that sets the columns which rows of a key hold, for a row set whose own column is [`PRESENT`]. All rows in one
/// statement: its cost is that of the blocks it rewrites, not of the rows.
pub fn patch(plan: &TablePlan, patches: &[Row], rows: &str) -> String {
    let holds = |row: &Row, i: usize| row.get(i).is_some_and(|value| !matches!(value, ColValue::Absent));
    let updates: Vec<String> = plan
        .columns
        .iter()
        .enumerate()
        .filter(|(i, _)| patches.iter().any(|row| holds(row, *i)))
        .map(|(i, column)| {
            let (name, value) = (&column.quoted, format!("s.dt_v{i}"));
            match patches.iter().all(|row| holds(row, i)) {
                true => format!("t.{name} = {value}"),
                false => {
                    format!("t.{name} = if(substr(s.{PRESENT}, {}, 1) = '1', {value}, t.{name})", i + 1)
                }
            }
        })
        .collect();
    format!(
        "MERGE INTO {} AS t USING {rows} AS s ON {} WHEN MATCHED THEN UPDATE SET {}",
        plan.quoted,
        key_matches(plan),
        updates.join(", ")
    )
}

/// Keys of the table and of the row set, as Databend can compare them.
fn key_matches(plan: &TablePlan) -> String {
    let matches: Vec<String> = plan
        .key()
        .map(|(i, column)| {
            let held = rowset::comparable(&format!("t.{}", column.quoted), column.ty);
            format!("{held} = {}", rowset::comparable(&format!("s.dt_v{i}"), column.ty))
        })
        .collect();
    matches.join(" AND ")
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{plan, table};
    use super::*;

    #[test]
    fn columns_of_the_user_are_left_alone() {
        let plan = plan(table("d", "t", &[("b", "binary"), ("i", "bigint")], &[0]));
        assert_eq!(
            merge(&plan, "(rows)"),
            "MERGE INTO `d`.`t` AS t USING (rows) AS s ON hex(t.`b`) = hex(s.dt_v0) WHEN MATCHED AND s.dt_deleted THEN DELETE \
             WHEN MATCHED THEN UPDATE SET t.`b` = s.dt_v0, t.`i` = s.dt_v1 \
             WHEN NOT MATCHED AND NOT s.dt_deleted THEN INSERT (`b`, `i`) VALUES (s.dt_v0, s.dt_v1)"
        );
    }

    #[test]
    fn a_patch_sets_what_it_holds() {
        let plan = plan(table(
            "d",
            "t",
            &[("i", "bigint"), ("a", "bigint"), ("b", "binary"), ("c", "bigint")],
            &[0],
        ));
        let (one, absent) = (|| ColValue::Int(1), || ColValue::Absent);
        let rows: [Row; 2] =
            [[one(), one(), absent(), absent()].into(), [one(), one(), ColValue::Null, absent()].into()];
        assert_eq!((presence(&rows[0]), presence(&rows[1])), ("1100".to_owned(), "1110".to_owned()));
        assert_eq!(
            patch(&plan, &rows, "(rows)"),
            "MERGE INTO `d`.`t` AS t USING (rows) AS s ON t.`i` = s.dt_v0 WHEN MATCHED THEN UPDATE SET \
             t.`i` = s.dt_v0, t.`a` = s.dt_v1, t.`b` = if(substr(s.dt_present, 3, 1) = '1', s.dt_v2, t.`b`)"
        );
    }
}
