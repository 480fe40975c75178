//! Connections to the source, and what its errors mean for the task.
//!
//! Every session is put into the same known state, because the meaning of a value depends on it: UTC, utf8mb4, no
//! `sql_mode` that changes literals or padding, no time limit that ends a long read. `ALLOW_INVALID_DATES` is set because the
//! bounds of a snapshot page are values that the table holds already, and MySQL refuses to compare with `2024-02-30` otherwise.
//!
//! Errors are classified here and nowhere else. A server's message is kept unless its code is known to quote values.

use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use dt_common::config::{Secret, SourceTls, SslMode};
use dt_common::error::{Error, ErrorKind, Result};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, DriverError, IoError, Opts, OptsBuilder, ServerError, SslOpts, TlsError};

use super::server::{Flavor, parse_version};
use super::tls;

/// Time for name look-up, connection, TLS and log-in. A reachable server answers in far less.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Largest packet that MySQL's protocol allows; with less, an update of a wide row fails.
const MAX_PACKET: usize = 1 << 30;

/// Idle limit of a session, in seconds: the server's own default, whatever its configuration says.
const WAIT_TIMEOUT: usize = 28_800;

/// Sets what every session needs. A slow target may stop the reading for as long as the network timeouts allow.
const SESSION: &str = "SET time_zone = '+00:00', sql_mode = 'ALLOW_INVALID_DATES', autocommit = 1, \
    sql_select_limit = 18446744073709551615, sql_big_selects = 1, \
    net_write_timeout = 28800, net_read_timeout = 28800, wait_timeout = 28800";

/// MariaDB's time limits; an open read view is idle while a slow target takes its rows.
const MARIADB_LIMITS: &str = "SET max_statement_time = 0, idle_transaction_timeout = 0, \
    idle_readonly_transaction_timeout = 0";

/// MySQL's time limit.
const MYSQL_LIMITS: &str = "SET max_execution_time = 0";

/// Bytes of an answer that makes the driver read its socket by 64 KiB from then on: its buffer begins with 8 KiB, grows to the
/// longest packet, and keeps its size.
const WIDE_ANSWER: &str = "SELECT SPACE(60000)";

/// Longest wait for a server to take leave; nothing depends on it.
const LEAVE_TIMEOUT: Duration = Duration::from_secs(1);

/// How long a task's first connection is tried, and the pause between two tries: the server may count the connection of a former
/// process of the task against the user's limit for a moment after its end.
const FIRST_WAIT: Duration = Duration::from_secs(3);
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// What to do about a server that does not answer.
const UNREACHABLE: &str = "is the server up, and can it be reached from here?";

/// Opens connections to one source. Not printable: the driver's options show the password.
#[derive(Clone)]
pub(crate) struct Connector {
    /// Without TLS.
    plain: Opts,
    /// What the parameters of the URL say of TLS.
    by_url: Option<SslOpts>,
    tls: SourceTls,
}

impl Connector {
    /// Reads a URL such as `mysql://user:password@host:3306`; its parameters are the driver's.
    ///
    /// # Errors
    /// A URL that the driver does not understand; the message never shows it.
    pub(crate) fn new(url: &Secret, tls: &SourceTls) -> Result<Self> {
        let opts = Opts::from_url(url.reveal())
            .map_err(|e| Error::config("[extractor] url is not usable").caused_by(e))?;
        // A socket that the server names is a path on the server's machine, which need not be this one.
        let by_url = opts.ssl_opts().cloned();
        let plain = OptsBuilder::from_opts(opts)
            .ssl_opts(None)
            .prefer_socket(false)
            .max_allowed_packet(Some(MAX_PACKET))
            .wait_timeout(Some(WAIT_TIMEOUT))
            .tcp_keepalive(Some(Duration::from_secs(60)));
        Ok(Self { plain: plain.into(), by_url, tls: tls.clone() })
    }

