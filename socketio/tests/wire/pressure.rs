//! Slow readers, slow handlers, panics.

use std::time::Duration;

use actix_socketio::{CloseReason, Options};

use crate::{
    client::{Client, Heard},
    probe::{Saw, serve},
};

#[actix_web::test]
async fn who_does_not_read_is_let_go_with_its_code_and_others_do_not_notice() {
    let mut served = serve(Options { outbox_bytes: 1 << 20, ..Options::default() });
    let mut other = Client::join(&served.address).await;
    let mut slow = Client::join(&served.address).await;
    slow.say("42[\"flood\"]").await;
    assert_eq!(served.next().await, Saw::Event("flood".to_owned()));
    assert_eq!(served.next().await, Saw::Closed(CloseReason::TooSlow));
    other.say("421[\"x\"]").await;
    assert_eq!(other.hear_text().await, "431[]");
    assert_eq!(slow.hear_close().await, 4408);
}

#[actix_web::test]
async fn who_takes_nothing_for_the_write_timeout_is_let_go() {
    let write_timeout = Duration::from_millis(300);
    let mut served = serve(Options {
        write_timeout,
        outbox_packets: 1 << 20,
        outbox_bytes: 1 << 30,
        ..Options::default()
    });
    let mut slow = Client::join(&served.address).await;
    // More than the kernel's buffers take, far less than the outbox.
    for _ in 0..20_000 {
        slow.say("42[\"one\"]").await;
    }
    loop {
        match served.next().await {
            Saw::Event(name) => assert_eq!(name, "one"),
            other => {
                assert_eq!(other, Saw::Closed(CloseReason::TooSlow));
                break;
            }
        }
    }
    assert_eq!(served.socket_io.connections(), 0);
}

#[actix_web::test]
async fn a_busy_handler_holds_its_client_back_while_pings_go_on() {
    let (ping_interval, ping_timeout) = (Duration::from_millis(100), Duration::from_millis(100));
    let served = serve(Options { inbound_packets: 2, ping_interval, ping_timeout, ..Options::default() });
    let mut client = Client::join(&served.address).await;
    client.say("42[\"wait\"]").await;
    for number in 0..5 {
        client.say(&format!("42{number}[\"n\"]")).await;
    }
    // The pongs cannot be read, and nobody holds that against the client.
    for _ in 0..5 {
        assert_eq!(client.hear().await, Heard::Text("2".to_owned()));
        client.say("3").await;
    }
    served.gate.add_permits(1);
    let mut answers = Vec::new();
    while answers.len() < 5 {
        match client.hear_text().await {
            ping if ping == "2" => client.say("3").await,
            answer => answers.push(answer),
        }
    }
    assert_eq!(answers, ["430[]", "431[]", "432[]", "433[]", "434[]"]);
}

#[actix_web::test]
async fn coming_and_going_does_not_pile_up_handlers() {
    let mut served = serve(Options { max_namespaces: 1, ..Options::default() });
    let mut client = Client::open(&served.address).await;
    for _ in 0..5 {
        client.say("40{\"how\":\"tell wait\"}").await;
        client.say("41").await;
    }
    // The one that was left is still being decided; beside it, the next may be asked for, and no more.
    for _ in 0..2 {
        assert_eq!(served.next().await, Saw::Event("asked".to_owned()));
    }
    let more = tokio::time::timeout(Duration::from_millis(100), served.saw.recv()).await;
    assert!(more.is_err(), "{more:?}");
    served.gate.add_permits(5);
    client.say("40").await;
    assert!(client.hear_text().await.starts_with("40{"));
}

#[actix_web::test]
async fn a_panic_closes_its_own_connection_with_1011() {
    let mut served = serve(Options::default());
    let mut other = Client::join(&served.address).await;
    let mut client = Client::join(&served.address).await;
    client.say("42[\"panic\"]").await;
    assert_eq!(client.hear_close().await, 1011);
    assert_eq!(served.next().await, Saw::Closed(CloseReason::Panic));
    let mut client = Client::open(&served.address).await;
    client.say("40{\"how\":\"panic\"}").await;
    assert_eq!(client.hear_close().await, 1011);
    other.say("421[\"x\"]").await;
    assert_eq!(other.hear_text().await, "431[]");
}

#[actix_web::test]
async fn events_run_one_after_the_other_and_what_came_before_the_end_is_done() {
    let mut served = serve(Options::default());
    let mut client = Client::join(&served.address).await;
    for event in ["42[\"wait\"]", "42[\"a\"]", "42[\"b\"]"] {
        client.say(event).await;
    }
    drop(client);
    served.gate.add_permits(1);
    for event in ["wait", "a", "b"] {
        assert_eq!(served.next().await, Saw::Event(event.to_owned()));
    }
    assert_eq!(served.next().await, Saw::Closed(CloseReason::TransportClose));
}

#[actix_web::test]
async fn a_handler_that_never_ends_is_dropped_after_its_grace_and_closed() {
    let mut served = serve(Options { handler_grace: Duration::from_millis(50), ..Options::default() });
    let mut client = Client::join(&served.address).await;
    client.say("42[\"wait\"]").await;
    client.say("1").await;
    assert_eq!(served.next().await, Saw::Closed(CloseReason::TransportClose));
}
