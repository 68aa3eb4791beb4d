//! How a recording moves on: what the rules say is stored, told, and done, in this order. Whom the recorder may record does
//! not wait for that: it follows from who is in the call at once ([`RoomState::direct`]).

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use bedside_protocol::{
    ids::{RecordingId, RoomId, UserId},
    recording::{Decision, RecordingReason, RecordingState},
    room::Fact,
};
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::FutureExt as _;
use tokio_util::sync::CancellationToken;

use super::as_told;
use crate::{
    domain::Clinic,
    error::Result,
    hub::{
        Room, RoomState, Session,
        recorder::{Live, Told},
    },
    model::{
        actor::Actor,
        course::{Recorder, Situation},
    },
    store::{self, Guard, RecordingChange, RecordingConsent},
};

/// How often recordings are looked after besides when something has happened: for what happens by waiting.
const TICK: Duration = Duration::from_millis(500);
/// How often recordings are looked for whose time is over.
const RETENTION_TICK: Duration = Duration::from_mins(10);
/// How long a recording waits for a recorder, and for somebody to record: longer than a restart of either takes.
pub(super) const PATIENCE_MS: u64 = 60_000;
/// Steps that follow from one another: begin, and be paused by somebody who came meanwhile, and the like.
const MOST_STEPS: usize = 8;

/// What somebody has said to a recording.
pub(super) struct Said {
    pub(super) user: UserId,
    pub(super) decision: Decision,
    pub(super) text_version: String,
}

/// Where a recording goes next.
struct Planned {
    recording: store::Recording,
    told: Told,
    /// Who takes it up.
    recorder: Option<Arc<Session>>,
}

impl Said {
    pub(super) fn fact(&self, recording: &RecordingId) -> Fact {
        Fact::Consent {
            recording_id: recording.clone(),
            decision: self.decision,
            text_version: self.text_version.clone(),
        }
    }

    pub(super) fn row(&self, at: DateTime<Utc>) -> RecordingConsent {
        RecordingConsent {
            user_id: self.user.clone(),
            decision: self.decision,
            text_version: self.text_version.clone(),
            at,
        }
    }
}

