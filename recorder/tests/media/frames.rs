//! Frames out of payloads: right ones whole, wrong ones not at all.

use bedside_recorder::media::{Codec, depacketize::unit};
use bytes::Bytes;
use proptest::prelude::*;

use crate::coded::{frame, sequence_parameters};

const VIDEO: [Codec; 4] = [Codec::Vp8, Codec::Vp9, Codec::H264, Codec::Av1];
const MARKER: [u8; 8] = *b"a marker";

fn whole(codec: Codec, key: bool) -> (Vec<u8>, bedside_recorder::media::depacketize::Unit) {
    let unit = unit(codec, frame(codec, key, (640, 480), MARKER)).unwrap();
    (unit.pieces.concat(), unit)
}

#[test]
fn a_key_frame_says_its_size() {
    for codec in VIDEO {
        let (bytes, unit) = whole(codec, true);
        assert!(unit.key, "{codec:?}");
        assert_eq!(unit.size, Some((640, 480)), "{codec:?}");
        assert!(bytes.ends_with(&MARKER), "{codec:?}");
        let (bytes, unit) = whole(codec, false);
        assert!(!unit.key && unit.size.is_none(), "{codec:?}");
        assert!(bytes.ends_with(&MARKER), "{codec:?}");
    }
}

#[test]
fn a_frame_without_its_beginning_is_none() {
    for codec in VIDEO {
        // Of H.264 the first packet has parameters only: without it the picture is whole.
        let lost = if codec == Codec::H264 { 2 } else { 1 };
        let packets = frame(codec, true, (640, 480), MARKER);
        assert!(unit(codec, packets[lost..].to_vec()).is_none(), "{codec:?}");
    }
}

#[test]
fn a_frame_without_its_end_is_none_where_that_can_be_seen() {
    for codec in [Codec::H264, Codec::Av1] {
        let packets = frame(codec, true, (640, 480), MARKER);
        assert!(unit(codec, packets[..packets.len() - 1].to_vec()).is_none(), "{codec:?}");
    }
}

#[test]
fn h264_stands_behind_lengths() {
    let (bytes, unit) = whole(Codec::H264, true);
    let parameters = sequence_parameters((640, 480));
    let mut rest = bytes.as_slice();
    let mut kinds = Vec::new();
    while let Some((len, behind)) = rest.split_first_chunk::<4>() {
        let (nal, behind) = behind.split_at(u32::from_be_bytes(*len) as usize);
        kinds.push(nal[0] & 0x1f);
        rest = behind;
    }
    assert_eq!(kinds, [7, 8, 5]);
    let private = unit.private.unwrap();
    assert_eq!(private[..6], [1, 66, 0, 30, 0xff, 0xe1]);
    assert_eq!(private[8..8 + parameters.len()], parameters);
}

#[test]
fn a_byte_too_many_in_an_aggregate_is_refused() {
    for rest in [&[0_u8][..], &[0, 2, 0x68], &[0, 0]] {
        let aggregate = [&[0x78, 0, 2, 0x41, 0x9a][..], rest].concat();
        assert!(unit(Codec::H264, vec![aggregate.into()]).is_none());
    }
}

#[test]
fn parameters_alone_are_no_picture() {
    let parameters = Bytes::from(sequence_parameters((640, 480)));
    let unit = unit(Codec::H264, vec![parameters, Bytes::from_static(&[0x68, 0xce])]).unwrap();
    assert!(unit.pieces.is_empty() && unit.private.is_some());
}

#[test]
fn a_cropped_picture_has_the_size_that_is_shown() {
    // 1920×1080 of libx264's High profile: 1088 rows, of which eight are cut off.
    let parameters = [
        0x67, 0x64, 0x00, 0x28, 0xac, 0xd9, 0x40, 0x78, 0x02, 0x27, 0xe5, 0xc0, 0x44, 0x00, 0x00, 0x03, 0x00,
        0x04, 0x00, 0x00, 0x03, 0x00, 0xf0, 0x3c, 0x60, 0xc6, 0x58,
    ];
    let packets = vec![Bytes::copy_from_slice(&parameters), Bytes::from_static(&[0x68, 0xce])];
    assert_eq!(unit(Codec::H264, packets).unwrap().size, Some((1920, 1080)));
}

#[test]
fn av1_units_get_their_lengths_and_delimiters_go() {
    let (bytes, unit) = whole(Codec::Av1, true);
    assert_eq!(bytes[0], 0x0a, "a sequence header with a length");
    let private = unit.private.unwrap();
    assert_eq!(private[..4], [0x81, 8, 0x0c, 0]);
    assert_eq!(private[4..], bytes[..private.len() - 4]);
    let delimited = Bytes::from_static(&[0x20, 1, 0x10, 0x30, 9]);
    assert_eq!(super::frames::unit(Codec::Av1, vec![delimited]).unwrap().pieces.concat(), [0x32, 1, 9]);
}

#[test]
fn of_spatial_layers_the_lowest_is_kept() {
    let mut packets = frame(Codec::Vp9, true, (640, 480), MARKER);
    let upper = Bytes::from_static(&[0xac, 0x11, 0b0000_0010, 0, 0x82, 0x49, 0x83, 0x42]);
    let lower = unit(Codec::Vp9, packets.clone()).unwrap();
    packets.push(upper);
    assert_eq!(unit(Codec::Vp9, packets).unwrap(), lower);
}

fn payloads() -> impl Strategy<Value = Vec<Bytes>> {
    let payload = prop::collection::vec(any::<u8>(), 0..40).prop_map(Bytes::from);
    prop::collection::vec(payload, 0..6)
}

proptest! {
    #[test]
    fn no_bytes_make_a_parser_panic(packets in payloads()) {
        for codec in [Codec::Opus, Codec::Vp8, Codec::Vp9, Codec::H264, Codec::Av1] {
            if let Some(unit) = unit(codec, packets.clone()) {
                let len: usize = unit.pieces.iter().map(Bytes::len).sum();
                let sent: usize = packets.iter().map(Bytes::len).sum();
                prop_assert!(len <= sent * 8 + 64, "{codec:?}: {len} of {sent}");
            }
        }
    }

    #[test]
    fn a_right_frame_with_wrong_bytes_makes_none_panic(
        wrong in prop::collection::vec((0_usize..4, 0_usize..40, any::<u8>()), 0..8),
        cut in 0_usize..40,
    ) {
        for codec in VIDEO {
            let mut packets: Vec<Vec<u8>> =
                frame(codec, true, (640, 480), MARKER).iter().map(|packet| packet.to_vec()).collect();
            for (packet, at, byte) in &wrong {
                if let Some(place) = packets.get_mut(*packet).and_then(|packet| packet.get_mut(*at)) {
                    *place = *byte;
                }
            }
            if let Some(packet) = packets.last_mut() {
                packet.truncate(cut);
            }
            let _whatever = unit(codec, packets.into_iter().map(Bytes::from).collect());
        }
    }
}
