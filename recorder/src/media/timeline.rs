//! Puts a leg on the recording's timeline: `time here = leg time + delay`.
//!
//! The delay is the shortest that any packet of the leg needed within the last half minute. It follows the sender's clock when
//! that runs faster or slower than ours, slowly, so that two legs stay together for hours and no picture jumps. Only a leg that
//! began while its sender was short of breath is moved at once, as soon as that is known.

#![expect(clippy::cast_precision_loss, reason = "differences of NTP time are seconds in an f64")]

/// Seconds a second. A longer way through the network looks like a slow clock: this is ten times what quartz is off.
const SLEW_LATER: f64 = 0.0005;
/// A packet that came faster than all before is proof.
const SLEW_EARLIER: f64 = 0.005;

/// When packets came faster by so much than any before, and for so long, the delay was far too long, and is set right at once.
/// More than a second is a clock that was set, or a lie.
const FAR: std::ops::Range<f64> = -1.0..-0.015;
const SURE_AFTER: f64 = 2.0;

/// What all tracks of a leg share.
#[derive(Debug, Default)]
pub(super) struct LegClock {
    /// The first NTP time: leg time counts from there.
    first: Option<u64>,
    offset: f64,
    /// The delay in use. None: nothing has been placed yet.
    delay: Option<f64>,
    /// It was so by reports from the start.
    sure: bool,
    /// For so many seconds the delay has been far too long.
    too_long_for: f64,
}

impl LegClock {
    /// Leg time of an NTP time. `expected`: what it would be by the tracks that were placed by arrival, when this is the first.
    pub(super) fn time(&mut self, ntp: u64, expected: Option<f64>) -> f64 {
        let first = *self.first.get_or_insert_with(|| {
            self.offset = expected.unwrap_or_default();
            ntp
        });
        let fractions = ntp.wrapping_sub(first).cast_signed();
        fractions as f64 / 4_294_967_296.0 + self.offset
    }

    pub(super) fn delay(&self) -> Option<f64> {
        self.delay
    }

    /// Tracks are placed. If they are the first, this is the delay, by their reports. Gives the one in use.
    pub(super) fn start(&mut self, reported: Option<f64>) -> f64 {
        *self.delay.get_or_insert_with(|| {
            self.sure = reported.is_some();
            reported.unwrap_or_default()
        })
    }

    /// So much time has passed, and this would be the right delay.
    pub(super) fn slew(&mut self, target: Option<f64>, passed: f64) {
        let (Some(delay), Some(target)) = (&mut self.delay, target) else { return };
        let off = target - *delay;
        self.too_long_for = if self.sure && FAR.contains(&off) { self.too_long_for + passed } else { 0.0 };
        if self.too_long_for >= SURE_AFTER {
            self.too_long_for = 0.0;
            *delay = target;
        } else {
            *delay += off.clamp(-SLEW_EARLIER * passed, SLEW_LATER * passed);
        }
    }
}
