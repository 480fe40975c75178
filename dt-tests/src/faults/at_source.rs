//! Faults of the source: how each is brought about, and what has to come of it.

use std::fmt;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::time::{Instant, sleep};

use super::lane::USER;
use super::scene::Scene;
use crate::process::eventually;
use crate::proxy::{Network, Proxy};
use crate::servers::Family;
use crate::source::Source;

/// How long a network is away: longer than dt waits for a sign of life.
const AWAY: Duration = Duration::from_secs(8);
/// What happens at the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceFault {
    /// It stops and starts again.
    Restarted,
    /// It dies and starts again.
    Crashed,
    /// It ends dt's connections.
    ConnectionsKilled,
    /// The network between dt and it.
    Network(Network),
    /// It begins new binlog files.
    Rotated,
    /// Another server takes its place.
    FailedOver,
    /// It drops binlogs that dt has not read.
    Purged,
    /// It forgets its binlogs and its GTIDs.
    Reset,
    /// It has written to its binlog that events are missing there.
    LostEvents,
}

impl fmt::Display for SourceFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Restarted => "source restarted",
            Self::Crashed => "source crashed",
            Self::ConnectionsKilled => "connections killed",
            Self::Network(network) => return write!(f, "source network {}", shown(*network)),
            Self::Rotated => "binlog rotated",
            Self::FailedOver => "failed over",
            Self::Purged => "binlog purged",
            Self::Reset => "binlog reset",
            Self::LostEvents => "events lost",
        })
    }
}

/// A network's state in a case's name.
pub(super) fn shown(network: Network) -> &'static str {
    match network {
        Network::Up => "up",
        Network::Silent => "silent",
        Network::Cut => "cut",
    }
}

/// Takes the network away for a while, in which something may be done; how many connections met that.
///
/// # Errors
/// None did.
pub(super) async fn away(
    proxy: &Proxy,
    network: Network,
    meanwhile: impl Future<Output = Result<()>>,
) -> Result<u64> {
    let before = proxy.met();
    proxy.set(network);
    meanwhile.await?;
    sleep(AWAY).await;
    proxy.set(Network::Up);
    let met = proxy.met() - before;
    ensure!(met > 0, "no connection met the network");
    Ok(met)
}

/// Brings a fault about, `held` telling whether the task is held at a request, and waits until the task is on its way again.
pub(super) async fn bring_about(fault: SourceFault, held: bool, scene: &mut Scene<'_>) -> Result<String> {
    match fault {
        SourceFault::Restarted | SourceFault::Crashed => {
            scene.lane.source.stop(fault == SourceFault::Crashed).await?;
            scene.lane.source.start_again().await?;
            missed(scene, held, "").await
        }
        SourceFault::ConnectionsKilled => {
            let sql = format!("SELECT id FROM information_schema.processlist WHERE user = '{USER}'");
            let ids = scene.lane.source().query(&sql).await?;
            for id in ids.iter().flatten().flatten() {
                // One that has ended by itself meanwhile needs no kill.
                let _ = scene.lane.source().query(&format!("KILL {id}")).await;
            }
            ensure!(!ids.is_empty(), "dt had no connection");
            missed(scene, held, &format!("{} connections, ", ids.len())).await
        }
        SourceFault::Network(network) => {
            // A reader that waits for room in the queue hears no silence: the target has to go on.
            let meanwhile = async { if held { scene.release("run").await } else { Ok(()) } };
            let met = away(&scene.lane.to_source, network, meanwhile).await?;
            missed(scene, held, &format!("{met} connections, ")).await
        }
        SourceFault::Rotated => {
            let (before, ..) = scene.lane.source().position().await?;
            for _ in 0..3 {
                scene.lane.source().run("FLUSH BINARY LOGS").await?;
                sleep(Duration::from_millis(300)).await;
            }
            let (after, ..) = scene.lane.source().position().await?;
            on_again(scene, held).await?;
            Ok(format!("{before} to {after}"))
        }
        SourceFault::FailedOver => {
            scene.lane.fail_over().await?;
            on_again(scene, held).await?;
            let port = scene.lane.source.port()?;
            Ok(format!("another server, port {port}"))
        }
        SourceFault::Purged => {
            purge(scene.lane.source()).await?;
            refused(scene, &["no longer", "purged"]).await
        }
        SourceFault::Reset => {
            let statement = match scene.lane.source().family {
                Family::MariaDb => "RESET MASTER",
                Family::MySql => "RESET BINARY LOGS AND GTIDS",
            };
            scene.lane.source().run(statement).await?;
            refused(scene, &["reset", "ahead of this server", "no longer"]).await
        }
        SourceFault::LostEvents => {
            scene.lane.source.lose_events().await?;
            refused(scene, &["lost events"]).await
        }
    }
}

