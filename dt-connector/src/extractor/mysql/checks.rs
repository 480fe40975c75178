//! What stops a task before it starts, each with one message and its remedy.
//!
//! A setting that is wrong here would not fail later: rows would be missing or wrong without a word. So every one of these is
//! an error, never a warning, unless the task file says otherwise.

use dt_common::config::FkCascade;
use dt_common::error::{Error, Result};
use dt_common::filter::Filter;
use dt_common::position::{BinlogPosition, GtidList, GtidPosition, Position};
use dt_common::schema::TableName;
use mysql_async::prelude::{FromRow, Queryable};
use mysql_async::{Conn, Row};
use tracing::warn;

use super::connection::source_error;
use super::schema::SourceTables;
use super::server::{Flavor, Server};

/// From this version on MySQL's SQL layer acts on foreign keys and logs the child rows.
const LOGS_CASCADES: (u16, u16, u16) = (9, 6, 0);

async fn rows<T: FromRow + Send + 'static>(conn: &mut Conn, query: &str) -> Result<Vec<T>> {
    conn.query(query).await.map_err(|e| source_error("checking the source", e))
}

/// Whether the source can serve a change stream of these tables.
///
/// # Errors
/// The first thing that it lacks.
pub(crate) async fn change_stream(
    conn: &mut Conn,
    server: &Server,
    source: &SourceTables,
    filter: &Filter,
    on_fk_cascade: FkCascade,
) -> Result<()> {
    binlog_settings(server)?;
    replication_privilege(conn, server).await?;
    replica_logs(conn, server).await?;
    if let Some(name) = source.hash_unique.first() {
        return Err(Error::schema(format!(
            "table {name} has a unique index over hashes (a long or BLOB column), which adds a hidden column to its \
             row images; drop the index or leave the table out by [filter] ignore_tbs"
        )));
    }
    cascades(conn, server, filter, on_fk_cascade).await
}

/// The binlog has to hold every changed row in full.
fn binlog_settings(server: &Server) -> Result<()> {
    let is = |name: &str, wanted: &str| server.variable(name).eq_ignore_ascii_case(wanted);
    let refuse = |name: &str, wanted: &str, why: &str| {
        let found = server.variable(name);
        Err(Error::source(format!("the source has {name}={found}; set {name}={wanted}: {why}")))
    };
    if !is("log_bin", "ON") {
        return refuse("log_bin", "ON", "without a binlog there is no change stream (this needs a restart)");
    }
    if !is("binlog_format", "ROW") && !server.variable("binlog_format").is_empty() {
        return refuse(
            "binlog_format",
            "ROW",
            "other formats log statements, not rows; sessions that are open keep theirs",
        );
    }
    // MariaDB's FULL_NODUP leaves out what an update did not change.
    if !is("binlog_row_image", "FULL") {
        return refuse(
            "binlog_row_image",
            "FULL",
            "other images leave columns out; sessions that are open keep theirs",
        );
    }
    if server.variable("binlog_row_value_options").contains("PARTIAL_JSON") {
        return refuse("binlog_row_value_options", "''", "partial JSON cannot be applied");
    }
    Ok(())
}

/// REPLICATION CLIENT shows where the binlog stands, REPLICATION SLAVE reads it.
async fn replication_privilege(conn: &mut Conn, server: &Server) -> Result<()> {
    server.binlog_end(conn).await?;
    let allowed = match server.flavor {
        // The statement needs just this privilege, however a role or a default granted it.
        Flavor::MySql => {
            let statement = if server.version >= (8, 0, 22) { "SHOW REPLICAS" } else { "SHOW SLAVE HOSTS" };
            match conn.query_drop(statement).await {
                Ok(()) => true,
                Err(mysql_async::Error::Server(e)) if e.code == 1227 => false,
                Err(e) => return Err(source_error(statement, e)),
            }
        }
        Flavor::MariaDb => {
            let grants: Vec<String> = rows(conn, "SHOW GRANTS").await?;
            grants.iter().any(|grant| grants_replication(grant))
        }
    };
    if allowed {
        return Ok(());
    }
    Err(Error::source("the user may not read the binlog; GRANT REPLICATION SLAVE ON *.* to it"))
}

/// Whether a line of MariaDB's `SHOW GRANTS` grants REPLICATION SLAVE.
fn grants_replication(grant: &str) -> bool {
    let Some((privileges, _)) = grant.strip_prefix("GRANT ").and_then(|rest| rest.split_once(" ON *.* TO "))
    else {
        return false;
    };
    privileges.split(',').any(|p| matches!(p.trim(), "ALL PRIVILEGES" | "REPLICATION SLAVE"))
}