impl Clinic {
    /// Look after all recordings until the server stops.
    pub async fn keep_recordings(self: Arc<Self>, stop: CancellationToken) {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut retention = tokio::time::interval(RETENTION_TICK);
        retention.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.recordings_due.notified() => {}
                _ = tick.tick() => {}
                _ = retention.tick() => {
                    if let Err(error) = self.delete_expired_recordings().await {
                        tracing::warn!(%error, "recordings whose time is over could not be deleted");
                    }
                }
            }
            // A defect met on one round must not end all rounds.
            if AssertUnwindSafe(self.move_all_recordings()).catch_unwind().await.is_err() {
                tracing::error!("a round over the recordings panicked");
            }
        }
    }

    async fn move_all_recordings(&self) {
        for room in self.hub.rooms() {
            if room.lock().recording.is_some() {
                self.move_recording(&room).await;
            }
        }
    }

    /// Move the room's recording on. What cannot be stored now is stored later.
    pub(crate) async fn move_recording(&self, room: &Arc<Room>) {
        let _turn = room.recording_turn.lock().await;
        if let Err(error) = self.move_on(room, None, None).await {
            tracing::warn!(room.id = %room.id, %error, "where a recording stands could not be stored yet");
        }
    }

    /// End the room's recording together with its visit.
    pub(crate) async fn end_recording(&self, room: &Arc<Room>, reason: RecordingReason) {
        {
            let mut state = room.lock();
            let Some(live) = &mut state.recording else { return };
            live.ending.get_or_insert(reason);
            state.direct(self.clock.monotonic_ms());
        }
        self.move_recording(room).await;
    }

    /// Move on step by step; the caller has the recording's turn.
    pub(super) async fn move_on(
        &self,
        room: &Arc<Room>,
        by: Option<&Actor>,
        mut said: Option<Said>,
    ) -> Result<()> {
        for _ in 0..MOST_STEPS {
            let Some(planned) = self.plan(&room.lock(), said.as_ref()) else { return Ok(()) };
            self.carry_out(room, planned, by, said.take()).await?;
        }
        Ok(())
    }

    /// Where the rules lead, if that is news.
    fn plan(&self, state: &RoomState, said: Option<&Said>) -> Option<Planned> {
        let live = state.recording.as_ref()?;
        let mut consents = live.consents.clone();
        if let Some(Said { user, decision, .. }) = said {
            consents.note(user.clone(), *decision);
        }
        let present = state.people();
        let free = self.hub.recorders.free(present.len());
        let recorder = match (&live.desk, &free) {
            (Some(_), _) => Recorder::Seated,
            (None, Some(_)) => Recorder::Free,
            (None, None) => Recorder::Nowhere,
        };
        let (next, reason) = Situation {
            state: live.stored.state,
            reason: live.stored.reason,
            present: &present,
            consents: &consents,
            patient: &state.visit.patient_id,
            recorder,
            ending: live.ending.or_else(|| self.overdue(live, recorder)),
        }
        .next();
        let told = Told { missing: consents.missing(&present), recorded: consents.agreeing(&present) };
        let news = (next, reason) != (live.stored.state, live.stored.reason) || told != live.told;
        if said.is_none() && !news {
            return None;
        }
        let now = self.clock.now();
        let mut recording = store::Recording { state: next, reason, ..live.stored.clone() };
        let recorder = free.filter(|_| next == RecordingState::Recording && live.desk.is_none());
        if recorder.is_some() {
            recording.started_at.get_or_insert(now);
            recording.take += 1;
        }
        recording.duration_ms = lasted_ms(&recording, now);
        if !recording.is_live() {
            recording.ended_at = Some(now);
            recording.expires_at = self.retention().map(|kept| now + kept);
        }
        Some(Planned { recording, told, recorder })
    }

    /// Why a recording is to end by itself.
    fn overdue(&self, live: &Live, recorder: Recorder) -> Option<RecordingReason> {
        let now_ms = self.clock.monotonic_ms();
        let for_too_long = |since_ms: Option<u64>| {
            since_ms.is_some_and(|since_ms| now_ms.saturating_sub(since_ms) >= PATIENCE_MS)
        };
        if !live.has_begun() {
            return (now_ms >= live.answer_by_ms).then_some(RecordingReason::NoAnswer);
        }
        if lasted_ms(&live.stored, self.clock.now()) >= self.recording.max_minutes * 60_000 {
            return Some(RecordingReason::TooLong);
        }
        if for_too_long(live.nobody_since_ms) {
            return Some(RecordingReason::EverybodyLeft);
        }
        let lost = recorder == Recorder::Nowhere && for_too_long(live.lost_since_ms);
        lost.then_some(RecordingReason::RecorderLost)
    }

    async fn carry_out(
        &self,
        room: &Arc<Room>,
        planned: Planned,
        by: Option<&Actor>,
        said: Option<Said>,
    ) -> Result<()> {
        let Planned { recording, told, recorder } = planned;
        let key = match recorder {
            Some(recorder) => Some((recorder, self.recording_key(&recording)?)),
            None => None,
        };
        let fact = Fact::Recording { recording: as_told(&recording, &told) };
        let row = said.as_ref().map(|said| said.row(self.clock.now()));
        let mut events = Vec::with_capacity(2);
        if let Some(said) = &said {
            events.push(self.fact(by, &said.fact(&recording.id))?);
        }
        events.push(self.fact(by, &fact)?);
        self.store
            .change_recording(RecordingChange {
                recording: recording.clone(),
                is_new: false,
                consent: row.clone(),
                files: Vec::new(),
                guard: Guard::Exists,
                events,
            })
            .await?;
        let unattended = {
            let mut state = room.lock();
            let Some(live) = &mut state.recording else { return Ok(()) };
            if let Some(row) = row {
                live.keep(row.into());
            }
            let over = !recording.is_live();
            let unattended = (over && live.desk.is_none()).then(|| recording.id.clone());
            live.stored = recording;
            live.told = told;
            if over {
                self.dismiss_recorder(&mut state);
                state.recording = None;
                metrics::counter!("bedside_recordings_ended_total").increment(1);
            } else {
                if let Some((recorder, key)) = key {
                    self.seat_recorder(&mut state, recorder, key);
                }
                state.direct(self.clock.monotonic_ms());
            }
            unattended
        };
        match unattended {
            Some(id) => self.close_without_recorder(&id).await,
            None => Ok(()),
        }
    }

    fn retention(&self) -> Option<TimeDelta> {
        let days = self.recording.retention_days?;
        TimeDelta::try_days(i64::try_from(days).ok()?)
    }

    /// Take up the recordings that went on when the server stopped.
    pub async fn take_up_recordings(&self) -> Result<()> {
        for stored in self.store.live_recordings().await? {
            let decisions = self.decisions_of(&stored.id).await?;
            let room = self.room(&stored.room).await?;
            let now_ms = self.clock.monotonic_ms();
            // The text may have been changed meanwhile: whoever is asked now is asked with the new one.
            let stored = store::Recording { text_version: self.consent_text.version.clone(), ..stored };
            let mut live = self.live(stored, decisions, Told::default());
            live.lost_since_ms = Some(now_ms);
            live.nobody_since_ms = Some(now_ms);
            room.lock().recording = Some(live);
        }
        Ok(())
    }

    /// Something has happened to the recording of a room: whoever cannot wait for it asks for it to be looked at.
    pub(crate) fn recording_is_due(&self, state: &RoomState) {
        if state.recording.is_some() {
            self.recordings_due.notify_one();
        }
    }

    /// The same, where somebody has left or come.
    pub(crate) fn redirect(&self, state: &mut RoomState) {
        state.direct(self.clock.monotonic_ms());
        self.recording_is_due(state);
    }

    /// The open room in which a recording goes on.
    pub(super) fn room_of_recording(&self, session: &Session, id: &RecordingId) -> Option<Arc<Room>> {
        let rooms = session.rooms().into_iter().filter_map(|room: RoomId| self.hub.room(&room));
        let theirs = |room: &Arc<Room>| {
            let state = room.lock();
            let live = state.recording.as_ref().filter(|live| live.stored.id == *id);
            live.and_then(|live| live.desk.as_ref()).is_some_and(|desk| desk.session.id == session.id)
        };
        rooms.into_iter().find(theirs)
    }
}

/// How long a recording is at this time, pauses included.
fn lasted_ms(recording: &store::Recording, now: DateTime<Utc>) -> u64 {
    let since = recording.started_at.map(|started_at| now - started_at);
    since.and_then(|since| u64::try_from(since.num_milliseconds()).ok()).unwrap_or(0)
}
