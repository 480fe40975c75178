//! Whose the task is. The target alone knows, and an extractor has to ask when the source says that somebody else reads in the
//! task's name.

use std::fmt;
use std::sync::Arc;

use dt_common::error::Result;
use futures::future::BoxFuture;

type Ask = dyn Fn() -> BoxFuture<'static, Result<()>> + Send + Sync;

/// The question whether the task is still this process's. By default it is: nobody else can have taken it over.
#[derive(Clone)]
pub struct Ownership(Arc<Ask>);

impl Ownership {
    /// Asks by this function.
    pub fn new(ask: impl Fn() -> BoxFuture<'static, Result<()>> + Send + Sync + 'static) -> Self {
        Self(Arc::new(ask))
    }

    /// Asks.
    ///
    /// # Errors
    /// `Fenced` when another process has taken the task over; a target that cannot be asked.
    pub async fn confirm(&self) -> Result<()> {
        (self.0)().await
    }
}

impl Default for Ownership {
    fn default() -> Self {
        Self::new(|| Box::pin(async { Ok(()) }))
    }
}

impl fmt::Debug for Ownership {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ownership")
    }
}
