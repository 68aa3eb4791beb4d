//! VP8: RFC 7741, and of RFC 6386 the key frame's header.

use bytes::{Buf as _, Bytes};

use super::Unit;

/// What begins the picture of a key frame.
const START_CODE: [u8; 3] = [0x9d, 0x01, 0x2a];

/// The payloads of one frame become the frame.
pub(super) fn unit(mut packets: Vec<Bytes>) -> Option<Unit> {
    for (index, packet) in packets.iter_mut().enumerate() {
        let first = *packet.first()?;
        let starts_frame = first & 0x17 == 0x10;
        if index == 0 && !starts_frame {
            return None;
        }
        let descriptor = descriptor_len(packet)?;
        if descriptor >= packet.len() {
            return None;
        }
        packet.advance(descriptor);
    }
    let head = packets.first()?;
    let key = head.first()? & 1 == 0;
    let size = if key { Some(size(head)?) } else { None };
    Some(Unit { pieces: packets, key, size, private: None })
}

fn descriptor_len(packet: &[u8]) -> Option<usize> {
    if packet.first()? & 0x80 == 0 {
        return Some(1);
    }
    let extension = packet.get(1)?;
    let mut len = 2;
    if extension & 0x80 != 0 {
        let long = packet.get(len)? & 0x80 != 0;
        len += if long { 2 } else { 1 };
    }
    len += usize::from(extension & 0x40 != 0);
    len += usize::from(extension & 0x30 != 0);
    Some(len)
}

/// Width and height of a key frame. A sender may cut within the header only if its packets have less than 11 bytes.
fn size(head: &[u8]) -> Option<(u32, u32)> {
    let [_, _, _, a, b, c, w0, w1, h0, h1] = *head.first_chunk::<10>()?;
    if [a, b, c] != START_CODE {
        return None;
    }
    let pixels = |low, high| u32::from(u16::from_le_bytes([low, high]) & 0x3fff);
    Some((pixels(w0, w1), pixels(h0, h1)))
}
