//! The server itself: who it is, how the session reaches it, and how it writes its binlog.

use dt_common::check::Finding;
use dt_common::error::Result;
use mysql_async::Conn;
use mysql_async::prelude::Queryable;

use crate::extractor::mysql::connection::source_error;
use crate::extractor::mysql::server::{Flavor, Server};

/// Seconds that binlogs should outlive a stop of the task: a night and a morning.
const SAFE_RETENTION: u64 = 86_400;

pub(super) fn connection(address: &str, server: &Server) -> Finding {
    Finding::pass(format!("{address} answers as {} {}", server.flavor, server.variable("version")))
}

/// Whether the session is encrypted.
pub(super) async fn tls(conn: &mut Conn, host: &str) -> Result<Finding> {
    let query = "SHOW SESSION STATUS LIKE 'Ssl_cipher'";
    let row: Option<(String, String)> = conn.query_first(query).await.map_err(|e| source_error(query, e))?;
    Ok(judge_tls(&row.map(|(_, cipher)| cipher).unwrap_or_default(), host))
}

fn judge_tls(cipher: &str, host: &str) -> Finding {
    if !cipher.is_empty() {
        return Finding::pass(format!("the session is encrypted by {cipher}"));
    }
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    if host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback()) {
        return Finding::pass(format!("the session is not encrypted, and {host} is this machine"));
    }
    Finding::warn(
        format!(
            "the session to {host} is not encrypted: rows and the hash of the password travel in the open"
        ),
        "ask for TLS in [extractor] url (require_ssl=true), and let the server demand it: ALTER USER .. REQUIRE SSL",
    )
}

pub(super) fn version(server: &Server) -> Finding {
    let shown = |(major, minor, patch): (u16, u16, u16)| format!("{major}.{minor}.{patch}");
    let (found, oldest) = (shown(server.version), shown(server.flavor.oldest()));
    if server.version >= server.flavor.oldest() {
        return Finding::pass(format!("{} {found}, dt works with {oldest} and later", server.flavor));
    }
    Finding::fail(
        format!("the source is {} {found}, which lacks statements that dt uses", server.flavor),
        format!("upgrade it to {oldest} or later, or follow a replica of a newer version"),
    )
}

pub(super) fn binlog(server: &Server) -> Finding {
    if server.is_on("log_bin") {
        return Finding::pass("log_bin=ON");
    }
    Finding::fail(
        "the source has log_bin=OFF: without a binlog there is no change stream",
        "start the server with log_bin=binlog and binlog_format=ROW in its configuration (this needs a restart)",
    )
}

/// A setting with one right value, and what `SET GLOBAL` does to sessions that are open.
fn demand(server: &Server, name: &str, wanted: &str, why: &str) -> Finding {
    let found = server.variable(name);
    if found.eq_ignore_ascii_case(wanted) {
        return Finding::pass(format!("{name}={found}"));
    }
    Finding::fail(
        format!("the source has {name}={found}: {why}"),
        format!(
            "SET GLOBAL {name} = '{wanted}', and the same in the server's configuration; sessions that are open keep their \
             value until they reconnect"
        ),
    )
}

pub(super) fn binlog_format(server: &Server) -> Finding {
    // MySQL is about to drop the variable, and ROW with it becomes the only way.
    if server.variable("binlog_format").is_empty() {
        return Finding::pass("the server knows no other format than ROW");
    }
    demand(server, "binlog_format", "ROW", "other formats log statements, not rows")
}

pub(super) fn row_image(server: &Server) -> Finding {
    match server.variable("binlog_row_image") {
        full if full.eq_ignore_ascii_case("FULL") => Finding::pass("binlog_row_image=FULL"),
        partial => Finding::warn(
            format!(
                "binlog_row_image={partial}: updates leave columns out and are applied by MERGE, which is slower; one that changes a \
                 key while tables are copied, and a row without a key, stop the task where the image leaves columns out"
            ),
            "nothing, or SET GLOBAL binlog_row_image = 'FULL'",
        ),
    }
}

pub(super) fn row_value_options(server: &Server) -> Finding {
    match server.variable("binlog_row_value_options") {
        "" => Finding::pass("JSON is logged in full"),
        _ => demand(server, "binlog_row_value_options", "", "partial JSON cannot be applied"),
    }
}

/// Nothing depends on it: names and types come from the definitions, compared with each row image's layout.
pub(super) fn row_metadata(server: &Server) -> Finding {
    match server.variable("binlog_row_metadata") {
        "" => Finding::pass("the server logs no column names; dt takes them from the definitions"),
        found => {
            Finding::pass(format!("binlog_row_metadata={found}; dt needs none, it reads the definitions"))
        }
    }
}

pub(super) fn binlog_compression(server: &Server) -> Finding {
    match server.flavor {
        Flavor::MySql if server.is_on("binlog_transaction_compression") => {
            Finding::pass("binlog_transaction_compression=ON, which dt reads")
        }
        Flavor::MySql => Finding::pass("transactions are not compressed"),
        Flavor::MariaDb if server.is_on("log_bin_compress") => {
            Finding::pass("log_bin_compress=ON, which dt reads")
        }
        Flavor::MariaDb => Finding::pass("log_bin_compress=OFF"),
    }
}

