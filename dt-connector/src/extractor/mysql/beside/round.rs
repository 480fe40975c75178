//! The copy of some tables: from their first row to the place where they are as far as the task's own stream.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use dt_common::batch::Definition;
use dt_common::config::MySqlExtractorConfig;
use dt_common::error::{Error, Result};
use dt_common::filter::Filter;
use dt_common::item::{ChunkMark, ChunkWrite, CopyStep, Ddl, DtItem, Reach};
use dt_common::monitor::CopyState;
use dt_common::position::{BinlogPosition, Position};
use dt_common::queue::ItemSender;
use dt_common::schema::{CopyStage, SchemaChange, TableName, TableSchema};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::table::{Table, is_same, wanted};
use crate::extractor::ExtractPlan;
use crate::extractor::mysql::binlog::{BinlogStream, Ended, Overlap, Until};
use crate::extractor::mysql::connection::{Connector, close};
use crate::extractor::mysql::ddl::{Catalog, Charsets, of_table};
use crate::extractor::mysql::definition::{Copying, TableDefinition};
use crate::extractor::mysql::handover::{self, ExactView, Handover};
use crate::extractor::mysql::schema::read_tables;
use crate::extractor::mysql::server::Server;
use crate::extractor::mysql::snapshot::{Copied, Settings, TableCopy, View, copy_tables};

/// A pass of the second reader that takes less has come near the stream: the rest is read while the stream stands still.
const NEAR: Duration = Duration::from_secs(2);

/// So many passes are tried, on a source that is written to faster than it is read.
const PASSES: usize = 20;

/// The pause before a copy that has to begin anew.
const PAUSE: Duration = Duration::from_secs(1);

/// What copies beside the stream work with.
pub(crate) struct Rounds<'a> {
    pub(crate) connector: &'a Connector,
    pub(crate) server: &'a Server,
    pub(crate) config: &'a MySqlExtractorConfig,
    pub(crate) filter: &'a Filter,
    pub(crate) charsets: &'a Charsets,
    pub(crate) plan: &'a ExtractPlan,
    /// How tables are copied, without a read view and with one.
    pub(crate) settings: [Settings; 2],
    /// The lane beside the stream.
    pub(crate) out: ItemSender,
    pub(crate) stop: &'a CancellationToken,
}

/// Copies that are near the stream.
pub(crate) struct Ready {
    tables: Vec<Table>,
    later: Vec<TableDefinition>,
    replay: BinlogStream,
    position: Position,
    at: BinlogPosition,
}

/// How a round has ended.
pub(crate) struct Finished {
    /// Tables that are copied: the stream follows them from the place that it has reached.
    pub(crate) copied: Vec<TableDefinition>,
    /// Tables that are still to be copied.
    pub(crate) again: Vec<TableDefinition>,
}

/// Where a round begins.
struct Begun {
    tables: Vec<Table>,
    later: Vec<TableDefinition>,
    from: Position,
    view: Option<ExactView>,
}

impl Ready {
    /// How far the copies are.
    pub(crate) fn at(&self) -> &BinlogPosition {
        &self.at
    }
}

