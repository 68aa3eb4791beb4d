//! Nobody is recorded who has not agreed, and nobody any longer than they agree.

use bedside::clock::Clock;
use bedside_protocol::{
    Code,
    consultation::{ConsultationEnd, ConsultationHold, RecordingPolicy},
    ids::RoomId,
    recorder::{RecorderBegin, RecorderEnd},
    recording::{
        Decision, RecordingChanged, RecordingConsentRequested, RecordingReason, RecordingStart,
        RecordingState, RecordingStop,
    },
    room::Fact,
    session::Role,
    webrtc::{WebrtcJoined, WebrtcLeaveRoom, WebrtcPeerJoined, WebrtcPeerLeft},
};
use std::time::Duration;

use super::recorder::guest_of;
use crate::harness::{
    Peer, Server,
    recorder::{RECORDING, consent, recorders},
    user_id,
};

#[tokio::test]
async fn a_recording_begins_when_everybody_in_the_call_has_agreed_and_not_before() {
    let server = Server::that_records(&[]).await;
    let recorder = server.recorder().await;
    let (anna, ben, room) = server.call().await;

    let recording = anna.starts_recording(&room).await;
    assert_eq!(recording.state, RecordingState::AwaitingConsent);
    assert_eq!(recording.missing, [anna.user.clone(), ben.user.clone()]);
    for person in [&anna, &ben] {
        let asked = person.is_asked().await;
        assert_eq!((asked.recording_id, asked.requested_by), (recording.id.clone(), anna.user.clone()));
        assert!(
            !asked.text.is_empty() && asked.texts.len() >= 3 && asked.text_version == recording.text_version
        );
    }
    let halfway = anna.decides(&room, &recording, Decision::Given).await;
    assert_eq!(
        (halfway.state, &halfway.missing[..]),
        (RecordingState::AwaitingConsent, &[ben.user.clone()][..])
    );
    recorder.hears_nothing_of::<RecorderBegin>().await.unwrap();

    ben.decides(&room, &recording, Decision::Given).await;

    let begin = recorder.hears::<RecorderBegin>().await.unwrap();
    assert_eq!((&begin.recording_id, &begin.room_id, begin.take), (&recording.id, &room, 0));
    assert_eq!(recorder.records().await, ["anna", "ben"]);
    for person in [&anna, &ben] {
        let running = person.hears_that_it_is(RecordingState::Recording).await;
        assert_eq!(running.recorded, [anna.user.clone(), ben.user.clone()]);
        assert!(running.started_at.is_some() && running.missing.is_empty());
    }
    let seen = ben.join_call(&room).await;
    let WebrtcJoined::Joined { peers, recording: Some(told), .. } = seen else { panic!("{seen:?}") };
    let seen = recorders(&peers);
    assert_eq!(seen.iter().map(|peer| &peer.peer_id).collect::<Vec<_>>(), [&begin.peer_id]);
    assert!(seen[0].polite, "everyone else is the polite one towards a recorder");
    assert_eq!(told.state, RecordingState::Recording);
}

#[tokio::test]
async fn the_log_says_who_has_agreed_and_what_became_of_it() {
    let server = Server::that_records(&[]).await;
    let recorder = server.recorder().await;
    let (anna, _ben, room, _) = server.recorded_call(&recorder).await;

    let log = anna.join_chat(&room).await;

    let said = log.events.iter().filter_map(|row| match &row.fact {
        Fact::Consent { decision, .. } => Some(format!("{}: {decision:?}", row.by.as_ref().unwrap())),
        Fact::Recording { recording } => Some(format!("{:?}", recording.state)),
        _ => None,
    });
    assert_eq!(
        said.collect::<Vec<_>>(),
        ["AwaitingConsent", "anna: Given", "AwaitingConsent", "ben: Given", "Recording"]
    );
}

