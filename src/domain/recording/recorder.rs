//! The recorder's side: it registers, is seated in calls, and says what becomes of what it records.

use std::sync::Arc;

use bedside_protocol::{
    Code, Refusal,
    ids::{PeerId, RecordingId},
    recorder::{
        RecorderBegin, RecorderEnd, RecorderFailed, RecorderFinished, RecorderRegister, RecorderRegistered,
        RecorderStatus, Remains, RescuedKey, SpokenKey,
    },
    recording::RecordingReason,
    table::Done,
    webrtc::{LeaveReason, WebrtcPeerJoined, WebrtcPeerLeft},
};

use super::{NO_RECORDER_PAUSE_MS, delivery::is_name};
use crate::{
    domain::Clinic,
    error::Result,
    hub::{Encoded, Room, RoomState, Session, recorder::Desk},
};

/// Unfinished recordings that a recorder may name: far more than are left by a crash of a full one.
const MOST_UNFINISHED: usize = 10_000;

/// Addresses that a recorder may have: more than a machine with every kind of network.
const MOST_ADDRESSES: usize = 64;

impl Clinic {
    /// Whether a recording of so many legs may begin now.
    pub(super) fn takes_a_recording(&self, legs: usize) -> Result<()> {
        let not_now =
            |code, why: &str| Err(Refusal::new(code, why).retry_after_ms(NO_RECORDER_PAUSE_MS).into());
        let going_on = self.hub.rooms().iter().filter(|room| room.lock().recording.is_some()).count();
        if going_on as u64 >= self.recording.concurrent {
            return not_now(Code::Overloaded, "as many visits are being recorded as may be at once");
        }
        if self.hub.recorders.free(legs).is_none() {
            return not_now(Code::Unavailable, "no recorder is free");
        }
        Ok(self.vault.make_sure_of_room(0)?)
    }

    /// A recorder is here. It is told which of what lies in its spool is to be rescued.
    pub async fn register_recorder(
        &self,
        session: &Arc<Session>,
        ask: RecorderRegister,
    ) -> Result<RecorderRegistered> {
        let RecorderRegister { legs, version, addresses, unfinished } = ask;
        if unfinished.len() > MOST_UNFINISHED {
            return Err(Refusal::malformed("unfinished", "too many recordings").into());
        }
        if addresses.len() > MOST_ADDRESSES {
            return Err(Refusal::malformed("addresses", "too many addresses").into());
        }
        let mut answer = RecorderRegistered { rescue: Vec::new(), discard: Vec::new() };
        for id in unfinished {
            match self.store.recording(&id).await? {
                // What was put away already comes once more under the same names, and is the same.
                Some(stored) if stored.deleted_at.is_none() && stored.key.is_some() => {
                    let key = self.recording_key(&stored)?;
                    let consents = self.decisions_of(&id).await?;
                    answer.rescue.push(RescuedKey { recording_id: id, key, consents });
                }
                Some(_) | None => answer.discard.push(id),
            }
        }
        tracing::info!(session.id = %session.id, legs, version, rescue = answer.rescue.len(), "a recorder is here");
        self.hub.recorders.register(session, usize::try_from(legs).unwrap_or(usize::MAX), addresses);
        self.recordings_due.notify_one();
        Ok(answer)
    }

    /// Put a recorder into the call: a new peer for each take, so that everybody's connections to it are new, too. One whose
    /// session has ended while that was stored is lost at once.
    pub(super) fn seat_recorder(&self, state: &mut RoomState, session: Arc<Session>, key: SpokenKey) {
        let (room_id, legs) = (state.visit.id.clone(), state.people().len());
        let Some(live) = &mut state.recording else { return };
        let recording = &live.stored;
        let epoch = recording.started_at.unwrap_or(recording.requested_at);
        session.remember(&room_id, usize::MAX);
        // A session that ends from here on leaves the rooms that it remembers, this one included.
        if session.is_ended() {
            live.lost_since_ms = Some(self.clock.monotonic_ms());
            self.recording_is_due(state);
            return;
        }
        self.hub.recorders.take_on(&session, &recording.id, legs);
        let addresses = self.hub.recorders.addresses(&session);
        let desk = Desk { peer_id: PeerId::new(), session, addresses, recorded: Vec::new() };
        let begin = RecorderBegin {
            recording_id: recording.id.clone(),
            room_id: room_id.clone(),
            peer_id: desk.peer_id.clone(),
            key,
            epoch: epoch.into(),
            // Counted from 1 where they are stored, and from 0 where they stand in names.
            take: recording.take.saturating_sub(1),
            audio_only: recording.audio_only,
            ice_servers: self.ice_servers(&desk.session).ice_servers,
            at_most_ms: (self.recording.max_minutes * 60_000).saturating_sub(recording.duration_ms),
            consents: live.decisions.clone(),
        };
        desk.session.tell(&Encoded::new(&begin));
        let joined = Encoded::new(&WebrtcPeerJoined { room_id, peer: desk.peer() });
        live.lost_since_ms = None;
        live.desk = Some(desk);
        state.tell_call(&joined, None);
    }

