//! A client of Bedside's protocol: one session, which lives through its connections.
//!
//! Every wait here ends: with what was waited for, or after [`PATIENCE`] with an error that says what was
//! missing and what came instead. Nothing sleeps.

mod connect;
mod error;
mod frame;
mod inbox;
mod pump;
mod wire;

use std::{
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bedside_protocol::{
    Ask, ServerEvent, ServerPayload,
    ids::RoomId,
    session::{SessionPing, SessionReady},
};
use serde_json::value::RawValue;
use tokio::sync::{mpsc, oneshot};
use tokio_tungstenite::tungstenite::Message;
use tokio_util::task::TaskTracker;

pub use self::{
    connect::{Connect, Resume},
    error::{Closed, ConnectError, NotHeard, Unanswered},
    frame::{Framing, Heard},
};
use self::{frame::Answered, inbox::Inbox, pump::Command};

/// How long an answer or an event may take before it counts as missing.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// Frames that wait for the socket. More would mean that the server takes nothing; sending waits then.
const MAX_COMMANDS: usize = 256;

/// A session with a server. Clones are handles to the same one; when the last is dropped, the connection
/// is cut.
#[derive(Debug, Clone)]
pub struct Client(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    connect: Connect,
    inbox: Arc<Inbox>,
    line: Mutex<Line>,
    tasks: TaskTracker,
}

/// The connections of a session: the one that is used, and those that have fallen silent.
#[derive(Debug)]
struct Line {
    current: mpsc::Sender<Command>,
    silent: Vec<mpsc::Sender<Command>>,
}

impl Client {
    /// Connect, and wait until the session is ready.
    pub async fn connect(connect: Connect) -> Result<Self, ConnectError> {
        let (inbox, tasks) = (Arc::new(Inbox::default()), TaskTracker::new());
        let current = establish(&connect, &inbox, &tasks).await?;
        let line = Mutex::new(Line { current, silent: Vec::new() });
        Ok(Self(Arc::new(Shared { connect, inbox, line, tasks })))
    }

    /// Ask, and wait for the answer.
    pub async fn ask<A: Ask>(&self, payload: A) -> Result<A::Answer, Unanswered> {
        let event = A::NAME;
        let data = serde_json::to_string(&payload).map_err(|cause| Unanswered::Garbled { event, cause })?;
        let answer = self.question(event, event, &data).await?;
        serde_json::from_str(answer.get()).map_err(|cause| Unanswered::Garbled { event, cause })
    }

    /// Ask with any name and data, for what the types cannot say.
    pub async fn ask_raw(
        &self,
        name: &str,
        data: &serde_json::Value,
    ) -> Result<serde_json::Value, Unanswered> {
        let event = "an event";
        let answer = self.question(event, name, &data.to_string()).await?;
        serde_json::from_str(answer.get()).map_err(|cause| Unanswered::Garbled { event, cause })
    }

    async fn question(
        &self,
        event: &'static str,
        name: &str,
        data: &str,
    ) -> Result<Box<RawValue>, Unanswered> {
        self.put(event, name, data).await?.answer().await
    }

    /// Ask with data as it stands, now; the answer is waited for apart, so that questions go out in order.
    pub async fn begin_ask(&self, event: &'static str, data: &str) -> Result<Pending, Unanswered> {
        self.put(event, event, data).await
    }

    async fn put(&self, event: &'static str, name: &str, data: &str) -> Result<Pending, Unanswered> {
        let (id, answer) = self.0.inbox.question();
        let frame = frame::event(self.0.connect.framing, name, data, Some(id));
        let pending = Pending { event, id, answer, inbox: Arc::clone(&self.0.inbox) };
        if self.send(Message::text(frame)).await { Ok(pending) } else { Err(Unanswered::Lost { event }) }
    }

    /// Send without asking for an answer; a refusal comes back as the event `error`.
    pub async fn tell<A: Ask>(&self, payload: A) -> Result<(), Unanswered> {
        let event = A::NAME;
        let data = serde_json::to_string(&payload).map_err(|cause| Unanswered::Garbled { event, cause })?;
        let frame = frame::event(self.0.connect.framing, event, &data, None);
        if self.send(Message::text(frame)).await { Ok(()) } else { Err(Unanswered::Lost { event }) }
    }

    /// Send a frame as it stands, however wrong. Says whether there was a connection to send it on.
    pub async fn send_raw(&self, frame: impl Into<RawFrame>) -> bool {
        self.send(frame.into().0).await
    }

    async fn send(&self, message: Message) -> bool {
        let line = self.line().current.clone();
        line.send(Command::Send(message)).await.is_ok()
    }

    /// Wait for the next event of this type; others stay where they are, in order.
    pub async fn hears<P: ServerPayload>(&self) -> Result<P, NotHeard> {
        let heard = self.take(Some(P::NAME)).await?;
        serde_json::from_str(heard.data.get()).map_err(|error| garbled(&heard, &error))
    }

    /// Wait for the next event of any type.
    pub async fn next_event(&self) -> Result<ServerEvent, NotHeard> {
        let heard = self.next_heard().await?;
        ServerEvent::parse(&heard.name, heard.data.get()).map_err(|error| garbled(&heard, &error))
    }

    /// Wait for the next event of any type, and take it unread, with its offset.
    pub async fn next_heard(&self) -> Result<Heard, NotHeard> {
        self.take(None).await
    }

    async fn take(&self, name: Option<&str>) -> Result<Heard, NotHeard> {
        let inbox = &self.0.inbox;
        let event = name.unwrap_or("event");
        // After the end nothing more can come, so there is nothing to wait for.
        let heard = inbox.until(|state| match state.take(name) {
            Some(heard) => Some(Ok(heard)),
            None => state.closed.is_some().then(|| Err(state.silence(event, PATIENCE))),
        });
        let heard = tokio::time::timeout(PATIENCE, heard).await;
        heard.unwrap_or_else(|_elapsed| Err(inbox.state().silence(event, PATIENCE)))
    }

    /// Make sure that no event of this type has come, by a round trip: the server answers in order, so what
    /// it sent before is here when the answer is.
    pub async fn hears_nothing_of<P: ServerPayload>(&self) -> Result<(), NotHeard> {
        self.ask(SessionPing {}).await?;
        match self.0.inbox.state().take(Some(P::NAME)) {
            None => Ok(()),
            Some(Heard { name: event, data, .. }) => Err(NotHeard::Heard { event, data: data.to_string() }),
        }
    }

    /// Everything of `webrtc:*` in `room` from now on: for calls.
    pub(crate) fn signals(&self, room: &RoomId) -> mpsc::Receiver<Heard> {
        self.0.inbox.tap(room)
    }

    /// The `session:ready` of the connection that is open, or of the last.
    pub fn ready(&self) -> Option<SessionReady> {
        self.0.inbox.state().ready.clone()
    }

    /// With what this session can be resumed by another client.
    pub fn resumption(&self) -> Option<Resume> {
        let state = self.0.inbox.state();
        Some(Resume { id: state.resume_id.clone()?, offset: state.offset.clone() })
    }

    /// Cut the connection without a word to the server, as when a phone changes networks.
    pub async fn drop_connection(&self) {
        let line = self.line().current.clone();
        if line.send(Command::Cut).await.is_ok() {
            self.closed().await;
        }
    }

    /// Neither read nor write any more, but keep the socket open: the server has to find out by itself.
    pub async fn fall_silent(&self) {
        let line = self.line().current.clone();
        self.line().silent.push(line.clone());
        if line.send(Command::FallSilent).await.is_ok() {
            self.closed().await;
        }
    }

    /// Connect again and come back to the session. Says whether that worked; where it did not, the session
    /// is a new one and its rooms have to be joined again.
    pub async fn resume(&self) -> Result<bool, ConnectError> {
        self.come_back(self.resumption()).await
    }

    /// Connect again without coming back to the session, as an app that was started anew.
    pub async fn reconnect(&self) -> Result<(), ConnectError> {
        self.come_back(None).await.map(|_resumed| ())
    }

    async fn come_back(&self, resume: Option<Resume>) -> Result<bool, ConnectError> {
        if self.0.inbox.state().closed.is_none() {
            self.drop_connection().await;
        }
        let mut connect = Connect { resume, ..self.0.connect.clone() };
        if let (Some(_), Some(ready)) = (&connect.resume, self.ready()) {
            // A full server takes back whom it knows.
            let and = if connect.query.is_empty() { "" } else { "&" };
            connect.query = format!("{}{and}session={}", connect.query, ready.session_id);
        }
        let line = establish(&connect, &self.0.inbox, &self.0.tasks).await?;
        self.line().current = line;
        Ok(self.ready().is_some_and(|ready| ready.resumed))
    }

    /// Close politely and wait for the other side.
    pub async fn close(&self) -> Closed {
        let line = self.line().current.clone();
        if line.send(Command::Close).await.is_err() {
            tracing::debug!("the connection had ended before it was closed");
        }
        self.closed().await
    }

    /// Wait for the end of the connection and say how it ended. A connection that does not end in time is
    /// cut, and the answer says so.
    pub async fn closed(&self) -> Closed {
        let end = self.0.inbox.until(|state| state.closed.clone());
        if let Ok(closed) = tokio::time::timeout(PATIENCE, end).await {
            return closed;
        }
        let line = self.line().current.clone();
        if line.send(Command::Cut).await.is_err() {
            tracing::debug!("the connection ended while it was cut");
        }
        self.0.inbox.until(|state| state.closed.clone()).await
    }

    /// Wait until there is a connection again; at once where there is one.
    pub(crate) async fn connected(&self) {
        self.0.inbox.until(|state| (state.ready.is_some() && state.closed.is_none()).then_some(())).await;
    }

    fn line(&self) -> std::sync::MutexGuard<'_, Line> {
        self.0.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A question that was asked.
#[derive(Debug)]
pub struct Pending {
    event: &'static str,
    id: u64,
    answer: oneshot::Receiver<Answered>,
    inbox: Arc<Inbox>,
}

impl Pending {
    /// Wait for the answer, which is JSON.
    pub async fn answer(self) -> Result<Box<RawValue>, Unanswered> {
        let Self { event, id, answer, inbox } = self;
        match tokio::time::timeout(PATIENCE, answer).await {
            Ok(Ok(answered)) => answered.map_err(|refusal| Unanswered::Refused { event, refusal }),
            Ok(Err(_connection_ended)) => Err(Unanswered::Lost { event }),
            Err(_elapsed) => {
                inbox.forget(id);
                Err(Unanswered::TimedOut { event, after: PATIENCE })
            }
        }
    }
}

/// A WebSocket frame as tests need it.
#[derive(Debug)]
pub struct RawFrame(Message);

impl From<&str> for RawFrame {
    fn from(text: &str) -> Self {
        Self(Message::text(text))
    }
}

impl From<Vec<u8>> for RawFrame {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Message::binary(bytes))
    }
}

