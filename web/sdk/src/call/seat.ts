/**
 * One person's place in one call, of which a browser has one: two tabs of the same person would hear and send everything
 * twice. The tab that sits holds a Web Lock; another tab sees that, asks the person, and may take it over.
 */

import { patienceMs } from "../anew.js";

/** A page that is being loaded anew may be there a moment before the old one has let go. */
const RELOAD_MS = 600;

export class Seat {
  #release: (() => void) | null = null;

  /** Sit down. False where another tab sits. `taken` is called when another tab takes over later. */
  async take(name: string, taken: () => void): Promise<boolean> {
    if (this.#release) return true;
    const signal = AbortSignal.timeout(patienceMs(RELOAD_MS));
    return this.#lock(name, { signal }, taken);
  }

  /** Sit down, and let the other tab stand up. */
  async takeOver(name: string, taken: () => void): Promise<void> {
    if (!this.#release) await this.#lock(name, { steal: true }, taken);
  }

  release(): void {
    this.#release?.();
    this.#release = null;
  }

  #lock(name: string, options: LockOptions, taken: () => void): Promise<boolean> {
    // Without locks (a page that did not come by HTTPS) each tab is by itself.
    if (!("locks" in navigator) || !navigator.locks) return Promise.resolve(true);
    return new Promise((resolve) => {
      let mine: (() => void) | null = null;
      const held = navigator.locks.request(name, options, () => {
        const until = new Promise<void>((release) => (mine = release));
        this.#release = mine;
        resolve(true);
        return until;
      });
      held.catch(() => {
        // Either it was never got in time, or it was got and then stolen.
        if (mine === null) return resolve(false);
        if (this.#release === mine) this.#release = null;
        taken();
      });
    });
  }
}
