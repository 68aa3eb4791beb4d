//! Connection state recovery by the crate itself: a seat is what a socket keeps when its connection is lost. Its handler goes on
//! as if nothing had happened, and what is sent meanwhile is logged, until the client comes back or the window is over.

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use bytestring::ByteString;
use tokio::{
    sync::{Notify, oneshot},
    time::Instant,
};

use super::{Session, SlotId, worker::Tenant};
use crate::{
    application::CloseReason, options::Recovery, packet, replay::Replay, server::Server, websocket::SendError,
};

/// How long a client that comes back waits for the end of its half-open connection.
const HALF_OPEN_PATIENCE: Duration = Duration::from_secs(2);

/// A packet with what belongs to it.
pub(crate) type Sent = (ByteString, Vec<Bytes>);

pub(crate) struct Seat {
    namespace: ByteString,
    state: Mutex<Position>,
}

struct Position {
    at: At,
    /// `None` if nobody is to come back to it.
    replay: Option<Replay<Sent>>,
}

enum At {
    Connected(Arc<Session>, SlotId),
    Away,
    Closed,
}

impl Position {
    /// The packet as it is to be sent, with its offset if it is one that is replayed: acknowledgements, and events that want
    /// one, are not.
    fn log(&mut self, head: ByteString, attachments: &[Bytes]) -> ByteString {
        let Some(replay) = &mut self.replay else { return head };
        let Some(head_with_offset) = packet::with_offset(&head, replay.next_offset()) else { return head };
        let size = head_with_offset.len() + attachments.iter().map(Bytes::len).sum::<usize>();
        replay.push((head_with_offset.clone(), attachments.to_vec()), size, Instant::now());
        head_with_offset
    }
}

impl fmt::Debug for Seat {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Seat").finish_non_exhaustive()
    }
}

impl Seat {
    pub(super) fn new(
        recovery: Recovery,
        namespace: ByteString,
        session: Arc<Session>,
        slot: SlotId,
    ) -> Arc<Self> {
        let replay = Replay::new(recovery.max_bytes, recovery.window);
        let position = Position { at: At::Connected(session, slot), replay: Some(replay) };
        Arc::new(Self { namespace, state: Mutex::new(position) })
    }

    /// Logs an event with its offset, and sends it if the client is there.
    pub(crate) fn send(&self, head: ByteString, attachments: &[Bytes]) -> Result<(), SendError> {
        let mut position = self.position();
        if matches!(position.at, At::Closed) {
            return Err(SendError::Closed);
        }
        let head = position.log(head, attachments);
        match &position.at {
            // A connection that has just ended is about to be away.
            At::Connected(session, slot) => {
                match session.with(|state| state.send(*slot, head, attachments)) {
                    Ok(()) | Err(SendError::Closed | SendError::Full | SendError::Unserialisable) => Ok(()),
                }
            }
            At::Away | At::Closed => Ok(()),
        }
    }

    /// Where the socket is at present.
    pub(crate) fn connection(&self) -> Option<(Arc<Session>, SlotId)> {
        match &self.position().at {
            At::Connected(session, slot) => Some((Arc::clone(session), *slot)),
            At::Away | At::Closed => None,
        }
    }

    /// The namespace, unless the socket has come to its end.
    pub(crate) fn namespace(&self) -> Option<ByteString> {
        if matches!(self.position().at, At::Closed) { None } else { Some(self.namespace.clone()) }
    }

    pub(super) fn leave(&self) {
        let mut position = self.position();
        if !matches!(position.at, At::Closed) {
            position.at = At::Away;
        }
    }

    /// Nobody is to come back to it.
    pub(super) fn forgo(&self) {
        self.position().replay = None;
    }

    pub(crate) fn close(&self) {
        self.position().at = At::Closed;
    }

    /// Whether it is still open, and all that was sent after this offset is still there.
    fn knows(&self, offset: u64) -> bool {
        let mut position = self.position();
        if matches!(position.at, At::Closed) {
            return false;
        }
        let Some(replay) = &mut position.replay else { return false };
        replay.trim(Instant::now());
        replay.after(offset).is_some()
    }

    /// Moves to a new connection: what was missed, then the answer, with nothing between.
    pub(super) fn move_to(
        &self,
        session: &Arc<Session>,
        slot: SlotId,
        answer: ByteString,
        offset: u64,
    ) -> Result<(), SendError> {
        let mut position = self.position();
        let missed = position.replay.as_ref().and_then(|replay| replay.after(offset));
        let missed = missed.map(|missed| missed.cloned().collect::<Vec<_>>());
        position.at = At::Connected(Arc::clone(session), slot);
        session.with(|state| state.accept_recovered(slot, answer, missed.unwrap_or_default()))
    }

