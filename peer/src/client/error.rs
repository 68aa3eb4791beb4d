//! What a client may fail with, each saying what was expected of whom.

use std::time::Duration;

use bedside_protocol::{Code, Refusal, session::SessionClosing};

/// The server could not be reached, or does not let us in.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The server said no: `CONNECT_ERROR`, or an error frame.
    #[error("the server does not let us in: {message} ({})", code.map_or("no code", Code::as_str))]
    Rejected {
        /// The reason, for programs.
        code: Option<Code>,
        /// The reason, for people.
        message: String,
        /// Whatever else came with it.
        data: Option<serde_json::Value>,
    },
    /// The WebSocket handshake was answered with something else.
    #[error("the WebSocket handshake was answered with HTTP {status}: {body}")]
    Http {
        /// The status.
        status: u16,
        /// The body, or its beginning.
        body: String,
    },
    /// The connection ended before the session was ready.
    #[error("the connection ended before the session was ready: {0}")]
    Closed(Closed),
    /// There is no way to the server.
    #[error("cannot reach {url}: {cause}")]
    Unreachable {
        /// Where.
        url: String,
        /// Why.
        cause: String,
    },
    /// The server did not get to `session:ready` in time.
    #[error("no session:ready within {0:?}")]
    TimedOut(Duration),
}

impl ConnectError {
    /// The code of a refusal.
    pub fn code(&self) -> Option<Code> {
        match self {
            Self::Rejected { code, .. } => *code,
            Self::Http { .. } | Self::Closed(_) | Self::Unreachable { .. } | Self::TimedOut(_) => None,
        }
    }
}

/// A question got no answer that could be used.
#[derive(Debug, thiserror::Error)]
pub enum Unanswered {
    /// The server said no.
    #[error("{event} was refused: {refusal}")]
    Refused {
        /// What was asked.
        event: &'static str,
        /// Why not.
        refusal: Refusal,
    },
    /// The connection is gone, or went before the answer came.
    #[error("{event} was not answered: the connection is gone")]
    Lost {
        /// What was asked.
        event: &'static str,
    },
    /// The server is silent.
    #[error("{event} was not answered within {after:?}")]
    TimedOut {
        /// What was asked.
        event: &'static str,
        /// How long we waited.
        after: Duration,
    },
    /// The answer is not what the protocol says.
    #[error("{event} was answered with something that cannot be read: {cause}")]
    Garbled {
        /// What was asked.
        event: &'static str,
        /// What is wrong with it.
        cause: serde_json::Error,
    },
}

impl Unanswered {
    /// The refusal's code, where it is one.
    pub fn code(&self) -> Option<Code> {
        self.refusal().map(|refusal| refusal.code)
    }

    /// The refusal, where it is one.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused { refusal, .. } => Some(refusal),
            Self::Lost { .. } | Self::TimedOut { .. } | Self::Garbled { .. } => None,
        }
    }
}

/// An event that was waited for did not come, or came where none should.
#[derive(Debug, thiserror::Error)]
pub enum NotHeard {
    /// It did not come.
    #[error("no {event} within {after:?}; unheard meanwhile: [{unheard}]")]
    TimedOut {
        /// What was waited for.
        event: String,
        /// How long.
        after: Duration,
        /// The names of what came and was not asked for.
        unheard: String,
    },
    /// The connection ended first.
    #[error("no {event} before the connection ended: {closed}; unheard: [{unheard}]")]
    Closed {
        /// What was waited for.
        event: String,
        /// How it ended.
        closed: Closed,
        /// The names of what came and was not asked for.
        unheard: String,
    },
    /// It came and cannot be read.
    #[error("{event} came and cannot be read: {cause}")]
    Garbled {
        /// What came.
        event: String,
        /// What is wrong with it.
        cause: String,
    },
    /// It came, and should not have.
    #[error("{event} came, and should not have: {data}")]
    Heard {
        /// What came.
        event: String,
        /// Its data.
        data: String,
    },
    /// The round trip that proves the silence failed.
    #[error(transparent)]
    Ping(#[from] Unanswered),
}

/// How a connection ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Closed {
    /// The WebSocket close code; none where the connection just broke.
    pub code: Option<u16>,
    /// What the close frame says, or what broke.
    pub reason: String,
    /// What the server said before, if it did.
    pub closing: Option<SessionClosing>,
    /// Whether a Socket.IO DISCONNECT came: the stock client does not come back by itself then.
    pub disconnected: bool,
}

impl std::fmt::Display for Closed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.code {
            Some(code) => write!(f, "closed with {code} {:?}", self.reason),
            None => write!(f, "broken: {}", self.reason),
        }?;
        match &self.closing {
            Some(closing) => write!(f, " after session:closing {}", closing.code),
            None => Ok(()),
        }
    }
}
