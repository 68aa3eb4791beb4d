//! Puts a file in order that was not completed: finds what is in it and how long it plays, and writes the index and the header
//! that it lacks.

use bytes::Bytes;

use super::{
    Cue, Header, Index,
    ebml::{Head, as_uint},
    id,
};
use crate::media::{Codec, Container, Kind, PartReport, TrackReport};

/// A frame of whose length nothing is known plays so long.
const FRAME_MS: i64 = 20;

/// Goes through the clusters of a file whose header is known.
#[derive(Debug)]
pub struct Repair {
    header: Header,
    tracks: Vec<TrackReport>,
    index: Index,
    /// Where an index stands already.
    indexed: Option<u64>,
    len: u64,
    end_ms: i64,
}

/// What a file lacks, and what can be said of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Repaired {
    /// To be appended; empty when there is nothing to point to.
    pub index: Bytes,
    /// The header region anew.
    pub header: Bytes,
    /// What is in it. Nothing is known of packets, losses and gaps.
    pub report: PartReport,
}

/// The length of what begins with these bytes, with its head; none when they are no element of known length.
pub fn element_len(bytes: &[u8]) -> Option<usize> {
    let head = Head::read(bytes)?;
    head.len.checked_add(head.body?)
}

/// The most that [`element_len`] looks at.
pub const MAX_HEAD_BYTES: usize = 12;

impl Repair {
    /// Begins with the header region. None: it is none of ours.
    pub fn new(header: &[u8]) -> Option<Self> {
        let tracks = tracks(header)?;
        let header = Header::read(header.to_vec())?;
        let len = header.len() as u64;
        Some(Self { len, header, tracks, index: Index::default(), indexed: None, end_ms: 0 })
    }

    /// The next element. False: it is none that belongs here, or it is not whole, and the file ends before it.
    pub fn element(&mut self, bytes: &[u8]) -> bool {
        let known = match Head::element(bytes) {
            Some((head, body, [])) if head.id == id::CLUSTER => self.cluster(body).is_some(),
            Some((head, _, [])) if head.id == id::CUES => {
                self.indexed = Some(self.header.position(self.len));
                true
            }
            _ => false,
        };
        self.len += if known { bytes.len() as u64 } else { 0 };
        known
    }

    fn cluster(&mut self, mut body: &[u8]) -> Option<()> {
        let has_video = self.tracks.iter().any(|track| track.kind == Kind::Video);
        let (mut at, mut cue) = (None, None);
        while !body.is_empty() {
            let (head, inside, rest) = Head::element(body)?;
            if head.id == id::TIMESTAMP {
                at = Some(i64::try_from(as_uint(inside)?).ok()?);
            } else if head.id == id::SIMPLE_BLOCK {
                let [track, high, low, flags] = *inside.first_chunk::<4>()?;
                let number = track & 0x7f;
                let at_ms = at?.checked_add(i64::from(i16::from_be_bytes([high, low])))?;
                let track = self.tracks.get_mut(usize::from(number).checked_sub(1)?)?;
                track.frames += 1;
                if flags & 0x80 != 0 && (track.kind == Kind::Video || !has_video) {
                    cue.get_or_insert((at_ms, number));
                }
                self.end_ms = self.end_ms.max(at_ms.checked_add(FRAME_MS)?);
            }
            body = rest;
        }
        if let Some((at_ms, track)) = cue {
            self.index.add(Cue { at_ms, track, position: self.header.position(self.len) }, has_video);
        }
        Some(())
    }

    /// What is to be written behind the last element, and in front; of the part with this number, in a recording that began at
    /// this moment in unix milliseconds.
    pub fn finish(mut self, part: u32, wall_epoch_ms: i64) -> Repaired {
        let index = if self.indexed.is_some() { Vec::new() } else { self.index.bytes() };
        let new = (!index.is_empty()).then(|| self.header.position(self.len));
        self.header.set_duration(self.end_ms);
        self.header.complete(self.len + index.len() as u64, self.indexed.or(new));
        let start_ms = self.header.at_ms().saturating_sub(wall_epoch_ms);
        Repaired {
            index: index.into(),
            header: self.header.bytes(),
            report: PartReport {
                part,
                container: Container::of(self.tracks.iter().map(|track| track.codec)),
                start_ms: start_ms.max(0).unsigned_abs(),
                duration_ms: self.end_ms.max(0).unsigned_abs(),
                tracks: self.tracks,
                gaps: Vec::new(),
            },
        }
    }
}

/// The tracks that a header declares.
fn tracks(header: &[u8]) -> Option<Vec<TrackReport>> {
    let (_, _, rest) = Head::element(header)?;
    let mut rest = rest.get(Head::read(rest)?.len..)?;
    let mut entries = loop {
        let (head, inside, behind) = Head::element(rest)?;
        if head.id == id::TRACKS {
            break inside;
        }
        rest = behind;
    };
    let mut tracks = Vec::new();
    while !entries.is_empty() {
        let (_, inside, behind) = Head::element(entries)?;
        tracks.push(track(inside)?);
        entries = behind;
    }
    Some(tracks)
}

fn track(mut entry: &[u8]) -> Option<TrackReport> {
    let (mut codec, mut width, mut height) = (None, None, None);
    while !entry.is_empty() {
        let (head, mut body, rest) = Head::element(entry)?;
        match head.id {
            0x86 => codec = Codec::from_matroska_id(std::str::from_utf8(body).ok()?),
            0xe0 => {
                while !body.is_empty() {
                    let (head, inside, rest) = Head::element(body)?;
                    match head.id {
                        0xb0 => width = u32::try_from(as_uint(inside)?).ok(),
                        0xba => height = u32::try_from(as_uint(inside)?).ok(),
                        _ => {}
                    }
                    body = rest;
                }
            }
            _ => {}
        }
        entry = rest;
    }
    let codec = codec?;
    let kind = codec.kind();
    Some(TrackReport { kind, codec, width, height, packets: 0, lost: 0, frames: 0, dropped_frames: 0 })
}
