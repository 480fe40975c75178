//! Under which names tables and columns arrive in the target.

mod columns;

use std::collections::HashMap;
use std::sync::Arc;

use columns::ColumnMap;

use crate::config::ini::RawConfig;
use crate::error::{Error, Result};
use crate::list::ListReader;
use crate::schema::{TableName, TableSchema};

/// A `[router]` section. A table's own route wins over its database's.
#[derive(Debug, Clone, Default)]
pub struct Router {
    dbs: HashMap<String, String>,
    tables: HashMap<TableName, TableName>,
    columns: ColumnMap,
}

/// The names of one table in the target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The table's.
    pub table: TableName,
    /// The columns', in the order of the schema.
    pub columns: Vec<String>,
}

impl Router {
    /// Reads the `[router]` section of a task file.
    ///
    /// # Errors
    /// A map that does not parse, with its line, its key and the character; one that names a source twice.
    pub fn read(raw: &RawConfig) -> Result<Self> {
        let mut router = Self { columns: ColumnMap::read(raw)?, ..Self::default() };
        for (from, to) in raw.list("router", "db_map", |reader| pair(reader, ListReader::name))? {
            if router.dbs.insert(from.clone(), to).is_some() {
                return Err(raw.bad("router", "db_map", &format!("`{from}` is routed twice")));
            }
        }
        for (from, to) in raw.list("router", "tb_map", |reader| pair(reader, ListReader::table_name))? {
            if router.tables.insert(from.clone(), to).is_some() {
                return Err(raw.bad("router", "tb_map", &format!("{from} is routed twice")));
            }
        }
        Ok(router)
    }

    /// The table's name in the target.
    pub fn target(&self, source: &TableName) -> TableName {
        if let Some(target) = self.tables.get(source) {
            return target.clone();
        }
        let db = self.dbs.get(&source.db).unwrap_or(&source.db);
        TableName::new(db.clone(), source.table.clone())
    }

    /// The names of a table and its columns in the target.
    pub fn route(&self, table: &TableSchema) -> Route {
        Route { table: self.target(&table.name), columns: self.columns.targets(table) }
    }

    /// Compares the maps with the followed tables.
    ///
    /// # Errors
    /// Two tables, or two columns of a table, with one name in the target; a mapped column that is not followed.
    pub fn check(&self, tables: &[Arc<TableSchema>]) -> Result<()> {
        let mut targets: HashMap<TableName, &TableName> = HashMap::new();
        for source in tables.iter().map(|table| &table.name) {
            let target = self.target(source);
            if let Some(other) = targets.insert(target.clone(), source) {
                return Err(Error::config(format!(
                    "[router]: {other} and {source} would both be written to {target}; give each table a target of its own"
                )));
            }
        }
        self.columns.check(tables)
    }
}

/// `source:target`.
fn pair<'a, T>(
    reader: &mut ListReader<'a>,
    mut side: impl FnMut(&mut ListReader<'a>) -> Result<T>,
) -> Result<(T, T)> {
    let from = side(reader)?;
    reader.expect(':')?;
    Ok((from, side(reader)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn router(keys: &str) -> Result<Router> {
        Router::read(&RawConfig::parse("t.ini", &format!("[router]\n{keys}\n")).unwrap())
    }

    fn table(db: &str, table: &str) -> Arc<TableSchema> {
        Arc::new(TableSchema {
            name: TableName::new(db, table),
            columns: Vec::new(),
            key: None,
            comment: String::new(),
            engine: String::new(),
        })
    }

    #[test]
    fn a_table_route_wins() {
        let router = router("db_map=a:b\ntb_map=a.`t.1`:c.u").unwrap();
        let target = |db: &str, table: &str| router.target(&TableName::new(db, table));
        assert_eq!(target("a", "t"), TableName::new("b", "t"));
        assert_eq!(target("a", "t.1"), TableName::new("c", "u"));
        assert_eq!(target("x", "t"), TableName::new("x", "t"));
    }

    #[test]
    fn many_to_one_is_refused() {
        let tables = [table("a", "t"), table("b", "t")];
        assert!(router("").unwrap().check(&tables).is_ok());
        let error = router("db_map=a:c,b:c").unwrap().check(&tables).unwrap_err();
        assert!(error.to_string().contains("`a`.`t` and `b`.`t`"), "{error}");
    }

    #[test]
    fn errors_name_line_key_and_character() {
        for (keys, expected) in [
            ("db_map=a:c,a:d", "t.ini:2: [router] db_map: `a` is routed twice"),
            ("tb_map=a.t:b.t, a.t:c.t", "t.ini:2: [router] tb_map: `a`.`t` is routed twice"),
            ("\ntb_map=a.t:b", "t.ini:3: [router] tb_map: expected `.` at character 6 of `a.t:b`"),
            (
                "db_map=shop_*:x",
                "t.ini:2: [router] db_map: expected a name without wildcards at character 7 of `shop_*:x`",
            ),
        ] {
            assert_eq!(router(keys).unwrap_err().to_string(), expected);
        }
    }
}
