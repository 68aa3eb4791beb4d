//! A sealed file that grows, and whose header follows.

use bedside_seal::{Sealed, Writer};
use bytes::Bytes;

use super::SpoolError;

/// A file that is being written. A new header is written when the file is next made sure of, not at once: the one before has to
/// be on the disk first, and to wait for that twice for each second of each leg would be most of what recording costs.
#[derive(Debug)]
pub(super) struct Growing {
    writer: Writer,
    header: Option<Bytes>,
    /// Something was written that a power failure would take.
    floats: bool,
}

impl Growing {
    pub(super) fn new(writer: Writer) -> Self {
        Self { writer, header: None, floats: true }
    }

    /// Appends with one write; says how many bytes came to the disk.
    pub(super) fn append(&mut self, bytes: &[u8]) -> Result<u64, SpoolError> {
        let before = self.writer.sealed_len();
        self.writer.append(bytes)?;
        self.floats = true;
        Ok(self.writer.sealed_len() - before)
    }

    /// What the header is to be.
    pub(super) fn header(&mut self, header: Bytes) {
        self.header = Some(header);
    }

    /// Waits until what was appended would survive a power failure. The header follows; it will with the next time.
    pub(super) fn sync(&mut self) -> Result<(), SpoolError> {
        if self.floats || self.header.is_some() {
            self.writer.sync()?;
            self.floats = self.header.is_some();
        }
        if let Some(header) = self.header.take() {
            self.writer.rewrite_header(&header)?;
        }
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<Sealed, SpoolError> {
        if let Some(header) = self.header.take() {
            self.writer.rewrite_header(&header)?;
        }
        Ok(self.writer.finish()?)
    }

    pub(super) fn len(&self) -> u64 {
        self.writer.sealed_len()
    }
}
