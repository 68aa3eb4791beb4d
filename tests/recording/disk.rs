//! A disk without room ends a recording, and nothing else.

use std::{
    fs::{self, OpenOptions},
    io::Write as _,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use bedside_peer::call::Sending;
use bedside_protocol::{
    chat::{ChatJoinRoom, ChatMessage},
    recording::{RecordingReason, RecordingState},
};

use crate::{
    ffmpeg,
    harness::{
        Server, message,
        worker::{Worker, clean},
    },
    process::Process,
    recorded::{Kept, RECORDING, Visit},
};

/// A disk that nobody else writes to: memory.
const DISK: &str = "/dev/shm";
/// What there is room for before the floor, and what then comes onto the disk.
const ROOM_MIB: u64 = 12;
const FILLER_MIB: usize = 24;

/// A disk that is meant to become full, whatever it is.
const SMALL_DISK_MIB: u32 = 24;
/// A page: less is no room.
const PAGE: usize = 4_096;
/// How often it is looked whether somebody has made room.
const FILL_EVERY: Duration = Duration::from_millis(5);

/// Runs a command with a disk of its own mounted at a folder: size, folder, command. Root may mount where it is let; anybody else
/// in a user namespace.
const WITH_A_DISK: &str = r#"
size=$1 folder=$2; shift 2
unshare --mount true 2>/dev/null || own="--user --map-root-user"
exec unshare $own --mount sh -c '
    mount -t tmpfs -o "size=$1" spool "$2" || { echo "no disk of its own: may this user mount?" >&2; exit 1; }
    shift 2; exec "$@"' sh "$size" "$folder" "$@"
"#;

/// A recorder on a disk of its own, and where others find that.
async fn on_a_small_disk(server: &Server, folder: &Path) -> (Worker, PathBuf) {
    let mut command = clean("sh");
    let size = format!("{SMALL_DISK_MIB}m");
    command.args(["-c", WITH_A_DISK, "sh", &size]).arg(folder).arg(env!("CARGO_BIN_EXE_bedside"));
    command.env("BEDSIDE_RECORDER_TOKEN", server.recorder_token());
    let worker = server.start_worker(command, &folder.join("spool"));
    let inside = PathBuf::from(format!("/proc/{}/root", worker.pid()));
    let worker = worker.logs("the recorder is registered").await;
    (worker, inside.join(folder.strip_prefix("/").unwrap()))
}

/// Keeps a disk full until it is dropped.
struct Filler {
    path: PathBuf,
    enough: Arc<AtomicBool>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Filler {
    fn at(path: PathBuf) -> Self {
        let mut file = OpenOptions::new().create(true).append(true).open(&path).unwrap();
        let enough = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&enough);
        let fill = move || {
            while !told.load(Ordering::Relaxed) {
                match file.write(&[1; PAGE]) {
                    Ok(_) => {}
                    Err(error) if error.kind() == std::io::ErrorKind::StorageFull => {
                        thread::sleep(FILL_EVERY);
                    }
                    Err(error) => panic!("the disk does not become full: {error}"),
                }
            }
        };
        Self { path, enough, thread: Some(thread::spawn(fill)) }
    }
}

impl Drop for Filler {
    fn drop(&mut self) {
        self.enough.store(true, Ordering::Relaxed);
        let filled = self.thread.take().unwrap().join();
        fs::remove_file(&self.path).unwrap();
        assert!(filled.is_ok() || thread::panicking());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_full_disk_cuts_short_is_finished_when_there_is_room_again() {
    let server = Server::with(&[RECORDING[0], RECORDING[3], ("recording.in_process", "false")]).await;
    let folder = tempfile::tempdir().unwrap();
    let (worker, disk) = on_a_small_disk(&server, folder.path()).await;
    let visit = Visit::at(&server, Sending::flash_and_beep(), Sending::flash_and_beep()).await;
    let running = visit.begins_to_record().await;
    let (visit, room) = (&running.visit, &running.visit.room);
    for person in [&visit.anna, &visit.ben] {
        person.client.ask(ChatJoinRoom { room_id: room.clone(), after_seq: None }).await.unwrap();
    }
    running.lasts(6).await;

    let full = Filler::at(disk.join("filler"));
    for person in [&visit.anna, &visit.ben] {
        let told = person.hears_that_it_is(RecordingState::Stopped).await;
        assert_eq!(told.reason, Some(RecordingReason::DiskFull), "{told:?}");
    }
    // Neither the first time nor later.
    let worker = worker.logs("it cannot be finished yet").await;
    let worker = worker.logs("it cannot be rescued yet").await;
    let (at_anna, at_ben, within) = (visit.anna.call.mark(), visit.ben.call.mark(), Duration::from_secs(10));
    visit.anna.call.flows(&at_anna, 100, 60, within).await.unwrap();
    visit.ben.call.flows(&at_ben, 100, 60, within).await.unwrap();
    visit.anna.client.ask(message(room, None, "Let us go on without it.")).await.unwrap();
    visit.ben.client.hears::<ChatMessage>().await.unwrap();

    drop(full);
    visit.anna.hears_that_it_is(RecordingState::Ready).await;
    let kept = Kept::of(visit, &running.recording.id).await;
    for user in ["anna", "ben"] {
        let file = kept.of_user(user);
        assert!(
            file.film.flashes.len() >= 3 && file.film.index && !file.film.torn,
            "{user}: {:?}",
            file.film
        );
        assert_eq!(ffmpeg::look(&file.bytes).1, "", "{user}");
    }
    assert!(worker.stop().await, "nothing is left to be done");
}

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
