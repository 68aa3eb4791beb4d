//! One WebRTC peer connection that only receives.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicUsize, Ordering},
};

use bedside_protocol::sdp::IceCandidate;
use rtc::{
    ice::mdns::MulticastDnsMode,
    rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication,
    rtp_transceiver::{RTCRtpTransceiverDirection, RTCRtpTransceiverInit, rtp_sender::RtpCodecKind},
};
use tokio::sync::mpsc;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use webrtc::{
    media_stream::track_remote::TrackRemote,
    peer_connection::{
        PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler, RTCConfigurationBuilder,
        RTCIceCandidateInit, RTCPeerConnectionState, RTCSessionDescription, SettingEngineBuilder,
    },
};

use super::{
    LegError, engine,
    port::Place,
    pump::Inlet,
    runtime::Surroundings,
    sdp::{self, Pictures},
};
use crate::media::Kind;

/// Tracks of one leg: sound, camera and screen, and as many that came in the place of others.
const MAX_TRACKS: usize = 6;

/// Packets that may come out of order before a late one counts as a replay.
const REPLAY_WINDOW: usize = 512;

pub(super) fn failed<E: std::fmt::Display>(step: &'static str) -> impl FnOnce(E) -> LegError {
    move |cause| LegError { step, cause: cause.to_string() }
}

/// What a connection tells its owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Happening {
    /// No path works any more.
    Failed,
    /// The peer closed it.
    Closed,
}

/// A connection. It is driven by tasks of its own.
pub(super) struct Connection {
    peer: Box<dyn PeerConnection>,
    place: Arc<Place>,
    inlet: Inlet,
    tracks: Arc<Mutex<Vec<Arc<dyn TrackRemote>>>>,
    pictures: Pictures,
    candidates: usize,
    /// Our last offer.
    offered: String,
}

/// What a connection is made of.
pub(super) struct Parts {
    pub(super) place: Arc<Place>,
    pub(super) inlet: Inlet,
    pub(super) tasks: TaskTracker,
    pub(super) ended: CancellationToken,
    pub(super) happened: mpsc::Sender<Happening>,
    pub(super) pictures: Pictures,
}

impl Connection {
    pub(super) async fn open(parts: Parts) -> Result<Self, LegError> {
        let Parts { place, inlet, tasks, ended, happened, pictures } = parts;
        let mut codecs = engine::codecs()?;
        let chain = engine::chain(&mut codecs, inlet.clone())?;
        let settings = SettingEngineBuilder::new()
            .with_multicast_dns_mode(MulticastDnsMode::Disabled)
            // Sockets are the port's: an ICE restart changes nothing about them.
            .with_discard_local_candidates_during_ice_restart(false)
            .with_srtp_replay_protection_window(REPLAY_WINDOW)
            .build();
        // Sockets that only give our lines to the port their names.
        let families = |v4: bool| place.port().public().iter().any(|address| address.is_ipv4() == v4);
        let mut names = Vec::new();
        names.extend(families(true).then_some("127.0.0.1:0"));
        names.extend(families(false).then_some("[::1]:0"));
        let tracks = Arc::default();
        let handler = Handler {
            happened,
            inlet: inlet.clone(),
            tasks: tasks.clone(),
            tracks: Arc::clone(&tracks),
            came: AtomicUsize::new(0),
            pictures,
        };
        let surroundings = Surroundings { place: Arc::clone(&place), tasks, ended };
        let opening = PeerConnectionBuilder::new()
            .with_configuration(RTCConfigurationBuilder::new().build())
            .with_setting_engine(settings)
            .with_media_engine(codecs)
            .with_interceptor_registry(chain)
            .with_handler(Arc::new(handler))
            .with_runtime(Arc::new(surroundings))
            .with_udp_addrs(names)
            .build();
        // The future of the builder is 20 KiB, which every caller's would hold too.
        let peer = Box::pin(opening).await.map_err(failed("open a connection"))?;
        let peer: Box<dyn PeerConnection> = Box::new(peer);
        let kinds: &[_] = match pictures {
            Pictures::UpTo { .. } => &[RtpCodecKind::Audio, RtpCodecKind::Video],
            Pictures::Refused => &[RtpCodecKind::Audio],
        };
        for kind in kinds {
            let receive = RTCRtpTransceiverInit {
                direction: RTCRtpTransceiverDirection::Recvonly,
                streams: Vec::new(),
                send_encodings: Vec::new(),
            };
            peer.add_transceiver_from_kind(*kind, Some(receive)).await.map_err(failed("ask for media"))?;
        }
        Ok(Self { peer, place, inlet, tracks, pictures, candidates: 0, offered: String::new() })
    }

    /// An offer, as the peer shall see it.
    pub(super) async fn offer(&mut self) -> Result<String, LegError> {
        let offer = self.peer.create_offer(None).await.map_err(failed("make an offer"))?;
        let sdp = offer.sdp.clone();
        self.peer.set_local_description(offer).await.map_err(failed("take our offer"))?;
        let spoken = self.spoken(&sdp);
        self.offered = sdp;
        Ok(spoken)
    }

    /// Let the next offer find new paths.
    pub(super) async fn restart_ice(&self) -> Result<(), LegError> {
        self.peer.restart_ice().await.map_err(failed("restart ICE"))
    }

