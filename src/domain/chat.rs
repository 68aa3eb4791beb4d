//! Chat in a room: what is said lasts, what is typed passes.

use std::sync::Arc;

use bedside_protocol::{
    Code, Refusal,
    chat::{
        ChatDelivered, ChatHistory, ChatJoinRoom, ChatJoined, ChatMemberJoined, ChatMemberLeft, ChatMessage,
        ChatPage, ChatRedactMessage, ChatRedactionStored, ChatSeen, ChatSendMessage, ChatSent,
        ChatStopTypingHeard, ChatTypingHeard, MessageKind,
    },
    ids::{ClientMessageId, MessageId, RoomId, UserId},
    room::Fact,
    session::Role,
    table::Done,
    text::Name,
};

use crate::{
    domain::{Access, Clinic, attachment::not_files_of_theirs, stored},
    error::{Error, Result},
    hub::{Dialogue, Encoded, Room, RoomState, Session},
    model::{
        actor::Actor,
        part::{self, Readable},
    },
    store::{Appended, End, LogRow, Mark, Marked, PageSize, Reached, Redaction, Span, StoreError},
};

/// Typing ends by itself after so long.
const TYPING_MS: u64 = 5_000;
/// Joining reads the log until it has caught up; a room that grows faster than it is read ends that.
const CATCH_UP_ROUNDS: usize = 8;

impl Clinic {
    /// Enter a room, with what was missed.
    pub async fn join_chat(&self, session: &Arc<Session>, ask: ChatJoinRoom) -> Result<ChatJoined> {
        self.takes_newcomers()?;
        if let Some(dialogue) = self.dialogue_for(&session.actor, &ask.room_id).await? {
            return self.join_dialogue(session, dialogue, ask).await;
        }
        let Access { room, visit, part } = self.access(&session.actor, &ask.room_id).await?;
        let readable = part.may_chat()?;
        let mut page = self.read_page(&room.id, readable, ask.after_seq, None, None).await?;
        let assistants = self.assistants_in(session, &visit).await?;
        self.count_room(session, &room.id)?;
        // What is committed from now on is heard live, and what was committed before is on the page: the
        // seat is taken while the page reaches the room's head. A page that is full does not reach it, and
        // the client reads on.
        let start = ask.after_seq.unwrap_or(0).max(readable.after);
        let reached = |page: &ChatPage| page.events.last().map_or(start, |event| event.seq);
        let full = ask.after_seq.is_some() && !page.complete;
        let mut rounds = 0;
        let head = loop {
            let known = reached(&page);
            {
                let mut state = room.lock();
                if state.head <= known || full || rounds == CATCH_UP_ROUNDS {
                    Self::sit_down(&mut state, session);
                    break state.head.max(known);
                }
            }
            rounds += 1;
            let more = self.read_page(&room.id, readable, Some(known), None, None).await?;
            page.complete &= more.complete;
            page.events.extend(more.events);
        };
        let complete = (page.complete || ask.after_seq.is_none()) && reached(&page) >= head;
        let members = {
            let state = room.lock();
            visit.members(|user| state.is_online(user))
        };
        Ok(ChatJoined {
            room: Some(visit.consultation_for(part, &session.actor.user_id)),
            conversation: None,
            members,
            last_seq: head,
            complete,
            events: page.events,
            answers: self.assistants.running_in(&room.id),
            assistants,
        })
    }

    fn sit_down(state: &mut RoomState, session: &Arc<Session>) {
        if state.in_chat(session) {
            return;
        }
        let user = &session.actor.user_id;
        let first = !state.chat.iter().any(|member| member.actor.user_id == *user);
        // A person who was named by id only is called what they say when they first come.
        if let Some(place) = state.place_mut(user).filter(|place| place.name.is_none()) {
            place.name.clone_from(&session.actor.name);
        }
        if first && let Some(place) = state.visit.place(user) {
            let joined = ChatMemberJoined { room_id: state.visit.id.clone(), member: place.member(true) };
            state.tell_chat(&Encoded::new(&joined), None);
        }
        state.chat.push(Arc::clone(session));
    }

