//! EBML (RFC 8794), as much as Matroska needs: elements of an id, a length and a body.

/// An id takes four bytes at most.
pub(super) fn put_id(out: &mut Vec<u8>, id: u32) {
    let bytes = id.to_be_bytes();
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    out.extend(bytes.iter().skip(zeros));
}

/// A length in as few bytes as possible.
pub(super) fn put_len(out: &mut Vec<u8>, len: usize) {
    let mut width = 1;
    while width < 8 && len as u64 >= (1 << (7 * width)) - 1 {
        width += 1;
    }
    put_len_in(out, len as u64, width);
}

/// A length in exactly so many bytes, 8 at most.
pub(super) fn put_len_in(out: &mut Vec<u8>, len: u64, width: usize) {
    let marked = len | 1 << (7 * width);
    out.extend(marked.to_be_bytes().iter().skip(8 - width));
}

pub(super) fn binary(out: &mut Vec<u8>, id: u32, body: &[u8]) {
    put_id(out, id);
    put_len(out, body.len());
    out.extend_from_slice(body);
}

pub(super) fn uint(out: &mut Vec<u8>, id: u32, value: u64) {
    let bytes = value.to_be_bytes();
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count().min(7);
    put_id(out, id);
    put_len(out, 8 - zeros);
    out.extend(bytes.iter().skip(zeros));
}

pub(super) fn float(out: &mut Vec<u8>, id: u32, value: f64) {
    binary(out, id, &value.to_be_bytes());
}

pub(super) fn master(out: &mut Vec<u8>, id: u32, fill: impl FnOnce(&mut Vec<u8>)) {
    let mut body = Vec::new();
    fill(&mut body);
    binary(out, id, &body);
}

/// Bytes without meaning, so many with their own head of nine.
pub(super) fn void(out: &mut Vec<u8>, len: usize) {
    out.push(0xec);
    put_len_in(out, (len as u64).saturating_sub(9), 8);
    out.resize(out.len() + len.saturating_sub(9), 0);
}

/// The head of an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) id: u32,
    /// Of the head itself.
    pub(super) len: usize,
    /// Of what follows; none where it is not known yet.
    pub(super) body: Option<usize>,
}

impl Head {
    /// Reads the head at the beginning of these bytes.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let id_len = usize::try_from(bytes.first()?.leading_zeros()).ok()? + 1;
        if id_len > 4 {
            return None;
        }
        let id = bytes.get(..id_len)?.iter().fold(0, |id, byte| id << 8 | u32::from(*byte));
        let rest = bytes.get(id_len..)?;
        let width = usize::try_from(rest.first()?.leading_zeros()).ok()? + 1;
        if width > 8 {
            return None;
        }
        let marked = rest.get(..width)?.iter().fold(0, |len, byte| len << 8 | u64::from(*byte));
        let all = (1_u64 << (7 * width)) - 1;
        let body = marked & all;
        let body = if body == all { None } else { Some(usize::try_from(body).ok()?) };
        Some(Self { id, len: id_len + width, body })
    }

    /// Reads a head and its body, which has to be whole; gives what comes behind, too.
    pub(super) fn element(bytes: &[u8]) -> Option<(Self, &[u8], &[u8])> {
        let head = Self::read(bytes)?;
        let end = head.len.checked_add(head.body?)?;
        Some((head, bytes.get(head.len..end)?, bytes.get(end..)?))
    }
}

/// An unsigned number.
pub(super) fn as_uint(body: &[u8]) -> Option<u64> {
    (body.len() <= 8).then(|| body.iter().fold(0, |value, byte| value << 8 | u64::from(*byte)))
}
