//! Sessions: arriving, being lost and coming back, leaving.

use std::sync::Arc;

use bedside_protocol::{
    Code, Refusal,
    ids::{InstanceId, PeerId, ResumeId},
    session::{Authenticated, Refreshed, Role, SessionReady},
    webrtc::{LeaveReason, WebrtcPeerAway, WebrtcPeerBack},
};
use chrono::{DateTime, Utc};

use crate::{
    auth::Identity,
    domain::Clinic,
    error::{Error, Result},
    hub::{Encoded, Keep, Link, Offset, Room, Session, presence::TooMany, session::NewSession},
    model::{actor::Actor, closing},
    store::{Seen, StoreError},
};

/// Why somebody cannot have a session.
#[derive(Debug)]
pub enum NotToday {
    /// Refused: the server is full or going down, or the database is away.
    Refused(Refusal),
    /// They have too many.
    TooMany,
}

impl From<Error> for NotToday {
    fn from(error: Error) -> Self {
        Self::Refused(error.into_refusal())
    }
}

/// Who comes, and where they left off.
pub struct Arrival {
    /// Whose token was verified.
    pub identity: Identity,
    /// The page or app.
    pub instance_id: Option<InstanceId>,
    /// The session to come back to, with the last event that was heard.
    pub resume: Option<(ResumeId, Offset)>,
}

/// A session with its connection.
pub struct Seated {
    /// The session.
    pub session: Arc<Session>,
    /// Names the connection when it is lost.
    pub generation: u64,
}

impl Clinic {
    /// Who shows this token. One that came from a login is good as long as the login.
    pub async fn identify(&self, token: &str) -> std::result::Result<Identity, Refusal> {
        let now = self.clock.now();
        self.still_logged_in(self.verifier.verify(token, now)?).await
    }

    /// Somebody as they were once, if they may be so still: a login may have ended since.
    pub(super) async fn still_logged_in(&self, identity: Identity) -> std::result::Result<Identity, Refusal> {
        let now = self.clock.now();
        let Some(login) = &identity.login else { return Ok(identity) };
        match self.store.login_goes_on(login, now).await {
            // An established call needs its people back without the database, too; the token is a short one.
            Ok(true) | Err(StoreError::Unavailable) => Ok(identity),
            Ok(false) => Err(Refusal::new(Code::TokenInvalid, "the login has ended")),
            Err(error) => Err(Error::from(error).into_refusal()),
        }
    }

    /// Come back to a session, if it is there, is yours, and still keeps all that you missed. `link` makes
    /// the connection out of what it is to replay.
    pub fn resume(
        &self,
        arrival: &Arrival,
        link: impl FnOnce(Vec<(Offset, Encoded)>, &Arc<Session>) -> Arc<dyn Link>,
    ) -> Option<Seated> {
        let (id, offset) = arrival.resume.as_ref()?;
        let identity = &arrival.identity;
        let theirs = |session: &Arc<Session>| {
            let actor = &session.actor;
            // A session never does more than the token that it was resumed with.
            (&actor.user_id, actor.role, &actor.scope)
                == (&identity.user_id, identity.role, &identity.consultation)
        };
        let alive = |session: &Arc<Session>| !session.is_ended() && !session.is_dismissed();
        let session = self.hub.resumable(id).filter(|session| alive(session) && theirs(session))?;
        let generation = session.resume(*offset, |missed| link(missed, &session))?;
        session.extend(identity.login.clone(), identity.expires_at.timestamp_millis());
        self.is_back(&session);
        session.tell(&Encoded::new(&self.ready(&session, true)));
        metrics::counter!("bedside_sessions_resumed_total").increment(1);
        Some(Seated { session, generation })
    }

