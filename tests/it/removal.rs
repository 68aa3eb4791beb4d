//! Leaving: removed, ended, sent away by a server that goes down.

use std::time::Duration;

use bedside::{domain::consultation::NewPlace, model::actor::Actor};
use bedside_peer::{Client, Connect, Framing, client::ConnectError};
use bedside_protocol::{
    Code,
    chat::{ChatMemberLeft, ChatMessage},
    consultation::ConsultationAdmit,
    ids::RoomId,
    session::{Action, Role, SessionClosing},
    webrtc::{LeaveReason, WebrtcJoinRoom, WebrtcPeerLeft},
};
use tokio::{task::JoinSet, time::timeout};

use crate::harness::{Peer, Server, message, raw::FRAMINGS, user_id};

/// A removal takes effect within so long.
const PROMPT: Duration = Duration::from_secs(2);

fn doctor() -> Actor {
    Actor { user_id: user_id("anna"), name: None, role: Role::Doctor, scope: None }
}

async fn invite(server: &Server, room: &RoomId, user: &str) {
    let place = NewPlace { user_id: user_id(user), role: Role::Guest, name: None };
    server.clinic.add_place(&doctor(), room, place).await.unwrap();
}

/// Anna in call and chat, and a guest who was let in to both.
async fn with_a_guest(server: &Server, framing: Framing, scoped: bool) -> (Peer, Peer, RoomId) {
    let room = server.visit("anna", "ben").await;
    invite(server, &room, "gina").await;
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
