/** What this side sends: camera, microphone and screen together, and what is remembered of it over a reload. */
import type { Media } from "../generated/events.js";
import { Listeners } from "../state.js";
import { Capture } from "./capture.js";
import { ScreenCapture } from "./screen.js";
import type { Outgoing } from "./slot.js";
import type { LocalMedia } from "./state.js";

/** Whether microphone and camera are wanted. */
export interface Choice {
  readonly audio: boolean;
  readonly video: boolean;
}

export class Local {
  readonly capture = new Capture();
  readonly screen = new ScreenCapture();
  /** Something of it is different. */
  readonly changed = new Listeners<[]>();
  #streams: Pick<Outgoing, "camera" | "screen"> | null = null;

  constructor() {
    this.capture.state.subscribe(() => this.changed.tell());
    this.capture.devices.state.subscribe(() => this.changed.tell());
    this.screen.state.subscribe(() => this.changed.tell());
  }

  close(): void {
    this.capture.close();
    this.screen.stop();
  }

  /** For the links. */
  outgoing(): Outgoing {
    const { audioTrack, videoTrack } = this.capture.state.get();
    const tracks = { audio: audioTrack, video: videoTrack, screen: this.screen.state.get().track };
    this.#streams ??= { camera: new MediaStream(), screen: new MediaStream() };
    return { tracks, ...this.#streams };
  }

  /** For the others. */
  media(): Required<Media> {
    const { audio, video } = this.capture.state.get();
    return { audio, video, screen: this.screen.state.get().track !== null };
  }

  /** For whoever shows it. */
  shown(): LocalMedia {
    const { stream, problem } = this.capture.state.get();
    const screen = this.screen.state.get();
    return { ...this.media(), stream, screenStream: screen.stream, problem: problem ?? screen.problem };
  }
}

const key = (roomId: string): string => `bedside:call:${roomId}`;

/** What this tab was sending when it was last in the call; null where it was not, or has left. */
export function remembered(roomId: string): Choice | null {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(key(roomId)) ?? "null");
    if (typeof kept !== "object" || kept === null) return null;
    const { audio, video } = kept as Partial<Record<keyof Choice, unknown>>;
    return { audio: audio === true, video: video === true };
  } catch {
    return null;
  }
}

/** Keep it over a reload. */
export function remember(roomId: string, choice: Choice | null): void {
  try {
    if (choice) sessionStorage.setItem(key(roomId), JSON.stringify({ audio: choice.audio, video: choice.video }));
    else sessionStorage.removeItem(key(roomId));
  } catch {
    // Storage is blocked: a reload asks again.
  }
}
