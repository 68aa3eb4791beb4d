//! Too much of something hurts whoever does it, and nobody else.

use std::time::Duration;

use bedside_peer::{Client, Connect, Framing, client::ConnectError};
use bedside_protocol::{
    Code,
    ids::InstanceId,
    session::{Role, SessionClosing, SessionPing},
    webrtc::{WebrtcIceCandidateHeard, WebrtcPeerAway},
};
use serde_json::json;
use tokio::task::JoinSet;

use crate::{
    bytes,
    harness::{
        Server,
        raw::{self, FRAMINGS},
    },
};

#[tokio::test]
async fn a_full_server_sends_new_people_away_with_a_time_to_come_back_and_calls_go_on() {
    for framing in FRAMINGS {
        let server = Server::with(&[("limits.sessions_per_node", "2")]).await;
        let (anna, ben, room) = server.call().await;

        let carl = server.connect("carl", Role::Patient).framing(framing);
        let refused = Client::connect(carl).await.unwrap_err();
        assert!(matches!(refused, ConnectError::Http { status: 503, .. }), "{framing:?}: {refused}");
        let (_, status, head) = bytes::Client::upgrade(server.address(), raw::path(framing), "").await;
        assert_eq!(status, 503);
        assert!(head.to_lowercase().contains("retry-after: "), "{head}");

        let candidate = json!({ "roomId": room, "candidate": null });
        anna.ask_raw("webrtc:ice_candidate", &candidate).await.unwrap();
        ben.hears::<WebrtcIceCandidateHeard>().await.unwrap();
        // Who is in comes back in, whether the server has noticed that they were gone or not.
        ben.drop_connection().await;
        anna.hears::<WebrtcPeerAway>().await.unwrap();
        assert!(ben.resume().await.unwrap());
        ben.fall_silent().await;
        assert!(ben.resume().await.unwrap());
    }
}

#[tokio::test]
async fn who_comes_back_to_a_full_server_takes_their_own_seat_before_the_loss_was_noticed() {
    for framing in FRAMINGS {
        let server = Server::with(&[("limits.sessions_per_node", "2")]).await;
        let (anna, _ben, _) = server.call().await;
        let phone = server.connect("anna", Role::Doctor).framing(framing);
        let again = Connect { query: format!("session={}", anna.ready.session_id), ..phone };

        // The name alone opens nothing, and a made-up one not even the door.
        let told = Client::connect(again.clone()).await.unwrap_err();
        assert!(!matches!(told, ConnectError::Http { .. }), "{framing:?}: {told}");
        let made_up = Connect { query: "session=made-up".to_owned(), ..again.clone() };
        let refused = Client::connect(made_up).await.unwrap_err();
        assert!(matches!(refused, ConnectError::Http { status: 503, .. }), "{framing:?}: {refused}");

        let back = server.enter("anna", Connect { resume: anna.resumption(), ..again }).await;
        assert!(back.ready.resumed, "{framing:?}");
        assert_eq!(anna.closed().await.closing.map(|closing| closing.code), Some(4505));
        back.ask(SessionPing {}).await.unwrap();
    }
}

#[tokio::test]
async fn a_page_that_is_loaded_again_has_its_place_on_a_full_server() {
    for framing in FRAMINGS {
        let server = Server::with(&[("limits.sessions_per_node", "1")]).await;
        let page = InstanceId::parse("one page").unwrap();
        let ben = server.connect("ben", Role::Patient).framing(framing).instance(page);
        server.enter("ben", ben.clone()).await.drop_connection().await;

        // Until the server has noticed the end of the connection, there is no room for another one.
        let full = |refused: &ConnectError| {
            refused.code() == Some(Code::Overloaded)
                || matches!(refused, ConnectError::Http { status: 503, .. })
        };
        let carl = server.connect("carl", Role::Patient).framing(framing);
        assert!(full(&Client::connect(carl).await.unwrap_err()), "{framing:?}");
        let again = async {
            loop {
                match Client::connect(ben.clone()).await {
                    Ok(again) => break again,
                    Err(refused) => assert!(full(&refused), "{framing:?}: {refused}"),
                }
            }
        };
        let again = tokio::time::timeout(Duration::from_secs(10), again).await.unwrap();
        assert!(!again.ready().unwrap().resumed);
    }
}

#[tokio::test]
async fn somebody_with_too_many_connections_gets_no_more_of_them() {
    for framing in FRAMINGS {
        let server = Server::with(&[("limits.sessions_per_user", "2")]).await;
        let connect = server.connect("ben", Role::Patient).framing(framing);
        let (one, two) =
            (server.enter("ben", connect.clone()).await, server.enter("ben", connect.clone()).await);

        match Client::connect(connect.clone()).await.unwrap_err() {
            ConnectError::Closed(closed) => assert_eq!((framing, closed.code), (Framing::Plain, Some(4504))),
            refused => assert_eq!((framing, refused.code()), (Framing::SocketIo, Some(Code::Forbidden))),
        }
        one.ask(SessionPing {}).await.unwrap();

        // One that is away does not count.
        two.drop_connection().await;
        server.patient("ben").await;
    }
}

#[tokio::test]
async fn an_address_has_so_many_connections_and_no_more() {
    for framing in FRAMINGS {
        let server = Server::with(&[("limits.sessions_per_address", "1")]).await;
        let ben = server.patient("ben").await;

        let refused = Client::connect(server.connect("carl", Role::Patient).framing(framing)).await;
        assert!(matches!(refused, Err(ConnectError::Http { status: 503, .. })), "{framing:?}");
        let mut elsewhere = server.connect("carl", Role::Patient).framing(framing);
        elsewhere.from = Some("127.0.0.2".parse().unwrap());
        server.enter("carl", elsewhere).await;

        ben.ask(SessionPing {}).await.unwrap();
    }
}

