//! How long a change at the source takes to be seen at the target, while changes keep coming.
//!
//! A writer inserts rows and updates recent ones at a fixed rate and remembers when it sent each insert. A reader asks the target for
//! the greatest key again and again: whatever is not above it is visible, and its age is the time from before it was sent until
//! the answer was there. So what the source needs to commit and the reader to ask counts as age.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use databend_driver::Client;
use mysql_async::prelude::Queryable;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

use super::measure::{Cost, Running};
use super::room::Room;

/// Statements a second of the writer; a higher rate makes them larger.
const STATEMENTS: u64 = 500;
/// How often the writer writes, and how many statements then.
const TICK: Duration = Duration::from_millis(10);
const PER_TICK: u64 = 5;
/// Newest rows that are updated.
const RECENT: u64 = 2000;
/// Pause between two looks at the target.
const LOOK: Duration = Duration::from_millis(20);
/// Time for the target to show the last change.
const PATIENCE: Duration = Duration::from_secs(60);

/// What was seen.
#[derive(Debug, Clone, Copy)]
pub struct Seen {
    /// The median age, milliseconds.
    pub p50: f64,
    /// The age that one in a hundred exceeds, milliseconds.
    pub p99: f64,
    /// Changes a second that the writer reached.
    pub rate: f64,
    /// What the task took meanwhile.
    pub cost: Cost,
}

/// Follows `table`, which holds `rows` rows, while `rate` changes a second are made for `length`.
///
/// # Errors
/// The task ends, a server refuses, or the last change never comes.
pub async fn measure(room: &Room, table: &str, rows: u64, rate: u64, length: Duration) -> Result<Seen> {
    let (db, _) = table.split_once('.').context("a table in a database")?;
    let mut task = Running::start(room, &format!("{db}_live"), &room.live(db))?;
    task.process().says("following the binlog", PATIENCE).await?;
    let (tell, told) = mpsc::unbounded_channel();
    let ended = Arc::new(AtomicBool::new(false));
    let looking = tokio::spawn(look(room.target().dsn.clone(), table.to_owned(), told, Arc::clone(&ended)));
    let since = Instant::now();
    let changes = write(room, table, rows, rate, length, &tell).await?;
    let rate = changes as f64 / since.elapsed().as_secs_f64();
    ended.store(true, Ordering::Relaxed);
    drop(tell);
    let mut ages = looking.await??;
    task.process().terminate().await?;
    let cost = task.ends(room).await?;
    ages.sort_by(f64::total_cmp);
    let at = |share: f64| ages[((ages.len() - 1) as f64 * share) as usize];
    ensure!(!ages.is_empty(), "nothing was inserted");
    Ok(Seen { p50: at(0.5), p99: at(0.99), rate, cost })
}

/// Writes, and tells of every greatest key when it was sent. Answers how many rows were changed.
async fn write(
    room: &Room,
    table: &str,
    rows: u64,
    rate: u64,
    length: Duration,
    tell: &mpsc::UnboundedSender<(u64, Instant)>,
) -> Result<u64> {
    let each = (rate / STATEMENTS).max(1);
    let mut conn = room.source().connect().await?;
    let mut random = StdRng::seed_from_u64(3);
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let (mut last, mut statements, since) = (rows, 0u64, Instant::now());
    while since.elapsed() < length {
        ticks.tick().await;
        let mut sql = String::new();
        for _ in 0..PER_TICK {
            if statements.is_multiple_of(2) {
                let values: Vec<String> =
                    (1..=each).map(|i| format!("({},1,'inserted','row')", last + i)).collect();
                last += each;
                sql.push_str(&format!("INSERT INTO {table} VALUES {};", values.join(",")));
            } else {
                let keys: Vec<String> = (0..each)
                    .map(|_| random.random_range(last.saturating_sub(RECENT).max(1)..=last).to_string())
                    .collect();
                sql.push_str(&format!("UPDATE {table} SET k = k + 1 WHERE id IN ({});", keys.join(",")));
            }
            statements += 1;
        }
        let sent = Instant::now();
        conn.query_drop(sql).await?;
        tell.send((last, sent)).ok().context("nobody looks")?;
    }
    Ok(statements * each)
}

/// Looks at the target until everything that was told of is visible; the age of each, in milliseconds.
async fn look(
    dsn: String,
    table: String,
    mut told: mpsc::UnboundedReceiver<(u64, Instant)>,
    ended: Arc<AtomicBool>,
) -> Result<Vec<f64>> {
    let connection = Client::new(dsn).get_conn().await?;
    let (mut waiting, mut ages) = (VecDeque::new(), Vec::new());
    let mut moved = Instant::now();
    loop {
        let all_told = ended.load(Ordering::Relaxed);
        let rows = connection.query_all(&format!("SELECT to_string(max(id)) FROM {table}")).await?;
        let now = Instant::now();
        let greatest = rows.into_iter().flat_map(|row| row.into_iter()).next().map(|cell| cell.to_string());
        let greatest: u64 = greatest.context("no greatest key")?.parse()?;
        while let Ok(sent) = told.try_recv() {
            waiting.push_back(sent);
        }
        while let Some((_, sent)) = waiting.front().copied().filter(|(key, _)| *key <= greatest) {
            ages.push((now - sent).as_secs_f64() * 1000.0);
            waiting.pop_front();
            moved = now;
        }
        if waiting.is_empty() && all_told && told.is_empty() {
            return Ok(ages);
        }
        ensure!(moved.elapsed() < PATIENCE, "the last change did not come within {PATIENCE:?}");
        sleep(LOOK).await;
    }
}
