//! The call: entering and leaving.

use std::sync::Arc;

use bedside_protocol::{
    Code, Refusal,
    consultation::Status,
    ids::RoomId,
    room::Fact,
    session::Role,
    table::Done,
    webrtc::{
        IceServers, LeaveReason, Media, Peer, WebrtcJoinRoom, WebrtcJoined, WebrtcMediaState,
        WebrtcMediaStateHeard, WebrtcPeerJoined, WebrtcPeerLeft,
    },
};

use crate::{
    domain::{Access, Clinic},
    error::Result,
    hub::{Encoded, Room, RoomState, Session, recorder::Desk, room::Seat},
    model::{
        lifecycle::Step,
        part::{self, Door, Part},
    },
    store::Guard,
};

/// Credentials are renewed when this share of their life is over.
const RENEW_PERCENT: u64 = 75;

impl Clinic {
    /// Enter the call, or the waiting room in front of it.
    pub async fn join_call(&self, session: &Arc<Session>, ask: WebrtcJoinRoom) -> Result<WebrtcJoined> {
        self.takes_newcomers()?;
        let access = self.access(&session.actor, &ask.room_id).await?;
        let door = access.part.may_call()?;
        part::open(&access.visit)?;
        self.count_room(session, &ask.room_id)?;
        match door {
            Door::Open => self.take_seat(session, access, ask.media.unwrap_or_default()).await,
            Door::Closed | Door::Denied => self.wait(session, access).await,
        }
    }

    async fn take_seat(&self, session: &Arc<Session>, access: Access, media: Media) -> Result<WebrtcJoined> {
        let Access { room, visit, part } = access;
        let role = match part {
            Part::Doctor => Role::Doctor,
            Part::Patient(_) | Part::FormerPatient(_) => Role::Patient,
            Part::Guest(..) | Part::Staff | Part::Former => Role::Guest,
        };
        let ice = self.ice_servers(session);
        let renew_ice_ms = ice.expires_at.map(|_| self.next_renewal_ms());
        let (peers, starts) = {
            let mut state = room.lock();
            self.seat(&mut state, session, role, media, renew_ice_ms)?;
            self.let_go(&mut state, |waiting| waiting.session.id == session.id);
            state.empty_since_ms = None;
            // Before they hear of anybody: who was not asked is not recorded, and until they have answered nobody is.
            self.redirect(&mut state);
            self.ask_if_missing(&state, &session.actor.user_id);
            let others = state.call.iter().filter(|seat| seat.session.id != session.id);
            let recorder = state.desk().map(Desk::peer);
            let peers: Vec<Peer> = others.map(|seat| seat.peer(session)).chain(recorder).collect();
            (peers, Self::doctor_is_not_alone(&state))
        };
        if starts && matches!(visit.status, Status::Scheduled | Status::Waiting) {
            // The call goes on if the database is away; housekeeping tries again.
            if let Err(error) = self.start(&room, session).await {
                tracing::warn!(room.id = %room.id, %error, "a visit has begun but could not be marked so yet");
            }
        }
        if room.lock().recording.is_some() {
            self.move_recording(&room).await;
        }
        let recording = Self::recording_of(&room.lock());
        Ok(WebrtcJoined::Joined {
            peer_id: session.peer_id.clone(),
            peers,
            ice_servers: ice.ice_servers,
            ice_expires_at: ice.expires_at,
            ice_policy: visit.ice_policy,
            recording,
        })
    }

    /// Put the session in the call. One that comes again keeps its place, and only its media are news.
    fn seat(
        &self,
        state: &mut RoomState,
        session: &Arc<Session>,
        role: Role,
        media: Media,
        renew_ice_ms: Option<u64>,
    ) -> Result<()> {
        let room_id = state.visit.id.clone();
        if let Some(seat) = state.seat_mut(session) {
            let news = seat.media != media;
            seat.media = media;
            seat.renew_ice_ms = renew_ice_ms;
            state.end_leg(&session.peer_id, self.clock.monotonic_ms());
            if news {
                state.tell_call(&Encoded::new(&media_state(room_id, session, media)), Some(session));
            }
            return Ok(());
        }
        // Two sessions with one peer id cannot both be spoken to: the newer takes the place.
        if let Some(twin) = state.call.iter().find(|seat| seat.session.peer_id == session.peer_id) {
            let twin = Arc::clone(&twin.session);
            state.call.retain(|seat| seat.session.id != twin.id);
            self.hub.presence.leave_call(&twin.actor.user_id);
            state.end_leg(&session.peer_id, self.clock.monotonic_ms());
        }
        if state.call.len() as u64 >= self.limits.peers_per_call {
            return Err(Refusal::new(Code::Overloaded, "the call is full").retry_after_ms(5_000).into());
        }
        let seat = Seat { session: Arc::clone(session), role, media, away: false, renew_ice_ms };
        for other in &state.call {
            let joined = WebrtcPeerJoined { room_id: room_id.clone(), peer: seat.peer(&other.session) };
            other.session.tell(&Encoded::new(&joined));
        }
        state.call.push(seat);
        self.hub.presence.enter_call(&session.actor.user_id);
        Ok(())
    }

    fn doctor_is_not_alone(state: &RoomState) -> bool {
        let doctor = |seat: &&Seat| seat.role == Role::Doctor;
        state.call.iter().any(|seat| doctor(&seat)) && state.call.iter().any(|seat| !doctor(&seat))
    }

