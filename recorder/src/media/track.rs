//! One track of a tape: chooses the stream that is recorded, and says what of it is to be written next.

use std::{collections::VecDeque, time::Duration};

use super::{
    Kind,
    depacketize::{
        Frame,
        opus::{self, Filler},
    },
    stream::Stream,
    tape::{Packet, SenderReport},
};

/// Another source takes over when the one that is recorded has been silent for so long. Until then it is taken for another
/// size of the same picture, of which one is enough.
const SILENT_BEFORE_SWITCH: Duration = Duration::from_secs(1);
/// Kept of the other source meanwhile, so that nothing is missing: a second of 4 Mbit/s.
const MAX_OF_OTHER: usize = 512;
/// A sender is asked for a key frame this often at most: each costs it ten times a usual one.
const ASK_EVERY: Duration = Duration::from_millis(300);
/// Sound is written without a seam, since players count samples and do not look at the time of each packet. Where it is off by
/// more than this from its time in seconds, something is filled in, or a packet is left out. Lips may be off by 10 ms.
const SEAM: f64 = 0.006;
/// Decoders conceal a loss well for so many seconds. Then it is silent.
const CONCEAL: f64 = 0.1;
/// A longer hole is not filled.
const LONG: f64 = 30.0;

/// Packets of a source that may take over.
#[derive(Debug)]
struct Other {
    ssrc: u32,
    heard: Duration,
    packets: VecDeque<(Packet, Duration)>,
}

/// What to write next of a track.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    /// The frame in front.
    Frame,
    /// The frame in front is left out: its time is over.
    Leave,
    /// What stands in for sound that did not come.
    Fill(Filler),
}

/// Where the sound goes on.
#[derive(Debug, Clone, Copy)]
struct Sound {
    stream: u32,
    /// On the recording's timeline.
    end: f64,
    /// The first byte of the last packet.
    toc: u8,
    /// Seconds that were filled since.
    filled: f64,
}

impl Sound {
    /// What fills a hole of this length, or its beginning.
    fn filler(self, hole: f64) -> Filler {
        if self.filled < CONCEAL { opus::conceal(self.toc, hole) } else { opus::silence(hole) }
    }
}

/// One track.
#[derive(Debug)]
pub(super) struct Track {
    pub(super) kind: Kind,
    pub(super) stream: Option<Stream>,
    streams: u32,
    other: Option<Other>,
    /// A report of a source that is not recorded, perhaps not yet.
    stray: Option<SenderReport>,
    pub(super) queue: VecDeque<Frame>,
    sound: Option<Sound>,
    /// How much later than the leg's fastest its packets come.
    skew: f64,
    asked: Option<Duration>,
    wants_key: bool,
    /// Of streams that have ended.
    ended: Counts,
}

/// What has happened to packets and frames before they came to a file.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counts {
    pub(super) packets: u64,
    pub(super) lost: u64,
    pub(super) dropped: u64,
}

impl Track {
    pub(super) fn new(kind: Kind) -> Self {
        Self {
            kind,
            stream: None,
            streams: 0,
            other: None,
            stray: None,
            queue: VecDeque::new(),
            sound: None,
            skew: 0.0,
            asked: None,
            wants_key: false,
            ended: Counts::default(),
        }
    }

    /// Chooses: gives the packets that are to be recorded now.
    pub(super) fn choose(&mut self, packet: Packet, now: Duration) -> Chosen {
        let Some(stream) = &self.stream else { return Chosen::This(packet) };
        if stream.ssrc == packet.ssrc {
            self.other = None;
            return Chosen::This(packet);
        }
        let stale = |other: &Other| now.saturating_sub(other.heard) > SILENT_BEFORE_SWITCH;
        if self.other.as_ref().is_none_or(stale) {
            self.other = Some(Other { ssrc: packet.ssrc, heard: now, packets: VecDeque::new() });
        }
        let Some(other) = self.other.as_mut().filter(|other| other.ssrc == packet.ssrc) else {
            return Chosen::None;
        };
        other.heard = now;
        if other.packets.len() == MAX_OF_OTHER {
            other.packets.pop_front();
        }
        other.packets.push_back((packet, now));
        if now.saturating_sub(stream.heard) < SILENT_BEFORE_SWITCH {
            return Chosen::None;
        }
        self.other.take().map_or(Chosen::None, |other| Chosen::Switch(other.packets))
    }

