//! The identity provider's keys: a JWKS document (RFC 7517) as keys that can be used, and no others.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;

use super::jws::{self, Key, Token};

/// The largest document that is read.
pub(super) const MAX_DOCUMENT_BYTES: usize = 256 * 1024;
/// The most keys that are kept of it.
const MAX_KEYS: usize = 100;
/// RSA keys below 2048 bits are weak, beyond 8192 slow; ring takes no others.
const RSA_BYTES: std::ops::RangeInclusive<usize> = 256..=1024;

/// Keys, each with its id.
#[derive(Clone, Default)]
pub(super) struct KeySet(Vec<(Option<String>, Key)>);

/// The document cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BadKeySet {
    /// It is too large.
    #[error("it is larger than {MAX_DOCUMENT_BYTES} bytes")]
    TooLarge,
    /// It is no JWKS.
    #[error("it is not a JSON Web Key Set")]
    NotAKeySet,
    /// Nothing in it can check tokens.
    #[error("it holds no key for RS256, ES256 or EdDSA signatures")]
    NoUsableKey,
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    key_ops: Option<Vec<String>>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl KeySet {
    /// Read a document. Keys for other uses and algorithms are passed over: providers publish them beside.
    pub(super) fn parse(document: &[u8]) -> Result<Self, BadKeySet> {
        if document.len() > MAX_DOCUMENT_BYTES {
            return Err(BadKeySet::TooLarge);
        }
        let Ok(Document { keys }) = serde_json::from_slice(document) else {
            return Err(BadKeySet::NotAKeySet);
        };
        let jwks = keys.into_iter().filter_map(|key| serde_json::from_value::<Jwk>(key).ok());
        let usable: Vec<_> =
            jwks.filter_map(|jwk| Some((jwk.kid.clone(), jwk.key()?))).take(MAX_KEYS).collect();
        if usable.is_empty() { Err(BadKeySet::NoUsableKey) } else { Ok(Self(usable)) }
    }

    /// How many keys there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The key that a token names. One that names none is checked with the only key there is for its algorithm.
    pub(super) fn find(&self, token: &Token<'_>) -> Option<&Key> {
        let mut fitting = self.0.iter().filter(|(_, key)| key.algorithm() == token.algorithm);
        match &token.key_id {
            Some(wanted) => fitting.find(|(id, _)| id.as_ref() == Some(wanted)).map(|(_, key)| key),
            None => fitting.next().filter(|_| fitting.next().is_none()).map(|(_, key)| key),
        }
    }
}

impl Jwk {
    fn key(&self) -> Option<Key> {
        let to_verify = self.usage.as_deref().is_none_or(|usage| usage == "sig")
            && self.key_ops.as_ref().is_none_or(|uses| uses.iter().any(|usage| usage == "verify"));
        let key = match (self.kty.as_str(), self.crv.as_deref()) {
            ("RSA", _) => {
                let (n, e) = (decode(self.n.as_ref()?)?, decode(self.e.as_ref()?)?);
                RSA_BYTES.contains(&n.len()).then_some(())?;
                Key::new(Algorithm::RS256, DecodingKey::from_rsa_raw_components(&n, &e))
            }
            ("EC", Some("P-256")) => {
                let (x, y) = (coordinate(self.x.as_ref())?, coordinate(self.y.as_ref())?);
                Key::new(
                    Algorithm::ES256,
                    DecodingKey::from_ec_der(&[&[4], x.as_slice(), y.as_slice()].concat()),
                )
            }
            ("OKP", Some("Ed25519")) => {
                Key::new(Algorithm::EdDSA, DecodingKey::from_ed_der(&coordinate(self.x.as_ref())?))
            }
            _ => return None,
        };
        let named = self.alg.as_deref().is_none_or(|name| jws::algorithm(name) == Some(key.algorithm()));
        (to_verify && named).then_some(key)
    }
}

fn coordinate(text: Option<&String>) -> Option<Vec<u8>> {
    decode(text?).filter(|bytes| bytes.len() == 32)
}

fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok()
}
