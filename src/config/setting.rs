//! The kinds of values that a key may have. Each reads itself from text, as it stands in the environment
//! or behind a flag; a TOML value is turned to text first, so that every layer obeys the same rules.

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
    path::PathBuf,
};

use ipnet::IpNet;

use crate::private::Secret;

/// The shortest shared secret that is accepted: 256 bits, the size of the hash that it keys.
pub(crate) const MIN_SECRET_BYTES: usize = 32;

/// A value that can be configured.
pub trait Setting: Sized {
    /// What to write, for the documentation.
    const KIND: &'static str;
    /// Whether the value is shown to nobody.
    const SECRET: bool = false;
    /// Whether several values may be given, as a TOML array or with commas between them.
    const LIST: bool = false;

    /// Read the value; the error says what is wanted and repeats nothing of the text.
    fn read(text: &str) -> Result<Self, String>;

    /// The number that a range is checked against.
    fn number(&self) -> Option<u64> {
        None
    }
}

impl Setting for u64 {
    const KIND: &'static str = "number";
    fn read(text: &str) -> Result<Self, String> {
        text.parse().ok().ok_or_else(|| "must be a whole number".to_owned())
    }
    fn number(&self) -> Option<u64> {
        Some(*self)
    }
}

impl Setting for bool {
    const KIND: &'static str = "true or false";
    fn read(text: &str) -> Result<Self, String> {
        text.parse().ok().ok_or_else(|| "must be true or false".to_owned())
    }
}

impl Setting for String {
    const KIND: &'static str = "text";
    fn read(text: &str) -> Result<Self, String> {
        Ok(text.to_owned())
    }
}

impl Setting for PathBuf {
    const KIND: &'static str = "path";
    fn read(text: &str) -> Result<Self, String> {
        if text.is_empty() { Err("must be a path".to_owned()) } else { Ok(text.into()) }
    }
}

impl Setting for SocketAddr {
    const KIND: &'static str = "address:port";
    fn read(text: &str) -> Result<Self, String> {
        text.parse()
            .ok()
            .ok_or_else(|| "must be an IP address and a port, as in 127.0.0.1:4000 or [::1]:4000".to_owned())
    }
}

impl Setting for IpAddr {
    const KIND: &'static str = "address";
    fn read(text: &str) -> Result<Self, String> {
        text.parse().ok().ok_or_else(|| "must be IP addresses, as in 192.0.2.7 or 2001:db8::7".to_owned())
    }
}

impl Setting for IpNet {
    const KIND: &'static str = "network";
    fn read(text: &str) -> Result<Self, String> {
        let single = |text: &str| text.parse().map(|address: IpAddr| IpNet::from(address));
        text.parse()
            .or_else(|_| single(text))
            .ok()
            .ok_or_else(|| "must be addresses or networks, as in 10.0.0.0/8 or ::1".to_owned())
    }
}

/// Shared secrets: long enough, or refused.
impl Setting for Secret<String> {
    const KIND: &'static str = "secret";
    const SECRET: bool = true;
    fn read(text: &str) -> Result<Self, String> {
        if text.trim().len() < MIN_SECRET_BYTES {
            let bytes = text.trim().len();
            return Err(format!(
                "is too weak: it has {bytes} bytes and needs at least {MIN_SECRET_BYTES}; make one with `openssl rand -hex 32`"
            ));
        }
        Ok(Self::new(text.to_owned()))
    }
}

/// An optional value: the empty text is none.
impl<T: Setting> Setting for Option<T> {
    const KIND: &'static str = T::KIND;
    const SECRET: bool = T::SECRET;
    fn read(text: &str) -> Result<Self, String> {
        if text.is_empty() { Ok(None) } else { T::read(text).map(Some) }
    }
    fn number(&self) -> Option<u64> {
        self.as_ref().and_then(T::number)
    }
}

impl<T: Setting> Setting for Vec<T> {
    const KIND: &'static str = T::KIND;
    const SECRET: bool = T::SECRET;
    const LIST: bool = true;
    fn read(text: &str) -> Result<Self, String> {
        text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(T::read).collect()
    }
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For a person at a terminal.
    Pretty,
}

impl Setting for LogFormat {
    const KIND: &'static str = "json or pretty";
    fn read(text: &str) -> Result<Self, String> {
        match text {
            "json" => Ok(Self::Json),
            "pretty" => Ok(Self::Pretty),
            _ => Err("must be json or pretty".to_owned()),
        }
    }
}

/// Where people reach Bedside: `https://host[:port][/path]`, kept without a slash at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl(String);

