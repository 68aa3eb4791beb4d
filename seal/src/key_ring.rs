//! Keys that wrap data keys, so that whoever copies files and rows has nothing without them.

use std::fmt;

use ring::aead::{Aad, LessSafeKey};
use zeroize::Zeroizing;

use crate::{cipher, error::Error, key, key::DataKey};

/// What a key-encryption key is called: the first 8 bytes of a digest of it, in hexadecimal digits. Says nothing about the key.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId(String);

impl KeyId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for KeyId {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A key of 256 bits that wraps data keys.
pub struct KeyEncryptionKey {
    id: KeyId,
    key: LessSafeKey,
}

impl KeyEncryptionKey {
    /// Reads 32 bytes that are written as hexadecimal digits. `None` for anything else.
    pub fn from_text(text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(digits(text.trim())?);
        let named = Zeroizing::new([b"bedside key-encryption key".as_slice(), bytes.as_slice()].concat());
        let digest = ring::digest::digest(&ring::digest::SHA256, &named);
        let (start, _) = digest.as_ref().split_first_chunk::<8>()?;
        let id = format!("{:016x}", u64::from_be_bytes(*start));
        Some(Self { id: KeyId(id), key: cipher::aead(&bytes).ok()? })
    }

    /// A new key, as text.
    pub fn generate() -> Result<Zeroizing<String>, Error> {
        let bytes = Zeroizing::new(key::random::<32>()?);
        let digit = |value: u8| char::from_digit(value.into(), 16).unwrap_or('0');
        Ok(Zeroizing::new(bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()))
    }

    /// What it is called.
    pub fn id(&self) -> &KeyId {
        &self.id
    }
}

impl fmt::Debug for KeyEncryptionKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "KeyEncryptionKey({})", self.id)
    }
}

/// A data key, wrapped: what may stand in a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrapped {
    /// The key that it is wrapped with.
    pub key_id: KeyId,
    /// Nonce, sealed key and tag.
    pub bytes: Vec<u8>,
}

/// Why a data key could not be unwrapped.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unwrap {
    /// The ring does not have the key that it is wrapped with.
    #[error("no key-encryption key {0} is configured")]
    UnknownKey(KeyId),
    /// It is not what was wrapped, or was wrapped for something else.
    #[error("the wrapped key is damaged, or belongs to something else")]
    Damaged,
}

/// The key-encryption keys of an installation: the newest wraps, all of them unwrap.
#[derive(Debug)]
pub struct KeyRing {
    newest: KeyEncryptionKey,
    older: Vec<KeyEncryptionKey>,
}

impl KeyRing {
    /// A ring of these keys.
    pub fn new(newest: KeyEncryptionKey, older: Vec<KeyEncryptionKey>) -> Self {
        Self { newest, older }
    }

    /// The key that wraps.
    pub fn newest(&self) -> &KeyId {
        self.newest.id()
    }

    /// All keys, the newest first.
    pub fn ids(&self) -> impl Iterator<Item = &KeyId> {
        self.all().map(KeyEncryptionKey::id)
    }

    fn all(&self) -> impl Iterator<Item = &KeyEncryptionKey> {
        std::iter::once(&self.newest).chain(&self.older)
    }

    /// Wraps a key for what `owner` names, such as a recording: for nothing else can it be unwrapped.
    pub fn wrap(&self, key: &DataKey, owner: &str) -> Result<Wrapped, Error> {
        let mut bytes = Vec::new();
        cipher::seal(&self.newest.key, context(self.newest(), owner), key.as_bytes(), &mut bytes)?;
        Ok(Wrapped { key_id: self.newest().clone(), bytes })
    }

    /// Unwraps a key that was wrapped for `owner`.
    pub fn unwrap(&self, wrapped: &Wrapped, owner: &str) -> Result<DataKey, Unwrap> {
        let by = self
            .all()
            .find(|key| key.id == wrapped.key_id)
            .ok_or_else(|| Unwrap::UnknownKey(wrapped.key_id.clone()))?;
        let mut bytes = Zeroizing::new(wrapped.bytes.clone());
        let plain = cipher::open(&by.key, context(&by.id, owner), &mut bytes).ok_or(Unwrap::Damaged)?;
        let plain: Zeroizing<[u8; 32]> =
            Zeroizing::new((&*plain).try_into().map_err(|_other_length| Unwrap::Damaged)?);
        Ok(DataKey::from_bytes(*plain))
    }
}

fn digits(text: &str) -> Option<[u8; 32]> {
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
    let mut bytes = [0; 32];
    if pairs.len() != bytes.len() {
        return None;
    }
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        let value = |digit: &u8| char::from(*digit).to_digit(16);
        *byte = u8::try_from(value(high)? * 16 + value(low)?).ok()?;
    }
    Some(bytes)
}

fn context(id: &KeyId, owner: &str) -> Aad<Vec<u8>> {
    Aad::from([b"bedside wrapped key\0".as_slice(), id.as_str().as_bytes(), b"\0", owner.as_bytes()].concat())
}
