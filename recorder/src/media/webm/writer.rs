//! Puts frames into clusters.

use bytes::{BufMut as _, Bytes, BytesMut};

use super::{Cue, Entry, Header, Index, MAX_CLUSTER_BYTES, MAX_CLUSTER_MS, id};
use crate::media::{Codec, Container};

/// A cluster's id and its length in four bytes.
const CLUSTER_HEAD: usize = 8;
/// A block's head and the cluster's time, at their longest.
const BLOCK_HEAD: usize = 32;
/// A frame may stand so far before its cluster's time; the form allows 32 s.
const MAX_BEHIND_MS: i64 = 10_000;
/// A key frame begins a cluster, unless the last one is younger than this: who sends nothing but key frames would cause a
/// write for each.
const MIN_CLUSTER_MS: i64 = 250;

/// A frame on its way into a file.
#[derive(Debug, Clone, Copy)]
pub(in crate::media) struct Block<'a> {
    /// Place among the tracks of the header.
    pub(in crate::media) track: u8,
    /// Since the part's start.
    pub(in crate::media) at_ms: i64,
    pub(in crate::media) duration_ms: i64,
    pub(in crate::media) key: bool,
    pub(in crate::media) pieces: &'a [Bytes],
    pub(in crate::media) len: usize,
}

/// Writes one part.
#[derive(Debug)]
pub(in crate::media) struct Writer {
    header: Header,
    has_video: bool,
    video: Vec<bool>,
    /// The cluster that is being filled, behind room for its head.
    cluster: BytesMut,
    /// Its time.
    cluster_at: Option<i64>,
    cue: Option<(i64, u8)>,
    index: Index,
    /// Bytes handed out.
    len: u64,
    end_ms: i64,
}

impl Writer {
    /// `at_ms`: unix milliseconds at the part's start.
    pub(in crate::media) fn new(entries: &[Entry], container: Container, at_ms: i64) -> Option<Self> {
        let header = Header::new(entries, container, at_ms)?;
        let video: Vec<bool> = entries.iter().map(|entry| entry.codec != Codec::Opus).collect();
        Some(Self {
            len: header.len() as u64,
            header,
            has_video: video.contains(&true),
            video,
            cluster: BytesMut::new(),
            cluster_at: None,
            cue: None,
            index: Index::default(),
            end_ms: 0,
        })
    }

    /// The header region as it is now.
    pub(in crate::media) fn header(&self) -> Bytes {
        self.header.bytes()
    }

    /// How long it plays so far.
    pub(in crate::media) fn end_ms(&self) -> i64 {
        self.end_ms
    }

    /// The time of the cluster that is being filled: nothing may be put far before it.
    pub(in crate::media) fn cluster_at(&self) -> Option<i64> {
        self.cluster_at
    }

    /// Adds a frame. Gives the cluster before it when that is full.
    pub(in crate::media) fn add(&mut self, block: Block<'_>) -> Option<Bytes> {
        let video = self.video.get(usize::from(block.track)).copied().unwrap_or_default();
        let key_frame = video && block.key;
        let full = self.cluster_at.is_some_and(|at| {
            let age = block.at_ms - at;
            !(-MAX_BEHIND_MS..MAX_CLUSTER_MS).contains(&age)
                || key_frame && age >= MIN_CLUSTER_MS
                || self.cluster.len() + block.len + BLOCK_HEAD > MAX_CLUSTER_BYTES
        });
        let done = if full { self.flush() } else { None };
        let at = if let Some(at) = self.cluster_at { at } else { self.begin(block.at_ms) };
        if self.cue.is_none() && (key_frame || !self.has_video) {
            self.cue = Some((block.at_ms, block.track + 1));
        }
        let relative = i16::try_from(block.at_ms - at).unwrap_or_default();
        self.cluster.put_u8(0xa3);
        put_len(&mut self.cluster, block.len + 4);
        self.cluster.put_u8(0x80 | (block.track + 1));
        self.cluster.put_i16(relative);
        self.cluster.put_u8(if block.key { 0x80 } else { 0 });
        for piece in block.pieces {
            self.cluster.put_slice(piece);
        }
        self.end_ms = self.end_ms.max(block.at_ms + block.duration_ms);
        done
    }

    fn begin(&mut self, at_ms: i64) -> i64 {
        let at = at_ms.max(0);
        self.cluster_at = Some(at);
        self.cluster.put_bytes(0, CLUSTER_HEAD);
        self.cluster.put_u8(0xe7);
        self.cluster.put_u8(0x88);
        self.cluster.put_i64(at);
        at
    }

    /// The cluster so far, if there is one.
    pub(in crate::media) fn flush(&mut self) -> Option<Bytes> {
        self.cluster_at.take()?;
        let filled = self.cluster.len();
        let mut cluster = self.cluster.split();
        // The next will be about as long.
        self.cluster.reserve(filled + filled / 4);
        let body = u32::try_from(filled - CLUSTER_HEAD).unwrap_or_default();
        if let Some(mut head) = cluster.get_mut(..CLUSTER_HEAD) {
            head.put_u32(id::CLUSTER);
            head.put_u32(body | 1 << 28);
        }
        if let Some((at_ms, track)) = self.cue.take() {
            let position = self.header.position(self.len);
            self.index.add(Cue { at_ms, track, position }, self.has_video);
        }
        self.len += cluster.len() as u64;
        self.header.set_duration(self.end_ms);
        Some(cluster.freeze())
    }

    /// Everything is written: gives the index, if there is one. The header has changed once more.
    pub(in crate::media) fn finish(&mut self) -> Option<Bytes> {
        let index = self.index.bytes();
        let place = (!index.is_empty()).then(|| self.header.position(self.len));
        self.len += index.len() as u64;
        self.header.complete(self.len, place);
        place.map(|_| index.into())
    }
}

/// A block's length in as few bytes as possible: four are enough for a cluster.
fn put_len(out: &mut BytesMut, len: usize) {
    let len = u32::try_from(len).unwrap_or(u32::MAX >> 4);
    match len {
        0..0x7f => out.put_uint(u64::from(len | 0x80), 1),
        0x7f..0x3fff => out.put_uint(u64::from(len | 0x4000), 2),
        0x3fff..0x1f_ffff => out.put_uint(u64::from(len | 0x20_0000), 3),
        _ => out.put_u32(len | 0x1000_0000),
    }
}
