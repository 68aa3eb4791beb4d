//! A call in a room: a leg to one other person, and one to a recorder, whose signals travel through the server.
//!
//! Three tasks: the leg's own, one that takes in what the room says, and one that sends what the leg says.
//! While the client is not connected the last one waits, so that nothing is lost when it comes back, and
//! media goes on meanwhile.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use bedside_protocol::{
    ServerEvent,
    consultation::IcePolicy,
    ids::{PeerId, RoomId},
    sdp::Sdp,
    session::Role,
    webrtc::{Peer, WebrtcLeaveRoom},
};
use tokio::sync::{mpsc, watch};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    CallError,
    entry::{CallOptions, NotIn, Seat, enter},
    flow::Received,
    leg::{Leg, LegOptions, Progress, Signal},
    speak::speak,
    weather::{Sent, Tally},
};
use crate::client::{Client, Heard, Unanswered};

/// Signals that may wait for the socket; more than one negotiation has.
const MAX_WAITING: usize = 256;

/// How long another person may take to come, and to offer.
const COMPANY_PATIENCE: Duration = Duration::from_secs(20);

/// A call in a room. Dropping it ends the media without telling the room; [`Call::leave`] tells it.
#[derive(Debug)]
pub struct Call {
    shared: Arc<Shared>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

#[derive(Debug)]
struct Shared {
    client: Client,
    room: RoomId,
    options: CallOptions,
    seat: Mutex<Seat>,
    leg: watch::Sender<Option<Arc<Line>>>,
    recorder: watch::Sender<Option<Arc<Line>>>,
    legs: AtomicU64,
    /// What went out on each leg to a recorder there was.
    to_recorders: Mutex<Vec<Arc<Tally>>>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

/// A leg to a recorder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecorderLeg(u64);

/// A leg and whom it leads to.
#[derive(Debug)]
struct Line {
    peer: Peer,
    leg: Leg,
    away: AtomicBool,
    /// The session that a recorder offered.
    session: Option<String>,
    /// Counts the legs of a call, from 1.
    number: u64,
}

impl Call {
    /// Enter the call. Who finds others there offers to the first of them; who is there first waits for an
    /// offer.
    pub async fn join(client: &Client, room: &RoomId, options: CallOptions) -> Result<Self, NotIn> {
        // Listen first: an offer may come before our answer does.
        let signals = client.signals(room);
        let (seat, peers) = enter(client, room, options).await?;
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let shared = Arc::new(Shared {
            client: client.clone(),
            room: room.clone(),
            options,
            seat: Mutex::new(seat),
            leg: watch::Sender::new(None),
            recorder: watch::Sender::new(None),
            legs: AtomicU64::new(0),
            to_recorders: Mutex::default(),
            stop: stop.clone(),
            tasks: tasks.clone(),
        });
        let known =
            peers.iter().filter(|peer| peer.role == Role::Recorder && options.company.includes(peer.role));
        let known = known.cloned().collect();
        shared.offer_to(peers).await?;
        let listening = Arc::clone(&shared);
        let stopped = stop.clone();
        tasks.spawn(async move {
            stopped.run_until_cancelled(listening.listen(signals, known)).await;
        });
        Ok(Self { shared, stop, tasks })
    }

    /// Join again after the session was lost. The peer id is the same where the client gave an instance id,
    /// and the media goes on if the other is still there.
    pub async fn rejoin(&self) -> Result<(), NotIn> {
        let Shared { client, room, options, .. } = &*self.shared;
        let (seat, peers) = enter(client, room, *options).await?;
        *self.shared.seat() = seat;
        self.shared.offer_to(peers).await?;
        Ok(())
    }

    /// Our peer id.
    pub fn peer_id(&self) -> PeerId {
        self.shared.seat().peer_id.clone()
    }

    /// The other person, if one is there.
    pub fn other(&self) -> Option<Peer> {
        self.shared.leg.borrow().as_ref().map(|line| line.peer.clone())
    }

    /// Wait for another person and for media to be able to flow.
    pub async fn connected(&self) -> Result<Progress, CallError> {
        self.line().await?.leg.connected().await
    }

    /// Find new paths, as after a change of networks.
    pub async fn restart_ice(&self) -> Result<(), CallError> {
        self.line().await?.leg.restart_ice().await
    }

    /// What was received from the other person so far.
    pub fn received(&self) -> Received {
        self.shared.leg.borrow().as_ref().map(|line| line.leg.received()).unwrap_or_default()
    }

    /// What was received so far; the longest gaps count from here.
    pub fn mark(&self) -> Received {
        self.shared.leg.borrow().as_ref().map(|line| line.leg.mark()).unwrap_or_default()
    }

    /// What came since `mark`: proof that media goes on, whatever happens to signaling.
    pub fn flowed_since(&self, mark: &Received) -> Received {
        self.received().since(mark)
    }

    /// Wait until a first picture of the other person could be shown.
    pub async fn sees(&self, within: Duration) -> Result<(), CallError> {
        self.line().await?.leg.sees(within).await
    }

