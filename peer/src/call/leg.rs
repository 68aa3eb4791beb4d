//! A leg: the media to one other peer. It knows signals but not how they travel.

use std::{sync::Arc, time::Duration};

use bedside_protocol::{
    sdp::{IceCandidate, Sdp},
    webrtc::IceServer,
};
use tokio::{
    sync::{mpsc, watch},
    time::Instant,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    CallError,
    flow::{Flow, Received},
    negotiator::Negotiator,
    rtc::{Connection, Paths},
    sending::Sending,
    weather::{Sent, Tally},
};

/// Signals and happenings that may wait for a leg; more than one negotiation has.
const MAX_WAITING: usize = 256;

/// How long offer, answer, candidates and handshakes may take together.
const CONNECT_PATIENCE: Duration = Duration::from_secs(20);

/// What two peers say to each other to get media flowing.
#[derive(Debug, Clone, PartialEq)]
pub enum Signal {
    /// A session that is offered; the number names it in the answer.
    Offer {
        /// The offer.
        sdp: Sdp,
        /// Its number; the sender learns it from the server.
        negotiation: Option<u64>,
    },
    /// The answer to the offer of that number.
    Answer {
        /// The answer.
        sdp: Sdp,
        /// The offer that it answers.
        negotiation: Option<u64>,
    },
    /// A way to reach the sender; none when there are no more.
    Candidate(Option<IceCandidate>),
}

/// Where packets go in and out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Network {
    /// Only this machine.
    Loopback,
    /// The same, by TCP alone.
    LoopbackTcp,
    /// Every interface of this machine, and the loopback.
    Everywhere,
}

impl Network {
    pub(super) fn addresses(self) -> Vec<&'static str> {
        match self {
            Self::Loopback => vec!["127.0.0.1:0"],
            Self::LoopbackTcp => Vec::new(),
            Self::Everywhere => vec!["127.0.0.1:0", "0.0.0.0:0"],
        }
    }

    pub(super) fn tcp_addresses(self) -> Vec<&'static str> {
        match self {
            Self::LoopbackTcp => vec!["127.0.0.1:0"],
            Self::Loopback | Self::Everywhere => Vec::new(),
        }
    }
}

/// How to reach the other peer.
#[derive(Debug, Clone)]
pub struct LegOptions {
    /// Where packets go in and out.
    pub network: Network,
    /// STUN and TURN servers.
    pub ice_servers: Vec<IceServer>,
    /// Whether to hide our addresses behind a TURN server.
    pub only_relayed: bool,
    /// Whether we give way when two offers cross.
    pub polite: bool,
    /// What we send.
    pub sending: Sending,
}

/// When the steps of a negotiation were taken, as time since the leg was opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// An offer was made or taken.
    pub offered: Option<Duration>,
    /// An answer was made or taken.
    pub answered: Option<Duration>,
    /// ICE and DTLS were through.
    pub connected: Option<Duration>,
}

/// How a leg is.
#[derive(Debug, Clone, Default)]
pub(super) enum State {
    #[default]
    Connecting,
    Connected,
    Broken(CallError),
}

/// The media to one other peer. Dropping it closes the connection.
#[derive(Debug)]
pub struct Leg {
    heard: mpsc::Sender<Signal>,
    orders: mpsc::Sender<Order>,
    state: watch::Receiver<(State, Progress)>,
    flow: Arc<Flow>,
    tally: Arc<Tally>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

/// What its owner wants of a leg.
#[derive(Debug)]
pub(super) enum Order {
    Offer,
    RestartIce,
}

impl Leg {
    /// Open a leg whose signals go out through `signals`.
    pub async fn open(options: LegOptions, signals: mpsc::Sender<Signal>) -> Result<Self, CallError> {
        let (flow, tally) = (Arc::new(Flow::default()), Arc::new(Tally::default()));
        let (happened, happenings) = mpsc::channel(MAX_WAITING);
        let LegOptions { network, ice_servers: servers, only_relayed, polite, sending } = options;
        let paths = Paths { network, servers, only_relayed };
        let connection =
            Connection::open(paths, sending.weather, Arc::clone(&flow), Arc::clone(&tally), happened).await?;

        let (heard, hears) = mpsc::channel(MAX_WAITING);
        let (orders, ordered) = mpsc::channel(MAX_WAITING);
        let (tell, state) = watch::channel((State::default(), Progress::default()));
        let negotiator = Negotiator::new(connection, polite, sending, signals, tell);
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        tasks.spawn(negotiator.run(hears, ordered, happenings, stop.clone()));
        tasks.close();
        Ok(Self { heard, orders, state, flow, tally, stop, tasks })
    }

