//! What the source holds of named rows, read at a known place of the stream.
//!
//! # Why it converges
//! The stream stands at X, between two transactions. A position P is fixed, as [`super::handover`] does it for a copy, that has reached X;
//! then the rows are read, in a view that sees everything before P. They are put into the stream where it stands at P. (A source that commits in
//! another order than it logs may have no such place; what has been missed is read again.) What they take the
//! place of is wrong by definition; what comes behind P in the stream is applied on top of them, as on the rows of a copy:
//!
//! - A keyed row may have been read later than P. Then the stream brings it back to what it was at P and forward again, change by change, and
//!   ends with what the view saw or something newer. That is so for partial images too: each column ends with its last change.
//! - Of a table without a key P is exact: the view sees what is before P and nothing else, so nothing is applied twice.
//!
//! A task without a stream has no place to wait for: what one view sees is written.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use dt_common::config::MySqlExtractorConfig;
use dt_common::error::{Error, ErrorKind, Result};
use dt_common::item::DtItem;
use dt_common::position::Position;
use dt_common::queue::ItemSender;
use dt_common::repair::{Repair, RepairMark, RepairPart, Repaired, RowNames};
use dt_common::schema::TableSchema;
use mysql_async::Conn;
use mysql_async::prelude::Queryable;

use super::compare::{cells, query};
use super::connection::{Connector, answer, close, source_error};
use super::definition::FollowedTable;
use super::handover;
use super::server::Server;
use super::snapshot::rows_where;
use crate::compare::ComparedTable;
use crate::extractor::Repairs;

/// Pause before the next try, where the source's position is behind what the stream has brought: a binlog may be sent before
/// what it holds can be seen.
const PAUSE: Duration = Duration::from_millis(20);
/// Tries.
const TRIES: u32 = 500;
/// Connections that a task has while it repairs: the stream, the look at the source from beside, the view, and one that locks a table
/// while the view opens.
const CONNECTIONS: usize = 4;

/// Reads rows that are to be repaired.
pub(crate) struct RepairReader {
    connector: Connector,
    patience: Duration,
    /// Whether `max_connections` has room for the two connections that it takes.
    has_room: bool,
}

impl RepairReader {
    /// A reader with connections of its own, opened when they are needed.
    pub(crate) fn new(connector: Connector, config: &MySqlExtractorConfig) -> Self {
        let has_room = config.max_connections.is_none_or(|most| most >= CONNECTIONS);
        Self { connector, patience: config.read_timeout, has_room }
    }

    /// Reads what comes, as it is when it comes, for a task without a change stream. Never ends by itself; cancel-safe.
    ///
    /// # Errors
    /// The pipeline has ended.
    pub(crate) async fn serve(
        &self,
        repairs: &Repairs,
        tables: &[FollowedTable],
        out: &ItemSender,
    ) -> Result<()> {
        loop {
            let part = repairs.next().await;
            let table = tables.iter().find(|table| table.schema.name == part.table);
            let read = match table {
                Some(table) => self.now(&part, &table.schema).await,
                None => Err(Error::schema(format!("table {}: the task does not copy it", part.table))),
            };
            let repaired = match read {
                Ok(repair) => Repaired::Rows(Box::new(repair)),
                Err(error) => Repaired::Refused(RepairMark { id: part.id, refused: Some(error.to_string()) }),
            };
            out.send(DtItem::Repair(repaired)).await?;
        }
    }

    /// The rows of parts, with an answer for each, and the place of the stream where they belong; it is not before `stands`.
    ///
    /// # Errors
    /// A source that cannot be read, or not at a known position. In an answer: a table that has another structure than when its rows were
    /// named; rows that cannot be read.
    pub(crate) async fn at_position(
        &self,
        server: &Server,
        parts: &[(RepairPart, Arc<TableSchema>)],
        stands: &Position,
    ) -> Result<(Position, Vec<Result<Repair>>)> {
        let tables: BTreeMap<_, _> = parts.iter().map(|(_, table)| (&table.name, &**table)).collect();
        for _ in 0..TRIES {
            let opened = handover::open(&self.connector, server, tables.values().copied()).await?;
            if !opened.position.has_reached(stands) {
                if let Some(view) = opened.view {
                    close(view.conn).await;
                }
                tokio::time::sleep(PAUSE).await;
                continue;
            }
            let mut conn = match opened.view {
                Some(view) => view.conn,
                None => self.view().await?,
            };
            let mut answers = Vec::with_capacity(parts.len());
            for (part, table) in parts {
                answers.push(self.read(&mut conn, part, table).await);
            }
            close(conn).await;
            return Ok((opened.position, answers));
        }
        Err(Error::new(ErrorKind::Transient, "the source does not get to where its binlog is"))
    }

    async fn now(&self, part: &RepairPart, table: &Arc<TableSchema>) -> Result<Repair> {
        let mut conn = self.view().await?;
        let repair = self.read(&mut conn, part, table).await?;
        close(conn).await;
        Ok(repair)
    }

    async fn view(&self) -> Result<Conn> {
        let mut conn = self.connector.connect().await?;
        let begin = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY";
        answer(self.patience, "opening a read view", conn.query_drop(begin)).await?;
        Ok(conn)
    }

    fn check(&self, part: &RepairPart, table: &TableSchema) -> Result<()> {
        if !self.has_room {
            return Err(Error::config(
                "[extractor] max_connections leaves no room: a repair takes two connections for a moment",
            ));
        }
        let is_keyed = matches!(part.names, RowNames::Keys(_));
        if part.forms.len() == table.columns.len() && is_keyed == table.is_keyed() {
            Ok(())
        } else {
            Err(Error::schema("the table has changed since it was compared"))
        }
    }

    async fn read(&self, conn: &mut Conn, part: &RepairPart, table: &Arc<TableSchema>) -> Result<Repair> {
        self.check(part, table)?;
        let compared = ComparedTable {
            target: table.name.clone(),
            schema: Arc::clone(table),
            target_columns: Vec::new(),
            forms: part.forms.clone(),
            losses: Vec::new(),
            condition: None,
        };
        let gone = match &part.names {
            RowNames::Keys(keys) => {
                let there = self.keys_there(conn, &compared, &part.names).await?;
                RowNames::Keys(keys.iter().filter(|key| !there.contains(*key)).cloned().collect())
            }
            RowNames::Hashes(_) => part.names.clone(),
        };
        let condition = format!("({})", query::named(&compared, &part.names));
        let rows = rows_where(conn, table, &condition, self.patience).await?;
        let (id, forms) = (part.id.clone(), part.forms.clone());
        Ok(Repair { id, table: Arc::clone(table), forms, gone, rows })
    }

    async fn keys_there(
        &self,
        conn: &mut Conn,
        table: &ComparedTable,
        names: &RowNames,
    ) -> Result<HashSet<Vec<String>>> {
        let doing = format!("looking for keys of table {}", table.schema.name);
        let sql = query::keys_there(table, names);
        let found = tokio::time::timeout(self.patience, conn.query::<mysql_async::Row, _>(sql)).await;
        let found = found.map_err(|_| Error::new(ErrorKind::Transient, format!("{doing}: no answer")))?;
        let found = found.map_err(|e| source_error(&doing, e))?;
        Ok(found.into_iter().map(|row| cells(row).into_iter().flatten().collect()).collect())
    }
}
