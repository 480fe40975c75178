//! A test case: a folder.
//!
//! `steps.txt` says what happens, one step a line; a file that a case does not bring is taken from its suite's folder,
//! then from the root, so that a new case needs little more than its SQL. `name.mariadb.sql` or `name.mysql.sql` wins
//! over `name.sql`.
//! Every step and its words are described in `dt-tests/README.md`.

mod step;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::servers::Family;

pub use step::Step;
use step::words;

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
            _ => self.steps.push(Step::read(word, rest)?),
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
}