    /// Takes a packet of the stream, which begins if there is none. True when it has just begun.
    pub(super) fn take(&mut self, packet: Packet, arrival: Duration, wait: Duration) -> bool {
        let begins = self.stream.is_none();
        let stream = self.stream.get_or_insert_with(|| {
            self.streams += 1;
            Stream::new(packet.ssrc, packet.codec, self.streams, wait)
        });
        stream.push(packet, arrival);
        begins
    }

    /// Time has passed.
    pub(super) fn pump(&mut self, now: Duration) {
        if let Some(stream) = &mut self.stream {
            stream.pump(now, &mut self.queue);
        }
    }

    /// Nothing comes any more.
    pub(super) fn drain(&mut self, now: Duration) {
        if let Some(stream) = &mut self.stream {
            stream.drain(now, &mut self.queue);
        }
    }

    /// The stream is over; its frames get their final time.
    pub(super) fn end_stream(&mut self, delay: Option<f64>, now: Duration) {
        self.drain(now);
        self.ended = self.counts();
        let Some(mut stream) = self.stream.take() else { return };
        if !stream.clock.is_placed() {
            stream.clock.assume(delay.unwrap_or_default());
        }
        for frame in self.queue.iter_mut().filter(|frame| frame.at.is_none()) {
            frame.at = stream.clock.at(frame.ticks).map(|at| at + delay.unwrap_or_default());
        }
        self.queue.retain(|frame| frame.at.is_some());
    }

    /// A report: gives it back if it is about the stream that is recorded.
    pub(super) fn own_report(&mut self, report: SenderReport) -> Option<(&mut Stream, SenderReport)> {
        match &mut self.stream {
            Some(stream) if stream.ssrc == report.ssrc => Some((stream, report)),
            _ => {
                self.stray = Some(report);
                None
            }
        }
    }

    /// The report that came before its stream was chosen.
    pub(super) fn stray_report(&mut self) -> Option<SenderReport> {
        let ssrc = self.stream.as_ref()?.ssrc;
        self.stray.take_if(|report| report.ssrc == ssrc)
    }

    /// So much time has passed.
    pub(super) fn slew(&mut self, delay: f64, now: f64, passed: f64) {
        let Some(stream) = self.stream.as_mut().filter(|stream| stream.clock.is_placed()) else { return };
        if let Some(residual) = stream.clock.reported_residual(now) {
            self.skew = residual - delay;
        } else if !stream.clock.is_reported() {
            stream.clock.assume(delay + self.skew);
        }
        stream.clock.slew(passed);
    }

    /// From now on its frames have a time.
    pub(super) fn place(&mut self, delay: f64) {
        let Some(stream) = self.stream.as_mut().filter(|stream| !stream.clock.is_placed()) else { return };
        if !stream.clock.is_reported() {
            stream.clock.assume(delay + self.skew);
        }
        stream.clock.place(delay);
    }

    /// Packets after a silence are looked at before they are believed.
    pub(super) fn is_pausing(&self) -> bool {
        self.stream.as_ref().is_some_and(Stream::is_pausing)
    }

    /// They have been looked at for long enough.
    pub(super) fn resume(&mut self) {
        if let Some(stream) = &mut self.stream {
            stream.resume(&mut self.queue);
        }
    }

    /// It has packets, and they have no time yet.
    pub(super) fn is_waiting(&self) -> bool {
        self.stream.as_ref().is_some_and(|stream| !stream.clock.is_placed())
    }

