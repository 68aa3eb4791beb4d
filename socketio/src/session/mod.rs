//! A session: its state behind one lock, and the wakers of the tasks that serve it. Whatever happens to a session, on
//! whichever thread, is decided under that lock.

mod assembly;
mod driver;
mod end;
mod heartbeat;
mod inbox;
mod membership;
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
    end::End,
    polling::{Farewell, PollAnswer, PollStart, Polling, PushStart},
    seat::{Lounge, Seat},
    slot::SlotId,
    state::{Reading, State, Transport},
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
    parked: Mutex<Parked>,
}

/// The driver on its way from one task to another.
enum Parked {
    Nothing,
    Driver(Box<Driver>),
    /// Nobody fetches it any more.
    Unwanted,
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
            parked: Mutex::new(Parked::Nothing),
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

    /// Leaves the driver for the WebSocket's task; gives it back if that has gone.
    pub(crate) fn park(&self, driver: Driver) -> Option<Driver> {
        let mut parked = self.parked.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*parked, Parked::Unwanted) {
            return Some(driver);
        }
        *parked = Parked::Driver(Box::new(driver));
        drop(parked);
        self.taker.wake();
        None
    }

    /// Takes over the driver, as soon as the polling task has left it. `None` if the session ends before.
    pub(crate) async fn take_driver(&self) -> Option<Driver> {
        poll_fn(|context| {
            self.register_taker(context);
            let ended = self.with(|state| state.ended().is_some());
            let mut parked = self.parked.lock().unwrap_or_else(PoisonError::into_inner);
            let left_for_good = if ended { Parked::Unwanted } else { Parked::Nothing };
            match std::mem::replace(&mut *parked, left_for_good) {
                Parked::Driver(driver) => Poll::Ready(Some(*driver)),
                Parked::Nothing | Parked::Unwanted if ended => Poll::Ready(None),
                Parked::Nothing | Parked::Unwanted => Poll::Pending,
            }
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
