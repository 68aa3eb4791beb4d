/** The own screen, while it is shared: the only owner of its track. */
import { Value } from "../state.js";
import { problemOf } from "./problem.js";
import type { MediaProblem } from "./state.js";

export interface ScreenState {
  readonly track: MediaStreamTrack | null;
  readonly stream: MediaStream | null;
  readonly problem: MediaProblem | null;
}

const NOTHING: ScreenState = { track: null, stream: null, problem: null };

export class ScreenCapture {
  readonly state = new Value<ScreenState>(NOTHING);

  /** Let the person choose what to show. Browsers want this to follow a click. */
  async start(): Promise<void> {
    if (this.state.get().track) return;
    try {
      const stream = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { ideal: 15 } } });
      const track = stream.getVideoTracks()[0];
      if (!track) throw new DOMException("nothing to show", "NotFoundError");
      // Text shall stay sharp, even if it moves less smoothly.
      track.contentHint = "detail";
      track.onended = () => this.stop();
      this.state.set({ track, stream, problem: null });
    } catch (error) {
      const problem = problemOf(error, "screen");
      // Who was asked and showed nothing has changed their mind, and need not be told so.
      const isTheirWill = problem.kind === "blocked" && !/system|policy/i.test(String(error));
      this.state.set({ ...NOTHING, problem: isTheirWill ? null : problem });
    }
  }

  stop(): void {
    const { track } = this.state.get();
    if (track) {
      track.onended = null;
      track.stop();
    }
    this.state.set(NOTHING);
  }
}
