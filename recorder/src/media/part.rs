//! One file of a leg while it is written.

use bytes::Bytes;

use super::{
    Codec, Container, Gap, Kind, PartReport, TrackReport,
    depacketize::{Frame, opus},
    tape::Op,
    track::Counts,
    webm::{Block, Entry, Writer},
};

/// Holes that are said: a clinical record should not hide them, and a manifest should stay readable.
const MAX_GAPS: usize = 256;
/// A hole in the sound: what decoders do not conceal well.
const SOUND_GAP_MS: i64 = 100;
/// A picture that stands still for so long.
const PICTURE_GAP_MS: i64 = 500;
/// A frame may stand this far before its cluster's time, when it was held up.
const MAX_BEHIND_MS: i64 = 5000;
/// How long the last picture is shown.
const PICTURE_MS: i64 = 33;

/// What a file can take of a track, with the number of the track's stream.
#[derive(Debug, Clone)]
pub(super) struct Form {
    pub(super) codec: Codec,
    pub(super) stream: u32,
    pub(super) size: Option<(u32, u32)>,
    pub(super) private: Option<Bytes>,
}

impl Form {
    pub(super) fn of(frame: &Frame) -> Self {
        Self {
            codec: frame.codec,
            stream: frame.stream,
            size: frame.unit.size,
            private: frame.unit.private.clone(),
        }
    }
}

#[derive(Debug)]
struct Written {
    form: Form,
    number: u8,
    /// Nothing can be shown before a key frame.
    needs_key: bool,
    last_ms: Option<i64>,
    /// Where the last real frame ends.
    end_ms: Option<i64>,
    frames: u64,
    /// Key frames that did not come in time.
    dropped: u64,
    before: Counts,
    now: Counts,
}

/// A file that is being written.
#[derive(Debug)]
pub(super) struct Part {
    number: u32,
    container: Container,
    start_ms: i64,
    writer: Writer,
    /// By the place of the track in the tape.
    tracks: Vec<Option<Written>>,
    gaps: Vec<Gap>,
}

/// A frame to write.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece<'a> {
    pub(super) key: bool,
    pub(super) pieces: &'a [Bytes],
    pub(super) len: usize,
    /// It came; it was not made up.
    pub(super) real: bool,
}

impl Part {
    /// Begins a file at this time with what each track has, and says how.
    pub(super) fn begin(
        number: u32,
        at: f64,
        wall_epoch_ms: i64,
        forms: Vec<Option<(Form, Counts)>>,
    ) -> Option<(Self, Op)> {
        let entries: Vec<Entry> = forms
            .iter()
            .flatten()
            .map(|(form, _)| Entry { codec: form.codec, size: form.size, private: form.private.clone() })
            .collect();
        let container = Container::of(entries.iter().map(|entry| entry.codec));
        let start_ms = whole_ms(at).max(0);
        let writer = Writer::new(&entries, container, wall_epoch_ms.saturating_add(start_ms))?;
        let mut numbers = 0..;
        let tracks = forms
            .into_iter()
            .map(|form| {
                let (form, before) = form?;
                Some(Written {
                    number: numbers.next()?,
                    needs_key: form.codec.is_video(),
                    form,
                    last_ms: None,
                    end_ms: None,
                    frames: 0,
                    dropped: 0,
                    before,
                    now: before,
                })
            })
            .collect();
        let op = Op::Begin { part: number, container, header: writer.header() };
        Some((Self { number, container, start_ms, writer, tracks, gaps: Vec::new() }, op))
    }

    /// Whether the frame can be written here.
    pub(super) fn fits(&self, track: usize, frame: &Frame) -> bool {
        let Some(Some(written)) = self.tracks.get(track) else { return false };
        let form = &written.form;
        let same_parameters =
            frame.codec != Codec::H264 || frame.unit.private.is_none() || frame.unit.private == form.private;
        form.codec == frame.codec && form.stream == frame.stream && same_parameters
    }

    /// What it has of a track which was written not long before this time.
    pub(super) fn recent_form(&self, track: usize, at: f64) -> Option<Form> {
        const RECENT_MS: i64 = 2000;
        let written = self.tracks.get(track)?.as_ref()?;
        let age = whole_ms(at) - self.start_ms - written.last_ms?;
        (age < RECENT_MS).then(|| written.form.clone())
    }

