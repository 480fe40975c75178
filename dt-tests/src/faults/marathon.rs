//! A `snapshot_and_cdc` task under constant load, killed every few seconds from its first second on.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tokio::time::{Instant, sleep};

use super::lane::Lane;
use super::scene::Scene;
use crate::run::number;
use crate::steps::Outcome;

/// Kills that come as early as it happens.
const EARLY: u32 = 8;

/// Runs for a time and compares.
///
/// # Errors
/// A start that fails, too few kills, or sides that differ in the end.
pub async fn run(lane: &mut Lane, length: Duration) -> Result<Outcome> {
    let seed = number("SEED").unwrap_or_else(rand::random);
    let mut scene = Scene::under_load(lane, true, seed.into()).await?;
    let result = kills(&mut scene, length, seed).await;
    let cleaned = scene.clean().await;
    let outcome = result.with_context(|| format!("SEED={seed}"))?;
    cleaned?;
    Ok(outcome)
}

async fn kills(scene: &mut Scene<'_>, length: Duration, seed: u32) -> Result<Outcome> {
    let mut random = StdRng::seed_from_u64(seed.into());
    let (mut kills, mut starting, mut copying, mut following) = (0_u32, 0, 0, 0);
    let end = Instant::now() + length;
    while Instant::now() < end {
        scene.start()?;
        // The first ones come early, so that struct, hand-over and copy are met; of the later ones every other lets the task
        // follow changes, however slow the machine is.
        let longest = if kills < EARLY { 1500 } else { 3000 };
        if kills >= EARLY && kills.is_multiple_of(2) {
            scene.tasks.follow().await?;
            scene.says_again("batch committed").await?;
        }
        sleep(Duration::from_millis(random.random_range(200..longest))).await;
        scene.tasks.still_runs()?;
        scene.tasks.kill().await?;
        kills += 1;
        let output = scene.tasks.output();
        if !output.contains("task starting") {
            starting += 1;
        } else if !output.contains("following the binlog") {
            copying += 1;
        } else {
            following += 1;
        }
    }
    // A kill every few seconds; on a slow machine a start takes longer than that.
    ensure!(u64::from(kills) >= length.as_secs() / 8, "only {kills} kills");
    ensure!(starting > 0 && following > 0, "{starting} kills in the start, {following} behind the copy");
    scene.start()?;
    scene.tasks.follow().await?;
    let rows = scene.ends_equal().await?;
    let note = format!(
        "{kills} kills: {starting} in the start, {copying} in the copy, {following} while following (SEED={seed})"
    );
    Ok(Outcome { rows, note })
}
