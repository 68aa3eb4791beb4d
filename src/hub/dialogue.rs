//! One open conversation: its owner's sessions that are in it, and what a list shows of it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bedside_protocol::{
    chat::{ChatMessage, MessageKind},
    conversation::{Conversation, ConversationUpdated, LastMessage},
    ids::{RoomId, UserId},
    text::Passage,
};

use crate::{
    hub::{Encoded, Hub, Session},
    model::excerpt,
};

/// How much of a message a list shows, in characters.
const EXCERPT_CHARACTERS: usize = 120;

/// A conversation that somebody is in, or that an answer is written in.
pub struct Dialogue {
    /// Its id.
    pub id: RoomId,
    /// Whose.
    pub owner: UserId,
    state: Mutex<DialogueState>,
}

/// What is known of an open conversation.
pub struct DialogueState {
    /// As stored last.
    pub conversation: Conversation,
    /// How far its owner has read: what reached them, and what they have seen.
    pub receipts: (u64, u64),
    /// The newest event of the log.
    pub head: u64,
    /// Sessions of its owner in it.
    pub chat: Vec<Arc<Session>>,
}

impl Dialogue {
    /// Open a conversation.
    pub fn new(owner: UserId, conversation: Conversation, receipts: (u64, u64)) -> Self {
        let (id, head) = (conversation.id.clone(), conversation.last_seq);
        let state = DialogueState { conversation, receipts, head, chat: Vec::new() };
        Self { id, owner, state: Mutex::new(state) }
    }

    /// Look at it, or change it. Nothing is awaited and nothing can panic while the lock is held.
    pub fn lock(&self) -> MutexGuard<'_, DialogueState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How a message looks in a list.
    pub fn last_message(message: &ChatMessage) -> LastMessage {
        let text = message.content.as_ref().map_or("", Passage::as_str);
        let by_assistant = message.kind == MessageKind::Assistant;
        let excerpt =
            if by_assistant { excerpt::of_markdown } else { excerpt::of_text }(text, EXCERPT_CHARACTERS);
        LastMessage {
            seq: message.seq,
            by_assistant,
            excerpt: Passage::parse(&excerpt).unwrap_or_default(),
            at: message.sent_at,
        }
    }

    /// Tell all of its owner's sessions, in it or not, how it is now.
    pub fn tell_updated(&self, hub: &Hub) {
        let state = self.lock();
        let event = Encoded::new(&ConversationUpdated { conversation: state.conversation.clone() });
        hub.tell_user(&self.owner, &event);
    }

    /// Take what was stored, unless something newer is known. Says whether it was taken.
    pub fn update(&self, conversation: Conversation, receipts: (u64, u64)) -> bool {
        let mut state = self.lock();
        if conversation.last_seq < state.head {
            return false;
        }
        state.head = conversation.last_seq;
        state.receipts = (state.receipts.0.max(receipts.0), state.receipts.1.max(receipts.1));
        state.conversation = conversation;
        true
    }
}

impl DialogueState {
    /// Take note of a row.
    pub fn note(&mut self, seq: u64) {
        self.head = self.head.max(seq);
        self.conversation.last_seq = self.head;
    }

    /// Take note of a message.
    pub fn note_message(&mut self, message: &ChatMessage) {
        let newer = self.conversation.last_message.as_ref().is_none_or(|last| last.seq < message.seq);
        if newer {
            self.conversation.last_message = Some(Dialogue::last_message(message));
            self.conversation.updated_at = message.sent_at;
            self.conversation.unread += u64::from(message.kind == MessageKind::Assistant);
        }
    }

    /// Whether this session is in it.
    pub fn in_chat(&self, session: &Session) -> bool {
        self.chat.iter().any(|member| member.id == session.id)
    }

    /// Tell its owner's sessions that are in it.
    pub fn tell_chat(&self, event: &Encoded) {
        for member in &self.chat {
            member.tell(event);
        }
    }
}
