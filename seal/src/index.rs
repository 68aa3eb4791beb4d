//! Which sealed bytes hold which plain ones: all that a reader of ranges needs, made from the tail of a file.

use std::{ops::Range, sync::Arc};

use bytes::Bytes;

use crate::{
    cipher::Cipher,
    error::{Damage, Error, What},
    format::{AROUND, End, FOOTER, HEAD, Head, Kind, Label, PREAMBLE, Preamble, RECORD},
    key::DataKey,
    walk::{Slot, open_slot},
};

/// How much of a file's tail to fetch first: the end marker of an hour of chunks of a second fits three times over.
const TAIL: u64 = 1 << 16;

/// The plain and the sealed bytes of a whole file, side by side. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Index(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    cipher: Cipher,
    preamble: Preamble,
    header_counter: u64,
    /// Where each chunk begins: plain, sealed.
    starts: Vec<(u64, u64)>,
    plain_len: u64,
}

/// What the bytes of a tail are enough for.
#[derive(Debug)]
pub enum Tail {
    /// The index.
    Found(Index),
    /// The end marker is longer: these bytes of the file are needed, to its end.
    More(Range<u64>),
}

/// A part of a plain range: the sealed bytes to fetch, and what to take of them when opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// `None` is the header.
    chunk: Option<u32>,
    /// What to fetch. The pieces of a range lie in order and without gaps.
    pub sealed: Range<u64>,
    /// What of the plain bytes belongs to the range.
    take: Range<usize>,
}

impl Index {
    /// Which bytes of a file of that length to fetch first.
    pub fn tail(sealed_len: u64) -> Range<u64> {
        sealed_len.saturating_sub(TAIL)..sealed_len
    }

    /// Reads the end of a file of `sealed_len` bytes; `bytes` are its last ones.
    pub fn open(key: &DataKey, label: &Label, sealed_len: u64, bytes: &[u8]) -> Result<Tail, Error> {
        let damage = Error::from(Damage { chunk: 0, offset: sealed_len, what: What::End });
        let Some((rest, footer)) = bytes.split_last_chunk::<FOOTER>() else { return Err(damage) };
        let Some((record_len, preamble)) = footer.split_first_chunk::<4>() else { return Err(damage) };
        let preamble: &[u8; PREAMBLE] = preamble.try_into().map_err(|_other_length| damage)?;
        let preamble = Preamble::parse(preamble)?;
        let damage = Damage { chunk: 0, offset: sealed_len, what: What::End };
        let record_len = u64::from(u32::from_be_bytes(*record_len));
        let whole = record_len + FOOTER as u64;
        if record_len > (crate::format::MAX_END + RECORD) as u64
            || whole.saturating_add(preamble.body()) > sealed_len
        {
            return Err(damage.into());
        }
        let start = sealed_len - whole;
        let Some(from) = rest.len().checked_sub(usize::try_from(record_len).unwrap_or(usize::MAX)) else {
            // Whoever has the whole file already is not asked again.
            return if bytes.len() as u64 >= sealed_len {
                Err(damage.into())
            } else {
                Ok(Tail::More(start..sealed_len))
            };
        };
        let cipher = Cipher::new(key, &preamble, label)?;
        let end = open_end(&cipher, rest.get(from..).unwrap_or_default()).ok_or(damage)?;
        let inner = Inner::new(cipher, preamble, end.header_counter, &end.lengths);
        if inner.sealed_end() != start || inner.plain_len != end.plain_len {
            return Err(damage.into());
        }
        Ok(Tail::Found(Self(Arc::new(inner))))
    }

    /// Of chunks that were found by walking over a file without an end.
    pub(crate) fn of(cipher: Cipher, preamble: Preamble, header_counter: u64, lengths: &[u32]) -> Self {
        Self(Arc::new(Inner::new(cipher, preamble, header_counter, lengths)))
    }

    /// How many of the plain bytes, at their front, are the header.
    pub fn header_len(&self) -> u32 {
        self.0.preamble.header_len()
    }

    /// How many plain bytes there are, header included.
    pub fn plain_len(&self) -> u64 {
        self.0.plain_len
    }

    /// How many chunks there are.
    pub fn chunks(&self) -> u32 {
        u32::try_from(self.0.starts.len()).unwrap_or(u32::MAX)
    }

