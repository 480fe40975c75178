//! Where in the source's history a task stands.
//!
//! A [`Position`] is stored with the data and says from where a restart reads. It moves by [`CommitMark`]s, one a source
//! transaction, so that nobody copies or formats a GTID set for a transaction: the pipeline folds the marks of a
//! batch into one position.

mod mariadb;
mod mysql;

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

pub use mariadb::{GtidList, MariaDbGtid};
pub use mysql::{GtidSet, GtidSource};

/// Where a restart may begin: binlog coordinates, a GTID position, or both.
///
/// The text form is JSON and round-trips: `{"server":"..","file":"binlog.000002","offset":157,"mysql_gtid_set":".."}`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Position {
    /// File and offset on one server; `None` for a start that was given as a GTID alone.
    pub binlog: Option<BinlogPosition>,
    /// GTIDs executed so far; `None` where the source has none.
    pub gtid: Option<GtidPosition>,
}

/// File and offset of the end of an event, on the server that wrote the file.
///
/// Stored inside of other things it is the text of a [`Position`] without GTIDs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BinlogPosition {
    /// Identity of the server: `server_uuid` on MySQL, `server_id` and its data directory's uid on MariaDB.
    pub server: Arc<str>,
    /// Binlog file name.
    pub file: Arc<str>,
    /// Bytes from the start of the file.
    pub offset: u64,
}

impl BinlogPosition {
    /// Whether this position lies at or behind `other` on the same server.
    pub fn has_reached(&self, other: &Self) -> bool {
        if self.file == other.file {
            return self.offset >= other.offset;
        }
        (self.sequence(), self.offset) >= (other.sequence(), other.offset)
    }

    /// The number behind the last point of the file name; it grows without bound and may gain digits.
    fn sequence(&self) -> u64 {
        self.file.rsplit('.').next().and_then(|s| s.parse().ok()).unwrap_or(0)
    }
}

/// GTIDs executed so far, in the form of the server's family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GtidPosition {
    /// MySQL: a set of intervals for each source (and tag).
    MySql(GtidSet),
    /// MariaDB: the last sequence number in each domain.
    MariaDb(GtidList),
}

/// One transaction's GTID.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gtid {
    /// MySQL `uuid:number` or `uuid:tag:number`.
    MySql {
        /// Who numbered it.
        source: GtidSource,
        /// From 1.
        number: u64,
    },
    /// MariaDB `domain-server-sequence`.
    MariaDb(MariaDbGtid),
}

/// The end of a source transaction: how far it moves the position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitMark {
    /// Where the transaction ends in the binlog.
    pub binlog: BinlogPosition,
    /// Its GTID, where the source has GTIDs.
    pub gtid: Option<Gtid>,
    /// When it was committed, in microseconds since 1970 by the source's clock.
    pub source_time: i64,
}

impl Position {
    /// Whether everything up to `other` lies before this position. Not, when the two cannot be compared.
    pub fn has_reached(&self, other: &Self) -> bool {
        match (&self.gtid, &other.gtid) {
            (Some(GtidPosition::MySql(here)), Some(GtidPosition::MySql(there))) => here.contains(there),
            (Some(GtidPosition::MariaDb(here)), Some(GtidPosition::MariaDb(there))) => here.contains(there),
            (None, _) | (_, None) | (Some(_), Some(_)) => match (&self.binlog, &other.binlog) {
                (Some(here), Some(there)) => here.server == there.server && here.has_reached(there),
                (None, _) | (_, None) => false,
            },
        }
    }

    /// Moves past one source transaction.
    pub fn advance(&mut self, mark: &CommitMark) {
        match &mut self.binlog {
            // Nearly always: another place in the same file, whose names are shared.
            Some(at)
                if Arc::ptr_eq(&at.file, &mark.binlog.file)
                    && Arc::ptr_eq(&at.server, &mark.binlog.server) =>
            {
                at.offset = mark.binlog.offset;
            }
            other => *other = Some(mark.binlog.clone()),
        }
        match (&mut self.gtid, &mark.gtid) {
            (Some(GtidPosition::MySql(set)), Some(Gtid::MySql { source, number })) => {
                set.add(source, *number)
            }
            (Some(GtidPosition::MariaDb(list)), Some(Gtid::MariaDb(gtid))) => list.add(*gtid),
            // Without a complete starting set a single GTID says nothing about the transactions before it: file and
            // offset stay the truth.
            (None, _) | (_, None) | (Some(_), Some(_)) => {}
        }
    }
}

impl From<BinlogPosition> for String {
    fn from(binlog: BinlogPosition) -> Self {
        Position { binlog: Some(binlog), gtid: None }.to_string()
    }
}

impl TryFrom<String> for BinlogPosition {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        let binlog = text.parse::<Position>()?.binlog;
        binlog.ok_or_else(|| Error::config(format!("`{text}` names no place in a binlog")))
    }
}

