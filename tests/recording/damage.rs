//! What somebody does to the files of a recording is found out.

use std::path::{Path, PathBuf};

use bedside_peer::call::Sending;
use bedside_protocol::ids::RecordingId;

use crate::{
    harness::Server,
    recorded::{RECORDING, Visit},
};

const MAGIC_BYTES: usize = 8;
const FILE_ID_BYTES: usize = 16;
const COUNTER_BYTES: usize = 8;
const NONCE_BYTES: usize = 12;
const TAG_BYTES: usize = 16;
/// Kind, number and length.
const CHUNK_HEAD_BYTES: usize = 9;

/// Where the chunks of a sealed file lie, the end marker among them.
fn chunks(sealed: &[u8]) -> Vec<std::ops::Range<usize>> {
    let number = |at: usize| u32::from_be_bytes(sealed[at..at + 4].try_into().unwrap()) as usize;
    let header = number(MAGIC_BYTES);
    let slots = if header > 0 { 2 * (COUNTER_BYTES + NONCE_BYTES + header + TAG_BYTES) } else { 0 };
    let mut at = MAGIC_BYTES + 4 + FILE_ID_BYTES + slots;
    let mut chunks = Vec::new();
    // Behind the last of them stands the footer.
    while at + CHUNK_HEAD_BYTES < sealed.len() {
        let end = at + CHUNK_HEAD_BYTES + NONCE_BYTES + number(at + 5) + TAG_BYTES;
        if end > sealed.len() {
            break;
        }
        chunks.push(at..end);
        at = end;
    }
    chunks
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// What `bedside recordings verify` says, and whether it is content.
fn verify(server: &Server, recording: &RecordingId) -> (bool, String) {
    let mut command = server.command(&["recordings", "verify", &recording.to_string()]);
    let output = command.output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(text).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flipped_bit_a_cut_and_swapped_chunks_are_found() {
    let server = Server::with(&RECORDING).await;
    let (annas, bens) = (Sending::flash_and_beep(), Sending::flash_and_beep());
    let running = Visit::at(&server, annas, bens).await.begins_to_record().await;
    running.lasts(6).await;
    let kept = running.stops().await;
    let recording = kept.details.recording.id.clone();
    let (content, text) = verify(&server, &recording);
    assert!(content, "{text}");

    let about = &kept.of_user("anna").about;
    let name = format!("{}-{}.sealed", about.leg, about.part);
    let mut found = Vec::new();
    files(server.data_dir(), &mut found);
    found.retain(|path| path.file_name().is_some_and(|file| file.to_string_lossy() == name));
    let [path] = &found[..] else { panic!("{name} is not there once: {found:?}") };
    let whole = std::fs::read(path).unwrap();
    let chunks = chunks(&whole);
    assert!(chunks.len() >= 4, "a recording of 6 s has {} chunks", chunks.len());

    let mut flipped = whole.clone();
    flipped[chunks[2].start + CHUNK_HEAD_BYTES + NONCE_BYTES + 5] ^= 0x10;
    let cut = &whole[..chunks[3].start + 7];
    let (before, one, other) =
        (&whole[..chunks[1].start], &whole[chunks[1].clone()], &whole[chunks[2].clone()]);
    let swapped = [before, other, one, &whole[chunks[2].end..]].concat();
    for (what, damaged) in [("flipped", &flipped[..]), ("cut", cut), ("swapped", &swapped)] {
        std::fs::write(path, damaged).unwrap();
        let (content, text) = verify(&server, &recording);
        println!("{what}: {}", text.trim());
        assert!(!content, "{what}: {text}");
        assert!(text.contains(&name) || text.contains(&about.leg), "{what}: {text}");
    }
    std::fs::write(path, &whole).unwrap();
    assert!(verify(&server, &recording).0);
}
