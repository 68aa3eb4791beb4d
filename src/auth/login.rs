//! Logins with an account of this server's own, and the tokens that keep them going.

use std::{fmt, sync::Arc};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use ring::{
    hmac,
    rand::{SecureRandom as _, SystemRandom},
};

use super::ServerKey;
use crate::{data::hexadecimal, private::Secret};

/// As many bytes as cannot be guessed.
const ID_BYTES: usize = 16;
/// The longest text that is looked at: an id, a number, and a tag of 32 bytes.
const MAX_TOKEN_BYTES: usize = 128;

/// One login: everything that follows from a password that was typed once. Public, as a session's id is.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct LoginId(Arc<str>);

/// The system gives no random bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the system gives no random bytes")]
pub struct NoChance;

impl LoginId {
    /// A fresh one.
    pub fn make() -> Result<Self, NoChance> {
        let mut bytes = [0; ID_BYTES];
        SystemRandom::new().fill(&mut bytes).ok().ok_or(NoChance)?;
        Ok(Self(hexadecimal(&bytes).into()))
    }

    /// One that this server has made.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.bytes().all(|byte| byte.is_ascii_hexdigit() && !byte.is_ascii_uppercase());
        (text.len() == 2 * ID_BYTES && digits).then(|| Self(text.into()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for LoginId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for LoginId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a browser shows to go on being logged in: of each login the first, the second, the third.
///
/// Nothing secret of it is stored: its text ends with a tag of the server's key. So the same number gives the
/// same text, and two tabs that ask at once can be given the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshToken {
    /// Whose.
    pub login: LoginId,
    /// The how manieth.
    pub generation: u64,
}

impl RefreshToken {
    /// As it is given out.
    pub fn text(&self, key: &ServerKey) -> Secret<String> {
        let body = self.body();
        let tag = hmac::sign(&signing_key(key), body.as_bytes());
        Secret::new(format!("{body}.{}", BASE64.encode(tag)))
    }

    /// As it was given out; nothing that another has made.
    pub fn parse(text: &str, key: &ServerKey) -> Option<Self> {
        let (body, tag) = text.rsplit_once('.').filter(|_| text.len() <= MAX_TOKEN_BYTES)?;
        hmac::verify(&signing_key(key), body.as_bytes(), &BASE64.decode(tag).ok()?).ok()?;
        let (login, generation) = body.split_once('.')?;
        Some(Self { login: LoginId::parse(login)?, generation: generation.parse().ok()? })
    }

    fn body(&self) -> String {
        format!("{}.{}", self.login, self.generation)
    }
}

fn signing_key(key: &ServerKey) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, &key.derive("refresh tokens"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refresh_token_is_what_was_given_out_and_nothing_else() {
        let key = ServerKey::new(&[7; 32]);
        let token = RefreshToken { login: LoginId::make().unwrap(), generation: 3 };
        let text = token.text(&key).expose().clone();
        assert_eq!(RefreshToken::parse(&text, &key).as_ref(), Some(&token));
        assert_eq!(*token.text(&key).expose(), text, "two tabs can be given the same");
        assert_eq!(RefreshToken::parse(&text, &ServerKey::new(&[8; 32])), None);
        let next = text.replace(".3.", ".4.");
        let cut = text.rsplit_once('.').unwrap().0;
        for forged in [next.as_str(), cut, "", ".", "..", &"a".repeat(4_000)] {
            assert_eq!(RefreshToken::parse(forged, &key), None, "{forged}");
        }
    }
}
