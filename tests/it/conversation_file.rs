//! Files in a conversation: its owner's alone, with the limits of a visit's, never a machine's, and gone with it.

use bedside_protocol::{
    Code,
    assistant::AssistantComplete,
    chat::{Attachment, ChatMessage, ChatRedactMessage, ChatSendMessage, ChatSent, MessageKind},
    ids::{AttachmentId, ClientMessageId, RoomId},
    session::Role,
    text::ChatText,
};

use crate::{
    assistant::{BEN, conversation, question},
    attachment::{MIB, NOTE, attach, comes_true, path, sealed},
    harness::{
        Peer, Server,
        endpoint::{Endpoint, whole},
        rest::Response,
    },
};

const ANNA: (&str, Role) = ("anna", Role::Doctor);
const CARL: (&str, Role) = ("carl", Role::Patient);

fn uploads(room: &RoomId) -> String {
    format!("/api/v1/conversations/{room}/attachments")
}

async fn bring(server: &Server, who: (&str, Role), room: &RoomId, bytes: &[u8]) -> Response {
    server.rest(who, "POST", &uploads(room)).file("letter.txt", "text/plain", bytes).go().await
}

fn id(brought: &Response) -> AttachmentId {
    AttachmentId::parse(brought.ok(201)["id"].as_str().unwrap()).unwrap()
}

async fn open(server: &Server, who: (&str, Role), file: &AttachmentId) -> Response {
    server.rest(who, "GET", &path(file)).go().await
}

fn message(room: &RoomId, key: &str, text: &str, file: &AttachmentId) -> ChatSendMessage {
    ChatSendMessage {
        room_id: room.clone(),
        client_message_id: Some(ClientMessageId::parse(key).unwrap()),
        content: ChatText::parse(text).unwrap(),
        attachment_ids: vec![file.clone()],
        reply_to: None,
    }
}

async fn say(ben: &Peer, room: &RoomId, text: &str, file: &AttachmentId) -> ChatSent {
    ben.ask(message(room, "m1", text, file)).await.unwrap()
}

#[tokio::test]
async fn a_file_of_a_conversation_is_its_owners_alone_and_no_machine_is_given_it() {
    let endpoint = Endpoint::start(vec![whole(&["Thank you"])]).await;
    let server = Server::with_file(&endpoint.assistant(""), &[]).await;
    let room = conversation(&server).await;
    let (ben, phone) = (server.patient("ben").await, server.patient("ben").await);
    ben.join_chat(&room).await;
    phone.join_chat(&room).await;
    for stranger in [ANNA, CARL, ("sam", Role::Staff)] {
        bring(&server, stranger, &room, NOTE).await.refused(404, "not_found");
    }

    let file = id(&bring(&server, BEN, &room, NOTE).await);
    let sent = say(&ben, &room, "letter.txt", &file).await;
    assert_eq!((sent.duplicate, sent.message.kind), (false, MessageKind::File));
    let heard = phone.hears::<ChatMessage>().await.unwrap();
    let [Attachment { id, bytes, .. }] = heard.attachments.as_slice() else { panic!("one file") };
    assert_eq!((id, *bytes), (&file, NOTE.len() as u64));
    // The same message again is the same message, and names the file once.
    assert!(say(&ben, &room, "letter.txt", &file).await.duplicate);

    ben.ask(question(&room, "q1", "What is in my letter?")).await.unwrap();
    ben.hears::<AssistantComplete>().await.unwrap();
    let messages = &endpoint.asked()[0].body["messages"];
    assert_eq!(messages.as_array().map(Vec::len), Some(2), "the instructions and the question: {messages}");
    assert!(!messages.to_string().contains("letter.txt"));

    let server = server.restart().await;
    assert_eq!(open(&server, BEN, &file).await.body.as_bytes(), NOTE);
    for stranger in [ANNA, CARL, ("sam", Role::Staff)] {
        open(&server, stranger, &file).await.refused(404, "not_found");
    }
}

#[tokio::test]
async fn a_conversation_takes_what_a_visit_takes_and_no_more() {
    let endpoint = Endpoint::start(vec![whole(&["ok"])]).await;
    let limits = [("storage.attachment_mb", "1"), ("storage.attachments_per_visit_mb", "1")];
    let server = Server::with_file(&endpoint.assistant(""), &limits).await;
    let room = conversation(&server).await;
    let half = vec![b'x'; MIB / 2 + 1];

    bring(&server, BEN, &room, &vec![b'x'; MIB + 1]).await.refused(413, "too_large");
    bring(&server, BEN, &room, b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0")
        .await
        .refused(415, "malformed");
    id(&bring(&server, BEN, &room, &half).await);
    bring(&server, BEN, &room, &half).await.refused(507, "storage_full");
    assert_eq!(sealed(&server), 1);
    let other = conversation(&server).await;
    id(&bring(&server, BEN, &other, &half).await);
}

#[tokio::test]
async fn each_kind_of_room_has_its_own_way_in() {
    let endpoint = Endpoint::start(vec![whole(&["ok"])]).await;
    let server = Server::with_file(&endpoint.assistant(""), &[]).await;
    let (room, visit) = (conversation(&server).await, server.visit("anna", "ben").await);
    bring(&server, BEN, &visit, NOTE).await.refused(404, "not_found");
    let consultation = format!("/api/v1/consultations/{room}/attachments");
    let answer = server.rest(BEN, "POST", &consultation).file("a.txt", "text/plain", NOTE).go().await;
    answer.refused(404, "not_found");

    // A file of one room is none of the other.
    let ben = server.patient("ben").await;
    ben.join_chat(&room).await;
    let of_visit = attach(&server, BEN, &visit, "a.txt", NOTE).await;
    let refused = ben.ask(message(&room, "m", "See", &of_visit)).await.unwrap_err();
    assert_eq!(refused.code(), Some(Code::Malformed));
    ben.join_chat(&visit).await;
    let of_conversation = id(&bring(&server, BEN, &room, NOTE).await);
    assert_eq!(
        ben.ask(message(&visit, "m", "See", &of_conversation)).await.unwrap_err().code(),
        Some(Code::Malformed)
    );
}

#[tokio::test]
async fn files_go_with_their_message_and_with_their_conversation() {
    let endpoint = Endpoint::start(vec![whole(&["ok"])]).await;
    let server = Server::with_file(&endpoint.assistant(""), &[]).await;
    let room = conversation(&server).await;
    let ben = server.patient("ben").await;
    ben.join_chat(&room).await;
    let first = id(&bring(&server, BEN, &room, NOTE).await);
    let named = say(&ben, &room, "My letter", &first).await.message;
    let unnamed = id(&bring(&server, BEN, &room, NOTE).await);

    let redact = ChatRedactMessage { room_id: room.clone(), message_id: named.id, reason: None };
    ben.ask(redact).await.unwrap();
    open(&server, BEN, &first).await.refused(404, "not_found");
    comes_true(|| sealed(&server) == 1).await;

    let deleted = server.rest(BEN, "DELETE", &format!("/api/v1/conversations/{room}")).go().await;
    assert_eq!((deleted.status, deleted.body), (204, String::new()));
    open(&server, BEN, &unnamed).await.refused(404, "not_found");
    bring(&server, BEN, &room, NOTE).await.refused(404, "not_found");
    comes_true(|| sealed(&server) == 0).await;
}
