//! The pipeline against a sink that records what it is given.

mod running;

use std::sync::atomic::Ordering;
use std::time::Duration;

use dt_common::item::{ChunkMark, ChunkWrite, CopyStep, DtItem, Replayed, SnapshotChunk};
use dt_common::monitor::{BinlogFile, BinlogLook};
use dt_common::position::{BinlogPosition, CommitMark};
use dt_common::repair::{Repair, RepairId, RepairMark, Repaired, RowNames};
use dt_common::row::{Row, RowChange, RowData, row_memory};
use dt_common::schema::TableSchema;
use dt_common::value::ColValue;
use tokio::sync::Semaphore;

use self::running::{RecordingSinker, Running, mark, row, start, start_with};
use super::*;
use crate::fixtures::table;
use crate::parallelizer::SnapshotParallelizer;

#[tokio::test(start_paused = true)]
async fn batches_end_at_source_commits() {
    let t = table(&["a"], &[]);
    let running = start(RecordingSinker::default(), 3, 600_000);
    running.send([row(&t, 1), row(&t, 2), DtItem::Commit(mark(10))]).await;
    running
        .send([row(&t, 3), row(&t, 4), DtItem::Commit(mark(20)), row(&t, 5), DtItem::Commit(mark(30))])
        .await;
    let monitor = Arc::clone(&running.monitor);
    let (result, commits) = running.finish().await;
    result.unwrap();
    assert_eq!(commits, [(4, Some(20), 0), (1, Some(30), 0)]);
    let counters = monitor.tables()[0].1;
    assert_eq!(
        (
            counters.inserts,
            counters.written(),
            counters.bytes_out,
            counters.batches,
            monitor.totals().batches
        ),
        (5, 5, 500, 2, 2)
    );
    let sizes = monitor.totals().batch_rows;
    assert_eq!((sizes.count(), sizes.sum()), (2, 5.0));
}

#[tokio::test(start_paused = true)]
async fn an_open_transaction_is_never_committed() {
    let t = table(&["a"], &[]);
    let running = start(RecordingSinker::default(), 1, 1);
    running.send([row(&t, 1), DtItem::Commit(mark(10)), row(&t, 2), DtItem::Rollback]).await;
    running.send([row(&t, 3), DtItem::Commit(mark(30)), row(&t, 4)]).await;
    let (result, commits) = running.finish().await;
    result.unwrap();
    assert_eq!(commits, [(1, Some(10), 0), (1, Some(30), 0)]);
}

