//! One extraction: what each kind of task does with the rooms around it.

use std::collections::HashMap;
use std::num::NonZeroU64;
use std::sync::Arc;

use dt_common::batch::Definition;
use dt_common::config::StopAt;
use dt_common::error::{Error, Result};
use dt_common::item::{ChunkMark, DtItem, Reach};
use dt_common::position::{BinlogPosition, Position};
use dt_common::queue::ItemSender;
use dt_common::schema::TableName;
use mysql_async::Conn;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use tracing::info;

use super::{MySqlExtractor, Prepared};
use crate::extractor::mysql::beside::{self, Rounds};
use crate::extractor::mysql::binlog::{BinlogStream, Overlap, Until};
use crate::extractor::mysql::connection::{answers, close};
use crate::extractor::mysql::ddl::Catalog;
use crate::extractor::mysql::repair::RepairReader;
use crate::extractor::mysql::snapshot::{Copied, Settings, TableCopy, View, copy_tables};
use crate::extractor::mysql::{checks, handover, start};
use crate::extractor::{ExtractPlan, Extracted};

/// Bytes that close a chunk before its rows do, so that wide rows do not make huge ones.
const CHUNK_BYTES: usize = 4 << 20;

/// One extraction.
pub(super) struct Run<'a> {
    pub(super) extractor: &'a MySqlExtractor,
    pub(super) prepared: Prepared,
    pub(super) plan: ExtractPlan,
    pub(super) out: ItemSender,
    pub(super) stop: CancellationToken,
}

