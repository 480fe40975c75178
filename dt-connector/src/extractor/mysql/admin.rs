//! What the commands beside `dt run` ask of MySQL and MariaDB. Nothing here writes.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use async_trait::async_trait;
use dt_common::config::MySqlExtractorConfig;
use dt_common::error::Result;
use dt_common::filter::Filter;
use dt_common::schema::{TableName, TableSchema};
use mysql_async::Conn;
use mysql_async::prelude::Queryable;

use super::connection::{Connector, source_error};
use super::literal::quote;
use super::schema::read_tables;
use super::server::{Flavor, Server};
use crate::admin::{SourceAdmin, SourceTable};

/// MySQL or MariaDB, looked at.
pub struct MySqlAdmin {
    connector: Connector,
    filter: Arc<Filter>,
}

impl MySqlAdmin {
    /// Connects nowhere yet.
    ///
    /// # Errors
    /// A URL that the driver does not understand.
    pub fn new(config: &MySqlExtractorConfig, filter: Arc<Filter>) -> Result<Self> {
        Ok(Self { connector: Connector::new(&config.url)?, filter })
    }
}

#[async_trait]
impl SourceAdmin for MySqlAdmin {
    async fn tables(&mut self) -> Result<Vec<SourceTable>> {
        let mut conn = self.connector.connect().await?;
        let server = Server::inspect(&mut conn).await?;
        let source = read_tables(&mut conn, &server, &self.filter).await?;
        let estimates = estimated_rows(&mut conn, &server, &source.tables).await?;
        let tables = source.tables.into_iter().map(|schema| {
            let estimated_rows = estimates.get(&schema.name).copied().unwrap_or(0);
            SourceTable { schema, estimated_rows }
        });
        Ok(tables.collect())
    }
}

/// Rows as the statistics have them. MySQL 8 shows statistics that may be a day old unless told otherwise.
async fn estimated_rows(
    conn: &mut Conn,
    server: &Server,
    tables: &[Arc<TableSchema>],
) -> Result<HashMap<TableName, u64>> {
    let doing = |e| source_error("reading the statistics of the tables", e);
    let databases: BTreeSet<String> = tables.iter().map(|table| quote(&table.name.db)).collect();
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
