//! The door: who waits, who is let in, and what a visit goes through.

use bedside_protocol::{
    Code,
    consultation::{
        ConsultationAdmitted, ConsultationDenied, ConsultationDeny, ConsultationEnd, ConsultationEnded,
        ConsultationHeld, ConsultationHold, ConsultationLeftWaiting, ConsultationStarted,
        ConsultationUpdated, ConsultationWaiting, Status,
    },
    ids::RoomId,
    webrtc::{LeaveReason, WebrtcJoined, WebrtcLeaveRoom, WebrtcPeerJoined, WebrtcPeerLeft},
};

use crate::harness::{Peer, Server, message, user_id};

#[tokio::test]
async fn a_patient_waits_until_the_doctor_admits_them() {
    let server = Server::start().await;
    let room = server.visit("anna", "ben").await;
    let (anna, ben) = (server.doctor("anna").await, server.patient("ben").await);

    assert_eq!(ben.join_call(&room).await, WebrtcJoined::Waiting { position: 1 });
    let waiting = anna.hears::<ConsultationWaiting>().await.unwrap();
    assert_eq!((waiting.user.id, waiting.position), (ben.user.clone(), 1));
    assert_eq!(anna.hears::<ConsultationUpdated>().await.unwrap().consultation.status, Status::Waiting);

    anna.admit(&room, &ben).await;
    ben.hears::<ConsultationAdmitted>().await.unwrap();
    assert!(matches!(ben.join_call(&room).await, WebrtcJoined::Joined { .. }));
}

#[tokio::test]
async fn a_doctor_who_comes_late_hears_who_waits() {
    let server = Server::start().await;
    let room = server.visit("anna", "ben").await;
    let ben = server.patient("ben").await;
    ben.join_call(&room).await;

    let anna = server.doctor("anna").await;

    assert_eq!(anna.hears::<ConsultationWaiting>().await.unwrap().user.id, ben.user);
}

#[tokio::test]
async fn a_visit_starts_when_doctor_and_patient_are_in_the_call_and_ends_when_the_doctor_says_so() {
    let server = Server::start().await;
    let (anna, ben, room) = server.call().await;
    ben.join_chat(&room).await;
    assert_eq!(anna.hears::<WebrtcPeerJoined>().await.unwrap().peer.user_id, ben.user);
    anna.hears::<ConsultationStarted>().await.unwrap();

    let refused = ben.ask(ConsultationEnd { room_id: room.clone(), outcome: None }).await.unwrap_err();
    assert_eq!(refused.code(), Some(Code::Forbidden));
    let ended = anna.ask(ConsultationEnd { room_id: room.clone(), outcome: None }).await.unwrap();

    assert_eq!(ended.consultation.status, Status::Completed);
    assert_eq!(ben.hears::<ConsultationEnded>().await.unwrap().by, Some(anna.user.clone()));
    assert_eq!(ben.hears::<WebrtcPeerLeft>().await.unwrap().reason, LeaveReason::Ended);
    assert_eq!(ben.ask(message(&room, None, "thanks")).await.unwrap_err().code(), Some(Code::Ended));
    assert!(!ben.join_chat(&room).await.events.is_empty(), "the history stays");
}

#[tokio::test]
async fn who_is_held_leaves_the_call_and_waits_again() {
    let server = Server::start().await;
    let (anna, ben, room) = server.call().await;

    let hold = ConsultationHold { room_id: room.clone(), user_id: ben.user.clone(), reason: None };
    anna.ask(hold).await.unwrap();

    ben.hears::<ConsultationHeld>().await.unwrap();
    assert_eq!(anna.hears::<WebrtcPeerLeft>().await.unwrap().reason, LeaveReason::Removed);
    assert_eq!(ben.join_call(&room).await, WebrtcJoined::Waiting { position: 1 });
}

#[tokio::test]
async fn who_is_denied_is_told_and_does_not_come_in() {
    let server = Server::start().await;
    let room = server.visit("anna", "ben").await;
    let (anna, ben) = (server.doctor("anna").await, server.patient("ben").await);
    ben.join_call(&room).await;

    let deny = ConsultationDeny { room_id: room.clone(), user_id: ben.user.clone(), reason: None };
    anna.ask(deny).await.unwrap();

    ben.hears::<ConsultationDenied>().await.unwrap();
    let again = bedside_protocol::webrtc::WebrtcJoinRoom { room_id: room.clone(), media: None };
    assert_eq!(ben.ask(again).await.unwrap_err().code(), Some(Code::Forbidden));
}

