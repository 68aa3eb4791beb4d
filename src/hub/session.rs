//! One authenticated connection, living through reconnects.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering},
};

use bedside_protocol::{
    ids::{InstanceId, PeerId, ResumeId, RoomId, SessionId},
    session::{Action, SessionClosing},
    text::Timestamp,
};

use crate::{
    auth::LoginId,
    clock::Clock,
    hub::{Encoded, Keep, Link, Offset, outbox::Outbox},
    model::{actor::Actor, limit::Bucket},
};

/// A session: who, and what they have been told. Exists only after authentication.
pub struct Session {
    /// Its id. Public.
    pub id: SessionId,
    /// What a client shows to get it back. Secret.
    pub resume_id: ResumeId,
    /// Who.
    pub actor: Actor,
    /// The page or app that it belongs to.
    pub instance_id: Option<InstanceId>,
    /// What it is in a call.
    pub peer_id: PeerId,
    /// When it began.
    pub since: Timestamp,
    /// Allowances and errors; locked while an event is handled, which keeps a session's events in order
    /// even while two connections claim it.
    pub turn: tokio::sync::Mutex<Budget>,
    /// The login that its token came from, where it is one with an account of this server's own.
    login: Mutex<Option<LoginId>>,
    /// When its token expires, in milliseconds since 1970.
    expires_at_ms: AtomicI64,
    /// Whether it was told that its token expires soon.
    pub told_of_expiry: AtomicBool,
    /// When it gets its next heartbeat, in milliseconds of the clock.
    pub next_heartbeat_ms: AtomicU64,
    /// Since when there is no connection, in milliseconds of the clock; 0 while there is one.
    parked_ms: AtomicU64,
    ended: AtomicBool,
    /// Whether it was told to stay away: it does not wait for its client then.
    dismissed: AtomicBool,
    outbox: Mutex<Outbox>,
    rooms: Mutex<Vec<RoomId>>,
    keep: Keep,
    clock: Clock,
}

/// What a session may still do.
#[derive(Debug, Default)]
pub struct Budget {
    /// `chat:send_message`.
    pub chat: Bucket,
    /// `webrtc:ice_candidate`.
    pub candidates: Bucket,
    /// `webrtc:offer` and `webrtc:answer`.
    pub offers: Bucket,
    /// All else.
    pub events: Bucket,
    /// Refusals that count towards 4509.
    pub errors: Bucket,
    /// Refusals for speed that count towards 4429.
    pub floods: Bucket,
    /// Whether the connection was ended in order: what it still brings is not done, as it could not be answered.
    pub retired: bool,
}

/// What a session is made of.
pub struct NewSession {
    /// Who.
    pub actor: Actor,
    /// The page or app.
    pub instance_id: Option<InstanceId>,
    /// What it is in a call.
    pub peer_id: PeerId,
    /// The login that its token came from, if any.
    pub login: Option<LoginId>,
    /// When its token expires, in milliseconds since 1970.
    pub expires_at_ms: i64,
    /// How much is kept for replay.
    pub keep: Keep,
    /// The time.
    pub clock: Clock,
}

impl Session {
    /// A session without a connection yet.
    pub fn new(new: NewSession) -> Arc<Self> {
        let NewSession { actor, instance_id, peer_id, login, expires_at_ms, keep, clock } = new;
        Arc::new(Self {
            id: SessionId::new(),
            resume_id: ResumeId::new(),
            actor,
            instance_id,
            peer_id,
            since: clock.now().into(),
            turn: tokio::sync::Mutex::default(),
            login: Mutex::new(login),
            expires_at_ms: AtomicI64::new(expires_at_ms),
            told_of_expiry: AtomicBool::new(false),
            next_heartbeat_ms: AtomicU64::new(0),
            parked_ms: AtomicU64::new(0),
            ended: AtomicBool::new(false),
            dismissed: AtomicBool::new(false),
            outbox: Mutex::default(),
            rooms: Mutex::default(),
            keep,
            clock,
        })
    }

    /// Tell it; kept for a client that is away.
    pub fn tell(&self, event: &Encoded) {
        let slow = self.outbox().push(event, self.clock.monotonic_ms(), self.keep);
        self.let_go(slow);
    }

    /// Tell it, if it is there; nothing is lost if it is not.
    pub fn mention(&self, event: &Encoded) {
        let slow = self.outbox().mention(event);
        self.let_go(slow);
    }

    /// A reader that is too slow hurts only itself: its connection ends, and it may resume.
    fn let_go(&self, slow: Option<Arc<dyn Link>>) {
        if let Some(link) = slow {
            metrics::counter!("bedside_slow_readers_total").increment(1);
            tracing::debug!(session.id = %self.id, "a reader was too slow and was let go");
            link.end(&crate::model::closing::too_slow());
        }
    }