#[tokio::test]
async fn one_no_ends_a_recording_before_it_begins() {
    let server = Server::that_records(&[]).await;
    let recorder = server.recorder().await;
    let (anna, ben, room) = server.call().await;
    let recording = anna.starts_recording(&room).await;
    anna.decides(&room, &recording, Decision::Given).await;

    let over = ben.decides(&room, &recording, Decision::Refused).await;

    assert_eq!((over.state, over.reason), (RecordingState::Stopped, Some(RecordingReason::Refused)));
    assert_eq!(anna.hears_that_it_is(RecordingState::Stopped).await.id, recording.id);
    recorder.hears_nothing_of::<RecorderBegin>().await.unwrap();
    assert_eq!(
        anna.starts_recording(&room).await.state,
        RecordingState::AwaitingConsent,
        "it may be asked again"
    );
}

#[tokio::test]
async fn the_patients_withdrawal_ends_it_and_is_no_error_when_it_is_said_twice() {
    let server = Server::that_records(&[]).await;
    let recorder = server.recorder().await;
    let (anna, ben, room, begin) = server.recorded_call(&recorder).await;
    let recording = ben.hears_that_it_is(RecordingState::Recording).await;

    let over = ben.decides(&room, &recording, Decision::Withdrawn).await;

    assert_eq!((over.state, over.reason), (RecordingState::Stopped, Some(RecordingReason::Withdrawn)));
    assert!(recorder.records().await.is_empty());
    assert_eq!(recorder.hears::<RecorderEnd>().await.unwrap().recording_id, recording.id);
    let left = anna.hears::<WebrtcPeerLeft>().await.unwrap();
    assert_eq!(left.peer_id, begin.peer_id);
    assert_eq!(ben.decides(&room, &recording, Decision::Withdrawn).await.state, RecordingState::Stopped);
    let late = anna.ask(consent(&room, &recording, Decision::Given)).await.unwrap_err();
    assert_eq!(late.code(), Some(Code::Ended));
}

#[tokio::test]
async fn somebody_who_joins_pauses_it_until_they_have_answered_and_is_recorded_only_if_they_agree() {
    for (decision, then) in
        [(Decision::Given, &["anna", "ben", "gil"][..]), (Decision::Refused, &["anna", "ben"])]
    {
        let server = Server::that_records(&[]).await;
        let recorder = server.recorder().await;
        let (anna, _ben, room, _) = server.recorded_call(&recorder).await;
        let gil = guest_of(&server, &room).await;

        let joined = gil.join_call(&room).await;

        assert!(recorder.records().await.is_empty(), "nobody is recorded while somebody is unasked");
        let WebrtcJoined::Joined { recording: Some(recording), .. } = joined else { panic!("{joined:?}") };
        assert_eq!(recording.state, RecordingState::Paused);
        assert_eq!(recording.reason, Some(RecordingReason::SomebodyJoined));
        assert_eq!(recording.missing, [user_id("gil")]);
        assert_eq!(gil.is_asked().await.recording_id, recording.id);
        anna.hears_that_it_is(RecordingState::Paused).await;

        gil.decides(&room, &recording, decision).await;

        assert_eq!(recorder.records().await, then, "{decision:?}");
        anna.hears_that_it_is(RecordingState::Recording).await;
    }
}

#[tokio::test]
async fn a_guest_who_no_longer_agrees_is_out_of_it_and_the_others_go_on() {
    let server = Server::that_records(&[]).await;
    let recorder = server.recorder().await;
    let (anna, _ben, room, _) = server.recorded_call(&recorder).await;
    let gil = guest_of(&server, &room).await;
    gil.join_call(&room).await;
    let recording = anna.hears_that_it_is(RecordingState::Paused).await;
    gil.decides(&room, &recording, Decision::Given).await;
    recorder.records().await;
    assert_eq!(recorder.records().await, ["anna", "ben", "gil"]);

    let goes_on = gil.decides(&room, &recording, Decision::Withdrawn).await;

    assert_eq!(recorder.records().await, ["anna", "ben"]);
    assert_eq!(goes_on.state, RecordingState::Recording);
    assert_eq!(goes_on.recorded, [user_id("anna"), user_id("ben")]);
    recorder.hears_nothing_of::<RecorderEnd>().await.unwrap();
}

