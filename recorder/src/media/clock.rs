//! Two clocks for each track: the sender's, by its sender reports, and ours, by when packets arrive.
//!
//! *Leg time* is the sender's clock in seconds; all tracks of a leg share it, so that the network has no say in how sound and
//! picture fit together. [`LegClock`](super::timeline::LegClock) puts leg time on the recording's timeline.

#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "RTP ticks of some days are seconds in an f64"
)]

use std::collections::VecDeque;

/// Reports that the fit is made from: 20 s to 100 s.
const MAX_REPORTS: usize = 20;
/// With fewer, or over a shorter time, the clock's rate is taken for the nominal one.
const REPORTS_FOR_RATE: usize = 4;
const SPAN_FOR_RATE: f64 = 5.0;
/// Sound cards are off by less: more is a wrong fit.
const MAX_RATE_ERROR: f64 = 300e-6;
/// A report is doubted when it is farther off than three standard deviations and this: senders are not exact to the ms.
const MIN_DOUBT: f64 = 0.010;
/// The same while there are too few reports for a deviation.
const FIRST_DOUBT: f64 = 0.150;
/// So many doubted ones in a row that agree to within this are right, and what we believed is not.
const DOUBTS_TO_BELIEVE: usize = 3;
const AGREEMENT: f64 = 0.020;
/// Reports may place a track this far from where its arrival puts it, beside the other tracks. More is a clock that was set,
/// or a lie.
pub(super) const MAX_FROM_ARRIVAL: f64 = 0.5;
/// How fast a track is moved to where a better fit puts it.
const SLEW: f64 = 0.010;
/// Where reports prove that it is farther off than this, it is not moved slowly: lips would be wrong for long.
const JUMP: f64 = 0.1;
/// The shortest way through the network is looked for within so many seconds.
const FLOOR_SECONDS: i64 = 30;

/// And what is true now within so many.
const RECENT_SECONDS: i64 = 3;

/// Leg time as a function of ticks.
#[derive(Debug, Clone, Copy)]
struct Line {
    at: i64,
    value: f64,
    /// Seconds a tick.
    slope: f64,
}

impl Line {
    fn at(self, ticks: i64) -> f64 {
        self.value + (ticks - self.at) as f64 * self.slope
    }
}

#[derive(Debug, Clone, Copy)]
struct Report {
    time: f64,
    ticks: i64,
}

/// The packet of a second that came through the network fastest.
#[derive(Debug, Clone, Copy)]
struct Fastest {
    second: i64,
    arrival: f64,
    ticks: i64,
}

/// Both clocks of one stream.
#[derive(Debug)]
pub(super) struct TrackClock {
    /// Seconds a tick, as the codec says.
    nominal: f64,
    /// The highest RTP time so far, without its wrapping.
    highest: Option<i64>,
    /// Ticks for which the sender's RTP clock stood still.
    shift: i64,
    /// Seconds by which the sender's clock was set while we listened.
    step: f64,
    reports: VecDeque<Report>,
    doubted: Vec<Report>,
    deviation: f64,
    line: Option<Line>,
    /// The line comes from reports, not from arrival.
    reported: bool,
    /// By arrival alone the clock seems to have stood still: the next report says whether it did.
    provisional: bool,
    /// How far the line in use still is from the best one.
    lag: f64,
    /// Frames may be given their time.
    placed: bool,
    floor: VecDeque<Fastest>,
}

impl TrackClock {
    pub(super) fn new(rate: u32) -> Self {
        Self {
            nominal: 1.0 / f64::from(rate),
            highest: None,
            shift: 0,
            step: 0.0,
            reports: VecDeque::new(),
            doubted: Vec::new(),
            deviation: 0.0,
            line: None,
            reported: false,
            provisional: false,
            lag: 0.0,
            placed: false,
            floor: VecDeque::new(),
        }
    }

    /// RTP time without its wrapping, as the sender counts it.
    pub(super) fn unwrap_ticks(&mut self, timestamp: u32) -> i64 {
        let ticks = self.near(timestamp);
        self.highest = Some(self.highest.map_or(ticks, |highest| highest.max(ticks)));
        ticks
    }

    /// The same where the clock never stood still.
    pub(super) fn shifted(&self, sent: i64) -> i64 {
        sent + self.shift
    }

    fn near(&self, timestamp: u32) -> i64 {
        let Some(highest) = self.highest else { return i64::from(timestamp) };
        let low = highest.rem_euclid(1 << 32) as u32;
        highest + i64::from(timestamp.wrapping_sub(low).cast_signed())
    }

