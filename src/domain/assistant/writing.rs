//! The one task that writes an answer: from the endpoint to everybody in the room, and into the log at its end.

use std::{sync::Arc, time::Duration};

use bedside_protocol::{
    Code, Refusal,
    assistant::{
        AnswerMark, AnswerState, AssistantChunk, AssistantFailed, AssistantStopTyping, AssistantTyping,
    },
    chat::{ChatMessage, MessageKind},
    ids::{ClientMessageId, UserId},
    session::Role,
    text::{Name, Passage},
};
use rand::Rng as _;
use tokio::time::{sleep, sleep_until, timeout};

use super::{
    Assistants, SENDER,
    answer::{Full, Running},
    keeping,
    window::View,
};
use crate::{
    domain::stored,
    endpoint::{Endpoint, EndpointError, Message},
    error::{Error, Result},
    hub::Encoded,
    store::{Answer, Ending, StoreError},
};

/// How often an endpoint is asked for one answer, while nothing was shown of it.
const ATTEMPTS: u32 = 4;
/// The first pause between two of them; each is twice the one before, and up to as much again by chance.
const PAUSE: Duration = Duration::from_millis(500);
/// A pause that an endpoint asks for is kept, up to this; a person who waits longer is told so instead.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often an answer that is over is offered to a database that is away, and how soon again. Then it stays unfinished
/// until the next start.
const STORE_ATTEMPTS: u32 = 600;
const STORE_AGAIN: Duration = Duration::from_secs(1);
/// The same for a server that goes down.
const STORE_ATTEMPTS_AT_END: u32 = 2;

/// How an answer came to its end.
enum End {
    Whole,
    Cancelled,
    Interrupted,
    TimedOut,
    TooLong,
    Endpoint(EndpointError),
    Fault(Refusal),
}

impl End {
    fn state(&self) -> AnswerState {
        match self {
            Self::Whole => AnswerState::Complete,
            Self::Cancelled => AnswerState::Cancelled,
            Self::Interrupted => AnswerState::Interrupted,
            Self::TimedOut | Self::TooLong | Self::Endpoint(_) | Self::Fault(_) => AnswerState::Failed,
        }
    }

    /// What people are told.
    fn error(&self) -> Option<Refusal> {
        let refusal = |code, message: &str| Some(Refusal::new(code, message));
        let again = |wait: Option<Duration>, refusal: Option<Refusal>| match wait {
            Some(wait) => refusal.map(|refusal| refusal.retry_after_ms(milliseconds(wait))),
            None => refusal,
        };
        match self {
            Self::Whole => None,
            Self::Cancelled => refusal(Code::Ended, "the answer was stopped"),
            Self::Interrupted => refusal(Code::Draining, "the server ended while the answer was written"),
            Self::TimedOut => refusal(Code::Unavailable, "the answer took too long"),
            Self::TooLong => refusal(Code::TooLarge, "the answer was longer than it may be"),
            Self::Fault(refusal) => Some(refusal.clone()),
            Self::Endpoint(error) => match error {
                EndpointError::Unreachable => {
                    again(Some(PATIENCE), refusal(Code::Unavailable, "the assistant cannot be reached"))
                }
                EndpointError::Key(_) => refusal(
                    Code::Unavailable,
                    "the assistant does not take this server's key; tell its operator",
                ),
                EndpointError::Question(_) => {
                    refusal(Code::Unavailable, "the assistant does not take this question")
                }
                EndpointError::Busy(wait) => {
                    let wait = wait.unwrap_or(PATIENCE);
                    again(Some(wait), refusal(Code::RateLimited, "the assistant has too much to do"))
                }
                EndpointError::Broken(_) | EndpointError::Trouble => {
                    again(Some(PATIENCE), refusal(Code::Unavailable, "the assistant has failed"))
                }
                EndpointError::Cut => refusal(Code::Unavailable, "the answer broke off"),
                EndpointError::Silent => refusal(Code::Unavailable, "the assistant fell silent"),
                EndpointError::Garbage => refusal(Code::Unavailable, "the assistant could not be understood"),
                EndpointError::Endless => refusal(Code::TooLarge, "the answer did not come to an end"),
            },
        }
    }
}