/// A replica logs what it replicates only when told to.
async fn replica_logs(conn: &mut Conn, server: &Server) -> Result<()> {
    let is_off = |name: &str| server.variable(name).eq_ignore_ascii_case("OFF");
    if !is_off("log_slave_updates") && !is_off("log_replica_updates") {
        return Ok(());
    }
    let statement = match server.flavor {
        Flavor::MariaDb => "SHOW ALL SLAVES STATUS",
        Flavor::MySql if server.version >= (8, 0, 22) => "SHOW REPLICA STATUS",
        Flavor::MySql => "SHOW SLAVE STATUS",
    };
    match conn.query_first::<Row, _>(statement).await {
        Ok(None) => Ok(()),
        Ok(Some(_)) => Err(Error::source(
            "the source is a replica that does not log what it replicates; set log_replica_updates=ON \
             (log_slave_updates on MariaDB and older MySQL), or follow its primary",
        )),
        Err(mysql_async::Error::Server(e)) if e.code == 1227 => {
            warn!(
                "not allowed to see whether the source is a replica; if it is one, it logs no replicated rows"
            );
            Ok(())
        }
        Err(e) => Err(source_error(statement, e)),
    }
}

/// Rows of a child that a foreign key changes by itself are in the binlog of MySQL 9.6 and later only.
async fn cascades(conn: &mut Conn, server: &Server, filter: &Filter, policy: FkCascade) -> Result<()> {
    let native = server.variable("innodb_native_foreign_keys").eq_ignore_ascii_case("ON");
    if server.flavor == Flavor::MySql && server.version >= LOGS_CASCADES && !native {
        return Ok(());
    }
    let children: Vec<(String, String)> = rows(
        conn,
        "SELECT DISTINCT CONSTRAINT_SCHEMA, TABLE_NAME FROM information_schema.REFERENTIAL_CONSTRAINTS \
         WHERE DELETE_RULE IN ('CASCADE', 'SET NULL', 'SET DEFAULT') OR UPDATE_RULE IN ('CASCADE', 'SET NULL', 'SET DEFAULT') \
         ORDER BY 1, 2",
    )
    .await?;
    let children: Vec<String> = children
        .into_iter()
        .map(|(db, table)| TableName { db, table })
        .filter(|name| filter.follows(name))
        .map(|name| name.to_string())
        .collect();
    if children.is_empty() {
        return Ok(());
    }
    let tables = children.join(", ");
    match policy {
        FkCascade::Stop => Err(Error::source(format!(
            "this server does not log the rows that a cascading foreign key changes, and these tables have one: {tables}; \
             leave them out by [filter] ignore_tbs, change the foreign keys to RESTRICT, or accept wrong rows by \
             [extractor] on_fk_cascade=warn"
        ))),
        FkCascade::Warn => {
            warn!(%tables, "rows that cascading foreign keys change are not logged by this server and will be wrong");
            Ok(())
        }
    }
}

/// Rows of a non-transactional table ignore the read view that a copy is taken in.
///
/// # Errors
/// Such a table among those that are copied.
pub(crate) async fn engines(conn: &mut Conn, source: &SourceTables) -> Result<()> {
    let engines: Vec<String> =
        rows(conn, "SELECT ENGINE FROM information_schema.ENGINES WHERE TRANSACTIONS = 'YES'").await?;
    let transactional = |name: &str| engines.iter().any(|engine| engine.eq_ignore_ascii_case(name));
    match source.tables.iter().find(|table| !transactional(&table.engine)) {
        None => Ok(()),
        Some(table) => Err(Error::source(format!(
            "table {} uses the engine {}, which has no transactions, so that its copy would hold rows of different \
             moments; ALTER it to InnoDB or leave it out by [filter] ignore_tbs",
            table.name, table.engine
        ))),
    }
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
    let Position { binlog, gtid } = position;
    if let Some(gtid) = &gtid {
        executed(conn, server, gtid).await?;
    }
    let binlog = match (binlog, &gtid) {
        (Some(binlog), Some(_)) if binlog.server != server.identity => None,
        (Some(binlog), None) if binlog.server != server.identity => {
            return Err(other_server(server, &Position { binlog: Some(binlog), gtid: None }));
        }
        (Some(binlog), _) => binlog_file(conn, server, binlog, gtid.is_some()).await?,
        (None, _) => None,
    };
    if let (Some(binlog), Some(GtidPosition::MariaDb(list))) = (&binlog, &gtid) {
        same_history(conn, server, binlog, list).await?;
    }
    Ok(Position { binlog, gtid })
}

