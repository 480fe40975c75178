//! Sessions with Databend: the only place that does I/O.
//!
//! One connection of the driver is one session, and a session runs one statement at a time. DML goes through
//! [`Session::execute`], which reads the answer's `number of rows ..`; the driver's own `exec` answers write progress. Retries
//! are ours: the driver would repeat a COMMIT, so the DSN says `retry_count=1`.
//!
//! What hurts and is left alone: `auto_compaction_imperfect_blocks_threshold` compacts in the writer's session after every 25 small
//! blocks, which costs time but keeps tables readable; turning it off is a decision for the speed work to come.

use std::io::Cursor;
use std::time::Duration;

use bytes::Bytes;
use databend_driver::{Connection, Value};
use dt_common::config::Secret;
use dt_common::error::{Error, ErrorKind, Result};
use futures::StreamExt;

use super::errors::classify;

/// Time for opening a session, the first answer included.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);
/// The least server version: since 1.2.863 a server answers a repeated query id with the first run's result, so that a request
/// which the network repeats runs once. Transactions that merge with concurrent ones are older (1.2.838 with all fixes).
const MIN_VERSION: [u32; 3] = [1, 2, 863];
/// The driver has no time limit for uploads: they get that of every other answer, and a second more for so many bytes.
const SLOWEST_UPLOAD: u64 = 100_000;
/// The DSN's parameter for the time limit of an answer, in seconds, and the driver's default.
const PATIENCE: (&str, u64) = ("page_request_timeout_secs", 300);
/// Settings of every session, with their reasons.
const SETTINGS: &[(&str, &str)] = &[
    // TIMESTAMP literals are UTC.
    ("timezone", "UTC"),
];

/// The column in which `COPY INTO` answers how many rows it took from a file.
const ROWS_LOADED: &str = "Rows_loaded";

/// Rows of an answer; `None` is NULL.
pub type Rows = Vec<Vec<Option<String>>>;

/// Where sessions come from.
#[derive(Debug)]
pub struct Client {
    dsn: Secret,
    /// Host and port, for errors.
    address: String,
    /// Longest wait for an answer.
    patience: Duration,
}

impl Client {
    /// A client for a DSN; connects nowhere yet.
    pub fn new(dsn: Secret) -> Self {
        let (address, patience) = (address(dsn.reveal()), patience(dsn.reveal()));
        Self { dsn, address, patience }
    }

    /// Host and port.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Whether sessions use TLS.
    pub fn encrypts(&self) -> bool {
        encrypts(self.dsn.reveal())
    }

    /// Opens a session and checks the server's version.
    ///
    /// # Errors
    /// Unreachable within 30 s, wrong password, unknown database, too old a server.
    pub async fn connect(&self) -> Result<Session> {
        let (session, version) = self.reach().await?;
        check_version(&version).map_err(|e| self.named(e))?;
        Ok(session)
    }

    /// Opens a session with a server of any version, and answers the version.
    ///
    /// # Errors
    /// Unreachable within 30 s, wrong password, unknown database.
    pub async fn reach(&self) -> Result<(Session, String)> {
        let opened = tokio::time::timeout(CONNECT_TIMEOUT, async {
            let session = self.open().await?;
            let rows = session.query("SELECT version()").await?;
            Ok((session, rows.into_iter().flatten().next().flatten().unwrap_or_default()))
        });
        opened.await.unwrap_or_else(|_| Err(timed_out())).map_err(|e| self.named(e))
    }

    fn named(&self, error: Error) -> Error {
        let error = error.at(format_args!("cannot use Databend at {} ([sinker] url)", self.address));
        match error.kind() {
            ErrorKind::Transient => error.way_out("is the server up, and can it be reached from here?"),
            _ => error,
        }
    }

    /// Opens a session with a server that was found usable before.
    ///
    /// # Errors
    /// Unreachable within 30 s, wrong password.
    pub async fn session(&self) -> Result<Session> {
        tokio::time::timeout(CONNECT_TIMEOUT, self.open()).await.unwrap_or_else(|_| Err(timed_out()))
    }

    async fn open(&self) -> Result<Session> {
        let client = databend_driver::Client::new(self.dsn.reveal().to_owned())
            .with_name(concat!("dt/", env!("CARGO_PKG_VERSION")).to_owned());
        let connection = client.get_conn().await.map_err(|e| classify(&e))?;
        for (name, value) in SETTINGS {
            connection.set_session(name, value).map_err(|e| classify(&e))?;
        }
        Ok(Session { connection, patience: self.patience })
    }
}

