/**
 * Which section of a connection carries what: the first for sound, the first for pictures (the camera), and the second
 * for pictures (the screen). The side that offers first lays all three out, so that both sides agree by order alone,
 * and camera and microphone can come and go without a new negotiation.
 */

export type Slot = "audio" | "video" | "screen";
export type Tracks = Readonly<Record<Slot, MediaStreamTrack | null>>;

export const SLOTS: readonly Slot[] = ["audio", "video", "screen"];
export const NOTHING: Tracks = { audio: null, video: null, screen: null };

/** What goes out, with the names under which it is grouped: browsers keep sound and picture of one stream in step. */
export interface Outgoing {
  readonly tracks: Tracks;
  readonly camera: MediaStream;
  readonly screen: MediaStream;
}

const kindOf = (slot: Slot): "audio" | "video" => (slot === "audio" ? "audio" : "video");

/** The section of a slot. */
export function transceiverOf(pc: RTCPeerConnection, slot: Slot): RTCRtpTransceiver | null {
  const alike = pc.getTransceivers().filter((transceiver) => transceiver.receiver.track.kind === kindOf(slot));
  return alike[slot === "screen" ? 1 : 0] ?? null;
}

/** Lay out all sections: only on the side that offers first. */
export function layOut(pc: RTCPeerConnection, outgoing: Outgoing): void {
  for (const slot of SLOTS) add(pc, slot, outgoing);
}

/** Send these tracks. Asks for a negotiation by itself where one is needed. */
export async function sendTracks(pc: RTCPeerConnection, outgoing: Outgoing): Promise<void> {
  for (const slot of SLOTS) {
    const track = outgoing.tracks[slot];
    const transceiver = transceiverOf(pc, slot);
    if (transceiver === null) {
      // A peer of another make may have offered less than three.
      if (track !== null) add(pc, slot, outgoing);
      continue;
    }
    const direction = directionOf(slot, track);
    if (transceiver.direction !== direction) transceiver.direction = direction;
    if (transceiver.sender.track !== track) await transceiver.sender.replaceTrack(track);
    // Without a track in it the section still has to name its stream.
    if (direction === "sendrecv") transceiver.sender.setStreams(streamOf(slot, outgoing));
  }
}

/** What comes in: streams that stay the same objects while their tracks do. */
export class Incoming {
  #camera: MediaStream | null = null;
  #screen: MediaStream | null = null;

  /** Sound and picture. */
  get camera(): MediaStream | null {
    return this.#camera;
  }

  get screen(): MediaStream | null {
    return this.#screen;
  }

  /** Look what is received now. */
  update(pc: RTCPeerConnection): void {
    this.#camera = streamWith(this.#camera, [incomingTrack(pc, "audio"), incomingTrack(pc, "video")]);
    this.#screen = streamWith(this.#screen, [incomingTrack(pc, "screen")]);
  }
}

function incomingTrack(pc: RTCPeerConnection, slot: Slot): MediaStreamTrack | null {
  const transceiver = transceiverOf(pc, slot);
  const direction = transceiver?.currentDirection;
  return direction === "sendrecv" || direction === "recvonly" ? (transceiver?.receiver.track ?? null) : null;
}

function streamWith(known: MediaStream | null, tracks: readonly (MediaStreamTrack | null)[]): MediaStream | null {
  const wanted = tracks.filter((track) => track !== null);
  const has = known?.getTracks() ?? [];
  const isSame = wanted.length === has.length && wanted.every((track) => has.includes(track));
  if (isSame) return known;
  return wanted.length > 0 ? new MediaStream(wanted) : null;
}

function add(pc: RTCPeerConnection, slot: Slot, outgoing: Outgoing): void {
  const track = outgoing.tracks[slot];
  pc.addTransceiver(track ?? kindOf(slot), {
    direction: directionOf(slot, track),
    streams: [streamOf(slot, outgoing)],
  });
}

/** A screen that is not shared is not announced: pages of another make would show it as a black picture. */
function directionOf(slot: Slot, track: MediaStreamTrack | null): RTCRtpTransceiverDirection {
  return slot === "screen" && track === null ? "recvonly" : "sendrecv";
}

const streamOf = (slot: Slot, outgoing: Outgoing): MediaStream =>
  slot === "screen" ? outgoing.screen : outgoing.camera;
