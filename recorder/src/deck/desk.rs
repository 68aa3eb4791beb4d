//! The desk: what the server orders goes to its recording, and what recordings leave behind is told to the server.

use std::{
    collections::{HashMap, HashSet},
    net::SocketAddr,
    time::Duration,
};

use bedside_protocol::{
    ServerPayload,
    ids::{PeerId, RecordingId, RoomId},
    recorder::{
        RecorderBegin, RecorderConsents, RecorderEnd, RecorderFailed, RecorderFinished, RecorderOrder,
        RecorderRecord, RecorderRegister, RecorderRegistered, Remains, RescuedKey,
    },
    recording::RecordingReason,
    webrtc::{WebrtcAnswerHeard, WebrtcIceCandidateHeard, WebrtcOfferHeard, WebrtcPeerLeft},
};
use bedside_seal::DataKey;
use tokio::{
    sync::mpsc,
    task::{self, JoinError, JoinSet},
    time::{Instant, MissedTickBehavior},
};
use tokio_util::sync::CancellationToken;

use super::{
    recording::{self, Ended, Rest, Running, Shared, ToRecording, flat, reason_of, said},
    voice::Unanswered,
    writer::{Job, ReelId},
};
use crate::{
    leg::Signal,
    signals::{Heard, Signals},
    spool::{Finished, SpoolError},
};

/// How often it is looked how much room the disk has.
const DISK_EVERY: Duration = Duration::from_secs(2);

/// When a server is asked again that did not register us: its database may be away.
const REGISTER_AGAIN: Duration = Duration::from_secs(2);

/// When it is tried again to finish what the disk had no room for, and the most that this grows to: somebody has to make room,
/// and each try reads what lies there.
const FINISH_AGAIN: Duration = Duration::from_secs(1);
const LONGEST_FINISH_AGAIN: Duration = Duration::from_secs(30);

/// What was done beside the recordings.
#[derive(Debug)]
enum Chore {
    /// With the takes that went on when it was asked for.
    Registered(HashMap<RecordingId, u32>, Result<RecorderRegistered, Unanswered>),
    Rescued(RecordingId, Result<Finished, SpoolError>),
    Said(ReelId, Result<(), Unanswered>),
    FreeBytes(Result<u64, SpoolError>),
    Nothing,
}

/// Everything that is recorded.
pub(super) struct Desk {
    shared: Shared,
    recordings: HashMap<RecordingId, Running>,
    tasks: JoinSet<Ended>,
    by_task: HashMap<task::Id, ReelId>,
    chores: JoinSet<Chore>,
    /// What the server has not answered yet.
    unsaid: HashMap<ReelId, RecorderFinished>,
    /// What of it is being said.
    saying: HashSet<ReelId>,
    /// The server of this connection knows us.
    registered: bool,
    /// When we register again: then we are given the keys of what is unfinished.
    again: Option<Instant>,
    /// How long what could not be finished is left alone next time.
    pause: Duration,
}

impl Desk {
    pub(super) fn new(shared: Shared) -> Self {
        Self {
            shared,
            recordings: HashMap::new(),
            tasks: JoinSet::new(),
            by_task: HashMap::new(),
            chores: JoinSet::new(),
            unsaid: HashMap::new(),
            saying: HashSet::new(),
            registered: false,
            again: None,
            pause: FINISH_AGAIN,
        }
    }

