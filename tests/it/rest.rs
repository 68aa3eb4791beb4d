//! The API over HTTP: a visit without a socket.

use bedside_protocol::{
    consultation::{ConsultationEnded, ConsultationUpdated},
    ids::RoomId,
    session::{Role, SessionClosing},
};
use serde_json::{Value, json};

use crate::harness::{Server, rest::Response};

const ANNA: (&str, Role) = ("anna", Role::Doctor);
const BEN: (&str, Role) = ("ben", Role::Patient);
const STAFF: (&str, Role) = ("sam", Role::Staff);

async fn make(server: &Server) -> Value {
    let made = server.rest(ANNA, "POST", "/api/v1/consultations");
    made.send(json!({ "doctorId": "anna", "patientId": "ben", "reason": "a cough" })).await.ok(201)
}

/// `/api/v1/consultations/{id}` and what follows.
fn of(visit: &Value, rest: &str) -> String {
    format!("/api/v1/consultations/{}{rest}", visit["id"].as_str().unwrap())
}

#[tokio::test]
async fn a_whole_visit_is_made_seen_changed_talked_in_and_cancelled_without_a_socket() {
    let server = Server::start().await;
    let made = make(&server).await;
    assert_eq!((&made["status"], &made["waitingRoom"]), (&json!("scheduled"), &json!(true)));

    let seen = server.rest(ANNA, "GET", &of(&made, "")).go().await;
    assert_eq!((seen.header("etag"), seen.header("cache-control")), (Some("\"1\""), Some("no-store")));
    assert_eq!(seen.ok(200), made);

    let amended = server.rest(STAFF, "PATCH", &of(&made, "")).header("If-Match", "\"1\"");
    let amended = amended.send(json!({ "reason": null, "waitingRoom": false })).await;
    assert_eq!(amended.header("etag"), Some("\"2\""));
    let amended = amended.ok(200);
    assert_eq!((&amended["reason"], &amended["waitingRoom"]), (&Value::Null, &json!(false)));

    let said = server.rest(BEN, "POST", &of(&made, "/messages"));
    let said = said.send(json!({ "content": "am I late?", "clientMessageId": "m1" })).await.ok(201);
    assert_eq!((&said["duplicate"], &said["message"]["seq"]), (&json!(false), &json!(1)));

    let log = server.rest(ANNA, "GET", &of(&made, "/events?afterSeq=0")).go().await.ok(200);
    assert_eq!(
        (&log["items"][0]["message"]["content"], &log["complete"]),
        (&json!("am I late?"), &json!(true))
    );
    assert_eq!(log["next"], Value::Null);

    let cancelled = server.rest(ANNA, "POST", &of(&made, "/cancel")).send(json!({ "reason": "ill" })).await;
    assert_eq!(cancelled.ok(200)["status"], "cancelled");
    let late = server.rest(BEN, "POST", &of(&made, "/messages")).send(json!({ "content": "hello?" })).await;
    late.refused(409, "ended");
    server.rest(ANNA, "POST", &of(&made, "/end")).go().await.refused(409, "ended");
}

#[tokio::test]
async fn a_patient_whom_nobody_knows_is_called_as_the_doctor_wrote() {
    let server = Server::start().await;
    let new = json!({ "doctorId": "anna", "patientId": "patient:1", "patientName": "Ben Okafor" });
    let made = server.rest(ANNA, "POST", "/api/v1/consultations").send(new).await.ok(201);
    assert_eq!(
        (&made["participants"][1]["userId"], &made["participants"][1]["name"]),
        (&json!("patient:1"), &json!("Ben Okafor"))
    );
    let nameless = json!({ "doctorId": "anna", "patientId": "patient:2", "patientName": "" });
    server.rest(ANNA, "POST", "/api/v1/consultations").send(nameless).await.refused(400, "malformed");
}

#[tokio::test]
async fn a_visit_that_is_ended_over_http_ends_for_those_on_sockets_and_may_be_reopened() {
    let server = Server::start().await;
    let (anna, ben, room) = server.call().await;
    let visit = json!({ "id": room.as_str() });
    let ended =
        server.rest(STAFF, "POST", &of(&visit, "/end")).send(json!({ "outcome": "well again" })).await;
    assert_eq!(ended.ok(200)["status"], "completed");
    assert_eq!(ben.hears::<ConsultationEnded>().await.unwrap().room_id, room);
    let reopened = server.rest(ANNA, "POST", &of(&visit, "/reopen")).go().await.ok(200);
    assert_eq!(reopened["status"], "in_progress");
    loop {
        let heard = anna.hears::<ConsultationUpdated>().await.unwrap().consultation;
        if reopened["version"] == heard.version {
            break assert_eq!(heard.ended_at, None);
        }
    }
}

