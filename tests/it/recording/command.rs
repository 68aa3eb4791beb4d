//! `bedside recordings`, beside the server that has made them.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use bedside_protocol::{ids::RecordingId, recording::RecordingState, session::Role};
use serde_json::Value;

use crate::harness::{Server, media::IN_PROCESS, recorder::RECORDING};

const ANNA: (&str, Role) = ("anna", Role::Doctor);
/// Bytes of a chunk in these recordings as it lies there: what is in it, and what is around that.
const CHUNK: usize = 1_037;
/// Where the first one begins: behind the preamble and two slots for a header of 100 bytes.
const BODY: usize = 300;
/// How long the footer is.
const FOOTER: usize = 32;

fn run(server: &Server, arguments: &[&str]) -> Output {
    let path = std::env::var_os("PATH").unwrap();
    server.command(&[&["recordings"], arguments].concat()).env("PATH", path).output().unwrap()
}

#[track_caller]
fn succeed(server: &Server, arguments: &[&str]) -> String {
    let output = run(server, arguments);
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[track_caller]
fn fail(server: &Server, arguments: &[&str]) -> String {
    let output = run(server, arguments);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}

/// A server with a recording of two legs; what is in them.
async fn kept() -> (Server, RecordingId, String) {
    let server = Server::with(&RECORDING).await;
    let room = server.visit("anna", "ben").await;
    let media: String = (100_000..103_000_u32).flat_map(|line| [line.to_string(), " ".to_owned()]).collect();
    let files: [(&str, u32, &[u8]); 2] = [("0-1", 0, media.as_bytes()), ("0-2", 0, b"the other leg")];
    let id = server.keeps_recording(&room, &files).await;
    (server, id, media)
}

fn sealed(server: &Server, id: &RecordingId) -> PathBuf {
    server.data_dir().join("files").join(id.as_str()).join("0-1-0.sealed")
}

fn names(folder: &Path) -> Vec<String> {
    let entries =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = entries.collect();
    names.sort_unstable();
    names
}

#[tokio::test]
async fn verify_names_the_first_chunk_of_a_file_that_is_not_as_it_was_written() {
    let (server, id, _) = kept().await;
    let said = succeed(&server, &["verify"]);
    assert!(said.contains("2 files of 1 recordings are as they were written"), "{said}");
    let path = sealed(&server, &id);
    let sound = fs::read(&path).unwrap();
    let at = |chunk: usize| BODY + chunk * CHUNK;
    let flipped = {
        let mut bytes = sound.clone();
        bytes[at(7) + 500] ^= 4;
        bytes[at(12) + 500] ^= 4;
        bytes
    };
    let cut = sound[..at(9) + 10].to_vec();
    let swapped = [&sound[..at(3)], &sound[at(4)..at(5)], &sound[at(3)..at(4)], &sound[at(5)..]].concat();
    let endless = sound[..sound.len() - 1].to_vec();
    let footer = sound.len() - FOOTER;
    for (bytes, chunk, place, what) in [
        (flipped, 7, at(7), "changed"),
        (cut, 9, at(9), "cut off"),
        (swapped, 3, at(3), "another chunk stands in its place"),
        (endless, 21, footer, "the end is damaged"),
    ] {
        fs::write(&path, bytes).unwrap();
        let output = run(&server, &["verify", id.as_str()]);
        assert_eq!(output.status.code(), Some(3), "{output:?}");
        let said = String::from_utf8(output.stdout).unwrap();
        let line = format!("{id} 0-1-0.sealed: chunk {chunk}, at byte {place}: {what}\n");
        assert!(said.starts_with(&line), "{said}, not {line}");
        assert!(said.ends_with("1 of 2 files of 1 recordings are damaged\n"), "{said}");
    }
    fs::remove_file(&path).unwrap();
    let said = String::from_utf8(run(&server, &["verify"]).stdout).unwrap();
    assert!(said.starts_with(&format!("{id} 0-1-0.sealed: it is not there\n")), "{said}");
    fail(&server, &["verify", RecordingId::new().as_str()]);
}

#[tokio::test]
async fn what_is_exported_is_what_is_played_and_for_its_owner_alone() {
    let (server, id, media) = kept().await;
    let target = tempfile::tempdir().unwrap();
    let folder = target.path().join("visit");
    let export = ["export", id.as_str(), "--to", folder.to_str().unwrap()];
    let said = succeed(&server, &export);
    assert_eq!(names(&folder), ["0-1-0-patient.webm", "0-2-0-patient.webm"]);
    let file = folder.join("0-1-0-patient.webm");
    assert!(said.contains(file.to_str().unwrap()), "{said}");
    let played = server.rest(ANNA, "GET", &format!("/api/v1/recordings/{id}/media?leg=0-1")).go().await.body;
    assert_eq!((fs::read_to_string(&file).unwrap(), &played), (media, &played));
    assert_eq!(fs::read_to_string(folder.join("0-2-0-patient.webm")).unwrap(), "the other leg");
    for (path, mode) in [(&folder, 0o700), (&file, 0o600)] {
        assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, mode, "{}", path.display());
    }

    fs::write(&file, "mine").unwrap();
    let refused = fail(&server, &export);
    assert!(refused.contains("nothing is overwritten"), "{refused}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
}

#[tokio::test]
async fn an_export_that_fails_leaves_no_file_that_is_half() {
    let (server, id, _) = kept().await;
    let mut bytes = fs::read(sealed(&server, &id)).unwrap();
    bytes[BODY + 10 * CHUNK + 100] ^= 1;
    fs::write(sealed(&server, &id), bytes).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let refused = fail(&server, &["export", id.as_str(), "--to", folder.path().to_str().unwrap()]);
    assert!(refused.contains("damaged: chunk 10, at byte"), "{refused}");
    assert!(!names(folder.path()).iter().any(|name| name.contains("0-1-0")), "{:?}", names(folder.path()));
}

#[tokio::test]
async fn a_film_of_all_is_refused_before_anything_is_written_where_there_is_no_ffmpeg() {
    let (server, id, _) = kept().await;
    let (nothing, target) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let folder = target.path().join("visit");
    let export = ["recordings", "export", id.as_str(), "--compose", "--to", folder.to_str().unwrap()];
    let output = server.command(&export).env("PATH", nothing.path()).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && said.contains("needs ffmpeg, which is not installed"), "{said}");
    assert!(!folder.exists());
}

