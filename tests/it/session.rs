//! Sessions outlive their sockets.

use bedside_peer::{Client, Connect, Framing};
use bedside_protocol::{
    Code,
    chat::{ChatMessage, ChatTypingHeard},
    ids::InstanceId,
    session::{Action, Role},
    webrtc::{WebrtcJoined, WebrtcPeerAway, WebrtcPeerBack, WebrtcPeerJoined, WebrtcPeerLeft},
};

use crate::harness::{Server, message};

async fn comes_back_and_misses_nothing(framing: Framing) {
    let server = Server::start().await;
    let room = server.visit("anna", "ben").await;
    let anna = server.doctor("anna").await;
    let ben = server.enter("ben", server.connect("ben", Role::Patient).framing(framing)).await;
    for peer in [&anna, &ben] {
        peer.join_chat(&room).await;
        peer.join_call(&room).await;
    }
    anna.admit(&room, &ben).await;
    ben.join_call(&room).await;
    let peer_id = anna.hears::<WebrtcPeerJoined>().await.unwrap().peer.peer_id;
    anna.say(&room, "before").await;
    assert_eq!(ben.hears::<ChatMessage>().await.unwrap().seq, 3, "after admitted and started");

    ben.drop_connection().await;
    assert_eq!(anna.hears::<WebrtcPeerAway>().await.unwrap().peer_id, peer_id);
    anna.say(&room, "meanwhile").await;
    assert!(ben.resume().await.unwrap(), "the session is the same");

    assert_eq!(anna.hears::<WebrtcPeerBack>().await.unwrap().peer_id, peer_id);
    assert_eq!(ben.hears::<ChatMessage>().await.unwrap().seq, 4);
    ben.say(&room, "here I am").await;
    assert_eq!(ben.hears::<ChatMessage>().await.unwrap().seq, 5);
    anna.hears_nothing_of::<WebrtcPeerLeft>().await.unwrap();
}

#[tokio::test]
async fn a_socketio_client_comes_back_and_misses_nothing() {
    comes_back_and_misses_nothing(Framing::SocketIo).await;
}

#[tokio::test]
async fn a_plain_client_comes_back_and_misses_nothing() {
    comes_back_and_misses_nothing(Framing::Plain).await;
}

#[tokio::test]
async fn who_comes_back_too_late_is_honestly_new() {
    let server = Server::with(&[("socket.resume_window_ms", "0")]).await;
    let ben = server.patient("ben").await;
    ben.drop_connection().await;
    assert!(!ben.resume().await.unwrap());
}

#[tokio::test]
async fn a_new_session_of_the_same_page_takes_the_place_in_the_call() {
    let server = Server::start().await;
    let room = server.visit_with("anna", "ben", |visit| visit.waiting_room = false).await;
    let page = || InstanceId::parse("one page").unwrap();
    let anna = server.doctor("anna").await;
    let ben = server.enter("ben", server.connect("ben", Role::Patient).instance(page())).await;
    anna.join_call(&room).await;
    let WebrtcJoined::Joined { peer_id, .. } = ben.join_call(&room).await else { panic!("waits") };
    anna.hears::<WebrtcPeerJoined>().await.unwrap();

    let again = server.enter("ben", server.connect("ben", Role::Patient).instance(page())).await;

    assert_eq!(anna.hears::<WebrtcPeerBack>().await.unwrap().peer_id, peer_id);
    let closed = ben.closed().await;
    assert_eq!(closed.closing.map(|closing| (closing.code, closing.action)), Some((4505, Action::Stop)));
    let WebrtcJoined::Joined { peer_id: same, .. } = again.join_call(&room).await else { panic!("waits") };
    assert_eq!(same, peer_id);
    anna.hears_nothing_of::<WebrtcPeerJoined>().await.unwrap();
}

#[tokio::test]
async fn a_bad_token_is_a_connect_error_with_a_code() {
    let server = Server::start().await;
    for framing in [Framing::SocketIo, Framing::Plain] {
        let refused = Client::connect(Connect::to(&server.url, "no token").framing(framing)).await;
        let refused = refused.unwrap_err();
        assert_eq!(refused.code(), Some(Code::TokenInvalid), "{framing:?}: {refused}");
    }
}

#[tokio::test]
async fn what_is_too_fast_is_refused_with_a_time_to_wait_and_the_session_stays() {
    let server = Server::start().await;
    let room = server.visit("anna", "ben").await;
    let anna = server.doctor("anna").await;
    anna.join_chat(&room).await;
    let mut refused = None;
    for _ in 0..30 {
        if let Err(error) = anna.ask(message(&room, None, "hello")).await {
            refused = error.refusal().cloned();
        }
    }
    let refused = refused.expect("a burst of 20 was passed");
    assert_eq!(refused.code, Code::RateLimited);
    assert!(refused.retry_after_ms.is_some_and(|wait| wait > 0));
    anna.hears_nothing_of::<ChatTypingHeard>().await.unwrap();
}
