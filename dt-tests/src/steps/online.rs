//! Online schema change tools, beside whatever else the case does.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use mysql_async::Opts;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::Play;
use super::gh_ost::Migration;
use crate::process::Process;

/// Time for a tool to end.
const PATIENCE: Duration = Duration::from_secs(150);

/// A tool at work.
#[derive(Debug)]
pub(super) enum Tool {
    /// The real one.
    PtOsc(Box<Process>),
    /// What gh-ost does.
    GhOst(JoinHandle<Result<()>>),
}

impl Drop for Tool {
    fn drop(&mut self) {
        if let Self::GhOst(migration) = self {
            migration.abort();
        }
    }
}

impl Play<'_> {
    pub(super) fn pt_osc(&mut self, table: &str, options: &[String]) -> Result<()> {
        let opts = Opts::from_url(&self.source.url)?;
        let dsn = format!(
            "h={},P={},u={},p={},D={},t={table}",
            opts.ip_or_hostname(),
            opts.tcp_port(),
            opts.user().unwrap_or_default(),
            opts.pass().unwrap_or_default(),
            self.vars.get("db")
        );
        let options = options.iter().map(|option| self.vars.fill(option));
        let args: Vec<String> = std::iter::once(dsn).chain(options).collect();
        let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("servers/pt_osc.sh");
        let log = self.folder.join("pt-online-schema-change.log");
        self.tool =
            Some(Tool::PtOsc(Box::new(Process::start("pt-online-schema-change", &script, &args, &log)?)));
        Ok(())
    }

    pub(super) async fn gh_ost(&mut self, table: &str, alter: &str) -> Result<()> {
        let migration = Migration::begin(&self.source, self.vars.get("db"), table, alter).await?;
        self.tool = Some(Tool::GhOst(tokio::spawn(migration.run())));
        Ok(())
    }

    pub(super) async fn altered(&mut self) -> Result<()> {
        let mut tool = self.tool.take().context("no tool is at work")?;
        match &mut tool {
            Tool::PtOsc(process) => {
                let status = process.wait(PATIENCE).await?;
                ensure!(status.success(), "{}", process.tail());
                Ok(())
            }
            Tool::GhOst(migration) => {
                timeout(PATIENCE, migration).await.context("gh-ost's steps take too long")??
            }
        }
    }
}

/// A writer that a tool's locks have made give way: it writes again.
pub(super) fn is_lock_conflict(error: &anyhow::Error) -> bool {
    match error.downcast_ref::<mysql_async::Error>() {
        Some(mysql_async::Error::Server(error)) => matches!(error.code, 1205 | 1213),
        _ => false,
    }
}
