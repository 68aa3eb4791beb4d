//! Requests that are not what they should be, and what stands around the API.

use std::time::Duration;

use bedside_protocol::session::Role;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::harness::Server;

const ANNA: (&str, Role) = ("anna", Role::Doctor);
const VISITS: &str = "/api/v1/consultations";

#[tokio::test]
async fn a_body_that_is_not_what_it_should_be_is_refused_by_its_field() {
    let server = Server::start().await;
    for (body, field) in [
        (r#"{"doctorId":"anna"}"#, Some("patientId")),
        (r#"{"doctorId":"anna","patientId":"ben","from":"x"}"#, Some("from")),
        (r#"{"doctorId":"anna","doctorId":"anna","patientId":"ben"}"#, Some("doctorId")),
        (r#"{"doctorId":7,"patientId":"ben"}"#, Some("doctorId")),
        (r#"{"doctorId":"anna","patientId":"ben","scheduledAt":"soon"}"#, Some("scheduledAt")),
        (r#"{"doctorId":"anna","patientId":"ben"} and more"#, None),
        (r#"{"doctorId":"anna","patientId":"ben"}{}"#, None),
        ("[]", None),
        ("", Some("doctorId")),
        ("{", None),
    ] {
        let request = server.rest(ANNA, "POST", VISITS).body("application/json", body.as_bytes());
        let problem = request.go().await.refused(400, "malformed");
        assert_eq!(problem.get("field").and_then(|field| field.as_str()), field, "{body}");
    }
    let request = server.rest(ANNA, "POST", VISITS).body("application/json", b"{\"doctorId\":\"\xff\"}");
    request.go().await.refused(400, "malformed");
}

#[tokio::test]
async fn other_types_compression_and_large_bodies_are_refused_unread() {
    let server = Server::start().await;
    let body = br#"{"doctorId":"anna","patientId":"ben"}"#;
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"] {
        let refused = server.rest(ANNA, "POST", VISITS).body(kind, body).go().await;
        refused.refused(415, "malformed");
    }
    server.rest(ANNA, "POST", VISITS).body("application/json; charset=utf-8", body).go().await.ok(201);
    let compressed = server.rest(ANNA, "POST", VISITS).header("Content-Encoding", "gzip");
    compressed.body("application/json", body).go().await.refused(415, "malformed");
    let large = vec![b' '; 65_537];
    server.rest(ANNA, "POST", VISITS).body("application/json", &large).go().await.refused(413, "too_large");

    let token = Server::token("anna", Role::Doctor);
    let head = format!(
        "POST {VISITS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n\
         Transfer-Encoding: chunked\r\n\r\n10001\r\n"
    );
    server.raw(&[head.as_bytes(), &large, b"\r\n0\r\n\r\n"].concat()).await.refused(413, "too_large");
}

#[tokio::test]
async fn a_body_and_a_header_that_do_not_arrive_are_waited_for_only_so_long() {
    let server =
        Server::with(&[("limits.http_body_timeout_ms", "100"), ("limits.http_header_timeout_ms", "1000")])
            .await;
    let token = Server::token("anna", Role::Doctor);
    let head = format!(
        "POST {VISITS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n\
         Content-Length: 10\r\n\r\n{{"
    );
    let half = |bytes: String| {
        let address = server.url.strip_prefix("http://").unwrap().to_owned();
        async move {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(bytes.as_bytes()).await.unwrap();
            let mut answer = [0; 12];
            tokio::time::timeout(Duration::from_secs(5), stream.read_exact(&mut answer))
                .await
                .unwrap()
                .unwrap();
            String::from_utf8(answer.to_vec()).unwrap()
        }
    };
    assert_eq!(half(head).await, "HTTP/1.1 408");
    assert_eq!(half(format!("GET {VISITS} HTTP/1.1\r\nHo")).await, "HTTP/1.1 408");
}

#[tokio::test]
async fn a_connection_on_which_nothing_is_asked_is_closed_without_a_word() {
    let server = Server::with(&[("limits.http_header_timeout_ms", "1000")]).await;
    // A browser opens one before it knows what for, and would take a 408 for the answer to its next request.
    let mut stream = TcpStream::connect(server.url.strip_prefix("http://").unwrap()).await.unwrap();
    let mut heard = Vec::new();
    tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut heard)).await.unwrap().unwrap();
    assert_eq!(String::from_utf8_lossy(&heard), "");
}

#[tokio::test]
async fn unknown_paths_and_methods_are_problems_too() {
    let server = Server::start().await;
    for path in ["/api/v1/nothing", "/api", "/nothing", "/api/v1/consultations/", "/api/v1/../v1/me"] {
        server.rest(ANNA, "GET", path).go().await.refused(404, "not_found");
    }
    for path in ["/api/v1/assistants/x", "/api/v1/recordings/x", "/api/v1/attachments/x"] {
        server.rest(ANNA, "GET", path).go().await.refused(404, "not_found");
    }
    for (method, path, allowed) in [
        ("PUT", VISITS, "POST, GET, HEAD"),
        ("DELETE", "/api/v1/me", "GET, HEAD"),
        ("BREW", "/api/v1/invitations/accept", "POST"),
        ("POST", "/livez", "GET, HEAD"),
        ("OPTIONS", "/api/v1/me", "GET, HEAD"),
    ] {
        let refused = server.rest(ANNA, method, path).go().await;
        refused.refused(405, "malformed");
        assert_eq!(refused.header("allow"), Some(allowed), "{method} {path}");
    }
    let head = server.rest(ANNA, "HEAD", "/api/v1/me").go().await;
    assert_eq!((head.status, head.body.as_str()), (200, ""));
}

#[tokio::test]
async fn requests_that_two_servers_would_read_differently_are_refused() {
    let server = Server::start().await;
    for headers in [
        "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n",
        "Content-Length: 2\r\nContent-Length: 3\r\n",
        "Content-Length: +2\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
    ] {
        let request = format!("POST {VISITS} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n{{}}");
        assert_eq!(server.raw(request.as_bytes()).await.status, 400, "{headers}");
    }
    let huge = format!("GET /livez HTTP/1.1\r\nHost: x\r\nX-Long: {}\r\n\r\n", "x".repeat(200_000));
    assert_eq!(server.raw(huge.as_bytes()).await.status, 431);
}

#[tokio::test]
async fn an_address_that_asks_too_much_is_told_when_to_ask_again() {
    let server = Server::with(&[("limits.requests_per_second", "1"), ("limits.requests_burst", "3")]).await;
    for _ in 0..3 {
        server.rest(ANNA, "GET", "/api/v1/me").go().await.ok(200);
    }
    let refused = server.rest(ANNA, "GET", "/api/v1/me").header("X-Forwarded-For", "192.0.2.1").go().await;
    assert!(refused.refused(429, "rate_limited")["retryAfterMs"].as_u64().unwrap() <= 1_000);
    assert_eq!(refused.header("retry-after"), Some("1"));
    // Whether the server lives is asked by whoever keeps it alive.
    server.anyone("GET", "/livez").go().await.ok(200);
}

#[tokio::test]
async fn behind_a_trusted_proxy_each_client_has_limits_of_its_own() {
    let server = Server::with(&[
        ("limits.requests_per_second", "1"),
        ("limits.requests_burst", "1"),
        ("server.trusted_proxies", "127.0.0.1/32"),
    ])
    .await;
    let from = |address| server.rest(ANNA, "GET", "/api/v1/me").header("X-Forwarded-For", address).go();
    from("192.0.2.1").await.ok(200);
    from("192.0.2.1").await.refused(429, "rate_limited");
    from("192.0.2.2").await.ok(200);
}

#[tokio::test]
async fn pages_of_allowed_origins_may_ask_and_others_may_not() {
    let app = "https://app.example";
    let server = Server::with(&[("server.allowed_origins", app)]).await;
    let preflight = |origin: &str| {
        server
            .anyone("OPTIONS", VISITS)
            .header("Origin", origin)
            .header("Access-Control-Request-Method", "POST")
            .header("Access-Control-Request-Headers", "authorization,content-type,if-match,idempotency-key")
            .go()
    };
    let allowed = preflight(app).await;
    assert_eq!(allowed.status, 204);
    assert_eq!(allowed.header("access-control-allow-origin"), Some(app));
    assert_eq!(
        allowed.header("access-control-allow-headers"),
        Some("authorization, content-type, if-match, if-range, range, idempotency-key")
    );
    assert!(allowed.header("access-control-allow-methods").unwrap().contains("PATCH"));
    assert_eq!(allowed.header("vary"), Some("Origin"));
    assert_eq!(allowed.header("access-control-allow-credentials"), None);

    for foreign in ["https://evil.example", "null", "https://app.example.evil.example"] {
        let refused = preflight(foreign).await;
        refused.refused(403, "forbidden");
        assert_eq!(refused.header("access-control-allow-origin"), None);
        server.rest(ANNA, "GET", "/api/v1/me").header("Origin", foreign).go().await.refused(403, "forbidden");
    }
    let asked = server.rest(ANNA, "GET", "/api/v1/me").header("Origin", app).go().await;
    assert_eq!(
        asked.header("access-control-expose-headers"),
        Some("accept-ranges, content-disposition, content-range, etag, retry-after")
    );
    // A refusal can be read by the page as well.
    let refused = server.anyone("GET", "/api/v1/me").header("Origin", app).go().await;
    refused.refused(401, "token_missing");
    assert_eq!(refused.header("access-control-allow-origin"), Some(app));
    let same = server.rest(ANNA, "GET", "/api/v1/me").header("Origin", &server.url).go().await;
    assert_eq!(same.header("access-control-allow-origin"), Some(server.url.as_str()));
}

#[tokio::test]
async fn answers_are_kept_by_nobody_and_guessed_at_by_nobody() {
    let server = Server::start().await;
    let answer = server.rest(ANNA, "GET", "/api/v1/me").go().await;
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    let refused = server.anyone("GET", "/api/v1/me").go().await;
    assert_eq!(refused.header("cache-control"), Some("no-store"));
}

#[tokio::test]
async fn the_api_page_is_made_of_files_of_this_server_only() {
    let server = Server::start().await;
    let get = |path: &str| server.anyone("GET", path).go();
    let moved = get("/docs").await;
    assert_eq!((moved.status, moved.header("location")), (308, Some("docs/")));
    let page = get("/docs/").await;
    assert_eq!(page.status, 200);
    assert!(
        page.header("content-security-policy").unwrap().contains("default-src 'none'; script-src 'self'")
    );
    let mut addresses = page.body.split("src=\"").chain(page.body.split("href=\"")).skip(1);
    assert!(
        addresses.all(|address| !address.starts_with("http") && !address.starts_with("//")),
        "{}",
        page.body
    );
    assert!(get("/docs/swagger-initializer.js").await.body.contains("../openapi.json"));
    get("/docs/nothing.js").await.refused(404, "not_found");
    assert_eq!(get("/openapi.json").await.ok(200)["openapi"], "3.1.0");
    assert!(get("/").await.body.contains("Bedside"));
}

#[test]
fn every_reference_of_the_api_document_leads_somewhere() {
    let document = bedside::http::document::openapi();
    let text = document.to_string();
    let references = text.split("\"$ref\":\"#").skip(1).map(|rest| rest.split('"').next().unwrap());
    let mut count = 0;
    for reference in references {
        assert!(document.pointer(reference).is_some(), "{reference}");
        count += 1;
    }
    assert!(count > 20);
    assert_eq!(
        document["paths"]["/api/v1/consultations"]["post"]["responses"]["201"]["description"],
        json!("Created")
    );
}
