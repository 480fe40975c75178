//! Where source tables arrive in Databend.

use std::sync::Arc;

use dt_common::error::{Error, Result};
use dt_common::router::Router;
use dt_common::schema::{TableName, TableSchema};

/// Databases that belong to Databend or to dt.
const RESERVED_DATABASES: &[&str] = &["_dt", "system", "information_schema"];

/// The routes of a task, with the databases refused that nobody may write to.
#[derive(Debug)]
pub struct Routes {
    router: Router,
}

impl Routes {
    /// The routes that a `[router]` section gives.
    pub fn new(router: Router) -> Self {
        Self { router }
    }

    /// Name of a table in the target.
    ///
    /// # Errors
    /// A route into a reserved database.
    pub fn target(&self, table: &TableSchema) -> Result<TableName> {
        let target = self.router.target(&table.name);
        if RESERVED_DATABASES.contains(&target.db.as_str()) {
            return Err(Error::config(format!(
                "table {}: database `{}` of the target is reserved; give another one in [router] db_map",
                table.name, target.db
            )));
        }
        Ok(target)
    }

    /// Refuses two tables with one target.
    ///
    /// # Errors
    /// The first pair that shares a target.
    pub fn check_one_to_one(&self, tables: &[Arc<TableSchema>]) -> Result<()> {
        self.router.check_one_to_one(tables.iter().map(|table| &table.name))
    }

    /// Names of several tables in the target, in their order.
    ///
    /// # Errors
    /// See [`Routes::target`].
    pub fn targets(&self, tables: &[Arc<TableSchema>]) -> Result<Vec<TableName>> {
        tables.iter().map(|table| self.target(table)).collect()
    }
}
