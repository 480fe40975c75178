//! How far the target is behind the source.
//!
//! # What lag is
//! Zero when everything that is known of the source is in the target: no change that was read waits for its commit, and the stream has
//! passed the end that the binlog had at the last look. Otherwise the age of the oldest change that waits; and when none was read
//! yet, the time since the source was last known to hold nothing more. So an idle source has no lag, a source that sends
//! faster than dt writes has the age of what is being written, and a source that cannot be looked at grows older with every second.
//!
//! # Clocks
//! Commit times are by the source's clock. Each look asks it for its time, and the difference to ours is taken out; what is left is
//! half a round trip. MariaDB's commit times are whole seconds, so there a lag is up to one second too high.
//!
//! # Positions
//! A place is reached when all transactions before it are in the target. That is further than the stored position when the binlog goes
//! on with events that are no transaction (a new file's head): the source's heartbeats name it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use crate::position::BinlogPosition;

/// A binlog file that the source keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BinlogFile {
    /// Name.
    pub name: Arc<str>,
    /// Size in bytes.
    pub bytes: u64,
}

/// What a look at the source's binlog shows.
#[derive(Debug, Clone)]
pub struct BinlogLook {
    /// The source's clock, microseconds since 1970.
    pub now: i64,
    /// Identity of the server that keeps the files.
    pub server: Arc<str>,
    /// The files that are kept, oldest first. The last one's size is the end of the binlog.
    pub files: Vec<BinlogFile>,
    /// How long the source keeps a file, where it removes files by age.
    pub retention: Option<Duration>,
}

/// How far the target is behind; `None` is unknown, as all of it is before the first look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Behind {
    /// See the module.
    pub lag: Option<Duration>,
    /// Bytes of binlog between the place that is reached and the end at the last look.
    pub bytes: Option<u64>,
    /// Bytes of binlog that the source keeps before that place; 0 when it does not keep the place any more.
    pub headroom_bytes: Option<u64>,
    /// Time until the source removes the place by age, when it does.
    pub headroom: Option<Duration>,
}

/// Follows what was read, committed and seen. Times are microseconds since 1970; `now` is by our clock.
#[derive(Debug, Default)]
pub(super) struct Freshness {
    /// When the oldest change of each batch was committed at the source, for batches that are not committed yet; oldest first.
    pending: VecDeque<i64>,
    reached: Option<BinlogPosition>,
    /// Everything that the source committed until then is in the target.
    fresh_until: Option<i64>,
    seen: Option<Seen>,
}

#[derive(Debug)]
struct Seen {
    look: BinlogLook,
    /// When, by our clock.
    at: i64,
}

impl BinlogLook {
    fn end(&self) -> Option<BinlogPosition> {
        let last = self.files.last()?;
        Some(BinlogPosition {
            server: Arc::clone(&self.server),
            file: Arc::clone(&last.name),
            offset: last.bytes,
        })
    }

    /// Bytes before a place; `None` when its file is not kept.
    fn bytes_before(&self, place: &BinlogPosition) -> Option<u64> {
        let at = self.files.iter().position(|file| file.name == place.file)?;
        Some(self.files[..at].iter().map(|file| file.bytes).sum::<u64>() + place.offset)
    }
}

impl Freshness {
    /// A batch has its first change, committed at the source at `time`.
    pub(super) fn begun(&mut self, time: i64) {
        self.pending.push_back(time);
    }

    /// The oldest batch with changes is committed.
    pub(super) fn committed(&mut self) {
        self.pending.pop_front();
    }

    /// Whether a change waits for its commit.
    pub(super) fn is_pending(&self) -> bool {
        !self.pending.is_empty()
    }

    /// Everything up to a place is in the target; `time` is that of the last transaction before it, 0 when it is unknown.
    pub(super) fn reach(&mut self, place: &BinlogPosition, time: i64) {
        if !place.file.is_empty() {
            self.reached = Some(place.clone());
        }
        self.fresh_until = self.fresh_until.max((time > 0).then_some(time));
        self.settle();
    }

    /// A look at the source was taken.
    pub(super) fn looked(&mut self, look: BinlogLook, now: i64) {
        self.seen = Some(Seen { look, at: now });
        self.settle();
    }

    /// What was there at the last look is in the target.
    fn settle(&mut self) {
        if let Some(seen) = self.seen.as_ref().filter(|seen| self.has_reached_end(&seen.look)) {
            self.fresh_until = self.fresh_until.max(Some(seen.look.now));
        }
    }

    fn has_reached_end(&self, look: &BinlogLook) -> bool {
        match (self.place(look), look.end()) {
            (Some(reached), Some(end)) => self.pending.is_empty() && reached.has_reached(&end),
            (_, _) => false,
        }
    }

    /// The reached place, if the server that was looked at wrote it.
    fn place(&self, look: &BinlogLook) -> Option<&BinlogPosition> {
        self.reached.as_ref().filter(|reached| reached.server == look.server)
    }

