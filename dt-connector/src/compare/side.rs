//! One frame for both sides: an engine puts a question into its SQL and answers it row by row; what the answers come to is the same.

use std::collections::BTreeMap;

use async_trait::async_trait;
use dt_common::error::Result;

use super::answer::{Cells, Digests, Rows, Texts, number};
use super::{Buckets, CompareSide, ComparedTable, Digest, Meter, RowMark, RowTexts, Slice};

/// What a side is asked of one table.
#[derive(Debug, Clone, Copy)]
pub enum Question<'a> {
    /// Least and greatest value of the key's first column: one row.
    Extent,
    /// Rows of the table, as far as they can be had without counting: one cell.
    Estimate,
    /// See [`super::answer`], as for the others.
    Digests(&'a Slice, Buckets),
    /// The rows of a slice by name and hash.
    Rows(&'a Slice),
    /// The rows with these names, whole.
    Texts(&'a [RowMark]),
}

/// A server that answers questions.
#[async_trait]
pub trait Engine: Send + Sync {
    /// Names in one question.
    const NAMES: usize;

    /// The question in the engine's SQL.
    ///
    /// # Errors
    /// A name that the engine cannot hold.
    fn sql(&self, table: &ComparedTable, question: Question<'_>) -> Result<String>;

    /// Runs a statement and hands over its rows as they come; they are counted in `meter`.
    ///
    /// # Errors
    /// As for every method of [`CompareSide`]; the first error of `take`.
    async fn ask(
        &self,
        table: &ComparedTable,
        sql: &str,
        meter: &Meter,
        take: &mut (dyn FnMut(Cells) -> Result<()> + Send),
    ) -> Result<()>;
}

#[async_trait]
impl<E: Engine> CompareSide for E {
    async fn extent(&self, table: &ComparedTable) -> Result<Option<(i128, i128)>> {
        let mut extent = None;
        let sql = self.sql(table, Question::Extent)?;
        self.ask(table, &sql, &Meter::default(), &mut |row| {
            if row.iter().all(Option::is_some) {
                extent = Some((number(row.first(), "least key")?, number(row.get(1), "greatest key")?));
            }
            Ok(())
        })
        .await?;
        Ok(extent)
    }

    async fn estimate(&self, table: &ComparedTable) -> Result<u64> {
        let mut rows = 0;
        let sql = self.sql(table, Question::Estimate)?;
        self.ask(table, &sql, &Meter::default(), &mut |row| {
            // An engine that does not know says NULL.
            rows = number(row.first(), "number of rows").unwrap_or(0);
            Ok(())
        })
        .await?;
        Ok(rows)
    }

    async fn digests(
        &self,
        table: &ComparedTable,
        slice: &Slice,
        buckets: Buckets,
        meter: &Meter,
    ) -> Result<BTreeMap<u64, Digest>> {
        let mut digests = Digests::new(table);
        let sql = self.sql(table, Question::Digests(slice, buckets))?;
        self.ask(table, &sql, meter, &mut |row| digests.take(row)).await?;
        Ok(digests.done())
    }

    async fn rows(&self, table: &ComparedTable, slice: &Slice, meter: &Meter) -> Result<Vec<RowMark>> {
        let mut rows = Rows::new(table);
        let sql = self.sql(table, Question::Rows(slice))?;
        self.ask(table, &sql, meter, &mut |row| rows.take(row)).await?;
        Ok(rows.done())
    }

    async fn texts(&self, table: &ComparedTable, marks: &[RowMark], meter: &Meter) -> Result<Vec<RowTexts>> {
        let mut texts = Texts::new(table, marks);
        for some in marks.chunks(E::NAMES) {
            let sql = self.sql(table, Question::Texts(some))?;
            self.ask(table, &sql, meter, &mut |row| texts.take(row)).await?;
        }
        Ok(texts.done())
    }
}