    /// Doctor and somebody else have met.
    async fn start(&self, room: &Room, by: &Session) -> Result<()> {
        let fact = self.fact(Some(&by.actor), &Fact::Started {})?;
        let act = Self::move_to(Step::Start, None);
        self.change(&room.id, None, Guard::Open, vec![act], vec![fact]).await?;
        metrics::counter!("bedside_visits_started_total").increment(1);
        Ok(())
    }

    /// Mark visits as begun where that failed before.
    pub(crate) async fn start_if_due(&self, room: &Room) {
        let due = {
            let state = room.lock();
            let open = matches!(state.visit.status, Status::Scheduled | Status::Waiting);
            let doctor = state.call.iter().find(|seat| seat.role == Role::Doctor);
            doctor.filter(|_| open && Self::doctor_is_not_alone(&state)).map(|seat| Arc::clone(&seat.session))
        };
        if let Some(session) = due
            && let Err(error) = self.start(room, &session).await
        {
            tracing::debug!(room.id = %room.id, %error, "a visit could not be marked as begun");
        }
    }

    /// Leave the call, and the queue in front of it.
    pub async fn leave_call_of(&self, session: &Arc<Session>, room_id: &RoomId) -> Result<Done> {
        if let Some(room) = self.hub.room(room_id) {
            let was_there = self.leave_call(&room, session, LeaveReason::Left);
            let waited = self.stop_waiting(&room, session);
            if was_there || waited {
                Self::forget_unless_present(&room, session);
                return Ok(Done {});
            }
        }
        // Strangers do not learn whether there is such a room.
        self.access(&session.actor, room_id).await?;
        Err(Code::NotJoined.into())
    }

    /// Take a session out of the call. Says whether it was in it.
    pub(crate) fn leave_call(&self, room: &Room, session: &Session, reason: LeaveReason) -> bool {
        let mut state = room.lock();
        let before = state.call.len();
        state.call.retain(|seat| seat.session.id != session.id);
        if state.call.len() == before {
            return false;
        }
        state.negotiations.forget(&session.peer_id);
        if state.call.is_empty() && state.visit.status == Status::InProgress {
            state.empty_since_ms = Some(self.clock.monotonic_ms());
        }
        let left = WebrtcPeerLeft { room_id: room.id.clone(), peer_id: session.peer_id.clone(), reason };
        state.tell_call(&Encoded::new(&left), None);
        self.redirect(&mut state);
        drop(state);
        self.hub.presence.leave_call(&session.actor.user_id);
        true
    }

    /// Empty the call: the visit is over, or all are sent away.
    pub(crate) fn clear_call(&self, room: &Room, reason: LeaveReason) {
        let (seats, waiting) = {
            let mut state = room.lock();
            state.negotiations = crate::model::negotiation::Negotiations::default();
            state.empty_since_ms = None;
            let seats = std::mem::take(&mut state.call);
            self.redirect(&mut state);
            (seats, self.let_go(&mut state, |_| true))
        };
        for gone in &seats {
            self.hub.presence.leave_call(&gone.session.actor.user_id);
            let left =
                WebrtcPeerLeft { room_id: room.id.clone(), peer_id: gone.session.peer_id.clone(), reason };
            let left = Encoded::new(&left);
            for seat in &seats {
                seat.session.tell(&left);
            }
        }
        for session in seats.iter().map(|seat| &seat.session).chain(&waiting) {
            Self::forget_unless_present(room, session);
        }
    }

    /// Say what one sends.
    pub async fn media_state(&self, session: &Arc<Session>, ask: WebrtcMediaState) -> Result<Done> {
        let WebrtcMediaState { room_id, audio, video, screen } = ask;
        let room = self.in_call(session, &room_id).await?;
        let media = Media { audio, video, screen };
        let mut state = room.lock();
        state.seat_mut(session).ok_or(Code::NotJoined)?.media = media;
        state.tell_call(&Encoded::new(&media_state(room_id, session, media)), Some(session));
        Ok(Done {})
    }

    /// Fresh servers and credentials.
    pub async fn fresh_ice_servers(&self, session: &Arc<Session>, room_id: &RoomId) -> Result<IceServers> {
        let room = self.in_call(session, room_id).await?;
        let renew = self.next_renewal_ms();
        let ice = self.ice_servers(session);
        if let Some(seat) = room.lock().seat_mut(session) {
            seat.renew_ice_ms = ice.expires_at.map(|_| renew);
        }
        Ok(ice)
    }

    /// When credentials that are made now are renewed, in milliseconds of the clock.
    pub(crate) fn next_renewal_ms(&self) -> u64 {
        self.clock.monotonic_ms() + self.turn.ttl_ms() * RENEW_PERCENT / 100
    }

    /// STUN and TURN servers, with credentials of this session's.
    pub(crate) fn ice_servers(&self, session: &Session) -> IceServers {
        self.turn.ice_servers(session.id.as_str(), self.clock.now())
    }

    /// The room of somebody who is in its call.
    pub(crate) async fn in_call(&self, session: &Arc<Session>, room_id: &RoomId) -> Result<Arc<Room>> {
        let access = self.access(&session.actor, room_id).await?;
        access.part.may_signal()?;
        part::open(&access.visit)?;
        if access.room.lock().seat(session).is_none() {
            return Err(Code::NotJoined.into());
        }
        Ok(access.room)
    }
}

fn media_state(room_id: RoomId, session: &Session, media: Media) -> WebrtcMediaStateHeard {
    WebrtcMediaStateHeard {
        room_id,
        peer_id: session.peer_id.clone(),
        audio: media.audio,
        video: media.video,
        screen: media.screen,
    }
}
