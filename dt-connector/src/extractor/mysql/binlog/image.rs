//! Row images of one table, decoded by the table's plan.
//!
//! An image may leave columns out (`binlog_row_image`). What an update leaves out is as it was; what an insert leaves out has its default.
//! What neither says stays [`ColValue::Absent`]: the row is found by its key, and the target keeps the rest.

use std::sync::Arc;

use dt_common::error::{Error, Result};
use dt_common::row::{Row, is_partial};
use dt_common::schema::TableSchema;
use dt_common::value::ColValue;

use super::codec::{Codec, altered, codec};
use super::cursor::Cursor;
use super::skip::Skip;
use super::table_map::TableMap;
use crate::extractor::mysql::definition::{FollowedTable, ImageColumn, LeftOut};

/// How the rows of one table are decoded. Made once for each table map that differs from the one before.
#[derive(Debug)]
pub(super) struct TablePlan {
    /// What the columns mean.
    pub(super) schema: Arc<TableSchema>,
    /// One for each column of the row image.
    pub(super) steps: Box<[Step]>,
}

/// One column of a row image.
#[derive(Debug)]
pub(super) struct Step {
    skip: Skip,
    /// How it becomes the row's next value; `None` when nobody follows it.
    pub(super) read: Option<Codec>,
    /// See [`ImageColumn::Followed`].
    left_out: LeftOut,
    pub(super) is_key: bool,
}

impl Step {
    /// The bytes of the column's value in an image; `None` for NULL.
    fn bytes<'a>(&self, is_null: bool, cursor: &mut Cursor<'a>) -> Result<Option<&'a [u8]>> {
        if is_null { Ok(None) } else { self.skip.pass(cursor).map(Some) }
    }
}

impl TablePlan {
    /// Checks a table map against the table.
    ///
    /// # Errors
    /// They disagree; the message names the column.
    pub(super) fn new(table: &FollowedTable, map: &TableMap<'_>) -> Result<Self> {
        if map.column_count() != table.image.len() {
            let (logged, known) = (map.column_count(), table.image.len());
            return Err(altered(&format!("it has {known} columns in the schema but {logged} in the binlog")));
        }
        check_names(table, map)?;
        let mut columns = table.schema.columns.iter().enumerate();
        let steps = table.image.iter().zip(map.wires()?).map(|(column, wire)| match column {
            ImageColumn::Ignored { fsp } => {
                Ok(Step { skip: Skip::of(wire, *fsp), read: None, left_out: LeftOut::Unknown, is_key: false })
            }
            ImageColumn::Followed { left_out } => {
                let next = columns.next();
                let (at, column) = next.ok_or_else(|| Error::internal("an image without its schema"))?;
                Ok(Step {
                    skip: Skip::of(wire, column.ty.fraction_digits()),
                    read: Some(codec(column, wire)?),
                    left_out: left_out.clone(),
                    is_key: table.schema.key_columns().contains(&at),
                })
            }
        });
        Ok(Self { schema: Arc::clone(&table.schema), steps: steps.collect::<Result<_>>()? })
    }

    /// Reads one row image.
    pub(super) fn row(&self, cursor: &mut Cursor<'_>) -> Result<Row> {
        let nulls = self.nulls(cursor)?;
        let mut row = Vec::with_capacity(self.schema.columns.len());
        for (i, step) in self.steps.iter().enumerate() {
            match &step.read {
                Some(_) if is_set(nulls, i) => row.push(ColValue::Null),
                Some(codec) => {
                    let value = codec.decode(cursor);
                    row.push(value.map_err(|e| {
                        e.at(format_args!("column `{}`", self.schema.columns[row.len()].name))
                    })?);
                }
                None => {
                    step.bytes(is_set(nulls, i), cursor)?;
                }
            }
        }
        Ok(row.into())
    }

    /// Reads one row image of the columns that are marked as present.
    pub(super) fn partial_row(&self, cursor: &mut Cursor<'_>, present: &[u8]) -> Result<Row> {
        let held = (0..self.steps.len()).filter(|&i| is_set(present, i)).count();
        let nulls = cursor.take(held.div_ceil(8))?;
        let mut row = Vec::with_capacity(self.schema.columns.len());
        let mut at = 0;
        for (i, step) in self.steps.iter().enumerate() {
            let is_present = is_set(present, i);
            let is_null = is_present && is_set(nulls, at);
            at += usize::from(is_present);
            match &step.read {
                Some(_) if !is_present => row.push(ColValue::Absent),
                Some(_) if is_null => row.push(ColValue::Null),
                Some(codec) => {
                    let column = &self.schema.columns[row.len()].name;
                    row.push(codec.decode(cursor).map_err(|e| e.at(format_args!("column `{column}`")))?);
                }
                None if is_present => {
                    step.bytes(is_null, cursor)?;
                }
                None => {}
            }
        }
        Ok(row.into())
    }

