//! Both networks are silent for a minute: what the table's cases do for seconds, at its real length.

use std::time::Duration;

use anyhow::{Result, ensure};
use tokio::time::sleep;

use super::lane::Lane;
use super::scene::Scene;
use crate::proxy::Network;
use crate::steps::Outcome;

/// Takes both networks away for a time, under load, and compares.
///
/// # Errors
/// The task does not survive it, or the sides differ in the end.
pub async fn run(lane: &mut Lane, length: Duration) -> Result<Outcome> {
    let mut scene = Scene::under_load(lane, false, 1).await?;
    let result = outage(&mut scene, length).await;
    let cleaned = scene.clean().await;
    let outcome = result?;
    cleaned?;
    Ok(outcome)
}

async fn outage(scene: &mut Scene<'_>, length: Duration) -> Result<Outcome> {
    scene.start()?;
    scene.tasks.follow().await?;
    scene.says_again("batch committed").await?;
    let networks = [&scene.lane.to_source, &scene.lane.to_target];
    networks.iter().for_each(|network| network.set(Network::Silent));
    sleep(length).await;
    let met: u64 = networks.iter().map(|network| network.met()).sum();
    networks.iter().for_each(|network| network.set(Network::Up));
    ensure!(met > 1, "only {met} connections met the silence");
    scene.says_again("batch committed").await?;
    let rows = scene.ends_equal().await?;
    Ok(Outcome { rows, note: format!("{met} connections met the silence") })
}
