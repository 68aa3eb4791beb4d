//! Properties of the codecs: what is encoded is decoded, in any cut; nothing makes them panic.

#![expect(clippy::unwrap_used, reason = "tests")]

use actix_socketio::{
    packet::{
        self, Packet, decode,
        engine::{Frame, decode_payload, encode_payload},
        with_offset,
    },
    replay::Replay,
    websocket::{Decoder, Incoming},
};
use bytes::Bytes;
use bytestring::ByteString;
use proptest::{collection::vec, prelude::*};
use serde_json::Value;
use tokio::time::{Duration, Instant};

fn namespace() -> impl Strategy<Value = String> {
    prop_oneof![Just("/".to_owned()), "/[a-zé0-9_?=-]{1,12}"]
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,20}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::hash_map(".{0,8}", inner, 0..6).prop_map(|map| map.into_iter().collect()),
        ]
    })
}

fn name() -> impl Strategy<Value = String> {
    ".{0,20}".prop_filter("reserved", |name: &String| !packet::RESERVED_EVENTS.contains(&name.as_str()))
}

/// Decodes an encoded packet as the server does: without the Engine.IO type.
fn read(encoded: &ByteString) -> Packet {
    decode(&encoded.slice_ref(encoded.get(1..).unwrap()), 10).unwrap()
}

proptest! {
    #[test]
    fn an_event_survives(
        nsp in namespace(),
        name in name(),
        arguments in vec(json(), 0..4),
        id in proptest::option::of(0..=packet::MAX_ACK_ID),
        attachments in 0_usize..=10,
    ) {
        let array = packet::array(&name, &arguments).unwrap();
        let encoded = match (attachments, id) {
            (0, None) => packet::event(&nsp, &array),
            (0, Some(id)) => packet::event_with_ack(&nsp, id, &array),
            (count, id) => packet::binary_event(&nsp, count, id, &array),
        };
        let Packet::Event { namespace, event, attachments: count } = read(&encoded) else {
            return Err(TestCaseError::fail("no event"));
        };
        prop_assert_eq!((&*namespace, event.name(), event.ack, count), (&*nsp, &*name, id, attachments));
        let texts: Vec<Value> = event.arguments().iter().map(|raw| serde_json::from_str(raw.get()).unwrap()).collect();
        prop_assert_eq!(&texts, &arguments);
        let tail: Vec<Value> = serde_json::from_str(&format!("[{}]", event.tail())).unwrap();
        prop_assert_eq!(&tail, &arguments);

        // With an offset it is the same event with one more argument, and only without an id.
        let offset = with_offset(&encoded, 42);
        prop_assert_eq!(offset.is_some(), id.is_none());
        if let Some(Packet::Event { event, .. }) = offset.as_ref().map(read) {
            prop_assert_eq!(event.arguments().last().unwrap().get(), "\"42\"");
        }
    }

    #[test]
    fn an_acknowledgement_survives(nsp in namespace(), id in 0..=packet::MAX_ACK_ID, answer in vec(json(), 0..4)) {
        let array = packet::answer(&answer).unwrap();
        let Packet::Ack { namespace, id: read_id, payload, .. } = read(&packet::acknowledgement(&nsp, id, &array)) else {
            return Err(TestCaseError::fail("no acknowledgement"));
        };
        prop_assert_eq!((&*namespace, read_id, &*payload), (&*nsp, id, &*array));
    }

    #[test]
    fn no_text_makes_the_decoder_panic(text in ".{0,40}", prefix in "[0-6]?[0-9]{0,2}-?(/[a-z]{0,3},?)?[0-9]{0,20}") {
        decode(&ByteString::from(format!("{prefix}{text}")), 10).ok();
        decode(&ByteString::from(text), 10).ok();
    }

    #[test]
    fn a_payload_survives(frames in vec(frame(), 1..20)) {
        prop_assert_eq!(decode_payload(&encode_payload(&frames).into()).unwrap(), frames);
    }

    #[test]
    fn no_body_makes_the_payload_decoder_panic(body in "[\u{1e}b0-9a-zA-Z=+/é]{0,60}") {
        decode_payload(&body.into()).ok();
    }

    #[test]
    fn messages_are_the_same_however_the_network_cuts_them(
        messages in vec(message(), 1..6),
        cuts in vec(prop_oneof![1_usize..20, 1000_usize..70_000], 1..60),
    ) {
        let mut wire = Vec::new();
        for (fragments, binary) in &messages {
            put(&mut wire, fragments, *binary);
        }
        let mut decoder = Decoder::new(1_000_000, 8);
        let mut heard = Vec::new();
        let mut rest: &[u8] = &wire;
        let mut cuts = cuts.iter().cycle();
        while !rest.is_empty() {
            let (chunk, after) = rest.split_at(rest.len().min(*cuts.next().unwrap()));
            decoder.feed(Bytes::copy_from_slice(chunk));
            while let Some(incoming) = decoder.next().unwrap() {
                heard.push(incoming);
            }
            rest = after;
        }
        let sent: Vec<Incoming> = messages
            .iter()
            .map(|(fragments, binary)| {
                let whole = fragments.concat();
                if *binary { Incoming::Binary(whole.into_bytes().into()) } else { Incoming::Text(whole.into()) }
            })
            .collect();
        prop_assert_eq!(heard, sent);
    }

    #[test]
    fn no_bytes_make_the_frame_decoder_panic_or_keep_more_than_it_may(chunks in vec(vec(any::<u8>(), 0..80), 0..8)) {
        let mut decoder = Decoder::new(64, 4);
        for chunk in chunks {
            decoder.feed(chunk.into());
            loop {
                match decoder.next() {
                    Ok(Some(Incoming::Text(text))) => prop_assert!(text.len() <= 64),
                    Ok(Some(Incoming::Binary(bytes))) => prop_assert!(bytes.len() <= 64),
                    Ok(Some(Incoming::Ping(bytes))) => prop_assert!(bytes.len() <= 125),
                    Ok(Some(Incoming::Pong | Incoming::Close(_))) => {}
                    Ok(None) => break,
                    Err(_violation) => return Ok(()),
                }
            }
        }
    }

    #[test]
    fn a_replay_gives_all_that_came_after_or_nothing(sizes in vec(1_usize..50, 0..60), max_bytes in 0_usize..600) {
        let now = Instant::now();
        let mut replay = Replay::new(max_bytes, Duration::from_secs(1));
        for (number, size) in sizes.iter().enumerate() {
            prop_assert_eq!(replay.push(number, *size, now), number as u64);
            prop_assert!(replay.bytes() <= max_bytes);
        }
        for offset in 0..sizes.len() {
            if let Some(after) = replay.after(offset as u64) {
                prop_assert_eq!(after.copied().collect::<Vec<_>>(), (offset + 1..sizes.len()).collect::<Vec<_>>());
            }
        }
        prop_assert!(replay.after(sizes.len() as u64).is_none());
    }
}

