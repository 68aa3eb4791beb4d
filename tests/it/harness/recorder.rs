//! A recorder that a test speaks for, and a call that is about to be recorded.

use bedside::auth::{Bearer, Minter};
use bedside_peer::{Client, Connect, Framing};
use bedside_protocol::{
    ids::{RecordingId, RoomId},
    recorder::{RecorderBegin, RecorderRecord, RecorderRegister, RecorderRegistered},
    recording::{
        Decision, Recording, RecordingConsent, RecordingConsentRequested, RecordingStart, RecordingState,
    },
    session::Role,
    webrtc::Peer as InCall,
};
use std::time::Duration;

use super::{Peer, Server, user_id};

/// What servers of these tests are configured with: recorders come from outside.
pub const RECORDING: [(&str, &str); 3] =
    [("recording.enabled", "true"), ("recording.in_process", "false"), ("storage.disk_floor_mb", "0")];

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
        let register = RecorderRegister { legs: 20, version: "0".into(), unfinished };
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

    /// Hear how the recording changes until it stands there.
    pub async fn hears_that_it_is(&self, state: RecordingState) -> Recording {
        loop {
            let changed = self.hears::<bedside_protocol::recording::RecordingChanged>().await.unwrap();
            if changed.recording.state == state {
                return changed.recording;
            }
        }
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
