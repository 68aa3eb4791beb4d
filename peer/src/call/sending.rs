//! Sending: each packet of a clip when it is due, as good or as bad as was asked for.

use std::{
    sync::{Arc, OnceLock},
    time::{Duration, SystemTime},
};

use bytes::{Bytes, BytesMut};
use rtc::{
    rtcp::sender_report::SenderReport,
    rtp::{self, codec::vp8::Vp8Payloader, packetizer::Payloader},
};
use tokio::time::Instant;
use webrtc::media_stream::track_local::{TrackLocal as _, static_rtp::TrackLocalStaticRTP};

use super::{
    RtcError,
    clip::{Clip, Footage, PACKET_TICKS, PACKET_TIME},
    weather::Weather,
};

/// Below every path's packet size, with room for SRTP, UDP, IP and a tunnel.
const MAX_RTP_PAYLOAD_BYTES: usize = 1_188;

/// How often a stream says how its clock stands to the wall's.
const REPORT_EVERY: Duration = Duration::from_secs(1);
/// From 1900, where NTP begins, to 1970 (RFC 868).
const NTP_TO_UNIX_S: u64 = 2_208_988_800;

/// What is sent, and how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sending {
    /// What is seen and heard.
    pub footage: Footage,
    /// At least so many bits of video a second: pictures are filled up with what decoders do not look at.
    pub video_bits_per_second: u32,
    /// A break.
    pub pause: Option<Pause>,
    /// What happens to packets on their way out.
    pub weather: Weather,
}

/// Nothing is sent for a while. The clock of sound stands still meanwhile, as in browsers that have no track to send;
/// the clock of pictures goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pause {
    /// What is not sent.
    pub of: Paused,
    /// So long after the first packet.
    pub after: Duration,
    /// For so long.
    pub lasts: Duration,
}

/// What a pause is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paused {
    /// Sound.
    Sound,
    /// Pictures.
    Pictures,
    /// Both.
    Both,
}

impl Sending {
    /// A flash and a beep at each full second.
    pub fn flash_and_beep() -> Self {
        Self { footage: Footage::FlashAndBeep, ..Self::default() }
    }

    fn pauses(&self, paused: Paused, since_begin: Duration) -> bool {
        self.pause.is_some_and(|pause| {
            (pause.of == paused || pause.of == Paused::Both)
                && (pause.after..pause.after + pause.lasts).contains(&since_begin)
        })
    }
}

/// A track with the header of its next packet.
pub(super) struct Packets {
    track: Arc<TrackLocalStaticRTP>,
    header: rtp::header::Header,
    sent: u32,
    octets: u32,
    next_report: Duration,
}

impl Packets {
    pub(super) fn new(track: Arc<TrackLocalStaticRTP>, payload_type: u8, ssrc: u32) -> Self {
        let header = rtp::header::Header {
            version: 2,
            payload_type,
            sequence_number: rand::random(),
            timestamp: rand::random(),
            ssrc,
            ..Default::default()
        };
        Self { track, header, sent: 0, octets: 0, next_report: REPORT_EVERY / 2 }
    }

    /// Send `payload`; the next packet is `ticks` later.
    async fn send(&mut self, payload: Bytes, last_of_frame: bool, ticks: u32) -> Result<(), RtcError> {
        let header = rtp::header::Header { marker: last_of_frame, ..self.header.clone() };
        self.header.sequence_number = self.header.sequence_number.wrapping_add(1);
        self.sent = self.sent.wrapping_add(1);
        self.octets = self.octets.wrapping_add(u32::try_from(payload.len()).unwrap_or(u32::MAX));
        self.skip(ticks);
        let packet = rtp::Packet { header, payload };
        self.track.write_rtp(packet).await.map_err(|error| RtcError::new("send a packet", &error))
    }

    /// Say when the next packet is due, if it is time to say it. That is what a camera's clock says, and not when the
    /// machine came to sending it.
    async fn report(&mut self, due: Duration, begin: SystemTime) -> Result<(), RtcError> {
        if due < self.next_report {
            return Ok(());
        }
        self.next_report = due + REPORT_EVERY;
        let report = SenderReport {
            ssrc: self.header.ssrc,
            ntp_time: ntp(begin + due),
            rtp_time: self.header.timestamp,
            packet_count: self.sent,
            octet_count: self.octets,
            ..Default::default()
        };
        let sent = self.track.write_rtcp(vec![Box::new(report)]).await;
        sent.map_err(|error| RtcError::new("send a report", &error))
    }

    /// Let time pass without a packet.
    fn skip(&mut self, ticks: u32) {
        self.header.timestamp = self.header.timestamp.wrapping_add(ticks);
    }
}

