//! A panic is the end of what it happened in, and of nothing else.

use bedside_protocol::{chat::ChatMessage, session::Role};
use serde_json::json;

use crate::harness::{Server, raw::FRAMINGS, trap::Trap};

#[tokio::test]
async fn a_panic_ends_the_connection_of_whose_event_it_was_and_nothing_else() {
    for framing in FRAMINGS {
        let server = Server::start().await;
        let room = server.visit("anna", "ben").await;
        let anna = server.doctor("anna").await;
        let ben = server.enter("ben", server.connect("ben", Role::Patient).framing(framing)).await;
        let phone = server.patient("ben").await;
        for peer in [&anna, &ben, &phone] {
            peer.join_chat(&room).await;
        }
        Trap::set(&server, &anna.user, "a trap of the tests");

        assert!(ben.ask_raw("chat:typing", &json!({ "roomId": room })).await.is_err());
        let closed = ben.closed().await;
        assert_eq!(closed.code, Some(1011), "{framing:?}: {closed}");

        assert!(ben.resume().await.unwrap(), "{framing:?}");
        ben.say(&room, "here I am").await;
        phone.hears::<ChatMessage>().await.unwrap();
    }
}

#[tokio::test]
async fn a_panic_while_a_message_is_told_loses_neither_it_nor_what_follows() {
    let server = Server::start().await;
    let room = server.visit("anna", "ben").await;
    let (anna, ben) = (server.doctor("anna").await, server.patient("ben").await);
    for peer in [&anna, &ben] {
        peer.join_chat(&room).await;
    }
    Trap::set(&server, &anna.user, "a trap of the tests");

    assert_eq!(ben.say(&room, "one").await.message.seq, 1);
    assert_eq!(ben.say(&room, "two").await.message.seq, 2);

    assert_eq!(ben.hears::<ChatMessage>().await.unwrap().seq, 2);
    assert_eq!(ben.join_chat(&room).await.events.len(), 2);
}

#[tokio::test]
async fn a_panic_over_a_request_is_its_answer_and_the_next_request_is_served() {
    let server = Server::start().await;
    let ben = server.patient("ben").await;
    let book = || {
        let visit = json!({ "doctorId": "anna", "patientId": "ben" });
        server.rest(("anna", Role::Doctor), "POST", "/api/v1/consultations").send(visit)
    };
    Trap::set(&server, &ben.user, "a trap of the tests");

    let failed = book().await.refused(500, "internal");
    assert!(failed["incident"].as_str().is_some_and(|incident| !incident.is_empty()), "{failed}");

    book().await.ok(201);
}
