//! A call in a room: a leg to one other person, whose signals travel through the server.
//!
//! Three tasks: the leg's own, one that takes in what the room says, and one that sends what the leg says.
//! While the client is not connected the last one waits, so that nothing is lost when it comes back, and
//! media goes on meanwhile.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bedside_protocol::{
    Code, ServerEvent,
    consultation::IcePolicy,
    ids::{PeerId, RoomId},
    webrtc::{IceServer, Media, Peer, WebrtcJoinRoom, WebrtcJoined, WebrtcLeaveRoom},
};
use tokio::sync::{mpsc, watch};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    CallError,
    flow::Received,
    leg::{Leg, LegOptions, Network, Progress, Signal},
    speak::speak,
};
use crate::client::{Client, Heard, Unanswered};

/// Signals that may wait for the socket; more than one negotiation has.
const MAX_WAITING: usize = 256;

/// How long another person may take to come, and to offer.
const COMPANY_PATIENCE: Duration = Duration::from_secs(20);

/// How to call.
#[derive(Debug, Clone, Copy)]
pub struct CallOptions {
    /// Where packets go in and out.
    pub network: Network,
    /// What we say that we send.
    pub media: Media,
}

impl CallOptions {
    /// Audio and video on this network.
    pub fn on(network: Network) -> Self {
        Self { network, media: Media::default() }
    }
}

