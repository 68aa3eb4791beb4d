//! The door: who waits, who is let in, and what a visit goes through.

use bedside_protocol::{
    Code,
    consultation::{
        ConsultationAdmitted, ConsultationDenied, ConsultationDeny, ConsultationEnd, ConsultationEnded,
        ConsultationHeld, ConsultationHold, ConsultationStarted, ConsultationUpdated, ConsultationWaiting,
        Status,
    },
    webrtc::{LeaveReason, WebrtcJoined, WebrtcPeerJoined, WebrtcPeerLeft},
};

use crate::harness::{Server, message};

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
