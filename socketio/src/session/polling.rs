//! What a session has while it lives on long-polling: the buffer between polls, the one poll and the one push that may be under
//! way, the WebSocket that wants to take over, and how it says goodbye. Pure, like the state that it is part of.

use std::{collections::VecDeque, time::Duration};

use tokio::time::Instant;

use crate::{
    options::Options,
    packet::engine::{CLOSE, Frame, NOOP, PING},
    websocket::SendError,
};

/// While a WebSocket has probed, a poll is released after this time: soon, but no tight loop.
const NOOP_DELAY: Duration = Duration::from_millis(50);
/// How long a session that its client has closed still answers a poll that crossed the close.
const TOMBSTONE: Duration = Duration::from_secs(1);

#[derive(Debug, Default)]
pub(crate) struct Polling {
    buffer: VecDeque<Frame>,
    bytes: usize,
    /// Frames and bytes that may wait beyond the limits, until the buffer has been empty once.
    excused: (usize, usize),
    poll: Poll,
    next_poll: u64,
    pub(super) pushing: bool,
    upgrade: Option<Upgrade>,
    release_at: Option<Instant>,
    pub(super) closing: Option<Closing>,
}

/// The client's GET.
#[derive(Debug, Default)]
enum Poll {
    #[default]
    None,
    Waiting(u64),
    Answered(u64, PollAnswer),
}

/// What a GET is answered with.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum PollAnswer {
    Frames(Vec<Frame>),
    /// The session lives on a WebSocket now.
    Moved,
}

/// What becomes of a GET that has just come.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum PollStart {
    Answer(PollAnswer),
    Wait(u64),
    Overlap,
    Unknown,
}

/// What becomes of a POST that has just come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PushStart {
    Go,
    /// Answered as if all were well: the next poll tells the client.
    Swallow,
    Overlap,
    Unknown,
    Moved,
}

/// How a client that polls learns that the session has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Farewell {
    /// A poll that waits gets a close; nobody else is told.
    Forget,
    /// The next poll gets a close.
    Tell,
    /// The client wanted it: a poll that waits, or crosses, ends empty.
    Release,
}

#[derive(Debug)]
pub(super) struct Closing {
    farewell: Farewell,
    /// Set when the clock is looked at next.
    until: Option<Instant>,
}

/// A WebSocket that wants to take over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Upgrade {
    id: u64,
    probed: bool,
}

impl Polling {
    /// Buffers frames as a unit.
    pub(super) fn push(
        &mut self,
        frames: impl Iterator<Item = Frame> + Clone,
        options: &Options,
    ) -> Result<(), SendError> {
        let (count, bytes) =
            frames.clone().fold((0, 0), |(count, bytes), frame| (count + 1, bytes + frame.len()));
        let (more_frames, more_bytes) = self.excused;
        if self.buffer.len() + count > options.outbox_packets + more_frames
            || self.bytes + bytes > options.outbox_bytes + more_bytes
        {
            return Err(SendError::Full);
        }
        self.bytes += bytes;
        self.buffer.extend(frames);
        Ok(())
    }

    /// A ping overtakes what is buffered: a client that has much to fetch must not be taken for dead.
    pub(super) fn push_ping(&mut self) {
        self.bytes += PING.len();
        self.buffer.push_front(Frame::Text(PING));
    }

    /// So much more may wait, until the buffer has been empty once.
    pub(super) fn excuse(&mut self, frames: usize, bytes: usize) {
        self.excused.0 += frames;
        self.excused.1 += bytes;
    }

    pub(super) fn clear(&mut self) {
        self.buffer.clear();
        self.bytes = 0;
    }

    /// Whether a poll waits and nothing is there for it: the moment for a message that may be dropped.
    pub(super) fn is_idle(&self) -> bool {
        self.buffer.is_empty() && matches!(self.poll, Poll::Waiting(_))
    }

    // Polls.

    /// Whether a GET is under way.
    pub(super) fn is_polled(&self) -> bool {
        !matches!(self.poll, Poll::None)
    }

    /// A GET has come; `true` beside the answer when the session is to be forgotten.
    pub(super) fn begin_poll(&mut self, now: Instant, max: usize) -> (PollStart, bool) {
        if self.closing.is_some() {
            let (frames, last) = self.farewell(max);
            return (PollStart::Answer(PollAnswer::Frames(frames)), last);
        }
        match self.poll {
            Poll::Waiting(_) | Poll::Answered(..) => (PollStart::Overlap, false),
            Poll::None if self.buffer.is_empty() => {
                let id = self.next_poll;
                self.next_poll += 1;
                self.poll = Poll::Waiting(id);
                self.plan_release(now);
                (PollStart::Wait(id), false)
            }
            Poll::None => (PollStart::Answer(PollAnswer::Frames(self.take(max))), false),
        }
    }

