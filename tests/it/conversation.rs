//! Conversations: made, called, listed and deleted, alike in every session of their owner and in nobody else's.

use bedside_protocol::{
    Code,
    assistant::AssistantComplete,
    chat::{ChatMarkSeen, ChatMessage, ChatRedactMessage, ChatRedacted, ChatSeen},
    conversation::{ConversationCreated, ConversationDeleted, ConversationUpdated},
    ids::RoomId,
    room::Fact,
    session::Role,
};
use serde_json::{Value, json};

use crate::{
    assistant::{BEN, conversation, question},
    harness::{
        Server,
        endpoint::{Act, Endpoint, whole},
    },
};

const CARL: (&str, Role) = ("carl", Role::Patient);
const PATH: &str = "/api/v1/conversations";

fn path(room: &RoomId) -> String {
    format!("{PATH}/{room}")
}

#[tokio::test]
async fn people_see_which_assistants_there_are_for_them_and_which_host_answers() {
    let endpoint = Endpoint::start(vec![whole(&["ok"])]).await;
    let more = "roles = [\"patient\"]\napi_key = \"sk-not-for-people\"";
    let server = Server::with_file(&endpoint.assistant(more), &[]).await;

    let list = server.rest(BEN, "GET", "/api/v1/assistants").go().await;

    let intake = &list.ok(200)["items"][0];
    assert_eq!(
        (&intake["id"], &intake["name"]["de"], &intake["host"]),
        (&json!("intake"), &json!("Aufnahme"), &json!(endpoint.address))
    );
    assert!(!list.body.contains("sk-not") && !list.body.contains("Ask before"), "{}", list.body);
    let anna = ("anna", Role::Doctor);
    assert_eq!(server.rest(anna, "GET", "/api/v1/assistants").go().await.ok(200)["items"], json!([]));
    let made = server.rest(anna, "POST", PATH).send(json!({ "assistantId": "intake" })).await;
    made.refused(403, "forbidden");
    server.rest(BEN, "POST", PATH).send(json!({ "assistantId": "nobody" })).await.refused(404, "not_found");
}

#[tokio::test]
async fn making_renaming_and_deleting_is_told_to_every_session_of_the_owner() {
    let endpoint = Endpoint::start(vec![whole(&["ok"])]).await;
    let server = Server::with_file(&endpoint.assistant(""), &[]).await;
    let (laptop, phone, carl) =
        (server.patient("ben").await, server.patient("ben").await, server.patient("carl").await);

    let room = conversation(&server).await;
    let renamed = server.rest(BEN, "PATCH", &path(&room)).send(json!({ "title": "My knee" })).await;
    let nameless = server.rest(BEN, "PATCH", &path(&room)).send(json!({ "title": null })).await;
    assert_eq!(server.rest(BEN, "DELETE", &path(&room)).go().await.status, 204);

    assert_eq!((&renamed.ok(200)["title"], &nameless.ok(200)["title"]), (&json!("My knee"), &Value::Null));
    for tab in [&laptop, &phone] {
        assert_eq!(tab.hears::<ConversationCreated>().await.unwrap().conversation.id, room);
        let updated = tab.hears::<ConversationUpdated>().await.unwrap().conversation;
        assert_eq!(updated.title.unwrap().as_str(), "My knee");
        assert_eq!(tab.hears::<ConversationDeleted>().await.unwrap().room_id, room);
    }
    carl.hears_nothing_of::<ConversationCreated>().await.unwrap();
}

#[tokio::test]
async fn the_list_shows_what_was_said_last_and_what_is_unread() {
    let endpoint = Endpoint::start(vec![whole(&["**Since** [when](https://example.org)?"])]).await;
    let server = Server::with_file(&endpoint.assistant(""), &[]).await;
    let (older, room) = (conversation(&server).await, conversation(&server).await);
    let ben = server.patient("ben").await;
    ben.join_chat(&room).await;
    let list = async || server.rest(BEN, "GET", PATH).go().await.ok(200)["items"].clone();

    ben.ask(question(&room, "q", "My knee hurts")).await.unwrap();
    let seq = ben.hears::<AssistantComplete>().await.unwrap().seq;

    let elsewhere = server.patient("ben").await;
    let items = list().await;
    assert_eq!((&items[0]["id"], &items[1]["id"]), (&json!(room), &json!(older)), "the newest words first");
    let last = &items[0]["lastMessage"];
    assert_eq!(
        (&last["excerpt"], &last["byAssistant"], &items[0]["unread"]),
        (&json!("Since when?"), &json!(true), &json!(1))
    );
    ben.ask(ChatMarkSeen { room_id: room.clone(), seq }).await.unwrap();
    assert_eq!(ben.hears::<ChatSeen>().await.unwrap().up_to_seq, seq);
    assert_eq!(elsewhere.hears::<ConversationUpdated>().await.unwrap().conversation.unread, 0);
    assert_eq!(list().await[0]["unread"], 0);
    let member = elsewhere.join_chat(&room).await.members.remove(0);
    assert_eq!((member.seen_up_to_seq, member.online), (seq, true));
}

