//! One stream of packets, from one source: puts them in order, gives them their time and collects them into frames.

use std::{collections::VecDeque, time::Duration};

use super::{
    Codec,
    clock::TrackClock,
    depacketize::{Assembler, Frame},
    reorder::{Next, Reorder},
    tape::Packet,
};

/// After such a silence on the wire the RTP clock may have stood still: Chrome's does for sound without a source.
const SILENCE: f64 = 0.3;
/// RTP time and arrival run apart by so much from one packet to the next: the sender's RTP clock was set.
const RUN_APART: f64 = 5.0;
/// So long the packets after a silence are looked at.
const LOOK_AT: Duration = Duration::from_millis(400);
/// And not more than these, so that a flood ends it, too.
const MAX_LOOKED_AT: usize = 512;
/// A network that was slow catches up: then the fastest packet is as late as before. If it is later than this, the clock stood.
const STOOD_STILL: f64 = 0.15;

/// What was put in order and is looked at before it is believed.
#[derive(Debug)]
enum Held {
    Packet { sent: i64, arrival: f64, packet: Packet },
    Lost,
}

#[derive(Debug)]
struct Pause {
    since: Duration,
    held: Vec<Held>,
}

/// Packets of one SSRC.
#[derive(Debug)]
pub(super) struct Stream {
    pub(super) ssrc: u32,
    /// Counted within its track.
    pub(super) number: u32,
    pub(super) clock: TrackClock,
    pub(super) reorder: Reorder,
    pub(super) assembler: Assembler,
    /// When a packet came last.
    pub(super) heard: Duration,
    /// Arrival and RTP time of the last packet in order.
    last: Option<(f64, i64)>,
    pause: Option<Pause>,
}

impl Stream {
    pub(super) fn new(ssrc: u32, codec: Codec, number: u32, wait: Duration) -> Self {
        Self {
            ssrc,
            number,
            clock: TrackClock::new(codec.clock_rate()),
            reorder: Reorder::new(wait),
            assembler: Assembler::new(codec, number),
            heard: Duration::ZERO,
            last: None,
            pause: None,
        }
    }

    /// Packets are looked at before they are believed.
    pub(super) fn is_pausing(&self) -> bool {
        self.pause.is_some()
    }

    /// Moves what is in order into frames.
    pub(super) fn pump(&mut self, now: Duration, frames: &mut VecDeque<Frame>) {
        while let Some(next) = self.reorder.pop(now) {
            match next {
                Next::Packet(packet, arrival) => self.take(packet, arrival, now, frames),
                Next::Lost => match &mut self.pause {
                    Some(pause) => pause.held.push(Held::Lost),
                    None => self.assembler.lost(),
                },
            }
        }
        let over =
            |pause: &Pause| now.saturating_sub(pause.since) >= LOOK_AT || pause.held.len() >= MAX_LOOKED_AT;
        if self.pause.as_ref().is_some_and(over) {
            self.resume(frames);
        }
    }

    /// Nothing comes any more: what is whole becomes a frame, what is not is left.
    pub(super) fn drain(&mut self, now: Duration, frames: &mut VecDeque<Frame>) {
        self.reorder.flush();
        self.pump(now, frames);
        self.resume(frames);
    }

    fn take(&mut self, packet: Packet, arrival: Duration, now: Duration, frames: &mut VecDeque<Frame>) {
        let sent = self.clock.unwrap_ticks(packet.timestamp);
        let arrival = arrival.as_secs_f64();
        let rate = f64::from(packet.codec.clock_rate());
        if let Some((last_arrival, last_sent)) = self.last.replace((arrival, sent)) {
            let passed = arrival - last_arrival;
            let apart = seconds(sent - last_sent, rate) - passed;
            if self.pause.is_none() && (passed > SILENCE || apart.abs() > RUN_APART) {
                self.pause = Some(Pause { since: now, held: Vec::new() });
            }
        }
        match &mut self.pause {
            Some(pause) => pause.held.push(Held::Packet { sent, arrival, packet }),
            None => self.collect(sent, arrival, packet, frames),
        }
    }

    /// The packets after a silence have been looked at.
    fn resume(&mut self, frames: &mut VecDeque<Frame>) {
        let Some(pause) = self.pause.take() else { return };
        let packets = pause.held.iter().filter_map(|held| match held {
            Held::Packet { sent, arrival, .. } => Some((*sent, *arrival)),
            Held::Lost => None,
        });
        if let Some(late) = self.clock.late_by(packets)
            && late.abs() > STOOD_STILL
        {
            self.clock.stood_still(late);
        }
        for held in pause.held {
            match held {
                Held::Packet { sent, arrival, packet } => self.collect(sent, arrival, packet, frames),
                Held::Lost => self.assembler.lost(),
            }
        }
    }

    fn collect(&mut self, sent: i64, arrival: f64, packet: Packet, frames: &mut VecDeque<Frame>) {
        let ticks = self.clock.shifted(sent);
        self.clock.on_packet(ticks, arrival);
        if packet.codec != self.assembler.codec() {
            self.assembler.finish(frames);
            let dropped = self.assembler.dropped;
            self.assembler = Assembler::new(packet.codec, self.number);
            self.assembler.dropped = dropped;
        }
        self.assembler.push(ticks, packet.marker, packet.payload, frames);
    }
}

#[expect(clippy::cast_precision_loss, reason = "RTP ticks of some days are seconds in an f64")]
fn seconds(ticks: i64, rate: f64) -> f64 {
    ticks as f64 / rate
}
