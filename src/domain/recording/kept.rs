//! What is kept of recordings: seeing, playing, deleting them.

use bedside_protocol::{
    Code,
    ids::{RecordingId, RoomId, UserId},
    recorder::SpooledFile,
    recording::{Decision, Recording, RecordingDetails, RecordingFile, RecordingReason, RecordingState},
    room::Fact,
    session::Role,
};
use bedside_recorder::{
    manifest::{Manifest, Part as FilePart},
    media::{Codec, Container, Kind},
};
use chrono::{DateTime, Utc};
use serde_json::Value;
use std::sync::Arc;

use super::as_told;
use crate::{
    domain::{Access, Clinic, stored::new_event},
    error::{Error, Result},
    hub::{Room, recorder::Told},
    model::{
        actor::Actor,
        part::{Door, Part},
        visit::Visit,
    },
    store::{self, Guard, RecordingChange, StoreError},
};

/// A recording that somebody may play, with its files.
pub struct Playable {
    /// The recording, with its wrapped key.
    pub recording: store::Recording,
    /// Its media files, in the order of their beginning.
    pub files: Vec<store::RecordingFile>,
}

impl Clinic {
    /// The recordings of a visit, oldest first.
    pub async fn list_recordings(&self, actor: &Actor, room: &RoomId) -> Result<Vec<Recording>> {
        let access = self.access(actor, room).await?;
        access.part.may_see_recordings()?;
        let mut recordings = Vec::new();
        for stored in self.store.recordings_of(room).await? {
            if stored.deleted_at.is_none() {
                recordings.push(self.as_known(&access.room, &stored).await?);
            }
        }
        Ok(recordings)
    }

    /// A recording, with what is kept of it.
    pub async fn see_recording(&self, actor: &Actor, id: &RecordingId) -> Result<RecordingDetails> {
        let (access, stored) = self.recording_for(actor, id).await?;
        access.part.may_see_recordings()?;
        let consents = self.store.recording_consents(id).await?;
        let files =
            if self.may_play(access.part) { self.store.recording_files(id).await? } else { Vec::new() };
        Ok(RecordingDetails {
            consultation_id: stored.room.clone(),
            recording: self.as_known(&access.room, &stored).await?,
            consents: consents.into_iter().map(Into::into).collect(),
            files: files.into_iter().filter(|file| file.playable).map(|file| as_shown(id, file)).collect(),
            expires_at: stored.expires_at.map(Into::into),
        })
    }

    /// A recording for somebody who may play it: its doctor, and its patient where the clinic lets them.
    pub async fn playable(&self, actor: &Actor, id: &RecordingId) -> Result<Playable> {
        let recording = self.recording_to_play(actor, id).await?;
        let mut files = self.store.recording_files(id).await?;
        files.retain(|file| file.playable);
        Ok(Playable { recording, files })
    }

    /// The same without its files.
    pub(super) async fn recording_to_play(
        &self,
        actor: &Actor,
        id: &RecordingId,
    ) -> Result<store::Recording> {
        let (access, recording) = self.recording_for(actor, id).await?;
        if self.may_play(access.part) { Ok(recording) } else { Err(Code::Forbidden.into()) }
    }

    fn may_play(&self, part: Part) -> bool {
        match part {
            Part::Doctor => true,
            Part::Patient(Door::Open) | Part::FormerPatient(_) => self.recording.patient_may_play,
            Part::Patient(Door::Closed | Door::Denied) | Part::Guest(..) | Part::Staff | Part::Former => {
                false
            }
        }
    }

    /// Delete a recording for good: its key first, without which its files are noise. A row of the log says so.
    pub async fn delete_recording(&self, actor: &Actor, id: &RecordingId) -> Result<()> {
        let (access, stored) = self.recording_for(actor, id).await?;
        access.part.may_manage()?;
        self.end_recording(&access.room, RecordingReason::StoppedByDoctor).await;
        self.erase(&access.room, stored, Some(actor)).await
    }

    async fn erase(&self, room: &Arc<Room>, stored: store::Recording, by: Option<&Actor>) -> Result<()> {
        let _turn = room.recording_turn.lock().await;
        let id = stored.id.clone();
        let Some(stored) = self.store.recording(&id).await? else { return Err(Code::NotFound.into()) };
        if stored.is_live() {
            return Err(Code::Conflict.into());
        }
        if stored.deleted_at.is_none() {
            self.store.change_recording(erasure(stored, by, self.clock.now())?).await?;
        }
        self.vault.delete(id.as_str()).await.map_err(Error::fault)
    }

