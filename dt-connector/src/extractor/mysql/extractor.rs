//! The MySQL extractor: what each kind of task does with the rooms around it.

use std::collections::HashMap;
use std::num::NonZeroU64;
use std::sync::Arc;

use async_trait::async_trait;
use dt_common::batch::{Checkpoint, Definition};
use dt_common::config::{ExtractType, MySqlExtractorConfig, StopAt};
use dt_common::error::{Error, Result};
use dt_common::filter::Filter;
use dt_common::item::{ChunkMark, DtItem};
use dt_common::position::{BinlogPosition, Position};
use dt_common::queue::ItemSender;
use dt_common::schema::{TableName, TableSchema};
use mysql_async::Conn;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::binlog::BinlogStream;
use super::checks::{self, Looking, Needs};
use super::connection::{Connector, close, is_encrypted};
use super::ddl::{Catalog, Charsets};
use super::definition::{FollowedTable, TableDefinition};
use super::estimates::estimated_rows;
use super::handover;
use super::observer::MySqlObserver;
use super::schema::{SourceTables, read_tables, stored_tables};
use super::server::Server;
use super::snapshot::{Copied, Settings, TableCopy, View, copy_tables};
use super::start;
use crate::extractor::{ExtractPlan, Extractor, SourceObserver};

/// Bytes that close a chunk before its rows do, so that wide rows do not make huge ones.
const CHUNK_BYTES: usize = 16 << 20;

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
        let server = Server::inspect(&mut conn).await?;
        let (major, minor, patch) = server.version;
        info!(
            flavor = %server.flavor,
            version = %format_args!("{major}.{minor}.{patch}"),
            encrypted = is_encrypted(&conn),
            "source connected"
        );
        self.check(&mut conn, &server, &SourceTables::default(), Needs::Session).await?;
        self.opened = Some((conn, server));
        Ok(())
    }

    async fn tables(&mut self, stored: &Checkpoint) -> Result<Vec<Arc<TableSchema>>> {
        let (mut conn, server) =
            self.opened.take().ok_or_else(|| Error::internal("tables before prepare"))?;
        let (source, untold) = if stored.definitions.is_empty() {
            let today = read_tables(&mut conn, &server, &self.filter).await?;
            let untold = Catalog::stored(&today.definitions, &today.charsets)?;
            (today, untold)
        } else {
            let (definitions, charsets) = Catalog::read(&stored.definitions)?;
            let mut source = stored_tables(definitions, charsets, &self.filter, &self.config.schema)?;
            let mut added = Vec::new();
            if self.extract_type == ExtractType::SnapshotAndCdc {
                let today = read_tables(&mut conn, &server, &self.filter).await?;
                added = source.add_older(today, stored.source_time);
            }
            let untold = Catalog::stored(&added, &Charsets::default())?;
            (source, untold)
        };
        self.check(&mut conn, &server, &source, Needs::Tables).await?;
        let schemas: Vec<Arc<TableSchema>> = source.schemas().cloned().collect();
        let estimates = self.estimates(&mut conn, &server, &schemas).await;
        close(conn).await;
        let SourceTables { tables, definitions, charsets, .. } = source;
        self.prepared =
            Some(Prepared { server, tables, definitions, charsets, untold, estimates: Arc::new(estimates) });
        Ok(schemas)
    }

    fn estimated_rows(&self) -> HashMap<TableName, u64> {
        self.prepared.as_ref().map_or_else(HashMap::new, |prepared| (*prepared.estimates).clone())
    }

    fn observer(&self) -> Option<Box<dyn SourceObserver>> {
        let observer = || Box::new(MySqlObserver::new(self.connector.clone())) as Box<dyn SourceObserver>;
        self.may_look().then(observer)
    }

    async fn extract(&mut self, plan: ExtractPlan, out: ItemSender, stop: CancellationToken) -> Result<()> {
        let prepared = self.prepared.clone().ok_or_else(|| Error::internal("extract before prepare"))?;
        let run = Run { extractor: self, prepared, plan, out, stop };
        match self.extract_type {
            ExtractType::Struct => Ok(()),
            ExtractType::Snapshot => run.snapshot().await,
            ExtractType::Cdc => run.cdc().await,
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

    /// Rows by the statistics, for a task that copies. Without them it goes on: they are worth a percentage only.
    async fn estimates(
        &self,
        conn: &mut Conn,
        server: &Server,
        tables: &[Arc<TableSchema>],
    ) -> HashMap<TableName, u64> {
        match self.extract_type {
            ExtractType::Struct | ExtractType::Cdc => HashMap::new(),
            ExtractType::Snapshot | ExtractType::SnapshotAndCdc => {
                let names = tables.iter().map(|table| &table.name);
                estimated_rows(conn, server, names).await.unwrap_or_else(|error| {
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
        needs: Needs,
    ) -> Result<()> {
        let nothing = Checkpoint::default();
        let mut at = Looking {
            conn,
            connector: &self.connector,
            server,
            config: &self.config,
            filter: &self.filter,
            kind: self.extract_type,
            tables,
            stored: &nothing,
        };
        checks::at_start(&mut at, needs).await
    }
}

/// One extraction.
struct Run<'a> {
    extractor: &'a MySqlExtractor,
    prepared: Prepared,
    plan: ExtractPlan,
    out: ItemSender,
    stop: CancellationToken,
}

impl Run<'_> {
    async fn snapshot(&self) -> Result<()> {
        match copy_tables(&self.settings(true, 0), self.unfinished()?, None, &self.out, &self.stop).await? {
            Copied::All => self.out.send(DtItem::CopyFinished).await,
            Copied::Stopped => Ok(()),
        }
    }

    async fn cdc(&self) -> Result<()> {
        self.tell_definitions().await?;
        let opened = self.until_stopped(async {
            let mut conn = self.extractor.connector.connect().await?;
            let server = &self.prepared.server;
            let until = self.end(&mut conn).await?;
            let start = match self.plan.checkpoint.position.clone() {
                Some(stored) => checks::resume_position(&mut conn, server, stored).await?,
                None => {
                    let start = self.configured_start(&mut conn).await?;
                    self.begin_at(&start).await?;
                    start
                }
            };
            close(conn).await;
            Ok((start, until))
        });
        match opened.await? {
            Some((start, until)) => self.follow(start, until, self.finished_views()).await,
            None => Ok(()),
        }
    }

    async fn snapshot_and_cdc(&self) -> Result<()> {
        self.tell_definitions().await?;
        let Some((start, copies, view)) = self.until_stopped(self.hand_over()).await? else { return Ok(()) };
        let mut skip = self.finished_views();
        let view = view.map(|(view, tables)| {
            skip.extend(tables.iter().map(|copy| (copy.table().name.clone(), view.at.clone())));
            View { conn: view.conn, tables }
        });
        let settings = self.settings(false, usize::from(view.is_some()));
        if copy_tables(&settings, copies, view, &self.out, &self.stop).await? == Copied::Stopped {
            return Ok(());
        }
        let end = self.until_stopped(async {
            let mut conn = self.extractor.connector.connect().await?;
            let end = self.end(&mut conn).await?;
            close(conn).await;
            Ok(end)
        });
        match end.await? {
            Some(until) => self.follow(start, until, skip).await,
            None => Ok(()),
        }
    }

    /// Fixes where the stream begins and, when keyless tables are left to copy, the view that they are read in.
    async fn hand_over(
        &self,
    ) -> Result<(Position, Vec<TableCopy>, Option<(handover::ExactView, Vec<TableCopy>)>)> {
        let server = &self.prepared.server;
        let stored = match self.plan.checkpoint.position.clone() {
            Some(stored) => {
                let mut conn = self.extractor.connector.connect().await?;
                let stored = checks::resume_position(&mut conn, server, stored).await?;
                close(conn).await;
                Some(stored)
            }
            None => None,
        };
        let (mut keyless, keyed): (Vec<_>, Vec<_>) =
            self.unfinished()?.into_iter().partition(|copy| !copy.table().is_keyed());
        if let (Some(start), true) = (&stored, keyless.is_empty()) {
            return Ok((start.clone(), keyed, None));
        }
        let copies = keyless.iter().chain(&keyed).map(TableCopy::table);
        let opened = handover::open(&self.extractor.connector, server, copies).await?;
        let start = match stored {
            // What is stored may still name a file of another server; the view's place has to be told apart from it.
            Some(start) => {
                if start.binlog.is_none() {
                    self.begin_at(&start).await?;
                }
                start
            }
            None => {
                self.begin_at(&opened.position).await?;
                opened.position
            }
        };
        let view = match opened.view {
            Some(view) if keyless.is_empty() => {
                close(view.conn).await;
                None
            }
            Some(view) => {
                keyless.iter_mut().for_each(|copy| copy.set_view(view.at.clone()));
                Some((view, keyless))
            }
            None => None,
        };
        Ok((start, keyed, view))
    }

    /// Sends what a restart has to decode with, as far as it is not stored.
    async fn tell_definitions(&self) -> Result<()> {
        match self.prepared.untold.is_empty() {
            true => Ok(()),
            false => self.out.send(DtItem::Definitions(self.prepared.untold.clone())).await,
        }
    }

    /// Waits until the target has stored where the stream begins: from then on a restart begins there too. Cancel-safe.
    async fn begin_at(&self, position: &Position) -> Result<()> {
        let (stored, done) = oneshot::channel();
        self.out.send(DtItem::Start { position: position.clone(), stored }).await?;
        done.await.map_err(|_| Error::internal("the pipeline has ended before the start position was stored"))
    }

    async fn follow(
        &self,
        from: Position,
        until: Option<BinlogPosition>,
        skip: HashMap<TableName, BinlogPosition>,
    ) -> Result<()> {
        let config = &self.extractor.config;
        let catalog = Catalog::new(
            self.prepared.definitions.clone(),
            self.prepared.charsets.clone(),
            Arc::clone(&self.extractor.filter),
            config.schema.clone(),
            &self.prepared.server,
        );
        let mut stream = BinlogStream::new(
            self.extractor.connector.clone(),
            self.prepared.server.clone(),
            config,
            catalog,
            skip,
            &self.plan,
        );
        stream.follow(from, until, &self.out, &self.stop).await
    }

    /// Runs `work` unless the task is stopped first.
    async fn until_stopped<T>(&self, work: impl Future<Output = Result<T>>) -> Result<Option<T>> {
        tokio::select! {
            () = self.stop.cancelled() => Ok(None),
            result = work => result.map(Some),
        }
    }

    /// The source's present end when the stream ends there.
    async fn end(&self, conn: &mut Conn) -> Result<Option<BinlogPosition>> {
        match self.extractor.config.stop_at {
            StopAt::Never => Ok(None),
            StopAt::CaughtUp => self.prepared.server.binlog_end(conn).await.map(Some),
        }
    }

    async fn configured_start(&self, conn: &mut Conn) -> Result<Position> {
        let (server, extractor) = (&self.prepared.server, self.extractor);
        match start::configured(&extractor.connector, server, &extractor.config).await? {
            Some((_, position)) => checks::resume_position(conn, server, position).await,
            None => start::now(conn, server).await,
        }
    }

    /// How tables are copied while `beside` other connections are open. No chunk holds more than a second's worth of the limits.
    fn settings(&self, table_views: bool, beside: usize) -> Settings {
        let config = &self.extractor.config;
        let beside = beside + usize::from(self.extractor.may_look());
        let most = |limit: Option<NonZeroU64>| limit.map_or(usize::MAX, |limit| limit.get() as usize);
        let room = config.max_connections.map_or(usize::MAX, |most| most - beside);
        let readers = room.min(config.parallel_size);
        Settings {
            connector: self.extractor.connector.clone(),
            flavor: self.prepared.server.flavor,
            readers,
            may_lock: room > readers,
            estimates: Arc::clone(&self.prepared.estimates),
            patience: config.read_timeout,
            chunk_rows: config.chunk_rows.min(most(config.rates.rows)),
            chunk_bytes: CHUNK_BYTES.min(most(config.rates.bytes)),
            table_views,
            monitor: Arc::clone(&self.plan.monitor),
        }
    }

    /// What is left to copy, in the order of the tables.
    fn unfinished(&self) -> Result<Vec<TableCopy>> {
        let planned = self.prepared.tables.iter().filter_map(|table| {
            let name = &table.schema.name;
            let first = *self.plan.copies.get(name)?;
            let condition = self.extractor.filter.conditions().of(name);
            TableCopy::plan(&table.schema, condition, first, self.mark(name)).transpose()
        });
        planned.collect()
    }

    fn mark(&self, name: &TableName) -> Option<&ChunkMark> {
        self.plan.checkpoint.marks.iter().find(|mark| mark.table == *name)
    }

    fn finished_views(&self) -> HashMap<TableName, BinlogPosition> {
        let checkpoint = &self.plan.checkpoint;
        views_ahead(&checkpoint.marks, checkpoint.position.as_ref())
    }
}

/// Up to where the changes of keyless tables are in their copies already, as far as the task has not passed that place. It has
/// when its file and offset lie behind it, or are another server's: the stream goes over to another server only when
/// no view lies ahead ([`super::binlog`]), and a view is taken on another server only when the stored position names no file.
fn views_ahead(marks: &[ChunkMark], stored: Option<&Position>) -> HashMap<TableName, BinlogPosition> {
    let stands = stored.and_then(|position| position.binlog.as_ref());
    let is_passed = |view: &BinlogPosition| {
        stands.is_some_and(|stands| stands.server != view.server || stands.has_reached(view))
    };
    let done = marks.iter().filter(|mark| mark.done);
    done.filter_map(|mark| Some((mark.table.clone(), mark.view.clone()?)))
        .filter(|(_, view)| !is_passed(view))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn views_lie_ahead_until_the_task_has_passed_them() {
        let at =
            |server: &str, offset| BinlogPosition { server: server.into(), file: "b.000007".into(), offset };
        let mark = |done| ChunkMark {
            table: TableName::new("d", "t"),
            chunk: 0,
            rows: 1,
            last_key: None,
            done,
            view: Some(at("a", 100)),
        };
        let ahead = |stored: Option<BinlogPosition>| {
            !views_ahead(&[mark(true)], Some(&Position { binlog: stored, gtid: None })).is_empty()
        };
        // A start by GTID alone says nothing about files.
        assert!(ahead(None) && ahead(Some(at("a", 99))));
        assert!(!ahead(Some(at("a", 100))));
        // Behind a failover: only a task that has passed the view gets there.
        assert!(!ahead(Some(at("b", 4))));
        assert!(views_ahead(&[mark(false)], None).is_empty());
    }
}