    /// Leave a room.
    pub fn leave_chat(&self, room: &Room, session: &Session) {
        let mut state = room.lock();
        let before = state.chat.len();
        state.chat.retain(|member| member.id != session.id);
        if state.chat.len() == before {
            return;
        }
        let user = &session.actor.user_id;
        if state.chat.iter().any(|member| member.actor.user_id == *user) {
            return;
        }
        state.typing.retain(|(typing, _)| typing != user);
        if let Some(place) = state.visit.place(user) {
            let left =
                ChatMemberLeft { room_id: room.id.clone(), member: place.member(state.is_online(user)) };
            state.tell_chat(&Encoded::new(&left), None);
        }
    }

    /// Write to everyone in the room; done when it is stored.
    pub async fn send(&self, session: &Arc<Session>, ask: ChatSendMessage) -> Result<ChatSent> {
        if let Some(dialogue) = self.joined_dialogue(session, &ask.room_id).await? {
            return self.remark(&session.actor, &dialogue, ask).await;
        }
        let access = self.member(session, &ask.room_id).await?;
        self.say(&session.actor, &access, ask).await
    }

    /// The same for who has no socket.
    pub async fn send_by_rest(&self, actor: &Actor, ask: ChatSendMessage) -> Result<ChatSent> {
        let access = self.access(actor, &ask.room_id).await?;
        access.part.may_chat()?;
        self.say(actor, &access, ask).await
    }

    async fn say(&self, actor: &Actor, access: &Access, ask: ChatSendMessage) -> Result<ChatSent> {
        part::open(&access.visit)?;
        self.check_message(&ask).await?;
        let room = ask.room_id.clone();
        let files = ask.attachment_ids.clone();
        let place = access.visit.place(&actor.user_id);
        let name = place.and_then(|place| place.name.clone()).or_else(|| actor.name.clone());
        let said = self.compose(ask, actor, place.map_or(actor.role, |place| place.role), name)?;
        let message = self.with_files(said, &files).await?;
        let event = stored::new_message(actor, &message)?;
        let Appended { row, duplicate } = if files.is_empty() {
            self.store.append(&room, event).await?
        } else {
            match self.store.append_with_files(&room, event, files).await {
                Err(StoreError::NotFound) => return Err(not_files_of_theirs().into()),
                outcome => outcome?,
            }
        };
        metrics::counter!("bedside_messages_total").increment(1);
        let message = if duplicate {
            row.message().map_err(Error::fault)?
        } else {
            ChatMessage { seq: row.seq, ..message }
        };
        Ok(ChatSent { message, duplicate })
    }

    /// What is to be said may be said, in whatever kind of room.
    pub(crate) async fn check_message(&self, ask: &ChatSendMessage) -> Result<()> {
        self.check_text(&ask.content)?;
        if let Some(message) = &ask.reply_to
            && self.store.message(&ask.room_id, message).await?.is_none()
        {
            return Err(Refusal::malformed("replyTo", "there is no such message in this room").into());
        }
        Ok(())
    }

    /// A person's message, which has no place in the log yet.
    pub(crate) fn compose(
        &self,
        ask: ChatSendMessage,
        by: &Actor,
        role: Role,
        name: Option<Name>,
    ) -> Result<ChatMessage> {
        let id = MessageId::new();
        let client_message_id = match ask.client_message_id {
            Some(id) => id,
            None => ClientMessageId::parse(id.as_str()).map_err(Error::fault)?,
        };
        Ok(ChatMessage {
            room_id: ask.room_id,
            seq: 0,
            id,
            client_message_id,
            sender_id: by.user_id.clone(),
            sender_name: name,
            sender_role: role,
            kind: MessageKind::Text,
            content: Some(ask.content.into()),
            attachments: Vec::new(),
            reply_to: ask.reply_to,
            sent_at: self.now(),
            answer: None,
        })
    }

