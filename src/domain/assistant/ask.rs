//! Asking, hearing an answer from wherever one comes, and stopping it.

use std::sync::Arc;

use bedside_protocol::{
    Code, Refusal,
    assistant::{
        AnswerState, AssistantAsk, AssistantAsked, AssistantAttach, AssistantAttached, AssistantCancel,
        AssistantUse,
    },
    chat::{ChatMessage, MessageKind},
    ids::{AssistantId, MessageId, RoomId},
    session::Role,
    table::Done,
    text::{Name, Passage},
};
use chrono::{DateTime, NaiveTime, TimeDelta, Utc};

use super::{
    Assistant, MOST_ANSWERS,
    window::{Place, View},
};
use crate::{
    domain::{Clinic, stored},
    error::{Error, Result},
    hub::Session,
    model::part,
    store::{Answer, Question, Questioned},
};

/// When to ask again where as many answers are written as may be.
const FULL_PAUSE_MS: u64 = 2_000;

/// Where somebody asks, and as what.
struct Venue {
    assistant: AssistantId,
    place: Place,
    /// What they are here, and what they are called.
    role: Role,
    name: Option<Name>,
    /// Only what was written after this row may go out.
    since: u64,
}

impl Clinic {
    /// Ask an assistant: done when the question is stored, and the answer has begun.
    pub async fn ask_assistant(&self, session: &Arc<Session>, ask: AssistantAsk) -> Result<AssistantAsked> {
        self.takes_newcomers()?;
        self.has_assistants()?;
        self.check_text(&ask.content)?;
        let venue = self.venue(session, &ask).await?;
        let assistant = self.assistant(&venue.assistant)?;
        assistant.may_be_asked_by(venue.role)?;
        if self.assistants.running.len() >= MOST_ANSWERS {
            return Err(Refusal::from(Code::Overloaded).retry_after_ms(FULL_PAUSE_MS).into());
        }
        let (actor, now) = (&session.actor, self.clock.now());
        let message = ChatMessage {
            room_id: ask.room_id.clone(),
            seq: 0,
            id: MessageId::new(),
            client_message_id: ask.client_message_id,
            sender_id: actor.user_id.clone(),
            sender_name: venue.name,
            sender_role: venue.role,
            kind: MessageKind::Text,
            content: Some(Passage::from(ask.content)),
            attachments: Vec::new(),
            reply_to: None,
            sent_at: now.into(),
            answer: None,
        };
        let today = now.date_naive().and_time(NaiveTime::MIN).and_utc();
        let question = Question {
            room: ask.room_id,
            event: stored::new_message(actor, &message)?,
            answer: MessageId::new(),
            assistant: venue.assistant,
            asked_by: actor.user_id.clone(),
            host: assistant.host.clone(),
            at: now,
            most: (assistant.settings.questions_per_day, today),
        };
        match self.store.ask(question).await? {
            Questioned::Stored { row, duplicate, answer: Some(answer) } => {
                let message = row.message().map_err(Error::fault)?;
                let view = View {
                    room: answer.room.clone(),
                    after: venue.since,
                    up_to: row.seq,
                    place: venue.place,
                };
                let (answer_id, state) = (answer.id.clone(), answer.state);
                if !duplicate {
                    metrics::counter!("bedside_messages_total").increment(1);
                    self.assistants.begin(*answer, view);
                }
                Ok(AssistantAsked { message, answer_id, state, duplicate })
            }
            Questioned::Stored { answer: None, .. } => {
                Err(Refusal::new(Code::Conflict, "a message of this clientMessageId asked nobody").into())
            }
            Questioned::Busy => {
                Err(Refusal::new(Code::Conflict, "the assistant is still answering here").into())
            }
            Questioned::TooMany => Err(until_tomorrow(now, today).into()),
        }
    }

