/** What the server says that concerns one call. */
import type {
  LeaveReason,
  Peer,
  WebrtcAnswerHeard,
  WebrtcIceCandidateHeard,
  WebrtcMediaStateHeard,
  WebrtcOfferHeard,
} from "../generated/events.js";
import type { CallConnection } from "./port.js";

export interface Ears {
  admitted(): void;
  denied(reason: string | null): void;
  held(reason: string | null): void;
  removed(): void;
  ended(reason: string | null): void;
  peerJoined(peer: Peer): void;
  peerLeft(peerId: string, reason: LeaveReason): void;
  peerAway(peerId: string, away: boolean): void;
  mediaState(media: WebrtcMediaStateHeard): void;
  offer(offer: WebrtcOfferHeard): void;
  answer(answer: WebrtcAnswerHeard): void;
  candidate(candidate: WebrtcIceCandidateHeard): void;
}

/** The session's part was taken away: its close code (protocol section 8). */
const REMOVED = 4503;

/** Hear of this room only. What is returned ends it. */
export function hear(connection: CallConnection, roomId: string, ears: Ears): () => void {
  const here =
    <D extends { roomId: string }>(listener: (data: D) => void) =>
    (data: D): void => {
      if (data.roomId === roomId) listener(data);
    };
  const endings = [
    connection.on("consultation:admitted", here(() => ears.admitted())),
    connection.on("consultation:denied", here(({ reason }) => ears.denied(reason ?? null))),
    connection.on("consultation:held", here(({ reason }) => ears.held(reason ?? null))),
    connection.on("consultation:ended", here(({ reason }) => ears.ended(reason ?? null))),
    connection.on("room:event", here(({ event }) => {
      const isMe = event.kind === "removed" && event.userId === connection.state.get().user?.id;
      if (isMe) ears.removed();
    })),
    connection.on("session:closing", ({ code }) => {
      if (code === REMOVED) ears.removed();
    }),
    connection.on("webrtc:peer_joined", here(({ peer }) => ears.peerJoined(peer))),
    connection.on("webrtc:peer_left", here(({ peerId, reason }) => ears.peerLeft(peerId, reason))),
    connection.on("webrtc:peer_away", here(({ peerId }) => ears.peerAway(peerId, true))),
    connection.on("webrtc:peer_back", here(({ peerId }) => ears.peerAway(peerId, false))),
    connection.on("webrtc:media_state", here((media) => ears.mediaState(media))),
    connection.on("webrtc:offer", here((offer) => ears.offer(offer))),
    connection.on("webrtc:answer", here((answer) => ears.answer(answer))),
    connection.on("webrtc:ice_candidate", here((candidate) => ears.candidate(candidate))),
  ];
  return () => endings.forEach((end) => end());
}
