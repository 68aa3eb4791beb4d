//! What arrives in a call: packets, gaps, and pictures that a decoder could show. Pure but for the waiting.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::Notify, time::Instant};

/// What was received so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Received {
    /// Opus packets.
    pub audio_packets: u64,
    /// VP8 packets.
    pub video_packets: u64,
    /// Pictures that a decoder could show: whole, and with everything that they build on since a key frame.
    pub video_frames: u64,
    /// How many of them stand by themselves.
    pub key_frames: u64,
    /// Payload bytes of both.
    pub bytes: u64,
    /// Sequence numbers that were jumped over, of both.
    pub lost: u64,
    /// The longest time without a sound packet since the last mark.
    pub longest_audio_gap: Duration,
    /// The longest time without a picture packet since the last mark.
    pub longest_video_gap: Duration,
}

impl Received {
    /// What came after `mark`; nothing, where the other side was replaced by another meanwhile and counting began anew.
    #[must_use]
    pub fn since(&self, mark: &Self) -> Self {
        Self {
            audio_packets: self.audio_packets.saturating_sub(mark.audio_packets),
            video_packets: self.video_packets.saturating_sub(mark.video_packets),
            video_frames: self.video_frames.saturating_sub(mark.video_frames),
            key_frames: self.key_frames.saturating_sub(mark.key_frames),
            bytes: self.bytes.saturating_sub(mark.bytes),
            lost: self.lost.saturating_sub(mark.lost),
            longest_audio_gap: self.longest_audio_gap,
            longest_video_gap: self.longest_video_gap,
        }
    }
}

/// Counts what arrives. Owned by a call, over renegotiations.
#[derive(Debug, Default)]
pub(super) struct Flow {
    state: Mutex<State>,
    arrived: Notify,
}

#[derive(Debug, Default)]
struct State {
    received: Received,
    audio: Stream,
    video: Stream,
    picture: Picture,
}

/// One stream of packets.
#[derive(Debug, Default)]
struct Stream {
    expected: Option<u16>,
    last: Option<Instant>,
}

impl Stream {
    /// Take in a packet: how many were jumped over, and how long it took; nothing for one that is late or
    /// came twice.
    fn arrived(&mut self, sequence: u16, now: Instant) -> Option<(u16, Duration)> {
        let jumped = self.expected.map_or(0, |expected| sequence.wrapping_sub(expected));
        if jumped > u16::MAX / 2 {
            return None;
        }
        self.expected = Some(sequence.wrapping_add(1));
        let gap = self.last.replace(now).map_or(Duration::ZERO, |last| now.saturating_duration_since(last));
        Some((jumped, gap))
    }
}

/// How far the picture is that is being received.
#[derive(Debug, Default)]
enum Picture {
    /// Nothing can be shown before the next key frame.
    #[default]
    Broken,
    /// Between two pictures, everything before was whole.
    Whole,
    /// In the middle of one.
    Begun { key: bool },
}

impl Flow {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn received(&self) -> Received {
        self.state().received
    }

    /// What was received so far; the longest gaps count from here.
    pub(super) fn mark(&self, now: Instant) -> Received {
        let mut state = self.state();
        let received = state.received;
        (state.received.longest_audio_gap, state.received.longest_video_gap) =
            (Duration::ZERO, Duration::ZERO);
        state.audio.last = state.audio.last.map(|_| now);
        state.video.last = state.video.last.map(|_| now);
        received
    }

    /// Wait until `enough` is. Cancel-safe.
    pub(super) async fn until(&self, enough: impl Fn(&Received) -> bool) {
        loop {
            let arrived = self.arrived.notified();
            tokio::pin!(arrived);
            arrived.as_mut().enable();
            if enough(&self.received()) {
                return;
            }
            arrived.await;
        }
    }

    pub(super) fn audio(&self, sequence: u16, payload: &[u8], now: Instant) {
        let mut state = self.state();
        let Some((jumped, gap)) = state.audio.arrived(sequence, now) else { return };
        let received = &mut state.received;
        received.audio_packets += 1;
        received.bytes += payload.len() as u64;
        received.lost += u64::from(jumped);
        received.longest_audio_gap = received.longest_audio_gap.max(gap);
        drop(state);
        self.arrived.notify_waiters();
    }

