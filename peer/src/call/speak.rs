//! How the signals of a leg get out: through the client, one after the other, over lost connections.

use bedside_protocol::{
    Code,
    ids::{PeerId, RoomId},
    sdp::{AnswerSdp, OfferSdp},
    webrtc::{WebrtcAnswer, WebrtcIceCandidate, WebrtcOffer},
};
use tokio::sync::mpsc;

use super::leg::Signal;
use crate::client::{Client, Unanswered};

/// Send what a leg says, in order, each signal once it is sure that the one before arrived. Waits while the
/// client is not connected.
pub(super) async fn speak(client: Client, room_id: RoomId, to: PeerId, mut outgoing: mpsc::Receiver<Signal>) {
    let mut current = None;
    while let Some(signal) = outgoing.recv().await {
        loop {
            match say(&client, &room_id, &to, signal.clone(), &mut current).await {
                Ok(()) => break,
                // The other side has offered anew, or is gone: what we wanted to say has no meaning any more.
                Err(Unanswered::Refused { event, refusal }) => {
                    if !matches!(refusal.code, Code::StaleNegotiation | Code::NotFound | Code::NotJoined) {
                        tracing::warn!(event, %refusal, "a signal was refused");
                    }
                    break;
                }
                Err(Unanswered::Garbled { event, cause }) => {
                    tracing::warn!(event, %cause, "the answer to a signal cannot be read");
                    break;
                }
                Err(Unanswered::Lost { .. } | Unanswered::TimedOut { .. }) => client.connected().await,
            }
        }
    }
}

/// Send one signal; `current` is the number of the negotiation that candidates belong to.
async fn say(
    client: &Client,
    room_id: &RoomId,
    to: &PeerId,
    signal: Signal,
    current: &mut Option<u64>,
) -> Result<(), Unanswered> {
    let (room_id, to) = (room_id.clone(), Some(to.clone()));
    match signal {
        Signal::Offer { sdp, .. } => {
            let offer = WebrtcOffer { room_id, to, sdp: OfferSdp(sdp), negotiation: None };
            *current = Some(client.ask(offer).await?.negotiation);
        }
        Signal::Answer { sdp, negotiation } => {
            let answer = WebrtcAnswer { room_id, to, sdp: AnswerSdp(sdp), negotiation };
            *current = Some(client.ask(answer).await?.negotiation);
        }
        Signal::Candidate(candidate) => {
            let negotiation = *current;
            client.ask(WebrtcIceCandidate { room_id, to, candidate, negotiation }).await?;
        }
    }
    Ok(())
}
