//! What a recorded file shows of the flash and the beep: whether sound and picture, and two people, are in time.
//!
//! Each flash begins with a picture, and each beep with a packet, that is known by its payload. So nothing is decoded here,
//! and what is measured is what the file says, to a millisecond.

mod ebml;

use std::time::Duration;

use self::ebml::{Element, block, elements, float, unsigned};
use crate::call::clip::{Clip, Footage};

const SEGMENT: u32 = 0x1853_8067;
const INFO: u32 = 0x1549_a966;
const TIMESTAMP_SCALE: u32 = 0x2a_d7b1;
const DURATION: u32 = 0x4489;
const TRACKS: u32 = 0x1654_ae6b;
const TRACK_ENTRY: u32 = 0xae;
const TRACK_NUMBER: u32 = 0xd7;
const CODEC_ID: u32 = 0x86;
const CLUSTER: u32 = 0x1f43_b675;
const TIMESTAMP: u32 = 0xe7;
const SIMPLE_BLOCK: u32 = 0xa3;
const BLOCK_GROUP: u32 = 0xa0;
const BLOCK: u32 = 0xa1;
const CUES: u32 = 0x1c53_bb6b;

/// A flash belongs to a beep that is no farther from it than this: half of the time from one to the next, and less.
const SAME_SECOND_MS: f64 = 450.0;

/// A recorded file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Film {
    /// Its codecs as Matroska calls them, in the order of tracks.
    pub codecs: Vec<String>,
    /// How long it says that it is.
    pub duration: Option<Duration>,
    /// It has an index, so that one can seek.
    pub index: bool,
    /// It ends in the middle of an element.
    pub torn: bool,
    /// When its pictures are shown.
    pub pictures: Vec<Duration>,
    /// How many of them stand by themselves.
    pub key_frames: usize,
    /// When its packets of sound are heard.
    pub sounds: Vec<Duration>,
    /// When it turns white.
    pub flashes: Vec<Duration>,
    /// When it begins to beep.
    pub beeps: Vec<Duration>,
}

/// The file is no recording.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no Matroska file with tracks")]
pub struct NoFilm;

impl Film {
    /// Look into a file. One that is torn off shows what is whole.
    pub fn read(file: &[u8]) -> Result<Self, NoFilm> {
        let segment = elements(file).find(|element| element.id == SEGMENT).ok_or(NoFilm)?;
        let mut film = Self::default();
        let marks = Clip::of(Footage::FlashAndBeep);
        let mut tracks = Vec::new();
        let mut scale = 1_000_000;
        for Element { id, content, torn } in elements(segment.content) {
            film.torn |= torn;
            match id {
                INFO => film.take_info(content, &mut scale),
                TRACKS => tracks = film.take_tracks(content),
                CLUSTER => film.take_cluster(content, scale, &tracks, &marks),
                CUES => film.index = true,
                _ => {}
            }
        }
        if film.codecs.is_empty() { Err(NoFilm) } else { Ok(film) }
    }

    fn take_info(&mut self, content: &[u8], scale: &mut u64) {
        for element in elements(content) {
            if element.id == TIMESTAMP_SCALE {
                *scale = unsigned(element.content);
            }
        }
        let duration = elements(content).find(|element| element.id == DURATION);
        #[expect(clippy::cast_precision_loss, reason = "a scale is a million")]
        let seconds = duration.and_then(|it| float(it.content)).map(|ticks| ticks * *scale as f64 / 1e9);
        self.duration = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    }

    /// The numbers of the tracks, and whether they are heard.
    fn take_tracks(&mut self, content: &[u8]) -> Vec<(u64, bool)> {
        let mut tracks = Vec::new();
        for entry in elements(content).filter(|element| element.id == TRACK_ENTRY) {
            let find = |id| elements(entry.content).find(|element| element.id == id).map(|it| it.content);
            let codec = String::from_utf8_lossy(find(CODEC_ID).unwrap_or_default()).into_owned();
            tracks.push((unsigned(find(TRACK_NUMBER).unwrap_or_default()), codec.starts_with('A')));
            self.codecs.push(codec);
        }
        tracks
    }