    /// Offer a session to the other.
    pub async fn offer(&self) -> Result<(), CallError> {
        self.orders.send(Order::Offer).await.map_err(|_gone| CallError::Over)
    }

    /// Find new paths, as after a change of networks.
    pub async fn restart_ice(&self) -> Result<(), CallError> {
        self.orders.send(Order::RestartIce).await.map_err(|_gone| CallError::Over)
    }

    /// Take in a signal of the other.
    pub async fn hear(&self, signal: Signal) -> Result<(), CallError> {
        self.heard.send(signal).await.map_err(|_gone| CallError::Over)
    }

    /// Wait until ICE and DTLS are through.
    pub async fn connected(&self) -> Result<Progress, CallError> {
        let mut state = self.state.clone();
        let settled = state.wait_for(|(state, _)| !matches!(state, State::Connecting));
        match tokio::time::timeout(CONNECT_PATIENCE, settled).await {
            Ok(Ok(settled)) => match &*settled {
                (State::Broken(error), _) => Err(error.clone()),
                (State::Connecting | State::Connected, progress) => Ok(*progress),
            },
            Ok(Err(_task_ended)) => Err(CallError::Over),
            Err(_elapsed) => {
                Err(CallError::NotConnected { after: CONNECT_PATIENCE, progress: self.progress() })
            }
        }
    }

    /// How far the negotiation has come.
    pub fn progress(&self) -> Progress {
        self.state.borrow().1
    }

    /// RTP packets that went out so far.
    pub fn sent(&self) -> Sent {
        self.tally.sent()
    }

    /// What counts what goes out, for whoever wants to know when the leg is gone.
    pub(super) fn tally(&self) -> Arc<Tally> {
        Arc::clone(&self.tally)
    }

    /// What was received so far.
    pub fn received(&self) -> Received {
        self.flow.received()
    }

    /// What was received so far; the longest gaps count from here.
    pub fn mark(&self) -> Received {
        self.flow.mark(Instant::now())
    }

    /// Wait until a first picture could be shown.
    pub async fn sees(&self, within: Duration) -> Result<(), CallError> {
        let picture = self.flow.until(|received| received.video_frames > 0);
        let seen = tokio::time::timeout(within, picture).await;
        seen.map_err(|_elapsed| CallError::NoPicture { after: within, received: self.received() })
    }

    /// Wait until at least so many packets of each kind came after `mark`; says what came.
    pub async fn flows(
        &self,
        mark: &Received,
        audio: u64,
        video: u64,
        within: Duration,
    ) -> Result<Received, CallError> {
        let enough = |received: &Received| {
            let new = received.since(mark);
            new.audio_packets >= audio && new.video_packets >= video
        };
        let came = tokio::time::timeout(within, self.flow.until(enough)).await;
        let received = self.received().since(mark);
        match came {
            Ok(()) => Ok(received),
            Err(_elapsed) => {
                Err(CallError::NoMedia { wanted_audio: audio, wanted_video: video, after: within, received })
            }
        }
    }

    /// Close the connection and wait until nothing of it is left.
    pub async fn close(self) {
        self.stop.cancel();
        self.tasks.wait().await;
    }
}

impl Drop for Leg {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
