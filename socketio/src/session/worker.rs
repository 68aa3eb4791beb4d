//! The life of one handler, as one future: asked in, fed event by event, closed. A panic of the application ends its own
//! connection and nothing else.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::Arc,
};

use futures_util::FutureExt as _;
use serde_json::value::RawValue;

use super::{
    Session, SlotId,
    inbox::{Inbox, Work},
    seat::{Guest, Seat, Sitting},
};
use crate::{
    application::{Accepted, CloseReason, Connect, Handler, Handshake},
    engine, packet,
    server::Protocol,
};

/// Polled by the session's task after each step; nobody wakes it for its inbox.
pub(super) struct Worker {
    pub(super) inbox: Arc<Inbox>,
    pub(super) namespace: bytestring::ByteString,
    pub(super) life: Pin<Box<dyn Future<Output = ()> + Send>>,
}

/// What a socket's life needs to begin.
pub(super) struct Birth {
    pub(super) session: Arc<Session>,
    pub(super) slot: SlotId,
    pub(super) inbox: Arc<Inbox>,
    pub(super) connect: Connect,
}

/// Asks the application, answers the client, and feeds the handler.
pub(super) async fn socket(birth: Birth) {
    let session = Arc::clone(&birth.session);
    // In a box of its own: a socket that has been let in, which is most of its life, needs far less room.
    let Some((mut tenant, sitting)) = Box::pin(let_in(birth)).await else { return };
    serve(&session, &mut tenant).await;

    // The connection has ended: waits for the client to come back, if it may.
    let recoverable = tenant.inbox.closed().is_some_and(CloseReason::is_recoverable);
    if let (true, Some(sitting), Some(recovery)) = (recoverable, sitting, session.server.options.recovery) {
        drop(session);
        Box::pin(sitting.wait(tenant, recovery.window)).await;
    }
}

/// The handler, and where it sits if its client may come back. `None` if the client was refused.
async fn let_in(birth: Birth) -> Option<(Tenant, Option<Sitting>)> {
    let Birth { session, slot, inbox, connect } = birth;
    let (namespace, seat) = (connect.namespace.clone(), connect.socket.seat.clone());
    let ticket = seat.is_some().then(|| Ticket::read(connect.auth.as_deref())).flatten();
    let auth = if ticket.is_some() { connect.auth.clone() } else { None };
    let Protocol::SocketIo(application) = &session.server.protocol else { return None };
    let verdict = AssertUnwindSafe(async { application.connect(connect).await }).catch_unwind().await;
    let accepted = match verdict {
        Ok(Ok(accepted)) => accepted,
        Ok(Err(error)) => {
            session.with(|state| state.refuse(slot, &error));
            return None;
        }
        Err(_panic) => {
            panicked(&session);
            return None;
        }
    };
    let Accepted { handler, sid, pid, replay, identity } = accepted;
    let tenant = Tenant { handler: Some(handler), inbox, seat };
    let (Some(seat), Some(identity), None) = (tenant.seat.clone(), identity, &pid) else {
        if let Some(seat) = &tenant.seat {
            seat.forgo();
        }
        let answer = packet::connect(&namespace, &sid, pid.as_deref());
        // If the connection is gone, the inbox is closed, and the handler is told so at once.
        session.with(|state| state.accept(slot, answer, replay)).ok();
        return Some((tenant, None));
    };

    if let Some(Ticket { pid, offset }) = ticket
        && let Some(claim) = session.server.lounge.claim(&pid, &identity, offset).await
    {
        let answer = packet::connect(&namespace, &claim.sid, Some(&pid));
        let guest = Guest::new(claim.sid, identity, Arc::clone(&claim.seat), &session);
        let sitting = Sitting::take(&session.server, pid, guest);
        claim.seat.move_to(&session, slot, answer, offset).ok();
        let tenant = go_on(&session, tenant, claim.tenant, auth.as_deref());
        return Some((tenant, Some(sitting)));
    }
    let pid = crate::id::random();
    let answer = packet::connect(&namespace, &sid, Some(&pid));
    let sitting = Sitting::take(&session.server, pid, Guest::new(sid, identity, seat, &session));
    session.with(|state| state.accept(slot, answer, replay)).ok();
    Some((tenant, Some(sitting)))
}

