//! `recording:*`: asking for a recording, agreeing to it, and what becomes of it.

use std::collections::BTreeMap;

use crate::{
    ids::{RecordingId, RoomId, UserId},
    session::Role,
    text::{Name, Timestamp},
};

spoken! { client
    /// Ask everybody in the call to agree to a recording.
    pub struct RecordingStart {
        /// The room.
        pub room_id: RoomId,
        /// Whether only sound is to be recorded.
        #[serde(default)]
        pub audio_only: bool,
    }

    /// Agree to be recorded, or do not, or no longer.
    pub struct RecordingConsent {
        /// The room.
        pub room_id: RoomId,
        /// The recording.
        pub recording_id: RecordingId,
        /// What you have decided.
        pub decision: Decision,
        /// The version of the text that you were shown.
        pub text_version: String,
    }

    /// Stop a recording.
    pub struct RecordingStop {
        /// The room.
        pub room_id: RoomId,
        /// The recording.
        pub recording_id: RecordingId,
    }
}

spoken! { words
    /// What somebody says to being recorded.
    pub enum Decision {
        /// Yes.
        Given,
        /// No.
        Refused,
        /// Yes before, and no from now on.
        Withdrawn,
    }

    /// Where a recording stands.
    pub enum RecordingState {
        /// Somebody has yet to answer; nothing is recorded.
        AwaitingConsent,
        /// It runs.
        Recording,
        /// It waits for somebody who came later to answer; nothing is recorded meanwhile.
        Paused,
        /// It is over, and its files are being put away.
        Stopped,
        /// It could not be made, or is incomplete; what there is may be played.
        Failed,
        /// Its files can be played.
        Ready,
    }

    /// Why a recording stands where it does.
    pub enum RecordingReason {
        /// The doctor stopped it.
        StoppedByDoctor,
        /// Somebody did not agree.
        Refused,
        /// Somebody no longer agrees.
        Withdrawn,
        /// Somebody came who has yet to answer.
        SomebodyJoined,
        /// Nobody answered in time.
        NoAnswer,
        /// Nobody is left who is recorded.
        EverybodyLeft,
        /// The visit is over.
        VisitEnded,
        /// It is as long as a recording may be.
        TooLong,
        /// The disk is full.
        DiskFull,
        /// The recorder is gone, and did not come back in time.
        RecorderLost,
        /// The recorder could not go on.
        RecorderFailed,
        /// Its files could not be put away yet; it is tried again.
        StorageFailed,
    }
}

spoken! { server
    /// A recording of a visit.
    pub struct Recording {
        /// Its id.
        pub id: RecordingId,
        /// Where it stands.
        pub state: RecordingState,
        /// Who asked for it.
        pub requested_by: UserId,
        /// Whether only sound is recorded.
        pub audio_only: bool,
        /// Who has yet to answer.
        pub missing: Vec<UserId>,
        /// Who agrees, and is recorded while it runs.
        pub recorded: Vec<UserId>,
        /// When it was asked for.
        pub requested_at: Timestamp,
        /// When the first recording began.
        pub started_at: Option<Timestamp>,
        /// How long it is, in milliseconds, pauses included; of one that runs: how long it was at its last change.
        pub duration_ms: u64,
        /// Why it stands where it does.
        pub reason: Option<RecordingReason>,
        /// The version of the text that people agree to.
        pub text_version: String,
    }

    /// What answers every `recording:*` event.
    pub struct RecordingAnswered {
        /// The recording.
        pub recording: Recording,
    }

    /// You are asked to agree to a recording. Answer with `recording:consent`.
    pub struct RecordingConsentRequested {
        /// The room.
        pub room_id: RoomId,
        /// The recording.
        pub recording_id: RecordingId,
        /// Who asks.
        pub requested_by: UserId,
        /// What they are called.
        pub requested_by_name: Option<Name>,
        /// Whether only sound is to be recorded.
        pub audio_only: bool,
        /// The text to agree to, in the clinic's own language.
        pub text: String,
        /// The text by language (BCP 47), the clinic's own included.
        pub texts: BTreeMap<String, String>,
        /// The text's version; changes with every change of the text.
        pub text_version: String,
        /// How many days the recording is kept; none: until it is deleted.
        pub kept_days: Option<u64>,
    }

    /// A recording stands elsewhere now. A row of the room's log.
    pub struct RecordingChanged {
        /// The room.
        pub room_id: RoomId,
        /// The row's place in the log.
        pub seq: u64,
        /// The recording.
        pub recording: Recording,
    }

    /// A recording with what is kept of it, as REST gives it.
    pub struct RecordingDetails {
        /// Its consultation.
        pub consultation_id: RoomId,
        /// The recording.
        #[serde(flatten)]
        pub recording: Recording,
        /// Everybody's decisions, oldest first.
        pub consents: Vec<ConsentGiven>,
        /// What can be played, in the order of legs and parts.
        pub files: Vec<RecordingFile>,
        /// When it will be deleted; none: when somebody does it.
        pub expires_at: Option<Timestamp>,
    }

    /// Somebody's decision.
    pub struct ConsentGiven {
        /// Whose.
        pub user_id: UserId,
        /// What it is.
        pub decision: Decision,
        /// The version of the text that they were shown.
        pub text_version: String,
        /// When.
        pub at: Timestamp,
    }

    /// One file of a recording: what one participant sent, for as long as codec and connection stayed the same.
    pub struct RecordingFile {
        /// The leg: one participant's connection to the recorder.
        pub leg: String,
        /// The part of the leg, from 0.
        pub part: u32,
        /// Whose media it is.
        pub user_id: UserId,
        /// What they were called.
        pub name: Option<Name>,
        /// Their part in the visit.
        pub role: Option<Role>,
        /// Where it is played from; ranges are understood.
        pub url: String,
        /// `video/webm`, `audio/webm` or `video/x-matroska`.
        pub content_type: String,
        /// Its codecs, as `vp8` and `opus`.
        pub codecs: Vec<String>,
        /// When it begins, in milliseconds after the recording's start.
        pub starts_at_ms: u64,
        /// How long it is, in milliseconds.
        pub duration_ms: u64,
        /// Its size.
        pub bytes: u64,
        /// Whether it was rescued after the recorder had died.
        pub recovered: bool,
    }
}