/// The stored form; unknown fields are refused, so that a newer dt's position is never half understood.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredPosition {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    server: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    offset: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mysql_gtid_set: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mariadb_gtid_list: Option<String>,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mysql, mariadb) = match &self.gtid {
            None => (None, None),
            Some(GtidPosition::MySql(set)) => (Some(set.to_string()), None),
            Some(GtidPosition::MariaDb(list)) => (None, Some(list.to_string())),
        };
        let stored = StoredPosition {
            server: self.binlog.as_ref().map(|b| b.server.to_string()),
            file: self.binlog.as_ref().map(|b| b.file.to_string()),
            offset: self.binlog.as_ref().map(|b| b.offset),
            mysql_gtid_set: mysql,
            mariadb_gtid_list: mariadb,
        };
        f.write_str(&serde_json::to_string(&stored).map_err(|_| fmt::Error)?)
    }
}

impl FromStr for Position {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let bad = |why: &str| Error::config(format!("`{text}` is not a position of dt: {why}"));
        let stored: StoredPosition = serde_json::from_str(text).map_err(|e| bad(&e.to_string()))?;
        let binlog = match (stored.server, stored.file, stored.offset) {
            (Some(server), Some(file), Some(offset)) => {
                Some(BinlogPosition { server: server.into(), file: file.into(), offset })
            }
            (None, None, None) => None,
            _ => return Err(bad("server, file and offset belong together")),
        };
        let gtid = match (stored.mysql_gtid_set, stored.mariadb_gtid_list) {
            (Some(set), None) => Some(GtidPosition::MySql(set.parse()?)),
            (None, Some(list)) => Some(GtidPosition::MariaDb(list.parse()?)),
            (None, None) => None,
            (Some(_), Some(_)) => return Err(bad("it names GTIDs of MySQL and of MariaDB")),
        };
        if binlog.is_none() && gtid.is_none() {
            return Err(bad("it names neither a file nor a GTID"));
        }
        Ok(Self { binlog, gtid })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "3e11fa47-71ca-11e1-9e33-c80aa9429562";

    fn set(text: &str) -> GtidSet {
        text.parse().unwrap()
    }

    #[test]
    fn positions_round_trip() {
        let binlog = BinlogPosition { server: "u".into(), file: "b.000009".into(), offset: 1 << 33 };
        for gtid in [
            None,
            Some(GtidPosition::MySql(set(&format!("{A}:1-5")))),
            Some(GtidPosition::MariaDb("0-1-5,2-1-9".parse().unwrap())),
        ] {
            let position = Position { binlog: Some(binlog.clone()), gtid };
            assert_eq!(position.to_string().parse::<Position>().unwrap(), position);
        }
    }

    #[test]
    fn bad_positions_are_errors() {
        for text in [
            "",
            "{}",
            "null",
            "binlog.000001:4",
            r#"{"file":"a","offset":4}"#,
            r#"{"mysql_gtid_set":"","x":1}"#,
        ] {
            assert!(text.parse::<Position>().is_err(), "{text}");
        }
    }

    #[test]
    fn files_compare_by_number() {
        let at = |file: &str, offset| BinlogPosition { server: "u".into(), file: file.into(), offset };
        assert!(at("b.1000000", 4).has_reached(&at("b.999999", 900)));
        assert!(!at("b.000002", 4).has_reached(&at("b.000002", 5)));
    }

    #[test]
    fn positions_are_reached_by_gtid_else_by_file() {
        let at = |text: &str| text.parse::<Position>().unwrap();
        let mysql = |gtids: &str| at(&format!(r#"{{"mysql_gtid_set":"{A}:{gtids}"}}"#));
        assert!(mysql("1-7").has_reached(&mysql("1-7")) && !mysql("1-7").has_reached(&mysql("1-8")));
        let file = |server: &str, offset: u64| {
            at(&format!(r#"{{"server":"{server}","file":"b.1","offset":{offset}}}"#))
        };
        assert!(file("u", 9).has_reached(&file("u", 4)) && !file("v", 9).has_reached(&file("u", 4)));
        assert!(!file("u", 9).has_reached(&mysql("1-7")) && !mysql("1-7").has_reached(&file("u", 4)));
        let maria = |sequence: u64| {
            at(&format!(r#"{{"server":"u","file":"b.1","offset":4,"mariadb_gtid_list":"0-1-{sequence}"}}"#))
        };
        assert!(maria(8).has_reached(&maria(7)) && !maria(6).has_reached(&maria(7)));
    }

    #[test]
    fn marks_move_the_position() {
        let mut position =
            Position { binlog: None, gtid: Some(GtidPosition::MariaDb("0-1-5".parse().unwrap())) };
        let gtid = MariaDbGtid { domain: 1, server: 2, sequence: 3 };
        let binlog = BinlogPosition { server: "u".into(), file: "b.1".into(), offset: 9 };
        position.advance(&CommitMark { binlog, gtid: Some(Gtid::MariaDb(gtid)), source_time: 0 });
        assert_eq!(position.gtid, Some(GtidPosition::MariaDb("0-1-5,1-2-3".parse().unwrap())));
        assert_eq!(position.binlog.unwrap().offset, 9);
    }
}
