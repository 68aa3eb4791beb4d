//! What the HTTP side does to a session: polls, pushes, and the move to a WebSocket.

use std::collections::VecDeque;

use tokio::time::Instant;

use super::{
    polling::{PollAnswer, PollStart, PushStart},
    state::{State, Transport},
};
use crate::{application::CloseReason, packet::engine::Frame, websocket::Writer};

impl State {
    // Polling.

    /// A GET has come.
    pub(crate) fn begin_poll(&mut self, now: Instant) -> PollStart {
        self.tick(now);
        let Transport::Polling(polling) = &mut self.transport else {
            return PollStart::Answer(PollAnswer::Moved);
        };
        if self.forgotten {
            return PollStart::Unknown;
        }
        let (start, last) = polling.begin_poll(now, self.options.packets_per_poll);
        // The noop of an upgrade has its time.
        self.effects.wake.driver = true;
        if last {
            self.forget();
        }
        if start == PollStart::Overlap {
            self.end_for(CloseReason::TransportError);
        }
        start
    }

    /// Whether there is an answer for the GET that waits.
    pub(crate) fn take_answer(&mut self, id: u64) -> Option<PollAnswer> {
        match &mut self.transport {
            Transport::Polling(polling) => polling.take_answer(id, self.options.packets_per_poll),
            Transport::WebSocket(_) => Some(PollAnswer::Moved),
        }
    }

    /// The client has gone away from its GET.
    pub(crate) fn abort_poll(&mut self, id: u64) {
        if let Transport::Polling(polling) = &mut self.transport
            && polling.abort_poll(id)
        {
            self.end_for(CloseReason::TransportError);
        }
    }

    /// A POST has come.
    pub(crate) fn begin_push(&mut self, now: Instant) -> PushStart {
        self.tick(now);
        let Transport::Polling(polling) = &mut self.transport else { return PushStart::Moved };
        match self.ended {
            _ if self.forgotten => PushStart::Unknown,
            Some(CloseReason::TransportClose) => PushStart::Unknown,
            Some(_) => PushStart::Swallow,
            None if polling.pushing => {
                self.end_for(CloseReason::TransportError);
                PushStart::Overlap
            }
            None => {
                polling.pushing = true;
                PushStart::Go
            }
        }
    }

    /// The packets of a POST.
    pub(crate) fn push(&mut self, frames: Vec<Frame>) {
        if self.ended.is_none() {
            self.inbound.extend(frames);
            self.effects.wake.driver = true;
        }
    }

    /// Whether the session has taken all that was pushed.
    pub(crate) fn is_drained(&self) -> bool {
        self.inbound.is_empty()
    }

    pub(crate) fn end_push(&mut self) {
        if let Transport::Polling(polling) = &mut self.transport {
            polling.pushing = false;
        }
    }

    /// The next packet that was pushed.
    pub(crate) fn take_input(&mut self) -> Option<Frame> {
        let frame = self.inbound.pop_front()?;
        if self.inbound.is_empty() {
            self.inbound = VecDeque::new();
            self.effects.wake.pusher = true;
        }
        Some(frame)
    }

    // The upgrade.

    /// A WebSocket comes with the session's id; `None` if there is one already, or the session was born on one.
    pub(crate) fn begin_upgrade(&mut self, now: Instant) -> Option<u64> {
        self.tick(now);
        match &mut self.transport {
            Transport::Polling(polling) => polling.begin_upgrade(),
            Transport::WebSocket(_) => None,
        }
    }

    pub(crate) fn probe(&mut self, id: u64, now: Instant) -> bool {
        self.effects.wake.driver = true;
        match &mut self.transport {
            Transport::Polling(polling) => polling.probe(id, now),
            Transport::WebSocket(_) => false,
        }
    }

    /// The session moves; whether it may.
    pub(crate) fn complete_upgrade(&mut self, id: u64, writer: &Writer) -> bool {
        let Transport::Polling(polling) = &mut self.transport else { return false };
        let Some(buffered) = polling.complete_upgrade(id) else { return false };
        self.transport = Transport::WebSocket(writer.clone());
        self.effects.wake.driver = true;
        self.effects.wake.taker = true;
        for frame in buffered {
            // A full outbox ends the session by itself.
            self.transmit(frame, &[]).ok();
        }
        true
    }

    pub(crate) fn abandon_upgrade(&mut self, id: u64) {
        if let Transport::Polling(polling) = &mut self.transport {
            polling.abandon_upgrade(id);
        }
    }

    /// Whether it lives on a WebSocket.
    pub(crate) fn has_moved(&self) -> bool {
        matches!(self.transport, Transport::WebSocket(_))
    }
}
