//! A visit and who has a part in it, as rows tell it.

use std::str::FromStr;

use bedside_entity::{consultation, participant};
use bedside_protocol::{
    consultation::{IcePolicy, RecordingPolicy, Status},
    ids::{RoomId, UserId},
    session::Role,
    text::{Name, Reason},
};
use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;

use super::{
    error::{Fault, StoreError},
    row::{from_seq, from_text, stored, to_name},
};

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
