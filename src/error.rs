//! Two kinds of "no": a refusal, which the client is told, and a fault, which the log is told.

use bedside_protocol::{Code, Refusal, ids::MessageId};

/// The outcome of a verb.
pub type Result<T> = std::result::Result<T, Error>;

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The client's doing, or a limit.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Ours. Logged once at the border, never sent.
    #[error("internal fault")]
    Fault(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<Code> for Error {
    fn from(code: Code) -> Self {
        Self::Refused(code.into())
    }
}

impl Error {
    /// A fault with its cause.
    pub fn fault(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Fault(cause.into())
    }

    /// What the client is told. A fault is logged here, once, under an incident id.
    pub fn into_refusal(self) -> Refusal {
        match self {
            Self::Refused(refusal) => refusal,
            Self::Fault(cause) => {
                // A message id is as good an incident id as any: unique and ordered by time.
                let incident = MessageId::new();
                tracing::error!(%incident, %cause, "an operation failed");
                metrics::counter!("bedside_faults_total").increment(1);
                Refusal { incident: Some(incident.to_string().into()), ..Code::Internal.into() }
            }
        }
    }
}