    /// Until `stop`, and then until nothing is left to be done.
    pub(super) async fn run(mut self, mut connecting: mpsc::Receiver<Signals>, stop: CancellationToken) {
        let mut heard: Option<mpsc::Receiver<Heard>> = None;
        let mut disk = tokio::time::interval(DISK_EVERY);
        disk.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut closing = false;
        loop {
            if closing && self.is_idle() {
                return;
            }
            tokio::select! {
                biased;
                () = stop.cancelled(), if !closing => {
                    closing = true;
                    for running in self.recordings.values() {
                        running.tell(ToRecording::End(Remains::Keep));
                    }
                }
                Some(signals) = connecting.recv() => {
                    self.shared.voice.connect(signals.say);
                    heard = Some(signals.heard);
                    self.registered = false;
                    self.register();
                }
                event = hear(&mut heard) => if let Some(event) = event {
                    self.hear(&event);
                } else {
                    heard = None;
                    self.shared.voice.disconnect();
                },
                Some(ended) = self.tasks.join_next_with_id() => self.ended(ended),
                Some(done) = self.chores.join_next() => match done {
                    Ok(chore) => self.done(chore),
                    Err(error) => tracing::error!(%error, "a chore of the recorder ended in a panic"),
                },
                () = due(self.again), if !closing => self.register(),
                _ = disk.tick(), if !self.recordings.is_empty() => {
                    let writer = self.shared.writer.clone();
                    self.chores.spawn(async move {
                        Chore::FreeBytes(flat(writer.ask(|reply| Job::FreeBytes { reply }).await))
                    });
                }
            }
        }
    }

    fn is_idle(&self) -> bool {
        self.tasks.is_empty() && self.chores.is_empty()
    }

    /// Say that we are here, and what of earlier times is.
    fn register(&mut self) {
        self.again = None;
        let going_on: HashMap<RecordingId, u32> =
            self.recordings.iter().map(|(id, running)| (id.clone(), running.take)).collect();
        let known = self.registered;
        let (writer, voice) = (self.shared.writer.clone(), self.shared.voice.clone());
        let legs = self.shared.config.max_legs;
        let addresses = self.shared.port.public().iter().map(SocketAddr::ip).collect();
        self.chores.spawn(async move {
            let unfinished = flat(writer.ask(|reply| Job::Unfinished { reply }).await);
            let mut unfinished = unfinished.unwrap_or_else(|error| {
                tracing::error!(%error, "the spool cannot be read");
                Vec::new()
            });
            // To a server that knows us, those that go on are no news.
            unfinished.retain(|id| !(known && going_on.contains_key(id)));
            let version = env!("CARGO_PKG_VERSION").to_owned();
            let registered = voice.ask(&RecorderRegister { legs, version, addresses, unfinished }).await;
            Chore::Registered(going_on, registered)
        });
    }

    fn hear(&mut self, heard: &Heard) {
        if RecorderOrder::NAMES.contains(&heard.event.as_str()) {
            match RecorderOrder::parse(&heard.event, &heard.data) {
                Ok(RecorderOrder::RecorderBegin(order)) => self.begin(order),
                Ok(RecorderOrder::RecorderConsents(order)) => {
                    let RecorderConsents { recording_id, consents } = order;
                    self.tell(&recording_id, ToRecording::Consents(consents));
                }
                Ok(RecorderOrder::RecorderRecord(order)) => {
                    let RecorderRecord { recording_id, peers } = order;
                    self.tell(&recording_id, ToRecording::Record(peers));
                }
                Ok(RecorderOrder::RecorderEnd(order)) => {
                    let RecorderEnd { recording_id, remains } = order;
                    self.tell(&recording_id, ToRecording::End(remains));
                }
                Err(error) => tracing::error!(event = heard.event, %error, "an order cannot be read"),
            }
            return;
        }
        match signal(heard) {
            Ok(Some((room, order))) => self.tell_room(&room, order),
            Ok(None) => {}
            Err(error) => tracing::debug!(event = heard.event, %error, "an event cannot be read"),
        }
    }

    fn tell(&self, id: &RecordingId, order: ToRecording) {
        if let Some(running) = self.recordings.get(id) {
            running.tell(order);
        } else {
            tracing::debug!(recording.id = %id, "an order came for no recording");
        }
    }

    fn tell_room(&self, room: &RoomId, order: ToRecording) {
        if let Some(running) = self.recordings.values().find(|running| running.room == *room) {
            running.tell(order);
        }
    }

