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
/// Packets after a silence that are later than before by more than this are not believed at once: either a sender that was held
/// up is catching up, or its clock stood still.
const STOOD_STILL: f64 = 0.15;
/// What a sender was held up by more than this is not.
const MAX_HELD_UP: f64 = 10.0;
/// A clock stands still for about as long as it is silent. Who is late by less than this part of it is catching up.
const CATCHING_UP: f64 = 0.7;
/// So long they are looked at, if reports are not to be had.
const LOOK_AT: Duration = Duration::from_millis(400);
/// So long a report is waited for that says which: Chrome's for sound are 2.5 to 7.5 s apart.
const REPORT_WAIT: Duration = Duration::from_secs(8);
/// And not more packets than these are kept, so that a flood ends it, too: 8 s of a good picture.
const MAX_LOOKED_AT: usize = 4096;
/// Reports that came since the last packet before the silence.
const MAX_SAID: usize = 8;
/// A report is later than the end of a silence only if it is so by this.
const CLEARLY: f64 = 0.02;

/// What was put in order and is looked at before it is believed.
#[derive(Debug)]
enum Held {
    Packet { sent: i64, arrival: Duration, packet: Packet },
    Lost,
}

/// A report that has not been believed yet.
#[derive(Debug, Clone, Copy)]
struct Said {
    time: f64,
    rtp: u32,
    delay: Option<f64>,
}

