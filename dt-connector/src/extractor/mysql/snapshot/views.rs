//! One read view on several connections.
//!
//! MariaDB says where in the binlog a view stands, and views at the same place hold the same transactions. MySQL does not say it (see
//! [`crate::extractor::mysql::handover`]); there the table is locked for the moment in which the views open. Nobody is to wait for that
//! longer than a second: without the lock, or the right to it, one reader reads the table in a view of its own.

use dt_common::error::Result;
use dt_common::schema::TableSchema;
use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use tracing::info;

use super::copy::Settings;
use super::reader::{begin_view, end_view};
use crate::extractor::mysql::connection::{close, source_error};
use crate::extractor::mysql::handover::snapshot_place;
use crate::extractor::mysql::literal::identifier;
use crate::extractor::mysql::server::Flavor;

/// How often views are opened in the hope that no transaction ends between the first and the last.
const TRIES: u32 = 20;

/// Seconds to wait for writers that hold the table. While the lock is wanted, new writers wait too.
const LOCK_WAIT: &str = "SET lock_wait_timeout = 1";

/// A lock that was not granted in time, or is not allowed.
const REFUSED: [u16; 3] = [1205, 1044, 1142];

/// Opens views that hold the same rows of `table`; `false`, and none is open, when the source does not let us.
///
/// # Errors
/// A lost connection.
pub(super) async fn open_same(conns: &mut [Conn], table: &TableSchema, settings: &Settings) -> Result<bool> {
    let same = settings.flavor == Flavor::MariaDb && at_one_place(conns, settings).await?;
    Ok(same || under_lock(conns, table, settings).await?)
}

async fn at_one_place(conns: &mut [Conn], settings: &Settings) -> Result<bool> {
    for _ in 0..TRIES {
        let opened = futures::future::join_all(conns.iter_mut().map(|conn| begin_view(conn, settings))).await;
        opened.into_iter().collect::<Result<()>>()?;
        let places = futures::future::join_all(conns.iter_mut().map(snapshot_place)).await;
        let places = places.into_iter().collect::<Result<Vec<_>>>()?;
        if places.iter().all(|place| place.is_some() && *place == places[0]) {
            return Ok(true);
        }
        for conn in conns.iter_mut() {
            end_view(conn, settings).await?;
        }
        if places.iter().any(Option::is_none) {
            break;
        }
    }
    Ok(false)
}

async fn under_lock(conns: &mut [Conn], table: &TableSchema, settings: &Settings) -> Result<bool> {
    if !settings.may_lock {
        return Ok(false);
    }
    let doing = |e| {
        source_error(&format!("locking table {} for the moment in which it is first seen", table.name), e)
    };
    let mut locker = settings.connector.connect().await?;
    locker.query_drop(LOCK_WAIT).await.map_err(doing)?;
    let name = &table.name;
    let lock = format!("LOCK TABLES {}.{} READ", identifier(&name.db), identifier(&name.table));
    match locker.query_drop(lock).await {
        Ok(()) => {}
        Err(mysql_async::Error::Server(refusal)) if REFUSED.contains(&refusal.code) => {
            close(locker).await;
            info!(table = %name, code = refusal.code, "no lock for one view of several readers, one reader reads it");
            return Ok(false);
        }
        Err(error) => return Err(doing(error)),
    }
    for conn in conns.iter_mut() {
        begin_view(conn, settings).await?;
    }
    locker.query_drop("UNLOCK TABLES").await.map_err(doing)?;
    close(locker).await;
    Ok(true)
}
