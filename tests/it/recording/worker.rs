//! A recorder in a process of its own: what it records comes to the server, and its death ends nothing.

use std::{
    os::unix::fs::PermissionsExt as _,
    time::{Duration, Instant},
};

use bedside::auth::{Bearer, Minter};
use bedside_protocol::{
    Code,
    recording::{Decision, RecordingReason, RecordingStart, RecordingState},
    session::Role,
    webrtc::WebrtcPeerLeft,
};
use chrono::TimeDelta;
use ring::digest::{SHA256, digest};

use crate::harness::{
    Server,
    media::{files, of},
    recorder::RECORDING,
    rest::{Request, Response},
    user_id,
    worker::clean,
};

/// How soon a recording goes on after its recorder has died and was started again.
const SOON: Duration = Duration::from_secs(5);

#[tokio::test]
async fn a_recording_survives_the_death_of_its_recorder_and_goes_on_within_five_seconds() {
    let server = Server::with(&RECORDING).await;
    let spool = tempfile::tempdir().unwrap();
    let first = server.worker(&spool.path().join("spool")).await;
    let (anna, ben, room) = server.call_with_media().await;
    let recording = anna.records(&room, &[&ben]).await;
    ben.call.recorded().await.unwrap();
    // The first cluster is on the disk after two seconds at the latest.
    anna.hears_the_other_for(4).await;

    first.kill();

    let paused = anna.hears_that_it_is(RecordingState::Paused).await;
    assert_eq!(paused.reason, Some(RecordingReason::RecorderLost));
    ben.hears::<WebrtcPeerLeft>().await.unwrap();
    let again = Instant::now();
    let second = server.worker(&spool.path().join("spool")).await;
    anna.hears_that_it_is(RecordingState::Recording).await;
    ben.call.recorded().await.unwrap();
    assert!(again.elapsed() < SOON, "{:?}", again.elapsed());
    anna.hears_the_other_for(2).await;
    anna.stops(&room, &recording).await;
    anna.hears_that_it_is(RecordingState::Ready).await;

    let mut details = server.details(&recording.id).await;
    for _ in 0..20 {
        if of(&details, "ben").len() == 2 {
            break;
        }
        // What the first one has left is brought beside it.
        anna.hears_the_other_for(1).await;
        details = server.details(&recording.id).await;
    }
    let [before, after] = of(&details, "ben")[..] else { panic!("{details:?}") };
    assert!(before.recovered && !after.recovered && before.starts_at_ms < after.starts_at_ms);
    for file in [before, after] {
        let film = server.film(&recording.id, file).await;
        assert!(film.index && !film.pictures.is_empty() && !film.sounds.is_empty(), "{film:?}");
    }
    assert!(second.stop().await, "told to end, it does so in order");
    assert_eq!(files(spool.path().join("spool")), Vec::<std::path::PathBuf>::new());
}

#[tokio::test]
async fn a_recorder_that_is_told_to_end_brings_what_it_has() {
    let server = Server::with(&RECORDING).await;
    let spool = tempfile::tempdir().unwrap();
    let worker = server.worker(&spool.path().join("spool")).await;
    let (anna, ben, room) = server.call_with_media().await;
    let recording = anna.records(&room, &[&ben]).await;
    ben.call.recorded().await.unwrap();
    anna.hears_the_other_for(2).await;

    assert!(worker.stop().await);

    assert_eq!(files(spool.path().join("spool")), Vec::<std::path::PathBuf>::new());
    anna.hears_that_it_is(RecordingState::Paused).await;
    anna.stops(&room, &recording).await;
    anna.hears_that_it_is(RecordingState::Ready).await;
    let details = server.details(&recording.id).await;
    assert_eq!((of(&details, "anna").len(), of(&details, "ben").len()), (1, 1), "{details:?}");
}

#[tokio::test]
async fn a_recorder_outlives_a_restart_of_its_server() {
    let server = Server::with(&[&RECORDING[..], &[("server.bind", &free_address())]].concat()).await;
    let spool = tempfile::tempdir().unwrap();
    let _worker = server.worker(&spool.path().join("spool")).await;

    let server = server.restart().await;

    let (anna, ben, room) = server.call_with_media().await;
    let mut refused = 0;
    while let Err(error) = anna.ask(RecordingStart { room_id: room.clone(), audio_only: false }).await {
        assert_eq!(error.code(), Some(Code::Unavailable));
        refused += 1;
        assert!(refused < 20, "it does not come back");
        anna.hears_the_other_for(1).await;
    }
    let asked = anna.hears_that_it_is(RecordingState::AwaitingConsent).await;
    for person in [&anna, &ben] {
        person.decides(&room, &asked, Decision::Given).await;
    }
    ben.call.recorded().await.unwrap();
}

/// An address that nobody listens on, and that no connection of another test is given meanwhile, for a server that is to come
/// back to it.
fn free_address() -> String {
    let listen = || std::net::TcpListener::bind(("127.0.0.1", rand::random_range(20_000..30_000))).ok();
    std::iter::from_fn(|| Some(listen())).flatten().next().unwrap().local_addr().unwrap().to_string()
}

