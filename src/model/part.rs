//! What somebody may do in a consultation: the permission table as code.
//!
//! Deny by default. Who may not know that a consultation exists is answered `not_found`, like for one
//! that does not.

use bedside_protocol::{Code, session::Role};

use crate::model::{
    actor::Actor,
    lifecycle::is_over,
    visit::{Admission, Visit},
};

/// Somebody's part in a consultation, derived anew for each event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// A doctor of this consultation.
    Doctor,
    /// Its patient; admitted or not.
    Patient(Door),
    /// A guest; admitted, since this event of the room, or not.
    Guest(Door, u64),
    /// Runs the clinic: sees all but content.
    Staff,
    /// Was its patient, and reads up to this event.
    FormerPatient(u64),
    /// Was something else in it.
    Former,
}

/// Where somebody stands before the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// May enter.
    Open,
    /// Waits to be admitted.
    Closed,
    /// Was sent away.
    Denied,
}

/// Which events of the log somebody may read: those after `after`, up to `up_to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Readable {
    /// Exclusive.
    pub after: u64,
    /// Inclusive.
    pub up_to: u64,
}

impl Part {
    /// The part that somebody has; none for strangers.
    pub fn of(actor: &Actor, visit: &Visit) -> Result<Self, Code> {
        // A recorder is nobody, whatever its token calls it.
        if actor.role == Role::Recorder {
            return Err(Code::NotFound);
        }
        if actor.scope.as_ref().is_some_and(|scope| *scope != visit.id) {
            return Err(Code::NotFound);
        }
        let Some(place) = visit.place(&actor.user_id) else {
            return if actor.role == Role::Staff { Ok(Self::Staff) } else { Err(Code::NotFound) };
        };
        if let Some(removed_seq) = place.removed_seq {
            return Ok(match place.role {
                Role::Patient => Self::FormerPatient(removed_seq),
                Role::Doctor | Role::Staff | Role::Guest | Role::Recorder => Self::Former,
            });
        }
        let door = match place.admission {
            _ if visit.is_admitted(place) => Door::Open,
            Admission::Denied => Door::Denied,
            Admission::Undecided | Admission::Admitted | Admission::Held => Door::Closed,
        };
        Ok(match place.role {
            Role::Doctor => Self::Doctor,
            Role::Patient => Self::Patient(door),
            Role::Guest | Role::Staff | Role::Recorder => Self::Guest(door, place.admitted_seq.unwrap_or(0)),
        })
    }

    /// Read the log.
    pub fn may_read(self) -> Result<Readable, Code> {
        match self {
            Self::Doctor | Self::Patient(_) => Ok(Readable { after: 0, up_to: u64::MAX }),
            Self::Guest(Door::Open, since) => Ok(Readable { after: since, up_to: u64::MAX }),
            Self::Guest(Door::Closed, _) => Err(Code::Waiting),
            Self::FormerPatient(up_to) => Ok(Readable { after: 0, up_to }),
            Self::Guest(Door::Denied, _) | Self::Staff | Self::Former => Err(Code::Forbidden),
        }
    }

    /// Be in the room: hear what is said, write, type, give receipts.
    pub fn may_chat(self) -> Result<Readable, Code> {
        match self {
            Self::FormerPatient(_) => Err(Code::Forbidden),
            Self::Doctor | Self::Patient(_) | Self::Guest(..) | Self::Staff | Self::Former => self.may_read(),
        }
    }

    /// Open a file: one's own, or one whose message is among what one may read.
    pub fn may_open(self, named_at: Option<u64>, own: bool) -> Result<(), Code> {
        let Readable { after, up_to } = self.may_read()?;
        let told = named_at.is_some_and(|seq| seq > after && seq <= up_to);
        if told || (own && up_to == u64::MAX) { Ok(()) } else { Err(Code::NotFound) }
    }

    /// Enter the call, or wait for it.
    pub fn may_call(self) -> Result<Door, Code> {
        match self {
            Self::Doctor => Ok(Door::Open),
            Self::Patient(door) | Self::Guest(door, _) => match door {
                Door::Open | Door::Closed => Ok(door),
                Door::Denied => Err(Code::Forbidden),
            },
            Self::Staff | Self::FormerPatient(_) | Self::Former => Err(Code::Forbidden),
        }
    }

    /// Speak to the others in the call.
    pub fn may_signal(self) -> Result<(), Code> {
        match self.may_call()? {
            Door::Open => Ok(()),
            Door::Closed | Door::Denied => Err(Code::Waiting),
        }
    }

    /// Admit, deny, hold.
    pub fn may_admit(self) -> Result<(), Code> {
        if self == Self::Doctor { Ok(()) } else { Err(Code::Forbidden) }
    }

    /// Ask for a recording, and stop it.
    pub fn may_record(self) -> Result<(), Code> {
        if self == Self::Doctor { Ok(()) } else { Err(Code::Forbidden) }
    }

    /// Say something to a recording. Those who have no part any more may only take back what they have said.
    pub fn may_consent(self) -> Result<(), Code> {
        match self {
            Self::Former | Self::FormerPatient(_) => Ok(()),
            Self::Doctor | Self::Patient(_) | Self::Guest(..) | Self::Staff => self.may_signal(),
        }
    }

    /// Know which recordings there are, and who has agreed to them.
    pub fn may_see_recordings(self) -> Result<(), Code> {
        match self {
            Self::Doctor | Self::Patient(Door::Open) | Self::Staff | Self::FormerPatient(_) => Ok(()),
            Self::Patient(Door::Closed) => Err(Code::Waiting),
            Self::Patient(Door::Denied) | Self::Guest(..) | Self::Former => Err(Code::Forbidden),
        }
    }

    /// Change, cancel, invite, remove, end, reopen.
    pub fn may_manage(self) -> Result<(), Code> {
        if matches!(self, Self::Doctor | Self::Staff) { Ok(()) } else { Err(Code::Forbidden) }
    }

    /// See the consultation whole. The others see its title and time.
    pub fn may_see_all(self) -> bool {
        matches!(self, Self::Doctor | Self::Patient(Door::Open) | Self::Staff | Self::FormerPatient(_))
    }

    /// See that it exists at all, by REST.
    pub fn may_see(self) -> Result<(), Code> {
        if self == Self::Former { Err(Code::NotFound) } else { Ok(()) }
    }

    /// Take another's message back.
    pub fn may_redact_others(self) -> Result<(), Code> {
        if self == Self::Doctor { Ok(()) } else { Err(Code::Forbidden) }
    }
}

/// The consultation still takes events.
pub fn open(visit: &Visit) -> Result<(), Code> {
    if is_over(visit.status) { Err(Code::Ended) } else { Ok(()) }
}
