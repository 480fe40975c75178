//! The `dt` binary as a user runs it: a task file in, a log and an exit code out.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use tokio::time::{Instant, sleep};

use crate::process::{POLL, Process};

/// Time for a finite task, and for a clean stop.
pub const FINISH: Duration = Duration::from_secs(120);
/// Time until a task follows the binlog.
const FOLLOW: Duration = Duration::from_secs(90);
/// What dt logs when the binlog stream is open.
const FOLLOWING: &str = "following the binlog";

/// The task files of one case, started one after the other.
#[derive(Debug)]
pub struct Tasks {
    folder: PathBuf,
    started: usize,
    running: Option<Task>,
    /// An older process of the same task, see [`Tasks::overtake`].
    rival: Option<Task>,
    last_output: String,
    last_command: String,
    /// Whether a command was the last to say something.
    command_spoke: bool,
    /// `NAME=value` of the environment.
    variables: Vec<String>,
    /// First arguments of all that was launched.
    launched: BTreeSet<String>,
    /// How long the last task ran that ended by itself.
    lasted: Duration,
}

#[derive(Debug)]
struct Task {
    file: PathBuf,
    since: Instant,
    process: Process,
}

impl Tasks {
    /// Tasks that keep their files and logs in `folder`.
    pub fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            started: 0,
            running: None,
            rival: None,
            last_output: String::new(),
            last_command: String::new(),
            command_spoke: false,
            variables: Vec::new(),
            launched: BTreeSet::new(),
            lasted: Duration::ZERO,
        }
    }

    /// Sets a variable of the environment of what is started from here on.
    pub fn set_variable(&mut self, name: &str, value: &str) {
        self.variables.push(format!("{name}={value}"));
    }

    /// Expects that every command which `dt --help` names was launched.
    ///
    /// # Errors
    /// The ones that were not.
    pub async fn every_command(&mut self) -> Result<()> {
        self.command(&["--help".to_owned()], 0).await?;
        let list = self.last_command.split("Commands:").nth(1).context("dt --help names no commands")?;
        let list = list.split("\n\n").next().unwrap_or_default();
        let names = list.lines().filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
        let missing: Vec<&str> = names
            .filter(|name| !name.is_empty() && *name != "help" && !self.launched.contains(*name))
            .collect();
        if !missing.is_empty() {
            bail!("the case runs no `dt {}`", missing.join("`, no `dt "));
        }
        Ok(())
    }

    /// Expects that the last task which ended by itself ran for so many seconds at least.
    ///
    /// # Errors
    /// It was faster.
    pub fn lasted(&self, seconds: u64) -> Result<()> {
        if self.lasted < Duration::from_secs(seconds) {
            bail!("dt was done after {:?}, not after {seconds} s at least", self.lasted);
        }
        Ok(())
    }

    /// Starts a task from the text of its file.
    ///
    /// # Errors
    /// One is running already, or `dt` cannot be started.
    pub fn start(&mut self, text: &str) -> Result<()> {
        let file = self.folder.join(format!("task_{}.ini", self.started + 1));
        std::fs::write(&file, with_write_method(text, std::env::var("WRITE_METHOD").ok().as_deref()))?;
        self.start_file(file)
    }

    /// Starts a task on a pseudo terminal: what it prints is what a person would see, escape codes and all.
    ///
    /// # Errors
    /// As [`Tasks::start`].
    pub fn start_on_terminal(&mut self, text: &str) -> Result<()> {
        if self.running.is_some() {
            bail!("a task is running already");
        }
        let file = self.folder.join(format!("task_{}.ini", self.started + 1));
        std::fs::write(&file, text)?;
        // A terminal that nobody looks at has no size and no type of its own.
        let command =
            format!("stty cols 150 rows 40; TERM=xterm exec {} run {}", binary()?.display(), file.display());
        let args = ["--quiet", "--return", "--command", &command, "/dev/null"].map(str::to_owned);
        let process = self.launch(Path::new("script"), &args)?;
        self.command_spoke = false;
        self.running = Some(Task { file, since: Instant::now(), process });
        Ok(())
    }

    /// Runs `dt` with arguments to its end, beside the running task if there is one. Its standard input is no terminal.
    ///
    /// # Errors
    /// It does not end in time, or with another code.
    pub async fn command(&mut self, args: &[String], code: i32) -> Result<()> {
        let mut process = self.launch(&binary()?, args)?;
        let status = process.wait(FINISH).await?;
        self.last_command = process.output();
        self.command_spoke = true;
        expect_code(status.code(), code, &process)
    }

    /// Keeps the text of a task file for a command and answers its path.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn keep(&self, text: &str) -> Result<String> {
        let file = self.folder.join(format!("command_{}.ini", self.started + 1));
        std::fs::write(&file, text)?;
        Ok(file.display().to_string())
    }

    fn start_file(&mut self, file: PathBuf) -> Result<()> {
        if self.running.is_some() {
            bail!("a task is running already");
        }
        self.running = Some(self.spawn(file)?);
        Ok(())
    }

    fn spawn(&mut self, file: PathBuf) -> Result<Task> {
        let process = self.launch(&binary()?, &["run".to_owned(), file.display().to_string()])?;
        self.command_spoke = false;
        Ok(Task { file, since: Instant::now(), process })
    }

    fn launch(&mut self, program: &Path, args: &[String]) -> Result<Process> {
        self.started += 1;
        let log = self.folder.join(format!("dt_{}.log", self.started));
        self.launched.extend(args.first().cloned());
        let mut words = self.variables.clone();
        words.push(program.display().to_string());
        words.extend_from_slice(args);
        Process::start("dt", Path::new("env"), &words, &log)
    }

    /// Starts a second process with the running task's file and exchanges the two: the first one is expected to end.
    ///
    /// # Errors
    /// The first one does not end with `code` in time.
    pub async fn take_over(&mut self, code: i32) -> Result<()> {
        self.overtake()?;
        self.follow().await?;
        self.overtaken(code).await
    }

    /// Starts a second process with the running task's file. It becomes the running one; the first becomes its rival.
    ///
    /// # Errors
    /// No task is running.
    pub fn overtake(&mut self) -> Result<()> {
        let file = self.running()?.file.clone();
        let second = self.spawn(file)?;
        self.rival = self.running.replace(second);
        Ok(())
    }

    /// Waits until the rival ends with `code`.
    ///
    /// # Errors
    /// It does not end in time, or with another code.
    pub async fn overtaken(&mut self, code: i32) -> Result<()> {
        let mut rival = self.rival.take().context("no task has a rival")?;
        let status = rival.process.wait(FINISH).await?;
        self.ended(&rival.process);
        expect_code(status.code(), code, &rival.process)
    }

    /// Waits until the running task or its rival ends with `code`; the other one is the running one afterwards.
    ///
    /// # Errors
    /// None ends in time, or with another code.
    pub async fn one_ends(&mut self, code: i32) -> Result<()> {
        let deadline = Instant::now() + FINISH;
        loop {
            if self.running()?.process.ended()?.is_some() {
                std::mem::swap(&mut self.running, &mut self.rival);
            }
            let rival = self.rival.as_mut().context("no task has a rival")?;
            if rival.process.ended()?.is_some() || Instant::now() > deadline {
                return self.overtaken(code).await;
            }
            sleep(POLL).await;
        }
    }

    /// Waits until the running task follows the binlog.
    ///
    /// # Errors
    /// It ends, or does not follow in time.
    pub async fn follow(&mut self) -> Result<()> {
        self.running()?.process.says(FOLLOWING, FOLLOW).await
    }

    /// Waits until the running task's output holds `text`.
    ///
    /// # Errors
    /// It ends, or does not say so in time.
    pub async fn wait_for(&mut self, text: &str) -> Result<()> {
        self.running()?.process.says(text, FOLLOW).await
    }

    /// Asks the running task to end, by SIGTERM.
    ///
    /// # Errors
    /// No task is running.
    pub async fn terminate(&mut self) -> Result<()> {
        self.running()?.process.terminate().await
    }

    /// Whether a task was started and not yet seen to end.
    pub fn runs(&self) -> bool {
        self.running.is_some()
    }

    /// Waits for the end of the running task and checks its exit code.
    ///
    /// # Errors
    /// It does not end in time, or with another code.
    pub async fn ends(&mut self, code: i32) -> Result<()> {
        self.ends_within(FINISH, code).await
    }

    /// The same for a task that takes its time.
    ///
    /// # Errors
    /// As [`Tasks::ends`].
    pub async fn ends_within(&mut self, limit: Duration, code: i32) -> Result<()> {
        let mut task = self.running.take().context("no task is running")?;
        let status = task.process.wait(limit).await?;
        self.lasted = task.since.elapsed();
        self.ended(&task.process);
        expect_code(status.code(), code, &task.process)
    }

    /// Ends the running task by SIGTERM and checks its exit code.
    ///
    /// # Errors
    /// It does not end in time, or with another code.
    pub async fn stop(&mut self, code: i32) -> Result<()> {
        self.running()?.process.terminate().await?;
        self.ends(code).await
    }

    /// Ends the running task by SIGKILL.
    ///
    /// # Errors
    /// No task is running.
    pub async fn kill(&mut self) -> Result<()> {
        let mut task = self.running.take().context("no task is running")?;
        task.process.kill().await?;
        self.ended(&task.process);
        Ok(())
    }

    fn ended(&mut self, process: &Process) {
        self.last_output = process.output();
        self.command_spoke = false;
    }

    /// Ends the running task by SIGTERM or SIGKILL and starts it again from the same file.
    ///
    /// # Errors
    /// As [`Tasks::stop`], [`Tasks::start`] and [`Tasks::follow`].
    pub async fn restart(&mut self, by_kill: bool) -> Result<()> {
        let file = self.running()?.file.clone();
        if by_kill {
            self.kill().await?
        } else {
            self.stop(0).await?
        }
        self.start_file(file)?;
        self.follow().await
    }

    /// Ends whatever runs, by SIGKILL.
    ///
    /// # Errors
    /// The operating system refuses.
    pub async fn end_all(&mut self) -> Result<()> {
        if let Some(mut rival) = self.rival.take() {
            rival.process.kill().await?;
        }
        if self.running.is_some() { self.kill().await } else { Ok(()) }
    }

    /// An error if the running task has ended by itself.
    ///
    /// # Errors
    /// It has.
    pub fn still_runs(&mut self) -> Result<()> {
        let Some(task) = &mut self.running else { return Ok(()) };
        match task.process.ended()? {
            None => Ok(()),
            Some(status) => bail!("dt ended with {status}\n{}", task.process.tail()),
        }
    }

    /// What was said last: by a command, until a task starts or ends; else by the running task, else by the last one that ended.
    pub fn output(&self) -> String {
        match &self.running {
            _ if self.command_spoke => self.last_command.clone(),
            Some(task) => task.process.output(),
            None => self.last_output.clone(),
        }
    }

    /// What the last command said.
    pub fn command_output(&self) -> &str {
        &self.last_command
    }

    /// Output of the last task that ended.
    pub fn last_output(&self) -> &str {
        &self.last_output
    }

    fn running(&mut self) -> Result<&mut Task> {
        self.running.as_mut().context("no task is running")
    }
}

