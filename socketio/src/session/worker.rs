//! The life of one handler, as one future: asked in, fed event by event, closed. A panic of the application ends its own
//! connection and nothing else.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::Arc,
};

use futures_util::FutureExt as _;

use super::{Session, SlotId, inbox::Inbox, inbox::Work};
use crate::{
    application::{Accepted, CloseReason, Connect, Handler},
    engine, packet,
    server::Protocol,
};

/// Polled by the session's task after each step; nobody wakes it for its inbox.
pub(super) struct Worker {
    pub(super) inbox: Arc<Inbox>,
    pub(super) namespace: bytestring::ByteString,
    pub(super) life: Pin<Box<dyn Future<Output = ()> + Send>>,
}

/// Asks the application, answers the client, and feeds the handler.
pub(super) async fn socket(
    session: Arc<Session>,
    slot: SlotId,
    namespace: String,
    inbox: Arc<Inbox>,
    connect: Connect,
) {
    let verdict = {
        let Protocol::SocketIo(application) = &session.server.protocol else { return };
        AssertUnwindSafe(async { application.connect(connect).await }).catch_unwind().await
    };
    let accepted = match verdict {
        Ok(Ok(accepted)) => accepted,
        Ok(Err(error)) => return session.with(|state| state.refuse(slot, &error)),
        Err(_panic) => return panicked(&session),
    };
    let Accepted { handler, sid, pid, replay, identity: _ } = accepted;
    let mut tenant = Tenant { handler: Some(handler), inbox };
    let answer = packet::connect(&namespace, &sid, pid.as_deref());
    // If the connection is gone, the inbox is closed, and the handler is told so at once.
    session.with(|state| state.accept(slot, answer, replay)).ok();
    while let Some(work) = tenant.inbox.next().await {
        let (Work::Event(event), Some(handler)) = (work, &mut tenant.handler) else { continue };
        if AssertUnwindSafe(async { handler.event(event).await }).catch_unwind().await.is_err() {
            tenant.inbox.close(CloseReason::Panic);
            return panicked(&session);
        }
    }
}

/// The same without Socket.IO.
pub(super) async fn raw(session: Arc<Session>, handler: Box<dyn engine::Handler>, inbox: Arc<Inbox>) {
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
struct Tenant {
    handler: Option<Box<dyn Handler>>,
    inbox: Arc<Inbox>,
}

impl Drop for Tenant {
    fn drop(&mut self) {
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
