//! Who gets through to which leg. All legs share one port: a source belongs to a leg once it has made a connectivity check that
//! only the leg's peer can make, and nothing of any other source gets further than this file. Pure; [`super::port`] has the sockets.

use std::{
    collections::{HashMap, VecDeque},
    net::SocketAddr,
};

use ring::hmac;
use tokio::time::Instant;

use super::{
    meter::{Bucket, Streams},
    stun::{self, Check},
};

/// Addresses from which the peer of a leg may send: as many networks as a device has, twice after it moved.
const MAX_SOURCES: usize = 16;

/// Passwords of one leg that hold at a time: that of the last ICE restart, and the one before, which is still in use.
const MAX_CREDENTIALS: usize = 2;

/// Checks that are looked at for a leg in a second. A browser makes some tens when it connects; each costs a hash.
const MAX_CHECKS_PER_SECOND: u32 = 100;

/// Packets of a leg in a second: 10 Mbit/s of full ones.
const MAX_PACKETS_PER_SECOND: u32 = 1_000;

/// The kind of a record that is an alert (RFC 6347 section 4.1).
const ALERT: u8 = 21;

/// The number of a leg within its port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct LegNumber(pub u64);

/// Why a datagram was dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dropped {
    /// It is no WebRTC.
    Noise,
    /// Its source belongs to no leg.
    Stranger,
    /// A check for nobody, or with a wrong password, or one too many.
    Check,
    /// A handshake or an alert in the clear on a leg whose keys are agreed.
    Clear,
    /// More packets, bytes or streams than a leg may have.
    TooMuch,
}

/// How datagrams were answered for. Counts since the port was opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Passed {
    /// To a leg.
    pub passed: u64,
    /// It was no WebRTC.
    pub noise: u64,
    /// Its source belonged to no leg.
    pub strangers: u64,
    /// A check for nobody, or with a wrong password, or one too many.
    pub checks: u64,
    /// A handshake or an alert in the clear on a leg whose keys were agreed.
    pub clear: u64,
    /// More packets, bytes or streams than a leg may have.
    pub too_much: u64,
}

/// What a leg may be sent.
#[derive(Debug, Clone, Copy)]
pub struct Allowance {
    /// Bytes in a second, with all headers.
    pub bytes_per_second: u32,
}

/// One leg, as the gate sees it.
#[derive(Debug)]
struct Entry {
    credentials: VecDeque<(Box<[u8]>, hmac::Key)>,
    /// The longest unheard first.
    sources: Vec<SocketAddr>,
    /// Media was decrypted, so both sides have their keys.
    settled: bool,
    /// Its peer sent an alert with those keys, which mostly is a good-bye.
    alerted: bool,
    checks: Bucket,
    packets: Bucket,
    bytes: Bucket,
    streams: Streams,
}

/// Who belongs to whom.
#[derive(Debug, Default)]
pub(super) struct Gate {
    legs: HashMap<LegNumber, Entry>,
    ufrags: HashMap<Box<[u8]>, LegNumber>,
    sources: HashMap<SocketAddr, LegNumber>,
    counted: Passed,
}

impl Gate {
    /// Let a leg in. Nothing reaches it before it was given credentials.
    pub(super) fn add(&mut self, leg: LegNumber, allowance: Allowance, now: Instant) {
        let entry = Entry {
            credentials: VecDeque::new(),
            sources: Vec::new(),
            settled: false,
            alerted: false,
            checks: Bucket::new(MAX_CHECKS_PER_SECOND, now),
            packets: Bucket::new(MAX_PACKETS_PER_SECOND, now),
            bytes: Bucket::new(allowance.bytes_per_second, now),
            streams: Streams::default(),
        };
        self.legs.insert(leg, entry);
    }

    /// Checks with this name and password are for that leg, from now on.
    pub(super) fn admit(&mut self, leg: LegNumber, ufrag: &str, password: &str) {
        let Some(entry) = self.legs.get_mut(&leg) else { return };
        let ufrag: Box<[u8]> = ufrag.as_bytes().into();
        if entry.credentials.iter().any(|(known, _)| *known == ufrag) {
            return;
        }
        if entry.credentials.len() == MAX_CREDENTIALS
            && let Some((oldest, _)) = entry.credentials.pop_front()
        {
            self.ufrags.remove(&oldest);
        }
        entry.credentials.push_back((ufrag.clone(), stun::key(password)));
        self.ufrags.insert(ufrag, leg);
    }

