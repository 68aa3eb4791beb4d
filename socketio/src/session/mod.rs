//! A session: its state behind one lock, and the wakers of the tasks that serve it. Whatever happens to a session, on
//! whichever thread, is decided under that lock.

mod assembly;
mod driver;
mod heartbeat;
mod inbox;
mod polling;
mod seat;
mod slot;
mod state;
mod transfer;
mod worker;

use std::{
    fmt,
    future::poll_fn,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use futures_util::task::AtomicWaker;
use tokio::time::Instant;

pub(crate) use self::{
    driver::{Driver, Timer, Turn},
    polling::{Farewell, PollAnswer, PollStart, Polling, PushStart},
    seat::{Lounge, Seat},
    slot::SlotId,
    state::{End, Reading, State, Transport},
};
use crate::{application::CloseReason, server::Server};

pub(crate) struct Session {
    pub(crate) server: Arc<Server>,
    sid: Box<str>,
    state: Mutex<State>,
    /// The task that runs the session.
    driver: AtomicWaker,
    /// The task that takes what is sent over polling, or waits to take over by an upgrade.
    taker: AtomicWaker,
    /// The push that waits until its packets have been taken.
    pusher: AtomicWaker,
    /// The driver on its way from the polling task to the WebSocket's.
    parked: Mutex<Option<Driver>>,
}

impl fmt::Debug for Session {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The sid is a secret.
        formatter.debug_struct("Session").finish_non_exhaustive()
    }
}

impl Session {
    /// Opens a session and puts it into the table.
    pub(crate) fn open(server: &Arc<Server>, sid: Box<str>, transport: Transport) -> Arc<Self> {
        let state = State::new(&server.options, transport, Instant::now());
        let session = Arc::new(Self {
            server: Arc::clone(server),
            sid,
            state: Mutex::new(state),
            driver: AtomicWaker::new(),
            taker: AtomicWaker::new(),
            pusher: AtomicWaker::new(),
            parked: Mutex::new(None),
        });
        server.insert(&session);
        session
    }

    pub(crate) fn sid(&self) -> &str {
        &self.sid
    }

    /// The only way to the state. What the change asks for is done after the lock is free again.
    pub(crate) fn with<R>(&self, change: impl FnOnce(&mut State) -> R) -> R {
        // A panic cannot happen under the lock; if it did, the state would still be a state.
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let result = change(&mut state);
        let effects = std::mem::take(&mut state.effects);
        drop(state);
        if effects.wake.driver {
            self.driver.wake();
        }
        if effects.wake.taker {
            self.taker.wake();
        }
        if effects.wake.pusher {
            self.pusher.wake();
        }
        if effects.forget {
            self.server.remove(&self.sid);
        }
        result
    }

    pub(crate) fn register_driver(&self, context: &Context<'_>) {
        self.driver.register(context.waker());
    }

    pub(crate) fn register_taker(&self, context: &Context<'_>) {
        self.taker.register(context.waker());
    }

    pub(crate) fn register_pusher(&self, context: &Context<'_>) {
        self.pusher.register(context.waker());
    }

    /// Leaves the driver for the WebSocket's task.
    pub(crate) fn park(&self, driver: Driver) {
        *self.parked.lock().unwrap_or_else(PoisonError::into_inner) = Some(driver);
        self.taker.wake();
    }

    /// Takes over the driver, as soon as the polling task has left it.
    pub(crate) async fn take_driver(&self) -> Driver {
        poll_fn(|context| {
            self.register_taker(context);
            let parked = self.parked.lock().unwrap_or_else(PoisonError::into_inner).take();
            parked.map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }

    pub(crate) fn close(&self, code: u16, reason: &str) {
        self.end(code, reason, true);
    }

    pub(crate) fn fail(&self, code: u16, reason: &str) {
        self.end(code, reason, false);
    }

    fn end(&self, code: u16, text: &str, flush: bool) {
        let end = End {
            reason: CloseReason::ServerClose,
            code,
            text: text.into(),
            flush,
            farewell: Farewell::Tell,
        };
        self.with(|state| state.end(end));
    }
}
