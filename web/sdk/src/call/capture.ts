/**
 * The own camera and microphone: the only owner of their tracks. Muting keeps the microphone and sends silence, so that
 * speaking again is immediate; a camera that is off is let go, so that its light goes out.
 */
import { Value } from "../state.js";
import { DeviceList } from "./device.js";
import { problemOf } from "./problem.js";
import type { DeviceKind, MediaProblem } from "./state.js";

export interface CaptureState {
  /** Whether sound goes out. */
  readonly audio: boolean;
  /** Whether a picture goes out. */
  readonly video: boolean;
  readonly audioTrack: MediaStreamTrack | null;
  readonly videoTrack: MediaStreamTrack | null;
  /** Both; another object after each change. */
  readonly stream: MediaStream | null;
  readonly problem: MediaProblem | null;
}

type Kind = "audio" | "video";

const SOUND: MediaTrackConstraints = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
const PICTURE: MediaTrackConstraints = {
  width: { ideal: 1280 },
  height: { ideal: 720 },
  frameRate: { ideal: 30 },
};
const NOTHING: CaptureState = {
  audio: false,
  video: false,
  audioTrack: null,
  videoTrack: null,
  stream: null,
  problem: null,
};

export class Capture {
  readonly state = new Value<CaptureState>(NOTHING);
  readonly devices = new DeviceList();
  /** What the person wants to send; what is sent may be less. */
  #wanted = { audio: false, video: false };
  /** Devices are asked for one after the other. */
  #queue: Promise<void> = Promise.resolve();
  #isOpen = false;

