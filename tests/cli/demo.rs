//! `bedside demo`: two links, on this machine or in the network.

use std::{fs, path::Path, process::Command, time::Duration};

use bedside::clock::Clock;
use bedside_peer::{Client, Connect};
use bedside_protocol::{consultation::ConsultationWaiting, session::Role, webrtc::WebrtcJoinRoom};
use serde_json::{Value, json};

use crate::process::{Running, bedside, fail, get, send, wait_for};

/// A demo that runs, and its links.
struct Demo {
    running: Running,
    doctor: String,
    patient: String,
}

impl Demo {
    fn start(folder: &Path, arguments: &[&str]) -> Self {
        let mut command = bedside(folder, &[&["demo", "--bind", "127.0.0.1:0"], arguments].concat());
        command.env("TMPDIR", folder);
        let running = Running::start(command);
        let link = |of: &str| wait_for(&running.stdout, of).split_whitespace().last().unwrap().to_owned();
        let (doctor, patient) = (link("Doctor: "), link("Patient: "));
        Self { running, doctor, patient }
    }

    fn url(&self) -> &str {
        self.doctor.split_once("/#token=").unwrap().0
    }

    fn doctors_token(&self) -> &str {
        self.doctor.split_once("/#token=").unwrap().1
    }
}

fn body(answer: &str) -> Value {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200"), "{answer}");
    serde_json::from_str(body).unwrap()
}

#[tokio::test]
async fn the_demo_prints_a_link_for_each_and_cleans_up() {
    let folder = tempfile::tempdir().unwrap();
    let demo = Demo::start(folder.path(), &[]);
    let address = demo.url().strip_prefix("http://").unwrap();
    let (_, secret) = demo.patient.split_once("/join#token=").unwrap();
    let accept = json!({ "token": secret }).to_string();
    let headers = format!("Content-Type: application/json\r\nContent-Length: {}\r\n", accept.len());
    let way_in = body(&send(address, "POST /api/v1/invitations/accept", &headers, &accept));
    assert_eq!((&way_in["user"]["name"], &way_in["user"]["role"]), (&json!("Ben"), &json!("patient")));
    let authorization = format!("Authorization: Bearer {}\r\n", demo.doctors_token());
    let visits = body(&get(address, "/api/v1/consultations", &authorization));
    assert_eq!(visits["items"][0]["id"], way_in["consultationId"]);
    let expected = visits["items"][0]["participants"].as_array().unwrap();
    assert!(expected.iter().any(|it| it["name"] == "Ben"), "the doctor's list says who is expected");

    let doctor = Client::connect(Connect::to(demo.url(), demo.doctors_token())).await.unwrap();
    let token = way_in["accessToken"].as_str().unwrap();
    let patient = Client::connect(Connect::to(demo.url(), token)).await.unwrap();
    let room_id = way_in["consultationId"].as_str().unwrap().parse().unwrap();
    patient.ask(WebrtcJoinRoom { room_id, media: None }).await.unwrap();
    assert_eq!(doctor.hears::<ConsultationWaiting>().await.unwrap().user.role, Role::Patient);
    doctor.close().await;
    patient.close().await;

    demo.running.signal("INT");
    let clock = Clock::system();
    assert_eq!(demo.running.ended(), Some(0));
    assert!(clock.monotonic() < Duration::from_secs(10), "nobody is connected, so nobody is waited for");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing stays");
}

#[tokio::test]
async fn in_the_network_the_demo_speaks_tls_with_a_certificate_of_its_own_and_draws_the_patients_link() {
    let folder = tempfile::tempdir().unwrap();
    let demo = Demo::start(folder.path(), &["--lan"]);
    assert!(demo.doctor.starts_with("https://127.0.0.1:"), "{}", demo.doctor);
    assert!(demo.patient.starts_with(demo.url()), "{}", demo.patient);
    assert!(wait_for(&demo.running.stdout, "▀").chars().count() > 30, "a code to be scanned");
    wait_for(&demo.running.stdout, "warns once");

    let own = fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap().path();
    let certificate = own.join("demo.pem");
    let shown = Command::new("openssl").args(["x509", "-noout", "-text", "-in"]).arg(&certificate).output();
    let text = String::from_utf8(shown.unwrap().stdout).unwrap();
    for part in ["CA:FALSE", "IP Address:127.0.0.1", "DNS:localhost", "TLS Web Server Authentication"] {
        assert!(text.contains(part), "{part} in {text}");
    }
    let mut connect = Connect::to(demo.url(), demo.doctors_token());
    connect.extra_roots.push(certificate);
    Client::connect(connect).await.unwrap();
}

#[test]
fn the_demo_stays_on_this_machine_unless_it_is_told_otherwise() {
    let folder = tempfile::tempdir().unwrap();
    assert!(fail(bedside(folder.path(), &["demo", "--bind", "0.0.0.0:0"])).contains("loopback"));
}