    /// Writes a frame. False: it cannot be shown before a key frame.
    pub(super) fn write(
        &mut self,
        track: usize,
        at: f64,
        frame: Piece<'_>,
        ops: &mut impl Extend<Op>,
    ) -> bool {
        let Some(Some(written)) = self.tracks.get_mut(track) else { return false };
        if written.needs_key && !frame.key {
            written.dropped += 1;
            return false;
        }
        written.needs_key = false;
        let earliest = self.writer.cluster_at().map_or(0, |cluster| cluster - MAX_BEHIND_MS);
        let after_last = written.last_ms.map_or(0, |last| last + 1);
        let at_ms = (nearest_ms(at) - self.start_ms).max(after_last).max(earliest).max(0);
        written.last_ms = Some(at_ms);
        let video = written.form.codec.is_video();
        let duration_ms = if video { PICTURE_MS } else { sound_ms(frame.pieces) };
        if frame.real {
            written.frames += 1;
            let limit = if video { PICTURE_GAP_MS } else { SOUND_GAP_MS };
            if let Some(end) = written.end_ms.replace(at_ms + duration_ms)
                && at_ms - end > limit
            {
                let kind = written.form.codec.kind();
                let [from_ms, to_ms] = [end, at_ms].map(|ms| (self.start_ms + ms).max(0).unsigned_abs());
                add_gap(&mut self.gaps, Gap { kind, from_ms, to_ms });
            }
        }
        let block = Block {
            track: written.number,
            at_ms,
            duration_ms,
            key: frame.key,
            pieces: frame.pieces,
            len: frame.len,
        };
        if let Some(bytes) = self.writer.add(block) {
            self.put_cluster(bytes, ops);
        }
        true
    }

    /// Writes out what there is.
    pub(super) fn flush(&mut self, ops: &mut impl Extend<Op>) {
        if let Some(bytes) = self.writer.flush() {
            self.put_cluster(bytes, ops);
        }
    }

    fn put_cluster(&self, bytes: Bytes, ops: &mut impl Extend<Op>) {
        let part = self.number;
        ops.extend([Op::Append { part, bytes }, Op::Header { part, bytes: self.writer.header() }]);
    }

    /// The file is complete.
    pub(super) fn end(mut self, ops: &mut impl Extend<Op>) -> PartReport {
        self.flush(ops);
        let part = self.number;
        let index = self.writer.finish();
        ops.extend(index.map(|bytes| Op::Append { part, bytes }));
        ops.extend([Op::Header { part, bytes: self.writer.header() }, Op::End { part }]);
        self.report()
    }

    /// What has happened to the packets of a track by now.
    pub(super) fn count(&mut self, track: usize, counts: Counts) {
        if let Some(Some(written)) = self.tracks.get_mut(track) {
            written.now = counts;
        }
    }

    pub(super) fn report(&self) -> PartReport {
        let of_track = |written: &Written| {
            let kind = written.form.codec.kind();
            let size = written.form.size.filter(|_| kind == Kind::Video);
            let Counts { packets, lost, dropped } = written.before;
            TrackReport {
                kind,
                codec: written.form.codec,
                width: size.map(|(width, _)| width),
                height: size.map(|(_, height)| height),
                packets: written.now.packets.saturating_sub(packets),
                lost: written.now.lost.saturating_sub(lost),
                frames: written.frames,
                dropped_frames: written.now.dropped.saturating_sub(dropped) + written.dropped,
            }
        };
        PartReport {
            part: self.number,
            container: self.container,
            start_ms: self.start_ms.unsigned_abs(),
            duration_ms: self.writer.end_ms().max(0).unsigned_abs(),
            tracks: self.tracks.iter().flatten().map(of_track).collect(),
            gaps: self.gaps.clone(),
        }
    }
}

/// The longest ones are kept.
fn add_gap(gaps: &mut Vec<Gap>, gap: Gap) {
    gaps.push(gap);
    if gaps.len() <= MAX_GAPS {
        return;
    }
    let shortest = gaps.iter().enumerate().min_by_key(|(_, gap)| gap.to_ms.saturating_sub(gap.from_ms));
    if let Some((index, _)) = shortest {
        gaps.remove(index);
    }
}

fn sound_ms(pieces: &[Bytes]) -> i64 {
    pieces.first().and_then(|packet| opus::ticks(packet)).unwrap_or(960) / 48
}

#[expect(clippy::cast_possible_truncation, reason = "seconds of some hours are milliseconds in an i64")]
fn whole_ms(seconds: f64) -> i64 {
    (seconds * 1000.0).floor() as i64
}

#[expect(clippy::cast_possible_truncation, reason = "seconds of some hours are milliseconds in an i64")]
fn nearest_ms(seconds: f64) -> i64 {
    (seconds * 1000.0).round() as i64
}
