//! `assistant:*`: asking a machine, hearing its answer as it is written, and agreeing to it in a consultation.
//!
//! An answer has the id of the message that it becomes. Its pieces are numbered from 0; `index` in an answer to
//! `assistant:attach` is how many there are so far, so that a piece with a smaller number is in it already.

use std::collections::BTreeMap;

use crate::{
    chat::ChatMessage,
    consultation::NoSuchWord,
    ids::{AssistantId, ClientMessageId, MessageId, RoomId, UserId},
    recording::Decision,
    refusal::Refusal,
    session::Role,
    text::{ChatText, Name, Passage},
};

spoken! { client
    /// Ask an assistant.
    pub struct AssistantAsk {
        /// The room: a conversation, or a consultation in which the assistant may be asked.
        pub room_id: RoomId,
        /// Which assistant; in a conversation it is the conversation's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub assistant_id: Option<AssistantId>,
        /// The same for every retry of this question: it has one answer. Another one for asking again.
        pub client_message_id: ClientMessageId,
        /// What to ask.
        pub content: ChatText,
    }

    /// End an answer that is being written. One that has ended stays as it is.
    pub struct AssistantCancel {
        /// The room.
        pub room_id: RoomId,
        /// The answer.
        pub answer_id: MessageId,
    }

    /// Take an answer as far as it is, and hear the rest live.
    pub struct AssistantAttach {
        /// The room.
        pub room_id: RoomId,
        /// The answer.
        pub answer_id: MessageId,
        /// How many pieces you have; without it, none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub from_index: Option<u32>,
    }

    /// Let an assistant be asked in a consultation, once its patient agrees.
    pub struct AssistantEnable {
        /// The consultation.
        pub room_id: RoomId,
        /// Which.
        pub assistant_id: AssistantId,
    }

    /// Let an assistant be asked in a consultation no longer.
    pub struct AssistantDisable {
        /// The consultation.
        pub room_id: RoomId,
        /// Which.
        pub assistant_id: AssistantId,
    }

    /// The patient agrees that what is written in the consultation goes to an assistant, or does not, or no longer.
    pub struct AssistantConsent {
        /// The consultation.
        pub room_id: RoomId,
        /// Which.
        pub assistant_id: AssistantId,
        /// What you have decided.
        pub decision: Decision,
        /// The version of the text that you were shown.
        pub text_version: String,
    }
}

