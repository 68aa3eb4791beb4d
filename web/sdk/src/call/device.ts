/** Which devices there are, and which the person has chosen: for the device check and the call alike. */
import { Value } from "../state.js";
import type { DeviceKind, Devices } from "./state.js";

const CHOICE_KEY = "bedside:devices";

type Choice = Readonly<Record<DeviceKind, string | null>>;
const NO_CHOICE: Choice = { audioInput: null, videoInput: null, audioOutput: null };

/** Follows the devices while somebody looks. */
export class DeviceList {
  readonly state = new Value<Devices>({ audioInputs: [], videoInputs: [], audioOutputs: [], ...readChoice() });
  /** Devices were plugged in or out. */
  onChange: (() => void) | null = null;
  readonly #changed = (): void => {
    void this.refresh().then(() => this.onChange?.());
  };

  async open(): Promise<void> {
    navigator.mediaDevices?.addEventListener("devicechange", this.#changed);
    await this.refresh();
  }

  close(): void {
    navigator.mediaDevices?.removeEventListener("devicechange", this.#changed);
  }

  /** Look again: names are there only once a device may be used. */
  async refresh(): Promise<void> {
    // Where the browser gives no devices there are none to choose from.
    const all = (await navigator.mediaDevices?.enumerateDevices().catch(() => [])) ?? [];
    const ofKind = (kind: MediaDeviceKind): MediaDeviceInfo[] => all.filter((device) => device.kind === kind);
    this.state.patch({
      audioInputs: ofKind("audioinput"),
      videoInputs: ofKind("videoinput"),
      audioOutputs: ofKind("audiooutput"),
    });
  }

  /** The chosen device, if it is plugged in; otherwise the browser may choose. */
  chosen(kind: "audioInput" | "videoInput"): string | null {
    const state = this.state.get();
    const there = kind === "audioInput" ? state.audioInputs : state.videoInputs;
    return there.some((device) => device.deviceId === state[kind]) ? state[kind] : null;
  }

  /** Choose one; the choice is kept for the next visit. */
  choose(kind: DeviceKind, deviceId: string): void {
    this.state.patch({ [kind]: deviceId });
    const { audioInput, videoInput, audioOutput } = this.state.get();
    try {
      localStorage.setItem(CHOICE_KEY, JSON.stringify({ audioInput, videoInput, audioOutput }));
    } catch {
      // Storage is blocked or full: the choice lives as long as the page.
    }
  }
}

function readChoice(): Choice {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(CHOICE_KEY) ?? "null");
    if (typeof kept !== "object" || kept === null) return NO_CHOICE;
    const choice = kept as Partial<Record<DeviceKind, unknown>>;
    const text = (value: unknown): string | null => (typeof value === "string" ? value : null);
    return {
      audioInput: text(choice.audioInput),
      videoInput: text(choice.videoInput),
      audioOutput: text(choice.audioOutput),
    };
  } catch {
    return NO_CHOICE;
  }
}
