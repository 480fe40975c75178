//! SIGKILL at seeded random times, under load.
//!
//! Four writers change keyed, composite, keyless and several tables per transaction while the task is killed and started
//! again. They begin when the task has stored where it begins: what was written before is not the task's. Half of the kills wait for `batch begin`
//! in the task's log, so that some hit between `BEGIN` and the answer of `COMMIT`; which ones did is read from the log afterwards.
//! The others wait for a commit, so that the task moves on between kills. Then the writers stop, the task catches up, and both
//! sides have to be equal.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use mysql_async::prelude::Queryable;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

use crate::source::Source;
use crate::steps::Play;

/// Transactions a second of each writer; each changes about [`ROWS`] rows.
const TRANSACTIONS: u64 = 12;
/// Rows of one transaction.
const ROWS: i64 = 30;
/// Changes a second that the writers have to reach together.
const RATE: u64 = 1000;
/// Kills that have to hit between `BEGIN` and the answer of `COMMIT`.
const IN_COMMIT: u32 = 4;
/// The task's log when it has sent `BEGIN`, and when `COMMIT` was answered.
const BEGUN: &str = "batch begin";
const COMMITTED: &str = "batch committed";
/// How long a kill waits for either.
const BATCH: Duration = Duration::from_secs(60);

/// Kills the task of `task_config.ini` at least `times` times, lets it catch up and compares.
///
/// # Errors
/// A writer or a restart fails, too few kills hit a commit, the rate is not reached, or the sides differ.
pub async fn run(play: &mut Play<'_>, times: u32) -> Result<String> {
    let seed =
        std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(rand::random::<u32>);
    let mut random = StdRng::seed_from_u64(seed.into());
    play.start("task_config.ini")?;
    play.tasks.follow().await?;
    says(play, COMMITTED, 1).await?;
    let load = Load::start(&play.source, play.vars.get("db"), seed.into());
    let (mut kills, mut in_commit) = (0, 0);
    while kills < times || (in_commit < IN_COMMIT && kills < 3 * times) {
        play.tasks.follow().await.with_context(|| format!("seed {seed}, after {kills} kills"))?;
        if kills % 2 == 0 || kills >= times {
            next(play, BEGUN).await?;
            sleep(Duration::from_micros(random.random_range(0..60_000))).await;
        } else {
            next(play, COMMITTED).await?;
            sleep(Duration::from_millis(random.random_range(0..1500))).await;
        }
        play.tasks.kill().await?;
        kills += 1;
        in_commit += u32::from(committing(&play.tasks.output()));
        play.start("task_config.ini")?;
    }
    play.tasks.follow().await?;
    let (changes, rate) = load.finish().await.with_context(|| format!("seed {seed}"))?;
    play.tasks.stop(0).await?;
    play.run("task_config.ini", 0).await?;
    play.compare().await.with_context(|| format!("seed {seed}"))?;
    ensure!(in_commit >= IN_COMMIT, "seed {seed}: only {in_commit} of {kills} kills hit a commit");
    ensure!(rate >= RATE, "the writers reached only {rate} changes/s");
    Ok(format!("{kills} kills (SEED={seed}), {in_commit} in commit, {changes} changes at {rate}/s"))
}

/// Waits until the task's log says something once more than it has so far.
async fn next(play: &mut Play<'_>, event: &str) -> Result<()> {
    let before = play.tasks.output().matches(event).count();
    says(play, event, before + 1).await
}

