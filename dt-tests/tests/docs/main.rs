//! Follows the documentation: `cargo test -p dt-tests --test docs -- [PAGE ..]`.
//!
//! Pages with `console` blocks are walked line by line, each on servers of its own; commands in `sh` blocks have to be
//! known, and those that no other test runs are run here. PAGE is a part of a page's name.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use dt_tests::docs::forms::{self, By};
use dt_tests::docs::page::Page;
use dt_tests::docs::{Own, run_once, walk};
use dt_tests::report::Report;
use dt_tests::run;
use dt_tests::servers::{Family, SourceServer, TargetServer};

fn main() -> ExitCode {
    run::main(follow_all())
}

async fn follow_all() -> Result<bool> {
    let mut report = Report::default();
    let wanted: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    let takes = |name: &str| wanted.is_empty() || wanted.iter().any(|part| name.contains(part.as_str()));
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("no repository")?;
    let folder = run::folder()?;
    let pages = Page::all(repository)?;

    let commands = forms::check(&pages);
    let count = commands.as_ref().map(|commands| format!("{} commands", commands.len()));
    report.tried("docs: every command is known", &count.map_err(|e| anyhow::anyhow!("{e:#}")));
    for (command, by) in commands.unwrap_or_default() {
        match by {
            By::Here if takes(&command) => {
                let result = run_once(repository, &command).await.map(|()| String::new());
                report.tried(&format!("docs: {command}"), &result);
            }
            By::Nobody(why) => report.say(&format!("n/a   docs: {command}: {why}")),
            By::Here | By::Other(_) => {}
        }
    }
    for page in pages.iter().filter(|page| page.is_walk() && takes(&page.name)) {
        let result = follow(page, repository, &folder).await.map(|commands| format!("{commands} commands"));
        report.tried(&page.name, &result);
    }
    Ok(report.finish())
}

/// Walks a page that brings its servers with `make up`, or else one whose reader has servers.
async fn follow(page: &Page, repository: &Path, folder: &Path) -> Result<usize> {
    let folder = folder.join(page.name.replace('/', "_"));
    fs::create_dir_all(&folder)?;
    if page.blocks.iter().any(|block| block.language == "console" && block.text.contains("$ make up")) {
        return follow_up(page, repository, &folder).await;
    }
    let source = SourceServer::start(Family::MySql, &folder, &[]).await?;
    let target = TargetServer::start(&folder, &[]).await?;
    let names = vec![
        ("mysql.example:3306".to_owned(), address(&source.source.url)?),
        (
            "dt:secret@databend.example:8000".to_owned(),
            format!("dt:dt_secret@{}", address(&target.target.dsn)?),
        ),
        ("databend.example:8000".to_owned(), address(&target.target.dsn)?),
    ];
    walk(page, &folder, &Own { names, servers: Some((&source.source, &target.target)) }).await
}

/// In the repository, as its reader; but its room is another than that of a `make up` that runs meanwhile.
async fn follow_up(page: &Page, repository: &Path, folder: &Path) -> Result<usize> {
    let room = folder.join("dt-up").display().to_string();
    let names = vec![
        ("make up".to_owned(), format!("make up ROOM={room}")),
        ("make down".to_owned(), format!("make down ROOM={room}")),
        ("target/dt-up".to_owned(), room.clone()),
    ];
    let walked = walk(page, repository, &Own { names, servers: None }).await;
    let ended = run_once(repository, &format!("dt-tests/demo/down.sh {room}")).await;
    let commands = walked?;
    ended?;
    if Path::new(&room).exists() {
        bail!("{}: `make down` has left {room}", page.name);
    }
    Ok(commands)
}

/// `host:port` of a URL.
fn address(url: &str) -> Result<String> {
    let behind = url.rsplit('@').next().context("a URL with a user")?;
    Ok(behind.split(['/', '?']).next().unwrap_or(behind).to_owned())
}
