//! Recordings as rows: what happens to one and the rows of the log that say so are one transaction.

use bedside_entity::{recording, recording_consent, recording_file};
use bedside_protocol::{
    ids::{RecordingId, RoomId, UserId},
    recording::{ConsentGiven, Decision, RecordingReason, RecordingState},
    session::Role,
    text::Name,
};
use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
    sea_query::OnConflict,
};
use std::sync::Arc;

use super::{
    Store,
    append::{Tx, append_under_lock, lock_room, set_head},
    error::StoreError,
    job::Operation,
    log::{Guard, LogRow, NewEvent},
    row::{from_seq, from_text, from_word, stored, to_name, to_seq, to_word},
};

/// Recordings of one visit that are listed: more than doctors make in one.
const MOST_OF_A_VISIT: u64 = 1_000;
/// Recordings that one round of retention deletes.
const MOST_EXPIRED: u64 = 100;
/// The states in which a recording goes on.
const LIVE: [RecordingState; 3] =
    [RecordingState::AwaitingConsent, RecordingState::Recording, RecordingState::Paused];

/// A recording.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "as the fields of its namesake in the protocol")]
pub struct Recording {
    pub id: RecordingId,
    pub room: RoomId,
    pub requested_by: UserId,
    pub audio_only: bool,
    pub state: RecordingState,
    pub reason: Option<RecordingReason>,
    pub text_version: String,
    pub requested_at: DateTime<Utc>,
    pub started_at: Option<DateTime<Utc>>,
    pub ended_at: Option<DateTime<Utc>>,
    pub duration_ms: u64,
    /// How many takes there are.
    pub take: u32,
    /// Its data key, wrapped; none before it began, and once it was erased.
    pub key: Option<WrappedKey>,
    /// When it is deleted.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was deleted.
    pub deleted_at: Option<DateTime<Utc>>,
    /// By whom; none is the server.
    pub deleted_by: Option<UserId>,
}

/// A data key as it stands in the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrappedKey {
    /// The key that it is wrapped with.
    pub key_id: String,
    /// The wrapped key, as text.
    pub wrapped: String,
}

/// What somebody has said.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "as its columns")]
pub struct RecordingConsent {
    pub user_id: UserId,
    pub decision: Decision,
    pub text_version: String,
    pub at: DateTime<Utc>,
}

impl From<RecordingConsent> for ConsentGiven {
    fn from(it: RecordingConsent) -> Self {
        Self { user_id: it.user_id, decision: it.decision, text_version: it.text_version, at: it.at.into() }
    }
}

/// A sealed file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "as its columns")]
pub struct RecordingFile {
    pub file: String,
    pub leg: String,
    pub part: u32,
    pub user_id: UserId,
    pub name: Option<Name>,
    pub role: Option<Role>,
    pub content_type: String,
    pub codecs: Vec<String>,
    pub starts_at_ms: u64,
    pub duration_ms: u64,
    pub plain_bytes: u64,
    pub sealed_bytes: u64,
    pub sha256: String,
    pub recovered: bool,
    /// Whether it is media; the manifest is a file, too.
    pub playable: bool,
}

/// Something that happens to a recording.
pub struct RecordingChange {
    /// As it is then.
    pub recording: Recording,
    /// Whether it is made by this; else it is there.
    pub is_new: bool,
    /// What somebody has said. Its row is the first of `events`.
    pub consent: Option<RecordingConsent>,
    /// Files that are kept of it now. Those of the same names are replaced.
    pub files: Vec<RecordingFile>,
    /// What must hold of its room.
    pub guard: Guard,
    /// The rows of the log that say so.
    pub events: Vec<NewEvent>,
}

impl Store {
    /// Change a recording: everything of it or nothing.
    ///
    /// [`StoreError::Conflict`]: a new one, while another goes on. [`StoreError::Ended`]: the guard does not hold.
    pub async fn change_recording(&self, change: RecordingChange) -> Result<Vec<Arc<LogRow>>, StoreError> {
        self.write(change).await
    }

    /// A recording, a deleted one included.
    pub async fn recording(&self, id: &RecordingId) -> Result<Option<Recording>, StoreError> {
        let id = id.to_string();
        self.read(async move |db| {
            recording::Entity::find_by_id(id).one(&db).await?.map(Recording::try_from).transpose()
        })
        .await
    }

    /// The recordings of a visit, oldest first.
    pub async fn recordings_of(&self, room: &RoomId) -> Result<Vec<Recording>, StoreError> {
        let room = room.to_string();
        self.read(async move |db| {
            let rows = recording::Entity::find()
                .filter(recording::Column::ConsultationId.eq(room))
                .order_by_asc(recording::Column::Id)
                .limit(MOST_OF_A_VISIT)
                .all(&db)
                .await?;
            rows.into_iter().map(Recording::try_from).collect()
        })
        .await
    }

