//! A client that speaks bytes, logged in: it can break every rule, and need not read.

use bedside_peer::Framing;
use bedside_protocol::session::Role;
use serde_json::{Value, json};

use super::Server;
use crate::bytes::{Client, Heard};

pub const FRAMINGS: [Framing; 2] = [Framing::SocketIo, Framing::Plain];

/// The path of a WebSocket of this framing.
pub fn path(framing: Framing) -> &'static str {
    match framing {
        Framing::SocketIo => "/socket.io/?EIO=4&transport=websocket",
        Framing::Plain => "/ws",
    }
}

/// The first message of a client.
pub fn hello(framing: Framing, token: &str) -> String {
    match framing {
        Framing::SocketIo => format!("40{}", json!({ "token": token })),
        Framing::Plain => event(framing, 0, "session:authenticate", &json!({ "token": token }).to_string()),
    }
}

/// An event that wants an answer. `data` is sent as it stands.
pub fn event(framing: Framing, id: u64, name: &str, data: &str) -> String {
    match framing {
        Framing::SocketIo => format!(r#"42{id}["{name}",{data}]"#),
        Framing::Plain => format!(r#"{{"id":{id},"event":"{name}","data":{data}}}"#),
    }
}

/// Connected and logged in; what comes first was read.
pub async fn enter(server: &Server, user: &str, role: Role, framing: Framing) -> Client {
    let (mut client, status, head) = Client::upgrade(server.address(), path(framing), "").await;
    assert_eq!(status, 101, "{head}");
    client.say(&hello(framing, &Server::token(user, role))).await;
    while !client.hear_text().await.contains("session:ready") {}
    client
}

/// Ask, and read until the answer comes: as it came, and its JSON object.
pub async fn ask(client: &mut Client, framing: Framing, name: &str, data: &str) -> (String, Value) {
    client.say(&event(framing, 7, name, data)).await;
    loop {
        let text = match client.hear().await {
            Heard::Text(text) => text,
            other => panic!("{name} was answered with {other:?}"),
        };
        let (start, end) = match framing {
            Framing::SocketIo => ("437[", "]"),
            Framing::Plain => (r#"{"id":7,"#, ""),
        };
        if let Some(answer) = text.strip_prefix(start).and_then(|rest| rest.strip_suffix(end)) {
            let answer = match framing {
                Framing::SocketIo => serde_json::from_str(answer).unwrap(),
                Framing::Plain => serde_json::from_str(&text).unwrap(),
            };
            return (text, answer);
        }
    }
}