    /// Puts the defaults into an insert's image.
    pub(super) fn put_defaults(&self, row: &mut Row) -> Result<()> {
        let read = self.steps.iter().filter(|step| step.read.is_some());
        for ((value, step), column) in row.iter_mut().zip(read).zip(&self.schema.columns) {
            match (&*value, &step.left_out) {
                (ColValue::Absent, LeftOut::Default(default)) => *value = default.clone(),
                (ColValue::Absent, LeftOut::Unknown | LeftOut::Unlogged) => {
                    let column = &column.name;
                    return Err(full_image_needed(&format!(
                        "a row image leaves out column `{column}` of a new row, whose default dt does not know"
                    )));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Checks that what an update leaves out is as it was.
    pub(super) fn check_logged(&self, row: &Row) -> Result<()> {
        let read = self.steps.iter().filter(|step| step.read.is_some());
        let unlogged = row.iter().zip(read).position(|(value, step)| {
            step.left_out == LeftOut::Unlogged && matches!(value, ColValue::Absent)
        });
        match unlogged.map(|at| &self.schema.columns[at].name) {
            None => Ok(()),
            Some(name) => Err(full_image_needed(&format!(
                "a row image leaves out the generated column `{name}`, changed or not (or leave it out by [filter] ignore_cols)"
            ))),
        }
    }

    /// Checks that an image names its row: by the key, or without one by all columns.
    pub(super) fn check_named(&self, row: &Row) -> Result<()> {
        let key = self.schema.key_columns();
        if self.schema.is_keyed() && key.iter().any(|&i| matches!(row[i], ColValue::Absent)) {
            return Err(full_image_needed("a row image leaves columns of the key out"));
        }
        if !self.schema.is_keyed() && is_partial(row) {
            return Err(full_image_needed("a row image leaves columns out, and the table has no key"));
        }
        Ok(())
    }

    /// Moves behind one row image.
    pub(super) fn pass(&self, cursor: &mut Cursor<'_>) -> Result<()> {
        let nulls = self.nulls(cursor)?;
        for (i, step) in self.steps.iter().enumerate() {
            step.bytes(is_set(nulls, i), cursor)?;
        }
        Ok(())
    }

    /// Whether two images hold the same bytes in all columns that `counts` picks.
    pub(super) fn same(
        &self,
        mut a: Cursor<'_>,
        mut b: Cursor<'_>,
        counts: impl Fn(&Step) -> bool,
    ) -> Result<bool> {
        let (a_nulls, b_nulls) = (self.nulls(&mut a)?, self.nulls(&mut b)?);
        let last = self.steps.iter().rposition(&counts).map_or(0, |last| last + 1);
        for (i, step) in self.steps[..last].iter().enumerate() {
            let a = step.bytes(is_set(a_nulls, i), &mut a)?;
            let b = step.bytes(is_set(b_nulls, i), &mut b)?;
            if a != b && counts(step) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn nulls<'a>(&self, cursor: &mut Cursor<'a>) -> Result<&'a [u8]> {
        cursor.take(self.steps.len().div_ceil(8))
    }

    /// Whether the image holds columns that the rows do not.
    pub(super) fn hides_columns(&self) -> bool {
        self.steps.len() > self.schema.columns.len()
    }
}

/// Types alone do not tell two columns apart that have exchanged their names.
fn check_names(table: &FollowedTable, map: &TableMap<'_>) -> Result<()> {
    let Some(names) = map.names()? else { return Ok(()) };
    let followed =
        table.image.iter().zip(names).filter(|(column, _)| matches!(column, ImageColumn::Followed { .. }));
    for ((_, logged), column) in followed.zip(&table.schema.columns) {
        let logged = String::from_utf8_lossy(logged);
        if logged.to_lowercase() != column.name.to_lowercase() {
            let known = &column.name;
            return Err(altered(&format!("column `{known}` of the schema is `{logged}` in the binlog")));
        }
    }
    Ok(())
}

fn full_image_needed(why: &str) -> Error {
    Error::source(format!(
        "{why}: set binlog_row_image = FULL (globally and in every session), and start the task with --resync and the table's name, \
         which copies it anew"
    ))
}

pub(super) fn is_set(bits: &[u8], i: usize) -> bool {
    bits[i / 8] >> (i % 8) & 1 == 1
}
