//! The negotiation of one leg, and whether media comes.
//!
//! The leg offers; its peer may offer anew later, as when a screen is shared. Where two offers cross, the peer takes its own back:
//! a recorder is always the impolite side. One task does everything in turn, so no step can be interrupted by another.

use std::{sync::Arc, time::Duration};

use bedside_protocol::{
    recorder::LegState,
    sdp::{CandidateLine, IceCandidate, Sdp},
};
use tokio::{
    sync::mpsc,
    time::{Instant, MissedTickBehavior},
};
use tokio_util::sync::CancellationToken;

use super::{
    LegError, LegEvent, LegOptions, Signal,
    connection::{Connection, Happening, failed},
    port::Place,
    pump::Inlet,
    sdp::{self, MAX_CANDIDATES},
};

/// How often it is looked whether media comes.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// A leg that stays without media is offered anew at least so often.
const MAX_PATIENCE: Duration = Duration::from_secs(60);

/// What its owner wants of a leg.
#[derive(Debug)]
pub(super) enum Order {
    /// Our last offer has this number.
    Numbered(u64),
    /// Find new paths.
    RestartIce,
    /// Ask for a key frame.
    KeyFrame { track: usize, ssrc: u32 },
}

/// Does what the leg needs, one thing after the other.
pub(super) struct Negotiation {
    pub(super) connection: Connection,
    pub(super) place: Arc<Place>,
    pub(super) inlet: Inlet,
    pub(super) options: LegOptions,
    pub(super) tell: mpsc::Sender<LegEvent>,
    /// Our offer is out and not answered.
    pub(super) offering: bool,
    /// The number of our last offer, once it has one.
    pub(super) number: Option<u64>,
    /// The peer's description is known, so its candidates can be tried.
    pub(super) described: bool,
    /// Candidates that came before it.
    pub(super) early: Vec<IceCandidate>,
    pub(super) state: LegState,
    pub(super) offered_at: Instant,
    pub(super) patience: Duration,
    /// Packets that had come when the last one was noticed, and when that was.
    pub(super) counted: u64,
    pub(super) heard_at: Instant,
}

impl Negotiation {
    /// Negotiate until `stop`, or until nothing can be done any more; then close the connection.
    pub(super) async fn run(
        mut self,
        hears: mpsc::Receiver<Signal>,
        orders: mpsc::Receiver<Order>,
        happenings: mpsc::Receiver<Happening>,
        ended: CancellationToken,
        stop: CancellationToken,
    ) {
        let work = self.work(hears, orders, happenings, ended);
        if let Some(Err(error)) = stop.run_until_cancelled(work).await {
            self.tell(LegEvent::Broken(error));
        }
        self.connection.close().await;
    }

    async fn work(
        &mut self,
        mut hears: mpsc::Receiver<Signal>,
        mut orders: mpsc::Receiver<Order>,
        mut happenings: mpsc::Receiver<Happening>,
        ended: CancellationToken,
    ) -> Result<(), LegError> {
        self.offer().await?;
        let mut looks = tokio::time::interval(LOOK_EVERY);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let inlet = self.inlet.clone();
        loop {
            tokio::select! {
                () = ended.cancelled() => {
                    return Err(LegError { step: "drive a connection", cause: "its task ended".to_owned() });
                }
                () = inlet.first(), if self.counted == 0 => self.media(),
                Some(signal) = hears.recv() => self.hear(signal).await?,
                Some(order) = orders.recv() => self.obey(order).await?,
                Some(happening) = happenings.recv() => self.notice(happening).await?,
                _ = looks.tick() => self.look().await?,
            }
        }
    }

    /// Offer, and say how we are reached.
    async fn offer(&mut self) -> Result<(), LegError> {
        let offer = self.connection.offer().await?;
        (self.offering, self.number, self.offered_at) = (true, None, Instant::now());
        let sdp = Sdp::parse(&offer).map_err(failed("describe our side"))?;
        self.tell(LegEvent::Say(Signal::Offer { sdp, negotiation: None }));
        // All of them stand in the description; but not every client connects by TCP to what it finds there.
        for line in offer.lines().filter_map(|line| line.strip_prefix("a=")) {
            let fresh = line.starts_with("candidate:") && sdp::is_tcp(line);
            if let (true, Ok(candidate)) = (fresh, CandidateLine::parse(line)) {
                let candidate = IceCandidate {
                    candidate,
                    sdp_mid: None,
                    sdp_m_line_index: Some(0),
                    username_fragment: None,
                };
                self.tell(LegEvent::Say(Signal::Candidate(Some(candidate))));
            }
            // The media sections share one transport, so the first stands for all.
            if line == "end-of-candidates" {
                break;
            }
        }
        Ok(())
    }

