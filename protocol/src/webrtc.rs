//! `webrtc:*`: the call, from joining to statistics.

use serde::{Deserialize, Deserializer, Serialize};

use crate::{
    consultation::IcePolicy,
    ids::{PeerId, RoomId, UserId},
    recording::Recording,
    sdp::{AnswerSdp, IceCandidate, OfferSdp, Sdp},
    session::Role,
    text::{Name, Timestamp},
};

spoken! { client
    /// Enter the call, or the waiting room in front of it.
    pub struct WebrtcJoinRoom {
        /// The room.
        pub room_id: RoomId,
        /// What you will send; both by default.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub media: Option<Media>,
    }

    /// Leave the call, or the waiting room.
    pub struct WebrtcLeaveRoom {
        /// The room.
        pub room_id: RoomId,
    }

    /// Offer a session to a peer.
    pub struct WebrtcOffer {
        /// The room.
        pub room_id: RoomId,
        /// To whom; the only other person by default.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub to: Option<PeerId>,
        /// The offer.
        pub sdp: OfferSdp,
        /// Ignored: the server numbers offers.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub negotiation: Option<u64>,
    }

    /// Answer a peer's offer.
    pub struct WebrtcAnswer {
        /// The room.
        pub room_id: RoomId,
        /// To whom; the only other person by default.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub to: Option<PeerId>,
        /// The answer.
        pub sdp: AnswerSdp,
        /// The offer that this answers; the peer's newest by default.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub negotiation: Option<u64>,
    }

    /// Tell a peer a way to reach you.
    pub struct WebrtcIceCandidate {
        /// The room.
        pub room_id: RoomId,
        /// To whom; the only other person by default.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub to: Option<PeerId>,
        /// The candidate; `null` when there are no more.
        #[serde(deserialize_with = "present")]
        pub candidate: Option<IceCandidate>,
        /// The negotiation that it belongs to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub negotiation: Option<u64>,
    }

    /// What I am sending now.
    pub struct WebrtcMediaState {
        /// The room.
        pub room_id: RoomId,
        /// Sound.
        pub audio: bool,
        /// Picture.
        pub video: bool,
        /// Screen.
        pub screen: bool,
    }

    /// Fresh ICE servers, please.
    pub struct WebrtcIceServers {
        /// The room.
        pub room_id: RoomId,
    }

    /// How the call is.
    pub struct WebrtcStats {
        /// The room.
        pub room_id: RoomId,
        /// Round trip, in milliseconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub rtt_ms: Option<f64>,
        /// Jitter, in milliseconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub jitter_ms: Option<f64>,
        /// Lost packets, in percent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub loss_percent: Option<f64>,
        /// Bits per second, in thousands.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub bitrate_kbps: Option<f64>,
        /// Frames shown per second.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub frames_per_second: Option<f64>,
        /// Width of the received picture, in pixels.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub frame_width: Option<u32>,
        /// Height of the received picture, in pixels.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub frame_height: Option<u32>,
        /// How the chosen path runs: `host`, `srflx`, `prflx`, `relay`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub candidate_type: Option<CandidateType>,
    }

    /// What a peer sends.
    #[derive(Copy, Eq)]
    #[serde(default)]
    pub struct Media {
        /// Sound.
        pub audio: bool,
        /// Picture.
        pub video: bool,
        /// Screen.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        pub screen: bool,
    }
}

spoken! { words
    /// How a path of a call runs (RFC 8445).
    pub enum CandidateType {
        /// Directly.
        Host,
        /// Through the own side's address translation.
        Srflx,
        /// Through an address found on the way.
        Prflx,
        /// Through a TURN server.
        Relay,
    }

    /// Why a peer is gone.
    pub enum LeaveReason {
        /// They left.
        Left,
        /// They were removed or held.
        Removed,
        /// Their connection broke and did not come back in time.
        TimedOut,
        /// The consultation is over.
        Ended,
    }
}

impl Default for Media {
    fn default() -> Self {
        Self { audio: true, video: true, screen: false }
    }
}

/// A field that may be `null` but not absent.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    Option::deserialize(deserializer)
}

