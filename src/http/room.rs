//! A room without a socket: its log to be polled, and a message to be sent.

use bedside_protocol::{
    chat::{ChatHistory, ChatPage, ChatSendMessage, ChatSent},
    ids::{AttachmentId, ClientMessageId, MessageId, RoomId},
    room::RoomEvent,
    text::ChatText,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    error::Result,
    http::{
        consultation::page_size,
        operation::{Answer, Ask, Nothing},
    },
    model::actor::Actor,
    store::LIST_ROWS,
};

/// Which part of the log.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LogSpan {
    /// Events after this one; without it, from the first.
    #[serde(default)]
    after_seq: Option<u64>,
    /// How many at the most.
    #[serde(default)]
    #[schemars(range(min = 1, max = LIST_ROWS))]
    limit: Option<u64>,
}

/// A page of a room's log, oldest first.
#[derive(Serialize, JsonSchema)]
pub struct LogPage {
    /// The events.
    items: Vec<RoomEvent>,
    /// The `afterSeq` of the next page, if there is one already.
    next: Option<u64>,
    /// Whether this is all that there is after `afterSeq`.
    complete: bool,
}

impl Answer for LogPage {}

impl LogSpan {
    /// After which event, and how many at the most.
    pub(super) fn parts(self) -> Result<(u64, Option<u32>)> {
        let limit = page_size(self.limit)?;
        Ok((self.after_seq.unwrap_or(0), u32::try_from(limit).ok()))
    }
}

impl From<ChatPage> for LogPage {
    fn from(page: ChatPage) -> Self {
        let last = page.events.last().map(|event| event.seq);
        Self { next: last.filter(|_| !page.complete), items: page.events, complete: page.complete }
    }
}

/// `GET /api/v1/consultations/{id}/events`
pub async fn events(ask: Ask<Actor, RoomId, LogSpan>) -> Result<LogPage> {
    let (after_seq, limit) = ask.query.parts()?;
    let span = ChatHistory { room_id: ask.path, before_seq: None, after_seq: Some(after_seq), limit };
    Ok(LogPage::from(ask.clinic.history(&ask.caller, span).await?))
}

/// A message, as `chat:send_message` has it.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewMessage {
    /// The same for every retry of this message; without it a retry is a new message.
    #[serde(default)]
    client_message_id: Option<ClientMessageId>,
    /// What to say.
    content: ChatText,
    /// Files that were uploaded before.
    #[serde(default)]
    attachment_ids: Vec<AttachmentId>,
    /// The message that this one answers.
    #[serde(default)]
    reply_to: Option<MessageId>,
}

impl Answer for ChatSent {}

/// `POST /api/v1/consultations/{id}/messages`
pub async fn say(ask: Ask<Actor, RoomId, Nothing, NewMessage>) -> Result<ChatSent> {
    let NewMessage { client_message_id, content, attachment_ids, reply_to } = ask.body;
    let message = ChatSendMessage { room_id: ask.path, client_message_id, content, attachment_ids, reply_to };
    ask.clinic.send_by_rest(&ask.caller, message).await
}
