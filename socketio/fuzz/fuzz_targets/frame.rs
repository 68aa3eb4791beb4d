//! WebSocket frames: the same bytes give the same messages however they are cut, and never more than the limit.
#![no_main]

use actix_socketio::websocket::{Decoder, Incoming, Violation};
use bytes::Bytes;
use libfuzzer_sys::fuzz_target;

const LIMIT: usize = 300;

fn run(chunks: &[&[u8]]) -> (Vec<Incoming>, Option<Violation>) {
    let mut decoder = Decoder::new(LIMIT, 5);
    let mut heard = Vec::new();
    for chunk in chunks {
        decoder.feed(Bytes::copy_from_slice(chunk));
        loop {
            match decoder.next() {
                Ok(Some(incoming)) => {
                    if let Incoming::Text(text) = &incoming {
                        assert!(text.len() <= LIMIT);
                    }
                    if let Incoming::Binary(bytes) = &incoming {
                        assert!(bytes.len() <= LIMIT);
                    }
                    heard.push(incoming);
                }
                Ok(None) => break,
                Err(violation) => return (heard, Some(violation)),
            }
        }
    }
    (heard, None)
}

fuzz_target!(|input: (Vec<u8>, u8)| {
    let (bytes, cut) = input;
    let whole = run(&[&bytes]);
    let step = usize::from(cut).max(1);
    let chunks: Vec<&[u8]> = bytes.chunks(step).collect();
    assert_eq!(run(&chunks), whole);
});
