//! One shell that is typed into, command by command.

use std::path::Path;
use std::process::{self, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use crate::task;

/// Ends what a command prints; followed by its exit code.
const END: &str = "@@ the command ended with";
/// Time for one command.
const LIMIT: Duration = Duration::from_secs(300);

/// A running shell. What it has started in the background ends with it.
#[derive(Debug)]
pub(super) struct Shell {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

/// What a command printed, standard error included.
#[derive(Debug)]
pub(super) struct Printed {
    pub(super) lines: Vec<String>,
    pub(super) code: i32,
}

impl Shell {
    /// Starts a shell in `folder`.
    pub(super) async fn start(folder: &Path) -> Result<Self> {
        let mut path = task::binary()?.parent().map(Path::to_owned).unwrap_or_default().into_os_string();
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap_or_default());
        let mut child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "--", "bash", "--norc"])
            .current_dir(folder)
            .env("NO_COLOR", "1")
            .env("PATH", path)
            // A reader's shell is not a recipe of make: the `make` typed in it says nothing of folders.
            .env_remove("MAKEFLAGS")
            .env_remove("MAKELEVEL")
            .env_remove("MFLAGS")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .context("cannot start bash")?;
        let input = child.stdin.take().context("no input")?;
        let output = BufReader::new(child.stdout.take().context("no output")?);
        let mut shell = Self { child, input, output };
        shell.input.write_all(b"exec 2>&1\n").await?;
        Ok(shell)
    }

    /// Types a command and waits for its end. `$?` is the command's own for the next one.
    pub(super) async fn run(&mut self, command: &str) -> Result<Printed> {
        let typed = format!("{command}\n__code=$?; printf '\\n{END} %d\\n' $__code; (exit $__code)\n");
        self.input.write_all(typed.as_bytes()).await?;
        timeout(LIMIT, self.read())
            .await
            .map_err(|_| anyhow!("`{command}` has not ended within {LIMIT:?}"))?
    }

    async fn read(&mut self) -> Result<Printed> {
        let mut lines = Vec::new();
        let mut line = Vec::new();
        loop {
            line.clear();
            if self.output.read_until(b'\n', &mut line).await? == 0 {
                bail!("the shell has ended; it printed: {}", lines.join("\n"));
            }
            let text = String::from_utf8_lossy(&line).trim_end().to_owned();
            if let Some(code) = text.strip_prefix(END) {
                // The line break before the mark is not the command's, unless it printed half a line.
                if lines.last().is_some_and(String::is_empty) {
                    lines.pop();
                }
                return Ok(Printed { lines, code: code.trim().parse()? });
            }
            lines.push(text);
        }
    }
}

impl Drop for Shell {
    /// A page that fails in its middle leaves what it has started: all of it is in the shell's own process group.
    fn drop(&mut self) {
        if let Some(pid) = self.child.id() {
            let _ = process::Command::new("kill").args(["-KILL", "--", &format!("-{pid}")]).status();
        }
    }
}

/// Runs one command in a shell of its own.
///
/// # Errors
/// It fails; with what it printed.
pub async fn run_once(folder: &Path, command: &str) -> Result<()> {
    let printed = Shell::start(folder).await?.run(command).await?;
    if printed.code != 0 {
        bail!("`{command}` ended with exit code {}:\n{}", printed.code, printed.lines.join("\n"));
    }
    Ok(())
}
