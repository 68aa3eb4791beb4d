//! From RTP payloads to frames. Each frame is parsed by itself, with nothing kept from the one before, and nothing that a
//! sender writes can make a parser panic: what is wrong is no frame.

mod av1;
mod bits;
mod h264;
pub(in crate::media) mod opus;
mod vp8;
mod vp9;

use bytes::Bytes;

use super::{Codec, webm::MAX_FRAME_BYTES};

/// One frame that is complete. Its bytes are where they arrived: nothing is copied before they stand in the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unit {
    /// Put after one another they are the frame. None: only parameters came.
    pub pieces: Vec<Bytes>,
    /// It needs no other frame.
    pub key: bool,
    /// In pixels, when it says so.
    pub size: Option<(u32, u32)>,
    /// `CodecPrivate`, when it carries the parameters.
    pub private: Option<Bytes>,
}

/// The payloads of one frame, in order and complete, become the frame. None: they are not what they say they are.
pub fn unit(codec: Codec, packets: Vec<Bytes>) -> Option<Unit> {
    match codec {
        Codec::Opus => {
            let whole = packets.len() == 1 && packets.iter().all(|packet| opus::ticks(packet).is_some());
            whole.then_some(Unit { pieces: packets, key: true, size: None, private: None })
        }
        Codec::Vp8 => vp8::unit(packets),
        Codec::Vp9 => vp9::unit(packets),
        Codec::H264 => h264::unit(packets),
        Codec::Av1 => av1::unit(packets),
    }
}

/// A frame at its place in the sender's time.
#[derive(Debug)]
pub(super) struct Frame {
    /// RTP time without its wrapping.
    pub(super) ticks: i64,
    pub(super) codec: Codec,
    pub(super) unit: Unit,
    /// Length in bytes.
    pub(super) len: usize,
    /// Which of the track's streams it belongs to.
    pub(super) stream: u32,
    /// Where on the recording's timeline, in seconds, once its stream has ended; before that its clock says so.
    pub(super) at: Option<f64>,
}

/// Collects the payloads of one stream into frames. After a loss it waits for a key frame: a short freeze is better in a
/// clinical record than a smeared picture.
#[derive(Debug)]
pub(super) struct Assembler {
    codec: Codec,
    stream: u32,
    packets: Vec<Bytes>,
    len: usize,
    /// RTP time of the frame that is being collected.
    open: Option<i64>,
    damaged: bool,
    /// Parameters that came before, for codecs which do not send them with each key frame.
    private: Option<Bytes>,
    needs_key: bool,
    /// Frames that came and are of no use.
    pub(super) dropped: u64,
}

impl Assembler {
    pub(super) fn new(codec: Codec, stream: u32) -> Self {
        Self {
            codec,
            stream,
            packets: Vec::new(),
            len: 0,
            open: None,
            damaged: false,
            private: None,
            needs_key: codec.is_video(),
            dropped: 0,
        }
    }

    pub(super) fn codec(&self) -> Codec {
        self.codec
    }

    /// Nothing can be written before a key frame comes.
    pub(super) fn needs_key(&self) -> bool {
        self.needs_key
    }

    /// A key frame is needed for another reason.
    pub(super) fn need_key(&mut self) {
        self.needs_key |= self.codec.is_video();
    }

    /// Something is missing here: what is being collected is damaged, and so is all that is predicted from it.
    pub(super) fn lost(&mut self) {
        self.damaged = self.open.is_some();
        self.need_key();
    }

    /// The next payload.
    pub(super) fn push(&mut self, ticks: i64, marker: bool, payload: Bytes, out: &mut impl Extend<Frame>) {
        if payload.is_empty() {
            // A probe for bandwidth, which has nothing but padding.
            return;
        }
        if !self.codec.is_video() {
            out.extend(self.frame(ticks, vec![payload]));
            return;
        }
        if self.open.is_some_and(|open| open != ticks) {
            self.finish(out);
        }
        self.open = Some(ticks);
        self.len += payload.len();
        if self.len > MAX_FRAME_BYTES {
            self.damaged = true;
            self.packets.clear();
        } else {
            self.packets.push(payload);
        }
        if marker {
            self.finish(out);
        }
    }

    /// Ends the frame that is being collected.
    pub(super) fn finish(&mut self, out: &mut impl Extend<Frame>) {
        let Some(ticks) = self.open.take() else { return };
        self.len = 0;
        let packets = std::mem::take(&mut self.packets);
        let room = packets.len();
        let damaged = std::mem::take(&mut self.damaged);
        if damaged {
            self.dropped += 1;
            self.need_key();
        } else {
            out.extend(self.frame(ticks, packets));
        }
        self.packets.reserve(room);
    }

    fn frame(&mut self, ticks: i64, packets: Vec<Bytes>) -> Option<Frame> {
        let Some(mut unit) = unit(self.codec, packets) else {
            self.dropped += 1;
            self.need_key();
            return None;
        };
        if unit.private.is_some() {
            self.private.clone_from(&unit.private);
        }
        if unit.pieces.is_empty() {
            return None;
        }
        if unit.key && self.codec == Codec::H264 {
            unit.private.clone_from(&self.private);
        }
        let explains_itself = unit.key && (self.codec != Codec::H264 || unit.private.is_some());
        self.needs_key &= !explains_itself;
        let len = unit.pieces.iter().map(Bytes::len).sum();
        if self.needs_key || len > MAX_FRAME_BYTES {
            self.dropped += 1;
            self.need_key();
            return None;
        }
        Some(Frame { ticks, codec: self.codec, unit, len, stream: self.stream, at: None })
    }
}
