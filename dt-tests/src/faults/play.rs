//! How each fault is brought about, and what has to come of it.

use std::fmt;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::json;
use tokio::time::sleep;

use super::lane::{Lane, USER};
use super::scene::Scene;
use super::table::{Case, Phase, Step};
use crate::process::eventually;
use crate::proxy::Network;
use crate::servers::Family;
use crate::source::Source;
use crate::steps::Outcome;

/// Longer than dt waits for an answer here.
const DELAY_MS: u64 = 8000;
/// How long a network is away: longer than dt waits for a sign of life.
const AWAY: Duration = Duration::from_secs(8);
/// Shown for every case: what the load changes.
const SHAPES: &str = "keyed, composite, keyless, several";

/// What becomes of a held request whose process is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// It never runs.
    NotRun,
    /// It has run; its answer is lost.
    Run,
    /// It runs when the next process is on its way already.
    RunLate,
}

/// What happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// SIGKILL while the request is held.
    Killed(Then),
    /// SIGTERM while the request is held.
    Stopped,
    /// SIGTERM while Databend answers nothing any more.
    StoppedWithTargetDead,
    /// A second process takes the task over while the request is held.
    Overtaken,
    /// The local Databend's fault of this name, once.
    Answer(&'static str),
    /// Databend's disk is full for a while.
    DiskFull,
    /// Another session compacts the tables of the open transaction.
    Compacted,
    /// Databend loses every session while the request is held.
    TargetRestarted,
    /// The network to Databend.
    Target(Network),
    /// Something at the source.
    Source(SourceFault),
}

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
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Killed(Then::NotRun) => "killed, not run",
            Self::Killed(Then::Run) => "killed, run",
            Self::Killed(Then::RunLate) => "killed, late",
            Self::Stopped => "stopped",
            Self::StoppedWithTargetDead => "stopped, target dead",
            Self::Overtaken => "overtaken",
            Self::Answer(action) => action,
            Self::DiskFull => "disk full",
            Self::Compacted => "compacted",
            Self::TargetRestarted => "databend restarted",
            Self::Target(network) => return write!(f, "databend network {}", shown(*network)),
            Self::Source(SourceFault::Restarted) => "source restarted",
            Self::Source(SourceFault::Crashed) => "source crashed",
            Self::Source(SourceFault::ConnectionsKilled) => "connections killed",
            Self::Source(SourceFault::Network(network)) => {
                return write!(f, "source network {}", shown(*network));
            }
            Self::Source(SourceFault::Rotated) => "binlog rotated",
            Self::Source(SourceFault::FailedOver) => "failed over",
            Self::Source(SourceFault::Purged) => "binlog purged",
            Self::Source(SourceFault::Reset) => "binlog reset",
        })
    }
}

fn shown(network: Network) -> &'static str {
    match network {
        Network::Up => "up",
        Network::Silent => "silent",
        Network::Cut => "cut",
    }
}

/// Plays a case on a lane.
///
/// # Errors
/// The fault did not fire, the task did not do what it has to, or the sides differ.
pub async fn play(case: &Case, lane: &mut Lane, seed: u64) -> Result<Outcome> {
    let mut scene = Scene::under_load(lane, case.step.phase == Phase::Copy, seed).await?;
    let result = run(case, &mut scene).await;
    let tail = tail(&scene.tasks.output());
    let cleaned = scene.clean().await;
    let (rows, fired) = result.with_context(|| format!("dt's last lines:\n{tail}"))?;
    cleaned?;
    Ok(Outcome { rows, note: format!("{SHAPES}; fired: {fired}") })
}

async fn run(case: &Case, scene: &mut Scene<'_>) -> Result<(usize, String)> {
    let step = &case.step;
    match step.phase {
        Phase::Start | Phase::Copy => {}
        Phase::Batch => {
            scene.start()?;
            scene.tasks.follow().await?;
            scene.says_again("batch committed").await?;
        }
        Phase::Down => {
            scene.start()?;
            scene.tasks.follow().await?;
            scene.says_again("batch committed").await?;
            scene.tasks.stop(0).await?;
            // The load goes on: there is something to miss.
            sleep(Duration::from_secs(1)).await;
        }
    }
    let fired = bring_about(case.fault, step, scene).await?;
    Ok((scene.ends_equal().await?, fired))
}