    /// Host and port.
    pub(crate) fn address(&self) -> String {
        format!("{}:{}", self.host(), self.plain.tcp_port())
    }

    /// Host name or address.
    pub(crate) fn host(&self) -> &str {
        self.plain.ip_or_hostname()
    }

    /// Opens the first session of a task.
    ///
    /// # Errors
    /// See [`Connector::connect`].
    pub(crate) async fn connect_first(&self) -> Result<Conn> {
        let started = Instant::now();
        loop {
            match self.connect().await {
                Err(busy) if busy.kind() == ErrorKind::Transient && started.elapsed() < FIRST_WAIT => {
                    tokio::time::sleep(FIRST_PAUSE).await;
                }
                connected => return connected,
            }
        }
    }

    /// Opens a session and sets it up.
    ///
    /// # Errors
    /// See [`source_error`]; an unreachable server is reported after at most ten seconds.
    pub(crate) async fn connect(&self) -> Result<Conn> {
        let place = format!("connecting to {} ([extractor] url)", self.address());
        match tokio::time::timeout(CONNECT_TIMEOUT, self.set_up()).await {
            Ok(opened) => opened.map_err(|e| match source_error(&place, e) {
                lost if lost.kind() == ErrorKind::Transient => lost.way_out(UNREACHABLE),
                refused => refused,
            }),
            Err(_) => {
                let seconds = CONNECT_TIMEOUT.as_secs();
                let message = format!("{place}: no answer within {seconds} seconds");
                Err(Error::new(ErrorKind::Transient, message).way_out(UNREACHABLE))
            }
        }
    }

    /// Opens a session that is to read many rows or events.
    ///
    /// # Errors
    /// See [`Connector::connect`].
    pub(crate) async fn connect_reader(&self) -> Result<Conn> {
        let mut conn = self.connect().await?;
        conn.query_drop(WIDE_ANSWER).await.map_err(|e| source_error("preparing to read", e))?;
        Ok(conn)
    }

    async fn set_up(&self) -> mysql_async::Result<Conn> {
        let mut conn = self.open().await?;
        conn.query_drop("SET NAMES utf8mb4").await?;
        conn.query_drop(SESSION).await?;
        conn.query_drop("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ").await?;
        let version: Option<String> = conn.query_first("SELECT VERSION()").await?;
        let version = version.unwrap_or_default();
        // An older server lacks the variables; the check of its version says so.
        if is_supported(&version) {
            conn.query_drop(match Flavor::of(&version) {
                Flavor::MariaDb => MARIADB_LIMITS,
                Flavor::MySql => MYSQL_LIMITS,
            })
            .await?;
        }
        Ok(conn)
    }

    /// Opens a session, in plain text where TLS is not wanted, or is only preferred and the server has none. A server that has
    /// it and fails at it is no reason for plain text.
    async fn open(&self) -> mysql_async::Result<Conn> {
        let plain = || Conn::new(self.plain.clone());
        let host = self.plain.ip_or_hostname();
        let Some(options) = tls::options(&self.tls, host, self.by_url.as_ref()) else { return plain().await };
        let encrypted = OptsBuilder::from_opts(self.plain.clone()).ssl_opts(options);
        match Conn::new(encrypted).await {
            Err(mysql_async::Error::Driver(DriverError::NoClientSslFlagFromServer))
                if self.tls.mode == SslMode::Preferred =>
            {
                plain().await
            }
            opened => opened,
        }
    }
}

/// Whether a session is encrypted.
pub(crate) fn is_encrypted(conn: &Conn) -> bool {
    conn.opts().ssl_opts().is_some()
}

/// Ends a session in order: the server counts it no more when this returns. A failure changes nothing.
pub(crate) async fn close(conn: Conn) {
    let _ = tokio::time::timeout(LEAVE_TIMEOUT, conn.disconnect()).await;
}