    /// Begin a session. Another one of the same person and page gives up its place in calls to it.
    pub async fn arrive(&self, arrival: Arrival) -> std::result::Result<Arc<Session>, NotToday> {
        let Arrival { identity, instance_id, .. } = arrival;
        self.takes_newcomers().map_err(NotToday::Refused)?;
        let expires_at_ms = identity.expires_at.timestamp_millis();
        let login = identity.login.clone();
        let actor = Actor::from(identity);
        let theirs = self.hub.presence.sessions_of(&actor.user_id);
        let same_page = |session: &&Arc<Session>| {
            instance_id.is_some() && session.instance_id == instance_id && !session.is_ended()
        };
        let old = theirs.iter().find(same_page).map(Arc::clone);
        // Who comes back takes no more room than before.
        if old.is_none() && self.hub.session_count() as u64 >= self.limits.sessions_per_node {
            return Err(NotToday::Refused(Refusal::from(Code::Overloaded).retry_after_ms(5_000)));
        }
        let is_somebody = actor.role != Role::Recorder;
        if is_somebody {
            self.note_seen(&actor).await?;
        }
        let peer_id = match &instance_id {
            Some(instance) => self.key.peer_id(&actor.user_id, instance),
            None => PeerId::new(),
        };
        let session = Session::new(NewSession {
            actor,
            instance_id,
            peer_id,
            login,
            expires_at_ms,
            keep: Keep {
                ms: self.socket.resume_window_ms,
                bytes: usize::try_from(self.limits.replay_bytes).unwrap_or(usize::MAX),
            },
            clock: self.clock.clone(),
        });
        let most = self.limits.sessions_per_user;
        if is_somebody {
            self.hub.presence.arrive(&session, old.as_deref(), most).map_err(|TooMany| NotToday::TooMany)?;
        }
        self.hub.add(&session);
        if let Some(old) = old {
            self.replace(&old, &session);
        }
        metrics::counter!("bedside_sessions_started_total").increment(1);
        Ok(session)
    }

    async fn note_seen(&self, actor: &Actor) -> std::result::Result<(), NotToday> {
        let Actor { user_id, name, role, .. } = actor.clone();
        match self.store.seen(Seen { id: user_id, name, role, at: self.clock.now() }).await {
            // An established call needs its people back, with the database or without it.
            Ok(()) | Err(StoreError::Unavailable) => Ok(()),
            Err(error) => Err(Error::from(error).into()),
        }
    }

    /// Say what the session is and what it may do, and to a doctor who waits: its first events.
    pub fn greet(&self, session: &Arc<Session>) {
        session.tell(&Encoded::new(&self.ready(session, false)));
        self.tell_who_waits(session);
    }

    fn ready(&self, session: &Session, resumed: bool) -> SessionReady {
        SessionReady {
            session_id: session.id.clone(),
            user: session.actor.user(),
            server_time: self.now(),
            resumed,
            heartbeat_ms: self.socket.heartbeat_ms,
            resume_window_ms: self.socket.resume_window_ms,
            limits: self.announced_limits(),
            features: self.features(),
            resume_id: Some(session.resume_id.clone()),
        }
    }

    /// What this server can do, by the prefixes of its events.
    fn features(&self) -> Vec<String> {
        let recording = self.recording.enabled.then_some("recording");
        let assistants = self.assistants.any().then_some("assistant");
        let always = ["chat", "webrtc", "consultation", "presence"];
        always.into_iter().chain(recording).chain(assistants).map(str::to_owned).collect()
    }

    fn announced_limits(&self) -> bedside_protocol::session::Limits {
        let size = |value: u64| usize::try_from(value).unwrap_or(usize::MAX);
        bedside_protocol::session::Limits {
            max_payload: size(self.socket.max_payload_bytes),
            chat_characters: size(self.limits.chat_characters),
            sdp_bytes: size(self.limits.sdp_bytes),
            candidate_bytes: size(self.limits.candidate_bytes),
            rooms_per_session: size(self.limits.rooms_per_session),
            peers_per_call: size(self.limits.peers_per_call),
            page_events: size(self.limits.page_events),
        }
    }

    /// What answers `session:authenticate`.
    pub fn authenticated(session: &Session) -> Authenticated {
        Authenticated { session_id: session.id.clone() }
    }

    /// A newer token of the same person.
    pub fn refresh(&self, session: &Session, identity: &Identity) -> Result<Refreshed> {
        if identity.user_id != session.actor.user_id || identity.consultation != session.actor.scope {
            return Err(Refusal::new(Code::TokenInvalid, "the token is somebody else's").into());
        }
        if identity.role != session.actor.role {
            return Err(Refusal::new(Code::TokenInvalid, "the role has changed: connect again").into());
        }
        session.extend(identity.login.clone(), identity.expires_at.timestamp_millis());
        Ok(Refreshed { expires_at: identity.expires_at.into() })
    }