/// What came after a silence. The fastest packet counts, since what was held back comes in a burst.
#[derive(Debug)]
struct Pause {
    since: Duration,
    held: Vec<Held>,
    /// How long it was silent, in seconds.
    silent: f64,
    first: i64,
    /// Later than its time says by so much.
    late: f64,
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
    /// When the wire was heard again, and after how many seconds, until the packets in order are there.
    silence: Option<(f64, f64)>,
    /// Since the silence began.
    said: Vec<Said>,
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
            silence: None,
            said: Vec::new(),
        }
    }

    /// A packet has arrived.
    pub(super) fn push(&mut self, packet: Packet, arrival: Duration) {
        let silent = arrival.saturating_sub(self.heard).as_secs_f64();
        if silent > SILENCE {
            self.silence = Some((arrival.as_secs_f64(), silent));
        }
        self.heard = arrival;
        self.reorder.push(packet, arrival);
    }

    /// Packets are looked at before they are believed.
    pub(super) fn is_pausing(&self) -> bool {
        self.pause.is_some()
    }

    /// The packets that are looked at.
    pub(super) fn looked_at(&self) -> impl Iterator<Item = (&Packet, Duration)> {
        self.pause.iter().flat_map(|pause| &pause.held).filter_map(|held| match held {
            Held::Packet { packet, arrival, .. } => Some((packet, *arrival)),
            Held::Lost => None,
        })
    }

    /// A report says that this leg time and this RTP time are the same. One that comes in a silence is kept until it is over.
    pub(super) fn on_report(&mut self, time: f64, rtp: u32, delay: Option<f64>, now: Duration) {
        let silent = now.saturating_sub(self.heard).as_secs_f64() > SILENCE;
        if self.pause.is_none() && !silent {
            self.clock.on_report(time, rtp, delay);
            return;
        }
        if self.said.len() == MAX_SAID {
            self.said.remove(0);
        }
        self.said.push(Said { time, rtp, delay });
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
        self.maybe_resume(now, frames);
    }

    /// Nothing comes any more: what is whole becomes a frame, what is not is left.
    pub(super) fn drain(&mut self, now: Duration, frames: &mut VecDeque<Frame>) {
        self.reorder.flush();
        self.pump(now, frames);
        self.resume(frames);
    }

    fn take(&mut self, packet: Packet, arrival: Duration, now: Duration, frames: &mut VecDeque<Frame>) {
        let sent = self.clock.unwrap_ticks(packet.timestamp);
        let at = arrival.as_secs_f64();
        let rate = f64::from(packet.codec.clock_rate());
        let silence = self.silence.take_if(|(heard, _)| at >= *heard);
        if let Some((last_at, last_sent)) = self.last.replace((at, sent)) {
            let apart = seconds(sent - last_sent, rate) - (at - last_at);
            if silence.is_some() || apart.abs() > RUN_APART {
                // What came after the silence before this one has to be judged by itself.
                self.go_on_as_said(frames);
                let (silent, late) = (silence.map_or(0.0, |(_, silent)| silent), f64::INFINITY);
                self.pause = Some(Pause { since: now, held: Vec::new(), silent, first: sent, late });
            }
        }
        let Some(pause) = &mut self.pause else {
            self.listen();
            self.collect(sent, at, packet, frames);
            return;
        };
        pause.late = self.clock.late_by(sent, at).map_or(0.0, |late| late.min(pause.late));
        pause.held.push(Held::Packet { sent, arrival, packet });
        if pause.late.abs() <= STOOD_STILL {
            self.maybe_resume(now, frames);
        }
    }

    fn maybe_resume(&mut self, now: Duration, frames: &mut VecDeque<Frame>) {
        let Some(pause) = &self.pause else { return };
        // Where no report ever came, none will.
        let wait = if self.clock.is_placed() && !self.clock.is_reported() { LOOK_AT } else { REPORT_WAIT };
        let looked = now.saturating_sub(pause.since);
        let over = looked >= wait || pause.held.len() >= MAX_LOOKED_AT;
        if over || pause.late.abs() <= STOOD_STILL || self.stood(pause, looked >= LOOK_AT).is_some() {
            self.resume(frames);
        }
    }

    /// For how long the clock has stood still, by the reports since. `long`: the packets have been looked at for long.
    fn stood(&self, pause: &Pause, long: bool) -> Option<f64> {
        self.said.iter().rev().find_map(|said| {
            let stood = self.clock.stood_by(said.time, said.rtp)?;
            if stood.abs() <= STOOD_STILL {
                // It goes on as before, unless this is what was said while it stood still.
                let resumed = self.clock.leg_time(pause.first)? + pause.late;
                return (said.time > resumed + CLEARLY).then_some(0.0);
            }
            let held_up = pause.late - stood;
            let agrees = held_up.abs() <= STOOD_STILL;
            (agrees || long && (0.0..MAX_HELD_UP).contains(&held_up)).then_some(stood)
        })
    }

    /// The packets after a silence have been looked at: by the reports, and where they say nothing by arrival.
    pub(super) fn resume(&mut self, frames: &mut VecDeque<Frame>) {
        if let Some(pause) = &self.pause
            && pause.late.abs() > STOOD_STILL
            && pause.late.is_finite()
            && self.stood(pause, true).is_none()
            // Who is late by much less than after the silence is catching up.
            && (pause.late < 0.0 || pause.late > pause.silent * CATCHING_UP)
        {
            self.clock.seems_to_have_stood_still(pause.late);
            self.go_on(frames);
        } else {
            self.go_on_as_said(frames);
        }
    }

    /// The same, by the reports alone.
    fn go_on_as_said(&mut self, frames: &mut VecDeque<Frame>) {
        let stood = self.pause.as_ref().filter(|pause| pause.late.abs() > STOOD_STILL);
        let stood = stood.and_then(|pause| self.stood(pause, true)).filter(|by| by.abs() > STOOD_STILL);
        if let Some(stood) = stood {
            self.clock.stood_still(stood);
        }
        self.go_on(frames);
    }

    fn go_on(&mut self, frames: &mut VecDeque<Frame>) {
        let Some(pause) = self.pause.take() else { return };
        self.listen();
        for held in pause.held {
            match held {
                Held::Packet { sent, arrival, packet } => {
                    self.collect(sent, arrival.as_secs_f64(), packet, frames);
                }
                Held::Lost => self.assembler.lost(),
            }
        }
    }

    /// What was said in a silence is believed, unless it was about a clock that stood still.
    fn listen(&mut self) {
        for Said { time, rtp, delay } in std::mem::take(&mut self.said) {
            let off = self.clock.stood_by(time, rtp).unwrap_or_default();
            if off.abs() <= STOOD_STILL {
                self.clock.on_report(time, rtp, delay);
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
