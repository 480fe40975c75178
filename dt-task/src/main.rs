//! `dt`: copies MySQL and MariaDB into Databend and keeps them equal.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use dt_common::config::TaskConfig;
use dt_common::error::{Error, ErrorKind, Result};
use dt_task::task::Ended;
use dt_task::{factory, logging};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

/// Copies MySQL and MariaDB into Databend and keeps them equal.
#[derive(Parser)]
#[command(version, args_conflicts_with_subcommands = true, arg_required_else_help = true, after_help = EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    /// Task file; the same as `dt run TASK.ini`.
    task: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Command {
    /// Runs a task: struct, snapshot, cdc or snapshot_and_cdc, as its file says.
    Run {
        /// Task file.
        task: PathBuf,
    },
}

const EXIT_CODES: &str = "Exit codes: 0 done, 1 the task failed, 2 the configuration is wrong, 5 another writer took the task \
                          over, 6 a finite task was stopped before its end.";

fn main() -> ExitCode {
    let cli = Cli::parse();
    let path = match (cli.command, cli.task) {
        (Some(Command::Run { task }), _) | (None, Some(task)) => task,
        (None, None) => return ExitCode::from(2),
    };
    let config = match read(&path) {
        Ok(config) => config,
        Err(error) => return refuse(&error),
    };
    // Held to the end: it writes out what is left of a log file.
    let _log = match logging::start(&config.runtime) {
        Ok(guard) => guard,
        Err(error) => return refuse(&error),
    };
    let outcome = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime.block_on(run(&config)),
        Err(e) => Err(Error::internal("the runtime does not start").caused_by(e)),
    };
    match outcome {
        Ok(Ended::Done) => ExitCode::SUCCESS,
        Ok(Ended::Stopped) => ExitCode::from(6),
        Err(e) => {
            let place = if config.id.is_empty() { String::new() } else { format!("task `{}`: ", config.id) };
            error!(kind = %e.kind(), "{place}{e}");
            ExitCode::from(exit_code(e.kind()))
        }
    }
}

fn read(path: &Path) -> Result<TaskConfig> {
    let shown = path.display().to_string();
    let text = std::fs::read_to_string(path)
        .map_err(|e| Error::config(format!("{shown}: the task file cannot be read")).caused_by(e))?;
    TaskConfig::parse(&shown, &text)
}

async fn run(config: &TaskConfig) -> Result<Ended> {
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
        ended = factory::run(config, stop) => ended,
        () = signals => {
            warn!("stopped at once: the next start finds out whether the batch in flight was committed");
            Ok(Ended::Stopped)
        }
    }
}

fn exit_code(kind: ErrorKind) -> u8 {
    match kind {
        ErrorKind::Config => 2,
        ErrorKind::Fenced => 5,
        ErrorKind::Source
        | ErrorKind::Target
        | ErrorKind::Data
        | ErrorKind::Schema
        | ErrorKind::Conflict
        | ErrorKind::Transient
        | ErrorKind::Internal => 1,
    }
}

/// An error from before the log: the only thing that `dt run` writes to standard error.
#[expect(clippy::print_stderr, reason = "there is no log yet")]
fn refuse(error: &Error) -> ExitCode {
    eprintln!("dt: {error}");
    ExitCode::from(exit_code(error.kind()))
}
