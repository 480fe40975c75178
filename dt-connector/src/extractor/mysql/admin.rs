//! What the commands beside `dt run` ask of MySQL and MariaDB. Nothing here writes.

use std::sync::Arc;

use async_trait::async_trait;
use dt_common::batch::Checkpoint;
use dt_common::check::Check;
use dt_common::config::{ExtractType, MySqlExtractorConfig};
use dt_common::error::Result;
use dt_common::filter::Filter;
use mysql_async::Conn;

use super::checks::{self, Looking, Needs, SourceCheck};
use super::connection::{Connector, answers};
use super::estimates::estimated_rows;
use super::schema::{SourceTables, read_tables};
use super::server::Server;
use crate::admin::{FOLLOWED_TABLES, STORED_STATE, SourceAdmin, SourceLook, SourceTable};

/// MySQL or MariaDB, looked at.
pub struct MySqlAdmin {
    config: MySqlExtractorConfig,
    kind: ExtractType,
    connector: Connector,
    filter: Arc<Filter>,
    seen: Option<Seen>,
}

/// What a precheck has seen of the source.
struct Seen {
    conn: Conn,
    server: Server,
    tables: SourceTables,
}

impl MySqlAdmin {
    /// Connects nowhere yet.
    ///
    /// # Errors
    /// A URL that the driver does not understand.
    pub fn new(config: MySqlExtractorConfig, kind: ExtractType, filter: Arc<Filter>) -> Result<Self> {
        let connector = Connector::new(&config.url, &config.tls)?;
        Ok(Self { config, kind, connector, filter, seen: None })
    }

    async fn open(&self) -> Result<(Conn, Server)> {
        let mut conn = self.connector.connect().await?;
        let doing = "asking the source who it is";
        let server = answers(self.config.read_timeout, doing, Server::inspect(&mut conn)).await?;
        Ok((conn, server))
    }

    async fn read_tables(&self, conn: &mut Conn, server: &Server) -> Result<SourceTables> {
        let read = read_tables(conn, server, &self.filter, &[]);
        answers(self.config.read_timeout, "reading the definitions of the tables", read).await
    }

    /// The checks that need the followed tables, and those that are read.
    async fn look(&self, seen: &mut Seen) -> SourceLook {
        let nothing = Checkpoint::default();
        let mut checks = checks::precheck(&mut self.looking(seen, &nothing), Needs::Session).await;
        let tables = match self.read_tables(&mut seen.conn, &seen.server).await {
            Ok(tables) => tables,
            Err(error) => {
                checks.extend(checks::failed(self.kind, Needs::Tables, error));
                return SourceLook { checks, tables: None };
            }
        };
        seen.tables = tables;
        checks.extend(checks::precheck(&mut self.looking(seen, &nothing), Needs::Tables).await);
        SourceLook { checks, tables: Some(seen.tables.schemas().cloned().collect()) }
    }

    fn looking<'a>(&'a self, seen: &'a mut Seen, stored: &'a Checkpoint) -> Looking<'a> {
        Looking {
            conn: &mut seen.conn,
            connector: &self.connector,
            server: &seen.server,
            config: &self.config,
            filter: &self.filter,
            kind: self.kind,
            tables: &seen.tables,
            stored,
        }
    }
}

#[async_trait]
impl SourceAdmin for MySqlAdmin {
    async fn tables(&mut self) -> Result<Vec<SourceTable>> {
        let (mut conn, server) = self.open().await?;
        let schemas = checks::readable(self.read_tables(&mut conn, &server).await?)?;
        let names = schemas.iter().map(|table| &table.name);
        let estimates = estimated_rows(&mut conn, &server, names).await?;
        let tables = schemas.into_iter().map(|schema| {
            let estimated_rows = estimates.get(&schema.name).copied().unwrap_or(0);
            SourceTable { schema, estimated_rows }
        });
        Ok(tables.collect())
    }

    async fn precheck(&mut self) -> SourceLook {
        let (conn, server) = match self.open().await {
            Ok(opened) => opened,
            Err(error) => {
                let mut checks = checks::failed(self.kind, Needs::Session, error);
                checks.extend(checks::unseen(self.kind, Needs::Tables, SourceCheck::Connection.name()));
                return SourceLook { checks, tables: None };
            }
        };
        let mut seen = Seen { conn, server, tables: SourceTables::default() };
        let look = self.look(&mut seen).await;
        self.seen = look.tables.is_some().then_some(seen);
        look
    }

    async fn precheck_stored(&mut self, stored: Option<&Checkpoint>) -> Vec<Check> {
        match (self.seen.take(), stored) {
            (Some(mut seen), Some(stored)) => {
                checks::precheck(&mut self.looking(&mut seen, stored), Needs::Stored).await
            }
            (None, _) => checks::unseen(self.kind, Needs::Stored, FOLLOWED_TABLES),
            (Some(_), None) => checks::unseen(self.kind, Needs::Stored, STORED_STATE),
        }
    }
}
