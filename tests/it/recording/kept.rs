//! What is kept of a recording, and for whom.

use bedside_protocol::{
    recording::{Decision, RecordingState, RecordingStop},
    session::Role,
    webrtc::WebrtcOfferHeard,
};

use crate::harness::{Server, recorder::RECORDING};

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
        person.hears::<WebrtcOfferHeard>().await.unwrap();
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
