//! Recorders: which are here, and what each is in a call.

use std::{
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bedside_protocol::{
    ids::{PeerId, RecordingId, UserId},
    recorder::{RecordedPeer, RecorderConsents, RecorderRecord},
    recording::{ConsentGiven, RecordingReason, RecordingState},
    session::Role,
    text::Name,
    webrtc::{Media, Peer},
};

use crate::{
    hub::{Encoded, RoomState, Session},
    model::consent::{Consents, FullConsent},
    store::Recording,
};

/// What a recorder is called in the roster.
const CALLED: &str = "Recorder";

/// Every recorder that is here.
#[derive(Default)]
pub struct Recorders(Mutex<Vec<Registered>>);

struct Registered {
    session: Arc<Session>,
    legs: usize,
    addresses: Arc<[IpAddr]>,
    /// What each of its recordings takes of that.
    busy: Vec<(RecordingId, usize)>,
}

/// A recording that goes on, as its room knows it.
pub struct Live {
    /// As stored last.
    pub stored: Recording,
    /// What people have last said: what is asked when it comes to whom to record.
    pub consents: Consents,
    /// Each decision that is stored, oldest first.
    pub decisions: Vec<ConsentGiven>,
    /// The recorder that is in the call.
    pub desk: Option<Desk>,
    /// Why it is to end.
    pub ending: Option<RecordingReason>,
    /// Until when people may answer before it begins, in milliseconds of the clock.
    pub answer_by_ms: u64,
    /// Since when there is no recorder, in milliseconds of the clock.
    pub lost_since_ms: Option<u64>,
    /// Since when nobody is recorded, in milliseconds of the clock.
    pub nobody_since_ms: Option<u64>,
    /// Who was in the call and agreed, or had yet to answer, when everybody was last told.
    pub told: Told,
}

/// What everybody was last told of who is recorded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    /// Who had yet to answer.
    pub missing: Vec<UserId>,
    /// Who agreed.
    pub recorded: Vec<UserId>,
}

/// A recorder in a call.
pub struct Desk {
    /// Whose.
    pub session: Arc<Session>,
    /// What it is in this call.
    pub peer_id: PeerId,
    /// Where it is reached.
    pub addresses: Arc<[IpAddr]>,
    /// Whom it was told to record.
    pub recorded: Vec<PeerId>,
}

impl Recorders {
    /// A recorder is here, takes so many legs at once, and is reached at these addresses.
    pub fn register(&self, session: &Arc<Session>, legs: usize, addresses: Vec<IpAddr>) {
        let (session, addresses) = (Arc::clone(session), addresses.into());
        let mut all = self.lock();
        match all.iter_mut().find(|known| known.session.id == session.id) {
            Some(known) => (known.legs, known.addresses) = (legs, addresses),
            None => all.push(Registered { session, legs, addresses, busy: Vec::new() }),
        }
    }

    /// Where one is reached.
    pub fn addresses(&self, session: &Session) -> Arc<[IpAddr]> {
        let all = self.lock();
        let known = all.iter().find(|known| known.session.id == session.id);
        known.map_or_else(Arc::default, |known| Arc::clone(&known.addresses))
    }

    /// A recorder is gone.
    pub fn leave(&self, session: &Session) {
        self.lock().retain(|known| known.session.id != session.id);
    }

    /// Whether this one has registered.
    pub fn has(&self, session: &Session) -> bool {
        self.lock().iter().any(|known| known.session.id == session.id)
    }

    /// How many recordings are under way.
    pub fn recordings(&self) -> usize {
        self.lock().iter().map(|known| known.busy.len()).sum()
    }

    /// The recorder that has most room for so many more legs; none where no one has.
    pub fn free(&self, legs: usize) -> Option<Arc<Session>> {
        let all = self.lock();
        let free = all.iter().filter(|known| !known.session.is_ended() && known.left() >= legs);
        free.max_by_key(|known| known.left()).map(|known| Arc::clone(&known.session))
    }

