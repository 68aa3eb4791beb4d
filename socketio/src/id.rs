//! Random ids, URL-safe.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};

/// 120 random bits, which are 20 characters.
const BYTES: usize = 15;

/// A new id that nobody can guess.
pub(crate) fn random() -> String {
    BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; BYTES]>())
}
