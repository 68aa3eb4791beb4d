//! How long to measure, and how to say what came of it.

use std::{fmt, time::Duration};

/// How long to measure.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Long enough for figures that can be told to somebody.
    Whole,
    /// Just to see that it runs.
    Quick,
}

impl Mode {
    /// Each measurement.
    pub fn duration(self) -> Duration {
        match self {
            Self::Whole => Duration::from_secs(4),
            Self::Quick => Duration::from_millis(800),
        }
    }

    /// Before each measurement.
    pub fn warm_up(self) -> Duration {
        self.duration() / 4
    }
}

/// How long most took.
#[derive(Clone, Copy)]
pub struct Latency {
    /// Half of them took no longer.
    pub p50: Duration,
    /// All but one of a hundred took no longer.
    pub p99: Duration,
}

impl Latency {
    /// Of these.
    pub fn of(mut all: Vec<Duration>) -> Self {
        all.sort_unstable();
        let quantile = |percent: usize| {
            all.get((all.len() * percent / 100).min(all.len().saturating_sub(1))).copied().unwrap_or_default()
        };
        Self { p50: quantile(50), p99: quantile(99) }
    }
}

/// A time in microseconds, or in milliseconds where it is long.
pub struct Time(pub Duration);

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let us = self.0.as_secs_f64() * 1e6;
        let text = if us < 1_000.0 { format!("{us:.1} µs") } else { format!("{:.2} ms", us / 1e3) };
        f.pad(&text)
    }
}
