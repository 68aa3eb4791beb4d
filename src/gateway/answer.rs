//! What answers an event, as JSON text.

use bedside_protocol::{Refusal, session::ErrorEvent};
use bytestring::ByteString;
use serde::Serialize;

use crate::{
    error::{Error, Result},
    hub::Encoded,
};

/// The outcome of an event, ready to be spelled in either framing.
#[derive(Debug)]
pub enum Answer {
    /// The answer's JSON object.
    Done(ByteString),
    /// Refused, and why.
    Refused(Refusal),
}

impl Answer {
    /// The outcome of a verb.
    pub fn new<T: Serialize>(outcome: Result<T>) -> Self {
        let encoded = outcome.and_then(|answer| serde_json::to_string(&answer).map_err(Error::fault));
        match encoded {
            Ok(json) => Self::Done(json.into()),
            Err(error) => Self::Refused(error.into_refusal()),
        }
    }

    /// The one object that Socket.IO acknowledges with: the answer itself, or `{ "error": … }`.
    pub fn object(&self) -> ByteString {
        match self {
            Self::Done(json) => json.clone(),
            Self::Refused(refusal) => format!(r#"{{"error":{}}}"#, refusal_json(refusal)).into(),
        }
    }
}

/// A refusal's JSON object.
pub fn refusal_json(refusal: &Refusal) -> String {
    serde_json::to_string(refusal).unwrap_or_else(|_| r#"{"code":"internal","message":""}"#.to_owned())
}

/// The event `error`, for who has not asked for an acknowledgement.
pub fn error_event(event: Option<&str>, error: Refusal) -> Encoded {
    // An event's name is the client's: no longer than the longest that there is.
    let event = event.map(|name| name.chars().take(64).collect());
    Encoded::new(&ErrorEvent { event, error })
}
