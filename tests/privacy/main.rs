//! Nothing about a person stands in logs or metrics: a whole visit with a mark in every field, and none of them shows.

#![expect(unreachable_pub, reason = "nothing is outside a test binary")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a panic is how a test fails; the lints' exceptions for tests do not reach helpers"
)]
#![expect(
    clippy::disallowed_methods,
    clippy::wildcard_enum_match_arm,
    reason = "a test's tasks end with it, and what it does not expect is all alike"
)]

#[expect(dead_code, reason = "shared with the tests of Socket.IO alone")]
#[path = "../../socketio/tests/wire/client.rs"]
mod bytes;
#[expect(dead_code, reason = "shared with the tests of behaviour, which are more")]
#[path = "../it/harness/mod.rs"]
mod harness;

use std::{
    io::Write,
    sync::{Arc, Mutex},
    time::Duration,
};

use bedside::{
    auth::{Bearer, NewPassword, PasswordHash},
    config::Layers,
    domain::account::add,
};
use bedside_peer::{Client, Connect, Framing};
use bedside_protocol::{
    assistant::{AssistantComplete, AssistantFailed},
    chat::{ChatHistory, ChatMessage, ChatRedactMessage, ChatRedacted},
    consultation::{ConsultationAdmit, ConsultationEnd, ConsultationHold},
    ids::{InstanceId, RoomId},
    session::Role,
    text::{Name, Reason},
    webrtc::{WebrtcAnswerHeard, WebrtcIceCandidateHeard, WebrtcOfferHeard},
};
use metrics_exporter_prometheus::PrometheusBuilder;
use serde_json::json;
use tracing_subscriber::EnvFilter;

use crate::harness::{
    Peer, Server,
    endpoint::{Act, Endpoint},
    message,
    raw::FRAMINGS,
    trap::Trap,
    user_id,
};

/// The database of a server: the one that it makes in its data folder.
fn database() -> Option<String> {
    None
}

/// What every mark begins with.
const MARK: &str = "Zebra7391";
/// An address that nobody has, as a proxy tells it.
const ADDRESS: &str = "203.0.113.77";

fn mark(what: &str) -> String {
    format!("{MARK}-{what}")
}

/// All that was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Take the logs of the whole process, all levels. The clients' libraries are left out: they run here, but the
    /// server's operator does not see them.
    fn begin() -> Self {
        let log = Self::default();
        let writer = log.clone();
        let filter = EnvFilter::new("trace,bedside_peer=off,tungstenite=off,tokio_tungstenite=off");
        let lines = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false);
        lines.with_writer(move || writer.clone()).init();
        log
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn sdp() -> String {
    let mark = mark("sdp");
    format!(
        "v=0\r\no={mark} 1 1 IN IP4 0.0.0.0\r\ns={mark}\r\nt=0 0\r\na=fingerprint:sha-256 AA:BB\r\n\
         a=ice-ufrag:{mark}\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\n"
    )
}

/// A token that carries a name, as the one that is asked for.
fn connect(server: &Server, user: &str, role: Role, framing: Framing) -> (Connect, String) {
    // The harness gives the user's id as the name; the id may be logged, so the name is a mark of its own.
    let bearer = Bearer { user_id: user_id(user), name: Some(mark("name")), role, consultation: None };
    let token = Server::mint(&bearer, Duration::from_secs(3_600));
    let mut connect = Connect::to(&server.url, token.clone()).framing(framing);
    connect.headers.push(("X-Forwarded-For".to_owned(), ADDRESS.to_owned()));
    connect.headers.push(("Forwarded".to_owned(), format!("for={ADDRESS}")));
    connect.headers.push(("User-Agent".to_owned(), mark("agent")));
    connect.instance_id = Some(InstanceId::parse(&format!("page of {user}")).unwrap());
    if framing == Framing::Plain && role == Role::Patient {
        connect.query = format!("token={token}");
        connect.token = None;
        connect.instance_id = None;
    }
    (connect, token)
}

