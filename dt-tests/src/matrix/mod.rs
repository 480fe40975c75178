//! All types with their edge values by every way that dt has: {snapshot, change stream} x {statements, files} x {MariaDB, MySQL}.
//!
//! One table a type and one task a way, so that hundreds of values take seconds. The oracle is the source read back by its own server
//! ([`crate::compare`]). Beside the types by themselves there are tables of random columns ([`random`]).

pub mod keys;
pub mod random;
pub mod types;

use std::path::Path;

use anyhow::{Result, bail};

use crate::compare::{self, Expected, Place};
use crate::report::Report;
use crate::servers::Family;
use crate::source::Source;
use crate::target::Target;
use crate::task::Tasks;
use types::Kind;

/// Rows of a type whose values the server computes.
const COMPUTED_ROWS: usize = 8;

/// A way of rows: how they are read, and how they travel.
const WAYS: [(&str, &str); 4] =
    [("snapshot", "sql"), ("snapshot", "stage"), ("cdc", "sql"), ("cdc", "stage")];

/// Plays the matrix on one family and reports a line for each type and way.
///
/// # Errors
/// A server cannot be used. What differs is reported.
pub async fn play(
    source: &Source,
    target: &Target,
    folder: &Path,
    kinds: &[Kind],
    report: &mut Report,
) -> Result<()> {
    let db = format!("dt_test_matrix_{}", source.family);
    source.drop_databases(&db).await?;
    target.drop_databases(&db).await?;
    source.run(&format!("CREATE DATABASE {db} DEFAULT CHARACTER SET utf8mb4;")).await?;
    let mut all: Vec<(usize, &Kind)> = kinds.iter().enumerate().collect();
    all.retain(|(_, kind)| match kind.scripted.as_ref().and_then(|table| table.only) {
        Some((only, why)) if only != source.family => {
            report.not_applicable(&kind.name, source.family, why);
            false
        }
        Some(_) | None => true,
    });
    let tables = script(source, &db, &all, table, report).await;
    let matrix = Matrix { source, target, folder, db: &db };
    for (read, method) in WAYS {
        matrix.run(read, method, "struct", "").await?;
    }
    let (file, offset, _) = source.position().await?;
    let tables = script(source, &db, &tables, rows, report).await;
    let start = format!("stop_at=caught_up\nbinlog_filename={file}\nbinlog_position={offset}\n");
    for (read, method) in WAYS {
        let start = if read == "cdc" { start.as_str() } else { "" };
        let played = matrix.run(read, method, read, start).await;
        report
            .tried(&format!("{} {read} {method}: the task", source.family), &played.map(|()| String::new()));
        for (i, kind) in &tables {
            let result = matrix.compare(&format!("t{i}"), kind, read, method).await;
            report.tried(&format!("{} {read} {method}: {}", source.family, kind.name), &result);
        }
    }
    Ok(())
}

/// Runs a script for each type; answers those that the source took.
async fn script<'a>(
    source: &Source,
    db: &str,
    kinds: &[(usize, &'a Kind)],
    sql: fn(usize, &Kind) -> String,
    report: &mut Report,
) -> Vec<(usize, &'a Kind)> {
    let mut taken = Vec::with_capacity(kinds.len());
    for &(i, kind) in kinds {
        match source.run(&format!("USE {db};\n{}", sql(i, kind))).await {
            Ok(()) => taken.push((i, kind)),
            Err(error) => report.tried(&format!("{}: {}", source.family, kind.name), &Err(error)),
        }
    }
    taken
}

struct Matrix<'a> {
    source: &'a Source,
    target: &'a Target,
    folder: &'a Path,
    db: &'a str,
}

