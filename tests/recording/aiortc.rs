//! Another implementation of WebRTC, in a client as anybody would write it.

use std::{process::Stdio, time::Duration};

use bedside_peer::{
    call::{Company, Sending},
    film::Offsets,
};
use bedside_protocol::{
    recording::{Decision, RecordingState},
    session::Role,
};
use tokio::io::{AsyncBufReadExt as _, BufReader};

use crate::{
    ffmpeg,
    harness::{Server, python},
    recorded::{Person, RECORDING, Visit},
};

/// What nobody notices (EBU R 37). Its sender reports name the time at which Python came to sending, and not the camera's.
const LIP_SYNC_MS: f64 = 40.0;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_patient_on_aiortc_is_recorded_and_in_time() {
    let mut script = python::python("recorded.txt").await;
    let server = Server::with(&RECORDING).await;
    let room = server.visit_with("anna", "ben", |visit| visit.waiting_room = false).await;
    let anna = Person::in_company(
        server.connect("anna", Role::Doctor),
        &room,
        Sending::flash_and_beep(),
        Company::Recorder,
    );
    let anna = anna.await;
    script.arg("recorded.py").env("BASE", &server.url).env("ROOM", room.as_str());
    script.env("PATIENT", Server::token("ben", Role::Patient)).kill_on_drop(true);
    let mut ben = script.stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap();
    let mut said = BufReader::new(ben.stdout.take().unwrap()).lines();
    assert_eq!(said.next_line().await.unwrap().as_deref(), Some("joined"));

    let visit = Visit::alone(&server.url, room, anna).await;
    let recording = visit.asks().await;
    visit.anna.decides(Decision::Given).await;
    visit.anna.hears_that_it_is(RecordingState::Recording).await;
    visit.anna.call.recorded().await.unwrap();
    tokio::time::sleep(Duration::from_secs(12)).await;
    let kept = visit.stops(&recording).await;
    assert!(ben.wait().await.unwrap().success());
    let file = kept.of_user("ben");
    assert_eq!(file.film.codecs, ["A_OPUS", "V_VP8"]);
    let (decoded, complaints) = ffmpeg::look(&file.bytes);
    assert_eq!(complaints, "");
    let offsets = Offsets::between(&decoded.flashes, &decoded.beeps).ms;
    assert!(offsets.len() >= 6, "{offsets:?}: {:?}", file.film);
    // Python comes to it late at first, and its reports say so of pictures alone.
    let mut settled = offsets[offsets.len() / 2..].to_vec();
    settled.sort_by(f64::total_cmp);
    let middle = settled[settled.len() / 2];
    println!("aiortc: lip-sync {middle:.1} ms in the middle of {settled:.1?}, of {offsets:.1?}");
    assert!(middle.abs() <= LIP_SYNC_MS, "{offsets:.1?}");
}
