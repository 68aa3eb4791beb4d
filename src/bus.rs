//! How a node hears of what was committed. Today there is one node, and the bus is its own ear; what the
//! log says reaches everybody by this road only, so that a second kind of bus changes nothing else.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use bedside_protocol::{
    Code,
    assistant::{AnswerState, AssistantComplete, AssistantFailed},
    chat::{ChatMessage, ChatRedacted},
    consultation::{ConsultationEnded, ConsultationStarted},
    ids::RoomId,
    recording::RecordingChanged,
    room::{Fact, RoomEvent, RoomEventHeard},
    text::{Reason, Timestamp},
};

use crate::{
    hub::{Dialogue, Encoded, Hub, Room},
    model::lifecycle::Step,
    store::LogRow,
};

/// Carries committed rows to whoever is in their rooms.
pub struct Bus {
    hub: Arc<Hub>,
}

impl Bus {
    /// A bus of one node.
    pub fn new(hub: Arc<Hub>) -> Self {
        Self { hub }
    }

    /// Rows have been committed: a room's rows together, in the order of their `seq`.
    pub fn ring(&self, rows: &[Arc<LogRow>]) {
        for row in rows {
            let Some(place) = self.place(&row.room) else { continue };
            match row.event() {
                Ok(event) => {
                    // Who rings has more to do than this row: a defect here must not end that.
                    if catch_unwind(AssertUnwindSafe(|| self.tell(&place, event))).is_err() {
                        tracing::error!(room.id = %row.room, seq = row.seq, "telling of a row panicked");
                    }
                }
                // The row is safe and will be read as history; only the bell could not be rung.
                Err(error) => {
                    tracing::error!(room.id = %row.room, seq = row.seq, %error, "a row of the log cannot be read");
                }
            }
        }
    }

    fn place(&self, id: &RoomId) -> Option<Place> {
        let visit = self.hub.room(id).map(Place::Visit);
        visit.or_else(|| self.hub.dialogue(id).map(Place::Conversation))
    }

    fn tell(&self, place: &Place, event: RoomEvent) {
        match place {
            Place::Visit(room) => announce(room, event),
            Place::Conversation(dialogue) => self.announce_in(dialogue, event),
        }
    }

    /// Tell its owner's sessions of a row of a conversation: as the event that it is where they are in it, and everywhere
    /// how the conversation is now.
    fn announce_in(&self, dialogue: &Dialogue, event: RoomEvent) {
        let RoomEvent { seq, at, by, fact } = event;
        let room_id = dialogue.id.clone();
        let mut state = dialogue.lock();
        state.note(seq);
        match fact {
            Fact::Message { message } => {
                state.note_message(&message);
                state.tell_chat(&said(message));
                drop(state);
                dialogue.tell_updated(&self.hub);
            }
            Fact::Redaction { message_id, reason } => {
                let Some(by) = by else { return };
                state.tell_chat(&Encoded::new(&ChatRedacted { room_id, seq, message_id, by, reason, at }));
            }
            fact @ (Fact::Started {}
            | Fact::Ended { .. }
            | Fact::Cancelled { .. }
            | Fact::NoShow {}
            | Fact::Reopened {}
            | Fact::Added { .. }
            | Fact::Admitted { .. }
            | Fact::Denied { .. }
            | Fact::Held { .. }
            | Fact::Removed { .. }
            | Fact::Consent { .. }
            | Fact::Recording { .. }
            | Fact::RecordingDeleted { .. }
            | Fact::Assistant { .. }
            | Fact::AssistantConsent { .. }
            | Fact::Deleted {}) => {
                let event = RoomEvent { seq, at, by, fact };
                state.tell_chat(&Encoded::new(&RoomEventHeard { room_id, event }));
            }
        }
    }
}

/// What kind of room a row is of.
enum Place {
    Visit(Arc<Room>),
    Conversation(Arc<Dialogue>),
}

/// A message as the event that it is: an assistant's ends an answer.
fn said(message: ChatMessage) -> Encoded {
    let Some(mark) = &message.answer else { return Encoded::new(&message) };
    let (room_id, seq, answer_id, state) =
        (message.room_id.clone(), message.seq, message.id.clone(), mark.state);
    if state == AnswerState::Complete {
        return Encoded::new(&AssistantComplete { room_id, seq, answer_id, message });
    }
    let error = mark.error.clone().unwrap_or_else(|| Code::Unavailable.into());
    let (seq, message) = (Some(seq), Some(message));
    Encoded::new(&AssistantFailed { room_id, seq, answer_id, state, error, message })
}

/// The step of the lifecycle that a row speaks of, if any.
const fn step(fact: &Fact) -> Option<Step> {
    match fact {
        Fact::Started {} => Some(Step::Start),
        Fact::Reopened {} => Some(Step::Reopen),
        Fact::Ended { .. } => Some(Step::End),
        Fact::Cancelled { .. } => Some(Step::Cancel),
        Fact::NoShow {} => Some(Step::NoShow),
        Fact::Message { .. }
        | Fact::Redaction { .. }
        | Fact::Added { .. }
        | Fact::Admitted { .. }
        | Fact::Denied { .. }
        | Fact::Held { .. }
        | Fact::Removed { .. }
        | Fact::Consent { .. }
        | Fact::Recording { .. }
        | Fact::RecordingDeleted { .. }
        | Fact::Assistant { .. }
        | Fact::AssistantConsent { .. }
        | Fact::Deleted {} => None,
    }
}

/// Tell everyone in the room of a row, as the event that it is.
fn announce(room: &Room, event: RoomEvent) {
    let room_id = room.id.clone();
    let RoomEvent { seq, at, by, fact } = event;
    let mut state = room.lock();
    state.note(seq, step(&fact).map(|step| step.table().1));
    match fact {
        Fact::Message { message } => state.tell_chat(&said(message), None),
        Fact::Redaction { message_id, reason } => {
            let Some(by) = by else { return };
            let event = ChatRedacted { room_id, seq, message_id, by, reason, at };
            state.tell_chat(&Encoded::new(&event), None);
        }
        Fact::Started {} => {
            state.tell_all(&Encoded::new(&ConsultationStarted { room_id, seq, at, by }));
        }
        Fact::Ended { reason, .. } => {
            state.tell_all(&Encoded::new(&ConsultationEnded { room_id, seq, at, reason, by }));
        }
        Fact::Cancelled { reason } => {
            let reason = reason.or_else(|| Reason::parse("cancelled").ok());
            state.tell_all(&Encoded::new(&ConsultationEnded { room_id, seq, at, reason, by }));
        }
        Fact::NoShow {} => {
            let reason = Reason::parse("no_show").ok();
            state.tell_all(&Encoded::new(&ConsultationEnded { room_id, seq, at, reason, by }));
        }
        Fact::Recording { recording } => {
            state.tell_all(&Encoded::new(&RecordingChanged { room_id, seq, recording }));
        }
        fact @ (Fact::Added { .. }
        | Fact::Admitted { .. }
        | Fact::Denied { .. }
        | Fact::Held { .. }
        | Fact::Removed { .. }
        | Fact::Reopened {}
        | Fact::Consent { .. }
        | Fact::RecordingDeleted { .. }
        | Fact::Assistant { .. }
        | Fact::AssistantConsent { .. }
        | Fact::Deleted {}) => {
            let event = RoomEvent { seq, at: Timestamp::from(at.time()), by, fact };
            state.tell_all(&Encoded::new(&RoomEventHeard { room_id, event }));
        }
    }
}
