//! One WebRTC peer connection: Opus and VP8 both ways. The only file that knows the `webrtc` crate.

use std::sync::Arc;

use bedside_protocol::{
    sdp::{CandidateLine, IceCandidate},
    webrtc::IceServer,
};
use rtc::{
    ice::mdns::MulticastDnsMode,
    media_stream::MediaStreamTrack,
    peer_connection::configuration::media_engine::{MIME_TYPE_OPUS, MIME_TYPE_VP8},
    rtp::{self, codec::vp8::Vp8Payloader, packetizer::Payloader},
    rtp_transceiver::rtp_sender::{
        RTCPFeedback, RTCRtpCodec, RTCRtpCodecParameters, RTCRtpCodingParameters, RTCRtpEncodingParameters,
        RtpCodecKind,
    },
};
use tokio::{sync::mpsc, time::Instant};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use webrtc::{
    media_stream::{
        track_local::{TrackLocal, static_rtp::TrackLocalStaticRTP},
        track_remote::{TrackRemote, TrackRemoteEvent},
    },
    peer_connection::{
        MediaEngine, PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler,
        RTCConfigurationBuilder, RTCIceCandidateInit, RTCIceGatheringState, RTCIceServer,
        RTCIceTransportPolicy, RTCPeerConnectionIceEvent, RTCPeerConnectionState, RTCSessionDescription,
        Registry, SettingEngineBuilder, register_default_interceptors,
    },
    rtp_transceiver::RtpSender,
};

use super::{
    Network, RtcError,
    clip::{Clip, FRAME_TICKS, FRAME_TIME, PACKET_TICKS, PACKET_TIME},
    flow::Flow,
};

/// Below every path's packet size, with room for SRTP, UDP, IP and a tunnel.
const MAX_RTP_PAYLOAD_BYTES: usize = 1_188;

fn failed<E: std::fmt::Display>(step: &'static str) -> impl FnOnce(E) -> RtcError {
    move |cause| RtcError::new(step, &cause)
}

/// What a connection tells its owner.
#[derive(Debug)]
pub(super) enum Happening {
    /// A way to reach us.
    Candidate(IceCandidate),
    /// There are no more.
    NoMoreCandidates,
    /// ICE and DTLS are through.
    Connected,
    /// No packets come; they may come again.
    Disconnected,
    /// It is over.
    Failed,
}

/// With whom to find a way, and from where.
pub(super) struct Paths {
    pub(super) network: Network,
    pub(super) servers: Vec<IceServer>,
    pub(super) only_relayed: bool,
}

/// A peer connection that is driven by its own tasks and closed with [`Connection::close`].
pub(super) struct Connection {
    peer: Box<dyn PeerConnection>,
    audio: Outgoing,
    video: Outgoing,
    tasks: TaskTracker,
    stop: CancellationToken,
}

/// A track that we send.
struct Outgoing {
    track: Arc<TrackLocalStaticRTP>,
    sender: Arc<dyn RtpSender>,
    ssrc: u32,
}

