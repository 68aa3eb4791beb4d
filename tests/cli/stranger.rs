//! Who has no part in a visit learns nothing of it: not from the answer, and not from the time that it takes.

use std::path::Path;

use bedside_peer::{Client, Connect};
use serde_json::{Value, json};

use crate::process::{Running, get, send, succeed};

/// A server with metrics, which tell how often it asked its database.
struct Watched {
    server: Running,
    metrics: String,
}

impl Watched {
    fn serve(folder: &Path) -> Self {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let server = Running::serve(folder, &["--set", &format!("metrics.bind={free}")]);
        Self { server, metrics: free }
    }

    fn reads(&self) -> u64 {
        let metrics = get(&self.metrics, "/metrics", "");
        let count =
            metrics.lines().find_map(|line| line.strip_prefix("bedside_database_read_seconds_count "));
        count.map_or(0, |count| count.parse().unwrap())
    }

    fn make_visit(&self, doctor: &str) -> String {
        let visit = json!({ "doctorId": "anna", "patientId": "ben" }).to_string();
        let headers =
            format!("{doctor}Content-Type: application/json\r\nContent-Length: {}\r\n", visit.len());
        let made = send(&self.server.address, "POST /api/v1/consultations", &headers, &visit);
        let made: Value = serde_json::from_str(made.split_once("\r\n\r\n").unwrap().1).unwrap();
        made.get("id").and_then(Value::as_str).unwrap().to_owned()
    }
}

#[tokio::test]
async fn a_stranger_gets_the_answer_of_a_visit_that_does_not_exist_after_the_same_reads() {
    let folder = tempfile::tempdir().unwrap();
    let watched = Watched::serve(folder.path());
    let address = &watched.server.address;
    let token = |user: &str, role: &str| {
        succeed(folder.path(), &["token", "--user", user, "--role", role]).trim_end().to_owned()
    };
    let authorization = |token: &str| format!("Authorization: Bearer {token}\r\n");
    let (doctor, stranger) = (token("anna", "doctor"), token("carl", "patient"));
    let url = format!("http://{address}");
    let anna = Client::connect(Connect::to(&url, doctor.clone())).await.unwrap();
    let carl = Client::connect(Connect::to(&url, stranger.clone())).await.unwrap();
    let (quiet, busy) =
        (watched.make_visit(&authorization(&doctor)), watched.make_visit(&authorization(&doctor)));
    anna.ask_raw("chat:join_room", &json!({ "roomId": busy })).await.unwrap();
    let nowhere = "0".repeat(quiet.len());

    let events = ["chat:join_room", "chat:history", "chat:typing", "webrtc:join_room", "webrtc:leave_room"];
    for event in events {
        let ask = async |room: &str| {
            let before = watched.reads();
            let refused = carl.ask_raw(event, &json!({ "roomId": room })).await.unwrap_err();
            (refused.to_string(), watched.reads() - before)
        };
        let expected = ask(&nowhere).await;
        assert!(expected.0.contains("not_found") && expected.1 > 0, "{event}: {expected:?}");
        for room in [&quiet, &busy, &quiet] {
            assert_eq!(ask(room).await, expected, "{event}");
        }
    }
    for path in ["", "/events?limit=1"] {
        let ask = |room: &str| {
            let before = watched.reads();
            let path = format!("/api/v1/consultations/{room}{path}");
            let refused = get(address, &path, &authorization(&stranger));
            (refused.split_once("\r\n\r\n").unwrap().1.to_owned(), watched.reads() - before)
        };
        let expected = ask(&nowhere);
        assert!(expected.0.contains("not_found") && expected.1 > 0, "{path}: {expected:?}");
        for room in [&quiet, &busy, &quiet] {
            assert_eq!(ask(room), expected, "{path}");
        }
    }
}