/// The network falls silent at a statement of the task's start, which ends and says so.
pub(super) async fn silent_at(statement: &'static str, scene: &mut Scene<'_>) -> Result<String> {
    let before = scene.lane.to_source.met();
    scene.speak_plainly();
    scene.lane.to_source.silence_at(statement);
    scene.start()?;
    scene.tasks.ends(1).await?;
    let met = scene.lane.to_source.met() - before;
    scene.lane.to_source.set(Network::Up);
    ensure!(met > 0, "dt asked for no {statement}");
    let sign = "the source was silent for 3 s";
    ensure!(scene.tasks.output().contains(sign), "dt does not say that {sign}");
    scene.start()?;
    scene.tasks.follow().await?;
    Ok(format!("{met} connections, `{sign}`, exit code 1"))
}

/// Drops every binlog but the present one. MariaDB keeps a file, without a word, until its engine has flushed what is in it.
async fn purge(source: &Source) -> Result<()> {
    source.run("FLUSH BINARY LOGS").await?;
    let (file, ..) = source.position().await?;
    let purged = eventually(Duration::from_secs(20), async || {
        source.run(&format!("FLUSH BINARY LOGS; PURGE BINARY LOGS TO '{file}'")).await?;
        let first = source.text("SHOW BINARY LOGS").await?;
        ensure!(first == file, "{first} is still there");
        Ok(())
    });
    purged.await
}

/// Starts the task if it was stopped, lets it go on if it was held, and waits until it follows.
async fn on_again(scene: &mut Scene<'_>, held: bool) -> Result<()> {
    if held {
        scene.release("run").await?;
    }
    if !scene.tasks.runs() {
        scene.start()?;
    }
    scene.tasks.follow().await
}

/// What the task says when the source was away; the last ends it.
const SIGNS: [&str; 3] = ["source lost", "reading failed", "the read view of the keyless tables was lost"];

/// The task has noticed that the source was away. Keyless tables of an unfinished copy need another view, so another start.
async fn missed(scene: &mut Scene<'_>, held: bool, before: &str) -> Result<String> {
    if held {
        scene.release("run").await?;
    }
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let output = scene.tasks.output();
        if let Some(sign) = SIGNS.iter().find(|sign| output.contains(**sign)) {
            if *sign == SIGNS[2] {
                scene.tasks.ends(1).await?;
                scene.start()?;
            }
            scene.tasks.follow().await?;
            return Ok(format!("{before}`{sign}`"));
        }
        scene.tasks.still_runs()?;
        ensure!(Instant::now() < deadline, "dt did not notice");
        sleep(Duration::from_millis(50)).await;
    }
}

/// The task cannot go on and says so; begun anew, it ends equal.
async fn refused(scene: &mut Scene<'_>, words: &[&str]) -> Result<String> {
    if !scene.tasks.runs() {
        scene.start()?;
    }
    scene.tasks.ends(1).await?;
    let output = scene.tasks.output();
    let last = output.lines().rfind(|line| line.contains("ERROR")).unwrap_or_default();
    let word = words.iter().find(|word| last.contains(**word));
    let word = word.with_context(|| format!("dt does not say why: {last}"))?;
    scene.begin_anew().await?;
    scene.tasks.follow().await?;
    Ok(format!("exit code 1, `{word}`, begun anew"))
}