#[tokio::test]
async fn a_patient_who_did_not_come_is_noted() {
    let server = Server::start().await;
    let made = make(&server).await;
    let noted = server.rest(ANNA, "POST", &of(&made, "/no-show")).go().await.ok(200);
    assert_eq!(noted["status"], "no_show");
    server.rest(ANNA, "POST", &of(&made, "/reopen")).go().await.refused(409, "conflict");
}

#[tokio::test]
async fn a_stale_version_is_412_before_anything_else_that_could_be_said() {
    let server = Server::start().await;
    let made = make(&server).await;
    let patch = |version: &str| server.rest(ANNA, "PATCH", &of(&made, "")).header("If-Match", version);
    patch("\"1\"").send(json!({ "reason": "a fever" })).await.ok(200);
    for stale in ["\"1\"", "\"99\"", "\"one\"", "W/\"2\""] {
        let problem = patch(stale).send(json!({ "reason": "a cold" })).await.refused(412, "conflict");
        assert_eq!(problem["version"], 2, "{stale}");
    }
    patch("2").send(json!({})).await.refused(400, "malformed");
    patch("*").send(json!({ "reason": "a cold" })).await.ok(200);
    for step in ["/cancel", "/end", "/no-show", "/reopen"] {
        let stale = server.rest(ANNA, "POST", &of(&made, step)).header("If-Match", "\"1\"").go().await;
        assert_eq!(stale.refused(412, "conflict")["version"], 3, "{step}");
    }
    server.rest(ANNA, "POST", &of(&made, "/cancel")).header("If-Match", "\"3\"").go().await.ok(200);
    let late = server.rest(ANNA, "POST", &of(&made, "/cancel")).header("If-Match", "\"3\"").go().await;
    late.refused(412, "conflict");
    let stranger =
        server.rest(("dan", Role::Doctor), "POST", &of(&made, "/cancel")).header("If-Match", "\"1\"");
    stranger.go().await.refused(404, "not_found");
}

#[tokio::test]
async fn a_post_that_is_sent_again_under_its_key_is_answered_the_same_and_done_once() {
    let server = Server::start().await;
    let body = json!({ "doctorId": "anna", "patientId": "ben" });
    let post = |key: &str, body: &Value| {
        server.rest(ANNA, "POST", "/api/v1/consultations").header("Idempotency-Key", key).send(body.clone())
    };
    let (first, again) = (post("k1", &body).await, post("k1", &body).await);
    assert_eq!(
        (first.status, &first.body, first.header("etag")),
        (again.status, &again.body, again.header("etag"))
    );
    let other = post("k2", &body).await.ok(201);
    assert_ne!(other["id"], first.json()["id"]);
    post("k1", &json!({ "doctorId": "anna", "patientId": "carl" })).await.refused(409, "conflict");
    post(&"k".repeat(256), &body).await.refused(400, "malformed");

    let list = server.rest(ANNA, "GET", "/api/v1/consultations").go().await.ok(200);
    assert_eq!(list["items"].as_array().unwrap().len(), 2);

    // What was refused was not done, and its key is free for the right request.
    let wrong = json!({ "doctorId": "anna", "patientId": "anna" });
    post("k3", &wrong).await.refused(400, "malformed");
    post("k3", &body).await.ok(201);
    // Another's keys are others.
    let theirs =
        server.rest(STAFF, "POST", "/api/v1/consultations").header("Idempotency-Key", "k1").send(body).await;
    assert_ne!(theirs.ok(201)["id"], first.json()["id"]);
}

