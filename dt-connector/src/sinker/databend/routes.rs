//! Where source tables arrive in Databend.

use std::sync::Arc;

use dt_common::error::{Error, Result};
use dt_common::router::{Route, Router};
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

    /// Names of a table and its columns in the target.
    ///
    /// # Errors
    /// A route into a reserved database.
    pub fn route(&self, table: &TableSchema) -> Result<Route> {
        let route = self.router.route(table);
        if RESERVED_DATABASES.contains(&route.table.db.as_str()) {
            return Err(Error::config(format!(
                "table {}: database `{}` of the target is reserved; give another one in [router] db_map",
                table.name, route.table.db
            )));
        }
        Ok(route)
    }

    /// Name of a table in the target.
    pub fn target(&self, source: &TableName) -> TableName {
        self.router.target(source)
    }

    /// Compares the routes with the followed tables.
    ///
    /// # Errors
    /// See [`Router::check`].
    pub fn check(&self, tables: &[Arc<TableSchema>]) -> Result<()> {
        self.router.check(tables)
    }

    /// Names of several tables in the target, in their order.
    ///
    /// # Errors
    /// See [`Routes::route`].
    pub fn routes(&self, tables: &[Arc<TableSchema>]) -> Result<Vec<Route>> {
        tables.iter().map(|table| self.route(table)).collect()
    }
}
