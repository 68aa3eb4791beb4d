//! A sealed file as it lies in the storage, for threads that may wait: read once from its front to its end, it is fetched once.

use std::{cell::RefCell, io, ops::Range, sync::Arc};

use bedside_seal::ReadAt;
use bytes::Bytes;
use object_store::{ObjectStore, ObjectStoreExt as _, path::Path as ObjectPath};
use tokio::runtime::Handle;

use super::VaultError;

/// How much is fetched at a time: enough that the requests of a far storage do not count.
const WINDOW: u64 = 4 << 20;

/// A sealed file. Reading from it blocks, so that it is for threads of its own.
#[derive(Debug)]
pub struct Source {
    objects: Arc<dyn ObjectStore>,
    path: ObjectPath,
    len: u64,
    runtime: Handle,
    window: RefCell<(u64, Bytes)>,
}

impl Source {
    pub(super) async fn open(objects: Arc<dyn ObjectStore>, path: ObjectPath) -> Result<Self, VaultError> {
        let len = objects.head(&path).await?.size;
        Ok(Self { objects, path, len, runtime: Handle::current(), window: RefCell::default() })
    }

    fn fetch(&self, range: Range<u64>) -> io::Result<Bytes> {
        let objects = Arc::clone(&self.objects);
        self.runtime.block_on(async { objects.get_range(&self.path, range).await }).map_err(io::Error::other)
    }
}

impl ReadAt for Source {
    fn len(&self) -> io::Result<u64> {
        Ok(self.len)
    }

    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let short = io::ErrorKind::UnexpectedEof;
        let end = offset.checked_add(buffer.len() as u64).filter(|end| *end <= self.len).ok_or(short)?;
        let mut window = self.window.borrow_mut();
        let (from, bytes) = &mut *window;
        if offset < *from || end > *from + bytes.len() as u64 {
            let to = end.max(self.len.min(offset.saturating_add(WINDOW)));
            *bytes = self.fetch(offset..to)?;
            *from = offset;
        }
        let skip = usize::try_from(offset - *from).map_err(|_beyond| short)?;
        let found = bytes.get(skip..).and_then(|rest| rest.get(..buffer.len())).ok_or(short)?;
        buffer.copy_from_slice(found);
        Ok(())
    }
}
