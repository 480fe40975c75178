//! Whether the source still has what the task has not seen.

use dt_common::check::Finding;
use dt_common::config::{ExtractType, MySqlExtractorConfig};
use dt_common::error::{Error, Result};
use dt_common::position::{BinlogPosition, GtidList, GtidPosition, Position};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Row};

use crate::extractor::mysql::connection::{Connector, answers, source_error};
use crate::extractor::mysql::server::Server;
use crate::extractor::mysql::start;

/// Why a position is none to resume from, and what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Lost {
    why: &'static str,
    remedy: &'static str,
}

const OTHER_SERVER: Lost = Lost {
    why: "it is a file and offset of another server, which mean nothing on this one",
    remedy: "point [extractor] url at the server that the task has followed, or copy anew (`dt reset`, or a new task id)",
};
const BEHIND_THE_END: Lost = Lost {
    why: "it lies behind the end of the source's binlog: the binlog was reset or the server lost transactions",
    remedy: "copy anew (`dt reset`, or a new task id)",
};
const FILE_GONE: Lost = Lost {
    why: "its binlog file is no longer on the source",
    remedy: "copy anew (`dt reset`, or a new task id), and keep binlogs longer (binlog_expire_logs_seconds)",
};
const OTHER_KIND: Lost = Lost {
    why: "its GTIDs are not of this server's kind, or the server's gtid_mode is off",
    remedy: "point [extractor] url at a server of the former kind, or copy anew (`dt reset`, or a new task id)",
};
const AHEAD: Lost = Lost {
    why: "it holds transactions that the source has never executed: it was reset, or a failover lost them",
    remedy: "copy anew (`dt reset`, or a new task id)",
};
const PURGED: Lost = Lost {
    why: "transactions that the task has not seen are purged from the source's binlogs",
    remedy: "copy anew (`dt reset`, or a new task id), and keep binlogs longer (binlog_expire_logs_seconds)",
};

const OTHER_HISTORY: Lost = Lost {
    why: "the source's binlog has other GTIDs at that place: it was reset or restored since",
    remedy: "copy anew (`dt reset`, or a new task id)",
};

/// What the server has.
#[derive(Debug, Clone, Default)]
struct Held {
    /// GTIDs of what it has executed; `None` without GTIDs.
    executed: Option<GtidPosition>,
    /// GTIDs of what its binlogs no longer hold; `None` where it cannot say.
    purged: Option<GtidPosition>,
    /// Binlog files with their sizes, oldest first.
    files: Vec<(String, u64)>,
}

/// The position to resume from, checked against what the server still has.
///
/// File and offset are dropped when they are another server's or purged, and GTIDs say the same: an idle task may stand at the end of
/// a file that is gone without having missed anything.
///
/// # Errors
/// A purged position, one that lies ahead of the server, one of another server without GTIDs.
pub(crate) async fn resume_position(
    conn: &mut Conn,
    server: &Server,
    position: Position,
) -> Result<Position> {
    let held = Held::of(conn, server).await?;
    held.judge(conn, server, &position).await?.map_err(|Lost { why, remedy }| {
        Error::source(format!("the task stands at {position}: {why}; {remedy}"))
    })
}

/// Whether the task can begin where it has to.
///
/// `stored` is what the target remembers.
pub(super) async fn check(
    conn: &mut Conn,
    connector: &Connector,
    server: &Server,
    config: &MySqlExtractorConfig,
    kind: ExtractType,
    stored: Option<&Position>,
) -> Result<Finding> {
    let (what, position) = match stored {
        Some(position) => ("the task stands at", position.clone()),
        None if kind == ExtractType::SnapshotAndCdc => {
            return Ok(Finding::pass("nothing is stored: the task begins with its copy"));
        }
        None => match start::configured(connector, server, config).await? {
            Some(configured) => configured,
            None => {
                return Ok(Finding::pass("nothing is stored: the task begins at the source's present end"));
            }
        },
    };
    let judged = async {
        let held = Held::of(conn, server).await?;
        let judged = held.judge(conn, server, &position).await?;
        Ok((held, judged))
    };
    let (held, judged) = answers(config.read_timeout, "the check resume-position", judged).await?;
    Ok(match judged {
        Ok(usable) => Finding::pass(format!("{what} {position}: {}", held.headroom(&usable))),
        Err(Lost { why, remedy }) => Finding::fail(format!("{what} {position}: {why}"), remedy),
    })
}

