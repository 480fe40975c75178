//! The servers that cases use one after the other: a source, a Databend, and the networks to both.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::proxy::Proxy;
use crate::servers::{Family, SourceServer, TargetServer};
use crate::source::Source;
use crate::target::Target;

/// The user that dt connects as, so that its connections can be told from everybody else's.
pub const USER: &str = "dt_fault";

/// Time-outs of dt's sessions with Databend, so that silence is noticed soon, and small pages, so that there are some.
const DSN: &str = "&connect_timeout=2&page_request_timeout_secs=5&wait_time_secs=2&max_rows_per_page=2";

/// Servers of one lane.
#[derive(Debug)]
pub struct Lane {
    /// The source.
    pub source: SourceServer,
    /// Databend.
    pub databend: TargetServer,
    /// The network between dt and the source.
    pub to_source: Proxy,
    /// The network between dt and Databend.
    pub to_target: Proxy,
    /// The network between the writers and the source.
    for_writers: Proxy,
    folder: PathBuf,
    cases: u32,
}

impl Lane {
    /// Starts the servers.
    ///
    /// # Errors
    /// One does not come up.
    pub async fn start(family: Family, folder: &Path) -> Result<Self> {
        let source = SourceServer::start(family, folder, &[]);
        let (source, databend) = futures::future::try_join(source, TargetServer::start(folder, &[])).await?;
        let (port, target_port) = (source.port()?, databend.target.local_port().context("a local Databend")?);
        let lane = Self {
            to_source: Proxy::start(port).await?,
            to_target: Proxy::start(target_port).await?,
            for_writers: Proxy::start(port).await?,
            source,
            databend,
            folder: folder.to_owned(),
            cases: 0,
        };
        let user = format!(
            "CREATE USER {USER}@'%' IDENTIFIED BY '{USER}'; GRANT ALL PRIVILEGES ON *.* TO {USER}@'%';"
        );
        lane.source().run(&user).await?;
        Ok(lane)
    }

    /// A name that no case of the lane has had, and a folder of that name.
    ///
    /// # Errors
    /// The folder cannot be made.
    pub fn next_case(&mut self) -> Result<(String, PathBuf)> {
        self.cases += 1;
        let id = format!("dt_test_fault_{}", self.cases);
        let folder = self.folder.join(&id);
        std::fs::create_dir_all(&folder)?;
        Ok((id, folder))
    }

    /// The source, on a way that is never cut.
    pub fn source(&self) -> &Source {
        &self.source.source
    }

    /// Databend, on a way that is never cut.
    pub fn target(&self) -> &Target {
        &self.databend.target
    }

    /// The source as the writers see it: the same address whichever server stands behind it.
    ///
    /// # Errors
    /// The URL does not parse.
    pub fn writers_source(&self) -> Result<Source> {
        Source::new(
            self.source().family,
            &format!("mysql://root:dt_root@127.0.0.1:{}", self.for_writers.port),
        )
    }

    /// The URL that dt is given for the source.
    pub fn source_url(&self) -> String {
        format!("mysql://{USER}:{USER}@127.0.0.1:{}", self.to_source.port)
    }

    /// The DSN that dt is given for Databend.
    pub fn target_url(&self) -> String {
        let dsn = &self.target().dsn;
        let port = self.target().local_port().unwrap_or_default();
        format!("{}{DSN}", dsn.replace(&format!(":{port}/"), &format!(":{}/", self.to_target.port)))
    }

    /// Fails over: the source stops, and another server with the same history and another identity takes its address.
    ///
    /// # Errors
    /// As [`SourceServer::copy`].
    pub async fn fail_over(&mut self) -> Result<()> {
        self.source.stop(false).await?;
        let next = self.source.copy(&self.folder.join(format!("failover_{}", self.cases))).await?;
        self.to_source.point_to(next.port()?).await;
        self.for_writers.point_to(next.port()?).await;
        self.source = next;
        Ok(())
    }
}