    /// Take a message back: its content goes, the fact that there was one stays.
    pub async fn redact(
        &self,
        session: &Arc<Session>,
        ask: ChatRedactMessage,
    ) -> Result<ChatRedactionStored> {
        if let Some(dialogue) = self.joined_dialogue(session, &ask.room_id).await? {
            return self.redact_in_dialogue(&session.actor, &dialogue, ask).await;
        }
        let access = self.member(session, &ask.room_id).await?;
        let row = self.store.message(&ask.room_id, &ask.message_id).await?.ok_or(Code::NotFound)?;
        let message = row.message().map_err(Error::fault)?;
        if message.sender_id != session.actor.user_id {
            access.part.may_redact_others()?;
            if ask.reason.is_none() {
                return Err(
                    Refusal::malformed("reason", "taking another's message back needs a reason").into()
                );
            }
        }
        let fact = Fact::Redaction { message_id: ask.message_id.clone(), reason: ask.reason };
        let event = self.fact(Some(&session.actor), &fact)?;
        let has_files = !message.attachments.is_empty();
        let blanked = stored::blanked(message)?.into();
        let redaction = Redaction { room: ask.room_id, message: ask.message_id, blanked, event };
        let row = self.store.redact(redaction).await?;
        if has_files {
            self.sweep_soon();
        }
        Ok(ChatRedactionStored { seq: row.seq })
    }

    /// Say that one is writing.
    pub async fn type_on(&self, session: &Arc<Session>, room_id: RoomId) -> Result<Done> {
        if self.joined_dialogue(session, &room_id).await?.is_some() {
            // There is nobody else to tell.
            return Ok(Done {});
        }
        let Access { room, visit, .. } = self.member(session, &room_id).await?;
        part::open(&visit)?;
        let user_id = session.actor.user_id.clone();
        let until = self.clock.monotonic_ms() + TYPING_MS;
        let mut state = room.lock();
        state.typing.retain(|(typing, _)| *typing != user_id);
        state.typing.push((user_id.clone(), until));
        let event = ChatTypingHeard { room_id, user_id: user_id.clone(), name: session.actor.name.clone() };
        state.tell_chat(&Encoded::new(&event), Some(&user_id));
        Ok(Done {})
    }

    /// Say that one has stopped writing.
    pub async fn type_off(&self, session: &Arc<Session>, room_id: RoomId) -> Result<Done> {
        if self.joined_dialogue(session, &room_id).await?.is_some() {
            return Ok(Done {});
        }
        let Access { room, .. } = self.member(session, &room_id).await?;
        Self::stop_typing(&room, &session.actor.user_id);
        Ok(Done {})
    }

    /// Somebody has stopped writing; told if they were.
    pub(crate) fn stop_typing(room: &Room, user: &UserId) {
        let mut state = room.lock();
        let before = state.typing.len();
        state.typing.retain(|(typing, _)| typing != user);
        if state.typing.len() < before {
            let name = state.visit.place(user).and_then(|place| place.name.clone());
            let event = ChatStopTypingHeard { room_id: room.id.clone(), user_id: user.clone(), name };
            state.tell_chat(&Encoded::new(&event), Some(user));
        }
    }

    /// Everything up to here reached them.
    pub async fn mark_delivered(&self, session: &Arc<Session>, room_id: RoomId, seq: u64) -> Result<Done> {
        self.mark(session, room_id, seq, Reached::Delivered).await
    }

    /// They have seen everything up to here; so it reached them too.
    pub async fn mark_seen(&self, session: &Arc<Session>, room_id: RoomId, seq: u64) -> Result<Done> {
        self.mark(session, room_id, seq, Reached::Seen).await
    }

    async fn mark(
        &self,
        session: &Arc<Session>,
        room_id: RoomId,
        seq: u64,
        reached: Reached,
    ) -> Result<Done> {
        if let Some(dialogue) = self.joined_dialogue(session, &room_id).await? {
            return self.mark_in_dialogue(&dialogue, seq, reached).await;
        }
        let Access { room, .. } = self.member(session, &room_id).await?;
        if seq > room.lock().head {
            return Err(Refusal::malformed("seq", "the room has no such event yet").into());
        }
        let (user_id, at) = (session.actor.user_id.clone(), self.clock.now());
        let mark = Mark { room: room_id.clone(), user: user_id.clone(), reached, seq, at };
        let Marked { delivered, seen } = self.store.mark(mark).await?;
        let mut state = room.lock();
        if let Some(place) = state.place_mut(&user_id) {
            place.delivered_seq = place.delivered_seq.max(delivered.unwrap_or(0));
            place.seen_seq = place.seen_seq.max(seen.unwrap_or(0));
        }
        let at = at.into();
        // Who has seen it has received it: one event says both.
        if let Some(up_to_seq) = seen {
            state.tell_chat(&Encoded::new(&ChatSeen { room_id, user_id, up_to_seq, at }), None);
        } else if let Some(up_to_seq) = delivered {
            state.tell_chat(&Encoded::new(&ChatDelivered { room_id, user_id, up_to_seq, at }), None);
        }
        Ok(Done {})
    }

