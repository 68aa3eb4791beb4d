//! Passwords: how they come in, and what is kept of them.

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher as _, PasswordVerifier as _},
};
use ring::rand::{SecureRandom as _, SystemRandom};
use serde::{Deserialize, Deserializer, de};
use unicode_normalization::UnicodeNormalization as _;

use crate::private::Secret;

/// The shortest password that is taken, in characters. There are no rules about their kinds: length is what counts.
pub const MIN_PASSWORD_CHARS: usize = 12;
/// The longest: any sentence fits, and hashing it costs no more than any other.
pub const MAX_PASSWORD_CHARS: usize = 128;
/// What Argon2id may take: 19 MiB and two passes, the OWASP minimum, which takes about 20 ms.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const SALT_BYTES: usize = 16;
/// What the password of nobody is compared with, so that nobody takes as long as somebody. It was made of
/// chance, and no password is known that leads to it.
const NOBODYS: &str = "$argon2id$v=19$m=19456,t=2,p=1$Yk1tVmJtUnZiVEl4TmpN$\
    0Vw3m1v1oMZ8r0pQ0cVn2mJm1k3yTtq3bWgXl5Lq9sU";

/// A password that somebody tries.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(Secret<String>);

/// A password that somebody wants to have: long enough.
#[derive(Clone, PartialEq, Eq)]
pub struct NewPassword(Password);

/// Why a password is not taken. The leading code is what a client is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadPassword {
    /// Too few characters.
    #[error("[malformed] a password has at least {MIN_PASSWORD_CHARS} characters")]
    Short,
    /// Too many.
    #[error("[too_large] a password has at most {MAX_PASSWORD_CHARS} characters")]
    Long,
}

/// What is kept of a password.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(Secret<String>);

/// The machine could not hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a password could not be hashed")]
pub struct NotHashed;

impl Password {
    /// Any text that may be one. What looks alike is made the same, whatever keyboard it was typed on (NFC).
    pub fn parse(text: &str) -> Result<Self, BadPassword> {
        // Counted before it is made the same, which may make it longer; nobody makes this server chew on much.
        if text.chars().count() > MAX_PASSWORD_CHARS {
            return Err(BadPassword::Long);
        }
        Ok(Self(Secret::new(text.nfc().collect())))
    }
}

impl NewPassword {
    /// A text that is long enough to be one.
    pub fn parse(text: &str) -> Result<Self, BadPassword> {
        let password = Password::parse(text)?;
        if password.0.expose().chars().count() < MIN_PASSWORD_CHARS {
            return Err(BadPassword::Short);
        }
        Ok(Self(password))
    }
}

impl PasswordHash {
    /// Hash a password, with a salt of its own. Takes tens of milliseconds.
    pub fn of(password: &NewPassword) -> Result<Self, NotHashed> {
        let mut salt = [0; SALT_BYTES];
        SystemRandom::new().fill(&mut salt).ok().ok_or(NotHashed)?;
        let hashed = argon2()?.hash_password_with_salt(password.0.0.expose().as_bytes(), &salt);
        hashed.ok().map(|hash| Self(Secret::new(hash.to_string()))).ok_or(NotHashed)
    }

    /// What was kept.
    pub fn stored(text: String) -> Self {
        Self(Secret::new(text))
    }

    /// What no password leads to, and what takes as long to find out.
    pub fn of_nobody() -> Self {
        Self::stored(NOBODYS.to_owned())
    }

    /// The text to keep.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// Whether it is of this password. Takes tens of milliseconds.
    pub fn is_of(&self, password: &Password) -> bool {
        // The hash says itself how it was made.
        argon2()
            .is_ok_and(|argon2| argon2.verify_password(password.0.expose().as_bytes(), self.expose()).is_ok())
    }
}

fn argon2() -> Result<Argon2<'static>, NotHashed> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).ok().ok_or(NotHashed)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

macro_rules! from_json {
    ($($name:ident $min:expr),*) => {$(
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(stringify!($name))
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({
                    "type": "string", "format": "password", "minLength": $min, "maxLength": MAX_PASSWORD_CHARS,
                })
            }
        }
    )*};
}

from_json! { Password 0, NewPassword MIN_PASSWORD_CHARS }

impl std::fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordHash")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_knows_its_password_and_no_other() {
        let hash = PasswordHash::of(&NewPassword::parse("correct horse battery").unwrap()).unwrap();
        assert!(hash.expose().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hash.expose());
        assert!(hash.is_of(&Password::parse("correct horse battery").unwrap()));
        assert!(!hash.is_of(&Password::parse("correct horse batterz").unwrap()));
        let again = PasswordHash::of(&NewPassword::parse("correct horse battery").unwrap()).unwrap();
        assert_ne!(hash.expose(), again.expose(), "each has a salt of its own");
    }

    #[test]
    fn a_password_is_the_same_on_every_keyboard() {
        let hash = PasswordHash::of(&NewPassword::parse("Gru\u{308}\u{df}e aus Wien").unwrap()).unwrap();
        assert!(hash.is_of(&Password::parse("Gr\u{fc}\u{df}e aus Wien").unwrap()));
    }

    #[test]
    fn length_is_all_that_is_asked_of_a_password() {
        assert_eq!(NewPassword::parse("elf zeichen").unwrap_err(), BadPassword::Short);
        assert_eq!(NewPassword::parse("aaaaaaaaaaaa").map(|_| ()), Ok(()));
        assert_eq!(NewPassword::parse(&"é".repeat(128)).map(|_| ()), Ok(()));
        assert_eq!(NewPassword::parse(&"a".repeat(129)).unwrap_err(), BadPassword::Long);
        assert_eq!(Password::parse(&"a".repeat(129)).unwrap_err(), BadPassword::Long);
    }

    #[test]
    fn nobodys_hash_is_one_like_everybodys() {
        use argon2::password_hash::phc;
        let nobodys = phc::PasswordHash::new(NOBODYS).unwrap();
        let ours = PasswordHash::of(&NewPassword::parse("correct horse battery").unwrap()).unwrap();
        let ours = phc::PasswordHash::new(ours.expose()).unwrap();
        assert_eq!(nobodys.params, ours.params);
        assert_eq!(nobodys.hash.map(|hash| hash.len()), ours.hash.map(|hash| hash.len()));
    }
}