/// Brings the fault about and waits until the task is on its way again. Answers what shows that it fired.
async fn bring_about(fault: Fault, step: &Step, scene: &mut Scene<'_>) -> Result<String> {
    match fault {
        Fault::Killed(then) => killed(then, step, scene).await,
        Fault::Stopped => {
            hold(step, scene).await?;
            scene.tasks.terminate().await?;
            scene.tasks.wait_for("stopping").await?;
            scene.release("run").await?;
            scene.tasks.ends(0).await?;
            scene.start()?;
            scene.tasks.follow().await?;
            Ok("held, SIGTERM, exit code 0".to_owned())
        }
        Fault::StoppedWithTargetDead => {
            scene
                .plant(
                    step,
                    json!({ "kind": "any", "match": "", "nth": 1, "times": 0, "action": "http_503" }),
                )
                .await?;
            scene.fired(3).await?;
            scene.tasks.terminate().await?;
            scene.tasks.ends(1).await?;
            let fired = scene.fired_so_far().await?;
            scene.control("DELETE", "/_fault", "").await?;
            scene.start()?;
            scene.tasks.follow().await?;
            Ok(format!("{fired} times 503, SIGTERM, exit code 1"))
        }
        Fault::Overtaken => {
            hold(step, scene).await?;
            scene.tasks.overtake()?;
            // A takeover that is held itself has no epoch yet; else the second one owns the task before the first goes on.
            scene.tasks.follow().await?;
            scene.release("run").await?;
            scene.tasks.one_ends(5).await?;
            Ok("held, second process, one exit code 5".to_owned())
        }
        Fault::Answer(action) => {
            scene.plant(step, json!({ "action": action, "ms": DELAY_MS })).await?;
            start(step, scene)?;
            let fired = scene.fired(1).await?;
            scene.tasks.follow().await?;
            Ok(format!("{fired}"))
        }
        Fault::DiskFull => {
            let full = json!({ "action": "error", "times": 0, "nth": 1, "code": 4000,
                "message": "StorageOther: No space left on device (os error 28)" });
            scene.plant(step, full).await?;
            start(step, scene)?;
            let fired = scene.fired(3).await?;
            scene.control("DELETE", "/_fault", "").await?;
            scene.tasks.follow().await?;
            Ok(format!("{fired}"))
        }
        Fault::Compacted => {
            hold(step, scene).await?;
            for table in ["keyed", "composite", "account", "entry"] {
                let sql = format!("OPTIMIZE TABLE `{}`.`{table}` COMPACT", scene.id);
                scene.lane.target().query(&sql).await?;
            }
            scene.release("run").await?;
            scene.tasks.wait_for("batch is tried again").await?;
            Ok("held, compacted, conflict".to_owned())
        }
        Fault::TargetRestarted => {
            hold(step, scene).await?;
            scene.control("POST", "/_restart", r#"{"ms": 300}"#).await?;
            scene.tasks.follow().await?;
            Ok("held, restarted".to_owned())
        }
        Fault::Target(network) => {
            hold(step, scene).await?;
            let met = cut(&scene.lane.to_target, network).await;
            scene.release("run").await?;
            scene.tasks.follow().await?;
            ensure!(met > 0, "no connection met the network");
            Ok(format!("held, {met} connections"))
        }
        Fault::Source(fault) => {
            let held = !step.kind.is_empty();
            if held {
                hold(step, scene).await?;
            }
            at_source(fault, step, scene).await
        }
    }
}

/// Starts the task where the step belongs to its start.
fn start(step: &Step, scene: &mut Scene<'_>) -> Result<()> {
    match step.phase {
        Phase::Start | Phase::Copy => scene.start(),
        Phase::Batch | Phase::Down => Ok(()),
    }
}

/// Brings the task to a step and keeps it there: the request has arrived and has not run.
async fn hold(step: &Step, scene: &mut Scene<'_>) -> Result<()> {
    scene.plant(step, json!({ "action": "pause" })).await?;
    start(step, scene)?;
    scene.fired(1).await.map(drop)
}

async fn killed(then: Then, step: &Step, scene: &mut Scene<'_>) -> Result<String> {
    let action = if then == Then::Run { "pause_after" } else { "pause" };
    scene.plant(step, json!({ "action": action })).await?;
    start(step, scene)?;
    let fired = scene.fired(1).await?;
    if then == Then::Run {
        // The request has arrived; it is held when it has run.
        scene.is_held().await?;
    }
    scene.tasks.kill().await?;
    match then {
        Then::NotRun => scene.release("drop").await?,
        Then::Run => scene.release("run").await?,
        Then::RunLate => {}
    }
    scene.start()?;
    if then == Then::RunLate {
        scene.tasks.wait_for("task taken over").await?;
        scene.release("run").await?;
    }
    scene.tasks.follow().await?;
    Ok(format!("held {fired}, SIGKILL"))
}

/// Takes the network away for a while; how many connections met that.
async fn cut(proxy: &crate::proxy::Proxy, network: Network) -> u64 {
    let before = proxy.met();
    proxy.set(network);
    sleep(AWAY).await;
    proxy.set(Network::Up);
    proxy.met() - before
}

async fn at_source(fault: SourceFault, step: &Step, scene: &mut Scene<'_>) -> Result<String> {
    let held = !step.kind.is_empty();
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
            let met = cut(&scene.lane.to_source, network).await;
            ensure!(met > 0, "no connection met the network");
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
    }
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

/// The task has noticed that the source was away. Keyless tables of an unfinished copy need another view, so another start.
async fn missed(scene: &mut Scene<'_>, held: bool, before: &str) -> Result<String> {
    if held {
        scene.release("run").await?;
    }
    const SIGNS: [&str; 3] =
        ["source lost", "reading failed", "the read view of the keyless tables was lost"];
    let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
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
        ensure!(tokio::time::Instant::now() < deadline, "dt did not notice");
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

fn tail(output: &str) -> String {
    let lines: Vec<&str> = output.lines().collect();
    lines[lines.len().saturating_sub(15)..].join("\n")
}
