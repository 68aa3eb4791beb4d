//! WebSocket frames (RFC 6455), pure. The decoder judges a frame by its header, before anything of its body is kept,
//! and copies the body once, so that a small message does not hold on to a large read buffer.

use bytes::{BufMut, Bytes, BytesMut};
use bytestring::ByteString;

/// The longest header: two bytes, eight of length, four of mask.
const MAX_HEADER: usize = 14;
/// The longest payload of a control frame.
const MAX_CONTROL: usize = 125;
/// So much is reserved at once for a message that says it is larger; the rest grows as it arrives.
const RESERVE: usize = 16 * 1024;

/// What a client did wrong, by the close code that it earns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    /// Reserved bits or codes, no mask, a broken fragment sequence, a malformed close (1002).
    #[error("WebSocket protocol violation")]
    Protocol,
    /// Text that is no UTF-8 (1007).
    #[error("text is not UTF-8")]
    Utf8,
    /// A frame or message over the limit, or cut into too many pieces (1009).
    #[error("message too big")]
    TooBig,
}

impl Violation {
    /// The close code.
    pub fn code(self) -> u16 {
        match self {
            Self::Protocol => 1002,
            Self::Utf8 => 1007,
            Self::TooBig => 1009,
        }
    }
}

/// What a client sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Incoming {
    /// A whole text message.
    Text(ByteString),
    /// A whole binary message.
    Binary(Bytes),
    /// A ping; it wants a pong with the same payload.
    Ping(Bytes),
    /// A pong.
    Pong,
    /// The client closes, with this code if it gave one.
    Close(Option<u16>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Opcode {
    Continuation,
    Text,
    Binary,
    Close,
    Ping,
    Pong,
}

impl Opcode {
    fn is_control(self) -> bool {
        matches!(self, Self::Close | Self::Ping | Self::Pong)
    }
}

#[derive(Clone, Copy, Debug)]
struct Header {
    last: bool,
    opcode: Opcode,
    length: usize,
    mask: [u8; 4],
}

/// Turns bytes of a client into messages.
#[derive(Debug)]
pub struct Decoder {
    max_message: usize,
    max_fragments: usize,
    input: Bytes,
    /// A header that is not complete yet.
    carry: Vec<u8>,
    /// The frame under way, and how much of it has been taken.
    frame: Option<(Header, usize)>,
    /// What has arrived of the message under way, unmasked.
    message: Vec<u8>,
    /// The kind of the fragmented message under way.
    fragmented: Option<Opcode>,
    fragments: usize,
    control: Vec<u8>,
}

impl Decoder {
    /// A decoder that takes messages up to `max_message` bytes in at most `max_fragments` frames.
    pub fn new(max_message: usize, max_fragments: usize) -> Self {
        Self {
            max_message,
            max_fragments,
            input: Bytes::new(),
            carry: Vec::new(),
            frame: None,
            message: Vec::new(),
            fragmented: None,
            fragments: 0,
            control: Vec::new(),
        }
    }

    /// Takes what the network brought. Whoever feeds asks [`Self::next`] until it has nothing more.
    pub fn feed(&mut self, bytes: Bytes) {
        let kept = self.carry.len() + self.input.len();
        if kept == 0 {
            self.input = bytes;
            return;
        }
        let mut joined = BytesMut::with_capacity(kept + bytes.len());
        joined.extend_from_slice(&self.carry);
        joined.extend_from_slice(&self.input);
        joined.extend_from_slice(&bytes);
        self.carry.clear();
        self.input = joined.freeze();
    }

    /// The next whole message, `None` when more bytes are needed. After a violation the stream makes no sense any more.
    #[expect(clippy::should_implement_trait, reason = "there may be more after `None`, and it can fail")]
    pub fn next(&mut self) -> Result<Option<Incoming>, Violation> {
        loop {
            let (header, taken) = match self.frame {
                Some(frame) => frame,
                None => match self.header()? {
                    Some(header) => (header, 0),
                    None => return Ok(None),
                },
            };
            let taken = self.take_body(header, taken);
            if taken < header.length {
                self.frame = Some((header, taken));
                return Ok(None);
            }
            self.frame = None;
            if let Some(incoming) = self.finish(header)? {
                return Ok(Some(incoming));
            }
        }
    }

    fn header(&mut self) -> Result<Option<Header>, Violation> {
        let bytes: &[u8] = &self.input;
        let parsed = parse_header(bytes, self.max_message)?;
        let Some((header, size)) = parsed else {
            self.carry.extend_from_slice(bytes);
            self.input = Bytes::new();
            return Ok(None);
        };
        self.input = self.input.split_off(size);
        self.judge(header)?;
        Ok(Some(header))
    }

    /// The rules between frames, known as soon as the header is.
    fn judge(&mut self, header: Header) -> Result<(), Violation> {
        if header.opcode.is_control() {
            let whole = header.last && header.length <= MAX_CONTROL;
            return if whole { Ok(()) } else { Err(Violation::Protocol) };
        }
        if (header.opcode == Opcode::Continuation) != self.fragmented.is_some() {
            return Err(Violation::Protocol);
        }
        if self.message.len() + header.length > self.max_message {
            return Err(Violation::TooBig);
        }
        if !header.last || self.fragmented.is_some() {
            self.fragments += 1;
            if self.fragments > self.max_fragments {
                return Err(Violation::TooBig);
            }
            self.fragmented.get_or_insert(header.opcode);
        }
        Ok(())
    }

    /// Unmasks what there is of the frame's body; gives back how much has been taken in all.
    fn take_body(&mut self, header: Header, taken: usize) -> usize {
        let wanted = header.length - taken;
        let here = wanted.min(self.input.len());
        let body = self.input.split_to(here);
        if self.input.is_empty() {
            // Not even an empty view may pin the connection's read buffer.
            self.input = Bytes::new();
        }
        let target = if header.opcode.is_control() { &mut self.control } else { &mut self.message };
        if taken == 0 {
            target.reserve_exact(header.length.min(RESERVE.max(here)));
        }
        let start = target.len();
        target.extend_from_slice(&body);
        if let Some(fresh) = target.get_mut(start..) {
            unmask(fresh, header.mask, taken);
        }
        taken + here
    }

    fn finish(&mut self, header: Header) -> Result<Option<Incoming>, Violation> {
        let kind = match header.opcode {
            Opcode::Ping => return Ok(Some(Incoming::Ping(std::mem::take(&mut self.control).into()))),
            Opcode::Pong => {
                self.control = Vec::new();
                return Ok(Some(Incoming::Pong));
            }
            Opcode::Close => {
                let payload = std::mem::take(&mut self.control);
                return close_code(&payload).map(|code| Some(Incoming::Close(code)));
            }
            Opcode::Text | Opcode::Binary | Opcode::Continuation if !header.last => return Ok(None),
            Opcode::Text | Opcode::Binary | Opcode::Continuation => {
                self.fragmented.take().unwrap_or(header.opcode)
            }
        };
        self.fragments = 0;
        let message = Bytes::from(std::mem::take(&mut self.message));
        if kind == Opcode::Binary {
            return Ok(Some(Incoming::Binary(message)));
        }
        ByteString::try_from(message).map(|text| Some(Incoming::Text(text))).map_err(|_error| Violation::Utf8)
    }
}

/// Reads a header as far as it is there; a length over the limit is seen before the mask has arrived.
fn parse_header(bytes: &[u8], max_message: usize) -> Result<Option<(Header, usize)>, Violation> {
    let &[first, second, ref rest @ ..] = bytes else { return Ok(None) };
    let opcode = match first & 0x0f {
        0 => Opcode::Continuation,
        1 => Opcode::Text,
        2 => Opcode::Binary,
        8 => Opcode::Close,
        9 => Opcode::Ping,
        10 => Opcode::Pong,
        _ => return Err(Violation::Protocol),
    };
    let (reserved, masked) = (first & 0x70 != 0, second & 0x80 != 0);
    if reserved || !masked {
        return Err(Violation::Protocol);
    }
    let (length, extended) = match second & 0x7f {
        126 => match rest.first_chunk::<2>() {
            Some(&length) => (u64::from(u16::from_be_bytes(length)), 2),
            None => return Ok(None),
        },
        127 => match rest.first_chunk::<8>() {
            Some(&length) => (u64::from_be_bytes(length), 8),
            None => return Ok(None),
        },
        length => (u64::from(length), 0),
    };
    let length = usize::try_from(length).map_err(|_error| Violation::TooBig)?;
    if length > max_message.max(MAX_CONTROL) {
        return Err(Violation::TooBig);
    }
    let Some(&mask) = rest.get(extended..).and_then(|rest| rest.first_chunk::<4>()) else { return Ok(None) };
    let size = 2 + extended + mask.len();
    debug_assert!(size <= MAX_HEADER, "no header is longer");
    Ok(Some((Header { last: first & 0x80 != 0, opcode, length, mask }, size)))
}

/// Eight bytes at a time; the compiler does the rest.
fn unmask(bytes: &mut [u8], mut mask: [u8; 4], offset: usize) {
    mask.rotate_left(offset % 4);
    let [a, b, c, d] = mask;
    let wide = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
    let (chunks, tail) = bytes.as_chunks_mut::<8>();
    for chunk in chunks {
        *chunk = (u64::from_ne_bytes(*chunk) ^ wide).to_ne_bytes();
    }
    for (byte, key) in tail.iter_mut().zip(mask.iter().cycle()) {
        *byte ^= key;
    }
}

/// An empty payload has no code; a code must be one that may be sent, and the reason UTF-8.
fn close_code(payload: &[u8]) -> Result<Option<u16>, Violation> {
    let Some((&code, reason)) = payload.split_first_chunk::<2>() else {
        return if payload.is_empty() { Ok(None) } else { Err(Violation::Protocol) };
    };
    let code = u16::from_be_bytes(code);
    if !matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999) {
        return Err(Violation::Protocol);
    }
    std::str::from_utf8(reason).map_err(|_error| Violation::Utf8)?;
    Ok(Some(code))
}

