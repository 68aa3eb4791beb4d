//! Long-polling: what a client misses while it does not poll comes when it is back, in order.

use bedside_protocol::{ids::RoomId, session::Role};
use serde_json::{Value, json};

use crate::harness::Server;

const PATH: &str = "/socket.io/?EIO=4&transport=polling";
/// Between the packets of one answer.
const SEPARATOR: char = '\u{1e}';

/// A Socket.IO client that only polls, written by hand so that it can stop in the middle.
struct Poller<'a> {
    server: &'a Server,
    path: String,
    heard: Vec<String>,
}

/// An event with its data and its place in the session.
struct Event {
    name: String,
    data: Value,
    offset: Option<String>,
}

impl<'a> Poller<'a> {
    /// Connect with this CONNECT payload; gives the `pid` too.
    async fn enter(server: &'a Server, auth: Value) -> (Self, String) {
        let opened = server.anyone("GET", PATH).go().await;
        let open: Value = serde_json::from_str(opened.body.strip_prefix('0').unwrap()).unwrap();
        let path = format!("{PATH}&sid={}", open["sid"].as_str().unwrap());
        let mut poller = Self { server, path, heard: Vec::new() };
        poller.say(&format!("40{auth}")).await;
        // What was missed comes before the answer, and stock clients keep it until then.
        let mut missed = Vec::new();
        let connected: Value = loop {
            let packet = poller.hear(|_| true).await;
            match packet.strip_prefix("40") {
                Some(connected) => break serde_json::from_str(connected).unwrap(),
                None => missed.push(packet),
            }
        };
        poller.heard.splice(..0, missed);
        (poller, connected["pid"].as_str().unwrap().to_owned())
    }

    async fn say(&self, packet: &str) {
        let said = self.server.anyone("POST", &self.path).body("text/plain;charset=UTF-8", packet.as_bytes());
        assert_eq!(said.go().await.body, "ok");
    }

    /// The next packet that is meant, and nothing of what came before it.
    async fn hear(&mut self, meant: impl Fn(&str) -> bool) -> String {
        loop {
            while !self.heard.is_empty() {
                let packet = self.heard.remove(0);
                if meant(&packet) {
                    return packet;
                }
            }
            let polled = self.server.anyone("GET", &self.path).go().await;
            assert_eq!(polled.status, 200, "{polled:?}");
            self.heard = polled.body.split(SEPARATOR).map(str::to_owned).collect();
        }
    }

    async fn hear_event(&mut self) -> Event {
        let packet = self.hear(|packet| packet.starts_with("42")).await;
        let event: Vec<Value> = serde_json::from_str(packet.trim_start_matches("42")).unwrap();
        let (name, data, offset) = match event.as_slice() {
            [name, data] => (name.clone(), data.clone(), None),
            [name, data, offset] => (name.clone(), data.clone(), Some(offset.as_str().unwrap().to_owned())),
            other => panic!("{other:?}"),
        };
        Event { name: name.as_str().unwrap().to_owned(), data, offset }
    }

    async fn join_chat(&mut self, room: &RoomId) {
        self.say(&format!(r#"427["chat:join_room",{}]"#, json!({ "roomId": room }))).await;
        self.hear(|packet| packet.starts_with("437[")).await;
    }
}

#[tokio::test]
async fn a_polling_client_that_comes_back_gets_what_it_missed_in_order() {
    // More than one answer to a poll takes, and more than may wait for a slow reader.
    const MISSED: u64 = 300;
    let server = Server::with(&[("limits.chat_burst", "1000000")]).await;
    let room = server.visit("anna", "ben").await;
    let anna = server.doctor("anna").await;
    anna.join_chat(&room).await;
    let token = Server::token("ben", Role::Patient);
    let (mut ben, pid) = Poller::enter(&server, json!({ "token": token })).await;
    let first = ben.hear_event().await;
    assert_eq!((first.name.as_str(), &first.data["resumed"]), ("session:ready", &json!(false)));
    ben.join_chat(&room).await;
    anna.say(&room, "before").await;
    let last = ben.hear_event().await;
    assert_eq!((last.name.as_str(), &last.data["seq"]), ("chat:message", &json!(1)));

    // Ben polls no more, and nobody has noticed yet.
    for number in 0..MISSED {
        anna.say(&room, &format!("message {number}")).await;
    }
    let back = json!({ "token": token, "pid": pid, "offset": last.offset });
    let (mut ben, again) = Poller::enter(&server, back).await;

    assert_eq!(again, pid);
    for seq in 2..=MISSED + 1 {
        let missed = ben.hear_event().await;
        assert_eq!((missed.name.as_str(), &missed.data["seq"]), ("chat:message", &json!(seq)));
    }
    let ready = ben.hear_event().await;
    assert_eq!((ready.name.as_str(), &ready.data["resumed"]), ("session:ready", &json!(true)));
    anna.say(&room, "and on").await;
    assert_eq!(ben.hear_event().await.data["seq"], json!(MISSED + 2));
}
