//! `WebM` and Matroska (RFC 9559), written so that a file plays after each complete write: every cluster is handed out whole
//! with its length known, and the header is brought up to date behind it. The index comes at the end.

mod ebml;
mod header;
mod repair;
mod writer;

pub use self::repair::{MAX_HEAD_BYTES, Repair, Repaired, element_len};
pub(in crate::media) use self::{
    header::{Entry, Header},
    writer::{Block, Writer},
};

/// A cluster plays this long at most: it is what a crash may cost.
pub const MAX_CLUSTER_MS: i64 = 1000;
/// A cluster is not longer than this, with all that belongs to it.
pub const MAX_CLUSTER_BYTES: usize = 1 << 20;
/// A frame has to fit into a cluster with its head; at 2 Mbit/s the largest key frames have a tenth of it.
pub const MAX_FRAME_BYTES: usize = MAX_CLUSTER_BYTES - 64;

/// Names of elements that more than one place needs.
mod id {
    pub(super) const EBML: u32 = 0x1a45_dfa3;
    pub(super) const SEGMENT: u32 = 0x1853_8067;
    pub(super) const SEEK_HEAD: u32 = 0x114d_9b74;
    pub(super) const INFO: u32 = 0x1549_a966;
    pub(super) const DURATION: u32 = 0x4489;
    pub(super) const DATE: u32 = 0x4461;
    pub(super) const TRACKS: u32 = 0x1654_ae6b;
    pub(super) const CLUSTER: u32 = 0x1f43_b675;
    pub(super) const TIMESTAMP: u32 = 0xe7;
    pub(super) const SIMPLE_BLOCK: u32 = 0xa3;
    pub(super) const CUES: u32 = 0x1c53_bb6b;
}

/// Where one can begin to play.
#[derive(Debug, Clone, Copy)]
struct Cue {
    at_ms: i64,
    /// Counted from one.
    track: u8,
    /// Of its cluster, within the segment.
    position: u64,
}

/// Cues of a part that only is heard stand this far apart, and no two are nearer than the smaller distance.
const CUE_DISTANCE_HEARD_MS: i64 = 5000;
const CUE_DISTANCE_SEEN_MS: i64 = 1000;

/// The index.
#[derive(Debug, Default)]
struct Index(Vec<Cue>);

impl Index {
    fn add(&mut self, cue: Cue, has_video: bool) {
        let distance = if has_video { CUE_DISTANCE_SEEN_MS } else { CUE_DISTANCE_HEARD_MS };
        if self.0.last().is_none_or(|last| cue.at_ms - last.at_ms >= distance) {
            self.0.push(cue);
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        if self.0.is_empty() {
            return out;
        }
        ebml::master(&mut out, id::CUES, |out| {
            for cue in &self.0 {
                ebml::master(out, 0xbb, |out| {
                    ebml::uint(out, 0xb3, cue.at_ms.max(0).unsigned_abs());
                    ebml::master(out, 0xb7, |out| {
                        ebml::uint(out, 0xf7, u64::from(cue.track));
                        ebml::uint(out, 0xf1, cue.position);
                    });
                });
            }
        });
        out
    }
}
