//! The servers of a test run: MariaDB, MySQL and the local Databend, or a user's own.
//!
//! They listen on free ports of 127.0.0.1, keep their data under the run's folder and die with the run. `MYSQL_URL` and
//! `DATABEND_DSN` point at servers of the user's own instead; there only databases `dt_test_*` are touched.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use crate::incident;
use crate::process::{Process, eventually, free_port};
use crate::source::Source;
use crate::target::Target;

/// Time for a server to come up; a first start copies its data folder.
const STARTUP: Duration = Duration::from_secs(90);

/// A family of source servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// MariaDB.
    MariaDb,
    /// MySQL.
    MySql,
}

impl Family {
    /// Both, in the order of the report.
    pub const ALL: [Self; 2] = [Self::MariaDb, Self::MySql];

    /// The family with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|family| family.to_string() == name)
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::MariaDb => "mariadb",
            Self::MySql => "mysql",
        })
    }
}

/// A source server; owns its process unless it is the user's own.
#[derive(Debug)]
pub struct SourceServer {
    /// How to reach it.
    pub source: Source,
    own: Option<Own>,
}

/// What a server of ours was started with.
#[derive(Debug)]
struct Own {
    folder: PathBuf,
    port: u16,
    options: Vec<String>,
    process: Process,
}

impl SourceServer {
    /// Starts a server with further command-line options and waits until it answers.
    ///
    /// # Errors
    /// It ends or does not answer in time; with the tail of its log.
    pub async fn start(family: Family, folder: &Path, options: &[String]) -> Result<Self> {
        let port = free_port()?;
        let process = launch(family, folder, port, options)?;
        let own = Own { folder: folder.to_owned(), port, options: options.to_vec(), process };
        let source = Source::new(family, &format!("mysql://root:dt_root@127.0.0.1:{port}"))?;
        let mut server = Self { source, own: Some(own) };
        server.ready().await?;
        Ok(server)
    }

    /// Its port.
    ///
    /// # Errors
    /// It is the user's own.
    pub fn port(&self) -> Result<u16> {
        Ok(self.own.as_ref().context("needs a server of the tests")?.port)
    }

    /// Its process; `None` for the user's own.
    pub fn pid(&self) -> Option<u32> {
        self.own.as_ref()?.process.pid()
    }

    /// Ends the server, cleanly or by SIGKILL.
    ///
    /// # Errors
    /// It is the user's own, or does not end.
    pub async fn stop(&mut self, by_kill: bool) -> Result<()> {
        let own = self.own.as_mut().context("needs a server of the tests")?;
        if by_kill {
            return own.process.kill().await;
        }
        own.process.terminate().await?;
        own.process.wait(STARTUP).await.map(drop)
    }

    /// Starts a stopped server again, on its port and its data.
    ///
    /// # Errors
    /// As [`SourceServer::start`].
    pub async fn start_again(&mut self) -> Result<()> {
        let own = self.own.as_mut().context("needs a server of the tests")?;
        own.process = launch(self.source.family, &own.folder, own.port, &own.options)?;
        self.ready().await
    }

    /// Stops, writes an incident event (LOST_EVENTS) behind the end of the binlog, and starts again: the server sends it as it
    /// sends its own. Servers write one by themselves only when their binlog cannot be written, which no test can bring about.
    ///
    /// # Errors
    /// It is the user's own, does not end or does not start.
    pub async fn lose_events(&mut self) -> Result<()> {
        let (file, ..) = self.source.position().await?;
        let checksums = self.source.text("SELECT @@binlog_checksum").await? == "CRC32";
        self.stop(false).await?;
        let own = self.own.as_ref().context("needs a server of the tests")?;
        let path = own.folder.join(data_folder(self.source.family)).join(file);
        let mut binlog = std::fs::read(&path).with_context(|| path.display().to_string())?;
        binlog.extend(incident::event(binlog.len(), checksums));
        std::fs::write(&path, binlog)?;
        self.start_again().await
    }

    /// Starts another server on a copy of this one's data: the same history, another identity. This one has to be stopped.
    ///
    /// # Errors
    /// The data cannot be copied; as [`SourceServer::start`].
    pub async fn copy(&self, folder: &Path) -> Result<Self> {
        let own = self.own.as_ref().context("needs a server of the tests")?;
        let (family, name) = (self.source.family, data_folder(self.source.family));
        std::fs::create_dir_all(folder)?;
        let status = tokio::process::Command::new("cp")
            .arg("-a")
            .args([own.folder.join(&name), folder.join(&name)])
            .status()
            .await?;
        ensure!(status.success(), "copying the data folder: {status}");
        // MySQL's identity; MariaDB's is made of its port.
        let identity = folder.join(&name).join("auto.cnf");
        if identity.exists() {
            std::fs::remove_file(identity)?;
        }
        Self::start(family, folder, &own.options).await
    }

