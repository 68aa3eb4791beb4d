//! Nothing of a consultation goes out unless its doctor let the assistant in and its patient agreed, in that
//! consultation; and nothing that was written before.

use bedside_protocol::{
    Code,
    assistant::{
        AnswerState, AssistantAsk, AssistantChunk, AssistantComplete, AssistantConsent,
        AssistantConsentRequested, AssistantDisable, AssistantEnable, AssistantFailed, AssistantUse,
    },
    ids::{AssistantId, RoomId},
    recording::Decision,
    room::{Fact, RoomEventHeard},
};

use crate::{
    assistant::question,
    harness::{
        Peer, Server,
        endpoint::{Act, Endpoint, whole},
    },
};

const ALLOWED: &str = "in_consultations = true\nroles = [\"doctor\"]";

fn intake() -> AssistantId {
    AssistantId::parse("intake").unwrap()
}

fn asks(room: &RoomId, key: &str, text: &str) -> AssistantAsk {
    AssistantAsk { assistant_id: Some(intake()), ..question(room, key, text) }
}

fn enable(room: &RoomId) -> AssistantEnable {
    AssistantEnable { room_id: room.clone(), assistant_id: intake() }
}

fn consent(request: &AssistantConsentRequested, decision: Decision) -> AssistantConsent {
    AssistantConsent {
        room_id: request.room_id.clone(),
        assistant_id: request.assistant_id.clone(),
        decision,
        text_version: request.text_version.clone(),
    }
}

/// Anna and Ben in the chat of a visit.
async fn visit(server: &Server) -> (Peer, Peer, RoomId) {
    let room = server.visit("anna", "ben").await;
    let (anna, ben) = (server.doctor("anna").await, server.patient("ben").await);
    anna.join_chat(&room).await;
    ben.join_chat(&room).await;
    (anna, ben, room)
}

/// The next row of this kind that has no event of its own.
async fn row(peer: &Peer) -> Fact {
    peer.hears::<RoomEventHeard>().await.unwrap().event.fact
}

#[tokio::test]
async fn nothing_goes_out_before_the_patient_agrees_and_nothing_of_before_ever() {
    let endpoint = Endpoint::start(vec![whole(&["Noted."])]).await;
    let server = Server::with_file(&endpoint.assistant(ALLOWED), &[]).await;
    let (anna, ben, room) = visit(&server).await;
    ben.say(&room, "between the two of us").await;
    let refused = async |peer: &Peer| peer.ask(asks(&room, "q", "What now?")).await.unwrap_err().code();

    assert_eq!(refused(&anna).await, Some(Code::ConsentRequired), "nobody let it in");
    let enabled = anna.ask(enable(&room)).await.unwrap().assistant;
    assert_eq!((enabled.state, &enabled.host), (AssistantUse::AwaitingConsent, &endpoint.address));
    assert_eq!(refused(&anna).await, Some(Code::ConsentRequired), "the patient has not answered");
    let request = ben.hears::<AssistantConsentRequested>().await.unwrap();
    assert_eq!((&request.host, &request.requested_by), (&endpoint.address, &anna.user));
    assert!(request.texts.values().all(|text| text.contains(&endpoint.address)), "{:?}", request.texts);
    ben.ask(consent(&request, Decision::Refused)).await.unwrap();
    assert_eq!(refused(&anna).await, Some(Code::ConsentRequired), "the patient does not agree");
    ben.ask(consent(&request, Decision::Given)).await.unwrap();
    anna.ask(asks(&room, "q", "What now?")).await.unwrap();
    ben.hears::<AssistantComplete>().await.unwrap();

    assert_eq!(endpoint.asked().len(), 1);
    let messages = endpoint.asked()[0].body["messages"].to_string();
    assert!(messages.contains("Doctor: What now?") && !messages.contains("between the two"), "{messages}");
    for name in ["anna", "ben", room.as_str()] {
        assert!(!messages.contains(name), "{messages}");
    }
    let given = Fact::AssistantConsent {
        assistant_id: intake(),
        decision: Decision::Given,
        text_version: request.text_version.clone(),
    };
    let rows: Vec<Fact> = anna.join_chat(&room).await.events.into_iter().map(|event| event.fact).collect();
    assert!(rows.contains(&given), "{rows:?}");
    assert!(rows.contains(&Fact::Assistant { assistant_id: intake(), state: AssistantUse::On }), "{rows:?}");
}

