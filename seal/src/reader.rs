//! Reading a sealed file from any place.

use bytes::{Bytes, BytesMut};

use crate::{
    cipher::Cipher,
    error::{Damage, Error, What},
    format::Label,
    index::{Index, Tail},
    key::DataKey,
    source::{ReadAt, fetch},
    walk::{Step, Walk, preamble, slots},
};

/// Whether a file has its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It was finished. That says nothing about its chunks: each is judged when it is read.
    Whole,
    /// It has no sound end; so many chunks from the front are sound, and readable.
    Torn {
        /// How many.
        chunks_good: u32,
    },
}

/// A reader of a sealed file.
#[derive(Debug)]
pub struct Reader<S: ReadAt> {
    source: S,
    index: Index,
    state: State,
}

impl<S: ReadAt> Reader<S> {
    /// Opens a file by its end, or, if it has none, by going over all its chunks.
    pub fn open(source: S, key: &DataKey, label: &Label) -> Result<Self, Error> {
        match by_end(&source, key, label) {
            Ok(index) => Ok(Self { source, index, state: State::Whole }),
            Err(Error::Damaged(_)) => {
                let (index, chunks_good) = by_walk(&source, key, label)?;
                Ok(Self { source, index, state: State::Torn { chunks_good } })
            }
            Err(error) => Err(error),
        }
    }

    /// Whether the file has its end.
    pub fn state(&self) -> State {
        self.state
    }

    /// How many of the plain bytes, at their front, are the header.
    pub fn header_len(&self) -> u32 {
        self.index.header_len()
    }

    /// How many plain bytes can be read, header included.
    pub fn plain_len(&self) -> u64 {
        self.index.plain_len()
    }

    /// Reads so many plain bytes from `offset`, fewer only at the end.
    pub fn read_at(&self, offset: u64, len: usize) -> Result<Bytes, Error> {
        let range = offset..offset.saturating_add(len as u64);
        let mut pieces = self.index.pieces(range).map(|piece| {
            let mut sealed = Vec::new();
            let len = usize::try_from(piece.sealed.end - piece.sealed.start).unwrap_or(usize::MAX);
            fetch(&self.source, &mut sealed, piece.sealed.start, len)?;
            Ok::<_, Error>(self.index.open_piece(&piece, sealed)?)
        });
        let Some(first) = pieces.next().transpose()? else { return Ok(Bytes::new()) };
        let Some(second) = pieces.next().transpose()? else { return Ok(first) };
        let mut joined = BytesMut::with_capacity(first.len() + second.len());
        joined.extend_from_slice(&first);
        joined.extend_from_slice(&second);
        for piece in pieces {
            joined.extend_from_slice(&piece?);
        }
        Ok(joined.freeze())
    }
}

fn by_end<S: ReadAt>(source: &S, key: &DataKey, label: &Label) -> Result<Index, Error> {
    let sealed_len = source.len()?;
    let (mut range, mut bytes) = (Index::tail(sealed_len), Vec::new());
    loop {
        fetch(
            source,
            &mut bytes,
            range.start,
            usize::try_from(range.end - range.start).unwrap_or(usize::MAX),
        )?;
        match Index::open(key, label, sealed_len, &bytes)? {
            Tail::Found(index) => return Ok(index),
            Tail::More(more) => range = more,
        }
    }
}

fn by_walk<S: ReadAt>(source: &S, key: &DataKey, label: &Label) -> Result<(Index, u32), Error> {
    let preamble = preamble(source)?;
    let cipher = Cipher::new(key, &preamble, label)?;
    let counter = if preamble.header_len() == 0 {
        0
    } else {
        let [newest, _] = slots(source, &preamble, &cipher)?;
        newest.ok_or(Damage { chunk: 0, offset: preamble.slot(0).start, what: What::Header })?.counter
    };
    let mut walk = Walk::new(source, &preamble, &cipher)?;
    while let Step::Chunk = walk.step()? {}
    let (lengths, chunks) = (std::mem::take(&mut walk.lengths), walk.number());
    let good = u32::try_from(lengths.len()).unwrap_or(chunks);
    Ok((Index::of(cipher, preamble, counter, &lengths), good))
}