    /// Use this connection from now on. Gives its generation; the connection before it is told that it
    /// was replaced.
    pub fn attach(&self, link: Arc<dyn Link>) -> u64 {
        self.parked_ms.store(0, Ordering::Relaxed);
        let (generation, old) = self.outbox().attach(link);
        if let Some(old) = old {
            old.end(&crate::model::closing::replaced());
        }
        generation
    }

    /// What the client missed, if all of it is still kept; and then the new connection is used in the
    /// same breath, so that nothing comes between.
    pub fn resume(
        &self,
        offset: Offset,
        link: impl FnOnce(Vec<(Offset, Encoded)>) -> Arc<dyn Link>,
    ) -> Option<u64> {
        let mut outbox = self.outbox();
        let missed = outbox.after(offset)?;
        let (generation, old) = outbox.attach(link(missed));
        drop(outbox);
        self.parked_ms.store(0, Ordering::Relaxed);
        if let Some(old) = old {
            old.end(&crate::model::closing::replaced());
        }
        Some(generation)
    }

    /// The connection of this generation is gone. Says whether the session is without one now.
    pub fn detach(&self, generation: u64) -> bool {
        let parked = self.outbox().detach(generation);
        if parked {
            self.parked_ms.store(self.clock.monotonic_ms().max(1), Ordering::Relaxed);
        }
        parked
    }

    /// End its connection, for good or for now. The connection's own end does the rest.
    pub fn close(&self, closing: &SessionClosing) {
        if closing.action == Action::Stop {
            self.dismissed.store(true, Ordering::Release);
        }
        let link = self.outbox().link();
        if let Some(link) = link {
            link.end(closing);
        }
    }

    /// End its connection for now, in order: what is under way is done and answered before. The client
    /// was told why.
    pub async fn retire(&self, code: u16, reason: &str) {
        let mut turn = self.turn.lock().await;
        turn.retired = true;
        let link = self.outbox().link();
        if let Some(link) = link {
            link.shut(code, reason);
        }
    }

    /// How long it has been without a connection, in milliseconds; none while it has one.
    pub fn parked_for_ms(&self) -> Option<u64> {
        match self.parked_ms.load(Ordering::Relaxed) {
            0 => None,
            since => Some(self.clock.monotonic_ms().saturating_sub(since)),
        }
    }

    /// Whether it was told to stay away.
    pub fn is_dismissed(&self) -> bool {
        self.dismissed.load(Ordering::Acquire)
    }

    /// Mark it as ended. Says whether this was the first time.
    pub fn end(&self) -> bool {
        !self.ended.swap(true, Ordering::AcqRel)
    }

    /// Whether it has ended.
    pub fn is_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }

    /// When its token expires, in milliseconds since 1970.
    pub fn expires_at_ms(&self) -> i64 {
        self.expires_at_ms.load(Ordering::Relaxed)
    }

    /// The login that its token came from, where it is one with an account of this server's own.
    pub fn login(&self) -> Option<LoginId> {
        self.login_lock().clone()
    }

    /// A newer token was shown, perhaps of another login.
    pub fn extend(&self, login: Option<LoginId>, expires_at_ms: i64) {
        *self.login_lock() = login;
        self.expires_at_ms.store(expires_at_ms, Ordering::Relaxed);
        self.told_of_expiry.store(false, Ordering::Relaxed);
    }

    /// The rooms that it has joined, for chat, call or waiting.
    pub fn rooms(&self) -> Vec<RoomId> {
        self.rooms_lock().clone()
    }

    /// Remember a room, unless there are `limit` others. Says whether it is remembered.
    pub fn remember(&self, room: &RoomId, limit: usize) -> bool {
        let mut rooms = self.rooms_lock();
        if rooms.contains(room) {
            true
        } else if rooms.len() < limit {
            rooms.push(room.clone());
            true
        } else {
            false
        }
    }

    /// Forget a room.
    pub fn forget(&self, room: &RoomId) {
        self.rooms_lock().retain(|known| known != room);
    }

    // Nothing is awaited and nothing can panic while these locks are held.
    fn outbox(&self) -> MutexGuard<'_, Outbox> {
        self.outbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn login_lock(&self) -> MutexGuard<'_, Option<LoginId>> {
        self.login.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn rooms_lock(&self) -> MutexGuard<'_, Vec<RoomId>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("id", &self.id)
            .field("user", &self.actor.user_id)
            .finish_non_exhaustive()
    }
}