    /// The keys of the leg are agreed: nothing is said in the clear any more.
    pub(super) fn settle(&mut self, leg: LegNumber) {
        if let Some(entry) = self.legs.get_mut(&leg) {
            entry.settled = true;
        }
    }

    /// Whether the leg's peer sent an alert after the keys were agreed. What it says is not known here.
    pub(crate) fn is_alerted(&self, leg: LegNumber) -> bool {
        self.legs.get(&leg).is_some_and(|entry| entry.alerted)
    }

    /// From here on nothing reaches the leg.
    pub(super) fn remove(&mut self, leg: LegNumber) -> Vec<SocketAddr> {
        let Some(entry) = self.legs.remove(&leg) else { return Vec::new() };
        for (ufrag, _) in &entry.credentials {
            self.ufrags.remove(ufrag);
        }
        for source in &entry.sources {
            self.sources.remove(source);
        }
        entry.sources
    }

    /// What was done so far.
    pub(super) fn counted(&self) -> Passed {
        self.counted
    }

    /// To whom a datagram goes.
    pub(super) fn pass(
        &mut self,
        from: SocketAddr,
        datagram: &[u8],
        now: Instant,
    ) -> Result<LegNumber, Dropped> {
        let passed = self.judge(from, datagram, now);
        let counted = match passed {
            Ok(_) => &mut self.counted.passed,
            Err(Dropped::Noise) => &mut self.counted.noise,
            Err(Dropped::Stranger) => &mut self.counted.strangers,
            Err(Dropped::Check) => &mut self.counted.checks,
            Err(Dropped::Clear) => &mut self.counted.clear,
            Err(Dropped::TooMuch) => &mut self.counted.too_much,
        };
        *counted += 1;
        passed
    }

    fn judge(&mut self, from: SocketAddr, datagram: &[u8], now: Instant) -> Result<LegNumber, Dropped> {
        // The first byte says what it is (RFC 7983).
        match datagram {
            [0..=3, ..] if stun::is_request(datagram) => return self.check(from, datagram, now),
            [0..=3 | 20..=63 | 128..=191, ..] => {}
            _ => return Err(Dropped::Noise),
        }
        let leg = *self.sources.get(&from).ok_or(Dropped::Stranger)?;
        let entry = self.legs.get_mut(&leg).ok_or(Dropped::Stranger)?;
        if matches!(datagram, [20..=63, ..]) && entry.settled {
            if has_clear_record(datagram) {
                return Err(Dropped::Clear);
            }
            entry.alerted |= matches!(datagram, [ALERT, ..]);
        }
        if !entry.measure(datagram, now) {
            return Err(Dropped::TooMuch);
        }
        Ok(leg)
    }

    /// Every check has to hold, whoever makes it: an agent acts on parts of one before it looks at the password.
    fn check(&mut self, from: SocketAddr, datagram: &[u8], now: Instant) -> Result<LegNumber, Dropped> {
        let check = Check::parse(datagram).ok_or(Dropped::Noise)?;
        let leg = *self.ufrags.get(check.ufrag).ok_or(Dropped::Check)?;
        let entry = self.legs.get_mut(&leg).ok_or(Dropped::Check)?;
        if !entry.checks.take(1, now) || !entry.believes(&check) {
            return Err(Dropped::Check);
        }
        if entry.sources.last() != Some(&from) {
            entry.sources.retain(|source| *source != from);
            if entry.sources.len() == MAX_SOURCES {
                self.sources.remove(&entry.sources.remove(0));
            }
            entry.sources.push(from);
        }
        let before = self.sources.insert(from, leg);
        if let Some(before) = before.filter(|before| *before != leg)
            && let Some(entry) = self.legs.get_mut(&before)
        {
            entry.sources.retain(|source| *source != from);
        }
        Ok(leg)
    }
}

