//! A disk without room ends a recording, and nothing else.

use std::{fs, path::Path, time::Duration};

use bedside_peer::call::Sending;
use bedside_protocol::{
    chat::{ChatJoinRoom, ChatMessage},
    recording::{RecordingReason, RecordingState},
};

use crate::{
    harness::{Server, message},
    process::Process,
    recorded::{Kept, RECORDING, Visit},
};

/// A disk that nobody else writes to: memory.
const DISK: &str = "/dev/shm";
/// What there is room for before the floor, and what then comes onto the disk.
const ROOM_MIB: u64 = 12;
const FILLER_MIB: usize = 24;

fn free_mib(folder: &Path) -> u64 {
    let disk = rustix::fs::statvfs(folder).unwrap();
    (disk.f_bavail * disk.f_frsize) >> 20
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_without_room_stops_the_recording_with_a_notice_and_the_visit_goes_on() {
    let data = tempfile::tempdir_in(DISK).unwrap();
    let room = Server::prepare(data.path(), None).await;
    let floor = (free_mib(data.path()) - ROOM_MIB).to_string();
    let settings = [&RECORDING[..], &[("storage.disk_floor_mb", &floor)]].concat();
    let server = Process::serve(data.path(), &settings);
    let (annas, bens) = (Sending::flash_and_beep(), Sending::flash_and_beep());
    let visit = Visit::begin(&server.url, room.clone(), annas, bens).await;
    let running = visit.begins_to_record().await;
    let visit = &running.visit;
    for person in [&visit.anna, &visit.ben] {
        person.client.ask(ChatJoinRoom { room_id: room.clone(), after_seq: None }).await.unwrap();
    }
    running.lasts(3).await;
    let filler = data.path().join("filler");
    fs::write(&filler, vec![1; FILLER_MIB << 20]).unwrap();
    let over = |state| matches!(state, RecordingState::Stopped | RecordingState::Failed);
    for person in [&visit.anna, &visit.ben] {
        let told = person.hears_of(|recording| over(recording.state)).await;
        assert_eq!(told.reason, Some(RecordingReason::DiskFull), "{told:?}");
    }

    let (at_anna, at_ben) = (visit.anna.call.mark(), visit.ben.call.mark());
    let within = Duration::from_secs(10);
    visit.anna.call.flows(&at_anna, 100, 60, within).await.unwrap();
    visit.ben.call.flows(&at_ben, 100, 60, within).await.unwrap();
    visit.anna.client.ask(message(&room, None, "Let us go on without it.")).await.unwrap();
    visit.ben.client.hears::<ChatMessage>().await.unwrap();
    visit.get("/readyz").await;

    fs::remove_file(filler).unwrap();
    visit.anna.hears_that_it_is(RecordingState::Ready).await;
    let kept = Kept::of(visit, &running.recording.id).await;
    for user in ["anna", "ben"] {
        let film = &kept.of_user(user).film;
        assert!(film.flashes.len() >= 2, "{user}: {film:?}");
    }
}
