//! One leg of a recording: what its peer sends goes onto a tape, and what the tape writes to the writer.

use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bedside_protocol::{
    ids::{PeerId, RoomId, UserId},
    recorder::{LegState, LegStatus},
    sdp::{AnswerSdp, OfferSdp},
    webrtc::{WebrtcAnswer, WebrtcIceCandidate, WebrtcOffer},
};
use tokio::{
    sync::{OwnedSemaphorePermit, mpsc},
    time::{Instant, MissedTickBehavior},
};
use tokio_util::sync::CancellationToken;

use super::{
    voice::{self, Voice},
    writer::{Health, Job, ReelId, Writer},
};
use crate::{
    clock::Timeline,
    leg::{Arrival, Leg, LegEnd, LegEvent, LegOptions, LegOutput, Media, Port, Signal},
    media::{Kind, LegReport, Op, SenderReport, Tape, TapeConfig, TrackId},
    spool::SpooledLeg,
};

/// How often a tape takes in what came, and is told that time has passed. Each arrival knows its moment, so nothing is gained by
/// waking up for every one of them.
const TICK: Duration = Duration::from_millis(100);

/// How often the card of the leg is written anew.
const NOTE_EVERY: Duration = Duration::from_secs(2);

/// What a tape has written and the writer has no room for: more than that, and the disk is too slow.
const MAX_BACKLOG_BYTES: usize = 32 << 20;

/// Sender reports that may come before the first packet of their stream.
const MAX_EARLY_REPORTS: usize = 16;

/// What a leg is for.
#[derive(Debug, Clone)]
pub(super) struct Who {
    pub(super) peer: PeerId,
    pub(super) user: UserId,
    pub(super) name: Arc<str>,
}

/// What every leg of a recording shares.
#[derive(Debug, Clone)]
pub(super) struct Common {
    pub(super) reel: ReelId,
    pub(super) room: RoomId,
    pub(super) timeline: Timeline,
    pub(super) port: Arc<Port>,
    pub(super) writer: Writer,
    pub(super) voice: Voice,
    pub(super) health: Arc<Health>,
    pub(super) options: LegOptions,
}

/// How a leg is, for its recording.
#[derive(Debug)]
pub(super) struct Figures {
    state: Mutex<LegState>,
    packets: AtomicU64,
    bytes: Arc<AtomicU64>,
}

impl Figures {
    pub(super) fn new() -> Self {
        let state = Mutex::new(LegState::Connecting);
        Self { state, packets: AtomicU64::new(0), bytes: Arc::default() }
    }

    pub(super) fn state(&self) -> LegState {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn status(&self, peer_id: &PeerId) -> LegStatus {
        LegStatus {
            peer_id: peer_id.clone(),
            state: self.state(),
            packets: self.packets.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
        }
    }

    fn stand(&self, state: LegState) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = state;
    }
}

/// A leg that is over.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) name: Arc<str>,
    /// What is written of it.
    pub(super) spooled: SpooledLeg,
    /// Why it ended, where nobody wanted it to.
    pub(super) end: Option<LegEnd>,
}

/// A leg at work.
pub(super) struct Seat {
    who: Who,
    common: Common,
    figures: Arc<Figures>,
    leg: Leg,
    tape: Tape,
    /// The tape's tracks, by the leg's, each with its last stream.
    tracks: HashMap<usize, (TrackId, Kind, u32)>,
    /// Those that no track of the leg has taken yet.
    vacant: Vec<(Kind, TrackId)>,
    early: Vec<SenderReport>,
    backlog: VecDeque<Op>,
    backlog_bytes: usize,
    noted_at: Instant,
}

/// Record a peer until `stop`, or until the leg ends by itself. The permit is one of those that limit the legs of a deck.
pub(super) async fn record(
    who: Who,
    common: Common,
    figures: Arc<Figures>,
    hears: mpsc::Receiver<Signal>,
    stop: CancellationToken,
    _permit: OwnedSemaphorePermit,
) -> Outcome {
    let (name, user_id) = (Arc::clone(&who.name), who.user.clone());
    let mut outcome = Outcome {
        name: Arc::clone(&name),
        spooled: SpooledLeg { leg_id: name.to_string(), user_id, report: LegReport::default() },
        end: None,
    };
    let opened = match stop.run_until_cancelled(Leg::open(&common.port, common.options)).await {
        Some(Ok(opened)) => opened,
        Some(Err(error)) => {
            outcome.end = Some(error.into());
            return outcome;
        }
        None => return outcome,
    };
    let (leg, output) = opened;
    let mut seat = Seat::new(who, common, figures, leg);
    outcome.end = seat.work(output, hears, stop).await;
    outcome.spooled.report = seat.tape.report();
    seat.figures.stand(LegState::Closed);
    seat.leg.close().await;
    outcome
}

