//! Cuts the stream into batches.

use std::sync::Arc;

use dt_common::batch::{Definition, Progress};
use dt_common::config::PipelineConfig;
use dt_common::item::{ChunkMark, Ddl, DtItem, SnapshotChunk};
use dt_common::monitor::Monitor;
use dt_common::position::{CommitMark, Position};
use dt_common::queue::ItemReceiver;
use dt_common::repair::{RepairMark, Repaired};
use dt_common::row::RowData;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};
use tokio::time::{Instant, sleep_until};
use tracing::info;

use super::batch::{Batch, Body};
use super::bounds::Bounds;
use super::{Part, Work};

/// Rows that are worth being staged while a full batch waits for its turn.
const MANY: usize = 10_000;

/// The next step is gone: its own error says why.
struct Gone;

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
}

/// The batch that is being filled.
struct Open {
    /// What is not handed on yet.
    body: Body,
    /// Rows of whole transactions in the body; those behind them belong to the transaction that is still open.
    whole: usize,
    /// Bytes of the body.
    bytes: usize,
    /// Rows and bytes of whole transactions that were handed on.
    handed_on: (usize, usize),
    /// Whether the open transaction has outgrown a part: its first rows have been handed on.
    spilled: bool,
    /// Whether the monitor was told that changes of this batch wait.
    has_changes: bool,
    /// Whether there is progress to store, with rows or without.
    moved: bool,
    marks: Vec<ChunkMark>,
    forget_marks: bool,
    definitions: Vec<Definition>,
    repaired: Vec<RepairMark>,
    /// Whom to tell when the batch is committed.
    stored: Option<oneshot::Sender<()>>,
    /// When the batch has waited long enough.
    deadline: Option<Instant>,
    permit: Option<OwnedSemaphorePermit>,
}

impl Open {
    fn new() -> Self {
        Self {
            body: Body::Rows(Vec::new()),
            whole: 0,
            bytes: 0,
            handed_on: (0, 0),
            spilled: false,
            has_changes: false,
            moved: false,
            marks: Vec::new(),
            forget_marks: false,
            definitions: Vec::new(),
            repaired: Vec::new(),
            stored: None,
            deadline: None,
            permit: None,
        }
    }

    fn in_transaction(&self) -> bool {
        let open = match &self.body {
            Body::Rows(rows) => rows.len() > self.whole,
            Body::Chunks(_) | Body::Repairs(_) => false,
        };
        open || self.spilled
    }

    fn is_empty(&self) -> bool {
        self.body.is_empty() && self.handed_on.0 == 0
    }

    /// Of each table the last definition counts: a batch may hold many of one that is tallied.
    fn redefine(&mut self, definitions: impl IntoIterator<Item = Definition>) {
        let before = self.definitions.len();
        for definition in definitions {
            let same = |known: &&mut Definition| known.table == definition.table;
            match self.definitions[..before].iter_mut().find(same) {
                Some(known) => *known = definition,
                None => self.definitions.push(definition),
            }
        }
    }

    /// Rows of whole transactions, those that were handed on included.
    fn rows(&self) -> usize {
        self.handed_on.0 + self.whole
    }

    fn wait_at_most(&mut self, until: Instant) {
        self.deadline = Some(self.deadline.map_or(until, |deadline| deadline.min(until)));
    }

