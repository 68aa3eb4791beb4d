//! Puts packets in order. A recorder has no moment at which it must play, so it waits for a retransmission as long as it is
//! allowed to, and only then says that something is lost. Packets that come in order are not delayed at all.

use std::{collections::BTreeMap, time::Duration};

use super::tape::Packet;

/// So many packets wait for an earlier one at most: half a second of 20 Mbit/s. More, and the earlier one is given up.
const MAX_WAITING: usize = 1024;
/// A packet that is farther behind than this is not late: the sender counts anew. Below the 1,024 that senders keep for
/// retransmission, so that no repair is taken for it.
const RESTART_DISTANCE: i64 = 3000;

/// So long the first packets of a stream may change places: nobody knows yet which one is the first.
const OPENING: Duration = Duration::from_millis(50);

/// What comes next in order.
#[derive(Debug)]
pub(super) enum Next {
    /// A packet, with its time of arrival.
    Packet(Packet, Duration),
    /// Some packets never came.
    Lost,
}

/// Puts the packets of one stream in order and removes duplicates.
#[derive(Debug)]
pub(super) struct Reorder {
    wait: Duration,
    /// When the first packet came, until it is known which one is the first.
    opened: Option<Duration>,
    /// The sequence number that is next, without its wrapping.
    next: Option<i64>,
    highest: i64,
    waiting: BTreeMap<i64, (Packet, Duration)>,
    /// The one that came just in order: it never enters the tree.
    ready: Option<(Packet, Duration)>,
    /// What a sender that counts anew would send next.
    restart: Option<u16>,
    /// The count was begun anew; said once.
    restarted: bool,
    /// Packets that came, without duplicates and those too late.
    pub(super) packets: u64,
    /// Packets that never came.
    pub(super) lost: u64,
}

impl Reorder {
    pub(super) fn new(wait: Duration) -> Self {
        Self {
            wait,
            opened: None,
            next: None,
            highest: 0,
            waiting: BTreeMap::new(),
            ready: None,
            restart: None,
            restarted: false,
            packets: 0,
            lost: 0,
        }
    }

    /// Takes a packet. [`pop`](Self::pop) is called until nothing comes any more before the next is pushed.
    pub(super) fn push(&mut self, packet: Packet, arrival: Duration) {
        let place = self.place(packet.sequence);
        if self.next.is_none() {
            self.opened = Some(arrival);
            self.highest = place;
        }
        let next = *self.next.get_or_insert(place);
        if self.opened.is_some() && next - place < RESTART_DISTANCE {
            self.next = Some(next.min(place));
        } else if place < next || self.waiting.contains_key(&place) {
            if next - place > RESTART_DISTANCE {
                self.maybe_restart(packet, arrival);
            }
            return;
        }
        self.restart = None;
        self.packets += u64::from(!self.waiting.contains_key(&place));
        self.highest = self.highest.max(place);
        if place == next && self.opened.is_none() && self.waiting.is_empty() && self.ready.is_none() {
            self.next = Some(next + 1);
            self.ready = Some((packet, arrival));
        } else {
            self.waiting.insert(place, (packet, arrival));
        }
    }

    /// The next in order, or that it is lost.
    pub(super) fn pop(&mut self, now: Duration) -> Option<Next> {
        if std::mem::take(&mut self.restarted) {
            return Some(Next::Lost);
        }
        if let Some((packet, arrival)) = self.ready.take() {
            return Some(Next::Packet(packet, arrival));
        }
        if self.opened.is_some_and(|opened| now.saturating_sub(opened) < OPENING.min(self.wait)) {
            return None;
        }
        self.opened = None;
        let next = self.next?;
        let first = self.waiting.first_entry()?;
        let place = *first.key();
        if place == next {
            self.next = Some(next + 1);
            let (packet, arrival) = first.remove();
            return Some(Next::Packet(packet, arrival));
        }
        let waited = now.saturating_sub(first.get().1);
        if waited >= self.wait || self.waiting.len() > MAX_WAITING {
            self.next = Some(place);
            // A jump over a large part of the numbers is a sender that begins anew, not a loss of so many.
            if place - next <= RESTART_DISTANCE {
                self.lost += place.abs_diff(next);
            }
            return Some(Next::Lost);
        }
        None
    }

    /// Nothing comes any more: what is missing is lost.
    pub(super) fn flush(&mut self) {
        self.wait = Duration::ZERO;
    }

