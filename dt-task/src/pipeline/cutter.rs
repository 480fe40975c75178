//! Cuts the stream into batches.

use std::sync::Arc;
use std::time::Duration;

use dt_common::batch::{Definition, Progress};
use dt_common::config::PipelineConfig;
use dt_common::item::{CopyStep, Ddl, DtItem, SnapshotChunk};
use dt_common::monitor::Monitor;
use dt_common::position::{CommitMark, Position};
use dt_common::queue::{ItemReceiver, Lane};
use dt_common::repair::{RepairMark, Repaired};
use dt_common::row::RowData;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};
use tokio::time::{Instant, sleep_until};
use tracing::info;

use super::batch::{Batch, Body};
use super::bounds::Bounds;
use super::open::Open;
use super::{Part, Work};

/// Rows that are worth being staged while a full batch waits for its turn.
const MANY: usize = 10_000;

/// A task that starts to follow is behind, and a commit costs the same for many changes as for few: the first batch waits for a pause of this
/// length in the stream, but not longer than so many flush intervals.
const PAUSE: Duration = Duration::from_millis(50);
const FIRST_INTERVALS: u32 = 3;

/// The next step is gone: its own error says why.
struct Gone;

/// Where the first batch of changes is.
enum First {
    /// None has come.
    Awaited,
    /// It is filled, and may wait until then.
    Grows(Instant),
    /// It is closed.
    Closed,
}

/// Fills batches from the queue.
pub(super) struct Cutter {
    config: PipelineConfig,
    bounds: Bounds,
    out: mpsc::Sender<Work>,
    monitor: Arc<Monitor>,
    /// Where the stream stands: behind the last commit that was read.
    position: Option<Position>,
    source_time: i64,
    /// What the open transaction has to have stored besides its rows.
    tallies: Vec<Definition>,
    open: Open,
    first: First,
    /// Whose transaction is open: nothing of the other lane comes into its middle.
    held_by: Option<Lane>,
}

impl Cutter {
    pub(super) fn new(
        config: PipelineConfig,
        position: Option<Position>,
        bounds: Bounds,
        out: mpsc::Sender<Work>,
        monitor: Arc<Monitor>,
    ) -> Self {
        Self {
            config,
            bounds,
            out,
            monitor,
            position,
            source_time: 0,
            tallies: Vec::new(),
            open: Open::new(),
            first: First::Awaited,
            held_by: None,
        }
    }

    /// Reads the queue to its end. Rows of a transaction without its commit are dropped: a restart reads them again.
    pub(super) async fn run(mut self, mut items: ItemReceiver) {
        let mut last = Lane::Stream;
        loop {
            while let Some(item) = items.arrived(last) {
                if self.take_from(last, item).await.is_err() {
                    return;
                }
            }
            let due = self.due(Instant::now() + PAUSE);
            let bounds = self.bounds.clone();
            let turn = async {
                sleep_until(due.unwrap_or_else(Instant::now)).await;
                bounds.turn().await
            };
            let item = tokio::select! {
                item = items.recv(self.held_by) => item,
                Some(turn) = turn, if due.is_some() => {
                    if self.close(turn).await.is_err() {
                        return;
                    }
                    continue;
                }
                () = self.out.closed() => return,
            };
            let Some((lane, item)) = item else {
                if self.roll_back().await.is_err() {
                    return;
                }
                // The lane of an open transaction has ended: the other one goes on.
                if self.held_by.take().is_some() { continue } else { break }
            };
            last = lane;
            if self.take_from(lane, item).await.is_err() {
                return;
            }
        }
        let _ = self.flush().await;
    }

    async fn take_from(&mut self, lane: Lane, item: DtItem) -> Result<(), Gone> {
        self.take(lane, item).await?;
        self.held_by = (self.open.in_transaction() || !self.tallies.is_empty()).then_some(lane);
        Ok(())
    }

    async fn take(&mut self, lane: Lane, item: DtItem) -> Result<(), Gone> {
        match item {
            DtItem::Start { position, stored } => {
                self.position = Some(position);
                self.open.moved = true;
                self.open.stored = Some(stored);
                self.flush().await
            }
            DtItem::Row(row) => self.add_row(lane, row).await,
            DtItem::Commit(mark) => self.end_transaction(&mark).await,
            DtItem::Rollback => self.roll_back().await,
            DtItem::Chunk(chunk) => self.add_chunk(lane, *chunk).await,
            DtItem::CopyFinished => {
                self.open.forget_marks = true;
                self.open.moved = true;
                self.flush().await
            }
            DtItem::Ddl(ddl) => self.apply(*ddl).await,
            DtItem::CopyStep(step) => self.step(*step).await,
            DtItem::Replayed(replayed) => {
                self.open.replayed = Some(replayed);
                self.end_rows(self.config.flush_interval).await
            }
            DtItem::Repair(repaired) => self.repair(repaired).await,
            DtItem::Definitions(definitions) => {
                self.open.redefine(definitions);
                self.open.moved = true;
                self.open.wait_at_most(Instant::now() + self.config.flush_interval);
                Ok(())
            }
            DtItem::Tally(definition) => {
                self.tallies.push(*definition);
                Ok(())
            }
            DtItem::Heartbeat(at) => {
                if self.open.is_empty() {
                    self.monitor.passed(&at, 0);
                }
                Ok(())
            }
        }
    }

