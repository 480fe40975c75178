//! Stub: what the source's server is.

use std::sync::Arc;

use dt_common::error::{Error, Result};
use dt_common::position::{BinlogPosition, GtidPosition};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Row};

use super::connection::source_error;

/// Stub.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flavor {
    /// Stub.
    MySql,
    /// Stub.
    MariaDb,
}

/// Stub.
#[derive(Debug, Clone)]
pub(crate) struct Server {
    /// Stub.
    pub(crate) flavor: Flavor,
    /// Stub.
    #[allow(dead_code)]
    pub(crate) version: (u16, u16, u16),
    /// Stub.
    pub(crate) identity: Arc<str>,
    /// Stub.
    pub(crate) gtid_mode: bool,
}

impl Server {
    /// Stub.
    pub(crate) async fn inspect(conn: &mut Conn) -> Result<Self> {
        let version: Option<String> =
            conn.query_first("SELECT VERSION()").await.map_err(|e| source_error("version", e))?;
        let flavor =
            if version.unwrap_or_default().contains("MariaDB") { Flavor::MariaDb } else { Flavor::MySql };
        let (identity, gtid) = match flavor {
            Flavor::MySql => ("SELECT @@server_uuid", "SELECT @@gtid_mode"),
            Flavor::MariaDb => ("SELECT CONCAT(@@server_id, '/', @@server_uid)", "SELECT 'ON'"),
        };
        let identity: Option<String> =
            conn.query_first(identity).await.map_err(|e| source_error("identity", e))?;
        let gtid: Option<String> = conn.query_first(gtid).await.map_err(|e| source_error("gtid", e))?;
        Ok(Self {
            flavor,
            version: conn.server_version(),
            identity: identity.unwrap_or_default().into(),
            gtid_mode: gtid.as_deref() == Some("ON"),
        })
    }

    /// Stub.
    pub(crate) async fn binlog_end(&self, conn: &mut Conn) -> Result<BinlogPosition> {
        let query = match self.flavor {
            Flavor::MySql => "SHOW BINARY LOG STATUS",
            Flavor::MariaDb => "SHOW MASTER STATUS",
        };
        let row: Option<Row> = conn.query_first(query).await.map_err(|e| source_error("status", e))?;
        let row = row.ok_or_else(|| Error::source("no binlog"))?;
        let file: String = row.get(0).unwrap_or_default();
        Ok(BinlogPosition {
            server: self.identity.clone(),
            file: file.into(),
            offset: row.get(1).unwrap_or(4),
        })
    }

    /// Stub.
    pub(crate) async fn gtid_position(&self, conn: &mut Conn) -> Result<Option<GtidPosition>> {
        let query = match self.flavor {
            Flavor::MySql => "SELECT @@global.gtid_executed",
            Flavor::MariaDb => "SELECT @@global.gtid_binlog_pos",
        };
        let text: Option<String> = conn.query_first(query).await.map_err(|e| source_error("gtid", e))?;
        let text = text.unwrap_or_default();
        Ok(Some(match self.flavor {
            Flavor::MySql => GtidPosition::MySql(text.parse()?),
            Flavor::MariaDb => GtidPosition::MariaDb(text.parse()?),
        }))
    }
}
