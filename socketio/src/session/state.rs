//! The state machine of a session, free of I/O: it is told what happened and when, and says what is to be sent, who is to be
//! woken and when it wants to be asked again.

use std::{collections::VecDeque, sync::Arc};

use bytes::Bytes;
use bytestring::ByteString;
use serde_json::value::RawValue;
use tokio::{sync::oneshot, time::Instant};

use super::{
    end::End,
    heartbeat::{Beat, Heartbeat},
    polling::Polling,
    slot::{Phase, Slot, SlotId},
};
use crate::{
    application::CloseReason,
    options::Options,
    packet::engine::{Frame, PING},
    socket::{AckError, AckSender},
    websocket::{SendError, Writer},
};

#[derive(Debug)]
pub(crate) struct State {
    pub(super) transport: Transport,
    heartbeat: Heartbeat,
    pub(super) slots: Vec<Slot>,
    pub(super) next_slot: SlotId,
    /// When a connection that has joined nothing is closed.
    pub(super) lonely_until: Option<Instant>,
    pub(super) ended: Option<CloseReason>,
    /// It has left the table.
    pub(super) forgotten: bool,
    /// What the client has pushed over polling and nobody has taken yet.
    pub(super) inbound: VecDeque<Frame>,
    reading: Reading,
    pub(super) effects: Effects,
    pub(super) options: Arc<Options>,
}

/// What is to be done after the lock is free.
#[derive(Debug, Default)]
pub(super) struct Effects {
    pub(super) wake: Wake,
    /// The session is to leave the table.
    pub(super) forget: bool,
}

/// Who is to be woken.
#[derive(Debug, Default)]
pub(super) struct Wake {
    pub(super) driver: bool,
    pub(super) taker: bool,
    pub(super) pusher: bool,
}

/// How the client is reached.
#[derive(Debug)]
pub(crate) enum Transport {
    Polling(Box<Polling>),
    WebSocket(Writer),
}

impl State {
    pub(super) fn new(options: &Arc<Options>, transport: Transport, now: Instant) -> Self {
        Self {
            transport,
            heartbeat: Heartbeat::new(now, options.ping_interval),
            slots: Vec::new(),
            next_slot: 0,
            lonely_until: None,
            ended: None,
            forgotten: false,
            inbound: VecDeque::new(),
            reading: Reading::Going,
            effects: Effects::default(),
            options: Arc::clone(options),
        }
    }

    // Time.

    /// Looks at the clock: pings, and ends what is over.
    pub(crate) fn tick(&mut self, now: Instant) {
        if self.ended.is_some() {
            return self.tick_closing(now);
        }
        // While the server reads nothing, silence is no fault; it pings anew, so that a broken connection shows.
        if self.reading == Reading::Paused && self.heartbeat.excuse(now, self.options.ping_timeout) {
            self.ping();
        }
        match self.heartbeat.beat(now, self.options.ping_timeout) {
            Beat::Nothing => {}
            Beat::Ping => self.ping(),
            Beat::Dead => return self.end_for(CloseReason::PingTimeout),
        }
        if self.lonely_until.is_some_and(|until| now >= until) {
            return self.end_for(CloseReason::ConnectTimeout);
        }
        if let Transport::Polling(polling) = &mut self.transport {
            self.effects.wake.taker |= polling.tick(now);
        }
    }

    fn ping(&mut self) {
        match &mut self.transport {
            Transport::Polling(polling) => {
                polling.push_ping();
                self.effects.wake.taker = true;
            }
            Transport::WebSocket(_) => {
                // A full outbox ends the session by itself.
                self.transmit(Frame::Text(PING), &[]).ok();
            }
        }
    }

    fn tick_closing(&mut self, now: Instant) {
        if let Transport::Polling(polling) = &mut self.transport
            && polling.tick_closing(now, self.options.closing_linger)
        {
            self.forget();
        }
    }

    /// When it wants to be asked again.
    pub(crate) fn deadline(&self) -> Instant {
        let heartbeat = self.heartbeat.deadline();
        let polling = match &self.transport {
            Transport::Polling(polling) => polling.deadline(),
            Transport::WebSocket(_) => None,
        };
        if self.ended.is_some() {
            return polling.unwrap_or(heartbeat);
        }
        [self.lonely_until, polling].into_iter().flatten().fold(heartbeat, Instant::min)
    }

    pub(crate) fn set_reading(&mut self, reading: Reading, now: Instant) {
        if self.reading == Reading::Paused && reading == Reading::Going {
            // What has arrived meanwhile is read now, the pong perhaps among it.
            self.heartbeat.extend(now, self.options.ping_timeout);
        }
        self.reading = reading;
    }

    pub(crate) fn pong(&mut self, now: Instant) {
        self.heartbeat.pong(now, self.options.ping_interval);
    }

    // Ends.

    /// Why the session has ended, if it has.
    pub(crate) fn ended(&self) -> Option<CloseReason> {
        self.ended
    }

    pub(crate) fn end_for(&mut self, reason: CloseReason) {
        self.end(End::of(reason, &self.options));
    }