/// Waits for an answer of the source, but not for ever: a network that went silent tells nobody.
///
/// # Errors
/// See [`source_error`]; silence is a lost connection.
pub(crate) async fn answer<T>(
    patience: Duration,
    doing: &str,
    answer: impl Future<Output = mysql_async::Result<T>>,
) -> Result<T> {
    let mut answer = pin!(answer);
    // A timer costs more than a row that has arrived already.
    let answered = match futures::poll!(&mut answer) {
        Poll::Ready(answered) => answered,
        Poll::Pending => tokio::time::timeout(patience, answer).await.map_err(|_| silent(patience, doing))?,
    };
    answered.map_err(|e| source_error(doing, e))
}

/// Waits for the end of a few questions to the source that stand at a task's start, but not for ever.
///
/// # Errors
/// Those of `questions`; silence is a lost connection.
pub(crate) async fn answers<T>(
    patience: Duration,
    doing: &str,
    questions: impl Future<Output = Result<T>>,
) -> Result<T> {
    let answered = tokio::time::timeout(patience, questions).await;
    answered.unwrap_or_else(|_| Err(silent(patience, doing).way_out("start the task again")))
}

fn silent(patience: Duration, doing: &str) -> Error {
    let seconds = patience.as_secs();
    Error::new(ErrorKind::Transient, format!("{doing}: the source was silent for {seconds} s"))
}

/// Whether dt works with a server of this version text, see [`Flavor::oldest`].
fn is_supported(version: &str) -> bool {
    parse_version(version) >= Flavor::of(version).oldest()
}

/// Turns the driver's error into ours. `doing` says what was tried: `reading table ..`, `connecting to ..`.
pub(crate) fn source_error(doing: &str, error: mysql_async::Error) -> Error {
    match error {
        mysql_async::Error::Server(server) => server_error(doing, server),
        mysql_async::Error::Io(IoError::Tls(TlsError::Tls(e))) => tls::failure(doing, &e)
            .unwrap_or_else(|| Error::source(format!("{doing}: TLS failed")).caused_by(e)),
        mysql_async::Error::Io(IoError::Tls(e)) => {
            Error::source(format!("{doing}: TLS failed; see ssl_ca, ssl_cert and ssl_key of [extractor]"))
                .caused_by(e)
        }
        mysql_async::Error::Io(IoError::Io(io)) => {
            let tls = io.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
            tls.and_then(|e| tls::failure(doing, e))
                .unwrap_or_else(|| Error::new(ErrorKind::Transient, doing).caused_by(io))
        }
        mysql_async::Error::Driver(DriverError::NoClientSslFlagFromServer) => Error::source(format!(
            "{doing}: the server offers no TLS; give it a certificate, or set ssl_mode = disabled"
        )),
        mysql_async::Error::Driver(
            DriverError::ConnectionClosed | DriverError::PoolDisconnected | DriverError::PacketOutOfOrder,
        ) => Error::new(ErrorKind::Transient, format!("{doing}: the connection was lost")),
        mysql_async::Error::Driver(driver) => Error::source(doing).caused_by(driver),
        mysql_async::Error::Url(url) => Error::config("[extractor] url is not usable").caused_by(url),
        mysql_async::Error::Other(other) => Error::source(doing).caused_by(other),
    }
}

/// Codes are those of MySQL's and MariaDB's error reference.
fn server_error(doing: &str, error: ServerError) -> Error {
    let code = error.code;
    let kind = if is_transient(code) { ErrorKind::Transient } else { ErrorKind::Source };
    let remedy = match code {
        1045 | 1698 => {
            "user or password is wrong, the user may not connect from this host, or it has to show a certificate ([extractor] \
             ssl_cert, ssl_key) or to use TLS (ssl_mode = required)"
        }
        1044 | 1142 | 1143 => "GRANT SELECT on the followed databases to the user",
        1227 => {
            "GRANT the privilege that the server names ON *.* to the user; a change stream needs REPLICATION SLAVE and \
             REPLICATION CLIENT (on MariaDB BINLOG MONITOR)"
        }
        1236 => {
            "the binlog that the task needs is no longer on the server, or its position is not one of this \
             server; copy anew with a new task id, and keep binlogs longer"
        }
        1226 => {
            "the user may open no more connections; lower [extractor] max_connections, or raise the user's limit"
        }
        3159 => "the server takes encrypted connections only; set [extractor] ssl_mode = required or more",
        1412 => "the table was altered while it was read; start the task again",
        _ => "",
    };
    let message = if remedy.is_empty() { doing.to_owned() } else { format!("{doing}: {remedy}") };
    if quotes_values(code) {
        return Error::new(kind, format!("{message}: server error {code}"));
    }
    Error::new(kind, message).caused_by(error)
}

