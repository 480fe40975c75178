//! What a lane hands to the committer: one table's part of a batch, and the order in which the parts run.

use std::borrow::Cow;
use std::sync::Arc;

use dt_common::monitor::ReplacedValues;
use dt_common::schema::TableName;

use super::plan::TablePlan;
use super::stage::load::{self, StagedFile};
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
    /// The rows of a file are added. Such steps of one table are done by one statement.
    Add(StagedFile),
}

impl StagedWork for StagedTable {
    fn bytes(&self) -> u64 {
        let text = self.steps.iter().map(|step| match step {
            Step::Run(statement) => statement.sql.len() as u64,
            Step::Add(_) => 0,
        });
        text.sum::<u64>() + self.files.iter().map(|file| file.bytes).sum::<u64>()
    }

    fn replaced(&self) -> &[ReplacedValues] {
        &self.replaced
    }
}

/// The statements of a batch with their tables at the source: table after table, each in the order of its steps.
pub fn statements(staged: &[StagedTable]) -> Vec<(&TableName, Cow<'_, Statement>)> {
    let mut out = Vec::new();
    let mut plans: Vec<&TablePlan> = Vec::new();
    for part in staged {
        if plans.iter().all(|plan| plan.target != part.plan.target) {
            plans.push(&part.plan);
        }
    }
    for plan in plans {
        let mut files = Vec::new();
        let steps = staged.iter().filter(|part| part.plan.target == plan.target).flat_map(|part| &part.steps);
        for step in steps {
            match step {
                Step::Add(file) => files.push(file),
                Step::Run(statement) => {
                    add(&mut out, plan, &mut files);
                    out.push((&plan.schema.name, Cow::Borrowed(statement)));
                }
            }
        }
        add(&mut out, plan, &mut files);
    }
    out
}

fn add<'a>(
    out: &mut Vec<(&'a TableName, Cow<'a, Statement>)>,
    plan: &'a TablePlan,
    files: &mut Vec<&StagedFile>,
) {
    if !files.is_empty() {
        out.push((&plan.schema.name, Cow::Owned(load::copy(plan, files))));
        files.clear();
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
        let staged = [part("a", vec![add(1), run, add(2)]), part("b", vec![add(4)]), part("a", vec![add(8)])];
        let all = statements(&staged);
        let shown: Vec<_> = all.iter().map(|(table, s)| (table.table.as_str(), s.expect)).collect();
        assert_eq!(
            shown,
            [
                ("a", Expect::Inserted(1)),
                ("a", Expect::Any),
                ("a", Expect::Inserted(10)),
                ("b", Expect::Inserted(4)),
            ]
        );
        assert!(all[2].1.sql.contains("FILES = ('2.parquet', '8.parquet')"), "{}", all[2].1.sql);
    }
}
