//! `dt run`: a task to its end, or until a signal.

use std::path::Path;

use dt_common::config::TaskConfig;
use dt_common::error::{Error, Result};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::{Exit, Failure, block_on, read_task, tables};
use crate::task::Ended;
use crate::watch::{Endpoint, Screen, Watch};
use crate::{factory, logging};

pub(super) fn run(path: &Path, resync: &[String]) -> Result<Exit, Failure> {
    let config = read_task(path)?.with_resync(tables("--resync", resync)?)?;
    // Held to the end: it writes out what is left of a log file.
    let screen = Screen::of_stdout();
    let _log = logging::start(&config.runtime, screen.as_ref())?;
    for warning in &config.warnings {
        warn!("{warning}");
    }
    match block_on(until_ended(&config, screen)) {
        Ok(Ended::Done) => Ok(Exit::Done),
        Ok(Ended::Stopped) => Ok(Exit::Stopped),
        Err(e) => {
            let file = path.to_string_lossy();
            let name = if config.id.is_empty() { &*file } else { &config.id };
            error!(kind = %e.kind(), "task `{name}`: {e}");
            // Whoever started it by hand has to see why it ended, not where the log is.
            Err(match &config.runtime.log_dir {
                None => Failure::Said(e.kind()),
                Some(_) => Failure::Unsaid(Error::new(e.kind(), format!("task `{name}`: {e}"))),
            })
        }
    }
}

/// The task, watched. The endpoint is open before anything starts, and until all has ended.
async fn until_ended(config: &TaskConfig, screen: Option<Screen>) -> Result<Ended> {
    let watch = Watch { screen, ..Watch::default() };
    let _endpoint = Endpoint::open(config, &watch.monitor).await?;
    until_signalled(config, &watch).await
}

async fn until_signalled(config: &TaskConfig, watch: &Watch) -> Result<Ended> {
    let stop = CancellationToken::new();
    let no_signals = |e| Error::internal("signals cannot be received").caused_by(e);
    let mut interrupt = signal(SignalKind::interrupt()).map_err(no_signals)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(no_signals)?;
    let stopper = stop.clone();
    let signals = async move {
        let mut next = async || {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        };
        next().await;
        info!("stopping: the batch in flight is committed first; a second signal stops at once");
        stopper.cancel();
        next().await;
    };
    tokio::select! {
        ended = factory::run(config, watch, stop) => ended,
        () = signals => {
            warn!("stopped at once: the next start finds out whether the batch in flight was committed");
            Ok(Ended::Stopped)
        }
    }
}
