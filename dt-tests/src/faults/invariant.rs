//! A sum over several tables that no reader may ever see change.
//!
//! Writers move amounts between accounts of three tables, one of them without a key, each move in one transaction of the
//! source. So the sum over all tables is the same at every moment of the source, and it has to be at every moment of the target.
//! Readers ask for it all the time, in one statement over all tables. Databend's transactions are read-committed: a statement
//! may see one table before a commit and the next one behind it. So a sum counts only when the checkpoint's `n` is the same
//! before and after it.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::lane::Lane;
use super::mishap::Mishaps;
use super::scene::Scene;
use crate::process::eventually;
use crate::run::number;
use crate::source::Source;
use crate::steps::Outcome;
use crate::target::Target;

/// Accounts of each table, and what each holds at the beginning.
const ACCOUNTS: u32 = 40;
const AMOUNT: u32 = 1000;
/// Sum of all accounts.
const TOTAL: u32 = 3 * ACCOUNTS * AMOUNT;
const WRITERS: u64 = 3;
const READERS: usize = 2;
/// A pause between two transfers of a writer.
const PACE: Duration = Duration::from_millis(60);
/// Sums that have to be judged for each ten seconds, so that the test cannot pass by judging nothing.
const LEAST: usize = 5;

const TABLES: &str = "CREATE TABLE by_id (id INT NOT NULL PRIMARY KEY, v INT NOT NULL);
CREATE TABLE by_pair (a INT NOT NULL, b VARCHAR(10) NOT NULL, v INT NOT NULL, PRIMARY KEY (a, b));
CREATE TABLE by_name (name VARCHAR(10), v INT NOT NULL);
";

/// Runs for a time, faults and all.
///
/// # Errors
/// A sum that differs, too few of them, a fault that the task does not survive, or sides that differ in the end.
pub async fn run(lane: &mut Lane, length: Duration) -> Result<Outcome> {
    let seed = number("SEED").unwrap_or_else(rand::random);
    let mut sql = TABLES.to_owned();
    for id in 0..ACCOUNTS {
        sql.push_str(&format!(
            "INSERT INTO by_id VALUES ({id}, {AMOUNT}); INSERT INTO by_pair VALUES ({}, 'p{id}', {AMOUNT}); \
             INSERT INTO by_name VALUES ('n{id}', {AMOUNT});\n",
            id % 5
        ));
    }
    let mut scene = Scene::new(lane, &sql).await?;
    let result = judge(&mut scene, length, seed).await;
    let cleaned = scene.clean().await;
    let outcome = result.with_context(|| format!("SEED={seed}"))?;
    cleaned?;
    Ok(outcome)
}

async fn judge(scene: &mut Scene<'_>, length: Duration, seed: u32) -> Result<Outcome> {
    scene.start()?;
    scene.tasks.follow().await?;
    let query = Sum::new(&scene.id);
    let target = scene.lane.target().clone();
    // While it is copied a table is not yet equal to any moment; nobody writes until then.
    let copied = eventually(Duration::from_secs(30), async || {
        ensure!(query.ask(&target).await?.1 == TOTAL.to_string(), "not copied yet");
        Ok(())
    });
    copied.await?;
    let stop = Arc::new(AtomicBool::new(false));
    let mut writers = JoinSet::new();
    for i in 0..WRITERS {
        let (source, db) = (scene.lane.writers_source()?, scene.id.clone());
        let random = StdRng::seed_from_u64(u64::from(seed) + i);
        writers.spawn(transfer(source, db, random, Arc::clone(&stop)));
    }
    let mut readers = JoinSet::new();
    for _ in 0..READERS {
        readers.spawn(read(query.clone(), target.clone(), Arc::clone(&stop)));
    }
    let mut mishaps = Mishaps::new(StdRng::seed_from_u64(seed.into()));
    let end = Instant::now() + length;
    while Instant::now() < end && !readers.is_empty() {
        mishaps.next(scene).await?;
        if let Some(ended) = readers.try_join_next() {
            // A reader ends early only with what it must not see.
            ended??;
        }
    }
    stop.store(true, Ordering::Relaxed);
    let mut transfers = 0;
    while let Some(writer) = writers.join_next().await {
        transfers += writer??;
    }
    let mut seen = Seen::default();
    while let Some(reader) = readers.join_next().await {
        seen.add(reader??);
    }
    let least = LEAST * (length.as_secs() as usize / 10);
    ensure!(seen.judged >= least, "only {} sums were judged", seen.judged);
    let rows = scene.ends_equal().await?;
    let note = format!(
        "{} totals judged over {} batches, {} left out, none differs; {transfers} transfers, {} faults (SEED={seed})",
        seen.judged,
        seen.batches.len(),
        seen.left_out,
        mishaps.count
    );
    Ok(Outcome { rows, note })
}

