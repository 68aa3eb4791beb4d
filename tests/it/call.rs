//! Signals between peers: relayed as they came, to those whom they concern, under the server's name.

use bedside_protocol::{
    Code,
    consultation::IcePolicy,
    ids::RoomId,
    webrtc::{WebrtcAnswerHeard, WebrtcIceCandidateHeard, WebrtcOfferHeard},
};
use serde_json::{Value, json};

use crate::harness::{Peer, Server};

const SDP: &str = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=fingerprint:sha-256 AA:BB\r\n\
                   m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\n\
                   a=candidate:1 1 udp 1 192.0.2.1 5000 typ host\r\n\
                   a=candidate:2 1 udp 1 192.0.2.2 5000 typ relay raddr 0.0.0.0 rport 0\r\n";

async fn signal(from: &Peer, event: &str, room: &RoomId, fields: Value) -> Result<Value, Code> {
    let mut data = json!({ "roomId": room });
    data.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    match from.ask_raw(event, &data).await {
        Ok(answer) => Ok(answer),
        Err(unanswered) => Err(unanswered.code().unwrap()),
    }
}

#[tokio::test]
async fn an_offer_an_answer_and_candidates_reach_the_other_peer_as_they_came() {
    let server = Server::start().await;
    let (anna, ben, room) = server.call().await;

    let offered = signal(&anna, "webrtc:offer", &room, json!({ "sdp": SDP })).await.unwrap();
    let offer = ben.hears::<WebrtcOfferHeard>().await.unwrap();
    assert_eq!((offer.sdp.text().as_str(), json!(offer.negotiation)), (SDP, offered["negotiation"].clone()));

    let answer = json!({ "to": offer.from, "sdp": { "type": "answer", "sdp": SDP }, "negotiation": offer.negotiation });
    signal(&ben, "webrtc:answer", &room, answer).await.unwrap();
    let answer = anna.hears::<WebrtcAnswerHeard>().await.unwrap();
    assert_eq!((answer.sdp.text().as_str(), answer.negotiation), (SDP, offer.negotiation));

    let line = "candidate:1 1 udp 2122260223 192.0.2.1 54321 typ host generation 0";
    let candidate = json!({ "candidate": { "candidate": line, "sdpMid": "0", "sdpMLineIndex": 0 } });
    signal(&anna, "webrtc:ice_candidate", &room, candidate).await.unwrap();
    signal(&anna, "webrtc:ice_candidate", &room, json!({ "candidate": null })).await.unwrap();
    let heard = ben.hears::<WebrtcIceCandidateHeard>().await.unwrap();
    assert_eq!(heard.candidate.unwrap().candidate.as_str(), line);
    assert_eq!(ben.hears::<WebrtcIceCandidateHeard>().await.unwrap().candidate, None);
}

#[tokio::test]
async fn a_client_cannot_say_who_it_is() {
    let server = Server::start().await;
    let (anna, _ben, room) = server.call().await;

    let refused = signal(&anna, "webrtc:offer", &room, json!({ "sdp": SDP, "from": "somebody" })).await;

    assert_eq!(refused, Err(Code::Malformed));
}

#[tokio::test]
async fn an_answer_to_an_offer_that_was_replaced_is_stale() {
    let server = Server::start().await;
    let (anna, ben, room) = server.call().await;
    signal(&anna, "webrtc:offer", &room, json!({ "sdp": SDP })).await.unwrap();
    let first = ben.hears::<WebrtcOfferHeard>().await.unwrap().negotiation;
    signal(&anna, "webrtc:offer", &room, json!({ "sdp": SDP })).await.unwrap();

    let stale = json!({ "sdp": SDP, "negotiation": first });
    assert_eq!(signal(&ben, "webrtc:answer", &room, stale).await, Err(Code::StaleNegotiation));
}

#[tokio::test]
async fn signals_stay_within_the_call() {
    let server = Server::start().await;
    let (anna, _ben, room) = server.call().await;
    let carl = server.patient("carl").await;
    let offer = json!({ "sdp": SDP });

    assert_eq!(signal(&carl, "webrtc:offer", &room, offer.clone()).await, Err(Code::NotFound));
    let nobody = json!({ "sdp": SDP, "to": "nobody" });
    assert_eq!(signal(&anna, "webrtc:offer", &room, nobody).await, Err(Code::NotFound));
    let again = server.doctor("anna").await;
    assert_eq!(signal(&again, "webrtc:offer", &room, offer).await, Err(Code::NotJoined));
}

#[tokio::test]
async fn with_a_relay_policy_no_direct_candidate_passes() {
    let server = Server::start().await;
    let room = server
        .visit_with("anna", "ben", |visit| {
            visit.waiting_room = false;
            visit.ice_policy = IcePolicy::Relay;
        })
        .await;
    let (anna, ben) = (server.doctor("anna").await, server.patient("ben").await);
    anna.join_call(&room).await;
    ben.join_call(&room).await;

    signal(&anna, "webrtc:offer", &room, json!({ "sdp": SDP })).await.unwrap();
    for kind in ["host", "relay"] {
        let line = format!("candidate:1 1 udp 1 192.0.2.1 54321 typ {kind}");
        let candidate = json!({ "candidate": { "candidate": line, "sdpMid": "0" } });
        signal(&anna, "webrtc:ice_candidate", &room, candidate).await.unwrap();
    }

    let sdp = ben.hears::<WebrtcOfferHeard>().await.unwrap().sdp;
    assert!(!sdp.text().contains("typ host") && sdp.text().contains("typ relay"));
    let only = ben.hears::<WebrtcIceCandidateHeard>().await.unwrap().candidate.unwrap();
    assert!(only.candidate.as_str().ends_with("typ relay"));
}

#[tokio::test]
async fn candidates_of_special_addresses_pass_between_people_as_they_came() {
    // Two programs on one machine, two machines on one cable, a private name: browsers find such ways, and the server
    // itself takes none of them.
    let addresses = [
        "127.0.0.1",
        "::1",
        "169.254.7.7",
        "fe80::1",
        "10.0.0.1",
        "::ffff:192.0.2.1",
        "0b7f.local",
        "0.0.0.0",
    ];
    let server = Server::start().await;
    let (anna, ben, room) = server.call().await;
    for address in addresses {
        let line = format!("candidate:1 1 udp 1 {address} 54321 typ host");
        let candidate = json!({ "candidate": { "candidate": line, "sdpMid": "0" } });
        signal(&anna, "webrtc:ice_candidate", &room, candidate).await.unwrap();
        let heard = ben.hears::<WebrtcIceCandidateHeard>().await.unwrap().candidate.unwrap();
        assert_eq!(heard.candidate.as_str(), line);
    }
}
