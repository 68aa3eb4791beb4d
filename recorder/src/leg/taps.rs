//! What is put into the chain that packets of a connection run through after their decryption.

use std::{
    collections::{HashMap, VecDeque},
    time::Instant,
};

use rtc::{
    interceptor::{Interceptor, Packet, StreamInfo, TaggedPacket},
    rtcp::sender_report::SenderReport as RtcpSenderReport,
    sansio::Protocol,
    shared::error::Error,
};

use super::pump::Inlet;
use crate::media::SenderReport;

/// A place in the chain that sees what comes in, and lets by what goes out.
pub(super) struct Stage<T> {
    tap: T,
    read: VecDeque<TaggedPacket>,
    written: VecDeque<TaggedPacket>,
}

/// What is done at such a place.
pub(super) trait Tap {
    /// What of this packet goes on along the chain.
    fn pass(&mut self, packet: Packet) -> Option<Packet>;

    /// Packets of this stream come from now on.
    fn begins(&mut self, _: &StreamInfo) {}

    /// They do no longer.
    fn ends(&mut self, _: &StreamInfo) {}
}

impl<T: Tap> Stage<T> {
    pub(super) fn new(tap: T) -> Self {
        Self { tap, read: VecDeque::new(), written: VecDeque::new() }
    }
}

impl<T: Tap> Protocol<TaggedPacket, TaggedPacket, ()> for Stage<T> {
    type Rout = TaggedPacket;
    type Wout = TaggedPacket;
    type Eout = ();
    type Error = Error;
    type Time = Instant;

    fn handle_read(&mut self, mut packet: TaggedPacket) -> Result<(), Error> {
        if let Some(passed) = self.tap.pass(packet.message.packet) {
            packet.message.packet = passed;
            self.read.push_back(packet);
        }
        Ok(())
    }

    fn poll_read(&mut self) -> Option<TaggedPacket> {
        self.read.pop_front()
    }

    fn handle_write(&mut self, packet: TaggedPacket) -> Result<(), Error> {
        self.written.push_back(packet);
        Ok(())
    }

    fn poll_write(&mut self) -> Option<TaggedPacket> {
        self.written.pop_front()
    }
}

impl<T: Tap + Send + Sync> Interceptor for Stage<T> {
    fn bind_local_stream(&mut self, _: &StreamInfo) {}
    fn unbind_local_stream(&mut self, _: &StreamInfo) {}

    fn bind_remote_stream(&mut self, stream: &StreamInfo) {
        self.tap.begins(stream);
    }

    fn unbind_remote_stream(&mut self, stream: &StreamInfo) {
        self.tap.ends(stream);
    }
}

/// Takes out what is for the leg's owner: sender reports, which nobody gets to see behind the chain, and packets of
/// streams whose track is known, which have a longer way behind it.
pub(super) struct Taken(pub(super) Inlet);

impl Tap for Taken {
    fn pass(&mut self, packet: Packet) -> Option<Packet> {
        if let Packet::Rtp(rtp) = packet {
            return self.0.take(rtp).map(Packet::Rtp);
        }
        if let Packet::Rtcp(compound) = &packet {
            let reports = compound.iter().filter_map(|part| part.as_any().downcast_ref());
            for &RtcpSenderReport { ssrc, ntp_time, rtp_time, .. } in reports {
                self.0.report(SenderReport { ssrc, ntp: ntp_time, rtp: rtp_time });
            }
        }
        Some(packet)
    }
}

/// Takes repairs (RFC 4588) out of their wrapping before the generator of NACKs sees them. The crate does so behind it,
/// and the generator would ask for a repaired packet over and over.
#[derive(Default)]
pub(super) struct Unwrapped {
    /// From the stream of the repairs to the repaired one and its payload type.
    repaired: HashMap<u32, (u32, u8)>,
}

impl Tap for Unwrapped {
    fn pass(&mut self, mut packet: Packet) -> Option<Packet> {
        if let Packet::Rtp(rtp) = &mut packet
            && let Some((ssrc, payload_type)) = self.repaired.get(&rtp.header.ssrc)
        {
            // One that only probes for bandwidth carries nothing.
            let sequence = rtp.payload.first_chunk()?;
            rtp.header.sequence_number = u16::from_be_bytes(*sequence);
            rtp.header.ssrc = *ssrc;
            rtp.header.payload_type = *payload_type;
            rtp.header.padding = false;
            rtp.payload = rtp.payload.slice(2..);
        }
        Some(packet)
    }

    fn begins(&mut self, stream: &StreamInfo) {
        if let Some(repairs) = stream.ssrc_rtx {
            self.repaired.insert(repairs, (stream.ssrc, stream.payload_type));
        }
    }

    fn ends(&mut self, stream: &StreamInfo) {
        if let Some(repairs) = stream.ssrc_rtx {
            self.repaired.remove(&repairs);
        }
    }
}