#[tokio::test]
async fn who_reloads_the_page_before_they_have_answered_is_asked_again() {
    let server = Server::that_records(&[]).await;
    let _recorder = server.recorder().await;
    let (anna, ben, room) = server.call().await;
    let recording = anna.starts_recording(&room).await;
    ben.is_asked().await;
    ben.close().await;

    let ben = server.patient("ben").await;
    let joined = ben.join_call(&room).await;

    let WebrtcJoined::Joined { recording: Some(told), .. } = joined else { panic!("{joined:?}") };
    assert_eq!((&told.id, told.state), (&recording.id, RecordingState::AwaitingConsent));
    assert_eq!(ben.is_asked().await.recording_id, recording.id);
}

#[tokio::test]
async fn who_has_answered_is_not_asked_again() {
    let server = Server::that_records(&[]).await;
    let recorder = server.recorder().await;
    let (_anna, ben, room, _) = server.recorded_call(&recorder).await;
    ben.is_asked().await;

    ben.ask(WebrtcLeaveRoom { room_id: room.clone() }).await.unwrap();
    assert_eq!(recorder.records().await, ["anna"]);
    ben.join_call(&room).await;

    assert_eq!(recorder.records().await, ["anna", "ben"]);
    ben.hears_nothing_of::<RecordingConsentRequested>().await.unwrap();
}

#[tokio::test]
async fn who_reloads_the_page_while_they_are_recorded_gets_a_new_leg() {
    let server = Server::that_records(&[]).await;
    let recorder = server.recorder().await;
    let (_anna, ben, room, _) = server.recorded_call(&recorder).await;

    ben.join_call(&room).await;
    assert_eq!(recorder.records().await, ["anna"], "the page of this leg is gone");
    assert_eq!(recorder.records().await, ["anna", "ben"]);

    // On another device, whose page is known by its instance and comes in a session of its own each time.
    let page = server.plain("ben", Role::Patient).await;
    page.join_call(&room).await;
    assert_eq!(recorder.records().await, ["anna", "ben", "ben"]);
    page.close().await;
    let page = server.plain("ben", Role::Patient).await;
    page.join_call(&room).await;
    assert_eq!(recorder.records().await, ["anna", "ben"], "the page of this leg is gone, too");
    assert_eq!(recorder.records().await, ["anna", "ben", "ben"]);
    page.hears_nothing_of::<RecordingConsentRequested>().await.unwrap();
}

#[tokio::test]
async fn a_yes_to_another_text_is_no_yes() {
    let server = Server::that_records(&[]).await;
    let _recorder = server.recorder().await;
    let (anna, ben, room) = server.call().await;
    let recording = anna.starts_recording(&room).await;
    ben.is_asked().await;

    let mut other = consent(&room, &recording, Decision::Given);
    other.text_version = "yesterday's".to_owned();
    assert_eq!(ben.ask(other).await.unwrap_err().code(), Some(Code::Conflict));

    assert_eq!(
        ben.is_asked().await.text_version,
        recording.text_version,
        "they are asked with the text of today"
    );
}

#[tokio::test]
async fn nobody_answers_in_time_and_it_is_given_up() {
    let clock = Clock::test(Clock::system().now());
    let server = Server::at(clock.clone(), &RECORDING).await;
    let _recorder = server.recorder().await;
    let (anna, ben, room) = server.call().await;
    let recording = anna.starts_recording(&room).await;
    anna.decides(&room, &recording, Decision::Given).await;

    clock.advance(Duration::from_secs(121));

    let over = ben.hears_that_it_is(RecordingState::Stopped).await;
    assert_eq!(over.reason, Some(RecordingReason::NoAnswer));
}

