//! Events that are wrong, each with the answer that it earns.

use bedside_protocol::{Code, session::Role};
use serde_json::json;

use crate::harness::{
    Server,
    raw::{FRAMINGS, ask, enter},
};

/// The longest error reply, in bytes.
const MAX_REPLY: usize = 1_024;

/// Events as they stand on the wire, the code that they earn and the field that is named.
fn malformed_events(room: &str, other: &str) -> Vec<(&'static str, String, Code, Option<&'static str>)> {
    use Code::{Forbidden, Malformed, NotFound, TooLarge, UnknownEvent};
    let say = |more: &str| format!(r#"{{"roomId":"{room}","content":"hello"{more}}}"#);
    let content = |text: &str| format!(r#"{{"roomId":"{room}","content":{text}}}"#);
    let long = |length: usize| format!(r#""{}""#, "x".repeat(length));
    let nested = format!("{}{}", "[".repeat(100), "]".repeat(100));
    let bottomless = format!("{}{}", "[".repeat(40_000), "]".repeat(40_000));
    vec![
        ("no:such", "{}".to_owned(), UnknownEvent, None),
        ("error", "{}".to_owned(), UnknownEvent, None),
        ("recording:start", format!(r#"{{"roomId":"{room}"}}"#), Forbidden, None),
        ("recording:anything", "[]".to_owned(), UnknownEvent, None),
        ("assistant:ask", "{}".to_owned(), Malformed, Some("roomId")),
        // Fields that the server owns.
        ("chat:send_message", say(r#","from":"anna""#), Malformed, Some("from")),
        ("chat:send_message", say(r#","senderId":"anna""#), Malformed, Some("senderId")),
        ("chat:send_message", say(r#","seq":1"#), Malformed, Some("seq")),
        ("chat:send_message", say(r#","role":"doctor""#), Malformed, Some("role")),
        // Unknown, missing, twice, of the wrong type.
        ("chat:send_message", say(&format!(r#","{}":1"#, "n".repeat(50_000))), Malformed, None),
        ("chat:send_message", r#"{"content":"hello"}"#.to_owned(), Malformed, Some("roomId")),
        ("chat:send_message", say(r#","content":"twice""#), Malformed, Some("content")),
        ("chat:send_message", content("7"), Malformed, Some("content")),
        ("chat:send_message", content("null"), Malformed, Some("content")),
        ("chat:send_message", content(r#"["hello"]"#), Malformed, Some("content")),
        ("chat:send_message", "[]".to_owned(), Malformed, None),
        ("chat:send_message", "7".to_owned(), Malformed, None),
        ("chat:send_message", "null".to_owned(), Malformed, None),
        ("chat:send_message", r#""text""#.to_owned(), Malformed, None),
        // Depth, surrogates, NUL, emptiness, length.
        ("chat:send_message", nested.clone(), Malformed, None),
        ("chat:send_message", content(&nested), Malformed, Some("content")),
        ("chat:send_message", bottomless.clone(), Malformed, None),
        ("chat:send_message", content(&bottomless), Malformed, Some("content")),
        ("chat:send_message", say(&format!(r#","more":{bottomless}"#)), Malformed, Some("more")),
        ("no:such", bottomless.clone(), UnknownEvent, None),
        ("chat:send_message", content(r#""\ud800""#), Malformed, Some("content")),
        ("chat:send_message", content(r#""\udc00\ud800""#), Malformed, Some("content")),
        ("chat:send_message", content(r#""a\u0000b""#), Malformed, Some("content")),
        ("chat:send_message", content(r#""""#), Malformed, Some("content")),
        ("chat:send_message", content(&long(4_001)), TooLarge, Some("content")),
        ("chat:send_message", content(&long(90_000)), TooLarge, Some("content")),
        ("chat:send_message", say(r#","clientMessageId":"""#), Malformed, Some("clientMessageId")),
        // Numbers.
        ("chat:mark_seen", format!(r#"{{"roomId":"{room}","seq":-1}}"#), Malformed, Some("seq")),
        ("chat:mark_seen", format!(r#"{{"roomId":"{room}","seq":1.5}}"#), Malformed, Some("seq")),
        ("chat:mark_seen", format!(r#"{{"roomId":"{room}","seq":1e400}}"#), Malformed, Some("seq")),
        (
            "chat:mark_seen",
            format!(r#"{{"roomId":"{room}","seq":18446744073709551616}}"#),
            Malformed,
            Some("seq"),
        ),
        (
            "chat:mark_seen",
            format!(r#"{{"roomId":"{room}","seq":18446744073709551615}}"#),
            Malformed,
            Some("seq"),
        ),
        ("chat:history", format!(r#"{{"roomId":"{room}","limit":-1}}"#), Malformed, Some("limit")),
        // Rooms.
        ("chat:join_room", format!(r#"{{"roomId":"{other}"}}"#), NotFound, None),
        ("chat:join_room", r#"{"roomId":"no such room"}"#.to_owned(), NotFound, None),
        ("chat:join_room", r#"{"roomId":""}"#.to_owned(), NotFound, None),
        ("chat:join_room", format!(r#"{{"roomId":{}}}"#, long(90_000)), NotFound, None),
        ("webrtc:join_room", format!(r#"{{"roomId":"{other}"}}"#), NotFound, None),
        ("consultation:end", format!(r#"{{"roomId":"{other}"}}"#), NotFound, None),
    ]
}

/// The same for descriptions and candidates.
fn malformed_signals(room: &str) -> Vec<(&'static str, String, Code, Option<&'static str>)> {
    use Code::{InvalidCandidate, InvalidSdp, Malformed, TooLarge};
    let offer = |sdp: &str| format!(r#"{{"roomId":"{room}","sdp":{sdp}}}"#);
    let candidate =
        |line: &str| format!(r#"{{"roomId":"{room}","candidate":{{"candidate":{line},"sdpMid":"0"}}}}"#);
    let long = |length: usize| format!(r#""{}""#, "x".repeat(length));
    let host = |address: &str| format!(r#""candidate:1 1 udp 1 {address} 5000 typ host""#);
    let described = |line: &str| {
        json!(format!(
            "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=fingerprint:sha-256 AA:BB\r\n\
             m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\n{line}\r\n"
        ))
        .to_string()
    };
    let injected = r#""candidate:1 1 udp 1 192.0.2.1 5000 typ host\r\na=x""#;
    vec![
        ("webrtc:offer", offer(r#""""#), InvalidSdp, Some("sdp")),
        ("webrtc:offer", offer(r#""hello""#), InvalidSdp, Some("sdp")),
        (
            "webrtc:offer",
            offer(r#""v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n\u0000""#),
            InvalidSdp,
            Some("sdp"),
        ),
        ("webrtc:offer", offer(r#"{"type":"answer","sdp":"v=0\r\n"}"#), Malformed, None),
        ("webrtc:offer", offer(&long(70_000)), TooLarge, Some("sdp")),
        ("webrtc:ice_candidate", candidate(r#""hello""#), InvalidCandidate, None),
        ("webrtc:ice_candidate", candidate(injected), InvalidCandidate, None),
        ("webrtc:ice_candidate", candidate(&host("224.0.0.251")), InvalidCandidate, None),
        ("webrtc:ice_candidate", candidate(&host("239.255.255.250")), InvalidCandidate, None),
        ("webrtc:ice_candidate", candidate(&host("255.255.255.255")), InvalidCandidate, None),
        ("webrtc:ice_candidate", candidate(&host("ff02::1")), InvalidCandidate, None),
        ("webrtc:ice_candidate", candidate(&host("::ffff:224.0.0.1")), InvalidCandidate, None),
        (
            "webrtc:offer",
            offer(&described("a=candidate:1 1 udp 1 ff02::1 5000 typ host")),
            InvalidSdp,
            Some("sdp"),
        ),
        (
            "webrtc:offer",
            offer(&described("a=candidate:1 1 udp 1 224.0.0.1 5000 typ host")),
            InvalidSdp,
            Some("sdp"),
        ),
        ("webrtc:ice_candidate", candidate(&long(2_000)), InvalidCandidate, Some("candidate.candidate")),
    ]
}

#[tokio::test]
async fn events_that_are_wrong_are_refused_and_the_connection_stays() {
    let limits = ["errors_per_minute", "events_burst", "chat_burst"].map(|limit| format!("limits.{limit}"));
    let limits: Vec<_> = limits.iter().map(|limit| (limit.as_str(), "1000000")).collect();
    let server = Server::with(&limits).await;
    let (mine, other) = (server.visit("anna", "ben").await, server.visit("anna", "carl").await);
    for framing in FRAMINGS {
        let mut ben = enter(&server, "ben", Role::Patient, framing).await;
        let join = json!({ "roomId": mine }).to_string();
        ask(&mut ben, framing, "chat:join_room", &join).await;
        let mut wrong = Vec::new();
        let events = malformed_events(mine.as_str(), other.as_str());
        for (name, data, code, field) in events.into_iter().chain(malformed_signals(mine.as_str())) {
            let (reply, answer) = ask(&mut ben, framing, name, &data).await;
            let refusal = &answer["error"];
            if refusal["code"] != code.as_str() || field.is_some_and(|field| refusal["field"] != field) {
                wrong.push(format!("{name} {data:.100}: {reply:.300} instead of {code:?} {field:?}"));
            }
            if reply.len() > MAX_REPLY || reply.contains("xxxxx") {
                wrong.push(format!("{name} {data:.100}: says too much: {reply:.2000}"));
            }
        }
        assert!(wrong.is_empty(), "{framing:?}:\n{}", wrong.join("\n"));
        let (_, answer) = ask(&mut ben, framing, "session:ping", "{}").await;
        assert!(answer.to_string().contains("serverTime"));
        let (_, answer) = ask(&mut ben, framing, "chat:join_room", &join).await;
        assert!(answer.to_string().contains(r#""lastSeq":0"#), "nothing of it was done: {answer}");
    }
}
