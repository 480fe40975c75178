//! What the user may do, proven by statements that change nothing.
//!
//! Roles, defaults and wildcards make the lists of grants hard to read right, so a privilege is tried where a statement needs it and
//! nothing else. Every remedy names the account that the server took the user for.

use std::collections::BTreeSet;

use dt_common::check::{Finding, counted, listed};
use dt_common::error::Result;
use dt_common::schema::TableName;
use mysql_async::Conn;
use mysql_async::prelude::Queryable;

use crate::extractor::mysql::connection::source_error;
use crate::extractor::mysql::literal::{identifier, quote};
use crate::extractor::mysql::server::{Flavor, Server};

/// Codes of refused statements: of a database, a table, a column, and of what needs a privilege of its own.
const DENIED: [u16; 4] = [1044, 1142, 1143, 1227];

/// A table that no database has; a statement that names it comes as far as the privileges.
const NO_TABLE: &str = "dt_precheck_there_is_no_such_table";

/// How a statement ended that is only run to see whether it is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// It may be run.
    Allowed,
    /// The privilege is missing.
    Denied {
        /// The server's code.
        code: u16,
    },
}

/// Runs a statement to see whether the user may.
///
/// # Errors
/// Whatever else is wrong.
pub(super) async fn may(conn: &mut Conn, statement: &str) -> Result<Answer> {
    match conn.query_drop(statement).await {
        Ok(()) => Ok(Answer::Allowed),
        Err(mysql_async::Error::Server(e)) if DENIED.contains(&e.code) => Ok(Answer::Denied { code: e.code }),
        Err(e) => Err(source_error(statement, e)),
    }
}

/// The account that the server took the user for, as GRANT takes it.
pub(super) async fn account(conn: &mut Conn) -> Result<String> {
    let query = "SELECT CURRENT_USER()";
    let account: Option<String> = conn.query_first(query).await.map_err(|e| source_error(query, e))?;
    Ok(quoted_account(&account.unwrap_or_default()))
}

fn quoted_account(account: &str) -> String {
    // A user's name may hold an `@`, a host's may not.
    let (user, host) = account.rsplit_once('@').unwrap_or((account, "%"));
    format!("{}@{}", quote(user), quote(host))
}

async fn grant(conn: &mut Conn, found: &str, privilege: &str, on: &str) -> Result<Finding> {
    let account = account(conn).await?;
    Ok(Finding::fail(found, format!("GRANT {privilege} ON {on} TO {account}")))
}

/// Seeing where the binlog stands and which files there are.
pub(super) async fn binlog_status(conn: &mut Conn, server: &Server) -> Result<Finding> {
    // MariaDB 10.5.2 gave the privilege another name.
    let privilege = match server.flavor {
        Flavor::MariaDb if server.version >= (10, 5, 2) => "BINLOG MONITOR",
        Flavor::MariaDb | Flavor::MySql => "REPLICATION CLIENT",
    };
    match may(conn, server.status_statement()).await? {
        Answer::Allowed => Ok(Finding::pass(format!("{privilege} is granted"))),
        Answer::Denied { .. } => {
            grant(conn, "the user may not see where the binlog stands", privilege, "*.*").await
        }
    }
}

/// Reading the binlog.
pub(super) async fn binlog_read(conn: &mut Conn, server: &Server) -> Result<Finding> {
    let privilege = "REPLICATION SLAVE";
    let allowed = match server.flavor {
        // The statement needs just this privilege, however a role or a default granted it.
        Flavor::MySql => may(conn, server.replicas_statement()).await? == Answer::Allowed,
        // No statement does here. Roles in force are listed with their own grants.
        Flavor::MariaDb => {
            let query = "SHOW GRANTS";
            let grants: Vec<String> = conn.query(query).await.map_err(|e| source_error(query, e))?;
            grants.iter().any(|grant| grants_replication(grant))
        }
    };
    match allowed {
        true => Ok(Finding::pass(format!("{privilege} is granted"))),
        false => grant(conn, "the user may not read the binlog", privilege, "*.*").await,
    }
}

