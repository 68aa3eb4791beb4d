/**
 * One clock, and everything that plays follows it: the only owner of where the recording stands. An element that has to
 * wait for its bytes holds the clock, so that nobody answers before the question is heard.
 */
import { type Readable, createStore } from "../../store";
import { type Part, correctionFor } from "./timeline";

export interface PlaybackState {
  readonly atMs: number;
  readonly isPlaying: boolean;
  /** It would play, and something has to be fetched first. */
  readonly isWaiting: boolean;
  readonly speed: number;
}

/** Often enough that nobody hears two voices drift. */
const TICK_MS = 100;
/** From `readyState` 3 on there is something to go on with. */
const ENOUGH = 3;

export const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 2] as const;

export class Playback {
  readonly lengthMs: number;
  readonly #state = createStore<PlaybackState>({ atMs: 0, isPlaying: false, isWaiting: false, speed: 1 });
  readonly #elements = new Map<string, { part: Part; element: HTMLMediaElement }>();
  #timer: ReturnType<typeof setInterval> | undefined;
  /** When the clock was looked at last. */
  #lookedAt = 0;

  constructor(lengthMs: number) {
    this.lengthMs = lengthMs;
  }

  get state(): Readable<PlaybackState> {
    return this.#state;
  }

  /** This plays this part, until what is returned is called. */
  attach(part: Part, element: HTMLMediaElement): () => void {
    this.#elements.set(part.key, { part, element });
    // Exactly there, as after a seek: what is only near would begin where its file does, and catch up.
    if (this.#isNow(part)) element.currentTime = this.#placeIn(part);
    this.#settle();
    return () => {
      element.pause();
      this.#elements.delete(part.key);
    };
  }

  play(): void {
    if (this.#state.get().isPlaying) return;
    const { atMs } = this.#state.get();
    this.#patch({ isPlaying: true, ...(atMs >= this.lengthMs && { atMs: 0 }) });
    this.#lookedAt = performance.now();
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    // At once: browsers let sound begin only while a press is being answered.
    this.#settle();
  }

  pause(): void {
    clearInterval(this.#timer);
    this.#patch({ isPlaying: false, isWaiting: false });
    this.#settle();
  }

  toggle(): void {
    if (this.#state.get().isPlaying) this.pause();
    else this.play();
  }

  seek(toMs: number): void {
    this.#patch({ atMs: Math.max(0, Math.min(this.lengthMs, toMs)) });
    this.#lookedAt = performance.now();
    for (const { part, element } of this.#elements.values()) {
      if (this.#isNow(part)) element.currentTime = this.#placeIn(part);
    }
    this.#settle();
  }

  /** Go on from where it stands by so much. */
  move(byMs: number): void {
    this.seek(this.#state.get().atMs + byMs);
  }

  setSpeed(speed: number): void {
    this.#patch({ speed });
    this.#settle();
  }

  /** To the next speed up (1) or down (-1). */
  changeSpeed(by: 1 | -1): void {
    const { speed } = this.#state.get();
    const next = by > 0 ? SPEEDS.find((each) => each > speed) : SPEEDS.findLast((each) => each < speed);
    if (next !== undefined) this.setSpeed(next);
  }

  close(): void {
    clearInterval(this.#timer);
    for (const { element } of this.#elements.values()) element.pause();
    this.#elements.clear();
  }

  #tick(): void {
    const now = performance.now();
    const { atMs, isWaiting, speed } = this.#state.get();
    if (!isWaiting) this.#patch({ atMs: Math.min(this.lengthMs, atMs + (now - this.#lookedAt) * speed) });
    this.#lookedAt = now;
    if (this.#state.get().atMs >= this.lengthMs) this.pause();
    else this.#settle();
  }

  /** Bring every element to where the clock is. */
  #settle(): void {
    const { isPlaying, speed } = this.#state.get();
    const current = [...this.#elements.values()].filter(({ part }) => this.#isNow(part));
    const isWaiting = isPlaying && current.some(({ element }) => isStarved(element));
    this.#patch({ isWaiting });
    for (const { part, element } of this.#elements.values()) {
      if (!this.#isNow(part)) {
        element.pause();
        continue;
      }
      const runs = isPlaying && !isWaiting;
      const correction = correctionFor(element.currentTime - this.#placeIn(part));
      // One that is on its way already arrives by itself.
      if (correction.kind === "jump" && !element.seeking && !element.ended)
        element.currentTime = this.#placeIn(part);
      element.playbackRate = correction.kind === "bend" && runs ? speed * correction.factor : speed;
      if (runs && element.paused && !element.ended) void element.play().catch(() => undefined);
      // What waits has to try to play, else some browsers fetch nothing.
      else if (!runs && !element.paused && !isStarved(element)) element.pause();
    }
  }

  #isNow({ startsAtMs, endsAtMs }: Part): boolean {
    const { atMs } = this.#state.get();
    return startsAtMs <= atMs && atMs < endsAtMs;
  }

  /** In seconds after the part's beginning. */
  #placeIn({ startsAtMs }: Part): number {
    return (this.#state.get().atMs - startsAtMs) / 1_000;
  }

  #patch(part: Partial<PlaybackState>): void {
    const before = this.#state.get();
    const now = { ...before, ...part };
    const keys = Object.keys(part) as (keyof PlaybackState)[];
    if (keys.some((key) => before[key] !== now[key])) this.#state.set(now);
  }
}

/** What has failed is not waited for, nor what is over a moment before its time. */
function isStarved(element: HTMLMediaElement): boolean {
  return element.error === null && !element.ended && (element.readyState < ENOUGH || element.seeking);
}