/// What answers `webrtc:join_room`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "state", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum WebrtcJoined {
    /// You are in the call.
    Joined {
        /// Your peer id.
        peer_id: PeerId,
        /// Who else is in it.
        peers: Vec<Peer>,
        /// STUN and TURN servers.
        ice_servers: Vec<IceServer>,
        /// When their credentials end; absent where they have none.
        ice_expires_at: Option<Timestamp>,
        /// Which candidates are let through.
        ice_policy: IcePolicy,
        /// The recording that is under way, or waits for consent.
        recording: Option<Box<Recording>>,
    },
    /// You are in the waiting room; `consultation:admitted` tells you to join again.
    Waiting {
        /// Your place in the queue, from 1.
        position: usize,
    },
}

spoken! { server
    /// Someone in the call.
    pub struct Peer {
        /// Their peer id.
        pub peer_id: PeerId,
        /// Who they are.
        pub user_id: UserId,
        /// What they are called.
        pub name: Option<Name>,
        /// Their part in the consultation.
        pub role: Role,
        /// What they send.
        pub media: Media,
        /// Whether you are the polite one towards them (perfect negotiation).
        pub polite: bool,
        /// Whether their connection is broken and may come back.
        #[serde(default)]
        pub away: bool,
    }

    /// An `RTCIceServer` (W3C WebRTC section 4.2.4).
    pub struct IceServer {
        /// Where.
        pub urls: Vec<String>,
        /// For TURN: who.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub username: Option<String>,
        /// For TURN: the password, good for a while.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub credential: Option<String>,
    }

    /// The number that the server gave to the offer, or of the offer that was answered.
    pub struct Negotiated {
        /// Grows with each offer.
        pub negotiation: u64,
    }

    /// STUN and TURN servers.
    pub struct IceServers {
        /// The servers.
        pub ice_servers: Vec<IceServer>,
        /// When their credentials end; absent where they have none.
        pub expires_at: Option<Timestamp>,
    }

    /// Someone entered the call.
    pub struct WebrtcPeerJoined {
        /// The room.
        pub room_id: RoomId,
        /// Who.
        pub peer: Peer,
    }

    /// Someone left the call.
    pub struct WebrtcPeerLeft {
        /// The room.
        pub room_id: RoomId,
        /// Who.
        pub peer_id: PeerId,
        /// Why.
        pub reason: LeaveReason,
    }

    /// Someone's connection broke; they may come back. Keep the call.
    pub struct WebrtcPeerAway {
        /// The room.
        pub room_id: RoomId,
        /// Who.
        pub peer_id: PeerId,
    }

    /// They are back.
    pub struct WebrtcPeerBack {
        /// The room.
        pub room_id: RoomId,
        /// Who.
        pub peer_id: PeerId,
    }

    /// A peer offers you a session.
    pub struct WebrtcOfferHeard {
        /// The room.
        pub room_id: RoomId,
        /// Who.
        pub from: PeerId,
        /// The offer, as its sender gave it.
        pub sdp: Sdp,
        /// Its number: name it in the answer.
        pub negotiation: u64,
    }

    /// A peer answers your offer.
    pub struct WebrtcAnswerHeard {
        /// The room.
        pub room_id: RoomId,
        /// Who.
        pub from: PeerId,
        /// The answer, as its sender gave it.
        pub sdp: Sdp,
        /// The offer that it answers.
        pub negotiation: u64,
    }

    /// A way to reach a peer.
    pub struct WebrtcIceCandidateHeard {
        /// The room.
        pub room_id: RoomId,
        /// Whom.
        pub from: PeerId,
        /// The candidate; `null` when there are no more.
        pub candidate: Option<IceCandidate>,
        /// The negotiation that it belongs to, where its sender said so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub negotiation: Option<u64>,
    }

    /// What a peer sends now.
    pub struct WebrtcMediaStateHeard {
        /// The room.
        pub room_id: RoomId,
        /// Who.
        pub peer_id: PeerId,
        /// Sound.
        pub audio: bool,
        /// Picture.
        pub video: bool,
        /// Screen.
        pub screen: bool,
    }

    /// Use these from now on: the credentials are renewed at 75 % of their life.
    pub struct WebrtcIceServersRenewed {
        /// The room.
        pub room_id: RoomId,
        /// The servers.
        pub ice_servers: Vec<IceServer>,
        /// When their credentials end.
        pub expires_at: Option<Timestamp>,
    }
}
