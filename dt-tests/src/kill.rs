//! SIGKILL at seeded random times, under load.
//!
//! The writers of [`crate::load`] change every shape of table while the task is killed and started
//! again. They begin when the task has stored where it begins: what was written before is not the task's. Half of the kills wait for `batch begin`
//! in the task's log, so that some hit between `BEGIN` and the answer of `COMMIT`; which ones did is read from the log afterwards.
//! The others wait for a commit, so that the task moves on between kills. Then the writers stop, the task catches up, and both
//! sides have to be equal.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tokio::time::{Instant, sleep};

use crate::load::{Load, Pace};
use crate::run::number;
use crate::steps::Play;

/// What the writers do.
const PACE: Pace = Pace { transactions: 12, rows: 30 };
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
    let seed = number("SEED").unwrap_or_else(rand::random);
    let mut random = StdRng::seed_from_u64(seed.into());
    play.start("task_config.ini")?;
    play.tasks.follow().await?;
    says(play, COMMITTED, 1).await?;
    let load = Load::start(&play.source, play.vars.get("db"), seed.into(), PACE);
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