    /// A packet of this time has arrived.
    pub(super) fn on_packet(&mut self, ticks: i64, arrival: f64) {
        let second = arrival.floor() as i64;
        let delay = |of: &Fastest| of.arrival - of.ticks as f64 * self.nominal;
        let new = Fastest { second, arrival, ticks };
        match self.floor.back_mut().filter(|last| last.second >= second) {
            Some(last) if delay(&new) < delay(last) => *last = Fastest { second: last.second, ..new },
            Some(_) => {}
            None => self.floor.push_back(new),
        }
        while self.floor.front().is_some_and(|first| first.second <= second - FLOOR_SECONDS) {
            self.floor.pop_front();
        }
    }

    /// A sender report says that this leg time and this RTP time are the same. `delay`: from leg time to ours, if it is known.
    pub(super) fn on_report(&mut self, time: f64, rtp: u32, delay: Option<f64>) {
        let sent = self.near(rtp);
        self.highest.get_or_insert(sent);
        let ticks = self.shifted(sent);
        let report = Report { time: time - self.step, ticks };
        if std::mem::take(&mut self.provisional) {
            self.doubted = vec![report];
            self.believe(report);
            return;
        }
        match self.line {
            Some(line) if (report.time - line.at(ticks)).abs() > self.doubt_beyond() => {
                self.doubt(report, line, delay);
            }
            _ => {
                self.doubted.clear();
                self.reports.push_back(report);
                if self.reports.len() > MAX_REPORTS {
                    self.reports.pop_front();
                }
                self.fit();
            }
        }
    }

    /// The reports that were doubted are right, and what was believed before is not.
    fn believe(&mut self, last: Report) {
        let mut doubted = std::mem::take(&mut self.doubted);
        if let Some(by) = self.line.map(|line| last.time - line.at(last.ticks)).filter(|by| by.abs() > JUMP) {
            // What came before stays where it was.
            let before = self.shift;
            self.stood_still(by);
            for report in &mut doubted {
                report.ticks += self.shift - before;
            }
        }
        self.reports = doubted.into();
        self.fit();
    }

    fn doubt_beyond(&self) -> f64 {
        if self.reports.len() >= REPORTS_FOR_RATE {
            (3.0 * self.deviation).max(MIN_DOUBT)
        } else if self.reported {
            FIRST_DOUBT
        } else {
            MAX_FROM_ARRIVAL
        }
    }

    fn doubt(&mut self, report: Report, line: Line, delay: Option<f64>) {
        let offset = |of: &Report| of.time - of.ticks as f64 * self.nominal;
        if self.doubted.last().is_some_and(|last| (offset(last) - offset(&report)).abs() > AGREEMENT) {
            self.doubted.clear();
        }
        self.doubted.push(report);
        if self.doubted.len() < DOUBTS_TO_BELIEVE {
            return;
        }
        let by = report.time - line.at(report.ticks);
        let far = match (self.residual_since(RECENT_SECONDS), delay) {
            (Some(residual), Some(delay)) => (residual - by - delay).abs() > MAX_FROM_ARRIVAL,
            (None, _) | (_, None) => false,
        };
        if far {
            // A sender whose clock was set says so in all its tracks, at different times: it is left out.
            self.step += by;
            self.doubted.iter_mut().for_each(|doubted| doubted.time -= by);
        }
        self.believe(Report { time: report.time - if far { by } else { 0.0 }, ..report });
    }

    /// The line through the reports; what is in use follows it slowly.
    fn fit(&mut self) {
        let Some(last) = self.reports.back().copied() else { return };
        // Where each report lies, seen from a clock of the nominal rate that agrees with the last one.
        let points: Vec<(f64, f64)> = self
            .reports
            .iter()
            .map(|of| {
                let along = (of.ticks - last.ticks) as f64 * self.nominal;
                (along, of.time - last.time - along)
            })
            .collect();
        let (offset, error) = fit(&points);
        let squares: f64 = points.iter().map(|(along, off)| (off - offset - error * along).powi(2)).sum();
        self.deviation = (squares / (points.len().max(3) - 2) as f64).sqrt();
        self.reported = true;
        self.replace(Line { at: last.ticks, value: last.time + offset, slope: self.nominal * (1.0 + error) });
    }

    fn replace(&mut self, line: Line) {
        let here = self.shifted(self.highest.unwrap_or(line.at));
        if let Some(old) = self.line.replace(line) {
            self.lag += old.at(here) - line.at(here);
        }
    }

    /// How long the fastest packets were on their way: from leg time to ours.
    pub(super) fn residual(&self) -> Option<f64> {
        self.residual_since(FLOOR_SECONDS)
    }

    /// The same of the last seconds.
    fn residual_since(&self, seconds: i64) -> Option<f64> {
        let line = self.line?;
        let since = self.floor.back()?.second - seconds;
        let recent = self.floor.iter().filter(|of| of.second > since);
        recent.map(|of| of.arrival - line.at(of.ticks)).reduce(f64::min)
    }

