//! Where in the source's history a task stands.
//!
//! A [`Position`] is stored with the data and says from where a restart reads. It moves by [`CommitMark`]s, one a source
//! transaction, so that nobody copies or formats a GTID set for a transaction: the pipeline folds the marks of a
//! batch into one position.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

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
#[derive(Debug, Clone, PartialEq, Eq)]
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
    /// Moves past one source transaction.
    pub fn advance(&mut self, mark: &CommitMark) {
        self.binlog = Some(mark.binlog.clone());
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

/// Who numbers MySQL GTIDs: a server and, since MySQL 8.3, an optional tag.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GtidSource {
    /// `server_uuid`.
    pub uuid: [u8; 16],
    /// Tag, lower case.
    pub tag: Option<Arc<str>>,
}

impl fmt::Display for GtidSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, byte) in self.uuid.iter().enumerate() {
            if matches!(i, 4 | 6 | 8 | 10) {
                f.write_str("-")?;
            }
            write!(f, "{byte:02x}")?;
        }
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        Ok(())
    }
}

/// A MySQL GTID set: closed intervals, sorted and disjoint, for each source.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GtidSet {
    sources: BTreeMap<GtidSource, Vec<(u64, u64)>>,
}

impl GtidSet {
    /// Adds one GTID.
    pub fn add(&mut self, source: &GtidSource, number: u64) {
        match self.sources.get_mut(source) {
            Some(intervals) => insert_interval(intervals, (number, number)),
            None => {
                self.sources.insert(source.clone(), vec![(number, number)]);
            }
        }
    }

    /// Whether every GTID of `other` is in this set.
    pub fn contains(&self, other: &Self) -> bool {
        other.sources.iter().all(|(source, intervals)| {
            let own = self.sources.get(source).map_or(&[][..], Vec::as_slice);
            intervals.iter().all(|&(from, to)| own.iter().any(|&(a, b)| a <= from && to <= b))
        })
    }

    /// Intervals of each source, closed, ascending.
    pub fn iter(&self) -> impl Iterator<Item = (&GtidSource, &[(u64, u64)])> {
        self.sources.iter().map(|(source, intervals)| (source, intervals.as_slice()))
    }

    /// Whether the set holds nothing.
    pub fn is_empty(&self) -> bool {
        self.sources.is_empty()
    }
}

/// Inserts a closed interval into sorted disjoint ones and joins neighbours.
fn insert_interval(intervals: &mut Vec<(u64, u64)>, new: (u64, u64)) {
    // The usual case: the next number of the same source.
    if let Some(last) = intervals.last_mut()
        && last.0 <= new.0
        && new.0 <= last.1.saturating_add(1)
    {
        last.1 = last.1.max(new.1);
        return;
    }
    let at = intervals.partition_point(|&(from, _)| from < new.0);
    intervals.insert(at, new);
    let mut joined: Vec<(u64, u64)> = Vec::with_capacity(intervals.len());
    for &(from, to) in intervals.iter() {
        match joined.last_mut() {
            Some(last) if from <= last.1.saturating_add(1) => last.1 = last.1.max(to),
            _ => joined.push((from, to)),
        }
    }
    *intervals = joined;
}

impl fmt::Display for GtidSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, (source, intervals)) in self.sources.iter().enumerate() {
            if i > 0 {
                f.write_str(",")?;
            }
            write!(f, "{source}")?;
            for &(from, to) in intervals {
                if from == to { write!(f, ":{from}")? } else { write!(f, ":{from}-{to}")? }
            }
        }
        Ok(())
    }
}

/// Parses what MySQL prints: `uuid:1-5:7,uuid:tag:1-2:other_tag:3`, with white space around the commas.
impl FromStr for GtidSet {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let mut set = Self::default();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let mut fields = part.split(':').map(str::trim);
            let uuid = fields.next().and_then(parse_uuid).ok_or_else(|| bad_gtid(text, part))?;
            let mut source = GtidSource { uuid, tag: None };
            for field in fields {
                if field.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
                    source.tag = Some(field.to_ascii_lowercase().into());
                    continue;
                }
                let (from, to) = field.split_once('-').unwrap_or((field, field));
                let interval = from.parse().ok().zip(to.parse().ok());
                let (from, to) =
                    interval.filter(|(a, b)| 1 <= *a && a <= b).ok_or_else(|| bad_gtid(text, part))?;
                insert_interval(set.sources.entry(source.clone()).or_default(), (from, to));
            }
        }
        Ok(set)
    }
}