    /// A connection is gone. Its session waits for the client to come back; calls go on.
    pub fn lost(&self, session: &Arc<Session>, generation: u64) {
        if session.is_ended() || !session.detach(generation) {
            return;
        }
        if session.is_dismissed() {
            return self.finish(session, LeaveReason::Removed);
        }
        // A recorder without a connection hears of nobody's change of mind: another one takes over at once.
        if self.socket.resume_window_ms == 0 || session.actor.role == Role::Recorder {
            return self.finish(session, LeaveReason::TimedOut);
        }
        for (room, peer_id) in self.seats(session, true) {
            let away = WebrtcPeerAway { room_id: room.id.clone(), peer_id };
            room.lock().tell_call(&Encoded::new(&away), Some(session));
        }
    }

    fn is_back(&self, session: &Arc<Session>) {
        for (room, peer_id) in self.seats(session, false) {
            let back = WebrtcPeerBack { room_id: room.id.clone(), peer_id };
            let state = room.lock();
            state.tell_call(&Encoded::new(&back), Some(session));
            // Perhaps they were asked on a page that is gone.
            self.ask_if_missing(&state, &session.actor.user_id);
        }
    }

    /// Mark the session's seats, and give those that were not marked so before.
    fn seats(&self, session: &Session, away: bool) -> Vec<(Arc<Room>, PeerId)> {
        let rooms = session.rooms().into_iter().filter_map(|id| self.hub.room(&id));
        let mark = |room: Arc<Room>| {
            let mut state = room.lock();
            let seat = state.seat_mut(session).filter(|seat| seat.away != away)?;
            seat.away = away;
            drop(state);
            Some((room, session.peer_id.clone()))
        };
        rooms.filter_map(mark).collect()
    }

    /// A session is over: it leaves everything that it was in. Once.
    pub fn finish(&self, session: &Arc<Session>, reason: LeaveReason) {
        if !session.end() {
            return;
        }
        for id in session.rooms() {
            if let Some(room) = self.hub.room(&id) {
                self.leave_call(&room, session, reason);
                self.leave_chat(&room, session);
                self.stop_waiting(&room, session);
                self.recorder_lost(&room, session);
            } else if let Some(dialogue) = self.hub.dialogue(&id) {
                Self::leave_dialogue(&dialogue, session);
            }
        }
        self.hub.recorders.leave(session);
        self.hub.presence.leave(session, self.now());
        self.hub.remove(session);
        metrics::counter!("bedside_sessions_ended_total").increment(1);
    }

    /// The same page has connected anew: its new session takes the old one's seats in calls and queues.
    fn replace(&self, old: &Arc<Session>, new: &Arc<Session>) {
        for id in old.rooms() {
            let Some(room) = self.hub.room(&id) else { continue };
            let mut state = room.lock();
            let mut taken = false;
            if let Some(seat) = state.seat_mut(old) {
                seat.session = Arc::clone(new);
                seat.away = false;
                self.hub.presence.enter_call(&new.actor.user_id);
                self.hub.presence.leave_call(&old.actor.user_id);
                let back = WebrtcPeerBack { room_id: id.clone(), peer_id: new.peer_id.clone() };
                state.tell_call(&Encoded::new(&back), Some(new));
                self.redirect(&mut state);
                self.ask_if_missing(&state, &new.actor.user_id);
                taken = true;
            }
            if let Some(waiting) = state.waiting.iter_mut().find(|waiting| waiting.session.id == old.id) {
                waiting.session = Arc::clone(new);
                taken = true;
            }
            drop(state);
            if taken {
                new.remember(&id, usize::MAX);
            }
        }
        old.close(&closing::replaced());
        self.finish(old, LeaveReason::Left);
    }

    /// When a token ends, as a time.
    pub fn expiry(session: &Session) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(session.expires_at_ms()).unwrap_or_default()
    }
}
