//! Signed tokens as bytes: RFC 7515's compact form, checked and made with ring. Nothing here reads a claim, and
//! nothing of a header decides more than which of the configured keys is tried.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{hmac, signature};
use serde::Deserialize;

use super::strict_json;
use crate::private::Secret;

/// The longest token that is looked at.
pub(super) const MAX_TOKEN_BYTES: usize = 8 * 1024;

/// The algorithms that are spoken; `none` and everything else is not among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Algorithm {
    Hs256,
    Rs256,
    Es256,
    EdDsa,
}

impl Algorithm {
    /// The algorithm of a header's or key's `alg`; the name is exact.
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "HS256" => Some(Self::Hs256),
            "RS256" => Some(Self::Rs256),
            "ES256" => Some(Self::Es256),
            "EdDSA" => Some(Self::EdDsa),
            _ => None,
        }
    }
}

/// A key that can check signatures of exactly one algorithm.
#[derive(Clone)]
pub(super) enum Key {
    /// A shared secret.
    Hmac(hmac::Key),
    /// An RSA public key: modulus and exponent, big-endian.
    Rsa(signature::RsaPublicKeyComponents<Vec<u8>>),
    /// A P-256 point, uncompressed.
    P256(Vec<u8>),
    /// An Ed25519 public key.
    Ed25519(Vec<u8>),
}

impl Key {
    /// A key of a shared secret.
    pub(super) fn shared(secret: &[u8]) -> Self {
        Self::Hmac(hmac::Key::new(hmac::HMAC_SHA256, secret))
    }

    /// The one algorithm that this key is for.
    pub(super) fn algorithm(&self) -> Algorithm {
        match self {
            Self::Hmac(_) => Algorithm::Hs256,
            Self::Rsa(_) => Algorithm::Rs256,
            Self::P256(_) => Algorithm::Es256,
            Self::Ed25519(_) => Algorithm::EdDsa,
        }
    }

    fn signed(&self, message: &[u8], tag: &[u8]) -> bool {
        let asymmetric = |algorithm: &'static dyn signature::VerificationAlgorithm, key: &[u8]| {
            signature::UnparsedPublicKey::new(algorithm, key).verify(message, tag)
        };
        let checked = match self {
            Self::Hmac(key) => hmac::verify(key, message, tag),
            Self::Rsa(key) => key.verify(&signature::RSA_PKCS1_2048_8192_SHA256, message, tag),
            Self::P256(point) => asymmetric(&signature::ECDSA_P256_SHA256_FIXED, point),
            Self::Ed25519(point) => asymmetric(&signature::ED25519, point),
        };
        checked.is_ok()
    }
}

/// A token that has the right form; nothing about it is proven.
pub(super) struct Token<'a> {
    signed_part: &'a str,
    payload: Vec<u8>,
    signature: Vec<u8>,
    /// The algorithm that it claims.
    pub(super) algorithm: Algorithm,
    /// The key that it names.
    pub(super) key_id: Option<String>,
}

#[derive(Deserialize)]
struct Header {
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
        let header: Header = serde_json::from_value(header).ok()?;
        is_access_token(header.typ.as_deref()).then_some(())?;
        Some(Self {
            signed_part,
            payload: decode(payload)?,
            signature: decode(signature)?,
            algorithm: Algorithm::named(&header.alg)?,
            key_id: header.kid,
        })
    }

    /// The claims, if this key signed them.
    pub(super) fn signed_by(&self, key: &Key) -> Option<&[u8]> {
        let fits =
            key.algorithm() == self.algorithm && key.signed(self.signed_part.as_bytes(), &self.signature);
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
    let mut header = serde_json::json!({ "alg": "HS256", "typ": "JWT" });
    if let (Some(key_id), Some(header)) = (key_id, header.as_object_mut()) {
        header.insert("kid".to_owned(), key_id.into());
    }
    let encode = |part: &serde_json::Value| URL_SAFE_NO_PAD.encode(part.to_string());
    let signed_part = format!("{}.{}", encode(&header), encode(claims));
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), signed_part.as_bytes());
    Secret::new(format!("{signed_part}.{}", URL_SAFE_NO_PAD.encode(tag)))
}
