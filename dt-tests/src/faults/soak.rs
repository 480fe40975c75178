//! Small commits for a long time: files and snapshots of the task's state, and the time of a commit, minute by minute.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::time::{Instant, sleep_until};

use super::lane::Lane;
use super::scene::Scene;
use crate::report::Report;
use crate::steps::Outcome;

/// An interval of the table that is printed.
const INTERVAL: Duration = Duration::from_secs(60);
/// Snapshots that the state may have: those of the commits between two purges, and as many again for a purge that is late.
const MOST_SNAPSHOTS: u64 = 400;
/// How much longer a commit may take in the last quarter than in the first.
const MOST_GROWTH: f64 = 1.5;

/// What an interval has shown.
#[derive(Debug)]
struct Minute {
    commits: u64,
    commit_ms: f64,
    snapshots: u64,
}

/// Runs for a time and prints a line an interval.
///
/// # Errors
/// State that grows, commits that become slow, or sides that differ in the end.
pub async fn run(lane: &mut Lane, length: Duration, report: &Report) -> Result<Outcome> {
    let mut scene = Scene::under_load(lane, false, 1).await?;
    let result = watch(&mut scene, length, report).await;
    let cleaned = scene.clean().await;
    let outcome = result?;
    cleaned?;
    Ok(outcome)
}

async fn watch(scene: &mut Scene<'_>, length: Duration, report: &Report) -> Result<Outcome> {
    scene.start()?;
    scene.tasks.follow().await?;
    let start = Instant::now();
    let mut minutes: Vec<Minute> = Vec::new();
    let (mut commits, mut total_ms) = (0, 0.0);
    while INTERVAL * (minutes.len() as u32 + 1) <= length {
        sleep_until(start + INTERVAL * (minutes.len() as u32 + 1)).await;
        scene.tasks.still_runs()?;
        let (commits_now, ms_now) = commit_times(&scene.tasks.output());
        let snapshots = snapshots(scene).await?;
        let minute = Minute {
            commits: commits_now - commits,
            commit_ms: (ms_now - total_ms) / ((commits_now - commits).max(1) as f64),
            snapshots,
        };
        (commits, total_ms) = (commits_now, ms_now);
        report.say(&format!(
            "minute {:>3}: {:>4} commits, {:>6.1} ms each, {:>4} snapshots of the checkpoint",
            minutes.len() + 1,
            minute.commits,
            minute.commit_ms,
            minute.snapshots
        ));
        minutes.push(minute);
    }
    let rows = scene.ends_equal().await?;
    let most = minutes.iter().map(|minute| minute.snapshots).max().context("shorter than an interval")?;
    ensure!(most <= MOST_SNAPSHOTS, "{most} snapshots of the checkpoint");
    let quarter = minutes.len().div_ceil(4);
    let mean = |part: &[Minute]| part.iter().map(|minute| minute.commit_ms).sum::<f64>() / part.len() as f64;
    let (first, last) = (mean(&minutes[..quarter]), mean(&minutes[minutes.len() - quarter..]));
    ensure!(last <= first * MOST_GROWTH, "a commit took {first:.1} ms at first and {last:.1} ms at last");
    let note = format!(
        "{commits} commits, {first:.1} ms each at first, {last:.1} ms at last, at most {most} snapshots"
    );
    Ok(Outcome { rows, note })
}

/// Snapshots that the checkpoint table holds.
async fn snapshots(scene: &Scene<'_>) -> Result<u64> {
    let sql = format!("SELECT to_string(count(*)) FROM fuse_snapshot('_dt', 'checkpoint_{}')", scene.id);
    let rows = scene.lane.target().query(&sql).await?;
    Ok(rows.into_iter().flatten().flatten().next().context("no count")?.parse()?)
}

/// Commits in a log, and the milliseconds between `batch begin` and `batch committed` in all.
fn commit_times(log: &str) -> (u64, f64) {
    let (mut begun, mut commits, mut total) = (None, 0, 0.0);
    for line in log.lines() {
        if line.contains("batch begin") {
            begun = seconds(line);
        } else if line.contains("batch committed")
            && let (Some(from), Some(to)) = (begun.take(), seconds(line))
        {
            commits += 1;
            // Midnight passes.
            total += (to - from + 86_400.0) % 86_400.0 * 1000.0;
        }
    }
    (commits, total)
}

/// Seconds of the day of a log line, which begins with `2026-01-02T03:04:05.678901Z`.
fn seconds(line: &str) -> Option<f64> {
    let clock = line.split_once('T')?.1.split_once('Z')?.0;
    clock.split(':').try_fold(0.0, |sum, part| Some(sum * 60.0 + part.parse::<f64>().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commit_times_are_read_from_the_log() {
        let log = "2026-01-02T23:59:59.900000Z DEBUG batch begin batch=1\n\
                   2026-01-03T00:00:00.100000Z DEBUG batch committed batch=1\n\
                   2026-01-03T00:00:01.000000Z DEBUG batch begin batch=2\n";
        let (commits, ms) = commit_times(log);
        assert_eq!(commits, 1);
        assert!((ms - 200.0).abs() < 0.01, "{ms}");
    }
}