/// A file as a recorder brings it.
pub fn bring<'a>(server: &'a Server, token: &str, path: &str, file: &[u8], sha256: &str) -> Request<'a> {
    server
        .anyone("PUT", &format!("/api/v1/recorder/recordings/{path}"))
        .bearer(token)
        .header("X-Content-SHA256", sha256)
        .body("application/octet-stream", file)
}

pub fn hex(bytes: &[u8]) -> String {
    let digits =
        digest(&SHA256, bytes).as_ref().iter().flat_map(|byte| [byte >> 4, byte & 15]).collect::<Vec<_>>();
    digits.into_iter().map(|digit| char::from_digit(digit.into(), 16).unwrap()).collect()
}

#[tokio::test]
async fn the_server_takes_files_from_recorders_alone_and_only_whole() {
    let server = Server::with(&RECORDING).await;
    let recorder = server.recorder().await;
    let (_anna, _ben, _room, begin) = server.recorded_call(&recorder).await;
    let (token, id) = (server.recorder_token(), begin.recording_id);
    let (file, right) = (b"sealed".as_slice(), hex(b"sealed"));
    let good = format!("{id}/files/0-0-0.sealed");

    let people = [("anna", Role::Doctor), ("ben", Role::Patient), ("gil", Role::Guest), ("sam", Role::Staff)];
    for (user, role) in people {
        let theirs = Server::token(user, role);
        bring(&server, &theirs, &good, file, &right).go().await.refused(403, "forbidden");
    }
    for (path, sha256, status, code) in [
        (&good, hex(b"another"), 400, "malformed"),
        (&good, "no digest".to_owned(), 400, "malformed"),
        (&format!("{id}/files/..%2Fserver.key"), right.clone(), 400, "malformed"),
        (&format!("{id}/files/0-0-0.card"), right.clone(), 400, "malformed"),
        (&"nobody/files/0-0-0.sealed".to_owned(), right.clone(), 404, "not_found"),
    ] {
        bring(&server, &token, path, file, &sha256).go().await.refused(status, code);
    }
    let far_too_large = server
        .anyone("PUT", &format!("/api/v1/recorder/recordings/{good}"))
        .bearer(&token)
        .header("X-Content-SHA256", &right)
        .header("Content-Length", "1000000000000000");
    far_too_large.go().await.refused(413, "too_large");
    assert_eq!(server.kept_in("files"), Vec::<std::path::PathBuf>::new());

    for _ in 0..2 {
        let Response { status, .. } = bring(&server, &token, &good, file, &right).go().await;
        assert_eq!(status, 204, "twice is once");
    }
    assert_eq!(server.kept_in("files").len(), 1);
    assert_eq!(server.kept_in("incoming"), Vec::<std::path::PathBuf>::new(), "nothing stays on its way");
}

#[tokio::test]
async fn the_command_line_makes_a_recorders_token_and_says_what_is_wrong_with_another() {
    let server = Server::with(&RECORDING).await;
    let made = server.command(&["token", "--user", "recorder-1", "--role", "recorder"]).output().unwrap();
    let token = String::from_utf8(made.stdout).unwrap();
    assert!(made.status.success() && !token.is_empty());
    let let_in = bring(&server, token.trim(), "nobody/files/0-0-0.sealed", b"", &hex(b""));
    let_in.header("Content-Length", "0").go().await.refused(404, "not_found");

    let spool = tempfile::tempdir().unwrap();
    let stranger = server.worker_with(&spool.path().join("spool"), "not a token");
    stranger.logs("a new token is needed").await;
}

#[tokio::test]
async fn a_recorder_whose_token_is_renewed_comes_back_with_the_new_one() {
    let server = Server::with(&[&RECORDING[..], &[("server.bind", &free_address())]].concat()).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    let renew = |server: &Server| {
        let token = ["token", "--user", "recorder-1", "--role", "recorder", "--to", file.to_str().unwrap()];
        let made = server.command(&token).output().unwrap();
        assert!(made.status.success() && made.stdout.is_empty(), "{made:?}");
        let mode = std::fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o007, 0, "nobody else reads it");
    };
    renew(&server);
    let mut command = clean(env!("CARGO_BIN_EXE_bedside"));
    command.env("BEDSIDE_RECORDER_TOKEN_FILE", &file);
    let worker = server.start_worker(command, &folder.path().join("spool"));
    let worker = worker.logs("the recorder is registered").await;

    // One that is over when the connection is lost.
    let bearer =
        Bearer { user_id: user_id("recorder-1"), name: None, role: Role::Recorder, consultation: None };
    let yesterday = server.clinic.clock.now() - TimeDelta::days(1);
    let over = Minter::own(&server.clinic.key).mint(&bearer, yesterday, Duration::from_secs(60));
    std::fs::write(&file, over.expose()).unwrap();
    let server = server.restart().await;
    let worker = worker.logs("a new token is needed").await;

    renew(&server);
    let worker = worker.logs("the recorder is registered").await;
    assert!(worker.stop().await);
}
