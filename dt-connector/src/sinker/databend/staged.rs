//! What a lane hands to the committer: one table's part of a batch, and the order in which the parts run.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use dt_common::monitor::ReplacedValues;
use dt_common::schema::TableName;

use super::plan::TablePlan;
use super::stage::load::{self, StagedFile};
use super::stage::newcomers::{self, NewRows};
use super::statements::Statement;
use crate::sinker::StagedWork;

/// One table's part of a batch, ready to be executed.
#[derive(Debug)]
pub struct StagedTable {
    /// The table.
    pub plan: Arc<TablePlan>,
    /// What is done to it, in order.
    pub steps: Vec<Step>,
    /// Files that the steps read; they have served when the batch is committed.
    pub files: Vec<StagedFile>,
    /// Values among it that follow a policy.
    pub replaced: Vec<ReplacedValues>,
}

/// One step of a table's part.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// A statement.
    Run(Statement),
    /// The rows of a file are added. Such steps of one table that follow each other are done by one statement.
    Add(StagedFile),
    /// The rows of a file are applied by key, likewise.
    Upsert(StagedFile),
    /// The rows of a file are added if that is all the same, else applied by key, likewise.
    Insert(NewRows),
}

/// What the committer does to a table.
#[derive(Debug)]
pub enum Act<'a> {
    /// It runs a statement.
    Run(Cow<'a, Statement>),
    /// It adds rows that the source has inserted, unless the target holds one of their keys.
    Insert(Insertion),
}

/// Two ways for the same rows.
#[derive(Debug)]
pub struct Insertion {
    /// `SELECT` of a number that is 0 when the rows can be added.
    pub look: String,
    /// Adds them.
    pub add: Statement,
    /// Applies them by key.
    pub upserts: Vec<Statement>,
}

impl StagedWork for StagedTable {
    fn bytes(&self) -> u64 {
        let text = self.steps.iter().map(|step| match step {
            Step::Run(statement) => statement.sql.len() as u64,
            Step::Add(_) | Step::Upsert(_) | Step::Insert(_) => 0,
        });
        text.sum::<u64>() + self.files.iter().map(|file| file.bytes).sum::<u64>()
    }

    /// Files lie in the stage.
    fn memory(&self) -> usize {
        let text = self.steps.iter().map(|step| match step {
            Step::Run(statement) => statement.sql.len(),
            Step::Add(_) | Step::Upsert(_) | Step::Insert(_) => 0,
        });
        text.sum()
    }

    fn replaced(&self) -> &[ReplacedValues] {
        &self.replaced
    }
}

/// What a batch does, with the tables at the source: table after table, each in the order of its steps.
pub fn acts(staged: &[StagedTable]) -> Vec<(&TableName, Act<'_>)> {
    let mut out = Vec::new();
    let mut plans: Vec<&TablePlan> = Vec::new();
    let mut parts: HashMap<&TableName, Vec<&StagedTable>> = HashMap::new();
    for part in staged {
        let of_table = parts.entry(&part.plan.target).or_default();
        if of_table.is_empty() {
            plans.push(&part.plan);
        }
        of_table.push(part);
    }
    for plan in plans {
        let mut run = FileRun { plan, adds: Vec::new(), by_key: Vec::new() };
        for step in parts[&plan.target].iter().flat_map(|part| &part.steps) {
            match step {
                Step::Add(file) => {
                    run.end_by_key(&mut out);
                    run.adds.push(file);
                }
                Step::Upsert(file) => {
                    run.end_adds(&mut out);
                    run.by_key.push(ByKey::Upsert(file));
                }
                Step::Insert(rows) => {
                    run.end_adds(&mut out);
                    run.by_key.push(ByKey::Insert(rows));
                }
                Step::Run(statement) => {
                    run.end_adds(&mut out);
                    run.end_by_key(&mut out);
                    out.push((&plan.schema.name, Act::Run(Cow::Borrowed(statement))));
                }
            }
        }
        run.end_adds(&mut out);
        run.end_by_key(&mut out);
    }
    out
}

/// Files of one table that follow each other and are loaded together. One of the lists is empty.
struct FileRun<'a> {
    plan: &'a TablePlan,
    adds: Vec<&'a StagedFile>,
    by_key: Vec<ByKey<'a>>,
}

