//! Child processes that cannot outlive the test run.
//!
//! Each child is owned by value and killed by its own pid on drop. `setpriv --pdeathsig` covers what a drop cannot: a
//! run that dies by SIGKILL takes its children with it, because the kernel kills them.

use std::collections::BTreeSet;
use std::fs::File;
use std::net::TcpListener;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout};

/// How often a condition is looked at. Short against everything that is waited for.
pub const POLL: Duration = Duration::from_millis(20);

/// A running child and the file that its output goes to.
#[derive(Debug)]
pub struct Process {
    child: Child,
    name: String,
    log: PathBuf,
}

impl Process {
    /// Starts a program; standard output and error go to `log`.
    ///
    /// # Errors
    /// The log cannot be written or the program cannot be started.
    pub fn start(name: &str, program: &Path, args: &[String], log: &Path) -> Result<Self> {
        if let Some(folder) = log.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let out = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "--"]).arg(program).args(args);
        command.env("NO_COLOR", "1").stdin(Stdio::null()).stdout(out.try_clone()?).stderr(out);
        // A process group of its own: Ctrl-C reaches the test run, which ends its children in order.
        command.process_group(0).kill_on_drop(true);
        let child = command.spawn().with_context(|| format!("cannot start {}", program.display()))?;
        Ok(Self { child, name: name.to_owned(), log: log.to_owned() })
    }

    /// Its process id; `None` once it has ended and was seen to.
    pub fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// What the child has printed so far.
    pub fn output(&self) -> String {
        std::fs::read(&self.log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }

    /// The last lines of the output, for error messages.
    pub fn tail(&self) -> String {
        let output = self.output();
        let lines: Vec<&str> = output.lines().collect();
        format!(
            "{} ({}):\n{}",
            self.name,
            self.log.display(),
            lines[lines.len().saturating_sub(15)..].join("\n")
        )
    }

    /// The exit status, if the child has ended.
    ///
    /// # Errors
    /// The operating system does not tell.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.child.try_wait()?)
    }

    /// Waits for the end.
    ///
    /// # Errors
    /// It does not end in time; then it is killed.
    pub async fn wait(&mut self, limit: Duration) -> Result<ExitStatus> {
        match timeout(limit, self.child.wait()).await {
            Ok(status) => Ok(status?),
            Err(_) => {
                self.kill().await?;
                bail!("still running after {limit:?}\n{}", self.tail())
            }
        }
    }

    /// Sends SIGTERM.
    ///
    /// # Errors
    /// `kill` cannot be run.
    pub async fn terminate(&mut self) -> Result<()> {
        if let Some(pid) = self.child.id() {
            Command::new("kill").args(["-TERM", &pid.to_string()]).status().await?;
        }
        Ok(())
    }

    /// Sends SIGKILL and waits for the end.
    ///
    /// # Errors
    /// The operating system refuses.
    pub async fn kill(&mut self) -> Result<()> {
        if self.ended()?.is_none() {
            self.child.kill().await?;
        }
        Ok(())
    }

    /// Waits until the output holds `text`.
    ///
    /// # Errors
    /// The child ends first, or the text does not come in time.
    pub async fn says(&mut self, text: &str, limit: Duration) -> Result<()> {
        self.says_times(text, 1, limit).await
    }

    /// Waits until the output holds `text` so many times.
    ///
    /// # Errors
    /// As [`Process::says`].
    pub async fn says_times(&mut self, text: &str, times: usize, limit: Duration) -> Result<()> {
        let deadline = Instant::now() + limit;
        loop {
            let ended = self.ended()?;
            if self.output().matches(text).count() >= times {
                return Ok(());
            }
            if let Some(status) = ended {
                bail!("ended with {status} before it said `{text}`\n{}", self.tail());
            }
            if Instant::now() > deadline {
                bail!("did not say `{text}` within {limit:?}\n{}", self.tail());
            }
            sleep(POLL).await;
        }
    }
}

/// Where servers of the tests listen: below the range that systems take the ports of outgoing connections from. A client
/// that tries to reach a stopped server can therefore never be given that server's own port as its near end.
const LISTENING: Range<u16> = 12_000..32_000;

/// A port that nobody listens on, and that this run has not given away before: a stopped server finds its own again.
///
/// # Errors
/// The machine has none.
pub fn free_port() -> Result<u16> {
    static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    let mut given = GIVEN.lock().unwrap_or_else(PoisonError::into_inner);
    for _ in 0..1000 {
        let port = rand::random_range(LISTENING);
        if !given.contains(&port) && TcpListener::bind(("127.0.0.1", port)).is_ok() {
            given.insert(port);
            return Ok(port);
        }
    }
    bail!("no free port between {} and {}", LISTENING.start, LISTENING.end)
}

/// Tries `attempt` until it succeeds.
///
/// # Errors
/// The last error of `attempt`, when it has not succeeded within `limit`.
pub async fn eventually<T, F>(limit: Duration, mut attempt: impl FnMut() -> F) -> Result<T>
where
    F: Future<Output = Result<T>>,
{
    let deadline = Instant::now() + limit;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        match timeout(left.max(POLL), attempt()).await.unwrap_or_else(|_| Err(anyhow!("no answer"))) {
            Ok(value) => return Ok(value),
            Err(error) if Instant::now() >= deadline => {
                return Err(error.context(format!("not within {limit:?}")));
            }
            Err(_) => sleep(POLL).await,
        }
    }
}
