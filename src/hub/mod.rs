//! Who is here on this node: the one owner of sessions and of rooms that somebody is in.

pub mod dialogue;
pub mod encoded;
pub mod outbox;
pub mod presence;
pub mod recorder;
pub mod room;
pub mod session;

use std::sync::Arc;

use bedside_protocol::ids::{ResumeId, RoomId, UserId};
use dashmap::DashMap;

pub use dialogue::{Dialogue, DialogueState};
pub use encoded::Encoded;
pub use outbox::{Keep, Link, LinkFull, Offset};
pub use presence::Presence;
pub use recorder::Recorders;
pub use room::{Room, RoomState};
pub use session::Session;

/// Everyone who is connected here, and every room that is open here.
#[derive(Default)]
pub struct Hub {
    sessions: DashMap<ResumeId, Arc<Session>>,
    rooms: DashMap<RoomId, Arc<Room>>,
    dialogues: DashMap<RoomId, Arc<Dialogue>>,
    /// People rather than sessions: who can be reached, and who wants to know.
    pub presence: Presence,
    /// Recorders: sessions, but nobody.
    pub recorders: Recorders,
}

impl Hub {
    /// Somebody has connected.
    pub fn add(&self, session: &Arc<Session>) {
        self.sessions.insert(session.resume_id.clone(), Arc::clone(session));
    }

    /// A session has ended.
    pub fn remove(&self, session: &Session) {
        self.sessions.remove(&session.resume_id);
    }

    /// The session that a client shows this secret for.
    pub fn resumable(&self, id: &ResumeId) -> Option<Arc<Session>> {
        self.sessions.get(id).map(|entry| Arc::clone(&entry))
    }

    /// Whether there is a session of this id, parked or not.
    pub fn has_session(&self, id: &str) -> bool {
        self.sessions.iter().any(|session| session.id.as_str() == id)
    }

    /// How many sessions there are, parked ones included.
    pub fn session_count(&self) -> usize {
        self.sessions.len()
    }

    /// All sessions, parked ones included.
    pub fn sessions(&self) -> Vec<Arc<Session>> {
        self.sessions.iter().map(|entry| Arc::clone(&entry)).collect()
    }

    /// Tell every session of a person.
    pub fn tell_user(&self, user: &UserId, event: &Encoded) {
        for session in self.presence.sessions_of(user) {
            session.tell(event);
        }
    }

    /// A room that is open here.
    pub fn room(&self, id: &RoomId) -> Option<Arc<Room>> {
        self.rooms.get(id).map(|entry| Arc::clone(&entry))
    }

    /// Open a room, unless somebody else did so meanwhile: theirs is the one then.
    pub fn open(&self, room: Room) -> Arc<Room> {
        let id = room.id.clone();
        Arc::clone(&self.rooms.entry(id).or_insert_with(|| Arc::new(room)))
    }

    /// A conversation that is open here.
    pub fn dialogue(&self, id: &RoomId) -> Option<Arc<Dialogue>> {
        self.dialogues.get(id).map(|entry| Arc::clone(&entry))
    }

    /// Open a conversation, unless somebody else did so meanwhile: theirs is the one then.
    pub fn open_dialogue(&self, dialogue: Dialogue) -> Arc<Dialogue> {
        let id = dialogue.id.clone();
        Arc::clone(&self.dialogues.entry(id).or_insert_with(|| Arc::new(dialogue)))
    }

    /// A conversation was deleted.
    pub fn drop_dialogue(&self, id: &RoomId) {
        self.dialogues.remove(id);
    }

    /// Close the conversations that nobody is in and nothing is written in.
    pub fn close_unused_dialogues(&self) {
        // One reference: the map's.
        self.dialogues
            .retain(|_, dialogue| Arc::strong_count(dialogue) > 1 || !dialogue.lock().chat.is_empty());
    }

    /// Tell those who are in a room's chat, whatever kind of room it is.
    pub fn tell_chat(&self, id: &RoomId, event: &Encoded) {
        if let Some(room) = self.room(id) {
            room.lock().tell_chat(event, None);
        } else if let Some(dialogue) = self.dialogue(id) {
            dialogue.lock().tell_chat(event);
        }
    }

    /// How many rooms are open here.
    pub fn room_count(&self) -> usize {
        self.rooms.len()
    }

    /// All rooms that are open here.
    pub fn rooms(&self) -> Vec<Arc<Room>> {
        self.rooms.iter().map(|entry| Arc::clone(&entry)).collect()
    }

    /// Close a room that nobody is in and nobody is about to enter.
    pub fn close_if_unused(&self, id: &RoomId) {
        // Two references: the map's and the caller's.
        self.rooms.remove_if(id, |_, room| Arc::strong_count(room) <= 2 && room.lock().is_unused());
    }
}
