//! What our connections can do: codecs in the order in which we like them, and the chain that packets run through.

use std::time::Duration;

use rtc::{
    interceptor::{NackGeneratorBuilder, ReceiverReportBuilder, Slot},
    peer_connection::configuration::{
        interceptor_registry::{configure_simulcast_extension_headers, configure_twcc_receiver_only},
        media_engine::{
            MIME_TYPE_AV1, MIME_TYPE_H264, MIME_TYPE_OPUS, MIME_TYPE_RTX, MIME_TYPE_VP8, MIME_TYPE_VP9,
        },
    },
    rtp_transceiver::rtp_sender::{RTCPFeedback, RTCRtpCodec, RTCRtpCodecParameters, RtpCodecKind},
};
use webrtc::peer_connection::{MediaEngine, Registry};

use super::{
    LegError,
    connection::failed,
    pump::Inlet,
    taps::{Stage, Taken, Unwrapped},
};

/// Packets that are remembered as missing: three seconds of a good picture.
const NACK_MEMORY: u16 = 1_024;
/// How often a missing packet is asked for again: less than a round trip would bring it several times.
const NACK_INTERVAL: Duration = Duration::from_millis(100);
/// After so many times it is not asked for any more: half a second, and the tape waits no longer.
const MAX_NACKS: u16 = 5;

/// Places in the chain beside those that the crate names: behind what restores lost packets, in front of the generator of NACKs,
const UNWRAP: usize = 6_500;
/// in the place of that generator's,
const NACK: usize = 7_100;
/// and behind everything that looks at packets and reports.
const TAP: usize = 12_500;

/// Pictures by preference. VP8 first: every browser has it, a file of it survives a change of its size, and it needs nothing but
/// its packets. H.264 last: it lies in a form of file that fewer players take.
const PICTURES: &[(&str, &str)] = &[
    (MIME_TYPE_VP8, ""),
    (MIME_TYPE_VP9, "profile-id=0"),
    (MIME_TYPE_AV1, "profile=0"),
    (MIME_TYPE_H264, "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"),
    (MIME_TYPE_H264, "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f"),
    (MIME_TYPE_H264, "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=640032"),
];

const OPUS_TYPE: u8 = 111;
/// The first payload type of pictures; each is followed by that of its repairs.
const FIRST_PICTURE_TYPE: u8 = 96;

/// The codecs.
pub(super) fn codecs() -> Result<MediaEngine, LegError> {
    let mut engine = MediaEngine::default();
    let opus = RTCRtpCodec {
        mime_type: MIME_TYPE_OPUS.to_owned(),
        clock_rate: 48_000,
        channels: 2,
        sdp_fmtp_line: "minptime=10;useinbandfec=1".to_owned(),
        // Browsers repair lost sound only where they are asked to.
        rtcp_feedback: vec![feedback("nack", "")],
    };
    register(&mut engine, opus, OPUS_TYPE, RtpCodecKind::Audio)?;
    for ((mime, parameters), payload_type) in PICTURES.iter().zip((FIRST_PICTURE_TYPE..).step_by(2)) {
        let picture = RTCRtpCodec {
            mime_type: (*mime).to_owned(),
            clock_rate: 90_000,
            channels: 0,
            sdp_fmtp_line: (*parameters).to_owned(),
            rtcp_feedback: vec![feedback("ccm", "fir"), feedback("nack", ""), feedback("nack", "pli")],
        };
        let repair = RTCRtpCodec {
            mime_type: MIME_TYPE_RTX.to_owned(),
            clock_rate: 90_000,
            channels: 0,
            sdp_fmtp_line: format!("apt={payload_type}"),
            rtcp_feedback: Vec::new(),
        };
        register(&mut engine, picture, payload_type, RtpCodecKind::Video)?;
        register(&mut engine, repair, payload_type + 1, RtpCodecKind::Video)?;
    }
    Ok(engine)
}

fn register(
    engine: &mut MediaEngine,
    rtp_codec: RTCRtpCodec,
    payload_type: u8,
    kind: RtpCodecKind,
) -> Result<(), LegError> {
    let parameters = RTCRtpCodecParameters { rtp_codec, payload_type };
    engine.register_codec(parameters, kind).map_err(failed("register a codec"))
}

fn feedback(kind: &str, parameter: &str) -> RTCPFeedback {
    RTCPFeedback { typ: kind.to_owned(), parameter: parameter.to_owned() }
}

/// The chain. We send no media, so nothing in it is for senders.
pub(super) fn chain(engine: &mut MediaEngine, inlet: Inlet) -> Result<Registry, LegError> {
    configure_simulcast_extension_headers(engine).map_err(failed("register header extensions"))?;
    let chain = configure_twcc_receiver_only(Registry::new(), engine).map_err(failed("register feedback"))?;
    let nack = NackGeneratorBuilder::new()
        .with_size(NACK_MEMORY)
        .with_interval(NACK_INTERVAL)
        .with_max_nacks_per_packet(MAX_NACKS)
        .build();
    Ok(chain
        .with(Slot::ReceiverReport, ReceiverReportBuilder::new().build())
        .with(Slot::from(UNWRAP), Stage::new(Unwrapped::default()))
        .with(Slot::from(NACK), nack)
        .with(Slot::from(TAP), Stage::new(Taken(inlet))))
}