impl Assistants {
    /// Begin an answer.
    pub(super) fn begin(self: &Arc<Self>, answer: Answer, view: View) {
        let running = Arc::new(Running::new(answer));
        self.running.insert(running.answer.id.clone(), Arc::clone(&running));
        let this = Arc::clone(self);
        self.tasks.spawn_on(async move { this.write(&running, view).await }, &self.thread);
    }

    async fn write(&self, running: &Running, view: View) {
        let (room_id, assistant_id) = (running.answer.room.clone(), running.answer.assistant.clone());
        // The room stays open while something is written in it.
        let _open = (self.hub.room(&room_id), self.hub.dialogue(&room_id));
        let answer_id = running.answer.id.clone();
        let typing = AssistantTyping {
            room_id: room_id.clone(),
            assistant_id: assistant_id.clone(),
            answer_id: answer_id.clone(),
        };
        self.hub.tell_chat(&room_id, &Encoded::new(&typing));
        let end = tokio::select! {
            end = self.answer(running, &view) => end,
            () = running.cancelled() => End::Cancelled,
            () = self.stop.cancelled() => End::Interrupted,
        };
        self.tell_piece(running);
        let end = if matches!(end, End::Whole) && is_blank(running) {
            End::Endpoint(EndpointError::Garbage)
        } else {
            end
        };
        running.end(end.state());
        let stop_typing = AssistantStopTyping { room_id: room_id.clone(), assistant_id, answer_id };
        self.hub.tell_chat(&room_id, &Encoded::new(&stop_typing));
        self.finish(running, &end).await;
        self.running.remove(&running.answer.id);
        metrics::counter!("bedside_answers_total", "state" => end.state().as_str()).increment(1);
    }

    /// From the question to the end of the answer, within its time.
    async fn answer(&self, running: &Running, view: &View) -> End {
        let Some(assistant) = self.find(&running.answer.assistant) else {
            return End::Fault(Code::Unavailable.into());
        };
        let messages = match self.window(assistant, view).await {
            Ok(messages) => messages,
            Err(error) => return End::Fault(error.into_refusal()),
        };
        let time = Duration::from_secs(assistant.settings.timeout_s);
        let most = assistant.settings.max_output_tokens;
        let outcome = timeout(time, self.patiently(running, &assistant.endpoint, &messages, most)).await;
        let end = outcome.unwrap_or(End::TimedOut);
        if let End::Endpoint(error) = &end {
            tracing::warn!(
                assistant.id = %running.answer.assistant, host = %running.answer.host, %error,
                "an assistant's endpoint did not bring an answer to its end"
            );
        }
        end
    }

    /// Ask again after a while, as long as nothing was shown.
    async fn patiently(
        &self,
        running: &Running,
        endpoint: &Endpoint,
        messages: &[Message],
        most: u64,
    ) -> End {
        let mut pause = PAUSE;
        let mut attempt = 1;
        loop {
            let error = match self.listen(running, endpoint, messages, most).await {
                Err(error) => error,
                Ok(end) => return end,
            };
            let by_chance = pause + pause.mul_f64(rand::rng().random::<f64>());
            let wait = if let EndpointError::Busy(Some(wait)) = error { wait.max(pause) } else { by_chance };
            let hopeless = !error.may_pass() || wait > PATIENCE;
            if hopeless || attempt == ATTEMPTS || running.len() > 0 {
                return End::Endpoint(error);
            }
            sleep(wait).await;
            attempt += 1;
            pause *= 2;
        }
    }

    /// One try: its words go out as they come, in pieces.
    async fn listen(
        &self,
        running: &Running,
        endpoint: &Endpoint,
        messages: &[Message],
        most: u64,
    ) -> std::result::Result<End, EndpointError> {
        let mut answering = endpoint.ask(messages, self.clock.now()).await?;
        let mut tokens = 0;
        loop {
            let due = running.next_piece_at();
            tokio::select! {
                words = answering.next() => match words? {
                    Some(words) => {
                        tokens += 1;
                        // Words come in tokens, seldom in fewer than one: one that heeds no limit is stopped.
                        if running.hear(&words) == Err(Full) || tokens > most {
                            return Ok(End::TooLong);
                        }
                    }
                    None => return Ok(End::Whole),
                },
                () = at(due) => self.tell_piece(running),
            }
        }
    }

