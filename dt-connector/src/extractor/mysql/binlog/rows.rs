//! Rows events: full row images of one table, decoded by the table's plan.

use std::sync::Arc;

use dt_common::error::{Error, Result};
use dt_common::row::{Row, RowChange};
use dt_common::schema::TableSchema;
use dt_common::value::ColValue;

use super::codec::{Codec, altered, codec};
use super::cursor::{Cursor, malformed};
use super::table_map::{TableMap, table_id};

/// How the rows of one table are decoded. Made once for each table map that differs from the one before.
#[derive(Debug)]
pub(super) struct TablePlan {
    /// What the columns mean.
    pub(super) schema: Arc<TableSchema>,
    codecs: Box<[Codec]>,
}

impl TablePlan {
    /// Checks a table map against the schema.
    ///
    /// # Errors
    /// They disagree; the message names the column.
    pub(super) fn new(schema: &Arc<TableSchema>, map: &TableMap<'_>) -> Result<Self> {
        if map.column_count() != schema.columns.len() {
            let (logged, known) = (map.column_count(), schema.columns.len());
            return Err(altered(&format!("it has {known} columns in the schema but {logged} in the binlog")));
        }
        let codecs = schema.columns.iter().zip(map.wires()?).map(|(column, wire)| codec(column, wire));
        Ok(Self { schema: Arc::clone(schema), codecs: codecs.collect::<Result<_>>()? })
    }

    /// Reads one row image.
    fn row(&self, cursor: &mut Cursor<'_>) -> Result<Row> {
        let nulls = cursor.take(self.codecs.len().div_ceil(8))?;
        let mut row = Vec::with_capacity(self.codecs.len());
        for (i, codec) in self.codecs.iter().enumerate() {
            row.push(if nulls[i / 8] >> (i % 8) & 1 == 1 {
                ColValue::Null
            } else {
                codec
                    .decode(cursor)
                    .map_err(|e| e.at(format_args!("column `{}`", self.schema.columns[i].name)))?
            });
        }
        Ok(row.into())
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
        let columns = plan.codecs.len();
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

    /// The next change, or `None` at the end of the event.
    pub(super) fn next(&mut self) -> Result<Option<RowChange>> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let image = self.plan.row(&mut self.rest)?;
        Ok(Some(match self.change {
            Change::Insert => RowChange::Insert { after: image },
            Change::Delete => RowChange::Delete { before: image },
            Change::Update => RowChange::Update { before: image, after: self.plan.row(&mut self.rest)? },
        }))
    }
}
