//! Changes of structure: `cargo test --workspace --test ddl -- [sample] [NAME ..] [--server NAME]`. `SEED` repeats the random ones.

use std::path::Path;
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result, ensure};
use dt_tests::ddl::corpus::Case;
use dt_tests::ddl::follower::Follower;
use dt_tests::ddl::{play, random};
use dt_tests::report::Report;
use dt_tests::run;
use dt_tests::servers::{Family, Servers};
use tokio::time::{Duration, Instant};

/// Of a sample, how many cases are passed over for one that is played.
const SAMPLE: usize = 8;

fn main() -> ExitCode {
    run::main(work())
}

async fn work() -> Result<bool> {
    let wanted = Wanted::read()?;
    let folder = run::folder()?;
    let servers = Servers::start(&folder, &wanted.families).await?;
    let report = Mutex::new(Report::default());
    say(&report, &format!("SEED={}; files and logs of this run: {}", wanted.seed, folder.display()));
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ddl/corpus");
    let mut cases = Case::all(&corpus)?;
    cases.retain(|case| {
        wanted.names.is_empty() || wanted.names.iter().any(|name| case.name.contains(name.as_str()))
    });
    let cases: Vec<Case> = cases.into_iter().step_by(wanted.step).collect();
    let families =
        wanted.families.iter().map(|family| family_of(*family, &wanted, &servers, &folder, &cases, &report));
    futures::future::try_join_all(families).await?;
    Ok(report.into_inner().unwrap_or_else(PoisonError::into_inner).finish())
}

async fn family_of(
    family: Family,
    wanted: &Wanted,
    servers: &Servers,
    folder: &Path,
    cases: &[Case],
    report: &Mutex<Report>,
) -> Result<()> {
    let Some(source) = servers.source(family) else {
        say(report, &format!("MYSQL_URL names another server than {family}"));
        return Ok(());
    };
    let target = &servers.target.target;
    if !cases.is_empty() {
        let mut follower =
            Follower::new(source, target, &format!("dt_test_ddl_live_{family}"), folder).await?;
        let live = play::live(&mut follower, cases, report).await;
        unless_whole(report, &mut follower, "live", live).await?;
        let mut follower =
            Follower::new(source, target, &format!("dt_test_ddl_stopped_{family}"), folder).await?;
        let stopped = play::stopped(&mut follower, cases, report).await;
        unless_whole(report, &mut follower, "stopped", stopped).await?;
    }
    if wanted.random {
        let mut follower =
            Follower::new(source, target, &format!("dt_test_ddl_random_{family}"), folder).await?;
        let (seed, start) = (wanted.seed, Instant::now());
        let result = random::play(&mut follower, seed, random::STEPS / wanted.step.min(3)).await;
        play::tell(report, &follower, &format!("random: SEED={seed}"), &result, start.elapsed());
        follower.clean().await?;
    }
    Ok(())
}

/// Cleans up; what concerned no case is a failure of its own.
async fn unless_whole(
    report: &Mutex<Report>,
    follower: &mut Follower,
    mode: &str,
    result: Result<()>,
) -> Result<()> {
    if let Err(error) = result {
        play::tell(report, follower, &format!("{mode}: the task"), &Err(error), Duration::ZERO);
    }
    follower.clean().await
}

fn say(report: &Mutex<Report>, line: &str) {
    report.lock().unwrap_or_else(PoisonError::into_inner).say(line);
}

/// What the command line asks for.
struct Wanted {
    step: usize,
    names: Vec<String>,
    families: Vec<Family>,
    random: bool,
    seed: u64,
}

impl Wanted {
    fn read() -> Result<Self> {
        let seed = run::number("SEED").unwrap_or_else(rand::random).into();
        let (names, families) = (Vec::new(), Family::ALL.to_vec());
        let mut wanted = Self { step: 1, names, families, random: true, seed };
        let mut args = std::env::args().skip(1);
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "sample" => wanted.step = SAMPLE,
                "--server" => {
                    let name = args.next().context("--server mariadb|mysql")?;
                    wanted.families = vec![Family::named(&name).context("--server mariadb|mysql")?];
                }
                _ => wanted.names.push(arg),
            }
        }
        ensure!(wanted.names.iter().all(|name| !name.starts_with('-')), "no such option");
        wanted.random = wanted.names.is_empty() || wanted.names.iter().any(|name| name == "random");
        Ok(wanted)
    }
}
