//! What a tape costs, alone and with the spool behind it: CPU for each second of one person who sends 1 Mbit/s of VP8 and sound.
//! Without `--bench` it only shows that it runs.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a program for a terminal")]

use std::{fs, time::Duration};

use bedside_protocol::ids::{RecordingId, UserId};
use bedside_recorder::{
    media::{Codec, Kind, Op, Packet, SenderReport, Tape, TapeConfig, TrackId},
    spool::{Reel, Spool, SpooledLeg},
};
use bedside_seal::DataKey;
use bytes::Bytes;

const SECONDS: u32 = 600;
const FRAMES_A_SECOND: u32 = 30;
const PACKETS_OF_A_FRAME: usize = 4;
const PACKET_BYTES: usize = 1_040;
const SOUND_BYTES: usize = 80;
const KEY_FRAME_EVERY: u32 = 300;

fn main() {
    let seconds = if std::env::args().any(|argument| argument == "--bench") { SECONDS } else { 1 };
    let leg = Sender::new();
    let spent = cpu();
    let mut written = 0;
    leg.send(seconds, |op| {
        if let Op::Append { bytes, .. } = op {
            written += bytes.len();
        }
    });
    say("the tape alone", cpu().saturating_sub(spent), seconds, written);

    let folder = tempfile::tempdir().unwrap();
    let mut spool = Spool::open(folder.path()).unwrap();
    let mut reel = spool.begin(&RecordingId::new(), DataKey::random().unwrap(), 0, 0).unwrap();
    reel.leg("0-0", &UserId::parse("ann").unwrap()).unwrap();
    let spent = cpu();
    let report = leg.send(seconds, |op| write(&mut reel, op));
    let user_id = UserId::parse("ann").unwrap();
    let finished =
        reel.finish(vec![SpooledLeg { leg_id: "0-0".to_owned(), user_id, report }], Vec::new()).unwrap();
    let bytes: u64 = finished.files.iter().map(|file| file.bytes).sum();
    say("with the spool", cpu().saturating_sub(spent), seconds, usize::try_from(bytes).unwrap());
}

fn write(reel: &mut Reel, op: Op) {
    let cluster = matches!(op, Op::Append { .. });
    reel.apply("0-0", op).unwrap();
    if cluster {
        reel.sync().unwrap();
    }
}

fn say(what: &str, spent: Duration, seconds: u32, bytes: usize) {
    let each = spent.as_secs_f64() * 1000.0 / f64::from(seconds);
    println!("{what}: {each:.3} ms of CPU for each participant-second ({bytes} bytes written)");
}

/// What this thread has had of the CPU.
fn cpu() -> Duration {
    let stat = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(stat.split_whitespace().next().unwrap().parse().unwrap())
}

/// Somebody who sends.
struct Sender {
    picture: Bytes,
    key_picture: Bytes,
    following: Bytes,
    sound: Bytes,
}

impl Sender {
    fn new() -> Self {
        let filled = |head: &[u8], len: usize| {
            let mut bytes = head.to_vec();
            bytes.resize(len, 7);
            Bytes::from(bytes)
        };
        Self {
            // The descriptor of a first packet, and a frame's head; that of a key frame says its size: 640 × 480.
            picture: filled(&[0x10, 0x51, 0, 0], PACKET_BYTES),
            key_picture: filled(&[0x10, 0x50, 0, 0, 0x9d, 0x01, 0x2a, 0x80, 2, 0xe0, 1], PACKET_BYTES),
            following: filled(&[0x00], PACKET_BYTES),
            sound: filled(&[0xfc], SOUND_BYTES),
        }
    }

    /// Sends it all through a tape.
    fn send(&self, seconds: u32, mut op: impl FnMut(Op)) -> bedside_recorder::media::LegReport {
        let mut tape = Tape::new(TapeConfig::default(), 0);
        let (sound, picture) = (tape.add_track(Kind::Audio), tape.add_track(Kind::Video));
        let (mut sounds, mut pictures) = (0, 0);
        for ms in 0..seconds * 1000 {
            let now = Duration::from_millis(u64::from(ms) + 1000);
            if ms % 20 == 0 {
                let packet = packet(Codec::Opus, sounds, ms * 48, true, &self.sound);
                tape.on_rtp(sound, packet, now);
                sounds = sounds.wrapping_add(1);
            }
            if ms * FRAMES_A_SECOND % 1000 < FRAMES_A_SECOND {
                let number = ms * FRAMES_A_SECOND / 1000;
                let first =
                    if number.is_multiple_of(KEY_FRAME_EVERY) { &self.key_picture } else { &self.picture };
                for place in 0..PACKETS_OF_A_FRAME {
                    let payload = if place == 0 { first } else { &self.following };
                    let last = place + 1 == PACKETS_OF_A_FRAME;
                    tape.on_rtp(picture, packet(Codec::Vp8, pictures, number * 3000, last, payload), now);
                    pictures = pictures.wrapping_add(1);
                }
            }
            if ms % 1000 == 500 {
                report(&mut tape, sound, 10, ms, 48, now);
                report(&mut tape, picture, 11, ms, 90, now);
            }
            if ms % 100 == 0 {
                tape.tick(now);
                while let Some(next) = tape.poll() {
                    op(next);
                }
            }
        }
        tape.close(Duration::from_millis(u64::from(seconds) * 1000 + 1000));
        while let Some(next) = tape.poll() {
            op(next);
        }
        tape.report()
    }
}

fn packet(codec: Codec, sequence: u16, timestamp: u32, marker: bool, payload: &Bytes) -> Packet {
    let ssrc = if codec == Codec::Opus { 10 } else { 11 };
    Packet { codec, ssrc, sequence, timestamp, marker, payload: payload.clone() }
}

fn report(tape: &mut Tape, track: TrackId, ssrc: u32, ms: u32, ticks_a_ms: u32, now: Duration) {
    let ntp = (u64::from(ms) << 32) / 1000 + (3_900_000_000 << 32);
    tape.on_sender_report(track, SenderReport { ssrc, ntp, rtp: ms * ticks_a_ms }, now);
}
