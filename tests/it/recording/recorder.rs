//! A recorder is a peer that records whom it may, says nothing else, and can be lost.

use bedside::{domain::consultation::NewPlace, model::actor::Actor};
use bedside_peer::{Client, Connect, Framing};
use bedside_protocol::{
    Ask, Code,
    consultation::ConsultationAdmit,
    ids::RoomId,
    recorder::{RecorderBegin, RecorderConsents, RecorderEnd, RecorderFailed, RecorderRegister},
    recording::{ConsentGiven, Decision, RecordingChanged, RecordingReason, RecordingState, RecordingStop},
    session::Role,
    webrtc::{WebrtcAnswerHeard, WebrtcIceCandidateHeard, WebrtcOfferHeard, WebrtcPeerLeft},
};
use serde_json::{Value, json};
use std::time::Instant;

use crate::harness::{Peer, SDP, Server, recorder::Recorder, user_id};

fn signal(room: &RoomId, to: &str) -> Value {
    json!({ "roomId": room, "to": to, "sdp": SDP })
}

#[tokio::test]
async fn it_offers_to_those_whom_it_records_and_hears_their_answers() {
    let server = Server::that_records(&[]).await;
    let recorder = server.recorder().await;
    let (_anna, ben, room, begin) = server.recorded_call(&recorder).await;
    let to = ben.peer_id(&room).await;

    recorder.ask_raw("webrtc:offer", &signal(&room, &to)).await.unwrap();

    let offer = ben.hears::<WebrtcOfferHeard>().await.unwrap();
    assert_eq!(offer.from, begin.peer_id);
    ben.ask_raw("webrtc:answer", &signal(&room, begin.peer_id.as_str())).await.unwrap();
    let answer = recorder.hears::<WebrtcAnswerHeard>().await.unwrap();
    assert_eq!((answer.from.as_str(), answer.negotiation), (to.as_str(), offer.negotiation));
}

#[tokio::test]
async fn nothing_passes_between_it_and_somebody_who_is_not_recorded() {
    let server = Server::that_records(&[]).await;
    let recorder = server.recorder().await;
    let (anna, ben, room, begin) = server.recorded_call(&recorder).await;
    let recording = anna.hears_that_it_is(RecordingState::Recording).await;
    anna.decides(&room, &recording, Decision::Given).await;
    let (of_anna, of_ben) = (anna.peer_id(&room).await, ben.peer_id(&room).await);
    let gil = guest(&server, &room).await;
    let of_gil = gil.peer_id(&room).await;

    for (who, to) in [(&gil, &begin.peer_id), (&ben, &begin.peer_id)] {
        let refused = who.ask_raw("webrtc:offer", &signal(&room, to.as_str())).await.unwrap_err();
        assert_eq!(refused.code(), Some(Code::ConsentRequired));
    }
    for to in [&of_gil, &of_anna, &of_ben] {
        let refused = recorder.ask_raw("webrtc:offer", &signal(&room, to)).await.unwrap_err();
        assert_eq!(refused.code(), Some(Code::ConsentRequired), "{to}");
    }
}

#[tokio::test]
async fn it_is_told_no_address_that_is_nobodys_and_people_are() {
    let server = Server::that_records(&[]).await;
    let recorder = server.recorder().await;
    let (anna, ben, room, begin) = server.recorded_call(&recorder).await;
    let candidate = |to: &str, address: &str| {
        let line = format!("candidate:1 1 udp 1 {address} 50000 typ host");
        json!({ "roomId": room, "to": to, "candidate": { "candidate": line, "sdpMid": "0" } })
    };
    let offer = |to: &str, address: &str| {
        let line = format!("a=candidate:1 1 udp 1 {address} 50000 typ host\r\n");
        json!({ "roomId": room, "to": to, "sdp": format!("{SDP}{line}") })
    };
    let (to_ben, to_recorder) = (ben.peer_id(&room).await, begin.peer_id.to_string());
    for address in ["127.0.0.1", "::1", "0.0.0.0", "::ffff:10.0.0.1", "169.254.1.1", "fe80::1%eth0"] {
        let refused = anna.ask_raw("webrtc:ice_candidate", &candidate(&to_recorder, address)).await;
        assert_eq!(refused.unwrap_err().code(), Some(Code::InvalidCandidate), "{address}");
        anna.ask_raw("webrtc:ice_candidate", &candidate(&to_ben, address)).await.unwrap();
        ben.hears::<WebrtcIceCandidateHeard>().await.unwrap();
    }
    recorder.hears_nothing_of::<WebrtcIceCandidateHeard>().await.unwrap();

    for address in ["10.1.2.3", "192.0.2.2", "8.8.8.8", "3b1d6a5e-0000-4000-8000-000000000000.local"] {
        anna.ask_raw("webrtc:ice_candidate", &candidate(&to_recorder, address)).await.unwrap();
        recorder.hears::<WebrtcIceCandidateHeard>().await.unwrap();
    }
    // What a description holds it drops by itself: one useless address is no reason to lose the leg.
    anna.ask_raw("webrtc:offer", &offer(&to_recorder, "127.0.0.1")).await.unwrap();
    recorder.hears::<WebrtcOfferHeard>().await.unwrap();
}

