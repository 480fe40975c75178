//! Asks the source. A connection serves one question at a time; those that are not in use wait in a list.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use dt_common::config::MySqlExtractorConfig;
use dt_common::error::Result;
use dt_common::position::Position;
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Row, Value};
use tokio::sync::OnceCell;

use super::query;
use crate::compare::answer::Cells;
use crate::compare::{CompareSource, ComparedTable, Engine, Meter, Question};
use crate::extractor::mysql::connection::{Connector, answer, answers};
use crate::extractor::mysql::server::{Flavor, Server};

/// MySQL or MariaDB as one side.
pub struct MySqlSide {
    connector: Connector,
    /// Longest silence of the server.
    patience: Duration,
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
            patience: config.read_timeout,
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

    async fn read_position(&self) -> Result<Position> {
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

/// The cells of an answer in the text protocol.
pub(crate) fn cells(row: Row) -> Cells {
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
        answers(self.patience, "reading the source's position", self.read_position()).await
    }
}

#[async_trait]
impl Engine for MySqlSide {
    /// What the server's optimizer makes ranges of.
    const NAMES: usize = 200;

    fn sql(&self, table: &ComparedTable, question: Question<'_>) -> Result<String> {
        Ok(match question {
            Question::Extent => query::extent(table),
            Question::Estimate => query::estimate(table),
            Question::Digests(slice, buckets) => query::digests(table, slice, buckets),
            Question::Rows(slice) => query::rows(table, slice),
            Question::Texts(marks) => query::texts(table, marks),
        })
    }

    async fn ask(
        &self,
        table: &ComparedTable,
        sql: &str,
        meter: &Meter,
        take: &mut (dyn FnMut(Cells) -> Result<()> + Send),
    ) -> Result<()> {
        let mut conn = self.conn().await?;
        let doing = format!("comparing table {}", table.schema.name);
        let mut rows = answer(self.patience, &doing, conn.query_iter(sql)).await?;
        while let Some(row) = answer(self.patience, &doing, rows.next()).await? {
            let cells = cells(row);
            meter.count(cells.iter());
            take(cells)?;
        }
        answer(self.patience, &doing, rows.drop_result()).await?;
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(conn);
        Ok(())
    }
}
