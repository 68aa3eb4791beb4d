//! What happens by itself: heartbeats, expiry, time-outs. One loop for the server instead of a timer for
//! each session.

use std::{
    collections::BTreeMap,
    panic::AssertUnwindSafe,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use bedside_protocol::{
    consultation::Status,
    session::{Role, SessionExpiring, SessionHeartbeat},
    webrtc::{IceServers, LeaveReason, WebrtcIceServersRenewed},
};
use futures_util::FutureExt as _;
use tokio_util::sync::CancellationToken;

use crate::{
    domain::Clinic,
    error::Result,
    hub::{Encoded, Room, Session},
    model::{closing, visit::Visit},
    store::Filter,
};

/// How often sessions and rooms are looked after. Fine enough for the 5 s of typing, and a walk over
/// 20,000 sessions takes about a millisecond.
const TICK: Duration = Duration::from_millis(500);
/// How often the database is asked for logins that another process has ended. With what ending a socket takes,
/// they are out within two seconds.
const LOGIN_TICK: Duration = Duration::from_secs(1);
/// How often the database is asked for visits that nobody came to.
const NO_SHOW_TICK: Duration = Duration::from_secs(30);
/// A token's end is announced so long before, in milliseconds.
const EXPIRY_NOTICE_MS: i64 = 60_000;

impl Clinic {
    /// Look after everything until the server stops.
    pub async fn keep_house(self: Arc<Self>, stop: CancellationToken) {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut no_show = tokio::time::interval(NO_SHOW_TICK);
        no_show.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut logins = tokio::time::interval(LOGIN_TICK);
        logins.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = tick.tick() => {
                    // A defect met on one round must not end all rounds.
                    if AssertUnwindSafe(self.look_around()).catch_unwind().await.is_err() {
                        tracing::error!("a round of housekeeping panicked");
                    }
                }
                _ = logins.tick() => {
                    if let Err(error) = self.end_sessions_of_ended_logins().await {
                        tracing::debug!(%error, "logins that have ended could not be looked for");
                    }
                }
                _ = no_show.tick() => {
                    if let Err(error) = self.note_no_shows().await {
                        tracing::warn!(%error, "visits that nobody came to could not be noted");
                    }
                }
            }
        }
    }

    /// One round.
    pub async fn look_around(&self) {
        let now_ms = self.clock.monotonic_ms();
        let unix_ms = self.clock.now().timestamp_millis();
        let mut connected = 0_u32;
        for session in self.hub.sessions() {
            connected += u32::from(session.parked_for_ms().is_none());
            self.look_after(&session, now_ms, unix_ms);
        }
        metrics::gauge!("bedside_sessions").set(connected);
        let rooms = self.hub.rooms();
        #[expect(clippy::cast_precision_loss, reason = "a gauge")]
        metrics::gauge!("bedside_rooms").set(rooms.len() as f64);
        for room in rooms {
            self.look_into(&room, now_ms).await;
            self.hub.close_if_unused(&room.id);
        }
        self.hub.close_unused_dialogues();
    }

    fn look_after(&self, session: &Arc<Session>, now_ms: u64, unix_ms: i64) {
        if let Some(parked_ms) = session.parked_for_ms() {
            if parked_ms >= self.socket.resume_window_ms {
                self.finish(session, LeaveReason::TimedOut);
            }
            return;
        }
        let left_ms = session.expires_at_ms() - unix_ms;
        // A recorder's work does not end at an hour of the day: its token is looked at when it connects.
        let ends = session.actor.role != Role::Recorder;
        if left_ms <= 0 && ends {
            session.close(&closing::token_expired());
            return;
        }
        if left_ms <= EXPIRY_NOTICE_MS && ends && !session.told_of_expiry.swap(true, Ordering::Relaxed) {
            let expires_at = Self::expiry(session).into();
            session.tell(&Encoded::new(&SessionExpiring { expires_at }));
        }
        let due = session.next_heartbeat_ms.load(Ordering::Relaxed);
        if now_ms >= due {
            session.next_heartbeat_ms.store(now_ms + self.socket.heartbeat_ms, Ordering::Relaxed);
            if due != 0 {
                session.mention(&Encoded::new(&self.heartbeat(session)));
            }
        }
    }

    fn heartbeat(&self, session: &Session) -> SessionHeartbeat {
        let head = |id| {
            let visit = self.hub.room(&id).map(|room| room.lock().head);
            let head = visit.or_else(|| self.hub.dialogue(&id).map(|dialogue| dialogue.lock().head));
            head.map(|head| (id, head))
        };
        let rooms: BTreeMap<_, _> = session.rooms().into_iter().filter_map(head).collect();
        SessionHeartbeat { server_time: self.now(), rooms }
    }

    async fn look_into(&self, room: &Arc<Room>, now_ms: u64) {
        let (stopped, renew, abandoned) = {
            let state = room.lock();
            let over = state.typing.iter().filter(|(_, until_ms)| *until_ms <= now_ms);
            let stopped: Vec<_> = over.map(|(user, _)| user.clone()).collect();
            let due = state.call.iter().filter(|seat| seat.renew_ice_ms.is_some_and(|at_ms| at_ms <= now_ms));
            let renew: Vec<_> = due.map(|seat| Arc::clone(&seat.session)).collect();
            let patience_ms = self.visit.abandoned_after_min * 60_000;
            let abandoned = state.visit.status == Status::InProgress
                && state.call.is_empty()
                && state
                    .empty_since_ms
                    .is_some_and(|since_ms| now_ms.saturating_sub(since_ms) >= patience_ms);
            (stopped, renew, abandoned)
        };
        for user in stopped {
            Self::stop_typing(room, &user);
        }
        for session in renew {
            self.renew_ice(room, &session);
        }
        self.start_if_due(room).await;
        if abandoned && let Err(error) = self.abandon(&room.id).await {
            tracing::warn!(room.id = %room.id, %error, "an abandoned visit could not be ended yet");
        }
    }

    fn renew_ice(&self, room: &Room, session: &Session) {
        let IceServers { ice_servers, expires_at } = self.ice_servers(session);
        if let Some(seat) = room.lock().seat_mut(session) {
            seat.renew_ice_ms = Some(self.next_renewal_ms());
        }
        let room_id = room.id.clone();
        session.tell(&Encoded::new(&WebrtcIceServersRenewed { room_id, ice_servers, expires_at }));
    }

    /// Note the visits whose patient did not come, where that is asked for.
    async fn note_no_shows(&self) -> Result<()> {
        let Some(after_min) = self.visit.no_show_after_min else { return Ok(()) };
        let late = chrono::TimeDelta::minutes(i64::try_from(after_min).unwrap_or(i64::MAX / 60_000));
        let filter = Filter {
            status: vec![Status::Scheduled],
            to: Some(self.clock.now() - late),
            limit: 100,
            ..Filter::default()
        };
        for stored in self.store.list(filter).await?.visits {
            // Without a time nobody is late.
            if stored.consultation.scheduled_at.is_some()
                && let Err(error) = self.no_show(None, &stored.consultation.id, None).await
            {
                tracing::debug!(room.id = %stored.consultation.id, %error, "a no-show could not be noted");
            }
        }
        Ok(())
    }

    /// Take up what was going on when the server before ended.
    pub async fn take_up(&self) -> Result<()> {
        self.take_up_visits().await?;
        self.take_up_recordings().await?;
        self.assistants.take_up().await
    }

    /// Open the rooms of visits that were in progress when the server stopped, so that they are not
    /// forgotten if nobody comes back.
    async fn take_up_visits(&self) -> Result<()> {
        for stored in self.store.live().await? {
            let visit = Visit::from(stored);
            if visit.status == Status::InProgress {
                let room = self.room(&visit.id).await?;
                room.lock().empty_since_ms = Some(self.clock.monotonic_ms());
            }
        }
        Ok(())
    }
}
