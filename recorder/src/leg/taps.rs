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

/// Takes out what is for the leg's owner: sender reports, which nobody gets to see behind the chain, and packets of streams whose
/// track is known, which have a longer way behind it.
pub(super) struct Tap {
    inlet: Inlet,
    through: Through,
}

impl Tap {
    pub(super) fn new(inlet: Inlet) -> Self {
        Self { inlet, through: Through::default() }
    }
}

/// Packets that pass, both ways.
#[derive(Default)]
struct Through {
    read: VecDeque<TaggedPacket>,
    written: VecDeque<TaggedPacket>,
}

impl Protocol<TaggedPacket, TaggedPacket, ()> for Tap {
    type Rout = TaggedPacket;
    type Wout = TaggedPacket;
    type Eout = ();
    type Error = Error;
    type Time = Instant;

    fn handle_read(&mut self, mut packet: TaggedPacket) -> Result<(), Error> {
        if let Packet::Rtcp(compound) = &packet.message.packet {
            let reports = compound.iter().filter_map(|part| part.as_any().downcast_ref());
            for &RtcpSenderReport { ssrc, ntp_time, rtp_time, .. } in reports {
                self.inlet.report(SenderReport { ssrc, ntp: ntp_time, rtp: rtp_time });
            }
        }
        if let Packet::Rtp(rtp) = packet.message.packet {
            match self.inlet.take(rtp) {
                Some(unknown) => packet.message.packet = Packet::Rtp(unknown),
                None => return Ok(()),
            }
        }
        self.through.read.push_back(packet);
        Ok(())
    }

    fn poll_read(&mut self) -> Option<TaggedPacket> {
        self.through.read.pop_front()
    }

    fn handle_write(&mut self, packet: TaggedPacket) -> Result<(), Error> {
        self.through.written.push_back(packet);
        Ok(())
    }

    fn poll_write(&mut self) -> Option<TaggedPacket> {
        self.through.written.pop_front()
    }
}

impl Interceptor for Tap {
    fn bind_local_stream(&mut self, _: &StreamInfo) {}
    fn unbind_local_stream(&mut self, _: &StreamInfo) {}
    fn bind_remote_stream(&mut self, _: &StreamInfo) {}
    fn unbind_remote_stream(&mut self, _: &StreamInfo) {}
}

/// Takes repairs (RFC 4588) out of their wrapping before the generator of NACKs sees them. The crate does so behind it, and the
/// generator would ask for a repaired packet over and over.
#[derive(Default)]
pub(super) struct Unwrap {
    /// From the stream of the repairs to the repaired one and its payload type.
    repaired: HashMap<u32, (u32, u8)>,
    through: Through,
}

impl Protocol<TaggedPacket, TaggedPacket, ()> for Unwrap {
    type Rout = TaggedPacket;
    type Wout = TaggedPacket;
    type Eout = ();
    type Error = Error;
    type Time = Instant;

    fn handle_read(&mut self, mut packet: TaggedPacket) -> Result<(), Error> {
        if let Packet::Rtp(rtp) = &mut packet.message.packet
            && let Some((ssrc, payload_type)) = self.repaired.get(&rtp.header.ssrc)
        {
            // One that only probes for bandwidth carries nothing.
            let Some(sequence) = rtp.payload.first_chunk() else { return Ok(()) };
            rtp.header.sequence_number = u16::from_be_bytes(*sequence);
            rtp.header.ssrc = *ssrc;
            rtp.header.payload_type = *payload_type;
            rtp.header.padding = false;
            rtp.payload = rtp.payload.slice(2..);
        }
        self.through.read.push_back(packet);
        Ok(())
    }

    fn poll_read(&mut self) -> Option<TaggedPacket> {
        self.through.read.pop_front()
    }

    fn handle_write(&mut self, packet: TaggedPacket) -> Result<(), Error> {
        self.through.written.push_back(packet);
        Ok(())
    }

    fn poll_write(&mut self) -> Option<TaggedPacket> {
        self.through.written.pop_front()
    }
}

impl Interceptor for Unwrap {
    fn bind_local_stream(&mut self, _: &StreamInfo) {}
    fn unbind_local_stream(&mut self, _: &StreamInfo) {}

    fn bind_remote_stream(&mut self, stream: &StreamInfo) {
        if let Some(repairs) = stream.ssrc_rtx {
            self.repaired.insert(repairs, (stream.ssrc, stream.payload_type));
        }
    }

    fn unbind_remote_stream(&mut self, stream: &StreamInfo) {
        if let Some(repairs) = stream.ssrc_rtx {
            self.repaired.remove(&repairs);
        }
    }
}