async fn talk(anna: &Peer, ben: &Peer, room: &RoomId) {
    let reason = |what: &str| Some(Reason::parse(&mark(what)).unwrap());
    anna.join_chat(room).await;
    ben.join_chat(room).await;
    let sent = ben.ask(message(room, Some(&mark("key")), &mark("text"))).await.unwrap();
    ben.ask(message(room, Some(&mark("key")), &mark("text again"))).await.unwrap();
    anna.hears::<ChatMessage>().await.unwrap();
    let message_id = sent.message.id;
    let redact = ChatRedactMessage { room_id: room.clone(), message_id, reason: reason("redaction") };
    anna.ask(redact).await.unwrap();
    ben.hears::<ChatRedacted>().await.unwrap();
    let history = ChatHistory { room_id: room.clone(), before_seq: None, after_seq: None, limit: None };
    anna.ask(history).await.unwrap();

    anna.join_call(room).await;
    ben.join_call(room).await;
    let admit =
        ConsultationAdmit { room_id: room.clone(), user_id: ben.user.clone(), reason: reason("admission") };
    anna.ask(admit).await.unwrap();
    ben.join_call(room).await;
    anna.ask_raw("webrtc:offer", &json!({ "roomId": room, "sdp": sdp() })).await.unwrap();
    ben.hears::<WebrtcOfferHeard>().await.unwrap();
    ben.ask_raw("webrtc:answer", &json!({ "roomId": room, "sdp": sdp() })).await.unwrap();
    anna.hears::<WebrtcAnswerHeard>().await.unwrap();
    let line = format!("candidate:1 1 udp 1 {ADDRESS} 54321 typ host ufrag {}", mark("candidate"));
    let candidate = json!({ "candidate": line, "sdpMid": "0", "usernameFragment": mark("ufrag") });
    anna.ask_raw("webrtc:ice_candidate", &json!({ "roomId": room, "candidate": candidate })).await.unwrap();
    ben.hears::<WebrtcIceCandidateHeard>().await.unwrap();
}

/// A panic over a request is counted, and what it said is not logged.
async fn panic_over_a_request(server: &Server) {
    let _dora = server.patient("dora").await;
    Trap::set(server, &user_id("dora"), &mark("panic"));
    // The way that the program itself speaks of panics; the tests' own comes back after it.
    let usual = std::panic::take_hook();
    bedside::telemetry::log(&Layers::default().read().unwrap().log);
    let visit = json!({ "doctorId": "anna", "patientId": "dora" });
    let book = server.rest(("anna", Role::Doctor), "POST", "/api/v1/consultations").send(visit);
    let failed = book.await;
    std::panic::set_hook(usual);
    failed.refused(500, "internal");
}

/// Passwords, what is typed in place of a name, and the tokens of a login. Gives the secrets that were used.
async fn log_in(server: &Server) -> Vec<String> {
    let password = mark("password");
    let hash = PasswordHash::of(&NewPassword::parse(&password).unwrap()).unwrap();
    let name = Some(Name::parse(&mark("account")).unwrap());
    let now = server.clinic.clock.now();
    add(&server.clinic.store, user_id("cleo"), name, Role::Staff, hash.clone(), now).await.unwrap();
    let post = |path: &str| {
        let request = server.anyone("POST", &format!("/api/v1/auth/{path}"));
        request.header("X-Forwarded-For", ADDRESS).header("User-Agent", &mark("agent"))
    };
    let answer = post("login").send(json!({ "username": "cleo", "password": password })).await;
    let (token, cookie) = (answer.ok(200)["accessToken"].clone(), answer.header("set-cookie").unwrap());
    let (token, cookie) = (token.as_str().unwrap().to_owned(), cookie.split(';').next().unwrap().to_owned());
    for wrong in [mark("name"), "cleo".to_owned()] {
        post("login").send(json!({ "username": wrong, "password": mark("wrong") })).await;
    }
    let change = json!({ "current": password, "new": mark("new password") });
    assert_eq!(post("password").bearer(&token).send(change).await.status, 204);
    let answer = post("refresh").header("Cookie", &cookie).send(json!({})).await;
    let next = answer.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    assert_eq!(post("logout").header("Cookie", &next).send(json!({})).await.status, 204);
    let hash = hash.expose().rsplit('$').next().unwrap().to_owned();
    vec![token, cookie, next, answer.json()["accessToken"].as_str().unwrap().to_owned(), hash]
}

/// A question to an assistant that is not understood, and another one that is answered.
async fn ask_a_machine(server: &Server, ben: &Peer) -> RoomId {
    let begin = server.rest(("ben", Role::Patient), "POST", "/api/v1/conversations");
    let made = begin.send(json!({ "assistantId": "intake", "title": mark("title") })).await;
    let room = RoomId::parse(made.ok(201)["id"].as_str().unwrap()).unwrap();
    ben.join_chat(&room).await;
    let question = |key: &str| json!({ "roomId": room, "clientMessageId": key, "content": mark("question") });
    ben.ask_raw("assistant:ask", &question("one")).await.unwrap();
    ben.hears::<AssistantFailed>().await.unwrap();
    ben.ask_raw("assistant:ask", &question("two")).await.unwrap();
    ben.hears::<AssistantComplete>().await.unwrap();
    room
}

