//! The workloads: what is prepared, what is measured beside it, and that both sides are equal in the end.

use std::time::Duration;

use anyhow::{Result, anyhow, bail, ensure};
use tokio::time::Instant;

use super::ceiling::{self, Net};
use super::data::{self, Change, Keys};
use super::figures::Figures;
use super::freshness;
use super::measure::{self, Running};
use super::room::Room;
use crate::report::Report;

/// The workloads by name, in the order of a full run.
pub const NAMES: [&str; 10] = [
    "snapshot",
    "cdc_insert",
    "cdc_update",
    "cdc_mixed",
    "freshness",
    "freshness_5000",
    "big_txn",
    "big_txn_killed",
    "small_tables",
    "check",
];

/// What a comparison of equal rows may take of the time of their snapshot, and of their bytes.
const CHECK_TIME: f64 = 0.5;
const CHECK_BYTES: f64 = 0.01;

/// Tables of the snapshot and rows in all.
const TABLES: u64 = 4;
const SNAPSHOT_ROWS: u64 = 2_000_000;
/// Rows that tables hold before they are changed.
const BASE_ROWS: u64 = 1_000_000;
/// Changes of a catch-up; mixed ones are transactions of four rows.
const CHANGES: u64 = 500_000;
const MIXED: u64 = 75_000;
/// Rows of an event, as an application that inserts many at a time writes them.
const EVENT_ROWS: u64 = 100;
/// Rows of the one large transaction.
const BIG_ROWS: u64 = 3_000_000;
/// Small tables, rows of each, and how often each gets one more.
const SMALL_TABLES: usize = 300;
const SMALL_ROWS: u64 = 10;
const SMALL_ROUNDS: u64 = 100;
/// What dt may take by default.
const BUFFER_MEMORY_MB: u64 = 128;
/// Files of a transaction that are staged when its process is killed, and the time for them.
const STAGED: usize = 3;
const STAGING: Duration = Duration::from_secs(120);
/// How long fresh changes keep coming.
const FRESH: u64 = 40;
/// Statements that a round trip is measured by.
const ROUND_TRIPS: u32 = 50;

/// Plays a workload; its figures go to `figures`, its lines to `report`.
///
/// # Errors
/// A server or a task fails, or the sides differ.
pub async fn play(name: &str, room: &Room, figures: &mut Figures, report: &Report) -> Result<()> {
    let db = format!("dt_test_bench_{name}");
    match name {
        "snapshot" => snapshot(room, &db, figures, report).await?,
        "cdc_insert" | "cdc_update" | "cdc_mixed" => catch_up(name, room, &db, figures, report).await?,
        "freshness" => fresh("freshness_ms", 500, room, &db, figures, report).await?,
        "freshness_5000" => fresh("freshness_5000_ms", 5000, room, &db, figures, report).await?,
        "big_txn" => big_txn(room, &db, figures, report).await?,
        "big_txn_killed" => big_txn_killed(room, &db).await?,
        "small_tables" => small_tables(room, &db, figures, report).await?,
        "check" => check(room, &db, figures, report).await?,
        _ => bail!("no workload `{name}`; there are {}", NAMES.join(", ")),
    }
    room.stage_is_clean(&db).await?;
    room.drop(&db).await
}

/// What the local Databend's own HTTP takes.
///
/// # Errors
/// Databend refuses.
pub async fn round_trip(room: &Room, figures: &mut Figures, report: &Report) -> Result<()> {
    let connection = databend_driver::Client::new(room.target().dsn.clone()).get_conn().await?;
    let since = Instant::now();
    for _ in 0..ROUND_TRIPS {
        connection.query_all("SELECT 1").await?;
    }
    report.say(&figures.round_trip(since.elapsed().as_secs_f64() * 1000.0 / f64::from(ROUND_TRIPS)));
    Ok(())
}

/// Tables to be copied, each with so many rows.
async fn snapshot_tables(room: &Room, db: &str, each: u64) -> Result<Vec<String>> {
    let tables: Vec<String> = (1..=TABLES).map(|i| format!("sbtest{i}")).collect();
    data::tables(room.source(), db, &tables).await?;
    let full: Vec<String> = tables.iter().map(|table| format!("{db}.{table}")).collect();
    let fills = full.iter().map(|table| data::fill(room.source(), table, Keys::up_to(each), each, false));
    futures::future::try_join_all(fills).await?;
    room.create_tables(db).await?;
    Ok(tables)
}