    /// Rows behind chunks of their own lane, and behind repairs, may be of the same tables: these are committed before.
    async fn add_row(&mut self, lane: Lane, row: RowData) -> Result<(), Gone> {
        if self.open.chunks_of == Some(lane) || !self.open.repaired.is_empty() {
            self.flush().await?;
        }
        self.begin().await?;
        if let (First::Awaited, Lane::Stream) = (&self.first, lane) {
            self.first = First::Grows(Instant::now() + self.config.flush_interval * FIRST_INTERVALS);
        }
        self.open.bytes += row.memory();
        self.open.body.rows.push(row);
        if self.open.bytes >= self.bounds.part_bytes { self.spill().await } else { Ok(()) }
    }

    /// Makes room inside a transaction. The whole ones before it are handed on; when it outgrows a part by itself, they are committed, and
    /// what is there of it is handed on to be staged and becomes visible with its end.
    async fn spill(&mut self) -> Result<(), Gone> {
        let part = self.open.body.rows.split_off(self.open.whole);
        let bytes = part.iter().map(RowData::memory).sum();
        if self.open.rows() > 0 {
            self.open.bytes -= bytes;
            if !self.open.body.is_empty() {
                self.hand_on().await?;
            } else {
                self.flush().await?;
            }
            self.begin().await?;
            self.open.bytes = bytes;
            self.open.body.rows = part;
            return Ok(());
        }
        let Some(permit) = self.open.permit.take() else { return Err(Gone) };
        (self.open.spilled, self.open.bytes) = (true, 0);
        info!(rows = part.len(), "transaction larger than a batch: a part of it is staged");
        let body = Body { rows: part, ..Body::default() };
        self.out.send(Work::Part(Part { body, permit })).await.map_err(|_| Gone)
    }

    /// Hands on what is there of whole transactions or chunks, to be staged while the batch grows. None of an open one.
    async fn hand_on(&mut self) -> Result<(), Gone> {
        let Some(permit) = self.open.permit.take() else { return Err(Gone) };
        let body = std::mem::take(&mut self.open.body);
        self.open.handed_on.0 += std::mem::take(&mut self.open.whole) + std::mem::take(&mut self.open.copied);
        self.open.handed_on.1 += std::mem::take(&mut self.open.bytes);
        self.out.send(Work::Part(Part { body, permit })).await.map_err(|_| Gone)
    }

    async fn add_chunk(&mut self, lane: Lane, chunk: SnapshotChunk) -> Result<(), Gone> {
        self.begin().await?;
        self.open.chunks_of = Some(lane);
        self.open.moved = true;
        self.open.copied += chunk.rows.len().max(1);
        self.open.bytes += chunk.bytes;
        self.open.marks.push(chunk.mark.clone());
        self.open.body.chunks.push(chunk);
        self.close_if_due().await
    }

    /// Everything of the stream before repairs is committed first, and nothing behind them comes into their batch.
    async fn repair(&mut self, repaired: Repaired) -> Result<(), Gone> {
        if self.open.repaired.is_empty() {
            self.flush().await?;
        }
        self.begin().await?;
        self.open.moved = true;
        let repair = match repaired {
            Repaired::Refused(mark) => {
                self.open.repaired.push(mark);
                return self.close_if_due().await;
            }
            Repaired::Rows(repair) => *repair,
        };
        self.open.repaired.push(RepairMark { id: repair.id.clone(), refused: None });
        self.open.copied += repair.rows.len().max(1);
        self.open.bytes += repair.rows.iter().map(|row| dt_common::row::row_memory(row)).sum::<usize>();
        self.open.body.repairs.push(repair);
        self.close_if_due().await
    }

    /// Takes a permit for content that comes, and starts the batch's clock.
    async fn begin(&mut self) -> Result<(), Gone> {
        if self.open.permit.is_none() {
            self.open.permit = Some(self.bounds.room().await.ok_or(Gone)?);
            self.open.wait_at_most(Instant::now() + self.config.flush_interval);
        }
        Ok(())
    }

    async fn end_transaction(&mut self, mark: &CommitMark) -> Result<(), Gone> {
        self.position.get_or_insert_default().advance(mark);
        self.source_time = mark.source_time;
        self.open.redefine(self.tallies.drain(..));
        self.tell(mark);
        self.end_rows(self.config.checkpoint_interval).await
    }

    /// Makes the rows of the open transaction whole; without any, what has moved is stored within `interval`.
    async fn end_rows(&mut self, interval: Duration) -> Result<(), Gone> {
        self.open.moved = true;
        self.open.whole = self.open.body.rows.len();
        if self.open.deadline.is_none() {
            self.open.wait_at_most(Instant::now() + interval);
        }
        if std::mem::take(&mut self.open.spilled) { self.flush().await } else { self.close_if_due().await }
    }