    /// The recording is over: the recorder leaves the call, and keeps what it has.
    pub(super) fn dismiss_recorder(&self, state: &mut RoomState) {
        let room_id = state.visit.id.clone();
        let Some(live) = &mut state.recording else { return };
        let Some(desk) = live.desk.take() else { return };
        let recording_id = live.stored.id.clone();
        self.hub.recorders.let_go(&desk.session, &recording_id);
        desk.session.forget(&room_id);
        desk.session.tell(&Encoded::new(&RecorderEnd { recording_id, remains: Remains::Keep }));
        Self::tell_that_it_left(state, &desk, LeaveReason::Left);
    }

    fn tell_that_it_left(state: &mut RoomState, desk: &Desk, reason: LeaveReason) {
        state.negotiations.forget(&desk.peer_id);
        let left = WebrtcPeerLeft { room_id: state.visit.id.clone(), peer_id: desk.peer_id.clone(), reason };
        state.tell_call(&Encoded::new(&left), None);
    }

    /// A recorder's session is over, in this room as in all others: everybody hears so, and another one is looked for.
    pub(crate) fn recorder_lost(&self, room: &Room, session: &Session) {
        let now_ms = self.clock.monotonic_ms();
        let mut state = room.lock();
        let Some(live) = &mut state.recording else { return };
        let Some(desk) = live.desk.take_if(|desk| desk.session.id == session.id) else { return };
        live.lost_since_ms = Some(now_ms);
        Self::tell_that_it_left(&mut state, &desk, LeaveReason::TimedOut);
        metrics::counter!("bedside_recorders_lost_total").increment(1);
        self.recording_is_due(&state);
    }

    /// How a recording is: figures only.
    pub fn recorder_status(&self, session: &Session, ask: &RecorderStatus) -> Done {
        if self.room_of_recording(session, &ask.recording_id).is_some() {
            self.hub.recorders.take_on(session, &ask.recording_id, ask.legs.len());
        }
        Done {}
    }

    /// A recording cannot go on, or what was recorded cannot be finished yet.
    pub async fn recorder_failed(&self, session: &Session, ask: &RecorderFailed) -> Result<Done> {
        let RecorderFailed { recording_id, reason, detail } = ask;
        tracing::error!(recording.id = %recording_id, ?reason, detail, "a recording failed");
        self.end_for(session, recording_id, *reason);
        self.storage_failed(recording_id).await?;
        Ok(Done {})
    }

    fn end_for(&self, session: &Session, id: &RecordingId, reason: RecordingReason) {
        let Some(room) = self.room_of_recording(session, id) else { return };
        let mut state = room.lock();
        if let Some(live) = &mut state.recording {
            live.ending.get_or_insert(reason);
        }
        self.redirect(&mut state);
    }

    /// Everything that was recorded is sealed, and was put away before this was said.
    pub async fn recorder_finished(&self, session: &Session, ask: RecorderFinished) -> Result<Done> {
        let RecorderFinished { recording_id, reason, files, manifest } = ask;
        if !files.iter().all(|file| is_name(&file.file)) {
            return Err(Refusal::malformed("files", "no names of sealed files").into());
        }
        let Some(stored) = self.store.recording(&recording_id).await? else { return Ok(Done {}) };
        if let Some(reason) = reason {
            self.end_for(session, &recording_id, reason);
        }
        if stored.deleted_at.is_none() && !files.is_empty() {
            self.keep_recorded(&recording_id, &files, manifest).await?;
        }
        Ok(Done {})
    }

    /// The data key of a recording, for whoever records it.
    pub(super) fn recording_key(&self, recording: &crate::store::Recording) -> Result<SpokenKey> {
        let key = recording.key.as_ref().ok_or(Code::NotFound)?;
        self.open_recording_key(&recording.id, key)
    }
}