    /// Wait until at least so many packets of each kind came after `mark`; says what came.
    pub async fn flows(
        &self,
        mark: &Received,
        audio: u64,
        video: u64,
        within: Duration,
    ) -> Result<Received, CallError> {
        self.line().await?.leg.flows(mark, audio, video, within).await
    }

    /// Wait until a recorder takes what we send.
    pub async fn recorded(&self) -> Result<Progress, CallError> {
        self.recorded_again(RecorderLeg(0)).await
    }

    /// The newest leg to a recorder.
    pub fn recorder_leg(&self) -> RecorderLeg {
        RecorderLeg(self.shared.recorder.borrow().as_ref().map(|line| line.number).unwrap_or_default())
    }

    /// Wait until a recorder takes what we send on a leg that came after this one.
    pub async fn recorded_again(&self, after: RecorderLeg) -> Result<Progress, CallError> {
        self.line_of(&self.shared.recorder, after.0).await?.leg.connected().await
    }

    /// What went out to recorders so far, also on legs that are gone.
    pub fn sent_to_recorder(&self) -> Sent {
        let legs = self.shared.to_recorders.lock().unwrap_or_else(PoisonError::into_inner);
        legs.iter().map(|leg| leg.sent()).fold(Sent::default(), |all, leg| Sent {
            packets: all.packets + leg.packets,
            last: all.last.max(leg.last),
        })
    }

    /// Leave: tell the room, and end the media.
    pub async fn leave(self) -> Result<(), Unanswered> {
        let room_id = self.shared.room.clone();
        let left = self.shared.client.ask(WebrtcLeaveRoom { room_id }).await;
        self.hang_up().await;
        left.map(|_done| ())
    }

    /// End the media without a word to the room, and wait until nothing of it is left.
    pub async fn hang_up(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        for line in [&self.shared.leg, &self.shared.recorder] {
            if let Some(Line { leg, .. }) = line.send_replace(None).and_then(Arc::into_inner) {
                leg.close().await;
            }
        }
    }

    async fn line(&self) -> Result<Arc<Line>, CallError> {
        self.line_of(&self.shared.leg, 0).await
    }

