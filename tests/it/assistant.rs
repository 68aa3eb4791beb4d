//! Answers stream word by word into every tab, survive reloads and the server's death, and stand in the history.

use std::{collections::BTreeMap, time::Duration};

use bedside_protocol::{
    Code, ServerEvent,
    assistant::{
        AnswerState, AssistantAsk, AssistantAsked, AssistantAttach, AssistantCancel, AssistantChunk,
        AssistantComplete, AssistantFailed, AssistantStopTyping, AssistantTyping,
    },
    chat::{ChatHistory, ChatJoinRoom, ChatMessage, ChatSendMessage, MessageKind},
    ids::{ClientMessageId, MessageId, RoomId},
    room::Fact,
    session::Role,
    text::ChatText,
};
use rand::{Rng as _, SeedableRng as _};
use serde_json::json;

use crate::harness::{
    Peer, Server,
    endpoint::{Act, Endpoint, whole},
    message,
    process::Process,
};

pub const BEN: (&str, Role) = ("ben", Role::Patient);

pub fn question(room: &RoomId, key: &str, text: &str) -> AssistantAsk {
    AssistantAsk {
        room_id: room.clone(),
        assistant_id: None,
        client_message_id: ClientMessageId::parse(key).unwrap(),
        content: ChatText::parse(text).unwrap(),
    }
}

/// A conversation of Ben's.
pub async fn conversation(server: &Server) -> RoomId {
    let made =
        server.rest(BEN, "POST", "/api/v1/conversations").send(json!({ "assistantId": "intake" })).await;
    RoomId::parse(made.ok(201)["id"].as_str().unwrap()).unwrap()
}

async fn ben_in(server: &Server, room: &RoomId) -> Peer {
    let ben = server.patient("ben").await;
    ben.join_chat(room).await;
    ben
}

fn text(message: &ChatMessage) -> &str {
    message.content.as_ref().unwrap().as_str()
}

/// The messages of the log, as the history tells them.
async fn history(peer: &Peer, room: &RoomId) -> Vec<ChatMessage> {
    let ask = ChatHistory { room_id: room.clone(), before_seq: None, after_seq: Some(0), limit: None };
    let events = peer.ask(ask).await.unwrap().events;
    assert_eq!(
        events.iter().map(|event| event.seq).collect::<Vec<_>>(),
        (1..=events.len() as u64).collect::<Vec<_>>()
    );
    let messages = events.into_iter().filter_map(|event| match event.fact {
        Fact::Message { message } => Some(message),
        _ => None,
    });
    messages.collect()
}

#[tokio::test]
async fn an_answer_streams_into_every_tab_and_becomes_one_message() {
    let endpoint = Endpoint::start(vec![whole(&["Good ", "mor", "ning!"])]).await;
    let server = Server::with_file(&endpoint.assistant(""), &[]).await;
    let room = conversation(&server).await;
    let (laptop, phone) = (ben_in(&server, &room).await, ben_in(&server, &room).await);

    let AssistantAsked { message: asked, answer_id, state, duplicate } =
        laptop.ask(question(&room, "q1", "Hello?")).await.unwrap();

    assert_eq!((asked.seq, text(&asked), state, duplicate), (1, "Hello?", AnswerState::Streaming, false));
    for tab in [&laptop, &phone] {
        assert_eq!(tab.hears::<ChatMessage>().await.unwrap(), asked);
        assert_eq!(tab.hears::<AssistantTyping>().await.unwrap().answer_id, answer_id);
        let complete = tab.hears::<AssistantComplete>().await.unwrap();
        assert_eq!(tab.hears::<AssistantStopTyping>().await.unwrap().answer_id, answer_id);
        let mut pieces = String::new();
        while pieces.len() < "Good morning!".len() {
            pieces.push_str(tab.hears::<AssistantChunk>().await.unwrap().delta.as_str());
        }
        assert_eq!((pieces.as_str(), text(&complete.message)), ("Good morning!", "Good morning!"));
        assert_eq!(
            (complete.seq, &complete.message.id, complete.message.kind),
            (2, &answer_id, MessageKind::Assistant)
        );
        assert_eq!(complete.message.reply_to.as_ref(), Some(&asked.id));
        let mark = complete.message.answer.as_ref().unwrap();
        assert_eq!((mark.state, &mark.host), (AnswerState::Complete, &endpoint.address));
        tab.hears_nothing_of::<ChatMessage>().await.unwrap();
    }
    assert_eq!(
        history(&phone, &room).await.iter().map(text).collect::<Vec<_>>(),
        ["Hello?", "Good morning!"]
    );
    let sent = &endpoint.asked()[0];
    assert!(sent.head.starts_with("POST /v1/chat/completions "), "{}", sent.head);
    assert_eq!(
        sent.body,
        json!({ "model": "tiny", "stream": true, "max_tokens": 1024, "messages": [
            { "role": "system", "content": "Ask before the visit." },
            { "role": "user", "content": "Hello?" },
        ]})
    );
}

