//! Visits: making, changing and ending them; letting people in and sending them away.

use std::sync::Arc;

use bedside_protocol::{
    Code, Refusal,
    consultation::{
        Consultation, ConsultationAdmit, ConsultationAdmitted, ConsultationClosed, ConsultationCreated,
        ConsultationDenied, ConsultationDeny, ConsultationHeld, ConsultationHold, IcePolicy, RecordingPolicy,
    },
    ids::{RoomId, UserId},
    recording::RecordingReason,
    room::Fact,
    session::Role,
    table::Done,
    text::{Name, Reason, Timestamp},
    webrtc::LeaveReason,
};

use crate::{
    domain::{Access, Clinic},
    error::Result,
    hub::{Encoded, Room, Session},
    model::{actor::Actor, closing, lifecycle::Step, part, visit::Visit},
    store::{Act, Admission, Amendment, Cursor, Filter, Guard, NewConsultation, NewParticipant},
};

/// A visit to be made.
#[derive(Debug)]
pub struct NewVisit {
    /// Its doctor.
    pub doctor_id: UserId,
    /// Its patient.
    pub patient_id: UserId,
    /// What they are called, where nobody else says so.
    pub patient_name: Option<Name>,
    /// What it is about.
    pub reason: Option<Reason>,
    /// When it shall be.
    pub scheduled_at: Option<Timestamp>,
    /// Whether all but doctors wait to be admitted.
    pub waiting_room: bool,
    /// Who may record.
    pub recording_policy: RecordingPolicy,
    /// Which ICE candidates are let through.
    pub ice_policy: IcePolicy,
}

/// Somebody who is to be given a part.
#[derive(Debug)]
pub struct NewPlace {
    /// Who.
    pub user_id: UserId,
    /// As what.
    pub role: Role,
    /// What they are called.
    pub name: Option<Name>,
}

impl Clinic {
    /// Make a visit. Doctors make their own, staff make anyone's.
    pub async fn create_visit(&self, actor: &Actor, new: NewVisit) -> Result<Consultation> {
        let allowed = match actor.role {
            Role::Staff => actor.scope.is_none(),
            Role::Doctor => actor.scope.is_none() && actor.user_id == new.doctor_id,
            Role::Patient | Role::Guest | Role::Recorder => false,
        };
        if !allowed {
            return Err(Code::Forbidden.into());
        }
        if new.doctor_id == new.patient_id {
            return Err(Refusal::malformed("patientId", "doctor and patient are two people").into());
        }
        let place = |user_id: &UserId, role, name| NewParticipant {
            user_id: user_id.clone(),
            role,
            name,
            admission: Admission::Unasked,
        };
        let participants = vec![
            place(&new.doctor_id, Role::Doctor, None),
            place(&new.patient_id, Role::Patient, new.patient_name),
        ];
        let stored = self
            .store
            .create(NewConsultation {
                id: RoomId::new(),
                doctor_id: new.doctor_id,
                patient_id: new.patient_id,
                participants,
                reason: new.reason,
                scheduled_at: new.scheduled_at.map(Timestamp::time),
                waiting_room: new.waiting_room,
                recording_policy: new.recording_policy,
                ice_policy: new.ice_policy,
                created_by: actor.user_id.clone(),
                at: self.clock.now(),
            })
            .await?;
        let visit = Visit::from(stored);
        for place in visit.present() {
            let consultation = visit.seen_by(&place.user_id);
            self.hub.tell_user(&place.user_id, &Encoded::new(&ConsultationCreated { consultation }));
        }
        Ok(visit.consultation())
    }

    /// A visit, as far as one may see it.
    pub async fn see_visit(&self, actor: &Actor, id: &RoomId) -> Result<Consultation> {
        let Access { visit, part, .. } = self.access(actor, id).await?;
        part.may_see()?;
        Ok(visit.consultation_for(part, &actor.user_id))
    }

    /// A page of visits: one's own; for staff, all.
    pub async fn list_visits(
        &self,
        actor: &Actor,
        filter: Filter,
    ) -> Result<(Vec<Consultation>, Option<Cursor>)> {
        let user = (actor.role != Role::Staff).then(|| actor.user_id.clone());
        let page = self.store.list(Filter { user, ..filter }).await?;
        let mut items = Vec::with_capacity(page.visits.len());
        for stored in page.visits {
            let visit = Visit::from(stored);
            // Whoever has no part any more, or a token for another visit, does not see it.
            if let Ok(part) = part::Part::of(actor, &visit)
                && part.may_see().is_ok()
            {
                items.push(visit.consultation_for(part, &actor.user_id));
            }
        }
        Ok((items, page.next))
    }

    /// Change the terms of a visit.
    pub async fn amend(
        &self,
        actor: &Actor,
        id: &RoomId,
        version: Option<i64>,
        amendment: Amendment,
    ) -> Result<Consultation> {
        self.manager(actor, id).await?;
        let visit = self.change(id, version, Guard::Open, vec![Act::Amend(amendment)], Vec::new()).await?;
        Ok(visit.consultation())
    }

