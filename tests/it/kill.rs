//! What was acknowledged is there after kill -9 of the server, and everybody comes back.

use std::collections::BTreeMap;

use bedside_peer::{Client, Connect, Framing};
use bedside_protocol::{
    chat::{ChatHistory, ChatJoinRoom, ChatMessage},
    ids::{InstanceId, RoomId},
    room::Fact,
    session::Role,
    webrtc::{WebrtcJoinRoom, WebrtcJoined},
};
use tokio::task::JoinSet;

use crate::harness::{Server, message, process::Process};

/// Senders, each a session of its own of doctor or patient.
const SENDERS: usize = 6;
/// Acknowledgements that are waited for before the blow.
const BEFORE_THE_BLOW: usize = 300;

async fn enter(server: &Process, user: &str, role: Role, framing: Framing, page: &str) -> Client {
    let connect = Connect::to(&server.url, Server::token(user, role)).framing(framing);
    Client::connect(connect.instance(InstanceId::parse(page).unwrap())).await.unwrap()
}

async fn join(client: &Client, room: &RoomId, after_seq: Option<u64>) -> u64 {
    let joined = client.ask(ChatJoinRoom { room_id: room.clone(), after_seq }).await.unwrap();
    joined.last_seq
}

async fn peer_id(client: &Client, room: &RoomId) -> String {
    let ask = WebrtcJoinRoom { room_id: room.clone(), media: None };
    let WebrtcJoined::Joined { peer_id, .. } = client.ask(ask).await.unwrap() else { panic!("waits") };
    peer_id.to_string()
}

/// The whole log of messages: sequence number, key and text.
async fn stored(client: &Client, room: &RoomId) -> Vec<(u64, String, String)> {
    let (mut all, mut after) = (Vec::new(), 0);
    loop {
        let ask =
            ChatHistory { room_id: room.clone(), before_seq: None, after_seq: Some(after), limit: None };
        let page = client.ask(ask).await.unwrap();
        for event in page.events {
            assert_eq!(event.seq, after + 1, "the log has no hole");
            after = event.seq;
            if let Fact::Message { message } = event.fact {
                let key = message.client_message_id.to_string();
                all.push((event.seq, key, message.content.unwrap().as_str().to_owned()));
            }
        }
        if page.complete {
            return all;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_under_load_loses_nothing_that_was_acknowledged_and_everybody_comes_back() {
    let (data, database) = (tempfile::tempdir().unwrap(), crate::database());
    let room = Server::prepare(data.path(), database.as_deref()).await;
    let server = Process::start(data.path(), database.as_deref());
    let framing = |sender: usize| if sender.is_multiple_of(2) { Framing::SocketIo } else { Framing::Plain };
    let who = |sender: usize| {
        if sender.is_multiple_of(2) { ("anna", Role::Doctor) } else { ("ben", Role::Patient) }
    };

    let anna = enter(&server, "anna", Role::Doctor, Framing::SocketIo, "anna's page").await;
    let before = (peer_id(&anna, &room).await, join(&anna, &room, None).await);
    let mut senders = JoinSet::new();
    for sender in 0..SENDERS {
        let (user, role) = who(sender);
        let client = enter(&server, user, role, framing(sender), &format!("page {sender}")).await;
        join(&client, &room, None).await;
        let room = room.clone();
        senders.spawn(async move {
            let mut acknowledged = BTreeMap::new();
            for number in 0.. {
                let key = format!("{sender}-{number}");
                match client.ask(message(&room, Some(&key), &format!("text of {key}"))).await {
                    Ok(sent) => assert!(acknowledged.insert(key, sent.message.seq).is_none()),
                    Err(_the_server_is_gone) => break,
                }
            }
            acknowledged
        });
    }
    let mut heard = Vec::new();
    while heard.len() < BEFORE_THE_BLOW {
        heard.push(anna.hears::<ChatMessage>().await.unwrap().seq);
    }
    server.kill();
    let acknowledged: BTreeMap<String, u64> = senders.join_all().await.into_iter().flatten().collect();

    let server = Process::start(data.path(), database.as_deref());
    let anna = enter(&server, "anna", Role::Doctor, Framing::Plain, "anna's page").await;
    assert!(!anna.ready().unwrap().resumed, "an honest new session");
    assert_eq!(peer_id(&anna, &room).await, before.0, "and the same peer: calls go on");
    let joined =
        anna.ask(ChatJoinRoom { room_id: room.clone(), after_seq: heard.last().copied() }).await.unwrap();
    let missed: Vec<u64> = joined.events.iter().map(|event| event.seq).collect();
    let last = heard.last().unwrap();
    assert_eq!(missed, (last + 1..=joined.last_seq).take(missed.len()).collect::<Vec<_>>());
    assert!(!joined.complete || last + missed.len() as u64 == joined.last_seq);

    let log = stored(&anna, &room).await;
    let places: BTreeMap<&str, u64> = log.iter().map(|(seq, key, _)| (key.as_str(), *seq)).collect();
    assert_eq!(places.len(), log.len(), "each key stands in the log once");
    for (key, seq) in &acknowledged {
        assert_eq!(places.get(key.as_str()), Some(seq), "{key} was acknowledged");
    }
    assert!(heard.iter().all(|seq| log.iter().any(|(stored, ..)| stored == seq)), "what was heard is stored");

    // A retry gives the first result, stored and acknowledged or not.
    for sender in 0..SENDERS {
        let (user, role) = who(sender);
        let client = enter(&server, user, role, framing(sender), &format!("page {sender}")).await;
        join(&client, &room, None).await;
        let sent = |key: &str| places.get(key).copied();
        let last =
            (0..places.len()).map(|n| format!("{sender}-{n}")).take_while(|key| sent(key).is_some()).last();
        let Some(last) = last else { continue };
        let again = client.ask(message(&room, Some(&last), "another text")).await.unwrap();
        assert_eq!((again.duplicate, Some(again.message.seq)), (true, sent(&last)));
        assert_eq!(again.message.content.unwrap().as_str(), format!("text of {last}"));
    }
}