/// A file of rows by key.
enum ByKey<'a> {
    Upsert(&'a StagedFile),
    Insert(&'a NewRows),
}

impl<'a> FileRun<'a> {
    fn end_adds(&mut self, out: &mut Vec<(&'a TableName, Act<'a>)>) {
        if !self.adds.is_empty() {
            let copy = load::copy(self.plan, &self.adds);
            out.push((&self.plan.schema.name, Act::Run(Cow::Owned(copy))));
            self.adds.clear();
        }
    }

    fn end_by_key(&mut self, out: &mut Vec<(&'a TableName, Act<'a>)>) {
        let (plan, table) = (self.plan, &self.plan.schema.name);
        let by_key = std::mem::take(&mut self.by_key);
        let file = |file: &ByKey<'a>| match file {
            ByKey::Upsert(file) => *file,
            ByKey::Insert(rows) => &rows.file,
        };
        let files: Vec<&StagedFile> = by_key.iter().map(file).collect();
        let upserts = load::upserts(plan, &files);
        let new = by_key.iter().map(|file| match file {
            ByKey::Insert(rows) => Some(*rows),
            ByKey::Upsert(_) => None,
        });
        match new.collect::<Option<Vec<&NewRows>>>().filter(|new| !new.is_empty()) {
            Some(new) => {
                let insertion =
                    Insertion { look: newcomers::look(plan, &new), add: load::copy(plan, &files), upserts };
                out.push((table, Act::Insert(insertion)));
            }
            None => out.extend(upserts.into_iter().map(|s| (table, Act::Run(Cow::Owned(s))))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{plan, table};
    use super::super::statements::Expect;
    use super::*;

    fn part(table_name: &str, steps: Vec<Step>) -> StagedTable {
        StagedTable {
            plan: Arc::new(plan(table("d", table_name, &[("id", "bigint")], &[0]))),
            steps,
            files: Vec::new(),
            replaced: Vec::new(),
        }
    }

    fn add(number: u64) -> Step {
        Step::Add(StagedFile {
            folder: "@~/f/".into(),
            name: format!("{number}.parquet"),
            rows: number,
            bytes: 1,
        })
    }

    #[test]
    fn files_of_one_table_share_a_statement() {
        let run = Step::Run(Statement { sql: "DELETE FROM a".into(), expect: Expect::Any });
        let upsert = |number| match add(number) {
            Step::Add(file) => Step::Upsert(file),
            other => other,
        };
        let staged = [
            part("a", vec![add(1), run, add(2)]),
            part("b", vec![upsert(4), upsert(5)]),
            part("a", vec![add(8)]),
        ];
        let all = runs(&staged);
        let shown: Vec<_> = all.iter().map(|(table, s)| (table.as_str(), s.expect)).collect();
        assert_eq!(
            shown,
            [("a", Expect::Inserted(1)), ("a", Expect::Any), ("a", Expect::Inserted(10)), ("b", Expect::Any),]
        );
        assert!(all[3].1.sql.contains("FILES => ('4.parquet', '5.parquet')"), "{}", all[3].1.sql);
        assert!(all[2].1.sql.contains("FILES = ('2.parquet', '8.parquet')"), "{}", all[2].1.sql);
    }

    #[test]
    fn rows_are_added_when_all_of_a_table_are_new() {
        let insert = |number| match add(number) {
            Step::Add(file) => Step::Insert(NewRows { file, span: None }),
            other => other,
        };
        let upsert = |number| match add(number) {
            Step::Add(file) => Step::Upsert(file),
            other => other,
        };
        let staged = [
            part("a", vec![insert(1)]),
            part("b", vec![insert(3)]),
            part("a", vec![insert(2)]),
            part("b", vec![upsert(4)]),
        ];
        let all = acts(&staged);
        let [(_, Act::Insert(a)), (_, Act::Run(b))] = &all[..] else { panic!("{all:?}") };
        assert_eq!(a.add.expect, Expect::Inserted(3));
        assert!(a.upserts[0].sql.starts_with("REPLACE"), "{a:?}");
        assert!(b.sql.starts_with("REPLACE") && b.sql.contains("'3.parquet', '4.parquet'"), "{b:?}");
    }

    fn runs(staged: &[StagedTable]) -> Vec<(String, Statement)> {
        let run = |(table, act): (&TableName, Act<'_>)| match act {
            Act::Run(statement) => (table.table.clone(), statement.into_owned()),
            Act::Insert(insertion) => panic!("{insertion:?}"),
        };
        acts(staged).into_iter().map(run).collect()
    }
}