    /// A page of the log.
    pub async fn history(&self, actor: &Actor, ask: ChatHistory) -> Result<ChatPage> {
        if let Some(dialogue) = self.dialogue_for(actor, &ask.room_id).await? {
            return self.dialogue_history(&dialogue, ask.after_seq, ask.before_seq, ask.limit).await;
        }
        let access = self.access(actor, &ask.room_id).await?;
        let readable = access.part.may_read()?;
        self.read_page(&ask.room_id, readable, ask.after_seq, ask.before_seq, ask.limit).await
    }

    /// A page of the log within what one may read.
    pub(crate) async fn read_page(
        &self,
        room: &RoomId,
        readable: Readable,
        after: Option<u64>,
        before: Option<u64>,
        limit: Option<u32>,
    ) -> Result<ChatPage> {
        let horizon = (readable.up_to != u64::MAX).then(|| readable.up_to + 1);
        let span = Span {
            after: after.unwrap_or(0).max(readable.after),
            before: before.into_iter().chain(horizon).min(),
            from: if after.is_some() { End::Oldest } else { End::Newest },
        };
        let most = self.limits.page_events;
        let size = PageSize {
            rows: limit.map_or(most, u64::from).clamp(1, most),
            bytes: usize::try_from(self.limits.page_bytes).unwrap_or(usize::MAX),
        };
        let page = self.store.events(room, span, size).await?;
        let events = page.rows.iter().map(LogRow::event).collect::<std::result::Result<_, _>>();
        Ok(ChatPage { events: events.map_err(Error::fault)?, complete: !page.more })
    }

    /// The way of somebody who has joined the room's chat.
    pub(crate) async fn member(&self, session: &Arc<Session>, room_id: &RoomId) -> Result<Access> {
        let access = self.access(&session.actor, room_id).await?;
        access.part.may_chat()?;
        if !access.room.lock().in_chat(session) {
            return Err(Code::NotJoined.into());
        }
        Ok(access)
    }

    /// A conversation of theirs that this session has joined; none where the room is no conversation.
    async fn joined_dialogue(&self, session: &Arc<Session>, id: &RoomId) -> Result<Option<Arc<Dialogue>>> {
        match self.dialogue_for(&session.actor, id).await? {
            Some(dialogue) if !dialogue.lock().in_chat(session) => Err(Code::NotJoined.into()),
            found => Ok(found),
        }
    }

    /// Leave the chat of a room.
    pub async fn leave_chat_of(&self, session: &Arc<Session>, room_id: &RoomId) -> Result<Done> {
        if let Some(dialogue) = self.joined_dialogue(session, room_id).await? {
            Self::leave_dialogue(&dialogue, session);
            session.forget(room_id);
            return Ok(Done {});
        }
        if let Some(room) = self.hub.room(room_id)
            && room.lock().in_chat(session)
        {
            self.leave_chat(&room, session);
            Self::forget_unless_present(&room, session);
            return Ok(Done {});
        }
        // Strangers do not learn whether there is such a room.
        self.access(&session.actor, room_id).await?;
        Err(Code::NotJoined.into())
    }

    /// A session that is in no part of a room any more does not count it.
    pub(crate) fn forget_unless_present(room: &Room, session: &Session) {
        let state = room.lock();
        let waits = state.waiting.iter().any(|waiting| waiting.session.id == session.id);
        if !state.in_chat(session) && state.seat(session).is_none() && !waits {
            drop(state);
            session.forget(&room.id);
        }
    }
}
