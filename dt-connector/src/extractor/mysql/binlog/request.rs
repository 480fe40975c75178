//! Asking the server for its binlog: from where, with which session variables, and what its refusals mean.

use std::time::Duration;

use dt_common::error::{Error, ErrorKind, Result};
use dt_common::position::{BinlogPosition, GtidList, GtidPosition, GtidSet, Position};
use dt_common::schema::TableName;
use mysql_async::prelude::Queryable;
use mysql_async::{BinlogStream, BinlogStreamRequest, Conn, IoError, Sid};

use crate::extractor::mysql::connection::source_error;
use crate::extractor::mysql::server::{Flavor, Server};

/// The codes of refused and ended binlog dumps: `ER_MASTER_FATAL_ERROR_READING_BINLOG`, whose text says why, and MariaDB's
/// `ER_SLAVE_SAME_ID`.
const REFUSED: [u16; 2] = [1236, 4052];

/// The codes of a dump that the user has no right to.
const DENIED: [u16; 2] = [1045, 1227];

/// What the codec behind the driver says about bytes that are left when a connection ends.
const CUT_PACKET: &str = "bytes remaining on stream";

/// Where a dump starts.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Start<'a> {
    /// Everything that is not in the set.
    MySqlGtid(&'a GtidSet),
    /// Everything behind the list.
    MariaDbGtid(&'a GtidList),
    /// File and offset.
    File(&'a BinlogPosition),
}

/// How this reader presents itself to the server.
#[derive(Debug, Clone)]
pub(crate) struct Reader {
    /// Unique among the replicas of the server.
    pub(super) server_id: u32,
    /// Shown as the host of the replica, see [`registered_name`].
    pub(super) name: String,
    /// By this the server ends an older connection of the same reader.
    pub(super) uuid: String,
}

impl Reader {
    /// The reader of a task, the same at every start: the server ends the connection of a start before, dead or alive.
    pub(crate) fn new(server_id: u32, task_id: &str) -> Self {
        Self { server_id, name: registered_name(task_id), uuid: uuid_of(server_id, task_id).to_string() }
    }

    /// The second reader of the same task. To the server it is another replica: else each of the two would end the other.
    pub(super) fn beside(&self) -> Self {
        let server_id = (self.server_id ^ BESIDE).max(1);
        let name = self.name.chars().take(MAX_NAME - 1).chain(['+']).collect();
        let uuid = uuid_of(server_id, &self.uuid).to_string();
        Self { server_id, name, uuid }
    }
}

/// The bit in which the id of a task's second reader differs from that of its first.
const BESIDE: u32 = 1 << 29;

/// FNV-1a of both.
fn uuid_of(server_id: u32, task_id: &str) -> uuid::Uuid {
    let bytes = server_id.to_le_bytes().into_iter().chain(task_id.bytes());
    let (start, prime) = (0x6c62_272e_07bb_0142_62b8_2175_6295_c58d, 0x0100_0000_0000_0000_0000_013b);
    uuid::Uuid::from_u128(bytes.fold(start, |hash: u128, byte| (hash ^ u128::from(byte)).wrapping_mul(prime)))
}

/// Longest host name of a replica that every version takes.
const MAX_NAME: usize = 60;

/// The host name under which a task appears among the server's replicas (`SHOW REPLICAS`, `SHOW SLAVE HOSTS`), so that a person, and
/// the next start, can tell whose connection it is.
pub(crate) fn registered_name(task_id: &str) -> String {
    format!("dt:{task_id}").chars().take(MAX_NAME).collect()
}

/// Chooses how to start: by GTID where the position and the server have them, else by file and offset on the same server.
///
/// # Errors
/// The position belongs to another server and has no GTID that this one understands.
pub(super) fn start<'a>(position: &'a Position, server: &Server) -> Result<Start<'a>> {
    match (&position.gtid, server.flavor) {
        (Some(GtidPosition::MySql(set)), Flavor::MySql) if server.gtid_mode => {
            return Ok(Start::MySqlGtid(set));
        }
        (Some(GtidPosition::MariaDb(list)), Flavor::MariaDb) => return Ok(Start::MariaDbGtid(list)),
        (Some(GtidPosition::MySql(_) | GtidPosition::MariaDb(_)) | None, Flavor::MySql | Flavor::MariaDb) => {
        }
    }
    match &position.binlog {
        Some(binlog) if binlog.server == server.identity => {
            // The protocol's field has four bytes, and the driver would cut the rest off.
            if binlog.offset > u64::from(u32::MAX) {
                return Err(Error::source(format!(
                    "offset {} in {} lies behind 4 GiB, from where no server starts without GTIDs: give the start of the \
                     next binlog file as binlog_filename with binlog_position = 4",
                    binlog.offset, binlog.file
                )));
            }
            Ok(Start::File(binlog))
        }
        Some(binlog) => Err(Error::source(format!(
            "the stored position is a checkpoint of another server: {} instead of {}. File and offset mean nothing here: \
             connect to the server that wrote them, turn GTIDs on, or reset the task and copy anew",
            binlog.server, server.identity
        ))),
        None => Err(Error::source(
            "the stored position is a GTID that this server does not understand (MySQL with gtid_mode = OFF, or the other \
             of MySQL and MariaDB): connect to a server of the same family with GTIDs on, or reset the task and copy anew",
        )),
    }
}

