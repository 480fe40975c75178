//! How many rows a table has, as far as the server's statistics know.

use std::collections::{BTreeSet, HashMap};

use dt_common::error::Result;
use dt_common::schema::TableName;
use mysql_async::Conn;
use mysql_async::prelude::Queryable;

use super::connection::source_error;
use super::literal::quote;
use super::server::{Flavor, Server};

/// Rows of all tables in the databases of `tables`, as the statistics have them. MySQL 8 shows statistics that may be a day old
/// unless told otherwise.
///
/// # Errors
/// See [`source_error`].
pub(super) async fn estimated_rows<'a>(
    conn: &mut Conn,
    server: &Server,
    tables: impl Iterator<Item = &'a TableName>,
) -> Result<HashMap<TableName, u64>> {
    let doing = |e| source_error("reading the statistics of the tables", e);
    let databases: BTreeSet<String> = tables.map(|table| quote(&table.db)).collect();
    if databases.is_empty() {
        return Ok(HashMap::new());
    }
    if server.flavor == Flavor::MySql && server.version >= (8, 0, 0) {
        conn.query_drop("SET SESSION information_schema_stats_expiry = 0").await.map_err(doing)?;
    }
    let query = format!(
        "SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_ROWS FROM information_schema.TABLES WHERE TABLE_SCHEMA IN ({})",
        databases.into_iter().collect::<Vec<_>>().join(", ")
    );
    let rows: Vec<(String, String, Option<u64>)> = conn.query(query).await.map_err(doing)?;
    Ok(rows.into_iter().map(|(db, table, rows)| (TableName { db, table }, rows.unwrap_or(0))).collect())
}
