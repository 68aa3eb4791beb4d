//! The way into a call: what is asked for, and what the server says to it.

use bedside_protocol::{
    Code,
    consultation::IcePolicy,
    ids::{PeerId, RoomId},
    session::Role,
    webrtc::{IceServer, Media, Peer, WebrtcJoinRoom, WebrtcJoined},
};

use super::{CallError, leg::Network, sending::Sending};
use crate::client::{Client, Unanswered};

/// How to call.
#[derive(Debug, Clone, Copy)]
pub struct CallOptions {
    /// Where packets go in and out.
    pub network: Network,
    /// What we say that we send.
    pub media: Media,
    /// What we send.
    pub sending: Sending,
    /// With whom we exchange it.
    pub company: Company,
}

/// With whom media is exchanged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Company {
    /// With another person, and with a recorder.
    #[default]
    Everybody,
    /// Only with a recorder.
    Recorder,
    /// With nobody: we are just there.
    Nobody,
}

impl Company {
    pub(super) fn includes(self, role: Role) -> bool {
        match self {
            Self::Everybody => true,
            Self::Recorder => role == Role::Recorder,
            Self::Nobody => false,
        }
    }
}

impl CallOptions {
    /// Audio and video on this network.
    pub fn on(network: Network) -> Self {
        Self { network, media: Media::default(), sending: Sending::default(), company: Company::default() }
    }
}

/// Why we are not in the call.
#[derive(Debug, thiserror::Error)]
pub enum NotIn {
    /// We are in the waiting room.
    #[error("in the waiting room, at place {position}")]
    Waiting {
        /// Our place in the queue, from 1.
        position: usize,
    },
    /// The server said no, or nothing.
    #[error(transparent)]
    Unanswered(#[from] Unanswered),
    /// The media side failed.
    #[error(transparent)]
    Call(#[from] CallError),
}

impl NotIn {
    /// The code of a refusal.
    pub fn code(&self) -> Option<Code> {
        match self {
            Self::Unanswered(unanswered) => unanswered.code(),
            Self::Waiting { .. } | Self::Call(_) => None,
        }
    }
}

/// What the server told us when we joined.
#[derive(Debug, Clone)]
pub(super) struct Seat {
    pub(super) peer_id: PeerId,
    pub(super) ice_servers: Vec<IceServer>,
    pub(super) ice_policy: IcePolicy,
}

pub(super) async fn enter(
    client: &Client,
    room: &RoomId,
    options: CallOptions,
) -> Result<(Seat, Vec<Peer>), NotIn> {
    let join = WebrtcJoinRoom { room_id: room.clone(), media: Some(options.media) };
    match client.ask(join).await? {
        WebrtcJoined::Waiting { position } => Err(NotIn::Waiting { position }),
        WebrtcJoined::Joined { peer_id, peers, ice_servers, ice_policy, .. } => {
            Ok((Seat { peer_id, ice_servers, ice_policy }, peers))
        }
    }
}
