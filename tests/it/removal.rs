//! Leaving: removed, ended, sent away by a server that goes down.

use std::time::Duration;

use bedside::{domain::consultation::NewPlace, model::actor::Actor};
use bedside_peer::{Client, Connect, Framing, client::ConnectError};
use bedside_protocol::{
    Code,
    chat::{ChatMemberLeft, ChatMessage},
    consultation::{ConsultationAdmit, ConsultationAdmitted},
    ids::RoomId,
    session::{Action, Role, SessionClosing},
    webrtc::{LeaveReason, WebrtcJoinRoom, WebrtcJoined, WebrtcPeerLeft},
};
use tokio::{task::JoinSet, time::timeout};

use crate::{
    bytes,
    harness::{Peer, Server, message, raw::FRAMINGS, user_id},
};

/// A removal takes effect within so long.
const PROMPT: Duration = Duration::from_secs(2);

fn doctor() -> Actor {
    Actor { user_id: user_id("anna"), name: None, role: Role::Doctor, scope: None }
}

async fn invite(server: &Server, room: &RoomId, user: &str, role: Role) {
    let place = NewPlace { user_id: user_id(user), role, name: None };
    server.clinic.add_place(&doctor(), room, place).await.unwrap();
}

/// Anna in call and chat, and a guest who was let in to both.
async fn with_a_guest(server: &Server, framing: Framing, scoped: bool) -> (Peer, Peer, RoomId) {
    let room = server.visit("anna", "ben").await;
    invite(server, &room, "gina", Role::Guest).await;
    let anna = server.doctor("anna").await;
    let token = if scoped {
        Server::scoped_token("gina", Role::Guest, &room)
    } else {
        Server::token("gina", Role::Guest)
    };
    let gina = server.enter("gina", Connect::to(&server.url, token).framing(framing)).await;
    anna.join_chat(&room).await;
    anna.join_call(&room).await;
    let admit = ConsultationAdmit { room_id: room.clone(), user_id: gina.user.clone(), reason: None };
    anna.ask(admit).await.unwrap();
    gina.join_chat(&room).await;
    gina.join_call(&room).await;
    (anna, gina, room)
}

#[tokio::test]
async fn a_removed_guest_is_out_of_chat_and_call_at_once() {
    for framing in FRAMINGS {
        let server = Server::start().await;
        let (anna, gina, room) = with_a_guest(&server, framing, false).await;

        server.clinic.remove_place(&doctor(), &room, &gina.user).await.unwrap();

        let left = timeout(PROMPT, anna.hears::<WebrtcPeerLeft>()).await.unwrap().unwrap();
        assert_eq!(left.reason, LeaveReason::Removed);
        timeout(PROMPT, anna.hears::<ChatMemberLeft>()).await.unwrap().unwrap();
        anna.say(&room, "she must not hear this").await;
        gina.hears_nothing_of::<ChatMessage>().await.unwrap();
        assert_eq!(gina.ask(message(&room, None, "hello?")).await.unwrap_err().code(), Some(Code::Forbidden));
        let join = WebrtcJoinRoom { room_id: room.clone(), media: None };
        assert_eq!(gina.ask(join).await.unwrap_err().code(), Some(Code::Forbidden));
    }
}

#[tokio::test]
async fn a_session_whose_token_opens_nothing_else_ends_with_the_removal() {
    for framing in FRAMINGS {
        let server = Server::start().await;
        let (_anna, gina, room) = with_a_guest(&server, framing, true).await;

        server.clinic.remove_place(&doctor(), &room, &gina.user).await.unwrap();

        let closed = timeout(PROMPT, gina.closed()).await.unwrap();
        let closing = closed.closing.as_ref().map(|closing| (closing.code, closing.action));
        assert_eq!(closing, Some((4503, Action::Stop)), "{framing:?}: {closed}");
        assert!(!gina.resume().await.unwrap_or(false), "there is nothing to come back to");
    }
}