#[tokio::test]
async fn lists_are_read_in_pages() {
    let endpoint = Endpoint::start(vec![whole(&["ok"])]).await;
    let server = Server::with_file(&endpoint.assistant(""), &[]).await;
    let mut made = Vec::new();
    for _ in 0..5 {
        made.push(conversation(&server).await.to_string());
    }
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = server.rest(BEN, "GET", &format!("{PATH}?limit=2{cursor}")).go().await.ok(200);
        let ids =
            page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned());
        found.extend(ids);
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    made.reverse();
    assert_eq!(found, made);
    server.rest(BEN, "GET", &format!("{PATH}?cursor=x")).go().await.refused(400, "malformed");
}

#[tokio::test]
async fn nobody_else_learns_that_there_is_such_a_conversation() {
    let endpoint = Endpoint::start(vec![whole(&["ok"])]).await;
    let server = Server::with_file(&endpoint.assistant(""), &[]).await;
    let room = conversation(&server).await;
    let (ben, carl, staff) =
        (server.patient("ben").await, server.patient("carl").await, ("sam", Role::Staff));
    ben.join_chat(&room).await;
    ben.say(&room, "mine").await;

    let join = bedside_protocol::chat::ChatJoinRoom { room_id: room.clone(), after_seq: None };
    assert_eq!(carl.ask(join).await.unwrap_err().code(), Some(Code::NotFound));
    assert_eq!(carl.ask(question(&room, "q", "x")).await.unwrap_err().code(), Some(Code::NotFound));
    for who in [CARL, staff] {
        server.rest(who, "GET", &path(&room)).go().await.refused(404, "not_found");
        server.rest(who, "GET", &format!("{}/events", path(&room))).go().await.refused(404, "not_found");
        server.rest(who, "DELETE", &path(&room)).go().await.refused(404, "not_found");
        server
            .rest(who, "GET", &format!("/api/v1/consultations/{room}"))
            .go()
            .await
            .refused(404, "not_found");
    }
    let scoped = Server::scoped_token("ben", Role::Patient, &server.visit("anna", "ben").await);
    server.anyone("GET", &path(&room)).bearer(&scoped).go().await.refused(404, "not_found");
    assert_eq!(
        server.rest(BEN, "GET", &format!("{}/events", path(&room))).go().await.ok(200)["items"][0]["seq"],
        1
    );
}

#[tokio::test]
async fn what_was_said_is_gone_with_its_conversation() {
    let script = vec![Act::Words("A marker of the machine's".into()), Act::Gate, Act::Done];
    let endpoint = Endpoint::start(vec![whole(&["The first marker"]), script]).await;
    let server = Server::with_file(&endpoint.assistant(""), &[]).await;
    let room = conversation(&server).await;
    let ben = server.patient("ben").await;
    ben.join_chat(&room).await;
    ben.ask(question(&room, "q1", "A marker of Ben's")).await.unwrap();
    ben.hears::<AssistantComplete>().await.unwrap();
    ben.ask(question(&room, "q2", "Another marker")).await.unwrap();

    assert_eq!(server.rest(BEN, "DELETE", &path(&room)).go().await.status, 204);

    ben.hears::<ConversationDeleted>().await.unwrap();
    assert_eq!(
        ben.ask(question(&room, "q3", "Still there?")).await.unwrap_err().code(),
        Some(Code::NotFound)
    );
    server.rest(BEN, "GET", &path(&room)).go().await.refused(404, "not_found");
    server.clinic.assistants.stop().await;
    let span = bedside::store::Span { after: 0, before: None, from: bedside::store::End::Oldest };
    let log = server.clinic.store.events(&room, span, bedside::store::PageSize::default()).await.unwrap();
    assert!(log.rows.len() >= 4 && log.rows.iter().all(|row| row.event().unwrap().fact == Fact::Deleted {}));
    assert!(log.rows.iter().all(|row| !row.payload.get().contains("marker")));
    assert!(server.clinic.store.unfinished_answers().await.unwrap().is_empty());
}

#[tokio::test]
async fn what_is_taken_back_in_a_conversation_shows_nowhere_and_goes_out_no_more() {
    let endpoint = Endpoint::start(vec![whole(&["I see."])]).await;
    let server = Server::with_file(&endpoint.assistant(""), &[]).await;
    let room = conversation(&server).await;
    let ben = server.patient("ben").await;
    ben.join_chat(&room).await;
    let said = ben.say(&room, "my secret").await.message;
    assert_eq!(ben.hears::<ChatMessage>().await.unwrap(), said);

    ben.ask(ChatRedactMessage { room_id: room.clone(), message_id: said.id.clone(), reason: None })
        .await
        .unwrap();
    assert_eq!(ben.hears::<ChatRedacted>().await.unwrap().message_id, said.id);
    ben.ask(question(&room, "q", "What did I say?")).await.unwrap();
    let answer = ben.hears::<AssistantComplete>().await.unwrap().message;
    let redact = ChatRedactMessage { room_id: room.clone(), message_id: answer.id, reason: None };
    ben.ask(redact).await.unwrap();

    assert!(!endpoint.asked()[0].body.to_string().contains("secret"));
    let items = server.rest(BEN, "GET", PATH).go().await.ok(200)["items"].clone();
    assert_eq!(items[0]["lastMessage"]["excerpt"], "");
}
