//! The database goes away while people are in a call, and comes back.

use std::time::Duration;

use bedside_protocol::{
    Code,
    chat::{ChatHistory, ChatMessage},
    ids::{InstanceId, RoomId},
    session::{Role, SessionClosing, SessionPing},
    webrtc::{WebrtcIceCandidateHeard, WebrtcJoined, WebrtcPeerBack, WebrtcPeerLeft},
};
use serde_json::json;
use tokio::time::Instant;

use crate::{
    harness::{Peer, Server, message},
    postgres::Postgres,
};

/// Who asks is told within so long that the database is away.
const TOLD_WITHIN: Duration = Duration::from_secs(3);
/// All is well within so long after it is back.
const WELL_WITHIN: Duration = Duration::from_secs(10);

/// Doctor and patient in call and chat, each with a page of their own.
async fn visit(server: &Server) -> (Peer, Peer, RoomId) {
    let room = server.visit_with("anna", "ben", |visit| visit.waiting_room = false).await;
    let (anna, ben) = (server.plain("anna", Role::Doctor).await, server.plain("ben", Role::Patient).await);
    for peer in [&anna, &ben] {
        peer.join_chat(&room).await;
        peer.join_call(&room).await;
    }
    (anna, ben, room)
}

/// Reads and writes say that it is away, in time and with a time to try again.
async fn everything_stored_is_unavailable(peer: &Peer, room: &RoomId, key: &str) {
    let asked = Instant::now();
    let history = ChatHistory { room_id: room.clone(), before_seq: None, after_seq: None, limit: None };
    let (written, read) = tokio::join!(peer.ask(message(room, Some(key), "away")), peer.ask(history));
    for refused in [written.unwrap_err(), read.unwrap_err()] {
        assert_eq!(refused.code(), Some(Code::Unavailable), "{refused}");
        assert!(refused.refusal().unwrap().retry_after_ms.is_some_and(|wait| wait > 0), "{refused}");
    }
    assert!(asked.elapsed() < 2 * TOLD_WITHIN, "one after the other within {:?}", asked.elapsed());
}

/// The call does not notice.
async fn signals_pass(from: &Peer, to: &Peer, room: &RoomId) {
    from.ask_raw("webrtc:ice_candidate", &json!({ "roomId": room, "candidate": null })).await.unwrap();
    to.hears::<WebrtcIceCandidateHeard>().await.unwrap();
}

/// Writes are taken again, under the keys that were refused, and each is stored once.
async fn all_is_well_again(anna: &Peer, ben: &Peer, room: &RoomId, keys: &[&str]) {
    let back = Instant::now();
    let before = anna.ask(SessionPing {}).await;
    before.unwrap();
    for key in keys {
        while let Err(refused) = anna.ask(message(room, Some(key), "away")).await {
            assert_eq!(refused.code(), Some(Code::Unavailable), "{refused}");
            assert!(back.elapsed() < WELL_WITHIN, "the server does not recover by itself");
        }
    }
    let events = anna.join_chat(room).await.events;
    let seqs: Vec<u64> = events.iter().map(|event| event.seq).collect();
    assert_eq!(seqs, (1..=events.len() as u64).collect::<Vec<_>>());
    for _ in keys {
        ben.hears::<ChatMessage>().await.unwrap();
    }
    ben.hears_nothing_of::<ChatMessage>().await.unwrap();
    ben.hears_nothing_of::<SessionClosing>().await.unwrap();
    anna.hears_nothing_of::<WebrtcPeerLeft>().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_goes_on_while_the_database_is_away_and_is_whole_when_it_is_back() {
    let postgres = Postgres::start();
    let server = Server::with(&[("database.url", &postgres.create_database())]).await;
    let (anna, ben, room) = visit(&server).await;

    postgres.down();
    everything_stored_is_unavailable(&anna, &room, "first").await;
    signals_pass(&anna, &ben, &room).await;
    // A page that is loaded again gets back into its call.
    let page = InstanceId::parse("page of anna").unwrap();
    let connect = server.connect("anna", Role::Doctor).instance(page);
    let anna = server.enter("anna", connect).await;
    ben.hears::<WebrtcPeerBack>().await.unwrap();
    assert!(matches!(anna.join_call(&room).await, WebrtcJoined::Joined { .. }));
    signals_pass(&ben, &anna, &room).await;
    let refused = anna.ask_raw("chat:join_room", &json!({ "roomId": room })).await.unwrap_err();
    assert_eq!(refused.code(), Some(Code::Unavailable));

    postgres.up();
    let back = Instant::now();
    while anna.ask_raw("chat:join_room", &json!({ "roomId": room })).await.is_err() {
        assert!(back.elapsed() < WELL_WITHIN, "the server does not recover by itself");
    }
    all_is_well_again(&anna, &ben, &room, &["first", "second"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_falls_silent_is_told_and_survived() {
    let postgres = Postgres::start();
    let server = Server::with(&[("database.url", &postgres.create_database())]).await;
    let (anna, ben, room) = visit(&server).await;

    postgres.freeze();
    everything_stored_is_unavailable(&anna, &room, "first").await;
    everything_stored_is_unavailable(&anna, &room, "second").await;
    signals_pass(&anna, &ben, &room).await;
    postgres.thaw();

    all_is_well_again(&anna, &ben, &room, &["first", "second"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_is_not_ready_while_its_database_is_away_and_is_again_when_it_is_back() {
    let postgres = Postgres::start();
    let server = Server::with(&[("database.url", &postgres.create_database())]).await;
    let get = |path| server.anyone("GET", path).go();
    assert_eq!(get("/readyz").await.ok(200)["status"], "ok");

    postgres.down();
    let asked = Instant::now();
    let away = get("/readyz").await;
    assert_eq!(away.ok(503)["reason"], "database");
    assert!(away.header("retry-after").is_some(), "{away:?}");
    assert!(asked.elapsed() < TOLD_WITHIN);
    assert_eq!(get("/livez").await.ok(200)["status"], "ok");

    postgres.up();
    let back = Instant::now();
    while get("/readyz").await.status != 200 {
        assert!(back.elapsed() < WELL_WITHIN, "the server does not recover by itself");
    }
}
