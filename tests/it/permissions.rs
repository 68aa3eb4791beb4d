//! Who may do what: every route and every client event, for everyone that there is. What is missing here fails.

use bedside::{
    domain::consultation::NewPlace,
    http::{delivery, table::operations},
    model::actor::Actor,
};
use bedside_protocol::{
    ClientEvent, Code, assistant::AssistantConsentRequested, consultation::ConsultationAdmit, ids::RoomId,
    session::Role, webrtc::WebrtcJoinRoom,
};
use serde_json::{Value, json};

use crate::{
    account::{Browser, PASSWORD, with_account},
    assistant::conversation,
    attachment::{attach, name_in_message},
    harness::{
        Peer, SDP, Server,
        endpoint::{Endpoint, whole},
        recorder::{RECORDING, Recorder},
        user_id,
    },
};

/// Everyone: their column, their name, what their token says they are.
///
/// D the visit's doctor · P its patient, admitted · G a guest, admitted · L a guest who waits · W a patient who
/// waits, in a visit of their own · D' another doctor · E a guest who was removed · S staff · X nobody known.
const EVERYONE: [(&str, &str, Role); 9] = [
    ("D", "anna", Role::Doctor),
    ("P", "ben", Role::Patient),
    ("G", "gil", Role::Guest),
    ("L", "lea", Role::Guest),
    ("W", "walt", Role::Patient),
    ("D'", "dan", Role::Doctor),
    ("E", "eve", Role::Guest),
    ("S", "sam", Role::Staff),
    ("X", "xavi", Role::Patient),
];

/// `+` may; the rest is why not: `f`orbidden, `n`ot found, `w`aiting, not `j`oined.
#[rustfmt::skip]
const ROUTES: &[(&str, &str)] = &[
    // what                                                          D P G L W D' E S X
    ("POST /api/v1/consultations",                                  "+ f f f f + f + f"),
    ("GET /api/v1/consultations",                                   "+ + + + + + + + +"),
    ("GET /api/v1/consultations/{id}",                              "+ + + + + n n + n"),
    ("PATCH /api/v1/consultations/{id}",                            "+ f f f f n f + n"),
    ("POST /api/v1/consultations/{id}/cancel",                      "+ f f f f n f + n"),
    ("POST /api/v1/consultations/{id}/end",                         "+ f f f f n f + n"),
    ("POST /api/v1/consultations/{id}/no-show",                     "+ f f f f n f + n"),
    ("POST /api/v1/consultations/{id}/reopen",                      "+ f f f f n f + n"),
    ("POST /api/v1/consultations/{id}/participants",                "+ f f f f n f + n"),
    ("DELETE /api/v1/consultations/{id}/participants/{userId}",     "+ f f f f n f + n"),
    ("POST /api/v1/consultations/{id}/invitations",                 "+ f f f f n f + n"),
    ("GET /api/v1/consultations/{id}/events",                       "+ + + w + n f f n"),
    ("POST /api/v1/consultations/{id}/messages",                    "+ + + w + n f f n"),
    ("POST /api/v1/consultations/{id}/attachments",                 "+ + + w + n f f n"),
    // Of a message that everybody could read who may read any.
    ("GET /api/v1/attachments/{id}",                                "+ + + w + n f f n"),
    // Guests see no recordings; the visit that W waits for has none to be asked about.
    ("GET /api/v1/consultations/{id}/recordings",                   "+ + f f w n f + n"),
    ("GET /api/v1/recordings/{id}",                                 "+ + f f n n f + n"),
    ("DELETE /api/v1/recordings/{id}",                              "+ f f f n n f + n"),
    // Patients only where the clinic lets them.
    ("POST /api/v1/recordings/{id}/play",                           "+ f f f f n f f n"),
    ("GET /api/v1/recordings/{id}/media",                           "+ f f f f n f f n"),
    // The link says who they are.
    ("POST /api/v1/invitations/accept",                             "+ + + + + + + + +"),
    ("GET /api/v1/auth",                                            "+ + + + + + + + +"),
    // Whoever has an account, for which their token does not matter.
    ("POST /api/v1/auth/login",                                     "+ + + + + + + + +"),
    ("POST /api/v1/auth/refresh",                                   "+ + + + + + + + +"),
    ("POST /api/v1/auth/logout",                                    "+ + + + + + + + +"),
    // With a token that came from a login alone; these did not.
    ("POST /api/v1/auth/password",                                  "f f f f f f f f f"),
    ("GET /api/v1/me",                                              "+ + + + + + + + +"),
    ("GET /api/v1/me/sessions",                                     "+ + + + + + + + +"),
    ("DELETE /api/v1/me/sessions/{id}",                             "+ + + + + + + + +"),
    // Patients: asked for by the test, to tell those who may see them from those who may not.
    ("GET /api/v1/users",                                           "+ f f f f + f + f"),
    ("GET /api/v1/assistants",                                      "+ + + + + + + + +"),
    // Those of the assistant's roles.
    ("POST /api/v1/conversations",                                  "+ + f f + + f f +"),
    ("GET /api/v1/conversations",                                   "+ + + + + + + + +"),
    // The patient's own, which is nobody else's.
    ("GET /api/v1/conversations/{id}",                              "n + n n n n n n n"),
    ("PATCH /api/v1/conversations/{id}",                            "n + n n n n n n n"),
    ("DELETE /api/v1/conversations/{id}",                           "n + n n n n n n n"),
    ("GET /api/v1/conversations/{id}/events",                       "n + n n n n n n n"),
    ("POST /api/v1/conversations/{id}/attachments",                 "n + n n n n n n n"),
];