/// Open a connection and wait until its session is ready, or for the reason why it is not.
async fn establish(
    connect: &Connect,
    inbox: &Arc<Inbox>,
    tasks: &TaskTracker,
) -> Result<mpsc::Sender<Command>, ConnectError> {
    in_time(async {
        let socket = wire::open(connect).await?;
        let (line, commands) = mpsc::channel(MAX_COMMANDS);
        inbox.begin();
        let mut hello = connect.hello();
        if connect.framing == Framing::Plain
            && let Some(hello) = hello.take()
            && line.send(Command::Send(Message::text(hello))).await.is_err()
        {
            tracing::debug!("the connection ended before its first frame");
        }
        tasks.spawn(pump::run(socket, connect.framing, hello, commands, Arc::clone(inbox)));
        inbox
            .until(|state| match (&state.ready, &state.closed) {
                (Some(_), None) => Some(Ok(())),
                _ if state.rejected.is_some() => state.rejected.take().map(Err),
                (_, Some(closed)) => Some(Err(ConnectError::Closed(closed.clone()))),
                (None, None) => None,
            })
            .await?;
        Ok(line)
    })
    .await
}

async fn in_time<T>(connecting: impl Future<Output = Result<T, ConnectError>>) -> Result<T, ConnectError> {
    let connected = tokio::time::timeout(PATIENCE, connecting).await;
    connected.unwrap_or(Err(ConnectError::TimedOut(PATIENCE)))
}

fn garbled(heard: &Heard, cause: &impl ToString) -> NotHeard {
    NotHeard::Garbled { event: heard.name.clone(), cause: cause.to_string() }
}