/// Sequences of the server, which only MariaDB has.
///
/// # Errors
/// The connection is lost.
pub(super) async fn sequences(conn: &mut Conn, flavor: Flavor) -> Result<Vec<TableName>> {
    match flavor {
        Flavor::MySql => Ok(Vec::new()),
        Flavor::MariaDb => conn
            .query_map(
                "SELECT table_schema, table_name FROM information_schema.tables WHERE table_type = 'SEQUENCE'",
                |(db, table): (String, String)| TableName::new(db, table),
            )
            .await
            .map_err(|e| source_error("listing the sequences", e)),
    }
}

/// Turns a connection into a dump.
///
/// # Errors
/// The server refuses, or the connection is lost.
pub(super) async fn open(
    mut conn: Conn,
    server: &Server,
    start: Start<'_>,
    reader: &Reader,
    heartbeat: Duration,
) -> Result<BinlogStream> {
    let doing = "preparing the binlog dump";
    conn.query_drop(session_variables(server.flavor, &start, reader, heartbeat))
        .await
        .map_err(|e| source_error(doing, e))?;
    let request = BinlogStreamRequest::new(reader.server_id).with_hostname(reader.name.as_bytes());
    let request = match start {
        Start::MySqlGtid(set) => request.with_gtid().with_gtid_set(sids(set)?),
        Start::MariaDbGtid(_) => request,
        Start::File(at) => request.with_filename(at.file.as_bytes()).with_pos(at.offset),
    };
    conn.get_binlog_stream(request).await.map_err(dump_error)
}

fn session_variables(flavor: Flavor, start: &Start<'_>, reader: &Reader, heartbeat: Duration) -> String {
    let (period, uuid) = (heartbeat.as_nanos(), &reader.uuid);
    let mut sql = format!(
        "SET @source_heartbeat_period = {period}, @master_heartbeat_period = {period}, @replica_uuid = '{uuid}', \
         @slave_uuid = '{uuid}'"
    );
    match flavor {
        // The server checks its files by itself, and TCP or TLS checks the way.
        Flavor::MySql => sql.push_str(", @source_binlog_checksum = 'NONE'"),
        // Without it GTIDs arrive disguised as BEGIN.
        Flavor::MariaDb => sql.push_str(", @mariadb_slave_capability = 4"),
    }
    if let Start::MariaDbGtid(list) = start {
        sql.push_str(&format!(
            ", @slave_connect_state = '{list}', @slave_gtid_strict_mode = 0, @slave_gtid_ignore_duplicates = 0"
        ));
    }
    sql
}

/// The set in the driver's form, one entry a source and tag.
fn sids(set: &GtidSet) -> Result<Vec<Sid<'static>>> {
    set.iter()
        .map(|(source, intervals)| {
            let mut text = source.to_string();
            for (from, to) in intervals {
                text.push_str(&format!(":{from}-{to}"));
            }
            text.parse()
                .map_err(|e: std::io::Error| Error::internal("the driver refuses a GTID set").caused_by(e))
        })
        .collect()
}

/// Whether the server has ended the dump for the sake of another reader of the same `server_id`.
pub(super) fn is_displacement(e: &mysql_async::Error) -> bool {
    matches!(e, mysql_async::Error::Server(refusal) if REFUSED.contains(&refusal.code) && names_another_reader(&refusal.message))
}

fn names_another_reader(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["same server_uuid", "same server_id", "same replica"].iter().any(|part| text.contains(part))
}

/// What an error of a dump means. A lost connection is transient, a refusal is not.
pub(super) fn dump_error(e: mysql_async::Error) -> Error {
    match &e {
        mysql_async::Error::Server(refusal) if REFUSED.contains(&refusal.code) => {
            Error::new(ErrorKind::Source, refused(&refusal.message)).caused_by(e)
        }
        // The log-in has succeeded long before.
        mysql_async::Error::Server(refusal) if DENIED.contains(&refusal.code) => {
            Error::source("the user may not read the binlog; GRANT REPLICATION SLAVE ON *.* to it")
        }
        // The driver's reader of frames says so when the connection ends inside a packet.
        mysql_async::Error::Io(IoError::Io(io)) if io.to_string() == CUT_PACKET => {
            Error::new(ErrorKind::Transient, "the connection to the source ended inside a packet")
        }
        mysql_async::Error::Io(IoError::Io(io))
            if matches!(io.kind(), std::io::ErrorKind::InvalidData | std::io::ErrorKind::Other) =>
        {
            Error::source("the driver cannot read a binlog event").caused_by(e)
        }
        _ => source_error("reading the binlog", e),
    }
}