    /// Delete the recordings whose time is over.
    pub async fn delete_expired_recordings(&self) -> Result<()> {
        for stored in self.store.expired_recordings(self.clock.now()).await? {
            let room = self.room(&stored.room).await?;
            let id = stored.id.clone();
            if let Err(error) = self.erase(&room, stored, None).await {
                tracing::warn!(recording.id = %id, %error, "a recording whose time is over could not be deleted yet");
            }
        }
        Ok(())
    }

    /// Files of a recording were put away: note them, and where nothing is missing any more, that it can be played.
    pub(super) async fn keep_recorded(
        &self,
        id: &RecordingId,
        sealed: &[SpooledFile],
        manifest: Value,
    ) -> Result<()> {
        let Some(known) = self.store.recording(id).await? else { return Err(Code::NotFound.into()) };
        let room = self.room(&known.room).await?;
        let files = files(&room.visit(), sealed, manifest)?;
        let _turn = room.recording_turn.lock().await;
        self.note_kept(id, files).await
    }

    /// A recording is over that no recorder was at any more: what came of it before is all that there is, or comes when
    /// somebody rescues it.
    pub(super) async fn close_without_recorder(&self, id: &RecordingId) -> Result<()> {
        self.note_kept(id, Vec::new()).await
    }

    /// The caller has the recording's turn.
    async fn note_kept(&self, id: &RecordingId, files: Vec<store::RecordingFile>) -> Result<()> {
        // Once more, now that nobody else moves it.
        let Some(stored) = self.store.recording(id).await? else { return Err(Code::NotFound.into()) };
        if stored.deleted_at.is_some() {
            return Err(Code::NotFound.into());
        }
        let there = self.store.recording_files(id).await?;
        let plays = files.iter().chain(&there).any(|file| file.playable);
        let over = matches!(stored.state, RecordingState::Stopped | RecordingState::Failed);
        let ready = over && plays;
        if !ready && files.is_empty() {
            return Ok(());
        }
        let (mut recording, mut events) = (stored, Vec::new());
        if ready {
            recording.state = RecordingState::Ready;
            let told = self.last_told(&recording).await?;
            events.push(self.fact(None, &Fact::Recording { recording: as_told(&recording, &told) })?);
        }
        let (consent, guard) = (None, Guard::Exists);
        let change = RecordingChange { recording, is_new: false, consent, files, guard, events };
        Ok(self.store.change_recording(change).await.map(drop)?)
    }

    /// The files of a recording could not be put away yet: everybody hears so, once.
    pub async fn storage_failed(&self, id: &RecordingId) -> Result<()> {
        let Some(found) = self.store.recording(id).await? else { return Ok(()) };
        let room = self.room(&found.room).await?;
        let _turn = room.recording_turn.lock().await;
        let Some(stored) = self.store.recording(id).await? else { return Ok(()) };
        let known = matches!(stored.reason, Some(RecordingReason::StorageFailed | RecordingReason::DiskFull));
        let news = stored.state == RecordingState::Stopped && !known && stored.deleted_at.is_none();
        if !news {
            return Ok(());
        }
        let recording = store::Recording { reason: Some(RecordingReason::StorageFailed), ..stored };
        let told = self.last_told(&recording).await?;
        let events = vec![self.fact(None, &Fact::Recording { recording: as_told(&recording, &told) })?];
        let (consent, files, guard) = (None, Vec::new(), Guard::Exists);
        let change = RecordingChange { recording, is_new: false, consent, files, guard, events };
        Ok(self.store.change_recording(change).await.map(drop)?)
    }

    async fn recording_for(&self, actor: &Actor, id: &RecordingId) -> Result<(Access, store::Recording)> {
        // Strangers learn nothing: neither from the answer nor, with one look more, from much of the time.
        let stored = self.store.recording(id).await?.filter(|stored| stored.deleted_at.is_none());
        let stored = stored.ok_or(Code::NotFound)?;
        Ok((self.access(actor, &stored.room).await?, stored))
    }

    /// A recording as everybody was last told, or would have been.
    async fn as_known(&self, room: &Room, stored: &store::Recording) -> Result<Recording> {
        let live = {
            let state = room.lock();
            Self::recording_of(&state).filter(|live| live.id == stored.id)
        };
        match live {
            Some(live) => Ok(*live),
            None => self.as_kept(stored).await,
        }
    }

    /// A recording that is over.
    pub(super) async fn as_kept(&self, stored: &store::Recording) -> Result<Recording> {
        Ok(as_told(stored, &self.last_told(stored).await?))
    }

