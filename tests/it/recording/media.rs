//! What is recorded of people who send sound and pictures, and of nobody else.

use bedside_peer::Connect;
use bedside_protocol::{
    consultation::ConsultationEnd,
    recording::{Decision, RecordingReason, RecordingState, RecordingStop},
    session::Role,
    webrtc::{WebrtcPeerAway, WebrtcPeerJoined},
};

use super::recorder::guest_of;
use crate::harness::{
    Peer, Server,
    media::{IN_PROCESS, Person, ends_at_ms, files, of},
    process::Process,
};

/// What still is on its way when somebody is no longer recorded, in milliseconds: a second, as is promised.
const LATE_MS: u64 = 1_000;

#[tokio::test]
async fn what_everybody_has_agreed_to_is_recorded_plays_and_does_not_touch_the_call() {
    let server = Server::with(&IN_PROCESS).await;
    let (anna, ben, room) = server.call_with_media().await;
    let control = anna.call.mark();
    let asked = anna.starts_recording(&room).await;
    anna.decides(&room, &asked, Decision::Given).await;
    anna.hears_the_other_for(1).await;
    assert_eq!((anna.sent_to_recorder(), ben.sent_to_recorder()), (0, 0), "Ben has not agreed yet");

    ben.decides(&room, &asked, Decision::Given).await;
    anna.call.recorded().await.unwrap();
    ben.call.recorded().await.unwrap();
    // The recorder comes into the roster like everybody else.
    while ben.hears::<WebrtcPeerJoined>().await.unwrap().peer.role != Role::Recorder {}
    anna.hears_the_other_for(4).await;
    anna.stops(&room, &asked).await;

    ben.hears_that_it_is(RecordingState::Ready).await;
    let details = server.details(&asked.id).await;
    for user in ["anna", "ben"] {
        // On a machine that is very busy, a connection may have been made anew at first.
        let theirs = of(&details, user);
        let file = theirs.last().unwrap();
        assert_eq!(file.codecs, ["opus", "vp8"]);
        let film = server.film(&asked.id, file).await;
        assert!(!film.flashes.is_empty() && film.index && !film.torn, "{film:?}");
    }
    let beside = anna.call.flowed_since(&control);
    assert!(beside.lost * 100 <= beside.audio_packets, "the call beside it is as it was: {beside:?}");
    assert_eq!(
        server.kept_in("spool"),
        Vec::<std::path::PathBuf>::new(),
        "what was put away lies nowhere else"
    );
    for path in server.kept_in("files") {
        let sealed = std::fs::read(&path).unwrap();
        assert!(
            !sealed.windows(8).any(|bytes| bytes.starts_with(b"webm") || bytes == b"matroska"),
            "{path:?}"
        );
    }
}

#[tokio::test]
async fn who_comes_unasked_stops_the_tape_and_who_withdraws_is_off_it_within_a_second() {
    let server = Server::with(&IN_PROCESS).await;
    let (anna, ben, room) = server.call_with_media().await;
    // Who is in the chat hears of it when the call is over, too.
    anna.join_chat(&room).await;
    let recording = anna.records(&room, &[&ben]).await;
    let begun_at = recording.started_at.unwrap().time();
    let on_the_tape = || u64::try_from((server.clinic.clock.now() - begun_at).num_milliseconds()).unwrap();
    anna.call.recorded().await.unwrap();
    anna.hears_the_other_for(1).await;

    let gil = guest_of(&server, &room).await;
    let paused_at = on_the_tape();
    let gil = Person::enter(gil, &room).await;
    anna.hears_that_it_is(RecordingState::Paused).await;
    anna.hears_the_other_for(2).await;
    assert_eq!(gil.sent_to_recorder(), 0);
    let goes_on_at = on_the_tape();
    gil.decides(&room, &recording, Decision::Given).await;
    gil.call.recorded().await.unwrap();
    anna.call.recorded().await.unwrap();
    anna.hears_the_other_for(2).await;
    let withdrawn_at = on_the_tape();
    gil.decides(&room, &recording, Decision::Withdrawn).await;
    anna.hears_the_other_for(3).await;
    anna.ask(ConsultationEnd { room_id: room.clone(), outcome: None }).await.unwrap();

    let ready = anna.hears_that_it_is(RecordingState::Ready).await;
    assert_eq!(ready.reason, Some(RecordingReason::VisitEnded));
    let details = server.details(&recording.id).await;
    let [first, .., last] = of(&details, "anna")[..] else { panic!("a pause parts it: {details:?}") };
    assert!(ends_at_ms(first) <= paused_at + LATE_MS, "{first:?}, paused at {paused_at}");
    let during = of(&details, "anna").into_iter().chain(of(&details, "gil")).chain(of(&details, "ben"));
    for file in during.filter(|file| ends_at_ms(file) > paused_at + LATE_MS) {
        assert!(file.starts_at_ms >= goes_on_at, "{file:?}, goes on at {goes_on_at}");
    }
    let gone = of(&details, "gil");
    assert!(
        !gone.is_empty() && gone.iter().all(|file| ends_at_ms(file) <= withdrawn_at + LATE_MS),
        "{gone:?}"
    );
    assert!(ends_at_ms(last) > withdrawn_at + LATE_MS, "{last:?}, withdrawn at {withdrawn_at}");
}

