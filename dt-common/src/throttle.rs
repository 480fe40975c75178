//! How fast a task may read, in rows and in bytes a second.
//!
//! Rows are charged where they enter the queue, so a limit holds for every source and for the snapshot and the change stream
//! alike. A charge waits until it is paid for. Time in which little was read is credit, at most [`BURST`] of it. Charges are
//! settled a hundred times a second at most, not row by row. Own code, because a charge may be larger than the whole credit (one
//! large row, one chunk), which the well-known limiters refuse.

use std::num::NonZeroU64;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::config::Rates;

/// Credit that may be saved up, in time.
const BURST: Duration = Duration::from_secs(1);
/// Charges smaller than what one part in so many of a second pays for are gathered first.
const SETTLEMENTS: u64 = 100;

/// The limits of one task; shared by all that read for it.
#[derive(Debug)]
pub struct Throttle {
    rows: Option<Limit>,
    bytes: Option<Limit>,
}

#[derive(Debug)]
struct Limit {
    per_second: u64,
    /// Charged and not settled yet.
    owed: AtomicU64,
    /// When everything that was settled is paid for.
    paid_at: Mutex<Instant>,
}

impl Throttle {
    /// A throttle for these rates; `None` when nothing is limited.
    pub fn new(rates: Rates) -> Option<Self> {
        if rates == Rates::default() {
            return None;
        }
        Some(Self { rows: rates.rows.map(Limit::new), bytes: rates.bytes.map(Limit::new) })
    }

    /// Charges rows and their bytes and waits until they are paid for. When the wait is cancelled the charge stands.
    pub async fn charge(&self, rows: u64, bytes: u64) {
        let waits = [
            self.rows.as_ref().and_then(|l| l.settle(rows)),
            self.bytes.as_ref().and_then(|l| l.settle(bytes)),
        ];
        if let Some(until) = waits.into_iter().flatten().max() {
            sleep_until(until).await;
        }
    }
}

impl Limit {
    fn new(per_second: NonZeroU64) -> Self {
        Self { per_second: per_second.get(), owed: AtomicU64::new(0), paid_at: Mutex::new(Instant::now()) }
    }

    /// When the charge is paid for; `None` when it is already, or too small to be settled by itself.
    fn settle(&self, charge: u64) -> Option<Instant> {
        let owed = self.owed.fetch_add(charge, Ordering::Relaxed).saturating_add(charge);
        if owed < (self.per_second / SETTLEMENTS).max(1) {
            return None;
        }
        let owed = self.owed.swap(0, Ordering::Relaxed);
        let cost = Duration::from_secs_f64(owed as f64 / self.per_second as f64);
        let now = Instant::now();
        let mut paid_at = self.paid_at.lock().unwrap_or_else(PoisonError::into_inner);
        *paid_at = (*paid_at).max(now.checked_sub(BURST).unwrap_or(now)) + cost;
        (*paid_at > now).then_some(*paid_at)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn throttle(rows: u64, bytes: u64) -> Throttle {
        Throttle::new(Rates { rows: NonZeroU64::new(rows), bytes: NonZeroU64::new(bytes) }).unwrap()
    }

    /// Virtual milliseconds that `work` takes, rounded.
    async fn millis(work: impl Future<Output = ()>) -> u128 {
        let start = Instant::now();
        work.await;
        start.elapsed().as_millis()
    }

    #[tokio::test(start_paused = true)]
    async fn rows_take_their_time_one_by_one_and_at_once() {
        assert!(Throttle::new(Rates::default()).is_none());
        let one_by_one = throttle(1000, 0);
        let took = millis(async {
            for _ in 0..3000 {
                one_by_one.charge(1, 100).await;
            }
        });
        assert!((2990..=3010).contains(&took.await));
        let took = millis(throttle(1000, 0).charge(3000, 0)).await;
        assert!((2990..=3010).contains(&took), "{took}");
    }

    #[tokio::test(start_paused = true)]
    async fn the_slower_of_both_limits_counts() {
        let took = millis(throttle(1000, 1000).charge(10, 5000)).await;
        assert!((4990..=5010).contains(&took), "{took}");
    }

    #[tokio::test(start_paused = true)]
    async fn rest_is_credit_for_a_second_and_no_more() {
        let throttle = throttle(1000, 0);
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert_eq!(millis(throttle.charge(1000, 0)).await, 0);
        let took = millis(throttle.charge(500, 0)).await;
        assert!((490..=510).contains(&took), "{took}");
    }

    #[tokio::test(start_paused = true)]
    async fn readers_share_one_limit() {
        let throttle = Arc::new(throttle(1000, 0));
        let took = millis(async {
            let mut readers = tokio::task::JoinSet::new();
            for _ in 0..4 {
                let throttle = Arc::clone(&throttle);
                readers.spawn(async move { throttle.charge(1000, 0).await });
            }
            readers.join_all().await;
        });
        assert!((3990..=4010).contains(&took.await));
    }
}