    async fn offer_anew(&mut self) -> Result<(), LegError> {
        if self.offering {
            self.connection.roll_back().await?;
            self.offering = false;
        }
        if self.described {
            self.connection.restart_ice().await?;
        }
        self.offer().await
    }

    async fn obey(&mut self, order: Order) -> Result<(), LegError> {
        match order {
            Order::Numbered(number) => {
                self.number = Some(number);
                Ok(())
            }
            Order::RestartIce => self.offer_anew().await,
            Order::KeyFrame { track, ssrc } => {
                if let Err(error) = self.connection.ask_key_frame(track, ssrc).await {
                    tracing::debug!(%error, "no key frame could be asked for");
                }
                Ok(())
            }
        }
    }

    /// What a peer says wrongly ends nothing but its own saying.
    async fn hear(&mut self, signal: Signal) -> Result<(), LegError> {
        match signal {
            // The peer is the polite one: it takes this back and answers ours.
            Signal::Offer { .. } if self.offering => {}
            Signal::Offer { sdp, negotiation } => match self.connection.answer(&sdp.text()).await {
                Ok(answer) => {
                    self.described().await;
                    let sdp = Sdp::parse(&answer).map_err(failed("describe our side"))?;
                    let answer = Signal::Answer { sdp, negotiation: negotiation.unwrap_or_default() };
                    self.tell(LegEvent::Say(answer));
                }
                Err(error) => tracing::debug!(%error, "a peer's offer cannot be answered"),
            },
            // An answer to an offer that was made anew meanwhile.
            Signal::Answer { negotiation, .. } if self.number.is_some_and(|number| number != negotiation) => {
            }
            Signal::Answer { .. } if !self.offering => {}
            Signal::Answer { sdp, .. } => match self.connection.take_answer(&sdp.text()).await {
                Ok(()) => {
                    self.offering = false;
                    self.described().await;
                }
                Err(error) => tracing::debug!(%error, "a peer's answer cannot be taken"),
            },
            Signal::Candidate(None) => {}
            Signal::Candidate(Some(candidate)) if self.described => self.try_candidate(candidate).await,
            Signal::Candidate(Some(candidate)) => {
                if self.early.len() < MAX_CANDIDATES {
                    self.early.push(candidate);
                }
            }
        }
        Ok(())
    }

    async fn described(&mut self) {
        self.described = true;
        for candidate in std::mem::take(&mut self.early) {
            self.try_candidate(candidate).await;
        }
    }

    /// One way that does not work is no reason to give up: others may.
    async fn try_candidate(&mut self, candidate: IceCandidate) {
        if let Err(error) = self.connection.add_candidate(candidate).await {
            tracing::debug!(%error, "a candidate of a peer cannot be used");
        }
    }

    async fn notice(&mut self, happening: Happening) -> Result<(), LegError> {
        match happening {
            // Connected is only what brings media.
            Happening::Through => Ok(()),
            Happening::Failed => {
                self.stand(LegState::Silent);
                self.offer_anew().await
            }
        }
    }

    /// A packet has come.
    fn media(&mut self) {
        self.counted = self.inlet.taken().packets;
        self.heard_at = Instant::now();
        self.patience = self.options.media_patience;
        if self.state != LegState::Connected {
            // It was encrypted, so both sides have their keys.
            self.place.settle();
            self.stand(LegState::Connected);
        }
    }

    /// Look whether media comes.
    async fn look(&mut self) -> Result<(), LegError> {
        if self.inlet.taken().packets != self.counted {
            self.media();
            return Ok(());
        }
        match self.state {
            LegState::Connected if self.heard_at.elapsed() >= self.options.silence => {
                self.stand(LegState::Silent);
                Ok(())
            }
            LegState::Connecting if self.offered_at.elapsed() >= self.patience => {
                self.tell(LegEvent::NoMedia { after: self.patience });
                self.patience = self.patience.saturating_mul(2).min(MAX_PATIENCE);
                self.offer_anew().await
            }
            LegState::Connecting | LegState::Connected | LegState::Silent | LegState::Closed => Ok(()),
        }
    }

    fn stand(&mut self, state: LegState) {
        if self.state != state {
            self.state = state;
            self.tell(LegEvent::State(state));
        }
    }

    fn tell(&self, event: LegEvent) {
        if self.tell.try_send(event).is_err() {
            tracing::debug!("a leg's owner does not hear it");
        }
    }
}
