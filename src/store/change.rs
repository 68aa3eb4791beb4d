//! Changing a visit: what happens to it and the rows that say so are one transaction.

use bedside_entity::{consultation, participant, room_event};
use bedside_protocol::{
    consultation::{IcePolicy, RecordingPolicy, Status},
    ids::{MessageId, RoomId, UserId},
    text::Reason,
};
use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, IntoActiveModel,
    QueryFilter,
};
use serde_json::value::RawValue;

use std::sync::Arc;

use crate::model::lifecycle::is_over;

use super::{
    Store,
    append::{Head, Tx, append_under_lock, lock_room, set_head},
    attachment::erase_files_of,
    consultation::visit,
    error::StoreError,
    job::Operation,
    log::{Guard, LogRow, NewEvent},
    row::{to_reason, to_seq},
    visit::{Admission, NewParticipant, Visit},
};

/// Something that happens to a visit.
pub struct Change {
    /// The consultation.
    pub room: RoomId,
    /// When.
    pub at: DateTime<Utc>,
    /// What must hold.
    pub guard: Guard,
    /// The version that the one who asks has seen, where they said it.
    pub expected_version: Option<i64>,
    /// What happens, one after the other.
    pub acts: Vec<Act>,
    /// The rows of the log that say so. Their keys and guards are not looked at.
    pub events: Vec<NewEvent>,
}

/// One thing that happens to a visit.
#[derive(Debug, Clone)]
pub enum Act {
    /// It stands elsewhere now. The times follow: the first start is noted, an end is, a reopening forgets it;
    /// the room is closed while the visit is over.
    Move {
        /// Where it may stand before; else [`StoreError::Conflict`].
        from: &'static [Status],
        /// Where it stands then.
        to: Status,
        /// Why, where it is over.
        reason: Option<Reason>,
    },
    /// Somebody waits, is admitted, held or denied.
    Admit {
        /// Who; [`StoreError::NotFound`] where they have no part in it.
        user: UserId,
        /// Where they may stand before; else [`StoreError::Conflict`].
        from: &'static [Admission],
        /// Where they stand then.
        to: Admission,
    },
    /// Somebody is given a part, or given it back; [`StoreError::Conflict`] where they have one.
    Add(NewParticipant),
    /// Somebody has no longer a part in it; [`StoreError::NotFound`] where they have none.
    Remove(UserId),
    /// Its terms change.
    Amend(Amendment),
}

/// New terms of a consultation; what is `None` stays.
#[derive(Debug, Clone, Default)]
pub struct Amendment {
    /// What it is about; `Some(None)` takes it away.
    pub reason: Option<Option<Reason>>,
    /// When it shall be; `Some(None)`: not known.
    pub scheduled_at: Option<Option<DateTime<Utc>>>,
    /// Whether all but doctors wait to be admitted.
    pub waiting_room: Option<bool>,
    /// Who may record.
    pub recording_policy: Option<RecordingPolicy>,
    /// Which ICE candidates are let through.
    pub ice_policy: Option<IcePolicy>,
}

/// What has become of a visit.
#[derive(Debug, Clone)]
pub struct Changed {
    /// As it is now.
    pub visit: Visit,
    /// The rows that say so.
    pub rows: Vec<Arc<LogRow>>,
}

/// A message that is taken back.
pub struct Redaction {
    /// The room.
    pub room: RoomId,
    /// The message.
    pub message: MessageId,
    /// What the message says from now on.
    pub blanked: Arc<RawValue>,
    /// The row that says so.
    pub event: NewEvent,
}

impl Store {
    /// Change a visit: everything of it or nothing.
    ///
    /// [`StoreError::Conflict`]: the version, or where something stands, is not as expected.
    /// [`StoreError::Ended`]: the guard does not hold.
    pub async fn change(&self, change: Change) -> Result<Changed, StoreError> {
        self.write(change).await
    }

    /// Take a message back: its content is overwritten, and a row says so. A second time gives that first row.
    ///
    /// [`StoreError::NotFound`]: the room has no such message.
    pub async fn redact(&self, redaction: Redaction) -> Result<Arc<LogRow>, StoreError> {
        self.write(redaction).await
    }
}

impl Operation for Change {
    type Output = Changed;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Changed, StoreError> {
        let mut head = lock_room(tx.db, &self.room).await?;
        let consultation = consultation::Entity::find_by_id(self.room.as_str()).one(tx.db).await?;
        let consultation = consultation.ok_or(StoreError::NotFound)?;
        if self.expected_version.is_some_and(|version| version != consultation.version) {
            return Err(StoreError::Conflict { version: consultation.version });
        }
        if self.guard == Guard::Open && head.closed {
            return Err(StoreError::Ended);
        }
        let rows = append_under_lock(tx, &self.room, &mut head, &self.events).await?;
        let mut changing = Changing { db: tx.db, room: &self.room, at: self.at, consultation, head };
        for act in &self.acts {
            changing.act(act).await?;
        }
        let Changing { mut consultation, head, .. } = changing;
        consultation.version += 1;
        consultation.into_active_model().reset_all().update(tx.db).await?;
        set_head(tx.db, &self.room, head).await?;
        Ok(Changed { visit: visit(tx.db, &self.room).await?, rows })
    }
}

/// A visit while it changes. Its own row and its room's are stored at the end, the participants' at once.
struct Changing<'a> {
    db: &'a DatabaseTransaction,
    room: &'a RoomId,
    at: DateTime<Utc>,
    consultation: consultation::Model,
    head: Head,
}

