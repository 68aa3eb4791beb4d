//! Visits and who has a part in them: the rows, making one, finding them. [`super::change`] changes them.

use std::{collections::HashMap, fmt, str::FromStr};

use bedside_entity::{consultation, participant, person, room};
use bedside_protocol::{
    consultation::{IcePolicy, RecordingPolicy, Status},
    ids::{RoomId, UserId},
    session::Role,
    text::{Name, Reason},
};
use chrono::{DateTime, TimeZone, Utc};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait, sea_query::Query,
};

use super::{
    Store,
    append::Tx,
    error::{Fault, StoreError},
    row::{from_seq, from_text, stored, to_name, to_reason},
    writer::Operation,
};

/// The most visits that a list gives at once.
pub const LIST_ROWS: u64 = 100;

/// A consultation, without its participants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consultation {
    /// Its id, and its room's.
    pub id: RoomId,
    /// Where it stands.
    pub status: Status,
    /// Its doctor.
    pub doctor_id: UserId,
    /// Its patient.
    pub patient_id: UserId,
    /// What it is about.
    pub reason: Option<Reason>,
    /// When it shall be.
    pub scheduled_at: Option<DateTime<Utc>>,
    /// When doctor and patient first met.
    pub started_at: Option<DateTime<Utc>>,
    /// When it was over.
    pub ended_at: Option<DateTime<Utc>>,
    /// Why it was over.
    pub end_reason: Option<Reason>,
    /// Whether all but doctors wait to be admitted.
    pub waiting_room: bool,
    /// Who may record.
    pub recording_policy: RecordingPolicy,
    /// Which ICE candidates are let through.
    pub ice_policy: IcePolicy,
    /// Grows by one with each change of it or of a participant.
    pub version: i64,
    /// Who made it.
    pub created_by: UserId,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// Whether somebody may enter the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Admission {
    /// They have not asked.
    Unasked,
    /// They wait.
    Waiting,
    /// They may.
    Admitted,
    /// They were sent back to the waiting room.
    Held,
    /// They were sent away.
    Denied,
}

impl Admission {
    /// As its column holds it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unasked => "unasked",
            Self::Waiting => "waiting",
            Self::Admitted => "admitted",
            Self::Held => "held",
            Self::Denied => "denied",
        }
    }
}

impl FromStr for Admission {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        let all = [Self::Unasked, Self::Waiting, Self::Admitted, Self::Held, Self::Denied];
        all.into_iter().find(|it| it.as_str() == text).ok_or(Fault::column("participant.admission"))
    }
}

/// Somebody's part in a consultation. It stays when they are removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Participant {
    /// Who.
    pub user_id: UserId,
    /// Their part.
    pub role: Role,
    /// What they are called: as invited, or else as their last token said.
    pub name: Option<Name>,
    /// Whether they may enter the call.
    pub admission: Admission,
    /// Since when they wait.
    pub waiting_since: Option<DateTime<Utc>>,
    /// When they were first admitted.
    pub admitted_at: Option<DateTime<Utc>>,
    /// The log's newest row when they were first admitted.
    pub admitted_seq: Option<u64>,
    /// When they were removed.
    pub removed_at: Option<DateTime<Utc>>,
    /// The log's newest row when they were removed.
    pub removed_seq: Option<u64>,
    /// The newest row that reached them.
    pub delivered_seq: u64,
    /// When it did.
    pub delivered_at: Option<DateTime<Utc>>,
    /// The newest row that they have seen.
    pub seen_seq: u64,
    /// When they saw it.
    pub seen_at: Option<DateTime<Utc>>,
    /// When they were given their part.
    pub added_at: DateTime<Utc>,
}

/// A consultation with everyone who has or had a part in it, in the order of their coming.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// The consultation.
    pub consultation: Consultation,
    /// The removed ones, too: see [`Participant::removed_at`].
    pub participants: Vec<Participant>,
}

/// Somebody who is given a part in a consultation.
#[derive(Debug, Clone)]
pub struct NewParticipant {
    /// Who.
    pub user_id: UserId,
    /// Their part.
    pub role: Role,
    /// What they are called here, where their token does not say it.
    pub name: Option<Name>,
    /// Whether they may enter the call.
    pub admission: Admission,
}

