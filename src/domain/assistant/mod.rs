//! Assistants: machines that people ask, and that answer word by word.
//!
//! A question is a message of the room and durable before anything goes out. Its answer is written once, by one task,
//! however many sessions hear it; it becomes one message of the room.

mod answer;
mod ask;
mod consent;
mod keeping;
mod window;
mod writing;

use std::sync::Arc;

use bedside_protocol::{
    Code, Refusal,
    assistant::{self as protocol, RunningAnswer},
    ids::{AssistantId, MessageId, RoomId},
    session::Role,
};
use dashmap::DashMap;
use tokio::runtime::Handle;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use self::{answer::Running, consent::ConsentText};
use crate::{
    clock::Clock,
    config::{self, Config},
    domain::Clinic,
    endpoint::{Endpoint, EndpointSetup},
    error::Result,
    hub::Hub,
    model::actor::Actor,
    store::Store,
};

/// Answers that are written at the same time. Each holds a connection and at most 64 KiB of text.
const MOST_ANSWERS: usize = 1_000;
/// What stands before an assistant's id where a person's would stand: no login has such a name by accident.
const SENDER: &str = "assistant:";
/// When to ask again for what this server does not have.
const NOT_HERE_MS: u64 = 3_600_000;

/// The assistants of a server, and what they are writing.
pub struct Assistants {
    list: Vec<Assistant>,
    store: Store,
    hub: Arc<Hub>,
    clock: Clock,
    running: DashMap<MessageId, Arc<Running>>,
    tasks: TaskTracker,
    /// Answers outlive the request that began them, and the thread of sockets that it came to: they have one of their own.
    thread: Handle,
    stop: CancellationToken,
}

/// One of them.
pub struct Assistant {
    settings: config::Assistant,
    endpoint: Endpoint,
    host: String,
    consent: ConsentText,
}

impl Assistant {
    fn new(settings: config::Assistant) -> std::result::Result<Self, EndpointSetup> {
        let endpoint = Endpoint::new(&settings)?;
        let host = endpoint.host();
        let consent = ConsentText::new(&settings, &host);
        Ok(Self { settings, endpoint, host, consent })
    }

    /// As clients see it.
    pub fn public(&self) -> protocol::Assistant {
        let small = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        protocol::Assistant {
            id: self.settings.id.clone(),
            name: self.settings.name.0.clone(),
            description: self.settings.description.0.clone(),
            roles: self.settings.roles.clone(),
            in_consultations: self.settings.in_consultations,
            host: self.host.clone(),
            context_messages: small(self.settings.context_messages),
            questions_per_day: small(self.settings.questions_per_day),
        }
    }

    fn may_be_asked_by(&self, role: Role) -> std::result::Result<(), Code> {
        if self.settings.roles.contains(&role) { Ok(()) } else { Err(Code::Forbidden) }
    }
}

impl Assistants {
    /// Those that are configured.
    pub fn new(
        config: &Config,
        store: Store,
        hub: Arc<Hub>,
        clock: Clock,
    ) -> std::result::Result<Arc<Self>, EndpointSetup> {
        let list = config.assistants.iter().cloned().map(Assistant::new);
        let list = list.collect::<std::result::Result<Vec<_>, _>>()?;
        let (running, tasks, stop) = (DashMap::new(), TaskTracker::new(), CancellationToken::new());
        // Where there is nobody to answer, no thread waits for them.
        let own = (!list.is_empty()).then(keeping::runtime).transpose().map_err(EndpointSetup::Thread)?;
        let thread = own.as_ref().map_or_else(Handle::current, |own| own.handle().clone());
        let this = Arc::new(Self { list, store, hub, clock, running, tasks, thread, stop });
        if let Some(own) = own {
            keeping::run(own, Arc::downgrade(&this)).map_err(EndpointSetup::Thread)?;
        }
        Ok(this)
    }

    /// Whether there is any.
    pub fn any(&self) -> bool {
        !self.list.is_empty()
    }

    /// One of them.
    pub fn find(&self, id: &AssistantId) -> Option<&Assistant> {
        self.list.iter().find(|assistant| assistant.settings.id == *id)
    }

    /// Those that may be let into consultations.
    fn for_consultations(&self) -> impl Iterator<Item = &Assistant> {
        self.list.iter().filter(|assistant| assistant.settings.in_consultations)
    }

    /// What is being written in a room.
    pub fn running_in(&self, room: &RoomId) -> Vec<RunningAnswer> {
        let here = self.running.iter().filter(|entry| entry.answer.room == *room && entry.is_being_written());
        let told = here.map(|entry| RunningAnswer {
            answer_id: entry.answer.id.clone(),
            assistant_id: entry.answer.assistant.clone(),
            question_id: entry.answer.question.clone(),
        });
        told.collect()
    }

    /// End what is being written in a room: by one assistant, or by all.
    pub(crate) fn end_in(&self, room: &RoomId, assistant: Option<&AssistantId>) {
        for entry in &self.running {
            let meant = assistant.is_none_or(|assistant| entry.answer.assistant == *assistant);
            if entry.answer.room == *room && meant {
                entry.cancel();
            }
        }
    }

    /// The server goes down: what is being written is kept as far as it is. Done when it is stored.
    pub async fn stop(&self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

impl Clinic {
    /// The assistants that somebody may ask.
    pub fn list_assistants(&self, actor: &Actor) -> Vec<protocol::Assistant> {
        let theirs = |assistant: &&Assistant| assistant.may_be_asked_by(actor.role).is_ok();
        self.assistants.list.iter().filter(theirs).map(Assistant::public).collect()
    }

    /// An assistant that is configured.
    pub(crate) fn assistant(&self, id: &AssistantId) -> Result<&Assistant> {
        self.has_assistants()?;
        Ok(self.assistants.find(id).ok_or(Code::NotFound)?)
    }

    /// Refuses where no assistant is configured.
    fn has_assistants(&self) -> Result<()> {
        if self.assistants.any() {
            return Ok(());
        }
        let refusal = Refusal::new(Code::Unavailable, "this server has no assistants");
        Err(refusal.retry_after_ms(NOT_HERE_MS).into())
    }
}
