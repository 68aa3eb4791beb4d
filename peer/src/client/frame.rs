//! The two framings as text, both ways: Socket.IO v5 over Engine.IO v4, and plain JSON frames. Pure.

use bedside_protocol::Refusal;
use serde::Deserialize;
use serde_json::value::RawValue;

/// How events are put into WebSocket frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// `42["name",{…}]` at `/socket.io/`, as stock Socket.IO clients speak.
    SocketIo,
    /// `{"event":"name","data":{…}}` at `/ws`.
    Plain,
}

/// A server event as it came: not yet read, so that what cannot be read can be shown.
#[derive(Debug, Clone)]
pub struct Heard {
    /// The event's name.
    pub name: String,
    /// Its data, as JSON text.
    pub data: Box<RawValue>,
    /// Its place in the session's replay buffer.
    pub offset: Option<String>,
}

/// What answers an event: the answer's JSON, or a refusal.
pub(super) type Answered = Result<Box<RawValue>, Refusal>;

/// What a frame from the server says.
#[derive(Debug)]
pub(super) enum Incoming {
    /// Engine.IO is open: say who you are.
    Opened,
    /// Engine.IO asks whether we are there: answer with this frame.
    Pinged(String),
    /// We are in, perhaps with an id to come back with.
    Connected { resume_id: Option<String> },
    /// We are not let in.
    Rejected(Rejection),
    /// An event.
    Event(Heard),
    /// The answer to the event with this number.
    Answer(u64, Answered),
    /// The server ends this session; we shall not come back by ourselves.
    Disconnected,
    /// Nothing that concerns us.
    Nothing,
}

/// Why the server does not let somebody in.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Rejection {
    pub(super) message: String,
    #[serde(default)]
    pub(super) data: Option<serde_json::Value>,
}