#[tokio::test]
async fn a_patient_who_takes_it_back_ends_what_is_being_written() {
    let endpoint = Endpoint::start(vec![vec![Act::Words("It seems".into()), Act::Gate]]).await;
    let server = Server::with_file(&endpoint.assistant(ALLOWED), &[]).await;
    let (anna, ben, room) = visit(&server).await;
    anna.ask(enable(&room)).await.unwrap();
    let request = ben.hears::<AssistantConsentRequested>().await.unwrap();
    ben.ask(consent(&request, Decision::Given)).await.unwrap();
    anna.ask(asks(&room, "q", "What now?")).await.unwrap();
    anna.hears::<AssistantChunk>().await.unwrap();

    ben.ask(consent(&request, Decision::Withdrawn)).await.unwrap();

    let failed = anna.hears::<AssistantFailed>().await.unwrap();
    assert_eq!(failed.state, AnswerState::Cancelled);
    assert_eq!(
        anna.ask(asks(&room, "q2", "And now?")).await.unwrap_err().code(),
        Some(Code::ConsentRequired)
    );
    // What was written while they did not agree does not go out when they agree again.
    ben.say(&room, "a secret").await;
    endpoint.open(1);
    ben.ask(consent(&request, Decision::Given)).await.unwrap();
    anna.ask(asks(&room, "q3", "Better?")).await.unwrap();
    anna.hears::<AssistantChunk>().await.unwrap();
    let messages = endpoint.asked()[1].body["messages"].to_string();
    assert!(
        messages.contains("Better?") && !messages.contains("secret") && !messages.contains("What now"),
        "{messages}"
    );
}

#[tokio::test]
async fn a_doctor_takes_it_out_again_and_asks_anew() {
    let endpoint = Endpoint::start(vec![whole(&["ok"])]).await;
    let server = Server::with_file(&endpoint.assistant(ALLOWED), &[]).await;
    let (anna, ben, room) = visit(&server).await;
    anna.ask(enable(&room)).await.unwrap();
    let request = ben.hears::<AssistantConsentRequested>().await.unwrap();
    ben.ask(consent(&request, Decision::Given)).await.unwrap();

    let disable = AssistantDisable { room_id: room.clone(), assistant_id: intake() };
    assert_eq!(anna.ask(disable).await.unwrap().assistant.state, AssistantUse::Off);

    assert_eq!(anna.ask(asks(&room, "q", "What?")).await.unwrap_err().code(), Some(Code::ConsentRequired));
    let early = ben.ask(consent(&request, Decision::Given)).await.unwrap_err();
    assert_eq!(early.code(), Some(Code::Conflict), "nobody has asked them");
    assert_eq!(anna.ask(enable(&room)).await.unwrap().assistant.state, AssistantUse::AwaitingConsent);
    ben.hears::<AssistantConsentRequested>().await.unwrap();
    assert!(matches!(row(&ben).await, Fact::Assistant { state: AssistantUse::AwaitingConsent, .. }));
}

#[tokio::test]
async fn a_patient_who_comes_later_is_asked_then_and_agrees_to_the_text_of_now_only() {
    let endpoint = Endpoint::start(vec![whole(&["ok"])]).await;
    let server = Server::with_file(&endpoint.assistant(ALLOWED), &[]).await;
    let room = server.visit("anna", "ben").await;
    let anna = server.doctor("anna").await;
    anna.join_chat(&room).await;
    anna.ask(enable(&room)).await.unwrap();

    let ben = server.patient("ben").await;
    let joined = ben.join_chat(&room).await;

    assert_eq!(joined.assistants[0].state, AssistantUse::AwaitingConsent);
    let request = ben.hears::<AssistantConsentRequested>().await.unwrap();
    let stale = AssistantConsent { text_version: "another".to_owned(), ..consent(&request, Decision::Given) };
    assert_eq!(ben.ask(stale).await.unwrap_err().code(), Some(Code::Conflict));
    let for_them = anna.ask(consent(&request, Decision::Given)).await.unwrap_err();
    assert_eq!(for_them.code(), Some(Code::Forbidden), "nobody agrees for the patient");
    let on = ben.ask(consent(&request, Decision::Given)).await.unwrap();
    assert_eq!(on.assistant.state, AssistantUse::On);
    assert_eq!(
        ben.ask(asks(&room, "q", "May I?")).await.unwrap_err().code(),
        Some(Code::Forbidden),
        "of no such role"
    );
}

#[tokio::test]
async fn an_assistant_that_is_not_for_consultations_is_let_into_none() {
    let endpoint = Endpoint::start(vec![whole(&["ok"])]).await;
    let server = Server::with_file(&endpoint.assistant(""), &[]).await;
    let (anna, _ben, room) = visit(&server).await;

    assert!(anna.join_chat(&room).await.assistants.is_empty());
    assert_eq!(anna.ask(enable(&room)).await.unwrap_err().code(), Some(Code::NotFound));
    assert_eq!(anna.ask(asks(&room, "q", "What?")).await.unwrap_err().code(), Some(Code::NotFound));
    assert!(endpoint.asked().is_empty());
}
