//! `session:*`: who is connected, and for how long.

use std::collections::BTreeMap;

use crate::{
    ids::{InstanceId, ResumeId, RoomId, SessionId, UserId},
    refusal::Refusal,
    text::{Name, Timestamp, Token},
};

spoken! { words
    /// What a person is, everywhere. What they may do in a consultation depends on their part in it.
    pub enum Role {
        /// Treats patients.
        Doctor,
        /// Is treated.
        Patient,
        /// Runs the clinic: sees all but content.
        Staff,
        /// An interpreter, a carer: whoever was invited.
        Guest,
        /// Records visits, with everybody's consent. Only tokens of the server's own have this role.
        Recorder,
    }

    /// What a client shall do when its session ends.
    pub enum Action {
        /// Connect again.
        Reconnect,
        /// Get a new token, then connect again.
        RefreshToken,
        /// Stay away.
        Stop,
    }
}

impl Role {
    /// The role as it stands on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Doctor => "doctor",
            Self::Patient => "patient",
            Self::Staff => "staff",
            Self::Guest => "guest",
            Self::Recorder => "recorder",
        }
    }
}

impl std::str::FromStr for Role {
    type Err = NoSuchRole;

    fn from_str(text: &str) -> Result<Self, NoSuchRole> {
        match text {
            "doctor" => Ok(Self::Doctor),
            "patient" => Ok(Self::Patient),
            "staff" => Ok(Self::Staff),
            "guest" => Ok(Self::Guest),
            "recorder" => Ok(Self::Recorder),
            _ => Err(NoSuchRole),
        }
    }
}

/// The text names no role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a role is doctor, patient, staff, guest or recorder")]
pub struct NoSuchRole;

spoken! { server
    /// The CONNECT payload of Socket.IO: who comes. Applications put fields of their own beside these.
    #[derive(Default)]
    #[serde(default)]
    pub struct Handshake {
        /// The token, unless a header or the query carries it.
        pub token: Option<Token>,
        /// Kept for the page's life: makes the peer id the same after a crash of the server.
        pub instance_id: Option<InstanceId>,
        /// Added by the stock client after a lost connection: the session to come back to.
        pub pid: Option<ResumeId>,
        /// Added by the stock client: the last event it has heard.
        pub offset: Option<String>,
    }
}

spoken! { client
    /// First frame on `/ws`: who comes.
    pub struct SessionAuthenticate {
        /// The token.
        pub token: Token,
        /// Kept for the page's life: makes the peer id the same after a crash of the server.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub instance_id: Option<InstanceId>,
        /// The session to come back to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub resume: Option<Resume>,
    }

    /// Where a client left off.
    pub struct Resume {
        /// The `resumeId` of `session:ready`.
        pub id: ResumeId,
        /// The offset of the last event it has heard.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub offset: Option<String>,
    }

    /// Are you there?
    pub struct SessionPing {}

    /// A newer token for the same user.
    pub struct SessionRefresh {
        /// The token.
        pub token: Token,
    }
}

spoken! { server
    /// You are in.
    pub struct Authenticated {
        /// The session.
        pub session_id: SessionId,
    }

    /// Yes.
    pub struct Pong {
        /// The server's time.
        pub server_time: Timestamp,
    }

    /// The session lives until then.
    pub struct Refreshed {
        /// When the token expires.
        pub expires_at: Timestamp,
    }

    /// The first event of a session, and the first after the replay of a resumed one.
    pub struct SessionReady {
        /// The session. A client that comes back names it in the query of its handshake (`session=…`), so that a server
        /// that is full lets it take its own seat.
        pub session_id: SessionId,
        /// Who you are here.
        pub user: User,
        /// The server's time.
        pub server_time: Timestamp,
        /// Whether this is the session that you had before: nothing was missed, rooms need not be joined again.
        pub resumed: bool,
        /// How often `session:heartbeat` comes.
        pub heartbeat_ms: u64,
        /// How long the session is kept when the connection breaks.
        pub resume_window_ms: u64,
        /// What is allowed.
        pub limits: Limits,
        /// What this server can do: `chat`, `webrtc`, `consultation`, `presence`, …
        pub features: Vec<String>,
        /// Shown to come back to this session (`/ws`; Socket.IO carries it as `pid`).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub resume_id: Option<ResumeId>,
    }

    /// A person.
    pub struct User {
        /// Their id.
        pub id: UserId,
        /// What they are called.
        pub name: Option<Name>,
        /// What they are.
        pub role: Role,
    }

    /// What is allowed.
    pub struct Limits {
        /// The largest message, in bytes.
        pub max_payload: usize,
        /// The longest chat text, in characters.
        pub chat_characters: usize,
        /// The longest session description, in bytes.
        pub sdp_bytes: usize,
        /// The longest ICE candidate, in bytes.
        pub candidate_bytes: usize,
        /// Rooms that one session may have joined.
        pub rooms_per_session: usize,
        /// Peers in one call.
        pub peers_per_call: usize,
        /// Events on one page of history.
        pub page_events: usize,
    }

    /// Still here; this is how far the joined rooms have come.
    pub struct SessionHeartbeat {
        /// The server's time.
        pub server_time: Timestamp,
        /// The newest `seq` of each joined room.
        pub rooms: BTreeMap<RoomId, u64>,
    }

    /// The token expires soon: send `session:refresh`.
    pub struct SessionExpiring {
        /// When.
        pub expires_at: Timestamp,
    }

    /// The server is about to end this session.
    pub struct SessionClosing {
        /// The close code, as `/ws` shows it.
        pub code: u16,
        /// Why, for people.
        pub message: String,
        /// What to do.
        pub action: Action,
        /// When to connect again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub reconnect_after_ms: Option<u64>,
    }

    /// An event that did not ask for an acknowledgement was refused.
    pub struct ErrorEvent {
        /// The event's name; absent where it could not be read.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub event: Option<String>,
        /// Why.
        pub error: Refusal,
    }
}
