//! One server: its options, its application and the table of its sessions.

use std::{
    collections::HashMap,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use actix_web::http::StatusCode;
use tokio::time::Instant;

use crate::{
    application,
    application::{CloseReason, Handshake},
    engine, id,
    options::Options,
    session::{Lounge, Session},
};

/// How often the way down looks whether everybody has been told.
const FLUSH_CHECK: Duration = Duration::from_millis(5);
/// A client that polls asks again as soon as it was answered: who has not within this time, a slow network included, is not
/// there, and is not waited for on the way down.
const POLLS_AGAIN: Duration = Duration::from_secs(2);
/// Locks of the session table: handshakes on different workers seldom meet.
const SHARDS: usize = 16;

/// What runs on top of Engine.IO.
pub(crate) enum Protocol {
    SocketIo(Box<dyn application::Application>),
    Engine(Box<dyn engine::Application>),
}

pub(crate) struct Server {
    pub(crate) options: Arc<Options>,
    pub(crate) protocol: Protocol,
    /// Who may come back after a loss.
    pub(crate) lounge: Lounge,
    sessions: [Mutex<HashMap<Box<str>, Arc<Session>>>; SHARDS],
    count: AtomicUsize,
    /// Milliseconds of `Retry-After` plus one; 0 takes handshakes.
    refusing: AtomicU64,
}

impl fmt::Debug for Server {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Server").field("sessions", &self.count).finish_non_exhaustive()
    }
}

impl Server {
    pub(crate) fn new(options: Options, protocol: Protocol) -> Arc<Self> {
        Arc::new(Self {
            options: Arc::new(options),
            protocol,
            lounge: Lounge::default(),
            sessions: Default::default(),
            count: AtomicUsize::new(0),
            refusing: AtomicU64::new(0),
        })
    }

    /// May this handshake open a session?
    pub(crate) fn admit(&self, handshake: &Handshake) -> Result<(), application::HandshakeRefusal> {
        let refusing = self.refusing.load(Ordering::Relaxed);
        let unavailable = |retry_after| application::HandshakeRefusal {
            status: StatusCode::SERVICE_UNAVAILABLE,
            retry_after: Some(retry_after),
        };
        if refusing > 0 {
            return Err(unavailable(Duration::from_millis(refusing - 1)));
        }
        if self.len() >= self.options.max_sessions {
            return Err(unavailable(self.options.retry_after));
        }
        if handshake.size() > self.options.max_handshake_bytes {
            let status = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
            return Err(application::HandshakeRefusal { status, retry_after: None });
        }
        match &self.protocol {
            Protocol::SocketIo(application) => {
                let verdict = catch_unwind(AssertUnwindSafe(|| application.handshake(handshake)));
                verdict.unwrap_or_else(|_panic| {
                    tracing::error!("the application panicked over a handshake");
                    let status = StatusCode::INTERNAL_SERVER_ERROR;
                    Err(application::HandshakeRefusal { status, retry_after: None })
                })
            }
            Protocol::Engine(_) => Ok(()),
        }
    }

    pub(crate) fn refuse_handshakes(&self, refuse: Option<Duration>) {
        let value =
            refuse.map_or(0, |retry_after| retry_after.as_millis().try_into().unwrap_or(u64::MAX - 1) + 1);
        self.refusing.store(value, Ordering::Relaxed);
    }

    pub(crate) fn insert(&self, session: &Arc<Session>) {
        self.shard(session.sid()).insert(session.sid().into(), Arc::clone(session));
        self.count.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn find(&self, sid: &str) -> Option<Arc<Session>> {
        self.shard(sid).get(sid).cloned()
    }

    pub(crate) fn remove(&self, sid: &str) {
        if self.shard(sid).remove(sid).is_some() {
            self.count.fetch_sub(1, Ordering::Relaxed);
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    pub(crate) fn all(&self) -> Vec<Arc<Session>> {
        self.sessions.iter().flat_map(|shard| lock(shard).values().cloned().collect::<Vec<_>>()).collect()
    }

    /// Ends all sessions, spread over the time, and takes no new ones.
    pub(crate) async fn shutdown(&self, spread: Duration) {
        self.refuse_handshakes(Some(self.options.retry_after));
        let sessions = self.all();
        let step = spread / u32::try_from(sessions.len().max(1)).unwrap_or(u32::MAX);
        let start = Instant::now();
        for (session, turn) in sessions.iter().zip(0_u32..) {
            tokio::time::sleep_until(start + step * turn).await;
            session.with(|state| state.end_for(CloseReason::ServerShutdown));
        }
        // Who has not taken it by then does not read.
        let told = Instant::now();
        let waited_for = |session: &Arc<Session>| {
            session
                .with(|state| !state.is_flushed() && (state.is_being_taken() || told.elapsed() < POLLS_AGAIN))
        };
        while told.elapsed() < self.options.write_timeout && sessions.iter().any(waited_for) {
            tokio::time::sleep(FLUSH_CHECK).await;
        }
    }

    pub(crate) fn new_sid() -> Box<str> {
        id::random().into()
    }

    fn shard(&self, sid: &str) -> MutexGuard<'_, HashMap<Box<str>, Arc<Session>>> {
        // The ids are random: any byte of them spreads well.
        let last = sid.bytes().next_back().unwrap_or_default();
        let [first, rest @ ..] = &self.sessions;
        let shard = rest.get(usize::from(last) % SHARDS).unwrap_or(first);
        lock(shard)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
