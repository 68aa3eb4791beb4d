//! What a session has been told: kept for a while, so that a client that comes back misses nothing.
//!
//! The outbox owns the order of a session's events. It outlives the connection: while there is none it
//! only keeps, and when one comes back it is replayed what it missed, in order.

use std::{collections::VecDeque, sync::Arc};

use bedside_protocol::session::SessionClosing;

use crate::hub::Encoded;

/// How much of what it was told a session keeps. A client that was away longer, or in a busier room,
/// starts anew.
#[derive(Debug, Clone, Copy)]
pub struct Keep {
    /// How long, in milliseconds.
    pub ms: u64,
    /// How many bytes.
    pub bytes: usize,
}

/// Bookkeeping of one kept event, in bytes, so that many small ones are limited too.
const ENTRY_BYTES: usize = 48;

/// The place of an event in its session's stream. Clients hand it back as they got it.
pub type Offset = u64;

/// A connection, as the outbox sees it: something that takes events without waiting.
pub trait Link: Send + Sync {
    /// Queue an event; with an offset where it can be replayed.
    fn send(&self, event: &Encoded, offset: Option<Offset>) -> Result<(), LinkFull>;

    /// End the connection without another word to the client's program.
    fn shut(&self, code: u16, reason: &str);

    /// Say why, then end the connection.
    fn end(&self, closing: &SessionClosing);
}

/// The connection's queue is full: its reader is too slow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the connection's queue is full")]
pub struct LinkFull;

/// Replay buffer and current connection of one session.
#[derive(Default)]
pub struct Outbox {
    kept: VecDeque<Kept>,
    bytes: usize,
    /// The offset that the next event gets.
    next: Offset,
    link: Option<Arc<dyn Link>>,
    /// Counts connections, so that the end of an old one is told from that of the current one.
    generation: u64,
}

struct Kept {
    offset: Offset,
    at_ms: u64,
    event: Encoded,
}

impl Outbox {
    /// Keep an event and send it, where there is a connection. Gives back the connection that was too slow.
    #[must_use = "a connection that was too slow is to be ended, outside the lock"]
    pub fn push(&mut self, event: &Encoded, now_ms: u64, keep: Keep) -> Option<Arc<dyn Link>> {
        self.trim(now_ms.saturating_sub(keep.ms), keep.bytes);
        let offset = self.next;
        self.next += 1;
        self.bytes += event.len() + ENTRY_BYTES;
        self.kept.push_back(Kept { offset, at_ms: now_ms, event: event.clone() });
        self.deliver(event, Some(offset))
    }

    /// Send an event that is not worth replaying, where there is a connection.
    #[must_use = "a connection that was too slow is to be ended, outside the lock"]
    pub fn mention(&mut self, event: &Encoded) -> Option<Arc<dyn Link>> {
        self.deliver(event, None)
    }

    fn deliver(&mut self, event: &Encoded, offset: Option<Offset>) -> Option<Arc<dyn Link>> {
        let link = self.link.as_ref()?;
        match link.send(event, offset) {
            Ok(()) => None,
            Err(LinkFull) => Some(Arc::clone(link)),
        }
    }

    fn trim(&mut self, before_ms: u64, bytes: usize) {
        while let Some(oldest) = self.kept.front()
            && (oldest.at_ms < before_ms || self.bytes > bytes)
        {
            self.bytes -= oldest.event.len() + ENTRY_BYTES;
            self.kept.pop_front();
        }
    }

    /// What came after an offset, oldest first; none where some of it is no longer kept.
    pub fn after(&self, offset: Offset) -> Option<Vec<(Offset, Encoded)>> {
        if offset >= self.next {
            return None;
        }
        let oldest = self.kept.front().map_or(self.next, |kept| kept.offset);
        let missed = || self.kept.iter().filter(|kept| kept.offset > offset);
        (oldest <= offset + 1).then(|| missed().map(|kept| (kept.offset, kept.event.clone())).collect())
    }

    /// Use this connection from now on. The one before is given back, to be ended, with the new generation.
    pub fn attach(&mut self, link: Arc<dyn Link>) -> (u64, Option<Arc<dyn Link>>) {
        self.generation += 1;
        (self.generation, self.link.replace(link))
    }

    /// The connection of this generation has ended. Says whether it was the current one.
    pub fn detach(&mut self, generation: u64) -> bool {
        let current = generation == self.generation;
        if current {
            self.link = None;
        }
        current
    }

    /// The connection, where there is one.
    pub fn link(&self) -> Option<Arc<dyn Link>> {
        self.link.clone()
    }
}

#[cfg(test)]
mod tests {
    use bedside_protocol::{presence::PresenceChanged, text::Timestamp};

    use super::*;

    const KEEP: Keep = Keep { ms: 1_500, bytes: 1024 * 1024 };

    fn event() -> Encoded {
        Encoded::new(&PresenceChanged {
            user_id: bedside_protocol::ids::UserId::parse("u").unwrap(),
            status: bedside_protocol::presence::PresenceStatus::Busy,
            last_seen_at: None::<Timestamp>,
        })
    }

    #[test]
    fn what_came_after_an_offset_is_replayed_in_order() {
        let mut outbox = Outbox::default();
        for _ in 0..5 {
            assert!(outbox.push(&event(), 0, KEEP).is_none());
        }
        let offsets = |missed: Vec<(Offset, Encoded)>| missed.into_iter().map(|(o, _)| o).collect::<Vec<_>>();
        assert_eq!(outbox.after(1).map(offsets), Some(vec![2, 3, 4]));
        assert_eq!(outbox.after(4).map(offsets), Some(vec![]));
    }

    #[test]
    fn what_is_no_longer_kept_or_was_never_sent_is_not_skipped_in_silence() {
        let mut outbox = Outbox::default();
        for now_ms in 0..5 {
            assert!(outbox.push(&event(), now_ms * 1_000, KEEP).is_none());
        }
        assert!(outbox.after(0).is_none(), "the event after it was dropped");
        assert!(outbox.after(2).is_some());
        assert!(outbox.after(9).is_none(), "it was never sent");
    }

    #[test]
    fn a_session_keeps_no_more_than_its_share() {
        let mut outbox = Outbox::default();
        for _ in 0..50_000 {
            assert!(outbox.push(&event(), 0, KEEP).is_none());
        }
        assert!(outbox.bytes <= KEEP.bytes + 1_000);
    }
}
