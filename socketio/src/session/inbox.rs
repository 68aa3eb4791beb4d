//! What one socket's handler still has to do. Filled and emptied in the session's task; closed from anywhere.

use std::{
    collections::VecDeque,
    future::poll_fn,
    sync::{Mutex, MutexGuard, PoisonError},
    task::Poll,
};

use crate::{application::CloseReason, packet, packet::engine::Frame};

/// One step for a handler.
#[derive(Debug)]
pub(super) enum Work {
    Event(packet::Event),
    Message(Frame),
}

#[derive(Debug, Default)]
pub(crate) struct Inbox(Mutex<Contents>);

#[derive(Debug, Default)]
struct Contents {
    /// Nearly always there is at most one: it lies here, without an allocation.
    next: Option<Work>,
    later: VecDeque<Work>,
    closed: Option<CloseReason>,
}

impl Inbox {
    pub(super) fn push(&self, work: Work) {
        let mut contents = self.contents();
        if contents.closed.is_some() {
            return;
        }
        if contents.next.is_none() {
            contents.next = Some(work);
        } else {
            contents.later.push_back(work);
        }
    }

    /// Nothing more comes in; what is there is still done. Only the first reason counts.
    pub(super) fn close(&self, reason: CloseReason) {
        self.contents().closed.get_or_insert(reason);
    }

    pub(super) fn closed(&self) -> Option<CloseReason> {
        self.contents().closed
    }

    pub(super) fn len(&self) -> usize {
        let contents = self.contents();
        contents.later.len() + usize::from(contents.next.is_some())
    }

    /// The next step; `None` when all is done and the inbox is closed. Whoever fills it polls again.
    pub(super) async fn next(&self) -> Option<Work> {
        poll_fn(|_context| {
            let mut contents = self.contents();
            let work = contents.next.take();
            if work.is_some() {
                contents.next = contents.later.pop_front();
                if contents.next.is_none() && contents.later.capacity() > 0 {
                    contents.later = VecDeque::new();
                }
                return Poll::Ready(work);
            }
            if contents.closed.is_some() { Poll::Ready(None) } else { Poll::Pending }
        })
        .await
    }

    fn contents(&self) -> MutexGuard<'_, Contents> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