#[tokio::test]
async fn asking_again_under_the_same_key_gives_the_same_answer_and_asks_nobody() {
    let endpoint = Endpoint::start(vec![vec![Act::Words("Yes".into()), Act::Gate, Act::Done]]).await;
    let server = Server::with_file(&endpoint.assistant(""), &[]).await;
    let room = conversation(&server).await;
    let ben = ben_in(&server, &room).await;
    let first = ben.ask(question(&room, "q1", "Really?")).await.unwrap();

    let while_it_streams = ben.ask(question(&room, "q1", "Really??")).await.unwrap();
    let busy = ben.ask(question(&room, "q2", "And?")).await.unwrap_err();
    endpoint.open(1);
    ben.hears::<AssistantComplete>().await.unwrap();
    let afterwards = ben.ask(question(&room, "q1", "Really?")).await.unwrap();

    assert_eq!(busy.code(), Some(Code::Conflict));
    for (again, state) in [(while_it_streams, AnswerState::Streaming), (afterwards, AnswerState::Complete)] {
        assert_eq!(
            (again.answer_id, again.message, again.state),
            (first.answer_id.clone(), first.message.clone(), state)
        );
        assert!(again.duplicate);
    }
    assert_eq!(endpoint.asked().len(), 1);
    assert_eq!(history(&ben, &room).await.len(), 2);
    // A message that asked nobody is no question.
    ben.ask(message(&room, Some("note"), "a note")).await.unwrap();
    assert_eq!(ben.ask(question(&room, "note", "a note")).await.unwrap_err().code(), Some(Code::Conflict));
}

#[tokio::test]
async fn who_attaches_gets_the_text_so_far_and_then_goes_on_live() {
    let script = vec![Act::Words("one ".into()), Act::Gate, Act::Words("two ".into()), Act::Gate, Act::Done];
    let endpoint = Endpoint::start(vec![script]).await;
    let server = Server::with_file(&endpoint.assistant(""), &[]).await;
    let room = conversation(&server).await;
    let ben = ben_in(&server, &room).await;
    let answer_id = ben.ask(question(&room, "q1", "Count")).await.unwrap().answer_id;
    ben.hears::<AssistantChunk>().await.unwrap();

    let late = server.patient("ben").await;
    let joined = late.join_chat(&room).await;
    let attach =
        |from_index| AssistantAttach { room_id: room.clone(), answer_id: answer_id.clone(), from_index };
    let so_far = late.ask(attach(None)).await.unwrap();
    endpoint.open(1);
    let next = late.hears::<AssistantChunk>().await.unwrap();
    let rest = late.ask(attach(Some(1))).await.unwrap();
    endpoint.open(1);
    late.hears::<AssistantComplete>().await.unwrap();
    let done = late.ask(attach(None)).await.unwrap();

    assert_eq!(joined.answers.iter().map(|answer| &answer.answer_id).collect::<Vec<_>>(), [&answer_id]);
    assert_eq!((so_far.content.as_str(), so_far.index, so_far.state), ("one ", 1, AnswerState::Streaming));
    assert_eq!((next.index, next.delta.as_str()), (1, "two "));
    assert_eq!((rest.content.as_str(), rest.from_index, rest.index), ("two ", 1, 2));
    assert_eq!((done.content.as_str(), done.from_index, done.state), ("one two ", 0, AnswerState::Complete));
    let stranger = server.patient("carl").await;
    assert_eq!(stranger.ask(attach(None)).await.unwrap_err().code(), Some(Code::NotFound));
    let unknown = AssistantAttach { room_id: room.clone(), answer_id: MessageId::new(), from_index: None };
    assert_eq!(late.ask(unknown).await.unwrap_err().code(), Some(Code::NotFound));
}

