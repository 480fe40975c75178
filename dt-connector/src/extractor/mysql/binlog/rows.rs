//! Rows events: row images of one table, decoded by the table's plan.
//!
//! An image may leave columns out (`binlog_row_image`). What an update leaves out is as it was; what an insert leaves out has its default.
//! What neither says stays [`ColValue::Absent`]: the row is found by its key, and the target keeps the rest.

use std::sync::Arc;

use dt_common::error::{Error, Result};
use dt_common::row::{Row, RowChange, complete, is_partial};
use dt_common::schema::TableSchema;
use dt_common::value::ColValue;

use super::codec::{Codec, altered, codec};
use super::cursor::{Cursor, malformed};
use super::skip::Skip;
use super::table_map::{TableMap, table_id};
use crate::extractor::mysql::definition::{FollowedTable, ImageColumn, LeftOut};

/// How the rows of one table are decoded. Made once for each table map that differs from the one before.
#[derive(Debug)]
pub(super) struct TablePlan {
    /// What the columns mean.
    pub(super) schema: Arc<TableSchema>,
    /// One for each column of the row image.
    steps: Box<[Step]>,
}

/// One column of a row image.
#[derive(Debug)]
struct Step {
    skip: Skip,
    /// How it becomes the row's next value; `None` when nobody follows it.
    read: Option<Codec>,
    /// See [`ImageColumn::Followed`].
    left_out: LeftOut,
    is_key: bool,
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
    fn row(&self, cursor: &mut Cursor<'_>) -> Result<Row> {
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
    fn partial_row(&self, cursor: &mut Cursor<'_>, present: &[u8]) -> Result<Row> {
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
    fn put_defaults(&self, row: &mut Row) -> Result<()> {
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
    fn check_logged(&self, row: &Row) -> Result<()> {
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
    fn check_named(&self, row: &Row) -> Result<()> {
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
    fn pass(&self, cursor: &mut Cursor<'_>) -> Result<()> {
        let nulls = self.nulls(cursor)?;
        for (i, step) in self.steps.iter().enumerate() {
            step.bytes(is_set(nulls, i), cursor)?;
        }
        Ok(())
    }

    /// Whether two images hold the same bytes in all columns that `counts` picks.
    fn same(&self, mut a: Cursor<'_>, mut b: Cursor<'_>, counts: impl Fn(&Step) -> bool) -> Result<bool> {
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
    fn hides_columns(&self) -> bool {
        self.steps.len() > self.schema.columns.len()
    }
}

/// Which change a rows event holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// WRITE_ROWS.
    Insert,
    /// UPDATE_ROWS.
    Update,
    /// DELETE_ROWS.
    Delete,
}

/// The changes of one rows event, read one by one.
#[derive(Debug)]
pub(super) struct Changes<'a> {
    change: Change,
    plan: &'a TablePlan,
    /// The marks of the columns that the images hold, the second for an update; `None` when they hold all.
    present: Option<[&'a [u8]; 2]>,
    rest: Cursor<'a>,
}

impl<'a> Changes<'a> {
    /// Reads the head of a rows event: version 2 adds extra data to version 1.
    ///
    /// # Errors
    /// The event is not of the plan's table.
    pub(super) fn parse(change: Change, version: u8, body: &'a [u8], plan: &'a TablePlan) -> Result<Self> {
        table_id(body)?;
        let mut cursor = Cursor::new(body);
        cursor.take(6 + 2)?;
        if version == 2 {
            let extra = cursor.le(2)? as usize;
            cursor.take(extra.checked_sub(2).ok_or_else(|| malformed("a rows event"))?)?;
        }
        let columns = plan.steps.len();
        if cursor.lenenc()? != columns as u64 {
            return Err(malformed("a rows event and its table map differ in columns"));
        }
        let first = cursor.take(columns.div_ceil(8))?;
        let second = if change == Change::Update { cursor.take(columns.div_ceil(8))? } else { first };
        let all = [first, second].iter().all(|present| (0..columns).all(|i| is_set(present, i)));
        let present = (!all).then_some([first, second]);
        Ok(Self { change, plan, present, rest: cursor })
    }

    /// The next change of followed columns, or `None` at the end of the event.
    pub(super) fn next(&mut self) -> Result<Option<RowChange>> {
        while !self.rest.is_empty() {
            if let Some(change) = self.read()? {
                return Ok(Some(change));
            }
        }
        Ok(None)
    }

    /// Reads the images of one row; `None` when all that changed is left out.
    fn read(&mut self) -> Result<Option<RowChange>> {
        if let Some(present) = self.present {
            return self.read_partial(present);
        }
        Ok(match self.change {
            Change::Insert => Some(RowChange::Insert { after: self.plan.row(&mut self.rest)? }),
            Change::Delete => Some(RowChange::Delete { before: self.plan.row(&mut self.rest)? }),
            Change::Update => self.update()?,
        })
    }

    fn read_partial(&mut self, [first, second]: [&[u8]; 2]) -> Result<Option<RowChange>> {
        let plan = self.plan;
        let mut image = plan.partial_row(&mut self.rest, first)?;
        if self.change == Change::Insert {
            plan.put_defaults(&mut image)?;
            return Ok(Some(RowChange::Insert { after: image }));
        }
        plan.check_named(&image)?;
        if self.change == Change::Delete {
            return Ok(Some(RowChange::Delete { before: image }));
        }
        let mut after = plan.partial_row(&mut self.rest, second)?;
        plan.check_logged(&after)?;
        complete(&mut after, &image);
        let keeps_key =
            plan.schema.is_keyed() && plan.schema.key_columns().iter().all(|&i| image[i] == after[i]);
        Ok(if plan.hides_columns() && image == after {
            None
        } else if keeps_key {
            Some(RowChange::Rewrite { after })
        } else {
            Some(RowChange::Update { before: image, after })
        })
    }

    /// Only what is looked at later is decoded: of a row that keeps its key, not what it was.
    fn update(&mut self) -> Result<Option<RowChange>> {
        let plan = self.plan;
        let mut before = self.rest;
        plan.pass(&mut self.rest)?;
        let after = self.rest;
        if plan.hides_columns() && plan.same(before, after, |step| step.read.is_some())? {
            plan.pass(&mut self.rest)?;
            return Ok(None);
        }
        let keeps_key = plan.schema.is_keyed() && plan.same(before, after, |step| step.is_key)?;
        let after = plan.row(&mut self.rest)?;
        Ok(Some(if keeps_key {
            RowChange::Rewrite { after }
        } else {
            RowChange::Update { before: plan.row(&mut before)?, after }
        }))
    }
}

fn full_image_needed(why: &str) -> Error {
    Error::source(format!(
        "{why}: set binlog_row_image = FULL (globally and in every session), start from a position behind that change and copy the \
         table anew"
    ))
}

fn is_set(bits: &[u8], i: usize) -> bool {
    bits[i / 8] >> (i % 8) & 1 == 1
}

#[cfg(test)]
mod tests {
    use dt_common::schema::{Column, ColumnType, Generated, IntWidth, Key, KeyKind, TableName};

    use super::*;

    /// `a TINYINT, hidden VARCHAR(9), b TINYINT` as MySQL logs it.
    const MAP: [u8; 22] = [7, 0, 0, 0, 0, 0, 1, 0, 1, b'd', 0, 1, b't', 0, 3, 1, 15, 1, 2, 9, 0, 0b111];

    fn plan(key: Option<Vec<usize>>) -> TablePlan {
        let column = |name: &str| Column {
            name: name.into(),
            ty: ColumnType::Int { width: IntWidth::One, unsigned: false },
            nullable: true,
            default: None,
            generated: Generated::No,
            invisible: false,
            comment: String::new(),
        };
        let schema = TableSchema {
            name: TableName::new("d", "t"),
            columns: vec![column("a"), column("b")],
            key: key.map(|columns| Key { columns, kind: KeyKind::Primary }),
            comment: String::new(),
            engine: String::new(),
        };
        let followed = |left_out| ImageColumn::Followed { left_out };
        let default = LeftOut::Default(ColValue::Int(9));
        let image = [followed(LeftOut::Unknown), ImageColumn::Ignored { fsp: 0 }, followed(default)];
        let table = FollowedTable { schema: Arc::new(schema), image: image.into() };
        TablePlan::new(&table, &TableMap::parse(&MAP).unwrap()).unwrap()
    }

    fn changes(change: Change, images: &[u8]) -> Vec<RowChange> {
        changes_of(&plan(None), change, images)
    }

    fn changes_of(plan: &TablePlan, change: Change, images: &[u8]) -> Vec<RowChange> {
        let mut body = vec![7, 0, 0, 0, 0, 0, 1, 0, 3, 0b111];
        if change == Change::Update {
            body.push(0b111);
        }
        body.extend_from_slice(images);
        let mut changes = Changes::parse(change, 1, &body, plan).unwrap();
        std::iter::from_fn(|| changes.next().unwrap()).collect()
    }

    fn row(a: i64, b: Option<i64>) -> Row {
        [ColValue::Int(a), b.map_or(ColValue::Null, ColValue::Int)].into()
    }

    #[test]
    fn a_column_that_nobody_follows_is_stepped_over() {
        let images = [0, 1, 2, b'x', b'y', 5, 0b010, 1, 6, 0b110, 2];
        assert_eq!(
            changes(Change::Insert, &images),
            [row(1, Some(5)), row(1, Some(6)), row(2, None)].map(|after| RowChange::Insert { after })
        );
    }

    #[test]
    fn an_update_of_such_a_column_alone_is_no_change() {
        let images = [0b010, 1, 5, 0, 1, 1, b'x', 5, 0b010, 2, 5, 0b010, 3, 5];
        let expected = RowChange::Update { before: row(2, Some(5)), after: row(3, Some(5)) };
        assert_eq!(changes(Change::Update, &images), [expected]);
    }
    #[test]
    fn of_a_row_that_keeps_its_key_only_the_new_image_is_read() {
        let images = [0b010, 1, 5, 0b010, 1, 6, 0b010, 1, 6, 0b010, 2, 6];
        assert_eq!(
            changes_of(&plan(Some(vec![0])), Change::Update, &images),
            [
                RowChange::Rewrite { after: row(1, Some(6)) },
                RowChange::Update { before: row(1, Some(6)), after: row(2, Some(6)) },
            ]
        );
    }

    fn partial(
        key: Option<Vec<usize>>,
        change: Change,
        present: &[u8],
        images: &[u8],
    ) -> Result<Option<RowChange>> {
        let body = [&[7, 0, 0, 0, 0, 0, 1, 0, 3], present, images].concat();
        Changes::parse(change, 1, &body, &plan(key)).unwrap().next()
    }

    #[test]
    fn what_an_image_leaves_out_is_completed_or_absent() {
        let keyless = |change, present: &[u8], images: &[u8]| partial(None, change, present, images);
        let insert = keyless(Change::Insert, &[0b011], &[0, 1, 1, b'x']).unwrap();
        assert_eq!(insert, Some(RowChange::Insert { after: row(1, Some(9)) }));
        let hidden = keyless(Change::Update, &[0b101, 0b010], &[0, 1, 5, 0, 1, b'x']).unwrap();
        assert_eq!(hidden, None, "only a column that nobody follows has changed");
        let update = keyless(Change::Update, &[0b101, 0b100], &[0, 1, 5, 1]).unwrap();
        assert_eq!(update, Some(RowChange::Update { before: row(1, Some(5)), after: row(1, None) }));
        let error = keyless(Change::Delete, &[0b001], &[0, 1]).unwrap_err().to_string();
        assert!(error.contains("the table has no key"), "{error}");
        let error = keyless(Change::Insert, &[0b100], &[0, 1]).unwrap_err().to_string();
        assert!(error.contains("leaves out column `a` of a new row"), "{error}");
    }

    #[test]
    fn of_a_keyed_row_the_key_is_enough() {
        let keyed = |change, present: &[u8], images: &[u8]| partial(Some(vec![0]), change, present, images);
        let absent: Row = [ColValue::Int(1), ColValue::Absent].into();
        let delete = keyed(Change::Delete, &[0b001], &[0, 1]).unwrap();
        assert_eq!(delete, Some(RowChange::Delete { before: absent }));
        let update = keyed(Change::Update, &[0b001, 0b100], &[0, 1, 0, 5]).unwrap();
        assert_eq!(update, Some(RowChange::Rewrite { after: row(1, Some(5)) }));
        let error = keyed(Change::Delete, &[0b100], &[0, 1]).unwrap_err().to_string();
        assert!(error.contains("columns of the key"), "{error}");
    }
}