#[tokio::test]
async fn a_list_is_paged_by_a_cursor_and_filtered_by_status_and_time() {
    let server = Server::start().await;
    for hour in 10..15 {
        let at = format!("2026-11-01T{hour}:00:00.000Z");
        let body = json!({ "doctorId": "anna", "patientId": "ben", "scheduledAt": at });
        server.rest(ANNA, "POST", "/api/v1/consultations").send(body).await.ok(201);
    }
    let list = async |who, query: &str| {
        server.rest(who, "GET", &format!("/api/v1/consultations{query}")).go().await.ok(200)
    };
    let mut hours = Vec::new();
    let mut query = "?limit=2".to_owned();
    loop {
        let page = list(ANNA, &query).await;
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 2);
        hours.extend(
            items.iter().map(|visit| visit["scheduledAt"].as_str().unwrap().get(11..13).unwrap().to_owned()),
        );
        let Some(next) = page["next"].as_str() else { break };
        query = format!("?limit=2&cursor={next}");
    }
    assert_eq!(hours, ["14", "13", "12", "11", "10"]);

    let some =
        list(STAFF, "?status=scheduled,waiting&from=2026-11-01T11:00:00Z&to=2026-11-01T13:00:00Z").await;
    assert_eq!(some["items"].as_array().unwrap().len(), 2);
    assert_eq!(list(ANNA, "?status=completed").await["items"], json!([]));
    assert_eq!(list(("carl", Role::Patient), "").await["items"], json!([]));
    for (query, field) in [
        ("?limit=0", "limit"),
        ("?limit=101", "limit"),
        ("?limit=x", "limit"),
        ("?status=lost", "status"),
        ("?cursor=x", "cursor"),
        ("?page=2", "page"),
        ("?limit=1&limit=2", "limit"),
    ] {
        let refused = server.rest(ANNA, "GET", &format!("/api/v1/consultations{query}")).go().await;
        assert_eq!(refused.refused(400, "malformed")["field"], field, "{query}");
    }
}

#[tokio::test]
async fn the_log_is_polled_page_by_page_without_a_hole() {
    let server = Server::start().await;
    let made = make(&server).await;
    for n in 0..5 {
        let said =
            server.rest(ANNA, "POST", &of(&made, "/messages")).send(json!({ "content": format!("{n}") }));
        said.await.ok(201);
    }
    let mut after = 0;
    let mut seqs = Vec::new();
    loop {
        let page =
            server.rest(BEN, "GET", &of(&made, &format!("/events?afterSeq={after}&limit=2"))).go().await;
        let page = page.ok(200);
        seqs.extend(page["items"].as_array().unwrap().iter().map(|event| event["seq"].as_u64().unwrap()));
        assert_eq!(page["complete"], page["next"].is_null());
        match page["next"].as_u64() {
            Some(next) => after = next,
            None => break,
        }
    }
    assert_eq!(seqs, [1, 2, 3, 4, 5]);
}

