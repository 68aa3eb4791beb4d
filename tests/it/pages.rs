//! The pages for people, as a browser gets them.

use std::{fs, path::Path};

use crate::harness::Server;

const SCRIPT: &str = "console.log('a script that is long enough');";

/// What a build of the pages looks like.
fn build(folder: &Path) {
    fs::create_dir(folder.join("assets")).unwrap();
    for (name, content) in [
        ("index.html", "<!doctype html><title>Pages of the tests</title>"),
        ("assets/app-1a2b3c.js", SCRIPT),
        ("assets/app-1a2b3c.js.br", "as brotli"),
        ("assets/app-1a2b3c.js.gz", "as gzip"),
        ("mark.svg", "<svg xmlns='http://www.w3.org/2000/svg'/>"),
    ] {
        fs::write(folder.join(name), content).unwrap();
    }
}

async fn with_pages() -> (Server, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    build(folder.path());
    (Server::with(&[("server.pages", folder.path().to_str().unwrap())]).await, folder)
}

#[tokio::test]
async fn every_address_of_people_shows_the_page_that_finds_its_way_by_itself() {
    let (server, _folder) = with_pages().await;
    for address in ["/", "/join", "/login", "/check", "/visit/0199-a", "/past/0199-a", "/?list=past"] {
        let page = server.anyone("GET", address).go().await;
        assert_eq!(
            (page.status, page.header("content-type")),
            (200, Some("text/html; charset=utf-8")),
            "{address}"
        );
        assert!(page.body.contains("Pages of the tests"), "{address}");
        assert_eq!(page.header("cache-control"), Some("no-cache"));

        let tag = page.header("etag").unwrap();
        let again = server.anyone("GET", address).header("If-None-Match", tag).go().await;
        assert_eq!((again.status, again.body.as_str()), (304, ""), "{address}");
    }
}

#[tokio::test]
async fn a_page_may_ask_nobody_but_this_server_and_is_framed_by_nobody() {
    let (server, _folder) = with_pages().await;
    for path in ["/", "/assets/app-1a2b3c.js", "/mark.svg"] {
        let page = server.anyone("GET", path).go().await;
        let policy = page.header("content-security-policy").unwrap();
        let own = format!("connect-src 'self' ws://{0} wss://{0};", server.address());
        for part in
            ["default-src 'none'", "script-src 'self';", "frame-ancestors 'none'", "base-uri 'none'", &own]
        {
            assert!(policy.contains(part), "{part} in {policy}");
        }
        assert!(!policy.contains("unsafe") && !policy.contains('*'), "{policy}");
        assert!(page.header("permissions-policy").unwrap().contains("camera=(self)"));
        assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    }
}

#[tokio::test]
async fn what_is_named_by_its_content_is_kept_for_ever_and_sent_as_small_as_the_browser_takes_it() {
    let (server, _folder) = with_pages().await;
    for (takes, encoding, body) in [
        ("gzip, deflate, br", Some("br"), "as brotli"),
        ("gzip", Some("gzip"), "as gzip"),
        ("identity", None, SCRIPT),
    ] {
        let script =
            server.anyone("GET", "/assets/app-1a2b3c.js").header("Accept-Encoding", takes).go().await;
        assert_eq!((script.header("content-encoding"), script.body.as_str()), (encoding, body));
        assert_eq!(script.header("cache-control"), Some("public, max-age=31536000, immutable"));
        assert_eq!(script.header("content-type"), Some("text/javascript; charset=utf-8"));
        assert_eq!(script.header("vary"), Some("Accept-Encoding"));
    }
    let mark = server.anyone("GET", "/mark.svg").go().await;
    assert_eq!(
        (mark.header("content-type"), mark.header("cache-control")),
        (Some("image/svg+xml"), Some("no-cache"))
    );
}

#[tokio::test]
async fn what_is_not_there_is_not_found_and_people_are_told_by_a_page() {
    let (server, _folder) = with_pages().await;
    for path in
        ["/assets/app-old.js", "/assets/app-1a2b3c.js.br", "/nowhere", "/../Cargo.toml", "/%2e%2e/Cargo.toml"]
    {
        server.anyone("GET", path).go().await.refused(404, "not_found");
    }
    let html = "text/html,application/xhtml+xml";
    let mistyped = server.anyone("GET", "/nowhere").header("Accept", html).go().await;
    assert_eq!((mistyped.status, mistyped.body.contains("Pages of the tests")), (404, true));
    server.anyone("GET", "/assets/app-old.js").header("Accept", html).go().await.refused(404, "not_found");
    server.anyone("GET", "/api/v1/nowhere").header("Accept", html).go().await.refused(404, "not_found");
    server.anyone("POST", "/nowhere").header("Accept", html).go().await.refused(404, "not_found");
}
