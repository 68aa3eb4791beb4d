//! `conversation:*`: rooms of one person with one assistant. Their id is the room's; `chat:*` and `assistant:*` work there.

use crate::{
    ids::{AssistantId, RoomId},
    text::{Timestamp, Title},
};

spoken! { server
    /// A conversation of one person with one assistant.
    pub struct Conversation {
        /// Its id, and its room's.
        pub id: RoomId,
        /// With which assistant.
        pub assistant_id: AssistantId,
        /// What its owner calls it.
        pub title: Option<Title>,
        /// What was said last, by either.
        pub last_message: Option<LastMessage>,
        /// The assistant's messages that its owner has not seen.
        pub unread: u64,
        /// The room's newest event.
        pub last_seq: u64,
        /// When it was made.
        pub created_at: Timestamp,
        /// When something was said last, or it was renamed. Lists are ordered by it.
        pub updated_at: Timestamp,
    }

    /// What was said last, for a list.
    pub struct LastMessage {
        /// Its place in the log.
        pub seq: u64,
        /// Whether the assistant said it.
        pub by_assistant: bool,
        /// How it begins, as plain text on one line: at most 120 characters; empty where it was taken back.
        pub excerpt: crate::text::Passage,
        /// When.
        pub at: Timestamp,
    }

    /// A conversation of yours was made.
    pub struct ConversationCreated {
        /// The conversation.
        pub conversation: Conversation,
    }

    /// A conversation of yours has changed.
    pub struct ConversationUpdated {
        /// The conversation.
        pub conversation: Conversation,
    }

    /// A conversation of yours was deleted.
    pub struct ConversationDeleted {
        /// Its room.
        pub room_id: RoomId,
    }
}
