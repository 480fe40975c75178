//! One table's net change as files and the steps that load them.

use dt_common::batch::NetChanges;
use dt_common::error::{Error, Result};

use super::super::multiset;
use super::super::plan::TablePlan;
use super::super::staged::Step;
use super::super::statements::clear;
use super::encode::{Content, parquet};
use super::load::{self, StagedFile};
use super::newcomers::{self, NewRows};

/// A net change, encoded.
#[derive(Debug, Default)]
pub struct Written {
    /// What is done to the table, in order.
    pub steps: Vec<Step>,
    /// The files that the steps read, to be uploaded before.
    pub files: Vec<Encoded>,
}

/// A file that is to be uploaded.
#[derive(Debug)]
pub struct Encoded {
    /// Its name and size.
    pub file: StagedFile,
    /// Its bytes.
    pub data: Vec<u8>,
    /// Whether the statement that loads it answers how many rows it read.
    pub counted: bool,
}

/// Encodes a net change; `name` gives a name to a file of a number that no file has had before.
///
/// # Errors
/// A value that the target cannot hold; names the table and the column.
pub fn write(
    plan: &TablePlan,
    changes: &NetChanges,
    numbers: impl Fn() -> u64,
    name: impl Fn(u64, u64, u64) -> StagedFile,
) -> Result<Written> {
    let mut out = Written::default();
    let mut file = |content: Content<'_>, number: u64, step: &dyn Fn(StagedFile) -> Step| {
        if !content.is_empty() {
            let data = parquet(plan, content)?;
            let file = name(number, content.len() as u64, data.len() as u64);
            let step = step(file.clone());
            out.files.push(Encoded { file, data, counted: matches!(step, Step::Add(_)) });
            out.steps.push(step);
        }
        Ok(())
    };
    match changes {
        NetChanges::Append { clear_first, rows } => {
            file(Content::Rows(rows), numbers(), &Step::Add)?;
            if *clear_first {
                out.steps.insert(0, Step::Run(clear(plan)));
            }
        }
        NetChanges::Inserted { rows } => {
            let part = numbers();
            let span = newcomers::span(plan, rows);
            let can_be_added = newcomers::can_be_added(plan);
            let step = |file: StagedFile| match can_be_added {
                true => Step::Insert(NewRows { file, span }),
                false => Step::Upsert(file),
            };
            file(Content::Keyed { upserts: rows, deletes: &[], part }, part, &step)?;
        }
        NetChanges::Keyed { upserts, deletes, patches, moves } => {
            let moved = |file: StagedFile| Step::Run(load::moves(plan, moves.len(), &file));
            file(Content::Moves(moves), numbers(), &moved)?;
            let part = numbers();
            file(Content::Keyed { upserts, deletes, part }, part, &Step::Upsert)?;
            let set = |file: StagedFile| Step::Run(load::patch(plan, patches, &file));
            file(Content::Patches(patches), numbers(), &set)?;
        }
        NetChanges::Counted { inserts, deletes } => {
            let remove = |file: StagedFile| Step::Run(multiset::delete_staged(plan, deletes, &file));
            file(Content::Counted(deletes), numbers(), &remove)?;
            file(Content::Rows(inserts), numbers(), &Step::Add)?;
        }
        NetChanges::Repaired { .. } => return Err(Error::internal("a repair travels in statements")),
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use dt_common::row::Row;
    use dt_common::value::ColValue;

    use super::super::super::fixtures::{plan, table};
    use super::super::super::statements::Expect;
    use super::*;

    fn steps(key: &[usize], changes: NetChanges) -> (Vec<(String, Expect)>, Vec<u64>) {
        let plan = plan(table("d", "t", &[("id", "bigint")], key));
        let name = |number, rows, bytes| StagedFile {
            folder: "@~/f/".into(),
            name: format!("{number}.parquet"),
            rows,
            bytes,
        };
        let written = write(&plan, &changes, || 7, name).unwrap();
        let steps = written.steps.into_iter().map(|step| match step {
            Step::Add(file) => (format!("add {}", file.name), Expect::Inserted(file.rows)),
            Step::Insert(rows) => (format!("insert {}", rows.file.name), Expect::Any),
            Step::Upsert(file) => (format!("upsert {}", file.name), Expect::Any),
            Step::Run(s) => (s.sql.split(' ').next().unwrap_or_default().to_owned(), s.expect),
        });
        (steps.collect(), written.files.iter().map(|encoded| encoded.file.rows).collect())
    }

    fn rows(n: i64) -> Vec<Row> {
        (0..n).map(|i| [ColValue::Int(i)].into()).collect()
    }

    #[test]
    fn each_kind_of_change_has_its_steps() {
        let (all, files) = steps(&[0], NetChanges::Append { clear_first: true, rows: rows(2) });
        assert_eq!(all, [("DELETE".into(), Expect::Any), ("add 7.parquet".into(), Expect::Inserted(2))]);
        assert_eq!(files, [2]);
        let (all, files) = steps(&[0], NetChanges::Inserted { rows: rows(2) });
        assert_eq!((all, files), (vec![("insert 7.parquet".into(), Expect::Any)], vec![2]));
        let (all, files) = steps(
            &[0],
            NetChanges::Keyed { upserts: rows(2), deletes: rows(1), patches: rows(4), moves: Vec::new() },
        );
        let expected = ["upsert 7.parquet", "MERGE"].map(|word| (word.into(), Expect::Any));
        assert_eq!((all, files), (expected.into(), vec![3, 4]));
        let deletes = rows(2).into_iter().map(|row| (row, 2)).collect();
        let (all, files) = steps(&[], NetChanges::Counted { inserts: rows(1), deletes });
        assert_eq!(
            all,
            [("DELETE".into(), Expect::Removed(4)), ("add 7.parquet".into(), Expect::Inserted(1))]
        );
        assert_eq!(files, [2, 1]);
    }
}