/// What the server sends.
#[derive(Clone, Debug)]
pub(super) enum Outgoing {
    Text(ByteString),
    Binary(Bytes),
    Ping,
    Pong(Bytes),
    Close { code: u16, reason: ByteString },
}

impl Outgoing {
    /// The bytes that it keeps in memory and puts on the wire, roughly.
    pub(super) fn size(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Binary(bytes) | Self::Pong(bytes) => bytes.len(),
            Self::Ping => 0,
            Self::Close { reason, .. } => reason.len(),
        }
    }

    pub(super) fn encode(&self, wire: &mut BytesMut) {
        match self {
            Self::Text(text) => put_frame(wire, 0x81, text.as_bytes()),
            Self::Binary(bytes) => put_frame(wire, 0x82, bytes),
            Self::Ping => put_frame(wire, 0x89, &[]),
            Self::Pong(bytes) => put_frame(wire, 0x8a, bytes),
            Self::Close { code, reason } => {
                let end = reason.floor_char_boundary(MAX_CONTROL - 2);
                let mut payload = code.to_be_bytes().to_vec();
                payload.extend_from_slice(reason.get(..end).unwrap_or_default().as_bytes());
                put_frame(wire, 0x88, &payload);
            }
        }
    }
}

/// Longest header of a frame that is not masked.
pub(super) const MAX_SERVER_HEADER: usize = 10;

#[expect(clippy::cast_possible_truncation, reason = "each cast stands behind a check of the length")]
fn put_frame(wire: &mut BytesMut, first: u8, payload: &[u8]) {
    wire.put_u8(first);
    match payload.len() {
        length @ ..126 => wire.put_u8(length as u8),
        length @ 126..=0xffff => {
            wire.put_u8(126);
            wire.put_u16(length as u16);
        }
        length => {
            wire.put_u8(127);
            wire.put_u64(length as u64);
        }
    }
    wire.extend_from_slice(payload);
}