impl Held {
    async fn of(conn: &mut Conn, server: &Server) -> Result<Self> {
        let query = "SHOW BINARY LOGS";
        let rows: Vec<Row> = conn.query(query).await.map_err(|e| source_error(query, e))?;
        let files: Vec<(String, u64)> =
            rows.iter().filter_map(|row| Some((row.get(0)?, row.get(1)?))).collect();
        let executed = server.gtid_position(conn).await?;
        let purged = match (&executed, files.first()) {
            (Some(_), Some((first, _))) => server.gtid_purged(conn, first).await?,
            (Some(_), None) | (None, _) => None,
        };
        Ok(Self { executed, purged, files })
    }

    /// The position to resume from, or why it is none. On MariaDB what stands at its place in the binlog has to be what the task has
    /// read: in a binlog that was reset and has been written to since, all numbers come again. MySQL offers no way to ask.
    async fn judge(
        &self,
        conn: &mut Conn,
        server: &Server,
        position: &Position,
    ) -> Result<Result<Position, Lost>> {
        let usable = self.resume(server, position);
        if let Ok(Position { binlog: Some(at), gtid: Some(GtidPosition::MariaDb(read)) }) = &usable
            && let Some(GtidPosition::MariaDb(there)) = server.gtid_at(conn, at).await?
            && !stands_at(&there, read)
        {
            return Ok(Err(OTHER_HISTORY));
        }
        Ok(usable)
    }

    fn resume(&self, server: &Server, position: &Position) -> Result<Position, Lost> {
        if let Some(gtid) = &position.gtid {
            self.holds_gtids(gtid)?;
        }
        let binlog = match &position.binlog {
            Some(binlog) if binlog.server == server.identity => {
                self.file_of(binlog, position.gtid.is_some())?
            }
            Some(_) if position.gtid.is_none() => return Err(OTHER_SERVER),
            Some(_) | None => None,
        };
        Ok(Position { binlog, gtid: position.gtid.clone() })
    }

    /// Whether the server has executed all that the task has, and still holds all that the task has not.
    fn holds_gtids(&self, resume: &GtidPosition) -> Result<(), Lost> {
        let executed = self.executed.as_ref().ok_or(OTHER_KIND)?;
        if !contains(executed, resume).ok_or(OTHER_KIND)? {
            return Err(AHEAD);
        }
        match &self.purged {
            Some(purged) if contains(resume, purged) == Some(false) => Err(PURGED),
            Some(_) | None => Ok(()),
        }
    }

    /// The place, when its file is still there and as long as the place says; `None` for a purged file where GTIDs stand in.
    fn file_of(&self, position: &BinlogPosition, has_gtid: bool) -> Result<Option<BinlogPosition>, Lost> {
        let end = self.files.last().map(|(file, size)| BinlogPosition {
            server: position.server.clone(),
            file: file.as_str().into(),
            offset: *size,
        });
        if !end.is_some_and(|end| end.has_reached(position)) {
            return Err(BEHIND_THE_END);
        }
        match self.index(position) {
            Some(_) => Ok(Some(position.clone())),
            None if has_gtid => Ok(None),
            None => Err(FILE_GONE),
        }
    }

    fn index(&self, position: &BinlogPosition) -> Option<usize> {
        self.files.iter().position(|(file, _)| **file == *position.file)
    }

    /// How far the task is behind, and how much is removed before it loses its place.
    fn headroom(&self, usable: &Position) -> String {
        let place = usable.binlog.as_ref().and_then(|binlog| Some((self.index(binlog)?, binlog.offset)));
        let Some((at, offset)) = place else {
            return match self.purged {
                Some(_) => "every transaction behind it is still in the binlogs".to_owned(),
                None => "the server says when it starts whether it still has all behind it".to_owned(),
            };
        };
        let ahead: u64 = self.files[at..].iter().map(|(_, size)| size).sum();
        format!(
            "{} bytes of binlog behind the source's end; {at} older files go before the one it needs",
            ahead.saturating_sub(offset)
        )
    }
}