    fn begin(&mut self, order: RecorderBegin) {
        let id = order.recording_id.clone();
        if self.recordings.get(&id).is_some_and(|running| running.take >= order.take) {
            return;
        }
        let Some(key) = DataKey::from_text(order.key.expose()) else {
            self.fail(id, RecordingReason::RecorderFailed, "the key of a recording cannot be read");
            return;
        };
        let reel = (id.clone(), order.take);
        let (running, recording) = recording::begin(&self.shared, order, key);
        let task = self.tasks.spawn(recording).id();
        self.by_task.insert(task, reel);
        // The peers of an earlier take were told that its recorder is gone.
        if let Some(earlier) = self.recordings.insert(id, running) {
            earlier.tell(ToRecording::End(Remains::Keep));
        }
    }

    fn fail(&self, recording_id: RecordingId, reason: RecordingReason, detail: &str) {
        tracing::error!(recording.id = %recording_id, detail, "a recording cannot go on");
        self.shared.voice.say(&RecorderFailed { recording_id, reason, detail: detail.to_owned() });
    }

    /// Something lies in the spool that could not be brought to its end. It is rescued with the next registration.
    fn finish_later(&mut self) {
        let at = Instant::now() + self.pause;
        self.pause = (self.pause * 2).min(LONGEST_FINISH_AGAIN);
        self.again = Some(self.again.map_or(at, |again| again.min(at)));
    }

    fn ended(&mut self, ended: Result<(task::Id, Ended), JoinError>) {
        let task = ended.as_ref().map_or_else(JoinError::id, |(task, _)| *task);
        let Some(reel) = self.by_task.remove(&task) else { return };
        if self.recordings.get(&reel.0).is_some_and(|running| running.take == reel.1) {
            self.recordings.remove(&reel.0);
        }
        match ended {
            Ok((_, (_, Rest::Complete(finished)))) => {
                self.unsaid.insert(reel, finished);
                self.say_all();
            }
            Ok((_, (_, Rest::Unfinished))) => self.finish_later(),
            Ok((_, (_, Rest::Nothing))) => {}
            Err(error) => {
                tracing::error!(%error, "a recording ended in a panic");
                self.fail(reel.0, RecordingReason::RecorderFailed, "a fault of the recorder");
                // What is in the spool is given its key, and rescued.
                self.register();
            }
        }
    }

    fn say_all(&mut self) {
        for (reel, finished) in &self.unsaid {
            if self.saying.insert(reel.clone()) {
                let (voice, reel, finished) = (self.shared.voice.clone(), reel.clone(), finished.clone());
                self.chores.spawn(async move {
                    let said = voice.ask(&finished).await.map(|_done| ());
                    Chore::Said(reel, said)
                });
            }
        }
    }

    fn done(&mut self, chore: Chore) {
        match chore {
            Chore::Registered(went_on, Ok(registered)) => {
                self.registered = true;
                self.registered(&went_on, registered);
            }
            Chore::Registered(_, Err(error)) => {
                tracing::warn!(%error, "the recorder is not registered");
                // Where the connection is lost, the next one begins with it.
                if matches!(error, Unanswered::Refused(_)) {
                    self.again = Some(Instant::now() + REGISTER_AGAIN);
                }
            }
            Chore::Rescued(id, Ok(finished)) => {
                self.pause = FINISH_AGAIN;
                self.unsaid.insert((id.clone(), u32::MAX), said(id, None, Some(finished)));
                self.say_all();
            }
            // All of it is being written now.
            Chore::Rescued(id, Err(SpoolError::Nothing)) if self.recordings.contains_key(&id) => {}
            Chore::Rescued(id, Err(error)) => {
                self.fail(id, reason_of(&error), &format!("it cannot be rescued yet: {error}"));
                if !matches!(error, SpoolError::Nothing) {
                    self.finish_later();
                }
            }
            Chore::Said(reel, said) => {
                self.saying.remove(&reel);
                match said {
                    Ok(()) => drop(self.unsaid.remove(&reel)),
                    // It is said again when there is a new connection.
                    Err(Unanswered::Lost) => {}
                    Err(error @ (Unanswered::Refused(_) | Unanswered::Garbled(_))) => {
                        tracing::error!(recording.id = %reel.0, %error, "a finished recording is not taken");
                        self.unsaid.remove(&reel);
                    }
                }
            }
            Chore::FreeBytes(Ok(free)) if free < self.shared.config.disk_floor_bytes => {
                tracing::error!(free_bytes = free, "the disk of the recordings is full");
                for running in self.recordings.values() {
                    running.health.fill();
                }
            }
            Chore::FreeBytes(Ok(_)) | Chore::Nothing => {}
            Chore::FreeBytes(Err(error)) => {
                tracing::warn!(%error, "it cannot be found out how much room the disk has");
            }
        }
    }

