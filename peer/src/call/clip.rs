//! What a headless peer shows and says: two seconds of a test pattern and a tone, encoded before, over and
//! over. `media/make.sh` makes the files.

use std::time::Duration;

use bytes::{Bytes, BytesMut};

const IVF: &[u8] = include_bytes!("../../media/pattern.ivf");
const OGG: &[u8] = include_bytes!("../../media/tone.ogg");

const IVF_HEADER_BYTES: usize = 32;
const IVF_FRAME_HEADER_BYTES: usize = 12;
const OGG_PAGE_HEADER_BYTES: usize = 27;

/// Time from one picture to the next: 15 a second.
pub(super) const FRAME_TIME: Duration = Duration::from_nanos(1_000_000_000 / 15);
/// The same in ticks of the 90 kHz clock.
pub(super) const FRAME_TICKS: u32 = 6_000;
/// Time from one Opus packet to the next.
pub(super) const PACKET_TIME: Duration = Duration::from_millis(20);
/// The same in ticks of the 48 kHz clock.
pub(super) const PACKET_TICKS: u32 = 960;

/// The encoded clip; its buffers are part of the program.
#[derive(Debug, Clone)]
pub(super) struct Clip {
    /// VP8 frames, a key frame each second.
    pub(super) pictures: Vec<Bytes>,
    /// Opus packets.
    pub(super) sounds: Vec<Bytes>,
}

impl Clip {
    /// Read the files that are built in. What is cut off at their end is left out.
    pub(super) fn built_in() -> Self {
        Self { pictures: ivf(&Bytes::from_static(IVF)), sounds: ogg(&Bytes::from_static(OGG)) }
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
        let clip = Clip::built_in();
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
        let whole = Clip::built_in();
        for cut in 0..2_000 {
            let pictures = ivf(&Bytes::from_static(&IVF[..cut]));
            let sounds = ogg(&Bytes::from_static(&OGG[..cut]));
            assert!(whole.pictures.starts_with(&pictures) && whole.sounds.starts_with(&sounds), "{cut}");
        }
    }
}
