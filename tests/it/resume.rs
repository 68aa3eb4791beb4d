//! Coming back: half-open connections, stolen and stale tickets, long absences, restarts.

use bedside_peer::{Client, Connect, Framing, client::Resume};
use bedside_protocol::{
    chat::ChatMessage,
    ids::InstanceId,
    session::{Action, Role},
    webrtc::{WebrtcJoined, WebrtcPeerAway, WebrtcPeerBack, WebrtcPeerJoined, WebrtcPeerLeft},
};

use crate::harness::{Server, raw::FRAMINGS};

#[tokio::test]
async fn a_client_that_falls_silent_is_noticed_and_comes_back_to_its_session() {
    for framing in FRAMINGS {
        let server =
            Server::with(&[("socket.ping_interval_ms", "200"), ("socket.ping_timeout_ms", "200")]).await;
        let room = server.visit_with("anna", "ben", |visit| visit.waiting_room = false).await;
        let anna = server.doctor("anna").await;
        let ben = server.enter("ben", server.connect("ben", Role::Patient).framing(framing)).await;
        anna.join_call(&room).await;
        anna.join_chat(&room).await;
        ben.join_call(&room).await;
        ben.join_chat(&room).await;

        ben.fall_silent().await;
        anna.hears::<WebrtcPeerAway>().await.unwrap();
        let sent = anna.say(&room, "are you there?").await;

        assert!(ben.resume().await.unwrap(), "{framing:?}");
        anna.hears::<WebrtcPeerBack>().await.unwrap();
        assert_eq!(ben.hears::<ChatMessage>().await.unwrap(), sent.message);
        anna.hears_nothing_of::<WebrtcPeerLeft>().await.unwrap();
    }
}

#[tokio::test]
async fn a_half_open_connection_is_replaced_before_it_is_noticed() {
    for framing in FRAMINGS {
        let server = Server::start().await;
        let room = server.visit("anna", "ben").await;
        let anna = server.doctor("anna").await;
        let ben = server.enter("ben", server.connect("ben", Role::Patient).framing(framing)).await;
        anna.join_chat(&room).await;
        ben.join_chat(&room).await;

        ben.fall_silent().await;
        let sent = anna.say(&room, "into the void").await;
        assert!(ben.resume().await.unwrap(), "{framing:?}");

        assert_eq!(ben.hears::<ChatMessage>().await.unwrap(), sent.message);
        ben.hears_nothing_of::<ChatMessage>().await.unwrap();
    }
}

#[tokio::test]
async fn a_second_resume_ends_the_first_connection_for_good() {
    for framing in FRAMINGS {
        let server = Server::start().await;
        let connect = server.connect("ben", Role::Patient).framing(framing);
        let first = server.enter("ben", connect.clone()).await;
        let resume = first.resumption();

        let second = server.enter("ben", Connect { resume, ..connect }).await;

        assert!(second.ready.resumed, "{framing:?}");
        assert_eq!(second.ready.session_id, first.ready.session_id);
        let closed = first.closed().await;
        let closing = closed.closing.as_ref().map(|closing| (closing.code, closing.action));
        assert_eq!(closing, Some((4505, Action::Stop)), "{framing:?}: {closed}");
        match framing {
            Framing::SocketIo => assert!(closed.disconnected),
            Framing::Plain => assert_eq!(closed.code, Some(4505)),
        }
        second.ask(bedside_protocol::session::SessionPing {}).await.unwrap();
    }
}

#[tokio::test]
async fn a_stolen_ticket_opens_nothing_for_somebody_else() {
    for framing in FRAMINGS {
        let server = Server::start().await;
        let room = server.visit("anna", "ben").await;
        let ben = server.enter("ben", server.connect("ben", Role::Patient).framing(framing)).await;
        ben.join_chat(&room).await;

        // Another person, the same person in another role, and with a token for one visit only.
        let others = [
            Server::token("carl", Role::Patient),
            Server::token("ben", Role::Doctor),
            Server::scoped_token("ben", Role::Patient, &room),
        ];
        for token in others {
            let thief = Connect { resume: ben.resumption(), ..Connect::to(&server.url, token) };
            let thief = Client::connect(thief.framing(framing)).await.unwrap();
            let ready = thief.ready().unwrap();
            assert!(!ready.resumed, "{framing:?}");
            assert_ne!(ready.session_id, ben.ready.session_id);
        }
        ben.say(&room, "still here").await;
    }
}

