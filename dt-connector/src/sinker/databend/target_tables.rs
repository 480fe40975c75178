//! What the target's tables look like, and whether they can take the source's rows.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use dt_common::error::{Error, Result};
use dt_common::schema::TableName;

use super::client::Session;
use super::plan::TablePlan;
use super::quote;
use super::types::TargetType;

/// A column of the target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetColumn {
    /// Name.
    pub name: String,
    /// Type as `system.columns` shows it.
    pub data_type: String,
    /// Whether NULL is allowed.
    pub nullable: bool,
    /// Whether there is a default.
    pub has_default: bool,
}

/// The columns of the tables that exist.
///
/// # Errors
/// See [`super::errors`].
pub async fn read_columns(
    session: &Session,
    tables: &[TableName],
) -> Result<HashMap<TableName, Vec<TargetColumn>>> {
    let mut found: HashMap<TableName, Vec<TargetColumn>> = HashMap::new();
    if tables.is_empty() {
        return Ok(found);
    }
    let sql = format!(
        "SELECT `database`, `table`, `name`, `data_type`, `is_nullable`, `default_kind` FROM system.columns \
         WHERE `database` IN ({}) AND `table` IN ({})",
        distinct(tables, |t| &t.db),
        distinct(tables, |t| &t.table)
    );
    for row in session.query(&sql).await.map_err(|e| e.at("reading system.columns"))? {
        let [db, table, name, data_type, nullable, default] = <[Option<String>; 6]>::try_from(row)
            .map_err(|_| Error::target("system.columns does not have the expected columns"))?
            .map(Option::unwrap_or_default);
        found.entry(TableName::new(db, table)).or_default().push(TargetColumn {
            name,
            data_type,
            nullable: nullable == "YES",
            has_default: !default.is_empty(),
        });
    }
    Ok(found)
}

/// Those of the tables that hold any row, by the count that Databend keeps with each table's latest version; what it has no count
/// of passes for filled.
///
/// # Errors
/// See [`super::errors`].
pub async fn read_filled(session: &Session, tables: &[TableName]) -> Result<HashSet<TableName>> {
    if tables.is_empty() {
        return Ok(HashSet::new());
    }
    let sql = format!(
        "SELECT `database`, `name` FROM system.tables WHERE `database` IN ({}) AND `name` IN ({}) \
         AND (`num_rows` IS NULL OR `num_rows` > 0)",
        distinct(tables, |t| &t.db),
        distinct(tables, |t| &t.table)
    );
    let rows = session.query(&sql).await.map_err(|e| e.at("reading system.tables"))?;
    let name = |row: Vec<Option<String>>| {
        let mut cells = row.into_iter().map(Option::unwrap_or_default);
        Some(TableName { db: cells.next()?, table: cells.next()? })
    };
    rows.into_iter()
        .map(|row| name(row).ok_or_else(|| Error::target("system.tables does not have the expected columns")))
        .collect()
}

/// What tells each of the tables that exist from others that have, had or will have its name.
///
/// # Errors
/// See [`super::errors`].
pub async fn read_ids(session: &Session, tables: &[TableName]) -> Result<HashMap<TableName, String>> {
    if tables.is_empty() {
        return Ok(HashMap::new());
    }
    let sql = format!(
        "SELECT `database`, `name`, to_string(`table_id`) FROM system.tables WHERE `database` IN ({}) AND `name` IN ({})",
        distinct(tables, |t| &t.db),
        distinct(tables, |t| &t.table)
    );
    let rows = session.query(&sql).await.map_err(|e| e.at("reading system.tables"))?;
    let id = |row: Vec<Option<String>>| {
        let [db, name, id] = <[Option<String>; 3]>::try_from(row).ok()?;
        Some((TableName::new(db?, name?), id?))
    };
    rows.into_iter()
        .map(|row| id(row).ok_or_else(|| Error::target("system.tables does not have the expected columns")))
        .collect()
}

/// One part of the names as string literals, each once.
fn distinct(tables: &[TableName], part: fn(&TableName) -> &str) -> String {
    let distinct: HashSet<&str> = tables.iter().map(part).collect();
    distinct.into_iter().map(quote::string).collect::<Vec<_>>().join(",")
}

