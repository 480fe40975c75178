//! A test case: a folder.
//!
//! `steps.txt` says what happens, one step a line; a file that a case does not bring is taken from its suite's folder,
//! then from the root, so that a new case needs little more than its SQL. `name.mariadb.sql` or `name.mysql.sql` wins
//! over `name.sql`.
//! Every step and its words are described in `dt-tests/README.md`.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::metrics::Wanted;
use crate::servers::Family;

/// A case, read from its folder.
#[derive(Debug, Clone)]
pub struct Case {
    /// Suite and folder, `cdc/keyless`.
    pub name: String,
    folder: PathBuf,
    suite: PathBuf,
    /// What happens.
    pub steps: Vec<Step>,
    /// Families that it cannot run on, and why.
    pub skips: Vec<(Family, String)>,
    /// Options of a source server of its own; `None` shares the run's server.
    pub own_server: Option<Vec<String>>,
    /// Tables that arrive under another name, in `db.table` form with placeholders.
    pub routes: Vec<(String, String)>,
    /// Columns, in `db.table.column` form with placeholders: under which other name they arrive, `None` for not at all.
    pub columns: Vec<(String, Option<String>)>,
    /// Tables of which only some rows are compared: those that meet the condition at the source.
    pub conditions: Vec<(String, String)>,
    /// Tables that must not arrive.
    pub not_copied: Vec<String>,
    /// Tables whose rows the comparison leaves out, because steps look at them.
    pub not_compared: Vec<String>,
    /// Options of a local Databend of its own, because it plants faults or reads the log there; `None` shares the run's.
    pub own_databend: Option<Vec<String>>,
    /// Whether certificates lie in its folder.
    pub certificates: bool,
    /// Whether a proxy with TLS stands before Databend.
    pub databend_tls: bool,
    /// Texts that nothing which `dt` writes may hold, with placeholders.
    pub secrets: Vec<String>,
}

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
    /// Starts pt-online-schema-change on a table of the case's database, with these options.
    PtOsc(String, Vec<String>),
    /// Starts what gh-ost does on a table, with these actions of an ALTER TABLE.
    GhOst(String, String),
    /// Waits until the online schema change tool has ended well.
    Altered,
    /// Ends [`Step::Writing`].
    Written,
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

impl Case {
    /// Reads every case below `root`, sorted by name.
    ///
    /// # Errors
    /// A folder that is not a case.
    pub fn all(root: &Path) -> Result<Vec<Self>> {
        let mut cases = Vec::new();
        for suite in folders(root)? {
            for folder in folders(&suite)? {
                let case = Self::read(&suite, &folder);
                cases.push(case.with_context(|| folder.display().to_string())?);
            }
        }
        Ok(cases)
    }

    fn read(suite: &Path, folder: &Path) -> Result<Self> {
        let mut case = Self {
            name: format!("{}/{}", base(suite), base(folder)),
            folder: folder.to_owned(),
            suite: suite.to_owned(),
            steps: Vec::new(),
            skips: Vec::new(),
            own_server: None,
            routes: Vec::new(),
            columns: Vec::new(),
            conditions: Vec::new(),
            not_copied: Vec::new(),
            not_compared: Vec::new(),
            own_databend: None,
            certificates: false,
            databend_tls: false,
            secrets: Vec::new(),
        };
        let own = folder.join("steps.txt");
        let usual = suite.join("steps.txt");
        let text = std::fs::read_to_string(if own.is_file() { &own } else { &usual })?;
        case.parse(&text)?;
        Ok(case)
    }

    fn parse(&mut self, text: &str) -> Result<()> {
        for (i, line) in text.lines().enumerate() {
            let line = line.trim();
            if !line.is_empty() && !line.starts_with('#') {
                self.line(line).with_context(|| format!("steps.txt:{}: {line}", i + 1))?;
            }
        }
        Ok(())
    }

    fn line(&mut self, line: &str) -> Result<()> {
        let (word, rest) = line.split_once(' ').map_or((line, ""), |(word, rest)| (word, rest.trim()));
        match word {
            "usual" => {
                let usual = std::fs::read_to_string(self.suite.join("steps.txt"))?;
                return self.parse(&usual);
            }
            "skip" => {
                let (family, why) = rest.split_once(':').context("skip SERVER: why")?;
                let family = Family::named(family.trim()).context("no such server")?;
                self.skips.push((family, why.trim().to_owned()));
            }
            "server" => self.own_server = Some(words(rest)),
            "databend" => self.own_databend = Some(words(rest)),
            "certificates" => self.certificates = true,
            "databend_tls" => (self.certificates, self.databend_tls) = (true, true),
            "secret" => self.secrets.push(rest.to_owned()),
            "route" => {
                let (from, to) = rest.split_once(" -> ").context("route DB.TABLE -> DB.TABLE")?;
                self.routes.push((from.to_owned(), to.to_owned()));
            }
            "column" => {
                let (from, to) = rest.split_once(" -> ").context("column DB.TABLE.COLUMN -> NAME")?;
                self.columns.push((from.to_owned(), Some(to.to_owned())));
            }
            "no_column" => self.columns.push((rest.to_owned(), None)),
            "where" => {
                let (table, condition) = rest.split_once(' ').context("where DB.TABLE CONDITION")?;
                self.conditions.push((table.to_owned(), condition.to_owned()));
            }
            "not_copied" => self.not_copied.push(rest.to_owned()),
            "not_compared" => self.not_compared.push(rest.to_owned()),
            _ => self.steps.push(step(word, rest)?),
        }
        Ok(())
    }