/// Whether a line of MariaDB's `SHOW GRANTS` grants REPLICATION SLAVE.
fn grants_replication(grant: &str) -> bool {
    let Some((privileges, _)) = grant.strip_prefix("GRANT ").and_then(|rest| rest.split_once(" ON *.* TO "))
    else {
        return false;
    };
    privileges.split(',').any(|p| matches!(p.trim(), "ALL PRIVILEGES" | "REPLICATION SLAVE"))
}

/// Reading the tables. One on which the user has no right at all is invisible, so that no check can name it.
pub(super) async fn select<'a>(
    conn: &mut Conn,
    tables: impl ExactSizeIterator<Item = &'a TableName>,
) -> Result<Finding> {
    let count = tables.len();
    let mut denied = Vec::new();
    for name in tables {
        let statement = format!("SELECT * FROM {name} LIMIT 0");
        if may(conn, &statement).await? != Answer::Allowed {
            denied.push(name);
        }
    }
    if denied.is_empty() {
        return Ok(Finding::pass(format!(
            "{} can be read; one on which the user has no right at all would not be seen",
            counted(count, "table")
        )));
    }
    let databases: BTreeSet<&str> = denied.iter().map(|name| name.db.as_str()).collect();
    let account = account(conn).await?;
    let grants = databases.iter().map(|db| format!("GRANT SELECT ON {}.* TO {account}", identifier(db)));
    let found = format!("the user may not read {}", listed(&denied));
    Ok(Finding::fail(found, grants.collect::<Vec<_>>().join("; ")))
}

/// Locking the tables that a hand-over locks. No lock is taken: the statement names a table that is not there.
pub(super) async fn lock(conn: &mut Conn, to_lock: &[&TableName]) -> Result<Finding> {
    if to_lock.is_empty() {
        return Ok(Finding::pass("the hand-over needs no lock"));
    }
    let databases: BTreeSet<&str> = to_lock.iter().map(|name| name.db.as_str()).collect();
    let (mut denied, mut unseen) = (Vec::new(), Vec::new());
    for db in databases {
        let statement = format!("LOCK TABLES {}.{} READ", identifier(db), identifier(NO_TABLE));
        match conn.query_drop(&statement).await {
            Err(mysql_async::Error::Server(e)) if e.code == 1146 => {}
            Err(mysql_async::Error::Server(e)) if e.code == 1044 => denied.push(db),
            // The right to read is granted table by table, which this statement cannot be.
            Err(mysql_async::Error::Server(e)) if e.code == 1142 => unseen.push(db),
            Err(e) => return Err(source_error("trying LOCK TABLES", e)),
            Ok(()) => conn.query_drop("UNLOCK TABLES").await.map_err(|e| source_error("UNLOCK TABLES", e))?,
        }
    }
    let tables = listed(to_lock);
    let account = account(conn).await?;
    let grants = |dbs: &[&str]| {
        let grants = dbs.iter().map(|db| format!("GRANT LOCK TABLES ON {}.* TO {account}", identifier(db)));
        grants.collect::<Vec<_>>().join("; ")
    };
    Ok(match (denied.is_empty(), unseen.is_empty()) {
        (false, _) => Finding::fail(
            format!("the copy begins under a brief lock of {tables}, which the user may not take"),
            format!("{}, or give the tables a primary key", grants(&denied)),
        ),
        (true, false) => Finding::unseen(
            format!("whether the user may lock {tables} shows only when the copy begins"),
            format!("to be sure: {}", grants(&unseen)),
        ),
        (true, true) => Finding::pass(format!("the user may lock {tables}")),
    })
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

    #[test]
    fn accounts_are_quoted_as_grant_takes_them() {
        assert_eq!(quoted_account("dt@%"), "'dt'@'%'");
        assert_eq!(quoted_account("me@home@10.0.0.0/255.0.0.0"), "'me@home'@'10.0.0.0/255.0.0.0'");
        assert_eq!(quoted_account("it's@h"), "'it''s'@'h'");
    }
}
