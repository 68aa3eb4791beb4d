//! Assistants and the conversations with them.

use bedside_protocol::{
    assistant::Assistant,
    chat::ChatHistory,
    conversation::Conversation,
    ids::{AssistantId, RoomId},
    text::Title,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    error::Result,
    http::{
        consultation::{Text, page_size, said},
        operation::{Answer, Ask, Nothing},
        room::{LogPage, LogSpan},
    },
    model::actor::Actor,
    store::{ConversationCursor, LIST_ROWS},
};

/// The assistants that one may ask.
#[derive(Serialize, JsonSchema)]
pub struct AssistantList {
    /// All of them.
    items: Vec<Assistant>,
    /// Always `null`: there is only a handful.
    next: Option<String>,
}

impl Answer for AssistantList {}
impl Answer for Conversation {}

/// `GET /api/v1/assistants`
pub async fn list(ask: Ask<Actor>) -> Result<AssistantList> {
    Ok(AssistantList { items: ask.clinic.list_assistants(&ask.caller), next: None })
}

/// A conversation to be made.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewConversation {
    /// With which assistant.
    assistant_id: AssistantId,
    /// What it is called.
    #[serde(default)]
    title: Option<Title>,
}

/// `POST /api/v1/conversations`
pub async fn create(ask: Ask<Actor, (), Nothing, NewConversation>) -> Result<Conversation> {
    let NewConversation { assistant_id, title } = ask.body;
    ask.clinic.create_conversation(&ask.caller, assistant_id, title).await
}

/// Which part of one's conversations.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Conversations {
    /// How many at the most.
    #[serde(default)]
    #[schemars(range(min = 1, max = LIST_ROWS))]
    limit: Option<u64>,
    /// `next` of the page before.
    #[serde(default)]
    cursor: Option<Text<ConversationCursor>>,
}

/// A page of conversations, those with the newest messages first.
#[derive(Serialize, JsonSchema)]
pub struct ConversationList {
    /// The conversations.
    items: Vec<Conversation>,
    /// The `cursor` of the next page, if there is one.
    next: Option<String>,
}

impl Answer for ConversationList {}

/// `GET /api/v1/conversations`
pub async fn conversations(ask: Ask<Actor, (), Conversations>) -> Result<ConversationList> {
    let Conversations { limit, cursor } = ask.query;
    let limit = page_size(limit)?;
    let cursor = cursor.map(|cursor| cursor.0);
    let (items, next) = ask.clinic.list_conversations(&ask.caller, cursor, limit).await?;
    Ok(ConversationList { items, next: next.map(|cursor| cursor.to_string()) })
}

/// `GET /api/v1/conversations/{id}`
pub async fn see(ask: Ask<Actor, RoomId>) -> Result<Conversation> {
    ask.clinic.see_conversation(&ask.caller, &ask.path).await
}

/// Another title.
#[expect(clippy::option_option, reason = "absent, null and a value are three things")]
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewTitle {
    /// What it is called from now on; `null` takes the title away.
    #[serde(default, deserialize_with = "said")]
    title: Option<Option<Title>>,
}

/// `PATCH /api/v1/conversations/{id}`
pub async fn rename(ask: Ask<Actor, RoomId, Nothing, NewTitle>) -> Result<Conversation> {
    match ask.body.title {
        Some(title) => ask.clinic.rename_conversation(&ask.caller, &ask.path, title).await,
        None => ask.clinic.see_conversation(&ask.caller, &ask.path).await,
    }
}

/// `DELETE /api/v1/conversations/{id}`
pub async fn delete(ask: Ask<Actor, RoomId>) -> Result<Nothing> {
    ask.clinic.delete_conversation(&ask.caller, &ask.path).await?;
    Ok(Nothing {})
}

/// `GET /api/v1/conversations/{id}/events`
pub async fn events(ask: Ask<Actor, RoomId, LogSpan>) -> Result<LogPage> {
    // A consultation's log has a path of its own.
    ask.clinic.see_conversation(&ask.caller, &ask.path).await?;
    let (after_seq, limit) = ask.query.parts()?;
    let span = ChatHistory { room_id: ask.path, before_seq: None, after_seq: Some(after_seq), limit };
    Ok(LogPage::from(ask.clinic.history(&ask.caller, span).await?))
}
