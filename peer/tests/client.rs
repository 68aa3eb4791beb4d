//! The client against a server that says what the script says, on both framings.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

use std::net::SocketAddr;

use bedside_peer::client::{Client, Closed, Connect, ConnectError, Framing, NotHeard, Unanswered};
use bedside_protocol::{
    Code,
    chat::{ChatTyping, ChatTypingHeard},
    ids::RoomId,
    session::{SessionHeartbeat, SessionPing, SessionReady},
    webrtc::WebrtcPeerAway,
};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::{
    WebSocketStream, accept_async,
    tungstenite::{
        Message,
        protocol::{CloseFrame, frame::coding::CloseCode},
    },
};

/// A server whose connections the test plays by hand.
struct Server(TcpListener);

/// The server's side of a connection.
struct Line {
    socket: WebSocketStream<TcpStream>,
    framing: Framing,
}

impl Server {
    async fn start() -> (Self, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        (Self(listener), address)
    }

    /// Take a connection as far as the frame that says who comes.
    async fn accept(&self, framing: Framing) -> (Line, Value) {
        let (stream, _) = self.0.accept().await.unwrap();
        let mut line = Line { socket: accept_async(stream).await.unwrap(), framing };
        let hello = match framing {
            Framing::SocketIo => {
                line.say(r#"0{"sid":"e","upgrades":[],"pingInterval":25000,"pingTimeout":20000}"#).await;
                serde_json::from_str(line.hear().await.strip_prefix("40").unwrap()).unwrap()
            }
            Framing::Plain => serde_json::from_str::<Value>(&line.hear().await).unwrap()["data"].clone(),
        };
        (line, hello)
    }
}

impl Line {
    async fn say(&mut self, frame: impl Into<String>) {
        self.socket.send(Message::text(frame.into())).await.unwrap();
    }

    async fn hear(&mut self) -> String {
        self.socket.next().await.unwrap().unwrap().into_text().unwrap().to_string()
    }

    async fn emit(&mut self, name: &str, data: Value, offset: &str) {
        match self.framing {
            Framing::SocketIo => self.say(format!("42{}", json!([name, data, offset]))).await,
            Framing::Plain => {
                self.say(json!({ "event": name, "data": data, "offset": offset }).to_string()).await;
            }
        }
    }