#[tokio::test]
async fn it_is_told_what_everybody_has_agreed_to_and_what_was_taken_back() {
    let server = Server::that_records(&[]).await;
    let recorder = server.recorder().await;
    let (_anna, ben, room, begin) = server.recorded_call(&recorder).await;
    let recording = ben.hears_that_it_is(RecordingState::Recording).await;
    let said = |consents: &[ConsentGiven]| {
        assert!(consents.iter().all(|it| it.text_version == recording.text_version), "{consents:?}");
        consents.iter().map(|it| format!("{}: {:?}", it.user_id, it.decision)).collect::<Vec<_>>()
    };
    assert_eq!(said(&begin.consents), ["anna: Given", "ben: Given"]);

    ben.decides(&room, &recording, Decision::Withdrawn).await;

    let told = recorder.hears::<RecorderConsents>().await.unwrap();
    assert_eq!(told.recording_id, recording.id);
    assert_eq!(said(&told.consents), ["anna: Given", "ben: Given", "ben: Withdrawn"]);
    recorder.hears::<RecorderEnd>().await.expect("it ends when it has been told");
    // Who comes after one that was killed is told the same, with the key.
    let next = server.recorder_with(vec![recording.id.clone()]).await;
    assert_eq!(next.registered.rescue[0].consents, told.consents);
}

#[tokio::test]
async fn everybody_hears_once_that_what_was_recorded_cannot_be_finished_yet() {
    let server = Server::that_records(&[]).await;
    let recorder = server.recorder().await;
    let (anna, ben, room, begin) = server.recorded_call(&recorder).await;
    let (room_id, recording_id) = (room.clone(), begin.recording_id.clone());
    anna.ask(RecordingStop { room_id, recording_id: recording_id.clone() }).await.unwrap();
    let by_anna = ben.hears_that_it_is(RecordingState::Stopped).await;
    assert_eq!(by_anna.reason, Some(RecordingReason::StoppedByDoctor));

    let (reason, detail) = (RecordingReason::DiskFull, "no room".to_owned());
    let failed = RecorderFailed { recording_id, reason, detail };
    recorder.ask(failed.clone()).await.unwrap();
    recorder.ask(failed).await.unwrap();

    let told = ben.hears_that_it_is(RecordingState::Stopped).await;
    assert_eq!(told.reason, Some(RecordingReason::StorageFailed));
    ben.hears_nothing_of::<RecordingChanged>().await.unwrap();
}

/// A guest in the call, who was asked and has not answered.
pub async fn guest(server: &Server, room: &RoomId) -> Peer {
    let gil = guest_of(server, room).await;
    gil.join_call(room).await;
    gil
}

/// A guest who may come into the call.
pub async fn guest_of(server: &Server, room: &RoomId) -> Peer {
    let doctor = Actor { user_id: user_id("anna"), name: None, role: Role::Doctor, scope: None };
    let place = NewPlace { user_id: user_id("gil"), role: Role::Guest, name: None };
    server.clinic.add_place(&doctor, room, place).await.unwrap();
    let gil = server.peer("gil", Role::Guest).await;
    let admit = ConsultationAdmit { room_id: room.clone(), user_id: user_id("gil"), reason: None };
    server.clinic.admit(&doctor, admit).await.unwrap();
    gil
}

#[tokio::test]
async fn a_signal_without_an_addressee_never_means_it() {
    let server = Server::that_records(&[]).await;
    let recorder = server.recorder().await;
    let (anna, ben, room, _) = server.recorded_call(&recorder).await;

    let candidate = json!({ "roomId": room, "candidate": null });
    anna.ask_raw("webrtc:ice_candidate", &candidate).await.unwrap();

    ben.hears::<WebrtcIceCandidateHeard>().await.unwrap();
    recorder.hears_nothing_of::<WebrtcIceCandidateHeard>().await.unwrap();
}

#[tokio::test]
async fn it_says_what_recorders_say_and_nobody_else_does() {
    let server = Server::that_records(&[]).await;
    let recorder = server.recorder().await;
    let (anna, _ben, room) = server.call().await;

    for (event, data) in [
        ("chat:send_message", json!({ "roomId": room, "content": "hello" })),
        ("chat:join_room", json!({ "roomId": room })),
        ("webrtc:join_room", json!({ "roomId": room })),
        ("presence:watch", json!({ "role": "doctor" })),
        ("recording:start", json!({ "roomId": room })),
    ] {
        let refused = recorder.ask_raw(event, &data).await.unwrap_err();
        assert_eq!(refused.code(), Some(Code::Forbidden), "{event}");
    }
    recorder.ask_raw("session:ping", &json!({})).await.unwrap();

    let (addresses, unfinished) = (Vec::new(), Vec::new());
    let register = RecorderRegister { legs: 1, version: "0".into(), addresses, unfinished };
    let register = serde_json::to_value(register).unwrap();
    let refused = anna.ask_raw(RecorderRegister::NAME, &register).await.unwrap_err();
    assert_eq!(refused.code(), Some(Code::UnknownEvent));
}

