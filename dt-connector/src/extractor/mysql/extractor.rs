//! The MySQL extractor: how a task gets to know its source before it reads.

mod catch_up;
mod run;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use async_trait::async_trait;
use dt_common::batch::{Checkpoint, Definition};
use dt_common::config::{ExtractType, MySqlExtractorConfig};
use dt_common::error::{Error, Result};
use dt_common::filter::Filter;
use dt_common::queue::ItemSender;
use dt_common::schema::{TableName, TableSchema};
use mysql_async::Conn;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::beside::{Beside, Found};
use super::checks::{self, Looking, Needs};
use super::connection::{Connector, answers, close, is_encrypted};
use super::ddl::{Catalog, Charsets};
use super::definition::{FollowedTable, TableDefinition};
use super::estimates::estimated_rows;
use super::observer::MySqlObserver;
use super::schema::{SourceTables, read_tables, reads_as, same_key};
use super::server::Server;
use crate::extractor::{ExtractPlan, Extracted, Extractor, SourceObserver};
use run::Run;

/// MySQL or MariaDB as a source of all kinds of task.
pub struct MySqlExtractor {
    config: MySqlExtractorConfig,
    extract_type: ExtractType,
    filter: Arc<Filter>,
    connector: Connector,
    opened: Option<(Conn, Server)>,
    prepared: Option<Prepared>,
}

/// What [`Extractor::prepare`] and [`Extractor::tables`] found out.
#[derive(Clone)]
struct Prepared {
    server: Server,
    tables: Vec<FollowedTable>,
    /// What they are made of, and what else is known.
    definitions: Vec<TableDefinition>,
    charsets: Charsets,
    /// Definitions that are not stored yet.
    untold: Vec<Definition>,
    /// What is copied beside the stream.
    beside: Beside,
    /// Tables that cannot be copied on, because they were altered.
    altered: HashSet<TableName>,
    /// Rows of the tables to copy, as the statistics have them.
    estimates: Arc<HashMap<TableName, u64>>,
}

impl MySqlExtractor {
    /// An extractor that has not connected yet.
    ///
    /// # Errors
    /// A URL that the driver does not understand.
    pub fn new(config: MySqlExtractorConfig, extract_type: ExtractType, filter: Arc<Filter>) -> Result<Self> {
        let connector = Connector::new(&config.url, &config.tls)?;
        Ok(Self { config, extract_type, filter, connector, opened: None, prepared: None })
    }
}

#[async_trait]
impl Extractor for MySqlExtractor {
    async fn prepare(&mut self) -> Result<()> {
        let mut conn = self.connector.connect_first().await?;
        let doing = "asking the source who it is";
        let server = answers(self.config.read_timeout, doing, Server::inspect(&mut conn)).await?;
        let (major, minor, patch) = server.version;
        info!(
            flavor = %server.flavor,
            version = %format_args!("{major}.{minor}.{patch}"),
            encrypted = is_encrypted(&conn),
            "source connected"
        );
        self.check(&mut conn, &server, &SourceTables::default(), &Checkpoint::default(), Needs::Session)
            .await?;
        self.opened = Some((conn, server));
        Ok(())
    }

    async fn tables(&mut self, stored: &Checkpoint) -> Result<Vec<Arc<TableSchema>>> {
        let (mut conn, server) =
            self.opened.take().ok_or_else(|| Error::internal("tables before prepare"))?;
        let (found, altered) = self.find(&mut conn, &server, stored).await?;
        self.check(&mut conn, &server, &found.source, stored, Needs::Tables).await?;
        let (source, beside, untold) = found.parted()?;
        let schemas: Vec<Arc<TableSchema>> = source.schemas().cloned().collect();
        let mut copied = beside.schemas(&self.filter)?;
        if self.extract_type != ExtractType::Cdc {
            copied.extend(schemas.iter().cloned());
        }
        let estimates = self.estimates(&mut conn, &server, &copied).await;
        close(conn).await;
        let SourceTables { tables, definitions, charsets, .. } = source;
        self.prepared = Some(Prepared {
            server,
            tables,
            definitions,
            charsets,
            untold,
            beside,
            altered,
            estimates: Arc::new(estimates),
        });
        Ok(schemas)
    }

    fn copied_beside(&self) -> Result<Vec<Arc<TableSchema>>> {
        let prepared = self.prepared.as_ref().ok_or_else(|| Error::internal("copies before tables"))?;
        prepared.beside.schemas(&self.filter)
    }

    fn estimated_rows(&self) -> HashMap<TableName, u64> {
        self.prepared.as_ref().map_or_else(HashMap::new, |prepared| (*prepared.estimates).clone())
    }

    fn observer(&self) -> Option<Box<dyn SourceObserver>> {
        let observer = || Box::new(MySqlObserver::new(self.connector.clone())) as Box<dyn SourceObserver>;
        self.may_look().then(observer)
    }

