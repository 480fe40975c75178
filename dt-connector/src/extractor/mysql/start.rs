//! Where a change stream begins when nothing is stored.

use dt_common::config::{BinlogStart, MySqlExtractorConfig};
use dt_common::error::Result;
use dt_common::position::Position;
use mysql_async::Conn;

use super::binlog::Search;
use super::connection::Connector;
use super::server::{Flavor, Server};

/// The place that the task file gives, and in which words; `None` when it gives none.
///
/// # Errors
/// A GTID text of another family; a moment that the binlogs do not hold.
pub(crate) async fn configured(
    connector: &Connector,
    server: &Server,
    config: &MySqlExtractorConfig,
) -> Result<Option<(&'static str, Position)>> {
    Ok(match &config.start {
        BinlogStart::Now => None,
        BinlogStart::File { file, offset } => {
            let binlog = Some(server.position(file, *offset));
            Some(("[extractor] says", Position { binlog, gtid: None }))
        }
        BinlogStart::Gtid(text) => {
            let gtid = Some(server.parse_gtid(text)?);
            Some(("[extractor] says", Position { binlog: None, gtid }))
        }
        &BinlogStart::Time(moment) => {
            let place = Search { connector, server, config }.first_since(moment).await?;
            Some(("[extractor] start_time_utc finds", Position { binlog: Some(place), gtid: None }))
        }
    })
}

/// The source's present end. On MySQL with GTIDs the set alone: file and offset may be ahead of it, and a start there would
/// leave out the transactions in between.
pub(crate) async fn now(conn: &mut Conn, server: &Server) -> Result<Position> {
    match server.flavor {
        Flavor::MySql if server.gtid_mode => {
            Ok(Position { binlog: None, gtid: server.gtid_position(conn).await? })
        }
        Flavor::MySql => Ok(Position { binlog: Some(server.binlog_end(conn).await?), gtid: None }),
        Flavor::MariaDb => {
            let end = server.binlog_end(conn).await?;
            let gtid = server.gtid_at(conn, &end).await?;
            Ok(Position { binlog: Some(end), gtid })
        }
    }
}