    /// The server knows us now. It may have begun another take of something before its answer came, and that one goes on.
    fn registered(&mut self, went_on: &HashMap<RecordingId, u32>, registered: RecorderRegistered) {
        tracing::info!(rescue = registered.rescue.len(), "the recorder is registered");
        for RescuedKey { recording_id: id, key, consents } in registered.rescue {
            if let Some(take) = went_on.get(&id) {
                if let Some(running) = self.recordings.get(&id).filter(|running| running.take == *take) {
                    running.tell(ToRecording::End(Remains::Keep));
                }
                continue;
            }
            if self.unsaid.keys().any(|(unsaid, _)| *unsaid == id) {
                continue;
            }
            let Some(key) = DataKey::from_text(key.expose()) else {
                self.fail(id, RecordingReason::RecorderFailed, "the key of a recording cannot be read");
                continue;
            };
            let writer = self.shared.writer.clone();
            self.chores.spawn(async move {
                let rescue = |reply| Job::Rescue { id: id.clone(), key, consents, reply };
                let rescued = flat(writer.ask(rescue).await);
                Chore::Rescued(id, rescued)
            });
        }
        for id in registered.discard {
            self.unsaid.retain(|(unsaid, _), _| *unsaid != id);
            if let Some(running) = self.recordings.get(&id) {
                running.tell(ToRecording::End(Remains::Discard));
                continue;
            }
            let writer = self.shared.writer.clone();
            self.chores.spawn(async move {
                if let Err(error) = flat(writer.ask(|reply| Job::Discard { id, reply }).await) {
                    tracing::error!(%error, "an unwanted recording cannot be deleted");
                }
                Chore::Nothing
            });
        }
        self.say_all();
    }
}

/// Waits until then; for ever if there is no such time.
async fn due(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// The next event; never one while there is no connection.
async fn hear(heard: &mut Option<mpsc::Receiver<Heard>>) -> Option<Heard> {
    match heard {
        Some(heard) => heard.recv().await,
        None => std::future::pending().await,
    }
}

/// What an event of a call means for its recording.
fn signal(heard: &Heard) -> Result<Option<(RoomId, ToRecording)>, serde_json::Error> {
    let to = |from: PeerId, signal| ToRecording::Hear(from, signal);
    Ok(Some(match heard.event.as_str() {
        WebrtcOfferHeard::NAME => {
            let WebrtcOfferHeard { room_id, from, sdp, negotiation } = serde_json::from_str(&heard.data)?;
            (room_id, to(from, Signal::Offer { sdp, negotiation: Some(negotiation) }))
        }
        WebrtcAnswerHeard::NAME => {
            let WebrtcAnswerHeard { room_id, from, sdp, negotiation } = serde_json::from_str(&heard.data)?;
            (room_id, to(from, Signal::Answer { sdp, negotiation }))
        }
        WebrtcIceCandidateHeard::NAME => {
            let heard: WebrtcIceCandidateHeard = serde_json::from_str(&heard.data)?;
            (heard.room_id, to(heard.from, Signal::Candidate(heard.candidate)))
        }
        WebrtcPeerLeft::NAME => {
            let WebrtcPeerLeft { room_id, peer_id, .. } = serde_json::from_str(&heard.data)?;
            (room_id, ToRecording::Left(peer_id))
        }
        _ => return Ok(None),
    }))
}
