//! Checks tokens against the keys that are configured. Never does I/O: what a token says makes nobody fetch anything
//! but the one configured key set, and that in the background and rarely.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use bedside_protocol::{Code, Refusal, session::Role};
use chrono::{DateTime, Utc};
use tokio::sync::Notify;

use super::{
    Expected, Identity, KeySetError, ServerKey,
    fetch::{Source, read_file},
    jws::{Key, Token},
    key_set::KeySet,
    minter::{OWN_KEY_ID, own_expected, own_secret},
};
use crate::{
    config::{self, KeySetUrl},
    private::Secret,
};

/// How soon a client shall come back when the identity provider's keys have not arrived yet.
const KEYS_RETRY_MS: u64 = 2_000;

/// Who has signed a token.
#[derive(Clone, Copy)]
enum Issuer {
    Ourselves,
    Another,
}

/// Knows every key that tokens may be signed with.
pub struct Verifier {
    own: Key,
    own_expected: Expected,
    shared: Option<Key>,
    expected: Expected,
    pub(super) source: Option<Source>,
    /// The identity provider's keys; none until they have been read once.
    pub(super) key_set: ArcSwapOption<KeySet>,
    /// Rung when a token names a key that is not in the set.
    pub(super) missed: Notify,
}

impl Verifier {
    /// Verify with what is configured. `generated` is the secret from the data folder, used where neither a secret nor
    /// a key set is configured. A key set file must be readable now; a URL is fetched by [`Verifier::keep_fresh`].
    pub fn new(
        auth: &config::Auth,
        own: &ServerKey,
        generated: Option<&Secret<String>>,
    ) -> Result<Arc<Self>, KeySetError> {
        let source = match (&auth.jwks_file, &auth.jwks_url) {
            (Some(file), _) => Some(Source::File(file.clone())),
            (None, Some(url)) => Some(Source::Url(KeySetUrl::clone(url))),
            (None, None) => None,
        };
        let key_set = match &source {
            Some(Source::File(file)) => Some(Arc::new(read_file(file)?)),
            Some(Source::Url(_)) | None => None,
        };
        let secret = auth.secret.as_ref().or(generated);
        Ok(Arc::new(Self {
            own: Key::shared(own_secret(own).expose()),
            own_expected: own_expected(),
            shared: secret.map(|secret| Key::shared(secret.expose().as_bytes())),
            expected: Expected::of(auth),
            source,
            key_set: ArcSwapOption::new(key_set),
            missed: Notify::new(),
        }))
    }

    /// Who shows this token, at this time.
    pub fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<Identity, Refusal> {
        if token.is_empty() {
            return Err(Code::TokenMissing.into());
        }
        let token = Token::parse(token).ok_or(Code::TokenInvalid)?;
        let (claims, issuer) = self.signed(&token)?;
        match issuer {
            Issuer::Ourselves => Ok(self.own_expected.identify(claims, now)?),
            Issuer::Another => match self.expected.identify(claims, now)? {
                // Who records visits is for this server to say.
                Identity { role: Role::Recorder, .. } => Err(Code::TokenInvalid.into()),
                // It may name sessions of its own, which are no logins here.
                identity => Ok(Identity { login: None, ..identity }),
            },
        }
    }

    fn signed<'a>(&self, token: &'a Token<'_>) -> Result<(&'a [u8], Issuer), Refusal> {
        let by = |key: &Key| token.signed_by(key).ok_or(Code::TokenInvalid);
        if token.key_id.as_deref() == Some(OWN_KEY_ID) && token.algorithm == self.own.algorithm() {
            return Ok((by(&self.own)?, Issuer::Ourselves));
        }
        if let Some(shared) = self.shared.as_ref().filter(|shared| shared.algorithm() == token.algorithm) {
            return Ok((by(shared)?, Issuer::Another));
        }
        if self.source.is_none() {
            return Err(Code::TokenInvalid.into());
        }
        let key_set = self.key_set.load();
        let Some(key_set) = key_set.as_ref() else {
            // A good token must not be called bad because the provider is away: clients would log their user out.
            return Err(Refusal::from(Code::Unavailable).retry_after_ms(KEYS_RETRY_MS));
        };
        let Some(key) = key_set.find(token) else {
            self.missed.notify_one();
            return Err(Code::TokenInvalid.into());
        };
        Ok((by(key)?, Issuer::Another))
    }
}

impl Expected {
    /// What is configured.
    pub fn of(auth: &config::Auth) -> Self {
        Self {
            issuer: auth.issuer.clone(),
            audience: auth.audience.clone(),
            role_claim: auth.role_claim.clone(),
        }
    }
}
