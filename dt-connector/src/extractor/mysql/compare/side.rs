//! Asks the source. A connection serves one question at a time; those that are not in use wait in a list.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use dt_common::config::MySqlExtractorConfig;
use dt_common::error::Result;
use dt_common::position::Position;
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Row, Value};
use tokio::sync::OnceCell;

use super::query;
use crate::compare::answer::{Cells, Digests, Rows, Texts, number};
use crate::compare::{
    Buckets, CompareSide, CompareSource, ComparedTable, Digest, Meter, RowMark, RowTexts, Slice,
};
use crate::extractor::mysql::connection::{Connector, source_error};
use crate::extractor::mysql::literal::quote;
use crate::extractor::mysql::server::{Flavor, Server};

/// Keys of one question: what the server's optimizer makes ranges of.
const KEYS: usize = 200;

/// MySQL or MariaDB as one side.
pub struct MySqlSide {
    connector: Connector,
    idle: Mutex<Vec<Conn>>,
    /// Who the server is, from the first look at its position.
    server: OnceCell<Server>,
}

impl MySqlSide {
    /// Connects nowhere yet.
    ///
    /// # Errors
    /// A URL that the driver does not understand.
    pub fn new(config: &MySqlExtractorConfig) -> Result<Self> {
        Ok(Self {
            connector: Connector::new(&config.url, &config.tls)?,
            idle: Mutex::default(),
            server: OnceCell::new(),
        })
    }

    async fn conn(&self) -> Result<Conn> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        match idle {
            Some(conn) => Ok(conn),
            None => self.connector.connect().await,
        }
    }

    /// Asks one question and hands over its rows as they come.
    async fn ask(
        &self,
        table: &ComparedTable,
        sql: &str,
        meter: &Meter,
        mut take: impl FnMut(Cells) -> Result<()> + Send,
    ) -> Result<()> {
        let mut conn = self.conn().await?;
        let failed = |e| source_error(&format!("comparing table {}", table.schema.name), e);
        let mut answer = conn.query_iter(sql).await.map_err(failed)?;
        while let Some(row) = answer.next().await.map_err(failed)? {
            let cells = cells(row);
            meter.count(cells.iter());
            take(cells)?;
        }
        answer.drop_result().await.map_err(failed)?;
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(conn);
        Ok(())
    }
}

fn cells(row: Row) -> Cells {
    let text = |value| match value {
        Value::NULL => None,
        Value::Bytes(bytes) => Some(
            String::from_utf8(bytes).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned()),
        ),
        Value::Int(v) => Some(v.to_string()),
        Value::UInt(v) => Some(v.to_string()),
        Value::Float(v) => Some(v.to_string()),
        Value::Double(v) => Some(v.to_string()),
        // The text protocol has no other forms.
        Value::Date(..) | Value::Time(..) => None,
    };
    row.unwrap().into_iter().map(text).collect()
}

#[async_trait]
impl CompareSource for MySqlSide {
    async fn position(&self) -> Result<Position> {
        let mut conn = self.conn().await?;
        let server = match self.server.get() {
            Some(server) => server,
            None => {
                let server = Server::inspect(&mut conn).await?;
                self.server.get_or_init(|| async { server }).await
            }
        };
        let gtid = server.gtid_position(&mut conn).await?;
        // With GTIDs MySQL's file and offset may be ahead of what a reader sees.
        let binlog = match (server.flavor, &gtid) {
            (Flavor::MySql, Some(_)) => None,
            _ => Some(server.binlog_end(&mut conn).await?),
        };
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(conn);
        Ok(Position { binlog, gtid })
    }
}

#[async_trait]
impl CompareSide for MySqlSide {
    async fn extent(&self, table: &ComparedTable) -> Result<Option<(i128, i128)>> {
        let mut extent = None;
        let meter = Meter::default();
        self.ask(table, &query::extent(table), &meter, |row| {
            if row.iter().all(Option::is_some) {
                extent = Some((number(row.first(), "least key")?, number(row.get(1), "greatest key")?));
            }
            Ok(())
        })
        .await?;
        Ok(extent)
    }

    async fn estimate(&self, table: &ComparedTable) -> Result<u64> {
        let name = &table.schema.name;
        let sql = format!(
            "SELECT TABLE_ROWS FROM information_schema.TABLES WHERE TABLE_SCHEMA = {} AND TABLE_NAME = {}",
            quote(&name.db),
            quote(&name.table)
        );
        let mut rows = 0;
        self.ask(table, &sql, &Meter::default(), |row| {
            rows = number(row.first(), "number of rows").unwrap_or(0);
            Ok(())
        })
        .await?;
        Ok(rows)
    }

    async fn digests(
        &self,
        table: &ComparedTable,
        slice: &Slice,
        buckets: Buckets,
        meter: &Meter,
    ) -> Result<BTreeMap<u64, Digest>> {
        let mut digests = Digests::new(table);
        self.ask(table, &query::digests(table, slice, buckets), meter, |row| digests.take(row)).await?;
        Ok(digests.done())
    }

    async fn rows(&self, table: &ComparedTable, slice: &Slice, meter: &Meter) -> Result<Vec<RowMark>> {
        let mut rows = Rows::new(table);
        self.ask(table, &query::rows(table, slice), meter, |row| rows.take(row)).await?;
        Ok(rows.done())
    }

    async fn texts(&self, table: &ComparedTable, marks: &[RowMark], meter: &Meter) -> Result<Vec<RowTexts>> {
        let mut texts = Texts::new(table, marks);
        for some in marks.chunks(KEYS) {
            self.ask(table, &query::texts(table, some), meter, |row| texts.take(row)).await?;
        }
        Ok(texts.done())
    }
}
