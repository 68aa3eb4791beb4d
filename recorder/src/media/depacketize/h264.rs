//! H.264: RFC 6184 in its non-interleaved mode (single NAL units, STAP-A, FU-A), and of ISO 14496-10 the sequence parameters.

use bytes::{Buf as _, Bytes};

use super::{Unit, bits::Bits};

const SLICE: u8 = 1;
const KEY_SLICE: u8 = 5;
const SEQUENCE_PARAMETERS: u8 = 7;
const PICTURE_PARAMETERS: u8 = 8;
const STAP_A: u8 = 24;
const FU_A: u8 = 28;
/// Parameter sets of one kind in one frame; encoders send one or two.
const MAX_PARAMETER_SETS: usize = 8;
/// Profiles that say more about colours: section 7.3.2.1.1.
const HIGH_PROFILES: [u32; 13] = [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135];

/// The payloads of one frame become the frame, each NAL unit behind its length. Without a picture there are no pieces.
pub(super) fn unit(packets: Vec<Bytes>) -> Option<Unit> {
    let mut frame = Frame::default();
    for packet in packets {
        frame.packet(packet)?;
    }
    frame.finish()
}

#[derive(Debug, Default)]
struct Frame {
    pieces: Vec<Bytes>,
    /// A NAL unit in fragments: where its head belongs, its first byte, its length so far.
    fragmented: Option<(usize, u8, usize)>,
    sequence: Vec<Bytes>,
    picture: Vec<Bytes>,
    key: bool,
    seen: bool,
}

impl Frame {
    fn packet(&mut self, mut packet: Bytes) -> Option<()> {
        let first = *packet.first()?;
        match first & 0x1f {
            STAP_A if self.fragmented.is_none() => {
                packet.advance(1);
                while !packet.is_empty() {
                    let len = usize::from(packet.try_get_u16().ok()?);
                    if len > packet.len() {
                        return None;
                    }
                    self.whole(packet.split_to(len))?;
                }
                Some(())
            }
            FU_A => self.fragment(first, packet),
            1..=23 if self.fragmented.is_none() => self.whole(packet),
            _ => None,
        }
    }

    /// A whole NAL unit.
    fn whole(&mut self, nal: Bytes) -> Option<()> {
        let kind = nal.first()? & 0x1f;
        self.look_at(kind, nal.get(1).copied())?;
        match kind {
            SEQUENCE_PARAMETERS => remember(&mut self.sequence, &nal)?,
            PICTURE_PARAMETERS => remember(&mut self.picture, &nal)?,
            _ => {}
        }
        self.pieces.push(Bytes::copy_from_slice(&u32::try_from(nal.len()).ok()?.to_be_bytes()));
        self.pieces.push(nal);
        Some(())
    }

    fn fragment(&mut self, indicator: u8, mut packet: Bytes) -> Option<()> {
        let header = *packet.get(1)?;
        packet.advance(2);
        if header & 0x80 != 0 {
            if self.fragmented.is_some() {
                return None;
            }
            self.look_at(header & 0x1f, packet.first().copied())?;
            // Its length is known at its end only: the place is kept.
            self.pieces.push(Bytes::new());
            self.fragmented = Some((self.pieces.len() - 1, indicator & 0xe0 | header & 0x1f, 1));
        }
        let (head, first, len) = self.fragmented.as_mut()?;
        *len += packet.len();
        self.pieces.push(packet);
        if header & 0x40 != 0 {
            let [a, b, c, d] = u32::try_from(*len).ok()?.to_be_bytes();
            *self.pieces.get_mut(*head)? = Bytes::copy_from_slice(&[a, b, c, d, *first]);
            self.fragmented = None;
        }
        Some(())
    }

    /// A picture has to begin with its first macroblock, whose number is zero: one bit. Otherwise something before it is lost.
    fn look_at(&mut self, kind: u8, second: Option<u8>) -> Option<()> {
        if kind == SLICE || kind == KEY_SLICE {
            let from_the_top = second? & 0x80 != 0;
            if !self.seen && !from_the_top {
                return None;
            }
            self.seen = true;
            self.key |= kind == KEY_SLICE;
        }
        Some(())
    }

    fn finish(mut self) -> Option<Unit> {
        if self.fragmented.is_some() || self.pieces.is_empty() {
            return None;
        }
        let parameters = self.sequence.first().and_then(|sequence| parameters(sequence));
        let private = private(&self.sequence, &self.picture);
        if !self.seen {
            self.pieces.clear();
        }
        Some(Unit {
            pieces: self.pieces,
            key: self.key,
            size: parameters.map(|of| (of.width, of.height)),
            private,
        })
    }
}

fn remember(sets: &mut Vec<Bytes>, nal: &Bytes) -> Option<()> {
    if !sets.contains(nal) {
        sets.push(nal.clone());
    }
    (sets.len() <= MAX_PARAMETER_SETS).then_some(())
}

