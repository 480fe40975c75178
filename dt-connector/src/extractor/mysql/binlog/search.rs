//! Where in the binlog a moment lies.
//!
//! A file is written behind the one before it, so the first transaction of a moment lies in the last file that was begun before
//! it, or behind that file. Each file says when it was begun in its first event, so a few of them are asked; the one that is found
//! is read for its commits alone, without decoding a row.
//!
//! Most servers stamp a transaction with the second in which its commit was called; MySQL 8 adds microseconds. Where there are none,
//! the whole second of the moment counts, so that nothing is left out.

use std::time::Duration;

use dt_common::config::MySqlExtractorConfig;
use dt_common::error::{Error, Result};
use dt_common::item::DtItem;
use dt_common::position::{BinlogPosition, Position};
use dt_common::queue::{ItemReceiver, Lane, queue};
use futures::StreamExt;
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Row};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tracing::info;

use super::event::Kind;
use super::followed::Overlap;
use super::request::{self, Reader, Start};
use super::stream::BinlogStream;
use super::until::Until;
use crate::extractor::ExtractPlan;
use crate::extractor::mysql::connection::{Connector, answers, source_error};
use crate::extractor::mysql::ddl::Catalog;
use crate::extractor::mysql::server::{Flavor, Server};

/// Offset of a file's first event, behind its magic number.
const FIRST_EVENT: u64 = 4;

/// Longest wait for a file's first event; the server sends it at once.
const FIRST_EVENT_TIMEOUT: Duration = Duration::from_secs(30);

/// Asks for a sign of life this often: without further events that is what says that the end is reached.
const HEARTBEAT: Duration = Duration::from_secs(1);

/// Bytes of commits that are read ahead.
const QUEUE: usize = 1 << 20;

/// From this version on MySQL's transactions carry the microsecond of their commit.
const LOGS_MICROS: (u16, u16, u16) = (8, 0, 1);

const SECOND: i64 = 1_000_000;

/// A look for a place in one server's binlog.
pub(crate) struct Search<'a> {
    /// Opens the connections.
    pub(crate) connector: &'a Connector,
    /// The server.
    pub(crate) server: &'a Server,
    /// How the task reads.
    pub(crate) config: &'a MySqlExtractorConfig,
}

