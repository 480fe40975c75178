//! What a task is given to be watched by, and what goes on beside it.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use dt_common::config::TaskConfig;
use dt_common::monitor::Monitor;
use dt_connector::extractor::SourceObserver;

use super::{bars, looks, report};
use crate::watch::Screen;

/// Who watches a task.
#[derive(Debug, Clone, Default)]
pub struct Watch {
    /// What every part of the task tells.
    pub monitor: Arc<Monitor>,
    /// Where progress bars stand; `None` when nobody would see them.
    pub screen: Option<Screen>,
}

/// How long an end may be away, or a look be old, before it counts: three times the interval of the looks, so that one that
/// fails is no alarm.
pub(crate) fn patience(config: &TaskConfig) -> Duration {
    config.pipeline.checkpoint_interval * 3
}

impl Watch {
    /// Goes on beside a task's stream or copy for as long as it is polled. `observer` is there when the source is looked at.
    pub(crate) async fn beside_stream(
        &self,
        config: &TaskConfig,
        observer: Option<Box<dyn SourceObserver>>,
    ) -> Infallible {
        let interval = config.pipeline.checkpoint_interval;
        let looking = async {
            match observer {
                Some(observer) => looks::take(observer, &self.monitor, interval).await,
                None => std::future::pending().await,
            }
        };
        let reporting = report::progress(&self.monitor, interval, patience(config));
        let drawing = async {
            match &self.screen {
                Some(screen) => bars::copies(screen, &self.monitor).await,
                None => std::future::pending().await,
            }
        };
        let (never, _, _): (Infallible, Infallible, Infallible) = tokio::join!(looking, reporting, drawing);
        never
    }

    /// Goes on beside the creation of so many tables.
    pub(crate) async fn beside_struct(&self, tables: usize) -> Infallible {
        match &self.screen {
            Some(screen) => bars::tables(screen, &self.monitor, tables as u64).await,
            None => std::future::pending().await,
        }
    }
}