#[tokio::test]
async fn deleting_is_asked_about_and_takes_the_key_with_it() {
    let (server, id, _) = kept().await;
    let refused = fail(&server, &["delete", id.as_str()]);
    assert!(refused.contains("--yes"), "{refused}");
    assert!(sealed(&server, &id).exists());
    assert!(succeed(&server, &["list"]).contains(id.as_str()));

    for _again in 0..2 {
        succeed(&server, &["delete", id.as_str(), "--yes"]);
    }

    let stored = server.clinic.store.recording(&id).await.unwrap().unwrap();
    assert!(stored.key.is_none() && stored.deleted_at.is_some() && stored.deleted_by.is_none());
    assert!(!sealed(&server, &id).exists() && !succeed(&server, &["list"]).contains(id.as_str()));
    server.rest(ANNA, "GET", &format!("/api/v1/recordings/{id}")).go().await.refused(404, "not_found");
    let events = format!("/api/v1/consultations/{}/events", stored.room);
    let said = server.rest(ANNA, "GET", &events).go().await.body;
    assert!(said.contains("recording_deleted") || said.contains("recordingDeleted"), "{said}");
}

#[tokio::test]
async fn a_recording_that_goes_on_is_not_deleted() {
    let server = Server::with(&RECORDING).await;
    let recorder = server.recorder().await;
    let (_anna, _ben, _, begin) = server.recorded_call(&recorder).await;
    let refused = fail(&server, &["delete", begin.recording_id.as_str(), "--yes"]);
    assert!(refused.contains("goes on"), "{refused}");
}

#[tokio::test]
async fn a_real_recording_is_listed_judged_and_becomes_one_film_of_all() {
    let server = Server::with(&IN_PROCESS).await;
    let (anna, ben, room) = server.call_with_media().await;
    let recording = anna.records(&room, &[&ben]).await;
    anna.call.recorded().await.unwrap();
    ben.call.recorded().await.unwrap();
    anna.hears_the_other_for(4).await;
    anna.stops(&room, &recording).await;
    let ready = anna.hears_that_it_is(RecordingState::Ready).await;
    let id = ready.id.as_str();

    let listed = succeed(&server, &["list", "--consultation", room.as_str()]);
    assert!(listed.lines().any(|line| line.starts_with(id) && line.ends_with("ready")), "{listed}");
    succeed(&server, &["verify", id]);
    let folder = tempfile::tempdir().unwrap();
    succeed(&server, &["export", id, "--compose", "--to", folder.path().to_str().unwrap()]);

    let details = server.details(&ready.id).await;
    let manifest = names(folder.path()).into_iter().find(|name| name.starts_with("manifest")).unwrap();
    let manifest: Value = serde_json::from_slice(&fs::read(folder.path().join(manifest)).unwrap()).unwrap();
    assert_eq!(manifest["legs"].as_array().unwrap().len(), 2);
    let agreed = |user: &str| {
        let consents = manifest["consents"].as_array().unwrap();
        consents.iter().any(|it| it["userId"] == user && it["decision"] == "given")
    };
    assert!(agreed("anna") && agreed("ben"), "{manifest}");
    let film = probe(&folder.path().join("composed.webm"));
    let stream = |kind: &str| {
        film["streams"].as_array().unwrap().iter().find(|it| it["codec_type"] == kind).unwrap().clone()
    };
    let video = stream("video");
    assert_eq!(
        (&video["codec_name"], &video["width"], &video["height"]),
        (&"vp8".into(), &1_280.into(), &360.into())
    );
    assert_eq!(stream("audio")["codec_name"], "opus");
    let seconds: f64 = film["format"]["duration"].as_str().unwrap().parse().unwrap();
    let ends = details.files.iter().map(|file| file.starts_at_ms + file.duration_ms).max().unwrap();
    let off = (seconds - f64::from(u32::try_from(ends).unwrap()) / 1_000.0).abs();
    assert!(off < 0.5, "{seconds} s, not {ends} ms");
}

/// What ffprobe says of a film.
fn probe(film: &Path) -> Value {
    let arguments = ["-v", "error", "-show_streams", "-show_format", "-of", "json"];
    let output = Command::new("ffprobe")
        .args(arguments)
        .arg(film)
        .output()
        .expect("no ffprobe: scripts/tools.sh ffmpeg");
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}