fn bad_gtid(text: &str, part: &str) -> Error {
    Error::config(format!("`{part}` in `{text}` is not a GTID set; expected `uuid:1-5:7,uuid:tag:1-2`"))
}

fn parse_uuid(text: &str) -> Option<[u8; 16]> {
    let digits: String = text.chars().filter(|c| *c != '-').collect();
    if digits.len() != 32 || !digits.is_ascii() {
        return None;
    }
    let mut uuid = [0; 16];
    for (i, byte) in uuid.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&digits[2 * i..2 * i + 2], 16).ok()?;
    }
    Some(uuid)
}

/// A MariaDB GTID.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MariaDbGtid {
    /// Replication domain.
    pub domain: u32,
    /// Server that wrote the transaction.
    pub server: u32,
    /// Sequence number in the domain.
    pub sequence: u64,
}

impl fmt::Display for MariaDbGtid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", self.domain, self.server, self.sequence)
    }
}

/// A MariaDB GTID position: the last GTID in each domain.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GtidList {
    domains: BTreeMap<u32, MariaDbGtid>,
}

impl GtidList {
    /// Moves one domain on.
    pub fn add(&mut self, gtid: MariaDbGtid) {
        self.domains.insert(gtid.domain, gtid);
    }

    /// Whether every domain of `other` is here, as far or farther.
    pub fn contains(&self, other: &Self) -> bool {
        other
            .domains
            .iter()
            .all(|(domain, gtid)| self.domains.get(domain).is_some_and(|own| own.sequence >= gtid.sequence))
    }

    /// The last GTID of each domain.
    pub fn iter(&self) -> impl Iterator<Item = &MariaDbGtid> {
        self.domains.values()
    }

    /// Whether no domain is known.
    pub fn is_empty(&self) -> bool {
        self.domains.is_empty()
    }
}

impl fmt::Display for GtidList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, gtid) in self.domains.values().enumerate() {
            if i > 0 {
                f.write_str(",")?;
            }
            write!(f, "{gtid}")?;
        }
        Ok(())
    }
}

/// Parses what MariaDB prints: `0-1-5,1-2-7`.
impl FromStr for GtidList {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let mut list = Self::default();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let fields: Vec<&str> = part.split('-').collect();
            let gtid = match fields[..] {
                [domain, server, sequence] => {
                    domain.parse().ok().zip(server.parse().ok()).zip(sequence.parse().ok())
                }
                _ => None,
            };
            let ((domain, server), sequence) = gtid.ok_or_else(|| {
                Error::config(format!(
                    "`{part}` in `{text}` is not a MariaDB GTID; expected `domain-server-sequence`"
                ))
            })?;
            list.add(MariaDbGtid { domain, server, sequence });
        }
        Ok(list)
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
    fn mysql_sets_round_trip_and_join() {
        for text in [format!("{A}:1-5:7"), format!("{A}:1-3,{A}:blue:1-2"), String::new()] {
            assert_eq!(set(&text).to_string(), text);
        }
        assert_eq!(set(&format!(" {A}:5-7:1-4 ,\n{A}:9")).to_string(), format!("{A}:1-7:9"));
        assert_eq!(set(&format!("{A}:1:blue:3:red:4")).to_string(), format!("{A}:1,{A}:blue:3,{A}:red:4"));
        let mut grown = set(&format!("{A}:1-3:7"));
        let source = grown.iter().next().unwrap().0.clone();
        [4, 6, 5, 5].into_iter().for_each(|n| grown.add(&source, n));
        assert_eq!(grown.to_string(), format!("{A}:1-7"));
    }

    #[test]
    fn mysql_sets_compare_as_sets() {
        assert!(set(&format!("{A}:1-9")).contains(&set(&format!("{A}:2-3:5"))));
        assert!(!set(&format!("{A}:1-4:6-9")).contains(&set(&format!("{A}:4-6"))));
        assert!(!set(&format!("{A}:1-9")).contains(&set(&format!("{A}:blue:1"))));
        assert!(set("").contains(&set("")));
    }

    #[test]
    fn bad_gtids_are_errors() {
        for text in ["x:1", &format!("{A}:0"), &format!("{A}:5-3"), &format!("{A}:1-")] {
            assert!(text.parse::<GtidSet>().is_err(), "{text}");
        }
        for text in ["0-1", "0-1-x", "a"] {
            assert!(text.parse::<GtidList>().is_err(), "{text}");
        }
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