    /// Whether there is an answer for the GET that waits.
    pub(super) fn take_answer(&mut self, id: u64, max: usize) -> Option<PollAnswer> {
        match std::mem::take(&mut self.poll) {
            Poll::Answered(answered, answer) if answered == id => Some(answer),
            Poll::Waiting(waiting) if waiting == id && !self.buffer.is_empty() => {
                self.release_at = None;
                Some(PollAnswer::Frames(self.take(max)))
            }
            poll @ (Poll::None | Poll::Waiting(_) | Poll::Answered(..)) => {
                self.poll = poll;
                None
            }
        }
    }

    /// The GET's client is gone. Whether the session depended on it.
    pub(super) fn abort_poll(&mut self, id: u64) -> bool {
        let aborted =
            matches!(self.poll, Poll::Waiting(waiting) | Poll::Answered(waiting, _) if waiting == id);
        if aborted {
            self.poll = Poll::None;
        }
        aborted
    }

    fn take(&mut self, max: usize) -> Vec<Frame> {
        let count = self.buffer.len().min(max);
        let frames: Vec<_> = self.buffer.drain(..count).collect();
        self.bytes -= frames.iter().map(Frame::len).sum::<usize>();
        if self.buffer.is_empty() {
            self.excused = (0, 0);
        }
        frames
    }

    fn answer(&mut self, answer: PollAnswer) -> bool {
        let Poll::Waiting(id) = self.poll else { return false };
        self.poll = Poll::Answered(id, answer);
        self.release_at = None;
        true
    }

    // The end.

    /// Says goodbye; `true` when nothing is left to be said.
    pub(super) fn close(&mut self, farewell: Farewell) -> bool {
        self.upgrade = None;
        self.closing = Some(Closing { farewell, until: None });
        if matches!(self.poll, Poll::Waiting(_)) {
            let (frames, _last) = self.farewell(usize::MAX);
            return self.answer(PollAnswer::Frames(frames));
        }
        farewell == Farewell::Forget
    }

    /// What is left, and the goodbye if it fits in.
    fn farewell(&mut self, max: usize) -> (Vec<Frame>, bool) {
        let mut frames = self.take(max);
        let last = frames.len() < max;
        if last {
            let release = self.closing.as_ref().is_some_and(|closing| closing.farewell == Farewell::Release);
            frames.push(Frame::Text(if release { NOOP } else { CLOSE }));
        }
        (frames, last)
    }

    /// Looks at the clock after the end; `true` when waiting for another poll has been long enough.
    pub(super) fn tick_closing(&mut self, now: Instant, linger: Duration) -> bool {
        let Some(closing) = &mut self.closing else { return false };
        let patience = if closing.farewell == Farewell::Release { TOMBSTONE } else { linger };
        now >= *closing.until.get_or_insert(now + patience)
    }

    // The upgrade.

    /// A WebSocket comes with the session's id. Only one at a time may.
    pub(super) fn begin_upgrade(&mut self) -> Option<u64> {
        if self.upgrade.is_some() || self.closing.is_some() {
            return None;
        }
        let id = self.next_poll;
        self.next_poll += 1;
        self.upgrade = Some(Upgrade { id, probed: false });
        Some(id)
    }

    /// It has probed: from now on polls are released, so that the client can pause.
    pub(super) fn probe(&mut self, id: u64, now: Instant) -> bool {
        match &mut self.upgrade {
            Some(upgrade) if upgrade.id == id => upgrade.probed = true,
            Some(_) | None => return false,
        }
        self.plan_release(now);
        true
    }

    /// The client says that it has paused: what is buffered goes over to the WebSocket.
    pub(super) fn complete_upgrade(&mut self, id: u64) -> Option<VecDeque<Frame>> {
        if self.upgrade != Some(Upgrade { id, probed: true }) {
            return None;
        }
        self.answer(PollAnswer::Moved);
        Some(std::mem::take(&mut self.buffer))
    }

    pub(super) fn abandon_upgrade(&mut self, id: u64) {
        if self.upgrade.is_some_and(|upgrade| upgrade.id == id) {
            self.upgrade = None;
            self.release_at = None;
        }
    }

    fn plan_release(&mut self, now: Instant) {
        let probed = self.upgrade.is_some_and(|upgrade| upgrade.probed);
        if probed && matches!(self.poll, Poll::Waiting(_)) {
            self.release_at = Some(now + NOOP_DELAY);
        }
    }

    /// Releases a poll whose time has come; whether it did.
    pub(super) fn tick(&mut self, now: Instant) -> bool {
        self.release_at.is_some_and(|at| now >= at)
            && self.answer(PollAnswer::Frames(vec![Frame::Text(NOOP)]))
    }

    /// When it wants to be asked again.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let closing = self.closing.as_ref().and_then(|closing| closing.until);
        closing.or(self.release_at)
    }
}
