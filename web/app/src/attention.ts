/** Calling somebody who looks elsewhere: a short sound made on the spot, and a desktop notification where allowed. */
import { preferences } from "./preferences";
import { createStore, useReadable } from "./store";

export type Chime = "waiting" | "message" | "admitted";

/** Two tones each, in hertz: rising for somebody who comes, level for words, a fifth for the door that opens. */
const TONES: Record<Chime, readonly [number, number]> = {
  waiting: [523, 659],
  message: [660, 660],
  admitted: [523, 784],
};
const TONE_S = 0.16;
const LOUDNESS = 0.12;

let context: AudioContext | null = null;

/** Browsers let a page sound only after it has been touched, so the first touch makes the context. */
export function readySound(): void {
  const unlock = () => {
    context ??= new AudioContext();
    if (context.state === "suspended") void context.resume();
  };
  window.addEventListener("pointerdown", unlock, { once: true });
  window.addEventListener("keydown", unlock, { once: true });
}

export function chime(which: Chime): void {
  if (!preferences.get().sound || context?.state !== "running") return;
  const { currentTime, destination } = context;
  TONES[which].forEach((frequency, index) => {
    if (!context) return;
    const tone = context.createOscillator();
    const loudness = context.createGain();
    const from = currentTime + index * TONE_S;
    tone.frequency.value = frequency;
    // It swells and fades: a tone that is cut off clicks.
    loudness.gain.setValueAtTime(0, from);
    loudness.gain.linearRampToValueAtTime(LOUDNESS, from + 0.02);
    loudness.gain.exponentialRampToValueAtTime(0.001, from + TONE_S * 1.8);
    tone.connect(loudness).connect(destination);
    tone.start(from);
    tone.stop(from + TONE_S * 2);
  });
}

type Permission = NotificationPermission | "unsupported";
const permission = createStore<Permission>(
  "Notification" in window ? Notification.permission : "unsupported",
);
export const useNotificationPermission = (): Permission => useReadable(permission);

/** Ask. Browsers want that to come from a press of a button. */
export async function allowNotifications(): Promise<void> {
  if (permission.get() === "default") permission.set(await Notification.requestPermission());
}

/**
 * Tell the desktop, if the page is hidden. Callers say that something is there, never who or what: it shows on a locked
 * screen too.
 */
export function notify(text: string): void {
  if (!document.hidden || permission.get() !== "granted") return;
  try {
    const shown = new Notification("Bedside", { body: text, tag: "bedside" });
    shown.addEventListener("click", () => {
      window.focus();
      shown.close();
    });
  } catch {
    // Android's browsers know the constructor and refuse it; the sound has to do there.
  }
}
