//! The copy of one table: where it stands, and the reading of its next rows.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use dt_common::error::{Error, Result};
use dt_common::item::{ChunkMark, ChunkWrite, DtItem, Reach, SnapshotChunk};
use dt_common::position::BinlogPosition;
use dt_common::queue::ItemSender;
use dt_common::schema::{KeyKind, TableSchema};
use dt_common::value::ColValue;
use mysql_async::Conn;
use mysql_async::prelude::Queryable;

use super::chunk::{Chunk, ChunkRows};
use super::copy::Settings;
use super::page::{KeyLiterals, PageSql};
use super::reader::{hold, release};
use crate::extractor::mysql::connection::{answer, answers};
use crate::extractor::mysql::value::cell;

/// The copy of one table that is not done yet.
#[derive(Debug)]
pub(crate) struct TableCopy {
    table: Arc<TableSchema>,
    /// Which rows are copied, in brackets; `None` copies all.
    condition: Option<String>,
    write: ChunkWrite,
    chunk: u64,
    rows: u64,
    /// Key of the last row that was sent.
    last_key: Option<KeyLiterals>,
    /// The greatest key that is read, when that is not for a read view to say.
    cap: Option<KeyLiterals>,
    /// See [`ChunkMark::reach`].
    reach: Option<Reach>,
    /// Who else wants to know of `rows`.
    counter: Option<Arc<AtomicU64>>,
    done: bool,
}

impl TableCopy {
    /// What is left to copy of a table, or `None` when its mark says that it is done.
    ///
    /// # Errors
    /// A mark that does not fit the table's key.
    pub(crate) fn plan(
        table: &Arc<TableSchema>,
        condition: Option<String>,
        first: ChunkWrite,
        mark: Option<&ChunkMark>,
    ) -> Result<Option<Self>> {
        let fresh = Self {
            table: Arc::clone(table),
            condition,
            write: first,
            chunk: 0,
            rows: 0,
            last_key: None,
            cap: None,
            reach: None,
            counter: None,
            done: false,
        };
        let Some(mark) = mark else { return Ok(Some(fresh)) };
        if mark.done {
            return Ok(None);
        }
        Ok(Some(match &mark.last_key {
            // Rows of the unfinished copy are there and have no place to continue behind.
            // The numbers of its chunks go on, so that the latest mark stays the highest.
            None => Self { write: ChunkWrite::ClearThenAppend, chunk: mark.chunk + 1, ..fresh },
            Some(key) if key.len() != table.key_columns().len() => {
                return Err(Error::schema(format!(
                    "table {}: its key changed while it was copied; copy it anew with a new task id",
                    table.name
                )));
            }
            Some(key) => Self {
                write: ChunkWrite::Upsert,
                chunk: mark.chunk + 1,
                rows: mark.rows,
                last_key: Some(key.clone()),
                ..fresh
            },
        }))
    }

    /// The table.
    pub(crate) fn table(&self) -> &TableSchema {
        &self.table
    }

    /// Rows sent so far, those before a restart included.
    pub(super) fn copied_rows(&self) -> u64 {
        self.rows
    }

    /// Tells somebody else how many rows are sent.
    pub(crate) fn counted(self, counter: Arc<AtomicU64>) -> Self {
        Self { counter: Some(counter), ..self }
    }

    /// Says which exact view the rows of a keyless table come from.
    pub(crate) fn set_view(&mut self, view: BinlogPosition) {
        self.reach = Some(Reach::Exactly(view));
    }

    /// Prepares for another try after a lost connection: a keyed table continues, a keyless one begins anew.
    pub(super) fn restart(&mut self) {
        if !self.table.is_keyed() && self.chunk > 0 {
            (self.rows, self.write) = (0, ChunkWrite::ClearThenAppend);
        }
    }

    /// What reading the table takes.
    pub(super) fn sql(&self) -> PageSql {
        PageSql::new(&self.table, self.condition.as_deref())
    }

