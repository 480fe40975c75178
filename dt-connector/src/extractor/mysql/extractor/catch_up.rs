//! The change stream goes before the copy when a table was altered before it was copied to its end.
//!
//! A copy reads a table by the definition that the task stands at, and the source has another one already. So the stream goes first, up to where the source is now,
//! with all statements on the way, and the copy goes on behind it as behind a restart. Rows of a table that is copied on
//! by its key are followed on the way, so that what was copied stays true; those of all others are left out, since all of the table is copied behind it.

use std::sync::Arc;

use dt_common::error::{Error, Result};
use dt_common::position::Position;
use dt_common::schema::{TableName, TableSchema};
use tracing::info;

use super::run::Run;
use crate::extractor::Extracted;
use crate::extractor::mysql::connection::close;
use crate::extractor::mysql::schema::{SourceTables, reads_as, same_key};
use crate::extractor::mysql::snapshot::TableCopy;

impl Run<'_> {
    /// Whether anything that is left to copy was altered.
    pub(super) fn is_altered(&self) -> bool {
        self.plan.copies.keys().any(|name| self.prepared.altered.contains(name))
    }

    /// Follows the stream from `stored` up to where the source is now; then the task is to begin again.
    pub(super) async fn catch_up(&self, stored: Position) -> Result<Extracted> {
        let server = &self.prepared.server;
        let looked = self.until_stopped(async {
            let mut conn = self.extractor.connector.connect().await?;
            let from = self.resume_position(&mut conn, stored).await?;
            let end = self.present_end(&mut conn).await?;
            // Behind the end, so that no statement up to there is missed.
            let today = self.extractor.read_tables(&mut conn, server, &self.plan.checkpoint).await?;
            close(conn).await;
            Ok((from, end, today))
        });
        let Some((from, end, today)) = looked.await? else { return Ok(Extracted::Ended) };
        let mut overlap = self.overlap();
        // What is copied of tables that are copied on may have been read anywhere up to now.
        overlap.repeated = Some(end.clone());
        for mut copy in self.unfinished()? {
            let name = copy.table().name.clone();
            if copy.goes_on() && copies_on(&copy, &today) {
                continue;
            }
            if copy.has_begun() {
                info!(table = %name, "the copy of this table begins anew");
                copy.begin_anew(&self.out).await?;
            }
            overlap.left_out.insert(name, end.clone());
        }
        info!(file = %end.file, offset = end.offset, "a table was altered before it was copied: the change stream goes first");
        let stream = self.follow_alone(from, end, overlap).await?;
        if self.stop.is_cancelled() {
            return Ok(Extracted::Ended);
        }
        for known in self.altered() {
            self.check_followed(known, stream.schema(&known.name)?)?;
        }
        Ok(Extracted::BeginAgain)
    }

    fn altered(&self) -> impl Iterator<Item = &Arc<TableSchema>> {
        let is_altered =
            |name: &TableName| self.plan.copies.contains_key(name) && self.prepared.altered.contains(name);
        self.prepared.tables.iter().map(|table| &table.schema).filter(move |table| is_altered(&table.name))
    }

    /// The next start would find the same table altered again.
    fn check_followed(&self, known: &TableSchema, now: Option<Arc<TableSchema>>) -> Result<()> {
        let Some(now) = now.filter(|now| now.columns == known.columns) else { return Ok(()) };
        Err(Error::schema(format!(
            "table {}: it was altered before it was copied to its end, and no statement in the binlog says how (it was altered in the moment in \
             which the task began, or with sql_log_bin = 0); begin anew after `dt reset --yes`, or leave it out by [filter] \
             ignore_tbs",
            now.name
        )))
    }
}

/// Whether the rows behind those that are copied can be told by their key, and what was copied be followed.
fn copies_on(copy: &TableCopy, today: &SourceTables) -> bool {
    let known = copy.table();
    today.schema(&known.name).is_some_and(|today| reads_as(known, &today.columns) && same_key(known, today))
}
