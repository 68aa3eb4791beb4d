/** How loud a microphone is, for a level meter. */
import { Value } from "../state.js";

/** Often enough that a meter moves with the voice. */
const LOOK_EVERY_MS = 50;
const SAMPLES = 1_024;
const TOUCHES = ["pointerdown", "keydown"] as const;
/** What is softer than this (in dB of full scale) is silence; 0 dB is as loud as it gets. */
const SILENCE_DB = -60;

export class Level {
  /** From 0, silence, to 1. */
  readonly state = new Value(0);
  #stop: (() => void) | null = null;
  #stream: MediaStream | null = null;

  /** Listen to this stream's microphone from now on; null ends it. */
  follow(stream: MediaStream | null): void {
    if (stream === this.#stream) return;
    this.#stop?.();
    this.#stop = null;
    this.#stream = stream;
    this.state.set(0);
    if (stream === null || stream.getAudioTracks().length === 0) return;
    const context = new AudioContext();
    const analyser = new AnalyserNode(context, { fftSize: SAMPLES });
    context.createMediaStreamSource(stream).connect(analyser);
    // Browsers begin suspended on a page that nobody has touched yet, and some ask for the touch itself.
    const wake = (): void => void context.resume();
    wake();
    for (const touch of TOUCHES) window.addEventListener(touch, wake);
    const samples = new Float32Array(analyser.fftSize);
    const timer = setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      this.state.set(levelOf(samples));
    }, LOOK_EVERY_MS);
    this.#stop = () => {
      clearInterval(timer);
      for (const touch of TOUCHES) window.removeEventListener(touch, wake);
      void context.close();
    };
  }
}

/** The loudness of samples, as ears hear it: evenly over the decibels. Pure. */
export function levelOf(samples: Float32Array): number {
  const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
  if (power === 0) return 0;
  return Math.min(1, Math.max(0, 1 - (10 * Math.log10(power)) / SILENCE_DB));
}
