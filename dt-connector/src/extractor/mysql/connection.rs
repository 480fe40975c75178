//! Stub: connections to the source.

use dt_common::config::Secret;
use dt_common::error::{Error, ErrorKind, Result};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, DriverError, Opts, OptsBuilder};

/// Stub.
pub(crate) struct Connector {
    opts: Opts,
}

impl Connector {
    /// Stub.
    pub(crate) fn new(url: &Secret) -> Result<Self> {
        let opts = Opts::from_url(url.reveal()).map_err(|_| Error::config("bad url"))?;
        let setup = vec![
            "SET NAMES utf8mb4".to_owned(),
            "SET time_zone = '+00:00'".to_owned(),
            "SET net_write_timeout = 3600".to_owned(),
        ];
        let opts = OptsBuilder::from_opts(opts).max_allowed_packet(Some(1 << 30)).setup(setup);
        Ok(Self { opts: opts.into() })
    }

    /// Stub.
    pub(crate) async fn connect(&self) -> Result<Conn> {
        let mut conn =
            Conn::new(self.opts.clone()).await.map_err(|e| source_error("connecting to the source", e))?;
        conn.query_drop("DO 1").await.map_err(|e| source_error("connecting to the source", e))?;
        Ok(conn)
    }
}

/// Stub.
pub(crate) fn source_error(doing: &str, e: mysql_async::Error) -> Error {
    let transient = match &e {
        mysql_async::Error::Io(_) => true,
        mysql_async::Error::Driver(e) => matches!(e, DriverError::ConnectionClosed),
        mysql_async::Error::Server(e) => {
            matches!(e.code, 1040 | 1053 | 1152 | 1158..=1161 | 1205 | 1317 | 1927 | 3169)
        }
        mysql_async::Error::Other(_) | mysql_async::Error::Url(_) => false,
    };
    let kind = if transient { ErrorKind::Transient } else { ErrorKind::Source };
    Error::new(kind, doing).caused_by(e)
}
