//! The sending side of one namespace that a connection has joined or asks to join.

use std::{collections::HashMap, sync::Arc};

use bytes::Bytes;
use bytestring::ByteString;

use super::inbox::Inbox;
use crate::{socket::AckSender, websocket::SendError};

/// Which slot of its session; never used twice.
pub(crate) type SlotId = u32;

#[derive(Debug)]
pub(super) struct Slot {
    pub(super) id: SlotId,
    pub(super) namespace: ByteString,
    pub(super) inbox: Arc<Inbox>,
    pub(super) phase: Phase,
    /// The client's answers that somebody waits for.
    acks: HashMap<u64, AckSender>,
    next_ack: u64,
}

#[derive(Debug)]
pub(super) enum Phase {
    /// The application has not decided; what it sends meanwhile follows the answer.
    Connecting(Held),
    Open,
}

/// Packets that wait for the CONNECT answer.
#[derive(Debug, Default)]
pub(super) struct Held {
    pub(super) packets: Vec<(ByteString, Vec<Bytes>)>,
    bytes: usize,
}

impl Held {
    pub(super) fn push(
        &mut self,
        head: ByteString,
        attachments: &[Bytes],
        max: (usize, usize),
    ) -> Result<(), SendError> {
        let bytes = head.len() + attachments.iter().map(Bytes::len).sum::<usize>();
        let (max_packets, max_bytes) = max;
        if self.packets.len() >= max_packets || self.bytes + bytes > max_bytes {
            return Err(SendError::Full);
        }
        self.bytes += bytes;
        self.packets.push((head, attachments.to_vec()));
        Ok(())
    }
}

impl Slot {
    pub(super) fn new(id: SlotId, namespace: ByteString, phase: Phase) -> Self {
        Self { id, namespace, inbox: Arc::default(), phase, acks: HashMap::new(), next_ack: 0 }
    }

    pub(super) fn expect_ack(&mut self, sender: AckSender) -> u64 {
        let id = self.next_ack;
        self.next_ack += 1;
        self.acks.insert(id, sender);
        id
    }

    pub(super) fn take_ack(&mut self, id: u64) -> Option<AckSender> {
        let sender = self.acks.remove(&id);
        if self.acks.is_empty() {
            self.acks = HashMap::new();
        }
        sender
    }
}
