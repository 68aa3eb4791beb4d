//! What is said lasts, reaches everyone once and in order, and is caught up with.

use bedside_protocol::{
    Code,
    chat::{
        ChatDelivered, ChatHistory, ChatMarkSeen, ChatMemberJoined, ChatMessage, ChatRedactMessage,
        ChatRedacted, ChatSeen, ChatStopTyping, ChatStopTypingHeard, ChatTyping, ChatTypingHeard,
    },
    ids::RoomId,
    room::Fact,
    text::Reason,
};

use crate::harness::{Server, message};

#[tokio::test]
async fn a_message_reaches_everyone_in_the_room_once_with_its_place() {
    let server = Server::start().await;
    let room = server.visit("anna", "ben").await;
    let (anna, ben, carl) =
        (server.doctor("anna").await, server.patient("ben").await, server.patient("carl").await);
    let phone = server.patient("ben").await;
    for peer in [&anna, &ben, &phone] {
        peer.join_chat(&room).await;
    }

    let sent = anna.say(&room, "Good morning").await;

    assert_eq!((sent.message.seq, sent.duplicate), (1, false));
    for peer in [&anna, &ben, &phone] {
        assert_eq!(peer.hears::<ChatMessage>().await.unwrap(), sent.message);
        peer.hears_nothing_of::<ChatMessage>().await.unwrap();
    }
    carl.hears_nothing_of::<ChatMessage>().await.unwrap();
}

#[tokio::test]
async fn a_retry_under_the_same_key_is_the_same_message_even_with_another_text() {
    let server = Server::start().await;
    let room = server.visit("anna", "ben").await;
    let anna = server.doctor("anna").await;
    anna.join_chat(&room).await;

    let first = anna.ask(message(&room, Some("k1"), "one")).await.unwrap();
    let second = anna.ask(message(&room, Some("k1"), "two")).await.unwrap();

    assert!(second.duplicate);
    assert_eq!(second.message, first.message);
    assert_eq!(anna.join_chat(&room).await.last_seq, 1);
}

#[tokio::test]
async fn who_has_no_part_in_it_gets_the_answer_of_a_room_that_does_not_exist() {
    let server = Server::start().await;
    let room = server.visit("anna", "ben").await;
    let carl = server.patient("carl").await;
    let (mine, none) = (message(&room, None, "hello"), message(&RoomId::new(), None, "hello"));

    let refused = carl.ask(mine).await.unwrap_err().refusal().cloned();

    assert_eq!(refused.as_ref().map(|refusal| refusal.code), Some(Code::NotFound));
    assert_eq!(refused, carl.ask(none).await.unwrap_err().refusal().cloned());
}

#[tokio::test]
async fn who_has_not_joined_does_not_write() {
    let server = Server::start().await;
    let room = server.visit("anna", "ben").await;
    let anna = server.doctor("anna").await;

    assert_eq!(anna.ask(message(&room, None, "hello")).await.unwrap_err().code(), Some(Code::NotJoined));
}

#[tokio::test]
async fn joining_after_a_place_brings_everything_missed() {
    let server = Server::start().await;
    let room = server.visit("anna", "ben").await;
    let (anna, ben) = (server.doctor("anna").await, server.patient("ben").await);
    anna.join_chat(&room).await;
    for number in 1..=5 {
        anna.say(&room, &format!("message {number}")).await;
    }

    let joined = ben.catch_up(&room, 2).await;

    assert_eq!(joined.events.iter().map(|event| event.seq).collect::<Vec<_>>(), [3, 4, 5]);
    assert_eq!((joined.last_seq, joined.complete), (5, true));
}

#[tokio::test]
async fn history_is_read_in_pages_from_either_end() {
    let server = Server::start().await;
    let room = server.visit("anna", "ben").await;
    let anna = server.doctor("anna").await;
    anna.join_chat(&room).await;
    for number in 1..=7 {
        anna.say(&room, &format!("message {number}")).await;
    }
    let page = async |before_seq, after_seq| {
        let ask = ChatHistory { room_id: room.clone(), before_seq, after_seq, limit: Some(3) };
        let page = anna.ask(ask).await.unwrap();
        (page.events.iter().map(|event| event.seq).collect::<Vec<_>>(), page.complete)
    };

    assert_eq!(page(None, None).await, (vec![5, 6, 7], false));
    assert_eq!(page(Some(3), None).await, (vec![1, 2], true));
    assert_eq!(page(None, Some(1)).await, (vec![2, 3, 4], false));
    assert_eq!(page(None, Some(4)).await, (vec![5, 6, 7], true));
}

