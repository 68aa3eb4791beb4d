//! AV1: the AOM's RTP payload format, and of the bitstream's specification the open bitstream units (OBU) and the sequence
//! header. In RTP the units stand without their lengths; in a file each has one.

use bytes::{Buf as _, Bytes};

use super::{Unit, bits::Bits};

const SEQUENCE_HEADER: u8 = 1;
const TEMPORAL_DELIMITER: u8 = 2;
const TILE_LIST: u8 = 8;
const PADDING: u8 = 15;
/// A sequence header in more bytes than this is none.
const MAX_SEQUENCE_HEADER: usize = 1024;

/// The payloads of one frame become the frame.
pub(super) fn unit(packets: Vec<Bytes>) -> Option<Unit> {
    let mut frame = Frame::default();
    for packet in packets {
        frame.packet(packet)?;
    }
    let whole = frame.open.is_empty() && !frame.unit.pieces.is_empty();
    whole.then_some(frame.unit)
}

#[derive(Debug, Default)]
struct Frame {
    unit: Unit,
    /// An OBU whose end is still to come, in pieces.
    open: Vec<Bytes>,
}

impl Frame {
    fn packet(&mut self, mut packet: Bytes) -> Option<()> {
        let header = packet.try_get_u8().ok()?;
        let (continues, goes_on, count) = (header & 0x80 != 0, header & 0x40 != 0, header >> 4 & 3);
        if continues == self.open.is_empty() {
            return None;
        }
        let mut index = 0;
        while !packet.is_empty() {
            index += 1;
            let last_by_count = count != 0 && index == count;
            let len = if last_by_count { packet.len() } else { leb128(&mut packet)? };
            if len > packet.len() {
                return None;
            }
            let element = packet.split_to(len);
            let last = packet.is_empty();
            if last_by_count && !last {
                return None;
            }
            self.open.push(element);
            if !(last && goes_on) {
                let pieces = std::mem::take(&mut self.open);
                self.obu(pieces)?;
            }
        }
        (count == 0 || index == count).then_some(())
    }

    /// A whole OBU: put behind its length, or left out when a file does not have it.
    fn obu(&mut self, mut pieces: Vec<Bytes>) -> Option<()> {
        let first = pieces.first_mut()?;
        let header = first.try_get_u8().ok()?;
        let kind = header >> 3 & 15;
        let extension = if header & 4 == 0 { None } else { Some(first.try_get_u8().ok()?) };
        if header & 2 != 0 {
            let said = leb128(first)?;
            let is: usize = pieces.iter().map(Bytes::len).sum();
            if said != is {
                return None;
            }
        }
        let upper_layer = extension.is_some_and(|extension| extension >> 3 & 3 > 0);
        if upper_layer || matches!(kind, TEMPORAL_DELIMITER | TILE_LIST | PADDING) {
            return Some(());
        }
        let len: usize = pieces.iter().map(Bytes::len).sum();
        let mut head = vec![header | 2];
        head.extend(extension);
        put_leb128(&mut head, len);
        if kind == SEQUENCE_HEADER {
            self.sequence(&head, &pieces, len)?;
        }
        self.unit.pieces.push(head.into());
        self.unit.pieces.append(&mut pieces);
        Some(())
    }

    /// A key frame has one in front.
    fn sequence(&mut self, head: &[u8], pieces: &[Bytes], len: usize) -> Option<()> {
        if len > MAX_SEQUENCE_HEADER {
            return None;
        }
        let body = pieces.concat();
        let sequence = Sequence::parse(&body)?;
        self.unit.key = true;
        self.unit.size = Some((sequence.width, sequence.height));
        self.unit.private = Some([&sequence.configuration, head, &body].concat().into());
        Some(())
    }
}