impl Seat {
    fn new(who: Who, common: Common, figures: Arc<Figures>, leg: Leg) -> Self {
        let mut tape = Tape::new(TapeConfig::default(), common.timeline.epoch_ms());
        let mut vacant = vec![(Kind::Audio, tape.add_track(Kind::Audio))];
        if !common.options.audio_only {
            vacant.push((Kind::Video, tape.add_track(Kind::Video)));
        }
        let card = Job::Leg { reel: common.reel.clone(), leg: Arc::clone(&who.name), user: who.user.clone() };
        if common.writer.try_do(card).is_err() {
            common.health.overrun();
        }
        Self {
            who,
            common,
            figures,
            leg,
            tape,
            tracks: HashMap::new(),
            vacant,
            early: Vec::new(),
            backlog: VecDeque::new(),
            backlog_bytes: 0,
            noted_at: Instant::now(),
        }
    }

    async fn work(
        &mut self,
        mut output: LegOutput,
        mut hears: mpsc::Receiver<Signal>,
        stop: CancellationToken,
    ) -> Option<LegEnd> {
        let mut ticks = tokio::time::interval_at(self.common.port.beats().after(TICK), TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut numbers = None;
        let end = loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => break None,
                Some(event) = output.events.recv() => match event {
                    LegEvent::Say(signal) => numbers = self.say(signal).or(numbers),
                    LegEvent::State(state) => self.figures.stand(state),
                    LegEvent::Over(end) => break Some(end),
                },
                Some(signal) = hears.recv() => {
                    if !self.leg.hear(signal) {
                        tracing::debug!("a leg does not take a signal");
                    }
                }
                number = numbered(&mut numbers) => {
                    if let Some(number) = number {
                        self.leg.numbered(number);
                    }
                }
                _ = ticks.tick() => {
                    self.take_all(&mut output.arrivals);
                    self.tick();
                }
            }
        };
        // First of all nothing more comes in; what came before is kept.
        self.leg.shut();
        output.arrivals.close();
        self.take_all(&mut output.arrivals);
        self.tape.close(self.common.timeline.now());
        self.write();
        self.drain().await;
        end
    }

    fn say(&mut self, signal: Signal) -> Option<voice::Number> {
        let (room_id, to) = (self.common.room.clone(), Some(self.who.peer.clone()));
        match signal {
            Signal::Offer { sdp, .. } => {
                let offer = WebrtcOffer { room_id, to, sdp: OfferSdp(sdp), negotiation: None };
                match self.common.voice.begin_ask(&offer) {
                    Ok(answer) => return Some(Box::pin(voice::read::<WebrtcOffer>(answer))),
                    Err(error) => tracing::debug!(%error, "an offer of the recorder is not heard"),
                }
            }
            Signal::Answer { sdp, negotiation } => {
                let negotiation = Some(negotiation);
                self.common.voice.say(&WebrtcAnswer { room_id, to, sdp: AnswerSdp(sdp), negotiation });
            }
            Signal::Candidate(candidate) => {
                self.common.voice.say(&WebrtcIceCandidate { room_id, to, candidate, negotiation: None });
            }
        }
        None
    }

    /// What waits, which is as much as the queue holds at most: a tick is long enough for its rest.
    fn take_all(&mut self, arrivals: &mut mpsc::Receiver<Arrival>) {
        for _ in 0..arrivals.len() {
            let Ok(arrival) = arrivals.try_recv() else { return };
            self.take(arrival);
        }
    }

    fn take(&mut self, (moment, media): Arrival) {
        let now = self.common.timeline.at(moment);
        match media {
            Media::Rtp { track, kind, packet } => {
                let ssrc = packet.ssrc;
                let id = self.track(track, kind, ssrc);
                self.tape.on_rtp(id, packet, now);
                self.early.retain(|report| {
                    let fits = report.ssrc == ssrc;
                    if fits {
                        self.tape.on_sender_report(id, *report, now);
                    }
                    !fits
                });
            }
            Media::Report(report) => {
                let of = self.tracks.values().find(|(_, _, ssrc)| *ssrc == report.ssrc);
                if let Some((id, ..)) = of {
                    self.tape.on_sender_report(*id, report, now);
                } else {
                    if self.early.len() == MAX_EARLY_REPORTS {
                        self.early.remove(0);
                    }
                    self.early.push(report);
                }
            }
        }
    }

    fn track(&mut self, track: usize, kind: Kind, ssrc: u32) -> TrackId {
        if let Some((id, _, last)) = self.tracks.get_mut(&track) {
            *last = ssrc;
            return *id;
        }
        let vacant = self.vacant.iter().position(|(of, _)| *of == kind);
        let id = match vacant {
            Some(place) => self.vacant.swap_remove(place).1,
            None => self.tape.add_track(kind),
        };
        self.tracks.insert(track, (id, kind, ssrc));
        id
    }

    fn tick(&mut self) {
        let now = self.common.timeline.now();
        self.tape.tick(now);
        for (track, (id, kind, ssrc)) in &self.tracks {
            if *kind == Kind::Video && self.tape.wants_key_frame(*id, now) {
                self.leg.ask_key_frame(*track, *ssrc);
            }
        }
        self.figures.packets.store(self.leg.taken().packets, Ordering::Relaxed);
        self.write();
        if self.noted_at.elapsed() >= NOTE_EVERY {
            self.note();
        }
    }

    fn note(&mut self) {
        self.noted_at = Instant::now();
        let (reel, leg) = (self.common.reel.clone(), Arc::clone(&self.who.name));
        let note = Job::Note { reel, leg, report: self.tape.report() };
        // The next one says it, too.
        if self.common.writer.try_do(note).is_err() {
            tracing::debug!("the writer has no room for a note");
        }
    }

    /// Hand over what the tape wants to have written.
    fn write(&mut self) {
        let mut begun = false;
        while let Some(op) = self.tape.poll() {
            begun |= matches!(op, Op::Begin { .. });
            self.backlog_bytes += weight(&op);
            self.backlog.push_back(op);
        }
        while let Some(op) = self.backlog.pop_front() {
            let bytes = weight(&op);
            match self.common.writer.try_do(self.job(op)) {
                Ok(()) => self.backlog_bytes -= bytes,
                Err(Job::Op { op, .. }) => {
                    self.backlog.push_front(op);
                    break;
                }
                Err(_another) => break,
            }
        }
        if begun {
            self.note();
        }
        if self.backlog_bytes > MAX_BACKLOG_BYTES {
            tracing::error!("the disk is too slow for a recording");
            self.common.health.overrun();
            self.backlog.clear();
            self.backlog_bytes = 0;
        }
    }

    /// At the end there is time.
    async fn drain(&mut self) {
        while let Some(op) = self.backlog.pop_front() {
            let job = self.job(op);
            if self.common.writer.put(job).await.is_err() {
                return;
            }
        }
    }

    fn job(&self, op: Op) -> Job {
        Job::Op {
            reel: self.common.reel.clone(),
            leg: Arc::clone(&self.who.name),
            op,
            written: Arc::clone(&self.figures.bytes),
        }
    }
}

fn weight(op: &Op) -> usize {
    match op {
        Op::Begin { header: bytes, .. }
        | Op::Append { bytes, .. }
        | Op::Header { bytes, .. }
        | Op::Wait { bytes } => bytes.len(),
        Op::End { .. } | Op::Waited => 0,
    }
}

/// The number of our last offer, once the server has said it.
async fn numbered(numbers: &mut Option<voice::Number>) -> Option<u64> {
    let Some(number) = numbers else { return std::future::pending().await };
    let answered = number.await;
    *numbers = None;
    match answered {
        Ok(negotiated) => Some(negotiated.negotiation),
        Err(error) => {
            tracing::debug!(%error, "an offer of the recorder came to nothing");
            None
        }
    }
}