impl Entry {
    fn believes(&self, check: &Check<'_>) -> bool {
        self.credentials.iter().any(|(ufrag, key)| **ufrag == *check.ufrag && check.holds(key))
    }

    fn measure(&mut self, datagram: &[u8], now: Instant) -> bool {
        let bytes = u32::try_from(datagram.len()).unwrap_or(u32::MAX);
        let known = ssrc(datagram).is_none_or(|ssrc| self.streams.know(ssrc, now));
        known && self.packets.take(1, now) && self.bytes.take(bytes, now)
    }
}

/// The stream of an RTP packet; RTCP (RFC 5761) has none of its own.
fn ssrc(datagram: &[u8]) -> Option<u32> {
    match datagram {
        [128..=191, 192..=223, ..] => None,
        [128..=191, _, _, _, _, _, _, _, a, b, c, d, ..] => Some(u32::from_be_bytes([*a, *b, *c, *d])),
        _ => None,
    }
}

/// Whether any record of a DTLS datagram (RFC 6347 section 4.1) belongs to epoch 0, which is not encrypted.
fn has_clear_record(mut datagram: &[u8]) -> bool {
    while let [_kind, _, _, epoch_high, epoch_low, _, _, _, _, _, _, size_high, size_low, rest @ ..] =
        datagram
    {
        if (epoch_high, epoch_low) == (&0, &0) {
            return true;
        }
        let size = usize::from(u16::from_be_bytes([*size_high, *size_low]));
        datagram = rest.get(size..).unwrap_or_default();
    }
    false
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{super::stun::tests::check, *};

    const ANN: LegNumber = LegNumber(1);
    const BEN: LegNumber = LegNumber(2);
    const HELLO: &[u8] = &[22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1];
    const SEALED: &[u8] = &[23, 254, 253, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1];
    const FORGED_ALERT: &[u8] = &[21, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 0];

    fn from(port: u16) -> SocketAddr {
        ([192, 0, 2, 1], port).into()
    }

    fn rtp(ssrc: u32) -> Vec<u8> {
        [&[128, 96, 0, 0, 0, 0, 0, 0], ssrc.to_be_bytes().as_slice(), &[0; 20]].concat()
    }

    fn gate() -> (Gate, Instant) {
        let (mut gate, now) = (Gate::default(), Instant::now());
        for (leg, ufrag, password) in [(ANN, "ann", "ann's"), (BEN, "ben", "ben's")] {
            gate.add(leg, Allowance { bytes_per_second: 100_000 }, now);
            gate.admit(leg, ufrag, password);
        }
        (gate, now)
    }

    #[test]
    fn only_a_check_that_holds_opens_the_gate_and_only_for_its_source() {
        let (mut gate, now) = gate();
        assert_eq!(gate.pass(from(1), HELLO, now), Err(Dropped::Stranger));
        assert_eq!(gate.pass(from(1), &check("ann", "wrong"), now), Err(Dropped::Check));
        assert_eq!(gate.pass(from(1), HELLO, now), Err(Dropped::Stranger));
        assert_eq!(gate.pass(from(1), &check("ann", "ann's"), now), Ok(ANN));
        assert_eq!(gate.pass(from(1), HELLO, now), Ok(ANN));
        assert_eq!(gate.pass(from(1), &rtp(7), now), Ok(ANN));
        for stranger in [HELLO, FORGED_ALERT, &rtp(7), &[128, 200, 0, 0], &[1, 1, 0, 0], &[64], &[]] {
            assert!(gate.pass(from(2), stranger, now).is_err(), "{stranger:?}");
        }
    }

    #[test]
    fn a_known_source_has_to_make_checks_that_hold_too() {
        let (mut gate, now) = gate();
        gate.pass(from(1), &check("ann", "ann's"), now).unwrap();
        assert_eq!(gate.pass(from(1), &check("ann", "wrong"), now), Err(Dropped::Check));
        assert_eq!(gate.pass(from(1), HELLO, now), Ok(ANN));
    }

    #[test]
    fn nothing_in_the_clear_reaches_a_leg_whose_keys_are_agreed() {
        let (mut gate, now) = gate();
        gate.pass(from(1), &check("ann", "ann's"), now).unwrap();
        gate.settle(ANN);
        assert_eq!(gate.pass(from(1), FORGED_ALERT, now), Err(Dropped::Clear));
        assert_eq!(gate.pass(from(1), &[SEALED, FORGED_ALERT].concat(), now), Err(Dropped::Clear));
        assert_eq!(gate.pass(from(1), SEALED, now), Ok(ANN));
        assert!(!gate.is_alerted(ANN));
        let mut alert = SEALED.to_vec();
        alert[0] = ALERT;
        assert_eq!(gate.pass(from(2), &alert, now), Err(Dropped::Stranger));
        assert!(!gate.is_alerted(ANN));
        assert_eq!(gate.pass(from(1), &alert, now), Ok(ANN));
        assert!(gate.is_alerted(ANN));
    }

    #[test]
    fn a_source_that_is_used_by_another_peer_moves_over() {
        let (mut gate, now) = gate();
        gate.pass(from(1), &check("ann", "ann's"), now).unwrap();
        assert_eq!(gate.pass(from(1), &check("ben", "ben's"), now), Ok(BEN));
        assert_eq!(gate.pass(from(1), HELLO, now), Ok(BEN));
        gate.remove(ANN);
        assert_eq!(gate.pass(from(1), HELLO, now), Ok(BEN));
    }

    #[test]
    fn after_a_restart_the_last_two_passwords_hold() {
        let (mut gate, now) = gate();
        gate.admit(ANN, "ann2", "second");
        assert_eq!(gate.pass(from(1), &check("ann", "ann's"), now), Ok(ANN));
        gate.admit(ANN, "ann3", "third");
        assert_eq!(gate.pass(from(2), &check("ann", "ann's"), now), Err(Dropped::Check));
        assert_eq!(gate.pass(from(2), &check("ann3", "third"), now), Ok(ANN));
        assert_eq!(gate.pass(from(1), HELLO, now), Ok(ANN), "what passed before goes on");
    }

    #[test]
    fn a_leg_that_is_removed_hears_nothing_more() {
        let (mut gate, now) = gate();
        gate.pass(from(1), &check("ann", "ann's"), now).unwrap();
        assert_eq!(gate.remove(ANN), [from(1)]);
        assert_eq!(gate.pass(from(1), &rtp(7), now), Err(Dropped::Stranger));
        assert_eq!(gate.pass(from(1), &check("ann", "ann's"), now), Err(Dropped::Check));
    }

    #[test]
    fn sources_checks_packets_bytes_and_streams_have_limits() {
        let (mut gate, now) = gate();
        for port in 0..20 {
            gate.pass(from(port), &check("ann", "ann's"), now).unwrap();
        }
        assert_eq!(gate.pass(from(3), HELLO, now), Err(Dropped::Stranger), "the oldest made room");
        assert_eq!(gate.pass(from(4), HELLO, now), Ok(ANN));
        let wrong = check("ann", "wrong");
        assert!((0..200).all(|_| gate.pass(from(99), &wrong, now).is_err()));
        let right = check("ann", "ann's");
        assert_eq!(gate.pass(from(99), &right, now), Err(Dropped::Check), "too many a second");
        assert_eq!(gate.pass(from(99), &right, now + Duration::from_millis(100)), Ok(ANN));

        assert!((0..12).all(|ssrc| gate.pass(from(19), &rtp(ssrc), now).is_ok()));
        assert_eq!(gate.pass(from(19), &rtp(12), now), Err(Dropped::TooMuch));
        let passed = (0..2_000).filter(|_| gate.pass(from(19), &rtp(1), now).is_ok()).count();
        assert!((900..1_000).contains(&passed), "{passed}");

        gate.pass(from(50), &check("ben", "ben's"), now).unwrap();
        let big = [rtp(1), vec![0; 1_000]].concat();
        let passed = (0..2_000).filter(|_| gate.pass(from(50), &big, now).is_ok()).count();
        assert!((90..100).contains(&passed), "{passed}");
        assert_eq!(gate.pass(from(50), &check("ben", "ben's"), now), Ok(BEN), "checks do not starve");
    }
}
