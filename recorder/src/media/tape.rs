//! The tape: what one leg writes.

use std::{collections::VecDeque, time::Duration};

use bytes::{Bytes, BytesMut};

use super::{
    Codec, Container, Kind, LegReport, PartReport,
    depacketize::opus::Filler,
    drift::Drift,
    part::{Form, Part, Piece},
    timeline::LegClock,
    track::{Chosen, Counts, Due, Track},
    wait::{self, Arrival},
};

/// Tracks of a leg; a block of Matroska could name 126.
const MAX_TRACKS: usize = 8;
/// Files of a leg: a sender which changes its source every few seconds would make more.
const MAX_PARTS: u32 = 1000;
/// Media that has no time yet: 6 s of 20 Mbit/s. More, and arrival has to do.
const MAX_HELD_BYTES: usize = 16 << 20;
/// Before this nothing is placed: who begins a call has much to do, and some packet has to come without delay.
const MIN_HOLD: Duration = Duration::from_secs(2);
/// So long sound waits for a picture, or a picture for sound, at the start: a camera that comes later begins a new part.
const MEDIA_WAIT: Duration = Duration::from_secs(3);
/// Silence is made up only while the leg lives: this long after the last packet of any track, in seconds.
const ALIVE: f64 = 0.5;
/// And this much later than frames are written: a sender that is held up sends what is missing yet.
const LATE: f64 = 1.8;
/// When nothing came for so long, what comes then begins a new part.
const IDLE: Duration = Duration::from_secs(30);
/// The arrivals of a wait are played again in steps of this.
const STEP: Duration = Duration::from_millis(100);
/// A hole between waiting packets that is longer is no use of steps.
const MAX_STEPS: usize = 600;

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
    /// The number of the first part, for a leg that goes on after its recorder was started again.
    pub first_part: u32,
}