    /// How far the target is behind. A look that is older than `patience` does not say any more that nothing is missing.
    pub(super) fn behind(&self, now: i64, patience: Duration) -> Behind {
        let Some(seen) = &self.seen else { return Behind::default() };
        let look = &seen.look;
        let is_current = now - seen.at <= micros(patience);
        let source_now = now + (look.now - seen.at);
        let lag = self.lag(source_now, is_current && self.has_reached_end(look));
        let place = self.place(look);
        let headroom = look.retention.zip(lag).map(|(kept, lag)| kept.saturating_sub(lag));
        Behind {
            lag,
            bytes: place.and_then(|place| {
                let end = look.end().and_then(|end| look.bytes_before(&end))?;
                Some(end.saturating_sub(look.bytes_before(place)?))
            }),
            headroom_bytes: place.map(|place| look.bytes_before(place).unwrap_or(0)),
            headroom,
        }
    }

    fn lag(&self, source_now: i64, is_at_end: bool) -> Option<Duration> {
        if is_at_end {
            return Some(Duration::ZERO);
        }
        let since = self.pending.front().copied().filter(|time| *time > 0).or(self.fresh_until)?;
        Some(Duration::from_micros(u64::try_from(source_now - since).unwrap_or(0)))
    }
}

fn micros(time: Duration) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000;
    /// The source's clock goes 100 s ahead of ours.
    const AHEAD: i64 = 100;
    const PATIENCE: Duration = Duration::from_secs(30);

    fn at(file: &str, offset: u64) -> BinlogPosition {
        BinlogPosition { server: "s".into(), file: file.into(), offset }
    }

    /// A look at second `now` of our clock, at which the second file ends at `end`.
    fn look(now: i64, end: u64) -> (BinlogLook, i64) {
        let file = |name: &str, bytes| BinlogFile { name: name.into(), bytes };
        let files = vec![file("b.1", 1000), file("b.2", end)];
        let retention = Some(Duration::from_secs(3600));
        let look = BinlogLook { now: (now + AHEAD) * SECOND, server: "s".into(), files, retention };
        (look, now * SECOND)
    }

    fn source_time(ours: i64) -> i64 {
        (ours + AHEAD) * SECOND
    }

    fn lag(freshness: &Freshness, now: i64) -> Option<u64> {
        freshness.behind(now * SECOND, PATIENCE).lag.map(|lag| lag.as_secs())
    }

    #[test]
    fn an_idle_source_has_no_lag_and_a_silent_one_grows_old() {
        let mut f = Freshness::default();
        assert_eq!(lag(&f, 0), None);
        f.reach(&at("b.2", 500), source_time(10));
        assert_eq!(lag(&f, 10), None, "without a look the clocks cannot be compared");
        let (seen, now) = look(50, 500);
        f.looked(seen, now);
        assert_eq!(lag(&f, 50), Some(0));
        assert_eq!(lag(&f, 80), Some(0));
        assert_eq!(lag(&f, 81), Some(31), "since the last look");
    }

    #[test]
    fn changes_that_wait_are_as_old_as_the_oldest() {
        let mut f = Freshness::default();
        let (seen, now) = look(10, 500);
        f.looked(seen, now);
        f.reach(&at("b.2", 500), 0);
        f.begun(source_time(12));
        f.begun(source_time(15));
        assert_eq!(lag(&f, 20), Some(8));
        f.committed();
        f.reach(&at("b.2", 600), source_time(14));
        assert_eq!(lag(&f, 20), Some(5));
        f.committed();
        f.reach(&at("b.2", 700), source_time(15));
        assert_eq!(lag(&f, 20), Some(0), "what is known of the source is in the target");
    }

    #[test]
    fn changes_that_are_not_read_yet_count_from_the_last_time_that_nothing_was_missing() {
        let mut f = Freshness::default();
        let (seen, now) = look(10, 500);
        f.looked(seen, now);
        f.reach(&at("b.2", 500), source_time(3));
        let (seen, now) = look(20, 900);
        f.looked(seen, now);
        assert_eq!(lag(&f, 25), Some(15));
        let behind = f.behind(25 * SECOND, PATIENCE);
        assert_eq!((behind.bytes, behind.headroom_bytes), (Some(400), Some(1500)));
        assert_eq!(behind.headroom, Some(Duration::from_secs(3585)));
    }

    #[test]
    fn bytes_go_across_files_and_a_purged_place_has_no_headroom() {
        let behind = |place: BinlogPosition| {
            let mut f = Freshness::default();
            let (seen, now) = look(10, 500);
            f.looked(seen, now);
            f.reach(&place, 0);
            let behind = f.behind(10 * SECOND, PATIENCE);
            (behind.bytes, behind.headroom_bytes)
        };
        assert_eq!(behind(at("b.1", 900)), (Some(600), Some(900)));
        assert_eq!(behind(at("b.0", 900)), (None, Some(0)));
        assert_eq!(behind(at("b.2", 777)), (Some(0), Some(1777)), "read on since the look");
        let other = BinlogPosition { server: "other".into(), ..at("b.1", 900) };
        assert_eq!(behind(other), (None, None));
    }
}
