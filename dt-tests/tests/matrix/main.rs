//! Every type by every way: `cargo test --workspace --test matrix -- [sample] [--server NAME]`. `SEED` repeats the random tables.

use std::process::ExitCode;

use anyhow::{Context, Result};
use dt_tests::report::Report;
use dt_tests::servers::{Family, Servers};
use dt_tests::{matrix, run};

/// Of a sample, how many types are passed over for one that is played.
const SAMPLE: usize = 8;

fn main() -> ExitCode {
    run::main(play())
}

async fn play() -> Result<bool> {
    let (mut step, mut families) = (1, Family::ALL.to_vec());
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "sample" => step = SAMPLE,
            "--server" => {
                let name = args.next().context("--server mariadb|mysql")?;
                families = vec![Family::named(&name).context("--server mariadb|mysql")?];
            }
            _ => {}
        }
    }
    let seed = run::number("SEED").unwrap_or_else(rand::random);
    let folder = run::folder()?;
    let servers = Servers::start(&folder, &families).await?;
    let mut report = Report::default();
    report.say(&format!("SEED={seed}; files and logs of this run: {}", folder.display()));
    for &family in &families {
        let Some(source) = servers.source(family) else {
            report.skipped("matrix", family, "MYSQL_URL names a server of another family");
            continue;
        };
        let kinds = matrix::kinds(family, step, seed.into());
        matrix::play(source, &servers.target.target, &folder, &kinds, &mut report).await?;
    }
    Ok(report.finish())
}
