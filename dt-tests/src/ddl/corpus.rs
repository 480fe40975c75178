//! The corpus: cases in text files. Pure.
//!
//! ```text
//! case a name
//!   only mariadb                     it has a meaning on one family only
//!   ini schema add_column {db}.t:ignore
//!                                    an entry of the task file
//!   CREATE TABLE t ..;               the first part: what is there before
//! --                                 both sides are compared here
//!   ALTER TABLE ..;                  SQL up to a `;` at a line's end; rows are SQL as well
//!   stops a text                     the task stops at the part's next statement; `&` separates what its error has to say
//!   target t = id INT NOT NULL, v INT
//!                                    columns of the target where they are not the source's; `none` for no table
//!   apart t                          its rows are not compared any more
//!   yields SELECT .. => text         a query at the target
//! ```
//!
//! A line that begins with `#` is a comment. `{db}` is the case's own database, and further ones begin with `{db}__`. `usual` stands for a table `t (id, v, s)` with ten rows, and
//! `touch t` for inserts, updates and deletes of its old and new rows. What dt keeps or sets aside is named without its number
//! (`t__kept`).

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::servers::Family;

/// The usual table.
const USUAL: &str = "CREATE TABLE t (id INT NOT NULL PRIMARY KEY, v INT, s VARCHAR(20) NOT NULL DEFAULT 'x')";
/// Its rows.
const ROWS: &str = "INSERT INTO t VALUES (1,1,'a'),(2,2,'b'),(3,NULL,''),(4,4,'é'),(5,5,'e'),(11,1,'a'),(12,2,'b'),(13,NULL,''),(14,4,'é'),(15,5,'e')";

/// A case.
#[derive(Debug, Clone, Default)]
pub struct Case {
    /// Its name.
    pub name: String,
    /// The family that it is for; `None` for both.
    pub only: Option<Family>,
    /// Entries of the task file: section, key, entry.
    pub ini: Vec<(String, String, String)>,
    /// What happens, the first part before the task looks.
    pub parts: Vec<Part>,
}

/// What happens between two comparisons.
#[derive(Debug, Clone, Default)]
pub struct Part {
    /// Statements of the source.
    pub statements: Vec<String>,
    /// Stops that they bring, in their order: texts of the error.
    pub stops: Vec<Vec<String>>,
    /// Columns of the target's tables from here on; `None` for a table that is not there.
    pub targets: BTreeMap<String, Option<String>>,
    /// Tables whose rows are not compared from here on.
    pub apart: Vec<String>,
    /// Queries and answers.
    pub yields: Vec<(String, String)>,
}

impl Case {
    /// All cases of a folder's files.
    ///
    /// # Errors
    /// A line that means nothing, with its place.
    pub fn all(folder: &Path) -> Result<Vec<Self>> {
        let mut files: Vec<_> =
            std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
        files.sort();
        let mut cases = Vec::new();
        for file in files {
            let text = std::fs::read_to_string(&file)?;
            cases.extend(parse(&text).with_context(|| file.display().to_string())?);
        }
        Ok(cases)
    }

    /// With its database's name put in.
    pub fn filled(&self, db: &str) -> Self {
        let fill = |text: &str| text.replace("{db}", db);
        let parts = self.parts.iter().map(|part| Part {
            statements: part.statements.iter().map(|text| fill(text)).collect(),
            stops: part.stops.iter().map(|says| says.iter().map(|text| fill(text)).collect()).collect(),
            apart: part.apart.clone(),
            targets: part.targets.iter().map(|(table, columns)| (fill(table), columns.clone())).collect(),
            yields: part.yields.iter().map(|(query, answer)| (fill(query), answer.clone())).collect(),
        });
        let ini = self.ini.iter().map(|(section, key, entry)| (section.clone(), key.clone(), fill(entry)));
        Self { name: self.name.clone(), only: self.only, ini: ini.collect(), parts: parts.collect() }
    }
}