#[rustfmt::skip]
const EVENTS: &[(&str, &str)] = &[
    // what                       D P G L W D' E S X
    ("session:ping",             "+ + + + + + + + +"),
    ("session:refresh",          "+ + + + + + + + +"),
    ("presence:set",             "+ + + + + + + + +"),
    ("presence:watch",           "+ + + + + + + + +"),
    ("chat:join_room",           "+ + + w + n f f n"),
    ("chat:leave_room",          "+ + + j + n j j n"),
    ("chat:send_message",        "+ + + w + n f f n"),
    ("chat:redact_message",      "+ f f w f n f f n"),
    ("chat:typing",              "+ + + w + n f f n"),
    ("chat:stop_typing",         "+ + + w + n f f n"),
    ("chat:mark_delivered",      "+ + + w + n f f n"),
    ("chat:mark_seen",           "+ + + w + n f f n"),
    ("chat:history",             "+ + + w + n f f n"),
    ("webrtc:join_room",         "+ + + + + n f f n"),
    ("webrtc:leave_room",        "+ + + + + n j j n"),
    ("webrtc:offer",             "+ + + w w n f f n"),
    ("webrtc:answer",            "+ + + w w n f f n"),
    ("webrtc:ice_candidate",     "+ + + w w n f f n"),
    ("webrtc:media_state",       "+ + + w w n f f n"),
    ("webrtc:ice_servers",       "+ + + w w n f f n"),
    ("webrtc:stats",             "+ + + w w n f f n"),
    ("consultation:admit",       "+ f f f f n f f n"),
    ("consultation:deny",        "+ f f f f n f f n"),
    ("consultation:hold",        "+ f f f f n f f n"),
    ("consultation:end",         "+ f f f f n f + n"),
    ("recording:start",          "+ f f f f n f f n"),
    ("recording:consent",        "+ + + w w n f f n"),
    ("recording:stop",           "+ f f f f n f f n"),
    // The doctor let it in, and the patient agrees; those of its roles may ask.
    ("assistant:ask",            "+ + f w + n f f n"),
    ("assistant:cancel",         "+ + + w + n f f n"),
    ("assistant:attach",         "+ + + w + n f f n"),
    ("assistant:enable",         "+ f f f f n f f n"),
    ("assistant:disable",        "+ f f f f n f f n"),
    ("assistant:consent",        "f + f f + n f f n"),
];

/// For recorders alone, and in no published document: that everybody else is refused is tested with what it does.
const OF_RECORDERS: &str = "PUT /api/v1/recorder/recordings/{id}/files/{file}";

/// `session:authenticate` is the first frame on `/ws` and nobody's event later.
const ONLY_FIRST: &str = "session:authenticate";

#[test]
fn every_route_and_every_event_stands_in_the_table_once() {
    let mut routes: Vec<String> =
        operations().iter().map(|operation| format!("{} {}", operation.method, operation.path)).collect();
    let mut listed: Vec<String> = ROUTES.iter().map(|(route, _)| (*route).to_owned()).collect();
    routes.sort_unstable();
    listed.sort_unstable();
    assert_eq!(listed, routes);
    assert_eq!(delivery::OPERATION, OF_RECORDERS);

    let mut events: Vec<&str> = ClientEvent::NAMES.to_vec();
    events.retain(|name| *name != ONLY_FIRST);
    let mut listed: Vec<&str> = EVENTS.iter().map(|(event, _)| *event).collect();
    events.sort_unstable();
    listed.sort_unstable();
    assert_eq!(listed, events);
}

