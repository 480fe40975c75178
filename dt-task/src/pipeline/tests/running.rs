//! A pipeline that runs, and a sink that records what it is given.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use dt_common::batch::{Checkpoint, TableBatch};
use dt_common::error::Error;
use dt_common::item::DtItem;
use dt_common::monitor::ReplacedValues;
use dt_common::position::{BinlogPosition, CommitMark};
use dt_common::queue::{ItemSender, queue};
use dt_common::repair::RepairPart;
use dt_common::row::{RowChange, RowData};
use dt_common::schema::TableSchema;
use dt_common::value::ColValue;
use dt_connector::sinker::{CommitReport, StagedWork, TargetTable};
use tokio::sync::Semaphore;

use crate::parallelizer::MergeParallelizer;
use crate::pipeline::*;

/// Rows of a table's net change, and the memory that they take.
pub(super) struct Rows(usize, usize);

impl StagedWork for Rows {
    fn replaced(&self) -> &[ReplacedValues] {
        &[]
    }

    fn bytes(&self) -> u64 {
        self.0 as u64 * 100
    }

    fn memory(&self) -> usize {
        self.1
    }
}

/// Records commits as (rows, offset of the position, marks); refuses values below zero.
#[derive(Default)]
pub(super) struct RecordingSinker {
    pub(super) commits: Mutex<Vec<(usize, Option<u64>, usize)>>,
    pub(super) ddls: Mutex<Vec<usize>>,
    /// Rows that lanes were given.
    pub(super) staged: AtomicUsize,
    /// Memory that a staged row takes.
    pub(super) memory: usize,
    /// A permit lets one commit pass, when set; closed, it refuses them.
    pub(super) gate: Option<Semaphore>,
}

#[async_trait]
impl Sinker for RecordingSinker {
    type Staged = Rows;

    async fn open(&self) -> Result<Checkpoint> {
        Ok(Checkpoint::default())
    }

    fn check_lists(&self, _: &[Arc<TableSchema>]) -> Result<()> {
        Ok(())
    }

    async fn sink_struct(&self, _: &[Arc<TableSchema>]) -> Result<()> {
        Ok(())
    }

    async fn refresh_meta(&self, tables: &[Arc<TableSchema>]) -> Result<Vec<TargetTable>> {
        Ok(vec![TargetTable { has_rows: false }; tables.len()])
    }

    async fn sink_dml(&self, batch: TableBatch) -> Result<Rows> {
        match &batch.changes {
            dt_common::batch::NetChanges::Counted { inserts, .. }
                if inserts.iter().any(|r| r[0] == ColValue::Int(-1)) =>
            {
                Err(Error::data("below zero"))
            }
            changes => {
                self.staged.fetch_add(changes.len(), Ordering::Relaxed);
                Ok(Rows(changes.len(), changes.len() * self.memory))
            }
        }
    }

    async fn sink_ddl(&self, _: &Ddl, _: &Progress) -> Result<()> {
        self.ddls.lock().unwrap().push(self.commits.lock().unwrap().len());
        Ok(())
    }

    async fn sink_raw(&self, _: &[u8]) -> Result<()> {
        Err(Error::internal("raw"))
    }

    async fn commit(&self, staged: &[Rows], progress: &Progress) -> Result<CommitReport> {
        if let Some(gate) = &self.gate {
            gate.acquire().await.map_err(|_| Error::data("refused"))?.forget();
        }
        let offset = progress.position.as_ref().and_then(|p| p.binlog.as_ref()).map(|b| b.offset);
        self.commits.lock().unwrap().push((
            staged.iter().map(|rows| rows.0).sum(),
            offset,
            progress.marks.len(),
        ));
        Ok(CommitReport::default())
    }

    async fn confirm(&self) -> Result<()> {
        Ok(())
    }

    async fn asked_repairs(&self) -> Result<Vec<RepairPart>> {
        Ok(Vec::new())
    }

    async fn close(&self) -> Result<()> {
        Ok(())
    }
}

pub(super) fn row(table: &Arc<TableSchema>, value: i64) -> DtItem {
    let change = RowChange::Insert { after: Box::new([ColValue::Int(value)]) };
    DtItem::Row(RowData::new(Arc::clone(table), change))
}

pub(super) fn mark(offset: u64) -> CommitMark {
    let binlog = BinlogPosition { server: "s".into(), file: "b.1".into(), offset };
    CommitMark { binlog, gtid: None, source_time: 1 }
}

pub(super) struct Running {
    pub(super) sinker: Arc<RecordingSinker>,
    pub(super) monitor: Arc<Monitor>,
    pub(super) items: ItemSender,
    pub(super) ended: tokio::task::JoinHandle<Result<()>>,
}

pub(super) fn start(sinker: RecordingSinker, max_rows: usize, flush_ms: u64) -> Running {
    start_with(Box::new(MergeParallelizer), sinker, max_rows, flush_ms)
}

pub(super) fn start_with(
    parallelizer: Box<dyn Parallelizer>,
    sinker: RecordingSinker,
    max_rows: usize,
    flush_ms: u64,
) -> Running {
    let config = PipelineConfig {
        buffer_bytes: 1 << 20,
        flush_interval: Duration::from_millis(flush_ms),
        max_rows,
        max_bytes: 1 << 20,
        checkpoint_interval: Duration::from_secs(600),
        repair_interval: Duration::from_secs(600),
    };
    let (sinker, monitor) = (Arc::new(sinker), Arc::new(Monitor::default()));
    let (items, receiver) = queue(config.buffer_bytes);
    let pipeline = Pipeline::new(Arc::clone(&sinker), parallelizer, 2, config, Arc::clone(&monitor));
    let ended = tokio::spawn(pipeline.run(receiver, None));
    Running { sinker, monitor, items, ended }
}

impl Running {
    pub(super) async fn send(&self, items: impl IntoIterator<Item = DtItem>) {
        for item in items {
            self.items.send(item).await.unwrap();
        }
    }

    pub(super) async fn finish(self) -> (Result<()>, Vec<(usize, Option<u64>, usize)>) {
        drop(self.items);
        let result = self.ended.await.unwrap();
        let commits = self.sinker.commits.lock().unwrap().clone();
        (result, commits)
    }
}
