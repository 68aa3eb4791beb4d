//! The shapes of the format and their limits.

use crate::error::{Damage, Error, What};

/// The longest chunk, in plain bytes: a reader holds one in memory. A second of video of 32 Mbit/s fits.
pub const MAX_CHUNK: usize = 4 << 20;
/// The most chunks of a file: twelve days of one a second. The end marker has four bytes for each.
pub const MAX_CHUNKS: u32 = 1 << 20;
/// The longest header: a writer holds one in memory. Seek points of a day fit.
pub const MAX_HEADER: usize = 1 << 20;

/// The format and its version.
const MAGIC: [u8; 8] = *b"bedseal\x01";

pub(crate) const NONCE: usize = 12;
pub(crate) const TAG: usize = 16;
/// Nonce and tag around everything that is sealed.
pub(crate) const AROUND: usize = NONCE + TAG;
pub(crate) const COUNTER: usize = 8;
pub(crate) const PREAMBLE: usize = 28;
/// Kind, number and length in front of a record's nonce.
pub(crate) const HEAD: usize = 9;
/// What a record has besides its plain bytes.
pub(crate) const RECORD: usize = HEAD + AROUND;
pub(crate) const FOOTER: usize = 4 + PREAMBLE;
/// What an end marker has before the lengths of the chunks.
pub(crate) const END_FIXED: usize = 8 + 8 + DIGEST;
pub(crate) const DIGEST: usize = 32;
/// The longest end record.
pub(crate) const MAX_END: usize = END_FIXED + 4 * MAX_CHUNKS as usize;

/// What a sealed file is: whose it is and what it is called. It is authenticated with every piece, so that a file cannot be
/// passed off as another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label(Vec<u8>);

impl Label {
    /// The label of the file `name` that belongs to `object`, such as the id of a recording.
    pub fn new(object: &str, name: &str) -> Self {
        let mut bytes = Vec::with_capacity(object.len() + name.len() + 4);
        for part in [object, name] {
            // A length in front, so that no two pairs look alike.
            bytes.extend_from_slice(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
            bytes.extend_from_slice(part.as_bytes());
        }
        Self(bytes)
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// What a piece is; authenticated with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Header = 1,
    Chunk = 2,
    End = 3,
}

/// The first bytes of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Preamble {
    bytes: [u8; PREAMBLE],
    header_len: u32,
}

impl Preamble {
    pub(crate) fn new(header_len: u32, file_id: [u8; 16]) -> Self {
        let mut bytes = [0; PREAMBLE];
        let parts = MAGIC.into_iter().chain(header_len.to_be_bytes()).chain(file_id);
        for (byte, value) in bytes.iter_mut().zip(parts) {
            *byte = value;
        }
        Self { bytes, header_len }
    }

    pub(crate) fn parse(bytes: &[u8; PREAMBLE]) -> Result<Self, Damage> {
        let damage = Damage { chunk: 0, offset: 0, what: What::Header };
        let rest = bytes.strip_prefix(&MAGIC).ok_or(damage)?;
        let (header_len, _) = rest.split_first_chunk::<4>().ok_or(damage)?;
        let header_len = u32::from_be_bytes(*header_len);
        if header_len as usize > MAX_HEADER {
            return Err(damage);
        }
        Ok(Self { bytes: *bytes, header_len })
    }

    pub(crate) fn as_bytes(&self) -> &[u8; PREAMBLE] {
        &self.bytes
    }

    pub(crate) fn header_len(&self) -> u32 {
        self.header_len
    }

    fn slot_len(&self) -> u64 {
        if self.header_len == 0 { 0 } else { u64::from(self.header_len) + (COUNTER + AROUND) as u64 }
    }

    /// Where the slot of a header with this counter lies.
    pub(crate) fn slot(&self, counter: u64) -> std::ops::Range<u64> {
        let start = PREAMBLE as u64 + (counter % 2) * self.slot_len();
        start..start + self.slot_len()
    }

    /// Where the first chunk begins.
    pub(crate) fn body(&self) -> u64 {
        PREAMBLE as u64 + 2 * self.slot_len()
    }
}

/// What stands in front of a chunk or of the end marker, in the clear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) kind: Kind,
    pub(crate) number: u32,
    pub(crate) len: u32,
}

impl Head {
    pub(crate) fn write(self, out: &mut Vec<u8>) {
        out.push(self.kind as u8);
        out.extend_from_slice(&self.number.to_be_bytes());
        out.extend_from_slice(&self.len.to_be_bytes());
    }

    /// Gives nothing for what no writer writes.
    pub(crate) fn parse(bytes: &[u8; HEAD]) -> Option<Self> {
        let (&kind, rest) = bytes.split_first()?;
        let (number, rest) = rest.split_first_chunk::<4>()?;
        let (len, _) = rest.split_first_chunk::<4>()?;
        let (number, len) = (u32::from_be_bytes(*number), u32::from_be_bytes(*len));
        let (kind, max) = match kind {
            2 => (Kind::Chunk, MAX_CHUNK),
            3 => (Kind::End, MAX_END),
            _ => return None,
        };
        (len as usize <= max && number <= MAX_CHUNKS).then_some(Self { kind, number, len })
    }

    /// How many bytes the whole record has.
    pub(crate) fn record_len(self) -> u64 {
        u64::from(self.len) + RECORD as u64
    }
}

/// What the end marker says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct End {
    pub(crate) plain_len: u64,
    pub(crate) header_counter: u64,
    pub(crate) tags: [u8; DIGEST],
    pub(crate) lengths: Vec<u32>,
}

impl End {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(END_FIXED + 4 * self.lengths.len());
        out.extend_from_slice(&self.plain_len.to_be_bytes());
        out.extend_from_slice(&self.header_counter.to_be_bytes());
        out.extend_from_slice(&self.tags);
        for len in &self.lengths {
            out.extend_from_slice(&len.to_be_bytes());
        }
        out
    }

    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let (plain_len, rest) = bytes.split_first_chunk::<8>()?;
        let (header_counter, rest) = rest.split_first_chunk::<8>()?;
        let (tags, rest) = rest.split_first_chunk::<DIGEST>()?;
        let (lengths, []) = rest.as_chunks::<4>() else { return None };
        Some(Self {
            plain_len: u64::from_be_bytes(*plain_len),
            header_counter: u64::from_be_bytes(*header_counter),
            tags: *tags,
            lengths: lengths.iter().map(|len| u32::from_be_bytes(*len)).collect(),
        })
    }
}

/// A slice's length as the format spells it.
pub(crate) fn length(bytes: &[u8], max: usize) -> Result<u32, Error> {
    if bytes.len() > max {
        return Err(Error::Length(bytes.len()));
    }
    u32::try_from(bytes.len()).map_err(|_too_long| Error::Length(bytes.len()))
}
