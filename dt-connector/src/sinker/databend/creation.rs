//! What creates databases and tables: the same text for `dt run`, which executes it, and for `dt plan`, which shows it.

use std::collections::BTreeSet;
use std::sync::Arc;

use dt_common::error::Result;
use dt_common::schema::TableSchema;

use super::ddl;
use super::plan::TablePlan;
use super::routes::Routes;

/// Statements for databases and tables; each leaves alone what exists, and those of tables that exist need not run.
#[derive(Debug)]
pub struct Creation {
    /// Databases by name.
    pub databases: Vec<(String, String)>,
    /// Tables, in the order of the source's.
    pub tables: Vec<(Arc<TablePlan>, String)>,
}

impl Creation {
    /// What creates the targets of these tables.
    ///
    /// # Errors
    /// A name that Databend cannot hold, a route into a reserved database.
    pub fn new(routes: &Routes, tables: &[Arc<TableSchema>]) -> Result<Self> {
        let mut creates = Vec::with_capacity(tables.len());
        let mut databases = BTreeSet::new();
        for table in tables {
            let plan = routes.plan(table)?;
            databases.insert(plan.target.db.clone());
            let sql = ddl::create_table(&plan);
            creates.push((Arc::new(plan), sql));
        }
        let databases = databases
            .into_iter()
            .map(|db| ddl::create_database(&db).map(|sql| (db, sql)))
            .collect::<Result<_>>()?;
        Ok(Self { databases, tables: creates })
    }
}

#[cfg(test)]
mod tests {
    use dt_common::config::Values;
    use dt_common::config::ini::RawConfig;
    use dt_common::router::Router;

    use super::super::fixtures::table;
    use super::*;

    fn creation(db_map: &str) -> Result<Creation> {
        let raw = RawConfig::parse("t.ini", &format!("[router]\ndb_map={db_map}\n")).unwrap();
        let router = Router::read(&raw).unwrap();
        let tables = ["b", "a"].map(|db| Arc::new(table(db, "t", &[("id", "bigint")], &[0])));
        Creation::new(&Routes::new(router, Values::default()), &tables)
    }

    #[test]
    fn databases_come_first_and_under_their_routed_names() {
        let creation = creation("a:x").unwrap();
        let databases: Vec<&str> = creation.databases.iter().map(|(_, sql)| sql.as_str()).collect();
        assert_eq!(databases, ["CREATE DATABASE IF NOT EXISTS `b`", "CREATE DATABASE IF NOT EXISTS `x`"]);
        let tables: Vec<&str> = creation.tables.iter().map(|(_, sql)| sql.as_str()).collect();
        assert_eq!(
            tables,
            [
                "CREATE TABLE IF NOT EXISTS `b`.`t` (`id` BIGINT NOT NULL)",
                "CREATE TABLE IF NOT EXISTS `x`.`t` (`id` BIGINT NOT NULL)"
            ]
        );
    }

    #[test]
    fn nobody_writes_into_reserved_databases() {
        let error = creation("a:_dt").unwrap_err().to_string();
        assert!(
            error.contains("table `a`.`t`") && error.contains("`_dt` of the target is reserved"),
            "{error}"
        );
    }
}