/// Takes a length as AV1 writes them; more than four bytes are no length of something in a packet.
fn leb128(bytes: &mut Bytes) -> Option<usize> {
    let mut value = 0;
    for shift in [0, 7, 14, 21] {
        let byte = bytes.try_get_u8().ok()?;
        value |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

fn put_leb128(out: &mut Vec<u8>, mut value: usize) {
    loop {
        let low = u8::try_from(value & 0x7f).unwrap_or_default();
        value >>= 7;
        if value == 0 {
            out.push(low);
            return;
        }
        out.push(low | 0x80);
    }
}

/// What of the sequence header is of interest.
#[derive(Debug)]
struct Sequence {
    width: u32,
    height: u32,
    /// The first four bytes of `av1C`.
    configuration: [u8; 4],
}

impl Sequence {
    fn parse(body: &[u8]) -> Option<Self> {
        let mut bits = Bits::new(body);
        let profile = bits.take(3)?;
        bits.skip(1)?;
        let reduced = bits.flag()?;
        let (level, tier) = if reduced { (bits.take(5)?, 0) } else { operating_points(&mut bits)? };
        let width_bits = bits.take(4)? as usize + 1;
        let height_bits = bits.take(4)? as usize + 1;
        let width = bits.take(width_bits)? + 1;
        let height = bits.take(height_bits)? + 1;
        tools(&mut bits, reduced)?;
        let colours = colours(&mut bits, profile)?;
        let configuration = [0x81, byte(profile << 5 | level)?, byte(tier << 7 | colours)?, 0];
        Some(Self { width, height, configuration })
    }
}

fn byte(value: u32) -> Option<u8> {
    u8::try_from(value).ok()
}

/// Timing and operating points; gives level and tier of the first one.
fn operating_points(bits: &mut Bits<'_>) -> Option<(u32, u32)> {
    let mut delay_bits = None;
    if bits.flag()? {
        bits.skip(64)?;
        if bits.flag()? {
            bits.golomb()?;
        }
        if bits.flag()? {
            delay_bits = Some(bits.take(5)? as usize + 1);
            bits.skip(32 + 5 + 5)?;
        }
    }
    let has_initial_delay = bits.flag()?;
    let mut of_first = None;
    for _ in 0..=bits.take(5)? {
        bits.skip(12)?;
        let level = bits.take(5)?;
        let tier = if level > 7 { bits.take(1)? } else { 0 };
        if let Some(delay_bits) = delay_bits
            && bits.flag()?
        {
            bits.skip(2 * delay_bits + 1)?;
        }
        if has_initial_delay && bits.flag()? {
            bits.skip(4)?;
        }
        of_first.get_or_insert((level, tier));
    }
    of_first
}

/// Which means the encoder uses: only their length matters.
fn tools(bits: &mut Bits<'_>, reduced: bool) -> Option<()> {
    if !reduced && bits.flag()? {
        bits.skip(7)?;
    }
    bits.skip(3)?;
    if !reduced {
        bits.skip(4)?;
        let has_order = bits.flag()?;
        if has_order {
            bits.skip(2)?;
        }
        let chosen_per_frame = bits.flag()?;
        let screen_content = chosen_per_frame || bits.flag()?;
        if screen_content && !bits.flag()? {
            bits.skip(1)?;
        }
        if has_order {
            bits.skip(3)?;
        }
    }
    bits.skip(3)
}

/// `color_config()`: the low seven bits of the third byte of `av1C`.
fn colours(bits: &mut Bits<'_>, profile: u32) -> Option<u32> {
    const SRGB: [u32; 3] = [1, 13, 0];
    let high_depth = bits.flag()?;
    let twelve = profile == 2 && high_depth && bits.flag()?;
    let mono = profile != 1 && bits.flag()?;
    let description = if bits.flag()? { [bits.take(8)?, bits.take(8)?, bits.take(8)?] } else { [2, 2, 2] };
    let (x, y, position) = if mono {
        (1, 1, 0)
    } else if description == SRGB {
        (0, 0, 0)
    } else {
        bits.skip(1)?;
        let (x, y) = match profile {
            0 => (1, 1),
            1 => (0, 0),
            _ if twelve => {
                let x = bits.take(1)?;
                (x, if x == 1 { bits.take(1)? } else { 0 })
            }
            _ => (1, 0),
        };
        (x, y, if x == 1 && y == 1 { bits.take(2)? } else { 0 })
    };
    let flags = u32::from(high_depth) << 6 | u32::from(twelve) << 5 | u32::from(mono) << 4;
    Some(flags | x << 3 | y << 2 | position)
}
