//! What every test binary does: it ends on a signal, and it has a folder of its own.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, anyhow};
use tokio::signal::unix::{SignalKind, signal};

use crate::report::Report;

/// Runs the work of a test binary, which answers whether everything passed. A signal ends it, and drops its servers.
pub fn main(work: impl Future<Output = Result<bool>>) -> ExitCode {
    let result = tokio::runtime::Runtime::new().map_err(Into::into).and_then(|runtime| {
        runtime.block_on(async {
            let mut terminate = signal(SignalKind::terminate())?;
            tokio::select! {
                passed = work => passed,
                _ = tokio::signal::ctrl_c() => Err(anyhow!("interrupted")),
                _ = terminate.recv() => Err(anyhow!("terminated")),
            }
        })
    });
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            Report::default().say(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// A number from the environment, as `JOBS` and `SEED` are given.
pub fn number(name: &str) -> Option<u32> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

/// `target/dt-tests/<pid>`, with the folders of runs before removed when they are not running any more.
///
/// # Errors
/// The file system refuses.
pub fn folder() -> Result<PathBuf> {
    let own = std::env::current_exe()?;
    let target = own.ancestors().nth(3).context("no build folder")?.join("dt-tests");
    std::fs::create_dir_all(&target)?;
    for entry in std::fs::read_dir(&target)? {
        let path = entry?.path();
        let pid = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        // Whatever has another name is not a run's.
        let is_run = !pid.is_empty() && pid.bytes().all(|byte| byte.is_ascii_digit());
        if is_run && !Path::new("/proc").join(&pid).exists() {
            std::fs::remove_dir_all(&path).with_context(|| path.display().to_string())?;
        }
    }
    let folder = target.join(std::process::id().to_string());
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}