    /// The sequence number without its wrapping: the one nearest to the highest so far.
    fn place(&self, sequence: u16) -> i64 {
        if self.next.is_none() {
            return i64::from(sequence);
        }
        let highest = u16::try_from(self.highest.rem_euclid(1 << 16)).unwrap_or_default();
        self.highest + i64::from(sequence.wrapping_sub(highest).cast_signed())
    }

    /// Two packets in a row from far behind: the sender counts anew.
    fn maybe_restart(&mut self, packet: Packet, arrival: Duration) {
        let expected = self.restart.replace(packet.sequence.wrapping_add(1));
        if expected != Some(packet.sequence) {
            return;
        }
        let place = i64::from(packet.sequence);
        self.waiting.clear();
        self.restart = None;
        self.restarted = true;
        self.packets += 1;
        self.highest = place;
        self.next = Some(place + 1);
        self.ready = Some((packet, arrival));
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use proptest::prelude::*;

    use super::*;
    use crate::media::Codec;

    const WAIT: Duration = Duration::from_millis(500);

    fn packet(sequence: u16) -> Packet {
        Packet { codec: Codec::Vp8, ssrc: 1, sequence, timestamp: 0, marker: false, payload: Bytes::new() }
    }

    /// What comes out when these are pushed a millisecond after one another: sequence numbers, `None` for a loss.
    fn through(reorder: &mut Reorder, sequences: &[u16]) -> Vec<Option<u16>> {
        let (mut out, mut at) = (Vec::new(), Duration::ZERO);
        for sequence in sequences {
            reorder.push(packet(*sequence), at);
            while let Some(next) = reorder.pop(at) {
                out.push(match next {
                    Next::Packet(packet, _) => Some(packet.sequence),
                    Next::Lost => None,
                });
            }
            at += Duration::from_millis(1);
        }
        at += OPENING;
        while let Some(Next::Packet(packet, _)) = reorder.pop(at) {
            out.push(Some(packet.sequence));
        }
        out
    }

    #[test]
    fn a_late_packet_finds_its_place_and_a_duplicate_none() {
        let mut reorder = Reorder::new(WAIT);
        let out = through(&mut reorder, &[65_534, 0, 65_535, 65_535, 0, 1]);
        assert_eq!(out, [Some(65_534), Some(65_535), Some(0), Some(1)]);
        assert_eq!((reorder.packets, reorder.lost), (4, 0));
    }

    #[test]
    fn a_packet_is_lost_only_after_the_wait() {
        let mut reorder = Reorder::new(WAIT);
        assert_eq!(through(&mut reorder, &[1, 3]), [Some(1)]);
        assert!(reorder.pop(WAIT).is_none(), "3 arrived after 1 ms");
        assert!(matches!(reorder.pop(WAIT + Duration::from_millis(1)), Some(Next::Lost)));
        assert!(matches!(reorder.pop(WAIT), Some(Next::Packet(..))));
        assert_eq!(reorder.lost, 1);
    }

    #[test]
    fn a_sender_that_counts_anew_is_followed() {
        let mut reorder = Reorder::new(WAIT);
        let sequences: Vec<u16> = (40_000..40_060).chain(20_000..20_003).collect();
        let out = through(&mut reorder, &sequences);
        assert_eq!(out[58..], [Some(40_058), Some(40_059), None, Some(20_001), Some(20_002)]);
    }

    proptest! {
        #[test]
        fn order_is_kept_whatever_comes(sequences in prop::collection::vec(any::<u16>(), 0..400)) {
            let mut reorder = Reorder::new(WAIT);
            let out = through(&mut reorder, &sequences);
            prop_assert!(out.len() <= sequences.len() * 2);
            prop_assert!(reorder.waiting.len() <= MAX_WAITING + 1);
        }

        #[test]
        fn shuffled_within_the_wait_nothing_is_lost(start in any::<u16>(), seed in prop::collection::vec(0_usize..8, 200)) {
            // Packets change places within groups of eight.
            let mut sequences: Vec<u16> = (0..200).map(|n| start.wrapping_add(n)).collect();
            for (index, by) in seed.iter().enumerate() {
                sequences.swap(index, index / 8 * 8 + by);
            }
            let out = through(&mut Reorder::new(WAIT), &sequences);
            let expected: Vec<_> = (0..200).map(|n| Some(start.wrapping_add(n))).collect();
            prop_assert_eq!(out, expected);
        }
    }
}