#[tokio::test]
async fn a_token_of_somebody_elses_making_is_no_recorders() {
    let server = Server::that_records(&[]).await;
    let token = Server::token("recorder", Role::Recorder);
    let refused = Client::connect(Connect::to(&server.url, token).framing(Framing::Plain)).await.unwrap_err();
    assert_eq!(refused.code(), Some(Code::TokenInvalid));
}

#[tokio::test]
async fn a_recorder_that_dies_is_missed_at_once_and_another_one_takes_over() {
    let server = Server::that_records(&[]).await;
    let first = server.recorder().await;
    let (anna, ben, _room, begun) = server.recorded_call(&first).await;
    let lost_at = Instant::now();
    first.drop_connection().await;

    let paused = anna.hears_that_it_is(RecordingState::Paused).await;
    assert_eq!(paused.reason, Some(RecordingReason::RecorderLost));
    assert!(lost_at.elapsed().as_secs() < 2, "{:?}", lost_at.elapsed());
    assert_eq!(ben.hears::<WebrtcPeerLeft>().await.unwrap().peer_id, begun.peer_id);

    let second = server.recorder_with(vec![begun.recording_id.clone()]).await;

    let begin = second.hears::<RecorderBegin>().await.unwrap();
    assert_eq!((&begin.recording_id, begin.take, begin.epoch), (&begun.recording_id, 1, begun.epoch));
    assert_eq!(begin.key, begun.key);
    assert_ne!(begin.peer_id, begun.peer_id, "everybody's connections to it are new ones");
    assert_eq!(second.records().await, ["anna", "ben"]);
    assert_eq!(second.registered.rescue.len(), 1, "what the first one has left can be opened");
    anna.hears_that_it_is(RecordingState::Recording).await;
}

#[tokio::test]
async fn a_recorder_that_is_free_takes_over_by_itself() {
    let server = Server::that_records(&[]).await;
    let first = server.recorder().await;
    let (anna, _ben, _room, _) = server.recorded_call(&first).await;
    let second = server.recorder().await;

    first.drop_connection().await;

    anna.hears_that_it_is(RecordingState::Paused).await;
    anna.hears_that_it_is(RecordingState::Recording).await;
    assert_eq!(second.hears::<RecorderBegin>().await.unwrap().take, 1);
}

#[tokio::test]
async fn a_recording_that_no_recorder_takes_over_fails() {
    use bedside::clock::Clock;
    let clock = Clock::test(Clock::system().now());
    let server = Server::at(clock.clone(), &crate::harness::recorder::RECORDING).await;
    let recorder = server.recorder().await;
    let (anna, _ben, _room, _) = server.recorded_call(&recorder).await;
    recorder.drop_connection().await;
    anna.hears_that_it_is(RecordingState::Paused).await;

    clock.advance(std::time::Duration::from_secs(61));

    let failed = anna.hears_that_it_is(RecordingState::Failed).await;
    assert_eq!(failed.reason, Some(RecordingReason::RecorderLost));
}

#[tokio::test]
async fn a_disk_that_is_full_stops_the_recording_and_everybody_hears_so() {
    let server = Server::that_records(&[]).await;
    let recorder = server.recorder().await;
    let (anna, ben, _room, begin) = server.recorded_call(&recorder).await;

    let (recording_id, reason) = (begin.recording_id, RecordingReason::DiskFull);
    recorder.ask(RecorderFailed { recording_id, reason, detail: "no space".into() }).await.unwrap();

    for person in [&anna, &ben] {
        let over = person.hears_that_it_is(RecordingState::Stopped).await;
        assert_eq!(over.reason, Some(RecordingReason::DiskFull));
    }
    recorder.hears::<RecorderEnd>().await.unwrap();
}

#[tokio::test]
async fn a_recording_goes_on_over_a_restart_of_the_server_when_its_people_are_back() {
    let server = Server::that_records(&[]).await;
    let recorder = server.recorder().await;
    let (anna, ben, room, begun) = server.recorded_call(&recorder).await;
    let server = server.restart().await;
    drop((anna, ben));

    let recorder: Recorder = server.recorder().await;
    let (anna, ben) = (server.doctor("anna").await, server.patient("ben").await);
    anna.join_call(&room).await;
    ben.join_call(&room).await;

    let begin = recorder.hears::<RecorderBegin>().await.unwrap();
    assert_eq!((begin.recording_id, begin.take, begin.key), (begun.recording_id, 1, begun.key));
    while recorder.records().await != ["anna", "ben"] {}
    anna.hears_that_it_is(RecordingState::Recording).await;
}

#[tokio::test]
async fn it_takes_no_seat_in_the_call() {
    let server = Server::that_records(&[("limits.peers_per_call", "2")]).await;
    let recorder = server.recorder().await;
    let (anna, ben, room, _) = server.recorded_call(&recorder).await;
    // Both are still in, and may come again.
    anna.join_call(&room).await;
    ben.join_call(&room).await;
}