#[tokio::test]
async fn it_ends_when_it_is_as_long_as_it_may_be() {
    let clock = Clock::test(Clock::system().now());
    let server =
        Server::at(clock.clone(), &[&RECORDING[..], &[("recording.max_minutes", "10")]].concat()).await;
    let recorder = server.recorder().await;
    let (anna, _ben, _room, begin) = server.recorded_call(&recorder).await;
    assert_eq!(begin.at_most_ms, 600_000);

    clock.advance(Duration::from_secs(601));

    let over = anna.hears_that_it_is(RecordingState::Stopped).await;
    assert_eq!(over.reason, Some(RecordingReason::TooLong));
    recorder.hears::<RecorderEnd>().await.unwrap();
}

#[tokio::test]
async fn it_ends_with_the_visit_and_when_everybody_has_left() {
    let clock = Clock::test(Clock::system().now());
    let server = Server::at(clock.clone(), &RECORDING).await;
    let recorder = server.recorder().await;
    let (anna, ben, room, _) = server.recorded_call(&recorder).await;
    anna.ask(ConsultationEnd { room_id: room.clone(), outcome: None }).await.unwrap();
    let over = ben.hears_that_it_is(RecordingState::Stopped).await;
    assert_eq!(over.reason, Some(RecordingReason::VisitEnded));
    recorder.hears::<RecorderEnd>().await.unwrap();
    drop((anna, ben));

    let (anna, ben, room) = call_of(&server, "carla", "dora").await;
    anna.join_chat(&room).await;
    let recording = anna.starts_recording(&room).await;
    anna.decides(&room, &recording, Decision::Given).await;
    ben.decides(&room, &recording, Decision::Given).await;
    for person in [&anna, &ben] {
        person.ask(WebrtcLeaveRoom { room_id: room.clone() }).await.unwrap();
    }
    clock.advance(Duration::from_secs(61));
    let over = anna.hears_that_it_is(RecordingState::Stopped).await;
    assert_eq!(over.reason, Some(RecordingReason::EverybodyLeft));
}

async fn call_of(server: &Server, doctor: &str, patient: &str) -> (Peer, Peer, RoomId) {
    let room = server.visit_with(doctor, patient, |visit| visit.waiting_room = false).await;
    let (doctor, patient) = (server.doctor(doctor).await, server.patient(patient).await);
    doctor.join_call(&room).await;
    patient.join_call(&room).await;
    (doctor, patient, room)
}

#[tokio::test]
async fn who_is_held_or_leaves_is_out_of_it_at_once() {
    let server = Server::that_records(&[]).await;
    let recorder = server.recorder().await;
    let (anna, ben, room, _) = server.recorded_call(&recorder).await;

    let hold = ConsultationHold { room_id: room.clone(), user_id: ben.user.clone(), reason: None };
    anna.ask(hold).await.unwrap();

    assert_eq!(recorder.records().await, ["anna"]);
}

#[tokio::test]
async fn the_doctor_alone_begins_and_stops_it() {
    let server = Server::that_records(&[]).await;
    let recorder = server.recorder().await;
    let (anna, ben, room) = server.call().await;
    let start = RecordingStart { room_id: room.clone(), audio_only: false };
    assert_eq!(ben.ask(start.clone()).await.unwrap_err().code(), Some(Code::Forbidden));
    let recording = anna.starts_recording(&room).await;
    let second = anna.ask(start).await.unwrap_err();
    assert_eq!(second.code(), Some(Code::Conflict), "there is one at a time");
    anna.decides(&room, &recording, Decision::Given).await;
    ben.decides(&room, &recording, Decision::Given).await;
    recorder.hears::<RecorderBegin>().await.unwrap();
    let stop = RecordingStop { room_id: room.clone(), recording_id: recording.id.clone() };
    assert_eq!(ben.ask(stop.clone()).await.unwrap_err().code(), Some(Code::Forbidden));

    let over = anna.ask(stop.clone()).await.unwrap().recording;

    assert_eq!((over.state, over.reason), (RecordingState::Stopped, Some(RecordingReason::StoppedByDoctor)));
    recorder.hears::<RecorderEnd>().await.unwrap();
    assert_eq!(anna.ask(stop).await.unwrap().recording.state, RecordingState::Stopped, "twice is once");
}

