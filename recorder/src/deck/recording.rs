//! One take of one recording: whom it records, and how it ends.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use bedside_protocol::{
    ids::{PeerId, RecordingId, RoomId},
    recorder::{
        LegState, RecordedPeer, RecorderBegin, RecorderFailed, RecorderFinished, RecorderStatus, Remains,
    },
    recording::{ConsentGiven, RecordingReason},
};
use bedside_seal::DataKey;
use tokio::{
    sync::{Semaphore, mpsc},
    task::{self, JoinSet},
    time::{Instant, MissedTickBehavior},
};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{
    DeckConfig,
    seat::{self, Common, Figures, Outcome, Who},
    voice::Voice,
    writer::{Gone, Health, Job, ReelId, Writer},
};
use crate::{
    clock::Timeline,
    leg::{LegEnd, LegOptions, Port, Signal},
    spool::{Finished, SpoolError, SpooledLeg},
};

/// Orders and signals that may wait for a recording: all legs negotiate at once when it begins.
const MAX_WAITING: usize = 1_024;

/// Signals that may wait for a leg; more than one negotiation has.
const MAX_SIGNALS: usize = 128;

/// How often the server hears how it is, and the disk is waited for: with the second that a cluster lasts, the two seconds that a
/// crash may cost.
const STATUS_EVERY: Duration = Duration::from_secs(1);

/// How long legs may take to close at the end.
const CLOSE_PATIENCE: Duration = Duration::from_secs(5);

/// A leg that brings no media is offered anew after so long at most.
const MAX_PATIENCE: Duration = Duration::from_secs(60);

/// A leg that broke is offered anew after so long.
const BROKEN_PAUSE: Duration = Duration::from_secs(1);

/// What a recording is told.
#[derive(Debug)]
pub(super) enum ToRecording {
    /// Record these and no others.
    Record(Vec<RecordedPeer>),
    /// These are everybody's decisions so far.
    Consents(Vec<ConsentGiven>),
    /// A peer says something.
    Hear(PeerId, Signal),
    /// A peer has left the call.
    Left(PeerId),
    /// It is over.
    End(Remains),
}

/// What all recordings share.
#[derive(Debug, Clone)]
pub(super) struct Shared {
    pub(super) config: Arc<DeckConfig>,
    pub(super) port: Arc<Port>,
    pub(super) writer: Writer,
    pub(super) voice: Voice,
    pub(super) permits: Arc<Semaphore>,
}

/// A recording at work, for the desk.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) room: RoomId,
    pub(super) take: u32,
    pub(super) health: Arc<Health>,
    orders: mpsc::Sender<ToRecording>,
}

impl Running {
    pub(super) fn tell(&self, order: ToRecording) {
        if self.orders.try_send(order).is_err() {
            tracing::warn!("a recording does not take an order");
        }
    }
}

/// What is left of a recording.
#[derive(Debug)]
pub(super) enum Rest {
    /// Everything of it is sealed, or deleted.
    Complete(RecorderFinished),
    /// Files in the spool that could not be brought to their end.
    Unfinished,
    /// Nothing.
    Nothing,
}

/// A recording that is over.
pub(super) type Ended = (ReelId, Rest);

/// Begin a recording.
pub(super) fn begin(
    shared: &Shared,
    order: RecorderBegin,
    key: DataKey,
) -> (Running, impl Future<Output = Ended> + Send + 'static) {
    let (orders, ordered) = mpsc::channel(MAX_WAITING);
    let health = Arc::new(Health::default());
    let timeline = Timeline::since(order.epoch.time().timestamp_millis());
    let options = LegOptions { audio_only: order.audio_only, ..shared.config.leg };
    let common = Common {
        reel: (order.recording_id.clone(), order.take),
        room: order.room_id.clone(),
        timeline,
        port: Arc::clone(&shared.port),
        writer: shared.writer.clone(),
        voice: shared.voice.clone(),
        health: Arc::clone(&health),
        options,
    };
    let running = Running { room: order.room_id, take: order.take, health, orders };
    let recording = Recording {
        common,
        permits: Arc::clone(&shared.permits),
        take: order.take,
        until: Instant::now() + Duration::from_millis(order.at_most_ms),
        wanted: Vec::new(),
        consents: order.consents,
        seats: HashMap::new(),
        legs: JoinSet::new(),
        peers: HashMap::new(),
        later: HashMap::new(),
        refused: HashSet::new(),
        done: Vec::new(),
        count: 0,
        told: None,
    };
    (running, recording.run(key, ordered))
}

/// A leg that is at work.
struct Sitting {
    signals: mpsc::Sender<Signal>,
    figures: Arc<Figures>,
    /// Dropping it ends the leg at once.
    _stop: DropGuard,
    task: task::Id,
    patience: Duration,
}

