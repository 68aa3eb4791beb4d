//! Whole visits with real audio and video, on both databases, and a call that outlives the server.

use std::time::Duration;

use bedside_peer::{
    Client, Connect, Framing,
    call::{Call, CallOptions, Network},
    visit::{self, Report, Shortfall, Visit},
};
use bedside_protocol::{
    ids::{InstanceId, RoomId},
    session::Role,
    webrtc::WebrtcOfferHeard,
};

use crate::harness::Server;

#[path = "../store/support/postgres.rs"]
#[expect(dead_code, reason = "the tests of the store need more of it")]
mod postgres;

const PATIENCE: Duration = Duration::from_secs(10);

async fn hold(server: &Server, number: u32, framings: [Framing; 2]) -> Result<Report, Shortfall> {
    let (doctor, patient) = (format!("doctor-{number}"), format!("patient-{number}"));
    let room = server.visit(&doctor, &patient).await;
    let [doctors, patients] = framings;
    let visit = Visit {
        room,
        doctor: server.connect(&doctor, Role::Doctor).framing(doctors),
        patient: server.connect(&patient, Role::Patient).framing(patients),
        network: Network::Loopback,
        media: Duration::from_secs(1),
        record: false,
    };
    visit::hold(visit).await
}

/// Every pair of framings at once.
async fn hold_all(server: &Server) {
    use Framing::{Plain, SocketIo};
    let (first, second, third) = tokio::join!(
        hold(server, 1, [SocketIo, SocketIo]),
        hold(server, 2, [SocketIo, Plain]),
        hold(server, 3, [Plain, Plain]),
    );
    for held in [first, second, third] {
        let report = held.unwrap();
        assert!(report.at_doctor.video_frames > 0 && report.at_patient.video_frames > 0, "{report:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whole_visits_are_held_on_sqlite() {
    hold_all(&Server::start().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whole_visits_are_held_on_postgres() {
    let url = postgres::Postgres::shared().create_database();
    hold_all(&Server::with(&[("database.url", &url)]).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visit_that_falls_short_says_where_and_of_what() {
    // The doctor writes in the chat, and again while the patient is away.
    let server = Server::with(&[("limits.chat_burst", "1"), ("limits.chat_per_second", "1")]).await;
    let shortfall = hold(&server, 1, [Framing::SocketIo; 2]).await.unwrap_err();
    assert_eq!(shortfall.step, "patient reconnects");
    assert!(shortfall.to_string().contains("chat:send_message was refused: rate_limited"), "{shortfall}");
    assert_eq!(shortfall.done.last().unwrap().name, "chat both ways");
}

async fn enter(connect: Connect, room: &RoomId, page: &str) -> (Client, Call) {
    let connect = connect.instance(InstanceId::parse(page).unwrap());
    let client = Client::connect(connect).await.unwrap();
    let call = Call::join(&client, room, CallOptions::on(Network::Loopback)).await.unwrap();
    (client, call)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_on_two_devices_calls_the_other_and_not_themselves() {
    let server = Server::start().await;
    let room = server.visit_with("anna", "ben", |visit| visit.waiting_room = false).await;
    let (_phone, _on_phone) = enter(server.connect("ben", Role::Patient), &room, "phone").await;
    let anna = server.doctor("anna").await;
    anna.join_call(&room).await;

    let (_laptop, on_laptop) = enter(server.connect("ben", Role::Patient), &room, "laptop").await;

    assert_eq!(on_laptop.other().unwrap().user_id, anna.user);
    assert_eq!(anna.hears::<WebrtcOfferHeard>().await.unwrap().from, on_laptop.peer_id());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_outlives_the_server() {
    let data = tempfile::tempdir().unwrap();
    let folder = data.path().to_str().unwrap();
    let server = Server::with(&[("data.dir", folder)]).await;
    let address = server.url.trim_start_matches("http://").to_owned();
    let room = server.visit_with("anna", "ben", |visit| visit.waiting_room = false).await;
    let (anna, at_anna) = enter(server.connect("anna", Role::Doctor), &room, "page of anna").await;
    let (ben, at_ben) = enter(server.connect("ben", Role::Patient), &room, "page of ben").await;
    at_anna.sees(PATIENCE).await.unwrap();
    at_ben.sees(PATIENCE).await.unwrap();
    let peers = (at_anna.peer_id(), at_ben.peer_id());

    server.stop().await;
    let (annas, bens) = (at_anna.mark(), at_ben.mark());
    at_anna.flows(&annas, 10, 3, PATIENCE).await.unwrap();
    at_ben.flows(&bens, 10, 3, PATIENCE).await.unwrap();

    let _server = Server::with(&[("data.dir", folder), ("server.bind", &address)]).await;
    for (client, call) in [(&anna, &at_anna), (&ben, &at_ben)] {
        assert!(!client.resume().await.unwrap(), "a new server knows no old session");
        call.rejoin().await.unwrap();
    }
    assert_eq!((at_anna.peer_id(), at_ben.peer_id()), peers);
    assert_eq!(at_ben.other().unwrap().peer_id, peers.0);
    // Counting goes on where it was: it is the same media connection.
    let (more_at_anna, more_at_ben) = (at_anna.flowed_since(&annas), at_ben.flowed_since(&bens));
    assert!(more_at_anna.audio_packets >= 10 && more_at_ben.audio_packets >= 10);
    at_anna.flows(&annas, more_at_anna.audio_packets + 10, 3, PATIENCE).await.unwrap();
    at_ben.flows(&bens, more_at_ben.audio_packets + 10, 3, PATIENCE).await.unwrap();
}