/// A consultation that is to be.
#[derive(Debug, Clone)]
pub struct NewConsultation {
    /// Its id, fresh.
    pub id: RoomId,
    /// Its doctor.
    pub doctor_id: UserId,
    /// Its patient.
    pub patient_id: UserId,
    /// Everyone with a part in it, its doctor and its patient among them.
    pub participants: Vec<NewParticipant>,
    /// What it is about.
    pub reason: Option<Reason>,
    /// When it shall be.
    pub scheduled_at: Option<DateTime<Utc>>,
    /// Whether all but doctors wait to be admitted.
    pub waiting_room: bool,
    /// Who may record.
    pub recording_policy: RecordingPolicy,
    /// Which ICE candidates are let through.
    pub ice_policy: IcePolicy,
    /// Who makes it.
    pub created_by: UserId,
    /// When it is made.
    pub at: DateTime<Utc>,
}

/// Which visits to list, newest first. A visit's time is its `scheduled_at`, or else its `created_at`.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only those that this person has or had a part in.
    pub user: Option<UserId>,
    /// Only those that stand at one of these; empty: at any.
    pub status: Vec<Status>,
    /// Only those at this time or later.
    pub from: Option<DateTime<Utc>>,
    /// Only those before this time.
    pub to: Option<DateTime<Utc>>,
    /// At most so many, and [`LIST_ROWS`].
    pub limit: u64,
    /// Only those after this place in the list.
    pub cursor: Option<Cursor>,
}

/// A place in a list of visits. As text it has only digits, letters, dots and what an id has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    due_at: DateTime<Utc>,
    id: RoomId,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.due_at.timestamp_millis(), self.id)
    }
}

/// The text is no cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor of this list")]
pub struct NotACursor;

impl FromStr for Cursor {
    type Err = NotACursor;

    fn from_str(text: &str) -> Result<Self, NotACursor> {
        let (due_at, id) = text.split_once('.').ok_or(NotACursor)?;
        let due_at = due_at.parse().ok().and_then(|ms| Utc.timestamp_millis_opt(ms).single());
        let id = RoomId::parse(id).ok();
        due_at.zip(id).map(|(due_at, id)| Self { due_at, id }).ok_or(NotACursor)
    }
}

