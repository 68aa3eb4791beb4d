//! Signals between peers of a call: checked once, numbered, passed on. Nothing of it is stored.

use std::sync::Arc;

use bedside_protocol::{
    Code, Refusal,
    consultation::IcePolicy,
    ids::{PeerId, RoomId},
    table::Done,
    webrtc::{
        Negotiated, WebrtcAnswer, WebrtcAnswerHeard, WebrtcIceCandidate, WebrtcIceCandidateHeard,
        WebrtcOffer, WebrtcOfferHeard, WebrtcStats,
    },
};

use crate::{
    domain::Clinic,
    error::{Error, Result},
    hub::{Encoded, RoomState, Session},
    model::part::{self, Part},
};

impl Clinic {
    /// Pass an offer on, with a number.
    pub async fn offer(&self, session: &Arc<Session>, ask: WebrtcOffer) -> Result<Negotiated> {
        let WebrtcOffer { room_id, to, sdp, .. } = ask;
        self.check_sdp(&sdp.0)?;
        let now_ms = self.now_ms();
        let (addressee, negotiation, relayed) = self
            .between(session, &room_id, to.as_ref(), |state, to| {
                Ok(state.negotiations.offer(&session.peer_id, to, now_ms))
            })
            .await?;
        let sdp = if relayed { sdp.0.only_relayed() } else { sdp.0 };
        addressee.tell(&Encoded::new(&WebrtcOfferHeard {
            room_id,
            from: session.peer_id.clone(),
            sdp,
            negotiation,
        }));
        Ok(Negotiated { negotiation })
    }

    /// Pass an answer on, if the offer that it answers is still the newest.
    pub async fn answer(&self, session: &Arc<Session>, ask: WebrtcAnswer) -> Result<Negotiated> {
        let WebrtcAnswer { room_id, to, sdp, negotiation } = ask;
        self.check_sdp(&sdp.0)?;
        let now_ms = self.now_ms();
        let (addressee, negotiation, relayed) = self
            .between(session, &room_id, to.as_ref(), |state, to| {
                Ok(state.negotiations.answer(&session.peer_id, to, negotiation, now_ms)?)
            })
            .await?;
        let sdp = if relayed { sdp.0.only_relayed() } else { sdp.0 };
        addressee.tell(&Encoded::new(&WebrtcAnswerHeard {
            room_id,
            from: session.peer_id.clone(),
            sdp,
            negotiation,
        }));
        Ok(Negotiated { negotiation })
    }

    /// Pass a candidate on. Where only relayed ones are let through, others are dropped in silence: the
    /// browser that found them can do nothing about it.
    pub async fn candidate(&self, session: &Arc<Session>, ask: WebrtcIceCandidate) -> Result<Done> {
        let WebrtcIceCandidate { room_id, to, candidate, negotiation } = ask;
        candidate.as_ref().map_or(Ok(()), |candidate| self.check_candidate(candidate))?;
        let (addressee, (), relayed) = self
            .between(session, &room_id, to.as_ref(), |state, to| {
                let limit = self.limits.candidates_per_negotiation;
                Ok(state.negotiations.candidate(&session.peer_id, to, negotiation, limit)?)
            })
            .await?;
        if relayed && candidate.as_ref().is_some_and(|candidate| !candidate.is_relayed()) {
            return Ok(Done {});
        }
        addressee.tell(&Encoded::new(&WebrtcIceCandidateHeard {
            room_id,
            from: session.peer_id.clone(),
            candidate,
            negotiation,
        }));
        Ok(Done {})
    }

    /// Take note of how a call is. Figures only; they go into the metrics.
    pub async fn stats(&self, session: &Arc<Session>, ask: WebrtcStats) -> Result<Done> {
        self.in_call(session, &ask.room_id).await?;
        let figures = [
            ("bedside_call_rtt_ms", ask.rtt_ms),
            ("bedside_call_jitter_ms", ask.jitter_ms),
            ("bedside_call_loss_percent", ask.loss_percent),
            ("bedside_call_bitrate_kbps", ask.bitrate_kbps),
        ];
        for (name, value) in figures {
            if let Some(value) = value.filter(|value| value.is_finite() && *value >= 0.0) {
                metrics::histogram!(name).record(value);
            }
        }
        Ok(Done {})
    }

    /// Find the addressee of a signal and number it, in one look at the room. Says too whether only
    /// relayed candidates may pass.
    async fn between<T>(
        &self,
        session: &Arc<Session>,
        room_id: &RoomId,
        to: Option<&PeerId>,
        number: impl FnOnce(&mut RoomState, &PeerId) -> Result<T>,
    ) -> Result<(Arc<Session>, T, bool)> {
        let room = self.room_for(&session.actor, room_id).await?;
        let mut state = room.lock();
        let part = Part::of(&session.actor, &state.visit)?;
        part.may_signal()?;
        part::open(&state.visit)?;
        if state.seat(session).is_none() {
            return Err(Code::NotJoined.into());
        }
        let addressee = match state.addressee(session, to) {
            Ok(seat) => Arc::clone(&seat.session),
            Err(Code::Malformed) => {
                return Err(Refusal::malformed("to", "name another peer of this call").into());
            }
            Err(code) => return Err(code.into()),
        };
        let numbered = number(&mut state, &addressee.peer_id)?;
        let relayed = state.visit.ice_policy == IcePolicy::Relay;
        metrics::counter!("bedside_signals_total").increment(1);
        Ok::<_, Error>((addressee, numbered, relayed))
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.clock.now().timestamp_millis()).unwrap_or(0)
    }
}
