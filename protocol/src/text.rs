//! Texts and times: parsed at the edge, silent in `Debug`.

use std::fmt;

use chrono::{DateTime, SecondsFormat, SubsecRound, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident { chars: $chars:literal, bytes: $bytes:expr })*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Serialize)]
        #[serde(transparent)]
        pub struct $name(Box<str>);

        impl $name {
            /// The longest text taken, in characters.
            pub const MAX_CHARS: usize = $chars;
            /// The longest text taken, in bytes.
            pub const MAX_BYTES: usize = $bytes;

            /// Take a text that came from outside. NUL is refused, since PostgreSQL cannot keep it.
            pub fn parse(text: &str) -> Result<Self, BadText> {
                if text.len() > Self::MAX_BYTES || text.chars().count() > Self::MAX_CHARS {
                    Err(BadText::TooLong(Self::MAX_CHARS))
                } else if text.trim().is_empty() {
                    Err(BadText::Empty)
                } else if text.contains('\0') {
                    Err(BadText::Nul)
                } else {
                    Ok(Self(text.into()))
                }
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({} bytes)"), self.0.len())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
            }
        }

        #[cfg(feature = "schema")]
        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "minLength": 1, "maxLength": $chars })
            }
        }
    )*};
}

texts! {
    /// What a person wrote in the chat.
    ChatText { chars: 4_000, bytes: 16 * 1024 }
    /// What a person is called.
    Name { chars: 200, bytes: 800 }
    /// Why something was done: a line, not an essay.
    Reason { chars: 500, bytes: 2_000 }
    /// What a conversation with an assistant is called.
    Title { chars: 200, bytes: 800 }
}

/// Why a text is not taken. The leading code is what the client is told, see [`crate::refusal::parse`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadText {
    /// Nothing but white space.
    #[error("[malformed] the text is empty")]
    Empty,
    /// More than this many characters, or too many bytes.
    #[error("[too_large] the text has more than {0} characters")]
    TooLong(usize),
    /// It holds U+0000.
    #[error("[malformed] the text holds a NUL character")]
    Nul,
}

/// What a message says, or a piece of what an assistant says: longer than what a person may write, and perhaps empty.
#[derive(Clone, PartialEq, Eq, Default, Serialize)]
#[serde(transparent)]
pub struct Passage(Box<str>);

impl Passage {
    /// The longest one, in bytes. An answer that grows beyond it is ended.
    pub const MAX_BYTES: usize = 64 * 1024;

    /// Take a text that came from outside.
    pub fn parse(text: &str) -> Result<Self, BadText> {
        if text.len() > Self::MAX_BYTES {
            Err(BadText::TooLong(Self::MAX_BYTES))
        } else if text.contains('\0') {
            Err(BadText::Nul)
        } else {
            Ok(Self(text.into()))
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<ChatText> for Passage {
    fn from(text: ChatText) -> Self {
        Self(text.0)
    }
}

impl fmt::Debug for Passage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Passage({} bytes)", self.0.len())
    }
}

impl<'de> Deserialize<'de> for Passage {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Passage {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Passage".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "maxLength": Self::MAX_BYTES })
    }
}

/// A bearer token on its way in. `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Token(String);

impl Token {
    /// The token, to be verified and nothing else.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for Token {
    fn from(token: String) -> Self {
        Self(token)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

/// A moment: RFC 3339, UTC, milliseconds (`2026-11-01T09:30:00.000Z`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(DateTime<Utc>);

impl Timestamp {
    /// The moment as a time.
    pub fn time(self) -> DateTime<Utc> {
        self.0
    }
}

impl From<DateTime<Utc>> for Timestamp {
    fn from(time: DateTime<Utc>) -> Self {
        Self(time.trunc_subsecs(3))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0.to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        DateTime::<Utc>::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Timestamp {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Timestamp".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "format": "date-time" })
    }
}
