//! The tape: what one leg writes.

use std::{collections::VecDeque, time::Duration};

use bytes::Bytes;

use super::{Codec, Container, Kind, LegReport};

/// A track of one tape: an m-line of the leg.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TrackId(usize);

/// An RTP packet, after decryption and, for a retransmission, unwrapped.
#[derive(Debug, Clone)]
pub struct Packet {
    /// By its payload type.
    pub codec: Codec,
    /// Who sends it.
    pub ssrc: u32,
    /// Its place.
    pub sequence: u16,
    /// In ticks of [`Codec::clock_rate`].
    pub timestamp: u32,
    /// The last of its frame, for video.
    pub marker: bool,
    /// Without header, extensions and padding.
    pub payload: Bytes,
}

/// What matters of an RTCP sender report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SenderReport {
    /// Of which stream.
    pub ssrc: u32,
    /// The sender's clock, as RFC 3550 writes it: seconds since 1900 and 32 bits of fraction.
    pub ntp: u64,
    /// The stream's clock at the same moment.
    pub rtp: u32,
}

/// How long a tape waits, and how much it holds.
#[derive(Debug, Clone)]
pub struct TapeConfig {
    /// How long a missing packet may still come: a few rounds of retransmission.
    pub reorder_wait: Duration,
    /// How long a track may wait for its first sender report; Chrome's comes after 2 to 5 s.
    pub report_wait: Duration,
    /// How far behind now frames are written, so that late ones of the other track find their place.
    pub interleave: Duration,
    /// How often a key frame is asked for, so that one can seek.
    pub key_frame_every: Duration,
}

impl Default for TapeConfig {
    fn default() -> Self {
        Self {
            reorder_wait: Duration::from_millis(500),
            report_wait: Duration::from_secs(6),
            interleave: Duration::from_millis(700),
            key_frame_every: Duration::from_secs(10),
        }
    }
}

/// What is to be done with the files of a leg, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Op {
    /// A file begins.
    Begin {
        /// Counted from zero within the leg.
        part: u32,
        /// What kind of file it is.
        container: Container,
        /// Its header region.
        header: Bytes,
    },
    /// One cluster whole, or the index at the end.
    Append {
        /// To which file.
        part: u32,
        /// What to append.
        bytes: Bytes,
    },
    /// The whole header region anew, of the same length.
    Header {
        /// Of which file.
        part: u32,
        /// The header region.
        bytes: Bytes,
    },
    /// The file is complete.
    End {
        /// Which file.
        part: u32,
    },
    /// Packets that wait for their first sender report, so that a crash loses none.
    Wait {
        /// To be appended to what waits already.
        bytes: Bytes,
    },
    /// What waited stands in a part now.
    Waited,
}

/// What one leg writes: packets in, file operations out.
#[derive(Debug)]
pub struct Tape {
    config: TapeConfig,
    wall_epoch_ms: i64,
    tracks: Vec<Kind>,
    ops: VecDeque<Op>,
}

impl Tape {
    /// An empty tape. `wall_epoch_ms`: unix milliseconds at the recording's epoch.
    pub fn new(config: TapeConfig, wall_epoch_ms: i64) -> Self {
        Self { config, wall_epoch_ms, tracks: Vec::new(), ops: VecDeque::new() }
    }

    /// A track more. Its codec comes with its packets.
    pub fn add_track(&mut self, kind: Kind) -> TrackId {
        self.tracks.push(kind);
        TrackId(self.tracks.len() - 1)
    }

    /// A packet has arrived; in any order, duplicates welcome.
    pub fn on_rtp(&mut self, track: TrackId, packet: Packet, now: Duration) {
        let _ = (track, packet, now);
    }

    /// A sender report has arrived.
    pub fn on_sender_report(&mut self, track: TrackId, report: SenderReport, now: Duration) {
        let _ = (track, report, now);
    }

    /// Time has passed; to be said every 100 ms.
    pub fn tick(&mut self, now: Duration) {
        let _ = (&self.config, self.wall_epoch_ms, now);
    }

    /// True when the sender is to be asked for a key frame now; then it counts as asked.
    pub fn wants_key_frame(&mut self, track: TrackId, now: Duration) -> bool {
        let _ = (track, now);
        false
    }

    /// The next thing to do with the files.
    pub fn poll(&mut self) -> Option<Op> {
        self.ops.pop_front()
    }

    /// Nothing comes any more: everything is written out.
    pub fn close(&mut self, now: Duration) {
        let _ = now;
    }

    /// How it went so far.
    pub fn report(&self) -> LegReport {
        LegReport::default()
    }
}
