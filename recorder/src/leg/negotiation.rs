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
    LegEnd, LegError, LegEvent, LegOptions, Signal,
    connection::{Connection, Happening, failed},
    port::Place,
    pump::Inlet,
    sdp::{self, MAX_CANDIDATES},
};

/// How often it is looked whether media comes.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// After an alert, no packet for so long means that the peer has closed its side.
const GOODBYE: Duration = Duration::from_secs(1);

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
    /// No media came since the last offer.
    pub(super) awaiting: bool,
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
        if let Some(Err(end)) = stop.run_until_cancelled(work).await {
            self.tell(LegEvent::Over(end));
        }
        self.connection.close().await;
    }

    async fn work(
        &mut self,
        mut hears: mpsc::Receiver<Signal>,
        mut orders: mpsc::Receiver<Order>,
        mut happenings: mpsc::Receiver<Happening>,
        ended: CancellationToken,
    ) -> Result<(), LegEnd> {
        self.offer().await?;
        let mut looks = tokio::time::interval(LOOK_EVERY);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let inlet = self.inlet.clone();
        loop {
            tokio::select! {
                () = ended.cancelled() => {
                    let cause = "its task ended".to_owned();
                    return Err(LegError { step: "drive a connection", cause }.into());
                }
                () = inlet.first(), if self.counted == 0 => self.media(),
                Some(signal) = hears.recv() => self.hear(signal).await?,
                Some(order) = orders.recv() => self.obey(order).await?,
                Some(happening) = happenings.recv() => self.notice(happening).await?,
                _ = looks.tick() => self.look()?,
            }
        }
    }

    /// Offer, and say how we are reached.
    async fn offer(&mut self) -> Result<(), LegError> {
        let offer = self.connection.offer().await?;
        (self.offering, self.number) = (true, None);
        (self.awaiting, self.offered_at) = (true, Instant::now());
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

    async fn notice(&mut self, happening: Happening) -> Result<(), LegEnd> {
        match happening {
            Happening::Failed => {
                self.stand(LegState::Silent);
                Ok(self.offer_anew().await?)
            }
            Happening::Closed => Err(LegEnd::PeerClosed),
        }
    }

    /// A packet has come.
    fn media(&mut self) {
        self.counted = self.inlet.taken().packets;
        self.heard_at = Instant::now();
        self.awaiting = false;
        if self.state != LegState::Connected {
            // It was encrypted, so both sides have their keys.
            self.place.settle();
            self.stand(LegState::Connected);
        }
    }

    /// Look whether media comes.
    fn look(&mut self) -> Result<(), LegEnd> {
        if self.inlet.taken().packets != self.counted {
            self.media();
            return Ok(());
        }
        // The crate tells nobody of a peer's good-bye. An alert that is none is followed by more media.
        if self.heard_at.elapsed() >= GOODBYE && self.place.is_alerted() {
            return Err(LegEnd::PeerClosed);
        }
        match self.state {
            LegState::Connected if self.heard_at.elapsed() >= self.options.silence => {
                self.stand(LegState::Silent);
                Ok(())
            }
            LegState::Connecting | LegState::Silent
                if self.awaiting && self.offered_at.elapsed() >= self.options.media_patience =>
            {
                Err(LegEnd::NoMedia)
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
