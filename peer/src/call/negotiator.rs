//! The negotiation of one leg.
//!
//! Perfect negotiation (W3C WebRTC section 10.7): each side may offer when it wants to; where two offers
//! cross, the polite side takes its own back. One task does everything in turn, so no step can be
//! interrupted by another.

use std::time::Duration;

use bedside_protocol::sdp::{IceCandidate, Sdp};
use tokio::{
    sync::{mpsc, watch},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

use super::{
    CallError, RtcError,
    leg::{Order, Progress, Signal, State},
    rtc::{Connection, Happening},
    sending::Sending,
};

/// What is done with a candidate of the other side.
enum Candidates {
    /// It is kept: nothing can be tried before the other side's description is known.
    Early(Vec<IceCandidate>),
    /// It is tried.
    Tried,
}

/// Does what perfect negotiation wants, one thing after the other.
pub(super) struct Negotiator {
    connection: Connection,
    polite: bool,
    /// Our offer is out and not answered.
    offering: bool,
    /// The other's last offer was ignored, so its candidates may not fit.
    refusing: bool,
    candidates: Candidates,
    /// What to send, until it is being sent.
    sending: Option<Sending>,
    began: Instant,
    signals: mpsc::Sender<Signal>,
    tell: watch::Sender<(State, Progress)>,
}

impl Negotiator {
    pub(super) fn new(
        connection: Connection,
        polite: bool,
        sending: Sending,
        signals: mpsc::Sender<Signal>,
        tell: watch::Sender<(State, Progress)>,
    ) -> Self {
        Self {
            connection,
            polite,
            offering: false,
            refusing: false,
            candidates: Candidates::Early(Vec::new()),
            sending: Some(sending),
            began: Instant::now(),
            signals,
            tell,
        }
    }

    /// Negotiate until `stop` or the owner is gone, then close the connection.
    pub(super) async fn run(
        mut self,
        mut hears: mpsc::Receiver<Signal>,
        mut orders: mpsc::Receiver<Order>,
        mut happenings: mpsc::Receiver<Happening>,
        stop: CancellationToken,
    ) {
        loop {
            let done = tokio::select! {
                () = stop.cancelled() => break,
                Some(order) = orders.recv() => self.obey(order).await,
                Some(signal) = hears.recv() => self.hear(signal).await,
                Some(happening) = happenings.recv() => self.notice(happening).await,
                else => break,
            };
            if let Err(error) = done {
                self.tell.send_modify(|(state, _)| *state = State::Broken(error.into()));
            }
        }
        self.connection.close().await;
    }

    async fn obey(&mut self, order: Order) -> Result<(), RtcError> {
        if matches!(order, Order::RestartIce) {
            self.connection.restart_ice().await?;
        }
        let sdp = self.connection.offer().await?;
        self.offering = true;
        self.progress(|progress| &mut progress.offered);
        self.say(sdp, |sdp| Signal::Offer { sdp, negotiation: None }).await
    }

    async fn hear(&mut self, signal: Signal) -> Result<(), RtcError> {
        match signal {
            Signal::Offer { .. } if self.offering && !self.polite => {
                self.refusing = true;
                Ok(())
            }
            Signal::Offer { sdp, negotiation } => {
                self.refusing = false;
                if self.offering {
                    self.connection.roll_back().await?;
                    self.offering = false;
                }
                self.progress(|progress| &mut progress.offered);
                let answer = self.connection.answer(&sdp.text()).await?;
                self.described().await;
                self.progress(|progress| &mut progress.answered);
                self.say(answer, |sdp| Signal::Answer { sdp, negotiation }).await
            }
            // An answer to an offer that was taken back.
            Signal::Answer { .. } if !self.offering => Ok(()),
            Signal::Answer { sdp, .. } => {
                self.connection.take_answer(&sdp.text()).await?;
                self.offering = false;
                self.described().await;
                self.progress(|progress| &mut progress.answered);
                Ok(())
            }
            Signal::Candidate(None) => Ok(()),
            Signal::Candidate(Some(candidate)) => {
                match &mut self.candidates {
                    Candidates::Early(early) => early.push(candidate),
                    Candidates::Tried => self.try_candidate(candidate).await,
                }
                Ok(())
            }
        }
    }

    async fn described(&mut self) {
        if let Candidates::Early(early) = std::mem::replace(&mut self.candidates, Candidates::Tried) {
            for candidate in early {
                self.try_candidate(candidate).await;
            }
        }
    }

    /// One way that does not work is no reason to give up: others may.
    async fn try_candidate(&mut self, candidate: IceCandidate) {
        if candidate.candidate.as_str().is_empty() {
            return;
        }
        if let Err(error) = self.connection.add_candidate(candidate).await
            && !self.refusing
        {
            tracing::debug!(%error, "a candidate of the other side cannot be used");
        }
    }

    async fn notice(&mut self, happening: Happening) -> Result<(), RtcError> {
        match happening {
            Happening::Candidate(candidate) => self.signal(Signal::Candidate(Some(candidate))).await,
            Happening::NoMoreCandidates => self.signal(Signal::Candidate(None)).await,
            Happening::Connected => {
                self.progress(|progress| &mut progress.connected);
                if let Some(sending) = self.sending.take() {
                    self.connection.send(sending).await?;
                }
                self.tell.send_modify(|(state, _)| *state = State::Connected);
            }
            Happening::Disconnected => tracing::debug!("no packets come from the other side"),
            Happening::Failed => {
                self.tell.send_modify(|(state, _)| *state = State::Broken(CallError::PathLost));
            }
        }
        Ok(())
    }

    async fn say(&self, sdp: String, signal: impl FnOnce(Sdp) -> Signal) -> Result<(), RtcError> {
        let sdp = Sdp::parse(&sdp).map_err(|error| RtcError::new("describe our side", &error))?;
        self.signal(signal(sdp)).await;
        Ok(())
    }

    async fn signal(&self, signal: Signal) {
        if self.signals.send(signal).await.is_err() {
            tracing::debug!("a signal found no way out: the call is being left");
        }
    }

    /// Note the first time that a step was taken.
    fn progress(&self, step: impl FnOnce(&mut Progress) -> &mut Option<Duration>) {
        let now = self.began.elapsed();
        self.tell.send_modify(|(_, progress)| {
            step(progress).get_or_insert(now);
        });
    }
}