impl Matrix<'_> {
    /// Runs one task to its end.
    async fn run(&self, read: &str, method: &str, extract: &str, start: &str) -> Result<()> {
        let db = self.db;
        let folder = self.folder.join(format!("{db}_{read}_{method}_{extract}"));
        std::fs::create_dir_all(&folder)?;
        let mut tasks = Tasks::new(&folder);
        tasks.start(&format!(
            "[task]\nid={db}_{read}_{method}\n[extractor]\ndb_type=mysql\nextract_type={extract}\nurl={}\n{start}\
             [filter]\ndo_dbs={db}\n[router]\ndb_map={db}:{db}__{read}_{method}\n\
             [sinker]\ndb_type=databend\nurl={}\nwrite_method={method}\n",
            self.source.url,
            self.target.dsn,
        ))?;
        tasks.ends(0).await
    }

    /// Compares one table; answers how many values were tried.
    async fn compare(&self, table: &str, kind: &Kind, read: &str, method: &str) -> Result<String> {
        let from = Place { db: self.db.to_owned(), table: table.to_owned() };
        let to = Place { db: format!("{}__{read}_{method}", self.db), ..from.clone() };
        let expected = Expected { from, to, columns: Vec::new(), condition: None };
        let comparison = compare::table(self.source, self.target, &expected).await?;
        let wanted = match &kind.scripted {
            Some(table) => table.count,
            None if kind.values.is_empty() => COMPUTED_ROWS,
            None => kind.values.len(),
        };
        if !comparison.differences.is_empty() {
            let shown: Vec<String> = comparison.differences.iter().take(5).map(ToString::to_string).collect();
            bail!("{}", shown.join("\n"));
        }
        if comparison.rows != wanted {
            bail!("{} rows were compared, {wanted} were written", comparison.rows);
        }
        Ok(format!("{wanted} values"))
    }
}

/// The table of a type.
fn table(i: usize, kind: &Kind) -> String {
    if let Some(table) = &kind.scripted {
        return table.named(table.create, &format!("t{i}"));
    }
    if kind.is_key {
        format!("CREATE TABLE t{i} (c {}, n INT, PRIMARY KEY (c));", kind.definition)
    } else {
        format!("CREATE TABLE t{i} (id INT NOT NULL PRIMARY KEY, c {}, n INT);", kind.definition)
    }
}

/// What is done to it: every value is inserted, then the row is touched, one gets another key, one is deleted and comes back; two keys are
/// swapped.
fn rows(i: usize, kind: &Kind) -> String {
    if let Some(table) = &kind.scripted {
        return table.named(table.rows, &format!("t{i}"));
    }
    let mut sql = String::new();
    let mut say = |statement: String| {
        sql.push_str(&statement);
        sql.push_str(";\n");
    };
    match (kind.is_key, kind.values.as_slice()) {
        (true, values) => {
            for (n, value) in values.iter().enumerate() {
                say(format!("INSERT INTO t{i} (c, n) VALUES ({value}, {n})"));
            }
            let (first, second) = (&values[0], &values[1]);
            say(format!("UPDATE t{i} SET n = n + 100"));
            say(format!("DELETE FROM t{i} WHERE c = {first}"));
            say(format!("UPDATE t{i} SET c = {first} WHERE c = {second}"));
            say(format!("INSERT INTO t{i} (c, n) VALUES ({second}, 7)"));
            // By way of a third key, whose row comes back.
            let (one, other, free) = (&values[2], &values[3], &values[4]);
            say(format!("START TRANSACTION; DELETE FROM t{i} WHERE c = {free}"));
            for (from, to) in [(one, free), (other, one), (free, other)] {
                say(format!("UPDATE t{i} SET c = {to} WHERE c = {from}"));
            }
            say(format!("COMMIT; INSERT INTO t{i} (c, n) VALUES ({free}, 9)"));
        }
        (false, []) => {
            (1..=COMPUTED_ROWS).for_each(|id| say(format!("INSERT INTO t{i} (id) VALUES ({id})")));
            say(format!("UPDATE t{i} SET n = id"));
        }
        (false, values) => {
            for (n, value) in values.iter().enumerate() {
                say(format!("INSERT INTO t{i} (id, {}) VALUES ({}, {value})", kind.columns, n + 1));
            }
            say(format!("UPDATE t{i} SET n = id"));
            say(format!("UPDATE t{i} SET id = 1000 WHERE id = 1"));
            say(format!("DELETE FROM t{i} WHERE id = 2"));
            say(format!("INSERT INTO t{i} (id, {}) VALUES (2, {})", kind.columns, values[1]));
        }
    }
    sql
}

/// What a family has of the types, or a part of them: every `step`-th.
pub fn kinds(family: Family, step: usize, seed: u64) -> Vec<Kind> {
    let all = types::kinds(family);
    let random = random::kinds(&all, seed);
    all.into_iter().step_by(step.max(1)).chain(random).collect()
}
