//! Trying again: how often, for how long, and with which pauses.
//!
//! A conflict is somebody else's progress, so conflicts are counted. A target that cannot be reached, or fails for the
//! moment, comes back by itself or not at all, so that has a budget of time. Everything else is final.

use std::time::Duration;

use dt_common::error::{Error, ErrorKind, Result};
use tokio::time::{Instant, sleep};
use tracing::warn;

/// First and longest pause; doubled each time, with jitter.
const PAUSE: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));
/// What the start of a task allows: enough for a session that is lost and a server that comes up, and an address that is wrong is
/// still told soon.
pub const AT_START: Limits = Limits { conflicts: 10, unavailable: Duration::from_secs(10) };

/// What is allowed to one piece of work.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Conflicts.
    pub conflicts: u32,
    /// Time since the first failure that is no conflict.
    pub unavailable: Duration,
}

/// The tries of one piece of work.
#[derive(Debug)]
pub struct Retries {
    limits: Limits,
    /// Tries again so far.
    pub count: u32,
    conflicts: u32,
    failing_since: Option<Instant>,
}

impl Retries {
    /// None yet.
    pub fn new(limits: Limits) -> Self {
        Self { limits, count: 0, conflicts: 0, failing_since: None }
    }

    /// The pause before the work is tried again; `None` when it is not to be.
    pub fn next(&mut self, kind: ErrorKind) -> Option<Duration> {
        if !kind.is_retryable() {
            return None;
        }
        let allowed = if kind == ErrorKind::Conflict {
            self.conflicts += 1;
            self.conflicts <= self.limits.conflicts
        } else {
            self.failing_since.get_or_insert_with(Instant::now).elapsed() < self.limits.unavailable
        };
        self.count += 1;
        allowed.then(|| pause(self.count))
    }
}

/// Does a part of a task's start, which leaves nothing half done, again and again as far as [`AT_START`] allows.
///
/// # Errors
/// The last one.
pub async fn at_start<T, F>(work: impl FnMut() -> F) -> Result<T>
where
    F: Future<Output = Result<T>>,
{
    within(AT_START, work).await
}

/// Does work that leaves nothing half done, or begins with a look at what is done, again and again as far as `limits` allow.
///
/// # Errors
/// The last one.
pub async fn within<T, F>(limits: Limits, mut work: impl FnMut() -> F) -> Result<T>
where
    F: Future<Output = Result<T>>,
{
    let mut retries = Retries::new(limits);
    loop {
        let error: Error = match work().await {
            Ok(done) => return Ok(done),
            Err(error) => error,
        };
        let Some(pause) = retries.next(error.kind()) else { return Err(error) };
        warn!(retry = retries.count, pause_ms = pause.as_millis() as u64, %error, "the target is tried again");
        sleep(pause).await;
    }
}

/// Doubles from the first pause to the longest; half of it is random, so that writers do not meet again.
fn pause(count: u32) -> Duration {
    let (first, longest) = PAUSE;
    let pause = first.saturating_mul(1 << count.saturating_sub(1).min(16)).min(longest);
    pause.mul_f64(rand::random_range(0.5..1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { conflicts: 3, unavailable: Duration::from_secs(60) };

    #[test]
    fn pauses_grow_to_the_cap() {
        for (count, least, most) in [(1, 50, 100), (4, 400, 800), (7, 2500, 5000), (1000, 2500, 5000)] {
            let pause = pause(count).as_millis();
            assert!((least..=most).contains(&pause), "{count}: {pause}");
        }
    }

    #[test]
    fn conflicts_are_counted() {
        let mut retries = Retries::new(LIMITS);
        for _ in 0..3 {
            assert!(retries.next(ErrorKind::Conflict).is_some());
        }
        assert_eq!(retries.next(ErrorKind::Conflict), None);
        assert_eq!(Retries::new(LIMITS).next(ErrorKind::Fenced), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_target_that_is_away_has_a_budget_of_time() {
        let (mut retries, start) = (Retries::new(LIMITS), Instant::now());
        while let Some(pause) = retries.next(ErrorKind::Transient) {
            sleep(pause).await;
        }
        let took = start.elapsed();
        assert!(took >= LIMITS.unavailable && took < LIMITS.unavailable + PAUSE.1, "{took:?}");
    }
}
