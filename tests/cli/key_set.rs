//! Keys of an identity provider behind a URL: fetched, fetched again, and never in a hurry.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::{TcpListener, TcpStream},
    path::Path,
    sync::Arc,
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use bedside::{
    auth::{ServerKey, Verifier},
    clock::Clock,
    config::Layers,
};
use bedside_protocol::Code;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use tokio_util::sync::CancellationToken;

/// An identity provider: it answers one request after the other when the test says with what.
struct Provider {
    listener: TcpListener,
    pair: Ed25519KeyPair,
}

impl Provider {
    fn new() -> Self {
        let pkcs8 = Ed25519KeyPair::generate_pkcs8(&ring::rand::SystemRandom::new()).unwrap();
        let pair = Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).unwrap();
        Self { listener: TcpListener::bind("127.0.0.1:0").unwrap(), pair }
    }

    fn verifier(&self) -> Arc<Verifier> {
        let url = format!("http://{}/keys", self.listener.local_addr().unwrap());
        let layers = Layers::default().flag("test", "auth.jwks_url", &url).unwrap();
        Verifier::new(&layers.read().unwrap().auth, &ServerKey::new(&[7; 32]), None).unwrap()
    }

    fn document(&self, kid: &str) -> String {
        let x = URL_SAFE_NO_PAD.encode(self.pair.public_key());
        format!(r#"{{"keys":[{{"kty":"OKP","crv":"Ed25519","kid":"{kid}","x":"{x}"}}]}}"#)
    }

    fn token(&self, kid: &str) -> String {
        let exp = Clock::system().now().timestamp() + 60;
        let header = URL_SAFE_NO_PAD.encode(format!(r#"{{"alg":"EdDSA","kid":"{kid}"}}"#));
        let message =
            format!("{header}.{}", URL_SAFE_NO_PAD.encode(format!(r#"{{"sub":"anna","exp":{exp}}}"#)));
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(self.pair.sign(message.as_bytes())))
    }

    /// Wait for a request and answer it; gives its first line.
    fn answer(&self, head: &str, body: &str) -> String {
        let (stream, _) = self.listener.accept().unwrap();
        let line = request_line(&stream);
        // Who was refused for the size may be gone before the end.
        let _gone = write!(&stream, "{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        line
    }
}

fn request_line(stream: &TcpStream) -> String {
    let mut lines = BufReader::new(stream).lines().map(Result::unwrap);
    let first = lines.next().unwrap();
    lines.take_while(|line| !line.is_empty()).for_each(drop);
    first
}

const OK: &str = "HTTP/1.1 200 OK\r\nconnection: close";

/// Run the fetcher on a thread of its own, until the guard is dropped.
fn keep_fresh(verifier: &Arc<Verifier>) -> tokio_util::sync::DropGuard {
    let stop = CancellationToken::new();
    let (verifier, stopped) = (Arc::clone(verifier), stop.clone());
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(verifier.keep_fresh(stopped));
    });
    stop.drop_guard()
}

fn until(what: impl Fn() -> bool) {
    let clock = Clock::system();
    while !what() {
        assert!(clock.monotonic() < Duration::from_secs(20), "it did not happen");
        std::thread::yield_now();
    }
}

#[test]
fn keys_are_fetched_and_until_then_it_is_an_outage() {
    let provider = Provider::new();
    let verifier = provider.verifier();
    let now = || Clock::system().now();
    let refused = |token: &str| verifier.verify(token, now()).unwrap_err().code;
    assert_eq!(refused(&provider.token("k1")), Code::Unavailable);
    let _stop = keep_fresh(&verifier);
    // What answers wrongly is asked again, and no redirect is followed.
    provider.answer("HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\nconnection: close", "");
    assert_eq!(provider.answer(OK, &provider.document("k1")), "GET /keys HTTP/1.1");
    until(|| verifier.has_keys());
    assert_eq!(verifier.verify(&provider.token("k1"), now()).unwrap().user_id.as_str(), "anna");
    assert_eq!(refused(&provider.token("k2")), Code::TokenInvalid);
    // Now many ask for a key that nobody knows: no request follows within the pause.
    for _ in 0..1_000 {
        refused(&provider.token("k3"));
    }
    provider.listener.set_nonblocking(true).unwrap();
    assert!(provider.listener.accept().is_err(), "tokens made the server ask again at once");
}

#[test]
fn a_key_set_that_is_too_large_is_not_read_to_its_end() {
    let provider = Provider::new();
    let verifier = provider.verifier();
    let _stop = keep_fresh(&verifier);
    let large =
        format!(r#"{{"pad":"{}",{}"#, "x".repeat(300_000), provider.document("k1").trim_start_matches('{'));
    provider.answer(OK, &large);
    assert!(!verifier.has_keys());
    provider.answer(OK, &provider.document("k1"));
    until(|| verifier.has_keys());
}

#[test]
fn the_file_of_keys_is_read_again_when_asked() {
    let provider = Provider::new();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keys.json");
    std::fs::write(&file, provider.document("k1")).unwrap();
    let verifier = file_verifier(&file);
    let good = |kid| verifier.verify(&provider.token(kid), Clock::system().now()).is_ok();
    assert!(good("k1") && !good("k2"));
    std::fs::write(&file, provider.document("k2")).unwrap();
    verifier.reload_key_file().unwrap();
    assert!(!good("k1") && good("k2"));
    std::fs::write(&file, "rubbish").unwrap();
    assert!(verifier.reload_key_file().is_err());
    assert!(good("k2"));
}

fn file_verifier(file: &Path) -> Arc<Verifier> {
    let layers = Layers::default().flag("test", "auth.jwks_file", file.to_str().unwrap()).unwrap();
    Verifier::new(&layers.read().unwrap().auth, &ServerKey::new(&[7; 32]), None).unwrap()
}