/// A visit in which everybody has the part that their column says.
struct Scene {
    server: Server,
    _recorder: Recorder,
    _endpoint: Endpoint,
    people: Vec<Peer>,
}

/// One visit of a scene.
struct Visit {
    /// D, P, G, L and once E.
    room: RoomId,
    /// Of D and W, for the column W.
    waiting: RoomId,
}

impl Scene {
    async fn set() -> Self {
        let much = "1000000";
        let endpoint = Endpoint::start(vec![whole(&["Yes."])]).await;
        let assistant = endpoint.assistant("in_consultations = true\nquestions_per_day = 10000");
        let settings = [
            ("recording.concurrent", "10000"),
            ("limits.rooms_per_session", "1000"),
            ("limits.events_per_second", much),
            ("limits.events_burst", much),
            ("limits.chat_per_second", much),
            ("limits.chat_burst", much),
            ("limits.offers_per_second", much),
            ("limits.offers_burst", much),
            ("limits.errors_per_minute", much),
            ("limits.requests_per_second", much),
            ("limits.requests_burst", much),
        ];
        let server = Server::with_file(&assistant, &[&RECORDING[..], &settings].concat()).await;
        let mut people = Vec::new();
        for (_, name, role) in EVERYONE {
            people.push(server.peer(name, role).await);
        }
        let recorder = server.recorder().await;
        Self { server, _recorder: recorder, _endpoint: endpoint, people }
    }

    fn peer(&self, column: &str) -> &Peer {
        &self.people[EVERYONE.iter().position(|(it, ..)| *it == column).unwrap()]
    }

    /// A new visit, with everybody in the chat and the call who may be.
    async fn visit(&self) -> Visit {
        let (clinic, doctor) = (&self.server.clinic, self.peer("D"));
        let room = self.server.visit("anna", "ben").await;
        let waiting = self.server.visit("anna", "walt").await;
        let anna = Actor { user_id: user_id("anna"), name: None, role: Role::Doctor, scope: None };
        for guest in ["gil", "lea", "eve"] {
            let place = NewPlace { user_id: user_id(guest), role: Role::Guest, name: None };
            clinic.add_place(&anna, &room, place).await.unwrap();
        }
        for user in ["ben", "gil"] {
            let admit = ConsultationAdmit { room_id: room.clone(), user_id: user_id(user), reason: None };
            clinic.admit(&anna, admit).await.unwrap();
        }
        clinic.remove_place(&anna, &room, &user_id("eve")).await.unwrap();
        for column in ["D", "P", "G"] {
            self.peer(column).join_chat(&room).await;
            self.peer(column).join_call(&room).await;
        }
        let join = WebrtcJoinRoom { room_id: room.clone(), media: None };
        self.peer("L").ask(join).await.unwrap();
        self.peer("W").join_chat(&waiting).await;
        self.peer("W").join_call(&waiting).await;
        doctor.join_chat(&waiting).await;
        Visit { room, waiting }
    }
}

impl Visit {
    /// The room that somebody asks about.
    fn of(&self, column: &str) -> &RoomId {
        if column == "W" { &self.waiting } else { &self.room }
    }
}

/// How the table spells it. What passed every question of permission and then did not fit passed.
fn letter(code: Option<&str>) -> &'static str {
    match code {
        None | Some("conflict" | "ended" | "stale_negotiation") => "+",
        Some("forbidden") => "f",
        Some("not_found") => "n",
        Some("waiting") => "w",
        Some("not_joined") => "j",
        Some(other) => panic!("{other} is not about permission"),
    }
}

#[tokio::test]
async fn each_route_is_open_to_those_of_the_table_and_to_nobody_else() {
    for (route, expected) in ROUTES {
        let (method, path) = route.split_once(' ').unwrap();
        let scene = Scene::set().await;
        let mut found = Vec::new();
        for (column, name, role) in EVERYONE {
            let visit = scene.visit().await;
            let session = scene.server.peer(name, role).await;
            let (path, body) = request(&scene, route, path, visit.of(column), (name, &session)).await;
            let mut request = scene.server.rest((name, role), method, &path);
            if method == "POST" && path.ends_with("/attachments") {
                request = request.file("note.txt", "text/plain", b"a note");
            }
            if route.contains("/auth/") {
                request = request.header("Cookie", &log_in(&scene.server, name, role).await);
            }
            let answer = if body.is_null() { request.go().await } else { request.send(body).await };
            let code = (answer.status >= 300).then(|| answer.json()["code"].as_str().unwrap().to_owned());
            found.push(letter(code.as_deref()));
            session.close().await;
        }
        assert_eq!(found.join(" "), *expected, "{route}");
    }
}

