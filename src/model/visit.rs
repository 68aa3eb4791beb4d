//! A consultation with everyone who has, or had, a part in it.

use crate::model::part::Part;
use bedside_protocol::{
    consultation::{Consultation, IcePolicy, Participant, RecordingPolicy, Status},
    ids::{RoomId, UserId},
    room::Member,
    session::Role,
    text::{Name, Reason, Timestamp},
};

/// Whether somebody may enter the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// Nobody has decided yet.
    Undecided,
    /// They were let in, and stay so until they are held or removed.
    Admitted,
    /// They were sent back to the waiting room.
    Held,
    /// They were sent away.
    Denied,
}

/// Somebody's part in a consultation.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// Who.
    pub user_id: UserId,
    /// As what.
    pub role: Role,
    /// What they are called.
    pub name: Option<Name>,
    /// Whether they may enter the call.
    pub admission: Admission,
    /// The room's newest event when they were admitted: guests read from there.
    pub admitted_seq: Option<u64>,
    /// The room's newest event when they were removed. They have no part any more.
    pub removed_seq: Option<u64>,
    /// The newest event that reached them.
    pub delivered_seq: u64,
    /// The newest event that they have seen.
    pub seen_seq: u64,
}

/// A consultation.
#[derive(Debug, Clone, PartialEq)]
pub struct Visit {
    /// Its id, and its room's.
    pub id: RoomId,
    /// Where it stands.
    pub status: Status,
    /// Its doctor.
    pub doctor_id: UserId,
    /// Its patient.
    pub patient_id: UserId,
    /// Everyone who has, or had, a part in it.
    pub places: Vec<Place>,
    /// What it is about.
    pub reason: Option<Reason>,
    /// When it shall be.
    pub scheduled_at: Option<Timestamp>,
    /// When doctor and patient met.
    pub started_at: Option<Timestamp>,
    /// When it was over.
    pub ended_at: Option<Timestamp>,
    /// Whether all but doctors wait to be admitted.
    pub waiting_room: bool,
    /// Who may record.
    pub recording_policy: RecordingPolicy,
    /// Which ICE candidates are let through.
    pub ice_policy: IcePolicy,
    /// Grows with each change.
    pub version: i64,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Visit {
    /// Those who have a part in it now.
    pub fn present(&self) -> impl Iterator<Item = &Place> {
        self.places.iter().filter(|place| place.removed_seq.is_none())
    }

    /// Somebody's part, a former one included.
    pub fn place(&self, user: &UserId) -> Option<&Place> {
        self.places.iter().find(|place| place.user_id == *user)
    }

    /// Those who may admit.
    pub fn doctors(&self) -> impl Iterator<Item = &UserId> {
        self.present().filter(|place| place.role == Role::Doctor).map(|place| &place.user_id)
    }

    /// Whether somebody may enter the call without waiting.
    pub fn is_admitted(&self, place: &Place) -> bool {
        match place.admission {
            Admission::Admitted => true,
            Admission::Undecided => place.role == Role::Doctor || !self.waiting_room,
            Admission::Held | Admission::Denied => false,
        }
    }

    /// As clients see it.
    pub fn consultation(&self) -> Consultation {
        let participant = |place: &Place| Participant {
            user_id: place.user_id.clone(),
            role: place.role,
            name: place.name.clone(),
            admitted: self.is_admitted(place),
        };
        Consultation {
            id: self.id.clone(),
            status: self.status,
            doctor_id: self.doctor_id.clone(),
            patient_id: self.patient_id.clone(),
            participants: self.present().map(participant).collect(),
            reason: self.reason.clone(),
            scheduled_at: self.scheduled_at,
            started_at: self.started_at,
            ended_at: self.ended_at,
            waiting_room: self.waiting_room,
            recording_policy: self.recording_policy,
            ice_policy: self.ice_policy,
            version: self.version,
            created_at: self.created_at,
        }
    }

    /// As somebody sees it who has, or had, a part in it.
    pub fn seen_by(&self, user: &UserId) -> Consultation {
        match self.place(user) {
            Some(place) if self.sees_all(place) => self.consultation(),
            Some(_) | None => self.title_and_time(user),
        }
    }

    /// As somebody sees it who has this part.
    pub fn consultation_for(&self, part: Part, user: &UserId) -> Consultation {
        if part.may_see_all() { self.consultation() } else { self.title_and_time(user) }
    }

    fn sees_all(&self, place: &Place) -> bool {
        match place.role {
            Role::Doctor | Role::Staff => true,
            Role::Patient => self.is_admitted(place),
            Role::Guest | Role::Recorder => false,
        }
    }

    /// What those see who wait or are guests: when it is, and nothing of what it is about.
    fn title_and_time(&self, user: &UserId) -> Consultation {
        let whole = self.consultation();
        let mut participants = whole.participants;
        participants.retain(|participant| participant.user_id == *user);
        Consultation { reason: None, participants, ..whole }
    }

    /// The members of its room. `online` says whether somebody has a session in it.
    pub fn members(&self, online: impl Fn(&UserId) -> bool) -> Vec<Member> {
        self.present().map(|place| place.member(online(&place.user_id))).collect()
    }
}

impl Place {
    /// As the room's members see it.
    pub fn member(&self, online: bool) -> Member {
        Member {
            user_id: self.user_id.clone(),
            name: self.name.clone(),
            role: self.role,
            online,
            delivered_up_to_seq: self.delivered_seq,
            seen_up_to_seq: self.seen_seq,
        }
    }
}