    /// All recordings that were not deleted, a page after the other, oldest first.
    pub async fn kept_recordings(&self, after: Option<&RecordingId>) -> Result<Vec<Recording>, StoreError> {
        let after = after.map(ToString::to_string);
        self.read(async move |db| {
            let mut kept = recording::Entity::find().filter(recording::Column::DeletedAt.is_null());
            if let Some(after) = after {
                kept = kept.filter(recording::Column::Id.gt(after));
            }
            let rows = kept.order_by_asc(recording::Column::Id).limit(MOST_OF_A_VISIT).all(&db).await?;
            rows.into_iter().map(Recording::try_from).collect()
        })
        .await
    }

    /// The recordings that go on.
    pub async fn live_recordings(&self) -> Result<Vec<Recording>, StoreError> {
        self.read(async move |db| {
            let rows = recording::Entity::find()
                .filter(recording::Column::State.is_in(LIVE.iter().map(to_word)))
                .order_by_asc(recording::Column::Id)
                .all(&db)
                .await?;
            rows.into_iter().map(Recording::try_from).collect()
        })
        .await
    }

    /// Recordings whose time is over.
    pub async fn expired_recordings(&self, now: DateTime<Utc>) -> Result<Vec<Recording>, StoreError> {
        self.read(async move |db| {
            let rows = recording::Entity::find()
                .filter(recording::Column::ExpiresAt.lte(now))
                .filter(recording::Column::DeletedAt.is_null())
                .order_by_asc(recording::Column::ExpiresAt)
                .limit(MOST_EXPIRED)
                .all(&db)
                .await?;
            rows.into_iter().map(Recording::try_from).collect()
        })
        .await
    }

    /// What people have said to a recording, oldest first.
    pub async fn recording_consents(&self, id: &RecordingId) -> Result<Vec<RecordingConsent>, StoreError> {
        let id = id.to_string();
        self.read(async move |db| {
            let rows = recording_consent::Entity::find()
                .filter(recording_consent::Column::RecordingId.eq(id))
                .order_by_asc(recording_consent::Column::Seq)
                .all(&db)
                .await?;
            rows.into_iter().map(RecordingConsent::try_from).collect()
        })
        .await
    }

    /// The files of a recording, in the order of legs and parts.
    pub async fn recording_files(&self, id: &RecordingId) -> Result<Vec<RecordingFile>, StoreError> {
        let id = id.to_string();
        self.read(async move |db| {
            let rows = recording_file::Entity::find()
                .filter(recording_file::Column::RecordingId.eq(id))
                .order_by_asc(recording_file::Column::StartsAtMs)
                .order_by_asc(recording_file::Column::Leg)
                .order_by_asc(recording_file::Column::Part)
                .all(&db)
                .await?;
            rows.into_iter().map(RecordingFile::try_from).collect()
        })
        .await
    }
}

impl Operation for RecordingChange {
    type Output = Vec<Arc<LogRow>>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Vec<Arc<LogRow>>, StoreError> {
        let room = &self.recording.room;
        let mut head = lock_room(tx.db, room).await?;
        if self.guard == Guard::Open && head.closed {
            return Err(StoreError::Ended);
        }
        let row = recording::Model::from(&self.recording).into_active_model().reset_all();
        if self.is_new {
            let going_on = recording::Entity::find()
                .filter(recording::Column::ConsultationId.eq(room.as_str()))
                .filter(recording::Column::State.is_in(LIVE.iter().map(to_word)));
            if going_on.one(tx.db).await?.is_some() {
                return Err(StoreError::Conflict { version: 0 });
            }
            recording::Entity::insert(row).exec_without_returning(tx.db).await?;
        } else {
            row.update(tx.db).await?;
        }
        let seq = head.last_seq + 1;
        let rows = append_under_lock(tx, room, &mut head, &self.events).await?;
        if let Some(consent) = &self.consent {
            let row = consent.as_row(&self.recording.id, seq).into_active_model().reset_all();
            recording_consent::Entity::insert(row).exec_without_returning(tx.db).await?;
        }
        for file in &self.files {
            let row = file.as_row(&self.recording.id).into_active_model().reset_all();
            let key = [recording_file::Column::RecordingId, recording_file::Column::File];
            let mut again = OnConflict::columns(key);
            again.update_columns([
                recording_file::Column::DurationMs,
                recording_file::Column::PlainBytes,
                recording_file::Column::SealedBytes,
                recording_file::Column::Sha256,
                recording_file::Column::Recovered,
            ]);
            recording_file::Entity::insert(row).on_conflict(again).exec_without_returning(tx.db).await?;
        }
        set_head(tx.db, room, head).await?;
        Ok(rows)
    }
}

