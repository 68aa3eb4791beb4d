//! Links that work without an account.

use bedside_peer::Connect;
use bedside_protocol::{session::Role, webrtc::WebrtcJoined};
use serde_json::{Value, json};

use crate::harness::{Server, rest::Response};

const ANNA: (&str, Role) = ("anna", Role::Doctor);

async fn invite(server: &Server, room: &str, body: Value) -> Response {
    server.rest(ANNA, "POST", &format!("/api/v1/consultations/{room}/invitations")).send(body).await
}

async fn accept(server: &Server, body: Value) -> Response {
    server.anyone("POST", "/api/v1/invitations/accept").send(body).await
}

#[tokio::test]
async fn a_link_opens_its_consultation_to_the_first_device_and_to_no_other() {
    let server = Server::with(&[("server.public_url", "https://visits.example")]).await;
    let (room, other) = (server.visit("anna", "ben").await, server.visit("anna", "carl").await);
    let link = invite(&server, room.as_str(), json!({ "role": "guest", "name": "Gil" })).await.ok(201);
    let token = link["token"].as_str().unwrap();
    assert_eq!(link["url"], format!("https://visits.example/join#token={token}"));

    let way_in = accept(&server, json!({ "token": token })).await.ok(200);
    assert_eq!(
        (&way_in["consultationId"], &way_in["user"]["role"]),
        (&json!(room.as_str()), &json!("guest"))
    );
    accept(&server, json!({ "token": token })).await.refused(409, "conflict");
    accept(&server, json!({ "token": token, "deviceKey": "another" })).await.refused(409, "conflict");
    let again = accept(&server, json!({ "token": token, "deviceKey": way_in["deviceKey"] })).await.ok(200);
    assert_eq!((&again["user"], &again["deviceKey"]), (&way_in["user"], &way_in["deviceKey"]));

    let access = way_in["accessToken"].as_str().unwrap();
    let gil = server.enter(way_in["user"]["id"].as_str().unwrap(), Connect::to(&server.url, access)).await;
    assert!(matches!(gil.join_call(&room).await, WebrtcJoined::Waiting { .. }));
    let see = |room: &str| server.anyone("GET", &format!("/api/v1/consultations/{room}")).bearer(access).go();
    see(room.as_str()).await.ok(200);
    see(other.as_str()).await.refused(404, "not_found");
}

#[tokio::test]
async fn the_patients_own_link_gives_the_patients_part() {
    let server = Server::start().await;
    let room = server.visit("anna", "ben").await;
    let link = invite(&server, room.as_str(), json!({ "role": "patient", "name": "Ben" })).await.ok(201);
    let way_in = accept(&server, json!({ "token": link["token"] })).await.ok(200);
    assert_eq!(way_in["user"], json!({ "id": "ben", "name": "Ben", "role": "patient" }));
}

#[tokio::test]
async fn a_link_ends_with_the_visit_with_the_part_and_with_its_time() {
    let server = Server::start().await;
    let room = server.visit("anna", "ben").await;
    let invite = async |body| invite(&server, room.as_str(), body).await;
    let removed = invite(json!({ "role": "guest", "name": "Gil" })).await.ok(201);
    let way_in = accept(&server, json!({ "token": removed["token"] })).await.ok(200);
    let place =
        format!("/api/v1/consultations/{room}/participants/{}", way_in["user"]["id"].as_str().unwrap());
    server.rest(ANNA, "DELETE", &place).go().await.ok(200);
    let again = json!({ "token": removed["token"], "deviceKey": way_in["deviceKey"] });
    accept(&server, again).await.refused(404, "not_found");

    let patients = invite(json!({ "role": "patient" })).await.ok(201);
    server.rest(ANNA, "POST", &format!("/api/v1/consultations/{room}/cancel")).go().await.ok(200);
    accept(&server, json!({ "token": patients["token"] })).await.refused(409, "ended");
    invite(json!({ "role": "patient" })).await.refused(409, "ended");
}

#[tokio::test]
async fn what_is_no_link_or_no_invitation_is_refused() {
    let server = Server::start().await;
    let room = server.visit("anna", "ben").await;
    accept(&server, json!({ "token": "guessed" })).await.refused(404, "not_found");
    for (body, field) in [
        (json!({ "role": "doctor" }), "role"),
        (json!({ "role": "guest", "expiresInMs": 1 }), "expiresInMs"),
        (json!({ "name": "Gil" }), "role"),
    ] {
        assert_eq!(invite(&server, room.as_str(), body).await.refused(400, "malformed")["field"], field);
    }
    let path = format!("/api/v1/consultations/{room}/invitations");
    let by_patient =
        server.rest(("ben", Role::Patient), "POST", &path).send(json!({ "role": "guest" })).await;
    by_patient.refused(403, "forbidden");
}

#[tokio::test]
async fn a_link_that_is_asked_for_again_is_the_same_and_its_secret_is_not_in_the_database() {
    let server = Server::start().await;
    let room = server.visit("anna", "ben").await;
    let path = format!("/api/v1/consultations/{room}/invitations");
    let ask =
        || server.rest(ANNA, "POST", &path).header("Idempotency-Key", "k").send(json!({ "role": "guest" }));
    let (first, again) = (ask().await.ok(201), ask().await.ok(201));
    assert_eq!(first, again);
    let token = first["token"].as_str().unwrap();
    let entries = std::fs::read_dir(server.data_dir()).unwrap().map(|entry| entry.unwrap().path());
    for file in entries.filter(|path| path.is_file()) {
        let bytes = std::fs::read(file).unwrap();
        assert!(!bytes.windows(token.len()).any(|window| window == token.as_bytes()));
    }
}
