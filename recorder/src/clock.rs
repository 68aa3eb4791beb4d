//! What time it is on a recording's timeline.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

/// The timeline of one recording. It follows the machine's steady clock, however the time of day is set meanwhile.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timeline {
    /// A moment of the steady clock, and where on the timeline it is.
    anchor: Instant,
    anchored_at: Duration,
    epoch_ms: i64,
}

impl Timeline {
    /// The timeline that begins at this moment of the day, in unix milliseconds.
    pub(crate) fn since(epoch_ms: i64) -> Self {
        let passed = unix_ms().saturating_sub(epoch_ms);
        let anchored_at = Duration::from_millis(u64::try_from(passed).unwrap_or(0));
        Self { anchor: Instant::now(), anchored_at, epoch_ms }
    }

    pub(crate) fn epoch_ms(&self) -> i64 {
        self.epoch_ms
    }

    pub(crate) fn at(&self, moment: Instant) -> Duration {
        match moment.checked_duration_since(self.anchor) {
            Some(later) => self.anchored_at + later,
            None => self.anchored_at.saturating_sub(self.anchor.saturating_duration_since(moment)),
        }
    }

    pub(crate) fn now(&self) -> Duration {
        self.at(Instant::now())
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place where a recorder asks for the time of day")]
fn unix_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