/// Lost connections, full or stopping servers, users with too many connections, lock waits.
fn is_transient(code: u16) -> bool {
    matches!(code, 1040 | 1053 | 1077..=1080 | 1158..=1161 | 1184 | 1203 | 1205 | 1213 | 1226 | 1927 | 2006 | 2013 | 4031)
}

/// Codes whose message shows a value or a piece of the statement. Those that only one of the two servers has are 1918 and 1977
/// (MariaDB) and 3140, 3141, 3854 and 3988 (MySQL).
fn quotes_values(code: u16) -> bool {
    matches!(
        code,
        1062 | 1064
            | 1264
            | 1265
            | 1292
            | 1300
            | 1366
            | 1367
            | 1411
            | 1525
            | 1690
            | 1918
            | 1977
            | 3140
            | 3141
            | 3854
            | 3988
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(code: u16, message: &str) -> Error {
        let server = ServerError { code, message: message.into(), state: "HY000".into() };
        source_error("reading `d`.`t`", mysql_async::Error::Server(server))
    }

    #[test]
    fn codes_decide_the_kind() {
        for (code, kind) in [
            (1040, ErrorKind::Transient),
            (1053, ErrorKind::Transient),
            (2013, ErrorKind::Transient),
            (1927, ErrorKind::Transient),
            (1045, ErrorKind::Source),
            (1227, ErrorKind::Source),
            (1236, ErrorKind::Source),
            (1146, ErrorKind::Source),
        ] {
            assert_eq!(error(code, "x").kind(), kind, "{code}");
        }
    }

    #[test]
    fn messages_that_quote_values_are_dropped() {
        let message = error(1292, "Incorrect DATE value: 'secret'").to_string();
        assert_eq!(message, "reading `d`.`t`: server error 1292");
        for code in [1300, 1918, 1977, 3141, 3854] {
            assert!(
                !error(code, "Invalid utf8mb4 character string: 'secret'").to_string().contains("secret"),
                "{code}"
            );
        }
        assert!(error(1045, "Access denied for user 'u'").to_string().contains("Access denied for user 'u'"));
    }

    #[tokio::test(start_paused = true)]
    async fn silence_is_a_lost_connection() {
        let patience = Duration::from_secs(300);
        let silent = answer::<()>(patience, "reading table t", std::future::pending()).await.unwrap_err();
        assert_eq!(silent.kind(), ErrorKind::Transient);
        assert_eq!(silent.to_string(), "reading table t: the source was silent for 300 s");
        let late = async {
            tokio::time::sleep(patience / 2).await;
            Ok(7)
        };
        assert_eq!(answer(patience, "reading", late).await.unwrap(), 7);
        let silent = answers::<()>(patience, "looking", std::future::pending()).await.unwrap_err();
        assert_eq!(silent.kind(), ErrorKind::Transient);
        assert!(silent.to_string().contains("looking: the source was silent for 300 s"), "{silent}");
    }

    #[test]
    fn a_bad_url_is_not_shown() {
        let tls = SourceTls { mode: SslMode::ByUrl, identity: None };
        let Err(error) = Connector::new(&Secret::new("mysql://u:hunter2@h/d?nonsense=1"), &tls) else {
            panic!("taken")
        };
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
}
