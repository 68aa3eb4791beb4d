//! Making visits and finding them. [`super::change`] changes them.

use std::collections::HashMap;

use bedside_entity::{consultation, participant, person, room};
use bedside_protocol::{consultation::Status, ids::RoomId};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use super::{
    Store,
    append::Tx,
    error::StoreError,
    job::Operation,
    row::to_reason,
    visit::{NewConsultation, Participant, Visit},
};

impl Store {
    /// Make a consultation, its room and its participants.
    ///
    /// [`StoreError::Conflict`]: there is one with this id.
    pub async fn create(&self, new: NewConsultation) -> Result<Visit, StoreError> {
        self.write(new).await
    }

    /// A consultation with its participants.
    pub async fn visit(&self, id: &RoomId) -> Result<Option<Visit>, StoreError> {
        let id = id.as_str().to_owned();
        self.read(async move |db| {
            // Where there is none, as much is read as where there is one: strangers learn nothing from the time.
            let row = consultation::Entity::find_by_id(&id).one(&db).await?;
            let participants = participants(&db, &[&id]).await?.remove(&id).unwrap_or_default();
            row.map(|row| Ok(Visit { participants, consultation: row.try_into()? })).transpose()
        })
        .await
    }

    /// Everyone who has or had a part in a consultation; nobody where there is no such consultation.
    pub async fn members(&self, room: &RoomId) -> Result<Vec<Participant>, StoreError> {
        let room = room.as_str().to_owned();
        self.read(async move |db| {
            Ok(participants(&db, &[room.as_str()]).await?.remove(&room).unwrap_or_default())
        })
        .await
    }

    /// Visits in which somebody waits or the call is on: what is going on when the program starts.
    pub async fn live(&self) -> Result<Vec<Visit>, StoreError> {
        self.read(async move |db| {
            let status = [Status::Waiting, Status::InProgress].map(Status::as_str);
            let rows = consultation::Entity::find().filter(consultation::Column::Status.is_in(status));
            let rows = rows.order_by_desc(consultation::Column::DueAt).all(&db).await?;
            visits(&db, rows).await
        })
        .await
    }
}

impl Operation for NewConsultation {
    type Output = Visit;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Visit, StoreError> {
        if let Some(row) = consultation::Entity::find_by_id(self.id.as_str()).one(tx.db).await? {
            return Err(StoreError::Conflict { version: row.version });
        }
        let room = room::ActiveModel { id: Set(self.id.to_string()), last_seq: Set(0), closed: Set(false) };
        room::Entity::insert(room).exec_without_returning(tx.db).await?;
        let row = consultation::ActiveModel {
            id: Set(self.id.to_string()),
            status: Set(Status::Scheduled.as_str().to_owned()),
            doctor_id: Set(self.doctor_id.to_string()),
            patient_id: Set(self.patient_id.to_string()),
            reason: Set(to_reason(self.reason.as_ref())),
            scheduled_at: Set(self.scheduled_at),
            due_at: Set(self.scheduled_at.unwrap_or(self.at)),
            started_at: Set(None),
            ended_at: Set(None),
            end_reason: Set(None),
            waiting_room: Set(self.waiting_room),
            recording_policy: Set(self.recording_policy.as_str().to_owned()),
            ice_policy: Set(self.ice_policy.as_str().to_owned()),
            version: Set(1),
            created_by: Set(self.created_by.to_string()),
            created_at: Set(self.at),
        };
        consultation::Entity::insert(row).exec_without_returning(tx.db).await?;
        let participants = self.participants.iter().map(|new| new.as_row(&self.id, self.at, 0));
        participant::Entity::insert_many(participants).exec_without_returning(tx.db).await?;
        visit(tx.db, &self.id).await
    }
}

/// A visit that is there, as the transaction sees it.
pub(super) async fn visit(db: &impl ConnectionTrait, id: &RoomId) -> Result<Visit, StoreError> {
    let row = consultation::Entity::find_by_id(id.as_str()).one(db).await?.ok_or(StoreError::NotFound)?;
    visits(db, vec![row]).await?.pop().ok_or(StoreError::NotFound)
}

/// Join their participants to some consultations, whose order stays.
pub(super) async fn visits(
    db: &impl ConnectionTrait,
    rows: Vec<consultation::Model>,
) -> Result<Vec<Visit>, StoreError> {
    let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    let mut participants = participants(db, &ids).await?;
    let visit = |row: consultation::Model| {
        let participants = participants.remove(&row.id).unwrap_or_default();
        Ok(Visit { participants, consultation: row.try_into()? })
    };
    rows.into_iter().map(visit).collect()
}

async fn participants(
    db: &impl ConnectionTrait,
    rooms: &[&str],
) -> Result<HashMap<String, Vec<Participant>>, StoreError> {
    let rows = participant::Entity::find()
        .filter(participant::Column::ConsultationId.is_in(rooms.iter().copied()))
        .order_by_asc(participant::Column::AddedAt)
        .order_by_asc(participant::Column::UserId)
        .all(db)
        .await?;
    let nameless = rows.iter().filter(|row| row.name.is_none()).map(|row| row.user_id.as_str());
    let people = person::Entity::find().filter(person::Column::Id.is_in(nameless)).all(db).await?;
    let names: HashMap<String, _> = people.into_iter().map(|person| (person.id, person.name)).collect();
    let mut participants: HashMap<String, Vec<Participant>> = HashMap::with_capacity(rooms.len());
    for mut row in rows {
        let room = std::mem::take(&mut row.consultation_id);
        if row.name.is_none() {
            row.name = names.get(&row.user_id).cloned().flatten();
        }
        participants.entry(room).or_default().push(row.try_into()?);
    }
    Ok(participants)
}
