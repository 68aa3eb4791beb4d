//! Token buckets. Time is a parameter, and a session carries four of them: no library gives a bucket of
//! twelve bytes that is driven by a clock of ours.

use std::time::Duration;

/// What a bucket allows: so many a second, so many at once.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// Refilled each second.
    pub per_second: f32,
    /// How many may come at once.
    pub burst: f32,
}

/// How full a bucket is. Starts full.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bucket {
    used: f32,
    at_ms: u64,
}

impl Bucket {
    /// A full bucket.
    pub const fn new() -> Self {
        Self { used: 0.0, at_ms: 0 }
    }

    /// Take one; else how long until there is one. `now_ms` counts from any fixed moment.
    pub fn take(&mut self, rate: Rate, now_ms: u64) -> Result<(), Duration> {
        let passed_ms = now_ms.saturating_sub(self.at_ms);
        let refilled = Duration::from_millis(passed_ms).as_secs_f32() * rate.per_second;
        self.used = (self.used - refilled).max(0.0);
        self.at_ms = now_ms;
        if self.used + 1.0 <= rate.burst {
            self.used += 1.0;
            Ok(())
        } else {
            Err(Duration::from_secs_f32((self.used + 1.0 - rate.burst) / rate.per_second))
        }
    }
}

impl Default for Bucket {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { per_second: 5.0, burst: 20.0 };

    #[test]
    fn a_burst_passes_and_what_follows_waits_for_its_share() {
        let mut bucket = Bucket::new();
        assert!((0..20).all(|_| bucket.take(RATE, 1_000).is_ok()));
        let wait = bucket.take(RATE, 1_000).unwrap_err();
        assert!((195..=205).contains(&wait.as_millis()), "{wait:?}");
        assert!(bucket.take(RATE, 1_201).is_ok());
        assert!(bucket.take(RATE, 1_201).is_err());
    }
}
