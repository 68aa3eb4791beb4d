//! Rooms: members, and the rows of the room's log.

use serde::{Deserialize, Serialize};

use crate::{
    assistant::AssistantUse,
    chat::ChatMessage,
    ids::{AssistantId, MessageId, RecordingId, RoomId, UserId},
    recording::{Decision, Recording},
    session::Role,
    text::{Name, Reason, Timestamp},
};

spoken! { server
    /// Someone with a part in the room, and how far they have read.
    pub struct Member {
        /// Who.
        pub user_id: UserId,
        /// What they are called.
        pub name: Option<Name>,
        /// Their part in this room.
        pub role: Role,
        /// Whether a session of theirs is in the room.
        pub online: bool,
        /// The newest event that reached them.
        pub delivered_up_to_seq: u64,
        /// The newest event that they have seen.
        pub seen_up_to_seq: u64,
    }

    /// A row of the room's log that has no event of its own.
    pub struct RoomEventHeard {
        /// The room.
        pub room_id: RoomId,
        /// The row.
        pub event: RoomEvent,
    }

    /// A row of the room's log, as join, history and REST give it.
    pub struct RoomEvent {
        /// Its place: 1, 2, 3 … without a hole.
        pub seq: u64,
        /// When it happened.
        pub at: Timestamp,
        /// Who did it; absent where it was the server.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub by: Option<UserId>,
        /// What happened.
        #[serde(flatten)]
        pub fact: Fact,
    }
}

/// What a row of the log says. Stored as it stands on the wire.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum Fact {
    /// Somebody wrote.
    Message {
        /// What.
        message: ChatMessage,
    },
    /// A message was taken back: its content is gone.
    Redaction {
        /// Which message.
        message_id: MessageId,
        /// Why.
        reason: Option<Reason>,
    },
    /// Somebody was given a part in the consultation.
    Added {
        /// Who.
        user_id: UserId,
        /// As what.
        role: Role,
        /// What they are called.
        name: Option<Name>,
    },
    /// Somebody was let in from the waiting room.
    Admitted {
        /// Who.
        user_id: UserId,
    },
    /// Somebody was sent away from the waiting room.
    Denied {
        /// Who.
        user_id: UserId,
        /// Why.
        reason: Option<Reason>,
    },
    /// Somebody was sent back to the waiting room.
    Held {
        /// Who.
        user_id: UserId,
        /// Why.
        reason: Option<Reason>,
    },
    /// Somebody no longer has a part in the consultation.
    Removed {
        /// Who.
        user_id: UserId,
    },
    /// The doctor and somebody else are in the call.
    Started {},
    /// The visit is over.
    Ended {
        /// Why, where the server ended it: `abandoned`.
        reason: Option<Reason>,
        /// What the doctor noted.
        outcome: Option<Reason>,
    },
    /// The visit will not take place.
    Cancelled {
        /// Why.
        reason: Option<Reason>,
    },
    /// The patient did not come.
    NoShow {},
    /// The visit goes on after its end.
    Reopened {},
    /// Somebody has decided whether to be recorded.
    Consent {
        /// The recording.
        recording_id: RecordingId,
        /// What they have decided.
        decision: Decision,
        /// The version of the text that they were shown.
        text_version: String,
    },
    /// A recording stands elsewhere now.
    Recording {
        /// The recording.
        recording: Recording,
    },
    /// A recording was deleted: nobody can play it any more.
    RecordingDeleted {
        /// The recording.
        recording_id: RecordingId,
    },
    /// An assistant may be asked in this consultation from now on, or no longer, or waits for the patient to agree.
    Assistant {
        /// Which.
        assistant_id: AssistantId,
        /// Where its use stands now.
        state: AssistantUse,
    },
    /// The patient has decided whether what is written here may go to an assistant.
    AssistantConsent {
        /// Which.
        assistant_id: AssistantId,
        /// What they have decided.
        decision: Decision,
        /// The version of the text that they were shown.
        text_version: String,
    },
    /// What stood here was deleted with its conversation; the last one says that it was.
    Deleted {},
}

impl Fact {
    /// The row's kind, as it stands on the wire and in the database.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Message { .. } => "message",
            Self::Redaction { .. } => "redaction",
            Self::Added { .. } => "added",
            Self::Admitted { .. } => "admitted",
            Self::Denied { .. } => "denied",
            Self::Held { .. } => "held",
            Self::Removed { .. } => "removed",
            Self::Started {} => "started",
            Self::Ended { .. } => "ended",
            Self::Cancelled { .. } => "cancelled",
            Self::NoShow {} => "no_show",
            Self::Reopened {} => "reopened",
            Self::Consent { .. } => "consent",
            Self::Recording { .. } => "recording",
            Self::RecordingDeleted { .. } => "recording_deleted",
            Self::Assistant { .. } => "assistant",
            Self::AssistantConsent { .. } => "assistant_consent",
            Self::Deleted {} => "deleted",
        }
    }
}