spoken! { words
    /// Where an answer stands.
    pub enum AnswerState {
        /// It is being written.
        Streaming,
        /// It is whole.
        Complete,
        /// The server ended while it was written; what there was is kept.
        Interrupted,
        /// The assistant's endpoint did not bring it to its end; what there was is kept.
        Failed,
        /// Somebody has ended it; what there was is kept.
        Cancelled,
    }

    /// Whether an assistant may be asked in a consultation.
    pub enum AssistantUse {
        /// The doctor has not let it in.
        Off,
        /// The doctor has, and the patient has yet to answer.
        AwaitingConsent,
        /// It may be asked.
        On,
        /// The patient does not agree, or no longer.
        Refused,
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

words! {
    AnswerState {
        Streaming = "streaming",
        Complete = "complete",
        Interrupted = "interrupted",
        Failed = "failed",
        Cancelled = "cancelled",
    }
    AssistantUse {
        Off = "off",
        AwaitingConsent = "awaiting_consent",
        On = "on",
        Refused = "refused",
    }
}

spoken! { server
    /// An assistant that may be asked, as `GET /api/v1/assistants` lists it.
    pub struct Assistant {
        /// Its id.
        pub id: AssistantId,
        /// What it is called, by language (BCP 47).
        pub name: BTreeMap<String, String>,
        /// What it is for, by language.
        pub description: BTreeMap<String, String>,
        /// Who may ask it.
        pub roles: Vec<Role>,
        /// Whether doctors may let it into consultations.
        pub in_consultations: bool,
        /// The host that answers: what is asked goes there.
        pub host: String,
        /// How many messages of the room, the question among them, go there with each question.
        pub context_messages: u32,
        /// Questions that one person may ask it in a day.
        pub questions_per_day: u32,
    }

    /// The question is durable, and the answer has begun.
    pub struct AssistantAsked {
        /// The question, as everyone hears it.
        pub message: ChatMessage,
        /// The answer: also the id of the message that it becomes.
        pub answer_id: MessageId,
        /// Where the answer stands: `streaming`, unless this is a retry.
        pub state: AnswerState,
        /// Whether this was asked before under the same `clientMessageId`.
        pub duplicate: bool,
    }

    /// An answer as far as it is. Pieces with a number of `index` or more are heard live.
    pub struct AssistantAttached {
        /// Its text from piece `fromIndex` on.
        pub content: Passage,
        /// Where the text begins: the `fromIndex` that was asked for, or 0 where all is given.
        pub from_index: u32,
        /// How many pieces there are so far.
        pub index: u32,
        /// Where it stands.
        pub state: AnswerState,
    }

    /// What answers `assistant:enable`, `assistant:disable` and `assistant:consent`.
    pub struct AssistantAnswered {
        /// The assistant in this consultation.
        pub assistant: AssistantInRoom,
    }

    /// An assistant in a consultation.
    pub struct AssistantInRoom {
        /// Which.
        pub assistant_id: AssistantId,
        /// Where its use stands.
        pub state: AssistantUse,
        /// The host that answers.
        pub host: String,
    }

    /// An answer that is being written.
    pub struct RunningAnswer {
        /// The answer.
        pub answer_id: MessageId,
        /// Who answers.
        pub assistant_id: AssistantId,
        /// What it answers.
        pub question_id: MessageId,
    }

    /// What a message of an assistant's carries besides its words.
    pub struct AnswerMark {
        /// Who answers.
        pub assistant_id: AssistantId,
        /// The host that has answered.
        pub host: String,
        /// Where the answer stands: never `streaming`.
        pub state: AnswerState,
        /// Why it is not complete.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub error: Option<Refusal>,
    }

    /// An assistant is about to answer.
    pub struct AssistantTyping {
        /// The room.
        pub room_id: RoomId,
        /// Who.
        pub assistant_id: AssistantId,
        /// The answer.
        pub answer_id: MessageId,
    }

    /// An assistant writes no longer.
    pub struct AssistantStopTyping {
        /// The room.
        pub room_id: RoomId,
        /// Who.
        pub assistant_id: AssistantId,
        /// The answer.
        pub answer_id: MessageId,
    }

    /// A piece of an answer.
    pub struct AssistantChunk {
        /// The room.
        pub room_id: RoomId,
        /// The answer.
        pub answer_id: MessageId,
        /// Its number, from 0.
        pub index: u32,
        /// What it adds.
        pub delta: Passage,
    }

    /// An answer is whole, and stands in the log.
    pub struct AssistantComplete {
        /// The room.
        pub room_id: RoomId,
        /// Its place in the log.
        pub seq: u64,
        /// The answer.
        pub answer_id: MessageId,
        /// The message that it has become.
        pub message: ChatMessage,
    }

    /// An answer ended before it was whole.
    pub struct AssistantFailed {
        /// The room.
        pub room_id: RoomId,
        /// Its place in the log, where there is anything of it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub seq: Option<u64>,
        /// The answer.
        pub answer_id: MessageId,
        /// `interrupted`, `failed` or `cancelled`.
        pub state: AnswerState,
        /// Why.
        pub error: Refusal,
        /// The message that it has become, where there is anything of it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub message: Option<ChatMessage>,
    }

    /// You are asked whether what is written here may go to an assistant. Answer with `assistant:consent`.
    pub struct AssistantConsentRequested {
        /// The consultation.
        pub room_id: RoomId,
        /// Which.
        pub assistant_id: AssistantId,
        /// What it is called, by language.
        pub name: BTreeMap<String, String>,
        /// The host that answers.
        pub host: String,
        /// Who asks.
        pub requested_by: UserId,
        /// What they are called.
        pub requested_by_name: Option<Name>,
        /// The text to agree to, by language (BCP 47).
        pub texts: BTreeMap<String, String>,
        /// The text's version; changes with every change of the text.
        pub text_version: String,
    }
}
