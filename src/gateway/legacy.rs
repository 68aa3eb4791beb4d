//! What the product was called before: event names and payload spellings of older clients, behind
//! `compat.legacy_event_names`. Translated at the border; nothing else knows of it.

use std::borrow::Cow;

use bedside_protocol::Refusal;
use serde_json::{Map, Value};

/// Old name, new name.
pub const NAMES: [(&str, &str); 11] = [
    ("join_consultation_room", "webrtc:join_room"),
    ("webrtc_offer", "webrtc:offer"),
    ("webrtc_answer", "webrtc:answer"),
    ("webrtc_ice_candidate", "webrtc:ice_candidate"),
    ("join_room", "chat:join_room"),
    ("send_message", "chat:send_message"),
    ("typing", "chat:typing"),
    ("stop_typing", "chat:stop_typing"),
    ("mark_seen", "chat:mark_seen"),
    ("leave_room", "chat:leave_room"),
    ("identify_as_doctor", "presence:set"),
];

/// Server events whose old names an old client listens for.
const HEARD: [(&str, &str); 5] = [
    ("webrtc:offer", "webrtc_offer"),
    ("webrtc:answer", "webrtc_answer"),
    ("webrtc:ice_candidate", "webrtc_ice_candidate"),
    ("chat:typing", "typing"),
    ("chat:stop_typing", "stop_typing"),
];

/// Other spellings of a field: what it is now, what it was.
const FIELDS: [(&str, &[&str]); 3] = [
    ("roomId", &["chatId", "conversationId", "consultationId"]),
    ("content", &["message", "text"]),
    ("sdp", &["offer", "answer"]),
];

/// The new name of an event, if its name is an old one.
pub fn new_name(name: &str) -> Option<&'static str> {
    NAMES.iter().find(|(old, _)| *old == name).map(|(_, new)| *new)
}

/// The name under which an old client hears an event.
pub fn old_name(name: &'static str) -> &'static str {
    HEARD.iter().find(|(new, _)| *new == name).map_or(name, |(_, old)| *old)
}

/// The data of an event in today's spelling. `argument` is its JSON text.
pub fn translate<'a>(name: &str, argument: &'a str) -> Result<Cow<'a, str>, Refusal> {
    let value: Value = bedside_protocol::refusal::parse(argument)?;
    let mut fields = match value {
        Value::String(room) => Map::from_iter([("roomId".to_owned(), Value::String(room))]),
        Value::Object(fields) => fields,
        Value::Null => Map::new(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) => return Ok(Cow::Borrowed(argument)),
    };
    for (now, before) in FIELDS {
        for old in before {
            if !fields.contains_key(now)
                && let Some(value) = fields.remove(*old)
            {
                fields.insert(now.to_owned(), value);
            }
        }
    }
    if name == "presence:set" {
        fields = Map::from_iter([("status".to_owned(), Value::String("available".to_owned()))]);
    }
    Ok(Cow::Owned(Value::Object(fields).to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_room_id_and_old_field_names_are_understood() {
        assert_eq!(translate("chat:join_room", r#""r1""#).unwrap(), r#"{"roomId":"r1"}"#);
        let sent = translate("chat:send_message", r#"{"chatId":"r1","text":"hello"}"#).unwrap();
        assert_eq!(sent, r#"{"content":"hello","roomId":"r1"}"#);
        let offer =
            translate("webrtc:offer", r#"{"consultationId":"r1","offer":{"type":"offer","sdp":"v=0"}}"#);
        assert_eq!(offer.unwrap(), r#"{"roomId":"r1","sdp":{"sdp":"v=0","type":"offer"}}"#);
    }
}
