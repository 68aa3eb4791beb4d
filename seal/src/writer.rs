//! Writing a sealed file while it grows.

use std::{
    fmt,
    fs::{File, OpenOptions},
    io::{self, Read as _, Seek as _},
    os::unix::fs::{FileExt as _, OpenOptionsExt as _},
    path::Path,
};

use ring::digest;

use crate::{
    cipher::Cipher,
    error::Error,
    format::{End, Head, Kind, Label, MAX_CHUNK, MAX_HEADER, Preamble, length},
    key::{self, DataKey},
    walk::digest_of,
};

/// How much is read at a time to take the digest of a finished file.
const DIGEST_PIECE: usize = 1 << 18;

/// Room that a writer keeps between two chunks: enough for a header.
const KEPT_SCRATCH: usize = 4 << 10;

/// What a finished file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// The length of the file on disk.
    pub bytes: u64,
    /// The length of what is in it, header included.
    pub plain_bytes: u64,
    /// How many chunks it has.
    pub chunks: u32,
    /// SHA-256 of the file on disk.
    pub sha256: [u8; 32],
}

/// A sealed file that is being written. Dropped without [`Writer::finish`] it stays as it is, and can be recovered.
pub struct Writer {
    pub(crate) file: File,
    pub(crate) cipher: Cipher,
    pub(crate) preamble: Preamble,
    /// Where the next chunk goes.
    pub(crate) end: u64,
    pub(crate) lengths: Vec<u32>,
    pub(crate) tags: digest::Context,
    pub(crate) header: Vec<u8>,
    /// The counter of the newest header.
    pub(crate) counter: u64,
    /// The newest header may not be on the disk yet, so the other slot must not be touched.
    pub(crate) header_floats: bool,
    /// A write failed half way, so bytes may stand behind `end`.
    pub(crate) ragged: bool,
    pub(crate) scratch: Vec<u8>,
}

impl fmt::Debug for Writer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Writer").field("chunks", &self.chunks()).finish_non_exhaustive()
    }
}

impl Writer {
    /// Makes a new file, for its owner alone. A header has its length for good. Fails if there is a file of that name.
    pub fn create(path: &Path, key: &DataKey, label: &Label, header: Option<&[u8]>) -> Result<Self, Error> {
        let header = header.unwrap_or_default().to_vec();
        let preamble = Preamble::new(length(&header, MAX_HEADER)?, key::random()?);
        let cipher = Cipher::new(key, &preamble, label)?;
        let mut start = preamble.as_bytes().to_vec();
        if !header.is_empty() {
            for counter in [0, 1] {
                write_slot(&cipher, counter, &header, &mut start)?;
            }
        }
        let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(path)?;
        file.write_all_at(&start, 0)?;
        Ok(Self {
            file,
            cipher,
            preamble,
            end: preamble.body(),
            lengths: Vec::new(),
            tags: digest::Context::new(&digest::SHA256),
            header,
            counter: 1,
            header_floats: true,
            ragged: false,
            scratch: Vec::new(),
        })
    }

    /// How many chunks there are.
    pub fn chunks(&self) -> u32 {
        u32::try_from(self.lengths.len()).unwrap_or(u32::MAX)
    }

    /// How many plain bytes there are, header included.
    pub fn plain_len(&self) -> u64 {
        self.lengths.iter().map(|len| u64::from(*len)).sum::<u64>() + u64::from(self.preamble.header_len())
    }

    /// How long the file on disk is.
    pub fn sealed_len(&self) -> u64 {
        self.end
    }

    /// Appends one chunk with one write. If that fails, the file is as it was before, and may be tried again.
    pub fn append(&mut self, plain: &[u8]) -> Result<(), Error> {
        if plain.is_empty() {
            return Ok(());
        }
        let (number, len) = (self.chunks(), length(plain, MAX_CHUNK)?);
        if number >= crate::MAX_CHUNKS {
            return Err(Error::Full);
        }
        self.scratch.clear();
        Head { kind: Kind::Chunk, number, len }.write(&mut self.scratch);
        let tag = self.cipher.seal(Kind::Chunk, u64::from(number), plain, &mut self.scratch)?;
        self.write_scratch()?;
        self.tags.update(&tag);
        self.lengths.push(len);
        // There may be many writers, each of which writes rarely.
        self.scratch.clear();
        self.scratch.shrink_to(KEPT_SCRATCH);
        Ok(())
    }

