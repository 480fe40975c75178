//! From configuration to parts: the only place that names sources and targets, one line each.

use std::sync::Arc;
use std::time::Duration;

use dt_common::config::{ExtractorConfig, SinkerConfig, StopAt, TaskConfig};
use dt_common::error::{Error, Result};
use dt_connector::admin::{SourceAdmin, TargetAdmin};
use dt_connector::compare::{CompareSource, CompareTarget};
use dt_connector::extractor::Extractor;
use dt_connector::extractor::mysql::{MySqlAdmin, MySqlExtractor, MySqlSide};
use dt_connector::sinker::databend::{DatabendAdmin, DatabendSide, DatabendSinker};
use dt_connector::sinker::dummy::DummySinker;
use tokio_util::sync::CancellationToken;

use crate::task::{self, Ended, Purpose};
use crate::watch::Watch;

/// Between two looks of a task that was started to repair and for nothing else.
const REPAIR_INTERVAL: Duration = Duration::from_millis(300);

/// Runs a task to its end, or until `stop` is cancelled; `watch` is told how it goes.
///
/// # Errors
/// Whatever ended the task before that.
pub async fn run(config: &TaskConfig, watch: &Watch, stop: CancellationToken) -> Result<Ended> {
    start(config, Purpose::Run, watch, stop).await
}

/// Takes a task over to repair rows, until `stop` is cancelled.
///
/// # Errors
/// Whatever ended the task before that.
pub async fn repair(config: &TaskConfig, watch: &Watch, stop: CancellationToken) -> Result<()> {
    let mut config = config.clone();
    let ExtractorConfig::MySql(extractor) = &mut config.extractor;
    extractor.stop_at = StopAt::Never;
    config.pipeline.repair_interval = REPAIR_INTERVAL;
    start(&config, Purpose::Repair, watch, stop).await.map(drop)
}

async fn start(
    config: &TaskConfig,
    purpose: Purpose,
    watch: &Watch,
    stop: CancellationToken,
) -> Result<Ended> {
    loop {
        let (extractor, stop) = (create_extractor(config)?, stop.clone());
        let ended = match &config.sinker {
            SinkerConfig::Databend(c) => {
                let sinker = DatabendSinker::new(c, config.router.clone(), Arc::clone(&watch.monitor))?;
                task::run(config, extractor, sinker, purpose, watch, stop).await?
            }
            SinkerConfig::Dummy => task::run(config, extractor, DummySinker, purpose, watch, stop).await?,
        };
        if let Some(ended) = ended {
            return Ok(ended);
        }
    }
}

/// The source, for the commands beside `dt run`.
///
/// # Errors
/// A filter or a URL that cannot be used.
pub fn source_admin(config: &TaskConfig) -> Result<Box<dyn SourceAdmin>> {
    let filter = Arc::new(config.filter.clone());
    match &config.extractor {
        ExtractorConfig::MySql(c) => Ok(Box::new(MySqlAdmin::new(c.clone(), config.extract_type, filter)?)),
    }
}

/// The target, for the commands beside `dt run`.
///
/// # Errors
/// A route or a task id that cannot be used.
pub fn target_admin(config: &TaskConfig) -> Result<Box<dyn TargetAdmin>> {
    match &config.sinker {
        SinkerConfig::Databend(c) => {
            Ok(Box::new(DatabendAdmin::new(c, config.extract_type, config.router.clone())?))
        }
        SinkerConfig::Dummy => Ok(Box::new(DummySinker)),
    }
}

/// Both sides of a comparison.
///
/// # Errors
/// A URL that cannot be used; a target that keeps nothing.
pub fn compared_sides(config: &TaskConfig) -> Result<(Box<dyn CompareSource>, Box<dyn CompareTarget>)> {
    let source: Box<dyn CompareSource> = match &config.extractor {
        ExtractorConfig::MySql(c) => Box::new(MySqlSide::new(c)?),
    };
    match &config.sinker {
        SinkerConfig::Databend(c) => Ok((source, Box::new(DatabendSide::new(c, config.router.clone())))),
        SinkerConfig::Dummy => Err(Error::config("[sinker] sink_type = dummy keeps nothing to compare")),
    }
}

/// How many questions a comparison asks a source at the same time: as many as a copy has readers.
pub fn compared_at_once(config: &TaskConfig) -> usize {
    let ExtractorConfig::MySql(c) = &config.extractor;
    c.max_connections.map_or(c.parallel_size, |most| most.min(c.parallel_size)).max(1)
}

fn create_extractor(config: &TaskConfig) -> Result<Box<dyn Extractor>> {
    let filter = Arc::new(config.filter.clone());
    match &config.extractor {
        ExtractorConfig::MySql(c) => {
            Ok(Box::new(MySqlExtractor::new(c.clone(), config.extract_type, filter)?))
        }
    }
}