pub(super) fn binlog_retention(server: &Server) -> Finding {
    let number = |name: &str| server.variable(name).parse::<f64>().unwrap_or(0.0);
    let days = number("expire_logs_days");
    let seconds = match number("binlog_expire_logs_seconds") {
        0.0 => days * 86_400.0,
        seconds => seconds,
    } as u64;
    let size = number("max_binlog_total_size").max(number("binlog_space_limit")) as u64;
    let persist =
        if server.flavor == Flavor::MySql && server.version >= (8, 0, 0) { "PERSIST" } else { "GLOBAL" };
    if size > 0 {
        return Finding::warn(
            format!("binlogs are removed when they reach {size} bytes in all, however old they are"),
            "make sure that so many bytes last longer than any stop of the task",
        );
    }
    if seconds == 0 || server.variable("binlog_expire_logs_auto_purge").eq_ignore_ascii_case("OFF") {
        return Finding::pass("binlogs do not expire by age");
    }
    let hours = seconds / 3600;
    if seconds >= SAFE_RETENTION {
        return Finding::pass(format!("binlogs are kept for {hours} hours"));
    }
    let statement = if server.variable("binlog_expire_logs_seconds").is_empty() {
        "SET GLOBAL expire_logs_days = 3".to_owned()
    } else {
        format!("SET {persist} binlog_expire_logs_seconds = 259200")
    };
    Finding::warn(
        format!("binlogs are kept for {hours} hours: a task that stands still for longer has to copy anew"),
        format!("{statement} (and the same in the server's configuration)"),
    )
}

pub(super) fn gtid_mode(server: &Server) -> Finding {
    match server.flavor {
        Flavor::MariaDb => Finding::pass("every transaction of MariaDB has a GTID"),
        Flavor::MySql if server.gtid_mode => Finding::pass("gtid_mode=ON"),
        Flavor::MySql => Finding::warn(
            format!(
                "the source has gtid_mode={}: the task stands at file and offset, which mean nothing on another server after a \
                 failover, and the hand-over of a copy locks all of its tables for a moment",
                server.variable("gtid_mode")
            ),
            "SET GLOBAL enforce_gtid_consistency = ON, then gtid_mode = OFF_PERMISSIVE, ON_PERMISSIVE, ON, one after the other",
        ),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use dt_common::check::Verdict::{Fail, Pass, Warn};

    use super::*;

    fn server(flavor: Flavor, version: (u16, u16, u16), variables: &[(&str, &str)]) -> Server {
        let variables = variables.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        Server { flavor, version, identity: "me".into(), gtid_mode: false, variables: Arc::new(variables) }
    }

    #[test]
    fn old_versions_are_refused() {
        use Flavor::{MariaDb, MySql};
        for (flavor, found, verdict) in [
            (MySql, (5, 6, 51), Fail),
            (MySql, (5, 7, 7), Fail),
            (MySql, (5, 7, 8), Pass),
            (MySql, (9, 7, 0), Pass),
            (MariaDb, (10, 2, 44), Fail),
            (MariaDb, (10, 3, 10), Pass),
            (MariaDb, (11, 4, 2), Pass),
        ] {
            assert_eq!(version(&server(flavor, found, &[])).verdict, verdict, "{flavor} {found:?}");
        }
    }

    #[test]
    fn open_sessions_are_fine_on_this_machine_only() {
        for (cipher, host, verdict) in [
            ("", "db.example", Warn),
            ("", "10.0.0.7", Warn),
            ("", "127.0.0.1", Pass),
            ("", "[::1]", Pass),
            ("", "localhost", Pass),
            ("TLS_AES_256_GCM_SHA384", "db.example", Pass),
        ] {
            assert_eq!(judge_tls(cipher, host).verdict, verdict, "{cipher} {host}");
        }
    }

    #[test]
    fn retention_is_read_as_each_version_has_it() {
        use Flavor::{MariaDb, MySql};
        for (flavor, version, variables, verdict, word) in [
            (MySql, (5, 7, 44), &[("expire_logs_days", "0")][..], Pass, "do not expire"),
            (MariaDb, (10, 5, 0), &[("expire_logs_days", "0.500000")], Warn, "expire_logs_days = 3"),
            (
                MariaDb,
                (11, 4, 0),
                &[("binlog_expire_logs_seconds", "3600"), ("expire_logs_days", "0.041667")],
                Warn,
                "1 hours",
            ),
            (MySql, (8, 0, 36), &[("binlog_expire_logs_seconds", "7200")], Warn, "SET PERSIST"),
            (MySql, (8, 0, 36), &[("binlog_expire_logs_seconds", "86400")], Pass, "24 hours"),
            (
                MySql,
                (8, 0, 36),
                &[("binlog_expire_logs_seconds", "60"), ("binlog_expire_logs_auto_purge", "OFF")],
                Pass,
                "do not expire",
            ),
            (MariaDb, (11, 4, 0), &[("max_binlog_total_size", "1000")], Warn, "1000 bytes"),
        ] {
            let finding = binlog_retention(&server(flavor, version, variables));
            assert_eq!(finding.verdict, verdict, "{variables:?}");
            assert!(finding.to_string().contains(word), "{finding}");
        }
    }

    #[test]
    fn a_server_that_only_knows_rows_needs_no_format() {
        assert_eq!(binlog_format(&server(Flavor::MySql, (10, 0, 0), &[])).verdict, Pass);
    }
}
