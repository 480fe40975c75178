//! How each fault is brought about, and what has to come of it.

use std::fmt;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::at_source::{self, SourceFault, away, shown};
use super::lane::Lane;
use super::scene::Scene;
use super::step::{Phase, Step, TO_SOURCE};
use super::table::Case;
use crate::proxy::Network;
use crate::steps::Outcome;

/// Longer than dt waits for an answer here.
const DELAY_MS: u64 = 8000;
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
    /// It runs at the same time as its repetition by the next process.
    RunBeside,
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
    /// Somebody removes the task's files between their upload and their load.
    StageEmptied,
    /// The machine's clock goes back by two hours.
    ClockSetBack,
    /// Another session compacts the tables of the open transaction.
    Compacted,
    /// Databend loses every session while the request is held.
    TargetRestarted,
    /// The network to Databend.
    Target(Network),
    /// Something at the source.
    Source(SourceFault),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Killed(Then::NotRun) => "killed, not run",
            Self::Killed(Then::Run) => "killed, run",
            Self::Killed(Then::RunLate) => "killed, late",
            Self::Killed(Then::RunBeside) => "killed, beside",
            Self::Stopped => "stopped",
            Self::StoppedWithTargetDead => "stopped, target dead",
            Self::Overtaken => "overtaken",
            Self::Answer(action) => action,
            Self::DiskFull => "disk full",
            Self::StageEmptied => "stage emptied",
            Self::ClockSetBack => "clock set back",
            Self::Compacted => "compacted",
            Self::TargetRestarted => "databend restarted",
            Self::Target(network) => return write!(f, "databend network {}", shown(*network)),
            Self::Source(fault) => return fault.fmt(f),
        })
    }
}

/// Plays a case on a lane.
///
/// # Errors
/// The fault did not fire, the task did not do what it has to, or the sides differ.
pub async fn play(case: &Case, lane: &mut Lane, seed: u64) -> Result<Outcome> {
    let mut scene = Scene::under_load(lane, case.step.phase == Phase::Copy, seed).await?;
    if let Some(method) = case.method {
        scene.write_by(method);
    }
    let result = run(case, &mut scene).await;
    let tail = tail(&scene.tasks.output());
    let cleaned = scene.clean().await;
    let (rows, fired) = result.with_context(|| format!("dt's last lines:\n{tail}"))?;
    cleaned?;
    Ok(Outcome { rows, note: format!("{SHAPES}; fired: {fired}") })
}