impl Connection {
    pub(super) async fn open(
        paths: Paths,
        flow: Arc<Flow>,
        happened: mpsc::Sender<Happening>,
    ) -> Result<Self, RtcError> {
        let mut codecs = MediaEngine::default();
        codecs.register_codec(opus(), RtpCodecKind::Audio).map_err(failed("register Opus"))?;
        codecs.register_codec(vp8(), RtpCodecKind::Video).map_err(failed("register VP8"))?;
        let interceptors = register_default_interceptors(Registry::new(), &mut codecs)
            .map_err(failed("register interceptors"))?;
        let settings = SettingEngineBuilder::new()
            .with_multicast_dns_mode(MulticastDnsMode::Disabled)
            .with_include_loopback_candidate(true)
            .build();
        let policy =
            if paths.only_relayed { RTCIceTransportPolicy::Relay } else { RTCIceTransportPolicy::All };
        let configuration = RTCConfigurationBuilder::new()
            .with_ice_servers(paths.servers.into_iter().map(ice_server).collect())
            .with_ice_transport_policy(policy)
            .build();
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        // The future of the builder is 20 KiB, which every caller's would hold too.
        let opening = PeerConnectionBuilder::new()
            .with_configuration(configuration)
            .with_setting_engine(settings)
            .with_media_engine(codecs)
            .with_interceptor_registry(interceptors)
            .with_handler(Arc::new(Handler { happened, flow, tasks: tasks.clone() }))
            .with_udp_addrs(paths.network.addresses())
            .build();
        let peer = Box::pin(opening).await.map_err(failed("open a peer connection"))?;
        let peer: Box<dyn PeerConnection> = Box::new(peer);
        let audio = Outgoing::add(&*peer, RtpCodecKind::Audio, opus().rtp_codec).await?;
        let video = Outgoing::add(&*peer, RtpCodecKind::Video, vp8().rtp_codec).await?;
        Ok(Self { peer, audio, video, tasks, stop })
    }

    /// Make an offer and take it as our side.
    pub(super) async fn offer(&self) -> Result<String, RtcError> {
        let offer = self.peer.create_offer(None).await.map_err(failed("make an offer"))?;
        let sdp = offer.sdp.clone();
        self.peer.set_local_description(offer).await.map_err(failed("take our offer"))?;
        Ok(sdp)
    }

    /// Let new paths be found with the next offer.
    pub(super) async fn restart_ice(&self) -> Result<(), RtcError> {
        self.peer.restart_ice().await.map_err(failed("restart ICE"))
    }

    /// Take back our own offer.
    pub(super) async fn roll_back(&self) -> Result<(), RtcError> {
        let rollback = RTCSessionDescription::rollback(None).map_err(failed("roll back"))?;
        self.peer.set_local_description(rollback).await.map_err(failed("roll back"))
    }

    /// Take the other's offer, and answer it.
    pub(super) async fn answer(&self, offer: &str) -> Result<String, RtcError> {
        let offer = RTCSessionDescription::offer(offer.to_owned()).map_err(failed("read the offer"))?;
        self.peer.set_remote_description(offer).await.map_err(failed("take the offer"))?;
        let answer = self.peer.create_answer(None).await.map_err(failed("make an answer"))?;
        let sdp = answer.sdp.clone();
        self.peer.set_local_description(answer).await.map_err(failed("take our answer"))?;
        Ok(sdp)
    }

    /// Take the other's answer to our offer.
    pub(super) async fn take_answer(&self, answer: &str) -> Result<(), RtcError> {
        let answer = RTCSessionDescription::answer(answer.to_owned()).map_err(failed("read the answer"))?;
        self.peer.set_remote_description(answer).await.map_err(failed("take the answer"))
    }

    /// Try this way to reach the other.
    pub(super) async fn add_candidate(&self, candidate: IceCandidate) -> Result<(), RtcError> {
        let candidate = RTCIceCandidateInit {
            candidate: candidate.candidate.as_str().to_owned(),
            sdp_mid: candidate.sdp_mid,
            sdp_mline_index: candidate.sdp_m_line_index,
            username_fragment: candidate.username_fragment,
            url: None,
        };
        self.peer.add_ice_candidate(candidate).await.map_err(failed("add a candidate"))
    }

    /// Begin to send the clip. Once for each connection.
    pub(super) async fn send(&self, clip: Clip) -> Result<(), RtcError> {
        let audio = self.audio.packets().await?;
        let video = self.video.packets().await?;
        let stop = self.stop.clone();
        self.tasks.spawn(async move {
            let sending = send(clip, audio, video);
            stop.run_until_cancelled(sending).await;
        });
        Ok(())
    }

