//! The server's own key: what no client and no identity provider knows. Other keys are derived from it by purpose.

use bedside_protocol::ids::{InstanceId, PeerId, UserId};
use ring::hmac;

use crate::data::hexadecimal;

/// 32 bytes from the data folder (`server.key`).
#[derive(Clone)]
pub struct ServerKey(hmac::Key);

impl ServerKey {
    /// The key of these bytes.
    pub fn new(bytes: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, bytes))
    }

    /// A key for one purpose: knowing it gives neither this one nor one for another purpose.
    pub fn derive(&self, purpose: &str) -> Vec<u8> {
        self.tag("key", &[purpose])
    }

    /// The peer id of a user on a page: the same after a restart of the server, guessed by nobody.
    pub fn peer_id(&self, user: &UserId, instance: &InstanceId) -> PeerId {
        let tag = self.tag("peer", &[user.as_str(), instance.as_str()]);
        // Half of the tag: as long as a random id.
        let text = hexadecimal(tag.get(..16).unwrap_or(&tag));
        PeerId::parse(&text).unwrap_or_else(|_| PeerId::new())
    }

    /// A tag over parts, each with its length before it so that no two lists of parts look alike.
    fn tag(&self, purpose: &str, parts: &[&str]) -> Vec<u8> {
        let mut context = hmac::Context::with_key(&self.0);
        for part in std::iter::once(&purpose).chain(parts) {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part.as_bytes());
        }
        context.sign().as_ref().to_vec()
    }
}
