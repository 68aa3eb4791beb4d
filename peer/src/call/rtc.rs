//! One WebRTC peer connection: Opus and VP8 both ways.

use std::{collections::HashSet, sync::Arc};

use bedside_protocol::{
    sdp::{CandidateLine, IceCandidate},
    webrtc::IceServer,
};
use rtc::{
    ice::mdns::MulticastDnsMode,
    interceptor::{ReceiverReportBuilder, Slot},
    media_stream::MediaStreamTrack,
    peer_connection::configuration::media_engine::{MIME_TYPE_OPUS, MIME_TYPE_VP8},
    rtp,
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
        Registry, SettingEngineBuilder, configure_nack, configure_simulcast_extension_headers,
        configure_twcc_receiver_only,
    },
    rtp_transceiver::RtpSender,
};

use super::{
    Network, RtcError,
    flow::Flow,
    sending::{Packets, Sending, send},
    weather::{Outdoors, Tally, Weather},
};

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
        weather: Weather,
        flow: Arc<Flow>,
        tally: Arc<Tally>,
        happened: mpsc::Sender<Happening>,
    ) -> Result<Self, RtcError> {
        let mut codecs = MediaEngine::default();
        codecs.register_codec(opus(), RtpCodecKind::Audio).map_err(failed("register Opus"))?;
        codecs.register_codec(vp8(), RtpCodecKind::Video).map_err(failed("register VP8"))?;
        let interceptors = interceptors(&mut codecs).map_err(failed("register interceptors"))?;
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
        let (audio, video) = (rand::random(), rand::random());
        let outdoors = Outdoors { weather, tally, video: HashSet::from([video]), tasks: tasks.clone() };
        // The future of the builder is 20 KiB, which every caller's would hold too.
        let opening = PeerConnectionBuilder::new()
            .with_configuration(configuration)
            .with_setting_engine(settings)
            .with_media_engine(codecs)
            .with_interceptor_registry(interceptors)
            .with_handler(Arc::new(Handler { happened, flow, tasks: tasks.clone() }))
            .with_runtime(Arc::new(outdoors))
            .with_udp_addrs(paths.network.addresses())
            .with_tcp_addrs(paths.network.tcp_addresses())
            .build();
        let peer = Box::pin(opening).await.map_err(failed("open a peer connection"))?;
        let peer: Box<dyn PeerConnection> = Box::new(peer);
        let audio = Outgoing::add(&*peer, RtpCodecKind::Audio, opus().rtp_codec, audio).await?;
        let video = Outgoing::add(&*peer, RtpCodecKind::Video, vp8().rtp_codec, video).await?;
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

    /// Begin to send. Once for each connection.
    pub(super) async fn send(&self, sending: Sending) -> Result<(), RtcError> {
        let audio = self.audio.packets().await?;
        let video = self.video.packets().await?;
        let stop = self.stop.clone();
        self.tasks.spawn(async move {
            let sending = send(sending, audio, video);
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
        ssrc: u32,
    ) -> Result<Self, RtcError> {
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
        Ok(Packets::new(Arc::clone(&self.track), payload_type, self.ssrc))
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

/// The usual ones, but for sender reports: what we send has a clock of its own.
fn interceptors(codecs: &mut MediaEngine) -> Result<Registry, rtc::shared::error::Error> {
    let registry = configure_nack(Registry::new(), codecs);
    configure_simulcast_extension_headers(codecs)?;
    let registry = configure_twcc_receiver_only(registry, codecs)?;
    Ok(registry.with(Slot::ReceiverReport, ReceiverReportBuilder::new().build()))
}

fn opus() -> RTCRtpCodecParameters {
    RTCRtpCodecParameters {
        rtp_codec: RTCRtpCodec {
            mime_type: MIME_TYPE_OPUS.to_owned(),
            clock_rate: 48_000,
            channels: 2,
            sdp_fmtp_line: "minptime=10;useinbandfec=1".to_owned(),
            rtcp_feedback: vec![feedback("nack", "")],
        },
        payload_type: 111,
    }
}

fn vp8() -> RTCRtpCodecParameters {
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

fn feedback(kind: &str, parameter: &str) -> RTCPFeedback {
    RTCPFeedback { typ: kind.to_owned(), parameter: parameter.to_owned() }
}

fn ice_server(server: IceServer) -> RTCIceServer {
    RTCIceServer {
        urls: server.urls,
        username: server.username.unwrap_or_default(),
        credential: server.credential.unwrap_or_default(),
    }
}
