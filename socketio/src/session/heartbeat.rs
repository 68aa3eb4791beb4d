//! The heartbeat, by deadlines that build on each other: however late somebody looks, the end is where it should be.

use std::time::Duration;

use tokio::time::Instant;

/// Where the heartbeat stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heartbeat {
    /// The next ping is due then.
    Resting(Instant),
    /// The pong must have come by then.
    Pinged(Instant),
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Beat {
    Nothing,
    Ping,
    Dead,
}

impl Heartbeat {
    pub(super) fn new(now: Instant, interval: Duration) -> Self {
        Self::Resting(now + interval)
    }

    pub(super) fn deadline(self) -> Instant {
        match self {
            Self::Resting(at) | Self::Pinged(at) => at,
        }
    }

    /// Looks at the clock.
    pub(super) fn beat(&mut self, now: Instant, timeout: Duration) -> Beat {
        match *self {
            Self::Resting(at) if now >= at + timeout => Beat::Dead,
            Self::Resting(at) if now >= at => {
                *self = Self::Pinged(at + timeout);
                Beat::Ping
            }
            Self::Pinged(by) if now >= by => Beat::Dead,
            Self::Resting(_) | Self::Pinged(_) => Beat::Nothing,
        }
    }

    /// A pong came. One that nobody asked for is tolerated: several clients send it.
    pub(super) fn pong(&mut self, now: Instant, interval: Duration) {
        if matches!(self, Self::Pinged(_)) {
            *self = Self::Resting(now + interval);
        }
    }

    /// Gives a client that was pinged the whole time again.
    pub(super) fn extend(&mut self, now: Instant, timeout: Duration) {
        if let Self::Pinged(by) = self {
            *by = now + timeout;
        }
    }

    /// Nothing is read at present, so nobody can say that there is no pong: begins anew when the time is over. Whether it did.
    pub(super) fn excuse(&mut self, now: Instant, timeout: Duration) -> bool {
        match self {
            Self::Pinged(by) if now >= *by => {
                *by = now + timeout;
                true
            }
            Self::Pinged(_) | Self::Resting(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use super::{Beat, Heartbeat};

    const INTERVAL: Duration = Duration::from_millis(300);
    const TIMEOUT: Duration = Duration::from_millis(200);

    #[test]
    fn a_silent_client_dies_after_interval_and_timeout_however_late_one_looks() {
        let start = Instant::now();
        for look in [300, 350, 499] {
            let mut heartbeat = Heartbeat::new(start, INTERVAL);
            assert_eq!(heartbeat.beat(start + Duration::from_millis(look), TIMEOUT), Beat::Ping);
            assert_eq!(heartbeat.beat(start + Duration::from_millis(499), TIMEOUT), Beat::Nothing);
            assert_eq!(heartbeat.beat(start + Duration::from_millis(500), TIMEOUT), Beat::Dead);
        }
        assert_eq!(
            Heartbeat::new(start, INTERVAL).beat(start + Duration::from_millis(500), TIMEOUT),
            Beat::Dead
        );
    }

    #[test]
    fn the_next_ping_comes_an_interval_after_the_pong_and_a_surplus_pong_changes_nothing() {
        let start = Instant::now();
        let mut heartbeat = Heartbeat::new(start, INTERVAL);
        heartbeat.pong(start + Duration::from_millis(200), INTERVAL);
        assert_eq!(heartbeat.deadline(), start + INTERVAL);
        assert_eq!(heartbeat.beat(start + INTERVAL, TIMEOUT), Beat::Ping);
        heartbeat.pong(start + Duration::from_millis(310), INTERVAL);
        assert_eq!(heartbeat.deadline(), start + Duration::from_millis(610));
    }
}
