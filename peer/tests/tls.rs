//! Whom the client trusts.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::sync::Arc;

use bedside_peer::client::{Client, Connect, ConnectError};
use futures_util::{SinkExt, StreamExt};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::{ServerConfig, pki_types::PrivateKeyDer};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_tungstenite::{accept_async, tungstenite::Message};

/// Connect to a server whose certificate is its own authority, which the client knows or not.
async fn connect(known: bool) -> Result<Client, ConnectError> {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    let listener = TcpListener::bind("localhost:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let root = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(root.path(), cert.pem()).unwrap();

    let mut connect = Connect::to(format!("https://localhost:{port}"), "token");
    if known {
        connect.extra_roots.push(root.path().to_owned());
    }
    let server = async {
        let (stream, _) = listener.accept().await.unwrap();
        // A client that does not trust us ends the handshake.
        let Ok(stream) = TlsAcceptor::from(Arc::new(config)).accept(stream).await else { return };
        let mut socket = accept_async(stream).await.unwrap();
        let open = r#"0{"sid":"e","upgrades":[],"pingInterval":25000,"pingTimeout":20000}"#;
        socket.send(Message::text(open)).await.unwrap();
        assert!(socket.next().await.unwrap().unwrap().to_string().starts_with("40"));
        socket.send(Message::text(r#"44{"message":"reached"}"#)).await.unwrap();
    };
    tokio::join!(Client::connect(connect), server).0
}

#[tokio::test]
async fn a_certificate_of_a_given_authority_is_trusted() {
    let error = Box::pin(connect(true)).await.unwrap_err();
    assert!(matches!(&error, ConnectError::Rejected { message, .. } if message == "reached"), "{error}");
}

#[tokio::test]
async fn a_certificate_of_an_unknown_authority_is_not_trusted() {
    let error = Box::pin(connect(false)).await.unwrap_err();
    let unknown = matches!(&error, ConnectError::Unreachable { cause, .. } if cause.contains("certificate"));
    assert!(unknown, "{error}");
}