impl Default for TapeConfig {
    fn default() -> Self {
        Self {
            reorder_wait: Duration::from_millis(500),
            report_wait: Duration::from_secs(6),
            interleave: Duration::from_millis(700),
            key_frame_every: Duration::from_secs(10),
            first_part: 0,
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
    tracks: Vec<Track>,
    leg: LegClock,
    drift: Drift,
    hold: Option<Hold>,
    part: Option<Part>,
    next_part: u32,
    reports: Vec<PartReport>,
    /// Of each track, what came before the part.
    counted: [Counts; MAX_TRACKS],
    ops: VecDeque<Op>,
    /// When a packet came last.
    heard: Option<Duration>,
    ticked: Option<Duration>,
    closed: bool,
}

/// Some track has packets without a time, or such that are not believed yet. Nothing that arrived since is written.
#[derive(Debug)]
struct Hold {
    since: Duration,
    /// What arrived and is not handed out as [`Op::Wait`] yet.
    log: BytesMut,
    bytes: usize,
    /// Something was handed out.
    spooled: bool,
}

impl Tape {
    /// An empty tape. `wall_epoch_ms`: unix milliseconds at the recording's epoch.
    pub fn new(config: TapeConfig, wall_epoch_ms: i64) -> Self {
        Self {
            wall_epoch_ms,
            tracks: Vec::new(),
            leg: LegClock::default(),
            drift: Drift::default(),
            hold: None,
            part: None,
            next_part: config.first_part,
            config,
            reports: Vec::new(),
            counted: [Counts::default(); MAX_TRACKS],
            ops: VecDeque::new(),
            heard: None,
            ticked: None,
            closed: false,
        }
    }

    /// Makes parts of what waited when a recorder died: everything that [`Op::Wait`] handed out, one after another.
    pub fn replay(config: TapeConfig, wall_epoch_ms: i64, waiting: Bytes) -> Self {
        let mut tape = Self::new(config, wall_epoch_ms);
        let mut waiting = waiting;
        let mut now = Duration::ZERO;
        while let Some(arrival) = wait::next(&mut waiting) {
            let (Arrival::Packet { track, kind, at, .. } | Arrival::Report { track, kind, at, .. }) = arrival;
            now = tape.run_until(now, at);
            while tape.tracks.len() < MAX_TRACKS.min(track + 1) {
                tape.add_track(kind);
            }
            match arrival {
                Arrival::Packet { packet, .. } => tape.on_rtp(TrackId(track), packet, at),
                Arrival::Report { report, .. } => tape.on_sender_report(TrackId(track), report, at),
            }
        }
        tape.close(now);
        tape
    }

    fn run_until(&mut self, from: Duration, to: Duration) -> Duration {
        let mut now = from;
        if from > Duration::ZERO {
            for _ in 0..MAX_STEPS {
                let next = now.saturating_add(STEP);
                if next >= to {
                    break;
                }
                now = next;
                self.tick(now);
            }
        }
        now.max(to)
    }

    /// A track more. Its codec comes with its packets. Beyond eight, what it brings is not recorded.
    pub fn add_track(&mut self, kind: Kind) -> TrackId {
        let id = TrackId(self.tracks.len());
        if self.tracks.len() < MAX_TRACKS {
            self.tracks.push(Track::new(kind));
            return id;
        }
        TrackId(MAX_TRACKS)
    }

    /// A packet has arrived; in any order, duplicates welcome.
    pub fn on_rtp(&mut self, track: TrackId, packet: Packet, now: Duration) {
        let Some(found) = self.tracks.get_mut(track.0).filter(|_| !self.closed) else { return };
        if packet.codec.kind() != found.kind || packet.payload.is_empty() && found.stream.is_none() {
            return;
        }
        let before = self.heard.replace(now);
        if before.is_some_and(|before| now.saturating_sub(before) > IDLE) {
            self.begin_anew(now);
        }
        let Some(found) = self.tracks.get_mut(track.0) else { return };
        match found.choose(packet, now) {
            Chosen::None => {}
            Chosen::This(packet) => self.take(track, packet, now, now),
            Chosen::Switch(packets) => {
                found.end_stream(self.leg.delay(), now);
                for (packet, arrival) in packets {
                    self.take(track, packet, arrival, now);
                }
            }
        }
        if let Some(found) = self.tracks.get_mut(track.0) {
            found.pump(now);
        }
        self.maybe_hold(track.0);
    }

    /// While packets after a silence are looked at, nothing that is later is written.
    fn maybe_hold(&mut self, index: usize) {
        let Some(stream) = self.tracks.get(index).and_then(|track| track.stream.as_ref()) else { return };
        let mut packets = stream.looked_at().peekable();
        if let (None, Some((_, since))) = (&self.hold, packets.peek()) {
            let mut hold = Hold { since: *since, log: BytesMut::new(), bytes: 0, spooled: false };
            for (packet, arrival) in packets {
                hold.bytes += packet.payload.len();
                wait::put_packet(&mut hold.log, index, arrival, packet);
            }
            self.hold = Some(hold);
        }
    }

    /// Nothing came for long: what was known of the streams may be true no more.
    fn begin_anew(&mut self, now: Duration) {
        for track in &mut self.tracks {
            track.end_stream(self.leg.delay(), now);
        }
    }

    fn take(&mut self, track: TrackId, packet: Packet, arrival: Duration, now: Duration) {
        let Some(found) = self.tracks.get_mut(track.0) else { return };
        if found.stream.is_none() || found.is_waiting() {
            self.hold.get_or_insert_with(|| Hold {
                since: arrival,
                log: BytesMut::new(),
                bytes: 0,
                spooled: false,
            });
        }
        if let Some(hold) = &mut self.hold {
            hold.bytes += packet.payload.len();
            wait::put_packet(&mut hold.log, track.0, arrival, &packet);
        }
        let begins = found.take(packet, arrival, self.config.reorder_wait);
        if begins && let Some(report) = found.stray_report() {
            self.on_sender_report(track, report, now);
        }
        if begins && self.part.is_some() {
            // A new part will begin, which no picture can enter without a key frame.
            self.tracks.iter_mut().for_each(Track::want_key);
        }
    }

    /// A sender report has arrived.
    pub fn on_sender_report(&mut self, track: TrackId, report: SenderReport, now: Duration) {
        let Some(found) = self.tracks.get_mut(track.0).filter(|_| !self.closed) else { return };
        if let Some(hold) = &mut self.hold {
            wait::put_report(&mut hold.log, track.0, found.kind, now, report);
        }
        let delay = self.leg.delay();
        let Some((stream, report)) = found.own_report(report) else { return };
        let expected = stream.clock.expected(report.rtp).filter(|_| delay.is_some());
        let time = self.leg.time(report.ntp, expected);
        stream.on_report(time, report.rtp, delay, now);
    }

    /// Time has passed; to be said every 100 ms.
    pub fn tick(&mut self, now: Duration) {
        if self.closed {
            return;
        }
        let passed = now.saturating_sub(self.ticked.replace(now).unwrap_or(now)).as_secs_f64();
        for index in 0..self.tracks.len() {
            if let Some(track) = self.tracks.get_mut(index) {
                track.pump(now);
            }
            self.maybe_hold(index);
        }
        self.slew(now, passed);
        self.maybe_release(now, false);
        if let Some(hold) = self.hold.as_mut().filter(|hold| !hold.log.is_empty()) {
            hold.spooled = true;
            self.ops.push_back(Op::Wait { bytes: hold.log.split().freeze() });
        }
        self.emit(now.as_secs_f64() - self.config.interleave.as_secs_f64());
        self.count();
    }

    fn slew(&mut self, now: Duration, passed: f64) {
        let seconds = now.as_secs_f64();
        let placed = |track: &Track| {
            let stream = track.stream.as_ref().filter(|stream| stream.clock.is_placed())?;
            stream.clock.reported_residual(seconds)
        };
        let target = self.tracks.iter().filter_map(placed).reduce(f64::min);
        self.leg.slew(target, passed);
        if let Some(shortest) = target {
            self.drift.note(seconds, shortest);
        }
        let Some(delay) = self.leg.delay() else { return };
        for track in &mut self.tracks {
            track.slew(delay, seconds, passed);
        }
    }

    /// Ends the hold when every track has its time, or has waited long enough.
    fn maybe_release(&mut self, now: Duration, closing: bool) {
        let Some(hold) = &self.hold else { return };
        let held = now.saturating_sub(hold.since);
        let full = hold.bytes > MAX_HELD_BYTES;
        if full {
            self.tracks.iter_mut().for_each(Track::resume);
        }
        if self.tracks.iter().any(Track::is_pausing) {
            return;
        }
        let started = self.leg.delay().is_some();
        let with_media = || self.tracks.iter().filter(|track| !track.queue.is_empty());
        let all_there = started
            && !self.tracks.iter().any(|track| track.is_waiting() && track.queue.is_empty())
            || with_media().count() == self.tracks.len();
        let mut waiting = with_media().filter(|track| track.is_waiting()).peekable();
        let reported = waiting.peek().is_some() && waiting.all(Track::is_reported);
        let placed = !self.tracks.iter().any(Track::is_waiting);
        let ready = placed || reported && (held >= MEDIA_WAIT || all_there && held >= MIN_HOLD);
        let enough = held >= self.config.report_wait || full;
        if !ready && !enough && !closing {
            return;
        }
        let seconds = now.as_secs_f64();
        let fastest = |track: &Track| track.stream.as_ref()?.clock.reported_residual(seconds);
        let reported = self.tracks.iter().filter_map(fastest).reduce(f64::min);
        let delay = self.leg.start(reported);
        for track in &mut self.tracks {
            track.place(delay);
        }
        let Some(hold) = self.hold.take() else { return };
        self.emit(seconds - self.config.interleave.as_secs_f64());
        if hold.spooled {
            if let Some(part) = &mut self.part {
                part.flush(&mut self.ops);
            }
            self.ops.push_back(Op::Waited);
        }
    }

    /// Writes what is due up to this time.
    fn emit(&mut self, until: f64) {
        let Some(delay) = self.leg.delay() else { return };
        let until = self.hold.as_ref().map_or(until, |hold| until.min(hold.since.as_secs_f64()));
        let alive = self.heard.map_or(until, |heard| until.min(heard.as_secs_f64() + ALIVE));
        let unsure = self.closed || self.tracks.iter().any(Track::is_pausing);
        let fill_until = if unsure { f64::NEG_INFINITY } else { alive.min(until - LATE) };
        loop {
            let mut first: Option<(usize, f64, Due)> = None;
            for (index, track) in self.tracks.iter().enumerate() {
                if let Some((at, due)) = track.due(delay, fill_until)
                    && first.is_none_or(|(_, earliest, _)| at < earliest)
                {
                    first = Some((index, at, due));
                }
            }
            let Some((index, at, due)) = first.filter(|(_, at, _)| *at <= until) else { return };
            match due {
                Due::Frame => self.write_frame(index, at),
                Due::Fill(filler) => self.fill(index, at, filler),
                Due::Leave => {
                    if let Some(track) = self.tracks.get_mut(index) {
                        track.leave_frame();
                    }
                }
            }
        }
    }

    fn write_frame(&mut self, index: usize, at: f64) {
        let Some(frame) = self.tracks.get_mut(index).and_then(|track| track.next_frame(at)) else { return };
        let fits = self.part.as_ref().is_some_and(|part| part.fits(index, &frame));
        let takes = fits || frame.unit.key && self.cut(index, at, Form::of(&frame));
        if !takes {
            self.want_key(index);
            return;
        }
        let piece = Piece { key: frame.unit.key, pieces: &frame.unit.pieces, len: frame.len, real: true };
        let written = self.part.as_mut().is_some_and(|part| part.write(index, at, piece, &mut self.ops));
        if !written {
            self.want_key(index);
        }
    }

    fn want_key(&mut self, index: usize) {
        if let Some(track) = self.tracks.get_mut(index) {
            track.want_key();
        }
    }

    fn fill(&mut self, index: usize, at: f64, filler: Filler) {
        if let Some(track) = self.tracks.get_mut(index) {
            track.filled(filler);
        }
        if let Some(part) = &mut self.part {
            let packet = Bytes::copy_from_slice(filler.packet());
            let len = packet.len();
            let piece = Piece { key: true, pieces: &[packet], len, real: false };
            part.write(index, at, piece, &mut self.ops);
        }
    }

    /// Ends the part and begins another, which takes this form of this track and what the others have. False: there are too
    /// many.
    fn cut(&mut self, index: usize, at: f64, form: Form) -> bool {
        if self.next_part - self.config.first_part >= MAX_PARTS {
            return false;
        }
        let mut new = Some(form);
        let mut counted = self.counted;
        if self.part.is_some() {
            counted.iter_mut().zip(&self.tracks).for_each(|(counted, track)| *counted = track.counts());
        }
        let forms = self
            .tracks
            .iter()
            .enumerate()
            .map(|(other, track)| {
                let counted = counted.get(other);
                let form = if other == index {
                    new.take()
                } else {
                    let next = track.queue.iter().find(|frame| frame.unit.key && track.has_time(frame));
                    next.map(Form::of).or_else(|| self.part.as_ref()?.recent_form(other, at))
                };
                Some((form?, *counted?))
            })
            .collect();
        self.end_part();
        self.counted = counted;
        let Some((part, begin)) = Part::begin(self.next_part, at, self.wall_epoch_ms, forms) else {
            return false;
        };
        self.next_part += 1;
        self.ops.push_back(begin);
        self.part = Some(part);
        true
    }

    fn end_part(&mut self) {
        self.count();
        if let Some(part) = self.part.take() {
            self.reports.push(part.end(&mut self.ops));
        }
    }

    fn count(&mut self) {
        let Some(part) = &mut self.part else { return };
        for (index, track) in self.tracks.iter().enumerate() {
            part.count(index, track.counts());
        }
    }

    /// True when the sender is to be asked for a key frame now; then it counts as asked.
    pub fn wants_key_frame(&mut self, track: TrackId, now: Duration) -> bool {
        let every = self.config.key_frame_every;
        let track = self.tracks.get_mut(track.0).filter(|_| !self.closed);
        track.is_some_and(|track| track.ask_for_key(now, every))
    }

    /// The next thing to do with the files.
    pub fn poll(&mut self) -> Option<Op> {
        self.ops.pop_front()
    }

    /// Nothing comes any more: everything is written out.
    pub fn close(&mut self, now: Duration) {
        if self.closed {
            return;
        }
        for track in &mut self.tracks {
            track.drain(now);
        }
        self.closed = true;
        self.maybe_release(now, true);
        self.emit(f64::INFINITY);
        self.end_part();
    }

    /// How it went so far.
    pub fn report(&self) -> LegReport {
        let open = self.part.iter().map(Part::report);
        LegReport { parts: self.reports.iter().cloned().chain(open).collect(), drift_ppm: self.drift.ppm() }
    }
}