/// The way out of a refused dump, from the server's text. Texts of MySQL 5.7 to 9 and MariaDB 10 and 11.
fn refused(text: &str) -> &'static str {
    let is_displaced = names_another_reader(text);
    let text = text.to_ascii_lowercase();
    let has = |part: &str| text.contains(part);
    if is_displaced {
        "another replica or task uses the same server_id: give this task a server_id of its own in [extractor]"
    } else if has("purged")
        || has("could not find first log")
        || has("could not find next log")
        || has("too old")
    {
        "the server no longer has the binlog that this task needs: reset the task and copy anew, and keep binlogs longer \
         (binlog_expire_logs_seconds, expire_logs_days)"
    } else if has("more gtids than")
        || has("not in the master's binlog")
        || has("not in the primary's binlog")
    {
        "the stored GTID is ahead of this server, which was restored or lost transactions: connect to the right server, or \
         reset the task and copy anew"
    } else if has("impossible position")
        || has("file size")
        || has("bogus data")
        || has("max_allowed_packet")
        || has("truncated")
    {
        "the stored file and offset are not the start of an event on this server, which was restored or reset: reset the \
         task and copy anew"
    } else if has("binary log is not open") || has("log-bin") {
        "the server writes no binlog: start it with log_bin"
    } else if has("server id was not set") || has("server_id") {
        "the server has no server_id: set one in its configuration"
    } else {
        "the server refuses to send its binlog"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UUID: &str = "3e11fa47-71ca-11e1-9e33-c80aa9429562";

    fn server(flavor: Flavor, gtid_mode: bool) -> Server {
        Server { flavor, version: (9, 7, 0), identity: "me".into(), gtid_mode, variables: Default::default() }
    }

    fn at(server: &str, offset: u64) -> Option<BinlogPosition> {
        Some(BinlogPosition { server: server.into(), file: "b.000001".into(), offset })
    }

    #[test]
    fn gtids_come_first_and_files_need_their_server() {
        let set = GtidPosition::MySql(format!("{UUID}:1-5").parse().unwrap());
        let both = Position { binlog: at("me", 7), gtid: Some(set.clone()) };
        assert!(matches!(start(&both, &server(Flavor::MySql, true)), Ok(Start::MySqlGtid(_))));
        assert!(matches!(start(&both, &server(Flavor::MySql, false)), Ok(Start::File(_))));
        assert!(matches!(start(&both, &server(Flavor::MariaDb, true)), Ok(Start::File(_))));
        let message =
            |position: &Position| start(position, &server(Flavor::MySql, false)).unwrap_err().to_string();
        assert!(message(&Position { binlog: at("other", 7), gtid: None }).contains("another server"));
        assert!(message(&Position { binlog: None, gtid: Some(set) }).contains("does not understand"));
        assert!(message(&Position { binlog: at("me", 1 << 32), gtid: None }).contains("4 GiB"));
    }

    #[test]
    fn sets_reach_the_driver_whole() {
        let set: GtidSet = format!("{UUID}:1-5:7,{UUID}:blue:1-2").parse().unwrap();
        let text: Vec<String> = sids(&set).unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(text, [format!("{UUID}:1-5:7"), format!("{UUID}:blue:1-2")]);
    }

    #[test]
    fn a_reader_is_the_same_at_every_start() {
        let uuid = |server_id, task_id| Reader::new(server_id, task_id).uuid;
        assert_eq!(uuid(1, "shop"), uuid(1, "shop"));
        assert!(uuid(1, "shop") != uuid(2, "shop") && uuid(1, "shop") != uuid(1, "shop2"));
    }

    #[test]
    fn a_cut_packet_is_a_lost_connection() {
        let error =
            |text: &str| dump_error(mysql_async::Error::from(std::io::Error::other(text.to_owned()))).kind();
        assert_eq!(error(CUT_PACKET), ErrorKind::Transient);
        assert_eq!(error("bytes remaining on stream while reading RotateEvent"), ErrorKind::Source);
    }

    #[test]
    fn refusals_name_the_way_out() {
        for (text, expected) in [
            ("Could not find first log file name in binary log index file", "copy anew"),
            ("could not find next log; the first event '' at 4", "copy anew"),
            ("Cannot replicate because the source purged required binary logs.", "keep binlogs longer"),
            (
                "Could not find GTID state requested by slave in any binlog files. Probably the slave state is too old",
                "keep",
            ),
            (
                "Slave has more GTIDs than the master has, using the master's SERVER_UUID",
                "ahead of this server",
            ),
            (
                "Error: connecting slave requested to start from GTID 0-1-9, which is not in the master's binlog",
                "ahead",
            ),
            (
                "Client requested master to start replication from impossible position",
                "not the start of an event",
            ),
            (
                "A slave with the same server_uuid/server_id as this slave has connected to the master",
                "server_id of its own",
            ),
            ("Binary log is not open", "log_bin"),
            ("?", "refuses"),
        ] {
            assert!(refused(text).contains(expected), "{text}");
        }
    }
}
