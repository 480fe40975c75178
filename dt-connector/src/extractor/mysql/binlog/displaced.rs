//! Another reader of the same name: the server ends the older connection, and the text is the same for a second start of the task and
//! for a stranger with the same `server_id`. Whose the task is only the target knows.

use std::time::Duration;

use dt_common::error::{Error, ErrorKind, Result};
use tokio::time::Instant;
use tracing::debug;

use crate::extractor::Ownership;

/// A reader that is displaced twice within this time has a stranger beside it: a second start of the task ends when it is
/// displaced, since it finds out whose the task is.
const STRANGER: Duration = Duration::from_secs(60);

/// Judges displacements.
pub(super) struct Displaced {
    ownership: Ownership,
    last: Option<Instant>,
}

impl Displaced {
    pub(super) fn new(ownership: Ownership) -> Self {
        Self { ownership, last: None }
    }

    /// What a displacement comes to: the loss of a connection, while the task is ours.
    ///
    /// # Errors
    /// The task is another process's; a stranger uses the `server_id`, as `error` says.
    pub(super) async fn judge(&mut self, error: Error) -> Result<Error> {
        match self.ownership.confirm().await {
            Err(fenced) if fenced.kind() == ErrorKind::Fenced => return Err(fenced),
            Err(unknown) => debug!(error = %unknown, "the target does not say whose the task is"),
            Ok(()) => {}
        }
        match self.last.replace(Instant::now()) {
            Some(last) if last.elapsed() < STRANGER => Err(error),
            _ => Ok(Error::new(ErrorKind::Transient, "another reader took this one's place at the server")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same_id() -> Error {
        Error::source("same server_id")
    }

    #[tokio::test]
    async fn a_second_start_of_the_task_fences_off() {
        let fenced = Ownership::new(|| Box::pin(async { Err(Error::new(ErrorKind::Fenced, "epoch 2")) }));
        let error = Displaced::new(fenced).judge(same_id()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Fenced);
    }

    #[tokio::test(start_paused = true)]
    async fn the_owner_comes_back_once_and_a_stranger_ends_it() {
        let mut displaced = Displaced::new(Ownership::default());
        assert_eq!(displaced.judge(same_id()).await.unwrap().kind(), ErrorKind::Transient);
        tokio::time::advance(STRANGER).await;
        assert_eq!(displaced.judge(same_id()).await.unwrap().kind(), ErrorKind::Transient);
        assert_eq!(displaced.judge(same_id()).await.unwrap_err().kind(), ErrorKind::Source);
    }
}