/// The task file with a `write_method` in its `[sinker]`, unless it chooses one itself.
fn with_write_method(text: &str, method: Option<&str>) -> String {
    match method.filter(|method| !method.is_empty()) {
        Some(method) if !text.contains("write_method") => {
            text.replace("[sinker]\n", &format!("[sinker]\nwrite_method={method}\n"))
        }
        Some(_) | None => text.to_owned(),
    }
}

fn expect_code(found: Option<i32>, code: i32, process: &Process) -> Result<()> {
    match found {
        Some(found) if found == code => Ok(()),
        Some(found) => bail!("dt ended with exit code {found} instead of {code}\n{}", process.tail()),
        None => bail!("dt was ended by a signal\n{}", process.tail()),
    }
}

/// `DT_BIN`, else `dt` beside this test's own build folder.
///
/// # Errors
/// It has not been built.
pub fn binary() -> Result<PathBuf> {
    if let Ok(path) = std::env::var("DT_BIN") {
        return Ok(path.into());
    }
    let own = std::env::current_exe()?;
    let path = own.ancestors().nth(2).context("no build folder")?.join("dt");
    if !path.is_file() {
        bail!(
            "{} does not exist: build it with `cargo build --package dt-task`, or name one in DT_BIN",
            path.display()
        );
    }
    Ok(path)
}