/// Why we are not in the call.
#[derive(Debug, thiserror::Error)]
pub enum NotIn {
    /// We are in the waiting room.
    #[error("in the waiting room, at place {position}")]
    Waiting {
        /// Our place in the queue, from 1.
        position: usize,
    },
    /// The server said no, or nothing.
    #[error(transparent)]
    Unanswered(#[from] Unanswered),
    /// The media side failed.
    #[error(transparent)]
    Call(#[from] CallError),
}

impl NotIn {
    /// The code of a refusal.
    pub fn code(&self) -> Option<Code> {
        match self {
            Self::Unanswered(unanswered) => unanswered.code(),
            Self::Waiting { .. } | Self::Call(_) => None,
        }
    }
}

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
    stop: CancellationToken,
    tasks: TaskTracker,
}

/// What the server told us when we joined.
#[derive(Debug, Clone)]
struct Seat {
    peer_id: PeerId,
    ice_servers: Vec<IceServer>,
    ice_policy: IcePolicy,
}

/// A leg and whom it leads to.
#[derive(Debug)]
struct Line {
    peer: Peer,
    leg: Leg,
    away: AtomicBool,
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
            stop: stop.clone(),
            tasks: tasks.clone(),
        });
        shared.offer_to(peers).await?;
        let listening = Arc::clone(&shared);
        let stopped = stop.clone();
        tasks.spawn(async move {
            stopped.run_until_cancelled(listening.listen(signals)).await;
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
        if let Some(Line { leg, .. }) = self.shared.leg.send_replace(None).and_then(Arc::into_inner) {
            leg.close().await;
        }
    }

    async fn line(&self) -> Result<Arc<Line>, CallError> {
        let mut legs = self.shared.leg.subscribe();
        let company = legs.wait_for(Option::is_some);
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

async fn enter(client: &Client, room: &RoomId, options: CallOptions) -> Result<(Seat, Vec<Peer>), NotIn> {
    let join = WebrtcJoinRoom { room_id: room.clone(), media: Some(options.media) };
    match client.ask(join).await? {
        WebrtcJoined::Waiting { position } => Err(NotIn::Waiting { position }),
        WebrtcJoined::Joined { peer_id, peers, ice_servers, ice_policy, .. } => {
            Ok((Seat { peer_id, ice_servers, ice_policy }, peers))
        }
    }
}

impl Shared {
    fn seat(&self) -> std::sync::MutexGuard<'_, Seat> {
        self.seat.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn line_to(&self, peer_id: &PeerId) -> Option<Arc<Line>> {
        self.leg.borrow().as_ref().filter(|line| line.peer.peer_id == *peer_id).map(Arc::clone)
    }

    /// Offer to one of `peers`, unless there is a leg to one of them already: rather to somebody else than to
    /// ourselves on another device, and rather to one who is there than to one whose connection broke.
    async fn offer_to(self: &Arc<Self>, peers: Vec<Peer>) -> Result<(), CallError> {
        if peers.iter().any(|peer| self.line_to(&peer.peer_id).is_some()) {
            return Ok(());
        }
        let us = self.client.ready().map(|ready| ready.user.id);
        match peers.into_iter().min_by_key(|peer| (us.as_ref() == Some(&peer.user_id), peer.away)) {
            Some(peer) => self.open(peer).await?.leg.offer().await,
            None => Ok(()),
        }
    }

    /// Open a leg to `peer` in place of the one that was.
    async fn open(self: &Arc<Self>, peer: Peer) -> Result<Arc<Line>, CallError> {
        let Seat { ice_servers, ice_policy, .. } = self.seat().clone();
        let options = LegOptions {
            network: self.options.network,
            ice_servers,
            only_relayed: ice_policy == IcePolicy::Relay,
            polite: peer.polite,
        };
        let (signals, outgoing) = mpsc::channel(MAX_WAITING);
        let leg = Leg::open(options, signals).await?;
        let speaking = speak(self.client.clone(), self.room.clone(), peer.peer_id.clone(), outgoing);
        let stop = self.stop.clone();
        self.tasks.spawn(async move {
            stop.run_until_cancelled(speaking).await;
        });
        let line = Arc::new(Line { peer, leg, away: AtomicBool::new(false) });
        self.leg.send_replace(Some(Arc::clone(&line)));
        Ok(line)
    }

    /// Take in what the room says, until the client is gone.
    async fn listen(self: Arc<Self>, mut signals: mpsc::Receiver<Heard>) {
        let mut known: Vec<Peer> = Vec::new();
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

    /// One signal. `known` are those who came after us: an offer of theirs opens a leg.
    #[expect(clippy::wildcard_enum_match_arm, reason = "a call hears what concerns it")]
    async fn hear(self: &Arc<Self>, event: ServerEvent, known: &mut Vec<Peer>) -> Result<(), CallError> {
        match event {
            ServerEvent::WebrtcPeerJoined(joined) => {
                known.retain(|peer| peer.peer_id != joined.peer.peer_id);
                known.push(joined.peer);
            }
            ServerEvent::WebrtcPeerLeft(left) => {
                known.retain(|peer| peer.peer_id != left.peer_id);
                if self.line_to(&left.peer_id).is_some() {
                    self.leg.send_replace(None);
                }
            }
            ServerEvent::WebrtcPeerAway(away) => self.set_away(&away.peer_id, true),
            ServerEvent::WebrtcPeerBack(back) => self.set_away(&back.peer_id, false),
            ServerEvent::WebrtcIceServersRenewed(renewed) => self.seat().ice_servers = renewed.ice_servers,
            ServerEvent::WebrtcOfferHeard(offer) => {
                let Some(line) = self.line_for_offer(&offer.from, known).await? else { return Ok(()) };
                let (sdp, negotiation) = (offer.sdp, Some(offer.negotiation));
                line.leg.hear(Signal::Offer { sdp, negotiation }).await?;
            }
            ServerEvent::WebrtcAnswerHeard(answer) => {
                let Some(line) = self.line_to(&answer.from) else { return Ok(()) };
                let (sdp, negotiation) = (answer.sdp, Some(answer.negotiation));
                line.leg.hear(Signal::Answer { sdp, negotiation }).await?;
            }
            ServerEvent::WebrtcIceCandidateHeard(candidate) => {
                let Some(line) = self.line_for_offer(&candidate.from, known).await? else { return Ok(()) };
                line.leg.hear(Signal::Candidate(candidate.candidate)).await?;
            }
            _ => {}
        }
        Ok(())
    }

    /// The leg to `from`. A person who came after us gets one with their first signal, where there is none
    /// yet or the other end of the one there is has gone away.
    async fn line_for_offer(
        self: &Arc<Self>,
        from: &PeerId,
        known: &[Peer],
    ) -> Result<Option<Arc<Line>>, CallError> {
        if let Some(line) = self.line_to(from) {
            return Ok(Some(line));
        }
        let free = self.leg.borrow().as_ref().is_none_or(|line| line.away.load(Ordering::Relaxed));
        match known.iter().find(|peer| peer.peer_id == *from) {
            Some(peer) if free => self.open(peer.clone()).await.map(Some),
            Some(_) | None => Ok(None),
        }
    }

    fn set_away(&self, peer_id: &PeerId, away: bool) {
        if let Some(line) = self.line_to(peer_id) {
            line.away.store(away, Ordering::Relaxed);
        }
    }
}