    /// Take back an offer that was not answered.
    pub(super) async fn roll_back(&self) -> Result<(), LegError> {
        let rollback = RTCSessionDescription::rollback(None).map_err(failed("roll back"))?;
        self.peer.set_local_description(rollback).await.map_err(failed("roll back"))
    }

    /// Take the peer's offer; the answer, as the peer shall see it.
    pub(super) async fn answer(&mut self, offer: &str) -> Result<String, LegError> {
        let offer = RTCSessionDescription::offer(self.heard(offer)).map_err(failed("read an offer"))?;
        self.peer.set_remote_description(offer).await.map_err(failed("take an offer"))?;
        let answer = self.peer.create_answer(None).await.map_err(failed("make an answer"))?;
        let sdp = answer.sdp.clone();
        self.peer.set_local_description(answer).await.map_err(failed("take our answer"))?;
        Ok(self.spoken(&sdp))
    }

    /// Take the peer's answer.
    pub(super) async fn take_answer(&mut self, answer: &str) -> Result<(), LegError> {
        let answer = sdp::with_offered_formats(&self.heard(answer), &self.offered);
        let answer = RTCSessionDescription::answer(answer).map_err(failed("read an answer"))?;
        self.peer.set_remote_description(answer).await.map_err(failed("take an answer"))
    }

    /// Look for the peer there, if it is an address that we send to.
    pub(super) async fn add_candidate(&mut self, candidate: IceCandidate) -> Result<(), LegError> {
        let line = candidate.candidate.as_str();
        if self.candidates >= sdp::MAX_CANDIDATES || !sdp::is_usable(line, &self.own()) {
            return Ok(());
        }
        self.candidates += 1;
        let candidate = RTCIceCandidateInit {
            candidate: line.to_owned(),
            sdp_mid: candidate.sdp_mid,
            sdp_mline_index: candidate.sdp_m_line_index,
            username_fragment: candidate.username_fragment,
            url: None,
        };
        self.peer.add_ice_candidate(candidate).await.map_err(failed("add a candidate"))
    }

    /// Ask for a key frame.
    pub(super) async fn ask_key_frame(&self, track: usize, media_ssrc: u32) -> Result<(), LegError> {
        let remote = self.tracks.lock().unwrap_or_else(PoisonError::into_inner).get(track).map(Arc::clone);
        let Some(remote) = remote else { return Ok(()) };
        let indication = PictureLossIndication { sender_ssrc: 0, media_ssrc };
        remote.write_rtcp(vec![Box::new(indication)]).await.map_err(failed("ask for a key frame"))
    }

    pub(super) async fn close(self) {
        self.place.shut();
        if let Err(error) = self.peer.close().await {
            tracing::debug!(%error, "a leg did not close cleanly");
        }
    }

    fn own(&self) -> Vec<std::net::IpAddr> {
        self.place.port().public().iter().map(std::net::SocketAddr::ip).collect()
    }

    /// A description of ours goes out: its checks are let in.
    fn spoken(&self, ours: &str) -> String {
        if let Some((ufrag, password)) = sdp::credentials(ours) {
            self.place.admit(ufrag, password);
        }
        self.inlet.coded(sdp::payload_types(ours));
        let port = self.place.port();
        sdp::for_peer(ours, &sdp::candidates(port.public(), port.transports()), self.pictures)
    }

    fn heard(&mut self, theirs: &str) -> String {
        self.candidates = 0;
        sdp::from_peer(theirs, &self.own())
    }
}

/// Passes on what the connection says. It is awaited by the connection's driver, so it never waits itself.
struct Handler {
    happened: mpsc::Sender<Happening>,
    inlet: Inlet,
    tasks: TaskTracker,
    tracks: Arc<Mutex<Vec<Arc<dyn TrackRemote>>>>,
    came: AtomicUsize,
    pictures: Pictures,
}

#[async_trait::async_trait]
impl PeerConnectionEventHandler for Handler {
    async fn on_connection_state_change(&self, state: RTCPeerConnectionState) {
        let happening = match state {
            RTCPeerConnectionState::Failed => Happening::Failed,
            RTCPeerConnectionState::Closed => Happening::Closed,
            RTCPeerConnectionState::Unspecified
            | RTCPeerConnectionState::New
            | RTCPeerConnectionState::Connecting
            | RTCPeerConnectionState::Connected
            | RTCPeerConnectionState::Disconnected
            | _ => return,
        };
        if let Err(error) = self.happened.try_send(happening) {
            tracing::debug!(%error, "a leg does not hear what happens to its connection");
        }
    }

    async fn on_track(&self, track: Arc<dyn TrackRemote>) {
        let kind = match track.kind().await {
            RtpCodecKind::Audio => Kind::Audio,
            RtpCodecKind::Video if self.pictures == Pictures::Refused => return,
            RtpCodecKind::Video => Kind::Video,
            RtpCodecKind::Unspecified | _ => return,
        };
        let number = self.came.fetch_add(1, Ordering::Relaxed);
        if number >= MAX_TRACKS {
            tracing::debug!("a peer sends more tracks than are recorded");
            return;
        }
        self.tracks.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&track));
        self.tasks.spawn(self.inlet.clone().pump(track, number, kind));
    }
}
