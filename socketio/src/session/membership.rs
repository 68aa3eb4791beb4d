//! Namespaces: who asks to enter, is let in or refused, leaves and is put out.

use std::sync::Arc;

use bytes::Bytes;
use bytestring::ByteString;
use tokio::time::Instant;

use super::{
    inbox::Inbox,
    seat::Sent,
    slot::{Held, Phase, Slot, SlotId},
    state::State,
};
use crate::{
    application::{CloseReason, ConnectError},
    packet::{self, engine::Frame},
    websocket::SendError,
};

impl State {
    /// Arms the time in which a namespace must be joined.
    pub(crate) fn await_connect(&mut self, now: Instant) {
        self.lonely_until = Some(now + self.options.connect_timeout);
    }

    /// A client asks to enter. `None` if it is there already, or is in too many.
    pub(crate) fn enter(&mut self, namespace: &ByteString) -> Option<(SlotId, Arc<Inbox>)> {
        let joined = self.slots.iter().any(|slot| slot.namespace == namespace);
        if joined || self.slots.len() >= self.options.max_namespaces {
            return None;
        }
        let phase = Phase::Connecting(Held::default());
        Some(self.add_slot(namespace.clone(), phase))
    }

    /// The one slot of a session without Socket.IO.
    pub(crate) fn enter_raw(&mut self) -> Arc<Inbox> {
        self.add_slot(ByteString::new(), Phase::Open).1
    }

    fn add_slot(&mut self, namespace: ByteString, phase: Phase) -> (SlotId, Arc<Inbox>) {
        let slot = Slot::new(self.next_slot, namespace, phase);
        self.next_slot += 1;
        let entered = (slot.id, Arc::clone(&slot.inbox));
        self.slots.reserve_exact(1);
        self.slots.push(slot);
        entered
    }

    /// The application lets it in: replay, answer, then what was sent meanwhile.
    pub(crate) fn accept(
        &mut self,
        slot: SlotId,
        answer: ByteString,
        replay: Vec<ByteString>,
    ) -> Result<(), SendError> {
        let entry = self.slot(slot).ok_or(SendError::Closed)?;
        let Phase::Connecting(held) = std::mem::replace(&mut entry.phase, Phase::Open) else { return Ok(()) };
        self.lonely_until = None;
        self.excuse(replay.len(), replay.iter().map(|packet| packet.len()).sum());
        for packet in replay {
            self.transmit(Frame::Text(packet), &[])?;
        }
        self.transmit(Frame::Text(answer), &[])?;
        for (head, attachments) in held.packets {
            self.transmit(Frame::Text(head), &attachments)?;
        }
        Ok(())
    }

    /// A client that came back: what it has missed, then the answer. What its new socket was sent meanwhile is dropped: the old one
    /// was sent it, too.
    pub(crate) fn accept_recovered(
        &mut self,
        slot: SlotId,
        answer: ByteString,
        missed: Vec<Sent>,
    ) -> Result<(), SendError> {
        self.slot(slot).ok_or(SendError::Closed)?.phase = Phase::Open;
        self.lonely_until = None;
        let packets = missed.iter().map(|(_, attachments)| attachments.len() + 1).sum();
        let bytes =
            |(head, attachments): &Sent| head.len() + attachments.iter().map(Bytes::len).sum::<usize>();
        self.excuse(packets, missed.iter().map(bytes).sum());
        for (head, attachments) in missed {
            self.transmit(Frame::Text(head), &attachments)?;
        }
        self.transmit(Frame::Text(answer), &[])
    }

    /// The application refuses; the transport stays, for another try or another namespace.
    pub(crate) fn refuse(&mut self, slot: SlotId, error: &ConnectError) {
        if let Some(slot) = self.remove_slot(slot) {
            let answer = packet::connect_error(&slot.namespace, &error.message, error.data.as_ref());
            // A full outbox ends the session by itself.
            self.transmit(Frame::Text(answer), &[]).ok();
        }
    }

    /// The client leaves.
    pub(crate) fn leave(&mut self, namespace: &str, now: Instant) {
        if let Some(index) = self.slots.iter().position(|slot| slot.namespace == namespace) {
            let slot = self.slots.swap_remove(index);
            slot.inbox.close(CloseReason::ClientDisconnect);
            if self.slots.is_empty() {
                self.lonely_until = Some(now + self.options.connect_timeout);
            }
        }
    }

    /// The server puts it out.
    pub(crate) fn disconnect(&mut self, slot: SlotId, now: Instant) {
        let Some(slot) = self.remove_slot(slot) else { return };
        slot.inbox.close(CloseReason::ServerDisconnect);
        self.effects.wake.driver = true;
        // A full outbox ends the session by itself.
        self.transmit(Frame::Text(packet::disconnect(&slot.namespace)), &[]).ok();
        if self.slots.is_empty() {
            self.lonely_until = Some(now + self.options.disconnect_linger);
        }
    }

    pub(crate) fn namespace(&mut self, slot: SlotId) -> Option<ByteString> {
        self.slot(slot).map(|slot| slot.namespace.clone())
    }
}