impl Changing<'_> {
    async fn act(&mut self, act: &Act) -> Result<(), StoreError> {
        match act {
            Act::Move { from, to, reason } => self.move_to(from, *to, reason.as_ref()),
            Act::Admit { user, from, to } => self.admit(user, from, *to).await,
            Act::Add(new) => self.add(new).await,
            Act::Remove(user) => self.remove(user).await,
            Act::Amend(amendment) => {
                amendment.apply(&mut self.consultation);
                Ok(())
            }
        }
    }

    fn conflict(&self) -> StoreError {
        StoreError::Conflict { version: self.consultation.version }
    }

    fn move_to(&mut self, from: &[Status], to: Status, reason: Option<&Reason>) -> Result<(), StoreError> {
        if !from.iter().any(|status| status.as_str() == self.consultation.status) {
            return Err(self.conflict());
        }
        to.as_str().clone_into(&mut self.consultation.status);
        if to == Status::InProgress {
            self.consultation.started_at.get_or_insert(self.at);
        }
        self.consultation.ended_at = is_over(to).then_some(self.at);
        self.consultation.end_reason = to_reason(reason).filter(|_| is_over(to));
        self.head.closed = is_over(to);
        Ok(())
    }

    async fn admit(&self, user: &UserId, from: &[Admission], to: Admission) -> Result<(), StoreError> {
        let mut part = self.active_part(user).await?;
        if !from.iter().any(|admission| admission.as_str() == part.admission) {
            return Err(self.conflict());
        }
        to.as_str().clone_into(&mut part.admission);
        part.waiting_since = matches!(to, Admission::Waiting | Admission::Held).then_some(self.at);
        if to == Admission::Admitted {
            part.admitted_at.get_or_insert(self.at);
            part.admitted_seq.get_or_insert(to_seq(self.head.last_seq));
        }
        self.save(part).await
    }

    async fn add(&self, new: &NewParticipant) -> Result<(), StoreError> {
        let row = new.as_row(self.room, self.at, to_seq(self.head.last_seq));
        match self.part(&new.user_id).await? {
            None => participant::Entity::insert(row).exec_without_returning(self.db).await.map(drop)?,
            Some(part) if part.removed_at.is_none() => return Err(self.conflict()),
            Some(_) => row.update(self.db).await.map(drop)?,
        }
        Ok(())
    }

    async fn remove(&self, user: &UserId) -> Result<(), StoreError> {
        let mut part = self.active_part(user).await?;
        part.removed_at = Some(self.at);
        part.removed_seq = Some(to_seq(self.head.last_seq));
        Admission::Unasked.as_str().clone_into(&mut part.admission);
        part.waiting_since = None;
        self.save(part).await
    }

    async fn part(&self, user: &UserId) -> Result<Option<participant::Model>, StoreError> {
        let id = (self.room.to_string(), user.to_string());
        Ok(participant::Entity::find_by_id(id).one(self.db).await?)
    }

    async fn active_part(&self, user: &UserId) -> Result<participant::Model, StoreError> {
        let part = self.part(user).await?.filter(|part| part.removed_at.is_none());
        part.ok_or(StoreError::NotFound)
    }

    async fn save(&self, part: participant::Model) -> Result<(), StoreError> {
        part.into_active_model().reset_all().update(self.db).await?;
        Ok(())
    }
}

impl Amendment {
    fn apply(&self, consultation: &mut consultation::Model) {
        if let Some(reason) = &self.reason {
            consultation.reason = to_reason(reason.as_ref());
        }
        if let Some(scheduled_at) = self.scheduled_at {
            consultation.scheduled_at = scheduled_at;
            consultation.due_at = scheduled_at.unwrap_or(consultation.created_at);
        }
        if let Some(waiting_room) = self.waiting_room {
            consultation.waiting_room = waiting_room;
        }
        if let Some(policy) = self.recording_policy {
            policy.as_str().clone_into(&mut consultation.recording_policy);
        }
        if let Some(policy) = self.ice_policy {
            policy.as_str().clone_into(&mut consultation.ice_policy);
        }
    }
}

impl Operation for Redaction {
    type Output = Arc<LogRow>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Arc<LogRow>, StoreError> {
        let mut head = lock_room(tx.db, &self.room).await?;
        let message = room_event::Entity::find()
            .filter(room_event::Column::RoomId.eq(self.room.as_str()))
            .filter(room_event::Column::EventId.eq(self.message.as_str()))
            .one(tx.db)
            .await?
            .ok_or(StoreError::NotFound)?;
        if let Some(seq) = message.redacted_seq {
            let row = room_event::Entity::find_by_id((self.room.to_string(), seq)).one(tx.db).await?;
            return Ok(Arc::new(row.ok_or(StoreError::NotFound)?.try_into()?));
        }
        let rows = append_under_lock(tx, &self.room, &mut head, std::slice::from_ref(&self.event)).await?;
        let mut message = message.into_active_model();
        message.payload = Set(self.blanked.get().into());
        message.redacted_seq = Set(Some(to_seq(head.last_seq)));
        message.update(tx.db).await?;
        erase_files_of(tx.db, &self.message, self.event.at).await?;
        set_head(tx.db, &self.room, head).await?;
        rows.into_iter().next().ok_or(StoreError::NotFound)
    }
}