/// `dt check` of equal rows, beside the snapshot that made them equal.
async fn check(room: &Room, db: &str, figures: &mut Figures, report: &Report) -> Result<()> {
    let each = room.scaled(SNAPSHOT_ROWS / TABLES);
    let tables = snapshot_tables(room, db, each).await?;
    let snapshot = measure::run(room, "check_snapshot", &room.snapshot(db)).await?;
    let mut in_all = 0;
    for table in &tables {
        in_all += data::bytes(room.source(), &format!("{db}.{table}")).await?;
    }
    let (cost, said) = measure::command(room, "check", "check", &room.snapshot(db)).await?;
    let sums = said.lines().filter(|line| line.starts_with('`')).map(|line| {
        let cells: Vec<u64> = line.split_whitespace().skip(1).take(3).flat_map(str::parse).collect();
        <[u64; 3]>::try_from(cells).map_err(|_| anyhow!("no summary of a table: {line}"))
    });
    let sums = sums.collect::<Result<Vec<_>>>()?;
    let (rows, bytes) = sums.iter().fold((0, 0), |sum, [rows, _, bytes]| (sum.0 + rows, sum.1 + bytes));
    ensure!(rows == each * TABLES, "{rows} rows were compared of {}", each * TABLES);
    report.say(&figures.check(rows, snapshot, cost, bytes, in_all));
    ensure!((bytes as f64) < CHECK_BYTES * in_all as f64, "{bytes} bytes were sent for rows of {in_all}");
    // With few rows both take as long as a start.
    let is_slow = cost.seconds >= CHECK_TIME * snapshot.seconds;
    ensure!(
        !(is_slow && room.is_whole()),
        "it took {:.1} s, the copy {:.1} s",
        cost.seconds,
        snapshot.seconds
    );
    room.compare(db, &tables).await
}

async fn snapshot(room: &Room, db: &str, figures: &mut Figures, report: &Report) -> Result<()> {
    let each = room.scaled(SNAPSHOT_ROWS / TABLES);
    let tables = snapshot_tables(room, db, each).await?;
    let full: Vec<String> = tables.iter().map(|table| format!("{db}.{table}")).collect();
    let rows = each * TABLES;
    let read = ceiling::select(room, db, &tables).await?;
    let write = ceiling::copy(room, &full, each).await?;
    let cost = measure::run(room, "extract_snapshot", &room.discarded_snapshot(db)).await?;
    report.say(&figures.rate("extract_snapshot", rows, read, cost));
    let cost = measure::run(room, "snapshot", &room.snapshot(db)).await?;
    report.say(&figures.rate("snapshot", rows, read + write, cost));
    room.compare(db, &tables).await
}

async fn catch_up(name: &str, room: &Room, db: &str, figures: &mut Figures, report: &Report) -> Result<()> {
    let changes = room.scaled(CHANGES);
    let base = if name == "cdc_insert" { 0 } else { room.scaled(BASE_ROWS) };
    let table = filled(room, db, base).await?;
    let from = room.position().await?;
    let (rows, net) = match name {
        "cdc_insert" => {
            data::fill(room.source(), &table, Keys::up_to(changes), EVENT_ROWS, true).await?;
            (changes, Net { base, draws: 0, deleted: 0, added: changes })
        }
        "cdc_update" => {
            data::changes(room.source(), &table, base, Change::Update, changes).await?;
            (changes, Net { base, draws: changes, deleted: 0, added: 0 })
        }
        _ => {
            let transactions = room.scaled(MIXED);
            data::changes(room.source(), &table, base, Change::Mixed, transactions).await?;
            let net = Net { base, draws: 2 * transactions, deleted: transactions, added: transactions };
            (4 * transactions, net)
        }
    };
    let read = ceiling::binlog(room, &from).await?;
    let write = ceiling::replace(room, &table, net).await?;
    let extract = format!("extract_{name}");
    let cost = measure::run(room, &extract, &room.discarded_changes(db, &from)).await?;
    report.say(&figures.rate(&extract, rows, read, cost));
    let cost = measure::run(room, name, &room.handover(db)).await?;
    report.say(&figures.rate(name, rows, read + write, cost));
    room.compare(db, &["t".to_owned()]).await
}