#[tokio::test]
async fn an_offset_that_was_never_given_or_is_no_longer_kept_makes_a_new_session() {
    for framing in FRAMINGS {
        let server = Server::start().await;
        let connect = server.connect("ben", Role::Patient).framing(framing);
        for offset in [None, Some("99999"), Some("-1"), Some("no number"), Some("18446744073709551615")] {
            let ben = server.enter("ben", connect.clone()).await;
            let Resume { id, .. } = ben.resumption().unwrap();
            let resume = Some(Resume { id, offset: offset.map(str::to_owned) });
            let again = server.enter("ben", Connect { resume, ..connect.clone() }).await;
            assert!(!again.ready.resumed, "{framing:?} {offset:?}");
        }
    }
}

#[tokio::test]
async fn who_missed_more_than_a_queue_holds_gets_all_of_it_in_order() {
    const MISSED: u64 = 600;
    for framing in FRAMINGS {
        let server = Server::with(&[("limits.chat_burst", "1000000")]).await;
        let room = server.visit("anna", "ben").await;
        let anna = server.doctor("anna").await;
        let ben = server.enter("ben", server.connect("ben", Role::Patient).framing(framing)).await;
        anna.join_chat(&room).await;
        ben.join_chat(&room).await;
        ben.drop_connection().await;
        for number in 1..=MISSED {
            anna.say(&room, &format!("message {number}")).await;
        }

        assert!(ben.resume().await.unwrap(), "{framing:?}");

        for seq in 1..=MISSED {
            assert_eq!(ben.hears::<ChatMessage>().await.unwrap().seq, seq, "{framing:?}");
        }
        anna.say(&room, "and on").await;
        assert_eq!(ben.hears::<ChatMessage>().await.unwrap().seq, MISSED + 1);
    }
}

#[tokio::test]
async fn who_missed_more_than_is_kept_is_honestly_new() {
    for framing in FRAMINGS {
        let server = Server::with(&[("limits.chat_burst", "1000000")]).await;
        let room = server.visit("anna", "ben").await;
        let anna = server.doctor("anna").await;
        let ben = server.enter("ben", server.connect("ben", Role::Patient).framing(framing)).await;
        anna.join_chat(&room).await;
        let heard = ben.join_chat(&room).await.last_seq;
        ben.drop_connection().await;
        let text = "é".repeat(4_000);
        for _ in 0..150 {
            anna.say(&room, &text).await;
        }

        assert!(!ben.resume().await.unwrap(), "{framing:?}");
        ben.hears_nothing_of::<ChatMessage>().await.unwrap();
        let page = ben.catch_up(&room, heard).await;
        assert_eq!(page.events.first().map(|event| event.seq), Some(1));
    }
}

#[tokio::test]
async fn a_call_outlives_a_restart_of_the_server() {
    for framing in FRAMINGS {
        let server = Server::start().await;
        let room = server.visit_with("anna", "ben", |visit| visit.waiting_room = false).await;
        let enter = async |server: &Server, user: &str, role| {
            let page = InstanceId::parse(&format!("page of {user}")).unwrap();
            let peer = server.enter(user, server.connect(user, role).framing(framing).instance(page)).await;
            let WebrtcJoined::Joined { peer_id, peers, .. } = peer.join_call(&room).await else {
                panic!("waits")
            };
            (peer, peer_id, peers)
        };
        let (anna, anna_is, _) = enter(&server, "anna", Role::Doctor).await;
        let (_ben, ben_is, _) = enter(&server, "ben", Role::Patient).await;
        let polite = anna.hears::<WebrtcPeerJoined>().await.unwrap().peer.polite;

        let server = server.restart().await;

        let (anna, anna_again, peers) = enter(&server, "anna", Role::Doctor).await;
        assert_eq!((anna_again, peers), (anna_is, Vec::new()), "{framing:?}");
        let (_ben, ben_again, peers) = enter(&server, "ben", Role::Patient).await;
        assert_eq!(ben_again, ben_is);
        assert_eq!(peers.len(), 1);
        assert_eq!(anna.hears::<WebrtcPeerJoined>().await.unwrap().peer.polite, polite);
    }
}