/// A page of a list of visits.
#[derive(Debug, Clone)]
pub struct Visits {
    /// Newest first.
    pub visits: Vec<Visit>,
    /// Where the list goes on, if it does.
    pub next: Option<Cursor>,
}

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
        self.read(async move |db| match consultation::Entity::find_by_id(id).one(&db).await? {
            Some(row) => Ok(visits(&db, vec![row]).await?.pop()),
            None => Ok(None),
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

    /// Visits, newest first.
    pub async fn list(&self, filter: Filter) -> Result<Visits, StoreError> {
        let limit = filter.limit.clamp(1, LIST_ROWS);
        self.read(async move |db| {
            let mut rows = list_query(&filter).limit(limit + 1).all(&db).await?;
            let more = rows.len() as u64 > limit;
            rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
            let last = rows.last().filter(|_| more);
            let next = last.map(|row| {
                Ok::<_, StoreError>(Cursor { due_at: row.due_at, id: stored("consultation.id", &row.id)? })
            });
            Ok(Visits { next: next.transpose()?, visits: visits(&db, rows).await? })
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

impl NewParticipant {
    /// The row of somebody who comes when the room's log stands at `head`.
    pub(super) fn as_row(&self, room: &RoomId, at: DateTime<Utc>, head: i64) -> participant::ActiveModel {
        let admitted = self.admission == Admission::Admitted;
        participant::ActiveModel {
            consultation_id: Set(room.to_string()),
            user_id: Set(self.user_id.to_string()),
            role: Set(self.role.as_str().to_owned()),
            name: Set(to_name(self.name.as_ref())),
            admission: Set(self.admission.as_str().to_owned()),
            waiting_since: Set((self.admission == Admission::Waiting).then_some(at)),
            admitted_at: Set(admitted.then_some(at)),
            admitted_seq: Set(admitted.then_some(head)),
            removed_at: Set(None),
            removed_seq: Set(None),
            delivered_seq: Set(0),
            delivered_at: Set(None),
            seen_seq: Set(0),
            seen_at: Set(None),
            added_at: Set(at),
        }
    }
}

/// A visit that is there, as the transaction sees it.
pub(super) async fn visit(db: &impl ConnectionTrait, id: &RoomId) -> Result<Visit, StoreError> {
    let row = consultation::Entity::find_by_id(id.as_str()).one(db).await?.ok_or(StoreError::NotFound)?;
    visits(db, vec![row]).await?.pop().ok_or(StoreError::NotFound)
}

fn list_query(filter: &Filter) -> sea_orm::Select<consultation::Entity> {
    use consultation::Column;
    let after = |cursor: &Cursor| {
        let same_time =
            Condition::all().add(Column::DueAt.eq(cursor.due_at)).add(Column::Id.lt(cursor.id.as_str()));
        Condition::any().add(Column::DueAt.lt(cursor.due_at)).add(same_time)
    };
    consultation::Entity::find()
        .apply_if(filter.user.as_ref(), |query, user| query.filter(Column::Id.in_subquery(rooms_of(user))))
        .apply_if((!filter.status.is_empty()).then_some(&filter.status), |query, status| {
            query.filter(Column::Status.is_in(status.iter().map(|status| status.as_str())))
        })
        .apply_if(filter.from, |query, from| query.filter(Column::DueAt.gte(from)))
        .apply_if(filter.to, |query, to| query.filter(Column::DueAt.lt(to)))
        .apply_if(filter.cursor.as_ref(), |query, cursor| query.filter(after(cursor)))
        .order_by_desc(Column::DueAt)
        .order_by_desc(Column::Id)
}

fn rooms_of(user: &UserId) -> sea_orm::sea_query::SelectStatement {
    Query::select()
        .column(participant::Column::ConsultationId)
        .from(participant::Entity)
        .and_where(participant::Column::UserId.eq(user.as_str()))
        .take()
}

/// Join their participants to some consultations, whose order stays.
async fn visits(db: &impl ConnectionTrait, rows: Vec<consultation::Model>) -> Result<Vec<Visit>, StoreError> {
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

impl TryFrom<consultation::Model> for Consultation {
    type Error = StoreError;

    fn try_from(row: consultation::Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: stored("consultation.id", &row.id)?,
            status: stored("consultation.status", &row.status)?,
            doctor_id: stored("consultation.doctor_id", &row.doctor_id)?,
            patient_id: stored("consultation.patient_id", &row.patient_id)?,
            reason: from_text("consultation.reason", row.reason.as_ref(), Reason::parse)?,
            scheduled_at: row.scheduled_at,
            started_at: row.started_at,
            ended_at: row.ended_at,
            end_reason: from_text("consultation.end_reason", row.end_reason.as_ref(), Reason::parse)?,
            waiting_room: row.waiting_room,
            recording_policy: stored("consultation.recording_policy", &row.recording_policy)?,
            ice_policy: stored("consultation.ice_policy", &row.ice_policy)?,
            version: row.version,
            created_by: stored("consultation.created_by", &row.created_by)?,
            created_at: row.created_at,
        })
    }
}

impl TryFrom<participant::Model> for Participant {
    type Error = StoreError;

    fn try_from(row: participant::Model) -> Result<Self, StoreError> {
        Ok(Self {
            user_id: stored("participant.user_id", &row.user_id)?,
            role: stored("participant.role", &row.role)?,
            name: from_text("participant.name", row.name.as_ref(), Name::parse)?,
            admission: row.admission.parse()?,
            waiting_since: row.waiting_since,
            admitted_at: row.admitted_at,
            admitted_seq: row.admitted_seq.map(from_seq),
            removed_at: row.removed_at,
            removed_seq: row.removed_seq.map(from_seq),
            delivered_seq: from_seq(row.delivered_seq),
            delivered_at: row.delivered_at,
            seen_seq: from_seq(row.seen_seq),
            seen_at: row.seen_at,
            added_at: row.added_at,
        })
    }
}
