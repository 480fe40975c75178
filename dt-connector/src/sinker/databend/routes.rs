//! Where source tables arrive in Databend.

use std::sync::Arc;

use dt_common::config::Values;
use dt_common::error::{Error, Result};
use dt_common::router::{Route, Router};
use dt_common::schema::{TableName, TableSchema};

use super::plan::TablePlan;

/// Databases that belong to Databend or to dt.
const RESERVED_DATABASES: &[&str] = &["_dt", "system", "information_schema"];

/// The name of a target table's shadow.
pub fn shadow(target: &TableName) -> TableName {
    TableName::new(&target.db, format!("{}__dt_copy", target.table))
}

/// The routes of a task, with the databases refused that nobody may write to, and what becomes of values on the way.
#[derive(Debug)]
pub struct Routes {
    router: Router,
    values: Values,
}

impl Routes {
    /// The routes that the sections `[router]` and `[values]` give.
    pub fn new(router: Router, values: Values) -> Self {
        Self { router, values }
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

    /// Compares the policies with the followed tables.
    ///
    /// # Errors
    /// See [`Values::check`].
    pub fn check_values(&self, tables: &[Arc<TableSchema>]) -> Result<()> {
        self.values.check(tables)
    }

    /// The plan for a table that a task would make.
    ///
    /// # Errors
    /// See [`Routes::route`] and [`TablePlan::new`].
    pub fn plan(&self, table: &Arc<TableSchema>) -> Result<TablePlan> {
        TablePlan::new(Arc::clone(table), self.route(table)?, &self.values)
    }

    /// The plan for the shadow of a table, in which it is copied beside the stream.
    ///
    /// # Errors
    /// As [`Routes::plan`].
    pub fn shadow_plan(&self, table: &Arc<TableSchema>) -> Result<TablePlan> {
        let mut route = self.route(table)?;
        route.table = shadow(&route.table);
        TablePlan::new(Arc::clone(table), route, &self.values)
    }

    /// The plans of several tables, in their order.
    ///
    /// # Errors
    /// See [`Routes::plan`].
    pub fn plans(&self, tables: &[Arc<TableSchema>]) -> Result<Vec<TablePlan>> {
        tables.iter().map(|table| self.plan(table)).collect()
    }
}
