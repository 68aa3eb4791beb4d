//! Going on with a file whose writer died.

use std::{fs::OpenOptions, path::Path};

use crate::{
    cipher::Cipher,
    error::{Damage, Error, What},
    format::Label,
    key::DataKey,
    verify::verify,
    walk::{Step, Walk, preamble, slots},
    writer::{Sealed, Writer, sha256},
};

/// What was found.
#[derive(Debug)]
pub enum Recovered {
    /// The file was finished.
    Whole(Sealed),
    /// The file goes on after its last sound chunk.
    Open {
        /// Writes on.
        writer: Box<Writer>,
        /// The newest header that is whole; empty if the file has none.
        header: Vec<u8>,
        /// How many bytes after the last sound chunk were cut off.
        cut: u64,
    },
}

/// Opens a file that may not have been finished. What a dying writer left behind its last sound chunk is cut off. A damage says
/// that nothing of the file can be kept: it died before its header was whole, or key or label are others.
pub fn recover(path: &Path, key: &DataKey, label: &Label) -> Result<Recovered, Error> {
    let mut file = OpenOptions::new().read(true).write(true).open(path)?;
    match verify(&file, key, label) {
        Ok(summary) => {
            return Ok(Recovered::Whole(Sealed {
                bytes: summary.bytes,
                plain_bytes: summary.plain_bytes,
                chunks: summary.chunks,
                sha256: sha256(&mut file)?,
            }));
        }
        Err(Error::Damaged(_)) => {}
        Err(error) => return Err(error),
    }
    let preamble = preamble(&file)?;
    let cipher = Cipher::new(key, &preamble, label)?;
    let (counter, header) = if preamble.header_len() == 0 {
        (1, Vec::new())
    } else {
        let [newest, _] = slots(&file, &preamble, &cipher)?;
        let lost = Damage { chunk: 0, offset: preamble.slot(0).start, what: What::Header };
        newest.map(|slot| (slot.counter, slot.plain)).ok_or(lost)?
    };
    let mut walk = Walk::new(&file, &preamble, &cipher)?;
    while let Step::Chunk = walk.step()? {}
    // Also where the walk went past an end marker that something is wrong with.
    let end = preamble.body() + walk.plain_len() + u64::from(walk.number()) * crate::format::RECORD as u64;
    let (lengths, tags) = (std::mem::take(&mut walk.lengths), walk.tags.clone());
    let cut = file.metadata()?.len().saturating_sub(end);
    file.set_len(end)?;
    let writer = Writer {
        file,
        cipher,
        preamble,
        end,
        lengths,
        tags,
        header: header.clone(),
        counter,
        header_floats: true,
        ragged: false,
        scratch: Vec::new(),
    };
    Ok(Recovered::Open { writer: Box::new(writer), header, cut })
}
