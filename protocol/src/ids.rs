//! Identifiers. Each is its own type, so that a room cannot be passed where a user is meant.
//!
//! On the wire they are opaque strings of 1 to 128 bytes without control characters; those that
//! Bedside makes are UUIDs. Cloning one counts a reference.

use std::{borrow::Borrow, fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, de::Error};
use uuid::Uuid;

/// The longest identifier, in bytes.
pub const MAX_ID_BYTES: usize = 128;

/// The text is no identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an id has 1 to 128 bytes and no control characters")]
pub struct NotAnId;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident $(or $impossible:literal)?),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Take a text that came from outside.
            pub fn parse(text: &str) -> Result<Self, NotAnId> {
                let fits = (1..=MAX_ID_BYTES).contains(&text.len()) && !text.chars().any(char::is_control);
                if fits { Ok(Self(text.into())) } else { Err(NotAnId) }
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                Self(uuid.to_string().into())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, NotAnId> {
                Self::parse(text)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                Self::parse(&text)$(.or(Ok::<_, NotAnId>(Self($impossible.into()))))?.map_err(D::Error::custom)
            }
        }

        #[cfg(feature = "schema")]
        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "minLength": 1, "maxLength": MAX_ID_BYTES })
            }
        }
    )*};
}

ids! {
    /// A consultation and its room. A text that cannot be an id names no room, and is answered like a
    /// room that does not exist.
    RoomId or "",
    /// A person, as the identity provider calls them. The same over sessions and reconnects.
    UserId,
    /// One authenticated connection, living through reconnects. Public.
    SessionId,
    /// What a client shows to get its session back. Secret.
    ResumeId,
    /// A session that entered a call. Derived from user and instance, so that it outlives the server.
    PeerId,
    /// A page's or app's life, made by the client.
    InstanceId,
    /// One chat message.
    MessageId,
    /// What a client calls a message, so that a retry is the same message.
    ClientMessageId,
    /// An attachment.
    AttachmentId,
    /// A recording.
    RecordingId,
    /// An assistant, as the operator calls it. An answer has the id of the message that it becomes.
    AssistantId,
}

#[expect(clippy::disallowed_methods, reason = "the one place where ids are made")]
mod make {
    use super::{AttachmentId, MessageId, PeerId, RecordingId, ResumeId, RoomId, SessionId, Uuid};

    macro_rules! make {
        ($($name:ident $version:ident),* $(,)?) => {$(
            impl $name {
                /// A fresh id.
                #[expect(clippy::new_without_default, reason = "no two are equal")]
                pub fn new() -> Self {
                    Uuid::$version().into()
                }
            }
        )*};
    }

    // Version 7 is ordered by time, which keeps indexes dense; what must not be guessed is version 4.
    make! { RoomId now_v7, MessageId now_v7, SessionId new_v4, PeerId new_v4, ResumeId new_v4, RecordingId now_v7, AttachmentId new_v4 }
}
