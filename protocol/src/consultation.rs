//! `consultation:*`: the visit, its waiting room and its lifecycle.

use crate::{
    ids::{RoomId, UserId},
    session::{Role, User},
    text::{Name, Reason, Timestamp},
};

spoken! { words
    /// Where a consultation stands.
    pub enum Status {
        /// It will be.
        Scheduled,
        /// Somebody waits.
        Waiting,
        /// The doctor and somebody else are, or were, in the call.
        InProgress,
        /// It is over.
        Completed,
        /// It will not be.
        Cancelled,
        /// The patient did not come.
        NoShow,
    }

    /// Which ICE candidates are let through.
    #[derive(Default)]
    pub enum IcePolicy {
        /// All.
        #[default]
        All,
        /// Only relayed ones: the two sides do not learn each other's addresses.
        Relay,
    }

    /// Who may record.
    #[derive(Default)]
    pub enum RecordingPolicy {
        /// Nobody.
        Never,
        /// The doctor, with everyone's consent.
        #[default]
        OnRequest,
    }
}

macro_rules! words {
    ($($name:ident { $($variant:ident = $text:literal),* $(,)? })*) => {$(
        impl $name {
            /// The word as it stands on the wire and in the database.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }

        impl std::str::FromStr for $name {
            type Err = NoSuchWord;

            fn from_str(text: &str) -> Result<Self, NoSuchWord> {
                match text { $($text => Ok(Self::$variant),)* _ => Err(NoSuchWord) }
            }
        }
    )*};
}

/// The text is none of the words that it may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not one of the words that it may be")]
pub struct NoSuchWord;

words! {
    Status {
        Scheduled = "scheduled",
        Waiting = "waiting",
        InProgress = "in_progress",
        Completed = "completed",
        Cancelled = "cancelled",
        NoShow = "no_show",
    }
    IcePolicy { All = "all", Relay = "relay" }
    RecordingPolicy { Never = "never", OnRequest = "on_request" }
}

spoken! { client
    /// Let somebody in from the waiting room.
    pub struct ConsultationAdmit {
        /// The room.
        pub room_id: RoomId,
        /// Whom.
        pub user_id: UserId,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub reason: Option<Reason>,
    }

    /// Send somebody away from the waiting room.
    pub struct ConsultationDeny {
        /// The room.
        pub room_id: RoomId,
        /// Whom.
        pub user_id: UserId,
        /// Why; they are told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub reason: Option<Reason>,
    }

    /// Send somebody back to the waiting room.
    pub struct ConsultationHold {
        /// The room.
        pub room_id: RoomId,
        /// Whom.
        pub user_id: UserId,
        /// Why; they are told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub reason: Option<Reason>,
    }

    /// End the visit.
    pub struct ConsultationEnd {
        /// The room.
        pub room_id: RoomId,
        /// What to note.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub outcome: Option<Reason>,
    }
}

spoken! { server
    /// A visit.
    pub struct Consultation {
        /// Its id, and its room's.
        pub id: RoomId,
        /// Where it stands.
        pub status: Status,
        /// Its doctor.
        pub doctor_id: UserId,
        /// Its patient.
        pub patient_id: UserId,
        /// Everyone with a part in it.
        pub participants: Vec<Participant>,
        /// What it is about.
        pub reason: Option<Reason>,
        /// When it shall be.
        pub scheduled_at: Option<Timestamp>,
        /// When doctor and patient met.
        pub started_at: Option<Timestamp>,
        /// When it was over.
        pub ended_at: Option<Timestamp>,
        /// Whether all but doctors wait to be admitted.
        pub waiting_room: bool,
        /// Who may record.
        pub recording_policy: RecordingPolicy,
        /// Which ICE candidates are let through.
        pub ice_policy: IcePolicy,
        /// Grows with each change.
        pub version: i64,
        /// When it was made.
        pub created_at: Timestamp,
    }

    /// Someone with a part in a consultation.
    pub struct Participant {
        /// Who.
        pub user_id: UserId,
        /// Their part.
        pub role: Role,
        /// What they are called.
        pub name: Option<Name>,
        /// Whether they may enter the call without waiting.
        pub admitted: bool,
    }

    /// The consultation after it was ended.
    pub struct ConsultationClosed {
        /// The consultation.
        pub consultation: Consultation,
    }

    /// A consultation of yours was made.
    pub struct ConsultationCreated {
        /// The consultation.
        pub consultation: Consultation,
    }

    /// A consultation of yours has changed.
    pub struct ConsultationUpdated {
        /// The consultation.
        pub consultation: Consultation,
    }

    /// Somebody waits for you to admit them.
    pub struct ConsultationWaiting {
        /// The room.
        pub room_id: RoomId,
        /// Who.
        pub user: User,
        /// Their place in the queue, from 1.
        pub position: usize,
        /// Since when.
        pub since: Timestamp,
    }

    /// Somebody waits no longer: let in, sent away, or gone. Told to those who were told that they wait, once
    /// none of their sessions waits any more.
    pub struct ConsultationLeftWaiting {
        /// The room.
        pub room_id: RoomId,
        /// Who.
        pub user_id: UserId,
    }

    /// You are let in: send `webrtc:join_room` again.
    pub struct ConsultationAdmitted {
        /// The room.
        pub room_id: RoomId,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub reason: Option<Reason>,
    }

    /// You are not let in.
    pub struct ConsultationDenied {
        /// The room.
        pub room_id: RoomId,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub reason: Option<Reason>,
    }

    /// You are back in the waiting room.
    pub struct ConsultationHeld {
        /// The room.
        pub room_id: RoomId,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub reason: Option<Reason>,
    }

    /// The doctor and somebody else are in the call.
    pub struct ConsultationStarted {
        /// The room.
        pub room_id: RoomId,
        /// Its place in the log.
        pub seq: u64,
        /// When.
        pub at: Timestamp,
        /// Whose arrival started it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub by: Option<UserId>,
    }

    /// The visit is over. The call ends; the history stays.
    pub struct ConsultationEnded {
        /// The room.
        pub room_id: RoomId,
        /// Its place in the log.
        pub seq: u64,
        /// When.
        pub at: Timestamp,
        /// Why: the status that it ended in, or `abandoned`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub reason: Option<Reason>,
        /// Who ended it; absent where it was the server.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub by: Option<UserId>,
    }
}