    /// Ends the session. Only the first end counts.
    pub(crate) fn end(&mut self, end: End) {
        if self.ended.is_some() {
            return;
        }
        self.ended = Some(end.reason);
        // Dropping the slots drops the expected answers.
        self.slots = Vec::new();
        self.inbound = VecDeque::new();
        self.effects.wake.driver = true;
        self.effects.wake.pusher = true;
        match &mut self.transport {
            Transport::WebSocket(writer) => {
                if end.flush {
                    writer.close(end.code, end.text);
                } else {
                    writer.fail(end.code, end.text);
                }
                // A WebSocket that has just taken over may still wait for the driver.
                self.effects.wake.taker = true;
                self.forget();
            }
            Transport::Polling(polling) => {
                if !end.flush {
                    polling.clear();
                }
                self.effects.wake.taker = true;
                if polling.close(end.farewell) {
                    self.forget();
                }
            }
        }
    }

    pub(super) fn forget(&mut self) {
        self.forgotten = true;
        self.effects.forget = true;
        self.effects.wake.driver = true;
    }

    /// Whether its end has been told to the client, or cannot be.
    pub(crate) fn is_flushed(&self) -> bool {
        match &self.transport {
            Transport::WebSocket(writer) => writer.is_finished(),
            Transport::Polling(_) => self.forgotten,
        }
    }

    /// Whether there is a request or a connection that takes what is queued.
    pub(crate) fn is_being_taken(&self) -> bool {
        match &self.transport {
            Transport::WebSocket(_) => true,
            Transport::Polling(polling) => polling.is_polled(),
        }
    }

    /// The client has had its time to take what is queued.
    pub(crate) fn give_up_flushing(&mut self) {
        if let Transport::WebSocket(writer) = &self.transport {
            writer.fail(self.options.too_slow_code, "reads too slowly");
        }
    }

    /// Whether it has left the table: nobody will ask for it again.
    #[cfg(test)]
    pub(crate) fn is_forgotten(&self) -> bool {
        self.forgotten
    }

    // Sending.

    pub(crate) fn send(
        &mut self,
        slot: SlotId,
        head: ByteString,
        attachments: &[Bytes],
    ) -> Result<(), SendError> {
        let max = (self.options.outbox_packets, self.options.outbox_bytes);
        let slot = self.slot(slot).ok_or(SendError::Closed)?;
        if let Phase::Connecting(held) = &mut slot.phase {
            let outcome = held.push(head, attachments, max);
            if outcome.is_err() {
                self.end_for(CloseReason::TooSlow);
            }
            return outcome;
        }
        self.transmit(Frame::Text(head), attachments)
    }

    /// Whether nothing waits to be written: the moment for a message that may be dropped.
    pub(crate) fn is_idle(&mut self, slot: SlotId) -> bool {
        let open = self.slot(slot).is_some_and(|slot| matches!(slot.phase, Phase::Open));
        open && match &self.transport {
            Transport::WebSocket(writer) => writer.is_idle(),
            Transport::Polling(polling) => polling.is_idle(),
        }
    }

    /// Puts a packet on the transport, attachments right behind it; all or nothing. What does not fit ends the session.
    pub(crate) fn transmit(&mut self, head: Frame, attachments: &[Bytes]) -> Result<(), SendError> {
        if self.ended.is_some() {
            return Err(SendError::Closed);
        }
        let outcome = match (&mut self.transport, head) {
            (Transport::Polling(polling), head) => {
                self.effects.wake.taker = true;
                let attachments = attachments.iter().cloned().map(Frame::Binary);
                polling.push(std::iter::once(head).chain(attachments), &self.options)
            }
            (Transport::WebSocket(writer), Frame::Text(text)) => writer.unit(text, attachments),
            (Transport::WebSocket(writer), Frame::Binary(bytes)) => writer.binary(bytes),
        };
        if outcome == Err(SendError::Full) {
            self.end_for(CloseReason::TooSlow);
        }
        outcome
    }

    /// What a client has missed comes at once, and is no sign of a slow reader.
    pub(super) fn excuse(&mut self, packets: usize, bytes: usize) {
        match &mut self.transport {
            Transport::Polling(polling) => polling.excuse(packets, bytes),
            Transport::WebSocket(writer) => writer.excuse(packets, bytes),
        }
    }

    // Acknowledgements.

    pub(crate) fn expect_ack(&mut self, slot: SlotId) -> Option<(u64, AckReceiver)> {
        let (sender, receiver) = oneshot::channel();
        let id = self.slot(slot)?.expect_ack(sender);
        Some((id, receiver))
    }

    pub(crate) fn take_ack(&mut self, namespace: &str, id: u64) -> Option<AckSender> {
        self.slots.iter_mut().find(|slot| slot.namespace == namespace)?.take_ack(id)
    }

    pub(crate) fn forget_ack(&mut self, slot: SlotId, id: u64) {
        if let Some(slot) = self.slot(slot) {
            drop(slot.take_ack(id));
        }
    }

    pub(super) fn slot(&mut self, id: SlotId) -> Option<&mut Slot> {
        self.slots.iter_mut().find(|slot| slot.id == id)
    }

    pub(super) fn remove_slot(&mut self, id: SlotId) -> Option<Slot> {
        let index = self.slots.iter().position(|slot| slot.id == id)?;
        Some(self.slots.swap_remove(index))
    }
}

type AckReceiver = oneshot::Receiver<Result<Box<RawValue>, AckError>>;

/// Whether the session takes from its client at present.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    Going,
    /// The handlers have enough to do.
    Paused,
}
