//! What kind of server the source is, who it is, and where its binlog stands.
//!
//! File and offset mean something on the server that wrote the file only, so every position carries the server's identity.
//! MySQL has `server_uuid`. MariaDB has `server_uid` since 10.11, a hash that survives restarts; older versions are told apart by host
//! name and data directory.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use dt_common::error::{Error, Result};
use dt_common::position::{BinlogPosition, GtidList, GtidPosition, GtidSet};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Row};

use super::connection::source_error;

/// Offset of the first event of a file.
const BINLOG_START: u64 = 4;

/// The two families; they differ in GTIDs, statements and event types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flavor {
    /// MySQL and Percona Server.
    MySql,
    /// MariaDB.
    MariaDb,
}

impl Flavor {
    /// The family of a version text: `10.11.6-MariaDB-log`.
    pub(crate) fn of(version: &str) -> Self {
        if version.to_ascii_lowercase().contains("mariadb") { Self::MariaDb } else { Self::MySql }
    }

    /// The oldest version that has what dt asks of a server: MySQL's `max_execution_time` came with 5.7.8, MariaDB's
    /// `information_schema.CHECK_CONSTRAINTS` and `idle_transaction_timeout` with 10.3.10.
    pub(crate) fn oldest(self) -> (u16, u16, u16) {
        match self {
            Self::MySql => (5, 7, 8),
            Self::MariaDb => (10, 3, 10),
        }
    }
}

impl fmt::Display for Flavor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::MySql => "MySQL",
            Self::MariaDb => "MariaDB",
        })
    }
}

/// One source server as it was when the task started.
#[derive(Debug, Clone)]
pub(crate) struct Server {
    /// Family.
    pub(crate) flavor: Flavor,
    /// Major, minor, patch.
    pub(crate) version: (u16, u16, u16),
    /// Who the server is, across restarts.
    pub(crate) identity: Arc<str>,
    /// Whether every transaction has a GTID: `gtid_mode = ON` on MySQL, always on MariaDB.
    pub(crate) gtid_mode: bool,
    /// Global variables as they were at the start.
    pub(crate) variables: Arc<HashMap<String, String>>,
}

impl Server {
    /// Asks the server who and how it is.
    ///
    /// # Errors
    /// See [`source_error`].
    pub(crate) async fn inspect(conn: &mut Conn) -> Result<Self> {
        let doing = |e| source_error("reading the server's variables", e);
        let variables: Vec<(String, String)> = conn.query("SHOW GLOBAL VARIABLES").await.map_err(doing)?;
        let variables: HashMap<String, String> = variables.into_iter().collect();
        let text = |name: &str| variables.get(name).map(String::as_str).unwrap_or_default();
        let version = text("version");
        let flavor = Flavor::of(version);
        let identity = identity(flavor, &variables);
        Ok(Self {
            flavor,
            version: parse_version(version),
            gtid_mode: flavor == Flavor::MariaDb || text("gtid_mode").eq_ignore_ascii_case("ON"),
            identity: identity.into(),
            variables: Arc::new(variables),
        })
    }

    /// A global variable as it was at the start, empty when the server has none of that name.
    pub(crate) fn variable(&self, name: &str) -> &str {
        self.variables.get(name).map(String::as_str).unwrap_or_default()
    }

    /// The end of the binlog: where the next transaction will be written.
    ///
    /// # Errors
    /// No binlog, a missing privilege, a lost connection.
    pub(crate) async fn binlog_end(&self, conn: &mut Conn) -> Result<BinlogPosition> {
        let statement = self.status_statement();
        let row: Option<Row> = conn.query_first(statement).await.map_err(|e| source_error(statement, e))?;
        let file = row.as_ref().and_then(|row| row.get_opt::<String, _>(0)).and_then(Result::ok);
        let offset = row.as_ref().and_then(|row| row.get_opt::<u64, _>(1)).and_then(Result::ok);
        match (file, offset) {
            (Some(file), Some(offset)) => Ok(self.position(&file, offset)),
            _ => {
                Err(Error::source("the source writes no binlog; start it with log_bin and binlog_format=ROW"))
            }
        }
    }

    /// GTIDs executed so far; `None` on MySQL without GTIDs.
    ///
    /// On MySQL these are the transactions that every later read view sees; on MariaDB those that the binlog holds.
    ///
    /// # Errors
    /// A lost connection, or an answer that is no GTID set.
    pub(crate) async fn gtid_position(&self, conn: &mut Conn) -> Result<Option<GtidPosition>> {
        if !self.gtid_mode {
            return Ok(None);
        }
        let query = match self.flavor {
            Flavor::MySql => "SELECT @@GLOBAL.gtid_executed",
            Flavor::MariaDb => "SELECT @@GLOBAL.gtid_binlog_pos",
        };
        let text: Option<String> = conn.query_first(query).await.map_err(|e| source_error(query, e))?;
        self.parse_gtid(&text.unwrap_or_default()).map(Some)
    }

