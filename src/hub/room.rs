//! One open room: who is in its chat, in its call and in front of its door.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bedside_protocol::{
    Code,
    consultation::Status,
    ids::{PeerId, RoomId, UserId},
    session::Role,
    text::Timestamp,
    webrtc::{Media, Peer},
};

use crate::{
    hub::{
        Encoded, Session,
        recorder::{Desk, Live},
    },
    model::{
        negotiation::Negotiations,
        visit::{Place, Visit},
    },
};

/// A room that somebody is in, or is about to enter.
pub struct Room {
    /// Its id, and its consultation's.
    pub id: RoomId,
    /// Held while the recording moves on, so that it does so one step after the other.
    pub recording_turn: tokio::sync::Mutex<()>,
    state: Mutex<RoomState>,
}

/// What is known of an open room. The visit is a copy of what is stored; seats live here only.
pub struct RoomState {
    /// The consultation, as stored last.
    pub visit: Arc<Visit>,
    /// The newest event of the log.
    pub head: u64,
    /// Sessions in the chat.
    pub chat: Vec<Arc<Session>>,
    /// Sessions in the call.
    pub call: Vec<Seat>,
    /// Sessions in front of the door, in the order that they came.
    pub waiting: Vec<Waiting>,
    /// Who is writing, and when that ends by itself, in milliseconds of the clock.
    pub typing: Vec<(UserId, u64)>,
    /// The numbers of the call's offers.
    pub negotiations: Negotiations,
    /// Since when nobody is in the call of a consultation in progress, in milliseconds of the clock.
    pub empty_since_ms: Option<u64>,
    /// The recording that goes on.
    pub recording: Option<Live>,
}

/// A session in the call.
pub struct Seat {
    /// Whose.
    pub session: Arc<Session>,
    /// Their part in the consultation.
    pub role: Role,
    /// What they send.
    pub media: Media,
    /// Whether their connection is broken.
    pub away: bool,
    /// When their TURN credentials are renewed, in milliseconds of the clock.
    pub renew_ice_ms: Option<u64>,
}

/// A session that waits to be admitted.
pub struct Waiting {
    /// Whose.
    pub session: Arc<Session>,
    /// Since when.
    pub since: Timestamp,
}

impl Room {
    /// Open a room for a visit.
    pub fn new(visit: Visit) -> Self {
        Self {
            id: visit.id.clone(),
            recording_turn: tokio::sync::Mutex::default(),
            state: Mutex::new(RoomState {
                visit: Arc::new(visit),
                head: 0,
                chat: Vec::new(),
                call: Vec::new(),
                waiting: Vec::new(),
                typing: Vec::new(),
                negotiations: Negotiations::default(),
                empty_since_ms: None,
                recording: None,
            }),
        }
    }

    /// Look at it, or change it. Nothing is awaited and nothing can panic while the lock is held.
    pub fn lock(&self) -> MutexGuard<'_, RoomState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The consultation, as stored last.
    pub fn visit(&self) -> Arc<Visit> {
        Arc::clone(&self.lock().visit)
    }

    /// Take what was stored, unless something newer is known.
    pub fn update(&self, mut visit: Visit) -> Arc<Visit> {
        let mut state = self.lock();
        if visit.version >= state.visit.version {
            // Receipts are stored a little later than they are known here.
            for place in &mut visit.places {
                if let Some(known) = state.visit.place(&place.user_id) {
                    place.delivered_seq = place.delivered_seq.max(known.delivered_seq);
                    place.seen_seq = place.seen_seq.max(known.seen_seq);
                }
            }
            state.visit = Arc::new(visit);
        }
        Arc::clone(&state.visit)
    }
}

impl RoomState {
    /// Take note of a row. One that moves the visit on does so here, before anybody is told: who hears of it and asks
    /// shall not hear what was before. The rest of what has changed comes with [`Room::update`].
    pub fn note(&mut self, seq: u64, status: Option<Status>) {
        if seq <= self.head {
            return;
        }
        self.head = seq;
        if let Some(status) = status.filter(|status| *status != self.visit.status) {
            Arc::make_mut(&mut self.visit).status = status;
        }
    }