/// Whether the last transactions of each domain that a task has read are the last ones before a place.
fn stands_at(there: &GtidList, read: &GtidList) -> bool {
    read.iter().all(|gtid| there.iter().any(|found| found == gtid))
}

/// Whether `all` holds everything of `part`; `None` for GTIDs of two families.
fn contains(all: &GtidPosition, part: &GtidPosition) -> Option<bool> {
    match (all, part) {
        (GtidPosition::MySql(all), GtidPosition::MySql(part)) => Some(all.contains(part)),
        (GtidPosition::MariaDb(all), GtidPosition::MariaDb(part)) => Some(all.contains(part)),
        (GtidPosition::MySql(_), GtidPosition::MariaDb(_))
        | (GtidPosition::MariaDb(_), GtidPosition::MySql(_)) => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::sync::Arc;

    use super::*;
    use crate::extractor::mysql::server::Flavor;

    fn server() -> Server {
        Server {
            flavor: Flavor::MariaDb,
            version: (10, 11, 0),
            identity: "me".into(),
            gtid_mode: true,
            variables: Arc::new(HashMap::new()),
        }
    }

    fn held(executed: Option<&str>, purged: Option<&str>) -> Held {
        let list = |text: &str| GtidPosition::MariaDb(text.parse().unwrap());
        Held {
            executed: executed.map(list),
            purged: purged.map(list),
            files: vec![("b.000004".into(), 900), ("b.000005".into(), 300)],
        }
    }

    fn at(server: &str, file: &str, offset: u64, gtid: Option<&str>) -> Position {
        let binlog = Some(BinlogPosition { server: server.into(), file: file.into(), offset });
        Position { binlog, gtid: gtid.map(|text| GtidPosition::MariaDb(text.parse().unwrap())) }
    }

    #[test]
    fn positions_are_judged_by_what_the_server_has() {
        let plain = held(None, None);
        let gtids = held(Some("0-1-50"), Some("0-1-30"));
        for (held, position, expected) in [
            (&plain, at("me", "b.000004", 100, None), Ok(true)),
            (&plain, at("me", "b.000003", 100, None), Err(FILE_GONE)),
            (&plain, at("me", "b.000005", 301, None), Err(BEHIND_THE_END)),
            (&plain, at("me", "b.000006", 4, None), Err(BEHIND_THE_END)),
            (&plain, at("you", "b.000004", 4, None), Err(OTHER_SERVER)),
            (&plain, at("me", "b.000004", 4, Some("0-1-40")), Err(OTHER_KIND)),
            (&gtids, at("me", "b.000004", 4, Some("0-1-40")), Ok(true)),
            // An idle task may stand at the end of a file that is gone.
            (&gtids, at("me", "b.000003", 4, Some("0-1-30")), Ok(false)),
            (&gtids, at("you", "x.000009", 4, Some("0-1-40")), Ok(false)),
            (&gtids, at("me", "b.000004", 4, Some("0-1-29")), Err(PURGED)),
            (&gtids, at("me", "b.000004", 4, Some("0-1-51")), Err(AHEAD)),
        ] {
            let resumed = held.resume(&server(), &position).map(|usable| usable.binlog.is_some());
            assert_eq!(resumed, expected, "{position}");
        }
        let other = Position { binlog: None, gtid: Some(GtidPosition::MySql(Default::default())) };
        assert_eq!(gtids.resume(&server(), &other), Err(OTHER_KIND));
    }

    #[test]
    fn another_history_has_other_gtids_at_the_same_place() {
        let list = |text: &str| text.parse::<GtidList>().unwrap();
        for (there, read, same) in [
            ("0-1-5,1-1-9", "0-1-5", true),
            ("0-1-5", "0-1-5,1-1-9", false),
            ("0-1-6", "0-1-5", false),
            ("0-2-5", "0-1-5", false),
        ] {
            assert_eq!(stands_at(&list(there), &list(read)), same, "{there} {read}");
        }
    }

    #[test]
    fn headroom_counts_files_and_bytes() {
        let position = at("me", "b.000005", 100, None);
        let text = held(None, None).headroom(&position);
        assert_eq!(
            text,
            "200 bytes of binlog behind the source's end; 1 older files go before the one it needs"
        );
    }
}
