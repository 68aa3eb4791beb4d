//! From a connection to the leg's owner. The first packets of a stream come through its track, and say which that is; from then on
//! they are taken out of the connection's chain.

use std::{
    collections::HashMap,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::{
    sync::{Notify, mpsc},
    time::Instant,
};
use webrtc::media_stream::track_remote::{TrackRemote, TrackRemoteEvent};

use crate::media::{Codec, Kind, Packet, SenderReport};

/// Packets and reports that may wait for the leg's owner: five seconds of a good picture.
pub(super) const MAX_WAITING: usize = 2_048;

/// Streams that are taken out of the chain: what six tracks have, each with some that were replaced. Others take the long way.
const MAX_STREAMS: usize = 64;

/// What a leg takes in.
#[derive(Debug)]
pub enum Media {
    /// A packet.
    Rtp {
        /// Of which track, counted from zero in the order in which they came.
        track: usize,
        /// Heard or seen.
        kind: Kind,
        /// The packet.
        packet: Packet,
    },
    /// A sender report, for a stream of any track.
    Report(SenderReport),
}

/// Media, and when it came.
pub type Arrival = (Instant, Media);

/// What a leg took in so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Taken {
    /// RTP packets.
    pub packets: u64,
    /// Packets and reports that were dropped, because the leg's owner did not take them in time.
    pub dropped: u64,
}

/// Where media goes in. All tracks and the tap of one leg share it.
#[derive(Debug, Clone)]
pub(super) struct Inlet {
    queue: mpsc::Sender<Arrival>,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    packets: AtomicU64,
    dropped: AtomicU64,
    first: Notify,
    payload_types: RwLock<Vec<(u8, Codec)>>,
    /// The track of each stream, by its SSRC.
    tracks: RwLock<HashMap<u32, (usize, Kind)>>,
}

impl Inlet {
    pub(super) fn new() -> (Self, mpsc::Receiver<Arrival>) {
        let (queue, arrivals) = mpsc::channel(MAX_WAITING);
        (Self { queue, shared: Arc::default() }, arrivals)
    }

    /// What the payload types of the last description stand for. Those of earlier ones that it does not name stay.
    pub(super) fn coded(&self, types: Vec<(u8, Codec)>) {
        let mut known = self.shared.payload_types.write().unwrap_or_else(PoisonError::into_inner);
        known.retain(|(known, _)| types.iter().all(|(new, _)| new != known));
        known.extend(types);
    }

    pub(super) fn taken(&self) -> Taken {
        Taken {
            packets: self.shared.packets.load(Ordering::Relaxed),
            dropped: self.shared.dropped.load(Ordering::Relaxed),
        }
    }

    /// Wait for the first packet.
    pub(super) async fn first(&self) {
        while self.taken().packets == 0 {
            self.shared.first.notified().await;
        }
    }

    pub(super) fn report(&self, report: SenderReport) {
        self.put(Media::Report(report));
    }

    /// Take a packet, or give it back where its track is not known.
    pub(super) fn take(&self, packet: rtc::rtp::Packet) -> Option<rtc::rtp::Packet> {
        let tracks = self.shared.tracks.read().unwrap_or_else(PoisonError::into_inner);
        let Some(&(track, kind)) = tracks.get(&packet.header.ssrc) else { return Some(packet) };
        drop(tracks);
        self.packet(track, kind, packet);
        None
    }

    /// That this stream is of this track.
    fn learn(&self, ssrc: u32, track: usize, kind: Kind) {
        let mut tracks = self.shared.tracks.write().unwrap_or_else(PoisonError::into_inner);
        if tracks.len() < MAX_STREAMS {
            tracks.insert(ssrc, (track, kind));
        }
    }

    fn forget(&self, track: usize) {
        let mut tracks = self.shared.tracks.write().unwrap_or_else(PoisonError::into_inner);
        tracks.retain(|_, (of, _)| *of != track);
    }

    fn packet(&self, track: usize, kind: Kind, packet: rtc::rtp::Packet) {
        let types = self.shared.payload_types.read().unwrap_or_else(PoisonError::into_inner);
        let Some(&(_, codec)) = types.iter().find(|(number, _)| *number == packet.header.payload_type) else {
            return;
        };
        drop(types);
        // One without a payload only probes for bandwidth.
        if packet.payload.is_empty() || codec.kind() != kind {
            return;
        }
        if self.shared.packets.fetch_add(1, Ordering::Relaxed) == 0 {
            self.shared.first.notify_one();
        }
        let packet = Packet {
            codec,
            ssrc: packet.header.ssrc,
            sequence: packet.header.sequence_number,
            timestamp: packet.header.timestamp,
            marker: packet.header.marker,
            payload: packet.payload,
        };
        self.put(Media::Rtp { track, kind, packet });
    }

    fn put(&self, media: Media) {
        if self.queue.try_send((Instant::now(), media)).is_err() {
            self.shared.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Carry what a track brings until it ends. The connection drops what is not taken from it at once.
    pub(super) async fn pump(self, remote: Arc<dyn TrackRemote>, track: usize, kind: Kind) {
        while let Some(event) = remote.poll().await {
            if let TrackRemoteEvent::OnRtpPacket(packet) = event {
                self.learn(packet.header.ssrc, track, kind);
                self.packet(track, kind, packet);
            }
        }
        self.forget(track);
    }
}
