//! People who are connected here: their sessions, how they can be reached, and who wants to know.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bedside_protocol::{
    ids::{SessionId, UserId},
    presence::{Availability, PresenceChanged, PresenceStatus},
    session::{Role, User},
    text::Timestamp,
};

use crate::hub::{Encoded, Session};

/// The one owner of who is reachable.
#[derive(Default)]
pub struct Presence(Mutex<State>);

#[derive(Default)]
struct State {
    people: HashMap<UserId, Person>,
    watching: HashMap<SessionId, Watch>,
}

/// Somebody has as many sessions as they may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many sessions of one person")]
pub struct TooMany;

struct Person {
    user: User,
    sessions: Vec<Arc<Session>>,
    availability: Availability,
    calls: usize,
}

struct Watch {
    session: Arc<Session>,
    users: Vec<UserId>,
    role: Option<Role>,
}

impl Person {
    fn status(&self) -> PresenceStatus {
        if self.calls > 0 { PresenceStatus::InConsultation } else { self.availability.into() }
    }
}

impl State {
    fn tell(&self, user: &User, status: PresenceStatus, last_seen_at: Option<Timestamp>) {
        let mut event = None;
        for watch in self.watching.values() {
            if watch.role == Some(user.role) || watch.users.contains(&user.id) {
                let event = event.get_or_insert_with(|| {
                    Encoded::new(&PresenceChanged { user_id: user.id.clone(), status, last_seen_at })
                });
                watch.session.tell(event);
            }
        }
    }
}

impl Presence {
    /// A session of theirs begins, unless they have so many already. Those without a connection do not count, nor does the
    /// one that it replaces.
    pub fn arrive(
        &self,
        session: &Arc<Session>,
        replaced: Option<&Session>,
        most: u64,
    ) -> Result<(), TooMany> {
        let mut state = self.lock();
        let theirs = state.people.get(&session.actor.user_id).map_or(&[][..], |person| &person.sessions);
        let counts = |known: &&Arc<Session>| {
            known.parked_for_ms().is_none() && replaced.is_none_or(|replaced| replaced.id != known.id)
        };
        if theirs.iter().filter(counts).count() as u64 >= most {
            return Err(TooMany);
        }
        let user = session.actor.user();
        let person = state.people.entry(user.id.clone()).or_insert_with(|| Person {
            user: user.clone(),
            sessions: Vec::with_capacity(1),
            availability: Availability::Available,
            calls: 0,
        });
        person.sessions.push(Arc::clone(session));
        if person.sessions.len() == 1 {
            let status = person.status();
            state.tell(&user, status, None);
        }
        Ok(())
    }

    /// A session of theirs has ended.
    pub fn leave(&self, session: &Session, now: Timestamp) {
        let mut state = self.lock();
        state.watching.remove(&session.id);
        let Some(person) = state.people.get_mut(&session.actor.user_id) else { return };
        person.sessions.retain(|known| known.id != session.id);
        if person.sessions.is_empty() {
            let user = person.user.clone();
            state.people.remove(&user.id);
            state.tell(&user, PresenceStatus::Offline, Some(now));
        }
    }

    /// They say how they can be reached.
    pub fn set(&self, user: &UserId, availability: Availability) {
        self.change(user, |person| person.availability = availability);
    }

    /// A session of theirs entered a call.
    pub fn enter_call(&self, user: &UserId) {
        self.change(user, |person| person.calls += 1);
    }

    /// A session of theirs left a call.
    pub fn leave_call(&self, user: &UserId) {
        self.change(user, |person| person.calls = person.calls.saturating_sub(1));
    }

    fn change(&self, user: &UserId, change: impl FnOnce(&mut Person)) {
        let mut state = self.lock();
        let Some(person) = state.people.get_mut(user) else { return };
        let before = person.status();
        change(person);
        let (after, user) = (person.status(), person.user.clone());
        if before != after {
            state.tell(&user, after, None);
        }
    }

    /// Tell this session from now on of these people, and of everyone of this role.
    pub fn watch(&self, session: &Arc<Session>, users: Vec<UserId>, role: Option<Role>) {
        let watch = Watch { session: Arc::clone(session), users, role };
        self.lock().watching.insert(session.id.clone(), watch);
    }

    /// How somebody can be reached.
    pub fn status(&self, user: &UserId) -> PresenceStatus {
        self.lock().people.get(user).map_or(PresenceStatus::Offline, Person::status)
    }

    /// The sessions of a person.
    pub fn sessions_of(&self, user: &UserId) -> Vec<Arc<Session>> {
        self.lock().people.get(user).map(|person| person.sessions.clone()).unwrap_or_default()
    }

    /// Those of a role who are connected.
    pub fn of_role(&self, role: Role) -> Vec<User> {
        let state = self.lock();
        state
            .people
            .values()
            .filter(|person| person.user.role == role)
            .map(|person| person.user.clone())
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
