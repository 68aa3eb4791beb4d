//! What a headless peer shows and says, encoded before, over and over. `media/make.sh` makes the files.

use std::time::Duration;

use bytes::{Bytes, BytesMut};

const PATTERN: &[u8] = include_bytes!("../../media/pattern.ivf");
const TONE: &[u8] = include_bytes!("../../media/tone.ogg");
const FLASH: &[u8] = include_bytes!("../../media/flash.ivf");
const BEEP: &[u8] = include_bytes!("../../media/beep.ogg");

const IVF_HEADER_BYTES: usize = 32;
const IVF_FRAME_HEADER_BYTES: usize = 12;
const OGG_PAGE_HEADER_BYTES: usize = 27;

/// Time from one Opus packet to the next.
pub(super) const PACKET_TIME: Duration = Duration::from_millis(20);
/// The same in ticks of the 48 kHz clock.
pub(super) const PACKET_TICKS: u32 = 960;
const PACKETS_PER_SECOND: usize = 50;
/// Ticks of the clock of pictures in a second.
const PICTURE_CLOCK: u32 = 90_000;

/// What can be sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Footage {
    /// A moving pattern, 160 by 120 at 15 pictures a second, and a tone.
    #[default]
    Pattern,
    /// Black, 640 by 480 at 30 pictures a second, and silence; at each full second white and a beep, for a tenth of a
    /// second. All senders of a process count the same seconds.
    FlashAndBeep,
}

/// An encoded clip; its buffers are part of the program.
#[derive(Debug, Clone)]
pub(crate) struct Clip {
    /// VP8 frames, a key frame each second.
    pub(crate) pictures: Vec<Bytes>,
    /// Opus packets.
    pub(crate) sounds: Vec<Bytes>,
    /// Pictures a second.
    pictures_per_second: u32,
}

impl Clip {
    /// Read the files that are built in. What is cut off at their end is left out.
    pub(crate) fn of(footage: Footage) -> Self {
        let (pictures, sounds) = match footage {
            Footage::Pattern => (PATTERN, TONE),
            Footage::FlashAndBeep => (FLASH, BEEP),
        };
        let (pictures, sounds) = (ivf(&Bytes::from_static(pictures)), ogg(&Bytes::from_static(sounds)));
        match footage {
            Footage::Pattern => Self { pictures, sounds, pictures_per_second: 15 },
            Footage::FlashAndBeep => {
                let sounds =
                    sounds.into_iter().skip(PACKETS_PER_SECOND).take(2 * PACKETS_PER_SECOND).collect();
                Self { pictures, sounds, pictures_per_second: 30 }
            }
        }
    }

    /// When this picture is due, from the clip's beginning on.
    pub(super) fn picture_due(&self, before: u32) -> Duration {
        Duration::from_secs(u64::from(before)) / self.pictures_per_second
    }

    /// Time from one picture to the next, in ticks of the 90 kHz clock.
    pub(super) fn picture_ticks(&self) -> u32 {
        PICTURE_CLOCK / self.pictures_per_second
    }

    /// The pictures with which the clip turns white.
    pub(crate) fn flashes(&self) -> impl Iterator<Item = &Bytes> {
        self.pictures.iter().step_by(usize::try_from(self.pictures_per_second).unwrap_or(usize::MAX))
    }

    /// The packets with which the clip begins to beep.
    pub(crate) fn beeps(&self) -> impl Iterator<Item = &Bytes> {
        self.sounds.iter().step_by(PACKETS_PER_SECOND)
    }
}

/// The frames of an IVF file.
fn ivf(file: &Bytes) -> Vec<Bytes> {
    let mut frames = Vec::new();
    let mut at = IVF_HEADER_BYTES;
    while let Some(size) = file.get(at..).and_then(<[u8]>::first_chunk::<4>) {
        let start = at + IVF_FRAME_HEADER_BYTES;
        let end = start + u32::from_le_bytes(*size) as usize;
        if end > file.len() {
            break;
        }
        frames.push(file.slice(start..end));
        at = end;
    }
    frames
}

/// The packets of an Ogg file with one Opus stream, without its two header packets (RFC 7845).
fn ogg(file: &Bytes) -> Vec<Bytes> {
    let mut packets = Vec::new();
    let mut packet = BytesMut::new();
    let mut at = 0;
    'pages: while let Some(segments) = file.get(at + OGG_PAGE_HEADER_BYTES - 1).copied().map(usize::from) {
        let table = at + OGG_PAGE_HEADER_BYTES;
        at = table + segments;
        let Some(sizes) = file.get(table..at) else { break };
        for &size in sizes {
            let end = at + usize::from(size);
            let Some(piece) = file.get(at..end) else { break 'pages };
            packet.extend_from_slice(piece);
            at = end;
            // A segment of 255 bytes goes on in the next one.
            if size < u8::MAX {
                packets.push(packet.split().freeze());
            }
        }
    }
    packets.retain(|packet| !packet.starts_with(b"OpusHead") && !packet.starts_with(b"OpusTags"));
    packets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clip_lasts_two_seconds_and_begins_with_a_key_frame() {
        let clip = Clip::of(Footage::Pattern);
        assert_eq!(clip.pictures.len(), 30);
        let keys: Vec<_> =
            clip.pictures.iter().enumerate().filter(|(_, picture)| picture[0] & 1 == 0).collect();
        assert_eq!(keys.iter().map(|(place, _)| *place).collect::<Vec<_>>(), [0, 15]);
        // ffmpeg ends the stream with a packet for the encoder's delay.
        assert!((100..=102).contains(&clip.sounds.len()), "{}", clip.sounds.len());
        assert!(clip.sounds.iter().all(|sound| !sound.is_empty() && sound.len() < 300));
    }

    #[test]
    fn a_file_that_is_cut_off_gives_what_is_whole() {
        let whole = Clip::of(Footage::Pattern);
        for cut in 0..2_000 {
            let pictures = ivf(&Bytes::from_static(&PATTERN[..cut]));
            let sounds = ogg(&Bytes::from_static(&TONE[..cut]));
            assert!(whole.pictures.starts_with(&pictures) && whole.sounds.starts_with(&sounds), "{cut}");
        }
    }

    #[test]
    fn flash_and_beep_begin_with_payloads_of_their_own() {
        let clip = Clip::of(Footage::FlashAndBeep);
        assert_eq!((clip.pictures.len(), clip.sounds.len()), (60, 100));
        for (all, marks) in [
            (&clip.pictures, clip.flashes().collect::<Vec<_>>()),
            (&clip.sounds, clip.beeps().collect::<Vec<_>>()),
        ] {
            assert_eq!(marks.len(), 2);
            let found = all.iter().filter(|payload| marks.contains(payload)).count();
            assert_eq!(found, 2, "another payload is the same");
        }
        assert!(clip.flashes().all(|picture| picture[0] & 1 == 0), "a flash is no key frame");
    }
}
