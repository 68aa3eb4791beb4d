//! Whatever comes, in whatever order: no panic, files that can be read, and time that goes on.

use std::time::Duration;

use bedside_recorder::media::{Codec, Kind, Packet, SenderReport, Tape, TapeConfig};
use bytes::Bytes;
use proptest::prelude::*;

use crate::{
    coded::frame,
    file::{Files, parse},
};

#[derive(Debug, Clone)]
enum Step {
    Packet {
        track: usize,
        codec: Codec,
        ssrc: u32,
        sequence: u16,
        timestamp: u32,
        marker: bool,
        payload: Bytes,
    },
    Report {
        track: usize,
        report: SenderReport,
    },
    Pass(u64),
}

fn codec() -> impl Strategy<Value = Codec> {
    prop::sample::select(vec![Codec::Opus, Codec::Vp8, Codec::Vp9, Codec::H264, Codec::Av1])
}

fn payload() -> impl Strategy<Value = Bytes> {
    let right = (codec(), any::<bool>(), 0_usize..3).prop_map(|(codec, key, index)| {
        let packets = frame(codec, key, (64, 48), [1; 8]);
        packets[index.min(packets.len() - 1)].clone()
    });
    prop_oneof![right, prop::collection::vec(any::<u8>(), 0..60).prop_map(Bytes::from)]
}

fn step() -> impl Strategy<Value = Step> {
    let near = prop_oneof![4 => 0_u16..40, 1 => any::<u16>()];
    let time = prop_oneof![4 => (0_u32..400).prop_map(|frame| frame * 960), 1 => any::<u32>()];
    let packet = (0_usize..3, codec(), 1_u32..4, near, time, any::<bool>(), payload()).prop_map(
        |(track, codec, ssrc, sequence, timestamp, marker, payload)| Step::Packet {
            track,
            codec,
            ssrc,
            sequence,
            timestamp,
            marker,
            payload,
        },
    );
    let report = (0_usize..3, 1_u32..4, any::<u64>(), any::<u32>())
        .prop_map(|(track, ssrc, ntp, rtp)| Step::Report { track, report: SenderReport { ssrc, ntp, rtp } });
    let pass = prop_oneof![8 => 0_u64..200, 1 => 0_u64..40_000].prop_map(Step::Pass);
    prop_oneof![6 => packet, 1 => report, 3 => pass]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]
    #[test]
    fn whatever_comes_files_can_be_read_and_time_goes_on(steps in prop::collection::vec(step(), 0..300)) {
        let mut tape = Tape::new(TapeConfig::default(), 0);
        let tracks = [tape.add_track(Kind::Audio), tape.add_track(Kind::Video), tape.add_track(Kind::Video)];
        let mut files = Files::default();
        let mut now = Duration::from_millis(50);
        for step in steps {
            match step {
                Step::Packet { track, codec, ssrc, sequence, timestamp, marker, payload } => {
                    let packet = Packet { codec, ssrc, sequence, timestamp, marker, payload };
                    tape.on_rtp(tracks[track], packet, now);
                }
                Step::Report { track, report } => tape.on_sender_report(tracks[track], report, now),
                Step::Pass(ms) => {
                    now += Duration::from_millis(ms);
                    tape.tick(now);
                }
            }
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
        prop_assert_eq!(files.ended.len(), files.parts.len());
        prop_assert!(files.waiting.is_empty(), "nothing waits any more");
        let report = tape.report();
        prop_assert_eq!(report.parts.len(), files.parts.len());
        for part in &report.parts {
            let parsed = parse(&files.parts[&part.part]);
            prop_assert!(parsed.len_known && parsed.torn == 0);
            let frames: u64 = part.tracks.iter().map(|track| track.frames).sum();
            prop_assert!(frames <= parsed.blocks.len() as u64);
            for track in 1..=3 {
                let times: Vec<_> = parsed.blocks.iter().filter(|block| block.track == track).map(|block| block.at_ms).collect();
                prop_assert!(times.windows(2).all(|pair| pair[0] < pair[1]), "{:?}", times);
            }
            for (number, track) in (1..).zip(&part.tracks) {
                let first = parsed.blocks.iter().find(|block| block.track == number);
                prop_assert!(track.kind == Kind::Audio || first.is_none_or(|block| block.key));
            }
        }
    }
}
