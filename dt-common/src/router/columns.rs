//! `[router] col_map`: columns that arrive under another name.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Deserialize;

use crate::config::ini::RawConfig;
use crate::config::json::Pairs;
use crate::error::{Error, Result};
use crate::list::ListReader;
use crate::nearest::nearest;
use crate::schema::{TableName, TableSchema};

/// New names of columns, table by table, and the map's place for errors that only a look at the source can show.
#[derive(Debug, Clone, Default)]
pub(super) struct ColumnMap {
    place: String,
    tables: HashMap<TableName, Vec<(String, String)>>,
}

/// An entry in the JSON form of ape-dts.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object of db, tb and col_map")]
struct JsonEntry {
    db: String,
    tb: String,
    col_map: Pairs,
}

impl ColumnMap {
    pub(super) fn read(raw: &RawConfig) -> Result<Self> {
        let list = match raw.json_list::<JsonEntry>("router", "col_map")? {
            Some(entries) => entries.into_iter().flat_map(from_json).collect(),
            None => raw.list("router", "col_map", entry)?,
        };
        if list.is_empty() {
            return Ok(Self::default());
        }
        let mut map = Self { place: raw.place("router", "col_map"), tables: HashMap::new() };
        for (table, from, to) in list {
            let columns = map.tables.entry(table.clone()).or_default();
            if columns.iter().any(|(known, _)| same(known, &from)) {
                return Err(map.refuse(format!("column `{from}` of {table} is mapped twice")));
            }
            columns.push((from, to));
        }
        Ok(map)
    }

    /// The columns' names in the target, in the order of the schema.
    pub(super) fn targets(&self, table: &TableSchema) -> Vec<String> {
        let map = self.tables.get(&table.name).map_or(&[][..], Vec::as_slice);
        let target = |name: &str| {
            map.iter().find(|(from, _)| same(from, name)).map_or(name.to_owned(), |(_, to)| to.clone())
        };
        table.columns.iter().map(|column| target(&column.name)).collect()
    }

    /// Compares the map with the followed tables.
    ///
    /// # Errors
    /// A column that is not followed, with the nearest that is; two columns with one name in the target.
    pub(super) fn check(&self, tables: &[Arc<TableSchema>]) -> Result<()> {
        for (name, map) in &self.tables {
            let table = tables
                .iter()
                .find(|table| table.name == *name)
                .ok_or_else(|| self.refuse(format!("table {name} is not followed or does not exist")))?;
            let known = || table.columns.iter().map(|column| column.name.as_str());
            if let Some((from, _)) = map.iter().find(|(from, _)| !known().any(|column| same(column, from))) {
                let hint = nearest(from, known()).map_or(String::new(), |n| format!("; did you mean `{n}`?"));
                return Err(self.refuse(format!("table {name} has no followed column `{from}`{hint}")));
            }
            let targets = self.targets(table);
            let mut seen: HashMap<String, usize> = HashMap::new();
            for (i, target) in targets.iter().enumerate() {
                if let Some(other) = seen.insert(target.to_lowercase(), i) {
                    let (a, b) = (&table.columns[other].name, &table.columns[i].name);
                    let what =
                        format!("columns `{a}` and `{b}` of {name} would both be written to `{target}`");
                    return Err(self.refuse(what));
                }
            }
        }
        Ok(())
    }

    fn refuse(&self, what: String) -> Error {
        Error::config(what).at(&self.place)
    }
}

/// MySQL does not tell column names apart by case.
fn same(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

fn entry(reader: &mut ListReader<'_>) -> Result<(TableName, String, String)> {
    let table = reader.table_name()?;
    reader.expect('.')?;
    let from = reader.name()?;
    reader.expect(':')?;
    Ok((table, from, reader.name()?))
}

fn from_json(entry: JsonEntry) -> impl Iterator<Item = (TableName, String, String)> {
    let table = TableName::new(entry.db, entry.tb);
    entry.col_map.0.into_iter().map(move |(from, to)| (table.clone(), from, to))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Column, ColumnType, Generated};

    fn table(columns: &[&str]) -> Arc<TableSchema> {
        let column = |name: &&str| Column {
            name: (*name).to_owned(),
            ty: ColumnType::Date,
            nullable: true,
            default: None,
            generated: Generated::No,
            invisible: false,
            comment: String::new(),
        };
        Arc::new(TableSchema {
            name: TableName::new("d", "t"),
            columns: columns.iter().map(column).collect(),
            key: None,
            comment: String::new(),
            engine: String::new(),
        })
    }

    fn map(value: &str) -> Result<ColumnMap> {
        ColumnMap::read(&RawConfig::parse("t.ini", &format!("[router]\ncol_map={value}\n")).unwrap())
    }

    #[test]
    fn both_forms_rename() {
        let table = table(&["id", "Name", "x.y"]);
        for value in [
            "d.t.name:full_name, d.t.`x.y`:`x y`",
            r#"json:[{"db":"d","tb":"t","col_map":{"name":"full_name","x.y":"x y"}}]"#,
        ] {
            let map = map(value).unwrap();
            assert_eq!(map.targets(&table), ["id", "full_name", "x y"], "{value}");
            map.check(std::slice::from_ref(&table)).unwrap();
        }
        // Two columns may exchange their names.
        map("d.t.id:name, d.t.name:id").unwrap().check(&[table]).unwrap();
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let table = table(&["id", "Name", "other"]);
        for (value, expected) in [
            ("d.t.id:a, d.t.ID:b", "column `ID` of `d`.`t` is mapped twice"),
            (
                r#"json:[{"db":"d","tb":"t","col_map":{"id":"a","id":"b"}}]"#,
                "column `id` of `d`.`t` is mapped twice",
            ),
            ("d.t.nmae:x", "table `d`.`t` has no followed column `nmae`; did you mean `Name`?"),
            ("d.u.id:x", "table `d`.`u` is not followed or does not exist"),
            ("d.t.id:NAME", "columns `id` and `Name` of `d`.`t` would both be written to `Name`"),
            ("d.t.id:x, d.t.other:X", "columns `id` and `other` of `d`.`t` would both be written to `X`"),
            ("d.t.*:x", "expected a name without wildcards at character 6 of `d.t.*:x`"),
        ] {
            let error =
                map(value).and_then(|map| map.check(std::slice::from_ref(&table))).unwrap_err().to_string();
            assert_eq!(error, format!("t.ini:2: [router] col_map: {expected}"));
        }
    }
}
