//! Reading ranges of a sealed file from wherever it lies.

use std::{collections::VecDeque, ops::Range, sync::Arc};

use bedside_seal::{DataKey, Index, Label, Piece, Tail};
use bytes::Bytes;
use futures_util::Stream;
use object_store::{GetOptions, GetRange, ObjectStore, ObjectStoreExt as _, path::Path as ObjectPath};

use super::VaultError;

/// Pieces larger than this are opened on a thread of their own: a second of video would hold up a thread of sockets for
/// milliseconds.
const SMALL: usize = 128 << 10;
/// So much is fetched at once: enough that a far storage's delay does not count, and little for each of many readers.
const AHEAD: u64 = 1 << 20;

/// A sealed file that is open for reading.
#[derive(Debug, Clone)]
pub struct Playing {
    objects: Arc<dyn ObjectStore>,
    path: ObjectPath,
    index: Index,
}

impl Playing {
    pub(super) async fn open(
        objects: Arc<dyn ObjectStore>,
        path: ObjectPath,
        key: &DataKey,
        label: &Label,
    ) -> Result<Self, VaultError> {
        // One request for the length and for what an index is made of.
        let tail = Index::tail(u64::MAX);
        let options =
            GetOptions { range: Some(GetRange::Suffix(tail.end - tail.start)), ..GetOptions::default() };
        let found = objects.get_opts(&path, options).await?;
        let len = found.meta.size;
        let mut bytes = found.bytes().await?;
        loop {
            match Index::open(key, label, len, &bytes)? {
                Tail::Found(index) => return Ok(Self { objects, path, index }),
                Tail::More(range) => bytes = objects.get_range(&path, range).await?,
            }
        }
    }

    /// How many plain bytes it has.
    pub fn len(&self) -> u64 {
        self.index.plain_len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The plain bytes of a range, opened on the way. Each chunk is judged before anything of it is given out.
    pub fn read(self, range: Range<u64>) -> impl Stream<Item = Result<Bytes, VaultError>> + Send {
        let pieces = self.index.pieces(range).collect();
        let read = Read { playing: self, pieces, from: 0, fetched: Bytes::new() };
        futures_util::stream::try_unfold(read, Read::next)
    }
}

struct Read {
    playing: Playing,
    pieces: VecDeque<Piece>,
    /// Where the bytes lie that were fetched.
    from: u64,
    fetched: Bytes,
}

impl Read {
    async fn next(mut self) -> Result<Option<(Bytes, Self)>, VaultError> {
        let Some(piece) = self.pieces.pop_front() else { return Ok(None) };
        let sealed = match self.find(&piece.sealed) {
            Some(sealed) => sealed,
            None => self.fetch(&piece.sealed).await?,
        };
        let bytes = open(self.playing.index.clone(), piece, sealed.to_vec()).await?;
        Ok(Some((bytes, self)))
    }

    /// A piece among what was fetched.
    fn find(&self, sealed: &Range<u64>) -> Option<Bytes> {
        let place = |at: u64| usize::try_from(at.checked_sub(self.from)?).ok();
        let (start, end) = (place(sealed.start)?, place(sealed.end)?);
        (end <= self.fetched.len()).then(|| self.fetched.slice(start..end))
    }

    /// A piece with those that follow it, as many as go into a request. A request never waits for whoever reads: an object
    /// store does not hold an answer open for a film that was paused.
    async fn fetch(&mut self, sealed: &Range<u64>) -> Result<Bytes, VaultError> {
        let ends = self.pieces.iter().map(|piece| piece.sealed.end);
        let end = ends.take_while(|end| *end <= sealed.start.saturating_add(AHEAD)).last();
        let range = sealed.start..end.unwrap_or(sealed.end);
        self.fetched = self.playing.objects.get_range(&self.playing.path, range).await?;
        self.from = sealed.start;
        // What the index names must be there.
        self.find(sealed).ok_or_else(|| VaultError::Away("a file ended too early".to_owned()))
    }
}

async fn open(index: Index, piece: Piece, sealed: Vec<u8>) -> Result<Bytes, VaultError> {
    if sealed.len() <= SMALL {
        return Ok(index.open_piece(&piece, sealed)?);
    }
    let opened = tokio::task::spawn_blocking(move || index.open_piece(&piece, sealed)).await;
    Ok(opened.map_err(|_panic| VaultError::Away("a piece could not be opened".to_owned()))??)
}