async fn run(case: &Case, scene: &mut Scene<'_>) -> Result<(usize, String)> {
    let (step, begun) = (&case.step, Instant::now());
    if case.fault == Fault::ClockSetBack {
        scene.take_clock().await?;
    }
    match step.phase {
        Phase::Start | Phase::Copy => {}
        Phase::Batch | Phase::Change(_) => {
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
    let before = begun.elapsed().as_secs_f64();
    let fired = bring_about(case.fault, step, scene).await?;
    let during = begun.elapsed().as_secs_f64() - before;
    let rows = scene.ends_equal().await?;
    let behind = begun.elapsed().as_secs_f64() - before - during;
    if let Phase::Change(changes) = step.phase {
        scene.are_applied(changes).await?;
    }
    let may_leave = matches!(case.fault, Fault::Killed(Then::RunLate | Then::RunBeside) | Fault::Overtaken);
    if may_leave && !scene.staged_files().await?.is_empty() {
        // What the first process has sent may arrive when the second one has swept already: then it is the next one's to remove.
        scene.start()?;
        scene.tasks.follow().await?;
        scene.tasks.stop(0).await?;
    }
    scene.nothing_is_staged().await?;
    Ok((rows, format!("{fired}; {before:.1} s before, {during:.1} with it, {behind:.1} behind")))
}

/// Brings the fault about and waits until the task is on its way again. Answers what shows that it fired.
async fn bring_about(fault: Fault, step: &Step, scene: &mut Scene<'_>) -> Result<String> {
    match fault {
        Fault::Killed(then) => killed(then, step, scene).await,
        Fault::Stopped => stopped(step, scene).await,
        Fault::StoppedWithTargetDead => stopped_with_target_dead(step, scene).await,
        Fault::Overtaken => overtaken(step, scene).await,
        Fault::Answer(action) => answered(json!({ "action": action, "ms": DELAY_MS }), 1, step, scene).await,
        Fault::DiskFull => {
            let full = json!({ "action": "error", "times": 0, "nth": 1, "code": 4000,
                "message": "StorageOther: No space left on device (os error 28)" });
            answered(full, 3, step, scene).await
        }
        Fault::StageEmptied => stage_emptied(step, scene).await,
        Fault::ClockSetBack => clock_set_back(step, scene).await,
        Fault::Compacted => compacted(step, scene).await,
        Fault::TargetRestarted => {
            hold(step, scene).await?;
            scene.control("POST", "/_restart", r#"{"ms": 300}"#).await?;
            scene.tasks.follow().await?;
            Ok("held, restarted".to_owned())
        }
        Fault::Target(network) => {
            hold(step, scene).await?;
            let met = away(&scene.lane.to_target, network, async { Ok(()) }).await?;
            scene.release("run").await?;
            scene.tasks.follow().await?;
            Ok(format!("held, {met} connections"))
        }
        Fault::Source(SourceFault::Network(Network::Silent)) if step.kind == TO_SOURCE => {
            at_source::silent_at(step.sql, scene).await
        }
        Fault::Source(fault) => {
            let held = !step.kind.is_empty();
            if held {
                hold(step, scene).await?;
            }
            at_source::bring_about(fault, held, scene).await
        }
    }
}

async fn stopped(step: &Step, scene: &mut Scene<'_>) -> Result<String> {
    hold(step, scene).await?;
    scene.tasks.terminate().await?;
    scene.tasks.wait_for("stopping").await?;
    scene.release("run").await?;
    scene.tasks.ends(0).await?;
    scene.start()?;
    scene.tasks.follow().await?;
    Ok("held, SIGTERM, exit code 0".to_owned())
}

async fn stopped_with_target_dead(step: &Step, scene: &mut Scene<'_>) -> Result<String> {
    let dead = json!({ "kind": "any", "match": "", "nth": 1, "times": 0, "action": "http_503" });
    scene.plant(step, dead).await?;
    scene.fired(3).await?;
    scene.tasks.terminate().await?;
    scene.tasks.ends(1).await?;
    let fired = scene.fired_so_far().await?;
    scene.control("DELETE", "/_fault", "").await?;
    scene.start()?;
    scene.tasks.follow().await?;
    Ok(format!("{fired} times 503, SIGTERM, exit code 1"))
}

/// The second process owns the task before the first one goes on. Where the first is held in its own takeover it is the first
/// that owns the task in the end; one goes on in either case.
async fn overtaken(step: &Step, scene: &mut Scene<'_>) -> Result<String> {
    hold(step, scene).await?;
    scene.tasks.overtake()?;
    scene.tasks.follow().await?;
    scene.release("run").await?;
    scene.tasks.one_ends(5).await?;
    Ok("held, second process, one exit code 5".to_owned())
}

/// A fault of the local Databend, until it has fired so often.
async fn answered(fault: Value, times: u64, step: &Step, scene: &mut Scene<'_>) -> Result<String> {
    scene.plant(step, fault).await?;
    start(step, scene).await?;
    let fired = scene.fired(times).await?;
    scene.control("DELETE", "/_fault", "").await?;
    scene.tasks.follow().await?;
    Ok(fired.to_string())
}

/// The task cannot load what is gone, and says so; the next start stages it anew.
async fn stage_emptied(step: &Step, scene: &mut Scene<'_>) -> Result<String> {
    hold(step, scene).await?;
    let removed = scene.staged_files().await?.len();
    ensure!(removed > 0, "nothing was staged");
    scene.lane.target().query(&format!("REMOVE {}", scene.stage())).await?;
    scene.release("run").await?;
    scene.tasks.ends(1).await?;
    let why = "nobody else may write into this folder of the stage or remove from it";
    ensure!(scene.tasks.output().contains(why), "dt does not say why");
    scene.start()?;
    scene.tasks.follow().await?;
    Ok(format!("{removed} files removed, exit code 1, started again"))
}

/// The task goes on committing while its clock shows an earlier time than before.
async fn clock_set_back(step: &Step, scene: &mut Scene<'_>) -> Result<String> {
    let held = !step.kind.is_empty();
    if held {
        hold(step, scene).await?;
    }
    let (before, after) = scene.set_clock_back().await?;
    if held {
        scene.release("run").await?;
    }
    scene.tasks.follow().await?;
    for _ in 0..3 {
        scene.says_again("batch committed").await?;
    }
    Ok(format!("the log goes from {before} to {after}"))
}

async fn compacted(step: &Step, scene: &mut Scene<'_>) -> Result<String> {
    hold(step, scene).await?;
    for table in ["keyed", "composite", "account", "entry"] {
        let sql = format!("OPTIMIZE TABLE `{}`.`{table}` COMPACT", scene.id);
        scene.lane.target().query(&sql).await?;
    }
    scene.release("run").await?;
    scene.tasks.wait_for("batch is tried again").await?;
    Ok("held, compacted, conflict".to_owned())
}

/// Starts the task where the step belongs to its start; changes the structure where it belongs to that.
async fn start(step: &Step, scene: &mut Scene<'_>) -> Result<()> {
    match step.phase {
        Phase::Start | Phase::Copy => scene.start(),
        Phase::Change(changes) => scene.change(changes).await,
        Phase::Batch | Phase::Down => Ok(()),
    }
}

/// Brings the task to a step and keeps it there: the request has arrived and has not run.
async fn hold(step: &Step, scene: &mut Scene<'_>) -> Result<()> {
    scene.plant(step, json!({ "action": "pause" })).await?;
    start(step, scene).await?;
    scene.fired(1).await.map(drop)
}

async fn killed(then: Then, step: &Step, scene: &mut Scene<'_>) -> Result<String> {
    let action = if then == Then::Run { "pause_after" } else { "pause" };
    scene.plant(step, json!({ "action": action })).await?;
    start(step, scene).await?;
    let fired = scene.fired(1).await?;
    if then == Then::Run {
        // The request has arrived; it is held when it has run.
        scene.are_held(1).await?;
    }
    scene.tasks.kill().await?;
    match then {
        Then::NotRun => scene.release("drop").await?,
        Then::Run => scene.release("run").await?,
        Then::RunLate => {}
        Then::RunBeside => scene.plant(step, json!({ "action": "pause" })).await?,
    }
    scene.start()?;
    match then {
        Then::NotRun | Then::Run => {}
        Then::RunLate => {
            scene.tasks.wait_for("task taken over").await?;
            scene.release("run").await?;
        }
        Then::RunBeside => {
            scene.are_held(2).await?;
            scene.release("run").await?;
        }
    }
    scene.tasks.follow().await?;
    Ok(format!("held {fired}, SIGKILL"))
}

fn tail(output: &str) -> String {
    let lines: Vec<&str> = output.lines().collect();
    lines[lines.len().saturating_sub(15)..].join("\n")
}
