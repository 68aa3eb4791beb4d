//! Polling payloads: what is accepted is the same after another round.
#![no_main]

use actix_socketio::packet::engine::{decode, decode_payload, encode_payload};
use bytestring::ByteString;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &str| {
    if let Ok(frames) = decode_payload(&ByteString::from(body)) {
        assert_eq!(decode_payload(&encode_payload(&frames).into()).as_ref(), Ok(&frames));
        for frame in frames {
            assert!(decode(frame).is_ok());
        }
    }
});
