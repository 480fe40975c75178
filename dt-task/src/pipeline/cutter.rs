//! Cuts the stream into batches.

use std::sync::Arc;

use dt_common::batch::{Definition, Progress};
use dt_common::config::PipelineConfig;
use dt_common::item::{Ddl, DtItem, SnapshotChunk};
use dt_common::monitor::Monitor;
use dt_common::position::{CommitMark, Position};
use dt_common::queue::ItemReceiver;
use dt_common::row::RowData;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::time::{Instant, sleep_until};

use super::Work;
use super::batch::{Batch, Body};

/// The next step is gone: its own error says why.
struct Gone;

/// Fills batches from the queue.
pub(super) struct Cutter {
    config: PipelineConfig,
    permits: Arc<Semaphore>,
    out: mpsc::Sender<Work>,
    monitor: Arc<Monitor>,
    /// Where the stream stands: behind the last commit that was read.
    position: Option<Position>,
    source_time: i64,
    open: Open,
}

/// The batch that is being filled.
struct Open {
    body: Body,
    /// Rows of whole transactions; those behind them belong to the transaction that is still open.
    whole: usize,
    /// Whether the open transaction has outgrown a batch: its first parts have been handed on.
    spilled: bool,
    /// Whether the monitor was told that changes of this batch wait.
    has_changes: bool,
    bytes: usize,
    /// Whether there is progress to store, with rows or without.
    moved: bool,
    forget_marks: bool,
    definitions: Vec<Definition>,
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
            spilled: false,
            has_changes: false,
            bytes: 0,
            moved: false,
            forget_marks: false,
            definitions: Vec::new(),
            stored: None,
            deadline: None,
            permit: None,
        }
    }

    fn in_transaction(&self) -> bool {
        let open = match &self.body {
            Body::Rows(rows) => rows.len() > self.whole,
            Body::Chunks(_) => false,
        };
        open || self.spilled
    }

    fn wait_at_most(&mut self, until: Instant) {
        self.deadline = Some(self.deadline.map_or(until, |deadline| deadline.min(until)));
    }
}

impl Cutter {
    pub(super) fn new(
        config: PipelineConfig,
        position: Option<Position>,
        permits: Arc<Semaphore>,
        out: mpsc::Sender<Work>,
        monitor: Arc<Monitor>,
    ) -> Self {
        Self { config, permits, out, monitor, position, source_time: 0, open: Open::new() }
    }

