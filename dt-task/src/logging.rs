//! Where the log goes and what it shows.

use std::io::IsTerminal;

use dt_common::config::RuntimeConfig;
use dt_common::error::{Error, Result};
use tracing_appender::non_blocking::WorkerGuard;
use tracing_subscriber::EnvFilter;

/// Starts the log. The guard writes out what is left of a log file when it is dropped.
///
/// Only dt's own crates follow `log_level`. Everything else stays at `warn`, because the HTTP client logs headers below that. The
/// database drivers are silent: they log statements, and servers' messages and warnings as they come, which may quote values;
/// what matters of those is in dt's own errors.
///
/// # Errors
/// A folder that cannot be created, or a log that was started before.
pub fn start(config: &RuntimeConfig) -> Result<Option<WorkerGuard>> {
    let level = &config.log_level;
    let filter = EnvFilter::new(directives(level));
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

fn directives(level: &str) -> String {
    let mut directives = "warn".to_owned();
    for own in ["dt", "dt_task", "dt_connector", "dt_common"] {
        directives.push_str(&format!(",{own}={level}"));
    }
    for driver in ["mysql_async", "mysql_common", "databend_client", "databend_driver", "server_warnings"] {
        directives.push_str(&format!(",{driver}=off"));
    }
    directives
}

#[cfg(test)]
mod tests {
    use tracing::level_filters::LevelFilter;
    use tracing_subscriber::Layer;
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    #[test]
    fn drivers_are_silent_at_every_level() {
        let filter = EnvFilter::new(directives("trace"));
        assert_eq!(filter.max_level_hint(), Some(LevelFilter::TRACE));
        let log = tracing_subscriber::registry().with(tracing_subscriber::fmt::layer().with_filter(filter));
        tracing::subscriber::with_default(log, || {
            assert!(tracing::enabled!(target: "dt_connector::sinker", tracing::Level::TRACE));
            assert!(tracing::enabled!(target: "hyper", tracing::Level::WARN));
            assert!(!tracing::enabled!(target: "hyper", tracing::Level::INFO));
            assert!(!tracing::enabled!(target: "mysql_async::conn", tracing::Level::ERROR));
            assert!(!tracing::enabled!(target: "databend_client::client", tracing::Level::ERROR));
            assert!(!tracing::enabled!(target: "server_warnings", tracing::Level::WARN));
        });
    }
}
