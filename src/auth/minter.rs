//! Makes tokens: for the command line and the demo with the shared secret, for invitations with the server's own key.

use std::time::Duration;

use bedside_protocol::{
    ids::{RoomId, UserId},
    session::Role,
};
use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::{Expected, LoginId, ServerKey, jws};
use crate::private::Secret;

/// The key id of tokens that Bedside signed with its own key, and what it says as their issuer.
pub(super) const OWN_KEY_ID: &str = "bedside";

/// Whom a token is for.
#[derive(Debug, Clone)]
pub struct Bearer {
    /// The user.
    pub user_id: UserId,
    /// The name to show.
    pub name: Option<String>,
    /// The role.
    pub role: Role,
    /// The only consultation that it opens, if it is to open just one.
    pub consultation: Option<RoomId>,
}

/// Signs tokens that this server's [`super::Verifier`] accepts.
#[derive(Clone)]
pub struct Minter {
    secret: Secret<Vec<u8>>,
    key_id: Option<&'static str>,
    expected: Expected,
}

impl Minter {
    /// Sign with a secret that is shared with the issuer, and say what is expected of its tokens.
    pub fn shared(secret: &Secret<String>, expected: Expected) -> Self {
        Self { secret: Secret::new(secret.expose().as_bytes().to_vec()), key_id: None, expected }
    }

    /// Sign with the server's own key. Works whatever identity provider is configured.
    pub fn own(key: &ServerKey) -> Self {
        Self { secret: own_secret(key), key_id: Some(OWN_KEY_ID), expected: own_expected() }
    }

    /// A token that is good from `now` for so long.
    pub fn mint(&self, bearer: &Bearer, now: DateTime<Utc>, lifetime: Duration) -> Secret<String> {
        self.sign(bearer, None, now, lifetime)
    }

    /// The same for somebody who has logged in: it ends with their login. Only own tokens are believed that.
    pub fn mint_for_login(
        &self,
        bearer: &Bearer,
        login: &LoginId,
        now: DateTime<Utc>,
        lifetime: Duration,
    ) -> Secret<String> {
        self.sign(bearer, Some(login), now, lifetime)
    }

    fn sign(
        &self,
        bearer: &Bearer,
        login: Option<&LoginId>,
        now: DateTime<Utc>,
        lifetime: Duration,
    ) -> Secret<String> {
        let mut claims = Map::new();
        claims.insert("sub".to_owned(), bearer.user_id.as_str().into());
        claims.insert("iat".to_owned(), now.timestamp().into());
        claims.insert("exp".to_owned(), (now + lifetime).timestamp().into());
        let optional = [
            ("name", bearer.name.clone()),
            ("consultation", bearer.consultation.as_ref().map(ToString::to_string)),
            ("sid", login.map(ToString::to_string)),
            ("iss", self.expected.issuer.clone()),
            ("aud", self.expected.audience.clone()),
        ];
        for (name, value) in optional {
            claims.extend(value.map(|value| (name.to_owned(), Value::String(value))));
        }
        // Under its whole name, dots and all, where it is looked for first.
        claims.insert(self.expected.role_claim.clone(), bearer.role.as_str().into());
        jws::sign(self.secret.expose(), self.key_id, &Value::Object(claims))
    }
}

/// The secret of own tokens.
pub(super) fn own_secret(key: &ServerKey) -> Secret<Vec<u8>> {
    Secret::new(key.derive("tokens"))
}

/// What is expected of own tokens.
pub(super) fn own_expected() -> Expected {
    let issuer = Some(OWN_KEY_ID.to_owned());
    Expected { issuer, audience: None, role_claim: "role".to_owned() }
}
