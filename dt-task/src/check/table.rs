//! The comparison of one table.

use std::sync::atomic::{AtomicU64, Ordering};

use dt_common::error::{Error, Result};
use dt_connector::compare::{Buckets, ComparedTable, Meter, RowMark, Slice};
use futures::future::BoxFuture;
use futures::{StreamExt, TryStreamExt, try_join};

use super::difference::{self, Found, Kind};
use super::settle::LOOKS;
use super::slices::{self, Next};
use super::{Check, TableSummary};

/// Rows that are looked at whole at once.
const LOOKED_AT: usize = 500;

/// A table on its way.
pub(super) struct TableCheck<'a> {
    check: &'a Check<'a>,
    table: ComparedTable,
    /// What the source and the target have sent.
    meters: [Meter; 2],
    rows: AtomicU64,
    differences: AtomicU64,
    /// Rows that differ because `[filter] do_events` leaves changes out.
    left_out: AtomicU64,
}

impl<'a> TableCheck<'a> {
    pub(super) fn new(check: &'a Check<'a>, table: ComparedTable) -> Self {
        Self {
            check,
            table,
            meters: Check::meter(),
            rows: AtomicU64::new(0),
            differences: AtomicU64::new(0),
            left_out: AtomicU64::new(0),
        }
    }

    /// Compares the table's rows and tells what differs.
    ///
    /// # Errors
    /// A side that cannot be read.
    pub(super) async fn run(&self) -> Result<TableSummary> {
        let (source, target) = (&self.check.source, &self.check.target);
        let place = self.place().await?;
        let estimates = try_join!(source.estimate(&self.table), target.estimate(&self.table))?;
        let extent = if self.table.has_ranges() {
            let extents = try_join!(source.extent(&self.table), target.extent(&self.table))?;
            extents
                .0
                .into_iter()
                .chain(extents.1)
                .reduce(|one, other| (one.0.min(other.0), one.1.max(other.1)))
        } else {
            None
        };
        drop(place);
        if extent.is_some() || !self.table.has_ranges() {
            let slices = slices::first(extent, estimates.0.max(estimates.1));
            let compared = slices.into_iter().map(|(slice, buckets)| self.ask(slice, buckets, true));
            let compared = futures::stream::iter(compared).buffer_unordered(self.check.parallel);
            compared.try_collect::<()>().await?;
        }
        Ok(TableSummary {
            name: self.table.schema.name.clone(),
            rows: self.rows.load(Ordering::Relaxed),
            sent: self.meters.iter().map(|meter| meter.read().0).sum(),
            bytes: self.meters.iter().map(|meter| meter.read().1).sum(),
            differences: self.differences.load(Ordering::Relaxed),
            left_out: self.left_out.load(Ordering::Relaxed),
            travelled: self.table.unpushed_columns().into_iter().map(str::to_owned).collect(),
            compared: true,
        })
    }