    /// Nobody is in it in any way, and nothing will happen in it by itself.
    pub fn is_unused(&self) -> bool {
        let empty = self.chat.is_empty() && self.call.is_empty() && self.waiting.is_empty();
        empty && self.visit.status != Status::InProgress && self.recording.is_none()
    }

    /// Whether somebody has a session in the chat or the call.
    pub fn is_online(&self, user: &UserId) -> bool {
        self.chat.iter().chain(self.call.iter().map(|seat| &seat.session)).any(|s| s.actor.user_id == *user)
    }

    /// Whether this session is in the chat.
    pub fn in_chat(&self, session: &Session) -> bool {
        self.chat.iter().any(|member| member.id == session.id)
    }

    /// This session's seat in the call.
    pub fn seat(&self, session: &Session) -> Option<&Seat> {
        self.call.iter().find(|seat| seat.session.id == session.id)
    }

    /// This session's seat in the call.
    pub fn seat_mut(&mut self, session: &Session) -> Option<&mut Seat> {
        self.call.iter_mut().find(|seat| seat.session.id == session.id)
    }

    /// Who is in the call, each once, in the order that they came. A recorder is nobody.
    pub fn people(&self) -> Vec<UserId> {
        let mut people: Vec<UserId> = Vec::with_capacity(self.call.len());
        for seat in &self.call {
            if !people.contains(&seat.session.actor.user_id) {
                people.push(seat.session.actor.user_id.clone());
            }
        }
        people
    }

    /// The recorder in the call.
    pub fn desk(&self) -> Option<&Desk> {
        self.recording.as_ref().and_then(|live| live.desk.as_ref())
    }

    /// Somebody's part, to be changed as it is known here.
    pub fn place_mut(&mut self, user: &UserId) -> Option<&mut Place> {
        Arc::make_mut(&mut self.visit).places.iter_mut().find(|place| place.user_id == *user)
    }

    /// To whom a signal goes: the named peer, or the only other one.
    pub fn addressee(&self, from: &Session, to: Option<&PeerId>) -> Result<&Seat, Code> {
        if to == Some(&from.peer_id) {
            return Err(Code::Malformed);
        }
        let mut others = self.call.iter().filter(|seat| seat.session.id != from.id);
        match to {
            Some(to) => others.find(|seat| seat.session.peer_id == *to).ok_or(Code::NotFound),
            None => match (others.next(), others.next()) {
                (Some(only), None) => Ok(only),
                (None, _) => Err(Code::NotFound),
                (Some(_), Some(_)) => Err(Code::Malformed),
            },
        }
    }

    /// Tell everyone in the chat, but perhaps one person.
    pub fn tell_chat(&self, event: &Encoded, except: Option<&UserId>) {
        for member in self.chat.iter().filter(|member| Some(&member.actor.user_id) != except) {
            member.tell(event);
        }
    }

    /// Tell everyone in the call, but perhaps one session.
    pub fn tell_call(&self, event: &Encoded, except: Option<&Session>) {
        for seat in self.call.iter().filter(|seat| except.is_none_or(|except| seat.session.id != except.id)) {
            seat.session.tell(event);
        }
    }

    /// Tell everyone who is in the room in any way, once.
    pub fn tell_all(&self, event: &Encoded) {
        self.tell_chat(event, None);
        let elsewhere = self.call.iter().map(|seat| &seat.session);
        for session in elsewhere.chain(self.waiting.iter().map(|waiting| &waiting.session)) {
            if !self.in_chat(session) {
                session.tell(event);
            }
        }
    }
}

impl Seat {
    /// As `viewer` sees it.
    pub fn peer(&self, viewer: &Session) -> Peer {
        Peer {
            peer_id: self.session.peer_id.clone(),
            user_id: self.session.actor.user_id.clone(),
            name: self.session.actor.name.clone(),
            role: self.role,
            media: self.media,
            // The smaller id is polite, so that it stays so over restarts.
            polite: viewer.peer_id < self.session.peer_id,
            away: self.away,
        }
    }
}
