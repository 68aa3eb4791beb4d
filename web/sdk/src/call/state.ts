/** What the call looks like from outside: immutable snapshots. */
import type { Media, Role } from "../generated/events.js";
import type { Refused } from "../refused.js";

/**
 * - `waiting`, `held`: in front of the door, for the first time or again; goes on by itself when admitted.
 * - `elsewhere`: the same person is in this call in another tab of this browser; `takeOver()` brings it here.
 * - `denied`, `removed`, `ended`, `refused`: over, until `join()` is called again.
 */
export type CallStatus =
  | "idle"
  | "joining"
  | "waiting"
  | "joined"
  | "denied"
  | "held"
  | "removed"
  | "ended"
  | "refused"
  | "elsewhere";

export interface CallState {
  readonly status: CallStatus;
  /** The place in the queue, from 1, while waiting. */
  readonly position: number | null;
  /** With `refused`: why. */
  readonly error: Refused | null;
  /** What the other side said to it: with `denied`, `held`, `ended`. */
  readonly reason: string | null;
  /** The own peer id, once in the call. */
  readonly peerId: string | null;
  readonly peers: readonly CallPeer[];
  /** Whether a recorder is in the call. It is no person, and gets nothing from anybody who has not agreed. */
  readonly hasRecorder: boolean;
  readonly local: LocalMedia;
  readonly devices: Devices;
}

/** A call that nobody has joined, where there is no device either. */
export const NO_CALL: CallState = {
  status: "idle",
  position: null,
  error: null,
  reason: null,
  peerId: null,
  peers: [],
  hasRecorder: false,
  local: { audio: false, video: false, screen: false, stream: null, screenStream: null, problem: null },
  devices: {
    audioInputs: [],
    videoInputs: [],
    audioOutputs: [],
    audioInput: null,
    videoInput: null,
    audioOutput: null,
  },
};

/** Somebody else in the call. */
export interface CallPeer {
  readonly peerId: string;
  readonly userId: string;
  readonly name: string | null;
  readonly role: Role;
  /** What they say that they send. */
  readonly media: Readonly<Required<Media>>;
  /** Whether their connection to the server is broken. Sound and picture may go on meanwhile. */
  readonly away: boolean;
  /** How sound and picture come through. */
  readonly connection: PeerConnectionState;
  /** Their sound and picture; the same object as long as the connection lives. */
  readonly stream: MediaStream | null;
  /** Their screen, while they share it. */
  readonly screen: MediaStream | null;
  readonly quality: Quality;
  readonly stats: CallStats | null;
}

export type PeerConnectionState = "connecting" | "connected" | "interrupted" | "failed";
export type Quality = "good" | "fair" | "poor" | "unknown";

/** How it was in the last seconds. What could not be measured is null. */
export interface CallStats {
  readonly rttMs: number | null;
  readonly jitterMs: number | null;
  /** The worse of both directions. */
  readonly lossPercent: number | null;
  /** What comes in. */
  readonly bitrateKbps: number | null;
  readonly frameWidth: number | null;
  readonly frameHeight: number | null;
  readonly framesPerSecond: number | null;
  readonly candidateType: "host" | "srflx" | "prflx" | "relay" | null;
}

/** What this side sends. */
export interface LocalMedia {
  readonly audio: boolean;
  readonly video: boolean;
  readonly screen: boolean;
  /** The own camera and microphone. */
  readonly stream: MediaStream | null;
  readonly screenStream: MediaStream | null;
  /** Why something that was asked for is not sent. */
  readonly problem: MediaProblem | null;
}

/**
 * - `blocked`: not allowed, by the person or by the system.
 * - `none`: there is no such device.
 * - `in_use`: another program holds it.
 * - `insecure`: browsers give devices only to pages that came by HTTPS (or from this machine).
 * - `failed`: anything else.
 */
export interface MediaProblem {
  readonly kind: "blocked" | "none" | "in_use" | "insecure" | "failed";
  readonly device: "camera" | "microphone" | "screen";
}

/** Which devices there are, and which are chosen. Names are empty until one may be used. */
export interface Devices {
  readonly audioInputs: readonly MediaDeviceInfo[];
  readonly videoInputs: readonly MediaDeviceInfo[];
  readonly audioOutputs: readonly MediaDeviceInfo[];
  readonly audioInput: string | null;
  readonly videoInput: string | null;
  /** For `HTMLMediaElement.setSinkId`. */
  readonly audioOutput: string | null;
}

export type DeviceKind = "audioInput" | "videoInput" | "audioOutput";