    /// Close, and wait until nothing of it is left.
    pub(super) async fn close(self) {
        self.stop.cancel();
        if let Err(error) = self.peer.close().await {
            tracing::debug!(%error, "a peer connection did not close cleanly");
        }
        self.tasks.close();
        self.tasks.wait().await;
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Outgoing {
    async fn add(
        peer: &dyn PeerConnection,
        kind: RtpCodecKind,
        codec: RTCRtpCodec,
    ) -> Result<Self, RtcError> {
        let ssrc = rand::random();
        let coding = RTCRtpEncodingParameters {
            rtp_coding_parameters: RTCRtpCodingParameters { ssrc: Some(ssrc), ..Default::default() },
            codec,
            ..Default::default()
        };
        let (stream, name) = ("bedside".to_owned(), kind.to_string());
        let track = MediaStreamTrack::new(stream, name.clone(), name, kind, vec![coding]);
        let track = Arc::new(TrackLocalStaticRTP::new(track));
        let local = Arc::clone(&track) as Arc<dyn TrackLocal>;
        let sender = peer.add_track(local).await.map_err(failed("add a track"))?;
        Ok(Self { track, sender, ssrc })
    }

    /// The packets of this track, with the payload type that was agreed on.
    async fn packets(&self) -> Result<Packets, RtcError> {
        let parameters = self.sender.get_parameters().await.map_err(failed("read what was agreed on"))?;
        let codec = parameters.rtp_parameters.codecs.first();
        let payload_type = codec
            .map(|codec| codec.payload_type)
            .ok_or(RtcError { step: "read what was agreed on", cause: "no codec in common".to_owned() })?;
        let header = rtp::header::Header {
            version: 2,
            payload_type,
            sequence_number: rand::random(),
            timestamp: rand::random(),
            ssrc: self.ssrc,
            ..Default::default()
        };
        Ok(Packets { track: Arc::clone(&self.track), header })
    }
}

/// A track with the header of its next packet.
struct Packets {
    track: Arc<TrackLocalStaticRTP>,
    header: rtp::header::Header,
}

impl Packets {
    /// Send `payload`; the next packet is `ticks` later.
    async fn send(&mut self, payload: bytes::Bytes, last_of_frame: bool, ticks: u32) -> Result<(), RtcError> {
        let header = rtp::header::Header { marker: last_of_frame, ..self.header.clone() };
        self.header.sequence_number = self.header.sequence_number.wrapping_add(1);
        self.header.timestamp = self.header.timestamp.wrapping_add(ticks);
        let packet = rtp::Packet { header, payload };
        self.track.write_rtp(packet).await.map_err(failed("send a packet"))
    }
}

/// Send the clip over and over, each packet when it is due.
async fn send(clip: Clip, mut audio: Packets, mut video: Packets) {
    let begin = Instant::now();
    let mut pictures = clip.pictures.iter().cycle().zip(0u32..);
    let mut sounds = clip.sounds.iter().cycle().zip(0u32..);
    let mut payloader = Vp8Payloader::default();
    let (mut next_picture, mut next_sound) = (pictures.next(), sounds.next());
    let sent: Result<(), RtcError> = async {
        while let (Some((picture, pictures_before)), Some((sound, sounds_before))) =
            (next_picture, next_sound)
        {
            let picture_due = begin + FRAME_TIME.saturating_mul(pictures_before);
            let sound_due = begin + PACKET_TIME.saturating_mul(sounds_before);
            tokio::time::sleep_until(picture_due.min(sound_due)).await;
            if sound_due <= picture_due {
                audio.send(sound.clone(), sounds_before == 0, PACKET_TICKS).await?;
                next_sound = sounds.next();
            } else {
                let payloads =
                    payloader.payload(MAX_RTP_PAYLOAD_BYTES, picture).map_err(failed("pack a picture"))?;
                let last = payloads.len().saturating_sub(1);
                for (place, payload) in payloads.into_iter().enumerate() {
                    let ticks = if place == last { FRAME_TICKS } else { 0 };
                    video.send(payload, place == last, ticks).await?;
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

/// Passes on what the connection says. It is awaited by the connection's driver, so it never waits itself.
struct Handler {
    happened: mpsc::Sender<Happening>,
    flow: Arc<Flow>,
    tasks: TaskTracker,
}

impl Handler {
    fn tell(&self, happening: Happening) {
        if let Err(error) = self.happened.try_send(happening) {
            tracing::debug!(%error, "a call does not hear what happens to its connection");
        }
    }
}

#[async_trait::async_trait]
impl PeerConnectionEventHandler for Handler {
    async fn on_ice_candidate(&self, event: RTCPeerConnectionIceEvent) {
        let Ok(init) = event.candidate.to_json() else { return };
        match CandidateLine::parse(&init.candidate) {
            // The media sections share one transport, so the first stands for all; the crate knows no `mid`.
            Ok(candidate) => self.tell(Happening::Candidate(IceCandidate {
                candidate,
                sdp_mid: None,
                sdp_m_line_index: Some(0),
                username_fragment: init.username_fragment,
            })),
            Err(error) => tracing::warn!(%error, "gathered a candidate that the protocol does not know"),
        }
    }

    async fn on_ice_gathering_state_change(&self, state: RTCIceGatheringState) {
        if state == RTCIceGatheringState::Complete {
            self.tell(Happening::NoMoreCandidates);
        }
    }

    async fn on_connection_state_change(&self, state: RTCPeerConnectionState) {
        match state {
            RTCPeerConnectionState::Connected => self.tell(Happening::Connected),
            RTCPeerConnectionState::Disconnected => self.tell(Happening::Disconnected),
            RTCPeerConnectionState::Failed => self.tell(Happening::Failed),
            RTCPeerConnectionState::Unspecified
            | RTCPeerConnectionState::New
            | RTCPeerConnectionState::Connecting
            | RTCPeerConnectionState::Closed
            | _ => {}
        }
    }

    async fn on_track(&self, track: Arc<dyn TrackRemote>) {
        let flow = Arc::clone(&self.flow);
        let kind = track.kind().await;
        self.tasks.spawn(async move {
            while let Some(event) = track.poll().await {
                let TrackRemoteEvent::OnRtpPacket(rtp::Packet { header, payload }) = event else { continue };
                let now = Instant::now();
                match kind {
                    RtpCodecKind::Audio => flow.audio(header.sequence_number, &payload, now),
                    RtpCodecKind::Video => flow.video(header.sequence_number, header.marker, &payload, now),
                    RtpCodecKind::Unspecified | _ => {}
                }
            }
        });
    }
}

fn opus() -> RTCRtpCodecParameters {
    RTCRtpCodecParameters {
        rtp_codec: RTCRtpCodec {
            mime_type: MIME_TYPE_OPUS.to_owned(),
            clock_rate: 48_000,
            channels: 2,
            sdp_fmtp_line: "minptime=10;useinbandfec=1".to_owned(),
            rtcp_feedback: Vec::new(),
        },
        payload_type: 111,
    }
}

fn vp8() -> RTCRtpCodecParameters {
    let feedback =
        |kind: &str, parameter: &str| RTCPFeedback { typ: kind.to_owned(), parameter: parameter.to_owned() };
    RTCRtpCodecParameters {
        rtp_codec: RTCRtpCodec {
            mime_type: MIME_TYPE_VP8.to_owned(),
            clock_rate: 90_000,
            channels: 0,
            sdp_fmtp_line: String::new(),
            rtcp_feedback: vec![feedback("nack", ""), feedback("nack", "pli"), feedback("ccm", "fir")],
        },
        payload_type: 96,
    }
}

fn ice_server(server: IceServer) -> RTCIceServer {
    RTCIceServer {
        urls: server.urls,
        username: server.username.unwrap_or_default(),
        credential: server.credential.unwrap_or_default(),
    }
}