#[tokio::test]
async fn without_a_waiting_room_nobody_waits() {
    let server = Server::start().await;
    let room = server.visit_with("anna", "ben", |visit| visit.waiting_room = false).await;
    let ben = server.patient("ben").await;

    assert!(matches!(ben.join_call(&room).await, WebrtcJoined::Joined { .. }));
}

/// A patient in front of the door, and a doctor who knows.
async fn with_a_waiting_patient(server: &Server) -> (Peer, Peer, RoomId) {
    let room = server.visit("anna", "ben").await;
    let (anna, ben) = (server.doctor("anna").await, server.patient("ben").await);
    ben.join_call(&room).await;
    anna.hears::<ConsultationWaiting>().await.unwrap();
    (anna, ben, room)
}

/// The doctor hears once that the patient waits no longer.
async fn hears_that_ben_left(anna: &Peer, room: &RoomId) {
    let left = anna.hears::<ConsultationLeftWaiting>().await.unwrap();
    assert_eq!((left.room_id, left.user_id), (room.clone(), user_id("ben")));
    anna.hears_nothing_of::<ConsultationLeftWaiting>().await.unwrap();
}

#[tokio::test]
async fn a_doctor_hears_that_somebody_who_was_let_in_waits_no_longer() {
    let server = Server::start().await;
    let (anna, ben, room) = with_a_waiting_patient(&server).await;

    anna.admit(&room, &ben).await;
    ben.join_call(&room).await;

    hears_that_ben_left(&anna, &room).await;
    ben.hears_nothing_of::<ConsultationLeftWaiting>().await.unwrap();
}

#[tokio::test]
async fn a_doctor_hears_that_somebody_who_was_sent_away_waits_no_longer() {
    let server = Server::start().await;
    let (anna, ben, room) = with_a_waiting_patient(&server).await;

    let deny = ConsultationDeny { room_id: room.clone(), user_id: ben.user.clone(), reason: None };
    anna.ask(deny).await.unwrap();

    hears_that_ben_left(&anna, &room).await;
}

#[tokio::test]
async fn a_doctor_hears_that_somebody_who_gave_up_waits_no_longer() {
    let server = Server::start().await;
    let (anna, ben, room) = with_a_waiting_patient(&server).await;

    ben.ask(WebrtcLeaveRoom { room_id: room.clone() }).await.unwrap();

    hears_that_ben_left(&anna, &room).await;
}

#[tokio::test]
async fn a_doctor_hears_that_somebody_whose_session_is_over_waits_no_longer() {
    let server = Server::with(&[("socket.resume_window_ms", "0")]).await;
    let (anna, ben, room) = with_a_waiting_patient(&server).await;

    ben.drop_connection().await;

    hears_that_ben_left(&anna, &room).await;
}

#[tokio::test]
async fn a_doctor_hears_that_nobody_waits_for_a_visit_that_is_over() {
    let server = Server::start().await;
    let (anna, _ben, room) = with_a_waiting_patient(&server).await;

    let doctor = bedside::model::actor::Actor {
        user_id: anna.user.clone(),
        name: None,
        role: bedside_protocol::session::Role::Doctor,
        scope: None,
    };
    server.clinic.cancel_visit(&doctor, &room, None, None).await.unwrap();

    hears_that_ben_left(&anna, &room).await;
}

#[tokio::test]
async fn who_waits_in_two_tabs_and_closes_one_still_waits() {
    let server = Server::start().await;
    let (anna, ben, room) = with_a_waiting_patient(&server).await;
    let tab = server.patient("ben").await;
    tab.join_call(&room).await;
    anna.hears::<ConsultationWaiting>().await.unwrap();

    tab.ask(WebrtcLeaveRoom { room_id: room.clone() }).await.unwrap();
    anna.hears_nothing_of::<ConsultationLeftWaiting>().await.unwrap();
    ben.ask(WebrtcLeaveRoom { room_id: room.clone() }).await.unwrap();

    hears_that_ben_left(&anna, &room).await;
}
