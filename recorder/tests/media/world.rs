//! A sender, a network and a tape in virtual time. Every frame carries the true moment at which it was captured, so that a
//! file says itself how far off it is.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap},
    time::Duration,
};

use bedside_recorder::media::{Codec, Kind, LegReport, Packet, SenderReport, Tape, TapeConfig, TrackId};
use bytes::Bytes;

use crate::{
    coded,
    file::{Files, parse},
};

pub const WALL_EPOCH_MS: i64 = 1_790_000_000_000;

/// Numbers that look like chance and are the same every time.
#[derive(Debug, Clone)]
pub struct Chance(pub u64);

impl Chance {
    pub fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f64 / (1_u64 << 24) as f64
    }
}

/// How the packets of a track travel, and when they are sent. Times in seconds.
#[derive(Debug, Clone)]
pub struct Path {
    pub delay: f64,
    pub jitter: f64,
    pub loss: f64,
    /// The first report is sent at this time; none at all if it is infinite.
    pub first_report: f64,
    pub report_every: f64,
    /// Nothing is captured meanwhile.
    pub pauses: Vec<(f64, f64)>,
    /// The RTP clock stands still in the pauses.
    pub clock_stops: bool,
    /// The first capture.
    pub from: f64,
    pub ssrc: u32,
    pub codec: Codec,
    pub size: (u32, u32),
    /// What its reports are off, always and by chance.
    pub report_error: f64,
    pub report_noise: f64,
    /// Nothing goes out meanwhile, though it is captured; then it does, so many times as fast as it was captured.
    pub stalls: Vec<(f64, f64)>,
    pub catches_up: f64,
    /// What is lost comes later, when it is sent again.
    pub repaired: bool,
    /// Reports are made in pauses, too, as if the RTP clock went on.
    pub reports_in_pauses: bool,
    /// So often each packet is sent.
    pub copies: u32,
}

impl Path {
    fn arrival(&self, at: f64, delay: f64) -> f64 {
        let behind = |(from, to): &(f64, f64)| {
            if at < *from { 0.0 } else { (to + (at - from) / self.catches_up - at).max(0.0) }
        };
        at + delay + self.stalls.iter().map(behind).fold(0.0, f64::max)
    }
}

/// What a sender is like.
#[derive(Debug, Clone)]
pub struct Scene {
    /// Parts in a million by which the sender's clocks run fast.
    pub ppm: f64,
    /// The same for its sound card, beside that.
    pub sound_ppm: f64,
    /// What its NTP clock shows more than ours.
    pub clock_offset: f64,
    pub sound: Path,
    pub picture: Path,
    pub frames_a_second: f64,
    pub seconds: f64,
}

impl Default for Scene {
    fn default() -> Self {
        let path = Path {
            delay: 0.030,
            jitter: 0.004,
            loss: 0.0,
            first_report: 0.5,
            report_every: 1.0,
            pauses: Vec::new(),
            clock_stops: false,
            from: 1.0,
            ssrc: 11,
            codec: Codec::Vp8,
            size: (640, 480),
            report_error: 0.0,
            report_noise: 0.0,
            stalls: Vec::new(),
            catches_up: f64::INFINITY,
            repaired: false,
            reports_in_pauses: false,
            copies: 1,
        };
        Self {
            ppm: 0.0,
            sound_ppm: 0.0,
            clock_offset: 12_345.678,
            sound: Path {
                codec: Codec::Opus,
                ssrc: 10,
                first_report: 2.2,
                report_every: 5.0,
                ..path.clone()
            },
            picture: path,
            frames_a_second: 30.0,
            seconds: 20.0,
        }
    }
}

#[derive(Debug, Clone)]
enum Event {
    Packet(Packet),
    Report(SenderReport),
}

/// One track at the sender.
#[derive(Debug, Clone)]
struct Source {
    path: Path,
    rate: f64,
    ppm: f64,
    every: f64,
    next: f64,
    next_report: f64,
    sequence: u16,
    base: u32,
    stopped: f64,
    key_at: Option<f64>,
    first: bool,
}

impl Source {
    fn new(path: &Path, ppm: f64, every: f64) -> Self {
        Self {
            rate: f64::from(path.codec.clock_rate()),
            ppm,
            every,
            next: path.from,
            next_report: path.first_report.max(path.from),
            sequence: 65_500,
            base: 4_294_000_000,
            stopped: 0.0,
            key_at: None,
            first: true,
            path: path.clone(),
        }
    }

    fn rtp(&self, at: f64) -> u32 {
        let ticks = (at - self.stopped) * (1.0 + self.ppm * 1e-6) * self.rate;
        self.base.wrapping_add(ticks.round() as i64 as u32)
    }

    fn paused(&self, at: f64) -> Option<f64> {
        self.path.pauses.iter().find(|(from, to)| (*from..*to).contains(&at)).map(|(_, to)| *to)
    }

