//! Follows a page line by line, as its reader does.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::time::{Instant, sleep};

use super::page::{Block, Page};
use super::shell::{Printed, Shell};
use super::transcript::{Exchange, fits, read};
use crate::source::Source;
use crate::target::Target;

/// How long a command of a `console again` block may need to print what the page says.
const AGAIN: Duration = Duration::from_secs(60);
/// Pause before it is typed again.
const PAUSE: Duration = Duration::from_millis(300);

/// What a reader has to put in too.
#[derive(Debug, Default)]
pub struct Own<'a> {
    /// What the page calls something (the address of a server, say), and what it is called in this run.
    pub names: Vec<(String, String)>,
    /// Servers of the reader's own, for the pages that need them.
    pub servers: Option<(&'a Source, &'a Target)>,
}

/// Types every command of the page into a shell in `folder` and compares what is printed. Answers the number of commands.
///
/// # Errors
/// The first command that fails or prints something else, with its line.
pub async fn walk(page: &Page, folder: &Path, own: &Own<'_>) -> Result<usize> {
    let mut shell = Shell::start(folder).await?;
    let mut commands = 0;
    for block in &page.blocks {
        let place = format!("{}:{}", page.name, block.line);
        match (block.language.as_str(), block.argument.as_str()) {
            ("console", again @ ("" | "again")) => {
                let exchanges = read(&block.text, block.line)
                    .with_context(|| format!("{place}: a `console` block begins with `$ `"))?;
                for (number, exchange) in exchanges.iter().enumerate() {
                    let place = format!("{}:{}", page.name, exchange.line);
                    let asked = exchanges.get(number + 1).is_some_and(|next| next.command == "echo $?");
                    let printed =
                        converse(&mut shell, exchange, own, again == "again").await.context(place.clone())?;
                    if printed.code != 0 && !asked {
                        bail!("{place}: `{}` ended with exit code {}", exchange.command, printed.code);
                    }
                    commands += 1;
                }
            }
            ("ini", name) if !name.is_empty() => std::fs::write(folder.join(name), own.put_in(&block.text))?,
            ("sql", side) if !side.is_empty() => run_sql(block, side, own).await.context(place)?,
            ("console", other) => bail!("{place}: `console {other}` is not known"),
            _ => {}
        }
    }
    Ok(commands)
}

async fn converse(shell: &mut Shell, exchange: &Exchange, own: &Own<'_>, again: bool) -> Result<Printed> {
    let deadline = Instant::now() + AGAIN;
    loop {
        let mut printed = shell.run(&own.put_in(&exchange.command)).await?;
        for line in &mut printed.lines {
            *line = own.take_out(line);
        }
        if fits(&exchange.printed, &printed.lines) {
            return Ok(printed);
        }
        if !again || Instant::now() > deadline {
            bail!(
                "`{}` printed\n{}\nand the page says\n{}",
                exchange.command,
                printed.lines.join("\n"),
                exchange.printed.join("\n")
            );
        }
        sleep(PAUSE).await;
    }
}

async fn run_sql(block: &Block, side: &str, own: &Own<'_>) -> Result<()> {
    let (source, target) =
        own.servers.context("this page is followed without servers of the reader's own")?;
    let text = own.put_in(&block.text);
    match side {
        "source" => source.run(&text).await,
        "target" => target.run(&text).await,
        other => bail!("`sql {other}`: source or target"),
    }
}

impl Own<'_> {
    fn put_in(&self, text: &str) -> String {
        self.names.iter().fold(text.to_owned(), |text, (page, here)| text.replace(page, here))
    }

    fn take_out(&self, text: &str) -> String {
        self.names.iter().fold(text.to_owned(), |text, (page, here)| text.replace(here, page))
    }
}
