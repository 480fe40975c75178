//! The words of the command line, and the help that teaches them.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use dt_common::config::ExtractType;

/// Copies MySQL and MariaDB into Databend and keeps them equal.
///
/// A task is one ini file. The usual way from nothing to a running task:
///
///   dt template snapshot_and_cdc > shop.ini    write a task file, then fill it in
///   dt precheck shop.ini                       see what could go wrong, and the way out
///   dt plan shop.ini                           see what it will do; nothing is written
///   dt run shop.ini                            do it; start it again after any stop
///   dt position shop.ini                       see how far it is
///   dt check shop.ini                          see whether both sides are equal
#[derive(Debug, Parser)]
#[command(
    name = "dt",
    version = env!("DT_VERSION"),
    args_conflicts_with_subcommands = true,
    arg_required_else_help = true,
    verbatim_doc_comment,
    after_help = EXIT_CODES
)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Option<Command>,
    /// Task file; the same as `dt run TASK.ini`.
    pub(super) task: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Runs a task: struct, snapshot, cdc or snapshot_and_cdc, as its file says.
    ///
    /// The log goes to standard output, or to files in `[runtime] log_dir`. SIGTERM and
    /// Ctrl-C commit the batch in flight and end the task; a second signal ends it at once.
    /// Either way the next start goes on where the task was.
    #[command(verbatim_doc_comment, after_long_help = "Example:\n  dt run shop.ini")]
    Run {
        /// Task file.
        task: PathBuf,
    },
    /// Shows what would stop a task or hurt it, before it starts; writes nothing.
    ///
    /// Looks at settings, privileges, versions and tables of both servers, and says for each
    /// check what it found and what to do, with the statement to run. A failure ends
    /// nothing: all checks are shown. Ends with exit code 4 when one of them failed.
    #[command(
        verbatim_doc_comment,
        after_long_help = "Examples:\n  dt precheck shop.ini\n  dt precheck shop.ini --format json | jq -r '.checks[] | select(.result == \"FAIL\").remedy'"
    )]
    Precheck {
        /// Task file.
        task: PathBuf,
        #[command(flatten)]
        format: FormatArg,
    },
    /// Compares source and target, and names the rows that differ; writes nothing.
    ///
    /// Both servers add up checksums of their rows; only where these differ rows are sent.
    /// Each difference is a JSON object on a line of standard output, with the table, what
    /// is the matter and the key; the log and a summary go to standard error. Ends with exit
    /// code 3 when anything differs.
    #[command(
        verbatim_doc_comment,
        after_long_help = "Examples:\n  dt check shop.ini\n  dt check shop.ini --table shop.orders | jq -c .key"
    )]
    Check {
        /// Task file.
        task: PathBuf,
        #[command(flatten)]
        args: CheckArgs,
    },
    /// Shows what a task would do; writes nothing.
    ///
    /// Lists the tables that `[filter]` matches with their route, key, estimated rows, what
    /// the target has of them and what the task would do with each; then the statements that
    /// create databases and tables, byte for byte as `dt run` executes them. Needs both
    /// servers, and no privilege to write.
    #[command(
        verbatim_doc_comment,
        after_long_help = "Examples:\n  dt plan shop.ini\n  dt plan shop.ini --format json | jq -r '.statements[]'"
    )]
    Plan {
        /// Task file.
        task: PathBuf,
        #[command(flatten)]
        format: FormatArg,
    },
    /// Shows what the target remembers of a task: its position and its copied tables.
    ///
    /// It only reads, so it may be asked while the task runs.
    #[command(
        verbatim_doc_comment,
        after_long_help = "Examples:\n  dt position shop.ini\n  dt position shop.ini --format json | jq .stored.position"
    )]
    Position {
        /// Task file.
        task: PathBuf,
        #[command(flatten)]
        format: FormatArg,
    },
    /// Forgets a task's position and done marks, after a confirmation; rows stay.
    ///
    /// Shows what would be forgotten and what the next run would do, and asks for the task
    /// id. Then takes the task over, so that a process that still runs it ends with exit
    /// code 5, and drops its state in the target. Without a terminal it needs --yes, with
    /// which it also forgets a state that cannot be read.
    #[command(
        verbatim_doc_comment,
        after_long_help = "Examples:\n  dt reset shop.ini\n  dt reset --yes shop.ini"
    )]
    Reset {
        /// Task file.
        task: PathBuf,
        /// Does not ask.
        #[arg(long)]
        yes: bool,
    },
    /// Prints a commented task file to start from.
    ///
    /// It holds every key that means something to this kind of task, with what it does. What
    /// stands in <..> is to be filled in; defaults are commented out.
    #[command(verbatim_doc_comment, after_long_help = "Example:\n  dt template snapshot_and_cdc > shop.ini")]
    Template {
        /// Kind of task.
        #[arg(value_parser = extract_type())]
        kind: ExtractType,
    },
    /// Prints a script that completes dt's commands and options in a shell.
    ///
    /// Where it belongs is the shell's own choice; the places below are the usual ones.
    #[command(
        verbatim_doc_comment,
        after_long_help = "Examples:\n  dt completions bash > ~/.local/share/bash-completion/completions/dt\n  dt completions fish > ~/.config/fish/completions/dt.fish"
    )]
    Completions {
        /// Shell.
        shell: Shell,
    },
}