fn parse(text: &str) -> Result<Vec<Case>> {
    let mut cases: Vec<Case> = Vec::new();
    let mut statement = String::new();
    for (at, line) in text.lines().enumerate() {
        let place = || format!("line {}: {line}", at + 1);
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(name) = line.strip_prefix("case ") {
            cases.push(Case { name: name.to_owned(), parts: vec![Part::default()], ..Case::default() });
            continue;
        }
        let case = cases.last_mut().with_context(place)?;
        if !statement.is_empty() || !directive(case, line).with_context(place)? {
            statement.push_str(line);
            match statement.strip_suffix(';') {
                Some(whole) => {
                    let part = case.parts.last_mut().with_context(place)?;
                    part.statements.push(whole.to_owned());
                    statement.clear();
                }
                None => statement.push('\n'),
            }
        }
    }
    if !statement.is_empty() {
        bail!("no `;` behind {statement}");
    }
    Ok(cases)
}

/// Whether the line is more than SQL.
fn directive(case: &mut Case, line: &str) -> Result<bool> {
    let touches =
        case.parts.iter().flat_map(|part| &part.statements).filter(|sql| sql.starts_with("UPDATE")).count();
    let number = case.parts.len();
    let part = case.parts.last_mut().context("no part")?;
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    match word {
        "--" => {
            case.parts.push(Part::default());
            return Ok(true);
        }
        "only" => case.only = Some(Family::named(rest).context("no such server")?),
        "ini" => {
            let mut words = rest.splitn(3, ' ').map(str::to_owned);
            let mut next = || words.next().context("ini SECTION KEY ENTRY");
            case.ini.push((next()?, next()?, next()?));
        }
        "usual" => part.statements.extend([USUAL, ROWS].map(str::to_owned)),
        "touch" => part.statements.extend(touch(rest, number + touches)),
        "stops" => part.stops.push(rest.split(" & ").map(str::to_owned).collect()),
        "apart" => part.apart.push(rest.to_owned()),
        "target" => {
            let (table, columns) = rest.split_once(" = ").context("target TABLE = COLUMNS")?;
            let columns = (columns != "none").then(|| columns.to_owned());
            part.targets.insert(table.to_owned(), columns);
        }
        "yields" => {
            let (query, answer) = rest.rsplit_once(" => ").context("yields QUERY => TEXT")?;
            part.yields.push((query.to_owned(), answer.to_owned()));
        }
        _ => return Ok(false),
    }
    Ok(true)
}

/// Rows that come, change and go: old ones, and those of the same part.
fn touch(table: &str, n: usize) -> [String; 5] {
    let (new, old) = (n * 100, n % 5 + 1);
    [
        format!(
            "INSERT INTO {table} (id, v) VALUES ({}, {n}), ({}, {n}), ({}, {n})",
            new + 1,
            new + 2,
            new + 3
        ),
        format!("UPDATE {table} SET v = {} WHERE id IN ({old}, {})", 1000 + n, new + 1),
        "BEGIN".to_owned(),
        format!("DELETE FROM {table} WHERE id IN ({}, {})", 10 + old, new + 2),
        "COMMIT".to_owned(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case() {
        let cases = parse(
            "case one\n  only mysql\n  ini schema add_column {db}.t:stop\n  usual\n--\n  ALTER TABLE t\n   ADD a INT;\n  \
             stops column & lets\n  touch t\n  target t__kept = id INT\n  yields SELECT 1 => 1\ncase two\n  SELECT 1;\n",
        )
        .unwrap();
        assert_eq!((cases.len(), cases[0].only, cases[0].parts.len()), (2, Some(Family::MySql), 2));
        let case = cases[0].filled("x");
        assert_eq!(case.ini[0].2, "x.t:stop");
        let part = &case.parts[1];
        assert_eq!((part.statements[0].as_str(), part.statements.len()), ("ALTER TABLE t\nADD a INT", 6));
        assert_eq!(part.stops, [["column", "lets"]]);
        assert_eq!(part.targets["t__kept"].as_deref(), Some("id INT"));
        assert!(parse("case one\n  SELECT 1\n").is_err());
        assert!(parse("SELECT 1;\n").is_err());
    }

    #[test]
    fn the_corpus() {
        let cases = Case::all(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ddl/corpus")).unwrap();
        assert!(cases.len() >= 80, "{}", cases.len());
        for (at, case) in cases.iter().enumerate() {
            assert!(cases[..at].iter().all(|other| other.name != case.name), "{} is there twice", case.name);
            // Something is there before, and something happens to it.
            assert!(case.parts.len() > 1, "{}", case.name);
            assert!(case.parts.iter().all(|part| !part.statements.is_empty()), "{}", case.name);
        }
    }
}