#[tokio::test]
async fn who_reloads_the_page_goes_on_in_a_new_file_and_what_is_deleted_is_gone() {
    let server = Server::with(&IN_PROCESS).await;
    let (anna, ben, room) = server.call_with_media().await;
    let recording = anna.records(&room, &[&ben]).await;
    ben.call.recorded().await.unwrap();
    anna.hears_the_other_for(2).await;

    let Person { peer, call } = ben;
    call.hang_up().await;
    peer.close().await;
    anna.hears::<WebrtcPeerAway>().await.unwrap();
    let ben = Person::enter(server.patient("ben").await, &room).await;
    ben.call.recorded().await.unwrap();
    ben.hears_the_other_for(2).await;
    anna.stops(&room, &recording).await;

    anna.hears_that_it_is(RecordingState::Ready).await;
    let details = server.details(&recording.id).await;
    let [before, after] = of(&details, "ben")[..] else { panic!("{details:?}") };
    assert_ne!(before.leg, after.leg);
    assert!(before.bytes > 0 && after.bytes > 0 && after.starts_at_ms > ends_at_ms(before));
    let kept = files(server.data_dir().join("files"));
    assert!(kept.len() >= 4, "three legs and a manifest: {kept:?}");

    let path = format!("/api/v1/recordings/{}", recording.id);
    assert_eq!(server.rest(("anna", Role::Doctor), "DELETE", &path).go().await.status, 204);

    assert_eq!(files(server.data_dir().join("files")), Vec::<std::path::PathBuf>::new());
    let stored = server.clinic.store.recording(&recording.id).await.unwrap().unwrap();
    assert!(stored.key.is_none() && stored.deleted_at.is_some());
}

#[tokio::test]
async fn what_was_recorded_until_the_server_was_killed_is_rescued_when_it_is_back() {
    let (data, database) = (tempfile::tempdir().unwrap(), crate::database());
    let room = Server::prepare(data.path(), database.as_deref()).await;
    let file = data.path().join("bedside.toml");
    std::fs::write(&file, "recording.enabled = true\nrecording.udp_port = 0\nstorage.disk_floor_mb = 0\n")
        .unwrap();
    let first = Process::start_with(data.path(), database.as_deref(), Some(&file));
    let enter = async |user: &str, role| {
        let connect = Connect::to(&first.url, Server::token(user, role));
        Person::enter(Peer::enter(user, connect).await, &room).await
    };
    let (anna, ben) = (enter("anna", Role::Doctor).await, enter("ben", Role::Patient).await);
    anna.call.connected().await.unwrap();
    let recording = anna.records(&room, &[&ben]).await;
    ben.call.recorded().await.unwrap();
    // The first cluster is on the disk after two seconds at the latest.
    anna.hears_the_other_for(4).await;

    first.kill();

    let server = Server::on(data, database.as_deref(), &IN_PROCESS).await;
    let doctor = server.doctor("anna").await;
    doctor.join_chat(&room).await;
    let stop = RecordingStop { room_id: room.clone(), recording_id: recording.id.clone() };
    let over = doctor.ask(stop).await.unwrap().recording;
    if over.state != RecordingState::Ready {
        doctor.hears_that_it_is(RecordingState::Ready).await;
    }
    let details = server.details(&recording.id).await;
    for user in ["anna", "ben"] {
        let [file] = of(&details, user)[..] else { panic!("{details:?}") };
        assert!(file.recovered, "{file:?}");
        let film = server.film(&recording.id, file).await;
        assert!(film.index && !film.pictures.is_empty() && !film.sounds.is_empty(), "{film:?}");
    }
}
