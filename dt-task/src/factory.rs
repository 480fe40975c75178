//! From configuration to parts: the only place that names sources and targets, one line each.

use std::sync::Arc;

use dt_common::config::{ExtractorConfig, SinkerConfig, TaskConfig};
use dt_common::error::Result;
use dt_connector::extractor::Extractor;
use dt_connector::extractor::mysql::MySqlExtractor;

use dt_connector::sinker::databend::DatabendSinker;
use dt_connector::sinker::dummy::DummySinker;
use tokio_util::sync::CancellationToken;

use crate::task::{self, Ended};

/// Runs a task to its end, or until `stop` is cancelled.
///
/// # Errors
/// Whatever ended the task before that.
pub async fn run(config: &TaskConfig, stop: CancellationToken) -> Result<Ended> {
    let extractor = create_extractor(config)?;
    match &config.sinker {
        SinkerConfig::Databend(c) => {
            task::run(config, extractor, DatabendSinker::new(c, config.router.clone())?, stop).await
        }
        SinkerConfig::Dummy => task::run(config, extractor, DummySinker, stop).await,
    }
}

fn create_extractor(config: &TaskConfig) -> Result<Box<dyn Extractor>> {
    let filter = Arc::new(config.filter.clone());
    match &config.extractor {
        ExtractorConfig::MySql(c) => {
            Ok(Box::new(MySqlExtractor::new(c.clone(), config.extract_type, filter)?))
        }
    }
}
