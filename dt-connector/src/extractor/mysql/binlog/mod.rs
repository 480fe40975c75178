//! Placeholder for the change stream.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use dt_common::error::{Error, Result};
use dt_common::filter::Filter;
use dt_common::position::{BinlogPosition, Position};
use dt_common::queue::ItemSender;
use dt_common::schema::{TableName, TableSchema};
use tokio_util::sync::CancellationToken;

use super::connection::Connector;
use super::server::Server;

/// The change stream.
pub(crate) struct BinlogStream;

impl BinlogStream {
    /// See the real one.
    #[allow(clippy::too_many_arguments)]
    pub(crate) fn new(
        _connector: Connector,
        _server: Server,
        _heartbeat: Duration,
        _server_id: u32,
        _filter: Arc<Filter>,
        _tables: HashMap<TableName, Arc<TableSchema>>,
        _skip: HashMap<TableName, BinlogPosition>,
    ) -> Self {
        Self
    }

    /// See the real one.
    pub(crate) async fn follow(
        &mut self,
        _from: Position,
        _until: Option<BinlogPosition>,
        _out: &ItemSender,
        _stop: &CancellationToken,
    ) -> Result<()> {
        Err(Error::internal("the change stream is a stub"))
    }
}