    async fn line_of(
        &self,
        line: &watch::Sender<Option<Arc<Line>>>,
        after: u64,
    ) -> Result<Arc<Line>, CallError> {
        let mut legs = line.subscribe();
        let company = legs.wait_for(|line| line.as_ref().is_some_and(|line| line.number > after));
        match tokio::time::timeout(COMPANY_PATIENCE, company).await {
            Ok(Ok(line)) => line.clone().ok_or(CallError::Over),
            Ok(Err(_gone)) => Err(CallError::Over),
            Err(_elapsed) => Err(CallError::Alone { after: COMPANY_PATIENCE }),
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Shared {
    fn seat(&self) -> std::sync::MutexGuard<'_, Seat> {
        self.seat.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where the leg to somebody of this role is kept.
    fn place(&self, role: Role) -> &watch::Sender<Option<Arc<Line>>> {
        if role == Role::Recorder { &self.recorder } else { &self.leg }
    }

    fn line_to(&self, peer_id: &PeerId) -> Option<Arc<Line>> {
        let to = |line: &&Arc<Line>| line.peer.peer_id == *peer_id;
        let leg = self.leg.borrow().as_ref().filter(to).map(Arc::clone);
        leg.or_else(|| self.recorder.borrow().as_ref().filter(to).map(Arc::clone))
    }

    /// Offer to one of `peers`, unless there is a leg to one of them already: rather to somebody else than to
    /// ourselves on another device, and rather to one who is there than to one whose connection broke. A recorder
    /// offers itself.
    async fn offer_to(self: &Arc<Self>, mut peers: Vec<Peer>) -> Result<(), CallError> {
        let company = self.options.company;
        peers.retain(|peer| peer.role != Role::Recorder && company.includes(peer.role));
        if peers.iter().any(|peer| self.line_to(&peer.peer_id).is_some()) {
            return Ok(());
        }
        let us = self.client.ready().map(|ready| ready.user.id);
        match peers.into_iter().min_by_key(|peer| (us.as_ref() == Some(&peer.user_id), peer.away)) {
            Some(peer) => self.open(peer, None).await?.leg.offer().await,
            None => Ok(()),
        }
    }

    /// Open a leg to `peer` in place of the one that was.
    async fn open(self: &Arc<Self>, peer: Peer, session: Option<String>) -> Result<Arc<Line>, CallError> {
        let Seat { ice_servers, ice_policy, .. } = self.seat().clone();
        let options = LegOptions {
            network: self.options.network,
            ice_servers,
            only_relayed: ice_policy == IcePolicy::Relay,
            polite: peer.polite,
            sending: self.options.sending,
        };
        let (signals, outgoing) = mpsc::channel(MAX_WAITING);
        let leg = Leg::open(options, signals).await?;
        let speaking = speak(self.client.clone(), self.room.clone(), peer.peer_id.clone(), outgoing);
        let stop = self.stop.clone();
        self.tasks.spawn(async move {
            stop.run_until_cancelled(speaking).await;
        });
        if peer.role == Role::Recorder {
            self.to_recorders.lock().unwrap_or_else(PoisonError::into_inner).push(leg.tally());
        }
        let place = self.place(peer.role);
        let number = self.legs.fetch_add(1, Ordering::Relaxed) + 1;
        let line = Arc::new(Line { peer, leg, away: AtomicBool::new(false), session, number });
        place.send_replace(Some(Arc::clone(&line)));
        Ok(line)
    }

    /// Take in what the room says, until the client is gone.
    async fn listen(self: Arc<Self>, mut signals: mpsc::Receiver<Heard>, mut known: Vec<Peer>) {
        while let Some(heard) = signals.recv().await {
            let done = match ServerEvent::parse(&heard.name, heard.data.get()) {
                Ok(event) => self.hear(event, &mut known).await,
                Err(refusal) => {
                    tracing::warn!(event = heard.name, %refusal, "a signal cannot be read");
                    Ok(())
                }
            };
            if let Err(error) = done {
                tracing::debug!(event = heard.name, %error, "a signal came to nothing");
            }
        }
    }

    /// One signal. `known` are those who came after us, and recorders: an offer of theirs opens a leg.
    #[expect(clippy::wildcard_enum_match_arm, reason = "a call hears what concerns it")]
    async fn hear(self: &Arc<Self>, event: ServerEvent, known: &mut Vec<Peer>) -> Result<(), CallError> {
        match event {
            ServerEvent::WebrtcPeerJoined(joined) => {
                known.retain(|peer| peer.peer_id != joined.peer.peer_id);
                if self.options.company.includes(joined.peer.role) {
                    known.push(joined.peer);
                }
            }
            ServerEvent::WebrtcPeerLeft(left) => {
                known.retain(|peer| peer.peer_id != left.peer_id);
                if let Some(line) = self.line_to(&left.peer_id) {
                    self.place(line.peer.role).send_replace(None);
                }
            }
            ServerEvent::WebrtcPeerAway(away) => self.set_away(&away.peer_id, true),
            ServerEvent::WebrtcPeerBack(back) => self.set_away(&back.peer_id, false),
            ServerEvent::WebrtcIceServersRenewed(renewed) => self.seat().ice_servers = renewed.ice_servers,
            ServerEvent::WebrtcOfferHeard(offer) => {
                let Some(line) = self.line_for(&offer.from, Some(&offer.sdp), known).await? else {
                    return Ok(());
                };
                let (sdp, negotiation) = (offer.sdp, Some(offer.negotiation));
                line.leg.hear(Signal::Offer { sdp, negotiation }).await?;
            }
            ServerEvent::WebrtcAnswerHeard(answer) => {
                let Some(line) = self.line_to(&answer.from) else { return Ok(()) };
                let (sdp, negotiation) = (answer.sdp, Some(answer.negotiation));
                line.leg.hear(Signal::Answer { sdp, negotiation }).await?;
            }
            ServerEvent::WebrtcIceCandidateHeard(candidate) => {
                let Some(line) = self.line_for(&candidate.from, None, known).await? else { return Ok(()) };
                line.leg.hear(Signal::Candidate(candidate.candidate)).await?;
            }
            _ => {}
        }
        Ok(())
    }

    /// The leg to `from`. A person who came after us gets one with their first signal, where there is none yet or the
    /// other end of the one there is has gone away; a recorder with each offer of another session.
    async fn line_for(
        self: &Arc<Self>,
        from: &PeerId,
        offer: Option<&Sdp>,
        known: &[Peer],
    ) -> Result<Option<Arc<Line>>, CallError> {
        let line = self.line_to(from);
        let role = known.iter().find(|peer| peer.peer_id == *from).map(|peer| peer.role);
        let offered = offer.filter(|_| role == Some(Role::Recorder)).map(|offer| session(&offer.text()));
        if let Some(line) = line.filter(|line| offered.is_none() || line.session == offered) {
            return Ok(Some(line));
        }
        let gone = |line: &Arc<Line>| line.away.load(Ordering::Relaxed);
        match known.iter().find(|peer| peer.peer_id == *from) {
            Some(peer) if offered.is_some() || self.place(peer.role).borrow().as_ref().is_none_or(gone) => {
                self.open(peer.clone(), offered).await.map(Some)
            }
            Some(_) | None => Ok(None),
        }
    }

    fn set_away(&self, peer_id: &PeerId, away: bool) {
        if let Some(line) = self.line_to(peer_id) {
            line.away.store(away, Ordering::Relaxed);
        }
    }
}

/// What names a session: the origin without the version, which grows with each offer (RFC 8829 section 5.2.2).
fn session(sdp: &str) -> String {
    let origin = sdp.lines().find_map(|line| line.strip_prefix("o=")).unwrap_or_default();
    origin.split(' ').take(2).collect::<Vec<_>>().join(" ")
}
