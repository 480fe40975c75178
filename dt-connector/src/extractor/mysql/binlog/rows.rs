//! Rows events: the changes of one table, image by image.

use std::borrow::Cow;

use dt_common::error::Result;
use dt_common::row::{RowChange, complete, is_partial};

use super::compressed;
use super::cursor::{Cursor, malformed};
use super::event::RowsEvent;
use super::image::{TablePlan, is_set};
use super::table_map::table_id;

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
    /// Whether the target may be ahead of the changes.
    is_repeated: bool,
    rest: Cursor<'a>,
}

impl<'a> Changes<'a> {
    /// Reads the head of a rows event: version 2 adds extra data to version 1.
    ///
    /// # Errors
    /// The event is not of the plan's table.
    pub(super) fn parse(
        change: Change,
        version: u8,
        body: &'a [u8],
        plan: &'a TablePlan,
        is_repeated: bool,
    ) -> Result<Self> {
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
        Ok(Self { change, plan, present, is_repeated, rest: cursor })
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
        } else if plan.schema.is_keyed() && is_partial(&after) && !self.is_repeated {
            Some(RowChange::Move { before: image, after })
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

/// Rows that an event adds to its table, less those that it removes.
///
/// # Errors
/// It is not of the plan's table.
pub(super) fn added(event: RowsEvent, body: &[u8], plan: &TablePlan) -> Result<i64> {
    let RowsEvent { change, version, compressed } = event;
    let each = match change {
        Change::Insert => 1,
        Change::Delete => -1,
        Change::Update => return Ok(0),
    };
    let body = if compressed { Cow::Owned(compressed::rows(version, 1, body)?) } else { Cow::Borrowed(body) };
    let mut changes = Changes::parse(change, version, &body, plan, false)?;
    let mut rows = 0;
    while changes.next()?.is_some() {
        rows += each;
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use dt_common::row::Row;
    use dt_common::schema::{Column, ColumnType, Generated, IntWidth, Key, KeyKind, TableName, TableSchema};
    use dt_common::value::ColValue;

    use super::super::table_map::TableMap;
    use super::*;
    use crate::extractor::mysql::definition::{FollowedTable, ImageColumn, LeftOut};

    /// `a TINYINT, hidden VARCHAR(9), b TINYINT` as MySQL logs it.
    const MAP: [u8; 22] = [7, 0, 0, 0, 0, 0, 1, 0, 1, b'd', 0, 1, b't', 0, 3, 1, 15, 1, 2, 9, 0, 0b111];

    fn table(key: Option<Vec<usize>>) -> FollowedTable {
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
        FollowedTable { schema: Arc::new(schema), image: image.into() }
    }

    fn plan(key: Option<Vec<usize>>) -> TablePlan {
        TablePlan::new(&table(key), &TableMap::parse(&MAP).unwrap()).unwrap()
    }

    #[test]
    fn names_are_compared_where_they_are_logged() {
        let planned = |names: &[u8]| {
            let map = [&MAP[..], &[4, 6, 1], &names[..1], &[1], &names[1..2], &[1], &names[2..]].concat();
            TablePlan::new(&table(None), &TableMap::parse(&map).unwrap()).map(|_| ())
        };
        assert!(planned(b"Axb").is_ok(), "the name of a column that nobody follows is nobody's business");
        let error = planned(b"bxa").unwrap_err().to_string();
        assert!(error.contains("column `a` of the schema is `b` in the binlog"), "{error}");
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
        let mut changes = Changes::parse(change, 1, &body, plan, false).unwrap();
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
        Changes::parse(change, 1, &body, &plan(key), false).unwrap().next()
    }

    #[test]
    fn a_row_moves_in_a_target_that_holds_what_the_image_leaves_out() {
        let body = [7, 0, 0, 0, 0, 0, 1, 0, 3, 0b001, 0b001, 0, 1, 0, 2];
        let plan = plan(Some(vec![0]));
        let change = |is_repeated| {
            Changes::parse(Change::Update, 1, &body, &plan, is_repeated).unwrap().next().unwrap().unwrap()
        };
        let row = |a| -> Row { [ColValue::Int(a), ColValue::Absent].into() };
        assert_eq!(change(false), RowChange::Move { before: row(1), after: row(2) });
        assert_eq!(change(true), RowChange::Update { before: row(1), after: row(2) });
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
