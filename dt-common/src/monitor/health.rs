//! Whether a task has started and both ends answer.

use std::time::{Duration, Instant};

/// What is known of both ends.
#[derive(Debug, Default)]
pub(super) struct Health {
    pub(super) source: Source,
    /// The target has been taken over and fits.
    pub(super) target_ready: bool,
    /// Since when the batch in flight has been committing.
    pub(super) committing: Option<Instant>,
}

/// The stream or the copy.
#[derive(Debug, Default, Clone, Copy)]
pub(super) enum Source {
    /// Not open yet.
    #[default]
    Starting,
    /// Open.
    Open,
    /// It was open and is being opened anew.
    Away(Instant),
}

impl Health {
    /// `Ok` when the task does what it is there for; else why not. An end may be away for `patience` before that counts.
    pub(super) fn readiness(&self, patience: Duration, now: Instant) -> Result<(), String> {
        if !self.target_ready {
            return Err("starting: the target is not taken over yet".to_owned());
        }
        let long =
            |since: Instant| Some(now.saturating_duration_since(since)).filter(|time| *time > patience);
        match self.source {
            Source::Starting => return Err("starting: the source is not being read yet".to_owned()),
            Source::Away(since) => {
                if let Some(time) = long(since) {
                    return Err(format!("the source has been unreachable for {} s", time.as_secs()));
                }
            }
            Source::Open => {}
        }
        match self.committing.and_then(long) {
            Some(time) => {
                Err(format!("the target has not committed the batch in flight for {} s", time.as_secs()))
            }
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_may_be_away_for_a_while() {
        let (start, patience) = (Instant::now(), Duration::from_secs(30));
        let says = |health: &Health, seconds| {
            health.readiness(patience, start + Duration::from_secs(seconds)).err().unwrap_or_default()
        };
        let mut health = Health::default();
        assert!(says(&health, 0).contains("target is not taken over"));
        health.target_ready = true;
        assert!(says(&health, 0).contains("source is not being read"));
        health.source = Source::Away(start);
        assert_eq!(says(&health, 30), "");
        assert_eq!(says(&health, 31), "the source has been unreachable for 31 s");
        health.source = Source::Open;
        health.committing = Some(start);
        assert_eq!(says(&health, 30), "");
        assert!(says(&health, 40).contains("the target has not committed"));
    }
}
