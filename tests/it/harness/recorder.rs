//! A recorder that a test speaks for, and a call that is about to be recorded.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use bedside::{
    auth::{Bearer, Minter},
    store::{Guard, Recording as StoredRecording, RecordingChange, RecordingFile, WrappedKey},
};
use bedside_peer::{Client, Connect, Framing, client::NotHeard};
use bedside_protocol::{
    ids::{RecordingId, RoomId},
    recorder::{RecorderBegin, RecorderRecord, RecorderRegister, RecorderRegistered},
    recording::{
        Decision, Recording, RecordingConsent, RecordingConsentRequested, RecordingStart, RecordingState,
    },
    session::Role,
    webrtc::Peer as InCall,
};
use bedside_seal::{DataKey, Label, Sealed, Writer};
use std::{fs, path::Path, time::Duration};

use super::{Peer, Server, user_id};

/// What servers of these tests are configured with: recorders come from outside.
pub const RECORDING: [(&str, &str); 3] =
    [("recording.enabled", "true"), ("recording.in_process", "false"), ("storage.disk_floor_mb", "0")];

/// How long what failed may take until it is tried again and comes through.
const TRIED_AGAIN: Duration = Duration::from_secs(60);

/// Where it says that it is reached.
const PUBLIC: &str = "8.8.4.4";

/// A recorder that says what its test says.
pub struct Recorder {
    pub client: Client,
    pub registered: RecorderRegistered,
}

impl std::ops::Deref for Recorder {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl Server {
    /// One that has recordings enabled, with these settings besides.
    pub async fn that_records(settings: &[(&str, &str)]) -> Self {
        Self::with(&[&RECORDING[..], settings].concat()).await
    }

    /// A token of this server's own, which alone makes a recorder.
    pub fn recorder_token(&self) -> String {
        let bearer =
            Bearer { user_id: user_id("recorder"), name: None, role: Role::Recorder, consultation: None };
        let minter = Minter::own(&self.clinic.key);
        minter.mint(&bearer, self.clinic.clock.now(), Duration::from_secs(3_600)).expose().clone()
    }

    /// A recorder that has registered.
    pub async fn recorder(&self) -> Recorder {
        self.recorder_with(Vec::new()).await
    }

    /// One that comes with unfinished recordings.
    pub async fn recorder_with(&self, unfinished: Vec<RecordingId>) -> Recorder {
        let connect = Connect::to(&self.url, self.recorder_token()).framing(Framing::Plain);
        let client = Client::connect(connect).await.unwrap();
        let addresses = vec![PUBLIC.parse().unwrap()];
        let register = RecorderRegister { legs: 20, version: "0".into(), addresses, unfinished };
        let registered = client.ask(register).await.unwrap();
        Recorder { client, registered }
    }