    /// Reads the queue to its end. Rows of a transaction without its commit are dropped: a restart reads them again.
    pub(super) async fn run(mut self, mut items: ItemReceiver) {
        loop {
            while let Some(item) = items.arrived() {
                if self.take(item).await.is_err() {
                    return;
                }
            }
            let due = self.open.deadline.filter(|_| !self.open.in_transaction());
            let item = tokio::select! {
                item = items.recv() => item,
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                    if self.flush().await.is_err() {
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
            DtItem::Chunk(chunk) => self.add_chunk(chunk).await,
            DtItem::CopyFinished => {
                self.open.forget_marks = true;
                self.open.moved = true;
                self.flush().await
            }
            DtItem::Ddl(ddl) => self.apply(ddl).await,
            DtItem::Definitions(definitions) => {
                self.open.definitions.extend(definitions);
                self.open.moved = true;
                self.open.wait_at_most(Instant::now() + self.config.flush_interval);
                Ok(())
            }
            DtItem::Heartbeat(at) => {
                if self.open.body.is_empty() {
                    self.monitor.passed(&at, 0);
                }
                Ok(())
            }
        }
    }

    async fn add_row(&mut self, row: RowData) -> Result<(), Gone> {
        if matches!(&self.open.body, Body::Chunks(chunks) if !chunks.is_empty()) {
            self.flush().await?;
        }
        self.begin().await?;
        self.open.bytes += row.memory();
        match &mut self.open.body {
            Body::Rows(rows) => rows.push(row),
            body @ Body::Chunks(_) => *body = Body::Rows(vec![row]),
        }
        if self.open.bytes >= self.config.max_bytes { self.spill().await } else { Ok(()) }
    }

    /// Makes room inside a transaction: the whole ones before it are committed; when it has outgrown a batch by itself, what
    /// is there of it is handed on to be staged, and becomes visible with its end.
    async fn spill(&mut self) -> Result<(), Gone> {
        let Body::Rows(rows) = &mut self.open.body else { return Ok(()) };
        let part = rows.split_off(self.open.whole);
        if self.open.whole > 0 {
            self.flush().await?;
            self.begin().await?;
            self.open.bytes = part.iter().map(RowData::memory).sum();
            self.open.body = Body::Rows(part);
            return Ok(());
        }
        let Some(permit) = self.open.permit.take() else { return Err(Gone) };
        (self.open.spilled, self.open.bytes) = (true, 0);
        self.out.send(Work::Part(part, permit)).await.map_err(|_| Gone)
    }

    async fn add_chunk(&mut self, chunk: SnapshotChunk) -> Result<(), Gone> {
        if matches!(&self.open.body, Body::Rows(rows) if !rows.is_empty()) {
            self.flush().await?;
        }
        self.begin().await?;
        self.open.moved = true;
        self.open.whole += chunk.rows.len().max(1);
        self.open.bytes += chunk.rows.iter().map(|row| dt_common::row::row_memory(row)).sum::<usize>();
        match &mut self.open.body {
            Body::Chunks(chunks) => chunks.push(chunk),
            body @ Body::Rows(_) => *body = Body::Chunks(vec![chunk]),
        }
        self.flush_if_full().await
    }

    /// Takes a permit for a batch that gets its first content, and starts its clock.
    async fn begin(&mut self) -> Result<(), Gone> {
        if self.open.permit.is_none() {
            self.open.permit = Some(Arc::clone(&self.permits).acquire_owned().await.map_err(|_| Gone)?);
            self.open.wait_at_most(Instant::now() + self.config.flush_interval);
        }
        Ok(())
    }

    async fn end_transaction(&mut self, mark: &CommitMark) -> Result<(), Gone> {
        self.position.get_or_insert_default().advance(mark);
        self.source_time = mark.source_time;
        self.open.moved = true;
        self.tell(mark);
        if let Body::Rows(rows) = &self.open.body {
            self.open.whole = rows.len();
        }
        self.open.wait_at_most(Instant::now() + self.config.checkpoint_interval);
        if std::mem::take(&mut self.open.spilled) { self.flush().await } else { self.flush_if_full().await }
    }

    /// Tells the monitor of a batch's first changes, and of transactions without any. Comes before the transaction is closed.
    fn tell(&mut self, mark: &CommitMark) {
        if self.open.in_transaction() {
            if !std::mem::replace(&mut self.open.has_changes, true) {
                self.monitor.changes_wait(mark.source_time);
            }
        } else if self.open.body.is_empty() {
            self.monitor.passed(&mark.binlog, mark.source_time);
        }
    }

    /// Forgets the rows of the open transaction.
    async fn roll_back(&mut self) -> Result<(), Gone> {
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

    async fn flush_if_full(&mut self) -> Result<(), Gone> {
        let late = self.open.deadline.is_some_and(|deadline| deadline <= Instant::now());
        if late || self.open.whole >= self.config.max_rows || self.open.bytes >= self.config.max_bytes {
            self.flush().await?;
        }
        Ok(())
    }

    /// Hands the open batch on, if there is anything in it. Never called inside a transaction.
    async fn flush(&mut self) -> Result<(), Gone> {
        if self.open.body.is_empty() && !self.open.moved {
            self.open.deadline = None;
            return Ok(());
        }
        self.begin().await?;
        let open = std::mem::replace(&mut self.open, Open::new());
        let marks = match &open.body {
            Body::Rows(_) => Vec::new(),
            Body::Chunks(chunks) => chunks.iter().map(|chunk| chunk.mark.clone()).collect(),
        };
        let progress = Progress {
            position: self.position.clone(),
            source_time: self.source_time,
            marks,
            forget_marks: open.forget_marks,
            definitions: open.definitions,
        };
        let Some(permit) = open.permit else { return Err(Gone) };
        let batch = Batch { body: open.body, progress, has_changes: open.has_changes, stored: open.stored };
        self.out.send(Work::Batch(batch, permit)).await.map_err(|_| Gone)
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
