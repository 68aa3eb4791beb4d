//! From a URL to an open WebSocket: TCP from a chosen address, TLS with ring, the HTTP handshake.

use std::{io, net::IpAddr, path::PathBuf, sync::Arc};

use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpSocket, TcpStream, lookup_host},
};
use tokio_rustls::TlsConnector;
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{
        self,
        client::IntoClientRequest,
        http::{HeaderName, HeaderValue, Uri},
    },
};

use super::{Connect, error::ConnectError, frame::Framing};

/// A TCP or TLS stream.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// An open WebSocket.
pub(super) type Socket = WebSocketStream<Box<dyn Stream>>;

/// How much of the body of a refused handshake is kept, in bytes.
const MAX_BODY_BYTES: usize = 512;

/// Open a WebSocket as `connect` says.
pub(super) async fn open(connect: &Connect) -> Result<Socket, ConnectError> {
    let place = Place::of(connect)?;
    let unreachable = |cause: String| ConnectError::Unreachable { url: connect.url.clone(), cause };

    let tcp = dial(&place, connect.from).await.map_err(|error| unreachable(error.to_string()))?;
    let stream: Box<dyn Stream> = if place.tls {
        let tls = secure(&place, &connect.extra_roots).map_err(|error| unreachable(error.to_string()))?;
        let name =
            ServerName::try_from(place.host.clone()).map_err(|error| unreachable(error.to_string()))?;
        Box::new(tls.connect(name, tcp).await.map_err(|error| unreachable(error.to_string()))?)
    } else {
        Box::new(tcp)
    };

    let mut request = place.target.into_client_request().map_err(|error| unreachable(error.to_string()))?;
    for (name, value) in &connect.headers {
        let name = HeaderName::try_from(name).map_err(|error| unreachable(error.to_string()))?;
        let value = HeaderValue::try_from(value).map_err(|error| unreachable(error.to_string()))?;
        request.headers_mut().append(name, value);
    }
    match client_async(request, stream).await {
        Ok((socket, _response)) => Ok(socket),
        Err(tungstenite::Error::Http(response)) => {
            let body = response.body().as_deref().unwrap_or_default();
            let body = body.get(..MAX_BODY_BYTES).unwrap_or(body);
            Err(ConnectError::Http {
                status: response.status().as_u16(),
                body: String::from_utf8_lossy(body).into_owned(),
            })
        }
        Err(error) => Err(unreachable(error.to_string())),
    }
}

/// Where to go.
struct Place {
    host: String,
    port: u16,
    tls: bool,
    /// The WebSocket URL, path and query included.
    target: String,
}

impl Place {
    fn of(connect: &Connect) -> Result<Self, ConnectError> {
        let bad =
            |cause: &str| ConnectError::Unreachable { url: connect.url.clone(), cause: cause.to_owned() };

        let base = connect.url.trim_end_matches('/');
        let uri: Uri = base.parse().map_err(|_not_a_uri| bad("this is no URL"))?;
        let tls = match uri.scheme_str() {
            Some("https" | "wss") => true,
            Some("http" | "ws") => false,
            _ => return Err(bad("a URL starts with http, https, ws or wss")),
        };
        let authority = uri.authority().ok_or_else(|| bad("this URL has no host"))?;
        let prefix = uri.path().trim_end_matches('/');
        let path = match connect.framing {
            Framing::SocketIo => "/socket.io/?EIO=4&transport=websocket",
            Framing::Plain => "/ws",
        };
        let query = match (connect.query.as_str(), connect.framing) {
            ("", _) => String::new(),
            (query, Framing::SocketIo) => format!("&{query}"),
            (query, Framing::Plain) => format!("?{query}"),
        };
        let scheme = if tls { "wss" } else { "ws" };
        Ok(Self {
            host: authority.host().trim_matches(['[', ']']).to_owned(),
            port: authority.port_u16().unwrap_or(if tls { 443 } else { 80 }),
            tls,
            target: format!("{scheme}://{authority}{prefix}{path}{query}"),
        })
    }
}

async fn dial(place: &Place, from: Option<IpAddr>) -> io::Result<TcpStream> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for address in lookup_host((place.host.as_str(), place.port)).await? {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        if let Some(from) = from.filter(|from| from.is_ipv4() == address.is_ipv4()) {
            socket.bind((from, 0).into())?;
        }
        socket.set_nodelay(true)?;
        match socket.connect(address).await {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// The platform's roots, and those of the given PEM files.
fn secure(
    place: &Place,
    extra_roots: &[PathBuf],
) -> Result<TlsConnector, Box<dyn std::error::Error + Send + Sync>> {
    let mut roots = RootCertStore::empty();
    let platform = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(platform.certs);
    for file in extra_roots {
        for certificate in CertificateDer::pem_file_iter(file)? {
            roots.add(certificate?)?;
        }
    }
    if roots.is_empty() {
        return Err(format!("no certificate authority is known to check {} with", place.host).into());
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}
