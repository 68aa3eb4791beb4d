//! Frames of each codec, as small as they may be: right headers around a marker of eight bytes.

use bedside_recorder::media::Codec;
use bytes::Bytes;

/// Writes single bits.
#[derive(Debug, Default)]
struct Bits(Vec<u8>, usize);

impl Bits {
    fn put(&mut self, value: u32, count: usize) -> &mut Self {
        for index in (0..count).rev() {
            if self.1.is_multiple_of(8) {
                self.0.push(0);
            }
            *self.0.last_mut().unwrap() |= u8::from(value >> index & 1 == 1) << (7 - self.1 % 8);
            self.1 += 1;
        }
        self
    }

    fn golomb(&mut self, value: u32) -> &mut Self {
        let bits = 32 - (value + 1).leading_zeros() as usize;
        self.put(0, bits - 1).put(value + 1, bits)
    }
}

/// Sequence parameters of H.264.
pub fn sequence_parameters(size: (u32, u32)) -> Vec<u8> {
    let mut bits = Bits(vec![0x67, 66, 0, 30], 32);
    bits.golomb(0).golomb(0).golomb(2).golomb(1).put(0, 1);
    bits.golomb(size.0 / 16 - 1).golomb(size.1 / 16 - 1).put(0b1_0001, 5);
    bits.0
}

fn av1_sequence(size: (u32, u32)) -> Vec<u8> {
    let mut bits = Bits::default();
    bits.put(0b0_0011, 5).put(8, 5).put(9, 4).put(9, 4).put(size.0 - 1, 10).put(size.1 - 1, 10);
    bits.put(0, 6).put(0, 6).put(0, 1).put(1, 1);
    bits.0
}

/// One frame as the payloads of its packets.
pub fn frame(codec: Codec, key: bool, size: (u32, u32), marker: [u8; 8]) -> Vec<Bytes> {
    let payloads: Vec<Vec<u8>> = match (codec, key) {
        (Codec::Opus, _) => vec![[&[0xfc], marker.as_slice()].concat()],
        (Codec::Vp8, true) => {
            let [w, h] = [size.0, size.1].map(|pixels| u16::try_from(pixels).unwrap().to_le_bytes());
            let head = [&[0x10, 0x10, 0, 0, 0x9d, 0x01, 0x2a], &w[..], &h[..]].concat();
            vec![head, [&[0][..], &[7; 600]].concat(), [&[0], marker.as_slice()].concat()]
        }
        (Codec::Vp8, false) => vec![[&[0x10, 0x01, 0, 0], marker.as_slice()].concat()],
        (Codec::Vp9, true) => {
            let mut bits = Bits(vec![0x8c, 0x11, 0x82, 0x49, 0x83, 0x42], 48);
            bits.put(0b0010, 4).put(size.0 - 1, 16).put(size.1 - 1, 16).put(0, 4);
            vec![bits.0, [&[0x84, 0x11], marker.as_slice()].concat()]
        }
        (Codec::Vp9, false) => vec![[&[0xcc, 0x12, 0x86], marker.as_slice()].concat()],
        (Codec::H264, true) => {
            let parameters = sequence_parameters(size);
            let len = u8::try_from(parameters.len()).unwrap();
            let first = [&[0x78, 0, len][..], &parameters, &[0, 2, 0x68, 0xce]].concat();
            vec![
                first,
                [&[0x7c, 0x85, 0x88][..], &[7; 600]].concat(),
                [&[0x7c, 0x45], marker.as_slice()].concat(),
            ]
        }
        (Codec::H264, false) => vec![[&[0x41, 0x9a], marker.as_slice()].concat()],
        (Codec::Av1, true) => {
            let sequence = av1_sequence(size);
            let len = u8::try_from(sequence.len() + 1).unwrap();
            let first = [&[0x68, len, 0x08][..], &sequence, &[0x30, 1, 2, 3]].concat();
            vec![first, [&[0x90], marker.as_slice()].concat()]
        }
        (Codec::Av1, false) => vec![[&[0x10, 0x30], marker.as_slice()].concat()],
    };
    payloads.into_iter().map(Bytes::from).collect()
}