/// The plan for writing a source table into the target as it is, from the one for a table that a task would make.
///
/// # Errors
/// A table that is missing, or whose columns do not fit; names the table, the column and the way out.
pub fn plan(mut plan: TablePlan, columns: Option<&[TargetColumn]>) -> Result<TablePlan> {
    let (place, schema) = (plan.target.clone(), Arc::clone(&plan.schema));
    let columns = columns.ok_or_else(|| {
        Error::schema(format!(
            "target table {place} does not exist; create it by `dt run` with extract_type = struct, or by hand"
        ))
    })?;
    let mut used = HashSet::new();
    for (planned, source) in plan.columns.iter_mut().zip(&schema.columns) {
        let at = |what: String| {
            Error::schema(format!(
                "target table {place}: column `{}` {what}; change the target by hand, or drop it and run extract_type = struct",
                planned.name
            ))
        };
        let held = find(columns, &planned.name).ok_or_else(|| at("is missing".into()))?;
        let ty = TargetType::parse(&held.data_type).filter(|ty| ty.holds(planned.ty));
        planned.ty = ty.ok_or_else(|| {
            let why = if planned.is_text_instead() { " of [values] string" } else { "" };
            at(format!("is {}, which does not hold every {}{why}", held.data_type, planned.ty))
        })?;
        if planned.nullable && !held.nullable {
            let who = if source.nullable { "the source allows NULL" } else { "[values] writes NULL into it" };
            return Err(at(format!("is NOT NULL, but {who}")));
        }
        planned.quoted = quote::column(&held.name)?;
        planned.name.clone_from(&held.name);
        planned.nullable = held.nullable;
        used.insert(held.name.as_str());
    }
    plan.target_order =
        columns.iter().map(|held| plan.columns.iter().position(|c| c.name == held.name)).collect();
    let unfed = columns.iter().find(|c| !used.contains(c.name.as_str()) && !c.nullable && !c.has_default);
    match unfed {
        Some(column) => Err(Error::schema(format!(
            "target table {place}: column `{}` is NOT NULL without a default and unknown to the source; give it a default or allow NULL",
            column.name
        ))),
        None => Ok(plan),
    }
}

/// A column by its name; MySQL does not tell column names apart by case, so a table made by hand may spell them differently.
fn find<'a>(columns: &'a [TargetColumn], name: &str) -> Option<&'a TargetColumn> {
    columns
        .iter()
        .find(|column| column.name == name)
        .or_else(|| columns.iter().find(|column| column.name.to_lowercase() == name.to_lowercase()))
}

#[cfg(test)]
mod tests {
    use dt_common::config::Values;
    use dt_common::config::ini::RawConfig;
    use dt_common::router::Route;
    use dt_common::schema::TableSchema;

    use super::super::fixtures::table;
    use super::*;

    fn column(name: &str, data_type: &str, nullable: bool) -> TargetColumn {
        TargetColumn { name: name.into(), data_type: data_type.into(), nullable, has_default: false }
    }

    fn planned(columns: Option<Vec<TargetColumn>>) -> Result<TablePlan> {
        let schema = Arc::new(table("d", "t", &[("Id", "bigint"), ("d", "decimal")], &[0]));
        let route = Route { table: TableName::new("x", "t"), columns: vec!["Id".into(), "d".into()] };
        plan(TablePlan::new(schema, route, &Values::default())?, columns.as_deref())
    }

    #[test]
    fn the_target_decides_order_spelling_and_width() {
        let columns = vec![column("d", "DECIMAL(30, 5)", true), column("id", "BIGINT", false)];
        let plan = planned(Some(columns)).unwrap();
        assert_eq!(plan.quoted, "`x`.`t`");
        assert_eq!(plan.columns[0].quoted, "`id`");
        assert_eq!(plan.columns[1].ty, TargetType::Decimal { precision: 30, scale: 5 });
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let id = || column("Id", "BIGINT", false);
        let decimal = || column("d", "DECIMAL(20, 5)", true);
        for (columns, what) in [
            (None, "extract_type = struct"),
            (Some(vec![id()]), "column `d` is missing"),
            (Some(vec![id(), column("d", "DOUBLE", true)]), "does not hold every DECIMAL(20, 5)"),
            (Some(vec![id(), column("d", "DECIMAL(20, 5)", false)]), "`d` is NOT NULL"),
            (Some(vec![id(), decimal(), column("x", "INT", false)]), "`x` is NOT NULL without a default"),
        ] {
            let error = planned(columns).unwrap_err().to_string();
            assert!(error.contains(what) && error.contains("`x`.`t`"), "{error}");
        }
        let mut extra = column("x", "INT", false);
        extra.has_default = true;
        assert!(planned(Some(vec![id(), decimal(), extra])).is_ok());
    }

    #[test]
    fn policies_decide_what_a_table_has_to_hold() {
        let schema = Arc::new(table("d", "t", &[("at", "datetime")], &[]));
        let mut strict = (*schema).clone();
        strict.columns[0].nullable = false;
        let plan_of = |schema: &TableSchema, values: &str, data_type: &str, nullable| {
            let raw = RawConfig::parse("t.ini", &format!("[values]\n{values}\n")).unwrap();
            let route = Route { table: TableName::new("x", "t"), columns: vec!["at".into()] };
            let made = TablePlan::new(Arc::new(schema.clone()), route, &Values::read(&raw).unwrap()).unwrap();
            plan(made, Some(&[column("at", data_type, nullable)])).map_err(|error| error.to_string())
        };
        assert!(plan_of(&schema, "zero_date=string", "VARCHAR", true).is_ok());
        assert!(plan_of(&strict, "zero_date=null", "TIMESTAMP", true).is_ok());
        let error = plan_of(&schema, "zero_date=string", "TIMESTAMP", true).unwrap_err();
        assert!(error.contains("does not hold every VARCHAR of [values] string"), "{error}");
        let error = plan_of(&strict, "zero_date=null", "TIMESTAMP", false).unwrap_err();
        assert!(error.contains("is NOT NULL, but [values] writes NULL into it"), "{error}");
    }
}
