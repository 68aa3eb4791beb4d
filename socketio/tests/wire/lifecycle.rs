//! From CONNECT to the way down.

use std::time::Duration;

use actix_socketio::{CloseReason, Options};

use crate::{
    client::{Client, Heard, fetch},
    probe::{Saw, serve},
};

#[actix_web::test]
async fn what_is_sent_while_the_application_decides_follows_the_answer_and_replay_precedes_it() {
    let served = serve(Options::default());
    let mut client = Client::open(&served.address).await;
    client.say("40{\"how\":\"early replay\"}").await;
    assert_eq!(client.hear_text().await, "42[\"before\"]");
    assert!(client.hear_text().await.starts_with("40{\"sid\""));
    assert_eq!(client.hear_text().await, "42[\"early\",1]");
}

#[actix_web::test]
async fn events_that_overtake_the_decision_wait_for_it() {
    let served = serve(Options::default());
    let mut client = Client::open(&served.address).await;
    client.say("40{\"how\":\"wait\"}").await;
    client.say("421[\"x\"]").await;
    served.gate.add_permits(1);
    assert!(client.hear_text().await.starts_with("40{"));
    assert_eq!(client.hear_text().await, "431[]");
}

#[actix_web::test]
async fn a_refusal_carries_its_data_and_the_transport_stays() {
    let served = serve(Options::default());
    let mut client = Client::open(&served.address).await;
    client.say("40{\"how\":\"refuse\"}").await;
    assert_eq!(client.hear_text().await, r#"44{"message":"no","data":{"code":"refused"}}"#);
    client.say("40").await;
    assert!(client.hear_text().await.starts_with("40{"));
}

#[actix_web::test]
async fn a_client_that_is_gone_when_the_verdict_comes_is_closed_once() {
    let mut served = serve(Options::default());
    let mut client = Client::open(&served.address).await;
    client.say("40{\"how\":\"wait\"}").await;
    client.say("1").await;
    assert_eq!(client.hear_close().await, 1000);
    served.gate.add_permits(1);
    assert_eq!(served.next().await, Saw::Closed(CloseReason::TransportClose));
    assert_eq!(served.socket_io.connections(), 0);
}

#[actix_web::test]
async fn the_servers_questions_are_answered_once_or_run_out_of_time() {
    let mut served = serve(Options::default());
    let mut client = Client::join(&served.address).await;
    client.say("42[\"ask\",9000]").await;
    assert_eq!(client.hear_text().await, "420[\"question\",1]");
    assert_eq!(served.next().await, Saw::Event("ask".to_owned()));
    client.say("430[\"yes\"]").await;
    client.say("430[\"again\"]").await;
    assert_eq!(served.next().await, Saw::Acknowledged("[\"yes\"]".to_owned()));
    client.say("42[\"ask\",20]").await;
    assert_eq!(client.hear_text().await, "421[\"question\",1]");
    assert_eq!(served.next().await, Saw::Event("ask".to_owned()));
    assert_eq!(served.next().await, Saw::Acknowledged("no acknowledgement in time".to_owned()));
    client.say("431[]").await;
    client.say("42[\"ask\",9000]").await;
    assert_eq!(client.hear_text().await, "422[\"question\",1]");
    assert_eq!(served.next().await, Saw::Event("ask".to_owned()));
    client.say("41").await;
    let mut ends = [served.next().await, served.next().await];
    ends.sort_by_key(|end| matches!(end, Saw::Closed(_)));
    let [answer, end] = ends;
    assert_eq!(answer, Saw::Acknowledged("the socket was closed before the acknowledgement".to_owned()));
    assert_eq!(end, Saw::Closed(CloseReason::ClientDisconnect));
}

#[actix_web::test]
async fn a_close_of_the_application_has_its_code_after_what_was_queued() {
    let mut served = serve(Options::default());
    let mut client = Client::join(&served.address).await;
    client.say("42[\"one\"]").await;
    client.say("42[\"close\"]").await;
    let heard = client.hear_to_the_end().await;
    assert!(matches!(heard.as_slice(), [Heard::Text(_), Heard::Close(4321)]), "{heard:?}");
    assert_eq!(served.next().await, Saw::Event("one".to_owned()));
    assert_eq!(served.next().await, Saw::Event("close".to_owned()));
    assert_eq!(served.next().await, Saw::Closed(CloseReason::ServerClose));
}

#[actix_web::test]
async fn a_disconnected_client_hears_it_and_what_it_still_says_is_excused() {
    let disconnect_linger = Duration::from_millis(200);
    let mut served = serve(Options { disconnect_linger, ..Options::default() });
    let mut client = Client::join(&served.address).await;
    client.say("42[\"leave\"]").await;
    client.say("42[\"late\"]").await;
    assert_eq!(client.hear_text().await, "41");
    assert_eq!(served.next().await, Saw::Event("leave".to_owned()));
    assert_eq!(served.next().await, Saw::Closed(CloseReason::ServerDisconnect));
    client.say("42[\"later\"]").await;
    client.say("40").await;
    assert!(client.hear_text().await.starts_with("40{"));
}

#[actix_web::test]
async fn who_joins_nothing_is_closed() {
    let served = serve(Options { connect_timeout: Duration::from_millis(50), ..Options::default() });
    let mut client = Client::open(&served.address).await;
    assert_eq!(client.hear_close().await, 1000);
    assert_eq!(served.socket_io.connections(), 0);
}

#[actix_web::test]
async fn shutdown_closes_everybody_with_1012_and_waits_for_it() {
    let mut served = serve(Options::default());
    let mut clients = Vec::new();
    for _ in 0..5 {
        clients.push(Client::join(&served.address).await);
    }
    let polling = fetch(&served.address, "GET", "/socket.io/?EIO=4&transport=polling", "").await.1;
    let sid = polling.split("\"sid\":\"").nth(1).unwrap().split('"').next().unwrap();
    let target = format!("/socket.io/?EIO=4&transport=polling&sid={sid}");
    let start = tokio::time::Instant::now();
    let (poll, ()) = tokio::join!(
        fetch(&served.address, "GET", &target, ""),
        served.socket_io.shutdown(Duration::from_millis(100))
    );
    assert!(poll.1.ends_with("\r\n\r\n1"), "{}", poll.1);
    assert!(start.elapsed() >= Duration::from_millis(80), "it was not spread");
    for mut client in clients {
        assert_eq!(client.hear_close().await, 1012);
        assert_eq!(served.next().await, Saw::Closed(CloseReason::ServerShutdown));
    }
    assert_eq!(served.socket_io.connections(), 0);
}
