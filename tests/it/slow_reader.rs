//! Who reads too slowly, or not at all, hurts only themselves.

use std::time::Duration;

use bedside_peer::{Client, Connect, Framing};
use bedside_protocol::{
    ids::RoomId,
    session::{Role, SessionPing},
    webrtc::{WebrtcOfferHeard, WebrtcPeerAway, WebrtcPeerLeft},
};
use serde_json::{Value, json};

use crate::{
    bytes,
    harness::{
        Peer, Server,
        process::Process,
        raw::{self, FRAMINGS},
    },
};

/// A description of nearly the largest size.
fn large_sdp() -> String {
    let mut sdp = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=fingerprint:sha-256 AA:BB\r\n\
                   m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\n"
        .to_owned();
    while sdp.len() < 60_000 {
        sdp += "a=note:";
        sdp += &"x".repeat(200);
        sdp += "\r\n";
    }
    sdp
}

async fn offer(from: &Peer, room: &RoomId, to: &str, sdp: &str) -> Value {
    let data = json!({ "roomId": room, "to": to, "sdp": sdp });
    from.ask_raw("webrtc:offer", &data).await.unwrap()
}

async fn peer_id(peer: &Peer, room: &RoomId) -> String {
    serde_json::to_value(peer.join_call(room).await).unwrap()["peerId"].as_str().unwrap().to_owned()
}

/// Ben in the call, with his peer id. He reads nothing by himself.
async fn silent_ben(server: &Server, room: &RoomId, framing: Framing) -> (bytes::Client, String) {
    let mut ben = raw::enter(server, "ben", Role::Patient, framing).await;
    let join = json!({ "roomId": room }).to_string();
    let (_, answer) = raw::ask(&mut ben, framing, "webrtc:join_room", &join).await;
    let peer_id = answer.pointer("/peerId").or(answer.pointer("/data/peerId")).unwrap().as_str().unwrap();
    (ben, peer_id.to_owned())
}

#[tokio::test]
async fn a_slow_reader_is_let_go_and_delays_nobody() {
    for framing in FRAMINGS {
        let server =
            Server::with(&[("limits.offers_burst", "100000"), ("limits.outbox_stall_ms", "2000")]).await;
        let room = server.visit_with("anna", "ben", |visit| visit.waiting_room = false).await;
        let anna = server.doctor("anna").await;
        let phone = server.doctor("anna").await;
        peer_id(&anna, &room).await;
        let phone_is = peer_id(&phone, &room).await;
        let (mut ben, ben_is) = silent_ben(&server, &room, framing).await;

        // From here on Ben reads nothing.
        let (sdp, mut most) = (large_sdp(), Duration::ZERO);
        for number in 0.. {
            assert!(number < 2_000, "{framing:?}: nobody let Ben go");
            offer(&anna, &room, &ben_is, &sdp).await;
            let asked = tokio::time::Instant::now();
            offer(&anna, &room, &phone_is, &sdp).await;
            phone.hears::<WebrtcOfferHeard>().await.unwrap();
            most = most.max(asked.elapsed());
            if anna.hears_nothing_of::<WebrtcPeerAway>().await.is_err() {
                break;
            }
        }

        assert!(most < Duration::from_secs(2), "the other reader waited {most:?}");
        assert_eq!(ben.hear_close().await, 4408, "{framing:?}");
        // The seat is kept for a while.
        anna.hears_nothing_of::<WebrtcPeerLeft>().await.unwrap();
    }
}

/// How many connections of a server the system still keeps, those aside whose both ends are done with them.
fn connections_kept(server: &Server) -> usize {
    const LISTEN: &str = "0A";
    const TIME_WAIT: &str = "06";
    let port: u16 = server.address().rsplit(':').next().unwrap().parse().unwrap();
    let local = format!(":{port:04X}");
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let kept = table.lines().skip(1).filter(|line| {
        let columns: Vec<&str> = line.split_ascii_whitespace().collect();
        columns[1].ends_with(&local) && ![LISTEN, TIME_WAIT].contains(&columns[3])
    });
    kept.count()
}