#[tokio::test]
async fn an_address_that_connects_too_fast_waits() {
    for framing in FRAMINGS {
        let limits = [("limits.connections_per_second", "1"), ("limits.connections_burst", "2")];
        let server = Server::with(&limits).await;
        for user in ["ben", "carl"] {
            server.patient(user).await;
        }
        let (_, status, head) = bytes::Client::upgrade(server.address(), raw::path(framing), "").await;
        assert_eq!(status, 429, "{framing:?}");
        assert!(head.to_lowercase().contains("retry-after: "), "{head}");
    }
}

#[tokio::test]
async fn the_address_behind_a_trusted_proxy_counts_and_behind_any_other_does_not() {
    let settings = [("limits.sessions_per_address", "1"), ("server.trusted_proxies", "127.0.0.1/32")];
    let server = Server::with(&settings).await;
    let through = |user: &str, from: &str, header: &str| {
        let mut connect = server.connect(user, Role::Patient);
        connect.from = Some(from.parse().unwrap());
        connect.headers.push(("X-Forwarded-For".to_owned(), header.to_owned()));
        connect
    };
    let _ben = server.enter("ben", through("ben", "127.0.0.1", "192.0.2.1")).await;
    let _carl = server.enter("carl", through("carl", "127.0.0.1", "192.0.2.2, 192.0.2.3")).await;
    assert!(Client::connect(through("dora", "127.0.0.1", "192.0.2.1")).await.is_err());
    assert!(Client::connect(through("dora", "127.0.0.1", "192.0.2.9, 192.0.2.3")).await.is_err());

    let _emil = server.enter("emil", through("emil", "127.0.0.2", "192.0.2.4")).await;
    assert!(Client::connect(through("fred", "127.0.0.2", "192.0.2.5")).await.is_err(), "one address");
}

#[tokio::test]
async fn a_session_joins_so_many_rooms_and_no_more() {
    let server = Server::with(&[("limits.rooms_per_session", "2")]).await;
    let anna = server.doctor("anna").await;
    for patient in ["ben", "carl"] {
        anna.join_chat(&server.visit("anna", patient).await).await;
    }
    let third = server.visit("anna", "dora").await;

    let refused = anna.ask_raw("chat:join_room", &json!({ "roomId": third })).await.unwrap_err();
    assert_eq!(refused.code(), Some(Code::Overloaded));
    assert!(refused.refusal().unwrap().retry_after_ms.is_some());
}

#[tokio::test]
async fn who_floods_is_slowed_down_and_then_sent_away_for_a_while() {
    for framing in FRAMINGS {
        let limits = [("limits.events_per_second", "1"), ("limits.events_burst", "1")];
        let server = Server::with(&limits).await;
        let mut ben = raw::enter(&server, "ben", Role::Patient, framing).await;
        let ping = raw::event(framing, 1, "session:ping", "{}");
        let code = {
            let mut limited = 0;
            loop {
                ben.say(&ping).await;
                match ben.hear().await {
                    bytes::Heard::Text(text) if text.contains("rate_limited") => limited += 1,
                    bytes::Heard::Text(text) if text.contains("session:closing") => {
                        assert!(limited > 100, "after {limited}: {text}");
                        assert!(text.contains("4429") && text.contains(r#""action":"reconnect""#), "{text}");
                        break ben.hear_close().await;
                    }
                    bytes::Heard::Text(_) => {}
                    other => panic!("{other:?} after {limited}"),
                }
            }
        };
        assert_eq!(code, 4429, "{framing:?}");
    }
}

#[tokio::test]
async fn who_makes_too_many_mistakes_is_sent_away_for_good() {
    for framing in FRAMINGS {
        let server = Server::start().await;
        let ben = server.enter("ben", server.connect("ben", Role::Patient).framing(framing)).await;
        for _ in 0..20 {
            assert_eq!(
                ben.ask_raw("no:such_event", &json!({})).await.unwrap_err().code(),
                Some(Code::UnknownEvent)
            );
        }
        ben.ask(SessionPing {}).await.unwrap();
        // The answer may come before the end, or go down with the connection.
        let last = ben.ask_raw("no:such_event", &json!({})).await.unwrap_err();
        assert!(matches!(last.code(), Some(Code::UnknownEvent) | None), "{last}");
        assert_eq!(ben.hears::<SessionClosing>().await.unwrap().code, 4509, "{framing:?}");
        let closed = ben.closed().await;
        assert!(closed.code == Some(4509) || closed.disconnected, "{closed}");
    }
}

#[tokio::test]
async fn what_is_no_event_at_all_counts_as_a_mistake() {
    let server = Server::start().await;
    let frames = [
        (Framing::Plain, "no json"),
        (Framing::Plain, r#"{"event":"session:ping","data":{},"more":1}"#),
        (Framing::SocketIo, r#"42["session:ping",{},{}]"#),
    ];
    for (framing, frame) in frames {
        let ben = server.enter("ben", server.connect("ben", Role::Patient).framing(framing)).await;
        for _ in 0..21 {
            ben.send_raw(frame).await;
        }
        assert_eq!(ben.hears::<SessionClosing>().await.unwrap().code, 4509, "{frame}");
    }
}

#[tokio::test]
async fn connections_that_come_at_once_are_counted_one_by_one() {
    for framing in FRAMINGS {
        let server = Server::with(&[("limits.sessions_per_user", "2")]).await;
        let mut at_once = JoinSet::new();
        for _ in 0..16 {
            at_once.spawn(Client::connect(server.connect("ben", Role::Patient).framing(framing)));
        }
        let entered: Vec<Client> = at_once.join_all().await.into_iter().flatten().collect();
        assert_eq!(entered.len(), 2, "{framing:?}");
    }
}
