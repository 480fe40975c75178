//! The steps of a case, and how a line of `steps.txt` is read.

use anyhow::{Context, Result, bail};

use crate::metrics::Wanted;

/// One thing that happens. File names and texts may hold placeholders.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Runs a script at the source. A line `-- restart` or `-- kill` in it restarts the running task.
    Source(String),
    /// Runs a script at the target.
    Target(String),
    /// Remembers the source's present position in `{binlog_file}`, `{binlog_offset}`, `{gtid}` and `{now}`.
    Position,
    /// Runs a task to its end and expects an exit code.
    Run(String, i32),
    /// Runs a task on a pseudo terminal to its end and expects an exit code.
    Terminal(String, i32),
    /// Runs `dt` with these arguments and expects an exit code; names of task files stand for the files.
    Command(Vec<String>, i32),
    /// Expects every command that `dt --help` names to have been run by the case.
    EveryCommand,
    /// Expects the last task to have run for so many seconds at least.
    Lasted(u64),
    /// Sets a variable of the environment of what is started from here on.
    Variable(String, String),
    /// Puts a file of the case, filled in, into `{folder}`, with an octal mode.
    File(String, u32),
    /// Starts a task.
    Start(String),
    /// Waits until the task follows the binlog.
    Follow,
    /// Waits until the task says something.
    Wait(String),
    /// Waits for the task's own end and expects an exit code.
    Ends(i32),
    /// Ends the task by SIGTERM and expects an exit code.
    Stop(i32),
    /// Ends the task by SIGKILL.
    Kill,
    /// Starts a second process of the same task; the first has to end with this code.
    TakeOver(i32),
    /// Runs a script at the source again and again, until [`Step::Written`].
    Writing(String),
    /// Ends [`Step::Writing`].
    Written,
    /// Reads the target again and again, until [`Step::Read`]; no answer may be less.
    Reading(String, u64),
    /// Ends [`Step::Reading`].
    Read,
    /// Starts pt-online-schema-change on a table of the case's database, with these options.
    PtOsc(String, Vec<String>),
    /// Starts what gh-ost does on a table, with these actions of an ALTER TABLE.
    GhOst(String, String),
    /// Waits until the online schema change tool has ended well.
    Altered,
    /// Waits until both sides are equal while the task runs.
    Equal,
    /// Compares both sides now.
    Compare,
    /// Compares both sides and expects exactly the differences listed in a file.
    Differs(String),
    /// Compares the target's DDL with a file.
    Ddl(String),
    /// Expects a query at the target to answer one text.
    Yields(String, String),
    /// Expects the task's output to hold a text.
    Says(String),
    /// Expects the task's output not to hold a text.
    Lacks(String),
    /// Expects the task to have ended with one paragraph that names it and holds a text.
    Reason(String),
    /// Expects the task's last totals of a table.
    Total(String, Vec<String>),
    /// Expects a check of the last precheck to have a result, and to say a text.
    Finds(String, String, String),
    /// Expects the last check to have named exactly the differences listed in a file.
    Names(String),
    /// Waits until a metric has a value.
    Metric(String, Wanted),
    /// Waits until `/readyz` says that the task is ready.
    Ready,
    /// Waits until `/readyz` gives a reason why it is not.
    Unready(String),
    /// Expects no escape codes in the task's output.
    Plain,
    /// Expects every line of the log files in a folder to be a JSON object.
    Json(String),
    /// Remembers what the target holds.
    Remember,
    /// Expects the target to hold what was remembered.
    Untouched,
    /// Remembers how far the target's log of statements is.
    Log,
    /// Expects only statements that read in the log since [`Step::Log`].
    ReadOnly,
    /// Expects the log since [`Step::Log`] to hold what the last `dt plan --format json` announced, and no other change.
    AsPlanned,
    /// Sends a request to the local Databend's test endpoints.
    Control(String, String, String),
    /// Kills the task so many times under load.
    Kills(u32),
}

impl Step {
    /// Reads a step from its word and what stands behind it.
    ///
    /// # Errors
    /// No such step; a form that is not its own.
    pub(super) fn read(word: &str, rest: &str) -> Result<Self> {
        for group in [of_processes, of_servers, of_expectations] {
            if let Some(step) = group(word, rest)? {
                return Ok(step);
            }
        }
        bail!("no such step; see dt-tests/README.md")
    }
}

/// What is started, waited for and ended.
fn of_processes(word: &str, rest: &str) -> Result<Option<Step>> {
    let text = || rest.to_owned();
    let code = || rest.parse().context("an exit code is wanted");
    Ok(Some(match word {
        "run" => with_code(rest).map(|(file, code)| Step::Run(file.to_owned(), code))?,
        "terminal" => with_code(rest).map(|(file, code)| Step::Terminal(file.to_owned(), code))?,
        "command" => with_code(rest).map(|(args, code)| Step::Command(words(args), code))?,
        "every_command" => Step::EveryCommand,
        "variable" => {
            let (name, value) = rest.split_once(' ').context("variable NAME TEXT")?;
            Step::Variable(name.to_owned(), value.to_owned())
        }
        "file" => {
            let (name, mode) = rest.split_once(' ').context("file NAME MODE")?;
            Step::File(name.to_owned(), u32::from_str_radix(mode, 8).context("an octal mode is wanted")?)
        }
        "start" => Step::Start(text()),
        "follow" => Step::Follow,
        "wait" => Step::Wait(text()),
        "ends" => Step::Ends(code()?),
        "stop" if rest.is_empty() => Step::Stop(0),
        "stop" => Step::Stop(code()?),
        "kill" => Step::Kill,
        "takeover" => Step::TakeOver(code()?),
        "kills" => Step::Kills(rest.parse().context("a number is wanted")?),
        _ => return Ok(None),
    }))
}

