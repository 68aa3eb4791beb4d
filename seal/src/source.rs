//! Where sealed bytes are read from.

use std::{fs::File, io};

/// Bytes that can be read at any place without moving a cursor.
pub trait ReadAt {
    /// How many there are.
    fn len(&self) -> io::Result<u64>;

    /// Whether there are none.
    fn is_empty(&self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }

    /// Fills the buffer from `offset`; an error if there are fewer.
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()>;
}

impl ReadAt for File {
    fn len(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        std::os::unix::fs::FileExt::read_exact_at(self, buffer, offset)
    }
}

impl ReadAt for [u8] {
    fn len(&self) -> io::Result<u64> {
        Ok(self.len() as u64)
    }

    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let end = io::ErrorKind::UnexpectedEof;
        let start = usize::try_from(offset).map_err(|_beyond| end)?;
        let from = self.get(start..).and_then(|rest| rest.get(..buffer.len())).ok_or(end)?;
        buffer.copy_from_slice(from);
        Ok(())
    }
}

impl<S: ReadAt + ?Sized> ReadAt for &S {
    fn len(&self) -> io::Result<u64> {
        (**self).len()
    }

    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        (**self).read_exact_at(buffer, offset)
    }
}

/// Reads so many bytes from `offset` into the buffer, whatever it held.
pub(crate) fn fetch<S: ReadAt + ?Sized>(
    source: &S,
    buffer: &mut Vec<u8>,
    offset: u64,
    len: usize,
) -> io::Result<()> {
    buffer.clear();
    buffer.resize(len, 0);
    source.read_exact_at(buffer, offset)
}
