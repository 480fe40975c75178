//! Under which names tables arrive in the target.

use std::collections::HashMap;

use crate::config::RouterConfig;
use crate::error::{Error, Result};
use crate::pattern::ListReader;
use crate::schema::TableName;

/// A validated `[router]` section. A table's own route wins over its database's.
#[derive(Debug, Clone, Default)]
pub struct Router {
    dbs: HashMap<String, String>,
    tables: HashMap<TableName, TableName>,
}

impl Router {
    /// Reads the maps of a `[router]` section.
    ///
    /// # Errors
    /// A map that does not parse, or that names a source twice.
    pub fn new(config: &RouterConfig) -> Result<Self> {
        let mut router = Self::default();
        for (from, to) in pairs("[router] db_map", &config.db_map, ListReader::name)? {
            if router.dbs.insert(from.clone(), to).is_some() {
                return Err(Error::config(format!("[router] db_map: `{from}` is routed twice")));
            }
        }
        for (from, to) in pairs("[router] tb_map", &config.tb_map, table_name)? {
            if router.tables.insert(from.clone(), to).is_some() {
                return Err(Error::config(format!("[router] tb_map: {from} is routed twice")));
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

    /// Refuses two tables with one target.
    ///
    /// # Errors
    /// The first pair that shares a target.
    pub fn check_one_to_one<'a>(&self, sources: impl IntoIterator<Item = &'a TableName>) -> Result<()> {
        let mut targets: HashMap<TableName, &TableName> = HashMap::new();
        for source in sources {
            let target = self.target(source);
            if let Some(other) = targets.insert(target.clone(), source) {
                return Err(Error::config(format!(
                    "[router]: {other} and {source} would both be written to {target}; give each table a target of its own"
                )));
            }
        }
        Ok(())
    }
}

fn pairs<'a, T>(
    key: &str,
    text: &'a str,
    mut side: impl FnMut(&mut ListReader<'a>) -> Result<T>,
) -> Result<Vec<(T, T)>> {
    ListReader::new(text)
        .list(|reader| {
            let from = side(reader)?;
            reader.expect(':')?;
            Ok((from, side(reader)?))
        })
        .map_err(|e| e.at(key))
}

fn table_name(reader: &mut ListReader<'_>) -> Result<TableName> {
    let db = reader.name()?;
    reader.expect('.')?;
    Ok(TableName::new(db, reader.name()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn router(db_map: &str, tb_map: &str) -> Result<Router> {
        Router::new(&RouterConfig { db_map: db_map.into(), tb_map: tb_map.into() })
    }

    #[test]
    fn a_table_route_wins() {
        let router = router("a:b", "a.`t.1`:c.u").unwrap();
        let target = |db: &str, table: &str| router.target(&TableName::new(db, table));
        assert_eq!(target("a", "t"), TableName::new("b", "t"));
        assert_eq!(target("a", "t.1"), TableName::new("c", "u"));
        assert_eq!(target("x", "t"), TableName::new("x", "t"));
    }

    #[test]
    fn many_to_one_is_refused() {
        let tables = [TableName::new("a", "t"), TableName::new("b", "t")];
        assert!(router("", "").unwrap().check_one_to_one(&tables).is_ok());
        let error = router("a:c,b:c", "").unwrap().check_one_to_one(&tables).unwrap_err();
        assert!(error.to_string().contains("`a`.`t` and `b`.`t`"), "{error}");
        assert!(router("a:c,a:d", "").is_err());
    }
}