    /// A call of Anna and Ben that is recorded, with everybody's consent.
    pub async fn recorded_call(&self, recorder: &Recorder) -> (Peer, Peer, RoomId, RecorderBegin) {
        let (anna, ben, room) = self.call().await;
        let recording = anna.starts_recording(&room).await;
        anna.decides(&room, &recording, Decision::Given).await;
        ben.decides(&room, &recording, Decision::Given).await;
        let begin = recorder.hears::<RecorderBegin>().await.unwrap();
        assert_eq!(recorder.records().await.len(), 2);
        (anna, ben, room, begin)
    }
}

/// A sealed file with these plain bytes, in small chunks behind a header.
pub fn seal(to: &Path, key: &DataKey, label: &Label, plain: &[u8]) -> Sealed {
    let (header, body) = plain.split_at(plain.len().min(100));
    let mut writer = Writer::create(to, key, label, Some(header)).unwrap();
    for chunk in body.chunks(1_000) {
        writer.append(chunk).unwrap();
    }
    writer.finish().unwrap()
}

impl Server {
    /// A recording that is over, with these files: of which leg, which part, what is in it.
    pub async fn keeps_recording(&self, room: &RoomId, files: &[(&str, u32, &[u8])]) -> RecordingId {
        let (id, now) = (RecordingId::new(), self.clinic.clock.now());
        let (key, wrapped) = self.clinic.vault.new_key(id.as_str()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mut rows = Vec::new();
        for (leg, part, plain) in files {
            let (file, path) = (format!("{leg}-{part}.sealed"), folder.path().join("file"));
            let sealed = seal(&path, &key, &Label::new(id.as_str(), &file), plain);
            self.clinic.vault.put(id.as_str(), &file, &path).await.unwrap();
            fs::remove_file(&path).unwrap();
            rows.push(RecordingFile {
                file,
                leg: (*leg).to_owned(),
                part: *part,
                user_id: user_id("ben"),
                name: None,
                role: Some(Role::Patient),
                content_type: "video/webm".to_owned(),
                codecs: vec!["vp8".to_owned()],
                starts_at_ms: 0,
                duration_ms: 1_000,
                plain_bytes: sealed.plain_bytes,
                sealed_bytes: sealed.bytes,
                sha256: sealed.sha256.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}")),
                recovered: false,
                playable: true,
            });
        }
        let recording = StoredRecording {
            id: id.clone(),
            room: room.clone(),
            requested_by: user_id("anna"),
            audio_only: false,
            state: RecordingState::Ready,
            reason: None,
            text_version: "1".to_owned(),
            requested_at: now,
            started_at: Some(now),
            ended_at: Some(now),
            duration_ms: 1_000,
            take: 1,
            key: Some(WrappedKey {
                key_id: wrapped.key_id.as_str().to_owned(),
                wrapped: URL_SAFE_NO_PAD.encode(wrapped.bytes),
            }),
            expires_at: None,
            deleted_at: None,
            deleted_by: None,
        };
        let (consent, guard, events) = (None, Guard::Exists, Vec::new());
        let change = RecordingChange { recording, is_new: true, consent, files: rows, guard, events };
        self.clinic.store.change_recording(change).await.unwrap();
        id
    }
}

impl Recorder {
    /// Whom it is told to record, in the order of their names.
    pub async fn records(&self) -> Vec<String> {
        let record = self.hears::<RecorderRecord>().await.unwrap();
        let mut users: Vec<String> = record.peers.iter().map(|peer| peer.user_id.to_string()).collect();
        users.sort_unstable();
        users
    }
}

impl Peer {
    pub async fn starts_recording(&self, room: &RoomId) -> Recording {
        let ask = RecordingStart { room_id: room.clone(), audio_only: false };
        self.ask(ask).await.unwrap().recording
    }

    /// Answer a question that was heard.
    pub async fn decides(&self, room: &RoomId, recording: &Recording, decision: Decision) -> Recording {
        self.ask(consent(room, recording, decision)).await.unwrap().recording
    }

    /// Wait to be asked.
    pub async fn is_asked(&self) -> RecordingConsentRequested {
        self.hears::<RecordingConsentRequested>().await.unwrap()
    }

    /// Hear how the recording changes until it stands there. What is tried again is tried at growing distances, so there may be
    /// nothing to hear for a while.
    pub async fn hears_that_it_is(&self, state: RecordingState) -> Recording {
        let stands = async {
            loop {
                match self.hears::<bedside_protocol::recording::RecordingChanged>().await {
                    Ok(changed) if changed.recording.state == state => return changed.recording,
                    Ok(_) | Err(NotHeard::TimedOut { .. }) => {}
                    Err(error) => panic!("{error}"),
                }
            }
        };
        tokio::time::timeout(TRIED_AGAIN, stands).await.unwrap()
    }
}

pub fn consent(room: &RoomId, recording: &Recording, decision: Decision) -> RecordingConsent {
    RecordingConsent {
        room_id: room.clone(),
        recording_id: recording.id.clone(),
        decision,
        text_version: recording.text_version.clone(),
    }
}

/// Those of a call who record.
pub fn recorders(peers: &[InCall]) -> Vec<&InCall> {
    peers.iter().filter(|peer| peer.role == Role::Recorder).collect()
}
