//! Opus: RFC 6716 section 3, RFC 7587. A packet is a frame; only its length in time has to be known.

/// Nothing is longer: RFC 6716 allows 120 ms.
const MAX_TICKS: i64 = 5760;
/// 20 ms of silence.
pub(in crate::media) const SILENCE: [u8; 3] = [0xf8, 0xff, 0xfe];

/// Duration in ticks of 48 kHz; none for what is no Opus packet.
pub(in crate::media) fn ticks(packet: &[u8]) -> Option<i64> {
    let toc = *packet.first()?;
    let frame = match (toc >> 3, toc >> 3 & 3) {
        (16.., 0) => 120,
        (16.., 1) => 240,
        (0..=11, 0) | (12..=15, 0 | 2) | (16.., 2) => 480,
        (0..=11, 1) | (12.., _) => 960,
        (0..=11, 2) => 1920,
        (0..=11, _) => 2880,
    };
    let frames = match toc & 3 {
        0 => 1,
        1 | 2 => 2,
        _ => i64::from(packet.get(1)? & 0x3f),
    };
    Some(frame * frames).filter(|ticks| (1..=MAX_TICKS).contains(ticks))
}

/// A packet of the same kind without a frame in it: decoders conceal a loss of one frame's length there.
pub(in crate::media) fn concealment(toc: u8) -> [u8; 1] {
    [toc & 0xfc]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_stands_in_the_first_bytes() {
        assert_eq!(ticks(&SILENCE), Some(960));
        assert_eq!(ticks(&[0b0000_1000]), Some(960), "SILK, 20 ms");
        assert_eq!(ticks(&[0b0001_1000]), Some(2880), "SILK, 60 ms");
        assert_eq!(ticks(&[0b0110_0001]), Some(960), "hybrid, twice 10 ms");
        assert_eq!(ticks(&[0b1000_0011, 4]), Some(480), "CELT, four times 2.5 ms");
        assert_eq!(ticks(&concealment(0xfb)), Some(960));
    }

    #[test]
    fn what_is_no_packet_has_no_length() {
        assert_eq!(ticks(&[]), None);
        assert_eq!(ticks(&[0xfb]), None, "the count of frames is missing");
        assert_eq!(ticks(&[0xfb, 0]), None, "no frame");
        assert_eq!(ticks(&[0xfb, 7]), None, "140 ms");
    }
}
