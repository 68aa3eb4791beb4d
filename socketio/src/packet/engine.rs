//! Engine.IO packets, and the payloads that long-polling packs them into.

use std::time::Duration;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;
use bytestring::ByteString;
use serde::Serialize;

use crate::options::Options;

/// Stands between the packets of a polling payload; JSON text cannot hold it.
pub const SEPARATOR: char = '\u{1e}';

/// The close packet.
pub const CLOSE: ByteString = ByteString::from_static("1");
/// The server's ping.
pub const PING: ByteString = ByteString::from_static("2");
/// The answer to a WebSocket that probes for an upgrade.
pub const PROBE_PONG: ByteString = ByteString::from_static("3probe");
/// Says nothing: ends a poll.
pub const NOOP: ByteString = ByteString::from_static("6");

/// What travels on a transport, in either direction: text is `<type><data>`, binary is a message as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// A packet with its type digit.
    Text(ByteString),
    /// A binary message.
    Binary(Bytes),
}

impl Frame {
    /// The bytes that it keeps in memory.
    pub fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Binary(bytes) => bytes.len(),
        }
    }

    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A packet of a client, sorted by its type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Packet {
    /// The client goes.
    Close,
    /// A ping with its data: only a probe is legal, on a WebSocket that asks to take over.
    Ping(ByteString),
    /// The answer to the server's ping.
    Pong,
    /// A text message.
    Message(ByteString),
    /// A binary message.
    Binary(Bytes),
    /// The upgrade is complete.
    Upgrade,
    /// Of no meaning from a client: open and noop.
    Ignored,
}

/// The text or payload is not of this protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("malformed Engine.IO packet")]
pub struct Malformed;

/// Sorts what a transport brought.
pub fn decode(frame: Frame) -> Result<Packet, Malformed> {
    let text = match frame {
        Frame::Binary(bytes) => return Ok(Packet::Binary(bytes)),
        Frame::Text(text) => text,
    };
    let mut characters = text.chars();
    let kind = characters.next().ok_or(Malformed)?;
    let data = text.slice_ref(characters.as_str());
    match kind {
        '0' | '6' => Ok(Packet::Ignored),
        '1' => Ok(Packet::Close),
        '2' => Ok(Packet::Ping(data)),
        '3' => Ok(Packet::Pong),
        '4' => Ok(Packet::Message(data)),
        '5' => Ok(Packet::Upgrade),
        _ => Err(Malformed),
    }
}

/// Packs packets into the body of a poll's answer.
pub fn encode_payload(frames: &[Frame]) -> String {
    let mut payload = String::with_capacity(frames.iter().map(|frame| frame.len() * 4 / 3 + 5).sum());
    for (index, frame) in frames.iter().enumerate() {
        if index > 0 {
            payload.push(SEPARATOR);
        }
        match frame {
            Frame::Text(text) => payload.push_str(text),
            Frame::Binary(bytes) => {
                payload.push('b');
                BASE64_STANDARD.encode_string(bytes, &mut payload);
            }
        }
    }
    payload
}

/// Unpacks the body of a POST. One malformed packet makes the whole body malformed.
pub fn decode_payload(body: &ByteString) -> Result<Vec<Frame>, Malformed> {
    body.split(SEPARATOR)
        .map(|packet| match packet.strip_prefix('b') {
            Some(base64) => BASE64_STANDARD
                .decode(base64)
                .map(|bytes| Frame::Binary(bytes.into()))
                .map_err(|_error| Malformed),
            None if packet.starts_with(|kind: char| matches!(kind, '0'..='6')) => {
                Ok(Frame::Text(body.slice_ref(packet)))
            }
            None => Err(Malformed),
        })
        .collect()
}

/// The first packet of a session. The keys and their number are the protocol's.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Open<'a> {
    sid: &'a str,
    upgrades: &'a [&'a str],
    ping_interval: u64,
    ping_timeout: u64,
    max_payload: usize,
}

impl<'a> Open<'a> {
    pub(crate) fn new(sid: &'a str, upgrades: &'a [&'a str], options: &Options) -> Self {
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        Self {
            sid,
            upgrades,
            ping_interval: millis(options.ping_interval),
            ping_timeout: millis(options.ping_timeout),
            max_payload: options.max_payload,
        }
    }

    pub(crate) fn encode(&self) -> ByteString {
        format!("0{}", super::json(self)).into()
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use bytestring::ByteString;

    use super::{Frame, decode_payload, encode_payload};

    #[test]
    fn a_payload_carries_text_and_binary_in_order() {
        let frames = vec![
            Frame::Text("4hé".into()),
            Frame::Binary(Bytes::from_static(&[1, 2, 3, 4])),
            Frame::Text("2".into()),
        ];
        assert_eq!(encode_payload(&frames), "4hé\u{1e}bAQIDBA==\u{1e}2");
        assert_eq!(decode_payload(&ByteString::from(encode_payload(&frames))), Ok(frames));
    }

    #[test]
    fn empty_unknown_and_badly_encoded_packets_spoil_the_payload() {
        for body in ["", "4a\u{1e}", "4a\u{1e}\u{1e}4b", "abc", "7", "bAQ", "b====", "é", "bAQIDBA==\n"] {
            assert!(decode_payload(&ByteString::from(body)).is_err(), "{body:?}");
        }
    }
}
