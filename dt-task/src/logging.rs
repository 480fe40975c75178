//! Where the log goes and what it shows.

use std::io::IsTerminal;

use dt_common::config::RuntimeConfig;
use dt_common::error::{Error, Result};
use tracing_appender::non_blocking::WorkerGuard;
use tracing_subscriber::EnvFilter;

/// Starts the log. The guard writes out what is left of a log file when it is dropped.
///
/// Only dt's own crates follow `log_level`. Everything else stays at `warn`: the database drivers log statements with their
/// values, and the HTTP client logs headers.
///
/// # Errors
/// A folder that cannot be created, or a log that was started before.
pub fn start(config: &RuntimeConfig) -> Result<Option<WorkerGuard>> {
    let level = &config.log_level;
    let filter =
        EnvFilter::new(format!("warn,dt={level},dt_task={level},dt_connector={level},dt_common={level}"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_target(false);
    let started = match &config.log_dir {
        None => {
            let ansi = std::io::stdout().is_terminal();
            builder.with_ansi(ansi).try_init().map(|()| None)
        }
        Some(dir) => {
            std::fs::create_dir_all(dir).map_err(|e| {
                Error::config(format!("[runtime] log_dir: {} cannot be created", dir.display())).caused_by(e)
            })?;
            let (writer, guard) =
                tracing_appender::non_blocking(tracing_appender::rolling::daily(dir, "dt.log"));
            builder.with_ansi(false).with_writer(writer).try_init().map(|()| Some(guard))
        }
    };
    started.map_err(|e| Error::internal("the log was started before").caused_by(e))
}