    fn take_cluster(&mut self, content: &[u8], scale: u64, tracks: &[(u64, bool)], marks: &Clip) {
        let mut begins = 0;
        for element in elements(content) {
            let frame = match element.id {
                TIMESTAMP => {
                    begins = unsigned(element.content);
                    continue;
                }
                _ if element.torn => continue,
                SIMPLE_BLOCK => block(element.content),
                BLOCK_GROUP => elements(element.content)
                    .find(|inner| inner.id == BLOCK)
                    .and_then(|inner| block(inner.content)),
                _ => continue,
            };
            let Some(frame) = frame else { continue };
            let Some((_, heard)) = tracks.iter().find(|(track, _)| *track == frame.track) else { continue };
            let at = Duration::from_nanos(begins.saturating_add_signed(i64::from(frame.time)) * scale);
            if *heard {
                self.sounds.push(at);
                if marks.beeps().any(|beep| frame.frame == beep) {
                    self.beeps.push(at);
                }
            } else {
                self.pictures.push(at);
                self.key_frames += usize::from(frame.key);
                if marks.flashes().any(|flash| frame.frame.starts_with(flash)) {
                    self.flashes.push(at);
                }
            }
        }
    }

    /// How much later than its beep each flash is, in milliseconds.
    pub fn lip_sync(&self) -> Offsets {
        Offsets::between(&self.flashes, &self.beeps)
    }

    /// When the last of it is seen or heard.
    pub fn end(&self) -> Duration {
        self.pictures.iter().chain(&self.sounds).max().copied().unwrap_or_default()
    }
}

/// How far apart in time things are that should be at the same time, in milliseconds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Offsets {
    /// Of each, in order.
    pub ms: Vec<f64>,
}

impl Offsets {
    /// How much later than what is nearest in `others` each of `those` is. What has nothing near it is left out.
    pub fn between(those: &[Duration], others: &[Duration]) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "a recording has few microseconds for an f64")]
        let ms = |time: &Duration| time.as_micros() as f64 / 1e3;
        let nearest = |that: &Duration| {
            let offsets = others.iter().map(|other| ms(that) - ms(other));
            offsets.min_by(|one, two| one.abs().total_cmp(&two.abs())).filter(|it| it.abs() < SAME_SECOND_MS)
        };
        Self { ms: those.iter().filter_map(nearest).collect() }
    }

    /// Of two people, each with the time at which their file begins.
    pub fn of_two(one: (&Film, Duration), other: (&Film, Duration)) -> Self {
        let flashes = |(film, begins): (&Film, Duration)| -> Vec<Duration> {
            film.flashes.iter().map(|flash| begins + *flash).collect()
        };
        Self::between(&flashes(one), &flashes(other))
    }

    /// The mean of all.
    #[expect(clippy::cast_precision_loss, reason = "there are as many as a recording has seconds")]
    pub fn mean(&self) -> f64 {
        self.ms.iter().sum::<f64>() / self.ms.len().max(1) as f64
    }

    /// The one that is farthest from none.
    pub fn worst(&self) -> f64 {
        self.ms.iter().copied().max_by(|one, two| one.abs().total_cmp(&two.abs())).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(times: &[u64]) -> Vec<Duration> {
        times.iter().copied().map(Duration::from_millis).collect()
    }

    #[test]
    fn each_flash_is_held_against_the_beep_that_is_nearest() {
        let offsets = Offsets::between(&ms(&[1_000, 2_010, 3_000, 9_000]), &ms(&[995, 2_000, 3_020]));
        assert_eq!(offsets.ms, [5.0, 10.0, -20.0]);
        assert!((offsets.mean() - -5.0 / 3.0).abs() < 1e-9 && (offsets.worst() - -20.0).abs() < 1e-9);
    }

    #[test]
    fn what_is_no_film_is_refused() {
        assert_eq!(Film::read(b""), Err(NoFilm));
        assert_eq!(Film::read(&[0x18, 0x53, 0x80, 0x67, 0x80]), Err(NoFilm));
    }
}