/// Waits until the task's log says something so often.
async fn says(play: &mut Play<'_>, event: &str, times: usize) -> Result<()> {
    let deadline = Instant::now() + BATCH;
    while play.tasks.output().matches(event).count() < times {
        play.tasks.still_runs()?;
        if Instant::now() > deadline {
            bail!("no `{event}` within {BATCH:?}");
        }
        sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}

/// Whether the log ends between `BEGIN` and the answer of `COMMIT`.
fn committing(output: &str) -> bool {
    output.rfind(BEGUN) > output.rfind(COMMITTED)
}

/// The writers.
struct Load {
    stop: Arc<AtomicBool>,
    changes: Arc<AtomicU64>,
    since: Instant,
    writers: JoinSet<Result<()>>,
}

impl Load {
    fn start(source: &Source, db: &str, seed: u64) -> Self {
        let (stop, changes) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let mut writers = JoinSet::new();
        for (i, transaction) in [keyed, composite, keyless, several].into_iter().enumerate() {
            let (source, db) = (source.clone(), db.to_owned());
            let (stop, changes) = (Arc::clone(&stop), Arc::clone(&changes));
            let mut random = StdRng::seed_from_u64(seed.wrapping_add(i as u64 + 1));
            writers.spawn(async move {
                let mut conn = source.connect().await?;
                conn.query_drop(format!("USE {db}")).await?;
                let mut pace = interval(Duration::from_micros(1_000_000 / TRANSACTIONS));
                pace.set_missed_tick_behavior(MissedTickBehavior::Burst);
                while !stop.load(Ordering::Relaxed) {
                    pace.tick().await;
                    conn.query_drop("BEGIN").await?;
                    for statement in transaction(&mut random) {
                        conn.query_drop(&statement).await.with_context(|| statement.clone())?;
                        changes.fetch_add(conn.affected_rows(), Ordering::Relaxed);
                    }
                    conn.query_drop("COMMIT").await?;
                }
                conn.disconnect().await?;
                Ok(())
            });
        }
        Self { stop, changes, since: Instant::now(), writers }
    }

    /// Ends the writers; changes in all and a second.
    async fn finish(mut self) -> Result<(u64, u64)> {
        let seconds = self.since.elapsed().as_secs_f64();
        self.stop.store(true, Ordering::Relaxed);
        while let Some(writer) = self.writers.join_next().await {
            writer??;
        }
        let changes = self.changes.load(Ordering::Relaxed);
        Ok((changes, (changes as f64 / seconds) as u64))
    }
}

fn values(random: &mut StdRng, rows: i64, row: impl Fn(&mut StdRng) -> String) -> String {
    (0..rows).map(|_| row(random)).collect::<Vec<_>>().join(",")
}

fn keyed(random: &mut StdRng) -> Vec<String> {
    let id = random.random_range(0..3000);
    let rows =
        values(random, ROWS / 2, |r| format!("({}, {}, 'row')", r.random_range(0..3000), r.random::<u16>()));
    vec![
        format!("REPLACE INTO keyed VALUES {rows}"),
        format!("UPDATE keyed SET v = v + 1 WHERE id BETWEEN {id} AND {}", id + ROWS),
        format!("DELETE FROM keyed WHERE id BETWEEN {} AND {}", id + 40, id + 44),
    ]
}

fn composite(random: &mut StdRng) -> Vec<String> {
    let a = random.random_range(0..60);
    let rows = values(random, ROWS / 2, |r| {
        format!("({}, 'k{}', {})", r.random_range(0..60), r.random_range(0..60), r.random::<u16>())
    });
    vec![
        format!("INSERT INTO composite VALUES {rows} ON DUPLICATE KEY UPDATE v = v + 1"),
        format!("UPDATE composite SET v = v + 1 WHERE a = {a} LIMIT {ROWS}"),
        format!("UPDATE IGNORE composite SET b = CONCAT(b, 'x') WHERE a = {a} AND b = 'k7'"),
        format!("DELETE FROM composite WHERE a = {a} AND LENGTH(b) > 6"),
    ]
}

fn keyless(random: &mut StdRng) -> Vec<String> {
    let v = random.random_range(0..200);
    let rows = values(random, ROWS, |r| format!("({}, 'row')", r.random_range(0..200)));
    vec![
        format!("INSERT INTO keyless VALUES {rows}"),
        format!("UPDATE keyless SET v = {} WHERE v = {v} LIMIT 3", (v + 1) % 200),
        format!("DELETE FROM keyless WHERE v = {} LIMIT 20", (v + 2) % 200),
    ]
}

fn several(random: &mut StdRng) -> Vec<String> {
    let (from, to) = (random.random_range(0..500), random.random_range(0..500));
    let rows = values(random, ROWS / 2, |r| format!("({}, 'entry')", r.random_range(0..500)));
    vec![
        format!(
            "INSERT INTO account VALUES ({from}, -1), ({to}, 1) ON DUPLICATE KEY UPDATE total = total + 1"
        ),
        format!("INSERT INTO entry (account, text) VALUES {rows}"),
        format!("UPDATE entry SET text = 'seen' WHERE account = {from} LIMIT 10"),
        format!("DELETE FROM entry WHERE account = {to} LIMIT 10"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_tells_where_a_kill_hit() {
        assert!(committing("batch begin n=1\nbatch committed n=1\nbatch begin n=2\n"));
        assert!(!committing("batch begin n=1\nbatch committed n=1\n"));
        assert!(!committing(""));
    }
}