struct Recording {
    common: Common,
    permits: Arc<Semaphore>,
    take: u32,
    until: Instant,
    wanted: Vec<RecordedPeer>,
    consents: Vec<ConsentGiven>,
    seats: HashMap<PeerId, Sitting>,
    legs: JoinSet<Outcome>,
    /// Whose task is whose, for those that panic.
    peers: HashMap<task::Id, PeerId>,
    /// Who is offered a leg again, when, and how patiently.
    later: HashMap<PeerId, (Instant, Duration)>,
    /// Who closed their side: they are offered no other leg until they are named again.
    refused: HashSet<PeerId>,
    done: Vec<SpooledLeg>,
    count: u32,
    told: Option<RecorderStatus>,
}

impl Recording {
    fn id(&self) -> &RecordingId {
        &self.common.reel.0
    }

    async fn run(mut self, key: DataKey, mut orders: mpsc::Receiver<ToRecording>) -> Ended {
        let reel = self.common.reel.clone();
        let (health, epoch_ms) = (Arc::clone(&self.common.health), self.common.timeline.epoch_ms());
        let begin = |reply| Job::Begin { reel: self.common.reel.clone(), key, epoch_ms, health, reply };
        if let Err(error) = flat(self.common.writer.ask(begin).await) {
            self.fail(reason_of(&error), &error.to_string());
            return (reel, Rest::Nothing);
        }
        let (remains, reason) = self.work(&mut orders).await;
        let legs = self.close().await;
        let finished = match remains {
            Remains::Discard => {
                let discard = |reply| Job::Discard { id: reel.0.clone(), reply };
                flat(self.common.writer.ask(discard).await).map(|()| None)
            }
            Remains::Keep => {
                let consents = std::mem::take(&mut self.consents);
                let finish = |reply| Job::Finish { reel: reel.clone(), legs, consents, reply };
                flat(self.common.writer.ask(finish).await).map(Some)
            }
        };
        match finished {
            Ok(finished) => (reel, Rest::Complete(said(self.id().clone(), reason, finished))),
            Err(error) => {
                self.fail(reason_of(&error), &format!("it cannot be finished yet: {error}"));
                (reel, Rest::Unfinished)
            }
        }
    }

