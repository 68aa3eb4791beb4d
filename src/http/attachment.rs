//! Files of a room.

use std::sync::Arc;

use bedside_protocol::{
    chat::Attachment,
    ids::{AttachmentId, RoomId},
};

use crate::{
    domain::attachment::{Arrived, Kind},
    error::Result,
    http::{
        file::File,
        operation::{Answer, Ask, Nothing},
    },
    model::actor::Actor,
};

impl Answer for Attachment {}

/// `POST /api/v1/consultations/{id}/attachments`
pub async fn put(ask: Ask<Actor, RoomId, Nothing, Arrived>) -> Result<Attachment> {
    ask.clinic.keep_attachment(&ask.caller, &ask.path, Kind::Consultation, ask.body).await
}

/// `POST /api/v1/conversations/{id}/attachments`
pub async fn put_in_conversation(ask: Ask<Actor, RoomId, Nothing, Arrived>) -> Result<Attachment> {
    ask.clinic.keep_attachment(&ask.caller, &ask.path, Kind::Conversation, ask.body).await
}

/// `GET /api/v1/attachments/{id}`
pub async fn get(ask: Ask<Actor, AttachmentId>) -> Result<File> {
    let Ask { clinic, caller, path, .. } = ask;
    let file = clinic.attachment(&caller, &path).await?;
    let playing = clinic.open_attachment(&file).await?;
    let still = move || {
        let (clinic, caller, path) = (Arc::clone(&clinic), caller.clone(), path.clone());
        async move { clinic.attachment(&caller, &path).await.map(drop) }
    };
    Ok(File::new(playing, file.id.as_str(), &file.content_type, &file.name, still))
}