    /// Who has agreed to it, as far as is known when it is over.
    async fn last_told(&self, stored: &store::Recording) -> std::result::Result<Told, StoreError> {
        let mut recorded: Vec<UserId> = Vec::new();
        for consent in self.store.recording_consents(&stored.id).await? {
            recorded.retain(|user| *user != consent.user_id);
            if consent.decision == Decision::Given {
                recorded.push(consent.user_id);
            }
        }
        Ok(Told { missing: Vec::new(), recorded })
    }
}

/// A recording is deleted for good: its key is gone with the row that says so.
pub(crate) fn erasure(
    stored: store::Recording,
    by: Option<&Actor>,
    now: DateTime<Utc>,
) -> Result<RecordingChange> {
    let fact = Fact::RecordingDeleted { recording_id: stored.id.clone() };
    let events = vec![new_event(by, &fact, now, Guard::Open, None, None)?];
    let recording = store::Recording {
        key: None,
        deleted_at: Some(now),
        deleted_by: by.map(|actor| actor.user_id.clone()),
        ..stored
    };
    let (consent, files, guard) = (None, Vec::new(), Guard::Exists);
    Ok(RecordingChange { recording, is_new: false, consent, files, guard, events })
}

fn as_shown(id: &RecordingId, file: store::RecordingFile) -> RecordingFile {
    RecordingFile {
        url: format!("/api/v1/recordings/{id}/media?leg={}&part={}", file.leg, file.part),
        leg: file.leg,
        part: file.part,
        user_id: file.user_id,
        name: file.name,
        role: file.role,
        content_type: file.content_type,
        codecs: file.codecs,
        starts_at_ms: file.starts_at_ms,
        duration_ms: file.duration_ms,
        bytes: file.plain_bytes,
        recovered: file.recovered,
    }
}

/// Files as rows: media as the manifest tells of them, and whatever else there is.
fn files(visit: &Visit, sealed: &[SpooledFile], manifest: Value) -> Result<Vec<store::RecordingFile>> {
    let manifest: Manifest = serde_json::from_value(manifest).map_err(Error::fault)?;
    let mut rows = Vec::with_capacity(sealed.len());
    for leg in &manifest.legs {
        let user_id = UserId::parse(&leg.user_id).map_err(Error::fault)?;
        for part in &leg.parts {
            if sealed.iter().any(|file| file.file == part.file) {
                rows.push(media(visit, &leg.leg_id, &user_id, part));
            }
        }
    }
    for file in sealed {
        if !rows.iter().any(|row: &store::RecordingFile| row.file == file.file) {
            rows.push(paper(visit, file));
        }
    }
    Ok(rows)
}

fn media(visit: &Visit, leg: &str, user_id: &UserId, part: &FilePart) -> store::RecordingFile {
    let place = visit.place(user_id);
    let tracks = &part.report.tracks;
    let seen = tracks.iter().any(|track| track.kind == Kind::Video);
    let content_type = match (part.report.container, seen) {
        (Container::WebM, true) => "video/webm",
        (Container::WebM, false) => "audio/webm",
        (Container::Matroska, _) => "video/x-matroska",
    };
    store::RecordingFile {
        file: part.file.clone(),
        leg: leg.to_owned(),
        part: part.report.part,
        user_id: user_id.clone(),
        name: place.and_then(|place| place.name.clone()),
        role: place.map(|place| place.role),
        content_type: content_type.to_owned(),
        codecs: tracks.iter().map(|track| called(track.codec).to_owned()).collect(),
        starts_at_ms: part.report.start_ms,
        duration_ms: part.report.duration_ms,
        plain_bytes: part.plain_bytes,
        sealed_bytes: part.sealed_bytes,
        sha256: part.sha256.clone(),
        recovered: part.recovered,
        playable: true,
    }
}

/// The manifest itself, and the like. Nobody plays it.
fn paper(visit: &Visit, file: &SpooledFile) -> store::RecordingFile {
    store::RecordingFile {
        file: file.file.clone(),
        leg: String::new(),
        part: 0,
        user_id: visit.doctor_id.clone(),
        name: None,
        role: None::<Role>,
        content_type: "application/json".to_owned(),
        codecs: Vec::new(),
        starts_at_ms: 0,
        duration_ms: 0,
        plain_bytes: 0,
        sealed_bytes: file.bytes,
        sha256: file.sha256.clone(),
        recovered: false,
        playable: false,
    }
}

fn called(codec: Codec) -> &'static str {
    match codec {
        Codec::Opus => "opus",
        Codec::Vp8 => "vp8",
        Codec::Vp9 => "vp9",
        Codec::H264 => "h264",
        Codec::Av1 => "av1",
    }
}
