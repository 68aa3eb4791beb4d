//! The time, as a parameter: everything that asks for it asks a [`Clock`], so that a test owns it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, SubsecRound, Utc};
use tokio::time::Instant;

/// Tells the time of day and a time that never runs backwards. Cloning it gives the same clock.
#[derive(Debug, Clone)]
pub struct Clock {
    started: Instant,
    source: Source,
}

#[derive(Debug, Clone)]
enum Source {
    System,
    /// Starts at a given time, follows tokio's time (paused or not) and can be moved on.
    Test {
        start: DateTime<Utc>,
        moved_ms: Arc<AtomicU64>,
    },
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self { started: Instant::now(), source: Source::System }
    }

    /// A clock that stands at `start`, runs with tokio's time and is moved by [`Clock::advance`].
    pub fn test(start: DateTime<Utc>) -> Self {
        let source = Source::Test { start, moved_ms: Arc::default() };
        Self { started: Instant::now(), source }
    }

    /// The time of day, in whole milliseconds as it stands on the wire and in the store.
    pub fn now(&self) -> DateTime<Utc> {
        let now = match &self.source {
            Source::System => system_now(),
            Source::Test { start, .. } => *start + self.monotonic(),
        };
        now.trunc_subsecs(3)
    }

    /// Time since this clock was made; never runs backwards.
    pub fn monotonic(&self) -> Duration {
        let elapsed = self.started.elapsed();
        match &self.source {
            Source::System => elapsed,
            Source::Test { moved_ms, .. } => elapsed + Duration::from_millis(moved_ms.load(Ordering::SeqCst)),
        }
    }

    /// The same in whole milliseconds.
    pub fn monotonic_ms(&self) -> u64 {
        u64::try_from(self.monotonic().as_millis()).unwrap_or(u64::MAX)
    }

    /// Move a test clock on; the machine's clock stays as it is.
    pub fn advance(&self, by: Duration) {
        if let Source::Test { moved_ms, .. } = &self.source {
            let by = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
            moved_ms.fetch_add(by, Ordering::SeqCst);
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the time of day")]
fn system_now() -> DateTime<Utc> {
    Utc::now()
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn a_test_clock_starts_where_it_is_told_and_is_moved_by_its_owner() {
        let start = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
        let clock = Clock::test(start);
        let same = clock.clone();
        same.advance(Duration::from_hours(1));
        let moved = clock.now() - start;
        assert!((TimeDelta::hours(1)..TimeDelta::minutes(61)).contains(&moved), "{moved}");
        assert!(clock.monotonic() >= Duration::from_hours(1));
    }

    #[test]
    fn the_time_of_day_has_whole_milliseconds() {
        assert_eq!(Clock::system().now().timestamp_subsec_nanos() % 1_000_000, 0);
    }
}
