//! Differences beside a running task: what is on its way is none.
//!
//! A difference that was seen is looked at again when the task has passed a position of the source that was taken after it was seen. It
//! is real when the row in the target is still as it was, and still not the source's. A row that has changed in the target meanwhile was
//! written by the task, whole, and is none. Where the source rests one such look decides; otherwise a row could change and change back
//! between the looks at both sides, so it has to differ in the same way in several.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use dt_common::error::Result;
use dt_common::position::Position;
use dt_connector::admin::TargetAdmin;
use dt_connector::compare::CompareSource;

/// Looks in which a row has to differ while the source is written to.
pub(super) const LOOKS: usize = 4;
/// Pause between two looks at the stored position.
const PAUSE: Duration = Duration::from_millis(200);
/// Longest wait for a position, and how long the stored one may stand still: a task stores it every `checkpoint_interval_secs` at least,
/// as long as the source is written to.
const LONGEST: Duration = Duration::from_secs(300);

/// The change stream of the task, seen from beside.
pub(super) struct Stream {
    target: Box<dyn TargetAdmin>,
    still: Duration,
    /// Nobody moves the stored position; found out once.
    rests: AtomicBool,
}

impl Stream {
    /// The stream, if the target remembers where it is.
    ///
    /// # Errors
    /// A state that cannot be read.
    pub(super) async fn find(target: Box<dyn TargetAdmin>, interval: Duration) -> Result<Option<Self>> {
        let stored = target.stored().await?;
        let position = stored.and_then(|stored| stored.checkpoint.position);
        let still = interval * 2 + Duration::from_secs(5);
        Ok(position.map(|_| Self { target, still, rests: AtomicBool::new(false) }))
    }

    /// Waits until the task has passed the source's present position, and answers that; `None` when it does not get there.
    ///
    /// # Errors
    /// A side that cannot be read.
    pub(super) async fn passed(&self, source: &dyn CompareSource) -> Result<Option<Position>> {
        let now = source.position().await?;
        let began = Instant::now();
        let (mut moved, mut last) = (began, None);
        loop {
            let stored = self.target.stored().await?.and_then(|stored| stored.checkpoint.position);
            if stored.as_ref().is_some_and(|stored| stored.has_reached(&now)) {
                return Ok(Some(now));
            }
            if stored != last {
                (moved, last) = (Instant::now(), stored);
            }
            let rests = self.rests.load(Ordering::Relaxed) || moved.elapsed() > self.still;
            if rests || began.elapsed() > LONGEST {
                self.rests.store(true, Ordering::Relaxed);
                return Ok(None);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}
