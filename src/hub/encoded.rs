//! A server event as text: encoded once, shared by all its recipients.

use bedside_protocol::ServerPayload;
use bytestring::ByteString;

/// An event's name and the JSON text of its data. Cloning counts a reference.
#[derive(Clone)]
pub struct Encoded {
    /// The name on the wire.
    pub name: &'static str,
    /// The data, a JSON object.
    pub data: ByteString,
}

impl Encoded {
    /// Encode a payload.
    pub fn new<P: ServerPayload>(payload: &P) -> Self {
        // Payloads are structs with string keys, which always encode; were one not to, its recipients
        // would see an empty object and the log would say why.
        let data = serde_json::to_string(payload).unwrap_or_else(|error| {
            tracing::error!(event = P::NAME, %error, "a server event could not be encoded");
            "{}".to_owned()
        });
        Self { name: P::NAME, data: data.into() }
    }

    /// Bytes that it takes in a replay buffer, roughly.
    pub fn len(&self) -> usize {
        self.name.len() + self.data.len()
    }

    /// Never: an event has a name.
    pub fn is_empty(&self) -> bool {
        false
    }
}
