//! Signed tokens as bytes: RFC 7515's compact form, checked and made with `jsonwebtoken`. Its `decode` keeps the last of two equal fields and reads the system's clock, so that
//! header and claims are read strictly here. Nothing here reads a claim, and
//! nothing of a header decides more than which of the configured keys is tried.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, crypto};
use serde::Deserialize;

use super::{backend, strict_json};
use crate::private::Secret;

/// The longest token that is looked at.
pub(super) const MAX_TOKEN_BYTES: usize = 8 * 1024;

/// The algorithm of a header's or key's `alg`, if it is one that is accepted; the name is exact. `none` is not.
pub(super) fn algorithm(name: &str) -> Option<Algorithm> {
    match name {
        "HS256" => Some(Algorithm::HS256),
        "RS256" => Some(Algorithm::RS256),
        "ES256" => Some(Algorithm::ES256),
        "EdDSA" => Some(Algorithm::EdDSA),
        _ => None,
    }
}

/// A key that can check signatures of exactly one algorithm.
#[derive(Clone)]
pub(super) struct Key {
    algorithm: Algorithm,
    key: DecodingKey,
}

impl Key {
    /// A key of one algorithm.
    pub(super) fn new(algorithm: Algorithm, key: DecodingKey) -> Self {
        backend::install();
        Self { algorithm, key }
    }

    /// A key of a shared secret.
    pub(super) fn shared(secret: &[u8]) -> Self {
        Self::new(Algorithm::HS256, DecodingKey::from_secret(secret))
    }

    /// The one algorithm that this key is for.
    pub(super) fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

/// A token that has the right form; nothing about it is proven.
pub(super) struct Token<'a> {
    signed_part: &'a str,
    payload: Vec<u8>,
    signature: &'a str,
    /// The algorithm that it claims.
    pub(super) algorithm: Algorithm,
    /// The key that it names.
    pub(super) key_id: Option<String>,
}

#[derive(Deserialize)]
struct Fields {
    alg: String,
    typ: Option<String>,
    kid: Option<String>,
}

/// Header fields that change what a token means: extensions that must be understood, compression, encryption.
const NOT_UNDERSTOOD: [&str; 3] = ["crit", "zip", "enc"];

impl<'a> Token<'a> {
    /// Take a token apart; none if it has not the form of one that could be accepted.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        if text.len() > MAX_TOKEN_BYTES {
            return None;
        }
        let (signed_part, signature) = text.rsplit_once('.')?;
        let (header, payload) = signed_part.split_once('.')?;
        let header = strict_json::object(&decode(header)?)?;
        if NOT_UNDERSTOOD.iter().any(|field| header.get(field).is_some()) {
            return None;
        }
        let header: Fields = serde_json::from_value(header).ok()?;
        is_access_token(header.typ.as_deref()).then_some(())?;
        Some(Self {
            signed_part,
            payload: decode(payload)?,
            signature,
            algorithm: algorithm(&header.alg)?,
            key_id: header.kid,
        })
    }

    /// The claims, if this key signed them.
    pub(super) fn signed_by(&self, key: &Key) -> Option<&[u8]> {
        let message = self.signed_part.as_bytes();
        let fits = key.algorithm == self.algorithm
            && crypto::verify(self.signature, message, &key.key, key.algorithm).unwrap_or(false);
        fits.then_some(&self.payload)
    }
}

/// `typ` tells access tokens from what else is signed with the same key (logout tokens, proofs of possession).
fn is_access_token(typ: Option<&str>) -> bool {
    let Some(typ) = typ else { return true };
    let typ = typ.to_ascii_lowercase();
    matches!(typ.strip_prefix("application/").unwrap_or(&typ), "jwt" | "at+jwt")
}

fn decode(part: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(part).ok()
}

/// Sign claims with a shared secret.
pub(super) fn sign(secret: &[u8], key_id: Option<&str>, claims: &serde_json::Value) -> Secret<String> {
    backend::install();
    let header = Header { kid: key_id.map(str::to_owned), ..Header::new(Algorithm::HS256) };
    let signed = jsonwebtoken::encode(&header, claims, &EncodingKey::from_secret(secret));
    // HS256 takes every secret and JSON every claim: there is nothing that could fail.
    Secret::new(signed.unwrap_or_default())
}
