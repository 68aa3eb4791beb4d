//! What waits to be written on one WebSocket: a bounded queue between everybody who sends and the one who writes,
//! the connection's own task. Taking all that waits at once makes one system call.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use actix_web::body::{BodySize, MessageBody};
use bytes::{Bytes, BytesMut};
use bytestring::ByteString;
use futures_util::task::AtomicWaker;
use tokio::time::Instant;

use super::{
    Limits,
    frame::{MAX_SERVER_HEADER, Outgoing},
};

/// As much is written at once: what an HTTP connection buffers, too.
pub(super) const CHUNK: usize = 32 * 1024;

/// Why a message was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// The reader is too slow; its connection is being closed for it.
    #[error("the outbox is full")]
    Full,
    /// The connection is closed or closing.
    #[error("the connection is closed")]
    Closed,
    /// The arguments are no JSON.
    #[error("the arguments cannot be written as JSON")]
    Unserialisable,
}

#[derive(Debug)]
pub(super) struct Pipe {
    queue: Mutex<Queue>,
    limits: Limits,
    /// The connection's task, which takes from the queue.
    body: AtomicWaker,
    /// Who reads, and watches over the writing.
    reader: AtomicWaker,
    /// The body has been dropped: the connection is no more.
    gone: AtomicBool,
    /// The queue has not moved for a while: the reader is to watch the time.
    suspicious: AtomicBool,
}

#[derive(Debug)]
struct Queue {
    waiting: std::collections::VecDeque<Outgoing>,
    bytes: usize,
    /// Packets and bytes that may wait beyond the limits, until the queue has been empty once.
    excused: (usize, usize),
    /// Since when the first in the queue waits.
    since: Option<Instant>,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    /// It could not take more: the connection is to be closed for it.
    Overflowed,
    /// A close frame is the last in the queue.
    Closing,
    /// The close frame has been taken.
    Closed,
}

impl Pipe {
    pub(super) fn new(limits: Limits) -> Arc<Self> {
        let queue = Queue {
            waiting: std::collections::VecDeque::new(),
            bytes: 0,
            excused: (0, 0),
            since: None,
            state: State::Open,
        };
        Arc::new(Self {
            queue: Mutex::new(queue),
            limits,
            body: AtomicWaker::new(),
            reader: AtomicWaker::new(),
            gone: AtomicBool::new(false),
            suspicious: AtomicBool::new(false),
        })
    }

    /// Queues messages as a unit: all, with nothing between them, or none.
    pub(super) fn send(
        &self,
        messages: impl ExactSizeIterator<Item = Outgoing> + Clone,
    ) -> Result<(), SendError> {
        let mut queue = self.queue();
        if queue.state != State::Open || self.gone.load(Ordering::Relaxed) {
            return Err(SendError::Closed);
        }
        let bytes: usize = messages.clone().map(|message| message.size()).sum();
        let (more_packets, more_bytes) = queue.excused;
        let fits = queue.waiting.len() + messages.len() <= self.limits.outbox_packets + more_packets
            && queue.bytes + bytes <= self.limits.outbox_bytes + more_bytes;
        if !fits {
            queue.state = State::Overflowed;
            drop(queue);
            self.reader.wake();
            return Err(SendError::Full);
        }
        self.note_waiting(&mut queue);
        queue.bytes += bytes;
        queue.waiting.extend(messages);
        drop(queue);
        self.body.wake();
        Ok(())
    }

    /// So much more may wait, until the queue has been empty once: what a client has missed while it was away comes at
    /// once, and is no sign of a slow reader.
    pub(super) fn excuse(&self, packets: usize, bytes: usize) {
        let mut queue = self.queue();
        queue.excused.0 += packets;
        queue.excused.1 += bytes;
    }

    /// A pong is not worth ending a connection for: it is left out when there is no room.
    pub(super) fn pong(&self, payload: Bytes) {
        self.control(Outgoing::Pong(payload));
    }

    /// A ping, likewise.
    pub(super) fn ping(&self) {
        self.control(Outgoing::Ping);
    }

    fn control(&self, frame: Outgoing) {
        let mut queue = self.queue();
        if queue.state == State::Open && queue.waiting.len() < self.limits.outbox_packets {
            self.note_waiting(&mut queue);
            queue.bytes += frame.size();
            queue.waiting.push_back(frame);
            drop(queue);
            self.body.wake();
        }
    }

    /// Closes after what is queued.
    pub(super) fn close(&self, code: u16, reason: ByteString) {
        let mut queue = self.queue();
        // Of what has overflowed the reader knows, and it does not wait for the queue.
        if queue.state == State::Open {
            self.note_waiting(&mut queue);
            queue.waiting.push_back(Outgoing::Close { code, reason });
            queue.state = State::Closing;
            drop(queue);
            self.body.wake();
        }
    }

    /// Closes instead of what is queued.
    pub(super) fn fail(&self, code: u16, reason: ByteString) {
        let mut queue = self.queue();
        if queue.state != State::Closed {
            queue.waiting = [Outgoing::Close { code, reason }].into();
            queue.bytes = 0;
            queue.state = State::Closing;
            drop(queue);
            self.body.wake();
        }
    }