impl Recording {
    /// Whether it goes on.
    pub fn is_live(&self) -> bool {
        LIVE.contains(&self.state)
    }
}

impl From<&Recording> for recording::Model {
    fn from(it: &Recording) -> Self {
        Self {
            id: it.id.to_string(),
            consultation_id: it.room.to_string(),
            requested_by: it.requested_by.to_string(),
            audio_only: it.audio_only,
            state: to_word(&it.state),
            reason: it.reason.as_ref().map(to_word),
            text_version: it.text_version.clone(),
            requested_at: it.requested_at,
            started_at: it.started_at,
            ended_at: it.ended_at,
            duration_ms: to_seq(it.duration_ms),
            take: i64::from(it.take),
            key_id: it.key.as_ref().map(|key| key.key_id.clone()),
            wrapped_key: it.key.as_ref().map(|key| key.wrapped.clone()),
            expires_at: it.expires_at,
            deleted_at: it.deleted_at,
            deleted_by: it.deleted_by.as_ref().map(ToString::to_string),
        }
    }
}

impl TryFrom<recording::Model> for Recording {
    type Error = StoreError;

    fn try_from(row: recording::Model) -> Result<Self, StoreError> {
        let key = row.key_id.zip(row.wrapped_key);
        Ok(Self {
            id: stored("recording.id", &row.id)?,
            room: stored("recording.consultation_id", &row.consultation_id)?,
            requested_by: stored("recording.requested_by", &row.requested_by)?,
            audio_only: row.audio_only,
            state: from_word("recording.state", &row.state)?,
            reason: row.reason.map(|reason| from_word("recording.reason", &reason)).transpose()?,
            text_version: row.text_version,
            requested_at: row.requested_at,
            started_at: row.started_at,
            ended_at: row.ended_at,
            duration_ms: from_seq(row.duration_ms),
            take: u32::try_from(row.take).unwrap_or(u32::MAX),
            key: key.map(|(key_id, wrapped)| WrappedKey { key_id, wrapped }),
            expires_at: row.expires_at,
            deleted_at: row.deleted_at,
            deleted_by: row.deleted_by.map(|by| stored("recording.deleted_by", &by)).transpose()?,
        })
    }
}

impl RecordingConsent {
    fn as_row(&self, recording: &RecordingId, seq: u64) -> recording_consent::Model {
        recording_consent::Model {
            recording_id: recording.to_string(),
            seq: to_seq(seq),
            user_id: self.user_id.to_string(),
            decision: to_word(&self.decision),
            text_version: self.text_version.clone(),
            at: self.at,
        }
    }
}

impl TryFrom<recording_consent::Model> for RecordingConsent {
    type Error = StoreError;

    fn try_from(row: recording_consent::Model) -> Result<Self, StoreError> {
        Ok(Self {
            user_id: stored("recording_consent.user_id", &row.user_id)?,
            decision: from_word("recording_consent.decision", &row.decision)?,
            text_version: row.text_version,
            at: row.at,
        })
    }
}

impl RecordingFile {
    fn as_row(&self, recording: &RecordingId) -> recording_file::Model {
        recording_file::Model {
            recording_id: recording.to_string(),
            file: self.file.clone(),
            leg: self.leg.clone(),
            part: i64::from(self.part),
            user_id: self.user_id.to_string(),
            name: to_name(self.name.as_ref()),
            role: self.role.map(|role| role.as_str().to_owned()),
            content_type: self.content_type.clone(),
            codecs: self.codecs.join(","),
            starts_at_ms: to_seq(self.starts_at_ms),
            duration_ms: to_seq(self.duration_ms),
            plain_bytes: to_seq(self.plain_bytes),
            sealed_bytes: to_seq(self.sealed_bytes),
            sha256: self.sha256.clone(),
            recovered: self.recovered,
            playable: self.playable,
        }
    }
}

impl TryFrom<recording_file::Model> for RecordingFile {
    type Error = StoreError;

    fn try_from(row: recording_file::Model) -> Result<Self, StoreError> {
        Ok(Self {
            file: row.file,
            leg: row.leg,
            part: u32::try_from(row.part).unwrap_or(u32::MAX),
            user_id: stored("recording_file.user_id", &row.user_id)?,
            name: from_text("recording_file.name", row.name.as_ref(), Name::parse)?,
            role: row.role.map(|role| stored("recording_file.role", &role)).transpose()?,
            content_type: row.content_type,
            codecs: row.codecs.split(',').filter(|codec| !codec.is_empty()).map(str::to_owned).collect(),
            starts_at_ms: from_seq(row.starts_at_ms),
            duration_ms: from_seq(row.duration_ms),
            plain_bytes: from_seq(row.plain_bytes),
            sealed_bytes: from_seq(row.sealed_bytes),
            sha256: row.sha256,
            recovered: row.recovered,
            playable: row.playable,
        })
    }
}