    fn tell_piece(&self, running: &Running) {
        if let Some(piece) = running.take_piece() {
            let (room_id, answer_id) = (running.answer.room.clone(), running.answer.id.clone());
            let chunk = AssistantChunk { room_id, answer_id, index: piece.index, delta: piece.delta };
            self.hub.tell_chat(&running.answer.room, &Encoded::new(&chunk));
            metrics::counter!("bedside_answer_pieces_total").increment(1);
            keeping::give_way();
        }
    }

    /// The answer becomes a message, or is told to be none.
    async fn finish(&self, running: &Running, end: &End) {
        let (content, pieces) = running.snapshot();
        let ending = || self.ending(&running.answer, &content, pieces, end.state(), end.error());
        let mut attempt = 1;
        loop {
            let outcome = match ending() {
                Ok(ending) => self.store.end_answer(ending).await,
                Err(error) => return drop(error.into_refusal()),
            };
            let most = if self.stop.is_cancelled() { STORE_ATTEMPTS_AT_END } else { STORE_ATTEMPTS };
            match outcome {
                Ok(_) => break,
                Err(StoreError::Unavailable) if attempt < most => attempt += 1,
                Err(error) => {
                    tracing::error!(%error, "an answer could not be stored; the next start does");
                    return;
                }
            }
            tokio::select! {
                () = sleep(STORE_AGAIN) => {}
                () = self.stop.cancelled(), if !self.stop.is_cancelled() => {}
            }
        }
        if content.trim().is_empty() {
            self.tell_failure(&running.answer, end.state(), end.error());
        }
    }

    fn tell_failure(&self, answer: &Answer, state: AnswerState, error: Option<Refusal>) {
        let (room_id, answer_id) = (answer.room.clone(), answer.id.clone());
        let error = error.unwrap_or_else(|| Code::Unavailable.into());
        let failed = AssistantFailed { room_id, seq: None, answer_id, state, error, message: None };
        self.hub.tell_chat(&answer.room, &Encoded::new(&failed));
    }

    /// An answer's end as it is stored.
    fn ending(
        &self,
        answer: &Answer,
        content: &str,
        pieces: u32,
        state: AnswerState,
        error: Option<Refusal>,
    ) -> Result<Ending> {
        let at = self.clock.now();
        let event = if content.trim().is_empty() {
            None
        } else {
            let name = self.find(&answer.assistant).and_then(|assistant| {
                let names = &assistant.settings.name.0;
                names.get("en").or_else(|| names.values().next()).and_then(|name| Name::parse(name).ok())
            });
            let mark = AnswerMark {
                assistant_id: answer.assistant.clone(),
                host: answer.host.clone(),
                state,
                error,
            };
            let message = ChatMessage {
                room_id: answer.room.clone(),
                seq: 0,
                id: answer.id.clone(),
                client_message_id: ClientMessageId::parse(answer.id.as_str()).map_err(Error::fault)?,
                sender_id: UserId::parse(&format!("{SENDER}{}", answer.assistant)).map_err(Error::fault)?,
                sender_name: name,
                sender_role: Role::Guest,
                kind: MessageKind::Assistant,
                content: Some(Passage::parse(content).map_err(Error::fault)?),
                attachments: Vec::new(),
                reply_to: Some(answer.question.clone()),
                sent_at: at.into(),
                answer: Some(mark),
            };
            Some(stored::machine_message(&message)?)
        };
        let (answer, room) = (answer.id.clone(), answer.room.clone());
        Ok(Ending { answer, room, state, pieces, event, at })
    }

    /// After a start: what was being written when the server before ended stands in the log as far as it was kept.
    pub async fn take_up(&self) -> Result<()> {
        for answer in self.store.unfinished_answers().await? {
            let end = End::Interrupted;
            let ending = self.ending(&answer, &answer.content, answer.pieces, end.state(), end.error())?;
            self.store.end_answer(ending).await?;
            tracing::info!(answer.id = %answer.id, "an answer was interrupted by the end of the server before");
        }
        Ok(())
    }
}

fn is_blank(running: &Running) -> bool {
    running.snapshot().0.trim().is_empty()
}

async fn at(due: Option<tokio::time::Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => std::future::pending().await,
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
