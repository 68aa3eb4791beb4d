//! How much a leg may send: packets, bytes and streams, counted before anything is decrypted. Pure.

use std::time::Duration;

use tokio::time::Instant;

/// Streams of one leg that are alive at a time: sound, camera and screen with their repairs, twice for a while when they change.
pub(super) const MAX_STREAMS: usize = 12;

/// A stream that was silent for so long makes room for another.
const STREAM_MEMORY: Duration = Duration::from_secs(10);

/// What is let through in a second, and as much at once after a second of rest.
#[derive(Debug)]
pub(super) struct Bucket {
    per_second: u32,
    left: f64,
    filled_at: Instant,
}

impl Bucket {
    /// A full one.
    pub(super) fn new(per_second: u32, now: Instant) -> Self {
        Self { per_second, left: f64::from(per_second), filled_at: now }
    }

    /// Take out `amount`, where there is as much.
    pub(super) fn take(&mut self, amount: u32, now: Instant) -> bool {
        let passed = now.saturating_duration_since(self.filled_at).as_secs_f64();
        let most = f64::from(self.per_second);
        self.left = passed.mul_add(most, self.left).min(most);
        self.filled_at = now;
        let enough = self.left >= f64::from(amount);
        if enough {
            self.left -= f64::from(amount);
        }
        enough
    }
}

/// The streams (SSRCs) of a leg.
#[derive(Debug, Default)]
pub(super) struct Streams(Vec<(u32, Instant)>);

impl Streams {
    /// Whether packets of this stream are taken.
    pub(super) fn know(&mut self, ssrc: u32, now: Instant) -> bool {
        if let Some((_, last)) = self.0.iter_mut().find(|(known, _)| *known == ssrc) {
            *last = now;
            return true;
        }
        if self.0.len() == MAX_STREAMS {
            self.0.retain(|(_, last)| now.saturating_duration_since(*last) < STREAM_MEMORY);
        }
        let room = self.0.len() < MAX_STREAMS;
        if room {
            self.0.push((ssrc, now));
        }
        room
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_gives_a_second_worth_at_once_and_then_as_it_fills() {
        let begin = Instant::now();
        let mut bucket = Bucket::new(10, begin);
        assert_eq!((0..100).filter(|_| bucket.take(1, begin)).count(), 10);
        let later = begin + Duration::from_millis(501);
        assert_eq!((0..100).filter(|_| bucket.take(1, later)).count(), 5);
        let much_later = begin + Duration::from_secs(3600);
        assert!(!bucket.take(11, much_later) && bucket.take(10, much_later));
    }

    #[test]
    fn streams_beyond_the_limit_wait_until_others_fell_silent() {
        let (begin, mut streams) = (Instant::now(), Streams::default());
        let many = u32::try_from(MAX_STREAMS).unwrap();
        assert!((0..many).all(|ssrc| streams.know(ssrc, begin)));
        assert!(!streams.know(many, begin));
        let later = begin + STREAM_MEMORY;
        assert!(streams.know(0, later));
        assert!(streams.know(many, later));
        assert!(streams.know(0, later), "a stream that is heard stays");
    }
}