    async fn ready(&mut self) -> Result<()> {
        let (source, process) = (&self.source, self.own.as_mut().map(|own| &mut own.process));
        let answer = eventually(STARTUP, || source.query("SELECT 1"));
        let ended = async {
            match process {
                Some(process) => process.wait(STARTUP).await.map(|status| status.to_string()),
                None => std::future::pending().await,
            }
        };
        let failure = tokio::select! {
            answer = answer => answer.err().map(|e| format!("{e:#}")),
            ended = ended => Some(ended.unwrap_or_else(|e| e.to_string())),
        };
        match (failure, &self.own) {
            (None, _) => Ok(()),
            (Some(failure), Some(own)) => bail!("{failure}\n{}", own.process.tail()),
            (Some(failure), None) => bail!(failure),
        }
    }
}

fn data_folder(family: Family) -> String {
    format!("{family}-data")
}

fn launch(family: Family, folder: &Path, port: u16, options: &[String]) -> Result<Process> {
    let data = folder.join(data_folder(family));
    let mut args = vec![data.display().to_string(), port.to_string()];
    args.extend(options.iter().cloned());
    let log = folder.join(format!("{family}.log"));
    Process::start(&family.to_string(), &script(&format!("{family}.sh")), &args, &log)
}

/// The target server; owns its process unless it is the user's own.
#[derive(Debug)]
pub struct TargetServer {
    /// How to reach it.
    pub target: Target,
    process: Option<Process>,
}

/// Everything a run needs.
#[derive(Debug)]
pub struct Servers {
    /// One server of each family asked for.
    pub sources: Vec<SourceServer>,
    /// Databend.
    pub target: TargetServer,
}

impl Servers {
    /// Starts the servers of these families and Databend, or finds the user's own.
    ///
    /// # Errors
    /// A server that does not come up.
    pub async fn start(folder: &Path, families: &[Family]) -> Result<Self> {
        let target = async {
            let Ok(dsn) = std::env::var("DATABEND_DSN") else {
                return TargetServer::start(folder, &[]).await;
            };
            let target = Target::new(&dsn);
            target.query("SELECT 1").await.context("DATABEND_DSN")?;
            Ok(TargetServer { target, process: None })
        };
        let sources = async {
            if let Ok(url) = std::env::var("MYSQL_URL") {
                let source = Source::detect(&url).await.context("MYSQL_URL")?;
                return Ok(vec![SourceServer { source, own: None }]);
            }
            let starts = families.iter().map(|family| SourceServer::start(*family, folder, &[]));
            futures::future::try_join_all(starts).await
        };
        let (target, sources) = futures::future::try_join(target, sources).await?;
        Ok(Self { sources, target })
    }

    /// The source server of a family.
    pub fn source(&self, family: Family) -> Option<&Source> {
        self.sources.iter().map(|server| &server.source).find(|source| source.family == family)
    }
}

impl TargetServer {
    /// Its process; `None` for the user's own.
    pub fn pid(&self) -> Option<u32> {
        self.process.as_ref()?.pid()
    }

    /// Starts a local Databend with further command-line options and waits until it answers.
    ///
    /// # Errors
    /// It ends or does not answer in time; with the tail of its log.
    pub async fn start(folder: &Path, options: &[String]) -> Result<Self> {
        let port = free_port()?;
        let mut args = vec![folder.join("databend-data").display().to_string(), port.to_string()];
        args.extend(options.iter().cloned());
        let log = folder.join("databend.log");
        let mut process = Process::start("databend", &script("databend.sh"), &args, &log)?;
        let dsn = format!(
            "databend://dt:dt_secret@127.0.0.1:{port}/default?sslmode=disable&presign=off&retry_count=1"
        );
        let target = Target::local(&dsn, port);
        let ready = eventually(STARTUP, || target.query("SELECT 1"));
        let failure = tokio::select! {
            ready = ready => ready.err().map(|e| format!("{e:#}")),
            ended = process.wait(STARTUP) => Some(ended.map_or_else(|e| e.to_string(), |s| s.to_string())),
        };
        if let Some(failure) = failure {
            bail!("{failure}\n{}", process.tail());
        }
        Ok(Self { target, process: Some(process) })
    }
}

/// The folder that `provision.sh` fills.
///
/// # Errors
/// No home folder.
pub fn cache() -> Result<PathBuf> {
    let base = match (std::env::var_os("DT_CACHE"), std::env::var_os("XDG_CACHE_HOME")) {
        (Some(dt), _) => PathBuf::from(dt),
        (None, Some(cache)) => Path::new(&cache).join("dt"),
        (None, None) => Path::new(&std::env::var_os("HOME").context("HOME")?).join(".cache/dt"),
    };
    Ok(base.join("servers"))
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("servers").join(name)
}
