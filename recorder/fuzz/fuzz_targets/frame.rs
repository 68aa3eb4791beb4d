//! Payloads of one frame, in each codec: what is made of them is not longer than they are.
#![no_main]

use bedside_recorder_fuzz::media::{Codec, depacketize::unit};
use bytes::Bytes;
use libfuzzer_sys::fuzz_target;

/// A codec adds lengths of four bytes to units that it takes apart, and these are a byte long at least.
const MOST: usize = 5;

fuzz_target!(|input: (u8, Vec<Vec<u8>>)| {
    let (codec, payloads) = input;
    let codec = [Codec::Opus, Codec::Vp8, Codec::Vp9, Codec::H264, Codec::Av1][usize::from(codec) % 5];
    let given: usize = payloads.iter().map(Vec::len).sum();
    let payloads = payloads.into_iter().map(Bytes::from).collect();
    let Some(unit) = unit(codec, payloads) else { return };
    let len: usize = unit.pieces.iter().map(Bytes::len).sum();
    assert!(len <= given * MOST + 16, "{len} bytes were made of {given}");
    if codec == Codec::Opus {
        assert_eq!((len, unit.key), (given, true));
    }
});
