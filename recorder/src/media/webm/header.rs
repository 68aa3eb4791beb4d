//! The header region of a file: what stands before the first cluster. Its length never changes, so that it can be written
//! again as a whole whenever the file grows.

use super::{
    ebml::{Head, binary, float, master, put_id, put_len_in, uint, void},
    id,
};
use crate::media::{Codec, Container};

/// Room for where to find `Info`, `Tracks` and `Cues`.
const SEEK_HEAD_LEN: usize = 96;
/// The segment's length, while it is not known: eight bytes, so that any length fits later.
const UNKNOWN_LEN: [u8; 8] = [0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
/// Samples of 48 kHz that a decoder of Opus gives before the first real one; libopus says so.
const OPUS_PRE_SKIP: u16 = 312;
/// The same in nanoseconds.
const OPUS_DELAY_NS: u64 = 6_500_000;
/// How far back a decoder of Opus begins after a seek, to be right in time: RFC 7845 says 80 ms.
const OPUS_PRE_ROLL_NS: u64 = 80_000_000;
/// Unix milliseconds of 2001-01-01T00:00:00Z, where Matroska's dates begin.
const MATROSKA_EPOCH_MS: i64 = 978_307_200_000;

/// A track as the header declares it.
#[derive(Debug, Clone)]
pub(in crate::media) struct Entry {
    pub(in crate::media) codec: Codec,
    /// In pixels, for video.
    pub(in crate::media) size: Option<(u32, u32)>,
    /// `CodecPrivate`; Opus makes its own.
    pub(in crate::media) private: Option<bytes::Bytes>,
}

/// A header region, and where in it is what changes.
#[derive(Debug, Clone)]
pub(in crate::media) struct Header {
    bytes: Vec<u8>,
    /// Where positions are counted from: the segment's first byte.
    segment: usize,
    info: usize,
    tracks: usize,
    /// Where the eight bytes of the duration stand.
    duration: usize,
    /// Unix milliseconds at its start.
    at_ms: i64,
}

impl Header {
    /// For these tracks, at this moment in unix milliseconds.
    pub(in crate::media) fn new(entries: &[Entry], container: Container, at_ms: i64) -> Option<Self> {
        let mut out = Vec::new();
        master(&mut out, id::EBML, |out| {
            uint(out, 0x4286, 1);
            uint(out, 0x42f7, 1);
            uint(out, 0x42f2, 4);
            uint(out, 0x42f3, 8);
            binary(
                out,
                0x4282,
                match container {
                    Container::WebM => b"webm",
                    Container::Matroska => b"matroska",
                },
            );
            uint(out, 0x4287, 4);
            uint(out, 0x4285, 2);
        });
        put_id(&mut out, id::SEGMENT);
        out.extend_from_slice(&UNKNOWN_LEN);
        void(&mut out, SEEK_HEAD_LEN);
        master(&mut out, id::INFO, |out| {
            let date_ns = at_ms.saturating_sub(MATROSKA_EPOCH_MS).saturating_mul(1_000_000);
            uint(out, 0x2a_d7b1, 1_000_000);
            binary(out, 0x4d80, b"Bedside");
            binary(out, 0x5741, b"Bedside");
            binary(out, id::DATE, &date_ns.to_be_bytes());
            float(out, id::DURATION, 0.0);
        });
        master(&mut out, id::TRACKS, |out| {
            for (number, entry) in (1..).zip(entries) {
                master(out, 0xae, |out| put_track(out, number, entry));
            }
        });
        let mut header = Self::read(out)?;
        header.seek_head(None);
        Some(header)
    }

    /// Finds its way in a header region that was written by [`new`](Self::new).
    pub(in crate::media) fn read(bytes: Vec<u8>) -> Option<Self> {
        let (ebml, _, rest) = Head::element(&bytes).filter(|(head, ..)| head.id == id::EBML)?;
        let after = bytes.len() - rest.len();
        let head = Head::read(rest)?;
        // The length always stands in eight bytes.
        let named = ebml.id == id::EBML && head.id == id::SEGMENT && head.len == 12;
        let segment = if named { after + head.len } else { return None };
        let info = segment + SEEK_HEAD_LEN;
        let (head, mut body, rest) = Head::element(bytes.get(info..)?)?;
        if head.id != id::INFO || Head::element(rest)?.0.id != id::TRACKS {
            return None;
        }
        let tracks = bytes.len() - rest.len();
        let mut at_ms = 0;
        let duration = loop {
            let (head, inside, behind) = Head::element(body)?;
            if head.id == id::DATE {
                at_ms = i64::from_be_bytes(inside.try_into().ok()?) / 1_000_000 + MATROSKA_EPOCH_MS;
            }
            if head.id == id::DURATION && head.body == Some(8) {
                break tracks - body.len() + head.len;
            }
            body = behind;
        };
        Some(Self { bytes, segment, info, tracks, duration, at_ms })
    }

    /// Unix milliseconds at its start.
    pub(in crate::media) fn at_ms(&self) -> i64 {
        self.at_ms
    }

    /// As it is now.
    pub(in crate::media) fn bytes(&self) -> bytes::Bytes {
        bytes::Bytes::copy_from_slice(&self.bytes)
    }

    pub(in crate::media) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Where in the segment something stands that is this far from the start of the file.
    pub(in crate::media) fn position(&self, offset: u64) -> u64 {
        offset.saturating_sub(self.segment as u64)
    }

    /// How long it plays so far.
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of some hours")]
    pub(in crate::media) fn set_duration(&mut self, duration_ms: i64) {
        self.put(self.duration, &(duration_ms as f64).to_be_bytes());
    }

    /// The file is complete: so long, with its index there.
    pub(in crate::media) fn complete(&mut self, file_len: u64, index: Option<u64>) {
        let mut len = Vec::new();
        put_len_in(&mut len, self.position(file_len), 8);
        self.put(self.segment - len.len(), &len);
        self.seek_head(index);
    }

    fn seek_head(&mut self, index: Option<u64>) {
        let places = [
            (id::INFO, Some((self.info - self.segment) as u64)),
            (id::TRACKS, Some((self.tracks - self.segment) as u64)),
            (id::CUES, index),
        ];
        let mut out = Vec::new();
        master(&mut out, id::SEEK_HEAD, |out| {
            for (what, place) in places {
                let Some(place) = place else { continue };
                master(out, 0x4dbb, |out| {
                    binary(out, 0x53ab, &what.to_be_bytes());
                    binary(out, 0x53ac, &place.to_be_bytes());
                });
            }
        });
        let rest = SEEK_HEAD_LEN - out.len();
        void(&mut out, rest);
        self.put(self.segment, &out);
    }

    fn put(&mut self, at: usize, bytes: &[u8]) {
        if let Some(place) = self.bytes.get_mut(at..at + bytes.len()) {
            place.copy_from_slice(bytes);
        }
    }
}

fn put_track(out: &mut Vec<u8>, number: u64, entry: &Entry) {
    uint(out, 0xd7, number);
    uint(out, 0x73c5, number);
    uint(out, 0x83, if entry.codec.is_video() { 1 } else { 2 });
    uint(out, 0x9c, 0);
    binary(out, 0x22_b59c, b"und");
    binary(out, 0x86, entry.codec.matroska_id().as_bytes());
    if entry.codec == Codec::Opus {
        let mut head = b"OpusHead\x01\x02".to_vec();
        head.extend(OPUS_PRE_SKIP.to_le_bytes());
        head.extend(48_000_u32.to_le_bytes());
        head.extend([0, 0, 0]);
        binary(out, 0x63a2, &head);
        uint(out, 0x56aa, OPUS_DELAY_NS);
        uint(out, 0x56bb, OPUS_PRE_ROLL_NS);
        master(out, 0xe1, |out| {
            float(out, 0xb5, 48_000.0);
            uint(out, 0x9f, 2);
        });
        return;
    }
    if let Some(private) = &entry.private {
        binary(out, 0x63a2, private);
    }
    let (width, height) = entry.size.unwrap_or((640, 480));
    master(out, 0xe0, |out| {
        uint(out, 0xb0, u64::from(width));
        uint(out, 0xba, u64::from(height));
    });
}
