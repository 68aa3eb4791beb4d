//! Any packets and reports of a sender, and time: files are begun before they are written to and ended once, their headers keep
//! their length, clusters keep their limit, and nothing waits at the end.
#![no_main]

use std::{collections::HashMap, time::Duration};

use bedside_recorder_fuzz::media::{Codec, Kind, Op, Packet, SenderReport, Tape, TapeConfig};
use bytes::Bytes;
use libfuzzer_sys::{
    arbitrary::{self, Arbitrary},
    fuzz_target,
};

const LONGEST_CLUSTER: usize = 16 << 20;

#[derive(Debug, Arbitrary)]
enum Step {
    Packet { track: u8, codec: u8, ssrc: u8, sequence: i8, ticks: i16, marker: bool, payload: Vec<u8> },
    Jump { sequence: u16, ticks: u32 },
    Report { track: u8, ssrc: u8, later_ms: i16, off_ms: i16 },
    Lie { track: u8, ssrc: u8, ntp: u64, rtp: u32 },
    Pass { ms: u8 },
    PassLong { ms: u16 },
}

#[derive(Default)]
struct Files {
    /// The length of the header, and whether the file has ended.
    parts: HashMap<u32, (usize, bool)>,
    waits: bool,
}

impl Files {
    fn apply(&mut self, op: Op) {
        match op {
            Op::Begin { part, header, .. } => {
                assert!(self.parts.insert(part, (header.len(), false)).is_none());
            }
            Op::Append { part, bytes } => {
                assert!(!self.parts[&part].1 && !bytes.is_empty() && bytes.len() <= LONGEST_CLUSTER);
            }
            Op::Header { part, bytes } => assert_eq!(self.parts[&part], (bytes.len(), false)),
            Op::End { part } => {
                let ended = self.parts.get_mut(&part).map(|(_, ended)| std::mem::replace(ended, true));
                assert_eq!(ended, Some(false));
            }
            Op::Wait { bytes } => self.waits |= !bytes.is_empty(),
            Op::Waited => self.waits = false,
        }
    }
}

fuzz_target!(|steps: Vec<Step>| {
    let mut tape = Tape::new(TapeConfig::default(), 0);
    let tracks = [tape.add_track(Kind::Audio), tape.add_track(Kind::Video), tape.add_track(Kind::Video)];
    let codecs = [Codec::Opus, Codec::Vp8, Codec::Vp9, Codec::H264, Codec::Av1];
    let mut files = Files::default();
    let mut now = Duration::from_millis(50);
    let (mut next, mut at) = (0_u16, 0_u32);
    for step in steps {
        match step {
            Step::Packet { track, codec, ssrc, sequence, ticks, marker, payload } => {
                next = next.wrapping_add_signed(i16::from(sequence)).wrapping_add(1);
                at = at.wrapping_add_signed(i32::from(ticks));
                let packet = Packet {
                    codec: codecs[usize::from(codec) % 5],
                    ssrc: u32::from(ssrc % 3),
                    sequence: next,
                    timestamp: at,
                    marker,
                    payload: Bytes::from(payload),
                };
                tape.on_rtp(tracks[usize::from(track) % 3], packet, now);
            }
            Step::Jump { sequence, ticks } => (next, at) = (sequence, ticks),
            Step::Report { track, ssrc, later_ms, off_ms } => {
                let ms = now.as_millis() as i64 + i64::from(off_ms) + 1_000_000;
                let ntp = ((ms as u64) << 32) / 1000;
                let rtp = at.wrapping_add_signed(i32::from(later_ms) * 48);
                let report = SenderReport { ssrc: u32::from(ssrc % 3), ntp, rtp };
                tape.on_sender_report(tracks[usize::from(track) % 3], report, now);
            }
            Step::Lie { track, ssrc, ntp, rtp } => {
                let report = SenderReport { ssrc: u32::from(ssrc % 3), ntp, rtp };
                tape.on_sender_report(tracks[usize::from(track) % 3], report, now);
            }
            Step::Pass { ms } => now += Duration::from_millis(ms.into()),
            Step::PassLong { ms } => now += Duration::from_millis(ms.into()),
        }
        tape.tick(now);
        for track in tracks {
            tape.wants_key_frame(track, now);
        }
        while let Some(op) = tape.poll() {
            files.apply(op);
        }
    }
    tape.close(now);
    while let Some(op) = tape.poll() {
        files.apply(op);
    }
    assert!(files.parts.values().all(|(_, ended)| *ended) && !files.waits);
    assert_eq!(tape.report().parts.len(), files.parts.len());
});