#[tokio::test]
async fn doctors_make_their_own_visits_and_nobody_elses() {
    let server = Server::start().await;
    let body = json!({ "doctorId": "anna", "patientId": "ben" });
    let made = |who| server.rest(who, "POST", "/api/v1/consultations").send(body.clone());
    made(("dan", Role::Doctor)).await.refused(403, "forbidden");
    made(("sam", Role::Staff)).await.ok(201);
}

/// The cookie of somebody who has logged in with an account of this server's own.
async fn log_in(server: &Server, name: &str, role: Role) -> String {
    with_account(server, name, role).await;
    let mut browser = Browser::new(server);
    browser.log_in(name).await;
    browser.cookie.unwrap()
}

/// A recording of this visit that waits for consent; none where nobody is in the call.
async fn recording(scene: &Scene, room: &RoomId) -> String {
    let started = scene.peer("D").ask_raw("recording:start", &json!({ "roomId": room })).await;
    let id = started.ok().and_then(|answer| answer["recording"]["id"].as_str().map(str::to_owned));
    id.unwrap_or_else(|| "none".to_owned())
}

/// The path and the body of a request that fits in every way but, perhaps, in who asks.
async fn request(
    scene: &Scene,
    route: &str,
    path: &str,
    room: &RoomId,
    (name, session): (&str, &Peer),
) -> (String, Value) {
    let id = if path.contains("/me/") { session.ready.session_id.to_string() } else { room.to_string() };
    let id = if path.contains("/recordings/{id}/") {
        scene.server.keeps_recording(room, &[("0-1", 0, b"media")]).await.to_string()
    } else if path.contains("/recordings/{id}") {
        recording(scene, room).await
    } else {
        id
    };
    let id =
        if path.contains("/conversations/{id}") { conversation(&scene.server).await.to_string() } else { id };
    let path = path.replace("{id}", &id).replace("{userId}", "lea");
    match route {
        "POST /api/v1/consultations" => (path, json!({ "doctorId": name, "patientId": "pat" })),
        "PATCH /api/v1/consultations/{id}" => (path, json!({ "reason": "a cough" })),
        "POST /api/v1/consultations/{id}/participants" => (path, json!({ "userId": "new" })),
        "POST /api/v1/consultations/{id}/invitations" => (path, json!({ "role": "guest", "name": "New" })),
        "POST /api/v1/consultations/{id}/messages" => (path, json!({ "content": "hello" })),
        "POST /api/v1/invitations/accept" => {
            let doctor = scene.server.rest(
                ("anna", Role::Doctor),
                "POST",
                &format!("/api/v1/consultations/{room}/invitations"),
            );
            let link = doctor.send(json!({ "role": "guest" })).await.ok(201);
            (path, json!({ "token": link["token"] }))
        }
        "GET /api/v1/attachments/{id}" => {
            let doctor = ("anna", Role::Doctor);
            let file = attach(&scene.server, doctor, room, "note.txt", b"a note").await;
            name_in_message(scene.peer("D"), room, &file).await;
            (format!("/api/v1/attachments/{file}"), Value::Null)
        }
        "POST /api/v1/auth/login" => (path, json!({ "username": name, "password": PASSWORD })),
        "POST /api/v1/auth/refresh" | "POST /api/v1/auth/logout" => (path, json!({})),
        "POST /api/v1/auth/password" => {
            (path, json!({ "current": PASSWORD, "new": "another password of theirs" }))
        }
        "GET /api/v1/recordings/{id}/media" => (format!("{path}?leg=0-1"), Value::Null),
        "POST /api/v1/conversations" => (path, json!({ "assistantId": "intake" })),
        "PATCH /api/v1/conversations/{id}" => (path, json!({ "title": "About sleep" })),
        "GET /api/v1/users" => (format!("{path}?role=patient"), Value::Null),
        _ => (path, Value::Null),
    }
}