#[tokio::test]
async fn it_is_refused_where_it_cannot_be() {
    let start = |room: &RoomId| RecordingStart { room_id: room.clone(), audio_only: false };
    let server = Server::start().await;
    let (anna, _ben, room) = server.call().await;
    assert_eq!(
        anna.ask(start(&room)).await.unwrap_err().code(),
        Some(Code::Unavailable),
        "it is not enabled"
    );
    assert!(!anna.ready.features.contains(&"recording".to_owned()));

    let server = Server::that_records(&[("storage.disk_floor_mb", "1000000000")]).await;
    let _recorder = server.recorder().await;
    let (anna, _ben, room) = server.call().await;
    let full = anna.ask(start(&room)).await.unwrap_err();
    assert_eq!(full.code(), Some(Code::StorageFull), "the disk has no room");

    let server = Server::that_records(&[("recording.concurrent", "1")]).await;
    let (anna, ben, room) = server.call().await;
    assert!(anna.ready.features.contains(&"recording".to_owned()));
    assert_eq!(anna.ask(start(&room)).await.unwrap_err().code(), Some(Code::Unavailable), "nobody records");
    let _recorder = server.recorder().await;
    let never = |visit: &mut bedside::domain::consultation::NewVisit| {
        visit.recording_policy = RecordingPolicy::Never;
        visit.waiting_room = false;
    };
    let private = server.visit_with("anna", "ben", never).await;
    anna.join_call(&private).await;
    ben.join_call(&private).await;
    assert_eq!(
        anna.ask(start(&private)).await.unwrap_err().code(),
        Some(Code::Forbidden),
        "it is never recorded"
    );
    let alone = server.visit("anna", "ben").await;
    assert_eq!(anna.ask(start(&alone)).await.unwrap_err().code(), Some(Code::NotJoined));
    anna.join_call(&alone).await;
    assert_eq!(
        anna.ask(start(&alone)).await.unwrap_err().code(),
        Some(Code::Conflict),
        "nobody else is there"
    );
    anna.starts_recording(&room).await;
    let (carla, _dora, second) = call_of(&server, "carla", "dora").await;
    assert_eq!(
        carla.ask(start(&second)).await.unwrap_err().code(),
        Some(Code::Overloaded),
        "too many at once"
    );
}

#[tokio::test]
async fn everybody_in_the_call_sees_the_recorder_come() {
    let server = Server::that_records(&[]).await;
    let recorder = server.recorder().await;
    let (_anna, ben, _room, begin) = server.recorded_call(&recorder).await;
    loop {
        let peer = ben.hears::<WebrtcPeerJoined>().await.unwrap().peer;
        if peer.role == Role::Recorder {
            assert!(peer.polite && peer.peer_id == begin.peer_id);
            return;
        }
    }
}

#[tokio::test]
async fn a_recording_changed_event_is_a_row_of_the_log() {
    let server = Server::that_records(&[]).await;
    let _recorder = server.recorder().await;
    let (anna, ben, room) = server.call().await;
    anna.starts_recording(&room).await;
    let changed = ben.hears::<RecordingChanged>().await.unwrap();
    let log = anna.join_chat(&room).await;
    let row = log.events.iter().find(|row| row.seq == changed.seq).unwrap();
    assert_eq!(row.fact, Fact::Recording { recording: changed.recording });
}
