//! Plays the cases below this folder: `cargo test -p dt-tests --test mysql_to_databend -- [NAME ..] [--server NAME]`.
//!
//! NAME is a part of a case's name (`cdc/keyless`, `struct/`). Servers are started once; two cases run at a time.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail};
use dt_tests::case::Case;
use dt_tests::report::Report;
use dt_tests::servers::{Family, Servers};
use dt_tests::{run, steps};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Duration, Instant, timeout};

/// Cases that run at the same time, unless `JOBS` says otherwise.
const JOBS: usize = 2;
/// Time for one case.
const LIMIT: Duration = Duration::from_secs(600);

/// What the command line asks for.
#[derive(Default)]
struct Wanted {
    names: Vec<String>,
    family: Option<Family>,
}

fn main() -> ExitCode {
    run::main(play())
}

async fn play() -> Result<bool> {
    let wanted = Wanted::read()?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mysql_to_databend");
    let cases: Vec<Case> = Case::all(&root)?.into_iter().filter(|case| wanted.takes(case)).collect();
    if cases.is_empty() {
        bail!("no case of that name");
    }
    let families: Vec<Family> = Family::ALL
        .into_iter()
        .filter(|family| wanted.family.is_none_or(|wanted| wanted == *family))
        .collect();
    let folder = run::folder()?;
    let servers = Servers::start(&folder, &families).await?;
    let mut report = Report::default();
    report.say(&format!("files and logs of this run: {}", folder.display()));
    play_all(cases, &families, servers, &folder, &mut report).await?;
    Ok(report.finish())
}

async fn play_all(
    cases: Vec<Case>,
    families: &[Family],
    servers: Servers,
    folder: &Path,
    report: &mut Report,
) -> Result<()> {
    let jobs = run::number("JOBS").map_or(JOBS, |jobs| jobs as usize);
    let places = Arc::new(Semaphore::new(jobs));
    let mut running = JoinSet::new();
    for case in cases {
        for &family in families {
            if let Some(why) = case.skip(family) {
                report.not_applicable(&case.name, family, why);
            } else if let Some(source) = servers.source(family).cloned() {
                let (case, target) = (case.clone(), servers.target.target.clone());
                let (places, folder) = (Arc::clone(&places), folder.to_owned());
                running.spawn(async move {
                    let _place = places.acquire_owned().await;
                    let start = Instant::now();
                    let played = steps::play(&case, family, &source, &target, &folder);
                    let result = timeout(LIMIT, Box::pin(played)).await;
                    let result = result.unwrap_or_else(|_| Err(anyhow!("not finished within {LIMIT:?}")));
                    (case.name, family, result, start.elapsed())
                });
            } else {
                report.skipped(&case.name, family, "MYSQL_URL names a server of another family");
            }
        }
    }
    while let Some(played) = running.join_next().await {
        let (name, family, result, took) = played.context("a case panicked")?;
        report.played(&name, family, &result, took);
    }
    Ok(())
}

impl Wanted {
    fn read() -> Result<Self> {
        let mut wanted = Self::default();
        let mut args = std::env::args().skip(1);
        while let Some(arg) = args.next() {
            if arg == "--server" {
                let name = args.next().context("--server mariadb|mysql")?;
                wanted.family = Some(Family::named(&name).context("--server mariadb|mysql")?);
            } else if !arg.starts_with('-') {
                wanted.names.push(arg);
            }
        }
        Ok(wanted)
    }

    fn takes(&self, case: &Case) -> bool {
        self.names.is_empty() || self.names.iter().any(|name| case.name.contains(name.as_str()))
    }
}
