//! Recording a visit: asking for it, agreeing to it, stopping it. Where a recording stands follows from the rules in
//! [`crate::model::course`]; `course` moves it there, and says so in the room's log.

mod course;
pub mod delivery;
pub(crate) mod kept;
pub(crate) mod key;
mod play;
mod recorder;

use std::sync::Arc;

use bedside_protocol::{
    Code, Refusal,
    consultation::RecordingPolicy,
    ids::{RecordingId, UserId},
    recording::{
        ConsentGiven, Decision, Recording, RecordingAnswered, RecordingConsent, RecordingConsentRequested,
        RecordingStart, RecordingState, RecordingStop,
    },
    room::Fact,
};

use self::course::Said;
use crate::{
    domain::{Access, Clinic},
    error::Result,
    hub::{
        Encoded, Room, RoomState, Session,
        recorder::{Live, Told},
    },
    model::{
        consent::Consents,
        part::{self, Part},
    },
    store::{self, Guard, RecordingChange},
};

/// When a doctor may ask again whom no recorder could serve, in milliseconds.
const NO_RECORDER_PAUSE_MS: u64 = 5_000;

impl Clinic {
    /// Ask everybody in the call to agree to a recording.
    pub async fn start_recording(
        &self,
        session: &Arc<Session>,
        ask: RecordingStart,
    ) -> Result<RecordingAnswered> {
        let RecordingStart { room_id, audio_only } = ask;
        let Access { room, visit, part } = self.access(&session.actor, &room_id).await?;
        part.may_record()?;
        part::open(&visit)?;
        if !self.recording.enabled {
            return Err(Refusal::new(Code::Unavailable, "this server does not record").into());
        }
        if visit.recording_policy == RecordingPolicy::Never {
            return Err(Refusal::new(Code::Forbidden, "this visit is never recorded").into());
        }
        let _turn = room.recording_turn.lock().await;
        let present = {
            let state = room.lock();
            if state.seat(session).is_none() {
                return Err(Code::NotJoined.into());
            }
            if state.recording.is_some() {
                return Err(Refusal::new(Code::Conflict, "a recording of this visit goes on").into());
            }
            state.people()
        };
        if present.len() < 2 {
            return Err(Refusal::new(Code::Conflict, "nobody else is in the call").into());
        }
        self.takes_a_recording(present.len())?;
        let stored = self.new_recording(session, &room, audio_only)?;
        let told = Told { missing: present, recorded: Vec::new() };
        let recording = as_told(&stored, &told);
        let fact = self.fact(Some(&session.actor), &Fact::Recording { recording: recording.clone() })?;
        // Who asks is the first to be bound by it: the recording is known here before anybody hears of it.
        room.lock().recording = Some(self.live(stored.clone(), Vec::new(), told));
        let change = RecordingChange {
            recording: stored,
            is_new: true,
            consent: None,
            files: Vec::new(),
            guard: Guard::Open,
            events: vec![fact],
        };
        if let Err(error) = self.store.change_recording(change).await {
            room.lock().recording = None;
            return Err(error.into());
        }
        self.ask_who_is_missing(&room.lock());
        metrics::counter!("bedside_recordings_requested_total").increment(1);
        Ok(RecordingAnswered { recording })
    }

    fn new_recording(&self, session: &Session, room: &Room, audio_only: bool) -> Result<store::Recording> {
        let id = RecordingId::new();
        Ok(store::Recording {
            key: Some(self.new_recording_key(&id)?),
            id,
            room: room.id.clone(),
            requested_by: session.actor.user_id.clone(),
            audio_only,
            state: RecordingState::AwaitingConsent,
            reason: None,
            text_version: self.consent_text.version.clone(),
            requested_at: self.clock.now(),
            started_at: None,
            ended_at: None,
            duration_ms: 0,
            take: 0,
            expires_at: None,
            deleted_at: None,
            deleted_by: None,
        })
    }

