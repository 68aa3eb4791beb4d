//! The cryptography behind `jsonwebtoken`: ring, as everywhere else in Bedside, for the algorithms that are accepted
//! and no others. The crate's own backends would bring a C build or the `rsa` crate (RUSTSEC-2023-0071).

use std::sync::Once;

use jsonwebtoken::{
    Algorithm, DecodingKey, DecodingKeyKind, EncodingKey,
    crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils},
    errors::{ErrorKind, Result},
    signature::{Error, Signer, Verifier},
};
use ring::{
    hmac,
    signature::{self, RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm},
};

static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: signer,
    verifier_factory: verifier,
    // Only for making JWKs out of private keys, which Bedside has none of.
    key_utils: KeyUtils::new_unimplemented(),
};

/// Make `jsonwebtoken` use ring in this process. Done before every first use; again does no harm.
pub(super) fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        if PROVIDER.install_default().is_err() {
            tracing::debug!("another backend for tokens was installed before");
        }
    });
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the library says so")]
fn signer(algorithm: &Algorithm, key: &EncodingKey) -> Result<Box<dyn JwtSigner>> {
    if *algorithm == Algorithm::HS256 {
        Ok(Box::new(Shared(hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes()))))
    } else {
        Err(ErrorKind::InvalidAlgorithm.into())
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the library says so")]
fn verifier(algorithm: &Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>> {
    if key.family() != algorithm.family() {
        return Err(ErrorKind::InvalidAlgorithm.into());
    }
    let public = |check: &'static dyn VerificationAlgorithm| -> Result<Box<dyn JwtVerifier>> {
        let key = UnparsedPublicKey::new(check, key.try_get_as_bytes()?.to_vec());
        Ok(Box::new(Public { algorithm: *algorithm, key }))
    };
    #[expect(clippy::wildcard_enum_match_arm, reason = "what is not named here is not accepted")]
    match algorithm {
        Algorithm::HS256 => Ok(Box::new(Shared(hmac::Key::new(hmac::HMAC_SHA256, key.try_get_as_bytes()?)))),
        Algorithm::RS256 => match key.kind() {
            DecodingKeyKind::RsaModulusExponent { n, e } => {
                Ok(Box::new(Rsa(RsaPublicKeyComponents { n: n.clone(), e: e.clone() })))
            }
            DecodingKeyKind::SecretOrDer(_) => Err(ErrorKind::InvalidKeyFormat.into()),
        },
        Algorithm::ES256 => public(&signature::ECDSA_P256_SHA256_FIXED),
        Algorithm::EdDSA => public(&signature::ED25519),
        _ => Err(ErrorKind::InvalidAlgorithm.into()),
    }
}

/// HS256, both ways.
struct Shared(hmac::Key);

/// `ES256` or `EdDSA`.
struct Public {
    algorithm: Algorithm,
    key: UnparsedPublicKey<Vec<u8>>,
}

/// RS256.
struct Rsa(RsaPublicKeyComponents<Vec<u8>>);

impl Signer<Vec<u8>> for Shared {
    fn try_sign(&self, message: &[u8]) -> std::result::Result<Vec<u8>, Error> {
        Ok(hmac::sign(&self.0, message).as_ref().to_vec())
    }
}

impl JwtSigner for Shared {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

impl Verifier<Vec<u8>> for Shared {
    fn verify(&self, message: &[u8], tag: &Vec<u8>) -> std::result::Result<(), Error> {
        hmac::verify(&self.0, message, tag).map_err(|_unspecified| Error::new())
    }
}

impl JwtVerifier for Shared {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

impl Verifier<Vec<u8>> for Public {
    fn verify(&self, message: &[u8], tag: &Vec<u8>) -> std::result::Result<(), Error> {
        self.key.verify(message, tag).map_err(|_unspecified| Error::new())
    }
}

impl JwtVerifier for Public {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

impl Verifier<Vec<u8>> for Rsa {
    fn verify(&self, message: &[u8], tag: &Vec<u8>) -> std::result::Result<(), Error> {
        let check = &signature::RSA_PKCS1_2048_8192_SHA256;
        self.0.verify(check, message, tag).map_err(|_unspecified| Error::new())
    }
}

impl JwtVerifier for Rsa {
    fn algorithm(&self) -> Algorithm {
        Algorithm::RS256
    }
}
