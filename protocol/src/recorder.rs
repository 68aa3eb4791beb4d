//! `recorder:*`: between the server and a recorder. **Internal**: both come from one release, and nobody else may rely on
//! it, so it stands in no published schema.
//!
//! A recorder is a session with the role `recorder`. It registers, is told what to record and from whom, and enters calls as
//! one more peer: its offers, answers and candidates are the ordinary `webrtc:*` events, always with `to`.

use std::{fmt, net::IpAddr};

use serde::{Deserialize, Serialize};

use crate::{
    ids::{PeerId, RecordingId, RoomId, UserId},
    recording::{ConsentGiven, RecordingReason},
    session::Role,
    table::Done,
    text::{Name, Timestamp},
    webrtc::IceServer,
};

spoken! { client
    /// I am here and may be given work. Said first on each connection, and again after a lost session.
    pub struct RecorderRegister {
        /// How many legs I take at once.
        pub legs: u32,
        /// The release that I come from.
        pub version: String,
        /// Where peers reach me: on a loopback, theirs are of use to me, too.
        pub addresses: Vec<IpAddr>,
        /// Recordings whose files lie here and are not put away.
        pub unfinished: Vec<RecordingId>,
    }

    /// How a recording is, at most once a second.
    pub struct RecorderStatus {
        /// The recording.
        pub recording_id: RecordingId,
        /// How long it is, in milliseconds since its start.
        pub duration_ms: u64,
        /// Its legs.
        pub legs: Vec<LegStatus>,
    }

    /// How a leg is.
    pub struct LegStatus {
        /// The peer whose media it takes.
        pub peer_id: PeerId,
        /// Where it stands.
        pub state: LegState,
        /// RTP packets so far.
        pub packets: u64,
        /// Bytes written so far.
        pub bytes: u64,
    }

    /// A recording, or all that could be made of it, cannot go on.
    pub struct RecorderFailed {
        /// The recording.
        pub recording_id: RecordingId,
        /// Why.
        pub reason: RecordingReason,
        /// One line for the operator's log: no names, no addresses.
        pub detail: String,
    }

    /// Everything of a recording is sealed and lies in the spool.
    pub struct RecorderFinished {
        /// The recording.
        pub recording_id: RecordingId,
        /// Why it ended, where the recorder ended it.
        pub reason: Option<RecordingReason>,
        /// The sealed files, the manifest's own included.
        pub files: Vec<SpooledFile>,
        /// The manifest, as the recorder crate defines it.
        pub manifest: serde_json::Value,
    }

    /// A sealed file in the spool.
    pub struct SpooledFile {
        /// Its name in the recording's folder.
        pub file: String,
        /// Its size as it lies there.
        pub bytes: u64,
        /// SHA-256 of it as it lies there, in hexadecimal.
        pub sha256: String,
    }
}

spoken! { words
    /// Where a leg stands. Only what brings media is connected.
    pub enum LegState {
        /// It was offered, and no media has come.
        Connecting,
        /// Media comes.
        Connected,
        /// No media comes any more.
        Silent,
        /// It is over.
        Closed,
    }

    /// What becomes of what was recorded.
    pub enum Remains {
        /// It is kept.
        Keep,
        /// It is deleted.
        Discard,
    }
}

spoken! { server
    /// What answers `recorder:register`.
    pub struct RecorderRegistered {
        /// Keys of the unfinished recordings that are to be rescued, and put away.
        pub rescue: Vec<RescuedKey>,
        /// Unfinished recordings that nobody wants any more.
        pub discard: Vec<RecordingId>,
    }

    /// The key of an unfinished recording.
    pub struct RescuedKey {
        /// The recording.
        pub recording_id: RecordingId,
        /// Its key.
        pub key: SpokenKey,
        /// Everybody's decisions, oldest first.
        pub consents: Vec<ConsentGiven>,
    }

    /// Begin a recording, or go on with one after a recorder has died: enter its call. Nobody is recorded yet.
    pub struct RecorderBegin {
        /// The recording.
        pub recording_id: RecordingId,
        /// The call.
        pub room_id: RoomId,
        /// What the recorder is in this call.
        pub peer_id: PeerId,
        /// The recording's data key.
        pub key: SpokenKey,
        /// When the recording's timeline begins: the same for every take.
        pub epoch: Timestamp,
        /// From 0; grows each time that a recorder takes the recording up anew, and stands in the names of the legs.
        pub take: u32,
        /// Whether only sound is recorded.
        pub audio_only: bool,
        /// STUN and TURN servers; the recorder itself is reached at its own address.
        pub ice_servers: Vec<IceServer>,
        /// How long it may still become, in milliseconds.
        pub at_most_ms: u64,
        /// Everybody's decisions so far, oldest first: they stand in the manifest.
        pub consents: Vec<ConsentGiven>,
    }

    /// Somebody has decided anew, and it is stored.
    pub struct RecorderConsents {
        /// The recording.
        pub recording_id: RecordingId,
        /// Everybody's decisions so far, oldest first.
        pub consents: Vec<ConsentGiven>,
    }

    /// Record these peers and no others, from now on. An empty list is a pause.
    pub struct RecorderRecord {
        /// The recording.
        pub recording_id: RecordingId,
        /// Everyone who agrees and is in the call.
        pub peers: Vec<RecordedPeer>,
    }

    /// Somebody who is recorded.
    pub struct RecordedPeer {
        /// Their peer id.
        pub peer_id: PeerId,
        /// Who they are.
        pub user_id: UserId,
        /// What they are called.
        pub name: Option<Name>,
        /// Their part in the visit.
        pub role: Role,
    }

    /// End a recording, and say `recorder:finished`.
    pub struct RecorderEnd {
        /// The recording.
        pub recording_id: RecordingId,
        /// What becomes of it.
        pub remains: Remains,
    }
}

events! { client
    /// What a recorder may say besides `webrtc:*`.
    RecorderEvent {
        /// I am here.
        "recorder:register" RecorderRegister -> RecorderRegistered,
        /// How a recording is.
        "recorder:status" RecorderStatus -> Done,
        /// A recording cannot go on.
        "recorder:failed" RecorderFailed -> Done,
        /// Everything of a recording is sealed.
        "recorder:finished" RecorderFinished -> Done,
    }
}

events! { server
    /// What a recorder is told besides `webrtc:*`.
    RecorderOrder {
        /// Begin, or go on with, a recording.
        "recorder:begin" RecorderBegin,
        /// This is what everybody has agreed to.
        "recorder:consents" RecorderConsents,
        /// Record these peers.
        "recorder:record" RecorderRecord,
        /// End a recording.
        "recorder:end" RecorderEnd,
    }
}

/// A data key on its way to a recorder: 32 bytes in base64 without padding. Its `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct SpokenKey(String);

impl SpokenKey {
    /// Take a key that is spelled already.
    pub fn new(base64: String) -> Self {
        Self(base64)
    }

    /// The key as it is spelled.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SpokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SpokenKey(…)")
    }
}
