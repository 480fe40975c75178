//! The faults: `cargo test -p dt-tests --test faults -- [MODE] [NAME ..] [--server NAME]`.
//!
//! | mode | what |
//! |---|---|
//! | (none) | every case of the table and the long tests but the soak; with `NAME`, a part of a case's name, those cases |
//! | `sample` | what `make test` plays: some cases, and two of the long tests shortened |
//! | `marathon [SECONDS]`, `invariant [SECONDS]`, `outage [SECONDS]`, `soak [SECONDS]` | one long test |

use std::collections::VecDeque;
use std::path::Path;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, anyhow, bail};
use dt_tests::faults::lane::Lane;
use dt_tests::faults::table::Case;
use dt_tests::faults::{invariant, marathon, outage, play, soak};
use dt_tests::report::Report;
use dt_tests::run;
use dt_tests::servers::Family;
use dt_tests::steps::Outcome;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Duration, Instant, timeout};

/// Cases that run at the same time, each on servers of its own, unless `JOBS` says otherwise.
const JOBS: usize = 2;
/// The long tests and their usual seconds.
const LONG: [(&str, u64); 4] = [("invariant", 300), ("marathon", 120), ("outage", 60), ("soak", 1200)];
/// How long those last that `make test` plays.
const SAMPLE: [(&str, u64); 2] = [("invariant", 30), ("marathon", 20)];
/// Time for one case.
const LIMIT: Duration = Duration::from_secs(300);

/// A case that was played.
struct Played {
    name: String,
    family: Family,
    result: Result<Outcome>,
    took: Duration,
}

fn main() -> ExitCode {
    run::main(work())
}

async fn work() -> Result<bool> {
    let wanted = Wanted::read()?;
    let folder = run::folder()?;
    let mut report = Report::default();
    report.say(&format!("files and logs of this run: {}", folder.display()));
    match &wanted.mode {
        Mode::All if !wanted.names.is_empty() => {
            table(&wanted, &folder, &mut report, |case| wanted.takes(case)).await?;
        }
        Mode::All => {
            table(&wanted, &folder, &mut report, |_| true).await?;
            for (name, seconds) in LONG.iter().filter(|(name, _)| *name != "soak") {
                long(name, *seconds, &wanted, &folder, &mut report).await?;
            }
        }
        Mode::Sample => {
            table(&wanted, &folder, &mut report, Case::is_sampled).await?;
            for (name, seconds) in SAMPLE {
                long(name, seconds, &wanted, &folder, &mut report).await?;
            }
        }
        Mode::Long(name, seconds) => long(name, *seconds, &wanted, &folder, &mut report).await?,
    }
    Ok(report.finish())
}

/// Plays the cases of the table that are wanted, a family after the other.
async fn table(
    wanted: &Wanted,
    folder: &Path,
    report: &mut Report,
    takes: impl Fn(&Case) -> bool,
) -> Result<()> {
    let mut found = false;
    for family in wanted.families() {
        let cases = Case::all().into_iter().filter(|case| takes(case));
        let cases: VecDeque<Case> =
            cases.filter(|case| family == Family::MariaDb || case.is_for_mysql()).collect();
        found |= !cases.is_empty();
        on_lanes(family, cases, &folder.join(family.to_string()), report).await?;
    }
    if found { Ok(()) } else { bail!("no case of that name") }
}

async fn on_lanes(family: Family, cases: VecDeque<Case>, folder: &Path, report: &mut Report) -> Result<()> {
    let lanes = run::number("JOBS").map_or(JOBS, |jobs| jobs as usize).min(cases.len());
    let cases = Arc::new(Mutex::new(cases));
    let (tell, mut told) = mpsc::unbounded_channel();
    let mut running = JoinSet::new();
    for lane in 0..lanes {
        let (cases, tell, folder) = (Arc::clone(&cases), tell.clone(), folder.join(lane.to_string()));
        running.spawn(async move {
            let mut lane = Lane::start(family, &folder).await?;
            let next = || cases.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
            while let Some(case) = next() {
                let start = Instant::now();
                let played = timeout(LIMIT, Box::pin(play::play(&case, &mut lane, 1))).await;
                let result = played.unwrap_or_else(|_| Err(anyhow!("not finished within {LIMIT:?}")));
                let failed = result.is_err();
                let played = Played { name: case.name(), family, result, took: start.elapsed() };
                tell.send(played).ok().context("nobody listens")?;
                if failed {
                    // Whatever a failed case has left behind must not fail the next one.
                    lane = Lane::start(family, &folder.join(format!("after_{}", start.elapsed().as_nanos())))
                        .await?;
                }
            }
            Ok::<_, anyhow::Error>(())
        });
    }
    drop(tell);
    while let Some(Played { name, family, result, took }) = told.recv().await {
        report.played(&name, family, &result, took);
    }
    while let Some(ended) = running.join_next().await {
        ended.context("a lane panicked")??;
    }
    Ok(())
}

async fn long(name: &str, seconds: u64, wanted: &Wanted, folder: &Path, report: &mut Report) -> Result<()> {
    let length = Duration::from_secs(seconds);
    // One family is enough: what the source does is in the table.
    for family in wanted.families().into_iter().take(1) {
        let start = Instant::now();
        let mut lane = Lane::start(family, &folder.join(name)).await?;
        let result = match name {
            "invariant" => invariant::run(&mut lane, length).await,
            "marathon" => marathon::run(&mut lane, length).await,
            "outage" => outage::run(&mut lane, length).await,
            _ => soak::run(&mut lane, length, report).await,
        };
        report.played(&format!("{name}, {seconds} s"), family, &result, start.elapsed());
    }
    Ok(())
}

/// What the command line asks for.
struct Wanted {
    mode: Mode,
    names: Vec<String>,
    family: Option<Family>,
}

enum Mode {
    All,
    Sample,
    Long(String, u64),
}

impl Wanted {
    fn read() -> Result<Self> {
        let mut wanted = Self { mode: Mode::All, names: Vec::new(), family: None };
        let mut args = std::env::args().skip(1).peekable();
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--server" => {
                    let name = args.next().context("--server mariadb|mysql")?;
                    wanted.family = Some(Family::named(&name).context("--server mariadb|mysql")?);
                }
                "sample" => wanted.mode = Mode::Sample,
                _ if arg.starts_with('-') => {}
                name => match LONG.iter().find(|(long, _)| *long == name) {
                    Some((_, usual)) => {
                        let seconds = args.next_if(|next| next.parse::<u64>().is_ok());
                        let seconds = seconds.and_then(|text| text.parse().ok()).unwrap_or(*usual);
                        wanted.mode = Mode::Long(arg, seconds);
                    }
                    None => wanted.names.push(arg),
                },
            }
        }
        Ok(wanted)
    }

    fn takes(&self, case: &Case) -> bool {
        self.names.is_empty() || self.names.iter().any(|name| case.name().contains(name.as_str()))
    }

    fn families(&self) -> Vec<Family> {
        let mut families = Family::ALL.to_vec();
        families.retain(|family| self.family.is_none_or(|wanted| wanted == *family));
        families
    }
}
