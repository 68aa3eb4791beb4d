//! The two macros behind the tables: `events!` makes an enum of events from rows, `spoken!` gives a
//! payload its derives.

use serde::{Serialize, de::DeserializeOwned};

/// A payload that a client sends; what answers it is part of its type.
pub trait Ask: Serialize + DeserializeOwned {
    /// The event's name on the wire.
    const NAME: &'static str;
    /// What the server answers when it does not refuse.
    type Answer: Serialize + DeserializeOwned;
}

/// A payload that the server sends without being asked.
pub trait ServerPayload: Serialize + DeserializeOwned {
    /// The event's name on the wire.
    const NAME: &'static str;
}

/// What answers an event that has nothing to tell: `{}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Done {}

/// Makes an event enum from a table whose rows are `"wire:name" Payload -> Answer` (client) or
/// `"wire:name" Payload` (server), with a parser that goes by the name.
macro_rules! events {
    (client $(#[$meta:meta])* $Enum:ident { $($(#[doc = $summary:literal])+ $name:literal $Payload:ident -> $Answer:ident,)* }) => {
        events!(@enum $(#[$meta])* $Enum { $($(#[doc = $summary])+ $name $Payload,)* });

        $(impl $crate::Ask for $Payload {
            const NAME: &'static str = $name;
            type Answer = $Answer;
        })*

        #[cfg(feature = "schema")]
        impl $crate::schema::Catalogue for $Enum {
            fn rows(types: &mut schemars::SchemaGenerator) -> Vec<$crate::schema::Row> {
                vec![$($crate::schema::Row {
                    name: $name,
                    summary: concat!($($summary),+).trim(),
                    payload: types.subschema_for::<$Payload>(),
                    answer: Some(types.subschema_for::<$Answer>()),
                },)*]
            }
        }
    };
    (server $(#[$meta:meta])* $Enum:ident { $($(#[doc = $summary:literal])+ $name:literal $Payload:ident,)* }) => {
        events!(@enum $(#[$meta])* $Enum { $($(#[doc = $summary])+ $name $Payload,)* });

        $(impl $crate::ServerPayload for $Payload {
            const NAME: &'static str = $name;
        })*

        #[cfg(feature = "schema")]
        impl $crate::schema::Catalogue for $Enum {
            fn rows(types: &mut schemars::SchemaGenerator) -> Vec<$crate::schema::Row> {
                vec![$($crate::schema::Row {
                    name: $name,
                    summary: concat!($($summary),+).trim(),
                    payload: types.subschema_for::<$Payload>(),
                    answer: None,
                },)*]
            }
        }
    };
    (@enum $(#[$meta:meta])* $Enum:ident { $($(#[doc = $summary:literal])+ $name:literal $Payload:ident,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq)]
        pub enum $Enum {
            $($(#[doc = $summary])+ $Payload($Payload),)*
        }

        impl $Enum {
            /// The names of all events, in the order of the table.
            pub const NAMES: &'static [&'static str] = &[$($name),*];

            /// Read an event by its name and the JSON text of its data.
            pub fn parse(name: &str, data: &str) -> Result<Self, $crate::Refusal> {
                match name {
                    $($name => $crate::refusal::parse(data).map(Self::$Payload),)*
                    _ => Err($crate::Refusal::unknown_event()),
                }
            }

            /// The event's name on the wire.
            pub fn name(&self) -> &'static str {
                match self { $(Self::$Payload(_) => $name,)* }
            }
        }

        $(impl From<$Payload> for $Enum {
            fn from(payload: $Payload) -> Self {
                Self::$Payload(payload)
            }
        })*
    };
}

/// Derives for payloads. What a client says refuses unknown fields; what the server says lets a
/// client that is older than the server read on.
macro_rules! spoken {
    (client $($item:item)*) => {$(
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        $item
    )*};
    (server $($item:item)*) => {$(
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(rename_all = "camelCase")]
        $item
    )*};
    (words $($item:item)*) => {$(
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(rename_all = "snake_case")]
        $item
    )*};
}