#[tokio::test]
async fn receipts_are_told_and_kept() {
    let server = Server::start().await;
    let room = server.visit("anna", "ben").await;
    let (anna, ben) = (server.doctor("anna").await, server.patient("ben").await);
    anna.join_chat(&room).await;
    ben.join_chat(&room).await;
    anna.say(&room, "hello").await;

    ben.ask(ChatMarkSeen { room_id: room.clone(), seq: 1 }).await.unwrap();

    let seen = anna.hears::<ChatSeen>().await.unwrap();
    assert_eq!((seen.user_id, seen.up_to_seq), (ben.user.clone(), 1));
    anna.hears_nothing_of::<ChatDelivered>().await.unwrap();
    let members = anna.join_chat(&room).await.members;
    let ben = members.iter().find(|member| member.user_id == ben.user).unwrap();
    assert_eq!((ben.delivered_up_to_seq, ben.seen_up_to_seq, ben.online), (1, 1, true));
    let early = anna.ask(ChatMarkSeen { room_id: room.clone(), seq: 99 }).await.unwrap_err();
    assert_eq!(early.code(), Some(Code::Malformed));
}

#[tokio::test]
async fn typing_is_told_to_the_others_and_ends_by_itself() {
    let server = Server::start().await;
    let room = server.visit("anna", "ben").await;
    let (anna, ben) = (server.doctor("anna").await, server.patient("ben").await);
    anna.join_chat(&room).await;
    ben.join_chat(&room).await;

    ben.ask(ChatTyping { room_id: room.clone() }).await.unwrap();
    assert_eq!(anna.hears::<ChatTypingHeard>().await.unwrap().user_id, ben.user);
    ben.ask(ChatStopTyping { room_id: room.clone() }).await.unwrap();
    assert_eq!(anna.hears::<ChatStopTypingHeard>().await.unwrap().user_id, ben.user);

    ben.ask(ChatTyping { room_id: room.clone() }).await.unwrap();
    assert_eq!(anna.hears::<ChatStopTypingHeard>().await.unwrap().user_id, ben.user, "after 5 s");
    ben.hears_nothing_of::<ChatTypingHeard>().await.unwrap();
}

#[tokio::test]
async fn a_redacted_message_loses_its_content_everywhere() {
    let server = Server::start().await;
    let room = server.visit("anna", "ben").await;
    let (anna, ben) = (server.doctor("anna").await, server.patient("ben").await);
    anna.join_chat(&room).await;
    ben.join_chat(&room).await;
    let message_id = ben.say(&room, "my secret").await.message.id;
    let redact = |reason: Option<&str>| ChatRedactMessage {
        room_id: room.clone(),
        message_id: message_id.clone(),
        reason: reason.map(|reason| Reason::parse(reason).unwrap()),
    };

    assert_eq!(
        anna.ask(redact(None)).await.unwrap_err().code(),
        Some(Code::Malformed),
        "not without a reason"
    );
    anna.ask(redact(Some("sent by mistake"))).await.unwrap();

    let redacted = ben.hears::<ChatRedacted>().await.unwrap();
    assert_eq!((redacted.seq, &redacted.message_id, &redacted.by), (2, &message_id, &anna.user));
    let events = ben.join_chat(&room).await.events;
    let Fact::Message { message } = &events[0].fact else { panic!("not a message") };
    assert_eq!(message.content, None);
}

#[tokio::test]
async fn a_members_coming_is_told_once_for_all_their_sessions() {
    let server = Server::start().await;
    let room = server.visit("anna", "ben").await;
    let anna = server.doctor("anna").await;
    anna.join_chat(&room).await;
    let (laptop, phone) = (server.patient("ben").await, server.patient("ben").await);

    laptop.join_chat(&room).await;
    phone.join_chat(&room).await;

    assert_eq!(anna.hears::<ChatMemberJoined>().await.unwrap().member.user_id, laptop.user);
    anna.hears_nothing_of::<ChatMemberJoined>().await.unwrap();
}
