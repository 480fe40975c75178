//! The command line: one file a command, and what they share.
//!
//! A command answers how it ended as [`Exit`], or with an error whose kind decides the code. Only the commands beside `dt run` talk to
//! standard output, and they have no log, but for `dt check`, whose log
//! goes to standard error; a task talks through its log.

mod args;
mod check;
mod output;
mod plan;
mod position;
mod precheck;
mod reset;
mod run;
mod stored;

use std::path::Path;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use dt_common::config::TaskConfig;
use dt_common::config::template::template;
use dt_common::error::{Error, ErrorKind, Result};
use dt_common::schema::TableName;

use args::{Cli, Command};

/// How a command ended without an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Exit {
    /// It did all that it had to.
    Done,
    /// A finite task was stopped before its end.
    Stopped,
    /// A check found differences.
    Differs,
    /// A precheck found a blocker.
    Blocked,
}

/// Reads the command line and does what it says.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match (cli.command, cli.task) {
        (Some(Command::Run { task, resync }), _) => run::run(&task, &resync),
        (None, Some(task)) => run::run(&task, &[]),
        (Some(Command::Check { task, args }), _) => check::run(&task, &args),
        (Some(Command::Plan { task, format }), _) => plan::run(&task, format.format),
        (Some(Command::Precheck { task, format }), _) => precheck::run(&task, format.format),
        (Some(Command::Position { task, format }), _) => position::run(&task, format.format),
        (Some(Command::Reset { task, yes }), _) => reset::run(&task, yes),
        (Some(Command::Template { kind }), _) => print(&template(kind)),
        (Some(Command::Completions { shell }), _) => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "dt", &mut script);
            print(&String::from_utf8_lossy(&script))
        }
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
            Exit::Differs => Self::from(3),
            Exit::Blocked => Self::from(4),
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
    TaskConfig::parse(&shown, &text)
}

/// Tables that an option names, once or several times.
fn tables(option: &str, lists: &[String]) -> Result<Vec<TableName>> {
    let lists = lists.iter().map(|list| TableName::list(list).map_err(|e| e.at(option)));
    Ok(lists.collect::<Result<Vec<_>>>()?.concat())
}

/// Runs a command's asynchronous part.
fn block_on<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = tokio::runtime::Runtime::new()
        .map_err(|e| Error::internal("the runtime does not start").caused_by(e))?;
    runtime.block_on(work)
}

/// A command whose whole work is a text.
fn print(text: &str) -> Result<Exit, Failure> {
    output::print(text)?;
    Ok(Exit::Done)
}

/// An error that no log has: the only thing that a command writes to standard error, but for the question of `dt reset`.
#[expect(clippy::print_stderr, reason = "there is no log")]
fn refuse(error: &Error) -> ExitCode {
    eprintln!("dt: {error}");
    ExitCode::from(exit_code(error.kind()))
}