/// What is refused is not logged either.
async fn blunder(server: &Server, ben: &Peer, room: &RoomId) {
    let wrong = [
        (mark("event"), json!({})),
        ("chat:send_message".to_owned(), json!({ "roomId": room, "content": [mark("content")] })),
        ("chat:send_message".to_owned(), json!({ "roomId": room, mark("field"): 1, "content": "x" })),
        ("chat:join_room".to_owned(), json!({ "roomId": mark("room") })),
        ("webrtc:offer".to_owned(), json!({ "roomId": room, "sdp": mark("no sdp") })),
        (
            "webrtc:ice_candidate".to_owned(),
            json!({ "roomId": room, "candidate": { "candidate": mark("no candidate") } }),
        ),
        ("presence:set".to_owned(), json!({ "status": mark("status") })),
    ];
    for (name, data) in wrong {
        ben.ask_raw(&name, &data).await.unwrap_err();
    }
    for framing in FRAMINGS {
        let mut bad = Connect::to(&server.url, mark("token")).framing(framing);
        bad.headers.push(("Origin".to_owned(), format!("https://{}.example", mark("origin"))));
        Client::connect(bad.clone()).await.unwrap_err();
        bad.headers.clear();
        Client::connect(bad).await.unwrap_err();
    }
    ben.send_raw(mark("no frame").as_str()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_of_a_visit_shows_in_logs_or_metrics() {
    let log = Log::begin();
    tracing::trace!(target: "bedside::domain", "a line of the tests");
    let metrics = PrometheusBuilder::new().install_recorder().unwrap();
    let settings = [
        ("server.trusted_proxies", "127.0.0.1/32"),
        ("turn.urls", "turn:turn.example.org:3478"),
        ("turn.secret", "Zebra7391-turn-secret-that-is-long"),
        ("log.filter", "trace"),
    ];
    let mut secrets = vec![harness::SECRET.to_owned(), ADDRESS.to_owned(), MARK.to_owned()];
    let mut rooms = Vec::new();
    for framing in FRAMINGS {
        let key = format!("api_key = \"{}\"", mark("key"));
        let endpoint = Endpoint::start(vec![
            vec![Act::Raw(format!("data: {}\n\n", mark("no answer")))],
            vec![Act::Words(mark("answer")), Act::Done],
        ])
        .await;
        let server = Server::with_file(&endpoint.assistant(&key), &settings).await;
        let reason = Reason::parse(&mark("reason")).unwrap();
        let room = server.visit_with("anna", "ben", |visit| visit.reason = Some(reason)).await;
        let (as_anna, anna_token) = connect(&server, "anna", Role::Doctor, framing);
        let (as_ben, ben_token) = connect(&server, "ben", Role::Patient, framing);
        let anna = server.enter("anna", as_anna).await;
        let ben = server.enter("ben", as_ben).await;
        secrets.extend([anna_token, ben_token, anna.resumption().unwrap().id]);
        talk(&anna, &ben, &room).await;
        secrets.extend(log_in(&server).await);

        anna.drop_connection().await;
        assert!(anna.resume().await.unwrap());
        secrets.push(anna.resumption().unwrap().id);
        let reason = Some(Reason::parse(&mark("hold")).unwrap());
        anna.ask(ConsultationHold { room_id: room.clone(), user_id: user_id("ben"), reason }).await.unwrap();
        rooms.push(ask_a_machine(&server, &ben).await);
        blunder(&server, &ben, &room).await;
        let outcome = Some(Reason::parse(&mark("outcome")).unwrap());
        anna.ask(ConsultationEnd { room_id: room.clone(), outcome }).await.unwrap();
        rooms.push(room);
        panic_over_a_request(&server).await;
        server.stop().await;
    }

    let (log, metrics) = (log.text(), metrics.render());
    assert!(metrics.contains("bedside_signals_total"), "the metrics were kept: {metrics}");
    assert!(metrics.contains("bedside_panics_total 2\n"), "each panic is counted once: {metrics}");
    assert_eq!(log.matches("a task panicked").count(), 2);
    assert!(log.contains("a line of the tests") && log.contains("actix_http"), "the log was kept");
    for secret in &secrets {
        // Of a token its signature is enough to find it.
        let part = secret.rsplit('.').next().unwrap();
        let part = if secret == ADDRESS { ADDRESS } else { part };
        let shown: Vec<&str> =
            log.lines().chain(metrics.lines()).filter(|line| line.contains(part)).collect();
        assert!(shown.is_empty(), "{part} shows in {} lines, such as {:.600}", shown.len(), shown[0]);
    }
    for room in rooms {
        assert!(!metrics.contains(room.as_str()), "metrics tell of no visit");
    }
}
