//! What is kept of a recording, and for whom.

use std::time::Duration;

use bedside::{clock::Clock, model::actor::Actor};
use bedside_protocol::{
    chat::ChatHistory,
    recording::{Decision, RecordingState, RecordingStop},
    room::Fact,
    session::Role,
    webrtc::WebrtcOfferHeard,
};

use super::worker::{bring, hex};
use crate::harness::{Server, recorder::RECORDING, user_id};

#[tokio::test]
async fn the_recorder_of_this_process_offers_to_everybody_who_has_agreed() {
    let server = Server::with(&[
        ("recording.enabled", "true"),
        ("recording.udp_port", "0"),
        ("storage.disk_floor_mb", "0"),
    ])
    .await;
    let (anna, ben, room) = server.call().await;
    let recording = anna.starts_recording(&room).await;
    anna.decides(&room, &recording, Decision::Given).await;
    ben.hears_nothing_of::<WebrtcOfferHeard>().await.unwrap();

    ben.decides(&room, &recording, Decision::Given).await;

    for person in [&anna, &ben] {
        let offer = person.hears::<WebrtcOfferHeard>().await.unwrap().sdp.text();
        assert!(offer.contains("a=recvonly") && !offer.contains("a=sendrecv"), "it takes, and gives nothing");
        assert!(offer.contains(" udp ") && offer.contains("tcptype passive"), "{offer}");
    }
    let stop = RecordingStop { room_id: room.clone(), recording_id: recording.id.clone() };
    assert_eq!(anna.ask(stop).await.unwrap().recording.state, RecordingState::Stopped);
    server.stop().await;
}

#[tokio::test]
async fn doctor_and_staff_see_a_recording_and_its_deletion_is_for_good() {
    let server = Server::with(&RECORDING).await;
    let recorder = server.recorder().await;
    let (anna, _ben, room, begin) = server.recorded_call(&recorder).await;
    let list = format!("/api/v1/consultations/{room}/recordings");
    let one = format!("/api/v1/recordings/{}", begin.recording_id);
    let (doctor, stranger) = (("anna", Role::Doctor), ("xavi", Role::Patient));

    let listed = server.rest(doctor, "GET", &list).go().await.ok(200);
    assert_eq!(listed["items"][0]["id"], begin.recording_id.as_str());
    let seen = server.rest(("sam", Role::Staff), "GET", &one).go().await.ok(200);
    assert_eq!(seen["consents"].as_array().unwrap().len(), 2);
    server.rest(stranger, "GET", &one).go().await.refused(404, "not_found");
    server.rest(("ben", Role::Patient), "DELETE", &one).go().await.refused(403, "forbidden");

    let deleted = server.rest(doctor, "DELETE", &one).go().await;

    assert_eq!(deleted.status, 204);
    anna.hears_that_it_is(RecordingState::Stopped).await;
    server.rest(doctor, "GET", &one).go().await.refused(404, "not_found");
    let kept = server.clinic.store.recording(&begin.recording_id).await.unwrap().unwrap();
    assert!(kept.key.is_none() && kept.deleted_at.is_some(), "without its key its files are noise");
}

#[tokio::test]
async fn a_recording_whose_time_is_over_is_deleted_with_its_key_and_the_log_says_so() {
    let clock = Clock::test(Clock::system().now());
    let settings = [&RECORDING[..], &[("recording.retention_days", "1")]].concat();
    let server = Server::at(clock.clone(), &settings).await;
    let recorder = server.recorder().await;
    let (anna, _ben, room, begin) = server.recorded_call(&recorder).await;
    let id = begin.recording_id;
    let stop = RecordingStop { room_id: room.clone(), recording_id: id.clone() };
    let over = anna.ask(stop).await.unwrap().recording;
    assert_eq!(over.state, RecordingState::Stopped);
    let put = format!("{id}/files/0-0-0.sealed");
    let put = bring(&server, &server.recorder_token(), &put, b"sealed", &hex(b"sealed")).go().await;
    assert_eq!((put.status, server.kept_in("files").len()), (204, 1));

    clock.advance(Duration::from_secs(23 * 3_600));
    server.clinic.delete_expired_recordings().await.unwrap();
    assert!(server.clinic.store.recording(&id).await.unwrap().unwrap().key.is_some(), "it is kept for a day");
    clock.advance(Duration::from_secs(2 * 3_600));
    server.clinic.delete_expired_recordings().await.unwrap();

    let gone = server.clinic.store.recording(&id).await.unwrap().unwrap();
    assert!(gone.key.is_none() && gone.deleted_at.is_some() && gone.deleted_by.is_none());
    assert_eq!(server.kept_in("files"), Vec::<std::path::PathBuf>::new());
    let doctor = Actor { user_id: user_id("anna"), name: None, role: Role::Doctor, scope: None };
    assert_eq!(server.clinic.list_recordings(&doctor, &room).await.unwrap(), []);
    let ask = ChatHistory { room_id: room, before_seq: None, after_seq: None, limit: None };
    let log = server.clinic.history(&doctor, ask).await.unwrap().events;
    assert_eq!(log.last().unwrap().fact, Fact::RecordingDeleted { recording_id: id });
}