    /// Text of a file of the case: its own, else its suite's; a server's variant first.
    ///
    /// # Errors
    /// There is none.
    pub fn file(&self, name: &str, family: Family) -> Result<String> {
        let path = self.find(name, family).with_context(|| format!("{}: no file {name}", self.name))?;
        std::fs::read_to_string(&path).with_context(|| path.display().to_string())
    }

    /// Whether there is such a file.
    pub fn has(&self, name: &str, family: Family) -> bool {
        self.find(name, family).is_some()
    }

    fn find(&self, name: &str, family: Family) -> Option<PathBuf> {
        let (stem, extension) = name.rsplit_once('.')?;
        let names = [format!("{stem}.{family}.{extension}"), name.to_owned()];
        let folders = [Some(self.folder.as_path()), Some(self.suite.as_path()), self.suite.parent()];
        folders
            .into_iter()
            .flatten()
            .flat_map(|folder| names.iter().map(move |name| folder.join(name)))
            .find(|p| p.is_file())
    }

    /// Why the case cannot run on a family; `None` if it can.
    pub fn skip(&self, family: Family) -> Option<&str> {
        self.skips.iter().find(|(skipped, _)| *skipped == family).map(|(_, why)| why.as_str())
    }

    /// Name of its database, task and folder on a family: letters, digits and `_`.
    pub fn id(&self, family: Family) -> String {
        format!("dt_test_{}_{family}", self.name.replace('/', "_"))
    }
}

fn step(word: &str, rest: &str) -> Result<Step> {
    let text = || rest.to_owned();
    let code = || rest.parse().context("an exit code is wanted");
    Ok(match word {
        "source" => Step::Source(text()),
        "target" => Step::Target(text()),
        "position" => Step::Position,
        "run" => with_code(rest).map(|(file, code)| Step::Run(file.to_owned(), code))?,
        "terminal" => with_code(rest).map(|(file, code)| Step::Terminal(file.to_owned(), code))?,
        "command" => with_code(rest).map(|(args, code)| Step::Command(words(args), code))?,
        "every_command" => Step::EveryCommand,
        "lasted" => Step::Lasted(rest.parse().context("a number of seconds is wanted")?),
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
        "writing" => Step::Writing(text()),
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
        "written" => Step::Written,
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
        "metric" => {
            let mut words = rest.rsplitn(3, ' ');
            let mut next = || words.next().context("metric NAME{labels} = VALUE, or > VALUE");
            let (value, relation, name) = (next()?.parse()?, next()?, next()?.to_owned());
            match relation {
                "=" => Step::Metric(name, Wanted::Equal(value)),
                ">" => Step::Metric(name, Wanted::Above(value)),
                _ => bail!("metric NAME{{labels}} = VALUE, or > VALUE"),
            }
        }
        "ready" => Step::Ready,
        "unready" => Step::Unready(text()),
        "plain" => Step::Plain,
        "json" => Step::Json(text()),
        "remember" => Step::Remember,
        "untouched" => Step::Untouched,
        "log" => Step::Log,
        "read_only" => Step::ReadOnly,
        "as_planned" => Step::AsPlanned,
        "control" => {
            let mut words = rest.splitn(3, ' ').map(str::to_owned);
            let mut next = || words.next().unwrap_or_default();
            Step::Control(next(), next(), next())
        }
        "kills" => Step::Kills(rest.parse().context("a number is wanted")?),
        _ => bail!("no such step; see dt-tests/README.md"),
    })
}

/// What runs, and the exit code that it has to end with: `INI [exits CODE]`.
fn with_code(rest: &str) -> Result<(&str, i32)> {
    match rest.rsplit_once(" exits ") {
        Some((what, code)) => Ok((what, code.parse()?)),
        None => Ok((rest, 0)),
    }
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

fn folders(root: &Path) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(root).with_context(|| root.display().to_string())?;
    let mut folders: Vec<PathBuf> = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
    folders.retain(|path| path.is_dir());
    folders.sort();
    Ok(folders)
}

fn base(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_of_the_tree_is_well_formed() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mysql_to_databend");
        for case in Case::all(&root).unwrap() {
            assert!(!case.name.contains("__"), "{}: `__` separates further databases", case.name);
            for family in Family::ALL.into_iter().filter(|family| case.skip(*family).is_none()) {
                assert!(case.id(family).len() <= 54, "{}: the name is too long", case.name);
                for file in case.steps.iter().flat_map(files) {
                    let optional = matches!(file, "src_prepare.sql" | "dst_prepare.sql" | "src_test.sql");
                    assert!(optional || case.has(file, family), "{}: {file}", case.name);
                }
            }
        }
    }

    /// The files that a step names.
    fn files(step: &Step) -> Vec<&str> {
        match step {
            Step::Source(file)
            | Step::Target(file)
            | Step::Run(file, _)
            | Step::Terminal(file, _)
            | Step::Start(file)
            | Step::File(file, _) => vec![file],
            Step::Command(args, _) => {
                args.iter().map(String::as_str).filter(|a| a.ends_with(".ini")).collect()
            }
            _ => Vec::new(),
        }
    }

    #[test]
    fn steps_are_read() {
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