    /// Let somebody in.
    pub async fn admit(&self, actor: &Actor, ask: ConsultationAdmit) -> Result<Done> {
        let ConsultationAdmit { room_id, user_id, reason } = ask;
        let Access { room, visit, .. } = self.doorkeeper(actor, &room_id).await?;
        let place = visit.present().find(|place| place.user_id == user_id).ok_or(Code::NotFound)?;
        if !visit.is_admitted(place) {
            let from = &[Admission::Unasked, Admission::Waiting, Admission::Held, Admission::Denied];
            let act = Act::Admit { user: user_id.clone(), from, to: Admission::Admitted };
            let fact = self.fact(Some(actor), &Fact::Admitted { user_id: user_id.clone() })?;
            self.change(&room_id, None, Guard::Open, vec![act], vec![fact]).await?;
        }
        self.call_from_queue(&room, &user_id);
        self.hub.tell_user(&user_id, &Encoded::new(&ConsultationAdmitted { room_id, reason }));
        Ok(Done {})
    }

    /// Send somebody away who has not been let in.
    pub async fn deny(&self, actor: &Actor, ask: ConsultationDeny) -> Result<Done> {
        let ConsultationDeny { room_id, user_id, reason } = ask;
        let Access { room, visit, .. } = self.doorkeeper(actor, &room_id).await?;
        let place = visit.present().find(|place| place.user_id == user_id).ok_or(Code::NotFound)?;
        if place.role == Role::Doctor {
            return Err(Refusal::new(Code::Conflict, "a doctor does not wait").into());
        }
        let from = &[Admission::Unasked, Admission::Waiting, Admission::Held];
        let act = Act::Admit { user: user_id.clone(), from, to: Admission::Denied };
        let fact = Fact::Denied { user_id: user_id.clone(), reason: reason.clone() };
        let fact = self.fact(Some(actor), &fact)?;
        self.change(&room_id, None, Guard::Open, vec![act], vec![fact]).await?;
        self.send_out(&room, &user_id);
        self.hub.tell_user(&user_id, &Encoded::new(&ConsultationDenied { room_id, reason }));
        Ok(Done {})
    }

    /// Send somebody back to the waiting room.
    pub async fn hold(&self, actor: &Actor, ask: ConsultationHold) -> Result<Done> {
        let ConsultationHold { room_id, user_id, reason } = ask;
        let Access { room, visit, .. } = self.doorkeeper(actor, &room_id).await?;
        let place = visit.present().find(|place| place.user_id == user_id).ok_or(Code::NotFound)?;
        if place.role == Role::Doctor {
            return Err(Refusal::new(Code::Conflict, "a doctor does not wait").into());
        }
        let from = &[Admission::Unasked, Admission::Waiting, Admission::Admitted, Admission::Denied];
        let act = Act::Admit { user: user_id.clone(), from, to: Admission::Held };
        let fact = Fact::Held { user_id: user_id.clone(), reason: reason.clone() };
        let fact = self.fact(Some(actor), &fact)?;
        self.change(&room_id, None, Guard::Open, vec![act], vec![fact]).await?;
        self.send_out(&room, &user_id);
        self.hub.tell_user(&user_id, &Encoded::new(&ConsultationHeld { room_id, reason }));
        Ok(Done {})
    }

    /// End a visit.
    pub async fn end_visit(
        &self,
        actor: &Actor,
        id: &RoomId,
        outcome: Option<Reason>,
        version: Option<i64>,
    ) -> Result<ConsultationClosed> {
        self.manager(actor, id).await?;
        let fact = Fact::Ended { reason: None, outcome: outcome.clone() };
        self.close_visit(Some(actor), id, Step::End, fact, outcome, version).await
    }

    /// Call a visit off.
    pub async fn cancel_visit(
        &self,
        actor: &Actor,
        id: &RoomId,
        reason: Option<Reason>,
        version: Option<i64>,
    ) -> Result<ConsultationClosed> {
        self.manager(actor, id).await?;
        let fact = Fact::Cancelled { reason: reason.clone() };
        self.close_visit(Some(actor), id, Step::Cancel, fact, reason, version).await
    }

    /// Note that the patient did not come.
    pub async fn no_show(
        &self,
        actor: Option<&Actor>,
        id: &RoomId,
        version: Option<i64>,
    ) -> Result<ConsultationClosed> {
        if let Some(actor) = actor {
            self.manager(actor, id).await?;
        }
        self.close_visit(actor, id, Step::NoShow, Fact::NoShow {}, None, version).await
    }

    /// End a visit that nobody is in any more.
    pub(crate) async fn abandon(&self, id: &RoomId) -> Result<ConsultationClosed> {
        let reason = Reason::parse("abandoned").ok();
        let fact = Fact::Ended { reason: reason.clone(), outcome: None };
        self.close_visit(None, id, Step::End, fact, reason, None).await
    }

