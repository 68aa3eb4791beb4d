//! Packets that wait for their first sender report, as they stand on disk meanwhile. After a crash they are played again.

use std::time::Duration;

use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};

use super::{
    Codec, Kind,
    tape::{Packet, SenderReport},
};

const PACKET: u8 = 1;
const REPORT: u8 = 2;
const CODECS: [(u8, Codec); 5] =
    [(1, Codec::Opus), (2, Codec::Vp8), (3, Codec::Vp9), (4, Codec::H264), (5, Codec::Av1)];

/// No recording is longer: a year.
const LONGEST: Duration = Duration::from_secs(31_536_000);

/// What arrived, where and when.
#[derive(Debug, Clone)]
pub(super) enum Arrival {
    Packet { track: usize, kind: Kind, at: Duration, packet: Packet },
    Report { track: usize, kind: Kind, at: Duration, report: SenderReport },
}

pub(super) fn put_packet(out: &mut BytesMut, track: usize, at: Duration, packet: &Packet) {
    let codec = CODECS.iter().find(|(_, codec)| *codec == packet.codec).map_or(0, |(number, _)| *number);
    head(out, PACKET, track, packet.codec.kind(), at);
    out.put_u8(codec);
    out.put_u8(u8::from(packet.marker));
    out.put_u32(packet.ssrc);
    out.put_u16(packet.sequence);
    out.put_u32(packet.timestamp);
    out.put_u32(u32::try_from(packet.payload.len()).unwrap_or_default());
    out.put_slice(&packet.payload);
}

pub(super) fn put_report(out: &mut BytesMut, track: usize, kind: Kind, at: Duration, report: SenderReport) {
    head(out, REPORT, track, kind, at);
    out.put_u32(report.ssrc);
    out.put_u64(report.ntp);
    out.put_u32(report.rtp);
}

fn head(out: &mut BytesMut, what: u8, track: usize, kind: Kind, at: Duration) {
    out.put_u8(what);
    out.put_u8(u8::try_from(track).unwrap_or(u8::MAX));
    out.put_u8(u8::from(kind == Kind::Video));
    out.put_u64(u64::try_from(at.as_micros()).unwrap_or(u64::MAX));
}

/// The next of them. None at the end, or where it is torn.
pub(super) fn next(bytes: &mut Bytes) -> Option<Arrival> {
    let what = bytes.try_get_u8().ok()?;
    let track = usize::from(bytes.try_get_u8().ok()?);
    let kind = if bytes.try_get_u8().ok()? == 1 { Kind::Video } else { Kind::Audio };
    let at = Some(Duration::from_micros(bytes.try_get_u64().ok()?)).filter(|at| *at < LONGEST)?;
    match what {
        PACKET => {
            let number = bytes.try_get_u8().ok()?;
            let (_, codec) = CODECS.iter().find(|(known, _)| *known == number)?;
            let marker = bytes.try_get_u8().ok()? == 1;
            let ssrc = bytes.try_get_u32().ok()?;
            let sequence = bytes.try_get_u16().ok()?;
            let timestamp = bytes.try_get_u32().ok()?;
            let len = usize::try_from(bytes.try_get_u32().ok()?).ok()?;
            let payload = if len <= bytes.len() { bytes.split_to(len) } else { return None };
            let packet = Packet { codec: *codec, ssrc, sequence, timestamp, marker, payload };
            Some(Arrival::Packet { track, kind, at, packet })
        }
        REPORT => {
            let ssrc = bytes.try_get_u32().ok()?;
            let ntp = bytes.try_get_u64().ok()?;
            let rtp = bytes.try_get_u32().ok()?;
            Some(Arrival::Report { track, kind, at, report: SenderReport { ssrc, ntp, rtp } })
        }
        _ => None,
    }
}