fn frame() -> impl Strategy<Value = Frame> {
    prop_oneof![
        "[0-6][^\u{1e}]{0,20}".prop_map(|text| Frame::Text(text.into())),
        vec(any::<u8>(), 0..40).prop_map(|bytes| Frame::Binary(bytes.into())),
    ]
}

/// The fragments of a message, and whether it is binary.
fn message() -> impl Strategy<Value = (Vec<String>, bool)> {
    let long = prop_oneof![Just(125), Just(126), Just(200), Just(65_535), Just(65_536)];
    let fragment = prop_oneof![".{0,30}", long.prop_map(|length| "x".repeat(length))];
    (vec(fragment, 1..5), any::<bool>())
}

/// A message as a client sends it: masked, in fragments.
fn put(wire: &mut Vec<u8>, fragments: &[String], binary: bool) {
    for (index, fragment) in fragments.iter().enumerate() {
        let opcode = if index > 0 { 0 } else { 1 + u8::from(binary) };
        let last = if index + 1 == fragments.len() { 0x80 } else { 0 };
        wire.push(opcode | last);
        match fragment.len() {
            length @ ..126 => wire.push(0x80 | u8::try_from(length).unwrap()),
            length @ 126..=0xffff => {
                wire.push(0xfe);
                wire.extend(u16::try_from(length).unwrap().to_be_bytes());
            }
            length => {
                wire.push(0xff);
                wire.extend((length as u64).to_be_bytes());
            }
        }
        let mask = [7, 77, 177, 250];
        wire.extend(mask);
        wire.extend(fragment.bytes().zip(mask.iter().cycle()).map(|(byte, key)| byte ^ key));
    }
}