    pub(crate) fn live(&self, stored: store::Recording, decisions: Vec<ConsentGiven>, told: Told) -> Live {
        let now_ms = self.clock.monotonic_ms();
        Live {
            stored,
            consents: as_said(&decisions),
            decisions,
            desk: None,
            ending: None,
            answer_by_ms: now_ms + self.recording.answer_within_s * 1_000,
            lost_since_ms: None,
            nobody_since_ms: None,
            told,
        }
    }

    /// Agree to be recorded, or do not, or no longer.
    pub async fn consent(&self, session: &Arc<Session>, ask: RecordingConsent) -> Result<RecordingAnswered> {
        let RecordingConsent { room_id, recording_id, decision, text_version } = ask;
        let Access { room, visit, part } = self.access(&session.actor, &room_id).await?;
        part.may_consent()?;
        let user = &session.actor.user_id;
        let _turn = room.recording_turn.lock().await;
        let known = {
            let state = room.lock();
            let live = state.recording.as_ref().filter(|live| live.stored.id == recording_id);
            live.map(|live| (as_said(&live.decisions), live.stored.clone()))
        };
        let Some((kept, stored)) = known else {
            return self.withdraw_afterwards(session, &room, &recording_id, decision, text_version).await;
        };
        let meant = kept.understand(user, decision);
        if matches!(part, Part::Former | Part::FormerPatient(_)) && meant != Decision::Withdrawn {
            return Err(Code::Forbidden.into());
        }
        if meant == Decision::Given && text_version != stored.text_version {
            self.ask(&room.lock(), user);
            return Err(Refusal::new(Code::Conflict, "the text has changed: read it again").into());
        }
        if kept.of(user) != Some(meant) {
            if meant != Decision::Given {
                // Whatever the database does, from now on they are not recorded.
                let mut state = room.lock();
                let present = state.people();
                if let Some(live) = &mut state.recording {
                    let ends = live.has_begun() && kept.ends_without(user, &visit.patient_id, &present);
                    if meant == Decision::Withdrawn && ends {
                        live.ending = Some(bedside_protocol::recording::RecordingReason::Withdrawn);
                    }
                    live.consents.note(user.clone(), meant);
                }
                state.direct(self.clock.monotonic_ms());
            }
            let said = Said { user: user.clone(), decision: meant, text_version };
            self.move_on(&room, Some(&session.actor), Some(said)).await?;
        }
        self.answer_recording(&room, &recording_id).await
    }

    /// What was agreed to may be taken back when the recording is over, too: it is noted for those who keep it.
    async fn withdraw_afterwards(
        &self,
        session: &Session,
        room: &Arc<Room>,
        id: &RecordingId,
        decision: Decision,
        text_version: String,
    ) -> Result<RecordingAnswered> {
        let user = &session.actor.user_id;
        let stored = self.recording_in(room, id).await?;
        let consents = as_said(&self.decisions_of(id).await?);
        match (consents.of(user), consents.understand(user, decision)) {
            (Some(Decision::Given), Decision::Withdrawn) => {}
            (Some(Decision::Withdrawn), Decision::Withdrawn) => return self.answer_recording(room, id).await,
            _ => return Err(Refusal::new(Code::Ended, "the recording is over").into()),
        }
        let said = Said { user: user.clone(), decision: Decision::Withdrawn, text_version };
        let change = RecordingChange {
            events: vec![self.fact(Some(&session.actor), &said.fact(id))?],
            consent: Some(said.row(self.clock.now())),
            recording: stored,
            is_new: false,
            files: Vec::new(),
            guard: Guard::Exists,
        };
        self.store.change_recording(change).await?;
        self.answer_recording(room, id).await
    }

    /// Stop a recording. One that is over stays as it is.
    pub async fn stop_recording(
        &self,
        session: &Arc<Session>,
        ask: RecordingStop,
    ) -> Result<RecordingAnswered> {
        let RecordingStop { room_id, recording_id } = ask;
        let Access { room, part, .. } = self.access(&session.actor, &room_id).await?;
        part.may_record()?;
        let _turn = room.recording_turn.lock().await;
        let goes_on = {
            let mut state = room.lock();
            let live = state.recording.as_mut().filter(|live| live.stored.id == recording_id);
            let goes_on = live.map(|live| {
                live.ending.get_or_insert(bedside_protocol::recording::RecordingReason::StoppedByDoctor)
            });
            let goes_on = goes_on.is_some();
            state.direct(self.clock.monotonic_ms());
            goes_on
        };
        if goes_on {
            self.move_on(&room, Some(&session.actor), None).await?;
        }
        self.answer_recording(&room, &recording_id).await
    }

