//! The rows of one statement, cut into chunks.

use dt_common::error::Result;
use dt_common::row::Row;
use dt_common::schema::TableSchema;
use mysql_async::prelude::Queryable;
use mysql_async::{BinaryProtocol, Conn, QueryResult, Value};

use super::copy::Settings;
use super::page::{KeyLiterals, PageSql};
use crate::extractor::mysql::connection::answer;
use crate::extractor::mysql::value::cell;

/// Rows that were read and not yet sent.
#[derive(Default)]
pub(super) struct Chunk {
    pub(super) rows: Vec<Row>,
    /// Memory of the rows.
    pub(super) bytes: usize,
    /// What the last row selected beside its columns.
    beside: Vec<Value>,
    /// The statement has no more rows.
    pub(super) ended: bool,
}

/// A statement whose rows are being read.
pub(super) struct ChunkRows<'a> {
    result: QueryResult<'a, 'static, BinaryProtocol>,
    table: &'a TableSchema,
    settings: &'a Settings,
    /// What an error says was being done.
    doing: String,
    /// Read already, and the first of the next chunk.
    ahead: Option<Vec<Value>>,
}

impl<'a> ChunkRows<'a> {
    /// Sends the statement.
    ///
    /// # Errors
    /// See [`crate::extractor::mysql::connection::source_error`].
    pub(super) async fn select(
        conn: &'a mut Conn,
        statement: &str,
        table: &'a TableSchema,
        settings: &'a Settings,
    ) -> Result<Self> {
        let doing = format!("reading table {}", table.name);
        let result = answer(settings.patience, &doing, conn.exec_iter(statement, ())).await?;
        Ok(Self { result, table, settings, doing, ahead: None })
    }

    /// The next chunk; its last one says that it has ended, and is the only one that may be empty.
    ///
    /// # Errors
    /// See [`crate::extractor::mysql::connection::source_error`]; a value that is not of its column's type.
    pub(super) async fn next(&mut self) -> Result<Chunk> {
        let mut chunk = Chunk::default();
        if let Some(first) = self.ahead.take() {
            chunk.push(self.table, first)?;
        }
        while let Some(row) = answer(self.settings.patience, &self.doing, self.result.next()).await? {
            if chunk.rows.len() >= self.settings.chunk_rows || chunk.bytes >= self.settings.chunk_bytes {
                self.ahead = Some(row.unwrap());
                return Ok(chunk);
            }
            chunk.push(self.table, row.unwrap())?;
        }
        chunk.ended = true;
        Ok(chunk)
    }
}

impl Chunk {
    fn push(&mut self, table: &TableSchema, mut values: Vec<Value>) -> Result<()> {
        self.beside.clear();
        self.beside.extend(values.drain(table.columns.len()..));
        let mut row = Vec::with_capacity(table.columns.len());
        for (column, value) in table.columns.iter().zip(values) {
            let value = cell(column, value).map_err(|e| e.at(format_args!("table {}", table.name)))?;
            self.bytes += value.memory();
            row.push(value);
        }
        self.rows.push(row.into());
        Ok(())
    }

    /// The last row's key; `None` for a keyless table and for no rows.
    ///
    /// # Errors
    /// A value that cannot be part of a key.
    pub(super) fn last_key(&self, table: &TableSchema, sql: &PageSql) -> Result<Option<KeyLiterals>> {
        let Some(last) = self.rows.last().filter(|_| table.is_keyed()) else { return Ok(None) };
        sql.literals(table, table.key_columns().iter().map(|&at| &last[at]), &self.beside).map(Some)
    }
}