    /// The pieces of a plain range; what lies beyond the end is left out.
    pub fn pieces(&self, range: Range<u64>) -> impl Iterator<Item = Piece> + use<> {
        let (inner, range) = (Arc::clone(&self.0), range.start..range.end.min(self.0.plain_len));
        let header_len = u64::from(inner.preamble.header_len());
        let header = (range.start < header_len && range.start < range.end).then(|| Piece {
            chunk: None,
            sealed: inner.preamble.slot(inner.header_counter),
            take: cut(&range, 0, header_len),
        });
        let first = inner.starts.partition_point(|(plain, _)| *plain <= range.start).saturating_sub(1);
        let chunks = (first..inner.starts.len()).map_while(move |number| {
            let (plain, sealed) = *inner.starts.get(number)?;
            let (plain_end, sealed_end) = inner.end_of(number);
            (plain < range.end && range.start < range.end).then(|| Piece {
                chunk: u32::try_from(number).ok(),
                sealed: sealed..sealed_end,
                take: cut(&range, plain, plain_end),
            })
        });
        header.into_iter().chain(chunks.filter(|piece| !piece.take.is_empty()))
    }

    /// Opens the sealed bytes of a piece, and gives those that belong to the range.
    pub fn open_piece(&self, piece: &Piece, mut sealed: Vec<u8>) -> Result<Bytes, Damage> {
        let damage = |what| Damage { chunk: piece.chunk.unwrap_or(0), offset: piece.sealed.start, what };
        if sealed.len() as u64 != piece.sealed.end - piece.sealed.start {
            return Err(damage(What::Cut));
        }
        let Some(number) = piece.chunk else {
            return match open_slot(&self.0.cipher, &mut sealed, self.0.header_counter) {
                Some(Slot { counter, plain }) if counter == self.0.header_counter => {
                    Ok(Bytes::from(plain).slice(piece.take.clone()))
                }
                Some(_) | None => Err(damage(What::Header)),
            };
        };
        let head = sealed.first_chunk::<HEAD>().and_then(Head::parse);
        if head.is_none_or(|head| head.kind != Kind::Chunk || head.number != number) {
            return Err(damage(What::Flipped));
        }
        let (from, until) = (crate::format::NONCE + piece.take.start, crate::format::NONCE + piece.take.end);
        let body = sealed.get_mut(HEAD..).ok_or(damage(What::Cut))?;
        self.0.cipher.open(Kind::Chunk, u64::from(number), body).ok_or(damage(What::Flipped))?;
        Ok(Bytes::from(sealed).slice(HEAD + from..HEAD + until))
    }
}

impl Inner {
    fn new(cipher: Cipher, preamble: Preamble, header_counter: u64, lengths: &[u32]) -> Self {
        let (mut plain, mut sealed) = (u64::from(preamble.header_len()), preamble.body());
        let mut starts = Vec::with_capacity(lengths.len());
        for len in lengths {
            starts.push((plain, sealed));
            plain += u64::from(*len);
            sealed += u64::from(*len) + RECORD as u64;
        }
        Self { cipher, preamble, header_counter, starts, plain_len: plain }
    }

    /// Where a chunk ends: plain, sealed.
    fn end_of(&self, number: usize) -> (u64, u64) {
        self.starts.get(number + 1).copied().unwrap_or_else(|| (self.plain_len, self.sealed_end()))
    }

    /// Where the end marker begins.
    fn sealed_end(&self) -> u64 {
        let body = self.preamble.body();
        let plain = self.plain_len - u64::from(self.preamble.header_len());
        body + plain + self.starts.len() as u64 * RECORD as u64
    }
}

/// What a range takes of the plain bytes from `start` to `end`.
fn cut(range: &Range<u64>, start: u64, end: u64) -> Range<usize> {
    let within = |at: u64| usize::try_from(at.clamp(start, end) - start).unwrap_or(usize::MAX);
    within(range.start)..within(range.end)
}

fn open_end(cipher: &Cipher, record: &[u8]) -> Option<End> {
    let (head, sealed) = record.split_first_chunk::<HEAD>()?;
    let head = Head::parse(head).filter(|head| head.kind == Kind::End)?;
    if sealed.len() != head.len as usize + AROUND {
        return None;
    }
    let mut sealed = sealed.to_vec();
    let end = End::parse(cipher.open(Kind::End, u64::from(head.number), &mut sealed)?)?;
    (end.lengths.len() == head.number as usize).then_some(end)
}