/// `AVCDecoderConfigurationRecord` of ISO 14496-15, when both kinds of parameters are there.
fn private(sequence: &[Bytes], picture: &[Bytes]) -> Option<Bytes> {
    let first = sequence.first()?;
    let of = parameters(first)?;
    picture.first()?;
    let [_, profile, constraints, level] = *first.first_chunk::<4>()?;
    let mut record = vec![1, profile, constraints, level, 0xff, 0xe0 | u8::try_from(sequence.len()).ok()?];
    let put = |sets: &[Bytes], record: &mut Vec<u8>| -> Option<()> {
        for set in sets {
            record.extend_from_slice(&u16::try_from(set.len()).ok()?.to_be_bytes());
            record.extend_from_slice(set);
        }
        Some(())
    };
    put(sequence, &mut record)?;
    record.push(u8::try_from(picture.len()).ok()?);
    put(picture, &mut record)?;
    if matches!(profile, 100 | 110 | 122 | 144) {
        record.extend_from_slice(&[0xfc | of.chroma, 0xf8 | of.luma_depth, 0xf8 | of.chroma_depth, 0]);
    }
    Some(record.into())
}

/// What of the sequence parameters is of interest.
#[derive(Debug, Clone, Copy)]
struct Parameters {
    width: u32,
    height: u32,
    chroma: u8,
    /// Bits less eight.
    luma_depth: u8,
    /// Bits less eight.
    chroma_depth: u8,
}

fn parameters(nal: &[u8]) -> Option<Parameters> {
    let plain = without_escapes(nal.get(1..)?);
    let mut bits = Bits::new(&plain);
    let profile = bits.take(8)?;
    bits.skip(16)?;
    bits.golomb()?;
    let (mut chroma, mut luma_depth, mut chroma_depth, mut planes) = (1, 0, 0, false);
    if HIGH_PROFILES.contains(&profile) {
        chroma = bits.golomb()?;
        planes = chroma == 3 && bits.flag()?;
        luma_depth = bits.golomb()?;
        chroma_depth = bits.golomb()?;
        bits.skip(1)?;
        if bits.flag()? {
            scaling_matrix(&mut bits, if chroma == 3 { 12 } else { 8 })?;
        }
    }
    bits.golomb()?;
    picture_order(&mut bits)?;
    bits.golomb()?;
    bits.skip(1)?;
    let width = bits.golomb()?.checked_add(1)?.checked_mul(16)?;
    let rows = bits.golomb()?.checked_add(1)?;
    let frames_only = bits.flag()?;
    let field = if frames_only { 1 } else { 2 };
    let height = rows.checked_mul(16 * field)?;
    if !frames_only {
        bits.skip(1)?;
    }
    bits.skip(1)?;
    let (mut across, mut down) = (0, 0);
    if bits.flag()? {
        let [left, right, top, bottom] = [bits.golomb()?, bits.golomb()?, bits.golomb()?, bits.golomb()?];
        let (unit_x, unit_y) = match chroma {
            1 if !planes => (2, 2 * field),
            2 if !planes => (2, field),
            _ => (1, field),
        };
        across = left.checked_add(right)?.checked_mul(unit_x)?;
        down = top.checked_add(bottom)?.checked_mul(unit_y)?;
    }
    Some(Parameters {
        width: width.checked_sub(across)?,
        height: height.checked_sub(down)?,
        chroma: u8::try_from(chroma).ok().filter(|chroma| *chroma < 4)?,
        luma_depth: u8::try_from(luma_depth).ok().filter(|depth| *depth < 7)?,
        chroma_depth: u8::try_from(chroma_depth).ok().filter(|depth| *depth < 7)?,
    })
}

fn scaling_matrix(bits: &mut Bits<'_>, lists: usize) -> Option<()> {
    for list in 0..lists {
        if !bits.flag()? {
            continue;
        }
        let (mut last, mut next) = (8, 8);
        for _ in 0..if list < 6 { 16 } else { 64 } {
            if next != 0 {
                next = last_plus(last, bits.signed_golomb()?);
            }
            last = if next == 0 { last } else { next };
        }
    }
    Some(())
}

fn last_plus(last: i32, delta: i32) -> i32 {
    last.wrapping_add(delta).rem_euclid(256)
}

fn picture_order(bits: &mut Bits<'_>) -> Option<()> {
    match bits.golomb()? {
        0 => {
            bits.golomb()?;
        }
        1 => {
            bits.skip(1)?;
            bits.signed_golomb()?;
            bits.signed_golomb()?;
            // Each takes a bit at least, so that the end of the bytes is the limit.
            for _ in 0..bits.golomb()? {
                bits.signed_golomb()?;
            }
        }
        _ => {}
    }
    Some(())
}

/// Within a NAL unit a 3 is put after two zeros: it is no content.
fn without_escapes(nal: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(nal.len());
    let mut zeros = 0;
    for byte in nal {
        if zeros >= 2 && *byte == 3 {
            zeros = 0;
            continue;
        }
        zeros = if *byte == 0 { zeros + 1 } else { 0 };
        plain.push(*byte);
    }
    plain
}
