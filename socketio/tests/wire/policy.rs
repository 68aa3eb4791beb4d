//! Who may come in at all: origins, refusals, limits.

use std::time::Duration;

use actix_socketio::{Options, OriginPolicy};

use crate::{
    client::{Client, fetch},
    probe::serve,
};

const POLLING: &str = "/socket.io/?EIO=4&transport=polling";

fn listed() -> Options {
    let origins = OriginPolicy::AllowList(vec!["https://app.example".to_owned()]);
    Options { origins, ..Options::default() }
}

#[actix_web::test]
async fn a_foreign_origin_is_refused_on_every_request_and_a_listed_one_is_echoed() {
    let served = serve(listed());
    let address = &served.address;
    let opened = fetch(address, "GET", POLLING, "Origin: https://app.example\r\n").await;
    assert_eq!(opened.0, 200);
    let answer = opened.1.to_ascii_lowercase();
    assert!(answer.contains("access-control-allow-origin: https://app.example\r\n"));
    assert!(answer.contains("access-control-allow-credentials: true\r\n"));
    assert!(answer.contains("vary: origin\r\n"));
    let sid = opened.1.split("\"sid\":\"").nth(1).unwrap().split('"').next().unwrap();
    for origin in ["https://app.example.evil", "http://app.example", "null"] {
        let header = format!("Origin: {origin}\r\n");
        for (method, target) in [
            ("GET", POLLING.to_owned()),
            ("GET", format!("{POLLING}&sid={sid}")),
            ("POST", format!("{POLLING}&sid={sid}")),
        ] {
            let (status, text) = fetch(address, method, &target, &header).await;
            assert_eq!(status, 403, "{origin} {method}");
            assert!(text.ends_with(r#"{"code":4,"message":"Forbidden"}"#), "{text}");
        }
        let (_client, status, _head) =
            Client::upgrade(address, "/socket.io/?EIO=4&transport=websocket", &header).await;
        assert_eq!(status, 403, "{origin} WebSocket");
    }
    for header in [String::new(), format!("Origin: http://{address}\r\n")] {
        assert_eq!(fetch(address, "GET", POLLING, &header).await.0, 200);
        let (_client, status, _head) =
            Client::upgrade(address, "/socket.io/?EIO=4&transport=websocket", &header).await;
        assert_eq!(status, 101);
    }
}

#[actix_web::test]
async fn a_preflight_is_answered_and_errors_carry_the_headers_too() {
    let served = serve(listed());
    let origin = "Origin: https://app.example\r\n";
    let asked = format!("{origin}Access-Control-Request-Method: POST\r\n");
    let (status, text) = fetch(&served.address, "OPTIONS", POLLING, &asked).await;
    let text = text.to_ascii_lowercase();
    assert_eq!(status, 204);
    assert!(text.contains("access-control-allow-headers: authorization, content-type\r\n"));
    let (status, text) =
        fetch(&served.address, "GET", "/socket.io/?EIO=4&transport=polling&sid=x", origin).await;
    assert_eq!(status, 400);
    assert!(text.to_ascii_lowercase().contains("access-control-allow-origin: https://app.example\r\n"));
    assert!(text.contains(r#"{"code":1,"message":"Session ID unknown"}"#));
}

#[actix_web::test]
async fn handshakes_are_refused_by_the_application_when_large_draining_and_full() {
    let served =
        serve(Options { max_sessions: 1, retry_after: Duration::from_secs(7), ..Options::default() });
    let address = &served.address;
    let (status, text) = fetch(address, "GET", &format!("{POLLING}&refuse=1"), "").await;
    assert_eq!(status, 429);
    assert!(text.to_ascii_lowercase().contains("retry-after: 2\r\n"));

    let large = format!("X-Large: {}\r\n", "x".repeat(17_000));
    assert_eq!(fetch(address, "GET", POLLING, &large).await.0, 431);

    served.socket_io.refuse_handshakes(Some(Duration::from_secs(3)));
    let (_client, status, head) = Client::upgrade(address, "/socket.io/?EIO=4&transport=websocket", "").await;
    assert_eq!(status, 503);
    assert!(head.to_ascii_lowercase().contains("retry-after: 3\r\n"));
    served.socket_io.refuse_handshakes(None);

    let mut client = Client::join(address).await;
    assert_eq!(served.socket_io.connections(), 1);
    let (status, text) = fetch(address, "GET", POLLING, "").await;
    assert_eq!(status, 503);
    assert!(text.to_ascii_lowercase().contains("retry-after: 7\r\n"));
    client.say("421[\"x\"]").await;
    assert_eq!(client.hear_text().await, "431[]");
}

#[actix_web::test]
async fn a_body_that_does_not_come_is_a_timeout_and_ends_the_session() {
    let served = serve(Options { body_timeout: Duration::from_millis(50), ..Options::default() });
    let address = &served.address;
    let opened = fetch(address, "GET", POLLING, "").await.1;
    let sid = opened.split("\"sid\":\"").nth(1).unwrap().split('"').next().unwrap();
    let target = format!("{POLLING}&sid={sid}");
    let (status, _text) = fetch(address, "POST", &target, "Content-Length: 5\r\n").await;
    assert_eq!(status, 408);
    assert_eq!(fetch(address, "GET", &target, "").await.0, 400);
}