    fn position(&self) -> MutexGuard<'_, Position> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The seats of a server by their private ids.
#[derive(Default)]
pub(crate) struct Lounge {
    seats: Mutex<HashMap<String, Guest>>,
    next: AtomicU64,
    /// Told when somebody has lost their connection.
    arrived: Notify,
}

/// Who has a seat.
pub(super) struct Guest {
    sid: String,
    identity: String,
    seat: Arc<Seat>,
    presence: Presence,
    /// Tells one stay from the next of the same client.
    number: u64,
}

impl Guest {
    pub(super) fn new(sid: String, identity: String, seat: Arc<Seat>, session: &Arc<Session>) -> Self {
        Self { sid, identity, seat, presence: Presence::Connected(Arc::clone(session)), number: 0 }
    }
}

enum Presence {
    Connected(Arc<Session>),
    /// The handler waits; dropping the sender says that it has been fetched.
    Away(Tenant, oneshot::Sender<()>),
}

/// What a client that came back is given.
pub(super) struct Claim {
    pub(super) sid: String,
    pub(super) seat: Arc<Seat>,
    pub(super) tenant: Tenant,
}

impl Lounge {
    fn seats(&self) -> MutexGuard<'_, HashMap<String, Guest>> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Fetches the seat of a client that came back, as the same person and with an offset that is known. A connection that
    /// is still there is ended first.
    pub(super) async fn claim(&self, pid: &str, identity: &str, offset: u64) -> Option<Claim> {
        let fetching = async {
            loop {
                let arrived = self.arrived.notified();
                tokio::pin!(arrived);
                // From here on no arrival is missed.
                arrived.as_mut().enable();
                let connected = match self.try_claim(pid, identity, offset)? {
                    Ok(claim) => return Some(claim),
                    Err(connected) => connected,
                };
                connected.with(|state| state.end_for(CloseReason::TransportClose));
                arrived.await;
            }
        };
        tokio::time::timeout(HALF_OPEN_PATIENCE, fetching).await.ok().flatten()
    }

    /// `None`: not theirs, or unknown. The error is the connection that is in the way.
    fn try_claim(&self, pid: &str, identity: &str, offset: u64) -> Option<Result<Claim, Arc<Session>>> {
        let mut seats = self.seats();
        let guest = seats.get(pid)?;
        if guest.identity != identity || !guest.seat.knows(offset) {
            return None;
        }
        if let Presence::Connected(session) = &guest.presence {
            return Some(Err(Arc::clone(session)));
        }
        let Guest { sid, seat, presence, .. } = seats.remove(pid)?;
        let Presence::Away(tenant, _fetched) = presence else { return None };
        Some(Ok(Claim { sid, seat, tenant }))
    }
}

/// A place in the lounge, given up when it is dropped, unless somebody else has it by then.
pub(super) struct Sitting {
    server: Arc<Server>,
    pid: String,
    number: u64,
}

impl Sitting {
    /// Somebody sits down.
    pub(super) fn take(server: &Arc<Server>, pid: String, mut guest: Guest) -> Self {
        let number = server.lounge.next.fetch_add(1, Ordering::Relaxed);
        guest.number = number;
        server.lounge.seats().insert(pid.clone(), guest);
        Self { server: Arc::clone(server), pid, number }
    }

    /// The connection is lost: waits for the client to come back. When nobody comes, the handler is closed.
    pub(super) async fn wait(self, tenant: Tenant, window: Duration) {
        let (fetched, waiting) = oneshot::channel();
        if let Some(guest) = self.server.lounge.seats().get_mut(&self.pid) {
            guest.seat.leave();
            guest.presence = Presence::Away(tenant, fetched);
        }
        self.server.lounge.arrived.notify_waiters();
        // Whether the client came or the time is over: what is left to be done is done by dropping.
        tokio::time::timeout(window, waiting).await.ok();
    }
}

impl Drop for Sitting {
    fn drop(&mut self) {
        let mut seats = self.server.lounge.seats();
        if seats.get(&self.pid).is_some_and(|guest| guest.number == self.number) {
            let guest = seats.remove(&self.pid);
            drop(seats);
            // Not under the lock: it closes a handler.
            drop(guest);
        }
    }
}
