//! Puts a file in order that was not completed: finds how long it plays, and writes the index and the header it lacks.

use bytes::Bytes;

use super::{
    Cue, Header, Index,
    ebml::{Head, as_uint},
    id,
};

/// Goes through the clusters of a file whose header is known.
#[derive(Debug)]
pub struct Repair {
    header: Header,
    /// Numbers of tracks that are seen.
    video: Vec<u8>,
    index: Index,
    len: u64,
    end_ms: i64,
    blocks: Vec<u64>,
}

/// What a file lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repaired {
    /// To be appended; empty when there is nothing to point to.
    pub index: Bytes,
    /// The header region anew.
    pub header: Bytes,
    /// How long it plays.
    pub duration_ms: u64,
    /// Frames of each track, in the order of the header.
    pub frames: Vec<u64>,
}

impl Repair {
    /// Begins with the header region. None: it is none of ours.
    pub fn new(header: &[u8]) -> Option<Self> {
        let kinds = track_kinds(header)?;
        let video = (1..).zip(&kinds).filter(|(_, kind)| **kind == 1).map(|(number, _)| number).collect();
        let header = Header::read(header.to_vec())?;
        Some(Self {
            len: header.len() as u64,
            header,
            video,
            index: Index::default(),
            end_ms: 0,
            blocks: vec![0; kinds.len()],
        })
    }

    /// The next that was appended. False: it is no whole cluster, and the file has to end before it.
    pub fn cluster(&mut self, bytes: &[u8]) -> bool {
        let Some(found) = self.look_through(bytes) else { return false };
        let has_video = !self.video.is_empty();
        if let Some((at_ms, track)) = found.cue {
            self.index.add(Cue { at_ms, track, position: self.header.position(self.len) }, has_video);
        }
        for track in found.tracks {
            if let Some(count) = self.blocks.get_mut(usize::from(track).wrapping_sub(1)) {
                *count += 1;
            }
        }
        self.end_ms = self.end_ms.max(found.end_ms);
        self.len += bytes.len() as u64;
        true
    }

    /// What is to be written behind the last whole cluster, and in front.
    pub fn finish(mut self) -> Repaired {
        let index = self.index.bytes();
        let place = (!index.is_empty()).then(|| self.header.position(self.len));
        self.header.set_duration(self.end_ms);
        self.header.complete(self.len + index.len() as u64, place);
        Repaired {
            index: index.into(),
            header: self.header.bytes(),
            duration_ms: self.end_ms.max(0).unsigned_abs(),
            frames: self.blocks,
        }
    }

    fn look_through(&self, bytes: &[u8]) -> Option<Found> {
        let (head, mut body, behind) = Head::element(bytes)?;
        if head.id != id::CLUSTER || !behind.is_empty() {
            return None;
        }
        let mut at = None;
        let mut found = Found { cue: None, end_ms: 0, tracks: Vec::new() };
        while !body.is_empty() {
            let (head, inside, rest) = Head::element(body)?;
            if head.id == id::TIMESTAMP {
                at = Some(i64::try_from(as_uint(inside)?).ok()?);
            } else if head.id == id::SIMPLE_BLOCK {
                let [track, high, low, flags] = *inside.first_chunk::<4>()?;
                let track = track & 0x7f;
                let at_ms = at?.checked_add(i64::from(i16::from_be_bytes([high, low])))?;
                let begins = flags & 0x80 != 0 && (self.video.is_empty() || self.video.contains(&track));
                if begins && found.cue.is_none() {
                    found.cue = Some((at_ms, track));
                }
                found.end_ms = found.end_ms.max(at_ms.checked_add(20)?);
                found.tracks.push(track);
            }
            body = rest;
        }
        Some(found)
    }
}

#[derive(Debug)]
struct Found {
    cue: Option<(i64, u8)>,
    end_ms: i64,
    tracks: Vec<u8>,
}

/// `TrackType` of each track: 1 is seen, 2 is heard.
fn track_kinds(header: &[u8]) -> Option<Vec<u64>> {
    let (_, _, rest) = Head::element(header)?;
    let mut rest = rest.get(Head::read(rest)?.len..)?;
    let mut tracks = loop {
        let (head, inside, behind) = Head::element(rest)?;
        if head.id == id::TRACKS {
            break inside;
        }
        rest = behind;
    };
    let mut kinds = Vec::new();
    while !tracks.is_empty() {
        let (_, mut inside, behind) = Head::element(tracks)?;
        while !inside.is_empty() {
            let (head, body, rest) = Head::element(inside)?;
            if head.id == 0x83 {
                kinds.push(as_uint(body)?);
            }
            inside = rest;
        }
        tracks = behind;
    }
    Some(kinds)
}