    /// When the batch is to be committed, if no limit is reached before; none while a transaction is open.
    fn due(&self) -> Option<Instant> {
        self.deadline.filter(|_| !self.in_transaction())
    }
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
        }
    }

    /// Reads the queue to its end. Rows of a transaction without its commit are dropped: a restart reads them again.
    pub(super) async fn run(mut self, mut items: ItemReceiver) {
        loop {
            while let Some(item) = items.arrived() {
                if self.take(item).await.is_err() {
                    return;
                }
            }
            let due = self.open.due();
            let bounds = self.bounds.clone();
            let turn = async {
                sleep_until(due.unwrap_or_else(Instant::now)).await;
                bounds.turn().await
            };
            let item = tokio::select! {
                item = items.recv() => item,
                Some(turn) = turn, if due.is_some() => {
                    if self.close(turn).await.is_err() {
                        return;
                    }
                    continue;
                }
                () = self.out.closed() => return,
            };
            let Some(item) = item else { break };
            if self.take(item).await.is_err() {
                return;
            }
        }
        if self.roll_back().await.is_ok() {
            let _ = self.flush().await;
        }
    }

    async fn take(&mut self, item: DtItem) -> Result<(), Gone> {
        match item {
            DtItem::Start { position, stored } => {
                self.position = Some(position);
                self.open.moved = true;
                self.open.stored = Some(stored);
                self.flush().await
            }
            DtItem::Row(row) => self.add_row(row).await,
            DtItem::Commit(mark) => self.end_transaction(&mark).await,
            DtItem::Rollback => self.roll_back().await,
            DtItem::Chunk(chunk) => self.add_chunk(*chunk).await,
            DtItem::CopyFinished => {
                self.open.forget_marks = true;
                self.open.moved = true;
                self.flush().await
            }
            DtItem::Ddl(ddl) => self.apply(*ddl).await,
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

    async fn add_row(&mut self, row: RowData) -> Result<(), Gone> {
        if !self.open.marks.is_empty() || !self.open.repaired.is_empty() {
            self.flush().await?;
        }
        self.begin().await?;
        self.open.bytes += row.memory();
        match &mut self.open.body {
            Body::Rows(rows) => rows.push(row),
            body @ (Body::Chunks(_) | Body::Repairs(_)) => *body = Body::Rows(vec![row]),
        }
        if self.open.bytes >= self.bounds.part_bytes { self.spill().await } else { Ok(()) }
    }

    /// Makes room inside a transaction. The whole ones before it are handed on; when it outgrows a part by itself, they are committed, and
    /// what is there of it is handed on to be staged and becomes visible with its end.
    async fn spill(&mut self) -> Result<(), Gone> {
        let Body::Rows(rows) = &mut self.open.body else { return Ok(()) };
        let part = rows.split_off(self.open.whole);
        let bytes = part.iter().map(RowData::memory).sum();
        if self.open.whole > 0 || self.open.handed_on.0 > 0 {
            self.open.bytes -= bytes;
            if self.open.whole > 0 {
                self.hand_on().await?;
            } else {
                self.flush().await?;
            }
            self.begin().await?;
            self.open.bytes = bytes;
            self.open.body = Body::Rows(part);
            return Ok(());
        }
        let Some(permit) = self.open.permit.take() else { return Err(Gone) };
        (self.open.spilled, self.open.bytes) = (true, 0);
        info!(rows = part.len(), "transaction larger than a batch: a part of it is staged");
        self.out.send(Work::Part(Part { body: Body::Rows(part), permit })).await.map_err(|_| Gone)
    }

    /// Hands on what is there of whole transactions or chunks, to be staged while the batch grows. None of an open one.
    async fn hand_on(&mut self) -> Result<(), Gone> {
        let Some(permit) = self.open.permit.take() else { return Err(Gone) };
        let body = std::mem::replace(&mut self.open.body, Body::Rows(Vec::new()));
        self.open.handed_on.0 += std::mem::take(&mut self.open.whole);
        self.open.handed_on.1 += std::mem::take(&mut self.open.bytes);
        self.out.send(Work::Part(Part { body, permit })).await.map_err(|_| Gone)
    }

    async fn add_chunk(&mut self, chunk: SnapshotChunk) -> Result<(), Gone> {
        if self.open.marks.is_empty() && !self.open.is_empty() {
            self.flush().await?;
        }
        self.begin().await?;
        self.open.moved = true;
        self.open.whole += chunk.rows.len().max(1);
        self.open.bytes += chunk.bytes;
        self.open.marks.push(chunk.mark.clone());
        match &mut self.open.body {
            Body::Chunks(chunks) => chunks.push(chunk),
            body @ (Body::Rows(_) | Body::Repairs(_)) => *body = Body::Chunks(vec![chunk]),
        }
        self.close_if_due().await
    }

    /// Repairs are batches of their own: everything before them is committed first, and nothing behind them comes into theirs.
    async fn repair(&mut self, repaired: Repaired) -> Result<(), Gone> {
        if !matches!(self.open.body, Body::Repairs(_)) {
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
        self.open.whole += repair.rows.len().max(1);
        self.open.bytes += repair.rows.iter().map(|row| dt_common::row::row_memory(row)).sum::<usize>();
        match &mut self.open.body {
            Body::Repairs(repairs) => repairs.push(repair),
            body @ (Body::Rows(_) | Body::Chunks(_)) => *body = Body::Repairs(vec![repair]),
        }
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
        self.open.moved = true;
        self.open.redefine(self.tallies.drain(..));
        self.tell(mark);
        if let Body::Rows(rows) = &self.open.body {
            self.open.whole = rows.len();
        }
        if self.open.deadline.is_none() {
            self.open.wait_at_most(Instant::now() + self.config.checkpoint_interval);
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
        if let Body::Rows(rows) = &mut self.open.body {
            for row in rows.drain(self.open.whole..) {
                self.open.bytes -= row.memory();
            }
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
        if self.open.due().is_some_and(|due| due <= Instant::now())
            && let Some(turn) = self.bounds.turn_now()
        {
            return self.close(turn).await;
        }
        if self.open.bytes >= self.bounds.part_bytes { self.hand_on().await } else { Ok(()) }
    }

    /// Hands the open batch on, if there is anything in it, when its turn has come. Never called inside a transaction.
    async fn flush(&mut self) -> Result<(), Gone> {
        let turn = match self.bounds.turn_now() {
            Some(turn) => turn,
            None => {
                // What is many is staged while the batch before commits.
                if self.open.whole >= MANY {
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
        let open = std::mem::replace(&mut self.open, Open::new());
        let progress = Progress {
            position: self.position.clone(),
            source_time: self.source_time,
            marks: open.marks,
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
        let (applied, done) = oneshot::channel();
        self.out.send(Work::Ddl(Box::new((ddl, progress)), applied)).await.map_err(|_| Gone)?;
        done.await.map_err(|_| Gone)?;
        self.monitor.passed(&at, self.source_time);
        Ok(())
    }
}
