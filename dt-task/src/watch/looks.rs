//! Looks at the source from beside the stream, so that its end is known also while the stream is far behind or lost.

use std::convert::Infallible;
use std::time::Duration;

use dt_common::error::{Error, ErrorKind, Result};
use dt_common::monitor::Monitor;
use dt_connector::extractor::SourceObserver;
use tokio::time::{MissedTickBehavior, timeout};
use tracing::{debug, warn};

/// Longest wait for an answer. A source that lists its binlogs slower than that is better not asked.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Takes a look at once and then at every interval, as long as it is polled.
pub(super) async fn take(
    mut observer: Box<dyn SourceObserver>,
    monitor: &Monitor,
    interval: Duration,
) -> Infallible {
    let mut ticks = tokio::time::interval(interval);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut failing = false;
    loop {
        ticks.tick().await;
        match within(TIMEOUT, observer.look()).await {
            Ok(look) => {
                failing = false;
                monitor.source_seen(look);
            }
            // Said once; the stream has its own say about a source that is away.
            Err(error) if failing => debug!(%error, "the source cannot be looked at"),
            Err(error) => {
                failing = true;
                warn!(%error, "the source cannot be looked at: lag, lag bytes and retention headroom are not known until it can");
            }
        }
    }
}

async fn within<T>(limit: Duration, work: impl Future<Output = Result<T>>) -> Result<T> {
    let late = |_| Error::new(ErrorKind::Transient, format!("no answer within {limit:?}"));
    timeout(limit, work).await.map_err(late)?
}
