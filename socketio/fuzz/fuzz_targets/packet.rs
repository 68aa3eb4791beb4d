//! Socket.IO packets: whatever is accepted keeps what it promises.
#![no_main]

use actix_socketio::packet::{self, Packet, attachment::placeholders_are_sound, decode};
use bytestring::ByteString;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let text = ByteString::from(text);
    match decode(&text, 10) {
        Ok(Packet::Event { namespace, event, attachments }) => {
            assert!(attachments <= 10);
            assert!(!packet::RESERVED_EVENTS.contains(&event.name()));
            let arguments = event.arguments();
            assert_eq!(arguments.first().map(|raw| raw.get()), event.first().map(|first| &**first));
            placeholders_are_sound(&event.payload, attachments);
            // What was understood is understood again.
            let array = format!("[\"x\"{}{}]", if event.tail().is_empty() { "" } else { "," }, event.tail());
            let again = packet::event(&namespace, &array);
            let Ok(Packet::Event { event: again, .. }) = decode(&again.slice_ref(&again[1..]), 10) else {
                panic!("not understood again");
            };
            assert_eq!(again.arguments().len(), arguments.len());
        }
        Ok(Packet::Ack { id, attachments, .. }) => assert!(id <= packet::MAX_ACK_ID && attachments <= 10),
        Ok(Packet::Connect { auth: Some(auth), .. }) => assert!(auth.starts_with('{')),
        Ok(Packet::Connect { .. } | Packet::Disconnect { .. }) | Err(_) => {}
    }
});
