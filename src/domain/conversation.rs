//! Conversations: rooms of one person with one assistant. The verbs of a chat, for them.

use std::sync::Arc;

use bedside_protocol::{
    Code, Refusal,
    chat::{
        ChatDelivered, ChatJoinRoom, ChatJoined, ChatPage, ChatRedactMessage, ChatRedactionStored, ChatSeen,
        ChatSendMessage, ChatSent, MessageKind,
    },
    conversation::{Conversation, ConversationCreated, ConversationDeleted},
    ids::{AssistantId, RoomId},
    room::{Fact, Member},
    table::Done,
    text::Title,
};

use crate::{
    domain::{Clinic, attachment::not_files_of_theirs, stored},
    error::{Error, Result},
    hub::{Dialogue, Encoded, Session},
    model::{
        actor::Actor,
        part::{Part, Readable},
    },
    store::{
        Appended, ConversationCursor, ConversationMark, Erasure, LogRow, Marked, NewConversationRow, Reached,
        Redaction, Remark, Renaming, StoreError, StoredConversation,
    },
};

/// How often a conversation is read again that changes while it is read.
const READ_ROUNDS: usize = 4;
/// One's own conversation is read whole.
const ALL: Readable = Readable { after: 0, up_to: u64::MAX };

impl Clinic {
    /// Begin a conversation.
    pub async fn create_conversation(
        &self,
        actor: &Actor,
        assistant: AssistantId,
        title: Option<Title>,
    ) -> Result<Conversation> {
        not_scoped(actor)?;
        let known = self.assistant(&assistant)?;
        if !known.public().roles.contains(&actor.role) {
            return Err(Code::Forbidden.into());
        }
        let (id, user, at) = (RoomId::new(), actor.user_id.clone(), self.clock.now());
        let stored =
            self.store.create_conversation(NewConversationRow { id, user, assistant, title, at }).await?;
        let conversation = listed(&stored)?;
        let event = ConversationCreated { conversation: conversation.clone() };
        self.hub.tell_user(&actor.user_id, &Encoded::new(&event));
        Ok(conversation)
    }

    /// One's conversations, those with the newest messages first.
    pub async fn list_conversations(
        &self,
        actor: &Actor,
        cursor: Option<ConversationCursor>,
        limit: u64,
    ) -> Result<(Vec<Conversation>, Option<ConversationCursor>)> {
        not_scoped(actor)?;
        let (stored, next) = self.store.conversations(&actor.user_id, cursor, limit).await?;
        Ok((stored.iter().map(listed).collect::<Result<_>>()?, next))
    }

    /// One of them.
    pub async fn see_conversation(&self, actor: &Actor, id: &RoomId) -> Result<Conversation> {
        listed(&self.own_conversation(actor, id).await?)
    }

    /// Call it something else.
    pub async fn rename_conversation(
        &self,
        actor: &Actor,
        id: &RoomId,
        title: Option<Title>,
    ) -> Result<Conversation> {
        self.own_conversation(actor, id).await?;
        let renaming = Renaming { id: id.clone(), title, at: self.clock.now() };
        let conversation = listed(&self.store.rename_conversation(renaming).await?)?;
        let dialogue = self.open_dialogue(actor, id).await?;
        self.read_again(&dialogue).await?;
        dialogue.tell_updated(&self.hub);
        Ok(conversation)
    }

    /// Delete it: what was said goes, a row of the log says that it did.
    pub async fn delete_conversation(&self, actor: &Actor, id: &RoomId) -> Result<()> {
        self.own_conversation(actor, id).await?;
        self.assistants.end_in(id, None);
        let event = self.fact(Some(actor), &Fact::Deleted {})?;
        self.store.erase_conversation(Erasure { id: id.clone(), event }).await?;
        self.sweep_soon();
        if let Some(dialogue) = self.hub.dialogue(id) {
            for session in std::mem::take(&mut dialogue.lock().chat) {
                session.forget(id);
            }
            self.hub.drop_dialogue(id);
        }
        self.hub.tell_user(&actor.user_id, &Encoded::new(&ConversationDeleted { room_id: id.clone() }));
        Ok(())
    }

