/**
 * What goes into a leg of the recorder: own tracks into the sections that it has offered, small enough that a second
 * encoding beside the call's own can be borne. Nothing is received.
 */
import type { Outgoing, Tracks } from "./slot.js";

/** What may go into it. */
export interface RecordedTerms {
  readonly audioOnly: boolean;
}

interface Cap {
  /** More lines than this are made fewer. */
  readonly lines: number;
  readonly maxBitrate: number;
}

/** Speech in full band; a face that is well seen; a screen whose words can be read. */
const SOUND_BITRATE = 48_000;
const CAMERA: Cap = { lines: 540, maxBitrate: 1_000_000 };
const SCREEN: Cap = { lines: 1_080, maxBitrate: 1_500_000 };

/** The track of one section. */
export interface Section {
  readonly kind: "audio" | "video";
  readonly track: MediaStreamTrack | null;
  readonly isScreen: boolean;
  /** Whether anything may ever go out in it. */
  readonly isUsed: boolean;
}

/**
 * Which track goes into which section, in the order of the offer: the first for sound, the first for pictures (the
 * camera), a second one for the screen. Where there is no second one, a screen that is shared takes the camera's place.
 * Pure.
 */
export function sectionsFor(
  kinds: readonly string[],
  tracks: Tracks,
  { audioOnly }: RecordedTerms,
): Section[] {
  const pictures = kinds.filter((kind) => kind === "video").length;
  const screenFirst = pictures === 1 && tracks.screen !== null;
  let [sounds, seen] = [0, 0];
  return kinds.map((kind): Section => {
    if (kind !== "video") {
      const isUsed = kind === "audio" && sounds++ === 0;
      return { kind: "audio", track: isUsed ? tracks.audio : null, isScreen: false, isUsed };
    }
    const index = seen++;
    const isUsed = !audioOnly && index < 2;
    const isScreen = index === 1 || screenFirst;
    return {
      kind: "video",
      track: isUsed ? (isScreen ? tracks.screen : tracks.video) : null,
      isScreen,
      isUsed,
    };
  });
}

/** By how much a picture is made smaller, in each direction. */
export function scaleDown(lines: number | undefined, isScreen: boolean): number {
  const cap = isScreen ? SCREEN : CAMERA;
  return lines === undefined ? 1 : Math.max(1, lines / cap.lines);
}

/** Send these, and only send. */
export async function sendRecorded(
  pc: RTCPeerConnection,
  outgoing: Outgoing,
  terms: RecordedTerms,
): Promise<void> {
  const transceivers = pc.getTransceivers();
  const kinds = transceivers.map((transceiver) => transceiver.receiver.track.kind);
  const sections = sectionsFor(kinds, outgoing.tracks, terms);
  for (const [index, transceiver] of transceivers.entries()) {
    const section = sections[index];
    if (!section) continue;
    const direction = section.isUsed ? "sendonly" : "inactive";
    if (transceiver.direction !== direction) transceiver.direction = direction;
    if (transceiver.sender.track !== section.track) await transceiver.sender.replaceTrack(section.track);
    if (section.isUsed) transceiver.sender.setStreams(section.isScreen ? outgoing.screen : outgoing.camera);
  }
}

/** Keep what is sent small. Only once the answer stands: before it there is nothing to set. */
export async function capRecorded(
  pc: RTCPeerConnection,
  outgoing: Outgoing,
  terms: RecordedTerms,
): Promise<void> {
  const transceivers = pc.getTransceivers();
  const kinds = transceivers.map((transceiver) => transceiver.receiver.track.kind);
  for (const [index, section] of sectionsFor(kinds, outgoing.tracks, terms).entries()) {
    const sender = transceivers[index]?.sender;
    if (!sender || !section.isUsed) continue;
    const parameters = sender.getParameters();
    const encoding = parameters.encodings?.[0];
    // A section that was not agreed upon has no encoding.
    if (!encoding) continue;
    if (section.kind === "audio") {
      encoding.maxBitrate = SOUND_BITRATE;
    } else {
      encoding.maxBitrate = (section.isScreen ? SCREEN : CAMERA).maxBitrate;
      encoding.scaleResolutionDownBy = scaleDown(section.track?.getSettings().height, section.isScreen);
    }
    try {
      await sender.setParameters(parameters);
    } catch (fault) {
      // It is recorded all the same, only larger.
      console.warn("bedside: the recorded picture could not be made smaller", fault);
    }
  }
}
