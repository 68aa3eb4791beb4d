//! STUN and TURN servers for a call: credentials as coturn makes them from a shared secret
//! (draft-uberti-behave-turn-rest: `expiry:id`, and its HMAC-SHA1), so that the two need no other connection.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bedside_protocol::webrtc::{IceServer, IceServers};
use chrono::{DateTime, TimeDelta, Utc};
use ring::hmac;

use crate::config;

/// Makes the lists of servers that clients get.
#[derive(Clone)]
pub struct Turn {
    stun: Vec<String>,
    relays: Vec<String>,
    key: Option<hmac::Key>,
    ttl_ms: u64,
}

impl Turn {
    /// With what is configured.
    pub fn new(settings: &config::Turn) -> Self {
        let urls = |with: bool| {
            let chosen = settings.urls.iter().filter(move |url| url.wants_credentials() == with);
            chosen.map(|url| url.as_str().to_owned()).collect()
        };
        // The scheme wants SHA-1; an HMAC of it is not touched by its collisions.
        let key = |secret: &crate::private::Secret<String>| {
            hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret.expose().as_bytes())
        };
        Self {
            stun: urls(false),
            relays: urls(true),
            key: settings.secret.as_ref().map(key),
            ttl_ms: settings.ttl_s * 1000,
        }
    }

    /// How long credentials live.
    pub fn ttl_ms(&self) -> u64 {
        self.ttl_ms
    }

    /// The servers, with credentials made out to `id`, which the TURN server logs: no name, no user id.
    pub fn ice_servers(&self, id: &str, now: DateTime<Utc>) -> IceServers {
        let mut ice_servers = Vec::new();
        if !self.stun.is_empty() {
            ice_servers.push(IceServer { urls: self.stun.clone(), username: None, credential: None });
        }
        let Some(key) = self.key.as_ref().filter(|_| !self.relays.is_empty()) else {
            return IceServers { ice_servers, expires_at: None };
        };
        let expires_at = now + TimeDelta::milliseconds(i64::try_from(self.ttl_ms).unwrap_or(i64::MAX));
        let username = format!("{}:{id}", expires_at.timestamp());
        let credential = STANDARD.encode(hmac::sign(key, username.as_bytes()));
        ice_servers.push(IceServer {
            urls: self.relays.clone(),
            username: Some(username),
            credential: Some(credential),
        });
        IceServers { ice_servers, expires_at: Some(expires_at.into()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Layers;

    fn turn(urls: &str) -> Turn {
        let layers = Layers::default().flag("f", "turn.urls", urls).unwrap();
        let layers = layers.flag("f", "turn.secret", "0123456789abcdef0123456789abcdef").unwrap();
        Turn::new(&layers.read().unwrap().turn)
    }

    #[test]
    fn credentials_are_those_that_coturn_computes() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let servers = turn("stun:t.example.org,turn:t.example.org:3478").ice_servers("s1", now);
        let [stun, relay] = servers.ice_servers.as_slice() else { panic!("two entries") };
        assert_eq!((stun.urls.len(), stun.username.as_ref()), (1, None));
        assert_eq!(relay.username.as_deref(), Some("1800003600:s1"));
        // printf 1800003600:s1 | openssl dgst -sha1 -hmac 0123456789abcdef0123456789abcdef -binary | base64
        assert_eq!(relay.credential.as_deref(), Some("2l4iC0SLZIVJ+vprR790GnY+s9c="));
        assert_eq!(servers.expires_at.unwrap().time().timestamp(), 1_800_003_600);
    }

    #[test]
    fn without_a_turn_server_nothing_expires() {
        let servers = turn("stun:t.example.org").ice_servers("s1", DateTime::UNIX_EPOCH);
        assert_eq!((servers.ice_servers.len(), servers.expires_at), (1, None));
        assert!(turn("").ice_servers("s1", DateTime::UNIX_EPOCH).ice_servers.is_empty());
    }
}
