//! Legs: WebRTC connections to the peers that are recorded. Only here is `webrtc` spoken of.
//!
//! All legs share one [`Port`]. A [`Leg`] offers to receive, hands over packets and sender reports as they come, and says what is to
//! be said to its peer; how that travels is its owner's business.

mod address;
mod beats;
mod bind;
mod connection;
mod engine;
mod framing;
mod gate;
mod meter;
mod negotiation;
mod port;
mod pump;
mod runtime;
mod sdp;
mod stun;
mod taps;
mod tcp;

use std::{sync::Arc, time::Duration};

use bedside_protocol::{
    recorder::LegState,
    sdp::{IceCandidate, Sdp},
};
use tokio::{sync::mpsc, time::Instant};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use self::{
    address::is_nobodys,
    gate::{Allowance, Passed},
    port::{Port, PortConfig, PortError, Transports},
    pump::{Arrival, Media, Taken},
};
use self::{
    connection::{Connection, Parts},
    negotiation::{Negotiation, Order},
    port::Place,
    pump::Inlet,
    sdp::Pictures,
};

/// Signals and orders that may wait for a leg; more than one negotiation has.
const MAX_WAITING: usize = 256;

/// What leads to media, and how much of it there may be.
#[derive(Debug, Clone, Copy)]
pub struct LegOptions {
    /// Whether only sound is received.
    pub audio_only: bool,
    /// What a sender of pictures is asked to keep to, in thousands of bits a second.
    pub video_kbps: u32,
    /// How long after an offer media may take to come.
    pub media_patience: Duration,
    /// How long no packet may come before the leg counts as silent.
    pub silence: Duration,
}

impl Default for LegOptions {
    fn default() -> Self {
        Self {
            audio_only: false,
            video_kbps: 2_500,
            media_patience: Duration::from_secs(10),
            silence: Duration::from_secs(5),
        }
    }
}

impl LegOptions {
    fn pictures(&self) -> Pictures {
        if self.audio_only { Pictures::Refused } else { Pictures::UpTo { kbps: self.video_kbps } }
    }

    /// What the port lets through: twice what is asked for, so that nobody is cut who only overshoots, and sound and repairs beside it.
    fn allowance(&self) -> Allowance {
        let kbps = self.video_kbps.saturating_mul(2).saturating_add(1_000);
        Allowance { bytes_per_second: kbps.saturating_mul(1_000 / 8) }
    }
}

/// What a leg and its peer say to each other.
#[derive(Debug, Clone, PartialEq)]
pub enum Signal {
    /// A session that is offered; the number names it in the answer. Those of ours get theirs from the server.
    Offer {
        /// The offer.
        sdp: Sdp,
        /// Its number.
        negotiation: Option<u64>,
    },
    /// The answer to the offer of that number.
    Answer {
        /// The answer.
        sdp: Sdp,
        /// The offer that it answers.
        negotiation: u64,
    },
    /// A way to reach the sender; none when there are no more.
    Candidate(Option<IceCandidate>),
}

/// What a leg tells its owner.
#[derive(Debug, Clone, PartialEq)]
pub enum LegEvent {
    /// This is to be said to the peer.
    Say(Signal),
    /// Where the leg stands now.
    State(LegState),
    /// The leg is over, and not because it was closed.
    Over(LegEnd),
}

/// Why a leg is over.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LegEnd {
    /// No media came in time after an offer.
    #[error("no media came")]
    NoMedia,
    /// The peer closed its side.
    #[error("the peer closed its side")]
    PeerClosed,
    /// It cannot go on.
    #[error(transparent)]
    Broken(#[from] LegError),
}

/// What went wrong with a leg. The text names the step and the cause; descriptions and candidates are not in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{step}: {cause}")]
pub struct LegError {
    step: &'static str,
    cause: String,
}

impl LegError {
    pub(crate) fn new(step: &'static str, cause: String) -> Self {
        Self { step, cause }
    }
}

/// What comes out of a leg.
#[derive(Debug)]
pub struct LegOutput {
    /// Packets and sender reports.
    pub arrivals: mpsc::Receiver<Arrival>,
    /// What else there is to know.
    pub events: mpsc::Receiver<LegEvent>,
}

/// The media of one peer. Dropping it closes the connection.
#[derive(Debug)]
pub struct Leg {
    heard: mpsc::Sender<Signal>,
    orders: mpsc::Sender<Order>,
    place: Arc<Place>,
    inlet: Inlet,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Leg {
    /// Offer to receive from a peer. To be called on the runtime on which media is to be handled.
    pub async fn open(port: &Arc<Port>, options: LegOptions) -> Result<(Self, LegOutput), LegError> {
        let place = Arc::new(port.place(options.allowance()));
        let (inlet, arrivals) = Inlet::new();
        let (happened, happenings) = mpsc::channel(MAX_WAITING);
        let (tasks, ended, stop) = (TaskTracker::new(), CancellationToken::new(), CancellationToken::new());
        let parts = Parts {
            place: Arc::clone(&place),
            inlet: inlet.clone(),
            tasks: tasks.clone(),
            ended: ended.clone(),
            happened,
            pictures: options.pictures(),
        };
        let connection = Connection::open(parts).await?;
        let (heard, hears) = mpsc::channel(MAX_WAITING);
        let (orders, ordered) = mpsc::channel(MAX_WAITING);
        let (tell, events) = mpsc::channel(MAX_WAITING);
        let negotiation = Negotiation {
            connection,
            place: Arc::clone(&place),
            inlet: inlet.clone(),
            options,
            tell,
            offering: false,
            number: None,
            described: false,
            early: Vec::new(),
            state: LegState::Connecting,
            offered_at: Instant::now(),
            awaiting: true,
            counted: 0,
            heard_at: Instant::now(),
        };
        tasks.spawn(negotiation.run(hears, ordered, happenings, ended, stop.clone()));
        tasks.close();
        Ok((Self { heard, orders, place, inlet, stop, tasks }, LegOutput { arrivals, events }))
    }

    /// Take in a signal of the peer. Says whether there was room for it.
    pub fn hear(&self, signal: Signal) -> bool {
        self.heard.try_send(signal).is_ok()
    }

    /// The server gave our last offer this number.
    pub fn numbered(&self, negotiation: u64) {
        self.order(Order::Numbered(negotiation));
    }

    /// Find new paths, as after a change of networks.
    pub fn restart_ice(&self) {
        self.order(Order::RestartIce);
    }

    /// Ask for a key frame of a stream.
    pub fn ask_key_frame(&self, track: usize, ssrc: u32) {
        self.order(Order::KeyFrame { track, ssrc });
    }

    fn order(&self, order: Order) {
        if self.orders.try_send(order).is_err() {
            tracing::debug!("a leg does not take orders");
        }
    }

    /// What it took in so far.
    pub fn taken(&self) -> Taken {
        self.inlet.taken()
    }

    /// From here on nothing more comes in.
    pub fn shut(&self) {
        self.place.shut();
        self.stop.cancel();
    }

    /// Close the connection and wait until nothing of it is left.
    pub async fn close(self) {
        self.shut();
        self.tasks.wait().await;
    }
}

impl Drop for Leg {
    fn drop(&mut self) {
        self.shut();
    }
}
