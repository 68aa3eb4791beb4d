//! Whatever is killed at whatever moment: what was recorded up to two seconds before can be played.
//!
//! `BEDSIDE_KILLS` says how often (20 for a release).

use std::{path::Path, time::Duration};

use bedside_peer::{Client, Connect, call::Sending};
use bedside_protocol::{
    recording::{RecordingState, RecordingStop},
    session::Role,
};
use chrono::{DateTime, Utc};
use rand::Rng as _;

use crate::{
    ffmpeg,
    harness::Server,
    process::Process,
    recorded::{File, Kept, PATIENCE, RECORDING, Running, Visit},
};

/// So much before its death may be lost.
const LOST: Duration = Duration::from_secs(2);
/// So much later a machine that is busy with other tests may come to writing; on one that is not, nothing is near it.
const BUSY: Duration = Duration::from_millis(500);
/// Within this time after the death of a worker recording goes on.
const GOES_ON: Duration = Duration::from_secs(5);

fn kills() -> usize {
    std::env::var("BEDSIDE_KILLS").map_or(3, |kills| kills.parse().unwrap())
}

/// A while in which to be killed.
async fn a_random_while() {
    let while_ms = rand::rng().random_range(500..6_000);
    tokio::time::sleep(Duration::from_millis(while_ms)).await;
}

/// It plays up to shortly before the death.
#[track_caller]
fn plays_until(what: &str, file: &File, started: DateTime<Utc>, killed: DateTime<Utc>) {
    let end = started + file.begins() + file.film.end();
    let lost = (killed - end).to_std().unwrap_or_default();
    println!("{what}: {:.2} s long, {:.2} s lost", file.film.end().as_secs_f64(), lost.as_secs_f64());
    assert!(lost <= LOST + BUSY, "{what}: {lost:?} are lost: {:?}", file.about);
    assert!(!file.film.torn && file.film.index, "{what} is not in order");
    let duration = file.film.duration.unwrap_or_default();
    assert!(
        duration.abs_diff(file.film.end()) < Duration::from_millis(100),
        "{what} says that it is {duration:?} long"
    );
    let (decoded, complaints) = ffmpeg::look(&file.bytes);
    assert_eq!(complaints, "", "{what}");
    assert_eq!(decoded.pictures, file.film.pictures.len(), "{what}");
}

/// Files of Anna's, in time.
fn annas(kept: &Kept) -> Vec<&File> {
    let mut files: Vec<&File> =
        kept.files.iter().filter(|file| file.about.user_id.as_str() == "anna").collect();
    files.sort_by_key(|file| file.about.starts_at_ms);
    files
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recorder_that_is_killed_leaves_what_it_has_and_the_next_one_goes_on() {
    let server = Server::with(&[RECORDING[0], ("recording.in_process", "false")]).await;
    let spool = tempfile::tempdir().unwrap();
    let mut worker = server.worker(spool.path()).await;
    let visit = Visit::at(&server, Sending::flash_and_beep(), Sending::flash_and_beep()).await;
    let running = visit.begins_to_record().await;
    let mark = running.visit.anna.call.mark();
    let mut killed = Vec::new();
    for _ in 0..kills() {
        // What is shorter than what may be lost proves nothing.
        running.lasts(2).await;
        a_random_while().await;
        let (at_anna, at_ben) =
            (running.visit.anna.call.recorder_leg(), running.visit.ben.call.recorder_leg());
        killed.push(Utc::now());
        worker.kill();
        worker = server.worker(spool.path()).await;
        running.visit.anna.call.recorded_again(at_anna).await.unwrap();
        running.visit.ben.call.recorded_again(at_ben).await.unwrap();
    }
    running.lasts(3).await;
    let gap = running.visit.anna.call.flowed_since(&mark).longest_audio_gap;
    assert!(gap < Duration::from_secs(1), "the call was silent for {gap:?}");
    let kept = running.stops().await;
    let (started, files) = (kept.details.recording.started_at.unwrap().time(), annas(&kept));
    assert_eq!(files.len(), killed.len() + 1, "{:?}", kept.details);
    for (place, killed) in killed.into_iter().enumerate() {
        plays_until(&format!("kill {place} of the recorder"), files[place], started, killed);
        let next = started + files[place + 1].begins();
        let pause = (next - killed).to_std().unwrap_or_default();
        assert!(pause <= GOES_ON, "it goes on {pause:?} later");
    }
    drop(worker);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_killed_with_its_recorder_has_what_was_recorded_when_it_comes_back() {
    for number in 0..kills() {
        let data = tempfile::tempdir().unwrap();
        let room = Server::prepare(data.path(), None).await;
        let server = Process::serve(data.path(), &RECORDING);
        let visit =
            Visit::begin(&server.url, room, Sending::flash_and_beep(), Sending::flash_and_beep()).await;
        let running = visit.begins_to_record().await;
        // What is shorter than what may be lost proves nothing.
        running.lasts(2).await;
        a_random_while().await;
        let killed = Utc::now();
        server.kill();
        let kept = comes_back(data.path(), running).await;
        let started = kept.details.recording.started_at.unwrap().time();
        for user in ["anna", "ben"] {
            let file = kept.of_user(user);
            plays_until(&format!("kill {number} of the server, {user}"), file, started, killed);
            assert!(file.about.recovered, "{:?}", file.about);
        }
    }
}

/// Start a server on the same data; Anna comes back and ends what was begun. Waits until the recording can be played.
async fn comes_back(data: &Path, running: Running) -> Kept {
    let server = Process::serve(data, &RECORDING);
    let Running { visit, recording } = running;
    let visit = visit.moved_to(&server.url);
    let anna = Client::connect(Connect::to(&server.url, Server::token("anna", Role::Doctor))).await.unwrap();
    let (room_id, recording_id) = (visit.room.clone(), recording.id.clone());
    anna.ask(RecordingStop { room_id, recording_id }).await.unwrap();
    let ready = async {
        while visit.details(&recording.id).await.recording.state != RecordingState::Ready {
            // REST has no way to wait for it.
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let came = tokio::time::timeout(PATIENCE, ready).await;
    assert!(came.is_ok(), "the recording is not ready: {:?}", visit.details(&recording.id).await);
    Kept::of(&visit, &recording.id).await
}