    /// Writes the header anew, which must have the length of the first one. Whenever the power fails, one of the two slots is
    /// whole: the older one is written, and only when the newer one is known to be on the disk.
    pub fn rewrite_header(&mut self, header: &[u8]) -> Result<(), Error> {
        if header.len() != self.header.len() || header.is_empty() {
            return Err(Error::Length(header.len()));
        }
        self.header.clear();
        self.header.extend_from_slice(header);
        self.write_header()
    }

    fn write_header(&mut self) -> Result<(), Error> {
        if self.header_floats {
            self.sync()?;
        }
        let counter = self.counter + 1;
        self.scratch.clear();
        write_slot(&self.cipher, counter, &self.header, &mut self.scratch)?;
        self.header_floats = true;
        self.file.write_all_at(&self.scratch, self.preamble.slot(counter).start)?;
        self.counter = counter;
        Ok(())
    }

    /// Waits until everything so far would survive a power failure.
    pub fn sync(&mut self) -> Result<(), Error> {
        self.file.sync_data()?;
        self.header_floats = false;
        Ok(())
    }

    /// Writes the end marker, and waits until the whole file would survive a power failure.
    pub fn finish(mut self) -> Result<Sealed, Error> {
        if !self.header.is_empty() {
            // Both slots are sound and follow each other then, and the newest is the one next to the chunks.
            self.write_header()?;
            if self.counter.is_multiple_of(2) {
                self.write_header()?;
            }
            self.sync()?;
        }
        let (number, plain_bytes) = (self.chunks(), self.plain_len());
        let end = End {
            plain_len: plain_bytes,
            header_counter: self.counter,
            tags: digest_of(&self.tags),
            lengths: std::mem::take(&mut self.lengths),
        }
        .encode();
        self.scratch.clear();
        Head { kind: Kind::End, number, len: length(&end, crate::format::MAX_END)? }.write(&mut self.scratch);
        self.cipher.seal(Kind::End, u64::from(number), &end, &mut self.scratch)?;
        let record = length(&self.scratch, usize::MAX)?;
        self.scratch.extend_from_slice(&record.to_be_bytes());
        self.scratch.extend_from_slice(self.preamble.as_bytes());
        self.write_scratch()?;
        self.file.sync_all()?;
        Ok(Sealed { bytes: self.end, plain_bytes, chunks: number, sha256: sha256(&mut self.file)? })
    }

    fn write_scratch(&mut self) -> Result<(), Error> {
        if self.ragged {
            self.file.set_len(self.end)?;
            self.ragged = false;
        }
        if let Err(error) = self.file.write_all_at(&self.scratch, self.end) {
            // What went through of it would look like a cut chunk. If this fails, too, the next write begins with it.
            self.ragged = self.file.set_len(self.end).is_err();
            return Err(error.into());
        }
        self.end += self.scratch.len() as u64;
        Ok(())
    }
}

fn write_slot(cipher: &Cipher, counter: u64, header: &[u8], out: &mut Vec<u8>) -> Result<(), Error> {
    out.extend_from_slice(&counter.to_be_bytes());
    cipher.seal(Kind::Header, counter, header, out)?;
    Ok(())
}

/// The digest of a whole file. It cannot be taken along the way, since headers are rewritten at the front.
pub(crate) fn sha256(file: &mut File) -> io::Result<[u8; 32]> {
    let mut context = digest::Context::new(&digest::SHA256);
    let mut buffer = vec![0; DIGEST_PIECE];
    file.rewind()?;
    loop {
        let read = file.read(&mut buffer)?;
        let Some(piece) = buffer.get(..read).filter(|piece| !piece.is_empty()) else { break };
        context.update(piece);
    }
    Ok(digest_of(&context))
}
