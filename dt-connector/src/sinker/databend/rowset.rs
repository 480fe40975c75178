//! Rows as a derived table with the target's own types, to be joined with a table.
//!
//! A list of literals behind `IN` is slow and not exact: 5,000 keys over 200,000 rows took 5 to 20 s (as a join 0.25 s), 1,000
//! composite keys 50 s to plan, and a list that holds the least and the greatest BIGINT misses rows, because its literals get
//! a type from each other. So the cells of a `VALUES` list are strings wherever numbers would be, and each
//! column is cast to the type of the table's column: `SELECT CAST(c0 AS BIGINT) AS dt_v0 .. FROM (VALUES ('1'), ..)`.

use dt_common::value::ColValue;

use super::literal::push_value;
use super::plan::PlannedColumn;
use super::stage::load::{StagedFile, loaded};
use super::types::TargetType;
use super::unfit::Unfit;

/// Appends a value as a cell of the `VALUES` list.
///
/// # Errors
/// Why the target cannot hold the value.
pub fn push_cell(sql: &mut String, value: &ColValue, column: &PlannedColumn) -> Result<(), Unfit> {
    let quote = match value {
        ColValue::Int(_)
        | ColValue::UInt(_)
        | ColValue::Decimal(_)
        | ColValue::Bit(_)
        | ColValue::Year(_) => "'",
        ColValue::Absent
        | ColValue::Null
        | ColValue::Float(_)
        | ColValue::Double(_)
        | ColValue::Date(_)
        | ColValue::DateTime(_)
        | ColValue::Timestamp(_)
        | ColValue::Time(_)
        | ColValue::Text(_)
        | ColValue::InvalidText(_)
        | ColValue::Bytes(_)
        | ColValue::Json(_)
        | ColValue::Geometry { .. }
        | ColValue::Vector(_) => "",
    };
    sql.push_str(quote);
    push_value(sql, value, column)?;
    sql.push_str(quote);
    Ok(())
}

/// What follows `FROM`: rows of typed columns `dt_v0`, `dt_v1`, ..; `values` are the rows in parentheses. A column of dt's own, if
/// there is one, comes last and keeps its type.
pub fn derived_table(types: &[TargetType], values: &str, own: Option<&str>) -> String {
    let own = own.map(|name| format!(", {name}")).unwrap_or_default();
    let typed: Vec<String> =
        types.iter().enumerate().map(|(i, ty)| format!("{} AS dt_v{i}", typed(i, *ty))).collect();
    let names: Vec<String> = (0..types.len()).map(|i| format!("c{i}")).collect();
    format!("(SELECT {}{own} FROM (VALUES {values}) AS c({}{own}))", typed.join(", "), names.join(", "))
}

/// The same from the file of a stage.
pub fn staged_table(types: &[TargetType], file: &StagedFile, own: &str) -> String {
    let typed: Vec<String> =
        types.iter().enumerate().map(|(i, ty)| format!("{} AS dt_v{i}", loaded(i, *ty))).collect();
    format!("(SELECT {}, {own} FROM {})", typed.join(", "), file.table())
}

fn typed(i: usize, ty: TargetType) -> String {
    match ty {
        TargetType::Int { .. }
        | TargetType::Float
        | TargetType::Double
        | TargetType::Decimal { .. }
        | TargetType::Date
        | TargetType::Timestamp
        | TargetType::Interval
        | TargetType::Varchar
        | TargetType::Binary
        | TargetType::Vector { .. } => format!("CAST(c{i} AS {ty})"),
        TargetType::Variant => format!("parse_json(CAST(c{i} AS VARCHAR))"),
        TargetType::Geometry => format!("to_geometry(CAST(c{i} AS VARCHAR))"),
    }
}

/// A column as Databend can compare it with `=`: BINARY only by its hex digits.
pub fn comparable(name: &str, ty: TargetType) -> String {
    match ty {
        TargetType::Binary => format!("hex({name})"),
        TargetType::Int { .. }
        | TargetType::Float
        | TargetType::Double
        | TargetType::Decimal { .. }
        | TargetType::Date
        | TargetType::Timestamp
        | TargetType::Interval
        | TargetType::Varchar
        | TargetType::Variant
        | TargetType::Geometry
        | TargetType::Vector { .. } => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{plan, table};
    use super::*;

    #[test]
    fn numbers_are_strings_until_they_are_cast() {
        let (big, binary) = (TargetType::parse("BIGINT").unwrap(), TargetType::Binary);
        let mut values = String::from("(");
        let plan = plan(table("d", "t", &[("i", "bigint"), ("b", "binary")], &[]));
        push_cell(&mut values, &ColValue::Int(i64::MIN), &plan.columns[0]).unwrap();
        values.push(',');
        push_cell(&mut values, &ColValue::Bytes([1].into()), &plan.columns[1]).unwrap();
        values.push(')');
        assert_eq!(
            derived_table(&[big, binary], &values, None),
            "(SELECT CAST(c0 AS BIGINT) AS dt_v0, CAST(c1 AS BINARY) AS dt_v1 \
             FROM (VALUES ('-9223372036854775808',x'01')) AS c(c0, c1))"
        );
        assert!(
            derived_table(&[big], "('1',2)", Some("dt_copies"))
                .ends_with("AS dt_v0, dt_copies FROM (VALUES ('1',2)) AS c(c0, dt_copies))")
        );
        assert_eq!(comparable("`b`", binary), "hex(`b`)");
    }
}
