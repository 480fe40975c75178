//! Up to where a stream is read.

use dt_common::position::BinlogPosition;
use tokio::sync::watch;

/// How a stream ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ended {
    /// It was stopped.
    Stopped,
    /// It has reached what it was to reach, and stands here, outside of a transaction.
    Reached(BinlogPosition),
}

/// Up to where a stream goes.
#[derive(Debug, Clone)]
pub(crate) enum Until {
    /// On and on.
    Stopped,
    /// Up to this position.
    Position(BinlogPosition),
    /// On and on, until somebody names a position.
    Asked(watch::Receiver<Option<BinlogPosition>>),
}

impl Until {
    /// Whether the position is known, and `reached`.
    pub(super) fn is(&self, reached: impl FnOnce(&BinlogPosition) -> bool) -> bool {
        match self {
            Self::Stopped => false,
            Self::Position(at) => reached(at),
            Self::Asked(at) => at.borrow().as_ref().is_some_and(reached),
        }
    }

    /// Whether the stream may end before it is stopped.
    pub(super) fn is_finite(&self) -> bool {
        !matches!(self, Self::Stopped)
    }

    /// Waits until another position is named; for ever where none will be.
    pub(super) async fn named(&mut self) {
        if let Self::Asked(at) = self
            && at.changed().await.is_ok()
        {
            return;
        }
        std::future::pending().await
    }
}