    /// Tells the monitor of a batch's first changes, and of transactions without any. Comes before the transaction is closed.
    fn tell(&mut self, mark: &CommitMark) {
        if self.open.in_transaction() {
            if !std::mem::replace(&mut self.open.has_changes, true) {
                self.monitor.changes_wait(mark.source_time);
            }
        } else if self.open.is_empty() {
            self.monitor.passed(&mark.binlog, mark.source_time);
        }
    }

    /// Forgets the rows of the open transaction.
    async fn roll_back(&mut self) -> Result<(), Gone> {
        self.tallies.clear();
        for row in self.open.body.rows.drain(self.open.whole..) {
            self.open.bytes -= row.memory();
        }
        if std::mem::take(&mut self.open.spilled) {
            self.out.send(Work::DropParts).await.map_err(|_| Gone)?;
        }
        Ok(())
    }

    /// Commits the batch when it is full, or when it is due and nothing commits; hands a part of it on when that is full.
    async fn close_if_due(&mut self) -> Result<(), Gone> {
        let (rows, bytes) = (self.open.rows(), self.open.handed_on.1 + self.open.bytes);
        if rows >= self.config.max_rows || bytes >= self.config.max_bytes || self.bounds.is_held_full() {
            return self.flush().await;
        }
        let now = Instant::now();
        if self.due(now + PAUSE).is_some_and(|due| due <= now)
            && let Some(turn) = self.bounds.turn_now()
        {
            return self.close(turn).await;
        }
        if self.open.bytes >= self.bounds.part_bytes { self.hand_on().await } else { Ok(()) }
    }

    /// When the open batch is to be committed, if the stream pauses until `paused`.
    fn due(&self, paused: Instant) -> Option<Instant> {
        let due = self.open.due()?;
        Some(match self.first {
            First::Grows(until) => due.max(paused.min(until)),
            First::Awaited | First::Closed => due,
        })
    }

    /// Hands the open batch on, if there is anything in it, when its turn has come. Never called inside a transaction.
    async fn flush(&mut self) -> Result<(), Gone> {
        let turn = match self.bounds.turn_now() {
            Some(turn) => turn,
            None => {
                // What is many is staged while the batch before commits.
                if self.open.whole + self.open.copied >= MANY {
                    self.hand_on().await?;
                }
                self.bounds.turn().await.ok_or(Gone)?
            }
        };
        self.close(turn).await
    }

    async fn close(&mut self, turn: OwnedSemaphorePermit) -> Result<(), Gone> {
        if self.open.is_empty() && !self.open.moved {
            self.open.deadline = None;
            return Ok(());
        }
        if let First::Grows(_) = self.first {
            self.first = First::Closed;
        }
        let mut open = std::mem::replace(&mut self.open, Open::new());
        let progress = Progress {
            position: self.position.clone(),
            source_time: self.source_time,
            marks: open.take_marks(),
            forget_marks: open.forget_marks,
            definitions: open.definitions,
            repaired: open.repaired,
        };
        let (has_changes, stored) = (open.has_changes, open.stored);
        let batch = Batch { body: open.body, progress, has_changes, stored, turn, permit: open.permit };
        self.out.send(Work::Batch(batch)).await.map_err(|_| Gone)
    }

    /// Everything before the change is committed first; nothing behind it is read before it is applied.
    async fn apply(&mut self, mut ddl: Ddl) -> Result<(), Gone> {
        self.flush().await?;
        if let Some(mark) = &ddl.mark {
            self.position.get_or_insert_default().advance(mark);
            self.source_time = mark.source_time;
        }
        let progress = Progress {
            position: self.position.clone(),
            source_time: self.source_time,
            definitions: std::mem::take(&mut ddl.definitions),
            ..Progress::default()
        };
        let at = ddl.at.clone();
        self.bring_about(ddl, progress).await?;
        self.monitor.passed(&at, self.source_time);
        Ok(())
    }

    /// The same for a step of copies beside the stream, which does not move the stream.
    async fn step(&mut self, step: CopyStep) -> Result<(), Gone> {
        self.flush().await?;
        let CopyStep { mut ddl, marks, done } = step;
        let progress = Progress {
            position: self.position.clone(),
            source_time: self.source_time,
            definitions: std::mem::take(&mut ddl.definitions),
            marks,
            ..Progress::default()
        };
        self.bring_about(ddl, progress).await?;
        // Whoever does not wait for it has ended.
        let _ = done.send(());
        Ok(())
    }

    async fn bring_about(&self, ddl: Ddl, progress: Progress) -> Result<(), Gone> {
        let (applied, done) = oneshot::channel();
        self.out.send(Work::Ddl(Box::new((ddl, progress)), applied)).await.map_err(|_| Gone)?;
        done.await.map_err(|_| Gone)
    }
}