fn other_server(server: &Server, position: &Position) -> Error {
    Error::source(format!(
        "the task stands at a file and offset of another server, which mean nothing on this one (it is {}); point [extractor] \
         url at the server that the task has followed, or copy anew with a new task id. Position: {position}",
        server.identity
    ))
}

/// The place, when its file is still there and as long as the place says; `None` for a purged file where GTIDs stand in.
async fn binlog_file(
    conn: &mut Conn,
    server: &Server,
    position: BinlogPosition,
    has_gtid: bool,
) -> Result<Option<BinlogPosition>> {
    let files: Vec<Row> = rows(conn, "SHOW BINARY LOGS").await?;
    let named = |row: &Row| row.get::<String, _>(0).is_some_and(|name| name == *position.file);
    let (file, offset) = (&position.file, position.offset);
    if !server.binlog_end(conn).await?.has_reached(&position) {
        return Err(Error::source(format!(
            "the task stands at {file}:{offset}, behind the end of the source's binlog: the binlog was reset or the \
             server lost transactions; copy anew with a new task id"
        )));
    }
    if files.iter().any(named) {
        return Ok(Some(position));
    }
    if has_gtid {
        return Ok(None);
    }
    Err(Error::source(format!(
        "the binlog {file} that the task needs is no longer on the source; copy anew with a new task id, and keep binlogs \
         longer (binlog_expire_logs_seconds)"
    )))
}

/// Whether a file and offset of this server stand where the task's GTIDs do. They do not in a binlog that was reset and has been
/// written to since: the numbers come again. MySQL offers no way to ask.
async fn same_history(
    conn: &mut Conn,
    server: &Server,
    at: &BinlogPosition,
    stored: &GtidList,
) -> Result<()> {
    match server.gtid_at(conn, at).await? {
        Some(GtidPosition::MariaDb(found)) if !stored.iter().all(|gtid| found.iter().any(|f| f == gtid)) => {
            Err(Error::source(format!(
                "the task stands at {stored}, but the source's binlog has {found} there ({}:{}): it was reset or restored \
                 since; copy anew with a new task id",
                at.file, at.offset
            )))
        }
        // Where the server cannot tell, the GTIDs alone have to do.
        Some(GtidPosition::MariaDb(_) | GtidPosition::MySql(_)) | None => Ok(()),
    }
}

/// Whether the server has executed all that the task has, and still holds all that the task has not.
async fn executed(conn: &mut Conn, server: &Server, resume: &GtidPosition) -> Result<()> {
    let executed = server.gtid_position(conn).await?;
    let ahead = match (resume, &executed) {
        (GtidPosition::MySql(resume), Some(GtidPosition::MySql(executed))) => !executed.contains(resume),
        (GtidPosition::MariaDb(resume), Some(GtidPosition::MariaDb(executed))) => !executed.contains(resume),
        (GtidPosition::MySql(_) | GtidPosition::MariaDb(_), _) => {
            return Err(Error::source(
                "the task's GTIDs are not of this server's kind, or its gtid_mode is off; copy anew with a new task id",
            ));
        }
    };
    if ahead {
        return Err(Error::source(
            "the task has applied transactions that the source has never executed: it was reset, or a failover lost \
             them; copy anew with a new task id",
        ));
    }
    // MariaDB keeps no list of what it purged; there the server itself refuses such a start.
    let GtidPosition::MySql(resume) = resume else { return Ok(()) };
    let purged: Vec<String> = rows(conn, "SELECT @@GLOBAL.gtid_purged").await?;
    let GtidPosition::MySql(purged) = server.parse_gtid(purged.first().map_or("", String::as_str))? else {
        return Ok(());
    };
    if resume.contains(&purged) {
        return Ok(());
    }
    Err(Error::source(
        "transactions that the task has not seen are purged from the source's binlogs; copy anew with a new task id, and \
         keep binlogs longer (binlog_expire_logs_seconds)",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grants() {
        for (grant, expected) in [
            ("GRANT ALL PRIVILEGES ON *.* TO `a`@`%`", true),
            ("GRANT SELECT, REPLICATION SLAVE, BINLOG MONITOR ON *.* TO `a`@`%`", true),
            ("GRANT REPLICATION SLAVE ADMIN ON *.* TO `a`@`%`", false),
            ("GRANT ALL PRIVILEGES ON `d`.* TO `a`@`%`", false),
            ("GRANT `role` TO `a`@`%`", false),
        ] {
            assert_eq!(grants_replication(grant), expected, "{grant}");
        }
    }
}