    /// Where somebody asks. In a consultation its doctor has let the assistant in, and its patient agrees.
    async fn venue(&self, session: &Arc<Session>, ask: &AssistantAsk) -> Result<Venue> {
        let (actor, id) = (&session.actor, &ask.room_id);
        if let Some(dialogue) = self.dialogue_for(actor, id).await? {
            if !dialogue.lock().in_chat(session) {
                return Err(Code::NotJoined.into());
            }
            let own = dialogue.lock().conversation.assistant_id.clone();
            if ask.assistant_id.as_ref().is_some_and(|asked| *asked != own) {
                return Err(Refusal::malformed("assistantId", "this conversation is with another one").into());
            }
            let (role, name) = (actor.role, actor.name.clone());
            return Ok(Venue { assistant: own, place: Place::Conversation, role, name, since: 0 });
        }
        let access = self.member(session, id).await?;
        part::open(&access.visit)?;
        let wanted = || Refusal::malformed("assistantId", "in a consultation it says who is asked");
        let assistant = ask.assistant_id.clone().ok_or_else(wanted)?;
        self.for_consultation(&assistant)?;
        let given = self.store.uses(id).await?.into_iter().find(|given| given.assistant == assistant);
        let since = match given.as_ref().map(|given| given.state) {
            Some(AssistantUse::On) => given.map_or(u64::MAX, |given| given.since_seq),
            Some(AssistantUse::AwaitingConsent) => {
                return Err(Refusal::new(Code::ConsentRequired, "the patient has yet to agree").into());
            }
            Some(AssistantUse::Refused) => {
                return Err(Refusal::new(Code::ConsentRequired, "the patient does not agree").into());
            }
            Some(AssistantUse::Off) | None => {
                return Err(Refusal::new(Code::ConsentRequired, "the doctor has not let it in here").into());
            }
        };
        let place = access.visit.place(&actor.user_id);
        let role = place.map_or(actor.role, |place| place.role);
        let name = place.and_then(|place| place.name.clone()).or_else(|| actor.name.clone());
        Ok(Venue { assistant, place: Place::Consultation, role, name, since })
    }

    /// An assistant that may be let into consultations.
    pub(super) fn for_consultation(&self, id: &AssistantId) -> Result<&Assistant> {
        let assistant = self.assistant(id)?;
        if assistant.settings.in_consultations { Ok(assistant) } else { Err(Code::NotFound.into()) }
    }

    /// An answer as far as it is; the rest is heard by those who are in the room.
    pub async fn attach_to(&self, session: &Arc<Session>, ask: AssistantAttach) -> Result<AssistantAttached> {
        self.hears(session, &ask.room_id).await?;
        if let Some(running) =
            self.assistants.running.get(&ask.answer_id).filter(|it| it.answer.room == ask.room_id)
        {
            return Ok(running.attach(ask.from_index.unwrap_or(0)));
        }
        let answer = self.stored_answer(&ask.room_id, &ask.answer_id).await?;
        let content = match answer.state {
            AnswerState::Streaming => Passage::parse(&answer.content).map_err(Error::fault)?,
            AnswerState::Complete
            | AnswerState::Interrupted
            | AnswerState::Failed
            | AnswerState::Cancelled => {
                let row = self.store.message(&ask.room_id, &ask.answer_id).await?;
                let message = row.map(|row| row.message()).transpose().map_err(Error::fault)?;
                message.and_then(|message| message.content).unwrap_or_default()
            }
        };
        Ok(AssistantAttached { content, from_index: 0, index: answer.pieces, state: answer.state })
    }

    /// End an answer. One that has ended stays as it is.
    pub async fn cancel_answer(&self, session: &Arc<Session>, ask: AssistantCancel) -> Result<Done> {
        self.hears(session, &ask.room_id).await?;
        let running = self.assistants.running.get(&ask.answer_id).filter(|it| it.answer.room == ask.room_id);
        match running {
            Some(running) => running.cancel(),
            None => drop(self.stored_answer(&ask.room_id, &ask.answer_id).await?),
        }
        Ok(Done {})
    }

    async fn stored_answer(&self, room: &RoomId, id: &MessageId) -> Result<Answer> {
        let answer = self.store.answer(id).await?.filter(|answer| answer.room == *room);
        Ok(answer.ok_or(Code::NotFound)?)
    }

    /// They are in the room's chat.
    async fn hears(&self, session: &Arc<Session>, id: &RoomId) -> Result<()> {
        self.has_assistants()?;
        match self.dialogue_for(&session.actor, id).await? {
            Some(dialogue) if dialogue.lock().in_chat(session) => Ok(()),
            Some(_) => Err(Code::NotJoined.into()),
            None => self.member(session, id).await.map(drop),
        }
    }
}

/// They have asked as much as they may in a day.
fn until_tomorrow(now: DateTime<Utc>, today: DateTime<Utc>) -> Refusal {
    let left = (today + TimeDelta::days(1) - now).num_milliseconds();
    let refusal = Refusal::new(Code::RateLimited, "you have asked as much as one may in a day");
    refusal.retry_after_ms(u64::try_from(left).unwrap_or(0).max(1))
}
