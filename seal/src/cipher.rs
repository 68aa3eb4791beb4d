//! Sealing and opening one piece of one file.

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

use crate::{
    error::Error,
    format::{AROUND, Kind, Label, NONCE, Preamble, TAG},
    key::{self, DataKey},
};

/// The cipher of one file: its key, and what is authenticated with each of its pieces.
#[derive(Debug)]
pub(crate) struct Cipher {
    key: LessSafeKey,
    context: Vec<u8>,
}

impl Cipher {
    pub(crate) fn new(key: &DataKey, preamble: &Preamble, label: &Label) -> Result<Self, Error> {
        Ok(Self {
            key: aead(key.as_bytes())?,
            context: [preamble.as_bytes().as_slice(), label.as_bytes()].concat(),
        })
    }

    fn context(&self, kind: Kind, number: u64) -> Aad<Vec<u8>> {
        let mut context = Vec::with_capacity(self.context.len() + 9);
        context.extend_from_slice(&self.context);
        context.push(kind as u8);
        context.extend_from_slice(&number.to_be_bytes());
        Aad::from(context)
    }

    /// Appends nonce, sealed bytes and tag.
    pub(crate) fn seal(
        &self,
        kind: Kind,
        number: u64,
        plain: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<[u8; TAG], Error> {
        seal(&self.key, self.context(kind, number), plain, out)
    }

    /// Opens nonce, sealed bytes and tag in place. `None`: they are not what was sealed as this piece. The bytes are then spoilt.
    pub(crate) fn open<'a>(&self, kind: Kind, number: u64, sealed: &'a mut [u8]) -> Option<&'a mut [u8]> {
        open(&self.key, self.context(kind, number), sealed)
    }
}

pub(crate) fn aead(key: &[u8; 32]) -> Result<LessSafeKey, Error> {
    // Refused are keys of another length only.
    Ok(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).map_err(|_unspecified| Error::Length(key.len()))?))
}

/// A random nonce for each piece: with the 2^20 pieces that a file may have, and rewritten headers, a key comes nowhere near the
/// 2^32 after which two alike would be likely enough to matter.
pub(crate) fn seal(
    key: &LessSafeKey,
    context: Aad<Vec<u8>>,
    plain: &[u8],
    out: &mut Vec<u8>,
) -> Result<[u8; TAG], Error> {
    let nonce: [u8; NONCE] = key::random()?;
    out.reserve(plain.len() + AROUND);
    out.extend_from_slice(&nonce);
    let start = out.len();
    out.extend_from_slice(plain);
    let Some(sealed) = out.get_mut(start..) else { return Err(Error::Length(plain.len())) };
    let tag = key
        .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), context, sealed)
        .map_err(|_unspecified| Error::Length(plain.len()))?;
    out.extend_from_slice(tag.as_ref());
    tag.as_ref().try_into().map_err(|_other_length| Error::Length(tag.as_ref().len()))
}

pub(crate) fn open<'a>(
    key: &LessSafeKey,
    context: Aad<Vec<u8>>,
    sealed: &'a mut [u8],
) -> Option<&'a mut [u8]> {
    let (nonce, sealed) = sealed.split_first_chunk_mut::<NONCE>()?;
    key.open_in_place(Nonce::assume_unique_for_key(*nonce), context, sealed).ok()
}

/// The tag at the end of what was sealed.
pub(crate) fn tag(sealed: &[u8]) -> Option<[u8; TAG]> {
    sealed.last_chunk::<TAG>().copied()
}