    /// Somebody's own open conversation, where the id is one's; none where it is no conversation of theirs. A stranger
    /// learns nothing from the time: it is looked for, whether there is one or not.
    pub(crate) async fn dialogue_for(&self, actor: &Actor, id: &RoomId) -> Result<Option<Arc<Dialogue>>> {
        if let Some(dialogue) = self.hub.dialogue(id).filter(|dialogue| is_theirs(actor, dialogue)) {
            return Ok(Some(dialogue));
        }
        if let Some(room) = self.hub.room(id)
            && Part::of(actor, &room.lock().visit).is_ok()
        {
            return Ok(None);
        }
        match self.own_conversation(actor, id).await {
            Ok(stored) => self.opened(&stored).map(Some),
            Err(Error::Refused(Refusal { code: Code::NotFound, .. })) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn open_dialogue(&self, actor: &Actor, id: &RoomId) -> Result<Arc<Dialogue>> {
        Ok(self.dialogue_for(actor, id).await?.ok_or(Code::NotFound)?)
    }

    fn opened(&self, stored: &StoredConversation) -> Result<Arc<Dialogue>> {
        let receipts = (stored.delivered_seq, stored.seen_seq);
        Ok(self.hub.open_dialogue(Dialogue::new(stored.user.clone(), listed(stored)?, receipts)))
    }

    pub(crate) async fn own_conversation(&self, actor: &Actor, id: &RoomId) -> Result<StoredConversation> {
        let stored = self.store.conversation(id).await?;
        let theirs = stored.filter(|stored| stored.user == actor.user_id && actor.scope.is_none());
        Ok(theirs.ok_or(Code::NotFound)?)
    }

    /// Enter a conversation.
    pub(crate) async fn join_dialogue(
        &self,
        session: &Arc<Session>,
        dialogue: Arc<Dialogue>,
        ask: ChatJoinRoom,
    ) -> Result<ChatJoined> {
        // What was committed between reading and opening rang no bell here.
        self.read_again(&dialogue).await?;
        let mut page = self.read_page(&dialogue.id, ALL, ask.after_seq, None, None).await?;
        self.count_room(session, &dialogue.id)?;
        // As in a consultation: the seat is taken while the page reaches the head.
        let reached =
            |page: &ChatPage| page.events.last().map_or(ask.after_seq.unwrap_or(0), |event| event.seq);
        let full = ask.after_seq.is_some() && !page.complete;
        let mut rounds = 0;
        let (head, conversation, receipts) = loop {
            let known = reached(&page);
            {
                let mut state = dialogue.lock();
                if state.head <= known || full || rounds == READ_ROUNDS {
                    if !state.in_chat(session) {
                        state.chat.push(Arc::clone(session));
                    }
                    break (state.head.max(known), state.conversation.clone(), state.receipts);
                }
            }
            rounds += 1;
            let more = self.read_page(&dialogue.id, ALL, Some(known), None, None).await?;
            page.complete &= more.complete;
            page.events.extend(more.events);
        };
        Ok(ChatJoined {
            room: None,
            conversation: Some(conversation),
            members: vec![Member {
                user_id: session.actor.user_id.clone(),
                name: session.actor.name.clone(),
                role: session.actor.role,
                online: true,
                delivered_up_to_seq: receipts.0,
                seen_up_to_seq: receipts.1,
            }],
            last_seq: head,
            complete: (page.complete || ask.after_seq.is_none()) && reached(&page) >= head,
            events: page.events,
            answers: self.assistants.running_in(&dialogue.id),
            assistants: Vec::new(),
        })
    }

    /// Leave a conversation.
    pub(crate) fn leave_dialogue(dialogue: &Dialogue, session: &Session) {
        dialogue.lock().chat.retain(|member| member.id != session.id);
    }

    /// Write without asking.
    pub(crate) async fn remark(
        &self,
        actor: &Actor,
        dialogue: &Dialogue,
        ask: ChatSendMessage,
    ) -> Result<ChatSent> {
        self.check_message(&ask).await?;
        let files = ask.attachment_ids.clone();
        let said = self.compose(ask, actor, actor.role, actor.name.clone())?;
        let message = self.with_files(said, &files).await?;
        let remark = Remark { id: dialogue.id.clone(), event: stored::new_message(actor, &message)?, files };
        let Appended { row, duplicate } = match self.store.remark(remark).await {
            // The conversation was here just now.
            Err(StoreError::NotFound) if message.kind == MessageKind::File => {
                return Err(not_files_of_theirs().into());
            }
            outcome => outcome?,
        };
        metrics::counter!("bedside_messages_total").increment(1);
        Ok(ChatSent { message: row.message().map_err(Error::fault)?, duplicate })
    }

    /// Take one's own or the assistant's words back.
    pub(crate) async fn redact_in_dialogue(
        &self,
        actor: &Actor,
        dialogue: &Dialogue,
        ask: ChatRedactMessage,
    ) -> Result<ChatRedactionStored> {
        let row = self.store.message(&dialogue.id, &ask.message_id).await?.ok_or(Code::NotFound)?;
        let message = row.message().map_err(Error::fault)?;
        let fact = Fact::Redaction { message_id: ask.message_id.clone(), reason: ask.reason };
        let event = self.fact(Some(actor), &fact)?;
        let blanked = stored::blanked(message)?.into();
        let redaction = Redaction { room: dialogue.id.clone(), message: ask.message_id, blanked, event };
        let row = self.store.redact(redaction).await?;
        self.sweep_soon();
        self.read_again(dialogue).await?;
        dialogue.tell_updated(&self.hub);
        Ok(ChatRedactionStored { seq: row.seq })
    }

    /// Note how far they have read; their other sessions hear of it.
    pub(crate) async fn mark_in_dialogue(
        &self,
        dialogue: &Dialogue,
        seq: u64,
        reached: Reached,
    ) -> Result<Done> {
        if seq > dialogue.lock().head {
            return Err(Refusal::malformed("seq", "the room has no such event yet").into());
        }
        let mark = ConversationMark { id: dialogue.id.clone(), reached, seq };
        let Marked { delivered, seen } = self.store.mark_conversation(mark).await?;
        let (room_id, user_id, at) = (dialogue.id.clone(), dialogue.owner.clone(), self.now());
        if let Some(up_to_seq) = seen {
            self.read_again(dialogue).await?;
            dialogue.lock().tell_chat(&Encoded::new(&ChatSeen { room_id, user_id, up_to_seq, at }));
            dialogue.tell_updated(&self.hub);
        } else if let Some(up_to_seq) = delivered {
            let mut state = dialogue.lock();
            state.receipts.0 = state.receipts.0.max(up_to_seq);
            state.tell_chat(&Encoded::new(&ChatDelivered { room_id, user_id, up_to_seq, at }));
        }
        Ok(Done {})
    }

    /// A page of a conversation's log.
    pub(crate) async fn dialogue_history(
        &self,
        dialogue: &Dialogue,
        after: Option<u64>,
        before: Option<u64>,
        limit: Option<u32>,
    ) -> Result<ChatPage> {
        self.read_page(&dialogue.id, ALL, after, before, limit).await
    }

    /// What is known of it becomes what is stored.
    async fn read_again(&self, dialogue: &Dialogue) -> Result<()> {
        for _ in 0..READ_ROUNDS {
            let stored = self.store.conversation(&dialogue.id).await?.ok_or(Code::NotFound)?;
            if dialogue.update(listed(&stored)?, (stored.delivered_seq, stored.seen_seq)) {
                break;
            }
        }
        Ok(())
    }
}

fn is_theirs(actor: &Actor, dialogue: &Dialogue) -> bool {
    dialogue.owner == actor.user_id && actor.scope.is_none()
}

/// A token for one consultation opens nothing else.
fn not_scoped(actor: &Actor) -> Result<()> {
    if actor.scope.is_none() { Ok(()) } else { Err(Code::Forbidden.into()) }
}

/// As a list shows it.
fn listed(stored: &StoredConversation) -> Result<Conversation> {
    let message = stored.last_message.as_ref().map(LogRow::message).transpose().map_err(Error::fault)?;
    Ok(Conversation {
        id: stored.id.clone(),
        assistant_id: stored.assistant.clone(),
        title: stored.title.clone(),
        last_message: message.as_ref().map(Dialogue::last_message),
        unread: stored.unread,
        last_seq: stored.last_seq,
        created_at: stored.created_at.into(),
        updated_at: stored.updated_at.into(),
    })
}