    async fn close_visit(
        &self,
        by: Option<&Actor>,
        id: &RoomId,
        step: Step,
        fact: Fact,
        reason: Option<Reason>,
        version: Option<i64>,
    ) -> Result<ConsultationClosed> {
        let room = self.room(id).await?;
        let status = room.visit().status;
        step.check(status)?;
        let fact = self.fact(by, &fact)?;
        let act = Self::move_to(step, reason);
        let visit = self.change(id, version, Guard::Open, vec![act], vec![fact]).await?;
        // While they are still in the call, so that everybody hears of it.
        self.end_recording(&room, RecordingReason::VisitEnded).await;
        self.clear_call(&room, LeaveReason::Ended);
        self.assistants.end_in(id, None);
        metrics::counter!("bedside_visits_ended_total").increment(1);
        Ok(ConsultationClosed { consultation: visit.consultation() })
    }

    /// Go on after all, within a while of the end.
    pub async fn reopen(&self, actor: &Actor, id: &RoomId, version: Option<i64>) -> Result<Consultation> {
        let Access { room, visit, .. } = self.manager(actor, id).await?;
        Step::Reopen.check(visit.status)?;
        let ended_at = visit.ended_at.ok_or(Code::Conflict)?;
        let within = chrono::TimeDelta::minutes(
            i64::try_from(self.visit.reopen_within_min).unwrap_or(i64::MAX / 60_000),
        );
        if self.clock.now() > ended_at.time() + within {
            return Err(Refusal::new(Code::Ended, "it ended too long ago to be reopened").into());
        }
        let fact = self.fact(Some(actor), &Fact::Reopened {})?;
        let act = Self::move_to(Step::Reopen, None);
        let visit = self.change(id, version, Guard::Exists, vec![act], vec![fact]).await?;
        // If nobody comes back it is ended again as abandoned.
        room.lock().empty_since_ms = Some(self.clock.monotonic_ms());
        Ok(visit.consultation())
    }

    /// Give somebody a part: an interpreter, a carer, a second doctor.
    pub async fn add_place(&self, actor: &Actor, id: &RoomId, new: NewPlace) -> Result<Consultation> {
        let Access { visit, .. } = self.manager(actor, id).await?;
        part::open(&visit)?;
        let NewPlace { user_id, role, name } = new;
        if !matches!(role, Role::Doctor | Role::Guest) {
            return Err(Refusal::malformed("role", "a participant is added as doctor or guest").into());
        }
        let admission = if visit.waiting_room { Admission::Unasked } else { Admission::Admitted };
        let fact = Fact::Added { user_id: user_id.clone(), role, name: name.clone() };
        let fact = self.fact(Some(actor), &fact)?;
        let place = NewParticipant { user_id: user_id.clone(), role, name, admission };
        let visit = self.change(id, None, Guard::Open, vec![Act::Add(place)], vec![fact]).await?;
        let consultation = visit.seen_by(&user_id);
        self.hub.tell_user(&user_id, &Encoded::new(&ConsultationCreated { consultation }));
        Ok(visit.consultation())
    }

    /// Take somebody's part away: at once, in the call and in the chat too.
    pub async fn remove_place(&self, actor: &Actor, id: &RoomId, user: &UserId) -> Result<Consultation> {
        let Access { room, visit, .. } = self.manager(actor, id).await?;
        if *user == visit.doctor_id {
            return Err(Refusal::new(Code::Conflict, "a visit keeps its doctor").into());
        }
        let fact = self.fact(Some(actor), &Fact::Removed { user_id: user.clone() })?;
        let visit = self.change(id, None, Guard::Exists, vec![Act::Remove(user.clone())], vec![fact]).await?;
        self.send_out(&room, user);
        for session in self.hub.presence.sessions_of(user) {
            self.leave_chat(&room, &session);
            session.forget(&room.id);
            if session.actor.scope.as_ref() == Some(id) {
                session.close(&closing::removed());
                self.finish(&session, LeaveReason::Removed);
            }
        }
        Ok(visit.consultation())
    }

    /// They are out of the call and of the queue.
    fn send_out(&self, room: &Room, user: &UserId) {
        for session in self.call_from_queue(room, user) {
            Self::forget_unless_present(room, &session);
        }
        let seated: Vec<Arc<Session>> = {
            let state = room.lock();
            let theirs = state.call.iter().filter(|seat| seat.session.actor.user_id == *user);
            theirs.map(|seat| Arc::clone(&seat.session)).collect()
        };
        for session in seated {
            self.leave_call(room, &session, LeaveReason::Removed);
            Self::forget_unless_present(room, &session);
        }
    }

    /// The way of somebody who may change, cancel, invite, remove.
    pub(crate) async fn manager(&self, actor: &Actor, id: &RoomId) -> Result<Access> {
        let access = self.access(actor, id).await?;
        access.part.may_manage()?;
        Ok(access)
    }

    /// The way of somebody who may admit, deny, hold.
    async fn doorkeeper(&self, actor: &Actor, id: &RoomId) -> Result<Access> {
        let access = self.access(actor, id).await?;
        access.part.may_admit()?;
        part::open(&access.visit)?;
        Ok(access)
    }
}