    /// GTIDs of all that lies before a place in MariaDB's binlog; `None` when the server cannot tell, which it cannot for a file
    /// that holds an event above `max_allowed_packet`.
    ///
    /// # Errors
    /// A lost connection, or an answer that is no GTID position.
    pub(crate) async fn gtid_at(&self, conn: &mut Conn, at: &BinlogPosition) -> Result<Option<GtidPosition>> {
        let query = "SELECT BINLOG_GTID_POS(?, ?)";
        let text: Option<Option<String>> =
            conn.exec_first(query, (&*at.file, at.offset)).await.map_err(|e| source_error(query, e))?;
        text.flatten().map(|text| self.parse_gtid(&text)).transpose()
    }

    /// GTIDs of what the binlogs no longer hold; `None` when the server cannot tell. MariaDB keeps no list of it: there it is what lies
    /// before the oldest file, `first`.
    ///
    /// # Errors
    /// A lost connection, or an answer that is no GTID position.
    pub(crate) async fn gtid_purged(&self, conn: &mut Conn, first: &str) -> Result<Option<GtidPosition>> {
        match self.flavor {
            Flavor::MariaDb => self.gtid_at(conn, &self.position(first, BINLOG_START)).await,
            Flavor::MySql => {
                let query = "SELECT @@GLOBAL.gtid_purged";
                let text: Option<String> =
                    conn.query_first(query).await.map_err(|e| source_error(query, e))?;
                self.parse_gtid(&text.unwrap_or_default()).map(Some)
            }
        }
    }

    /// Reads GTIDs in the form of the server's family.
    ///
    /// # Errors
    /// A text that is none.
    pub(crate) fn parse_gtid(&self, text: &str) -> Result<GtidPosition> {
        Ok(match self.flavor {
            Flavor::MySql => GtidPosition::MySql(text.parse::<GtidSet>()?),
            Flavor::MariaDb => GtidPosition::MariaDb(text.parse::<GtidList>()?),
        })
    }

    /// A place in this server's binlog.
    pub(crate) fn position(&self, file: &str, offset: u64) -> BinlogPosition {
        BinlogPosition { server: Arc::clone(&self.identity), file: file.into(), offset }
    }

    /// Whether a global variable says ON.
    pub(crate) fn is_on(&self, name: &str) -> bool {
        matches!(self.variable(name).to_ascii_uppercase().as_str(), "ON" | "1")
    }

    /// MySQL 8.2 renamed the statement and 8.4 removed the old name.
    pub(crate) fn status_statement(&self) -> &'static str {
        match self.flavor {
            Flavor::MySql if self.version >= (8, 2, 0) => "SHOW BINARY LOG STATUS",
            Flavor::MySql | Flavor::MariaDb => "SHOW MASTER STATUS",
        }
    }

    /// Lists the replicas; on MySQL whoever may read the binlog may run it.
    pub(crate) fn replicas_statement(&self) -> &'static str {
        match self.flavor {
            Flavor::MySql if self.version >= (8, 0, 22) => "SHOW REPLICAS",
            Flavor::MySql | Flavor::MariaDb => "SHOW SLAVE HOSTS",
        }
    }
}

fn identity(flavor: Flavor, variables: &HashMap<String, String>) -> String {
    let text = |name: &str| variables.get(name).map(String::as_str).unwrap_or_default();
    match flavor {
        Flavor::MySql => text("server_uuid").to_owned(),
        Flavor::MariaDb if text("server_uid").is_empty() => {
            format!("{}@{}:{}{}", text("server_id"), text("hostname"), text("port"), text("datadir"))
        }
        Flavor::MariaDb => format!("{}@{}", text("server_id"), text("server_uid")),
    }
}

/// The leading numbers of `10.11.6-MariaDB-log` or `8.4.0`.
pub(crate) fn parse_version(text: &str) -> (u16, u16, u16) {
    let mut numbers = text.split(|c: char| !c.is_ascii_digit()).map(|part| part.parse().unwrap_or(0));
    let mut next = || numbers.next().unwrap_or(0);
    (next(), next(), next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        assert_eq!(parse_version("10.11.18-MariaDB-0+deb12u1-log"), (10, 11, 18));
        assert_eq!(parse_version("9.7.4-2"), (9, 7, 4));
        assert_eq!(parse_version("8.0"), (8, 0, 0));
    }

    #[test]
    fn identities() {
        let variables = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect::<HashMap<_, _>>()
        };
        assert_eq!(identity(Flavor::MySql, &variables(&[("server_uuid", "u")])), "u");
        let new = variables(&[("server_id", "7"), ("server_uid", "abc=")]);
        assert_eq!(identity(Flavor::MariaDb, &new), "7@abc=");
        let old = variables(&[("server_id", "7"), ("hostname", "h"), ("port", "3306"), ("datadir", "/d/")]);
        assert_eq!(identity(Flavor::MariaDb, &old), "7@h:3306/d/");
    }
}
