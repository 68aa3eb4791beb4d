//! Recordings: what there is of a visit, and deleting it.

use bedside_protocol::{
    ids::{RecordingId, RoomId},
    recording::{Recording, RecordingDetails},
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    error::Result,
    http::operation::{Answer, Ask, Nothing},
    model::actor::Actor,
};

/// The recordings of a visit.
#[derive(Serialize, JsonSchema)]
pub struct Recordings {
    /// Oldest first.
    items: Vec<Recording>,
    /// Always `null`: a visit has only a handful.
    next: Option<String>,
}

impl Answer for Recordings {}
impl Answer for RecordingDetails {}

/// `GET /api/v1/consultations/{id}/recordings`
pub async fn list(ask: Ask<Actor, RoomId>) -> Result<Recordings> {
    Ok(Recordings { items: ask.clinic.list_recordings(&ask.caller, &ask.path).await?, next: None })
}

/// `GET /api/v1/recordings/{id}`
pub async fn see(ask: Ask<Actor, RecordingId>) -> Result<RecordingDetails> {
    ask.clinic.see_recording(&ask.caller, &ask.path).await
}

/// `DELETE /api/v1/recordings/{id}`
pub async fn delete(ask: Ask<Actor, RecordingId>) -> Result<Nothing> {
    ask.clinic.delete_recording(&ask.caller, &ask.path).await?;
    Ok(Nothing {})
}