#[tokio::test]
async fn a_token_is_wanted_in_the_header_and_a_bad_one_says_what_is_wrong() {
    let server = Server::start().await;
    let me = |token: Option<&str>| {
        let request = server.anyone("GET", "/api/v1/me");
        token.map_or_else(|| server.anyone("GET", "/api/v1/me"), |token| request.bearer(token)).go()
    };
    let missing = me(None).await;
    missing.refused(401, "token_missing");
    assert_eq!(missing.header("www-authenticate"), Some(r#"Bearer realm="bedside""#));
    let forged = me(Some("a.b.c")).await;
    forged.refused(401, "token_invalid");
    assert_eq!(forged.header("www-authenticate"), Some(r#"Bearer realm="bedside", error="invalid_token""#));
    let token = Server::token("anna", Role::Doctor);
    server.anyone("GET", &format!("/api/v1/me?token={token}")).go().await.refused(401, "token_missing");
    let seen = me(Some(&token)).await.ok(200);
    assert_eq!(seen, json!({ "id": "anna", "name": "anna", "role": "doctor", "consultationId": null }));
}

#[tokio::test]
async fn a_person_sees_their_sessions_and_ends_one_of_them() {
    let server = Server::start().await;
    let (desk, phone) = (server.doctor("anna").await, server.doctor("anna").await);
    server.doctor("dan").await;
    let sessions = server.rest(ANNA, "GET", "/api/v1/me/sessions").go().await.ok(200);
    let mut ids: Vec<&str> =
        sessions["items"].as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap()).collect();
    ids.sort_unstable();
    let mut theirs = [desk.ready.session_id.as_str(), phone.ready.session_id.as_str()];
    theirs.sort_unstable();
    assert_eq!(ids, theirs);
    assert!(sessions["items"].as_array().unwrap().iter().all(|it| it["connected"] == true));

    let path = format!("/api/v1/me/sessions/{}", phone.ready.session_id);
    server.rest(("dan", Role::Doctor), "DELETE", &path).go().await.refused(404, "not_found");
    let ended = server.rest(ANNA, "DELETE", &path).go().await;
    assert_eq!((ended.status, ended.body.as_str()), (204, ""));
    assert_eq!(phone.hears::<SessionClosing>().await.unwrap().code, 4503);
    let left = server.rest(ANNA, "GET", "/api/v1/me/sessions").go().await.ok(200);
    assert_eq!(left["items"].as_array().unwrap().len(), 1);
    server.rest(ANNA, "DELETE", &path).go().await.refused(404, "not_found");
}

#[tokio::test]
async fn people_are_listed_with_their_presence_as_far_as_one_may_see_them() {
    let server = Server::start().await;
    let _anna = server.doctor("anna").await;
    let _ben = server.patient("ben").await;
    let doctors = server.rest(BEN, "GET", "/api/v1/users?role=doctor").go().await.ok(200);
    let anna = json!({ "userId": "anna", "name": "anna", "role": "doctor", "status": "available", "lastSeenAt": null });
    assert_eq!(doctors, json!({ "items": [anna], "next": null }));
    server.rest(BEN, "GET", "/api/v1/users?role=patient").go().await.refused(403, "forbidden");
    let patients = server.rest(STAFF, "GET", "/api/v1/users?role=patient&limit=1").go().await.ok(200);
    assert_eq!((&patients["items"][0]["userId"], &patients["next"]), (&json!("ben"), &json!("ben")));
    let rest = server.rest(STAFF, "GET", "/api/v1/users?role=patient&limit=1&cursor=ben").go().await.ok(200);
    assert_eq!(rest, json!({ "items": [], "next": null }));
}

#[tokio::test]
async fn a_participant_is_added_sees_title_and_time_and_is_removed() {
    let server = Server::start().await;
    let made = make(&server).await;
    let add = |body: Value| server.rest(ANNA, "POST", &of(&made, "/participants")).send(body);
    let added = add(json!({ "userId": "gil", "name": "Gil", "role": "guest" })).await.ok(201);
    assert_eq!(added["participants"].as_array().unwrap().len(), 3);
    add(json!({ "userId": "gil" })).await.refused(409, "conflict");
    assert_eq!(
        add(json!({ "userId": "pat", "role": "patient" })).await.refused(400, "malformed")["field"],
        "role"
    );
    let gil = ("gil", Role::Guest);
    let seen = server.rest(gil, "GET", &of(&made, "")).go().await.ok(200);
    assert_eq!(seen["reason"], Value::Null);
    let removed = server.rest(ANNA, "DELETE", &of(&made, "/participants/gil")).go().await.ok(200);
    assert_eq!(removed["participants"].as_array().unwrap().len(), 2);
    server.rest(gil, "GET", &of(&made, "")).go().await.refused(404, "not_found");
    server.rest(ANNA, "DELETE", &of(&made, "/participants/anna")).go().await.refused(409, "conflict");
    server.rest(ANNA, "DELETE", &of(&made, "/participants/nobody")).go().await.refused(404, "not_found");
}

#[tokio::test]
async fn while_the_server_goes_down_it_is_alive_and_not_ready() {
    let server = Server::start().await;
    let get = |path| server.anyone("GET", path).go();
    assert_eq!(get("/readyz").await.ok(200)["status"], "ok");
    server.clinic.drain();
    assert_eq!(get("/readyz").await.ok(503)["reason"], "draining");
    assert_eq!(get("/livez").await.ok(200)["status"], "ok");
}

#[tokio::test]
async fn strangers_get_the_answer_of_a_visit_that_does_not_exist() {
    let server = Server::start().await;
    let made = make(&server).await;
    let ask = async |path: String| -> Response {
        let mut answer = server.rest(("carl", Role::Patient), "GET", &path).go().await;
        answer.headers.retain(|(name, _)| name != "date");
        answer.headers.sort();
        answer
    };
    let nowhere = json!({ "id": RoomId::new().as_str() });
    assert_eq!(ask(of(&made, "")).await, ask(of(&nowhere, "")).await);
    assert_eq!(ask(of(&made, "/events")).await, ask(of(&nowhere, "/events")).await);
    ask(of(&made, "")).await.refused(404, "not_found");
}