    /// The same, by reports only, and only while packets come.
    pub(super) fn reported_residual(&self, now: f64) -> Option<f64> {
        let newest = self.floor.back()?.second;
        self.residual().filter(|_| self.reported && now as i64 - newest < FLOOR_SECONDS)
    }

    pub(super) fn is_reported(&self) -> bool {
        self.reported
    }

    pub(super) fn is_placed(&self) -> bool {
        self.placed
    }

    /// Without reports: the fastest packets took so long.
    pub(super) fn assume(&mut self, delay: f64) {
        let Some(last) = self.floor.back().copied() else { return };
        let offset = |of: &Fastest| of.arrival - of.ticks as f64 * self.nominal;
        let Some(least) = self.floor.iter().map(offset).reduce(f64::min) else { return };
        let value = last.ticks as f64 * self.nominal + least - delay;
        self.replace(Line { at: last.ticks, value, slope: self.nominal });
    }

    /// From here on frames have a time; what was believed before matters to nobody. Reports that contradict arrival do not
    /// count.
    pub(super) fn place(&mut self, delay: f64) {
        if let Some(residual) = self.residual().filter(|_| self.reported)
            && (residual - delay).abs() > MAX_FROM_ARRIVAL
        {
            let by = residual - delay;
            self.step -= by;
            for report in &mut self.reports {
                report.time += by;
            }
            if let Some(line) = &mut self.line {
                line.value += by;
            }
        }
        self.lag = 0.0;
        self.placed = true;
    }

    /// The leg time of a frame.
    pub(super) fn at(&self, ticks: i64) -> Option<f64> {
        self.line.map(|line| line.at(ticks) + self.lag)
    }

    /// The leg time that the report of this RTP time would have, if nothing changed.
    pub(super) fn expected(&self, rtp: u32) -> Option<f64> {
        self.highest.and_then(|_| self.at(self.shifted(self.near(rtp))))
    }

    /// So much time has passed.
    pub(super) fn slew(&mut self, passed: f64) {
        let step = SLEW * passed;
        self.lag -= self.lag.clamp(-step, step);
    }

    /// How much later than its time says a packet came, beside the fastest of the last half minute. `sent`: as the sender
    /// counts it.
    pub(super) fn late_by(&self, sent: i64, arrival: f64) -> Option<f64> {
        let line = self.line.unwrap_or(Line { at: 0, value: 0.0, slope: self.nominal });
        let before = self.floor.iter().map(|of| of.arrival - line.at(of.ticks)).reduce(f64::min)?;
        Some(arrival - line.at(self.shifted(sent)) - before)
    }

    /// For how long the clock has stood still by this report.
    pub(super) fn stood_by(&self, time: f64, rtp: u32) -> Option<f64> {
        self.leg_time(self.near(rtp)).map(|at| time - self.step - at)
    }

    /// The leg time of a packet by the reports so far, if the clock did not stand still. `sent`: as the sender counts it.
    pub(super) fn leg_time(&self, sent: i64) -> Option<f64> {
        self.line.filter(|_| self.reported).map(|line| line.at(self.shifted(sent)))
    }

    /// The sender's RTP clock stood still for so long, as a report says.
    pub(super) fn stood_still(&mut self, seconds: f64) {
        self.shift += (seconds / self.nominal).round() as i64;
        self.reports.clear();
        self.doubted.clear();
    }

    /// The same, as far as one can see from arrival.
    pub(super) fn seems_to_have_stood_still(&mut self, seconds: f64) {
        self.stood_still(seconds);
        self.provisional = self.reported;
    }
}

/// Offset and rate error of the line through the points. With few of them, the median and none.
fn fit(points: &[(f64, f64)]) -> (f64, f64) {
    let span = points.iter().fold(0.0_f64, |span, (along, _)| span.max(along.abs()));
    let count = points.len() as f64;
    if points.len() >= REPORTS_FOR_RATE && span >= SPAN_FOR_RATE {
        let mean_along = points.iter().map(|(along, _)| along).sum::<f64>() / count;
        let mean_off = points.iter().map(|(_, off)| off).sum::<f64>() / count;
        let (mut both, mut square) = (0.0, 0.0);
        for (along, off) in points {
            both += (along - mean_along) * (off - mean_off);
            square += (along - mean_along).powi(2);
        }
        let error = both / square;
        if error.abs() <= MAX_RATE_ERROR {
            return (mean_off - error * mean_along, error);
        }
    }
    let mut offs: Vec<f64> = points.iter().map(|(_, off)| *off).collect();
    offs.sort_by(f64::total_cmp);
    let low = offs.get(offs.len().saturating_sub(1) / 2).copied().unwrap_or_default();
    let high = offs.get(offs.len() / 2).copied().unwrap_or_default();
    (f64::midpoint(low, high), 0.0)
}