#[derive(Debug, Clone, clap::Args)]
pub(super) struct CheckArgs {
    /// Compares this table only, named as at the source; may be given several times.
    #[arg(long = "table", value_name = "DB.TABLE")]
    pub(super) tables: Vec<String>,
    /// Shows the values of rows that differ.
    #[arg(long)]
    pub(super) show_values: bool,
    /// Ends the comparison after so many differences.
    #[arg(long, value_name = "ROWS", default_value_t = 1000, value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) limit: u64,
    /// Repairs the rows that differ, through the task: the one that runs, or this command takes it over for as long
    /// as it takes. Then compares once more; the exit code says what is left.
    #[arg(long, verbatim_doc_comment)]
    pub(super) repair: bool,
}

#[derive(Debug, Clone, Copy, clap::Args)]
pub(super) struct FormatArg {
    /// How to print the answer.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
}

/// How a command prints its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people.
    Text,
    /// One JSON object, for machines.
    Json,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  done; or a task without an end was asked to stop
  1  failed; the message names the place and the way out
  2  the configuration or the command line is wrong; nothing was started
  3  a check found differences
  4  a precheck found something that would stop the task
  5  another writer took the task over
  6  a finite task was stopped before its end; started again, it resumes";

fn extract_type() -> impl TypedValueParser<Value = ExtractType> {
    PossibleValuesParser::new(ExtractType::NAMES.map(|(name, _)| name)).try_map(|given| {
        let found = ExtractType::NAMES.into_iter().find(|(name, _)| *name == given);
        found.map(|(_, kind)| kind).ok_or("no such kind of task")
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn every_command_has_help_and_an_example() {
        Cli::command().debug_assert();
        for command in Cli::command().get_subcommands() {
            let name = command.get_name();
            assert!(command.get_about().is_some() && command.get_long_about().is_some(), "{name}");
            let example = command.get_after_long_help().map(ToString::to_string).unwrap_or_default();
            assert!(example.contains(&format!("  dt {name} ")), "{name}: {example}");
        }
    }

    #[test]
    fn kinds_are_those_of_a_task_file() {
        for (name, kind) in ExtractType::NAMES {
            let cli = Cli::try_parse_from(["dt", "template", name]).unwrap();
            assert!(matches!(cli.command, Some(Command::Template { kind: read }) if read == kind), "{name}");
        }
        assert!(Cli::try_parse_from(["dt", "template", "all"]).is_err());
    }
}
