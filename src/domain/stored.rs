//! Between what the store keeps and what the verbs speak of.

use bedside_protocol::{
    Code, Refusal,
    chat::ChatMessage,
    ids::{ClientMessageId, MessageId, RoomId},
    room::{Fact, RoomEvent},
};
use serde::Deserialize;

use crate::{
    domain::Clinic,
    error::{Error, Result},
    model::{
        actor::Actor,
        lifecycle::Step,
        visit::{Admission, Place, Visit},
    },
    store::{self, Act, Change, Guard, NewEvent, StoreError},
    vault::VaultError,
};

/// The kind of rows that are messages.
const MESSAGE: &str = "message";
/// When a client may try again that met a database which was away, in milliseconds.
const TRY_AGAIN_MS: u64 = 1_000;

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable => Refusal::from(Code::Unavailable).retry_after_ms(TRY_AGAIN_MS).into(),
            StoreError::Conflict { version } => {
                Refusal { version: Some(version), ..Code::Conflict.into() }.into()
            }
            StoreError::NotFound => Code::NotFound.into(),
            StoreError::Ended => Code::Ended.into(),
            StoreError::Fault(fault) => Self::fault(fault),
        }
    }
}

impl From<VaultError> for Error {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::Full => Code::StorageFull.into(),
            VaultError::Away(cause) => {
                tracing::warn!(cause, "the storage of files failed");
                Refusal::from(Code::Unavailable).retry_after_ms(TRY_AGAIN_MS).into()
            }
            VaultError::Missing
            | VaultError::Damaged(_)
            | VaultError::UnknownKey(_)
            | VaultError::BadKey
            | VaultError::Settings(_)
            | VaultError::Data(_) => Self::fault(error),
        }
    }
}

impl From<store::Visit> for Visit {
    fn from(stored: store::Visit) -> Self {
        let store::Visit { consultation, participants } = stored;
        Self {
            id: consultation.id,
            status: consultation.status,
            doctor_id: consultation.doctor_id,
            patient_id: consultation.patient_id,
            places: participants.into_iter().map(Place::from).collect(),
            reason: consultation.reason,
            scheduled_at: consultation.scheduled_at.map(Into::into),
            started_at: consultation.started_at.map(Into::into),
            ended_at: consultation.ended_at.map(Into::into),
            waiting_room: consultation.waiting_room,
            recording_policy: consultation.recording_policy,
            ice_policy: consultation.ice_policy,
            version: consultation.version,
            created_at: consultation.created_at.into(),
        }
    }
}

impl From<store::Participant> for Place {
    fn from(stored: store::Participant) -> Self {
        let admission = match stored.admission {
            store::Admission::Unasked | store::Admission::Waiting => Admission::Undecided,
            store::Admission::Admitted => Admission::Admitted,
            store::Admission::Held => Admission::Held,
            store::Admission::Denied => Admission::Denied,
        };
        Self {
            user_id: stored.user_id,
            role: stored.role,
            name: stored.name,
            admission,
            admitted_seq: stored.admitted_seq,
            removed_seq: stored.removed_at.and(stored.removed_seq.or(Some(0))),
            delivered_seq: stored.delivered_seq,
            seen_seq: stored.seen_seq,
        }
    }
}

impl Clinic {
    /// A row that says what somebody, or the server, did now.
    pub(crate) fn fact(&self, by: Option<&Actor>, fact: &Fact) -> Result<NewEvent> {
        new_event(by, fact, self.clock.now(), Guard::Open, None, None)
    }

    /// Change a visit as stored, and everyone's copy of it.
    pub(crate) async fn change(
        &self,
        room: &RoomId,
        expected_version: Option<i64>,
        guard: Guard,
        acts: Vec<Act>,
        events: Vec<NewEvent>,
    ) -> Result<std::sync::Arc<Visit>> {
        let at = self.clock.now();
        let change = Change { room: room.clone(), at, guard, expected_version, acts, events };
        let changed = self.store.change(change).await?;
        self.changed(changed.visit.into()).await
    }

    /// A step of the lifecycle as something that happens to a visit.
    pub(crate) fn move_to(step: Step, reason: Option<bedside_protocol::text::Reason>) -> Act {
        let (from, to) = step.table();
        Act::Move { from, to, reason }
    }
}

/// A message as a row.
pub(crate) fn new_message(by: &Actor, message: &ChatMessage) -> Result<NewEvent> {
    let (at, id, key) = (message.sent_at.time(), message.id.clone(), message.client_message_id.clone());
    let fact = Fact::Message { message: message.clone() };
    new_event(Some(by), &fact, at, Guard::Open, Some(key), Some(id))
}

/// A message that no person wrote, as a row. It is stored once, by the message's own id, also after the visit's end.
pub(crate) fn machine_message(message: &ChatMessage) -> Result<NewEvent> {
    let (at, id, key) = (message.sent_at.time(), message.id.clone(), message.client_message_id.clone());
    let fact = Fact::Message { message: message.clone() };
    new_event(None, &fact, at, Guard::Exists, Some(key), Some(id))
}

/// A row to be written.
pub(crate) fn new_event(
    by: Option<&Actor>,
    fact: &Fact,
    at: chrono::DateTime<chrono::Utc>,
    guard: Guard,
    client_key: Option<ClientMessageId>,
    message_id: Option<MessageId>,
) -> Result<NewEvent> {
    let payload = serde_json::value::to_raw_value(fact).map_err(Error::fault)?;
    let by = by.map(|actor| actor.user_id.clone());
    Ok(NewEvent { kind: fact.kind(), by, client_key, message_id, payload: payload.into(), at, guard })
}

/// What a message says once it was taken back.
pub(crate) fn blanked(message: ChatMessage) -> Result<Box<serde_json::value::RawValue>> {
    let message = ChatMessage { content: None, attachments: Vec::new(), ..message };
    serde_json::value::to_raw_value(&Fact::Message { message }).map_err(Error::fault)
}

impl store::LogRow {
    /// The row as clients read it.
    pub fn event(&self) -> std::result::Result<RoomEvent, serde_json::Error> {
        let fact = if self.kind == MESSAGE {
            Fact::Message { message: self.message()? }
        } else {
            serde_json::from_str(self.payload.get())?
        };
        Ok(RoomEvent { seq: self.seq, at: self.at.into(), by: self.by.clone(), fact })
    }

    /// The message that the row is. Reading it as such, rather than as any fact, reads it once.
    pub(crate) fn message(&self) -> std::result::Result<ChatMessage, serde_json::Error> {
        #[derive(Deserialize)]
        struct Said {
            message: ChatMessage,
        }
        let Said { message } = serde_json::from_str(self.payload.get())?;
        Ok(ChatMessage { seq: self.seq, ..message })
    }
}