#[tokio::test]
async fn an_answer_that_is_stopped_keeps_what_there_is_of_it() {
    let endpoint = Endpoint::start(vec![vec![Act::Words("Once upon".into()), Act::Gate]]).await;
    let server = Server::with_file(&endpoint.assistant(""), &[]).await;
    let room = conversation(&server).await;
    let (ben, tab) = (ben_in(&server, &room).await, ben_in(&server, &room).await);
    let answer_id = ben.ask(question(&room, "q1", "A story")).await.unwrap().answer_id;
    ben.hears::<AssistantChunk>().await.unwrap();

    let cancel = AssistantCancel { room_id: room.clone(), answer_id: answer_id.clone() };
    tab.ask(cancel.clone()).await.unwrap();

    for tab in [&ben, &tab] {
        let failed = tab.hears::<AssistantFailed>().await.unwrap();
        assert_eq!(
            (failed.state, failed.error.code, failed.seq),
            (AnswerState::Cancelled, Code::Ended, Some(2))
        );
        assert_eq!(text(&failed.message.unwrap()), "Once upon");
    }
    tab.ask(cancel).await.unwrap();
    assert_eq!(history(&ben, &room).await.len(), 2, "stopping it twice is stopping it once");
}

#[tokio::test]
async fn exactly_the_configured_window_goes_out() {
    let scripts = ["a1", "a2", "a3", "a4"].map(|words| whole(&[words])).to_vec();
    let endpoint = Endpoint::start(scripts).await;
    let server = Server::with_file(&endpoint.assistant("context_messages = 4"), &[]).await;
    let room = conversation(&server).await;
    let ben = ben_in(&server, &room).await;
    for (number, key) in [(1, "k1"), (2, "k2"), (3, "k3")] {
        ben.ask(question(&room, key, &format!("q{number}"))).await.unwrap();
        ben.hears::<AssistantComplete>().await.unwrap();
    }
    ben.say(&room, "a remark").await;

    ben.ask(question(&room, "k4", "q4")).await.unwrap();
    ben.hears::<AssistantComplete>().await.unwrap();

    let sent = endpoint.asked()[3].body["messages"].clone();
    let said: Vec<_> = sent.as_array().unwrap().iter().map(|it| (&it["role"], &it["content"])).collect();
    let wanted = [
        ("system", "Ask before the visit."),
        ("user", "q3"),
        ("assistant", "a3"),
        ("user", "a remark"),
        ("user", "q4"),
    ];
    assert_eq!(
        said,
        wanted
            .map(|(role, content)| (role.into(), content.into()))
            .iter()
            .map(|(a, b)| (a, b))
            .collect::<Vec<(&serde_json::Value, &serde_json::Value)>>()
    );
}

#[tokio::test]
async fn one_asks_no_more_in_a_day_than_one_may() {
    let endpoint = Endpoint::start(vec![whole(&["ok"])]).await;
    let server = Server::with_file(&endpoint.assistant("questions_per_day = 2"), &[]).await;
    let room = conversation(&server).await;
    let ben = ben_in(&server, &room).await;
    for key in ["k1", "k2"] {
        ben.ask(question(&room, key, "May I?")).await.unwrap();
        ben.hears::<AssistantComplete>().await.unwrap();
    }

    let refused = ben.ask(question(&room, "k3", "May I?")).await.unwrap_err();

    let refusal = refused.refusal().unwrap();
    assert_eq!(refusal.code, Code::RateLimited);
    assert!(refusal.retry_after_ms.is_some_and(|wait| (1..=86_400_000).contains(&wait)));
    assert!(ben.ask(question(&room, "k2", "May I?")).await.unwrap().duplicate, "what was asked stays asked");
    // Nor after the conversation is gone.
    server.rest(BEN, "DELETE", &format!("/api/v1/conversations/{room}")).go().await;
    let other = conversation(&server).await;
    ben.join_chat(&other).await;
    assert_eq!(ben.ask(question(&other, "k1", "May I?")).await.unwrap_err().code(), Some(Code::RateLimited));
}

/// What one tab knows of an answer.
#[derive(Default)]
struct Tab {
    content: String,
    index: u32,
    early: BTreeMap<u32, String>,
}

impl Tab {
    fn hear(&mut self, index: u32, delta: &str) {
        self.early.insert(index, delta.to_owned());
        self.settle();
    }

    fn settle(&mut self) {
        self.early.retain(|index, _| *index >= self.index);
        while let Some(delta) = self.early.remove(&self.index) {
            self.content.push_str(&delta);
            self.index += 1;
        }
    }

