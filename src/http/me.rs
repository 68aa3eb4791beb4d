//! The caller: who they are here, and where they are connected.

use bedside_protocol::{
    ids::{PeerId, RoomId, SessionId, UserId},
    session::Role,
    text::{Name, Timestamp},
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    error::Result,
    http::operation::{Answer, Ask, Nothing},
    hub::Session,
    model::actor::Actor,
};

/// Who one is here.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Me {
    /// Who.
    id: UserId,
    /// What they are called.
    name: Option<Name>,
    /// What they are.
    role: Role,
    /// The only consultation that the token opens, where it opens one only.
    consultation_id: Option<RoomId>,
}

impl Answer for Me {}

/// `GET /api/v1/me`
pub async fn see(ask: Ask<Actor>) -> Result<Me> {
    let Actor { user_id, name, role, scope } = ask.caller;
    Ok(Me { id: user_id, name, role, consultation_id: scope })
}

/// A session of one's own.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OwnSession {
    /// Its id.
    id: SessionId,
    /// What it is in calls.
    peer_id: PeerId,
    /// Whether it is connected now; else it waits for its client to come back.
    connected: bool,
    /// Since when it is.
    since: Timestamp,
    /// The rooms that it has joined.
    rooms: Vec<RoomId>,
}

/// One's sessions.
#[derive(Serialize, JsonSchema)]
pub struct OwnSessions {
    /// All of them.
    items: Vec<OwnSession>,
    /// Always `null`: one has only a handful.
    next: Option<String>,
}

impl Answer for OwnSessions {}

impl From<&Session> for OwnSession {
    fn from(session: &Session) -> Self {
        Self {
            id: session.id.clone(),
            peer_id: session.peer_id.clone(),
            connected: session.parked_for_ms().is_none(),
            since: session.since,
            rooms: session.rooms(),
        }
    }
}

/// `GET /api/v1/me/sessions`
pub async fn sessions(ask: Ask<Actor>) -> Result<OwnSessions> {
    let sessions = ask.clinic.own_sessions(&ask.caller);
    Ok(OwnSessions { items: sessions.iter().map(|session| session.as_ref().into()).collect(), next: None })
}

/// `DELETE /api/v1/me/sessions/{id}`
pub async fn end_session(ask: Ask<Actor, SessionId>) -> Result<Nothing> {
    ask.clinic.end_own_session(&ask.caller, &ask.path)?;
    Ok(Nothing {})
}
