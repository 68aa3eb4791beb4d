//! People who send sound and pictures, and what a recording of them shows.

use std::{path::PathBuf, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use bedside_peer::{
    call::{Call, CallOptions, Network, Sending},
    film::Film,
};
use bedside_protocol::{
    ids::{RecordingId, RoomId},
    recording::{Recording, RecordingDetails, RecordingFile, RecordingState, RecordingStop},
    session::Role,
};
use bedside_seal::{DataKey, KeyId, Wrapped};
use futures_util::TryStreamExt as _;

use super::{Peer, Server};

/// What servers are configured with that record by themselves.
pub const IN_PROCESS: [(&str, &str); 3] =
    [("recording.enabled", "true"), ("recording.udp_port", "0"), ("storage.disk_floor_mb", "0")];

/// How long media may take to come on a machine that is busy.
const MEDIA_PATIENCE: Duration = Duration::from_secs(20);
/// Packets of sound in a second.
const SOUNDS_PER_SECOND: u64 = 50;

/// Somebody in a call who sends and sees.
pub struct Person {
    pub peer: Peer,
    pub call: Call,
}

impl std::ops::Deref for Person {
    type Target = Peer;

    fn deref(&self) -> &Peer {
        &self.peer
    }
}

impl Person {
    /// Come into a call with a camera and a microphone.
    pub async fn enter(peer: Peer, room: &RoomId) -> Self {
        let options =
            CallOptions { sending: Sending::flash_and_beep(), ..CallOptions::on(Network::Loopback) };
        let call = Call::join(&peer.client, room, options).await.unwrap();
        Self { peer, call }
    }

    /// Let so many seconds pass, as far as the other person is heard in them.
    pub async fn hears_the_other_for(&self, seconds: u64) {
        let mark = self.call.mark();
        self.call.flows(&mark, seconds * SOUNDS_PER_SECOND, 1, MEDIA_PATIENCE).await.unwrap();
    }

    /// Packets that went to a recorder so far.
    pub fn sent_to_recorder(&self) -> u64 {
        self.call.sent_to_recorder().packets
    }

    pub async fn stops(&self, room: &RoomId, recording: &Recording) {
        let stop = RecordingStop { room_id: room.clone(), recording_id: recording.id.clone() };
        self.ask(stop).await.unwrap();
    }
}

impl Server {
    /// Anna and Ben in a call, and everything between them flows.
    pub async fn call_with_media(&self) -> (Person, Person, RoomId) {
        let room = self.visit_with("anna", "ben", |visit| visit.waiting_room = false).await;
        let anna = Person::enter(self.doctor("anna").await, &room).await;
        let ben = Person::enter(self.patient("ben").await, &room).await;
        anna.call.connected().await.unwrap();
        ben.call.connected().await.unwrap();
        (anna, ben, room)
    }

    /// Everything that is known of a recording.
    pub async fn details(&self, id: &RecordingId) -> RecordingDetails {
        let path = format!("/api/v1/recordings/{id}");
        let seen = self.rest(("anna", Role::Doctor), "GET", &path).go().await.ok(200);
        serde_json::from_value(seen).unwrap()
    }

    /// What a file of a recording shows to those who may play it.
    pub async fn film(&self, id: &RecordingId, file: &RecordingFile) -> Film {
        let name = format!("{}-{}.sealed", file.leg, file.part);
        let playing =
            self.clinic.vault.play(id.as_str(), &name, &self.recording_key(id).await).await.unwrap();
        let bytes = playing.len();
        assert_eq!(bytes, file.bytes);
        let pieces: Vec<_> = playing.read(0..bytes).try_collect().await.unwrap();
        Film::read(&pieces.concat()).unwrap()
    }

    async fn recording_key(&self, id: &RecordingId) -> DataKey {
        let key = self.clinic.store.recording(id).await.unwrap().unwrap().key.unwrap();
        let bytes = URL_SAFE_NO_PAD.decode(&key.wrapped).unwrap();
        let wrapped = Wrapped { key_id: KeyId::from(key.key_id), bytes };
        self.clinic.vault.open_key(id.as_str(), &wrapped).unwrap()
    }

    /// Every file under a folder of the data.
    pub fn kept_in(&self, folder: &str) -> Vec<PathBuf> {
        files(self.data_dir().join(folder))
    }
}

/// Every file under a folder.
pub fn files(folder: PathBuf) -> Vec<PathBuf> {
    let (mut folders, mut found) = (vec![folder], Vec::new());
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(folder) else { continue };
        for entry in entries {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found
}

impl Peer {
    /// Begin a recording that everybody has agreed to.
    pub async fn records(&self, room: &RoomId, others: &[&Peer]) -> Recording {
        use bedside_protocol::recording::Decision;
        let recording = self.starts_recording(room).await;
        self.decides(room, &recording, Decision::Given).await;
        for other in others {
            other.decides(room, &recording, Decision::Given).await;
        }
        self.hears_that_it_is(RecordingState::Recording).await
    }
}

/// The files of somebody, in the order of their beginning.
pub fn of<'a>(details: &'a RecordingDetails, user: &str) -> Vec<&'a RecordingFile> {
    let mut files: Vec<_> = details.files.iter().filter(|file| file.user_id.as_str() == user).collect();
    files.sort_by_key(|file| file.starts_at_ms);
    files
}

/// When a file ends on the timeline of its recording.
pub fn ends_at_ms(file: &RecordingFile) -> u64 {
    file.starts_at_ms + file.duration_ms
}
