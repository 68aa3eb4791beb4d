//! Reads files back, strictly: an own reader, so that the writer is not judged by itself.

use std::collections::BTreeMap;

use bedside_recorder::media::{Container, Op};

/// What lies on disk.
#[derive(Debug, Clone, Default)]
pub struct Files {
    pub parts: BTreeMap<u32, Vec<u8>>,
    pub ended: Vec<u32>,
    pub containers: Vec<Container>,
    /// What waits.
    pub waiting: Vec<u8>,
    /// The longest cluster.
    pub longest: usize,
    /// What was applied and nobody has taken elsewhere.
    pub taken: Vec<Op>,
}

impl Files {
    pub fn apply(&mut self, op: Op) {
        self.taken.push(op.clone());
        match op {
            Op::Begin { part, container, header } => {
                assert!(self.parts.insert(part, header.to_vec()).is_none(), "a part begins once");
                self.containers.push(container);
            }
            Op::Append { part, bytes } => {
                self.longest = self.longest.max(bytes.len());
                self.parts.get_mut(&part).unwrap().extend_from_slice(&bytes);
            }
            Op::Header { part, bytes } => {
                self.parts.get_mut(&part).unwrap()[..bytes.len()].copy_from_slice(&bytes);
            }
            Op::End { part } => self.ended.push(part),
            Op::Wait { bytes } => self.waiting.extend_from_slice(&bytes),
            Op::Waited => self.waiting.clear(),
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    pub track: u64,
    pub at_ms: i64,
    pub key: bool,
    pub data: Vec<u8>,
}

#[derive(Debug, Clone, Default)]
pub struct Parsed {
    pub doc_type: String,
    pub duration_ms: f64,
    pub codecs: Vec<String>,
    pub sizes: Vec<(u64, u64)>,
    pub privates: Vec<Vec<u8>>,
    pub blocks: Vec<Block>,
    /// Time and what stands at the position.
    pub cues: Vec<(i64, u32)>,
    /// Times of the first and the last block of each cluster.
    pub clusters: Vec<(i64, i64)>,
    /// Where `SeekHead` points: the ids that stand there.
    pub seek: Vec<u32>,
    pub len_known: bool,
    /// Bytes at the end that are no whole element.
    pub torn: usize,
}

fn head(bytes: &[u8]) -> Option<(u32, Option<usize>, usize)> {
    let id_len = bytes.first()?.leading_zeros() as usize + 1;
    let id = bytes.get(..id_len)?.iter().fold(0, |id, byte| id << 8 | u32::from(*byte));
    let width = bytes.get(id_len)?.leading_zeros() as usize + 1;
    let marked =
        bytes.get(id_len..id_len + width)?.iter().fold(0_u64, |len, byte| len << 8 | u64::from(*byte));
    let all = (1_u64 << (7 * width)) - 1;
    let len = (marked & all != all).then_some(usize::try_from(marked & all).ok()?);
    Some((id, len, id_len + width))
}

/// The children of an element; they fill it to the last byte.
fn children(mut bytes: &[u8]) -> Vec<(u32, &[u8])> {
    let mut all = Vec::new();
    while !bytes.is_empty() {
        let (id, len, start) = head(bytes).expect("a whole head");
        let end = start + len.expect("a known length");
        all.push((id, bytes.get(start..end).expect("within its parent")));
        bytes = &bytes[end..];
    }
    all
}

fn uint(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |value, byte| value << 8 | u64::from(*byte))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Reads a file that may end anywhere behind its header.
pub fn parse(bytes: &[u8]) -> Parsed {
    let mut parsed = Parsed::default();
    let (id, len, start) = head(bytes).unwrap();
    assert_eq!(id, 0x1a45_dfa3);
    for (id, body) in children(&bytes[start..start + len.unwrap()]) {
        if id == 0x4282 {
            parsed.doc_type = text(body);
        }
    }
    let rest = &bytes[start + len.unwrap()..];
    let (id, len, start) = head(rest).unwrap();
    assert_eq!(id, 0x1853_8067);
    parsed.len_known = len.is_some();
    let segment = &rest[start..];
    if let Some(len) = len {
        assert_eq!(len, segment.len(), "the segment is as long as it says");
    }
    let mut at = 0;
    while let Some((id, len, start)) = head(&segment[at..]) {
        let Some(body) = segment.get(at + start..at + start + len.expect("known lengths only")) else {
            break;
        };
        element(&mut parsed, segment, id, body);
        at += start + body.len();
    }
    parsed.torn = segment.len() - at;
    parsed
}

fn element(parsed: &mut Parsed, segment: &[u8], id: u32, body: &[u8]) {
    match id {
        0x114d_9b74 => {
            for (_, seek) in children(body) {
                let position = children(seek).into_iter().find(|(id, _)| *id == 0x53ac).unwrap().1;
                let position = usize::try_from(uint(position)).unwrap();
                parsed.seek.push(head(&segment[position..]).unwrap().0);
            }
        }
        0x1549_a966 => {
            for (id, body) in children(body) {
                if id == 0x4489 {
                    parsed.duration_ms = f64::from_be_bytes(body.try_into().unwrap());
                }
            }
        }
        0x1654_ae6b => children(body).into_iter().for_each(|(_, entry)| track(parsed, entry)),
        0x1f43_b675 => cluster(parsed, body),
        0x1c53_bb6b => {
            for (_, point) in children(body) {
                let point = children(point);
                let positions = children(point[1].1);
                let position = usize::try_from(uint(positions[1].1)).unwrap();
                let at = i64::try_from(uint(point[0].1)).unwrap();
                parsed.cues.push((at, head(&segment[position..]).unwrap().0));
            }
        }
        0xec => {}
        other => panic!("{other:x} does not belong here"),
    }
}

fn track(parsed: &mut Parsed, entry: &[u8]) {
    let mut private = Vec::new();
    for (id, body) in children(entry) {
        match id {
            0x86 => parsed.codecs.push(text(body)),
            0x63a2 => private = body.to_vec(),
            0xe0 => {
                let size = children(body);
                parsed.sizes.push((uint(size[0].1), uint(size[1].1)));
            }
            _ => {}
        }
    }
    parsed.privates.push(private);
}

fn cluster(parsed: &mut Parsed, body: &[u8]) {
    let all = children(body);
    let (id, time) = all[0];
    assert_eq!(id, 0xe7, "a cluster's time comes first");
    let time = i64::try_from(uint(time)).unwrap();
    let mut span = (i64::MAX, i64::MIN);
    for (id, block) in &all[1..] {
        assert_eq!(*id, 0xa3);
        let at_ms = time + i64::from(i16::from_be_bytes([block[1], block[2]]));
        span = (span.0.min(at_ms), span.1.max(at_ms));
        parsed.blocks.push(Block {
            track: u64::from(block[0] & 0x7f),
            at_ms,
            key: block[3] & 0x80 != 0,
            data: block[4..].to_vec(),
        });
    }
    parsed.clusters.push(span);
}
