//! MySQL and MariaDB as a source.

mod binlog;
mod connection;
mod server;

use dt_common::config::{ExtractType, MySqlExtractorConfig};
use dt_common::error::{Error, Result};
use dt_common::filter::Filter;

/// STUB
pub struct MySqlExtractor;
impl MySqlExtractor {
    /// STUB
    pub fn new(_: &MySqlExtractorConfig, _: ExtractType, _: Filter) -> Result<Self> {
        Err(Error::internal("stub"))
    }
}
#[async_trait::async_trait]
impl super::Extractor for MySqlExtractor {
    async fn prepare(&mut self) -> Result<Vec<std::sync::Arc<dt_common::schema::TableSchema>>> {
        Err(Error::internal("stub"))
    }
    async fn extract(
        &mut self,
        _: super::ExtractPlan,
        _: dt_common::queue::ItemSender,
        _: tokio_util::sync::CancellationToken,
    ) -> Result<()> {
        Err(Error::internal("stub"))
    }
}