impl Run<'_> {
    pub(super) async fn snapshot(&self) -> Result<Extracted> {
        if self.plan.repairs_only {
            let reader = RepairReader::new(self.extractor.connector.clone(), &self.extractor.config);
            self.plan.monitor.source_open();
            let repaired =
                self.until_stopped(reader.serve(&self.plan.repairs, &self.prepared.tables, &self.out));
            return repaired.await.map(|_| Extracted::Ended);
        }
        let mut copies = self.unfinished()?;
        let is_altered = |copy: &&mut TableCopy| self.prepared.altered.contains(&copy.table().name);
        for copy in copies.iter_mut().filter(is_altered).filter(|copy| copy.has_begun()) {
            info!(table = %copy.table().name, "a table was altered while it was copied: its copy begins anew");
            copy.begin_anew(&self.out).await?;
        }
        self.tell_definitions().await?;
        match copy_tables(&self.settings(true, 0), copies, None, &self.out, &self.stop).await? {
            Copied::All => {
                self.forget_definitions().await?;
                self.out.send(DtItem::CopyFinished).await?;
                Ok(Extracted::Ended)
            }
            Copied::Stopped => Ok(Extracted::Ended),
            Copied::Altered(table) => match self.plan.checkpoint.position {
                None => Ok(begin_again(&table)),
                Some(_) => Err(Error::schema(format!(
                    "table {table} is not what it was where the change stream of this task id stands: run its cdc up to the present \
                     first, or give this snapshot a [task] id of its own"
                ))),
            },
        }
    }

    /// What a copy alone has told is of no use behind its end.
    async fn forget_definitions(&self) -> Result<()> {
        let told = self.prepared.untold.iter();
        let gone: Vec<_> = told.map(|told| Definition { table: told.table.clone(), text: None }).collect();
        if gone.is_empty() { Ok(()) } else { self.out.send(DtItem::Definitions(gone)).await }
    }

    pub(super) async fn cdc(&self) -> Result<()> {
        self.tell_definitions().await?;
        let opened = self.until_stopped(async {
            let mut conn = self.extractor.connector.connect().await?;
            let until = self.end(&mut conn).await?;
            let start = match self.plan.checkpoint.position.clone() {
                Some(stored) => self.resume_position(&mut conn, stored).await?,
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
            Some((start, until)) => self.follow(start, until, self.overlap()).await,
            None => Ok(()),
        }
    }

    pub(super) async fn snapshot_and_cdc(&self) -> Result<Extracted> {
        self.tell_definitions().await?;
        if let (Some(stored), true) = (&self.plan.checkpoint.position, self.is_altered()) {
            return self.catch_up(stored.clone()).await;
        }
        let handed_over = self.until_stopped(self.hand_over()).await?;
        let Some((start, copies, view)) = handed_over else { return Ok(Extracted::Ended) };
        let mut overlap = self.overlap();
        let has_read = !copies.is_empty();
        let view = view.map(|(view, tables)| {
            overlap.left_out.extend(tables.iter().map(|copy| (copy.table().name.clone(), view.at.clone())));
            View { conn: view.conn, tables }
        });
        let settings = self.settings(false, usize::from(view.is_some()));
        match copy_tables(&settings, copies, view, &self.out, &self.stop).await? {
            Copied::All => {}
            Copied::Stopped => return Ok(Extracted::Ended),
            Copied::Altered(table) => return Ok(begin_again(&table)),
        }
        let end = self.until_stopped(async {
            let mut conn = self.extractor.connector.connect().await?;
            let until = self.end(&mut conn).await?;
            // Behind whatever the last rows of all tables hold.
            let read_to = if has_read { Some(self.present_end(&mut conn).await?) } else { None };
            close(conn).await;
            Ok((until, read_to))
        });
        if let Some((until, read_to)) = end.await? {
            overlap.repeated = read_to.or(overlap.repeated);
            self.follow(start, until, overlap).await?;
        }
        Ok(Extracted::Ended)
    }

    /// Fixes where the stream begins and, when keyless tables are left to copy, the view that they are read in.
    async fn hand_over(
        &self,
    ) -> Result<(Position, Vec<TableCopy>, Option<(handover::ExactView, Vec<TableCopy>)>)> {
        let server = &self.prepared.server;
        let stored = match self.plan.checkpoint.position.clone() {
            Some(stored) => {
                let mut conn = self.extractor.connector.connect().await?;
                let stored = self.resume_position(&mut conn, stored).await?;
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

    /// Follows the changes, and copies beside the stream what is to be copied there.
    async fn follow(&self, from: Position, until: Option<BinlogPosition>, overlap: Overlap) -> Result<()> {
        let (mut stream, rounds) = (self.stream(overlap), self.rounds());
        let tables = self.prepared.beside.tables.clone();
        if !tables.is_empty() && rounds.settings[1].readers == 0 {
            return Err(Error::config(
                "[extractor] max_connections: a table that is copied beside the stream takes up to four connections",
            ));
        }
        rounds.want(&self.prepared.beside.untold, &self.out).await?;
        beside::follow(&mut stream, from, until, tables, &rounds, &self.out, &self.stop).await
    }

    /// Follows the changes up to `end`, and copies nothing meanwhile; answers the stream where it has ended.
    pub(super) async fn follow_alone(
        &self,
        mut from: Position,
        end: BinlogPosition,
        overlap: Overlap,
    ) -> Result<BinlogStream> {
        let mut stream = self.stream(overlap);
        stream.set_aside(self.prepared.beside.tables.iter().map(|table| &table.name));
        self.rounds().want(&self.prepared.beside.untold, &self.out).await?;
        stream.follow(&mut from, Until::Position(end), &self.out, &self.stop).await?;
        Ok(stream)
    }

    fn stream(&self, overlap: Overlap) -> BinlogStream {
        let config = &self.extractor.config;
        let (connector, server) = (self.extractor.connector.clone(), self.prepared.server.clone());
        let (filter, charsets) = (Arc::clone(&self.extractor.filter), self.prepared.charsets.clone());
        let definitions = self.prepared.definitions.clone();
        let catalog = Catalog::new(definitions, charsets, filter, config.schema.clone(), &server);
        BinlogStream::new(connector, server, config, catalog, overlap, &self.plan)
    }

    fn rounds(&self) -> Rounds<'_> {
        Rounds {
            connector: &self.extractor.connector,
            server: &self.prepared.server,
            config: &self.extractor.config,
            filter: &self.extractor.filter,
            charsets: &self.prepared.charsets,
            plan: &self.plan,
            settings: [self.settings(false, 1), self.settings(false, 2)],
            out: self.out.beside(),
            stop: &self.stop,
        }
    }

    /// Runs `work` unless the task is stopped first.
    pub(super) async fn until_stopped<T>(&self, work: impl Future<Output = Result<T>>) -> Result<Option<T>> {
        tokio::select! {
            () = self.stop.cancelled() => Ok(None),
            result = work => result.map(Some),
        }
    }

    /// The source's present end when the stream ends there.
    async fn end(&self, conn: &mut Conn) -> Result<Option<BinlogPosition>> {
        match self.extractor.config.stop_at {
            StopAt::Never => Ok(None),
            StopAt::CaughtUp => self.present_end(conn).await.map(Some),
        }
    }

    pub(super) async fn present_end(&self, conn: &mut Conn) -> Result<BinlogPosition> {
        let end = self.prepared.server.binlog_end(conn);
        self.answers("asking where the source's binlog ends", end).await
    }

    pub(super) async fn resume_position(&self, conn: &mut Conn, position: Position) -> Result<Position> {
        let resumed = checks::resume_position(conn, &self.prepared.server, position);
        self.answers("asking whether the source still has what the task has not seen", resumed).await
    }

    /// See [`answers`].
    pub(super) async fn answers<T>(
        &self,
        doing: &str,
        questions: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        answers(self.extractor.config.read_timeout, doing, questions).await
    }

    async fn configured_start(&self, conn: &mut Conn) -> Result<Position> {
        let (server, extractor) = (&self.prepared.server, self.extractor);
        match start::configured(&extractor.connector, server, &extractor.config).await? {
            Some((_, position)) => self.resume_position(conn, position).await,
            None => self.answers("asking where the source's binlog ends", start::now(conn, server)).await,
        }
    }

    /// How tables are copied while `beside` other connections are open. No chunk holds more than a second's worth of the limits.
    fn settings(&self, table_views: bool, beside: usize) -> Settings {
        let config = &self.extractor.config;
        let beside = beside + usize::from(self.extractor.may_look());
        let most = |limit: Option<NonZeroU64>| limit.map_or(usize::MAX, |limit| limit.get() as usize);
        let room = config.max_connections.map_or(usize::MAX, |most| most.saturating_sub(beside));
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
            repeating: (!table_views).then(|| self.prepared.server.clone()),
            monitor: Arc::clone(&self.plan.monitor),
        }
    }

    /// What is left to copy, in the order of the tables.
    pub(super) fn unfinished(&self) -> Result<Vec<TableCopy>> {
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

    /// What earlier runs have copied, as far as the stream has not passed it.
    pub(super) fn overlap(&self) -> Overlap {
        let checkpoint = &self.plan.checkpoint;
        let position = checkpoint.position.as_ref();
        let mut left_out = copied_ahead(&checkpoint.marks, position);
        for table in &self.prepared.beside.tables {
            left_out.remove(&table.name);
        }
        Overlap { left_out, repeated: last_end(&checkpoint.marks, position) }
    }
}

/// The task goes back to what is stored.
fn begin_again(table: &TableName) -> Extracted {
    info!(%table, "a table was altered before it was copied to its end: the task begins again");
    Extracted::BeginAgain
}

/// Up to where changes may be in the copies of tables, as far as the task has not passed that place. One on another server may be
/// anywhere.
fn last_end(marks: &[ChunkMark], stored: Option<&Position>) -> Option<BinlogPosition> {
    let stands = stored.and_then(|position| position.binlog.as_ref());
    let is_passed = |end: &BinlogPosition| {
        stands.is_some_and(|stands| stands.server == end.server && stands.has_reached(end))
    };
    let ends = marks.iter().filter_map(|mark| match &mark.reach {
        Some(Reach::AtMost(end)) => Some(end),
        Some(Reach::Exactly(_)) | None => None,
    });
    let ends = ends.filter(|end| !is_passed(end));
    let is_elsewhere = |end: &BinlogPosition| stands.is_some_and(|stands| stands.server != end.server);
    let last =
        ends.reduce(|one, other| match is_elsewhere(one) || !is_elsewhere(other) && one.has_reached(other) {
            true => one,
            false => other,
        });
    last.cloned()
}

/// Up to where the changes of keyless tables are in their copies already, as far as the task has not passed that place. It has
/// when its file and offset lie behind it, or are another server's: the stream goes over to another server only when
/// no view lies ahead ([`crate::extractor::mysql::binlog`]), and a view is taken on another server only when the stored position names no file.
fn copied_ahead(marks: &[ChunkMark], stored: Option<&Position>) -> HashMap<TableName, BinlogPosition> {
    let stands = stored.and_then(|position| position.binlog.as_ref());
    let is_passed = |view: &BinlogPosition| {
        stands.is_some_and(|stands| stands.server != view.server || stands.has_reached(view))
    };
    let done = marks.iter().filter(|mark| mark.done);
    done.filter_map(|mark| Some((mark.table.clone(), mark.reach.as_ref()?.exact()?.clone())))
        .filter(|(_, view)| !is_passed(view))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_copy_has_read_may_come_again_up_to_its_last_end() {
        let at =
            |server: &str, offset| BinlogPosition { server: server.into(), file: "b.000007".into(), offset };
        let mark = |end: Option<BinlogPosition>| ChunkMark {
            reach: end.map(Reach::AtMost),
            ..ChunkMark::complete(TableName::new("d", "t"))
        };
        let marks =
            [mark(Some(at("a", 100))), mark(None), mark(Some(at("a", 200))), mark(Some(at("a", 150)))];
        let last = |stored: BinlogPosition| {
            last_end(&marks, Some(&Position { binlog: Some(stored), gtid: None })).map(|end| end.offset)
        };
        assert_eq!((last(at("a", 99)), last(at("a", 199)), last(at("a", 200))), (Some(200), Some(200), None));
        // Another server's binlog says nothing of this one's.
        assert!(last(at("b", 900)).is_some());
        assert_eq!(last_end(&marks[1..2], None), None);
    }

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
            reach: Some(Reach::Exactly(at("a", 100))),
        };
        let ahead = |stored: Option<BinlogPosition>| {
            !copied_ahead(&[mark(true)], Some(&Position { binlog: stored, gtid: None })).is_empty()
        };
        // A start by GTID alone says nothing about files.
        assert!(ahead(None) && ahead(Some(at("a", 99))));
        assert!(!ahead(Some(at("a", 100))));
        // Behind a failover: only a task that has passed the view gets there.
        assert!(!ahead(Some(at("b", 4))));
        assert!(copied_ahead(&[mark(false)], None).is_empty());
    }
}
