//! Every limit and time of the crate in one struct. [`Options::default`] is what the reference server does, and a
//! bound where the reference has none.

use std::time::Duration;

/// Limits, times and policies of one [`crate::SocketIo`] or [`crate::engine::EngineIo`].
#[derive(Clone, Debug)]
pub struct Options {
    /// How long after the last pong the server pings again.
    pub ping_interval: Duration,
    /// How long a client has for its pong.
    pub ping_timeout: Duration,
    /// How long a connection may live without having joined a namespace.
    pub connect_timeout: Duration,
    /// How long a WebSocket that probes for an upgrade may take until it is closed; the polling session stays.
    pub upgrade_timeout: Duration,
    /// Most bytes of headers and query of the first request, which are kept as long as the session; more is 431.
    pub max_handshake_bytes: usize,
    /// Largest message, frame or POST body in bytes; announced to clients as `maxPayload`.
    pub max_payload: usize,
    /// Most frames that one WebSocket message may be cut into.
    pub max_fragments: usize,
    /// Most WebSocket control frames in ten seconds; more is a flood (1008).
    pub max_control_frames: u32,
    /// Most attachments of one binary packet; 0 refuses binary packets. Stock clients refuse more than 10.
    pub max_attachments: usize,
    /// Most bytes of all attachments of one binary packet together.
    pub max_attachment_bytes: usize,
    /// How long a binary packet may wait for its attachments.
    pub attachment_timeout: Duration,
    /// Most namespaces that one connection may have joined at a time.
    pub max_namespaces: usize,
    /// Most packets that wait behind a running handler before the connection is not read from any more.
    pub inbound_packets: usize,
    /// Most packets that wait for a slow reader.
    pub outbox_packets: usize,
    /// Most bytes that wait for a slow reader.
    pub outbox_bytes: usize,
    /// How long a connection may take nothing while something waits for it.
    pub write_timeout: Duration,
    /// The WebSocket close code of a connection that is let go because it reads too slowly.
    pub too_slow_code: u16,
    /// How long the body of a POST may take.
    pub body_timeout: Duration,
    /// How long a polling session that the server has closed waits for the client's next poll to tell it.
    pub closing_linger: Duration,
    /// How long a transport stays open after the server has disconnected its last namespace.
    pub disconnect_linger: Duration,
    /// How long a running handler may go on after its connection is gone, before it is dropped.
    pub handler_grace: Duration,
    /// Most sessions at a time; a handshake beyond it is answered with 503.
    pub max_sessions: usize,
    /// What `Retry-After` says when there are too many sessions.
    pub retry_after: Duration,
    /// Most packets in the answer to one poll: the stock Python client dies of more than 16.
    pub packets_per_poll: usize,
    /// Connection state recovery by the crate itself; `None` for none, or for applications with their own.
    pub recovery: Option<Recovery>,
    /// Which browser origins may connect.
    pub origins: OriginPolicy,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            ping_interval: Duration::from_secs(25),
            ping_timeout: Duration::from_secs(20),
            connect_timeout: Duration::from_secs(45),
            upgrade_timeout: Duration::from_secs(10),
            max_handshake_bytes: 16 << 10,
            max_payload: 1_000_000,
            max_fragments: 64,
            max_control_frames: 100,
            max_attachments: 10,
            max_attachment_bytes: 10_000_000,
            attachment_timeout: Duration::from_secs(20),
            max_namespaces: 16,
            inbound_packets: 64,
            outbox_packets: 1024,
            outbox_bytes: 8 << 20,
            write_timeout: Duration::from_secs(10),
            too_slow_code: 4408,
            body_timeout: Duration::from_secs(15),
            closing_linger: Duration::from_secs(30),
            disconnect_linger: Duration::from_secs(1),
            handler_grace: Duration::from_secs(10),
            max_sessions: 100_000,
            retry_after: Duration::from_secs(5),
            packets_per_poll: 16,
            recovery: None,
            origins: OriginPolicy::Any,
        }
    }
}

/// How much of a lost connection is kept for its return.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recovery {
    /// How long after the loss a client may come back.
    pub window: Duration,
    /// Most bytes of packets kept for one session.
    pub max_bytes: usize,
}

/// Which browser origins may connect. A request without `Origin` comes from no browser and is always allowed, the
/// server's own origin too; `null` never is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum OriginPolicy {
    /// Every origin, answered with `*` and without credentials.
    #[default]
    Any,
    /// Exactly these, as browsers write them (`https://example.org`, no slash at the end).
    AllowList(Vec<String>),
}

/// What the policy says about one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Allowed, and the answer carries no CORS headers: no browser asks, or the page is of the same origin.
    Plain,
    /// Allowed for every origin.
    Anyone,
    /// Allowed for this origin, with credentials.
    Echo,
    /// Refused.
    Refused,
}

impl OriginPolicy {
    /// Judges the `Origin` header against the `Host` header of the same request.
    pub fn judge(&self, origin: Option<&str>, host: Option<&str>) -> Verdict {
        let Some(origin) = origin else { return Verdict::Plain };
        if origin == "null" {
            return Verdict::Refused;
        }
        match self {
            Self::Any => Verdict::Anyone,
            Self::AllowList(list) if list.iter().any(|allowed| allowed == origin) => Verdict::Echo,
            Self::AllowList(_) if is_same_origin(origin, host) => Verdict::Echo,
            Self::AllowList(_) => Verdict::Refused,
        }
    }
}

/// Whether the page came from this server. The scheme is left out: behind a proxy that ends TLS the server does not
/// know its own.
fn is_same_origin(origin: &str, host: Option<&str>) -> bool {
    let authority = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
    matches!((authority, host), (Some(authority), Some(host)) if authority.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use super::{OriginPolicy, Verdict};

    #[test]
    fn only_whole_origins_of_the_list_and_the_own_one_are_allowed() {
        let policy = OriginPolicy::AllowList(vec!["https://a.example".to_owned()]);
        let judge = |origin| policy.judge(origin, Some("own.example:8080"));
        assert_eq!(judge(None), Verdict::Plain);
        assert_eq!(judge(Some("https://a.example")), Verdict::Echo);
        assert_eq!(judge(Some("http://own.example:8080")), Verdict::Echo);
        for foreign in [
            "null",
            "",
            "https://a.example.evil",
            "http://a.example",
            "https://a.example:444",
            "own.example:8080",
        ] {
            assert_eq!(judge(Some(foreign)), Verdict::Refused, "{foreign}");
        }
        assert_eq!(OriginPolicy::Any.judge(Some("null"), None), Verdict::Refused);
    }
}