/// A table with rows on both sides, and a task that has copied it.
async fn filled(room: &Room, db: &str, rows: u64) -> Result<String> {
    data::tables(room.source(), db, &["t".to_owned()]).await?;
    let table = format!("{db}.t");
    if rows > 0 {
        data::fill(room.source(), &table, Keys::up_to(rows), rows, false).await?;
    }
    measure::run(room, &format!("{db}_copy"), &room.handover(db)).await?;
    Ok(table)
}

async fn fresh(
    name: &str,
    rate: u64,
    room: &Room,
    db: &str,
    figures: &mut Figures,
    report: &Report,
) -> Result<()> {
    let rows = room.scaled(BASE_ROWS);
    let table = filled(room, db, rows).await?;
    let seen =
        freshness::measure(room, &table, rows, rate, Duration::from_secs(room.scaled(FRESH).min(FRESH)))
            .await?;
    report.say(&figures.ages(name, seen));
    room.compare(db, &["t".to_owned()]).await
}

async fn big_txn(room: &Room, db: &str, figures: &mut Figures, report: &Report) -> Result<()> {
    let rows = room.scaled(BIG_ROWS);
    let table = filled(room, db, 0).await?;
    data::fill(room.source(), &table, Keys::up_to(rows), rows, true).await?;
    let cost = measure::run(room, "big_txn", &room.handover(db)).await?;
    report.say(&figures.plain("big_txn", rows, cost));
    room.compare(db, &["t".to_owned()]).await
}

/// The same transaction, and a process that dies while it is staged: its files are left, the next one sweeps them.
async fn big_txn_killed(room: &Room, db: &str) -> Result<()> {
    let rows = room.scaled(BIG_ROWS);
    let table = filled(room, db, 0).await?;
    data::fill(room.source(), &table, Keys::up_to(rows), rows, true).await?;
    // Small parts, so that also a small transaction has many.
    let memory = room.scaled_down(BUFFER_MEMORY_MB);
    let ini = format!("{}[pipeline]\nbuffer_memory_mb={memory}\n", room.handover(db));
    let mut dying = Running::start(room, "big_txn_dying", &ini)?;
    dying.process().says_times("file staged", STAGED, STAGING).await?;
    dying.process().kill().await?;
    ensure!(
        !dying.process().output().contains("batch committed"),
        "killed too late: the transaction is committed"
    );
    let left = room.staged_files(db).await?.len();
    ensure!(left >= STAGED, "{left} files are left of {STAGED} that were staged");
    measure::run(room, "big_txn_again", &ini).await?;
    room.compare(db, &["t".to_owned()]).await
}

async fn small_tables(room: &Room, db: &str, figures: &mut Figures, report: &Report) -> Result<()> {
    let tables: Vec<String> =
        (1..=room.scaled(SMALL_TABLES as u64).min(SMALL_TABLES as u64)).map(|i| format!("t{i}")).collect();
    data::tables(room.source(), db, &tables).await?;
    for table in &tables {
        data::fill(room.source(), &format!("{db}.{table}"), Keys::up_to(SMALL_ROWS), SMALL_ROWS, false)
            .await?;
    }
    let cost = measure::run(room, "small_tables_copy", &room.handover(db)).await?;
    let rows = tables.len() as u64 * SMALL_ROWS;
    report.say(&figures.plain("small_tables_snapshot", rows, cost));
    let rounds = room.scaled(SMALL_ROUNDS).min(SMALL_ROUNDS);
    for round in 1..=rounds {
        let inserts = tables.iter().map(|table| {
            format!("INSERT INTO {db}.{table} VALUES ({}, {round}, 'small', 'row');", SMALL_ROWS + round)
        });
        room.source().run(&inserts.collect::<String>()).await?;
    }
    let cost = measure::run(room, "small_tables_cdc", &room.handover(db)).await?;
    report.say(&figures.plain("small_tables_cdc", tables.len() as u64 * rounds, cost));
    room.compare(db, &tables).await
}
