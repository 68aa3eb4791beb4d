//! Telling of what was committed, and answering who waits for it: on a thread of sockets, where there is one.
//!
//! The writer could do it itself, and without a courier it does. But it is on a thread of its own, and would wake
//! those of the sockets once for each row and once for each answer, which costs more than storing them. So it hands
//! over what a transaction has brought as a whole.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc;

use super::{Store, job::Job, log::LogRow, writer::Doorbell};

/// Transactions that may wait to be told of; the writer waits while there are as many.
const WAITING: usize = 4;

/// What a transaction has brought. Whoever drops it tells of it, so that nothing stays untold, whatever becomes of the
/// courier.
pub(super) struct Committed {
    pub(super) doorbell: Arc<Doorbell>,
    pub(super) rows: Vec<Arc<LogRow>>,
    /// Who waits for it. They are answered when the bell has rung.
    pub(super) jobs: Vec<Job>,
}

impl Drop for Committed {
    fn drop(&mut self) {
        if !self.rows.is_empty() {
            (self.doorbell)(&self.rows);
        }
        self.jobs.drain(..).for_each(|job| job.settle(Ok(())));
    }
}

/// The way to the courier. Clones share it.
#[derive(Clone, Default)]
pub(super) struct Courier(Arc<Mutex<Option<mpsc::Sender<Committed>>>>);

impl Courier {
    /// Hand it over.
    pub(super) async fn take(&self, committed: Committed) {
        let courier = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match courier {
            // One that has gone gives it back, and then it is told of here.
            Some(courier) => drop(courier.send(committed).await),
            None => drop(committed),
        }
    }

    /// Nothing more will come.
    pub(super) fn dismiss(&self) {
        drop(self.0.lock().unwrap_or_else(PoisonError::into_inner).take());
    }

    /// Be the courier, unless there is one.
    fn apply(&self) -> Option<mpsc::Receiver<Committed>> {
        let mut courier = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if courier.as_ref().is_some_and(|courier| !courier.is_closed()) {
            return None;
        }
        let (sender, receiver) = mpsc::channel(WAITING);
        *courier = Some(sender);
        Some(receiver)
    }
}

impl Store {
    /// Ring the doorbell and answer from where this future runs, until the store is closed. There is one courier, so
    /// that the order stays: where there is one already, this returns at once.
    pub fn carry(&self) -> impl Future<Output = ()> + use<> {
        let courier = self.0.courier.clone();
        async move {
            let Some(mut queue) = courier.apply() else { return };
            while let Some(committed) = queue.recv().await {
                drop(committed);
            }
        }
    }
}