#[tokio::test]
async fn another_role_takes_effect_on_open_sessions_at_once() {
    for framing in FRAMINGS {
        let server = Server::start().await;
        let room = server.visit("anna", "ben").await;
        invite(&server, &room, "dan", Role::Doctor).await;
        let (anna, ben) = (server.doctor("anna").await, server.patient("ben").await);
        let dan = server.enter("dan", server.connect("dan", Role::Doctor).framing(framing)).await;
        anna.join_call(&room).await;
        dan.join_chat(&room).await;
        assert!(matches!(dan.join_call(&room).await, WebrtcJoined::Joined { .. }));
        ben.join_call(&room).await;

        // From a doctor to a guest who has to be let in.
        server.clinic.remove_place(&doctor(), &room, &dan.user).await.unwrap();
        invite(&server, &room, "dan", Role::Guest).await;

        let left = timeout(PROMPT, anna.hears::<WebrtcPeerLeft>()).await.unwrap().unwrap();
        assert_eq!(left.reason, LeaveReason::Removed);
        let admit = ConsultationAdmit { room_id: room.clone(), user_id: ben.user.clone(), reason: None };
        assert_eq!(dan.ask(admit.clone()).await.unwrap_err().code(), Some(Code::Forbidden), "{framing:?}");
        assert_eq!(dan.ask(message(&room, None, "hello?")).await.unwrap_err().code(), Some(Code::Waiting));
        assert!(matches!(dan.join_call(&room).await, WebrtcJoined::Waiting { .. }));

        // And back.
        server.clinic.remove_place(&doctor(), &room, &dan.user).await.unwrap();
        invite(&server, &room, "dan", Role::Doctor).await;
        dan.ask(admit).await.unwrap();
        timeout(PROMPT, ben.hears::<ConsultationAdmitted>()).await.unwrap().unwrap();
        assert!(matches!(dan.join_call(&room).await, WebrtcJoined::Joined { .. }));
    }
}

#[tokio::test]
async fn a_polling_client_that_never_polls_again_keeps_no_server_up() {
    let patient = [("server.drain_timeout_ms", "600000"), ("limits.outbox_stall_ms", "600000")];
    let server = Server::with(&patient).await;
    let (status, opened) =
        bytes::fetch(server.address(), "GET", "/socket.io/?EIO=4&transport=polling", "").await;
    assert_eq!(status, 200, "{opened}");

    timeout(Duration::from_secs(10), server.stop()).await.expect("the server waits for nobody");
}

#[tokio::test]
async fn a_server_that_goes_down_says_so_first_and_closes_with_1012() {
    for framing in FRAMINGS {
        let server = Server::start().await;
        let room = server.visit("anna", "ben").await;
        let anna = server.enter("anna", server.connect("anna", Role::Doctor).framing(framing)).await;
        anna.join_chat(&room).await;
        let late = server.connect("ben", Role::Patient).framing(framing);

        let down = tokio::spawn(server.stop());
        let closing = anna.hears::<SessionClosing>().await.unwrap();

        assert_eq!((closing.code, closing.action), (4413, Action::Reconnect));
        assert!(closing.reconnect_after_ms.is_some());
        let refused = Client::connect(late).await.unwrap_err();
        assert!(
            matches!(refused, ConnectError::Http { status: 503, .. } | ConnectError::Unreachable { .. }),
            "{framing:?}: {refused}"
        );
        let closed = anna.closed().await;
        assert_eq!((closed.code, closed.disconnected), (Some(1012), false), "{framing:?}: {closed}");
        timeout(Duration::from_secs(10), down).await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_server_that_goes_down_answers_all_that_it_does() {
    for framing in FRAMINGS {
        let server = Server::with(&[("limits.chat_burst", "1000000")]).await;
        let room = server.visit_with("anna", "ben", |visit| visit.waiting_room = false).await;
        let mut senders = JoinSet::new();
        let anna = server.doctor("anna").await;
        anna.join_chat(&room).await;
        for sender in 0..4 {
            let ben = server.enter("ben", server.connect("ben", Role::Patient).framing(framing)).await;
            ben.join_chat(&room).await;
            let room = room.clone();
            senders.spawn(async move {
                let mut acknowledged = Vec::new();
                for number in 0.. {
                    let key = format!("{sender}-{number}");
                    match ben.ask(message(&room, Some(&key), "hello")).await {
                        Ok(sent) => acknowledged.push(sent.message.seq),
                        Err(_the_end) => break,
                    }
                }
                acknowledged
            });
        }
        anna.hears::<ChatMessage>().await.unwrap();

        let server = server.restart().await;

        let mut acknowledged: Vec<u64> = senders.join_all().await.into_iter().flatten().collect();
        acknowledged.sort_unstable();
        let head = server.doctor("anna").await.join_chat(&room).await.last_seq;
        assert_eq!(
            acknowledged,
            (1..=head).collect::<Vec<_>>(),
            "{framing:?}: done and answered are the same"
        );
    }
}
