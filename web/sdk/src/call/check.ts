/** Camera and microphone before the call: for the device check. */
import { type Observable, Value } from "../state.js";
import { Capture } from "./capture.js";
import { Level } from "./level.js";
import type { Choice } from "./local.js";
import type { DeviceKind, Devices, MediaProblem } from "./state.js";

export interface LocalDevicesState {
  /** `asking`: the browser may be asking the person. */
  readonly status: "idle" | "asking" | "open";
  readonly audio: boolean;
  readonly video: boolean;
  readonly stream: MediaStream | null;
  readonly problem: MediaProblem | null;
  readonly devices: Devices;
}

export class LocalDevices {
  readonly #capture = new Capture();
  readonly #level = new Level();
  readonly #state: Value<LocalDevicesState>;
  #status: LocalDevicesState["status"] = "idle";

  constructor() {
    this.#state = new Value(this.#shown());
    this.#capture.state.subscribe(() => this.#changed());
    this.#capture.devices.state.subscribe(() => this.#changed());
  }

  get state(): Observable<LocalDevicesState> {
    return this.#state;
  }

  /** How loud the microphone is, from 0 to 1. */
  get level(): Observable<number> {
    return this.#level.state;
  }

  /** Take camera and microphone. Does not fail: what could not be had stands in `state.problem`. */
  async open(choice: Partial<Choice> = {}): Promise<void> {
    this.#status = "asking";
    this.#changed();
    await this.#capture.open({ audio: choice.audio ?? true, video: choice.video ?? true });
    // It may have been closed meanwhile.
    if (this.#status === "asking") this.#status = "open";
    this.#changed();
  }

  setAudio(on: boolean): Promise<void> {
    return this.#capture.setAudio(on);
  }

  setVideo(on: boolean): Promise<void> {
    return this.#capture.setVideo(on);
  }

  /** The choice is kept, and the call uses it. */
  useDevice(kind: DeviceKind, deviceId: string): Promise<void> {
    return this.#capture.useDevice(kind, deviceId);
  }

  /** Let go of everything. */
  close(): void {
    this.#status = "idle";
    this.#capture.close();
    this.#changed();
  }

  #changed(): void {
    this.#state.set(this.#shown());
    const { audio, stream } = this.#state.get();
    this.#level.follow(audio ? stream : null);
  }

  #shown(): LocalDevicesState {
    const { audio, video, stream, problem } = this.#capture.state.get();
    return { status: this.#status, audio, video, stream, problem, devices: this.#capture.devices.state.get() };
  }
}
