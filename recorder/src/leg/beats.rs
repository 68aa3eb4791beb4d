//! Work of all legs is done in beats. To wait for each datagram and each timer by itself wakes a thread some 80 times a second for
//! each leg, which costs more than most of what it wakes up for.

use std::time::Duration;

use tokio::time::Instant;

/// From one beat to the next: how often sockets are looked at while there are legs, and what timers are rounded up to. A third of
/// the time between two pictures. Senders that watch for congestion see such unrest on every wireless network.
const BEAT: Duration = Duration::from_millis(10);

/// Nothing is waited for longer.
const FAR: Duration = Duration::from_hours(24);

/// When the beats are.
#[derive(Debug)]
pub(crate) struct Beats {
    began: Instant,
}

impl Beats {
    pub(super) fn begin() -> Self {
        Self { began: Instant::now() }
    }

    /// The next one.
    pub(super) fn next(&self) -> Instant {
        self.after(Duration::ZERO)
    }

    /// The first one that is later by so much. What is to be done at about the same time is done at the same.
    pub(crate) fn after(&self, wait: Duration) -> Instant {
        let since = self.began.elapsed() + wait.min(FAR);
        let into = since.as_nanos() % BEAT.as_nanos();
        let left = BEAT.saturating_sub(Duration::from_nanos(u64::try_from(into).unwrap_or_default()));
        self.began + since + left
    }
}
