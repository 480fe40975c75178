//! Rows by key into a table that holds columns of its user's own: `MERGE` leaves those as they are. `REPLACE` and `DELETE` with
//! `INSERT` would reset them.

use super::plan::TablePlan;
use super::rowset;
use super::stage::encode::IS_DELETED;
use super::statements::column_list;

/// The statement for a row set (see [`rowset`]) whose own column is [`IS_DELETED`].
pub fn merge(plan: &TablePlan, rows: &str) -> String {
    let matches: Vec<String> = plan
        .key()
        .map(|(i, column)| {
            let held = rowset::comparable(&format!("t.{}", column.quoted), column.ty);
            format!("{held} = {}", rowset::comparable(&format!("s.dt_v{i}"), column.ty))
        })
        .collect();
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
        matches.join(" AND "),
        updates.join(", "),
        column_list(plan),
        values.join(", ")
    )
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
}
