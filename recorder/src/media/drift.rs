//! How fast a sender's clock runs beside ours, by the delay that puts its leg on our timeline: a clock that runs fast makes it
//! shrink. Each point is the shortest delay of half a minute, so that the network has little say in it.

/// A point in so many seconds: the shortest delay is looked for as long.
const EVERY: f64 = 30.0;
/// Points that are kept. When there are more, every second one has to do.
const MAX_POINTS: usize = 32;
/// With fewer points than this, two minutes, a few milliseconds of the network would look like a clock.
const POINTS_FOR_DRIFT: usize = 5;
/// More than any quartz is off within the time of a point, in seconds: the way through the network has changed, or a clock was
/// set.
const STEP: f64 = 0.015;

/// The drift of a leg, as far as it is measured.
#[derive(Debug)]
pub(super) struct Drift {
    /// When, and the delay at that time; both in seconds.
    points: Vec<(f64, f64)>,
    every: f64,
    ppm: Option<f64>,
}

impl Default for Drift {
    fn default() -> Self {
        Self { points: Vec::new(), every: EVERY, ppm: None }
    }
}

impl Drift {
    /// This is the shortest delay of late.
    pub(super) fn note(&mut self, now: f64, delay: f64) {
        if let Some((at, before)) = self.points.last() {
            if now - at < self.every {
                return;
            }
            if (delay - before).abs() > STEP * (self.every / EVERY) {
                // What was measured before remains true until as much is known of the time since.
                self.points.clear();
                self.every = EVERY;
            }
        }
        self.points.push((now, delay));
        if self.points.len() > MAX_POINTS {
            let mut number = 0;
            self.points.retain(|_| {
                number += 1;
                number % 2 == 1
            });
            self.every *= 2.0;
        }
        if self.points.len() >= POINTS_FOR_DRIFT {
            self.ppm = Some(-median_slope(&self.points) * 1e6);
        }
    }

    /// Parts in a million by which the sender's clock runs fast. None: too little was measured.
    #[expect(clippy::cast_possible_truncation, reason = "rounded, and some hundreds at most")]
    pub(super) fn ppm(&self) -> Option<i32> {
        self.ppm.map(|ppm| ppm.round() as i32)
    }
}

/// The median of the slopes between all points: a few that are off do not matter.
fn median_slope(points: &[(f64, f64)]) -> f64 {
    let pairs = points.iter().enumerate().flat_map(|(place, one)| {
        points.iter().skip(place + 1).map(move |other| (other.1 - one.1) / (other.0 - one.0))
    });
    let mut slopes: Vec<f64> = pairs.collect();
    slopes.sort_by(f64::total_cmp);
    slopes.get(slopes.len() / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is said after so many minutes by a clock of this drift, where the delay is this besides.
    fn measured(minutes: u32, ppm: f64, delay: impl Fn(f64) -> f64) -> Option<i32> {
        let mut drift = Drift::default();
        for second in 0..minutes * 60 {
            let now = f64::from(second);
            drift.note(now, delay(now) - now * ppm * 1e-6);
        }
        drift.ppm()
    }

    #[test]
    fn two_minutes_say_how_fast_a_clock_runs_and_less_says_nothing() {
        assert_eq!(measured(2, 40.0, |_| 0.02), None);
        assert_eq!(measured(3, 40.0, |_| 0.02), Some(40));
        assert_eq!(measured(600, -25.0, |_| 0.02), Some(-25));
    }

    #[test]
    fn a_longer_way_through_the_network_is_no_drift() {
        let moved = |now: f64| if now < 1_000.0 { 0.02 } else { 0.06 };
        assert_eq!(measured(60, 40.0, moved), Some(40));
        let hiccup = |now: f64| if (600.0..660.0).contains(&now) { 0.03 } else { 0.02 };
        assert_eq!(measured(60, 40.0, hiccup), Some(40));
    }
}
