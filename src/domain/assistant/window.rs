//! What goes out with a question: the instructions, the configured number of messages, and nothing else. No names, no
//! ids, no times.

use bedside_protocol::{
    Code,
    assistant::AssistantUse,
    chat::{ChatMessage, MessageKind},
    ids::{AssistantId, RoomId},
    session::Role,
};

use super::{Assistant, Assistants};
use crate::{
    endpoint::{Message, Speaker},
    error::{Error, Result},
    store::{End, PageSize, Span},
};

/// Where a window is looked at.
pub(super) struct View {
    /// The room.
    pub(super) room: RoomId,
    /// Only what was written after this row.
    pub(super) after: u64,
    /// The question's row: the newest of the window.
    pub(super) up_to: u64,
    /// What kind of room it is.
    pub(super) place: Place,
}

/// Where an assistant is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Alone with one person.
    Conversation,
    /// Among several, so that each message says what its writer is.
    Consultation,
}

impl Assistants {
    /// The messages that go to the endpoint.
    pub(super) async fn window(&self, assistant: &Assistant, view: &View) -> Result<Vec<Message>> {
        if view.place == Place::Consultation {
            self.still_agreed(&assistant.settings.id, view).await?;
        }
        let most = usize::try_from(assistant.settings.context_messages).unwrap_or(1);
        let mut newest_first = Vec::with_capacity(most);
        let mut before = Some(view.up_to + 1);
        while newest_first.len() < most && before.is_some() {
            let span = Span { after: view.after, before, from: End::Newest };
            let page = self.store.events(&view.room, span, PageSize::default()).await?;
            for row in page.rows.iter().rev().filter(|row| row.kind == "message") {
                let message = row.message().map_err(Error::fault)?;
                newest_first.extend(said(&assistant.settings.id, view.place, message));
                if newest_first.len() == most {
                    break;
                }
            }
            before = page.rows.first().map(|oldest| oldest.seq).filter(|_| page.more);
        }
        let instructions = assistant.settings.instructions.trim();
        let system = (!instructions.is_empty())
            .then(|| Message { role: Speaker::System, content: instructions.to_owned() });
        Ok(system.into_iter().chain(newest_first.into_iter().rev()).collect())
    }

    /// Whoever withdraws ends the answers that are being written. This one may not have been, when they did.
    async fn still_agreed(&self, assistant: &AssistantId, view: &View) -> Result<()> {
        let uses = self.store.uses(&view.room).await?;
        let agreed = uses.iter().any(|given| {
            given.assistant == *assistant && given.state == AssistantUse::On && given.since_seq == view.after
        });
        if agreed { Ok(()) } else { Err(Code::ConsentRequired.into()) }
    }
}

/// A message as the model reads it; none where it was taken back, or is not meant for this one.
fn said(assistant: &AssistantId, place: Place, message: ChatMessage) -> Option<Message> {
    let content = message.content?;
    let content = content.as_str();
    // A file's name is all that is said with it, where nothing else is; and files are not for machines.
    if message.attachments.iter().any(|file| file.name.as_str() == content) {
        return None;
    }
    match message.kind {
        MessageKind::Assistant => {
            // Other machines' words went to other hosts.
            let own = message.answer.is_some_and(|mark| mark.assistant_id == *assistant);
            own.then(|| Message { role: Speaker::Assistant, content: content.to_owned() })
        }
        MessageKind::Text | MessageKind::File => {
            let content = match place {
                Place::Conversation => content.to_owned(),
                Place::Consultation => format!("{}: {content}", writer(message.sender_role)),
            };
            Some(Message { role: Speaker::User, content })
        }
        MessageKind::System => None,
    }
}

fn writer(role: Role) -> &'static str {
    match role {
        Role::Doctor => "Doctor",
        Role::Patient => "Patient",
        Role::Staff | Role::Guest | Role::Recorder => "Guest",
    }
}
