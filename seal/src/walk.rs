//! From one record of a file to the next, judging each.

use ring::digest;

use crate::{
    cipher::{self, Cipher},
    error::{Damage, Error, What},
    format::{DIGEST, End, HEAD, Head, Kind, PREAMBLE, Preamble},
    source::{ReadAt, fetch},
};

/// What lies at the place of the walk.
#[derive(Debug)]
pub(crate) enum Step {
    /// A sound chunk.
    Chunk,
    /// A sound end marker; after it `offset` is where the footer should begin.
    End(End),
    /// Neither.
    Bad(What),
}

/// A walk over the chunks of a file, from the first on.
pub(crate) struct Walk<'a, S: ReadAt + ?Sized> {
    source: &'a S,
    cipher: &'a Cipher,
    sealed_len: u64,
    /// Where the next record begins.
    pub(crate) offset: u64,
    /// The plain lengths of the chunks so far.
    pub(crate) lengths: Vec<u32>,
    /// All tags so far.
    pub(crate) tags: digest::Context,
    buffer: Vec<u8>,
}

impl<'a, S: ReadAt + ?Sized> Walk<'a, S> {
    pub(crate) fn new(source: &'a S, preamble: &Preamble, cipher: &'a Cipher) -> Result<Self, Error> {
        Ok(Self {
            source,
            cipher,
            sealed_len: source.len()?,
            offset: preamble.body(),
            lengths: Vec::new(),
            tags: digest::Context::new(&digest::SHA256),
            buffer: Vec::new(),
        })
    }

    /// The number of the next chunk.
    pub(crate) fn number(&self) -> u32 {
        u32::try_from(self.lengths.len()).unwrap_or(u32::MAX)
    }

    pub(crate) fn plain_len(&self) -> u64 {
        self.lengths.iter().map(|len| u64::from(*len)).sum()
    }

    pub(crate) fn damage(&self, what: What) -> Damage {
        Damage { chunk: self.number(), offset: self.offset, what }
    }

    /// Reads one record, and goes past it if it is sound.
    pub(crate) fn step(&mut self) -> Result<Step, Error> {
        let left = self.sealed_len.saturating_sub(self.offset);
        if left < HEAD as u64 {
            return Ok(Step::Bad(What::Cut));
        }
        let mut head = [0; HEAD];
        self.source.read_exact_at(&mut head, self.offset)?;
        let Some(head) = Head::parse(&head) else { return Ok(Step::Bad(What::Flipped)) };
        if head.record_len() > left {
            return Ok(Step::Bad(What::Cut));
        }
        let number = self.number();
        if head.number != number || !self.open(head, number)? {
            // A sound record under the number that it shows itself was moved here, or comes after one that is gone.
            let moved = head.number != number && self.open(head, head.number)?;
            return Ok(Step::Bad(match head.kind {
                Kind::End if moved => What::Cut,
                Kind::Chunk if moved => What::Swapped,
                Kind::Header | Kind::Chunk | Kind::End => What::Flipped,
            }));
        }
        let step = match head.kind {
            Kind::Header => Step::Bad(What::Flipped),
            Kind::Chunk if number >= crate::MAX_CHUNKS => Step::Bad(What::End),
            Kind::Chunk => {
                self.lengths.push(head.len);
                Step::Chunk
            }
            Kind::End => self.plain(head.len).and_then(End::parse).map_or(Step::Bad(What::End), Step::End),
        };
        self.offset += head.record_len();
        Ok(step)
    }

    /// The plain bytes of the record that was opened last.
    fn plain(&self, len: u32) -> Option<&[u8]> {
        self.buffer.get(crate::format::NONCE..)?.get(..len as usize)
    }

    /// Whether the record at the place of the walk opens under this number.
    fn open(&mut self, head: Head, number: u32) -> Result<bool, Error> {
        let len = head.len as usize + crate::format::AROUND;
        fetch(self.source, &mut self.buffer, self.offset + HEAD as u64, len)?;
        let tag = cipher::tag(&self.buffer);
        let sound = self.cipher.open(head.kind, u64::from(number), &mut self.buffer).is_some();
        if sound && head.kind == Kind::Chunk && number == self.number() {
            self.tags.update(tag.as_ref().map_or(&[], |tag| tag.as_slice()));
        }
        Ok(sound)
    }

    /// The digest of all tags so far.
    pub(crate) fn digest(&self) -> [u8; DIGEST] {
        digest_of(&self.tags)
    }
}

/// What a digest is so far.
pub(crate) fn digest_of(context: &digest::Context) -> [u8; DIGEST] {
    let mut out = [0; DIGEST];
    for (byte, value) in out.iter_mut().zip(context.clone().finish().as_ref()) {
        *byte = *value;
    }
    out
}

/// Reads the first bytes of a file.
pub(crate) fn preamble<S: ReadAt + ?Sized>(source: &S) -> Result<Preamble, Error> {
    let mut bytes = [0; PREAMBLE];
    if source.len()? < PREAMBLE as u64 {
        return Err(Damage { chunk: 0, offset: 0, what: What::Header }.into());
    }
    source.read_exact_at(&mut bytes, 0)?;
    Ok(Preamble::parse(&bytes)?)
}

/// A sound header slot.
pub(crate) struct Slot {
    pub(crate) counter: u64,
    pub(crate) plain: Vec<u8>,
}

/// Reads one of the two slots, `which` being 0 or 1. `None`: it is torn or damaged.
pub(crate) fn slot<S: ReadAt + ?Sized>(
    source: &S,
    preamble: &Preamble,
    cipher: &Cipher,
    which: u64,
) -> Result<Option<Slot>, Error> {
    let range = preamble.slot(which);
    if source.len()? < range.end {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    fetch(source, &mut bytes, range.start, usize::try_from(range.end - range.start).unwrap_or(0))?;
    Ok(open_slot(cipher, &mut bytes, which))
}

/// Opens a slot's bytes.
pub(crate) fn open_slot(cipher: &Cipher, bytes: &mut [u8], which: u64) -> Option<Slot> {
    let (counter, sealed) = bytes.split_first_chunk_mut::<8>()?;
    let counter = u64::from_be_bytes(*counter);
    if counter % 2 != which % 2 {
        return None;
    }
    let plain = cipher.open(Kind::Header, counter, sealed)?;
    Some(Slot { counter, plain: plain.to_vec() })
}

/// Both slots; the newest sound one first.
pub(crate) fn slots<S: ReadAt + ?Sized>(
    source: &S,
    preamble: &Preamble,
    cipher: &Cipher,
) -> Result<[Option<Slot>; 2], Error> {
    let first = slot(source, preamble, cipher, 0)?;
    let second = slot(source, preamble, cipher, 1)?;
    let counter = |slot: &Option<Slot>| slot.as_ref().map(|slot| slot.counter);
    Ok(if counter(&first) > counter(&second) { [first, second] } else { [second, first] })
}
