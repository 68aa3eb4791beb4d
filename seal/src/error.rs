//! What can be wrong with a sealed file, and where.

use std::{fmt, io};

/// The kind of a damage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// The bytes of a chunk are not those that were written.
    Flipped,
    /// The file ends, or goes over to its end marker, where a chunk should stand.
    Cut,
    /// A sound chunk of the same file stands where another should.
    Swapped,
    /// The preamble or a header slot is not as it was written.
    Header,
    /// The end marker or what follows it is not as it was written, or does not fit what stands before it.
    End,
}

/// The first place of a sealed file that is not as it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("chunk {chunk}, at byte {offset}: {what}")]
pub struct Damage {
    /// The number of the chunk, from 0; with [`What::End`] the number of chunks; with [`What::Header`] 0.
    pub chunk: u32,
    /// Where it begins in the sealed file, in bytes.
    pub offset: u64,
    /// What it is.
    pub what: What,
}

impl fmt::Display for What {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Flipped => "changed",
            Self::Cut => "cut off",
            Self::Swapped => "another chunk stands in its place",
            Self::Header => "the header is damaged",
            Self::End => "the end is damaged",
        })
    }
}

/// Why something could not be done with a sealed file.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The disk did not read or write.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The file is not as it was written, or not under this key and label.
    #[error(transparent)]
    Damaged(#[from] Damage),
    /// A chunk or header is longer than the format allows, or a header has another length than the one it replaces.
    #[error("{0} bytes do not fit")]
    Length(usize),
    /// The file has as many chunks as a file can have.
    #[error("the file has {} chunks, which is the most", crate::MAX_CHUNKS)]
    Full,
    /// The system gave no random bytes.
    #[error("the system gave no random bytes")]
    Chance,
}
