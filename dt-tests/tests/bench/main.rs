//! The benchmark: `cargo test --release --workspace --test bench -- [sample] [WORKLOAD ..]`.
//!
//! Without names (parted by blanks or commas) all workloads of `src/bench/workload.rs` are played. `SCALE` (0.01) multiplies their rows. The figures go to
//! `target/bench/latest.json`, of the workloads that were played. `sample` is what `make test` plays: all of them with few rows, for
//! the sake of their end, and no figure counts.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use dt_tests::bench::figures::{self, Figures};
use dt_tests::bench::room::Room;
use dt_tests::bench::workload;
use dt_tests::report::Report;
use dt_tests::run;

/// What rows of `sample` are multiplied by.
const SAMPLE: f64 = 0.002;

fn main() -> ExitCode {
    run::main(work())
}

async fn work() -> Result<bool> {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    let mut names: Vec<String> = args.iter().flat_map(|arg| arg.split(',')).map(str::to_owned).collect();
    let sample = names.iter().position(|name| name == "sample").map(|at| names.remove(at)).is_some();
    let is_full = names.is_empty();
    if is_full {
        names = workload::NAMES.map(str::to_owned).to_vec();
    }
    let scale = std::env::var("SCALE").ok().filter(|text| !text.is_empty());
    let scale = match scale {
        Some(text) => text.parse().context("SCALE is a number, such as 0.01")?,
        None if sample => SAMPLE,
        None => 1.0,
    };
    let folder = run::folder()?;
    let mut report = Report::default();
    report.say(&format!("files and logs of this run: {}", folder.display()));
    let room = Room::start(&folder, scale).await?;
    let mut figures = Figures::default();
    report.say(&Figures::headline());
    workload::round_trip(&room, &mut figures, &report).await?;
    for name in &names {
        let played = workload::play(name, &room, &mut figures, &report).await;
        report.tried(name, &played.map(|()| "both sides are equal".to_owned()));
    }
    let file = results(if sample { "sample.json" } else { "latest.json" })?;
    figures.write(&file)?;
    if is_full {
        let complete = figures::is_complete(&file);
        report.tried("every figure is there", &complete.map(|()| String::new()));
    }
    report.say(&format!("figures: {}", file.display()));
    Ok(report.finish())
}

fn results(name: &str) -> Result<PathBuf> {
    let own = std::env::current_exe()?;
    Ok(own.ancestors().nth(3).context("no build folder")?.join("bench").join(name))
}