#[tokio::test]
async fn each_event_is_open_to_those_of_the_table_and_to_nobody_else() {
    let scene = Scene::set().await;
    for (event, expected) in EVENTS {
        let mut found = Vec::new();
        for (column, name, role) in EVERYONE {
            let visit = scene.visit().await;
            let data = payload(&scene, event, column, visit.of(column), (name, role)).await;
            let answer = scene.peer(column).ask_raw(event, &data).await;
            let code =
                answer.err().map(|refused| refused.code().unwrap_or_else(|| panic!("{event}: {refused}")));
            found.push(letter(code.map(Code::as_str)));
        }
        assert_eq!(found.join(" "), *expected, "{event}");
    }
}

/// The data of an event that fits in every way but, perhaps, in who says it.
async fn payload(
    scene: &Scene,
    event: &str,
    column: &str,
    room: &RoomId,
    (name, role): (&str, Role),
) -> Value {
    let doctor = scene.peer("D");
    // Somebody else in the call.
    let other = scene.peer(if column == "D" { "P" } else { "D" });
    let to = other.ask_raw("webrtc:join_room", &json!({ "roomId": room })).await;
    let to = to.ok().and_then(|joined| joined["peerId"].as_str().map(str::to_owned)).unwrap_or_default();
    match event {
        "session:ping" => json!({}),
        "session:refresh" => json!({ "token": Server::token(name, role) }),
        "presence:set" => json!({ "status": "busy" }),
        "presence:watch" => json!({ "role": "doctor" }),
        "chat:send_message" => json!({ "roomId": room, "content": "hello" }),
        // The doctor's own message: others take back their own, and the doctor anybody's.
        "chat:redact_message" => {
            let said = doctor.say(room, "hello").await;
            json!({ "roomId": room, "messageId": said.message.id, "reason": "by mistake" })
        }
        "chat:mark_delivered" | "chat:mark_seen" => {
            let said = doctor.say(room, "hello").await;
            json!({ "roomId": room, "seq": said.message.seq })
        }
        "webrtc:offer" | "webrtc:answer" => json!({ "roomId": room, "to": to, "sdp": SDP }),
        "webrtc:ice_candidate" => json!({ "roomId": room, "to": to, "candidate": null }),
        "webrtc:media_state" => json!({ "roomId": room, "audio": true, "video": true, "screen": false }),
        "consultation:admit" | "consultation:deny" | "consultation:hold" => {
            json!({ "roomId": room, "userId": if column == "W" { "walt" } else { "lea" } })
        }
        "recording:consent" | "recording:stop" => {
            // Nobody is in the call of a visit whose patient waits.
            let started = doctor.ask_raw("recording:start", &json!({ "roomId": room })).await;
            let recording = started.ok().map(|answer| answer["recording"].clone()).unwrap_or_default();
            let id = recording["id"].as_str().unwrap_or("none");
            if event == "recording:stop" {
                json!({ "roomId": room, "recordingId": id })
            } else {
                let version = recording["textVersion"].as_str().unwrap_or_default();
                json!({ "roomId": room, "recordingId": id, "decision": "given", "textVersion": version })
            }
        }
        "assistant:enable" => json!({ "roomId": room, "assistantId": "intake" }),
        "assistant:disable" | "assistant:consent" | "assistant:ask" | "assistant:cancel"
        | "assistant:attach" => {
            about_assistant(scene, event, scene.peer(if column == "W" { "W" } else { "P" }), room).await
        }
        _ => json!({ "roomId": room }),
    }
}

/// What somebody says of an assistant that the doctor has let in, and to which this patient agrees where it matters.
async fn about_assistant(scene: &Scene, event: &str, patient: &Peer, room: &RoomId) -> Value {
    let doctor = scene.peer("D");
    let enable = json!({ "roomId": room, "assistantId": "intake" });
    doctor.ask_raw("assistant:enable", &enable).await.unwrap();
    let request = loop {
        let request = patient.hears::<AssistantConsentRequested>().await.unwrap();
        if request.room_id == *room {
            break request;
        }
    };
    let consent = json!({
        "roomId": room, "assistantId": "intake", "decision": "given", "textVersion": request.text_version
    });
    let question = |key: &str| json!({ "roomId": room, "assistantId": "intake", "clientMessageId": key, "content": "?" });
    match event {
        "assistant:disable" => enable,
        "assistant:consent" => consent,
        _ => {
            patient.ask_raw("assistant:consent", &consent).await.unwrap();
            if event == "assistant:ask" {
                return question("q");
            }
            let asked = doctor.ask_raw("assistant:ask", &question("q")).await.unwrap();
            json!({ "roomId": room, "answerId": asked["answerId"] })
        }
    }
}