    /// What is captured now, as payloads of packets.
    fn capture(&mut self, at: f64) -> Vec<Bytes> {
        let video = self.path.codec != Codec::Opus;
        let due = self.key_at.take_if(|when| *when <= at).is_some();
        let key = video && (std::mem::take(&mut self.first) || due);
        coded::frame(self.path.codec, key, self.path.size, at.to_be_bytes())
    }
}

/// One leg, its network, and what its tape has written.
pub struct World {
    scene: Scene,
    chance: Chance,
    sources: Vec<(TrackId, Source)>,
    under_way: BinaryHeap<Reverse<(u64, u64)>>,
    events: BTreeMap<u64, (TrackId, Event)>,
    events_made: u64,
    pub tape: Tape,
    pub files: Files,
    now: f64,
    ticked: f64,
    pub key_frames_asked: Vec<f64>,
    lie: f64,
    weight: usize,
}

const STEP: f64 = 0.005;

fn duration(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

impl World {
    pub fn new(scene: Scene) -> Self {
        let mut tape = Tape::new(TapeConfig::default(), WALL_EPOCH_MS);
        let sound = Source::new(&scene.sound, scene.ppm + scene.sound_ppm, 0.020);
        let picture = Source::new(&scene.picture, scene.ppm, 1.0 / scene.frames_a_second);
        let sources = vec![(tape.add_track(Kind::Audio), sound), (tape.add_track(Kind::Video), picture)];
        Self {
            scene,
            chance: Chance(7),
            sources,
            under_way: BinaryHeap::new(),
            events: BTreeMap::new(),
            events_made: 0,
            tape,
            files: Files::default(),
            now: 0.0,
            ticked: 0.0,
            key_frames_asked: Vec::new(),
            lie: 0.0,
            weight: 0,
        }
    }

    /// Plays the scene and ends it.
    pub fn play(scene: Scene) -> Recorded {
        let mut world = Self::new(scene);
        world.run(world.scene.seconds);
        world.end()
    }

    /// The picture is sent in another way from now on, beginning with a key frame.
    pub fn change_picture(&mut self, change: impl FnOnce(&mut Path)) {
        let source = &mut self.sources[1].1;
        change(&mut source.path);
        source.first = true;
    }

    pub fn change_sound(&mut self, change: impl FnOnce(&mut Path)) {
        change(&mut self.sources[0].1.path);
    }

    /// The same picture in another size, under an SSRC of its own.
    pub fn add_layer(&mut self, ssrc: u32) {
        let (track, source) = &self.sources[1];
        let mut layer = source.clone();
        layer.path.ssrc = ssrc;
        layer.path.first_report = f64::INFINITY;
        layer.base = layer.base.wrapping_add(ssrc * 1000);
        layer.sequence = layer.sequence.wrapping_add(77);
        self.sources.push((*track, layer));
    }

    /// The sender's NTP clock is set.
    pub fn set_clock(&mut self, offset: f64) {
        self.scene.clock_offset = offset;
    }

    /// The next report is off by this.
    pub fn lie_once(&mut self, off: f64) {
        self.lie = off;
    }

    /// Pictures are this heavy.
    pub fn add_weight(&mut self, bytes: usize) {
        self.weight = bytes;
    }

    pub fn now(&self) -> f64 {
        self.now
    }

    pub fn run(&mut self, until: f64) {
        while self.now < until {
            self.now += STEP;
            self.send();
            self.arrive();
            if self.now - self.ticked >= 0.1 {
                self.ticked = self.now;
                self.tape.tick(duration(self.now));
            }
            for (track, source) in &mut self.sources {
                if self.tape.wants_key_frame(*track, duration(self.now)) {
                    self.key_frames_asked.push(self.now);
                    source.key_at.get_or_insert(self.now + 0.05);
                }
            }
            while let Some(op) = self.tape.poll() {
                self.files.apply(op);
            }
        }
    }

    fn send(&mut self) {
        let mut sent = Vec::new();
        for (track, source) in &mut self.sources {
            while source.next <= self.now {
                let at = source.next;
                source.next += source.every;
                if let Some(to) = source.paused(at) {
                    if source.path.clock_stops {
                        source.stopped += to - at;
                    }
                    source.next = to;
                    continue;
                }
                let timestamp = source.rtp(at);
                let mut payloads = source.capture(at);
                if self.weight > 0 && source.path.codec == Codec::Vp8 && payloads.len() == 1 {
                    let [head, truth] = [payloads[0].slice(..4), payloads[0].slice(4..)];
                    payloads = vec![head, vec![0; self.weight].into(), [&[0], &truth[..]].concat().into()];
                }
                let count = payloads.len();
                for (index, payload) in payloads.into_iter().enumerate() {
                    let packet = Packet {
                        codec: source.path.codec,
                        ssrc: source.path.ssrc,
                        sequence: source.sequence,
                        timestamp,
                        marker: index + 1 == count,
                        payload,
                    };
                    source.sequence = source.sequence.wrapping_add(1);
                    let mut repair = 0.0;
                    if self.chance.next() < source.path.loss {
                        if !source.path.repaired {
                            continue;
                        }
                        repair = 0.08 + 0.3 * self.chance.next();
                    }
                    for copy in 0..source.path.copies {
                        let delay = source.path.delay + source.path.jitter * self.chance.next();
                        let delay = delay + f64::from(copy) * 0.05 + repair;
                        let arrival = source.path.arrival(at, delay);
                        sent.push((arrival, *track, Event::Packet(packet.clone())));
                    }
                }
            }
            while source.next_report <= self.now {
                let at = source.next_report;
                source.next_report += source.path.report_every;
                if source.paused(at).is_some() && !source.path.reports_in_pauses {
                    continue;
                }
                let off =
                    source.path.report_error + source.path.report_noise * (self.chance.next() - 0.5) * 2.0;
                let off = off + std::mem::take(&mut self.lie);
                let ntp_seconds = self.scene.clock_offset + at * (1.0 + self.scene.ppm * 1e-6) + 3.9e9 + off;
                let ntp = (ntp_seconds * 4_294_967_296.0) as u64;
                let report = SenderReport { ssrc: source.path.ssrc, ntp, rtp: source.rtp(at) };
                sent.push((source.path.arrival(at, source.path.delay), *track, Event::Report(report)));
            }
        }
        for (at, track, event) in sent {
            self.events_made += 1;
            self.events.insert(self.events_made, (track, event));
            self.under_way.push(Reverse(((at * 1e6) as u64, self.events_made)));
        }
    }

    fn arrive(&mut self) {
        while let Some(Reverse((at, event))) = self.under_way.peek().copied() {
            if at > (self.now * 1e6) as u64 {
                return;
            }
            self.under_way.pop();
            let (track, event) = self.events.remove(&event).unwrap();
            let at = Duration::from_micros(at);
            match event {
                Event::Packet(packet) => self.tape.on_rtp(track, packet, at),
                Event::Report(report) => self.tape.on_sender_report(track, report, at),
            }
        }
    }

    pub fn end(mut self) -> Recorded {
        self.tape.close(duration(self.now));
        while let Some(op) = self.tape.poll() {
            self.files.apply(op);
        }
        Recorded::new(self.files, self.tape.report(), self.key_frames_asked)
    }
}

/// One frame of a file that says when it was captured.
#[derive(Debug, Clone, Copy)]
pub struct Shown {
    pub kind: Kind,
    /// Where the file puts it on the recording's timeline, in seconds.
    pub at: f64,
    /// When it was.
    pub truth: f64,
}

#[derive(Debug)]
pub struct Recorded {
    pub files: Files,
    pub report: LegReport,
    /// In the order of capture.
    pub shown: Vec<Shown>,
    pub key_frames_asked: Vec<f64>,
    /// Packets that were made up: concealment, and silence.
    pub made_up: (usize, usize),
}

impl Recorded {
    pub fn new(files: Files, report: LegReport, key_frames_asked: Vec<f64>) -> Self {
        let mut shown = Vec::new();
        let mut made_up = (0, 0);
        for part in &report.parts {
            let parsed = parse(&files.parts[&part.part]);
            for block in &parsed.blocks {
                let track = &part.tracks[usize::try_from(block.track).unwrap() - 1];
                match block.data.len() {
                    1 => made_up.0 += 1,
                    3 => made_up.1 += 1,
                    len => shown.push(Shown {
                        kind: track.kind,
                        at: (part.start_ms as f64 + block.at_ms as f64) / 1000.0,
                        truth: f64::from_be_bytes(block.data[len - 8..].try_into().unwrap()),
                    }),
                }
            }
        }
        shown.sort_by(|one, other| one.truth.total_cmp(&other.truth));
        Self { files, report, shown, key_frames_asked, made_up }
    }

    /// How much later than true the frames of a kind are that were captured within this time, in ms.
    pub fn late(&self, kind: Kind, from: f64, to: f64) -> Vec<f64> {
        let [start, end] = [from, to].map(|at| self.shown.partition_point(|shown| shown.truth < at));
        let of_kind = |shown: &&Shown| shown.kind == kind;
        self.shown[start..end].iter().filter(of_kind).map(|shown| (shown.at - shown.truth) * 1000.0).collect()
    }

    /// The worst that sound and picture are apart within any second from here on, in ms.
    pub fn lip_sync(&self, from: f64, to: f64) -> f64 {
        let mut worst: f64 = 0.0;
        let mut at = from;
        while at < to {
            let (sound, picture) =
                (self.late(Kind::Audio, at, at + 1.0), self.late(Kind::Video, at, at + 1.0));
            for picture in &picture {
                for sound in [sound.first(), sound.last()].into_iter().flatten() {
                    worst = worst.max((picture - sound).abs());
                }
            }
            at += 1.0;
        }
        worst
    }
}
