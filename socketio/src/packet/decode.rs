//! Text of a client into a [`Packet`]: the reference parser's rules, and stricter where it lets nonsense pass.

use std::{borrow::Cow, fmt};

use bytes::Bytes;
use bytestring::ByteString;
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

use super::{MAX_ACK_ID, RESERVED_EVENTS, ROOT};

/// Why a text is no packet that a client may send.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The first character is no packet type of a client.
    #[error("unknown packet type")]
    Type,
    /// The number of attachments is missing or no plain number.
    #[error("malformed number of attachments")]
    Attachments,
    /// More attachments than the limit, or binary packets where none are wanted.
    #[error("too many attachments")]
    TooManyAttachments,
    /// The acknowledgement id is missing where one is needed, or above 2^53 − 1.
    #[error("malformed acknowledgement id")]
    AckId,
    /// The payload is no JSON, or not of the shape that the type asks for.
    #[error("malformed payload")]
    Payload,
    /// The event's name is one of [`RESERVED_EVENTS`].
    #[error("reserved event name")]
    ReservedEvent,
}

/// A packet of a client.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the fields are those of the protocol, and the same in every variant")]
pub enum Packet {
    /// Asks to enter a namespace; `auth` is a JSON object.
    Connect { namespace: ByteString, auth: Option<ByteString> },
    /// Leaves a namespace.
    Disconnect { namespace: ByteString },
    /// An event; `attachments` more binary messages belong to it.
    Event { namespace: ByteString, event: Event, attachments: usize },
    /// The answer to an event of the server; `payload` is a JSON array.
    Ack { namespace: ByteString, id: u64, payload: ByteString, attachments: usize },
}

/// One event of a client.
#[derive(Clone, Debug)]
pub struct Event {
    /// The JSON text `["name",…]`. Where there are attachments, `{"_placeholder":true,"num":k}` stands for the k-th.
    pub payload: ByteString,
    /// The binary arguments, in the order of their numbers.
    pub attachments: Vec<Bytes>,
    /// The id to answer with, if an answer is asked for.
    pub ack: Option<u64>,
    name: ByteString,
    first: Option<ByteString>,
}

impl Event {
    /// Reads and checks `["name",…]`. How deep its arguments are nested is not looked at: they stay text here, and whoever
    /// reads them refuses what is too deep for them, as `serde_json` does.
    pub fn parse(payload: ByteString, ack: Option<u64>) -> Result<Self, DecodeError> {
        let Shape { name, first } = serde_json::from_str(&payload).map_err(|_error| DecodeError::Payload)?;
        if RESERVED_EVENTS.contains(&name.as_ref()) {
            return Err(DecodeError::ReservedEvent);
        }
        let name = match name {
            Cow::Borrowed(name) => payload.slice_ref(name),
            Cow::Owned(name) => name.into(),
        };
        let first = first.map(|first| payload.slice_ref(first.get()));
        Ok(Self { payload, attachments: Vec::new(), ack, name, first })
    }

    /// The event's name, unescaped. The protocol allows a number; it is given as its digits.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The JSON text of the first argument.
    pub fn first(&self) -> Option<&ByteString> {
        self.first.as_ref()
    }

    /// The arguments as JSON texts.
    pub fn arguments(&self) -> Vec<&RawValue> {
        // It was checked when the event was made; the name comes first.
        let mut all: Vec<&RawValue> = serde_json::from_str(&self.payload).unwrap_or_default();
        if !all.is_empty() {
            all.remove(0);
        }
        all
    }

    /// The arguments as they stand in the text, between name and bracket: empty, or `,…`.
    pub fn tail(&self) -> &str {
        let Some(first) = &self.first else { return "" };
        let text: &str = &self.payload;
        let offset = first.as_bytes().as_ptr() as usize - text.as_ptr() as usize;
        text.get(offset..).and_then(|tail| tail.trim_end().strip_suffix(']')).unwrap_or_default()
    }
}

/// Reads a Socket.IO packet: the text of an Engine.IO message without its leading `4`.
pub fn decode(text: &ByteString, max_attachments: usize) -> Result<Packet, DecodeError> {
    let mut characters = text.chars();
    let kind = characters.next().ok_or(DecodeError::Type)?;
    let mut rest = characters.as_str();

    let mut attachments = 0;
    if matches!(kind, '5' | '6') {
        let (digits, after) = rest.split_once('-').ok_or(DecodeError::Attachments)?;
        attachments = number(digits).filter(|&count| count > 0).ok_or(DecodeError::Attachments)?;
        if attachments > max_attachments as u64 {
            return Err(DecodeError::TooManyAttachments);
        }
        rest = after;
    }
    let attachments = usize::try_from(attachments).map_err(|_error| DecodeError::TooManyAttachments)?;

    let mut namespace = ByteString::from_static(ROOT);
    if rest.starts_with('/') {
        let (name, after) = rest.split_once(',').unwrap_or((rest, ""));
        namespace = text.slice_ref(name);
        rest = after;
    }

    let after = rest.trim_start_matches(|character: char| character.is_ascii_digit());
    let digits = rest.strip_suffix(after).unwrap_or_default();
    let id = match digits {
        "" => None,
        digits => Some(number(digits).filter(|&id| id <= MAX_ACK_ID).ok_or(DecodeError::AckId)?),
    };
    let payload = after;

    match kind {
        '0' => Ok(Packet::Connect { namespace, auth: connect_payload(text, payload)? }),
        '1' if payload.is_empty() => Ok(Packet::Disconnect { namespace }),
        '1' => Err(DecodeError::Payload),
        '2' | '5' => {
            Ok(Packet::Event { namespace, event: Event::parse(text.slice_ref(payload), id)?, attachments })
        }
        '3' | '6' => {
            let id = id.ok_or(DecodeError::AckId)?;
            serde_json::from_str::<Vec<IgnoredAny>>(payload).map_err(|_error| DecodeError::Payload)?;
            Ok(Packet::Ack { namespace, id, payload: text.slice_ref(payload), attachments })
        }
        _ => Err(DecodeError::Type),
    }
}

