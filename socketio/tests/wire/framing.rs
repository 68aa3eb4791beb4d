//! Frames of hostile clients, each with the close code that it earns.

use actix_socketio::{CloseReason, Options};

use crate::{
    client::{BINARY, Client, Heard, PING, TEXT, frame, header},
    probe::{Saw, serve},
};

fn small() -> Options {
    Options { max_payload: 1000, max_fragments: 4, max_control_frames: 20, ..Options::default() }
}

#[actix_web::test]
async fn a_frame_that_breaks_the_rules_is_closed_with_its_code() {
    let served = serve(small());
    let unmasked = vec![TEXT, 2, b'4', b'1'];
    let cases: Vec<(&str, Vec<u8>, u16)> = vec![
        ("a header that promises too much, without its mask", header(TEXT, 1001)[..4].to_vec(), 1009),
        ("a header that promises nearly everything", header(TEXT, u64::MAX >> 1), 1009),
        (
            "a fragment sequence that grows too large",
            [frame(0x01, &[b'4'; 600]), frame(0x80, &[b'4'; 600])].concat(),
            1009,
        ),
        (
            "a message in too many pieces",
            [frame(0x01, b"4"), frame(0, b""), frame(0, b""), frame(0, b""), frame(0, b"")].concat(),
            1009,
        ),
        ("text that is no UTF-8", frame(TEXT, b"4\xff"), 1007),
        ("a reserved bit", frame(TEXT | 0x40, b"41"), 1002),
        ("a reserved opcode", frame(0x83, b"41"), 1002),
        ("no mask", unmasked, 1002),
        ("a continuation of nothing", frame(0x80, b"41"), 1002),
        ("a message inside a message", [frame(0x01, b"4"), frame(TEXT, b"41")].concat(), 1002),
        ("a control frame in pieces", frame(0x09, b""), 1002),
        ("a control frame that is too long", frame(PING, &[0; 126]), 1002),
        ("a close of one byte", frame(0x88, b"x"), 1002),
        ("a close with a code that may not be sent", frame(0x88, &1006_u16.to_be_bytes()), 1002),
        ("a close with a reason that is no UTF-8", frame(0x88, b"\x03\xe8\xff"), 1007),
        ("a flood of pings", frame(PING, b"").repeat(21), 1008),
        ("a binary message without a packet", frame(BINARY, b"x"), 1002),
        ("a packet that is none", frame(TEXT, b"4x"), 1002),
    ];
    for (what, bytes, code) in cases {
        let mut client = Client::join(&served.address).await;
        client.send(&bytes).await;
        assert_eq!(client.hear_close().await, code, "{what}");
    }
}

#[actix_web::test]
async fn what_is_legal_is_understood_however_it_is_cut() {
    let mut served = serve(small());
    let mut client = Client::join(&served.address).await;
    let event =
        [frame(0x01, b"42[\"he"), frame(PING, b"hi"), frame(0x00, b""), frame(0x80, b"llo\"]")].concat();
    for byte in event {
        client.send(&[byte]).await;
    }
    assert_eq!(client.hear().await, Heard::Pong(b"hi".to_vec()));
    assert_eq!(served.next().await, Saw::Event("hello".to_owned()));
    let long = format!("42[\"{}\"]", "n".repeat(994));
    client.send(&[frame(TEXT, long.as_bytes()), frame(TEXT, b"421[\"two\"]")].concat()).await;
    assert_eq!(served.next().await, Saw::Event("n".repeat(994)));
    assert_eq!(client.hear_text().await, "431[]");
    client.send(&frame(0x88, &[0x03, 0xe9, b'b', b'y', b'e'])).await;
    assert_eq!(client.hear_close().await, 1001);
    assert_eq!(served.next().await, Saw::Event("two".to_owned()));
    assert_eq!(served.next().await, Saw::Closed(CloseReason::TransportClose));
}

#[actix_web::test]
async fn attachments_are_limited_in_number_and_size() {
    let options = Options { max_attachments: 2, max_attachment_bytes: 100, ..Options::default() };
    let served = serve(options);
    let head = |count: usize| {
        frame(TEXT, format!("45{count}-[\"b\",{{\"_placeholder\":true,\"num\":0}}]").as_bytes())
    };
    let mut client = Client::join(&served.address).await;
    client
        .send(
            &[head(2), frame(BINARY, &[0; 50]), frame(BINARY, &[0; 50]), frame(TEXT, b"421[\"x\"]")].concat(),
        )
        .await;
    assert_eq!(client.hear_text().await, "431[]");
    client.send(&[head(2), frame(BINARY, &[0; 50]), frame(BINARY, &[0; 51])].concat()).await;
    assert_eq!(client.hear_close().await, 1002);
    let mut client = Client::join(&served.address).await;
    client.send(&head(3)).await;
    assert_eq!(client.hear_close().await, 1002);

    let without = serve(Options { max_attachments: 0, ..Options::default() });
    let mut client = Client::join(&without.address).await;
    client.send(&head(1)).await;
    assert_eq!(client.hear_close().await, 1002);
}

#[actix_web::test]
async fn a_packet_whose_attachments_do_not_come_ends_the_connection() {
    let attachment_timeout = std::time::Duration::from_millis(50);
    let mut served = serve(Options { attachment_timeout, ..Options::default() });
    let mut client = Client::join(&served.address).await;
    client.send(&frame(TEXT, b"451-[\"b\",{\"_placeholder\":true,\"num\":0}]")).await;
    assert_eq!(client.hear_close().await, 1002);
    assert_eq!(served.next().await, Saw::Closed(CloseReason::ParseError));
}