  /** Take what is wanted. Does not fail: what could not be had stands in `state.problem`. */
  open(wanted: { audio: boolean; video: boolean }): Promise<void> {
    this.#wanted = { ...wanted };
    return this.#do(async () => {
      if (!this.#isOpen) {
        this.#isOpen = true;
        this.devices.onChange = () => void this.#devicesChanged();
        await this.devices.open();
      }
      await this.#satisfy();
    });
  }

  setAudio(on: boolean): Promise<void> {
    this.#wanted.audio = on;
    return this.#do(() => this.#satisfy());
  }

  setVideo(on: boolean): Promise<void> {
    this.#wanted.video = on;
    return this.#do(() => this.#satisfy());
  }

  /** Change to another device, now or when it is next needed. */
  useDevice(kind: DeviceKind, deviceId: string): Promise<void> {
    this.devices.choose(kind, deviceId);
    if (kind === "audioOutput") return Promise.resolve();
    return this.#do(async () => {
      this.#drop(kind === "audioInput" ? "audio" : "video");
      await this.#satisfy();
    });
  }

  /** Let go of everything. */
  close(): void {
    this.#wanted = { audio: false, video: false };
    this.#isOpen = false;
    this.devices.onChange = null;
    this.devices.close();
    for (const track of [this.state.get().audioTrack, this.state.get().videoTrack]) track?.stop();
    this.state.set(NOTHING);
  }

  #do(job: () => Promise<void>): Promise<void> {
    this.#queue = this.#queue.then(job);
    return this.#queue;
  }

  /** Bring what is sent in line with what is wanted. */
  async #satisfy(): Promise<void> {
    const { audio, video } = this.#wanted;
    if (!video) this.#drop("video");
    const missing = { audio: audio && this.#track("audio") === null, video: video && this.#track("video") === null };
    this.#show({ problem: null });
    if (missing.audio || missing.video) await this.#take(missing);
    this.#show({});
  }

  /** Ask for both at once, so that there is one question; if that fails, for what can still be had. */
  async #take(missing: { audio: boolean; video: boolean }): Promise<void> {
    if (missing.audio && missing.video && (await this.#ask(missing)) !== null) {
      const [microphone, camera] = await Promise.all([isBlocked("microphone"), isBlocked("camera")]);
      // A person who has just said no to both is not asked again for each.
      const saidNo = this.state.get().problem?.kind === "blocked" && microphone === camera;
      if (saidNo) return;
      const problem = camera ? null : await this.#ask({ audio: false, video: true });
      const other = microphone ? null : await this.#ask({ audio: true, video: false });
      const blocked: MediaProblem = { kind: "blocked", device: camera ? "camera" : "microphone" };
      this.#show({ problem: camera || microphone ? blocked : (problem ?? other) });
    } else if (missing.audio !== missing.video) {
      await this.#ask(missing);
    }
  }

  /** Ask the browser. Gives the problem, if there is one. */
  async #ask(missing: { audio: boolean; video: boolean }): Promise<MediaProblem | null> {
    const device = missing.video ? "camera" : "microphone";
    let problem: MediaProblem | null = null;
    try {
      if (!navigator.mediaDevices) throw new DOMException("the page did not come by HTTPS", "SecurityError");
      const [audioInput, videoInput] = [this.devices.chosen("audioInput"), this.devices.chosen("videoInput")];
      const stream = await navigator.mediaDevices.getUserMedia({
        audio: missing.audio && { ...SOUND, ...(audioInput !== null && { deviceId: { exact: audioInput } }) },
        video: missing.video && {
          ...PICTURE,
          ...(videoInput === null ? { facingMode: "user" } : { deviceId: { exact: videoInput } }),
        },
      });
      for (const track of stream.getTracks()) this.#keep(track);
      void this.devices.refresh();
    } catch (error) {
      problem = problemOf(error, device);
    }
    this.#show({ problem });
    return problem;
  }

  #keep(track: MediaStreamTrack): void {
    const kind = track.kind as Kind;
    // The call was left, or the camera turned off, while the browser asked.
    if (!this.#isOpen || (kind === "video" && !this.#wanted.video)) return track.stop();
    this.#track(kind)?.stop();
    track.onended = () => void this.#lost(track);
    this.#show(kind === "audio" ? { audioTrack: track } : { videoTrack: track });
  }

  #drop(kind: Kind): void {
    const track = this.#track(kind);
    if (track === null) return;
    track.onended = null;
    track.stop();
    this.#show(kind === "audio" ? { audioTrack: null } : { videoTrack: null });
  }

  /** A device was pulled out or taken away: go on with another one. */
  #lost(track: MediaStreamTrack): Promise<void> {
    return this.#do(async () => {
      if (this.#track(track.kind as Kind) !== track) return;
      this.#drop(track.kind as Kind);
      await this.devices.refresh();
      await this.#satisfy();
    });
  }

  /** What was missing may be there now. */
  #devicesChanged(): Promise<void> {
    return this.#do(async () => {
      if (this.#isOpen && this.state.get().problem?.kind === "none") await this.#satisfy();
    });
  }

  #track(kind: Kind): MediaStreamTrack | null {
    const { audioTrack, videoTrack } = this.state.get();
    return kind === "audio" ? audioTrack : videoTrack;
  }

  #show(change: Partial<CaptureState>): void {
    const next = { ...this.state.get(), ...change };
    const audio = this.#wanted.audio && next.audioTrack !== null;
    if (next.audioTrack) next.audioTrack.enabled = audio;
    const tracks = [next.audioTrack, next.videoTrack].filter((track) => track !== null);
    const has = next.stream?.getTracks() ?? [];
    const isSame = has.length === tracks.length && tracks.every((track) => has.includes(track));
    const stream = isSame ? next.stream : tracks.length > 0 ? new MediaStream(tracks) : null;
    this.state.patch({ ...change, audio, video: next.videoTrack !== null, stream });
  }
}

async function isBlocked(name: "camera" | "microphone"): Promise<boolean> {
  try {
    return (await navigator.permissions.query({ name: name as PermissionName })).state === "denied";
  } catch {
    // Not every browser tells.
    return false;
  }
}
