//! One run of `dt`, with what it cost.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::time::{Instant, sleep, timeout};

use super::room::Room;
use crate::process::{POLL, Process};
use crate::task;

/// Time for one run.
const LIMIT: Duration = Duration::from_secs(900);
/// Clock ticks of `/proc` in a second: what Linux has promised since 2.6.
const TICKS: f64 = 100.0;
const KIB: f64 = 1024.0;

/// What a run of `dt` took, from its start to its end.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cost {
    /// Wall clock.
    pub seconds: f64,
    /// CPU time of `dt`.
    pub cpu: f64,
    /// The most memory that `dt` has had at a time.
    pub peak_rss_mib: f64,
    /// CPU time of the source in the meantime.
    pub source_cpu: f64,
    /// CPU time of Databend in the meantime.
    pub target_cpu: f64,
}

impl Cost {
    /// CPU time of all three.
    pub fn all_cpu(self) -> f64 {
        self.cpu + self.source_cpu + self.target_cpu
    }
}

/// `dt`, while it runs.
#[derive(Debug)]
pub struct Running {
    process: Process,
    since: Instant,
    before: [f64; 3],
    peak_rss_mib: f64,
}

impl Running {
    /// Starts `dt run` with the text of a task file.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn start(room: &Room, name: &str, ini: &str) -> Result<Self> {
        Self::start_command("run", room, name, ini)
    }

    fn start_command(command: &str, room: &Room, name: &str, ini: &str) -> Result<Self> {
        let file: PathBuf = room.folder.join(format!("{name}.ini"));
        std::fs::write(&file, ini)?;
        let args = [command.to_owned(), file.display().to_string()];
        let before = [children_cpu()?, cpu(room.source_pid()?)?, cpu(room.target_pid()?)?];
        let since = Instant::now();
        let process = Process::start("dt", &task::binary()?, &args, &file.with_extension("log"))?;
        Ok(Self { process, since, before, peak_rss_mib: 0.0 })
    }

    /// The process.
    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }

    /// Waits for its end, which has to come with exit code 0.
    ///
    /// # Errors
    /// Another exit code, or no end in time; with the tail of its log.
    pub async fn ends(self, room: &Room) -> Result<Cost> {
        Ok(self.ends_saying(room).await?.0)
    }

    /// The same, with what it has said.
    async fn ends_saying(mut self, room: &Room) -> Result<(Cost, String)> {
        timeout(LIMIT, self.watch()).await.context("not finished in time")??;
        let seconds = self.since.elapsed().as_secs_f64();
        let status = self.process.wait(POLL).await?;
        ensure!(status.success(), "{}", self.process.tail());
        let cost = Cost {
            seconds,
            cpu: children_cpu()? - self.before[0],
            peak_rss_mib: self.peak_rss_mib,
            source_cpu: cpu(room.source_pid()?)? - self.before[1],
            target_cpu: cpu(room.target_pid()?)? - self.before[2],
        };
        Ok((cost, self.process.output()))
    }

    /// Looks at its memory until it ends. The kernel keeps the peak, so that only the last moment can be missed.
    async fn watch(&mut self) -> Result<()> {
        let pid = self.process.pid().context("it has no process")?;
        while self.process.ended()?.is_none() {
            let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
            let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next());
            if let Some(peak) = peak.and_then(|kib| kib.parse::<f64>().ok()) {
                self.peak_rss_mib = self.peak_rss_mib.max(peak / KIB);
            }
            sleep(POLL / 4).await;
        }
        Ok(())
    }
}

/// Runs a task to its end.
///
/// # Errors
/// As [`Running::ends`].
pub async fn run(room: &Room, name: &str, ini: &str) -> Result<Cost> {
    Running::start(room, name, ini)?.ends(room).await
}

/// Runs a command beside `dt run`, and answers what it said.
///
/// # Errors
/// As [`Running::ends`].
pub async fn command(room: &Room, command: &str, name: &str, ini: &str) -> Result<(Cost, String)> {
    Running::start_command(command, room, name, ini)?.ends_saying(room).await
}

/// CPU seconds of all children that have ended and were waited for.
fn children_cpu() -> Result<f64> {
    ticks(Path::new("/proc/self/stat"), 13)
}

/// CPU seconds of a running process.
fn cpu(pid: u32) -> Result<f64> {
    ticks(Path::new(&format!("/proc/{pid}/stat")), 11)
}

/// The sum of a field of `/proc/<pid>/stat` and the next one, counted behind the name, which may hold blanks.
fn ticks(file: &Path, field: usize) -> Result<f64> {
    let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let fields = text.rsplit(')').next().unwrap_or_default().split_whitespace().skip(field).take(2);
    let sum: u64 = fields.filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
    Ok(sum as f64 / TICKS)
}
