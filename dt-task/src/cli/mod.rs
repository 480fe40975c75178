//! The command line: one file a command, and what they share.
//!
//! A command answers how it ended as [`Exit`], or with an error whose kind decides the code. Only the commands talk to standard
//! output; a task talks through its log.

mod run;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use dt_common::config::TaskConfig;
use dt_common::config::environment::ProcessEnvironment;
use dt_common::error::{Error, ErrorKind, Result};

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

/// How a command ended without an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Exit {
    /// It did all that it had to.
    Done,
    /// A finite task was stopped before its end.
    Stopped,
}

/// Reads the command line and does what it says.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match (cli.command, cli.task) {
        (Some(Command::Run { task }), _) | (None, Some(task)) => run::run(&task),
        (None, None) => return ExitCode::from(2),
    };
    match done {
        Ok(exit) => exit.into(),
        Err(Failure::Said(kind)) => ExitCode::from(exit_code(kind)),
        Err(Failure::Unsaid(error)) => refuse(&error),
    }
}

/// Why a command failed, and whether its user has been told.
enum Failure {
    /// The log has it.
    Said(ErrorKind),
    /// Nobody has been told yet.
    Unsaid(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Unsaid(error)
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Done => Self::SUCCESS,
            Exit::Stopped => Self::from(6),
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

/// Reads and validates a task file.
fn read_task(path: &Path) -> Result<TaskConfig> {
    let shown = path.display().to_string();
    let text = std::fs::read_to_string(path)
        .map_err(|e| Error::config(format!("{shown}: the task file cannot be read")).caused_by(e))?;
    TaskConfig::parse(&shown, &text, &ProcessEnvironment)
}

/// Runs a command's asynchronous part.
fn block_on<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = tokio::runtime::Runtime::new()
        .map_err(|e| Error::internal("the runtime does not start").caused_by(e))?;
    runtime.block_on(work)
}

/// An error that no log has: the only thing that a command writes to standard error.
#[expect(clippy::print_stderr, reason = "there is no log")]
fn refuse(error: &Error) -> ExitCode {
    eprintln!("dt: {error}");
    ExitCode::from(exit_code(error.kind()))
}