    async fn answer_recording(&self, room: &Arc<Room>, id: &RecordingId) -> Result<RecordingAnswered> {
        let live = {
            let state = room.lock();
            let live = state.recording.as_ref().filter(|live| live.stored.id == *id);
            live.map(|live| as_told(&live.stored, &live.told))
        };
        let recording = match live {
            Some(recording) => recording,
            None => self.as_kept(&self.recording_in(room, id).await?).await?,
        };
        Ok(RecordingAnswered { recording })
    }

    /// A recording of this room, whether it goes on or not.
    async fn recording_in(&self, room: &Room, id: &RecordingId) -> Result<store::Recording> {
        let stored = self.store.recording(id).await?;
        Ok(stored
            .filter(|stored| stored.room == room.id && stored.deleted_at.is_none())
            .ok_or(Code::NotFound)?)
    }

    /// Everybody's decisions, oldest first.
    pub(super) async fn decisions_of(&self, id: &RecordingId) -> Result<Vec<ConsentGiven>> {
        let stored = self.store.recording_consents(id).await?;
        Ok(stored.into_iter().map(Into::into).collect())
    }

    /// The recording that goes on in a room, as everybody was last told.
    pub(crate) fn recording_of(state: &RoomState) -> Option<Box<Recording>> {
        state.recording.as_ref().map(|live| Box::new(as_told(&live.stored, &live.told)))
    }

    /// Ask everyone in the call who has yet to answer.
    pub(crate) fn ask_who_is_missing(&self, state: &RoomState) {
        let Some(live) = &state.recording else { return };
        for user in live.consents.missing(&state.people()) {
            self.ask(state, &user);
        }
    }

    /// Ask somebody, if they are in the call and have yet to answer.
    pub(crate) fn ask_if_missing(&self, state: &RoomState, user: &UserId) {
        let unasked = |live: &Live| live.consents.of(user).is_none() && live.ending.is_none();
        if state.recording.as_ref().is_some_and(unasked) && state.people().contains(user) {
            self.ask(state, user);
        }
    }

    /// Ask somebody on every page that they have open, and that is for this visit.
    fn ask(&self, state: &RoomState, user: &UserId) {
        let Some(live) = &state.recording else { return };
        let by = &live.stored.requested_by;
        let event = Encoded::new(&RecordingConsentRequested {
            room_id: state.visit.id.clone(),
            recording_id: live.stored.id.clone(),
            requested_by: by.clone(),
            requested_by_name: state.visit.place(by).and_then(|place| place.name.clone()),
            audio_only: live.stored.audio_only,
            text: self.consent_text.own().to_owned(),
            texts: self.consent_text.texts.clone(),
            text_version: live.stored.text_version.clone(),
            kept_days: self.recording.retention_days,
        });
        for session in self.hub.presence.sessions_of(user) {
            if Part::of(&session.actor, &state.visit).is_ok() {
                session.tell(&event);
            }
        }
    }
}

/// What everybody has said last.
fn as_said(decisions: &[ConsentGiven]) -> Consents {
    let mut consents = Consents::default();
    for given in decisions {
        consents.note(given.user_id.clone(), given.decision);
    }
    consents
}

/// A recording as everybody is told of it.
fn as_told(stored: &store::Recording, told: &Told) -> Recording {
    let over = !stored.is_live();
    Recording {
        id: stored.id.clone(),
        state: stored.state,
        requested_by: stored.requested_by.clone(),
        audio_only: stored.audio_only,
        missing: if over { Vec::new() } else { told.missing.clone() },
        recorded: told.recorded.clone(),
        requested_at: stored.requested_at.into(),
        started_at: stored.started_at.map(Into::into),
        duration_ms: stored.duration_ms,
        reason: stored.reason,
        text_version: stored.text_version.clone(),
    }
}