/// The statement over all tables, and the one that brackets it.
#[derive(Debug, Clone)]
struct Sum {
    batch: String,
    total: String,
}

impl Sum {
    fn new(id: &str) -> Self {
        let part = |table: &str| format!("(SELECT SUM(v) FROM `{id}`.`{table}`)");
        let sum = ["by_id", "by_pair", "by_name"].map(part).join(" + ");
        Self {
            batch: format!("SELECT to_string(n) FROM `_dt`.`checkpoint_{id}`"),
            total: format!("SELECT to_string({sum})"),
        }
    }

    /// Number of the batch before, total, number of the batch after.
    async fn ask(&self, target: &Target) -> Result<(String, String, String)> {
        let one = async |sql: &str| {
            let rows = target.query(sql).await?;
            rows.into_iter().flatten().flatten().next().context("no row")
        };
        Ok((one(&self.batch).await?, one(&self.total).await?, one(&self.batch).await?))
    }
}

/// What a reader has seen.
#[derive(Debug, Default)]
struct Seen {
    judged: usize,
    left_out: usize,
    batches: HashSet<String>,
}

impl Seen {
    fn add(&mut self, other: Self) {
        self.judged += other.judged;
        self.left_out += other.left_out;
        self.batches.extend(other.batches);
    }
}

async fn read(sum: Sum, target: Target, stop: Arc<AtomicBool>) -> Result<Seen> {
    let mut seen = Seen::default();
    while !stop.load(Ordering::Relaxed) {
        match sum.ask(&target).await {
            Ok((before, total, after)) if before == after => {
                if total != TOTAL.to_string() {
                    bail!("behind batch {before} the total is {total} instead of {TOTAL}");
                }
                seen.judged += 1;
                seen.batches.insert(before);
            }
            Ok(_) => seen.left_out += 1,
            // Databend is restarting.
            Err(_) => sleep(Duration::from_millis(50)).await,
        }
    }
    Ok(seen)
}

/// Moves amounts until it is stopped; how many transfers were answered.
async fn transfer(source: Source, db: String, mut random: StdRng, stop: Arc<AtomicBool>) -> Result<u64> {
    let mut conn = source.connect().await?;
    let mut transfers = 0;
    while !stop.load(Ordering::Relaxed) {
        match move_once(&mut conn, &db, &mut random).await {
            Ok(()) => transfers += 1,
            // Two writers met on the same accounts: the source has rolled this one back.
            Err(mysql_async::Error::Server(e)) if matches!(e.code, 1205 | 1213) => {
                conn.query_drop("ROLLBACK").await?;
            }
            Err(e) => return Err(e.into()),
        }
        sleep(PACE).await;
    }
    conn.disconnect().await?;
    Ok(transfers)
}

async fn move_once(conn: &mut Conn, db: &str, random: &mut StdRng) -> mysql_async::Result<()> {
    let amount = random.random_range(1..50);
    conn.query_drop("BEGIN").await?;
    for sign in ['-', '+'] {
        let id = random.random_range(0..ACCOUNTS);
        let place = match random.random_range(0..3) {
            0 => format!("by_id SET v = v {sign} {amount} WHERE id = {id}"),
            1 => format!("by_pair SET v = v {sign} {amount} WHERE a = {} AND b = 'p{id}'", id % 5),
            _ => format!("by_name SET v = v {sign} {amount} WHERE name = 'n{id}'"),
        };
        conn.query_drop(format!("UPDATE {db}.{place}")).await?;
    }
    conn.query_drop("COMMIT").await
}
