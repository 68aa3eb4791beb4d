//! Signals between peers of a call: checked once, numbered, passed on. Nothing of it is stored.

use std::{net::IpAddr, sync::Arc};

use bedside_protocol::{
    Code, Refusal,
    consultation::IcePolicy,
    ids::{PeerId, RoomId},
    sdp::IceCandidate,
    session::Role,
    table::Done,
    webrtc::{
        Negotiated, WebrtcAnswer, WebrtcAnswerHeard, WebrtcIceCandidate, WebrtcIceCandidateHeard,
        WebrtcOffer, WebrtcOfferHeard, WebrtcStats,
    },
};
use bedside_recorder::leg::is_nobodys;

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
        let (way, negotiation) = self
            .between(session, &room_id, to.as_ref(), |state, way| {
                Ok(state.negotiations.offer(&way.from, &way.to, now_ms))
            })
            .await?;
        let sdp = if way.relayed { sdp.0.only_relayed() } else { sdp.0 };
        way.addressee.tell(&Encoded::new(&WebrtcOfferHeard { room_id, from: way.from, sdp, negotiation }));
        Ok(Negotiated { negotiation })
    }

    /// Pass an answer on, if the offer that it answers is still the newest.
    pub async fn answer(&self, session: &Arc<Session>, ask: WebrtcAnswer) -> Result<Negotiated> {
        let WebrtcAnswer { room_id, to, sdp, negotiation } = ask;
        self.check_sdp(&sdp.0)?;
        let now_ms = self.now_ms();
        let (way, negotiation) = self
            .between(session, &room_id, to.as_ref(), |state, way| {
                Ok(state.negotiations.answer(&way.from, &way.to, negotiation, now_ms)?)
            })
            .await?;
        let sdp = if way.relayed { sdp.0.only_relayed() } else { sdp.0 };
        way.addressee.tell(&Encoded::new(&WebrtcAnswerHeard { room_id, from: way.from, sdp, negotiation }));
        Ok(Negotiated { negotiation })
    }

    /// Pass a candidate on. Where only relayed ones are let through, others are dropped in silence: the
    /// browser that found them can do nothing about it.
    pub async fn candidate(&self, session: &Arc<Session>, ask: WebrtcIceCandidate) -> Result<Done> {
        let WebrtcIceCandidate { room_id, to, candidate, negotiation } = ask;
        candidate.as_ref().map_or(Ok(()), |candidate| self.check_candidate(candidate))?;
        let limit = self.limits.candidates_per_negotiation;
        let (way, ()) = self
            .between(session, &room_id, to.as_ref(), |state, way| {
                candidate.as_ref().map_or(Ok(()), |candidate| way.takes_candidate(candidate))?;
                Ok(state.negotiations.candidate(&way.from, &way.to, negotiation, limit)?)
            })
            .await?;
        if way.relayed && candidate.as_ref().is_some_and(|candidate| !candidate.is_relayed()) {
            return Ok(Done {});
        }
        let heard = WebrtcIceCandidateHeard { room_id, from: way.from, candidate, negotiation };
        way.addressee.tell(&Encoded::new(&heard));
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

    /// Find the way of a signal and number it, in one look at the room.
    async fn between<T>(
        &self,
        session: &Arc<Session>,
        room_id: &RoomId,
        to: Option<&PeerId>,
        number: impl FnOnce(&mut RoomState, &Way) -> Result<T>,
    ) -> Result<(Way, T)> {
        let recorder = session.actor.role == Role::Recorder;
        let room = if recorder {
            self.hub.room(room_id).ok_or(Code::NotFound)?
        } else {
            self.room_for(&session.actor, room_id).await?
        };
        let mut state = room.lock();
        let way =
            if recorder { from_recorder(&state, session, to)? } else { of_person(&state, session, to)? };
        let numbered = number(&mut state, &way)?;
        metrics::counter!("bedside_signals_total").increment(1);
        Ok::<_, Error>((way, numbered))
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.clock.now().timestamp_millis()).unwrap_or(0)
    }
}

/// From whom a signal goes to whom.
struct Way {
    from: PeerId,
    to: PeerId,
    addressee: Arc<Session>,
    /// Whether only relayed candidates may pass.
    relayed: bool,
    /// Where the addressee is reached, if it is a recorder: it is told no address that is nobody's.
    recorder: Option<Arc<[IpAddr]>>,
}

impl Way {
    /// Refuse a candidate that a recorder would look for in vain. Descriptions pass with all of theirs: one useless address
    /// among others is no reason to lose the leg.
    fn takes_candidate(&self, candidate: &IceCandidate) -> Result<()> {
        let (Some(own), Some(address)) = (&self.recorder, candidate.address()) else { return Ok(()) };
        if !is_nobodys(address, own) {
            return Ok(());
        }
        let message = "a recorder looks for nobody at such an address";
        let field = Some("candidate.candidate".into());
        Err(Refusal { field, ..Refusal::new(Code::InvalidCandidate, message) }.into())
    }
}

/// The way of somebody in the call to somebody else in it, or to the recorder if that records them.
fn of_person(state: &RoomState, session: &Session, to: Option<&PeerId>) -> Result<Way> {
    let part = Part::of(&session.actor, &state.visit)?;
    part.may_signal()?;
    part::open(&state.visit)?;
    if state.seat(session).is_none() {
        return Err(Code::NotJoined.into());
    }
    let (from, relayed) = (session.peer_id.clone(), state.visit.ice_policy == IcePolicy::Relay);
    if let Some(desk) = state.desk().filter(|desk| Some(&desk.peer_id) == to) {
        if !desk.recorded.contains(&from) {
            return Err(Refusal::new(Code::ConsentRequired, "you are not being recorded").into());
        }
        let (addressee, recorder) = (Arc::clone(&desk.session), Some(Arc::clone(&desk.addresses)));
        return Ok(Way { from, to: desk.peer_id.clone(), addressee, relayed, recorder });
    }
    match state.addressee(session, to) {
        Ok(seat) => {
            let addressee = Arc::clone(&seat.session);
            Ok(Way { from, to: addressee.peer_id.clone(), addressee, relayed, recorder: None })
        }
        Err(Code::Malformed) => Err(Refusal::malformed("to", "name another peer of this call").into()),
        Err(code) => Err(code.into()),
    }
}

/// The way of the recorder in this call to somebody whom it records. Its address is the server's own, so that it is no
/// secret of either side's.
fn from_recorder(state: &RoomState, session: &Session, to: Option<&PeerId>) -> Result<Way> {
    let desk = state.desk().filter(|desk| desk.session.id == session.id).ok_or(Code::NotFound)?;
    let Some(to) = to else { return Err(Refusal::malformed("to", "a recorder names whom it means").into()) };
    let seat = state.call.iter().find(|seat| seat.session.peer_id == *to).ok_or(Code::NotFound)?;
    if !desk.recorded.contains(to) {
        return Err(Code::ConsentRequired.into());
    }
    let addressee = Arc::clone(&seat.session);
    Ok(Way { from: desk.peer_id.clone(), to: to.clone(), addressee, relayed: false, recorder: None })
}
