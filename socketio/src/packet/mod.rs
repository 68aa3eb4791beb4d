//! The codecs, pure: Socket.IO packets in [`decode`] and the encoders here, Engine.IO packets and polling payloads in
//! [`engine`], placeholders of binary packets in [`attachment`].
//!
//! Every encoder gives the whole Engine.IO message, with the leading `4`: what it gives goes on the wire as it is.

pub mod attachment;
mod decode;
pub mod engine;

use bytestring::ByteString;
use serde::Serialize;
use serde_json::Value;

pub use self::decode::{DecodeError, Event, Packet, decode};

/// The largest acknowledgement id: beyond it JavaScript loses precision.
pub const MAX_ACK_ID: u64 = (1 << 53) - 1;

/// The root namespace.
pub const ROOT: &str = "/";

/// Names that the protocol keeps for itself; nobody may send events with them.
pub const RESERVED_EVENTS: [&str; 6] =
    ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"];

/// The answer to a client that was let in. `pid` only where sessions can be recovered.
pub fn connect(namespace: &str, sid: &str, pid: Option<&str>) -> ByteString {
    #[derive(Serialize)]
    struct Answer<'a> {
        sid: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        pid: Option<&'a str>,
    }
    assemble("40", namespace, None, &json(&Answer { sid, pid }))
}

/// The answer to a client that was refused.
pub fn connect_error(namespace: &str, message: &str, data: Option<&Value>) -> ByteString {
    #[derive(Serialize)]
    struct Answer<'a> {
        message: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        data: Option<&'a Value>,
    }
    assemble("44", namespace, None, &json(&Answer { message, data }))
}

/// Tells the client that it has left the namespace.
pub fn disconnect(namespace: &str) -> ByteString {
    assemble("41", namespace, None, "")
}

/// An event; `array` is `["name",…]`.
pub fn event(namespace: &str, array: &str) -> ByteString {
    assemble("42", namespace, None, array)
}

/// An event that asks for an acknowledgement.
pub fn event_with_ack(namespace: &str, id: u64, array: &str) -> ByteString {
    assemble("42", namespace, Some(id), array)
}

/// The answer to an event that asked for one; `array` holds the answer's arguments.
pub fn acknowledgement(namespace: &str, id: u64, array: &str) -> ByteString {
    assemble("43", namespace, Some(id), array)
}

/// The head of a binary event; the attachments follow it as binary messages.
pub fn binary_event(namespace: &str, attachments: usize, id: Option<u64>, array: &str) -> ByteString {
    assemble(&format!("45{attachments}-"), namespace, id, array)
}

/// The head of a binary acknowledgement; the attachments follow it as binary messages.
pub fn binary_acknowledgement(namespace: &str, attachments: usize, id: u64, array: &str) -> ByteString {
    assemble(&format!("46{attachments}-"), namespace, Some(id), array)
}

/// The event with its offset as the last argument, as stock clients expect it where sessions can be recovered. `None` for
/// packets that are no events, or want an acknowledgement.
pub fn with_offset(packet: &ByteString, offset: u64) -> Option<ByteString> {
    let mut rest =
        packet.strip_prefix("42").or_else(|| Some(packet.strip_prefix("45")?.split_once('-')?.1))?;
    if rest.starts_with('/') {
        rest = rest.split_once(',')?.1;
    }
    let body = packet.strip_suffix(']')?;
    rest.starts_with('[').then(|| format!("{body},\"{offset}\"]").into())
}

/// `["name",…arguments]`: a sequence (tuple, slice) gives one argument for each element, `()` none, and anything else
/// is the only argument.
pub fn array(name: &str, arguments: &impl Serialize) -> Result<String, serde_json::Error> {
    let name = serde_json::to_string(name)?;
    let arguments = serde_json::to_string(arguments)?;
    let inner = arguments.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    Ok(match inner {
        Some("") => format!("[{name}]"),
        Some(inner) => format!("[{name},{inner}]"),
        None if arguments == "null" => format!("[{name}]"),
        None => format!("[{name},{arguments}]"),
    })
}

/// `[…arguments]`, by the rules of [`array()`].
pub fn answer(arguments: &impl Serialize) -> Result<String, serde_json::Error> {
    let arguments = serde_json::to_string(arguments)?;
    Ok(match arguments.as_str() {
        "null" => "[]".to_owned(),
        list if list.starts_with('[') => arguments,
        _ => format!("[{arguments}]"),
    })
}

fn assemble(head: &str, namespace: &str, id: Option<u64>, rest: &str) -> ByteString {
    // 20 digits of an id, and the comma.
    let mut text = String::with_capacity(head.len() + namespace.len() + rest.len() + 21);
    text.push_str(head);
    if namespace != ROOT {
        text.push_str(namespace);
        text.push(',');
    }
    if let Some(id) = id {
        text.push_str(&id.to_string());
    }
    text.push_str(rest);
    text.into()
}

/// JSON of a struct of strings, which cannot fail.
fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "{}".to_owned())
}

#[cfg(test)]
mod tests {
    use bytestring::ByteString;

    use super::{array, with_offset};

    #[test]
    fn arguments_are_spread_as_the_doc_says() {
        assert_eq!(array("a", &()).unwrap(), r#"["a"]"#);
        assert_eq!(array("a", &(1, "x")).unwrap(), r#"["a",1,"x"]"#);
        assert_eq!(array("a", &"x").unwrap(), r#"["a","x"]"#);
        assert_eq!(array("a", &[[1]]).unwrap(), r#"["a",[1]]"#);
    }

    #[test]
    fn only_events_without_an_id_get_an_offset() {
        let offset =
            |packet: &str| with_offset(&ByteString::from(packet), 7).map(|packet| packet.to_string());
        assert_eq!(offset(r#"42["a"]"#).as_deref(), Some(r#"42["a","7"]"#));
        assert_eq!(offset(r#"42/n,["a",1]"#).as_deref(), Some(r#"42/n,["a",1,"7"]"#));
        assert_eq!(offset(r#"452-["a"]"#).as_deref(), Some(r#"452-["a","7"]"#));
        for packet in [r#"421["a"]"#, r#"42/n,1["a"]"#, r#"451-1["a"]"#, "431[]", "40{}", "41"] {
            assert_eq!(offset(packet), None, "{packet}");
        }
    }
}