    async fn extract(
        &mut self,
        plan: ExtractPlan,
        out: ItemSender,
        stop: CancellationToken,
    ) -> Result<Extracted> {
        let prepared = self.prepared.clone().ok_or_else(|| Error::internal("extract before prepare"))?;
        let run = Run { extractor: self, prepared, plan, out, stop };
        match self.extract_type {
            ExtractType::Struct => Ok(Extracted::Ended),
            ExtractType::Snapshot => run.snapshot().await,
            ExtractType::Cdc => run.cdc().await.map(|()| Extracted::Ended),
            ExtractType::SnapshotAndCdc => run.snapshot_and_cdc().await,
        }
    }
}

impl MySqlExtractor {
    /// Whether the change stream is looked at from beside: when `max_connections` leaves a connection for it.
    fn may_look(&self) -> bool {
        let least = match self.extract_type {
            ExtractType::Struct | ExtractType::Snapshot => return false,
            ExtractType::Cdc => 2,
            // A reader and a read view go before.
            ExtractType::SnapshotAndCdc => 3,
        };
        self.config.max_connections.is_none_or(|most| most >= least)
    }

    /// What the task follows, and which of it was altered since its copy began.
    async fn find(
        &self,
        conn: &mut Conn,
        server: &Server,
        stored: &Checkpoint,
    ) -> Result<(Found<'_>, HashSet<TableName>)> {
        let (filter, config, kind) = (&*self.filter, &self.config, self.extract_type);
        let known = Catalog::read(&stored.definitions)?;
        // Definitions without a position are those that a copy alone began with, or a task that did not come to its start.
        if stored.position.is_none() || stored.definitions.is_empty() {
            let today = self.read_tables(conn, server, stored).await?;
            let altered = self.altered_since(&today, &known.tables)?;
            return Ok((Found::first(today, filter, config, kind)?.without(&stored.definitions), altered));
        }
        let (mut found, mut altered) = (Found::again(known, filter, config, kind)?, HashSet::new());
        if kind == ExtractType::SnapshotAndCdc || found.asks() {
            let today = self.read_tables(conn, server, stored).await?;
            let is_altered = |known: &&Arc<TableSchema>| {
                !today.schema(&known.name).is_some_and(|today| reads_as(known, &today.columns))
            };
            altered = found.source.schemas().filter(is_altered).map(|known| known.name.clone()).collect();
            found.meet(today)?;
        }
        Ok((found, altered))
    }

    /// The tables as they are today.
    async fn read_tables(
        &self,
        conn: &mut Conn,
        server: &Server,
        stored: &Checkpoint,
    ) -> Result<SourceTables> {
        let known = stored.definitions.iter().map(|definition| &definition.table);
        let known: Vec<&TableName> = known.filter(|_| stored.position.is_some()).collect();
        let read = read_tables(conn, server, &self.filter, &known);
        answers(self.config.read_timeout, "reading the definitions of the tables", read).await
    }

    /// Tables of today that are not what a copy began with.
    fn altered_since(&self, today: &SourceTables, known: &[TableDefinition]) -> Result<HashSet<TableName>> {
        let mut altered = HashSet::new();
        for known in known {
            let Some(today) = today.schema(&known.name) else { continue };
            let known = known.finish(&self.filter)?.schema;
            let is_same = known.columns.len() == today.columns.len() && reads_as(&known, &today.columns);
            if !is_same || !same_key(&known, today) {
                altered.insert(known.name.clone());
            }
        }
        Ok(altered)
    }

    /// Rows by the statistics, for a task that copies. Without them it goes on: they are worth a percentage only.
    async fn estimates(
        &self,
        conn: &mut Conn,
        server: &Server,
        tables: &[Arc<TableSchema>],
    ) -> HashMap<TableName, u64> {
        match self.extract_type {
            ExtractType::Struct => HashMap::new(),
            ExtractType::Cdc if tables.is_empty() => HashMap::new(),
            ExtractType::Cdc | ExtractType::Snapshot | ExtractType::SnapshotAndCdc => {
                let estimated = estimated_rows(conn, server, tables.iter().map(|table| &table.name));
                let doing = "reading the statistics of the tables";
                answers(self.config.read_timeout, doing, estimated).await.unwrap_or_else(|error| {
                    warn!(%error, "the source does not estimate its rows: the copy goes on without percentages");
                    HashMap::new()
                })
            }
        }
    }

    /// Makes the checks of a start that need no more than `needs`.
    async fn check(
        &self,
        conn: &mut Conn,
        server: &Server,
        tables: &SourceTables,
        stored: &Checkpoint,
        needs: Needs,
    ) -> Result<()> {
        let mut at = Looking {
            conn,
            connector: &self.connector,
            server,
            config: &self.config,
            filter: &self.filter,
            kind: self.extract_type,
            tables,
            stored,
        };
        checks::at_start(&mut at, needs).await
    }
}