    fn note_waiting(&self, queue: &mut Queue) {
        match queue.since {
            None => queue.since = Some(Instant::now()),
            // Only a queue that has stood for a while is worth a timer.
            Some(since) if since.elapsed() > self.limits.write_timeout / 8 => {
                if !self.suspicious.swap(true, Ordering::Relaxed) {
                    self.reader.wake();
                }
            }
            Some(_) => {}
        }
    }

    /// What the reader has to know of the writing side, registered for its next change.
    pub(super) fn poll_health(&self, context: &Context<'_>) -> Health {
        self.reader.register(context.waker());
        if self.gone.load(Ordering::Acquire) {
            return Health::Gone;
        }
        if !self.suspicious.load(Ordering::Relaxed) {
            // An overflow is rare, and the lock is cheap.
            return if self.queue().state == State::Overflowed { Health::TooSlow } else { Health::Good };
        }
        let queue = self.queue();
        match (queue.state, queue.since) {
            (State::Overflowed, _) => Health::TooSlow,
            (_, None) => {
                self.suspicious.store(false, Ordering::Relaxed);
                Health::Good
            }
            (_, Some(since)) => {
                let deadline = since + self.limits.write_timeout;
                if Instant::now() >= deadline { Health::TooSlow } else { Health::Suspicious(deadline) }
            }
        }
    }

    /// Encodes what waits, up to a chunk of it. Where nothing waits, the task is woken when something does.
    pub(super) fn take(&self, chunk: &mut BytesMut, context: &Context<'_>) -> Taken {
        self.body.register(context.waker());
        let mut queue = self.queue();
        if queue.waiting.is_empty() {
            return if queue.state == State::Closed { Taken::All } else { Taken::Nothing };
        }
        let capacity = queue.bytes + queue.waiting.len() * MAX_SERVER_HEADER;
        chunk.reserve(capacity.min(CHUNK + MAX_SERVER_HEADER));
        while let Some(message) = queue.waiting.pop_front() {
            message.encode(chunk);
            queue.bytes = queue.bytes.saturating_sub(message.size());
            if matches!(message, Outgoing::Close { .. }) {
                queue.state = State::Closed;
                queue.waiting.clear();
                drop(queue);
                self.reader.wake();
                return Taken::Some;
            }
            if chunk.len() >= CHUNK {
                break;
            }
        }
        if queue.waiting.is_empty() {
            queue.since = None;
            queue.excused = (0, 0);
            if queue.waiting.capacity() > 64 {
                queue.waiting = std::collections::VecDeque::new();
            }
        } else {
            queue.since = Some(Instant::now());
        }
        Taken::Some
    }

    /// The connection is no more.
    pub(super) fn break_off(&self) {
        self.gone.store(true, Ordering::Release);
        let mut queue = self.queue();
        queue.state = State::Closed;
        queue.waiting = std::collections::VecDeque::new();
        queue.bytes = 0;
        drop(queue);
        self.reader.wake();
    }

    /// Whether a volatile message may go: nothing waits.
    pub(super) fn is_idle(&self) -> bool {
        let queue = self.queue();
        queue.state == State::Open && queue.waiting.is_empty()
    }

    pub(super) fn is_finished(&self) -> bool {
        self.queue().state == State::Closed
    }

    pub(super) fn is_closing(&self) -> bool {
        self.queue().state != State::Open
    }

    pub(super) fn is_gone(&self) -> bool {
        self.gone.load(Ordering::Acquire)
    }

    /// A panic cannot happen under the lock; if it did, the queue would still be a queue.
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Health {
    Good,
    /// Too slow if nothing has moved by then.
    Suspicious(Instant),
    TooSlow,
    Gone,
}

/// What [`Pipe::take`] has found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// Something to write.
    Some,
    /// Nothing waits.
    Nothing,
    /// Nothing waits and nothing will: the close frame was taken before.
    All,
}

/// The response body: the single writer where the connection is HTTP's.
#[derive(Debug)]
pub(super) struct Body {
    pipe: Arc<Pipe>,
    /// It has let those who are about to run send first.
    waited: bool,
}

impl Body {
    pub(super) fn new(pipe: Arc<Pipe>) -> Self {
        Self { pipe, waited: false }
    }
}

impl MessageBody for Body {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Infallible>>> {
        let Self { pipe, waited } = self.get_mut();
        // An event and the answer that follows it come from two tasks, of which the other one is about to run. A turn
        // costs far less than a system call.
        if !*waited && !pipe.queue().waiting.is_empty() {
            *waited = true;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        *waited = false;
        let mut chunk = BytesMut::new();
        match pipe.take(&mut chunk, context) {
            Taken::Nothing => Poll::Pending,
            Taken::All => Poll::Ready(None),
            Taken::Some => Poll::Ready(Some(Ok(chunk.freeze()))),
        }
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        self.pipe.break_off();
    }
}