    async fn ready(&mut self, resumed: bool) {
        match self.framing {
            Framing::SocketIo => self.say(r#"40{"sid":"s","pid":"pid-1"}"#).await,
            Framing::Plain => self.say(r#"{"id":0,"data":{"sessionId":"s"}}"#).await,
        }
        let ready = json!({
            "sessionId": "s", "serverTime": "2026-11-01T09:30:00.000Z", "resumed": resumed,
            "user": { "id": "u", "name": "Ann", "role": "doctor" }, "heartbeatMs": 25000, "resumeWindowMs": 120_000,
            "limits": {
                "maxPayload": 1, "chatCharacters": 1, "sdpBytes": 1, "candidateBytes": 1, "roomsPerSession": 1,
                "peersPerCall": 1, "pageEvents": 1,
            },
            "features": [], "resumeId": (self.framing == Framing::Plain).then_some("pid-1"),
        });
        match self.framing {
            Framing::SocketIo => self.say(format!("42{}", json!(["session:ready", ready]))).await,
            Framing::Plain => self.say(json!({ "event": "session:ready", "data": ready }).to_string()).await,
        }
    }

    /// Take a question, and answer it with what the script says.
    async fn answer(&mut self, answer: Value) -> String {
        let asked = self.hear().await;
        match self.framing {
            Framing::SocketIo => {
                let id: String =
                    asked.trim_start_matches("42").chars().take_while(char::is_ascii_digit).collect();
                self.say(format!("43{id}{}", json!([answer]))).await;
            }
            Framing::Plain => {
                let id = serde_json::from_str::<Value>(&asked).unwrap()["id"].clone();
                let refused = answer.get("error").is_some();
                let mut frame = if refused { answer } else { json!({ "data": answer }) };
                frame["id"] = id;
                self.say(frame.to_string()).await;
            }
        }
        asked
    }

    async fn typing(&mut self, user: &str, offset: &str) {
        self.emit("chat:typing", json!({ "roomId": "r", "userId": user, "name": null }), offset).await;
    }
}

async fn meet(framing: Framing) -> (Server, Line, Client) {
    let (server, address) = Server::start().await;
    let connect = Connect::to(format!("http://{address}"), "token-1").framing(framing);
    let (client, line) = tokio::join!(Client::connect(connect), async {
        let (mut line, hello) = server.accept(framing).await;
        assert_eq!(hello["token"], "token-1");
        line.ready(false).await;
        line
    });
    (server, line, client.unwrap())
}

const BOTH: [Framing; 2] = [Framing::SocketIo, Framing::Plain];

#[tokio::test]
async fn an_answer_comes_back_to_its_question() {
    for framing in BOTH {
        let (_server, mut line, client) = meet(framing).await;
        let pong = json!({ "serverTime": "2026-11-01T09:30:00.000Z" });
        let (answer, asked) = tokio::join!(client.ask(SessionPing {}), line.answer(pong));
        assert!(asked.contains("session:ping"), "{asked}");
        answer.unwrap();
        let ready = client.hears::<SessionReady>().await.unwrap();
        assert_eq!((ready.user.id.as_str(), Some(&ready)), ("u", client.ready().as_ref()));
    }
}

#[tokio::test]
async fn a_refusal_is_told_from_an_answer() {
    for framing in BOTH {
        let (_server, mut line, client) = meet(framing).await;
        let refusal = json!({ "error": { "code": "not_found", "message": "no such room" } });
        let room_id = RoomId::parse("r").unwrap();
        let (answer, _) = tokio::join!(client.ask(ChatTyping { room_id }), line.answer(refusal));
        assert_eq!(answer.unwrap_err().code(), Some(Code::NotFound));
    }
}

#[tokio::test]
async fn what_is_waited_for_is_taken_out_of_order_and_the_rest_stays() {
    for framing in BOTH {
        let (_server, mut line, client) = meet(framing).await;
        line.typing("a", "1").await;
        line.emit("webrtc:peer_away", json!({ "roomId": "r", "peerId": "p" }), "2").await;
        line.typing("b", "3").await;
        assert_eq!(client.hears::<WebrtcPeerAway>().await.unwrap().peer_id.as_str(), "p");
        assert_eq!(client.hears::<ChatTypingHeard>().await.unwrap().user_id.as_str(), "a");
        assert_eq!(client.hears::<ChatTypingHeard>().await.unwrap().user_id.as_str(), "b");
        assert_eq!(client.resumption().unwrap().offset.as_deref(), Some("3"));
    }
}

#[tokio::test]
async fn silence_is_proved_by_a_round_trip() {
    for framing in BOTH {
        let (_server, mut line, client) = meet(framing).await;
        let pong = json!({ "serverTime": "2026-11-01T09:30:00.000Z" });
        let (silent, _) =
            tokio::join!(client.hears_nothing_of::<ChatTypingHeard>(), line.answer(pong.clone()));
        silent.unwrap();
        line.typing("a", "1").await;
        let (silent, _) = tokio::join!(client.hears_nothing_of::<ChatTypingHeard>(), line.answer(pong));
        assert!(matches!(silent, Err(NotHeard::Heard { .. })));
    }
}

#[tokio::test]
async fn of_heartbeats_only_the_newest_is_kept() {
    let (_server, mut line, client) = meet(Framing::Plain).await;
    for seq in [1, 2] {
        let data = json!({ "serverTime": "2026-11-01T09:30:00.000Z", "rooms": { "r": seq } });
        line.emit("session:heartbeat", data, "1").await;
    }
    line.typing("a", "1").await;
    client.hears::<ChatTypingHeard>().await.unwrap();
    assert_eq!(client.hears::<SessionHeartbeat>().await.unwrap().rooms.values().copied().max(), Some(2));
    let pong = json!({ "serverTime": "2026-11-01T09:30:00.000Z" });
    let (silent, _) = tokio::join!(client.hears_nothing_of::<SessionHeartbeat>(), line.answer(pong));
    silent.unwrap();
}

#[tokio::test]
async fn a_dropped_session_is_resumed_from_the_last_offset() {
    for framing in BOTH {
        let (server, mut line, client) = meet(framing).await;
        line.typing("a", "offset-1").await;
        client.hears::<ChatTypingHeard>().await.unwrap();
        client.drop_connection().await;
        assert!(matches!(client.ask(SessionPing {}).await, Err(Unanswered::Lost { .. })));

        let (resumed, (_line, hello)) = tokio::join!(client.resume(), async {
            let (mut line, hello) = server.accept(framing).await;
            line.typing("b", "offset-2").await;
            line.ready(true).await;
            (line, hello)
        });
        assert!(resumed.unwrap());
        let (id, offset) = match framing {
            Framing::SocketIo => (&hello["pid"], &hello["offset"]),
            Framing::Plain => (&hello["resume"]["id"], &hello["resume"]["offset"]),
        };
        assert_eq!((id, offset), (&json!("pid-1"), &json!("offset-1")));
        assert_eq!(client.hears::<ChatTypingHeard>().await.unwrap().user_id.as_str(), "b");
    }
}

#[tokio::test]
async fn a_silent_client_keeps_its_socket_and_answers_no_ping() {
    let (_server, mut line, client) = meet(Framing::SocketIo).await;
    client.fall_silent().await;
    line.say("2").await;
    let open = tokio::time::timeout(std::time::Duration::from_millis(100), line.socket.next()).await;
    assert!(open.is_err(), "neither a pong nor an end may come: {open:?}");
    drop(client);
    assert!(line.socket.next().await.is_none_or(|end| end.is_err()));
}

#[tokio::test]
async fn an_engine_io_ping_is_answered() {
    let (_server, mut line, _client) = meet(Framing::SocketIo).await;
    line.say("2").await;
    assert_eq!(line.hear().await, "3");
}

#[tokio::test]
async fn a_rejected_token_is_told_with_its_code() {
    for framing in BOTH {
        let (server, address) = Server::start().await;
        let connect = Connect::to(format!("http://{address}"), "old").framing(framing);
        let (client, ()) = tokio::join!(Client::connect(connect), async {
            let (mut line, _) = server.accept(framing).await;
            line.say(match framing {
                Framing::SocketIo => r#"44{"message":"too old","data":{"code":"token_expired"}}"#,
                Framing::Plain => r#"{"error":{"code":"token_expired","message":"too old"}}"#,
            })
            .await;
        });
        let error = client.unwrap_err();
        assert_eq!(error.code(), Some(Code::TokenExpired), "{error}");
    }
}

#[tokio::test]
async fn the_end_of_a_session_is_told_with_what_the_server_said_before() {
    let (_server, mut line, client) = meet(Framing::Plain).await;
    let closing =
        json!({ "code": 4413, "message": "draining", "action": "reconnect", "reconnectAfterMs": 5 });
    line.emit("session:closing", closing, "1").await;
    let close = CloseFrame { code: CloseCode::Library(4413), reason: "draining".into() };
    line.socket.close(Some(close)).await.unwrap();
    let Closed { code, reason, closing, .. } = client.closed().await;
    assert_eq!((code, reason.as_str()), (Some(4413), "draining"));
    assert_eq!(closing.unwrap().reconnect_after_ms, Some(5));
    assert!(matches!(client.hears::<ChatTypingHeard>().await, Err(NotHeard::Closed { .. })));
}

#[tokio::test]
async fn a_handshake_that_is_refused_shows_the_status() {
    let (server, address) = Server::start().await;
    let connect = Connect::to(format!("http://{address}"), "token");
    let (client, ()) = tokio::join!(Client::connect(connect), async {
        let (mut stream, _) = server.0.accept().await.unwrap();
        let refused = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 4\r\n\r\nfull";
        tokio::io::AsyncWriteExt::write_all(&mut stream, refused).await.unwrap();
    });
    assert!(matches!(client, Err(ConnectError::Http { status: 503, .. })), "{client:?}");
}