/// The server sent a frame that is none.
#[derive(Debug, thiserror::Error)]
#[error("the server sent a frame that cannot be read ({0})")]
pub(super) struct Garbled(&'static str);

/// An event for the server.
pub(super) fn event(framing: Framing, name: &str, data: &str, ack: Option<u64>) -> String {
    let name = serde_json::Value::from(name);
    match (framing, ack) {
        (Framing::SocketIo, Some(id)) => format!("42{id}[{name},{data}]"),
        (Framing::SocketIo, None) => format!("42[{name},{data}]"),
        (Framing::Plain, Some(id)) => format!(r#"{{"id":{id},"event":{name},"data":{data}}}"#),
        (Framing::Plain, None) => format!(r#"{{"event":{name},"data":{data}}}"#),
    }
}

/// Read a frame.
pub(super) fn read(framing: Framing, text: &str) -> Result<Incoming, Garbled> {
    match framing {
        Framing::SocketIo => engine_io(text),
        Framing::Plain => plain(text),
    }
}

fn engine_io(text: &str) -> Result<Incoming, Garbled> {
    let mut characters = text.chars();
    match characters.next() {
        Some('0') => Ok(Incoming::Opened),
        Some('1') => Ok(Incoming::Disconnected),
        Some('2') => Ok(Incoming::Pinged(format!("3{}", characters.as_str()))),
        Some('4') => socket_io(characters.as_str()),
        Some('3' | '6') => Ok(Incoming::Nothing),
        _ => Err(Garbled("no Engine.IO packet")),
    }
}

fn socket_io(text: &str) -> Result<Incoming, Garbled> {
    #[derive(Deserialize)]
    struct Connected {
        #[serde(default)]
        pid: Option<String>,
    }

    let mut characters = text.chars();
    let kind = characters.next();
    let rest = characters.as_str();
    match kind {
        Some('0') => {
            let Connected { pid } = json(rest, "CONNECT")?;
            Ok(Incoming::Connected { resume_id: pid })
        }
        Some('1') => Ok(Incoming::Disconnected),
        Some('2') => {
            let json = rest.trim_start_matches(|c: char| c.is_ascii_digit());
            let mut parts = array(json, "EVENT")?.into_iter();
            let (Some(name), Some(data)) = (parts.next(), parts.next()) else {
                return Err(Garbled("EVENT without name and data"));
            };
            let offset = parts.next().map(|offset| self::json(offset.get(), "offset")).transpose()?;
            Ok(Incoming::Event(Heard { name: self::json(name.get(), "event name")?, data, offset }))
        }
        Some('3') => {
            let start = rest.find('[').ok_or(Garbled("ACK without arguments"))?;
            let (id, json) = rest.split_at(start);
            let id = id.parse().map_err(|_not_a_number| Garbled("ACK without a number"))?;
            let mut parts = array(json, "ACK")?.into_iter();
            let (Some(answer), None) = (parts.next(), parts.next()) else {
                return Err(Garbled("ACK with more or less than one argument"));
            };
            Ok(Incoming::Answer(id, answered(answer)?))
        }
        Some('4') => Ok(Incoming::Rejected(json(rest, "CONNECT_ERROR")?)),
        _ => Err(Garbled("no Socket.IO packet that is known")),
    }
}

/// The answer to a question is one object; it is a refusal where it has a key `error`.
fn answered(answer: Box<RawValue>) -> Result<Answered, Garbled> {
    #[derive(Deserialize)]
    struct Refused {
        #[serde(default)]
        error: Option<Refusal>,
    }

    let Refused { error } = json(answer.get(), "answer")?;
    Ok(error.map_or(Ok(answer), Err))
}

fn plain(text: &str) -> Result<Incoming, Garbled> {
    #[derive(Deserialize)]
    struct Plain {
        id: Option<u64>,
        event: Option<String>,
        data: Option<Box<RawValue>>,
        offset: Option<String>,
        error: Option<Refusal>,
    }

    match json(text, "frame")? {
        Plain { id: None, event: Some(name), data: Some(data), offset, .. } => {
            Ok(Incoming::Event(Heard { name, data, offset }))
        }
        Plain { id: Some(id), error: Some(refusal), .. } => Ok(Incoming::Answer(id, Err(refusal))),
        Plain { id: Some(id), data: Some(data), .. } => Ok(Incoming::Answer(id, Ok(data))),
        Plain { id: None, error: Some(refusal), .. } => {
            let data = serde_json::to_value(&refusal).ok();
            Ok(Incoming::Rejected(Rejection { message: refusal.message, data }))
        }
        _ => Err(Garbled("a frame that is neither event nor answer")),
    }
}

fn json<'a, T: Deserialize<'a>>(text: &'a str, what: &'static str) -> Result<T, Garbled> {
    serde_json::from_str(text).map_err(|_unreadable| Garbled(what))
}

fn array(text: &str, what: &'static str) -> Result<Vec<Box<RawValue>>, Garbled> {
    json(text, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_framings_say_the_same() {
        for (framing, frame) in [
            (Framing::SocketIo, r#"42["chat:typing",{"roomId":"r"},"7"]"#),
            (Framing::Plain, r#"{"event":"chat:typing","data":{"roomId":"r"},"offset":"7"}"#),
        ] {
            let Ok(Incoming::Event(heard)) = read(framing, frame) else { panic!("no event in {frame}") };
            assert_eq!((heard.name.as_str(), heard.data.get()), ("chat:typing", r#"{"roomId":"r"}"#));
            assert_eq!(heard.offset.as_deref(), Some("7"));
        }
    }

    #[test]
    fn an_answer_with_the_key_error_is_a_refusal() {
        for (framing, frame) in [
            (Framing::SocketIo, r#"4312[{"error":{"code":"not_found","message":"no"}}]"#),
            (Framing::Plain, r#"{"id":12,"error":{"code":"not_found","message":"no"}}"#),
        ] {
            let Ok(Incoming::Answer(12, Err(refusal))) = read(framing, frame) else { panic!("{frame}") };
            assert_eq!(refusal.code.as_str(), "not_found");
        }
        let Ok(Incoming::Answer(0, Ok(answer))) = read(Framing::SocketIo, r#"430[{"serverTime":"x"}]"#)
        else {
            panic!("no answer")
        };
        assert_eq!(answer.get(), r#"{"serverTime":"x"}"#);
    }

    #[test]
    fn what_is_no_frame_is_refused_and_not_guessed_at() {
        for frame in ["", "9", "42", "42[]", "42{}", "43[{}]", "4x", "42[1,{}]", "451-[\"a\",{}]"] {
            assert!(read(Framing::SocketIo, frame).is_err(), "{frame}");
        }
        for frame in ["", "[]", "{}", r#"{"id":1}"#, r#"{"event":"a"}"#] {
            assert!(read(Framing::Plain, frame).is_err(), "{frame}");
        }
    }
}