#[tokio::test(start_paused = true)]
async fn a_change_waits_no_longer_than_the_flush_interval() {
    let t = table(&["a"], &[]);
    let running = start(RecordingSinker::default(), 1000, 500);
    running.send([row(&t, 1), DtItem::Commit(mark(10))]).await;
    tokio::time::sleep(Duration::from_millis(499)).await;
    assert!(running.sinker.commits.lock().unwrap().is_empty());
    tokio::time::sleep(Duration::from_millis(2)).await;
    assert_eq!(*running.sinker.commits.lock().unwrap(), [(1, Some(10), 0)]);
    running.finish().await.0.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_first_changes_wait_for_a_pause() {
    let t = table(&["a"], &[]);
    let committed = |running: &Running| {
        let commits = running.sinker.commits.lock().unwrap();
        commits.iter().map(|(rows, ..)| *rows).collect::<Vec<_>>()
    };
    let running = start(RecordingSinker::default(), 1000, 500);
    // One in 7 ms, so that none comes with the end of the third interval.
    for at in 0..220 {
        running.send([row(&t, at), DtItem::Commit(mark(at as u64 + 1))]).await;
        tokio::time::sleep(Duration::from_millis(7)).await;
        let expected: &[usize] = if at < 214 { &[] } else { &[215] };
        assert_eq!(committed(&running), expected, "{at}");
    }
    tokio::time::sleep(Duration::from_millis(470)).await;
    assert_eq!(committed(&running), [215, 5]);
    running.finish().await.0.unwrap();

    let running = start(RecordingSinker::default(), 1000, 20);
    running.send([row(&t, 1), DtItem::Commit(mark(1))]).await;
    tokio::time::sleep(Duration::from_millis(51)).await;
    assert_eq!(committed(&running), [1], "a pause");
    running.finish().await.0.unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_comes_before_an_error_is_committed_and_nothing_behind_it() {
    let t = table(&["a"], &[]);
    let running = start(RecordingSinker::default(), 1, 600_000);
    let items = [
        row(&t, 1),
        DtItem::Commit(mark(10)),
        row(&t, -1),
        DtItem::Commit(mark(20)),
        row(&t, 2),
        DtItem::Commit(mark(30)),
    ];
    running.send(items).await;
    let (result, commits) = running.finish().await;
    let message = result.unwrap_err().to_string();
    assert!(message.contains("\"offset\":20") && message.ends_with("below zero"), "{message}");
    assert_eq!(commits, [(1, Some(10), 0)]);
}

#[tokio::test(start_paused = true)]
async fn a_failed_commit_ends_the_pipeline_although_the_source_is_idle() {
    let t = table(&["a"], &[]);
    let gated = RecordingSinker { gate: Some(Semaphore::new(0)), ..RecordingSinker::default() };
    let running = start(gated, 1, 600_000);
    running.sinker.gate.as_ref().unwrap().close();
    running.send([row(&t, 1), DtItem::Commit(mark(10))]).await;
    // The queue stays open, and nothing more comes.
    let result = tokio::time::timeout(Duration::from_secs(60), running.ended).await;
    assert!(result.expect("the pipeline hangs").unwrap().is_err());
    drop(running.items);
}

#[tokio::test(start_paused = true)]
async fn two_batches_are_in_flight() {
    let t = table(&["a"], &[]);
    let gated = RecordingSinker { gate: Some(Semaphore::new(0)), ..RecordingSinker::default() };
    let running = start(gated, 1, 600_000);
    for offset in 1..=4 {
        running.send([row(&t, 1), DtItem::Commit(mark(offset))]).await;
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    // The third batch's row waits for a permit: the queue still holds what comes behind it.
    assert!(running.sinker.commits.lock().unwrap().is_empty());
    running.sinker.gate.as_ref().unwrap().add_permits(4);
    let (result, commits) = running.finish().await;
    result.unwrap();
    assert_eq!(commits.len(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_batch_grows_while_the_one_before_commits() {
    let t = table(&["a"], &[]);
    let gated = RecordingSinker { gate: Some(Semaphore::new(0)), ..RecordingSinker::default() };
    let running = start(gated, 1_000_000, 500);
    for offset in 1..=8_000 {
        running.send([row(&t, 1), DtItem::Commit(mark(offset))]).await;
        if offset == 10 {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }
    tokio::time::sleep(Duration::from_secs(60)).await;
    // Parts of it are staged already, and none is lost.
    assert!(running.sinker.staged.load(Ordering::Relaxed) > 5_000);
    assert!(running.sinker.commits.lock().unwrap().is_empty());
    running.sinker.gate.as_ref().unwrap().add_permits(2);
    let (result, commits) = running.finish().await;
    result.unwrap();
    assert_eq!(commits, [(10, Some(10), 0), (7_990, Some(8_000), 0)]);
}

#[tokio::test(start_paused = true)]
async fn statements_in_memory_close_a_batch() {
    let t = table(&["a"], &[]);
    let running = start(RecordingSinker { memory: 100, ..RecordingSinker::default() }, 1_000_000, 500);
    for offset in 1..=30_000 {
        running.send([row(&t, 1), DtItem::Commit(mark(offset))]).await;
    }
    let (result, commits) = running.finish().await;
    result.unwrap();
    assert!(commits.len() > 5, "{commits:?}");
    assert_eq!(commits.iter().map(|(rows, ..)| rows).sum::<usize>(), 30_000);
}

#[tokio::test(start_paused = true)]
async fn structure_changes_wait_for_what_comes_before() {
    let t = table(&["a"], &[]);
    let running = start(RecordingSinker::default(), 1000, 600_000);
    let ddl = Ddl {
        action: "ALTER TABLE".to_owned(),
        text: String::new(),
        at: mark(20).binlog,
        changes: Vec::new(),
        definitions: Vec::new(),
        mark: Some(mark(20)),
    };
    running
        .send([
            row(&t, 1),
            DtItem::Commit(mark(10)),
            DtItem::Ddl(Box::new(ddl)),
            row(&t, 2),
            DtItem::Commit(mark(30)),
        ])
        .await;
    let sinker = Arc::clone(&running.sinker);
    let (result, commits) = running.finish().await;
    result.unwrap();
    assert_eq!(*sinker.ddls.lock().unwrap(), [1]);
    assert_eq!(commits, [(1, Some(10), 0), (1, Some(30), 0)]);
}

#[tokio::test(start_paused = true)]
async fn a_transaction_larger_than_a_batch_is_staged_in_parts_and_seen_whole() {
    let t = table(&["a"], &[]);
    let running = start(RecordingSinker::default(), 1000, 600_000);
    let rows = |n: i64| (0..n).map(|i| row(&t, i)).collect::<Vec<_>>();
    running.send([row(&t, 1), DtItem::Commit(mark(10))]).await;
    running.send(rows(30_000)).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    // What was whole before is committed; of the open transaction nothing, although parts of it are staged.
    assert_eq!(*running.sinker.commits.lock().unwrap(), [(1, Some(10), 0)]);
    assert!(running.sinker.staged.load(Ordering::Relaxed) > 20_000);
    running.send([DtItem::Commit(mark(20))]).await;
    // A second one is given up after its first parts and comes again.
    running.send(rows(30_000)).await;
    running.send([DtItem::Rollback, row(&t, 1), DtItem::Commit(mark(30))]).await;
    // A third one is staged to its last row when its end comes. Its changes wait no longer than until its commit.
    let seen = BinlogFile { name: "b.1".into(), bytes: 40 };
    running.monitor.source_seen(BinlogLook {
        now: 100_000_000,
        server: "s".into(),
        files: vec![seen],
        retention: None,
    });
    let after = vec![ColValue::Int(1); 1 << 17].into();
    let wide = RowData::new(Arc::clone(&t), RowChange::Insert { after });
    running.send([DtItem::Row(wide), DtItem::Commit(mark(40))]).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(running.monitor.behind(Duration::from_secs(60)).lag, Some(Duration::ZERO));
    // A fourth one never ends.
    running.send(rows(30_000)).await;
    let monitor = Arc::clone(&running.monitor);
    let (result, commits) = running.finish().await;
    result.unwrap();
    assert_eq!(commits, [(1, Some(10), 0), (30_000, Some(20), 0), (2, Some(40), 0)]);
    let counters = monitor.tables()[0].1;
    assert_eq!((counters.inserts, counters.written(), counters.batches), (30_003, 30_003, 3));
}

fn chunk_of(table: &Arc<TableSchema>, rows: Vec<Row>, mark: ChunkMark) -> DtItem {
    let bytes = rows.iter().map(|row| row_memory(row)).sum();
    let table = Arc::clone(table);
    DtItem::Chunk(Box::new(SnapshotChunk { table, rows, bytes, write: ChunkWrite::Append, mark }))
}

#[tokio::test(start_paused = true)]
async fn chunks_carry_their_marks_and_a_start_is_stored_first() {
    let t = table(&["a"], &[]);
    let running = start(RecordingSinker::default(), 1000, 600_000);
    let chunk = |chunk| {
        let mark =
            ChunkMark { table: t.name.clone(), chunk, rows: 2, last_key: None, done: false, reach: None };
        let rows = vec![Box::from([ColValue::Int(1)]), Box::from([ColValue::Int(2)])];
        chunk_of(&t, rows, mark)
    };
    let mut position = Position::default();
    position.advance(&mark(5));
    let (stored, done) = oneshot::channel();
    running.send([DtItem::Start { position, stored }]).await;
    done.await.unwrap();
    assert_eq!(*running.sinker.commits.lock().unwrap(), [(0, Some(5), 0)]);
    running.send([chunk(0), chunk(1), row(&t, 1), DtItem::Commit(mark(10))]).await;
    let (result, commits) = running.finish().await;
    result.unwrap();
    assert_eq!(commits, [(0, Some(5), 0), (4, Some(5), 2), (1, Some(10), 0)]);
}

#[tokio::test(start_paused = true)]
async fn what_is_copied_beside_the_stream_waits_for_the_end_of_a_transaction() {
    let (t, u) = (table(&["a"], &[]), table(&["b"], &[]));
    let running = start(RecordingSinker::default(), 1000, 600_000);
    let beside = running.items.beside();
    let mark_of =
        |chunk| ChunkMark { table: u.name.clone(), chunk, rows: 1, last_key: None, done: false, reach: None };
    let rows = vec![Box::from([ColValue::Int(1)])];
    let table = Arc::clone(&u);
    let chunk = SnapshotChunk { table, rows, bytes: 9, write: ChunkWrite::Append, mark: mark_of(0) };
    running.send([row(&t, 1)]).await;
    tokio::task::yield_now().await;
    beside.send(DtItem::Chunk(Box::new(chunk))).await.unwrap();
    running.send([row(&t, 2), DtItem::Commit(mark(10))]).await;
    tokio::time::sleep(Duration::from_millis(1)).await;
    let replayed = Replayed { marks: [mark_of(7)].into(), at: mark(8).binlog };
    beside.send(row(&u, 3)).await.unwrap();
    beside.send(DtItem::Replayed(replayed)).await.unwrap();
    tokio::time::sleep(Duration::from_millis(1)).await;
    let (done, brought_about) = oneshot::channel();
    let ddl = Ddl {
        action: "COPY TABLE".into(),
        text: String::new(),
        at: mark(8).binlog,
        changes: Vec::new(),
        definitions: Vec::new(),
        mark: None,
    };
    beside.send(DtItem::CopyStep(Box::new(CopyStep { ddl, marks: Vec::new(), done }))).await.unwrap();
    brought_about.await.unwrap();
    // A reader beside the stream that ends inside of a transaction holds nobody up.
    beside.send(row(&u, 4)).await.unwrap();
    tokio::time::sleep(Duration::from_millis(1)).await;
    drop(beside);
    let Running { sinker, items, ended, .. } = running;
    items.send(row(&t, 5)).await.unwrap();
    items.send(DtItem::Commit(mark(20))).await.unwrap();
    drop(items);
    ended.await.unwrap().unwrap();
    assert_eq!(*sinker.ddls.lock().unwrap(), [2]);
    let commits = sinker.commits.lock().unwrap().clone();
    assert_eq!(commits, [(3, Some(10), 1), (1, Some(10), 1), (1, Some(20), 0)]);
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_ends_behind_a_batch_that_was_full() {
    let t = table(&["a"], &[]);
    let running = start_with(Box::new(SnapshotParallelizer), RecordingSinker::default(), 1, 600_000);
    let mark =
        ChunkMark { table: t.name.clone(), chunk: 0, rows: 1, last_key: None, done: true, reach: None };
    let rows = vec![Box::from([ColValue::Int(1)])];
    running.send([chunk_of(&t, rows, mark), DtItem::CopyFinished]).await;
    let (result, commits) = running.finish().await;
    result.unwrap();
    assert_eq!(commits, [(1, None, 1), (0, None, 0)]);
}

#[tokio::test(start_paused = true)]
async fn lag_is_the_age_of_what_waits_and_then_zero() {
    let t = table(&["a"], &[]);
    let gated = RecordingSinker { gate: Some(Semaphore::new(0)), ..RecordingSinker::default() };
    let running = start(gated, 1, 600_000);
    let seen = BinlogFile { name: "b.1".into(), bytes: 30 };
    let look = BinlogLook { now: 100_000_000, server: "s".into(), files: vec![seen], retention: None };
    running.monitor.source_seen(look);
    let lag = || running.monitor.behind(Duration::from_secs(60)).lag.map(|lag| lag.as_secs());
    let read = || tokio::time::sleep(Duration::from_millis(1));
    running.send([DtItem::Commit(CommitMark { source_time: 500_000, ..mark(10) })]).await;
    read().await;
    // Nothing of ours, but more is to come since half a second after 1970.
    assert_eq!((lag(), running.monitor.behind(Duration::from_secs(60)).bytes), (Some(99), Some(20)));
    let last = CommitMark { source_time: 40_000_000, ..mark(20) };
    running.send([row(&t, 1), DtItem::Commit(last)]).await;
    read().await;
    let behind = BinlogPosition { offset: 30, ..mark(30).binlog };
    running.send([DtItem::Heartbeat(behind.clone())]).await;
    read().await;
    assert_eq!(lag(), Some(60), "what stands behind a change that waits is not reached");
    running.sinker.gate.as_ref().unwrap().add_permits(1);
    read().await;
    assert_eq!(running.monitor.behind(Duration::from_secs(60)).bytes, Some(10));
    running.send([DtItem::Heartbeat(behind)]).await;
    read().await;
    assert_eq!((lag(), running.monitor.behind(Duration::from_secs(60)).bytes), (Some(0), Some(0)));
    running.sinker.gate.as_ref().unwrap().add_permits(1);
    running.finish().await.0.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_repair_is_committed_by_itself_at_its_place() {
    let t = table(&["a"], &[]);
    let running = start(RecordingSinker::default(), 100, 600_000);
    let id = |part| RepairId { request: "r".into(), part };
    let repair = Repair {
        id: id(0),
        table: Arc::clone(&t),
        forms: Vec::new(),
        gone: RowNames::Hashes(vec![7]),
        rows: vec![Box::from([ColValue::Int(5)]), Box::from([ColValue::Int(5)])],
    };
    let refused = RepairMark { id: id(1), refused: Some("it has changed".into()) };
    running
        .send([
            row(&t, 1),
            DtItem::Commit(mark(10)),
            DtItem::Repair(Repaired::Rows(Box::new(repair))),
            DtItem::Repair(Repaired::Refused(refused)),
            row(&t, 2),
            DtItem::Commit(mark(20)),
        ])
        .await;
    let (result, commits) = running.finish().await;
    result.unwrap();
    assert_eq!(commits, [(1, Some(10), 0), (3, Some(10), 0), (1, Some(20), 0)]);
}