/// The handler from before goes on, with the inbox of the new connection; the new handler is closed.
fn go_on(session: &Session, new: Tenant, mut before: Tenant, auth: Option<&RawValue>) -> Tenant {
    before.inbox = Arc::clone(&new.inbox);
    new.dismiss(CloseReason::Recovered);
    if let Some(handler) = &mut before.handler
        && catch_unwind(AssertUnwindSafe(|| handler.recovered(auth))).is_err()
    {
        before.inbox.close(CloseReason::Panic);
        panicked(session);
    }
    before
}

/// Feeds the handler until there is nothing more.
async fn serve(session: &Session, tenant: &mut Tenant) {
    while let Some(work) = tenant.inbox.next().await {
        let (Work::Event(event), Some(handler)) = (work, &mut tenant.handler) else { continue };
        if AssertUnwindSafe(async { handler.event(event).await }).catch_unwind().await.is_err() {
            tenant.inbox.close(CloseReason::Panic);
            return panicked(session);
        }
    }
}

/// What a client that comes back shows.
struct Ticket {
    pid: String,
    offset: u64,
}

impl Ticket {
    fn read(auth: Option<&RawValue>) -> Option<Self> {
        #[derive(serde::Deserialize)]
        struct Auth {
            pid: String,
            offset: String,
        }
        let Auth { pid, offset } = serde_json::from_str(auth?.get()).ok()?;
        Some(Self { pid, offset: offset.parse().ok()? })
    }
}

/// The same without Socket.IO.
pub(super) async fn raw(session: Arc<Session>, inbox: Arc<Inbox>, handshake: Arc<Handshake>) {
    let Protocol::Engine(application) = &session.server.protocol else { return };
    let socket = engine::Socket(Arc::clone(&session));
    let opened = catch_unwind(AssertUnwindSafe(|| application.open(socket, handshake)));
    let Ok(handler) = opened else { return panicked(&session) };
    let mut tenant = RawTenant { handler: Some(handler), inbox };
    while let Some(work) = tenant.inbox.next().await {
        let (Work::Message(message), Some(handler)) = (work, &mut tenant.handler) else { continue };
        if AssertUnwindSafe(async { handler.message(message).await }).catch_unwind().await.is_err() {
            tenant.inbox.close(CloseReason::Panic);
            return panicked(&session);
        }
    }
}

fn panicked(session: &Session) {
    tracing::error!("a handler panicked; its connection is closed");
    session.with(|state| state.end_for(CloseReason::Panic));
}

/// Closes the handler exactly once, also when its life is cut short.
pub(super) struct Tenant {
    handler: Option<Box<dyn Handler>>,
    inbox: Arc<Inbox>,
    /// Where the socket sits, if it can come back.
    seat: Option<Arc<Seat>>,
}

impl Tenant {
    /// Closes the handler for a reason of its own.
    fn dismiss(mut self, reason: CloseReason) {
        let inbox = Inbox::default();
        inbox.close(reason);
        self.inbox = Arc::new(inbox);
    }
}

impl Drop for Tenant {
    fn drop(&mut self) {
        if let Some(seat) = &self.seat {
            seat.close();
        }
        if let Some(handler) = self.handler.take() {
            close_guarded(&self.inbox, |reason| handler.closed(reason));
        }
    }
}

struct RawTenant {
    handler: Option<Box<dyn engine::Handler>>,
    inbox: Arc<Inbox>,
}

impl Drop for RawTenant {
    fn drop(&mut self) {
        if let Some(handler) = self.handler.take() {
            close_guarded(&self.inbox, |reason| handler.closed(reason));
        }
    }
}

fn close_guarded(inbox: &Inbox, close: impl FnOnce(CloseReason)) {
    // Only a runtime that is torn down drops a life without a reason.
    let reason = inbox.closed().unwrap_or(CloseReason::TransportClose);
    if catch_unwind(AssertUnwindSafe(|| close(reason))).is_err() {
        tracing::error!("a handler panicked while it was closed");
    }
}