    /// It takes on a recording of so many legs, or has so many of it now.
    pub fn take_on(&self, session: &Session, recording: &RecordingId, legs: usize) {
        let mut all = self.lock();
        let Some(known) = all.iter_mut().find(|known| known.session.id == session.id) else { return };
        known.busy.retain(|(id, _)| id != recording);
        known.busy.push((recording.clone(), legs));
    }

    /// It is done with a recording.
    pub fn let_go(&self, session: &Session, recording: &RecordingId) {
        if let Some(known) = self.lock().iter_mut().find(|known| known.session.id == session.id) {
            known.busy.retain(|(id, _)| id != recording);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Registered>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Registered {
    fn left(&self) -> usize {
        self.legs.saturating_sub(self.busy.iter().map(|(_, legs)| legs).sum())
    }
}

impl Live {
    /// Whether it has begun.
    pub fn has_begun(&self) -> bool {
        matches!(self.stored.state, RecordingState::Recording | RecordingState::Paused)
    }

    /// A decision is stored. The recorder hears of it, for its manifest.
    pub fn keep(&mut self, given: ConsentGiven) {
        self.consents.note(given.user_id.clone(), given.decision);
        self.decisions.push(given);
        if let Some(desk) = &self.desk {
            let (recording_id, consents) = (self.stored.id.clone(), self.decisions.clone());
            desk.session.tell(&Encoded::new(&RecorderConsents { recording_id, consents }));
        }
    }
}

impl Desk {
    /// The recorder as everyone else in the call sees it: they are the polite ones towards it.
    pub fn peer(&self) -> Peer {
        Peer {
            peer_id: self.peer_id.clone(),
            user_id: self.session.actor.user_id.clone(),
            name: Name::parse(CALLED).ok(),
            role: Role::Recorder,
            media: Media { audio: false, video: false, screen: false },
            polite: true,
            away: false,
        }
    }
}

impl RoomState {
    /// Tell the recorder whom it may record now, where that has changed. Called under the room's lock with every change of
    /// who is in the call and of what they have said, so that nobody is ever recorded who does not agree, whatever else is
    /// slow.
    pub fn direct(&mut self, now_ms: u64) {
        self.direct_without(None, now_ms);
    }

    /// The page that somebody's leg led to is gone, though they are not: the leg ends. With the next [`Self::direct`] the
    /// recorder makes them a new one.
    pub fn end_leg(&mut self, peer: &PeerId, now_ms: u64) {
        self.direct_without(Some(peer), now_ms);
    }

    fn direct_without(&mut self, gone: Option<&PeerId>, now_ms: u64) {
        let present = self.people();
        let Some(live) = &mut self.recording else { return };
        let full = FullConsent::to_go_on(&present, &live.consents)
            .ok()
            .filter(|_| live.has_begun() && live.ending.is_none());
        if live.consents.agreeing(&present).is_empty() {
            live.nobody_since_ms.get_or_insert(now_ms);
        } else {
            live.nobody_since_ms = None;
        }
        let Some(desk) = &mut live.desk else { return };
        let covered = |full: &FullConsent| {
            let theirs = self.call.iter().filter(|seat| full.covers(&seat.session.actor.user_id));
            theirs
                .filter(|seat| gone != Some(&seat.session.peer_id))
                .map(|seat| RecordedPeer {
                    peer_id: seat.session.peer_id.clone(),
                    user_id: seat.session.actor.user_id.clone(),
                    name: seat.session.actor.name.clone(),
                    role: seat.role,
                })
                .collect()
        };
        let peers: Vec<RecordedPeer> = full.as_ref().map(covered).unwrap_or_default();
        let recorded: Vec<PeerId> = peers.iter().map(|peer| peer.peer_id.clone()).collect();
        if recorded != desk.recorded {
            desk.recorded = recorded;
            let recording_id = live.stored.id.clone();
            desk.session.tell(&Encoded::new(&RecorderRecord { recording_id, peers }));
        }
    }
}
