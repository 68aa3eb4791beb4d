//! Any bytes as what waited when a recorder died: files are ended.
#![no_main]

use bedside_recorder_fuzz::media::{Op, Tape, TapeConfig};
use bytes::Bytes;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|waiting: Vec<u8>| {
    let mut tape = Tape::replay(TapeConfig::default(), 0, Bytes::from(waiting));
    let mut open = 0;
    while let Some(op) = tape.poll() {
        match op {
            Op::Begin { .. } => open += 1,
            Op::End { .. } => open -= 1,
            Op::Append { .. } | Op::Header { .. } | Op::Wait { .. } | Op::Waited => {}
        }
    }
    assert_eq!(open, 0);
});