    /// Whether what is there is taken up where the tab left off, or whole.
    async fn attach(&mut self, peer: &Peer, room: &RoomId, answer: &MessageId) {
        let from_index = Some(self.index);
        let ask = AssistantAttach { room_id: room.clone(), answer_id: answer.clone(), from_index };
        let given = peer.ask(ask).await.unwrap();
        if given.from_index == 0 {
            self.content.clear();
        }
        assert!(given.from_index == 0 || given.from_index == self.index);
        self.content.push_str(given.content.as_str());
        self.index = given.index;
        self.settle();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tabs_that_come_and_go_while_an_answer_streams_all_have_the_same_text() {
    const PIECES: usize = 2_000;
    let words: Vec<String> = (0..PIECES).map(|number| format!("w{number} ")).collect();
    let script =
        words.iter().flat_map(|words| [Act::Words(words.clone()), Act::Gate]).chain([Act::Done]).collect();
    let endpoint = Endpoint::start(vec![script]).await;
    let more = "max_output_tokens = 4000";
    let rates = [("limits.events_per_second", "1000000"), ("limits.events_burst", "1000000")];
    let server = Server::with_file(&endpoint.assistant(more), &rates).await;
    let room = conversation(&server).await;
    let ben = ben_in(&server, &room).await;
    let answer = ben.ask(question(&room, "q1", "Speak")).await.unwrap().answer_id;
    let pace = async {
        // The words come at once in places, and slowly in others.
        for batch in (0..PIECES).step_by(20) {
            tokio::time::sleep(Duration::from_millis(if batch % 200 == 0 { 120 } else { 20 })).await;
            endpoint.open(20);
        }
    };
    let tab = async |seed: u64| {
        let (mut tab, mut peer) = (Tab::default(), ben_in(&server, &room).await);
        let mut random = rand::rngs::StdRng::seed_from_u64(seed);
        tab.attach(&peer, &room, &answer).await;
        let (mut visits, mut heard) = (1, 0);
        loop {
            match peer.next_event().await.unwrap() {
                ServerEvent::AssistantChunk(chunk) => tab.hear(chunk.index, chunk.delta.as_str()),
                ServerEvent::AssistantComplete(complete) => {
                    assert_eq!(complete.answer_id, answer);
                    return (tab.content, text(&complete.message).to_owned(), visits);
                }
                _ => {}
            }
            // Whatever chance says, none stays the whole time.
            heard += 1;
            match if heard == 10 { 0 } else { random.random_range(0..25) } {
                // A reload knows nothing any more.
                0 => (tab, peer, visits) = (Tab::default(), reload(&server, &room, peer).await, visits + 1),
                // Another connection of the same page goes on from where it was.
                1 => (peer, visits) = (reload(&server, &room, peer).await, visits + 1),
                // A lost connection comes back, and misses nothing.
                2 => {
                    peer.drop_connection().await;
                    if !peer.resume().await.unwrap() {
                        peer.join_chat(&room).await;
                    }
                    continue;
                }
                _ => continue,
            }
            // It may be over by now.
            let joined = peer.join_chat(&room).await;
            tab.attach(&peer, &room, &answer).await;
            if let Some(whole) = joined.events.iter().find_map(|event| match &event.fact {
                Fact::Message { message } if message.id == answer => Some(text(message).to_owned()),
                _ => None,
            }) {
                return (tab.content, whole, visits);
            }
        }
    };

    let ((), one, two, three) = tokio::join!(pace, tab(1), tab(2), tab(3));

    let whole = words.concat();
    for (content, complete, visits) in [one, two, three] {
        assert!(visits > 1, "it stayed the whole time, and proves nothing");
        assert!(content == whole, "{} bytes of {}", content.len(), whole.len());
        assert!(complete == whole);
    }
    assert_eq!(history(&ben, &room).await.iter().map(text).collect::<Vec<_>>(), ["Speak", &whole]);
}

async fn reload(server: &Server, room: &RoomId, old: Peer) -> Peer {
    old.close().await;
    ben_in(server, room).await
}

#[tokio::test]
async fn a_server_that_goes_down_keeps_the_prefix_and_says_so() {
    let endpoint = Endpoint::start(vec![vec![Act::Words("As far as".into()), Act::Gate]]).await;
    let server = Server::with_file(&endpoint.assistant(""), &[]).await;
    let room = conversation(&server).await;
    let ben = ben_in(&server, &room).await;
    let answer_id = ben.ask(question(&room, "q1", "How far?")).await.unwrap().answer_id;
    ben.hears::<AssistantChunk>().await.unwrap();

    server.tell_to_stop();

    let failed = ben.hears::<AssistantFailed>().await.unwrap();
    assert_eq!((failed.answer_id, failed.state), (answer_id, AnswerState::Interrupted));
    assert_eq!(text(&failed.message.unwrap()), "As far as");
    let server = server.restart().await;
    let ben = ben_in(&server, &room).await;
    assert_eq!(history(&ben, &room).await.iter().map(text).collect::<Vec<_>>(), ["How far?", "As far as"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_kill_in_the_stream_the_prefix_stands_in_the_history_once() {
    let endpoint = Endpoint::start(vec![vec![Act::Words("Kept words".into()), Act::Gate]]).await;
    let (data, database) = (tempfile::tempdir().unwrap(), crate::database());
    let file = data.path().join("bedside.toml");
    std::fs::write(&file, endpoint.assistant("")).unwrap();
    let start = || Process::start_with(data.path(), database.as_deref(), Some(&file));
    let server = start();
    let enter = async |server: &Process| {
        bedside_peer::Client::connect(bedside_peer::Connect::to(
            &server.url,
            Server::token("ben", Role::Patient),
        ))
        .await
        .unwrap()
    };
    let ben = enter(&server).await;
    let token = Server::token("ben", Role::Patient);
    bedside::tls::use_ring();
    let made = reqwest::Client::new()
        .post(format!("{}/api/v1/conversations", server.url))
        .bearer_auth(&token)
        .json(&json!({ "assistantId": "intake" }));
    let made: serde_json::Value = made.send().await.unwrap().json().await.unwrap();
    let room = RoomId::parse(made["id"].as_str().unwrap()).unwrap();
    let join = ChatJoinRoom { room_id: room.clone(), after_seq: None };
    ben.ask(join.clone()).await.unwrap();
    let asked = ben.ask(question(&room, "q1", "Remember?")).await.unwrap();
    ben.hears::<AssistantChunk>().await.unwrap();
    // It is stored at least each second, which no client is told of.
    tokio::task::block_in_place(|| server.logs("what there is of an answer is kept"));

    server.kill();
    let server = start();
    let ben = enter(&server).await;
    let joined = ben.ask(join.clone()).await.unwrap();
    let again = ben.ask(question(&room, "q1", "Remember?")).await.unwrap();
    let seqs: Vec<u64> = joined.events.iter().map(|event| event.seq).collect();
    server.kill();
    let server = start();
    let later = enter(&server).await.ask(join).await.unwrap();

    assert_eq!(seqs, [1, 2]);
    let Fact::Message { message } = &joined.events[1].fact else { panic!("not a message") };
    assert_eq!((text(message), &message.id), ("Kept words", &asked.answer_id));
    assert_eq!(message.answer.as_ref().unwrap().state, AnswerState::Interrupted);
    assert_eq!(
        (again.answer_id, again.state, again.duplicate),
        (asked.answer_id, AnswerState::Interrupted, true)
    );
    assert_eq!(later.events, joined.events, "nothing is doubled");
    assert!(joined.answers.is_empty());
}

#[tokio::test]
async fn a_tab_that_reads_nothing_delays_nobody() {
    let words: Vec<Act> = (0..40).map(|_| Act::Words("x".repeat(1_500))).chain([Act::Done]).collect();
    let endpoint = Endpoint::start(vec![words]).await;
    let server = Server::with_file(&endpoint.assistant(""), &[]).await;
    let room = conversation(&server).await;
    let (ben, deaf) = (ben_in(&server, &room).await, ben_in(&server, &room).await);
    deaf.fall_silent().await;

    ben.ask(question(&room, "q1", "A lot, please")).await.unwrap();

    let complete = ben.hears::<AssistantComplete>().await.unwrap();
    assert_eq!(text(&complete.message).len(), 60_000);
}

#[tokio::test]
async fn a_server_without_assistants_says_that_it_has_none() {
    let server = Server::start().await;
    let ben = server.patient("ben").await;
    assert!(!ben.ready.features.iter().any(|feature| feature == "assistant"));
    assert_eq!(
        ben.ask(question(&RoomId::new(), "k", "x")).await.unwrap_err().code(),
        Some(Code::Unavailable)
    );
    assert_eq!(server.rest(BEN, "GET", "/api/v1/assistants").go().await.ok(200)["items"], json!([]));
}

/// Sent without the key, a question would be another one at each retry.
#[tokio::test]
async fn a_question_has_a_key() {
    let server = Server::start().await;
    let ben = server.patient("ben").await;
    let data = json!({ "roomId": "r", "content": "x" });
    let refused = ben.ask_raw("assistant:ask", &data).await.unwrap_err();
    assert_eq!(refused.refusal().unwrap().field.as_deref(), Some("clientMessageId"));
    let long = ChatSendMessage {
        content: ChatText::parse("a remark").unwrap(),
        ..message(&RoomId::new(), None, "x")
    };
    assert_eq!(ben.ask(long).await.unwrap_err().code(), Some(Code::NotFound));
}