impl Search<'_> {
    /// The place in front of the first transaction that was committed at or after `moment` (microseconds since 1970); the end of the
    /// binlog when there is none yet.
    ///
    /// # Errors
    /// A moment in the server's future, or before the first event that it still has.
    pub(crate) async fn first_since(&self, moment: i64) -> Result<BinlogPosition> {
        let mut conn = self.connector.connect().await?;
        let patience = self.config.read_timeout;
        let now = answers(patience, "asking the source's clock", now(&mut conn)).await?;
        if moment > now {
            let (asked, now) = (utc(moment), utc(now));
            let what = format!(
                "[extractor] start_time_utc: {asked} lies in the future: the source's clock says {now}"
            );
            return Err(Error::config(what));
        }
        let places = async {
            let until = self.server.binlog_end(&mut conn).await?;
            Ok((until, self.last_file_before(&mut conn, moment).await?))
        };
        let (until, file) = answers(patience, "looking for the binlog of a moment", places).await?;
        let micros = self.server.flavor == Flavor::MySql && self.server.version >= LOGS_MICROS;
        let wanted = if micros { moment } else { moment - moment.rem_euclid(SECOND) };
        info!(moment = %utc(moment), %file, "looking for [extractor] start_time_utc in the binlog");
        let found = self.scan(self.server.position(&file, FIRST_EVENT), until, wanted).await?;
        info!(file = %found.file, offset = found.offset, "start found");
        Ok(found)
    }

    /// The last file that was begun before the second of the moment.
    async fn last_file_before(&self, conn: &mut Conn, moment: i64) -> Result<String> {
        let statement = "SHOW BINARY LOGS";
        let rows: Vec<Row> = conn.query(statement).await.map_err(|e| source_error(statement, e))?;
        let files: Vec<String> = rows.iter().filter_map(|row| row.get(0)).collect();
        let second = moment.div_euclid(SECOND);
        let (mut before, mut behind) = (0, files.len());
        while before < behind {
            let middle = before + (behind - before) / 2;
            if self.begun(&files[middle]).await? < second { before = middle + 1 } else { behind = middle }
        }
        if let Some(file) = before.checked_sub(1).and_then(|last| files.get(last)) {
            return Ok(file.clone());
        }
        let oldest = files.first().ok_or_else(|| Error::source("the source has no binlog"))?;
        let (asked, begun) = (utc(moment), utc(self.begun(oldest).await? * SECOND));
        Err(Error::source(format!(
            "[extractor] start_time_utc: what was committed at {asked} is purged or was never logged: the oldest binlog of the \
             source, {oldest}, was begun at {begun}. To begin with that file, give binlog_filename = {oldest} instead; to miss \
             nothing, copy the tables by extract_type = snapshot_and_cdc"
        )))
    }

    /// When a file was begun, in seconds since 1970.
    async fn begun(&self, file: &str) -> Result<i64> {
        let conn = self.connector.connect().await?;
        let at = self.server.position(file, FIRST_EVENT);
        let reader = Reader::new(self.config.server_id, &self.config.task_id);
        let mut events = request::open(conn, self.server, Start::File(&at), &reader, HEARTBEAT).await?;
        loop {
            let event = timeout(FIRST_EVENT_TIMEOUT, events.next()).await;
            let event =
                event.ok().flatten().ok_or_else(|| Error::source(format!("{file} has no first event")))?;
            let header = event.map_err(request::dump_error)?.header();
            // The rotate event in front is made up for this connection.
            if Kind::of(header.event_type_raw(), header.flags_raw())? == Kind::Boundary {
                return Ok(header.timestamp().into());
            }
        }
    }

    /// Reads commits from `from` to `until` and answers the place in front of the first one that is not older than `moment`.
    async fn scan(&self, from: BinlogPosition, until: BinlogPosition, moment: i64) -> Result<BinlogPosition> {
        let mut stream = BinlogStream::new(
            self.connector.clone(),
            self.server.clone(),
            self.config,
            Catalog::of_nothing(self.server, self.config),
            Overlap::default(),
            &ExtractPlan::default(),
        );
        let (sender, receiver) = queue(QUEUE);
        let found = CancellationToken::new();
        let mut start = Position { binlog: Some(from.clone()), gtid: None };
        let reading = async {
            // Owned, so that the other side learns of the end.
            let sender = sender;
            stream.follow(&mut start, Until::Position(until), &sender, &found).await
        };
        let finding = async {
            let place = place_of(receiver, from, moment).await;
            found.cancel();
            place
        };
        let (read, place) = tokio::join!(reading, finding);
        read.map_err(|e| e.at("[extractor] start_time_utc"))?;
        Ok(place)
    }
}

/// The place behind the last commit that is older than `moment`.
async fn place_of(mut commits: ItemReceiver, from: BinlogPosition, moment: i64) -> BinlogPosition {
    let mut place = from;
    while let Some((_, item)) = commits.recv(Some(Lane::Stream)).await {
        if let DtItem::Commit(mark) = item {
            if mark.source_time >= moment {
                break;
            }
            place = mark.binlog;
        }
    }
    place
}

/// The server's clock, in microseconds since 1970.
async fn now(conn: &mut Conn) -> Result<i64> {
    let query = "SELECT UNIX_TIMESTAMP(NOW(6)) + 0e0";
    let seconds: Option<f64> = conn.query_first(query).await.map_err(|e| source_error(query, e))?;
    Ok((seconds.unwrap_or_default() * SECOND as f64) as i64)
}

/// A moment as the task file writes it.
fn utc(micros: i64) -> String {
    let moment = chrono::DateTime::from_timestamp_micros(micros).unwrap_or_default();
    moment.format("%Y-%m-%d %H:%M:%S%.f UTC").to_string()
}

#[cfg(test)]
mod tests {
    use dt_common::position::CommitMark;

    use super::*;

    #[tokio::test]
    async fn the_place_is_in_front_of_the_first_commit_that_is_not_older() {
        let at = |offset| BinlogPosition { server: "s".into(), file: "b.000001".into(), offset };
        for (moment, expected) in [(0, 4), (5, 4), (6, 100), (7, 100), (9, 300)] {
            let (sender, receiver) = queue(QUEUE);
            for (offset, source_time) in [(100, 5), (200, 7), (300, 6)] {
                let mark = CommitMark { binlog: at(offset), gtid: None, source_time };
                sender.send(DtItem::Commit(mark)).await.unwrap();
            }
            drop(sender);
            assert_eq!(place_of(receiver, at(4), moment).await, at(expected), "{moment}");
        }
    }

    #[test]
    fn moments_are_shown_as_they_are_written() {
        assert_eq!(utc(0), "1970-01-01 00:00:00 UTC");
        assert_eq!(utc(1_500_000), "1970-01-01 00:00:01.500 UTC");
    }
}
