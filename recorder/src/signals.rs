//! How a recorder speaks with the server, whether it lives in its process or at the other end of a socket: events by name,
//! with their data as JSON text.

use bedside_protocol::{Ask, Refusal, ServerPayload};
use tokio::sync::{mpsc, oneshot};

/// Events that may wait in each direction: more than all legs of a full recorder say when they begin at once.
pub const MAX_WAITING: usize = 1_024;

/// What the recorder says.
#[derive(Debug)]
pub struct Said {
    /// The event's name on the wire.
    pub event: &'static str,
    /// Its data, as JSON.
    pub data: String,
    /// Where the answer goes, as JSON; none where nobody waits for it.
    pub answer: Option<oneshot::Sender<Result<String, Refusal>>>,
}

/// What the recorder hears.
#[derive(Debug)]
pub struct Heard {
    /// The event's name on the wire.
    pub event: String,
    /// Its data, as JSON.
    pub data: String,
}

/// Both directions. Where `heard` ends, the connection is gone: the recorder goes on with what it records, and is given new
/// signals when there is a new one.
#[derive(Debug)]
pub struct Signals {
    /// What the recorder says.
    pub say: mpsc::Sender<Said>,
    /// What it hears.
    pub heard: mpsc::Receiver<Heard>,
}

impl Signals {
    /// Both ends of a connection: the recorder's, and the server's.
    pub fn pair() -> (Self, mpsc::Receiver<Said>, mpsc::Sender<Heard>) {
        let (say, said) = mpsc::channel(MAX_WAITING);
        let (hear, heard) = mpsc::channel(MAX_WAITING);
        (Self { say, heard }, said, hear)
    }
}

impl Said {
    /// An event whose answer nobody waits for.
    pub fn only<E: Ask>(event: &E) -> Result<Self, serde_json::Error> {
        Ok(Self { event: E::NAME, data: serde_json::to_string(event)?, answer: None })
    }

    /// An event, and where its answer will be.
    pub fn ask<E: Ask>(event: &E) -> Result<(Self, Answer), serde_json::Error> {
        let (answer, answered) = oneshot::channel();
        let said = Self { event: E::NAME, data: serde_json::to_string(event)?, answer: Some(answer) };
        Ok((said, answered))
    }
}

/// An answer that is awaited; it errs where the connection is gone.
pub type Answer = oneshot::Receiver<Result<String, Refusal>>;

impl Heard {
    /// An event of the server's.
    pub fn from<E: ServerPayload>(event: &E) -> Result<Self, serde_json::Error> {
        Ok(Self { event: E::NAME.to_owned(), data: serde_json::to_string(event)? })
    }
}