    async fn place(&self) -> Result<tokio::sync::SemaphorePermit<'_>> {
        let place = self.check.places.acquire().await;
        place.map_err(|e| Error::internal("the comparison is over").caused_by(e))
    }

    /// Asks both sides for the digests of a slice, and goes down where they differ. Rows are counted at the `first` look only.
    fn ask(&self, slice: Slice, buckets: Buckets, first: bool) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            if self.check.is_full() {
                return Ok(());
            }
            let place = self.place().await?;
            let (table, [here, there]) = (&self.table, &self.meters);
            let (source, target) = try_join!(
                self.check.source.digests(table, &slice, buckets, here),
                self.check.target.digests(table, &slice, buckets, there)
            )?;
            drop(place);
            if first {
                let rows = source.values().map(|digest| digest.rows).sum();
                self.rows.fetch_add(rows, Ordering::Relaxed);
                self.check.rows.fetch_add(rows, Ordering::Relaxed);
            }
            for next in slices::differing(&slice, buckets, &source, &target) {
                match next {
                    Next::Ask(slice, buckets) => self.ask(slice, buckets, false).await?,
                    Next::Read(slice) => self.read(&slice).await?,
                }
            }
            Ok(())
        })
    }

    /// Reads the rows of a slice by name and hash, and those that differ whole.
    async fn read(&self, slice: &Slice) -> Result<()> {
        let unequal = self.unequal(slice).await?;
        for some in unequal.chunks(LOOKED_AT) {
            if self.check.is_full() {
                return Ok(());
            }
            let found = self.look(some).await?;
            for found in self.settle(slice, found).await? {
                if found.kind.is_left_out(self.check.filter) {
                    self.left_out.fetch_add(1, Ordering::Relaxed);
                    continue;
                }
                self.differences.fetch_add(1, Ordering::Relaxed);
                self.check.tell(&found.difference)?;
                self.check.to_repair(&self.table, found.mark);
            }
        }
        Ok(())
    }

    async fn unequal(&self, slice: &Slice) -> Result<Vec<(Kind, RowMark)>> {
        let _place = self.place().await?;
        let (table, [here, there]) = (&self.table, &self.meters);
        let (source, target) = try_join!(
            self.check.source.rows(table, slice, here),
            self.check.target.rows(table, slice, there)
        )?;
        Ok(difference::unequal(table, source, target))
    }

    /// Looks again at what was found until it is sure, where a task may be about to write it.
    async fn settle(&self, slice: &Slice, mut found: Vec<Found>) -> Result<Vec<Found>> {
        let Some(stream) = &self.check.stream else { return Ok(found) };
        let mut before = None;
        for look in 1..=LOOKS {
            if found.is_empty() {
                break;
            }
            let Some(now) = stream.passed(self.check.source.as_ref()).await? else {
                return Ok(found.into_iter().map(Found::unsettled).collect());
            };
            let again = self.again(slice, &found).await?;
            let is_last = look == LOOKS;
            let kept = again.into_iter().filter(|new| {
                let same =
                    |old: &Found| if is_last { new.is_same_as(old) } else { new.is_untouched_since(old) };
                found.iter().any(same)
            });
            found = kept.collect();
            if before.replace(now.clone()) == Some(now) {
                break;
            }
        }
        Ok(found)
    }

    /// Another look at rows that differed.
    async fn again(&self, slice: &Slice, found: &[Found]) -> Result<Vec<Found>> {
        if self.table.schema.is_keyed() {
            let marks: Vec<_> = found.iter().map(|found| (found.kind, found.mark.clone())).collect();
            return self.look(&marks).await;
        }
        let mut unequal = self.unequal(slice).await?;
        unequal.retain(|(_, mark)| found.iter().any(|found| found.mark.hash == mark.hash));
        self.look(&unequal).await
    }

    /// Looks at rows whole: which of their columns differ, if any.
    async fn look(&self, unequal: &[(Kind, RowMark)]) -> Result<Vec<Found>> {
        let (table, [here, there]) = (&self.table, &self.meters);
        let keyed = table.schema.is_keyed();
        if !keyed && !self.check.options.show_values {
            return Ok(unequal
                .iter()
                .map(|(kind, mark)| difference::copies(table, *kind, mark, None))
                .collect());
        }
        let mut marks: Vec<RowMark> = unequal.iter().map(|(_, mark)| mark.clone()).collect();
        marks.dedup_by(|one, other| keyed && one.key == other.key);
        let _place = self.place().await?;
        let (source, target) = try_join!(
            self.check.source.texts(table, &marks, here),
            self.check.target.texts(table, &marks, there)
        )?;
        if keyed {
            return Ok(difference::by_key(table, &marks, source, target));
        }
        let found = unequal.iter().map(|(kind, mark)| {
            let row = source.iter().chain(&target).find(|row| row.mark.hash == mark.hash);
            difference::copies(table, *kind, mark, row)
        });
        Ok(found.collect())
    }
}
