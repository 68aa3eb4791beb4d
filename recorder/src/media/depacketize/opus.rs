//! Opus: RFC 6716 section 3, RFC 7587. A packet is a frame; only its length in time has to be known.

/// Nothing is longer: RFC 6716 allows 120 ms.
const MAX_TICKS: i64 = 5760;
/// The first bytes of packets of one frame of full band sound, 5, 10 and 20 ms long.
const SHORTEST: u8 = 0xe8;
const SHORT: u8 = 0xf0;
const USUAL: u8 = 0xf8;
/// Behind one of them, silence.
const SILENCE: [u8; 2] = [0xff, 0xfe];
/// A hole is filled as well as the shortest packet can.
const TOO_SHORT: f64 = 0.0025;

/// A packet that was made up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::media) struct Filler {
    packet: [u8; 3],
    len: usize,
}

impl Filler {
    pub(in crate::media) fn packet(&self) -> &[u8] {
        self.packet.get(..self.len).unwrap_or_default()
    }

    pub(in crate::media) fn seconds(&self) -> f64 {
        seconds(self.packet()).unwrap_or_default()
    }
}

/// A packet of the same kind as the last without a frame in it: decoders conceal a loss of one frame's length there. A shorter
/// one, where the hole of so many seconds is.
pub(in crate::media) fn conceal(last: u8, hole: f64) -> Filler {
    let stereo = last & 4;
    fit(&[last & 0xfc, SHORT | stereo, SHORTEST | stereo], 1, hole)
}

/// Silence for a hole of so many seconds, or its beginning.
pub(in crate::media) fn silence(hole: f64) -> Filler {
    fit(&[USUAL, SHORT, SHORTEST], 3, hole)
}

fn fit(first_bytes: &[u8], len: usize, hole: f64) -> Filler {
    let filler = |first: &u8| Filler { packet: [*first, SILENCE[0], SILENCE[1]], len };
    let mut fillers = first_bytes.iter().map(filler);
    let fits = fillers.clone().find(|filler| filler.seconds() <= hole + TOO_SHORT);
    fits.or_else(|| fillers.next_back()).unwrap_or(Filler { packet: [SHORTEST, 0, 0], len: 1 })
}

/// Duration in seconds.
#[expect(clippy::cast_precision_loss, reason = "a packet has 5,760 ticks at most")]
pub(in crate::media) fn seconds(packet: &[u8]) -> Option<f64> {
    ticks(packet).map(|ticks| ticks as f64 / 48_000.0)
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_stands_in_the_first_bytes() {
        assert_eq!(ticks(silence(1.0).packet()), Some(960));
        assert_eq!(ticks(&[0b0000_1000]), Some(960), "SILK, 20 ms");
        assert_eq!(ticks(&[0b0001_1000]), Some(2880), "SILK, 60 ms");
        assert_eq!(ticks(&[0b0110_0001]), Some(960), "hybrid, twice 10 ms");
        assert_eq!(ticks(&[0b1000_0011, 4]), Some(480), "CELT, four times 2.5 ms");
        assert_eq!(ticks(conceal(0xfb, 1.0).packet()), Some(960));
    }

    #[test]
    fn a_hole_is_filled_with_what_fits() {
        let lengths = [0.003, 0.0074, 0.0076, 0.017, 0.018, 1.0].map(|hole| {
            let (silence, concealed) = (silence(hole), conceal(0b0001_1000, hole));
            (ticks(silence.packet()), ticks(concealed.packet()))
        });
        let [shortest, short, usual, sixty] = [Some(240), Some(480), Some(960), Some(2880)];
        let short_ones = [(shortest, shortest), (shortest, shortest), (short, short), (short, short)];
        assert_eq!(lengths[..4], short_ones);
        assert_eq!(lengths[4..], [(usual, short), (usual, sixty)]);
    }

    #[test]
    fn what_is_no_packet_has_no_length() {
        assert_eq!(ticks(&[]), None);
        assert_eq!(ticks(&[0xfb]), None, "the count of frames is missing");
        assert_eq!(ticks(&[0xfb, 0]), None, "no frame");
        assert_eq!(ticks(&[0xfb, 7]), None, "140 ms");
    }
}
