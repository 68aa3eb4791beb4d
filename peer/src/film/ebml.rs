//! As much of EBML and Matroska (RFC 8794, RFC 9559) as it takes to look into a recording.

/// An element: its id with the marker, where its content begins and ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Element<'a> {
    pub(super) id: u32,
    pub(super) content: &'a [u8],
    /// The file ends before the element does.
    pub(super) torn: bool,
}

/// The elements that stand one behind the other in `bytes`. Ends where no element begins.
pub(super) fn elements(mut bytes: &[u8]) -> impl Iterator<Item = Element<'_>> {
    std::iter::from_fn(move || {
        let (element, rest) = element(bytes)?;
        bytes = rest;
        Some(element)
    })
}

fn element(bytes: &[u8]) -> Option<(Element<'_>, &[u8])> {
    let (id, rest) = number(bytes, Marker::Kept)?;
    let (size, rest) = number(rest, Marker::Taken)?;
    let id = u32::try_from(id.value).ok()?;
    // Of unknown size is only what reaches to the end of the file.
    let length = if size.is_all_ones() { rest.len() } else { usize::try_from(size.value).ok()? };
    let torn = length > rest.len();
    let (content, rest) = rest.split_at(length.min(rest.len()));
    Some((Element { id, content, torn }, rest))
}

/// What becomes of the bit that says how long a number is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Marker {
    Kept,
    Taken,
}

struct Number {
    value: u64,
    bits: u32,
}

impl Number {
    fn is_all_ones(&self) -> bool {
        self.value == (1 << self.bits) - 1
    }
}

fn number(bytes: &[u8], marker: Marker) -> Option<(Number, &[u8])> {
    let first = *bytes.first()?;
    let length = first.leading_zeros() as usize + 1;
    let (digits, rest) = bytes.split_at_checked(length)?;
    let bits = u32::try_from(length * 7).ok().filter(|bits| *bits <= 56)?;
    let all = digits.iter().fold(0u64, |value, digit| value << 8 | u64::from(*digit));
    let value = if marker == Marker::Taken { all & ((1 << bits) - 1) } else { all };
    Some((Number { value, bits }, rest))
}

/// A number as elements hold it.
pub(super) fn unsigned(content: &[u8]) -> u64 {
    content.iter().take(8).fold(0, |value, digit| value << 8 | u64::from(*digit))
}

/// A floating-point number as elements hold it.
pub(super) fn float(content: &[u8]) -> Option<f64> {
    match content.len() {
        4 => Some(f64::from(f32::from_be_bytes(*content.first_chunk()?))),
        8 => Some(f64::from_be_bytes(*content.first_chunk()?)),
        _ => None,
    }
}

/// A frame with its track and its time, which counts from its cluster's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Block<'a> {
    pub(super) track: u64,
    pub(super) time: i16,
    pub(super) key: bool,
    pub(super) frame: &'a [u8],
}

/// The content of a `SimpleBlock` or `Block`; recordings use no lacing.
pub(super) fn block(content: &[u8]) -> Option<Block<'_>> {
    let (track, rest) = number(content, Marker::Taken)?;
    let (time, rest) = rest.split_first_chunk::<2>()?;
    let (flags, frame) = rest.split_first()?;
    Some(Block { track: track.value, time: i16::from_be_bytes(*time), key: flags & 0x80 != 0, frame })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_read_one_behind_the_other_until_the_end_or_a_tear() {
        let bytes = [0x1a, 0x45, 0xdf, 0xa3, 0x82, 1, 2, 0xe7, 0x40, 0x01, 7, 0xa3, 0x85, 0x81, 0];
        let read: Vec<_> = elements(&bytes).collect();
        assert_eq!(read.len(), 3);
        assert_eq!(read[0], Element { id: 0x1a45_dfa3, content: &[1, 2], torn: false });
        assert_eq!((read[1].id, unsigned(read[1].content)), (0xe7, 7));
        assert!(read[2].torn);
    }

    #[test]
    fn unknown_sizes_reach_to_the_end() {
        let bytes = [0x18, 0x53, 0x80, 0x67, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 3];
        assert_eq!(elements(&bytes).next().map(|element| element.content), Some(&[1u8, 2, 3][..]));
    }

    #[test]
    fn a_block_gives_its_frame() {
        let block = block(&[0x82, 0xff, 0xfe, 0x80, 9, 9]);
        assert_eq!(block, Some(Block { track: 2, time: -2, key: true, frame: &[9, 9] }));
    }

    #[test]
    fn no_bytes_break_the_reader() {
        let whole = [0x18, 0x53, 0x80, 0x67, 0x88, 0x1f, 0x43, 0xb6, 0x75, 0x83, 0xe7, 0x81, 0];
        for cut in 0..whole.len() {
            for flip in 0..=u8::MAX {
                let mut bytes = whole[..cut].to_vec();
                bytes.push(flip);
                for outer in elements(&bytes) {
                    for inner in elements(outer.content) {
                        block(inner.content);
                    }
                }
            }
        }
    }
}
