//! How a file lies encrypted on disk: AES-256-GCM in chunks, so that a file can be written while it grows, read from any place,
//! and judged byte for byte afterwards.
//!
//! ```text
//! preamble   magic 8 · header length 4 · file id 16
//! slots      twice, if there is a header:  counter 8 · nonce 12 · header · tag 16
//! chunks     kind 1 · number 4 · length 4 · nonce 12 · plain bytes · tag 16
//! end        the same shape; its plain bytes are plain length 8 · header counter 8 · digest of all tags 32 · lengths of all chunks
//! footer     length of the end record 4 · the preamble once more
//! ```
//!
//! Numbers are big-endian. What is authenticated with each piece: the preamble, the [`Label`], the kind and the number. So no
//! piece can be moved, repeated, left out, or brought in from another file. The header is what must change while the file grows
//! (the duration of a recording, its seek points): it lies at the front of the plain bytes, is written into the older of two
//! slots, and the newer one counts. The end marker says what a whole file has; without one a file is torn, and its chunks are
//! readable all the same. From the tail of a file alone an [`Index`] is made, which is what range reads from far storage need.

mod cipher;
mod error;
mod format;
mod index;
mod key;
mod key_ring;
mod reader;
mod recover;
mod source;
mod verify;
mod walk;
mod writer;

pub use error::{Damage, Error, What};
pub use format::{Label, MAX_CHUNK, MAX_CHUNKS, MAX_HEADER};
pub use index::{Index, Piece, Tail};
pub use key::DataKey;
pub use key_ring::{KeyEncryptionKey, KeyId, KeyRing, Unwrap, Wrapped};
pub use reader::{Reader, State};
pub use recover::{Recovered, recover};
pub use source::ReadAt;
pub use verify::{Summary, verify};
pub use writer::{Sealed, Writer};