fn address(dsn: &str) -> String {
    let url = url::Url::parse(dsn).ok();
    let host = url.as_ref().and_then(|url| url.host_str()).unwrap_or_default();
    match url.as_ref().and_then(url::Url::port) {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// How long the driver waits for an answer.
fn patience(dsn: &str) -> Duration {
    let (name, usual) = PATIENCE;
    let url = url::Url::parse(dsn).ok();
    let set = url.iter().flat_map(url::Url::query_pairs).find(|(key, _)| key == name);
    Duration::from_secs(set.and_then(|(_, seconds)| seconds.parse().ok()).unwrap_or(usual))
}

/// TLS is the driver's default.
fn encrypts(dsn: &str) -> bool {
    url::Url::parse(dsn).is_ok_and(|url| {
        url.scheme() != "databend+http"
            && !url.query_pairs().any(|(name, value)| name == "sslmode" && value == "disable")
    })
}

fn timed_out() -> Error {
    Error::new(ErrorKind::Transient, format!("no answer within {} s", CONNECT_TIMEOUT.as_secs()))
}

/// One session. Dropping it ends it; a transaction that is open in it is never committed.
pub struct Session {
    connection: Connection,
    patience: Duration,
}

impl Session {
    /// Runs a statement and answers all of its rows as text.
    ///
    /// # Errors
    /// See [`super::errors`].
    pub async fn query(&self, sql: &str) -> Result<Rows> {
        let rows = self.connection.query(sql).all().await.map_err(|e| classify(&e))?;
        Ok(rows.into_iter().map(|row| row.into_iter().map(text).collect()).collect())
    }

    /// Runs a statement and hands over its rows as text, one after the other as they arrive.
    ///
    /// # Errors
    /// See [`super::errors`]; the first error of `take`.
    pub async fn each(
        &self,
        sql: &str,
        mut take: impl FnMut(Vec<Option<String>>) -> Result<()> + Send,
    ) -> Result<()> {
        let mut rows = self.connection.query_iter(sql).await.map_err(|e| classify(&e))?;
        while let Some(row) = rows.next().await {
            take(row.map_err(|e| classify(&e))?.into_iter().map(text).collect())?;
        }
        Ok(())
    }

    /// Runs a statement and answers how many rows it affected, where the server says so. `COPY INTO` answers a row a file.
    ///
    /// # Errors
    /// See [`super::errors`].
    pub async fn execute(&self, sql: &str) -> Result<Option<u64>> {
        let rows = self.connection.query(sql).all().await.map_err(|e| classify(&e))?;
        let Some(first) = rows.first() else { return Ok(None) };
        let is_count = |name: &str| name.starts_with("number of rows") || name == ROWS_LOADED;
        let counts: Vec<bool> = first.schema().fields().iter().map(|field| is_count(&field.name)).collect();
        if !counts.contains(&true) {
            return Ok(None);
        }
        let cells = rows.into_iter().flat_map(|row| row.into_iter().zip(&counts));
        Ok(cells.filter(|(_, counts)| **counts).map(|(value, _)| text(value)?.parse::<u64>().ok()).sum())
    }

    /// Uploads a file to a place such as `@~/folder/name`.
    ///
    /// # Errors
    /// See [`super::errors`].
    pub async fn upload(&self, place: &str, data: Bytes) -> Result<()> {
        let size = data.len() as u64;
        let uploading = self.connection.upload_to_stage(place, Box::new(Cursor::new(data)), size);
        match tokio::time::timeout(self.patience + Duration::from_secs(size / SLOWEST_UPLOAD), uploading)
            .await
        {
            Ok(uploaded) => uploaded.map_err(|e| classify(&e)),
            Err(_) => Err(Error::new(ErrorKind::Transient, "the upload was not answered in time")),
        }
    }

    /// Ends the session.
    ///
    /// # Errors
    /// See [`super::errors`].
    pub async fn close(self) -> Result<()> {
        self.connection.close().await.map_err(|e| classify(&e))
    }
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text),
        other => Some(other.to_string()),
    }
}

/// Whether dt works with a server of this version.
///
/// # Errors
/// It is too old, or none of Databend's.
pub fn check_version(version: &str) -> Result<()> {
    let found = parse_version(version)
        .ok_or_else(|| Error::target(format!("`{version}` is not a version of Databend")))?;
    if found < MIN_VERSION {
        let [a, b, c] = MIN_VERSION;
        return Err(Error::target(format!(
            "the server is `{version}`, dt needs {a}.{b}.{c} or later: before it a request that the network repeats can run twice; upgrade the server"
        )));
    }
    Ok(())
}

/// The numbers in `DatabendQuery v1.2.895-nightly-..`.
fn parse_version(text: &str) -> Option<[u32; 3]> {
    let numbers = text.split_whitespace().find_map(|word| {
        let word = word.strip_prefix('v').unwrap_or(word);
        word.starts_with(|c: char| c.is_ascii_digit()).then_some(word)
    })?;
    let mut parts = numbers
        .split('.')
        .map(|part| part.split(|c: char| !c.is_ascii_digit()).next().and_then(|n| n.parse().ok()));
    Some([parts.next()??, parts.next()??, parts.next()??])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_name_the_address_and_no_password() {
        assert_eq!(address("databend://dt:secret@bend.example:8000/db?sslmode=disable"), "bend.example:8000");
        assert_eq!(address("databend://bend.example/db"), "bend.example");
    }

    #[test]
    fn answers_are_waited_for_as_the_driver_does() {
        assert_eq!(patience("databend://h/db"), Duration::from_secs(300));
        assert_eq!(patience("databend://h/db?a=1&page_request_timeout_secs=5"), Duration::from_secs(5));
    }

    #[test]
    fn tls_is_the_default() {
        for (dsn, expected) in [
            ("databend://h:8000/db?sslmode=disable", false),
            ("databend+http://h:8000/db", false),
            ("databend://h/db", true),
            ("databend+https://h/db?warehouse=w", true),
        ] {
            assert_eq!(encrypts(dsn), expected, "{dsn}");
        }
    }

    #[test]
    fn old_servers_are_refused() {
        for version in [
            "DatabendQuery v1.2.863-abc",
            "v1.2.895-nightly-f00(rust-1.9-2026)",
            "1.3.0",
            "DatabendQuery v2.0.0",
        ] {
            assert!(check_version(version).is_ok(), "{version}");
        }
        let error = check_version("DatabendQuery v1.2.862-nightly").unwrap_err().to_string();
        assert!(error.contains("1.2.862") && error.contains("1.2.863 or later"), "{error}");
        assert!(check_version("nothing").is_err());
    }
}
