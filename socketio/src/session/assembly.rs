//! A binary packet whose attachments are still on their way.

use std::time::Duration;

use bytes::Bytes;
use bytestring::ByteString;
use tokio::time::Instant;

use crate::{
    options::Options,
    packet::{Packet, attachment::placeholders_are_sound},
};

#[derive(Debug)]
pub(super) struct Assembly {
    head: Packet,
    wanted: usize,
    attachments: Vec<Bytes>,
    bytes: usize,
    max_bytes: usize,
    deadline: Instant,
}

/// What a new attachment makes of it.
#[derive(Debug)]
pub(super) enum Progress {
    More(Assembly),
    Complete(Packet, Vec<Bytes>),
    TooBig,
}

impl Assembly {
    /// `None` if the placeholders do not fit the number of attachments.
    pub(super) fn begin(head: Packet, options: &Options, now: Instant) -> Option<Self> {
        let (payload, wanted): (&ByteString, usize) = match &head {
            Packet::Event { event, attachments, .. } => (&event.payload, *attachments),
            Packet::Ack { payload, attachments, .. } => (payload, *attachments),
            Packet::Connect { .. } | Packet::Disconnect { .. } => return None,
        };
        if !placeholders_are_sound(payload, wanted) {
            return None;
        }
        let patience: Duration = options.attachment_timeout;
        let max_bytes = options.max_attachment_bytes;
        Some(Self { head, wanted, attachments: Vec::new(), bytes: 0, max_bytes, deadline: now + patience })
    }

    pub(super) fn deadline(&self) -> Instant {
        self.deadline
    }

    pub(super) fn add(mut self, attachment: Bytes) -> Progress {
        self.bytes += attachment.len();
        if self.bytes > self.max_bytes {
            return Progress::TooBig;
        }
        self.attachments.push(attachment);
        if self.attachments.len() < self.wanted {
            Progress::More(self)
        } else {
            Progress::Complete(self.head, self.attachments)
        }
    }
}
