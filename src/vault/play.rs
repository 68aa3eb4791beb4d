//! Reading ranges of a sealed file from wherever it lies.

use std::{collections::VecDeque, ops::Range, sync::Arc};

use bedside_seal::{DataKey, Index, Label, Piece, Tail};
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream::BoxStream};
use object_store::{GetOptions, GetRange, ObjectStore, ObjectStoreExt as _, path::Path as ObjectPath};

use super::VaultError;

/// Pieces larger than this are opened on a thread of their own: a second of video would hold up a thread of sockets for
/// milliseconds.
const SMALL: usize = 128 << 10;

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
        let pieces: VecDeque<Piece> = self.index.pieces(range).collect();
        let sealed = match (pieces.front(), pieces.back()) {
            (Some(first), Some(last)) => first.sealed.start..last.sealed.end,
            _ => 0..0,
        };
        let read = Read { playing: self, pieces, sealed, from: None, waiting: Vec::new() };
        futures_util::stream::try_unfold(read, Read::next)
    }
}

struct Read {
    playing: Playing,
    pieces: VecDeque<Piece>,
    /// Where the sealed bytes of all pieces lie, one after the other.
    sealed: Range<u64>,
    /// They come from here once they are asked for.
    from: Option<BoxStream<'static, object_store::Result<Bytes>>>,
    /// Those that have come and were not opened yet.
    waiting: Vec<u8>,
}

impl Read {
    async fn next(mut self) -> Result<Option<(Bytes, Self)>, VaultError> {
        let Some(piece) = self.pieces.pop_front() else { return Ok(None) };
        let len = usize::try_from(piece.sealed.end - piece.sealed.start).unwrap_or(usize::MAX);
        if self.from.is_none() {
            let range = Some(GetRange::Bounded(self.sealed.clone()));
            let options = GetOptions { range, ..GetOptions::default() };
            self.from = Some(self.playing.objects.get_opts(&self.playing.path, options).await?.into_stream());
        }
        while self.waiting.len() < len {
            let more = match &mut self.from {
                Some(from) => from.next().await.transpose()?,
                None => None,
            };
            // What the index names must be there.
            let more = more.ok_or_else(|| VaultError::Away("a file ended too early".to_owned()))?;
            self.waiting.extend_from_slice(&more);
        }
        let rest = self.waiting.split_off(len);
        let sealed = std::mem::replace(&mut self.waiting, rest);
        let bytes = open(self.playing.index.clone(), piece, sealed).await?;
        Ok(Some((bytes, self)))
    }
}

async fn open(index: Index, piece: Piece, sealed: Vec<u8>) -> Result<Bytes, VaultError> {
    if sealed.len() <= SMALL {
        return Ok(index.open_piece(&piece, sealed)?);
    }
    let opened = tokio::task::spawn_blocking(move || index.open_piece(&piece, sealed)).await;
    Ok(opened.map_err(|_panic| VaultError::Away("a piece could not be opened".to_owned()))??)
}
