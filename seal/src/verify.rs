//! Judging every byte of a file.

use crate::{
    cipher::Cipher,
    error::{Damage, Error, What},
    format::{End, FOOTER, Label, Preamble},
    key::DataKey,
    source::ReadAt,
    walk::{Step, Walk, preamble, slots},
};

/// What a sound file has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// How many chunks.
    pub chunks: u32,
    /// How many plain bytes, header included.
    pub plain_bytes: u64,
    /// How many bytes on disk.
    pub bytes: u64,
}

/// Goes over all of a file. An error of the kind [`Error::Damaged`] names the first place that is not as it was written; so does
/// it if the file was never finished.
pub fn verify<S: ReadAt + ?Sized>(source: &S, key: &DataKey, label: &Label) -> Result<Summary, Error> {
    let preamble = preamble(source)?;
    let cipher = Cipher::new(key, &preamble, label)?;
    let header = Damage { chunk: 0, offset: preamble.slot(0).start, what: What::Header };
    let [newest, other] =
        if preamble.header_len() == 0 { [None, None] } else { slots(source, &preamble, &cipher)? };
    if preamble.header_len() > 0 && newest.is_none() {
        return Err(header.into());
    }
    let mut walk = Walk::new(source, &preamble, &cipher)?;
    let end = loop {
        match walk.step()? {
            Step::Chunk => {}
            Step::End(end) => break end,
            Step::Bad(what) => return Err(walk.damage(what).into()),
        }
    };
    let sealed_len = source.len()?;
    let sound_end =
        end == End {
            plain_len: walk.plain_len() + u64::from(preamble.header_len()),
            header_counter: end.header_counter,
            tags: walk.digest(),
            lengths: walk.lengths.clone(),
        } && footer_is_sound(source, &walk, &preamble, sealed_len)?;
    if !sound_end {
        return Err(walk.damage(What::End).into());
    }
    if preamble.header_len() > 0 {
        let pair = newest.zip(other).map(|(newest, other)| (newest.counter, other.counter));
        if pair != Some((end.header_counter, end.header_counter.wrapping_sub(1))) {
            return Err(header.into());
        }
    }
    Ok(Summary { chunks: walk.number(), plain_bytes: end.plain_len, bytes: sealed_len })
}

/// Nothing but the footer follows the end marker, and it is the one that was written.
fn footer_is_sound<S: ReadAt + ?Sized>(
    source: &S,
    walk: &Walk<'_, S>,
    preamble: &Preamble,
    sealed_len: u64,
) -> Result<bool, Error> {
    if walk.offset + FOOTER as u64 != sealed_len {
        return Ok(false);
    }
    let mut footer = [0; FOOTER];
    source.read_exact_at(&mut footer, walk.offset)?;
    let record_len = walk.offset
        - (preamble.body() + walk.plain_len() + u64::from(walk.number()) * crate::format::RECORD as u64);
    let expected =
        u32::try_from(record_len).unwrap_or(0).to_be_bytes().into_iter().chain(*preamble.as_bytes());
    Ok(footer.into_iter().eq(expected))
}
