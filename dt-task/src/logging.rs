//! Where the log goes and what it shows.

use dt_common::config::{LogFormat, RuntimeConfig};
use dt_common::error::{Error, Result};
use tracing_appender::non_blocking::WorkerGuard;
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::fmt::writer::BoxMakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry};

use crate::watch::Screen;

/// Name of the log files, before the day.
const FILE: &str = "dt.log";

/// Starts the log. The guard writes out what is left of a log file when it is dropped. On a `screen` the lines make room for
/// what stands below them.
///
/// Only dt's own crates follow `log_level`. Everything else stays at `warn`, because the HTTP client logs headers below that. The
/// database drivers are silent: they log statements, and servers' messages and warnings as they come, which may quote values;
/// what matters of those is in dt's own errors.
///
/// # Errors
/// A folder or a file that cannot be created, or a log that was started before.
pub fn start(config: &RuntimeConfig, screen: Option<&Screen>) -> Result<Option<WorkerGuard>> {
    let (writer, guard) = match (&config.log_dir, screen.cloned()) {
        (Some(_), _) => {
            let (writer, guard) = tracing_appender::non_blocking(files(config)?);
            (BoxMakeWriter::new(writer), Some(guard))
        }
        (None, Some(screen)) => (BoxMakeWriter::new(move || screen.clone()), None),
        (None, None) => (BoxMakeWriter::new(std::io::stdout), None),
    };
    let is_colored = config.log_dir.is_none() && screen.is_some();
    begin(lines(config.log_format, is_colored, writer).with_filter(filter(config)))?;
    Ok(guard)
}

/// Starts a log on standard error, for a command whose standard output is its answer. `log_dir` belongs to the task.
///
/// # Errors
/// A log that was started before.
pub fn start_beside(config: &RuntimeConfig) -> Result<()> {
    let lines = lines(config.log_format, false, BoxMakeWriter::new(std::io::stderr));
    begin(lines.with_filter(filter(config)))
}

fn begin(layer: impl Layer<Registry> + Send + Sync) -> Result<()> {
    let log = tracing_subscriber::registry().with(layer);
    log.try_init().map_err(|e| Error::internal("the log was started before").caused_by(e))
}

fn filter(config: &RuntimeConfig) -> EnvFilter {
    EnvFilter::new(directives(&config.log_level))
}

/// One file a day.
fn files(config: &RuntimeConfig) -> Result<RollingFileAppender> {
    let dir = config.log_dir.as_deref().unwrap_or_else(|| std::path::Path::new("."));
    let failed =
        || Error::config(format!("[runtime] log_dir: no log file can be created in {}", dir.display()));
    std::fs::create_dir_all(dir).map_err(|e| failed().caused_by(e))?;
    let files = RollingFileAppender::builder().rotation(Rotation::DAILY).filename_prefix(FILE);
    let files = match config.log_max_files {
        Some(most) => files.max_log_files(most),
        None => files,
    };
    files.build(dir).map_err(|e| failed().caused_by(e))
}

/// How a line is written. Times are UTC by RFC 3339 in both.
fn lines(
    format: LogFormat,
    is_colored: bool,
    writer: BoxMakeWriter,
) -> Box<dyn Layer<Registry> + Send + Sync> {
    let layer = tracing_subscriber::fmt::layer().with_target(false).with_ansi(is_colored).with_writer(writer);
    match format {
        LogFormat::Text => layer.boxed(),
        LogFormat::Json => {
            layer.json().flatten_event(true).with_current_span(false).with_span_list(false).boxed()
        }
    }
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
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use tracing::level_filters::LevelFilter;

    use super::*;

    #[derive(Clone, Default)]
    struct Shared(Arc<Mutex<Vec<u8>>>);

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn line(format: LogFormat) -> String {
        let out = Shared::default();
        let writer = BoxMakeWriter::new({
            let out = out.clone();
            move || out.clone()
        });
        let log = tracing_subscriber::registry().with(lines(format, false, writer));
        tracing::subscriber::with_default(log, || {
            tracing::info!(batches = 3, lag_s = 0.5, "task \"x\"\nprogress")
        });
        String::from_utf8(out.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn json_is_one_flat_object_a_line() {
        let line = line(LogFormat::Json);
        assert_eq!(line.lines().count(), 1);
        let fields: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(fields["level"], "INFO");
        assert_eq!(fields["message"], "task \"x\"\nprogress");
        assert_eq!((fields["batches"].as_u64(), fields["lag_s"].as_f64()), (Some(3), Some(0.5)));
        let time = fields["timestamp"].as_str().unwrap();
        assert!(time.len() == 27 && time.as_bytes()[10] == b'T' && time.ends_with('Z'), "{time}");
    }

    #[test]
    fn text_has_no_escape_code_off_a_terminal() {
        let line = line(LogFormat::Text);
        assert!(line.contains("INFO") && line.contains("batches=3") && !line.contains('\u{1b}'), "{line:?}");
    }

    #[test]
    fn drivers_are_silent_at_every_level() {
        let filter = EnvFilter::new(directives("trace"));
        assert_eq!(filter.max_level_hint(), Some(LevelFilter::TRACE));
        // The filter of a layer is asked anew for each line only; that of all layers is what `enabled!` asks.
        let log = tracing_subscriber::registry().with(filter);
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
