//! Rows events: full row images of one table, decoded by the table's plan.

use std::sync::Arc;

use dt_common::error::{Error, Result};
use dt_common::row::{Row, RowChange};
use dt_common::schema::TableSchema;
use dt_common::value::ColValue;

use super::codec::{Codec, altered, codec};
use super::cursor::{Cursor, malformed};
use super::skip::Skip;
use super::table_map::{TableMap, table_id};
use crate::extractor::mysql::definition::{FollowedTable, ImageColumn};

/// How the rows of one table are decoded. Made once for each table map that differs from the one before.
#[derive(Debug)]
pub(super) struct TablePlan {
    /// What the columns mean.
    pub(super) schema: Arc<TableSchema>,
    /// One for each column of the row image.
    steps: Box<[Step]>,
}

/// What is done with one column of a row image.
#[derive(Debug)]
enum Step {
    /// It becomes the row's next value.
    Read(Codec),
    /// Nobody follows it.
    Pass(Skip),
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
        let mut columns = table.schema.columns.iter();
        let steps = table.image.iter().zip(map.wires()?).map(|(column, wire)| match *column {
            ImageColumn::Ignored { fsp } => Ok(Step::Pass(Skip::of(wire, fsp))),
            ImageColumn::Followed => {
                let column = columns.next().ok_or_else(|| Error::internal("an image without its schema"))?;
                codec(column, wire).map(Step::Read)
            }
        });
        Ok(Self { schema: Arc::clone(&table.schema), steps: steps.collect::<Result<_>>()? })
    }

    /// Reads one row image.
    fn row(&self, cursor: &mut Cursor<'_>) -> Result<Row> {
        let nulls = cursor.take(self.steps.len().div_ceil(8))?;
        let mut row = Vec::with_capacity(self.schema.columns.len());
        for (i, step) in self.steps.iter().enumerate() {
            let is_null = nulls[i / 8] >> (i % 8) & 1 == 1;
            match step {
                Step::Read(_) if is_null => row.push(ColValue::Null),
                Step::Read(codec) => {
                    let value = codec.decode(cursor);
                    row.push(value.map_err(|e| {
                        e.at(format_args!("column `{}`", self.schema.columns[row.len()].name))
                    })?);
                }
                Step::Pass(_) if is_null => {}
                Step::Pass(skip) => skip.pass(cursor)?,
            }
        }
        Ok(row.into())
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
    rest: Cursor<'a>,
}

impl<'a> Changes<'a> {
    /// Reads the head of a rows event: version 2 adds extra data to version 1.
    ///
    /// # Errors
    /// The images are partial.
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
        let images = if change == Change::Update { 2 } else { 1 };
        for _ in 0..images {
            let present = cursor.take(columns.div_ceil(8))?;
            if (0..columns).any(|i| present[i / 8] >> (i % 8) & 1 == 0) {
                return Err(Error::source(
                    "the binlog holds partial row images: set binlog_row_image = FULL (globally and in every session) \
                     and start from a position behind that change, or copy the table anew",
                ));
            }
        }
        Ok(Self { change, plan, rest: cursor })
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
        let image = self.plan.row(&mut self.rest)?;
        Ok(match self.change {
            Change::Insert => Some(RowChange::Insert { after: image }),
            Change::Delete => Some(RowChange::Delete { before: image }),
            Change::Update => {
                let after = self.plan.row(&mut self.rest)?;
                let hidden = self.plan.hides_columns() && image == after;
                (!hidden).then_some(RowChange::Update { before: image, after })
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use dt_common::schema::{Column, ColumnType, Generated, IntWidth, TableName};

    use super::*;

    /// `a TINYINT, hidden VARCHAR(9), b TINYINT` as MySQL logs it.
    const MAP: [u8; 22] = [7, 0, 0, 0, 0, 0, 1, 0, 1, b'd', 0, 1, b't', 0, 3, 1, 15, 1, 2, 9, 0, 0b111];

    fn plan() -> TablePlan {
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
            key: None,
            comment: String::new(),
            engine: String::new(),
        };
        let image = [ImageColumn::Followed, ImageColumn::Ignored { fsp: 0 }, ImageColumn::Followed];
        let table = FollowedTable { schema: Arc::new(schema), image: image.into() };
        TablePlan::new(&table, &TableMap::parse(&MAP).unwrap()).unwrap()
    }

    fn changes(change: Change, images: &[u8]) -> Vec<RowChange> {
        let plan = plan();
        let mut body = vec![7, 0, 0, 0, 0, 0, 1, 0, 3, 0b111];
        if change == Change::Update {
            body.push(0b111);
        }
        body.extend_from_slice(images);
        let mut changes = Changes::parse(change, 1, &body, &plan).unwrap();
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
}
