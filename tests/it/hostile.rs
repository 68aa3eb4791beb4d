//! Input of those who mean ill, each with the answer that it earns.

use bedside_peer::{Client, Connect, Framing, client::ConnectError};
use bedside_protocol::{
    Code,
    consultation::ConsultationEnd,
    session::{Role, SessionPing},
    webrtc::WebrtcOfferHeard,
};
use serde_json::{Value, json};

use crate::{
    bytes::{self, BINARY, Heard, PING, TEXT, fetch, frame, header},
    harness::{
        Server,
        raw::{self, FRAMINGS, ask, enter, path},
    },
};

/// The longest error reply, in bytes.
const MAX_REPLY: usize = 1_024;

#[tokio::test]
async fn a_page_of_a_foreign_origin_gets_in_nowhere() {
    let server = Server::with(&[("server.allowed_origins", "https://clinic.example")]).await;
    let own = format!("Origin: http://{}\r\n", server.address());
    for framing in FRAMINGS {
        for origin in ["https://evil.example", "null", "https://clinic.example.evil.example", "file://"] {
            let header = format!("Origin: {origin}\r\n");
            let (_, status, head) = bytes::Client::upgrade(server.address(), path(framing), &header).await;
            assert_eq!(status, 403, "{framing:?} {origin}: {head}");
        }
        for header in ["", "Origin: https://clinic.example\r\n", &own] {
            let (_, status, head) = bytes::Client::upgrade(server.address(), path(framing), header).await;
            assert_eq!(status, 101, "{framing:?} {header}: {head}");
        }
    }
    let polling = "/socket.io/?EIO=4&transport=polling";
    let foreign = "Origin: https://evil.example\r\n";
    assert_eq!(fetch(server.address(), "GET", polling, foreign).await.0, 403);
    assert_eq!(fetch(server.address(), "OPTIONS", polling, foreign).await.0, 403);
    let (status, opened) = fetch(server.address(), "GET", polling, "").await;
    assert_eq!(status, 200);
    let sid = opened.split(r#""sid":""#).nth(1).unwrap().split('"').next().unwrap();
    for method in ["GET", "POST"] {
        let later = format!("{polling}&sid={sid}");
        let length = "Content-Length: 0\r\n";
        let (status, _) = fetch(server.address(), method, &later, &format!("{foreign}{length}")).await;
        assert_eq!(status, 403, "{method}");
    }
}

#[tokio::test]
async fn frames_that_break_the_rules_are_closed_with_their_code() {
    let server = Server::start().await;
    let fragments = [frame(0x01, b"4"), frame(0x00, b"").repeat(64)].concat();
    let growing = [frame(0x01, &b"4".repeat(60_000)), frame(0x00, &b"4".repeat(60_000))].concat();
    let mut cases: Vec<(Option<Framing>, &str, Vec<u8>, u16)> = vec![
        (None, "a header that promises more than the limit", header(TEXT, 100_001), 1009),
        (None, "a header that promises everything", header(TEXT, u64::MAX >> 1), 1009),
        (None, "a message in endless pieces", fragments, 1009),
        (None, "a message whose pieces grow too large", growing, 1009),
        (None, "text that is no UTF-8", frame(TEXT, b"42\xff"), 1007),
        (None, "a reserved bit", frame(TEXT | 0x40, b"42"), 1002),
        (None, "a reserved opcode", frame(0x83, b"42"), 1002),
        (None, "no mask", vec![TEXT, 1, b'2'], 1002),
        (None, "a flood of pings", frame(PING, b"").repeat(101), 1008),
        (Some(Framing::Plain), "binary on a text protocol", frame(BINARY, b"x"), 1003),
        (Some(Framing::SocketIo), "binary that nobody announced", frame(BINARY, b"x"), 1002),
        (Some(Framing::SocketIo), "a packet with an attachment", frame(TEXT, br#"451-["a",{}]"#), 1002),
        (Some(Framing::SocketIo), "no packet", frame(TEXT, b"4x"), 1002),
    ];
    for framing in FRAMINGS {
        for (only, what, bytes, code) in &mut cases {
            if only.is_some_and(|only| only != framing) {
                continue;
            }
            let mut client = enter(&server, "ben", Role::Patient, framing).await;
            client.send(bytes).await;
            assert_eq!(client.hear_close().await, *code, "{framing:?}: {what}");
        }
    }
}

#[tokio::test]
async fn who_never_says_who_they_are_is_sent_away() {
    let server = Server::with(&[("socket.connect_timeout_ms", "200")]).await;
    for (framing, code) in [(Framing::Plain, 4508), (Framing::SocketIo, 1000)] {
        let (mut client, status, _) = bytes::Client::upgrade(server.address(), path(framing), "").await;
        assert_eq!(status, 101);
        assert_eq!(client.hear_close().await, code, "{framing:?}");
    }
}

#[tokio::test]
async fn whoever_speaks_before_saying_who_they_are_is_sent_away() {
    let server = Server::start().await;
    for (framing, code) in [(Framing::Plain, 4501), (Framing::SocketIo, 1002)] {
        let (mut client, ..) = bytes::Client::upgrade(server.address(), path(framing), "").await;
        client.say(&raw::event(framing, 1, "session:ping", "{}")).await;
        assert_eq!(client.hear_close().await, code, "{framing:?}");
    }
}

#[tokio::test]
async fn a_bad_token_is_told_apart_and_nothing_of_it_comes_back() {
    let server = Server::start().await;
    let good = Server::token("ben", Role::Patient);
    let (head, rest) = good.split_once('.').unwrap();
    let flipped = format!("{head}.{rest}x");
    let unsigned = format!("eyJhbGciOiJub25lIn0.{}.", rest.split('.').next().unwrap());
    let huge = "x".repeat(50_000);
    let tokens = [
        ("", Code::TokenMissing),
        ("no token", Code::TokenInvalid),
        (&flipped, Code::TokenInvalid),
        (&unsigned, Code::TokenInvalid),
        (&huge, Code::TokenInvalid),
    ];
    for framing in FRAMINGS {
        for (token, code) in tokens {
            let (mut client, ..) = bytes::Client::upgrade(server.address(), path(framing), "").await;
            client.say(&raw::hello(framing, token)).await;
            let told = loop {
                let text = client.hear_text().await;
                if text.contains("token") {
                    break text;
                }
            };
            let expected = code.as_str();
            assert!(told.contains(expected), "{framing:?} {token:.20}: {told}");
            assert!(told.len() <= MAX_REPLY && !told.contains("xxxx"), "{told}");
            if framing == Framing::Plain {
                assert_eq!(client.hear_close().await, 4501);
            }
        }
    }
}

#[tokio::test]
async fn a_wrong_way_in_gets_a_hint() {
    let server = Server::start().await;
    let (status, answer) = fetch(server.address(), "GET", "/ws", "").await;
    assert_eq!(status, 426);
    assert!(answer.to_lowercase().contains("upgrade: websocket"), "{answer}");
    let (status, answer) = fetch(server.address(), "GET", "/socket.io/?EIO=3&transport=polling", "").await;
    assert_eq!(status, 400);
    assert!(answer.contains(r#"{"code":5,"message":"Unsupported protocol version"}"#), "{answer}");

    let mut client = enter(&server, "ben", Role::Patient, Framing::SocketIo).await;
    client.say("40/admin,{}").await;
    let refused = client.hear_text().await;
    assert!(refused.starts_with("44/admin,"), "{refused}");
    assert!(refused.contains("Invalid namespace") && refused.contains("prefixed events"), "{refused}");
    let (_, answer) = ask(&mut client, Framing::SocketIo, "session:ping", "{}").await;
    assert!(answer["serverTime"].is_string(), "the connection stays: {answer}");
}

#[tokio::test]
async fn an_event_that_is_refused_without_an_ack_comes_back_as_an_error() {
    let server = Server::start().await;
    for framing in FRAMINGS {
        let mut ben = enter(&server, "ben", Role::Patient, framing).await;
        let name = format!("no:such_{}", "x".repeat(50_000));
        ben.say(&match framing {
            Framing::SocketIo => format!(r#"42["{name}",{{}}]"#),
            Framing::Plain => format!(r#"{{"event":"{name}","data":{{}}}}"#),
        })
        .await;
        let told = ben.hear_text().await;
        assert!(told.contains("unknown_event") && told.len() <= MAX_REPLY, "{framing:?}: {told:.300}");
    }
}

#[tokio::test]
async fn frames_that_hold_no_event_are_refused_and_the_connection_stays() {
    let server = Server::with(&[("limits.errors_per_minute", "1000000")]).await;
    let mut ben = enter(&server, "ben", Role::Patient, Framing::Plain).await;
    let ping = "\"event\":\"session:ping\"";
    let frames = [
        String::new(),
        "{".to_owned(),
        "null".to_owned(),
        "[1,2]".to_owned(),
        "{}".to_owned(),
        format!("{{{ping},{ping}}}"),
        format!("{{{ping},\"more\":1}}"),
        format!("{{{ping},\"id\":-1}}"),
        format!("{{{ping},\"id\":\"one\"}}"),
        format!("{{{ping},\"id\":1.5}}"),
        r#"{"event":7}"#.to_owned(),
        r#"{"event":"\ud800"}"#.to_owned(),
        format!("{{{ping}}}{{{ping}}}"),
        "[".repeat(90_000),
        format!("{{{ping},\"data\":{}{}}}", "[".repeat(40_000), "]".repeat(40_000)),
    ];
    for frame in frames {
        ben.say(&frame).await;
        let told = ben.hear_text().await;
        assert!(told.contains("malformed") && told.len() <= MAX_REPLY, "{frame:.60}: {told:.300}");
    }
    ask(&mut ben, Framing::Plain, "session:ping", "{}").await;
}

#[tokio::test]
async fn a_message_larger_than_a_frame_ends_the_connection() {
    let server = Server::start().await;
    for framing in FRAMINGS {
        let mut ben = enter(&server, "ben", Role::Patient, framing).await;
        let data = json!({ "roomId": "x".repeat(1_000_000) }).to_string();
        // The server does not read on, so the client may not be able to write on.
        let message = frame(TEXT, raw::event(framing, 1, "chat:join_room", &data).as_bytes());
        ben.send(&message[..50]).await;
        assert_eq!(ben.hear_close().await, 1009, "{framing:?}");
    }
}

#[tokio::test]
async fn a_room_of_others_and_a_room_that_is_not_are_alike() {
    let server = Server::start().await;
    let other = server.visit("anna", "carl").await;
    for framing in FRAMINGS {
        let mut ben = enter(&server, "ben", Role::Patient, framing).await;
        for name in ["chat:join_room", "chat:typing", "chat:history", "webrtc:join_room", "webrtc:leave_room"]
        {
            let mut refusals = Vec::new();
            for room in [other.as_str(), "0198c0de-0000-7000-8000-000000000000"] {
                let data = json!({ "roomId": room }).to_string();
                refusals.push(ask(&mut ben, framing, name, &data).await.0);
            }
            assert!(refusals[0].contains("not_found"), "{name}: {}", refusals[0]);
            assert_eq!(refusals[0], refusals[1], "{name}");
        }
    }
}

#[tokio::test]
async fn signals_to_oneself_or_for_an_ended_call_are_refused() {
    const SDP: &str = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=fingerprint:sha-256 AA:BB\r\n\
                       m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\n";
    let server = Server::start().await;
    let (anna, ben, room) = server.call().await;
    let me = serde_json::to_value(ben.join_call(&room).await).unwrap()["peerId"].clone();
    let offer = async |to: Option<&Value>| {
        let mut data = json!({ "roomId": room, "sdp": SDP });
        if let Some(to) = to {
            data["to"] = to.clone();
        }
        ben.ask_raw("webrtc:offer", &data).await.map_err(|refused| refused.code().unwrap())
    };

    assert_eq!(offer(Some(&me)).await.unwrap_err(), Code::Malformed);
    offer(None).await.unwrap();
    anna.hears::<WebrtcOfferHeard>().await.unwrap();
    anna.ask(ConsultationEnd { room_id: room.clone(), outcome: None }).await.unwrap();
    assert_eq!(offer(None).await.unwrap_err(), Code::Ended);
}

#[tokio::test]
async fn whoever_was_told_to_go_and_stays_does_nothing_more() {
    let server = Server::start().await;
    let room = server.visit("anna", "ben").await;
    let anna = server.doctor("anna").await;
    anna.join_chat(&room).await;
    for framing in FRAMINGS {
        let mut ben = enter(&server, "ben", Role::Patient, framing).await;
        let join = json!({ "roomId": room }).to_string();
        ask(&mut ben, framing, "chat:join_room", &join).await;
        // One read of the server takes all of it: the mistakes, and what must not be done any more.
        let mistakes = frame(TEXT, raw::event(framing, 1, "no:such", "{}").as_bytes()).repeat(21);
        let say = json!({ "roomId": room, "content": "I am still here" }).to_string();
        let say = frame(TEXT, raw::event(framing, 2, "chat:send_message", &say).as_bytes());
        ben.send(&[mistakes, say].concat()).await;
        while ben.hear().await != Heard::End {}
        assert_eq!(anna.join_chat(&room).await.last_seq, 0, "{framing:?}");
    }
}

#[tokio::test]
async fn a_token_in_header_or_query_is_as_good_as_in_the_first_frame() {
    let server = Server::start().await;
    for framing in FRAMINGS {
        let token = Server::token("ben", Role::Patient);
        let nobody = Connect { token: None, ..Connect::to(&server.url, "") }.framing(framing);
        let authorization = ("Authorization".to_owned(), format!("Bearer {token}"));
        let by_header = Connect { headers: vec![authorization], ..nobody.clone() };
        let by_query = Connect { query: format!("token={token}"), ..nobody.clone() };
        for connect in [by_header, by_query] {
            Client::connect(connect).await.unwrap().ask(SessionPing {}).await.unwrap();
        }
        if framing == Framing::SocketIo {
            let refused = Client::connect(nobody).await.unwrap_err();
            assert!(matches!(refused, ConnectError::Rejected { code: Some(Code::TokenMissing), .. }));
        }
    }
}
