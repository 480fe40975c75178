//! The copy of one table: where it stands, and the reading of its next rows.

use std::sync::Arc;

use dt_common::error::{Error, Result};
use dt_common::item::{ChunkMark, ChunkWrite, DtItem, SnapshotChunk};
use dt_common::position::BinlogPosition;
use dt_common::queue::ItemSender;
use dt_common::row::{Row, row_memory};
use dt_common::schema::TableSchema;
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Value};

use super::copy::Settings;
use super::page::PageSql;
use crate::extractor::mysql::connection::answer;
use crate::extractor::mysql::literal::key_literal;
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
    last_key: Option<Vec<String>>,
    /// Where the read view of a keyless table stands.
    view: Option<BinlogPosition>,
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
            view: None,
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

    /// Says which exact view the rows of a keyless table come from.
    pub(crate) fn set_view(&mut self, view: BinlogPosition) {
        self.view = Some(view);
    }

    /// Prepares for another try after a lost connection: a keyed table continues, a keyless one begins anew.
    pub(super) fn restart(&mut self) {
        if !self.table.is_keyed() && self.chunk > 0 {
            (self.rows, self.write) = (0, ChunkWrite::ClearThenAppend);
        }
    }

    /// Reads and sends what is left of the table.
    ///
    /// # Errors
    /// See [`crate::extractor::mysql::connection::source_error`]; after a transient one the same call continues on another connection.
    pub(super) async fn run(&mut self, conn: &mut Conn, settings: &Settings, out: &ItemSender) -> Result<()> {
        let sql = PageSql::new(&self.table, self.condition.as_deref());
        if !self.table.is_keyed() {
            return self.read(conn, &sql.whole(), &sql, settings, None, out).await;
        }
        let rows = settings.chunk_rows;
        while !self.done {
            let page = sql.page(self.last_key.as_deref(), rows);
            self.read(conn, &page, &sql, settings, Some(rows), out).await?;
        }
        Ok(())
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
        let (patience, doing) = (settings.patience, format!("reading table {}", table.name));
        let mut result = answer(patience, &doing, conn.exec_iter(statement, ())).await?;
        let mut chunk = Chunk::default();
        let mut read = 0;
        while let Some(row) = answer(patience, &doing, result.next()).await? {
            if chunk.rows.len() >= settings.chunk_rows || chunk.bytes >= settings.chunk_bytes {
                self.send(std::mem::take(&mut chunk), sql, false, out).await?;
            }
            chunk.push(&table, row.unwrap())?;
            read += 1;
        }
        answer(patience, &doing, result.drop_result()).await?;
        let done = limit.is_none_or(|limit| read < limit);
        self.send(chunk, sql, done, out).await
    }

    async fn send(&mut self, chunk: Chunk, sql: &PageSql, done: bool, out: &ItemSender) -> Result<()> {
        let key = chunk.last_key(&self.table, sql)?;
        let rows = self.rows + chunk.rows.len() as u64;
        let mark = ChunkMark {
            table: self.table.name.clone(),
            chunk: self.chunk,
            rows,
            last_key: key.clone().or_else(|| self.last_key.clone()),
            done,
            view: self.view.clone(),
        };
        let item =
            SnapshotChunk { table: Arc::clone(&self.table), rows: chunk.rows, write: self.write, mark };
        out.send(DtItem::Chunk(item)).await?;
        (self.chunk, self.rows, self.done) = (self.chunk + 1, rows, done);
        if key.is_some() {
            self.last_key = key;
        }
        if self.write == ChunkWrite::ClearThenAppend {
            self.write = ChunkWrite::Append;
        }
        Ok(())
    }
}

/// Rows that were read and not yet sent.
#[derive(Default)]
struct Chunk {
    rows: Vec<Row>,
    bytes: usize,
    /// What the last row selected beside its columns.
    beside: Vec<Value>,
}

impl Chunk {
    fn push(&mut self, table: &TableSchema, mut values: Vec<Value>) -> Result<()> {
        self.beside.clear();
        self.beside.extend(values.drain(table.columns.len()..));
        let cells = table.columns.iter().zip(values).map(|(column, value)| cell(column, value));
        let row: Row =
            cells.collect::<Result<_>>().map_err(|e| e.at(format_args!("table {}", table.name)))?;
        self.bytes += row_memory(&row);
        self.rows.push(row);
        Ok(())
    }

    /// The last row's key as literals; `None` for a keyless table and for no rows.
    fn last_key(&self, table: &TableSchema, sql: &PageSql) -> Result<Option<Vec<String>>> {
        let Some(last) = self.rows.last().filter(|_| table.is_keyed()) else { return Ok(None) };
        let literals = table.key_columns().iter().zip(&sql.bounds).map(|(&position, bound)| {
            let beside = bound.and_then(|at| self.beside.get(at - table.columns.len()));
            key_literal(&table.columns[position], &last[position], beside)
        });
        literals.collect::<Result<_>>().map(Some).map_err(|e| e.at(format_args!("table {}", table.name)))
    }
}