    /// Until somebody or something ends it.
    async fn work(&mut self, orders: &mut mpsc::Receiver<ToRecording>) -> (Remains, Option<RecordingReason>) {
        let mut ticks = tokio::time::interval(STATUS_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                order = orders.recv() => match order {
                    Some(ToRecording::Record(peers)) => self.record(peers),
                    Some(ToRecording::Consents(consents)) => self.consents = consents,
                    Some(ToRecording::Hear(from, signal)) => self.hear(&from, signal),
                    Some(ToRecording::Left(peer)) => {
                        self.wanted.retain(|wanted| wanted.peer_id != peer);
                        self.drop_seat(&peer);
                    }
                    Some(ToRecording::End(remains)) => return (remains, None),
                    None => return (Remains::Keep, None),
                },
                Some(ended) = self.legs.join_next_with_id() => self.ended(ended),
                _ = ticks.tick() => {
                    if let Some(reason) = self.tick() {
                        return (Remains::Keep, Some(reason));
                    }
                }
            }
        }
    }

    fn record(&mut self, peers: Vec<RecordedPeer>) {
        let gone: Vec<_> = self
            .seats
            .keys()
            .filter(|seated| peers.iter().all(|peer| peer.peer_id != **seated))
            .cloned()
            .collect();
        for peer in gone {
            self.drop_seat(&peer);
        }
        self.refused.clear();
        self.later.retain(|peer, _| peers.iter().any(|wanted| wanted.peer_id == *peer));
        self.wanted = peers;
        self.seat_all();
    }

    /// End somebody's leg at once. It is written to its end behind the scenes.
    fn drop_seat(&mut self, peer: &PeerId) {
        self.seats.remove(peer);
    }

    /// Offer to everyone who is wanted and has no leg.
    fn seat_all(&mut self) {
        let now = Instant::now();
        for place in 0..self.wanted.len() {
            let Some(peer) = self.wanted.get(place) else { continue };
            let (peer, user) = (peer.peer_id.clone(), peer.user_id.clone());
            let waits = self.later.get(&peer).is_some_and(|(when, _)| *when > now);
            if waits || self.seats.contains_key(&peer) || self.refused.contains(&peer) {
                continue;
            }
            let Ok(permit) = Arc::clone(&self.permits).try_acquire_owned() else {
                tracing::warn!("the recorder has no room for another leg");
                return;
            };
            let patience =
                self.later.remove(&peer).map_or(self.common.options.media_patience, |(_, long)| long);
            let name: Arc<str> = format!("{}-{}", self.take, self.count).into();
            self.count += 1;
            let who = Who { peer: peer.clone(), user, name };
            let mut common = self.common.clone();
            common.options.media_patience = patience;
            let (signals, hears) = mpsc::channel(MAX_SIGNALS);
            let (figures, stop) = (Arc::new(Figures::new()), CancellationToken::new());
            let leg = seat::record(who, common, Arc::clone(&figures), hears, stop.clone(), permit);
            let task = self.legs.spawn(leg).id();
            self.peers.insert(task, peer.clone());
            let sitting = Sitting { signals, figures, _stop: stop.drop_guard(), task, patience };
            self.seats.insert(peer, sitting);
        }
    }

    fn hear(&self, from: &PeerId, signal: Signal) {
        let heard = self.seats.get(from).map(|seat| seat.signals.try_send(signal));
        if !matches!(heard, Some(Ok(()))) {
            tracing::debug!("a signal came for no leg");
        }
    }

    fn ended(&mut self, ended: Result<(task::Id, Outcome), task::JoinError>) {
        let task = ended.as_ref().map_or_else(task::JoinError::id, |(task, _)| *task);
        let Some(peer) = self.peers.remove(&task) else { return };
        let end = match ended {
            Ok((_, outcome)) => {
                let Outcome { name, spooled, end, .. } = outcome;
                if let Some(end) = &end {
                    tracing::debug!(leg = &*name, %end, "a leg of a recording ended");
                }
                self.done.push(spooled);
                end
            }
            Err(error) => {
                tracing::error!(%error, "a leg of a recording ended in a panic");
                Some(LegEnd::Broken(crate::leg::LegError::new("record a leg", error.to_string())))
            }
        };
        // One that is replaced already has nothing to say.
        if self.seats.get(&peer).is_none_or(|seat| seat.task != task) {
            return;
        }
        let Some(seat) = self.seats.remove(&peer) else { return };
        match end {
            None => {}
            Some(LegEnd::PeerClosed) => drop(self.refused.insert(peer)),
            Some(LegEnd::NoMedia) => {
                let patience = seat.patience.saturating_mul(2).min(MAX_PATIENCE);
                self.later.insert(peer, (Instant::now(), patience));
            }
            Some(LegEnd::Broken(_)) => {
                let again = Instant::now() + BROKEN_PAUSE;
                self.later.insert(peer, (again, self.common.options.media_patience));
            }
        }
        self.seat_all();
    }

    /// Look after everything. Says why it is over, if it is.
    fn tick(&mut self) -> Option<RecordingReason> {
        if self.common.health.is_failed() {
            let full = self.common.health.is_full();
            let reason = if full { RecordingReason::DiskFull } else { RecordingReason::RecorderFailed };
            self.fail(reason, "it cannot be written any more");
            return Some(reason);
        }
        if Instant::now() >= self.until {
            return Some(RecordingReason::TooLong);
        }
        self.seat_all();
        let sync = Job::Sync { reel: self.common.reel.clone() };
        if self.common.writer.try_do(sync).is_err() {
            tracing::debug!("the writer has no room to be told to sync");
        }
        self.status();
        None
    }

    fn status(&mut self) {
        let legs: Vec<_> = self.seats.iter().map(|(peer, seat)| seat.figures.status(peer)).collect();
        let duration = self.common.timeline.now().as_millis();
        let status = RecorderStatus {
            recording_id: self.id().clone(),
            duration_ms: u64::try_from(duration).unwrap_or(u64::MAX),
            legs,
        };
        let news = self.told.as_ref().is_none_or(|told| {
            told.legs != status.legs || status.legs.iter().any(|leg| leg.state == LegState::Connected)
        });
        if news {
            self.common.voice.say(&status);
            self.told = Some(status);
        }
    }

    fn fail(&self, reason: RecordingReason, detail: &str) {
        let recording_id = self.id().clone();
        tracing::error!(recording.id = %recording_id, detail, "a recording cannot go on");
        self.common.voice.say(&RecorderFailed { recording_id, reason, detail: detail.to_owned() });
    }

    /// End all legs, and wait until what they wrote is on its way to the disk.
    async fn close(&mut self) -> Vec<SpooledLeg> {
        self.seats.clear();
        let all = async {
            while let Some(ended) = self.legs.join_next().await {
                match ended {
                    Ok(outcome) => self.done.push(outcome.spooled),
                    Err(error) => tracing::error!(%error, "a leg of a recording ended in a panic"),
                }
            }
        };
        if tokio::time::timeout(CLOSE_PATIENCE, all).await.is_err() {
            tracing::error!("a leg of a recording did not close in time");
        }
        std::mem::take(&mut self.done)
    }
}

/// What everybody is told of this trouble.
pub(super) fn reason_of(error: &SpoolError) -> RecordingReason {
    if error.is_full() { RecordingReason::DiskFull } else { RecordingReason::RecorderFailed }
}

/// Both kinds of trouble with the writer as one.
pub(super) fn flat<T>(answered: Result<Result<T, SpoolError>, Gone>) -> Result<T, SpoolError> {
    answered.unwrap_or_else(|gone| Err(std::io::Error::other(gone).into()))
}

/// What is said of a recording that is complete.
pub(super) fn said(
    recording_id: RecordingId,
    reason: Option<RecordingReason>,
    finished: Option<Finished>,
) -> RecorderFinished {
    let (files, manifest) = match finished {
        Some(Finished { files, manifest }) => (files, serde_json::to_value(manifest).unwrap_or_default()),
        None => (Vec::new(), serde_json::Value::Null),
    };
    RecorderFinished { recording_id, reason, files, manifest }
}