    pub(super) fn video(&self, sequence: u16, last_of_frame: bool, payload: &[u8], now: Instant) {
        let mut state = self.state();
        let Some((jumped, gap)) = state.video.arrived(sequence, now) else { return };
        let received = &mut state.received;
        received.video_packets += 1;
        received.bytes += payload.len() as u64;
        received.lost += u64::from(jumped);
        received.longest_video_gap = received.longest_video_gap.max(gap);
        state.show(jumped > 0, last_of_frame, payload);
        drop(state);
        self.arrived.notify_waiters();
    }
}

impl State {
    fn show(&mut self, gap: bool, last_of_frame: bool, payload: &[u8]) {
        if gap {
            self.picture = Picture::Broken;
        }
        self.picture = match (beginning(payload), &self.picture) {
            (Some(Beginning::Key), _) => Picture::Begun { key: true },
            (Some(Beginning::Delta), Picture::Whole) => Picture::Begun { key: false },
            (None, Picture::Begun { key }) => Picture::Begun { key: *key },
            (None | Some(Beginning::Delta), _) => Picture::Broken,
        };
        if let (Picture::Begun { key }, true) = (&self.picture, last_of_frame) {
            self.received.video_frames += 1;
            self.received.key_frames += u64::from(*key);
            self.picture = Picture::Whole;
        }
    }
}

enum Beginning {
    Key,
    Delta,
}

/// What a VP8 packet begins, from its payload descriptor (RFC 7741 section 4.2) and the frame's first bytes.
fn beginning(payload: &[u8]) -> Option<Beginning> {
    let mut bytes = payload.iter().copied();
    let first = bytes.next()?;
    if first & 0x80 != 0 {
        let extended = bytes.next()?;
        if extended & 0x80 != 0 && bytes.next()? & 0x80 != 0 {
            bytes.next()?;
        }
        if extended & 0x40 != 0 {
            bytes.next()?;
        }
        if extended & 0x30 != 0 {
            bytes.next()?;
        }
    }
    let starts_a_frame = first & 0x17 == 0x10;
    if !starts_a_frame {
        return None;
    }
    let tag = bytes.next()?;
    let start_code: Vec<_> = bytes.skip(2).take(3).collect();
    let key = tag & 1 == 0 && start_code == [0x9d, 0x01, 0x2a];
    Some(if key { Beginning::Key } else { Beginning::Delta })
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &[u8] = &[0x10, 0x50, 0, 0, 0x9d, 0x01, 0x2a, 0, 0];
    const DELTA: &[u8] = &[0x90, 0x80, 0x05, 0x51, 0, 0];
    const MIDDLE: &[u8] = &[0x00, 1, 2, 3];

    fn frames(packets: &[(u16, bool, &[u8])]) -> (u64, u64) {
        let flow = Flow::default();
        for (sequence, last, payload) in packets {
            flow.video(*sequence, *last, payload, Instant::now());
        }
        (flow.received().video_frames, flow.received().lost)
    }

    #[test]
    fn a_picture_counts_when_it_is_whole_and_builds_on_whole_ones() {
        assert_eq!(frames(&[(65535, false, KEY), (0, true, MIDDLE), (1, true, DELTA)]), (2, 0));
        assert_eq!(frames(&[(0, true, DELTA), (1, true, KEY)]), (1, 0));
        assert_eq!(frames(&[(0, true, KEY), (2, true, DELTA), (3, true, DELTA), (4, true, KEY)]), (2, 1));
        assert_eq!(frames(&[(0, false, KEY), (2, true, MIDDLE)]), (0, 1));
    }

    #[test]
    fn what_comes_twice_or_late_counts_once() {
        assert_eq!(frames(&[(7, true, KEY), (7, true, KEY), (8, true, DELTA), (6, true, KEY)]), (2, 0));
    }

    #[test]
    fn the_longest_gap_counts_from_the_mark() {
        let (flow, begin) = (Flow::default(), Instant::now());
        let at = |ms| begin + Duration::from_millis(ms);
        flow.audio(1, b"a", at(0));
        flow.audio(2, b"a", at(500));
        assert_eq!(flow.received().longest_audio_gap, Duration::from_millis(500));
        let mark = flow.mark(at(600));
        flow.audio(3, b"a", at(630));
        assert_eq!(flow.received().longest_audio_gap, Duration::from_millis(30));
        assert_eq!(flow.received().since(&mark).audio_packets, 1);
    }
}