impl Rounds<'_> {
    /// Has it stored that tables are to be copied, before the task passes over the first of their changes. Comes in the stream's lane,
    /// behind the definitions of the others.
    ///
    /// # Errors
    /// A pipeline that has ended.
    pub(crate) async fn want(&self, definitions: &[Definition], stream: &ItemSender) -> Result<()> {
        if definitions.is_empty() {
            return Ok(());
        }
        let ddl = Ddl {
            action: "COPY TABLE".to_owned(),
            text: String::new(),
            at: self.server.position("", 0),
            changes: Vec::new(),
            definitions: definitions.to_vec(),
            mark: None,
        };
        bring_about(stream, ddl, Vec::new()).await
    }

    /// Copies tables until they are near the stream; `None` when it was stopped. Those that do not go together are left for later.
    ///
    /// # Errors
    /// A table that is not on the source; a source that stays away; a pipeline that has ended.
    pub(crate) async fn prepare(&self, mut tables: Vec<TableDefinition>) -> Result<Option<Ready>> {
        loop {
            let begun = tokio::select! {
                () = self.stop.cancelled() => return Ok(None),
                begun = self.begin(tables) => begun?,
            };
            let known: Vec<TableDefinition> = begun.definitions().collect();
            match self.copy_and_replay(begun).await {
                Ok(ready) => return Ok(ready),
                Err(error) if self.was_altered(&known).await => {
                    warn!(%error, "a table was altered while it was copied, its copy begins anew");
                    sleep(PAUSE).await;
                    tables = known.into_iter().map(wanted).collect();
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Brings the copies to where the stream stands, and puts them in the place of their tables; `None` when it was stopped.
    ///
    /// # Errors
    /// As [`Rounds::prepare`].
    pub(crate) async fn finish(&self, ready: Ready, at: &BinlogPosition) -> Result<Option<Finished>> {
        let Ready { tables, later, mut replay, mut position, .. } = ready;
        let until = Until::Position(at.clone());
        if replay.follow(&mut position, until, &self.out, self.stop).await? == Ended::Stopped {
            return Ok(None);
        }
        let is_altered = |table: &Table| replay.altered().contains(&table.definition.name);
        let (altered, whole): (Vec<_>, Vec<_>) = tables.into_iter().partition(is_altered);
        for table in &altered {
            info!(table = %table.definition.name, "the table was altered while it was copied, its copy begins anew");
        }
        let copied = |table: &Table| TableDefinition { copying: None, ..table.definition.clone() };
        let copied: Vec<TableDefinition> = whole.iter().map(copied).collect();
        if !whole.is_empty() {
            let marks = whole
                .iter()
                .map(|table| ChunkMark { reach: Some(Reach::Exactly(at.clone())), ..table.replay_mark() });
            self.step(&whole, &copied, CopyStage::Ends, marks.collect(), at).await?;
        }
        for table in &whole {
            let rows = table.rows.load(Ordering::Relaxed);
            info!(table = %table.definition.name, rows, "the copy has taken the table's place");
        }
        let again = altered.into_iter().map(|table| wanted(table.definition)).chain(later).collect();
        Ok(Some(Finished { copied, again }))
    }

    /// Goes on with copies that were begun, or begins all.
    async fn begin(&self, tables: Vec<TableDefinition>) -> Result<Begun> {
        let today = self.today(&tables).await?;
        let mut begun = self.resumed(&tables, &today)?;
        if begun.tables.is_empty() {
            return self.begun_anew(today).await;
        }
        let names: Vec<&TableName> = begun.tables.iter().map(|table| &table.definition.name).collect();
        begun.later = tables.into_iter().filter(|table| !names.contains(&&table.name)).collect();
        for name in names {
            info!(table = %name, "the copy beside the stream goes on");
        }
        self.announce(&begun.tables);
        let at = begun.from.binlog.clone().unwrap_or_else(|| self.server.position("", 0));
        self.step(&begun.tables, &[], CopyStage::GoesOn, Vec::new(), &at).await?;
        Ok(begun)
    }

    /// Those that can go on together: from the same place, and with the definition that they have today.
    fn resumed(&self, tables: &[TableDefinition], today: &[TableDefinition]) -> Result<Begun> {
        let mut begun =
            Begun { tables: Vec::new(), later: Vec::new(), from: Position::default(), view: None };
        for table in tables {
            let Some(Copying::Begun { from }) = &table.copying else { continue };
            let mark = self.plan.checkpoint.marks.iter().find(|mark| mark.table == table.name);
            let is_read = mark.is_some_and(|mark| mark.done);
            let same = |today: &&TableDefinition| is_same(today, table);
            if !today.iter().any(|today| same(&today)) || !(is_read || table.key().is_some()) {
                continue;
            }
            let applied = mark.filter(|mark| mark.done).and_then(|mark| mark.reach.as_ref()?.exact());
            let from = match applied {
                Some(at) => Position { binlog: Some(at.clone()), gtid: None },
                None => from.parse()?,
            };
            if begun.tables.is_empty() || begun.from == from {
                begun.from = from;
                begun.tables.push(Table::new(table.clone(), mark.cloned(), self.filter)?);
            }
        }
        Ok(begun)
    }

    /// Fixes where the copies begin, and makes their shadows.
    async fn begun_anew(&self, mut tables: Vec<TableDefinition>) -> Result<Begun> {
        loop {
            let schemas = tables
                .iter()
                .map(|table| Ok(table.finish(self.filter)?.schema))
                .collect::<Result<Vec<Arc<TableSchema>>>>()?;
            let opened =
                handover::open(self.connector, self.server, schemas.iter().map(AsRef::as_ref)).await?;
            let Handover { position: from, view } = opened;
            // What is altered from here on, the second reader sees.
            let today = self.today(&tables).await?;
            if !today.iter().zip(&tables).all(|(today, table)| is_same(today, table)) {
                tables = today;
                continue;
            }
            let copying = Copying::Begun { from: from.to_string() };
            let tables = today
                .into_iter()
                .map(|table| {
                    let table = TableDefinition { copying: Some(copying.clone()), ..table };
                    Table::new(table, None, self.filter)
                })
                .collect::<Result<Vec<Table>>>()?;
            let definitions: Vec<TableDefinition> =
                tables.iter().map(|table| table.definition.clone()).collect();
            let marks = tables.iter().map(Table::first_mark).collect();
            let at = from.binlog.clone().unwrap_or_else(|| self.server.position("", 0));
            self.announce(&tables);
            self.step(&tables, &definitions, CopyStage::Begins, marks, &at).await?;
            for table in &tables {
                info!(table = %table.definition.name, keyed = table.schema.is_keyed(), "copying the table beside the stream");
            }
            return Ok(Begun { tables, later: Vec::new(), from, view });
        }
    }

    async fn copy_and_replay(&self, begun: Begun) -> Result<Option<Ready>> {
        let Begun { tables, later, from, view } = begun;
        let mut overlap = Overlap::default();
        let (mut keyed, mut keyless) = (Vec::new(), Vec::new());
        for table in &tables {
            let name = &table.definition.name;
            let condition = self.filter.conditions().of(name);
            let Some(copy) =
                TableCopy::plan(&table.schema, condition, ChunkWrite::Append, table.mark.as_ref())?
            else {
                continue;
            };
            let mut copy = copy.counted(Arc::clone(&table.rows));
            match &view {
                Some(view) if !table.schema.is_keyed() => {
                    copy.set_view(view.at.clone());
                    overlap.left_out.insert(name.clone(), view.at.clone());
                    keyless.push(copy);
                }
                Some(_) | None => keyed.push(copy),
            }
        }
        let view = match view {
            Some(view) if keyless.is_empty() => {
                close(view.conn).await;
                None
            }
            view => view.map(|view| View { conn: view.conn, tables: keyless }),
        };
        let settings = &self.settings[usize::from(view.is_some())];
        match copy_tables(settings, keyed, view, &self.out, self.stop).await? {
            Copied::All => {}
            Copied::Stopped => return Ok(None),
            Copied::Altered(table) => {
                return Err(Error::schema(format!(
                    "table {table} was altered while it was copied beside the stream"
                )));
            }
        }
        self.replay(tables, later, from, overlap).await
    }

    /// Applies what has happened to the tables since, until little of it is left.
    async fn replay(
        &self,
        tables: Vec<Table>,
        later: Vec<TableDefinition>,
        mut position: Position,
        overlap: Overlap,
    ) -> Result<Option<Ready>> {
        let definitions: Vec<TableDefinition> = tables.iter().map(|table| table.definition.clone()).collect();
        let filter = Arc::new(self.filter.narrowed(definitions.iter().map(|table| &table.name)));
        let policies = self.config.schema.clone();
        let catalog = Catalog::new(definitions, self.charsets.clone(), filter, policies, self.server);
        let (connector, server) = (self.connector.clone(), self.server.clone());
        let marks = tables.iter().map(Table::replay_mark).collect();
        let mut replay =
            BinlogStream::new(connector, server, self.config, catalog, overlap, self.plan).replaying(marks);
        for pass in 1.. {
            let mut conn = self.connector.connect().await?;
            let end = self.server.binlog_end(&mut conn).await?;
            close(conn).await;
            info!(pass, tables = tables.len(), file = %end.file, offset = end.offset, "applying what has changed to the copy");
            let started = Instant::now();
            let until = Until::Position(end);
            match replay.follow(&mut position, until, &self.out, self.stop).await? {
                Ended::Stopped => break,
                Ended::Reached(at) if started.elapsed() < NEAR || pass == PASSES => {
                    return Ok(Some(Ready { tables, later, replay, position, at }));
                }
                Ended::Reached(_) => {}
            }
        }
        Ok(None)
    }

    /// Has a step of the copies brought about.
    async fn step(
        &self,
        tables: &[Table],
        definitions: &[TableDefinition],
        stage: CopyStage,
        marks: Vec<ChunkMark>,
        at: &BinlogPosition,
    ) -> Result<()> {
        let changes =
            tables.iter().map(|table| SchemaChange::Copy { table: Arc::clone(&table.schema), stage });
        let names: Vec<String> = tables.iter().map(|table| table.definition.name.to_string()).collect();
        let text = match stage {
            CopyStage::Begins => format!("a copy of {} begins beside the stream", names.join(", ")),
            CopyStage::GoesOn => String::new(),
            CopyStage::Ends => format!("the copy of {} takes its place", names.join(", ")),
        };
        let ddl = Ddl {
            action: "COPY TABLE".to_owned(),
            text,
            at: at.clone(),
            changes: changes.collect(),
            definitions: definitions.iter().map(of_table).collect::<Result<_>>()?,
            mark: None,
        };
        bring_about(&self.out, ddl, marks).await
    }

    /// The same tables as the source has them now.
    async fn today(&self, tables: &[TableDefinition]) -> Result<Vec<TableDefinition>> {
        let filter = self.filter.narrowed(tables.iter().map(|table| &table.name));
        let mut conn = self.connector.connect().await?;
        let known: Vec<&TableName> = tables.iter().map(|table| &table.name).collect();
        let mut found = read_tables(&mut conn, self.server, &filter, &known).await?;
        close(conn).await;
        let taken = tables.iter().map(|table| {
            found.take(&table.name).ok_or_else(|| {
                let why = found.refused.iter().find(|refused| refused.name == table.name);
                let why = why.map_or("it is not on the source", |refused| &refused.why);
                Error::schema(format!(
                    "table {} is to be copied beside the stream, but {why}; bring it back, or leave it out by [filter] ignore_tbs",
                    table.name
                ))
            })
        });
        taken.collect()
    }

    /// Whether tables are known to be others by now. Where that cannot be seen, whatever has failed is to be told.
    async fn was_altered(&self, known: &[TableDefinition]) -> bool {
        let same = |today: Vec<TableDefinition>| today.iter().zip(known).all(|(a, b)| is_same(a, b));
        self.today(known).await.is_ok_and(|today| !same(today))
    }

    fn announce(&self, tables: &[Table]) {
        self.plan.monitor.copies_planned(tables.iter().map(|table| {
            let name = table.definition.name.clone();
            let estimated = self.settings[0].estimates.get(&name).copied().unwrap_or(0);
            let rows = table.rows.load(Ordering::Relaxed);
            (name, CopyState { estimated, rows, done: false })
        }));
    }
}

impl Begun {
    fn definitions(&self) -> impl Iterator<Item = TableDefinition> {
        self.tables.iter().map(|table| &table.definition).chain(&self.later).cloned()
    }
}

async fn bring_about(out: &ItemSender, ddl: Ddl, marks: Vec<ChunkMark>) -> Result<()> {
    let (done, brought_about) = oneshot::channel();
    out.send(DtItem::CopyStep(Box::new(CopyStep { ddl, marks, done }))).await?;
    brought_about.await.map_err(|_| Error::internal("the pipeline has ended before a copy was stored"))
}