#[tokio::test]
async fn a_connection_whose_client_takes_nothing_is_given_up_by_the_system_too() {
    let times = [("socket.ping_interval_ms", "300"), ("socket.ping_timeout_ms", "300")];
    let many = [
        ("limits.offers_burst", "100000"),
        ("limits.events_per_second", "100000"),
        ("limits.events_burst", "100000"),
    ];
    let server = Server::with(&[&times[..], &many[..]].concat()).await;
    let room = server.visit_with("anna", "ben", |visit| visit.waiting_room = false).await;
    let anna = server.doctor("anna").await;
    peer_id(&anna, &room).await;
    let (_ben, ben_is) = silent_ben(&server, &room, Framing::Plain).await;
    assert_eq!(connections_kept(&server), 2);

    // From here on Ben takes nothing, and so answers no ping.
    let sdp = large_sdp();
    while anna.hears_nothing_of::<WebrtcPeerAway>().await.is_ok() {
        offer(&anna, &room, &ben_is, &sdp).await;
    }

    let gone = async {
        while connections_kept(&server) > 1 {
            anna.ask(SessionPing {}).await.unwrap();
        }
    };
    tokio::time::timeout(Duration::from_secs(20), gone).await.expect("the connection is kept for ever");
}

#[tokio::test]
async fn a_second_signal_waits_for_nobody() {
    // A server that is told to end once waits five seconds for what cannot be written.
    const NOW: Duration = Duration::from_secs(3);
    let patience = [
        ("limits.outbox_events", "65536"),
        ("limits.outbox_bytes", "67108864"),
        ("limits.offers_burst", "100000"),
    ];
    let server = Server::with(&patience).await;
    let room = server.visit_with("anna", "ben", |visit| visit.waiting_room = false).await;
    let anna = server.doctor("anna").await;
    peer_id(&anna, &room).await;
    let (_ben, ben_is) = silent_ben(&server, &room, Framing::Plain).await;
    // More than the system's own queues take.
    let sdp = large_sdp();
    for _ in 0..250 {
        offer(&anna, &room, &ben_is, &sdp).await;
    }

    server.tell_to_stop();
    anna.closed().await;
    server.tell_to_stop_now();

    tokio::time::timeout(NOW, server.stop()).await.expect("the second signal was not heeded");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_readers_cost_no_more_than_their_share_of_memory() {
    const READERS: usize = 6;
    const OFFERS: usize = 200;
    // Queue and replay buffer of each, and something for the allocator.
    const SHARE_KIB: u64 = READERS as u64 * 2 * 1_024 + 12 * 1_024;
    let data = tempfile::tempdir().unwrap();
    let database = crate::database();
    let room = Server::prepare(data.path(), database.as_deref()).await;
    let server = Process::start(data.path(), database.as_deref());
    let address = server.url.strip_prefix("http://").unwrap();
    let anna = Client::connect(Connect::to(&server.url, Server::token("anna", Role::Doctor))).await.unwrap();
    let join = json!({ "roomId": room });
    anna.ask_raw("webrtc:join_room", &join).await.unwrap();
    let mut readers = Vec::new();
    for _ in 0..READERS {
        let (mut ben, ..) = bytes::Client::upgrade(address, raw::path(Framing::Plain), "").await;
        ben.say(&raw::hello(Framing::Plain, &Server::token("ben", Role::Patient))).await;
        let (_, answer) = raw::ask(&mut ben, Framing::Plain, "webrtc:join_room", &join.to_string()).await;
        let peer_id = answer.pointer("/data/peerId").unwrap().as_str().unwrap().to_owned();
        readers.push((ben, peer_id));
    }
    let sdp = large_sdp();
    let before = server.memory_kib();

    // Nobody reads any of the 72 MB.
    for _ in 0..OFFERS {
        for (_, peer_id) in &readers {
            let offer = json!({ "roomId": room, "to": peer_id, "sdp": sdp });
            anna.ask_raw("webrtc:offer", &offer).await.unwrap();
        }
    }

    let grown = server.memory_kib().saturating_sub(before);
    assert!(grown < SHARE_KIB, "{grown} KiB for {READERS} slow readers");
}
