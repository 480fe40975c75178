//! How a task ends, between two ends that do what a test wants.

use std::collections::HashMap;

use async_trait::async_trait;
use dt_common::batch::{Checkpoint, Progress, TableBatch};
use dt_common::item::{Ddl, DtItem};
use dt_common::monitor::BinlogLook;
use dt_common::queue::ItemSender;
use dt_common::repair::RepairPart;
use dt_common::schema::{TableName, TableSchema};
use dt_connector::extractor::SourceObserver;
use dt_connector::sinker::{CommitReport, TargetTable};

use super::*;

/// Ends by itself behind one item, or never answers.
struct Source {
    hangs: bool,
}

#[async_trait]
impl Extractor for Source {
    async fn prepare(&mut self) -> Result<()> {
        if self.hangs {
            std::future::pending::<()>().await;
        }
        Ok(())
    }

    async fn tables(&mut self, _: &Checkpoint) -> Result<Vec<Arc<TableSchema>>> {
        Ok(Vec::new())
    }

    fn copied_beside(&self) -> Result<Vec<Arc<TableSchema>>> {
        Ok(Vec::new())
    }

    fn estimated_rows(&self) -> HashMap<TableName, u64> {
        HashMap::new()
    }

    fn observer(&self) -> Option<Box<dyn SourceObserver>> {
        Some(Box::new(Silent))
    }

    async fn extract(&mut self, _: ExtractPlan, out: ItemSender, _: CancellationToken) -> Result<Extracted> {
        out.send(DtItem::CopyFinished).await?;
        Ok(Extracted::Ended)
    }
}

/// A source that never answers to a look.
struct Silent;

#[async_trait]
impl SourceObserver for Silent {
    async fn look(&mut self) -> Result<BinlogLook> {
        std::future::pending().await
    }
}

/// Is stopped while it commits, and may never end its sessions.
#[derive(Default)]
struct Target {
    stop: CancellationToken,
    opens_never: bool,
    closes_never: bool,
}

#[async_trait]
impl Sinker for Target {
    type Staged = ();

    async fn open(&self) -> Result<Checkpoint> {
        if self.opens_never {
            std::future::pending::<()>().await;
        }
        Ok(Checkpoint::default())
    }

    fn check_lists(&self, _: &[Arc<TableSchema>]) -> Result<()> {
        Ok(())
    }

    async fn sink_struct(&self, _: &[Arc<TableSchema>]) -> Result<()> {
        Ok(())
    }

    async fn refresh_meta(&self, _: &[Arc<TableSchema>]) -> Result<Vec<TargetTable>> {
        Ok(Vec::new())
    }

    async fn sink_dml(&self, _: TableBatch) -> Result<()> {
        Ok(())
    }

    async fn sink_ddl(&self, _: &Ddl, _: &Progress) -> Result<()> {
        Err(Error::internal("ddl"))
    }

    async fn sink_raw(&self, _: &[u8]) -> Result<()> {
        Err(Error::internal("raw"))
    }

    async fn commit(&self, _: &[()], _: &Progress) -> Result<CommitReport> {
        // As a signal that arrives while the last batch is committed.
        tokio::time::sleep(Duration::from_secs(1)).await;
        self.stop.cancel();
        Ok(CommitReport::default())
    }

    async fn confirm(&self) -> Result<()> {
        Ok(())
    }

    async fn asked_repairs(&self) -> Result<Vec<RepairPart>> {
        Ok(Vec::new())
    }

    async fn close(&self) -> Result<()> {
        if self.closes_never {
            std::future::pending::<()>().await;
        }
        Ok(())
    }
}

fn config(extract_type: &str) -> TaskConfig {
    let text = format!(
        "[task]\nid = t\n[extractor]\ndb_type = mysql\nextract_type = {extract_type}\nurl = mysql://u@h\n[sinker]\nsink_type = dummy\n"
    );
    TaskConfig::parse("t.ini", &text).unwrap()
}

async fn ended(extract_type: &str, hangs: bool, target: Target) -> Ended {
    let stop = target.stop.clone();
    let task = config(extract_type);
    let watch = Watch::default();
    let run = run(&task, Box::new(Source { hangs }), target, Purpose::Run, &watch, stop);
    tokio::time::timeout(Duration::from_secs(60), run).await.expect("the task hangs").unwrap().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_stop_does_not_wait_for_a_server_that_never_answers() {
    for (hangs, opens_never) in [(true, false), (false, true)] {
        for (extract_type, expected) in [("snapshot", Ended::Stopped), ("cdc", Ended::Done)] {
            let target = Target { opens_never, ..Target::default() };
            let stop = target.stop.clone();
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_secs(1)).await;
                stop.cancel();
            });
            assert_eq!(ended(extract_type, hangs, target).await, expected, "{extract_type}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_stop_behind_the_end_of_the_source_finds_the_task_done() {
    assert_eq!(ended("snapshot", false, Target::default()).await, Ended::Done);
}

#[tokio::test(start_paused = true)]
async fn a_target_that_does_not_close_is_left() {
    let target = Target { closes_never: true, ..Target::default() };
    assert_eq!(ended("snapshot", false, target).await, Ended::Done);
}