/// Send the clip over and over, each packet when it is due.
pub(super) async fn send(sending: Sending, mut audio: Packets, mut video: Packets) {
    let clip = Clip::of(sending.footage);
    let begin = begin(sending.footage);
    let wall = wall(begin);
    let filling = Filling::of(&sending, &clip);
    let mut pictures = clip.pictures.iter().cycle().zip(0u32..);
    let mut sounds = clip.sounds.iter().cycle().zip(0u32..);
    let mut payloader = Vp8Payloader::default();
    let (mut next_picture, mut next_sound) = (pictures.next(), sounds.next());
    let sent: Result<(), RtcError> = async {
        while let (Some((picture, pictures_before)), Some((sound, sounds_before))) =
            (next_picture, next_sound)
        {
            let picture_due = clip.picture_due(pictures_before);
            let sound_due = PACKET_TIME.saturating_mul(sounds_before);
            tokio::time::sleep_until(begin + picture_due.min(sound_due)).await;
            if sound_due <= picture_due {
                if !sending.pauses(Paused::Sound, sound_due) {
                    audio.report(sound_due, wall).await?;
                    audio.send(sound.clone(), sounds_before == 0, PACKET_TICKS).await?;
                }
                next_sound = sounds.next();
            } else {
                if sending.pauses(Paused::Pictures, picture_due) {
                    video.skip(clip.picture_ticks());
                } else {
                    video.report(picture_due, wall).await?;
                    let picture = filling.fill(picture);
                    let payloads = payloader
                        .payload(MAX_RTP_PAYLOAD_BYTES, &picture)
                        .map_err(|error| RtcError::new("pack a picture", &error))?;
                    let last = payloads.len().saturating_sub(1);
                    for (place, payload) in payloads.into_iter().enumerate() {
                        let ticks = if place == last { clip.picture_ticks() } else { 0 };
                        video.send(payload, place == last, ticks).await?;
                    }
                }
                next_picture = pictures.next();
            }
        }
        Ok(())
    }
    .await;
    if let Err(error) = sent {
        tracing::debug!(%error, "sending ended");
    }
}

/// When to begin: at once, or at the next full second of all senders of this process.
fn begin(footage: Footage) -> Instant {
    static EPOCH: OnceLock<Instant> = OnceLock::new();
    let now = Instant::now();
    match footage {
        Footage::Pattern => now,
        Footage::FlashAndBeep => {
            let epoch = *EPOCH.get_or_init(Instant::now);
            epoch + Duration::from_secs(now.saturating_duration_since(epoch).as_secs() + 1)
        }
    }
}

/// What clocks show at this moment.
#[expect(clippy::disallowed_methods, reason = "a sender has the clock of its machine")]
fn wall(at: Instant) -> SystemTime {
    let now = Instant::now();
    SystemTime::now() + at.saturating_duration_since(now) - now.saturating_duration_since(at)
}

/// Seconds since 1900 with 32 bits of fraction (RFC 5905 section 6).
fn ntp(time: SystemTime) -> u64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let fraction = (u64::from(since.subsec_nanos()) << 32) / 1_000_000_000;
    (since.as_secs() + NTP_TO_UNIX_S) << 32 | fraction
}

/// How pictures are filled up. What stands behind the last partition of a VP8 frame is not read.
struct Filling {
    to_bytes: usize,
}

impl Filling {
    fn of(sending: &Sending, clip: &Clip) -> Self {
        let to_bytes = clip.picture_due(sending.video_bits_per_second / 8).as_secs();
        Self { to_bytes: usize::try_from(to_bytes).unwrap_or(usize::MAX) }
    }

    fn fill(&self, picture: &Bytes) -> Bytes {
        if picture.len() >= self.to_bytes {
            return picture.clone();
        }
        let mut filled = BytesMut::with_capacity(self.to_bytes);
        filled.extend_from_slice(picture);
        filled.resize(self.to_bytes, 0);
        filled.freeze()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_million_bits_a_second_are_that_many() {
        let sending = Sending { video_bits_per_second: 1_000_000, ..Sending::flash_and_beep() };
        let clip = Clip::of(sending.footage);
        let filling = Filling::of(&sending, &clip);
        let bytes: usize = clip.pictures.iter().map(|picture| filling.fill(picture).len()).sum();
        assert!((249_000..=251_000).contains(&bytes), "two seconds are {bytes} bytes");
    }

    #[test]
    fn a_pause_is_of_what_it_says() {
        let pause = Pause { of: Paused::Sound, after: Duration::from_secs(3), lasts: Duration::from_secs(2) };
        let sending = Sending { pause: Some(pause), ..Sending::default() };
        let at = |ms| Duration::from_millis(ms);
        assert!(sending.pauses(Paused::Sound, at(3_000)) && sending.pauses(Paused::Sound, at(4_999)));
        assert!(!sending.pauses(Paused::Sound, at(2_999)) && !sending.pauses(Paused::Sound, at(5_000)));
        assert!(!sending.pauses(Paused::Pictures, at(4_000)));
    }

    #[test]
    fn ntp_counts_from_1900_in_fractions_of_a_second() {
        let time = SystemTime::UNIX_EPOCH + Duration::from_millis(1_500);
        assert_eq!(ntp(time), (2_208_988_801 << 32) + (1 << 31));
    }
}