    /// The schema, to share.
    pub(super) fn schema(&self) -> &Arc<TableSchema> {
        &self.table
    }

    /// Key of the last row that was sent.
    pub(super) fn last_key(&self) -> Option<&KeyLiterals> {
        self.last_key.as_ref()
    }

    /// The greatest key that is read; `None` leaves it to the read view.
    pub(super) fn cap(&self) -> Option<&KeyLiterals> {
        self.cap.as_ref()
    }

    /// Fixes the greatest key that is read, so that a table that grows faster than it is read comes to an end. What comes behind it
    /// is the change stream's. A read view ends by itself.
    ///
    /// # Errors
    /// See [`crate::extractor::mysql::connection::source_error`].
    pub(super) async fn fix_cap(
        &mut self,
        conn: &mut Conn,
        sql: &PageSql,
        settings: &Settings,
    ) -> Result<()> {
        if self.cap.is_none() && !settings.table_views {
            self.cap = key_of(conn, &self.table, sql, &sql.greatest_key(), settings).await?;
        }
        Ok(())
    }

    /// Notes where the binlog ends when the last row of a keyed table has been read: what the stream tells up to there may be in the rows.
    ///
    /// # Errors
    /// See [`crate::extractor::mysql::connection::source_error`].
    pub(super) async fn fix_end(&mut self, conn: &mut Conn, settings: &Settings) -> Result<()> {
        if let Some(server) = settings.repeating.as_ref().filter(|_| self.table.is_keyed()) {
            let doing = format!("asking where the binlog ends behind table {}", self.table.name);
            let end = answers(settings.patience, &doing, server.binlog_end(conn)).await?;
            self.reach = Some(Reach::AtMost(end));
        }
        Ok(())
    }

    /// Reads and sends what is left of the table.
    ///
    /// # Errors
    /// See [`crate::extractor::mysql::connection::source_error`]; after a transient one the same call continues on another connection.
    pub(super) async fn run(&mut self, conn: &mut Conn, settings: &Settings, out: &ItemSender) -> Result<()> {
        let sql = self.sql();
        if self.is_in_view(settings) {
            hold(conn, &self.table, settings, true).await?;
        }
        if !self.table.is_keyed() {
            return self.read(conn, &sql.whole(), &sql, settings, None, out).await;
        }
        self.fix_cap(conn, &sql, settings).await?;
        let rows = self.page_rows(settings);
        while !self.done {
            let page = sql.page(self.last_key.as_deref(), self.cap.as_deref(), rows);
            self.read(conn, &page, &sql, settings, rows, out).await?;
        }
        Ok(())
    }

    /// Rows of a statement; `None` for all that are left. A view keeps the source from nothing more when it is read by one statement, as long as
    /// the rows come by the primary key: any other order might be sorted first.
    fn page_rows(&self, settings: &Settings) -> Option<usize> {
        let is_primary = self.table.key.as_ref().is_some_and(|key| key.kind == KeyKind::Primary);
        let by_one = self.is_in_view(settings) && is_primary && self.condition.is_none();
        (!by_one).then_some(settings.chunk_rows)
    }

    /// Whether all of it is read in one read view, which holds the table to its end.
    fn is_in_view(&self, settings: &Settings) -> bool {
        settings.table_views || matches!(self.reach, Some(Reach::Exactly(_)))
    }

    /// Reads one statement's rows and sends them in chunks. The last chunk is the table's last when fewer than `limit`
    /// rows came.
    async fn read(
        &mut self,
        conn: &mut Conn,
        statement: &str,
        sql: &PageSql,
        settings: &Settings,
        limit: Option<usize>,
        out: &ItemSender,
    ) -> Result<()> {
        let table = Arc::clone(&self.table);
        let in_view = self.is_in_view(settings);
        if !in_view {
            hold(conn, &table, settings, false).await?;
        }
        let mut rows = ChunkRows::select(conn, statement, &table, settings).await?;
        let mut read = 0;
        let last = loop {
            let chunk = rows.next().await?;
            read += chunk.rows.len();
            if chunk.ended {
                break chunk;
            }
            self.send(chunk, sql, false, out).await?;
        };
        drop(rows);
        release(conn, settings, in_view).await?;
        let done = limit.is_none_or(|limit| read < limit);
        if done {
            self.fix_end(conn, settings).await?;
        }
        self.send(last, sql, done, out).await
    }

