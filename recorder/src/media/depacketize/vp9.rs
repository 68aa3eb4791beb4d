//! VP9: RFC 9628, and of the bitstream's specification the key frame's header.

use bytes::{Buf as _, Bytes};

use super::{Unit, bits::Bits};

/// What a packet says before its piece of the frame.
#[derive(Debug, Clone, Copy)]
struct Descriptor {
    len: usize,
    /// The piece begins a frame.
    begins: bool,
    /// The frame is predicted from others.
    predicted: bool,
    /// The spatial layer.
    layer: u32,
}

/// The payloads of one frame become the frame. Of several spatial layers the lowest is kept: it needs no other.
pub(super) fn unit(mut packets: Vec<Bytes>) -> Option<Unit> {
    let mut key = None;
    let mut broken = false;
    packets.retain_mut(|packet| {
        let Some(descriptor) = descriptor(packet).filter(|descriptor| descriptor.len < packet.len()) else {
            broken = true;
            return false;
        };
        if descriptor.layer > 0 {
            return false;
        }
        if key.is_none() {
            broken |= !descriptor.begins;
            key = Some(!descriptor.predicted);
        }
        packet.advance(descriptor.len);
        true
    });
    let key = key.filter(|_| !broken)?;
    let size = if key { Some(size(packets.first()?)?) } else { None };
    Some(Unit { pieces: packets, key, size, private: None })
}

fn descriptor(packet: &[u8]) -> Option<Descriptor> {
    let mut bits = Bits::new(packet);
    let has_picture_id = bits.flag()?;
    let predicted = bits.flag()?;
    let has_layers = bits.flag()?;
    let flexible = bits.flag()?;
    let begins = bits.flag()?;
    bits.skip(1)?;
    let has_structure = bits.flag()?;
    bits.skip(1)?;
    let mut bytes = 1;
    if has_picture_id {
        let long = bits.flag()?;
        bits.skip(if long { 15 } else { 7 })?;
        bytes += if long { 2 } else { 1 };
    }
    let mut layer = 0;
    if has_layers {
        bits.skip(4)?;
        layer = bits.take(3)?;
        bits.skip(1)?;
        bytes += 1;
        if !flexible {
            bits.skip(8)?;
            bytes += 1;
        }
    }
    if flexible && predicted {
        // Three references at most.
        for index in 0.. {
            if index == 3 {
                return None;
            }
            bits.skip(7)?;
            bytes += 1;
            if !bits.flag()? {
                break;
            }
        }
    }
    if has_structure {
        bytes += structure(&mut bits)?;
    }
    Some(Descriptor { len: bytes, begins, predicted, layer })
}

/// The scalability structure; gives its length in bytes.
fn structure(bits: &mut Bits<'_>) -> Option<usize> {
    let layers = bits.take(3)? + 1;
    let has_sizes = bits.flag()?;
    let has_pictures = bits.flag()?;
    bits.skip(3)?;
    let mut bytes = 1;
    if has_sizes {
        for _ in 0..layers {
            bits.skip(32)?;
            bytes += 4;
        }
    }
    if has_pictures {
        let pictures = bits.take(8)?;
        bytes += 1;
        for _ in 0..pictures {
            bits.skip(4)?;
            let references = bits.take(2)?;
            bits.skip(2)?;
            bytes += 1;
            for _ in 0..references {
                bits.skip(8)?;
                bytes += 1;
            }
        }
    }
    Some(bytes)
}

/// Width and height from the uncompressed header of a key frame; none when it is no key frame.
fn size(frame: &[u8]) -> Option<(u32, u32)> {
    let mut bits = Bits::new(frame);
    if bits.take(2)? != 2 {
        return None;
    }
    let profile = bits.take(1)? | bits.take(1)? << 1;
    if profile == 3 {
        bits.skip(1)?;
    }
    let shows_existing = bits.flag()?;
    let inter = bits.flag()?;
    bits.skip(2)?;
    if shows_existing || inter || bits.take(24)? != 0x49_83_42 {
        return None;
    }
    if profile >= 2 {
        bits.skip(1)?;
    }
    let rgb = bits.take(3)? == 7;
    match (rgb, profile % 2 == 1) {
        (false, false) | (true, true) => bits.skip(1)?,
        (false, true) => bits.skip(4)?,
        (true, false) => {}
    }
    Some((bits.take(16)? + 1, bits.take(16)? + 1))
}
