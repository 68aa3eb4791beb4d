//! What the visits of a self-test were like, as a table.

use std::{
    fmt::{self, Write as _},
    time::Duration,
};

use bedside_peer::{
    call::Received,
    visit::{Report, Step},
};

use super::playback::Playback;

/// All visits of a run, in the order in which they ended.
#[derive(Debug, Default)]
pub(super) struct Figures {
    reports: Vec<Report>,
    playbacks: Vec<Playback>,
    shortfalls: Vec<String>,
}

impl Figures {
    pub(super) fn add(&mut self, visit: Result<(Report, Vec<Playback>), String>) {
        match visit {
            Ok((report, playbacks)) => {
                self.reports.push(report);
                self.playbacks.extend(playbacks);
            }
            Err(shortfall) => self.shortfalls.push(shortfall),
        }
    }

    /// How many visits fell short.
    pub(super) fn fallen_short(&self) -> usize {
        self.shortfalls.len()
    }

    /// Each step's name with its times, shortest first, in the order of the visit.
    fn steps(&self) -> Vec<(&'static str, Vec<Duration>)> {
        let mut steps: Vec<(&'static str, Vec<Duration>)> = Vec::new();
        for Step { name, took } in self.reports.iter().flat_map(|report| &report.steps) {
            match steps.iter_mut().find(|(known, _)| known == name) {
                Some((_, times)) => times.push(*took),
                None => steps.push((name, vec![*took])),
            }
        }
        for (_, times) in &mut steps {
            times.sort_unstable();
        }
        steps
    }

    fn media(&self) -> Received {
        let sides = self.reports.iter().flat_map(|report| [report.at_doctor, report.at_patient]);
        sides.fold(Received::default(), |sum, side| Received {
            audio_packets: sum.audio_packets + side.audio_packets,
            video_packets: sum.video_packets + side.video_packets,
            video_frames: sum.video_frames + side.video_frames,
            key_frames: sum.key_frames + side.key_frames,
            bytes: sum.bytes + side.bytes,
            lost: sum.lost + side.lost,
            longest_audio_gap: sum.longest_audio_gap.max(side.longest_audio_gap),
            longest_video_gap: sum.longest_video_gap.max(side.longest_video_gap),
        })
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<28} {:>9} {:>9}", "step", "p50", "p99")?;
        for (name, times) in self.steps() {
            writeln!(f, "{name:<28} {} {}", milliseconds(&times, 50), milliseconds(&times, 99))?;
        }
        let media = self.media();
        writeln!(
            f,
            "\nmedia received: {} Opus packets, {} VP8 packets, {} pictures shown ({} key frames), {} KiB, {} lost",
            media.audio_packets,
            media.video_packets,
            media.video_frames,
            media.key_frames,
            media.bytes / 1_024,
            media.lost,
        )?;
        let gap = media.longest_audio_gap.max(media.longest_video_gap);
        writeln!(f, "longest silence while a side reconnected: {} ms", gap.as_millis())?;
        for playback in &self.playbacks {
            writeln!(f, "recorded: {playback}")?;
        }
        for (place, shortfall) in self.shortfalls.iter().enumerate() {
            writeln!(f, "fell short {}: {shortfall}", place + 1)?;
        }
        let (held, all) = (self.reports.len(), self.reports.len() + self.shortfalls.len());
        write!(f, "\nvisits: {held} of {all} held what was promised")
    }
}

/// The time that so many percent of `times`, which are sorted, do not exceed (nearest rank).
fn percentile(times: &[Duration], percent: usize) -> Option<Duration> {
    let rank = (times.len() * percent).div_ceil(100);
    times.get(rank.saturating_sub(1)).copied()
}

fn milliseconds(times: &[Duration], percent: usize) -> String {
    let mut text = String::new();
    if let Some(time) = percentile(times, percent) {
        let micros = time.as_micros();
        // Writing to a string does not fail.
        let _written = write!(text, "{}.{} ms", micros / 1_000, micros % 1_000 / 100);
    }
    format!("{text:>9}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_the_nearest_rank() {
        let times: Vec<_> = (1..=10).map(Duration::from_millis).collect();
        for (percent, expected) in [(50, 5), (99, 10), (100, 10), (1, 1)] {
            assert_eq!(percentile(&times, percent), Some(Duration::from_millis(expected)));
        }
        assert_eq!(percentile(&[], 50), None);
    }

    #[test]
    fn a_visit_that_fell_short_shows_in_the_table_and_the_verdict() {
        let mut figures = Figures::default();
        let steps = vec![Step { name: "connect", took: Duration::from_micros(12_340) }];
        let (at_doctor, at_patient) = (Received::default(), Received::default());
        figures.add(Ok((Report { steps, at_doctor, at_patient, recording: None }, Vec::new())));
        figures.add(Err("admit: nobody was told".to_owned()));
        let text = figures.to_string();
        assert!(text.contains("connect                        12.3 ms   12.3 ms"), "{text}");
        assert!(text.contains("fell short 1: admit: nobody was told"), "{text}");
        assert!(text.ends_with("visits: 1 of 2 held what was promised"), "{text}");
        assert_eq!(figures.fallen_short(), 1);
    }
}