    pub(super) fn is_reported(&self) -> bool {
        self.stream.as_ref().is_some_and(|stream| stream.clock.is_reported())
    }

    /// The frame can be written.
    pub(super) fn has_time(&self, frame: &Frame) -> bool {
        frame.at.is_some() || self.stream.as_ref().is_some_and(|stream| stream.clock.is_placed())
    }

    /// Where on the recording's timeline this is.
    fn time(&self, ticks: i64, delay: f64) -> Option<f64> {
        let stream = self.stream.as_ref().filter(|stream| stream.clock.is_placed())?;
        stream.clock.at(ticks).map(|at| at + delay)
    }

    /// What is next, and when. Holes are filled up to `fill_until`, or to the next frame.
    pub(super) fn due(&self, delay: f64, fill_until: f64) -> Option<(f64, Due)> {
        let Some(front) = self.queue.front() else {
            let current = self.stream.as_ref().map(|stream| stream.number);
            let sound = self.sound.filter(|sound| current == Some(sound.stream))?;
            if !(0.0..LONG).contains(&(fill_until - sound.end)) {
                return None;
            }
            return Some((sound.end, Due::Fill(sound.filler(f64::INFINITY))));
        };
        let at = front.at.or_else(|| self.time(front.ticks, delay))?;
        let Some(sound) = self.sound.filter(|sound| sound.stream == front.stream) else {
            return Some((at, Due::Frame));
        };
        let hole = at - sound.end;
        Some(match hole {
            LONG.. => (at, Due::Frame),
            SEAM.. => (sound.end, Due::Fill(sound.filler(hole))),
            _ if hole < -SEAM => (at, Due::Leave),
            _ => (sound.end, Due::Frame),
        })
    }

    /// Takes the frame in front, which is written at this time.
    pub(super) fn next_frame(&mut self, at: f64) -> Option<Frame> {
        let frame = self.queue.pop_front()?;
        if self.kind == Kind::Audio {
            let packet = frame.unit.pieces.first()?;
            let end = at + opus::seconds(packet)?;
            self.sound = Some(Sound { stream: frame.stream, end, toc: *packet.first()?, filled: 0.0 });
        }
        Some(frame)
    }

    /// Leaves the frame in front out.
    pub(super) fn leave_frame(&mut self) {
        self.queue.pop_front();
    }

    /// A hole has been filled.
    pub(super) fn filled(&mut self, filler: Filler) {
        if let Some(sound) = &mut self.sound {
            sound.end += filler.seconds();
            sound.filled += filler.seconds();
        }
    }

    /// A key frame is needed soon, whatever the stream itself thinks.
    pub(super) fn want_key(&mut self) {
        self.wants_key |= self.kind == Kind::Video;
    }

    /// True when the sender is to be asked now.
    pub(super) fn ask_for_key(&mut self, now: Duration, every: Duration) -> bool {
        let Some(stream) = self.stream.as_ref().filter(|_| self.kind == Kind::Video) else { return false };
        let needed = self.wants_key || stream.assembler.needs_key();
        let due = self.asked.is_none_or(|asked| {
            let since = now.saturating_sub(asked);
            since >= every || needed && since >= ASK_EVERY
        });
        if due {
            self.asked = Some(now);
            self.wants_key = false;
        }
        due
    }

    pub(super) fn counts(&self) -> Counts {
        let Some(stream) = &self.stream else { return self.ended };
        Counts {
            packets: self.ended.packets + stream.reorder.packets,
            lost: self.ended.lost + stream.reorder.lost,
            dropped: self.ended.dropped + stream.assembler.dropped,
        }
    }
}

/// Which packets are to be recorded now.
#[derive(Debug)]
pub(super) enum Chosen {
    /// This one.
    This(Packet),
    /// None: it belongs to a source that is not recorded.
    None,
    /// These, of a source that takes over.
    Switch(VecDeque<(Packet, Duration)>),
}
