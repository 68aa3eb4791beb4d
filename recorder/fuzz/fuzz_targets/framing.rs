//! Any bytes as a stream of datagrams: what comes out of it stands in it, none is longer than allowed.
#![no_main]

use bedside_recorder_fuzz::leg::frames;
use libfuzzer_sys::fuzz_target;

const LONGEST: usize = 1_500;

fuzz_target!(|stream: &[u8]| {
    let frames = frames(stream, LONGEST);
    let mut rest = stream;
    for frame in frames {
        assert!(frame.len() <= LONGEST);
        let (length, behind) = rest.split_at(2);
        assert_eq!(usize::from(u16::from_be_bytes([length[0], length[1]])), frame.len());
        assert!(behind.starts_with(&frame));
        rest = &behind[frame.len()..];
    }
});
