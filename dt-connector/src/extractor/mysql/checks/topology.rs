//! Replication around the source: what it replicates itself, and who else reads its binlog.

use dt_common::check::Finding;
use dt_common::error::Result;
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Row};

use super::privileges::account;
use crate::extractor::mysql::binlog::registered_name;
use crate::extractor::mysql::connection::source_error;
use crate::extractor::mysql::server::{Flavor, Server};

/// Code of a statement that needs a privilege of its own.
const NEEDS_PRIVILEGE: u16 = 1227;

/// A replica logs what it replicates only when told to.
pub(super) async fn replica_updates(conn: &mut Conn, server: &Server) -> Result<Finding> {
    if server.is_on("log_slave_updates") || server.is_on("log_replica_updates") {
        return Ok(Finding::pass("whatever the source may replicate, it logs"));
    }
    let statement = match server.flavor {
        Flavor::MariaDb => "SHOW ALL SLAVES STATUS",
        Flavor::MySql if server.version >= (8, 0, 22) => "SHOW REPLICA STATUS",
        Flavor::MySql => "SHOW SLAVE STATUS",
    };
    match conn.query_first::<Row, _>(statement).await {
        Ok(None) => Ok(Finding::pass("the source is no replica")),
        Ok(Some(_)) => Ok(Finding::fail(
            "the source is a replica that does not log what it replicates",
            "start it with log_replica_updates=ON (log_slave_updates on MariaDB and older MySQL), or follow its primary",
        )),
        Err(mysql_async::Error::Server(e)) if e.code == NEEDS_PRIVILEGE => {
            let privilege = match server.flavor {
                Flavor::MariaDb if server.version >= (10, 5, 9) => "REPLICA MONITOR",
                Flavor::MariaDb | Flavor::MySql => "REPLICATION CLIENT",
            };
            let why = "not allowed to see whether the source is a replica; if it is one, it logs no replicated rows";
            unseen(conn, why.to_owned(), privilege).await
        }
        Err(e) => Err(source_error(statement, e)),
    }
}

/// What only a privilege shows that the task itself does not need.
async fn unseen(conn: &mut Conn, why: String, privilege: &str) -> Result<Finding> {
    let account = account(conn).await?;
    Ok(Finding::unseen(why, format!("to let dt see it: GRANT {privilege} ON *.* TO {account}")))
}

/// A replica as the server lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Replica {
    server_id: u32,
    host: String,
}

/// Whether another replica goes by the task's server id.
pub(super) async fn server_id(conn: &mut Conn, server: &Server, own: u32, task_id: &str) -> Result<Finding> {
    let statement = server.replicas_statement();
    match conn.query::<Row, _>(statement).await {
        Ok(rows) => {
            let replicas = rows.iter().filter_map(|row| {
                Some(Replica {
                    server_id: row.get(0)?,
                    host: row.get::<Option<String>, _>(1)?.unwrap_or_default(),
                })
            });
            let own = Replica { server_id: own, host: registered_name(task_id) };
            Ok(judge_server_id(server.flavor, &own, &replicas.collect::<Vec<_>>()))
        }
        Err(mysql_async::Error::Server(e)) if e.code == NEEDS_PRIVILEGE => {
            let privilege = match server.flavor {
                Flavor::MariaDb if server.version >= (10, 5, 2) => "REPLICATION MASTER ADMIN",
                Flavor::MariaDb | Flavor::MySql => "REPLICATION SLAVE",
            };
            unseen(
                conn,
                format!("not allowed to list the replicas; no other of them may use server_id {own}"),
                privilege,
            )
            .await
        }
        Err(e) => Err(source_error(statement, e)),
    }
}

/// The task's own connection shows under its name: it is running, or the server has not noticed yet that it ended.
fn judge_server_id(flavor: Flavor, own: &Replica, replicas: &[Replica]) -> Finding {
    let same: Vec<&Replica> = replicas.iter().filter(|replica| replica.server_id == own.server_id).collect();
    let Some(other) = same.iter().find(|replica| replica.host != own.host) else {
        return match same.is_empty() {
            true => Finding::pass(format!("no other replica uses server_id {}", own.server_id)),
            false => Finding::warn(
                format!(
                    "this task is connected to the source already, as replica {} ({})",
                    own.server_id, own.host
                ),
                "a second start takes the task over, and the first process ends with exit code 5; a process that has ended \
                 goes from the list when the server next writes to it",
            ),
        };
    };
    let found = format!("a replica `{}` uses the server_id {} too", other.host, own.server_id);
    let remedy = "give this task a number of its own: [extractor] server_id";
    match flavor {
        // MariaDB ends the older of two connections with one id, so that the two would end each other for ever.
        Flavor::MariaDb => {
            Finding::fail(format!("{found}, and MariaDB serves only one of them at a time"), remedy)
        }
        // MySQL tells replicas apart by their uuid.
        Flavor::MySql => {
            Finding::warn(format!("{found}; MySQL serves both, but lists only one of them"), remedy)
        }
    }
}

#[cfg(test)]
mod tests {
    use dt_common::check::Verdict::{Fail, Pass, Warn};

    use super::*;

    #[test]
    fn its_own_connection_is_no_clash() {
        let replica = |server_id, host: &str| Replica { server_id, host: host.into() };
        let own = replica(7, "dt:shop");
        for (flavor, others, verdict) in [
            (Flavor::MariaDb, vec![], Pass),
            (Flavor::MariaDb, vec![replica(8, "db2")], Pass),
            (Flavor::MariaDb, vec![replica(7, "dt:shop")], Warn),
            (Flavor::MariaDb, vec![replica(7, "dt:crm")], Fail),
            (Flavor::MariaDb, vec![replica(7, "")], Fail),
            (Flavor::MySql, vec![replica(7, "dt:shop"), replica(7, "db2")], Warn),
        ] {
            assert_eq!(judge_server_id(flavor, &own, &others).verdict, verdict, "{others:?}");
        }
    }
}
