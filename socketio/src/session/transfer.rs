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
        self.excuse(buffered.len(), buffered.iter().map(Frame::len).sum());
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

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Duration};

    use bytestring::ByteString;
    use tokio::time::Instant;

    use super::{PollAnswer, PollStart, PushStart, State, Transport};
    use crate::{
        application::CloseReason,
        options::Options,
        packet::engine::Frame,
        session::{Polling, Reading},
    };

    fn state() -> (State, Instant) {
        let now = Instant::now();
        (State::new(&Arc::new(Options::default()), Transport::Polling(Box::<Polling>::default()), now), now)
    }

    fn wait(state: &mut State, now: Instant) -> u64 {
        let PollStart::Wait(id) = state.begin_poll(now) else { panic!("the poll does not wait") };
        id
    }

    fn text(frames: &[&'static str]) -> PollAnswer {
        PollAnswer::Frames(frames.iter().map(|&text| Frame::Text(ByteString::from_static(text))).collect())
    }

    fn say(state: &mut State, text: &'static str) {
        state.transmit(Frame::Text(ByteString::from_static(text)), &[]).unwrap();
    }

    #[test]
    fn a_ping_overtakes_what_is_buffered_and_silence_after_it_ends_the_session() {
        let (mut state, start) = state();
        say(&mut state, "4a");
        assert_eq!(state.deadline(), start + Duration::from_secs(25));
        state.tick(start + Duration::from_secs(25));
        assert_eq!(state.begin_poll(start + Duration::from_secs(26)), PollStart::Answer(text(&["2", "4a"])));
        state.pong(start + Duration::from_secs(27));
        assert_eq!(state.deadline(), start + Duration::from_secs(52));
        state.tick(start + Duration::from_secs(52));
        state.tick(start + Duration::from_secs(72));
        assert_eq!((state.ended(), state.is_forgotten()), (Some(CloseReason::PingTimeout), true));
    }

    #[test]
    fn while_nothing_is_read_nobody_times_out() {
        let (mut state, start) = state();
        state.set_reading(Reading::Paused, start);
        for seconds in [25, 45, 65, 85] {
            state.tick(start + Duration::from_secs(seconds));
        }
        assert_eq!(state.ended(), None);
        state.set_reading(Reading::Going, start + Duration::from_secs(90));
        state.tick(start + Duration::from_secs(109));
        assert_eq!(state.ended(), None);
        state.tick(start + Duration::from_secs(110));
        assert_eq!(state.ended(), Some(CloseReason::PingTimeout));
    }

    #[test]
    fn after_a_probe_every_poll_is_released_soon_but_not_at_once() {
        let (mut state, now) = state();
        let first = wait(&mut state, now);
        let upgrade = state.begin_upgrade(now).unwrap();
        assert_eq!(state.begin_upgrade(now), None, "one at a time");
        assert!(state.probe(upgrade, now));
        assert_eq!(state.take_answer(first), None);
        let soon = state.deadline();
        assert!(soon > now && soon < now + Duration::from_millis(200));
        state.tick(soon);
        assert_eq!(state.take_answer(first), Some(text(&["6"])));
        let second = wait(&mut state, soon);
        state.tick(state.deadline());
        assert_eq!(state.take_answer(second), Some(text(&["6"])));
        state.abandon_upgrade(upgrade);
        let third = wait(&mut state, soon);
        assert_eq!(state.deadline(), now + Duration::from_secs(25));
        say(&mut state, "4a");
        assert_eq!(state.take_answer(third), Some(text(&["4a"])));
    }

    #[test]
    fn an_end_of_the_server_waits_for_the_next_poll_and_not_for_ever() {
        let (mut told, now) = state();
        say(&mut told, "41");
        told.end_for(CloseReason::ServerClose);
        assert_eq!(told.begin_push(now), PushStart::Swallow);
        assert!(!told.is_forgotten());
        assert_eq!(told.begin_poll(now), PollStart::Answer(text(&["41", "1"])));
        assert_eq!(told.begin_poll(now), PollStart::Unknown);

        let (mut gone, now) = state();
        gone.end_for(CloseReason::ServerClose);
        gone.tick(now);
        assert_eq!(gone.deadline(), now + Duration::from_secs(30));
        gone.tick(now + Duration::from_secs(30));
        assert!(gone.is_forgotten());
    }

    #[test]
    fn a_poll_that_crosses_the_clients_close_ends_empty() {
        let (mut state, now) = state();
        state.end_for(CloseReason::TransportClose);
        assert_eq!(state.begin_push(now), PushStart::Unknown);
        assert_eq!(state.begin_poll(now), PollStart::Answer(text(&["6"])));
        assert_eq!(state.begin_poll(now), PollStart::Unknown);
    }

    #[test]
    fn two_polls_or_two_pushes_at_once_end_the_session() {
        let (mut polls, now) = state();
        let first = wait(&mut polls, now);
        assert_eq!(polls.begin_poll(now), PollStart::Overlap);
        assert_eq!(polls.take_answer(first), Some(text(&["1"])));
        assert_eq!(polls.begin_poll(now), PollStart::Unknown);

        let (mut pushes, now) = state();
        assert_eq!(pushes.begin_push(now), PushStart::Go);
        assert_eq!(pushes.begin_push(now), PushStart::Overlap);
        assert_eq!((pushes.ended(), pushes.is_forgotten()), (Some(CloseReason::TransportError), true));
    }

    #[test]
    fn what_does_not_fit_into_the_buffer_ends_the_session() {
        let options = Options { outbox_bytes: 5, ..Options::default() };
        let transport = Transport::Polling(Box::<Polling>::default());
        let mut state = State::new(&Arc::new(options), transport, Instant::now());
        say(&mut state, "4abc");
        state.transmit(Frame::Text(ByteString::from_static("4a")), &[]).unwrap_err();
        assert_eq!(state.ended(), Some(CloseReason::TooSlow));
        assert_eq!(state.begin_poll(Instant::now()), PollStart::Answer(text(&["1"])));
    }
}