/// Plain ASCII digits, at most as many as 2^53 has.
fn number(digits: &str) -> Option<u64> {
    let plain = (1..=16).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    if plain { digits.parse().ok() } else { None }
}

fn connect_payload(text: &ByteString, payload: &str) -> Result<Option<ByteString>, DecodeError> {
    if payload.is_empty() {
        return Ok(None);
    }
    if !payload.starts_with('{') || serde_json::from_str::<IgnoredAny>(payload).is_err() {
        return Err(DecodeError::Payload);
    }
    Ok(Some(text.slice_ref(payload)))
}

/// `["name",first,…]` in one pass.
struct Shape<'a> {
    name: Cow<'a, str>,
    first: Option<&'a RawValue>,
}

impl<'de> Deserialize<'de> for Shape<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Array;

        impl<'de> Visitor<'de> for Array {
            type Value = Shape<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an array that begins with the event's name")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<Self::Value, A::Error> {
                let Name(name) =
                    array.next_element()?.ok_or_else(|| serde::de::Error::invalid_length(0, &self))?;
                let first = array.next_element()?;
                while array.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Shape { name, first })
            }
        }

        deserializer.deserialize_seq(Array)
    }
}

struct Name<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct StringOrNumber;

        impl<'de> Visitor<'de> for StringOrNumber {
            type Value = Name<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a string or a number")
            }

            fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Borrowed(name)))
            }

            fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Owned(name.to_owned())))
            }

            fn visit_u64<E>(self, name: u64) -> Result<Self::Value, E> {
                Ok(Name(Cow::Owned(name.to_string())))
            }

            fn visit_i64<E>(self, name: i64) -> Result<Self::Value, E> {
                Ok(Name(Cow::Owned(name.to_string())))
            }

            fn visit_f64<E>(self, name: f64) -> Result<Self::Value, E> {
                Ok(Name(Cow::Owned(name.to_string())))
            }
        }

        deserializer.deserialize_any(StringOrNumber)
    }
}

#[cfg(test)]
mod tests {
    use bytestring::ByteString;

    use super::{DecodeError, Packet, decode};

    fn read(text: &str) -> Result<Packet, DecodeError> {
        decode(&ByteString::from(text), 10)
    }

    #[test]
    fn an_event_keeps_its_namespace_id_name_and_arguments() {
        let Ok(Packet::Event { namespace, event, attachments }) =
            read(r#"2/chat,12["caf\u00e9",{"a":1},2 ]"#)
        else {
            panic!("no event");
        };
        assert_eq!((&*namespace, event.ack, event.name(), attachments), ("/chat", Some(12), "café", 0));
        assert_eq!(event.arguments().iter().map(|raw| raw.get()).collect::<Vec<_>>(), [r#"{"a":1}"#, "2"]);
        assert_eq!(event.tail(), r#"{"a":1},2 "#);
    }

    #[test]
    fn id_zero_is_an_id_and_a_namespace_without_comma_reaches_to_the_end() {
        assert!(matches!(read(r#"20["a"]"#), Ok(Packet::Event { event, .. }) if event.ack == Some(0)));
        assert!(
            matches!(read("0/custom"), Ok(Packet::Connect { namespace, auth: None }) if namespace == "/custom")
        );
        assert!(matches!(read(r#"2/a["b"]"#), Err(DecodeError::Payload)));
    }

    #[test]
    fn what_is_no_packet_is_refused() {
        for text in [
            "",
            "7",
            "x",
            "é",
            "4{}",
            "0[]",
            "0null",
            "0{}{}",
            "1{}",
            "2",
            "2{}",
            "2[]",
            "2[null]",
            "2[{}]",
            "2-1[\"a\"]",
            "21.5[\"a\"]",
            "2[\"a\"] x",
            "2[\"a\"",
            "3[]",
            "31",
            "31{}",
            "5[\"a\"]",
            "50-[\"a\"]",
            "511-[\"a\"]",
            "5+1-[\"a\"]",
            "50x1-[\"a\"]",
            "5 1-[\"a\"]",
            "29007199254740992[\"a\"]",
            "2[\"connect\"]",
            "2[\"\\u0063onnect\"]",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
        assert!(read(r#"29007199254740991["a"]"#).is_ok());
        assert!(read(r"2[5,1]").is_ok());
    }

    #[test]
    fn how_deep_arguments_are_nested_is_not_this_layers_concern() {
        let nested = |depth: usize| format!(r#"2["a",{}1{}]"#, "[".repeat(depth), "]".repeat(depth));
        assert!(read(&nested(40_000)).is_ok());
        assert!(read(&format!(r#"2["a",{}"#, "[".repeat(40_000))).is_err());
    }
}