    /// Whether rows were sent by an earlier start.
    pub(crate) fn has_begun(&self) -> bool {
        self.chunk > 0
    }

    /// Whether it goes on behind a key.
    pub(crate) fn goes_on(&self) -> bool {
        self.last_key.is_some()
    }

    /// Removes what an earlier start has copied: from here on the copy is to begin anew, also behind a restart.
    ///
    /// # Errors
    /// The pipeline has ended.
    pub(crate) async fn begin_anew(&mut self, out: &ItemSender) -> Result<()> {
        (self.rows, self.last_key) = (0, None);
        let mark = ChunkMark {
            table: self.table.name.clone(),
            chunk: self.chunk,
            rows: 0,
            last_key: None,
            done: false,
            reach: None,
        };
        let (table, write) = (Arc::clone(&self.table), ChunkWrite::ClearThenAppend);
        let item = SnapshotChunk { table, rows: Vec::new(), bytes: 0, write, mark };
        (self.chunk, self.write) = (self.chunk + 1, ChunkWrite::Append);
        out.send(DtItem::Chunk(Box::new(item))).await
    }

    /// Sends a chunk that follows the ones before in key order. `done`: it is the table's last.
    ///
    /// # Errors
    /// The pipeline has ended.
    pub(super) async fn send(
        &mut self,
        chunk: Chunk,
        sql: &PageSql,
        done: bool,
        out: &ItemSender,
    ) -> Result<()> {
        let key = chunk.last_key(&self.table, sql)?;
        let rows = self.rows + chunk.rows.len() as u64;
        let mark = ChunkMark {
            table: self.table.name.clone(),
            chunk: self.chunk,
            rows,
            last_key: key.clone().or_else(|| self.last_key.clone()),
            done,
            reach: self.reach.clone(),
        };
        let Chunk { rows: cells, bytes, .. } = chunk;
        let item =
            SnapshotChunk { table: Arc::clone(&self.table), rows: cells, bytes, write: self.write, mark };
        out.send(DtItem::Chunk(Box::new(item))).await?;
        (self.chunk, self.rows, self.done) = (self.chunk + 1, rows, done);
        if let Some(counter) = &self.counter {
            counter.store(rows, Ordering::Relaxed);
        }
        if key.is_some() {
            self.last_key = key;
        }
        if self.write == ChunkWrite::ClearThenAppend {
            self.write = ChunkWrite::Append;
        }
        Ok(())
    }
}

/// The key that a statement for one key selects; `None` when there is none.
///
/// # Errors
/// See [`crate::extractor::mysql::connection::source_error`].
pub(super) async fn key_of(
    conn: &mut Conn,
    table: &TableSchema,
    sql: &PageSql,
    statement: &str,
    settings: &Settings,
) -> Result<Option<KeyLiterals>> {
    let doing = format!("looking for a key of table {}", table.name);
    let row: Option<mysql_async::Row> =
        answer(settings.patience, &doing, conn.exec_first(statement, ())).await?;
    let Some(mut values) = row.map(mysql_async::Row::unwrap) else { return Ok(None) };
    let beside = values.split_off(table.key_columns().len());
    let columns = table.key_columns().iter().map(|&at| &table.columns[at]);
    let cells: Vec<ColValue> =
        columns.zip(values).map(|(column, value)| cell(column, value)).collect::<Result<_>>()?;
    sql.literals(table, cells.iter(), &beside).map(Some)
}