impl PublicUrl {
    /// The URL, without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its origin, as a browser sends it.
    pub fn origin(&self) -> WebOrigin {
        let scheme_end = self.0.find("://").map_or(0, |at| at + 3);
        let end = self
            .0
            .get(scheme_end..)
            .and_then(|rest| rest.find('/'))
            .map_or(self.0.len(), |at| scheme_end + at);
        WebOrigin(self.0.get(..end).unwrap_or(&self.0).to_owned())
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where something is on the web, and nothing besides.
pub(super) fn web_url(text: &str, example: &str) -> Result<reqwest::Url, String> {
    let wanted = || format!("must be a URL, as in {example}, without user, query or fragment");
    let url = reqwest::Url::parse(text).ok().ok_or_else(wanted)?;
    let plain = url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    if matches!(url.scheme(), "https" | "http") && url.has_host() && plain { Ok(url) } else { Err(wanted()) }
}

impl Setting for PublicUrl {
    const KIND: &'static str = "URL";
    fn read(text: &str) -> Result<Self, String> {
        let url = web_url(text, "https://visits.example.org")?;
        Ok(Self(url.as_str().trim_end_matches('/').to_owned()))
    }
}

/// A web origin that may use Bedside from a page of its own: `https://host[:port]`, or `*` for every one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebOrigin(String);

impl WebOrigin {
    /// The origin as a browser sends it, or `*`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether every origin is meant.
    pub fn is_any(&self) -> bool {
        self.0 == "*"
    }
}

impl Setting for WebOrigin {
    const KIND: &'static str = "origin";
    fn read(text: &str) -> Result<Self, String> {
        if text == "*" {
            return Ok(Self("*".to_owned()));
        }
        let wanted = || {
            "must be origins, as in https://app.example.org (no path, no slash at the end), or *".to_owned()
        };
        let url = reqwest::Url::parse(text).ok().ok_or_else(wanted)?;
        let origin = url.origin();
        // What a browser sends is the ASCII form without the default port; a text that differs would never match.
        if !origin.is_tuple()
            || !matches!(url.scheme(), "https" | "http")
            || origin.ascii_serialization() != text
        {
            return Err(wanted());
        }
        Ok(Self(text.to_owned()))
    }
}

/// A STUN or TURN server, as WebRTC writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelayUrl(String);

impl RelayUrl {
    /// The URL.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is a TURN server, which wants credentials.
    pub fn wants_credentials(&self) -> bool {
        self.0.starts_with("turn")
    }
}

impl Setting for RelayUrl {
    const KIND: &'static str = "STUN or TURN URL";
    fn read(text: &str) -> Result<Self, String> {
        let host = ["stun:", "stuns:", "turn:", "turns:"].iter().find_map(|scheme| text.strip_prefix(scheme));
        match host {
            Some(host) if !host.is_empty() && !host.starts_with('/') => Ok(Self(text.to_owned())),
            _ => {
                Err("must be stun:, stuns:, turn: or turns: URLs, as in turn:turn.example.org:3478"
                    .to_owned())
            }
        }
    }
}

/// Where a key set is fetched: over TLS, or from this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeySetUrl(reqwest::Url);

impl KeySetUrl {
    /// The URL.
    pub fn url(&self) -> &reqwest::Url {
        &self.0
    }
}

impl Setting for KeySetUrl {
    const KIND: &'static str = "URL";
    fn read(text: &str) -> Result<Self, String> {
        let wanted = || "must be an https: URL (http: only for 127.0.0.1, [::1] and localhost)".to_owned();
        let url = reqwest::Url::parse(text).ok().ok_or_else(wanted)?;
        let local = matches!(url.host_str(), Some("127.0.0.1" | "[::1]" | "localhost"));
        match url.scheme() {
            "https" => Ok(Self(url)),
            "http" if local => Ok(Self(url)),
            _ => Err(wanted()),
        }
    }
}

/// What is logged: a level, or levels for each module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFilter(String);

impl LogFilter {
    /// The directives.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Setting for LogFilter {
    const KIND: &'static str = "filter";
    fn read(text: &str) -> Result<Self, String> {
        tracing_subscriber::EnvFilter::try_new(text).map(|_| Self(text.to_owned())).ok().ok_or_else(|| {
            "must be a level or levels for modules, as in info,bedside::gateway=debug".to_owned()
        })
    }
}

/// Where the database is. It may hold a password, so it is shown to nobody.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DatabaseUrl(Secret<String>);

impl DatabaseUrl {
    /// The URL for the driver.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// Whether it names a PostgreSQL server; otherwise it is an SQLite file.
    pub fn is_postgres(&self) -> bool {
        self.0.expose().starts_with("postgres")
    }
}

impl Setting for DatabaseUrl {
    const KIND: &'static str = "URL";
    const SECRET: bool = true;
    fn read(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.starts_with("sqlite:") {
            return Ok(Self(Secret::new(text.to_owned())));
        }
        let wanted = || "must be postgres://user:password@host/database or sqlite:path".to_owned();
        let url = reqwest::Url::parse(text).ok().ok_or_else(wanted)?;
        if !matches!(url.scheme(), "postgres" | "postgresql") || !names_a_database(&url) {
            return Err(wanted());
        }
        Ok(Self(Secret::new(without_client_parameters(url).into())))
    }
}

fn names_a_database(url: &reqwest::Url) -> bool {
    url.path().len() > 1 || url.query_pairs().any(|(name, _)| name == "dbname")
}

/// Node tools write parameters into `DATABASE_URL` that are theirs, not the server's: `schema` becomes the search
/// path, those about the tool's own pool go.
fn without_client_parameters(mut url: reqwest::Url) -> reqwest::Url {
    const OF_THE_TOOL: [&str; 6] =
        ["connection_limit", "pool_timeout", "pgbouncer", "socket_timeout", "connect_timeout", "schema"];
    let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    if !pairs.iter().any(|(name, _)| OF_THE_TOOL.contains(&name.as_str())) {
        return url;
    }
    let schema = pairs.iter().find(|(name, _)| name == "schema").map(|(_, value)| value.clone());
    let kept = pairs.iter().filter(|(name, _)| !OF_THE_TOOL.contains(&name.as_str()));
    url.query_pairs_mut().clear().extend_pairs(kept);
    if let Some(schema) = schema.filter(|schema| schema != "public") {
        url.query_pairs_mut().append_pair("options[search_path]", &schema);
    }
    if url.query() == Some("") {
        url.set_query(None);
    }
    url
}