/// What is done to the servers, and what is kept of them.
fn of_servers(word: &str, rest: &str) -> Result<Option<Step>> {
    let text = || rest.to_owned();
    Ok(Some(match word {
        "source" => Step::Source(text()),
        "target" => Step::Target(text()),
        "position" => Step::Position,
        "writing" => Step::Writing(text()),
        "written" => Step::Written,
        "reading" => {
            let (query, least) = rest.rsplit_once(" >= ").context("reading QUERY >= NUMBER")?;
            Step::Reading(query.to_owned(), least.parse().context("a number is wanted")?)
        }
        "read" => Step::Read,
        "pt_osc" => {
            let (table, alter) = rest.split_once(' ').context("pt_osc TABLE ACTIONS [-- OPTIONS]")?;
            let (alter, options) = alter.split_once(" -- ").unwrap_or((alter, ""));
            Step::PtOsc(table.to_owned(), [vec![format!("--alter={alter}")], words(options)].concat())
        }
        "gh_ost" => {
            let (table, alter) = rest.split_once(' ').context("gh_ost TABLE ACTIONS")?;
            Step::GhOst(table.to_owned(), alter.to_owned())
        }
        "altered" => Step::Altered,
        "remember" => Step::Remember,
        "log" => Step::Log,
        "control" => {
            let mut words = rest.splitn(3, ' ').map(str::to_owned);
            let mut next = || words.next().unwrap_or_default();
            Step::Control(next(), next(), next())
        }
        _ => return Ok(None),
    }))
}

/// What has to be so.
fn of_expectations(word: &str, rest: &str) -> Result<Option<Step>> {
    let text = || rest.to_owned();
    Ok(Some(match word {
        "lasted" => Step::Lasted(rest.parse().context("a number of seconds is wanted")?),
        "equal" => Step::Equal,
        "compare" => Step::Compare,
        "differs" => Step::Differs(text()),
        "ddl" => Step::Ddl(text()),
        "yields" => {
            let (query, answer) = rest.rsplit_once(" => ").context("yields QUERY => TEXT")?;
            Step::Yields(query.to_owned(), answer.to_owned())
        }
        "says" => Step::Says(text()),
        "lacks" => Step::Lacks(text()),
        "reason" => Step::Reason(text()),
        "names" => Step::Names(text()),
        "total" => {
            let mut words = rest.split_whitespace().map(str::to_owned);
            Step::Total(words.next().context("total DB.TABLE name=value ..")?, words.collect())
        }
        "finds" => {
            let mut words = rest.splitn(3, ' ').map(str::to_owned);
            let mut next = || words.next().unwrap_or_default();
            Step::Finds(next(), next(), next())
        }
        "metric" => metric(rest)?,
        "ready" => Step::Ready,
        "unready" => Step::Unready(text()),
        "plain" => Step::Plain,
        "json" => Step::Json(text()),
        "untouched" => Step::Untouched,
        "read_only" => Step::ReadOnly,
        "as_planned" => Step::AsPlanned,
        _ => return Ok(None),
    }))
}

fn metric(rest: &str) -> Result<Step> {
    let form = "metric NAME{labels} = VALUE, or > VALUE";
    let mut words = rest.rsplitn(3, ' ');
    let mut next = || words.next().context(form);
    let (value, relation, name) = (next()?.parse()?, next()?, next()?.to_owned());
    match relation {
        "=" => Ok(Step::Metric(name, Wanted::Equal(value))),
        ">" => Ok(Step::Metric(name, Wanted::Above(value))),
        _ => bail!(form),
    }
}

/// What runs, and the exit code that it has to end with: `INI [exits CODE]`.
fn with_code(rest: &str) -> Result<(&str, i32)> {
    match rest.rsplit_once(" exits ") {
        Some((what, code)) => Ok((what, code.parse()?)),
        None => Ok((rest, 0)),
    }
}

/// The words of a line.
pub(super) fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_read() {
        let step = Step::read;
        assert_eq!(step("run", "a.ini exits 1").unwrap(), Step::Run("a.ini".into(), 1));
        let yields = step("yields", "SELECT 1 => 1").unwrap();
        assert_eq!(yields, Step::Yields("SELECT 1".into(), "1".into()));
        let command = step("command", "plan a.ini --format json exits 2").unwrap();
        assert_eq!(command, Step::Command(words("plan a.ini --format json"), 2));
        let metric = step("metric", "dt_a_total{t=\"x y\"} = 3").unwrap();
        assert_eq!(metric, Step::Metric("dt_a_total{t=\"x y\"}".into(), Wanted::Equal(3.0)));
        assert!(step("metric", "dt_a 3").is_err());
        assert!(step("dance", "").is_err());
    }
}
