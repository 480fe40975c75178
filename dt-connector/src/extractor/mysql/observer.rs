//! Looks at the source from beside the stream, on a connection of its own.

use std::time::Duration;

use async_trait::async_trait;
use dt_common::error::{Error, Result};
use dt_common::monitor::{BinlogFile, BinlogLook};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Row};

use super::connection::{Connector, source_error};
use super::server::Server;
use crate::extractor::SourceObserver;

/// The files and their sizes. The server counts the file that it writes to by how far it has written, so that the sizes name the
/// binlog's end as well.
const FILES: &str = "SHOW BINARY LOGS";

/// The server's clock, whatever transaction or replication set as the session's.
const CLOCK: &str = "SELECT CAST(UNIX_TIMESTAMP(SYSDATE(6)) * 1000000 AS SIGNED)";

/// A MySQL or MariaDB server, looked at now and then.
pub(super) struct MySqlObserver {
    connector: Connector,
    opened: Option<Opened>,
}

struct Opened {
    conn: Conn,
    server: Server,
}

impl MySqlObserver {
    /// Connects at the first look.
    pub(super) fn new(connector: Connector) -> Self {
        Self { connector, opened: None }
    }

    async fn open(&self) -> Result<Opened> {
        let mut conn = self.connector.connect().await?;
        let server = Server::inspect(&mut conn).await?;
        Ok(Opened { conn, server })
    }
}

#[async_trait]
impl SourceObserver for MySqlObserver {
    async fn look(&mut self) -> Result<BinlogLook> {
        // A connection that failed is not used again, nor one whose answer nobody waited for.
        let Opened { mut conn, server } = match self.opened.take() {
            Some(opened) => opened,
            None => self.open().await?,
        };
        let files: Vec<Row> = conn.query(FILES).await.map_err(|e| source_error(FILES, e))?;
        let now: Option<i64> = conn.query_first(CLOCK).await.map_err(|e| source_error(CLOCK, e))?;
        let files = files.iter().map(binlog_file).collect::<Option<Vec<_>>>();
        let look = BinlogLook {
            now: now.ok_or_else(|| unreadable(CLOCK))?,
            server: server.identity.clone(),
            files: files.ok_or_else(|| unreadable(FILES))?,
            retention: retention(|name| server.variable(name)),
        };
        self.opened = Some(Opened { conn, server });
        Ok(look)
    }
}

fn binlog_file(row: &Row) -> Option<BinlogFile> {
    let name: String = row.get_opt(0)?.ok()?;
    Some(BinlogFile { name: name.into(), bytes: row.get_opt(1)?.ok()? })
}

fn unreadable(statement: &str) -> Error {
    Error::source(format!("{statement}: the answer is not understood"))
}

/// How long the server keeps a file: by seconds where it knows that variable and uses it, else by days. 0 is for ever.
fn retention<'a>(variable: impl Fn(&str) -> &'a str) -> Option<Duration> {
    let number = |name| variable(name).parse::<f64>().ok().filter(|number| *number > 0.0);
    if variable("binlog_expire_logs_auto_purge").eq_ignore_ascii_case("OFF") {
        return None;
    }
    let seconds =
        number("binlog_expire_logs_seconds").or_else(|| Some(number("expire_logs_days")? * 86_400.0))?;
    Duration::try_from_secs_f64(seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retention_is_by_seconds_or_days() {
        let kept = |variables: &'static [(&str, &str)]| {
            let value =
                |name: &str| variables.iter().find(|(n, _)| *n == name).map_or("", |(_, value)| *value);
            retention(value).map(|time| time.as_secs())
        };
        assert_eq!(
            kept(&[("binlog_expire_logs_seconds", "2592000"), ("expire_logs_days", "0")]),
            Some(2_592_000)
        );
        assert_eq!(kept(&[("expire_logs_days", "1.5")]), Some(129_600));
        assert_eq!(kept(&[("binlog_expire_logs_seconds", "0"), ("expire_logs_days", "0.000000")]), None);
        assert_eq!(
            kept(&[("binlog_expire_logs_seconds", "60"), ("binlog_expire_logs_auto_purge", "OFF")]),
            None
        );
        assert_eq!(kept(&[]), None);
    }
}
