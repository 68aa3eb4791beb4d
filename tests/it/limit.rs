//! Sizes that an operator has set lower than the protocol does.

use bedside_protocol::{Code, session::Role};
use serde_json::json;

use crate::{
    bytes::frame,
    harness::{Server, message, raw},
};

#[tokio::test]
async fn texts_are_as_long_as_the_operator_allows() {
    let server = Server::with(&[("limits.chat_characters", "10"), ("limits.chat_bytes", "30")]).await;
    let room = server.visit("anna", "ben").await;
    let anna = server.doctor("anna").await;
    assert_eq!(anna.ready.limits.chat_characters, 10);
    anna.join_chat(&room).await;

    anna.say(&room, "éééééééééé").await;
    for long in ["eleven char", "🙂🙂🙂🙂🙂🙂🙂🙂"] {
        let refused = anna.ask(message(&room, None, long)).await.unwrap_err();
        assert_eq!(refused.code(), Some(Code::TooLarge), "{long}");
        assert_eq!(refused.refusal().unwrap().field.as_deref(), Some("content"));
        let said =
            server.rest(("anna", Role::Doctor), "POST", &format!("/api/v1/consultations/{room}/messages"));
        said.send(json!({ "content": long })).await.refused(413, "too_large");
    }
}

#[tokio::test]
async fn signals_are_as_long_as_the_operator_allows() {
    let server = Server::with(&[("limits.sdp_bytes", "1024"), ("limits.candidate_bytes", "64")]).await;
    let (anna, _ben, room) = server.call().await;
    let limits = &anna.ready.limits;
    assert_eq!((limits.sdp_bytes, limits.candidate_bytes), (1_024, 64));
    let refused = async |event: &str, data| {
        let refused = anna.ask_raw(event, &data).await.unwrap_err().refusal().unwrap().clone();
        (refused.code, refused.field.unwrap().to_string())
    };

    let long = format!("v=0\r\ns={}\r\n", "x".repeat(1_024));
    for event in ["webrtc:offer", "webrtc:answer"] {
        let refused = refused(event, json!({ "roomId": room, "sdp": long })).await;
        assert_eq!(refused, (Code::TooLarge, "sdp".to_owned()), "{event}");
    }
    let line = format!("candidate:1 1 udp 1 192.0.2.1 5000 typ host ufrag {}", "x".repeat(20));
    let candidate = json!({ "roomId": room, "candidate": { "candidate": line, "sdpMid": "0" } });
    let refused = refused("webrtc:ice_candidate", candidate).await;
    assert_eq!(refused, (Code::InvalidCandidate, "candidate.candidate".to_owned()));
    let short = json!({ "candidate": "candidate:1 1 udp 1 192.0.2.1 5000 typ host", "sdpMid": "0" });
    anna.ask_raw("webrtc:ice_candidate", &json!({ "roomId": room, "candidate": short })).await.unwrap();
}

#[tokio::test]
async fn a_page_ends_where_the_operator_says() {
    let server = Server::with(&[("limits.page_bytes", "1024")]).await;
    let room = server.visit("anna", "ben").await;
    let anna = server.doctor("anna").await;
    anna.join_chat(&room).await;
    for _ in 0..10 {
        anna.say(&room, "hello").await;
    }

    let (mut seqs, mut pages, mut complete) = (Vec::new(), 0, false);
    while !complete {
        let after = seqs.last().copied().unwrap_or(0);
        let page = anna.ask_raw("chat:history", &json!({ "roomId": room, "afterSeq": after })).await.unwrap();
        assert!(page["events"].to_string().len() < 2_048, "{page}");
        seqs.extend(page["events"].as_array().unwrap().iter().map(|event| event["seq"].as_u64().unwrap()));
        complete = page["complete"].as_bool().unwrap();
        pages += 1;
    }
    assert_eq!(seqs, (1..=10).collect::<Vec<_>>());
    assert!(pages > 2);
}

#[tokio::test]
async fn a_message_has_as_many_pieces_as_the_operator_allows() {
    let server = Server::with(&[("socket.max_fragments", "3")]).await;
    for framing in raw::FRAMINGS {
        let ping = raw::event(framing, 7, "session:ping", "{}");
        let (start, rest) = ping.as_bytes().split_at(5);
        let mut ben = raw::enter(&server, "ben", Role::Patient, framing).await;
        ben.send(&[frame(0x01, start), frame(0x00, b""), frame(0x80, rest)].concat()).await;
        let answer = ben.hear_text().await;
        assert!(answer.contains("serverTime"), "{answer}");
        ben.send(&[frame(0x01, start), frame(0x00, b""), frame(0x00, b""), frame(0x80, rest)].concat()).await;
        assert_eq!(ben.hear_close().await, 1009, "{framing:?}");
    }
}
