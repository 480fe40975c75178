//! What the commands beside `dt run` ask of MySQL and MariaDB. Nothing here writes.

use std::sync::Arc;

use super::connection::Connector;
use super::estimates::estimated_rows;
use super::schema::read_tables;
use super::server::Server;
use crate::admin::{SourceAdmin, SourceTable};
use async_trait::async_trait;
use dt_common::config::MySqlExtractorConfig;
use dt_common::error::Result;
use dt_common::filter::Filter;

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
        let estimates =
            estimated_rows(&mut conn, &server, source.tables.iter().map(|table| &table.name)).await?;
        let tables = source.tables.into_iter().map(|schema| {
            let estimated_rows = estimates.get(&schema.name).copied().unwrap_or(0);
            SourceTable { schema, estimated_rows }
        });
        Ok(tables.collect())
    }
}
