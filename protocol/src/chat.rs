//! `chat:*`: messages that last, receipts, typing.

use crate::{
    assistant::{AnswerMark, AssistantInRoom, RunningAnswer},
    consultation::Consultation,
    conversation::Conversation,
    ids::{AttachmentId, ClientMessageId, MessageId, RoomId, UserId},
    room::{Member, RoomEvent},
    session::Role,
    text::{ChatText, Name, Passage, Reason, Timestamp},
};

spoken! { client
    /// Enter a room to read and write.
    pub struct ChatJoinRoom {
        /// The room.
        pub room_id: RoomId,
        /// The newest event that you have; without it the newest page is given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub after_seq: Option<u64>,
    }

    /// Leave a room.
    pub struct ChatLeaveRoom {
        /// The room.
        pub room_id: RoomId,
    }

    /// Write to everyone in the room.
    pub struct ChatSendMessage {
        /// The room.
        pub room_id: RoomId,
        /// The same for every retry of this message; without it a retry is a new message.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub client_message_id: Option<ClientMessageId>,
        /// What to say.
        pub content: ChatText,
        /// Files that were uploaded before.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub attachment_ids: Vec<AttachmentId>,
        /// The message that this one answers.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub reply_to: Option<MessageId>,
    }

    /// Take a message back.
    pub struct ChatRedactMessage {
        /// The room.
        pub room_id: RoomId,
        /// The message.
        pub message_id: MessageId,
        /// Why; needed where it is another's message.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub reason: Option<Reason>,
    }

    /// I am writing.
    pub struct ChatTyping {
        /// The room.
        pub room_id: RoomId,
    }

    /// I have stopped writing.
    pub struct ChatStopTyping {
        /// The room.
        pub room_id: RoomId,
    }

    /// Everything up to here reached me.
    pub struct ChatMarkDelivered {
        /// The room.
        pub room_id: RoomId,
        /// Up to this event.
        pub seq: u64,
    }

    /// I have seen everything up to here.
    pub struct ChatMarkSeen {
        /// The room.
        pub room_id: RoomId,
        /// Up to this event.
        pub seq: u64,
    }

    /// Read a page of the room's log.
    pub struct ChatHistory {
        /// The room.
        pub room_id: RoomId,
        /// Events before this one, newest page first.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub before_seq: Option<u64>,
        /// Events after this one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub after_seq: Option<u64>,
        /// How many at the most.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub limit: Option<u32>,
    }
}

spoken! { server
    /// You are in the room.
    pub struct ChatJoined {
        /// The consultation; `null` where the room is a conversation.
        pub room: Option<Consultation>,
        /// The conversation with an assistant, where the room is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub conversation: Option<Conversation>,
        /// Who has a part in it.
        pub members: Vec<Member>,
        /// The room's newest event.
        pub last_seq: u64,
        /// Events, oldest first.
        pub events: Vec<RoomEvent>,
        /// Whether nothing is missing between the first event (or `afterSeq`) and `lastSeq`.
        pub complete: bool,
        /// Answers that are being written: attach to hear them.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub answers: Vec<RunningAnswer>,
        /// The assistants that may be asked here, or could be.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub assistants: Vec<AssistantInRoom>,
    }

    /// The message is stored.
    pub struct ChatSent {
        /// As everyone hears it.
        pub message: ChatMessage,
        /// Whether it had been stored before under the same `clientMessageId`.
        pub duplicate: bool,
    }

    /// The redaction is stored.
    pub struct ChatRedactionStored {
        /// Its place in the log.
        pub seq: u64,
    }

    /// A page of the log, oldest first.
    pub struct ChatPage {
        /// The events.
        pub events: Vec<RoomEvent>,
        /// Whether the page reaches the end that was asked for.
        pub complete: bool,
    }

    /// A message.
    pub struct ChatMessage {
        /// The room.
        pub room_id: RoomId,
        /// Its place in the log.
        #[serde(default)]
        pub seq: u64,
        /// Its id.
        pub id: MessageId,
        /// What its sender calls it.
        pub client_message_id: ClientMessageId,
        /// Who wrote it.
        pub sender_id: UserId,
        /// What they were called then.
        pub sender_name: Option<Name>,
        /// What they were then.
        pub sender_role: Role,
        /// What it is.
        pub kind: MessageKind,
        /// What it says; `null` once it was redacted.
        pub content: Option<Passage>,
        /// Files.
        pub attachments: Vec<Attachment>,
        /// The message that it answers.
        pub reply_to: Option<MessageId>,
        /// When it was stored.
        pub sent_at: Timestamp,
        /// Whose words they are, where an assistant wrote them (`kind` is `assistant`).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub answer: Option<AnswerMark>,
    }

    /// A file of a message.
    pub struct Attachment {
        /// Its id.
        pub id: AttachmentId,
        /// What it is called.
        pub name: Name,
        /// Its media type.
        pub content_type: String,
        /// Its size.
        pub bytes: u64,
    }

    /// A message was taken back.
    pub struct ChatRedacted {
        /// The room.
        pub room_id: RoomId,
        /// The redaction's place in the log.
        pub seq: u64,
        /// The message.
        pub message_id: MessageId,
        /// Who took it back.
        pub by: UserId,
        /// Why.
        pub reason: Option<Reason>,
        /// When.
        pub at: Timestamp,
    }

    /// Somebody is writing; it ends by itself after 5 s.
    pub struct ChatTypingHeard {
        /// The room.
        pub room_id: RoomId,
        /// Who.
        pub user_id: UserId,
        /// What they are called.
        pub name: Option<Name>,
    }

    /// Somebody has stopped writing.
    pub struct ChatStopTypingHeard {
        /// The room.
        pub room_id: RoomId,
        /// Who.
        pub user_id: UserId,
        /// What they are called.
        pub name: Option<Name>,
    }

    /// Everything up to here reached somebody.
    pub struct ChatDelivered {
        /// The room.
        pub room_id: RoomId,
        /// Whom.
        pub user_id: UserId,
        /// Up to this event.
        pub up_to_seq: u64,
        /// When.
        pub at: Timestamp,
    }

    /// Somebody has seen everything up to here.
    pub struct ChatSeen {
        /// The room.
        pub room_id: RoomId,
        /// Who.
        pub user_id: UserId,
        /// Up to this event.
        pub up_to_seq: u64,
        /// When.
        pub at: Timestamp,
    }

    /// A member's first session entered the room.
    pub struct ChatMemberJoined {
        /// The room.
        pub room_id: RoomId,
        /// Who.
        pub member: Member,
    }

    /// A member's last session left the room.
    pub struct ChatMemberLeft {
        /// The room.
        pub room_id: RoomId,
        /// Who.
        pub member: Member,
    }
}

spoken! { words
    /// What a message is.
    pub enum MessageKind {
        /// Text of a person.
        Text,
        /// Files of a person.
        File,
        /// A line of the server's.
        System,
        /// An assistant's words.
        Assistant,
    }
}
