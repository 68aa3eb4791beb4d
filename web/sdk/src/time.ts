/** Waiting, always with an end. */
import { Refused } from "./refused.js";

/** How often things happen by themselves. Only tests have a reason to change these. */
export interface Timing {
  /** Between two polls by REST while no socket gets through. */
  pollAloneMs: number;
  /** Between two polls beside a socket: a safety net under the heartbeats. */
  pollBesideMs: number;
  /** How long a socket may take, or be away, before polling begins. */
  pollAfterMs: number;
  /** The first pause before connecting again; each further one is twice as long… */
  reconnectMs: number;
  /** …up to this. */
  reconnectMaxMs: number;
  /** From the first byte of an attempt to `session:ready`. */
  connectMs: number;
}

export const TIMING: Timing = {
  pollAloneMs: 20_000,
  pollBesideMs: 60_000,
  pollAfterMs: 5_000,
  reconnectMs: 500,
  reconnectMaxMs: 20_000,
  connectMs: 15_000,
};

/** A promise that is refused with `timeout` if it takes longer. */
export function before<T>(ms: number, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Refused("timeout", "no answer came in time")), ms);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** Somewhere in the upper half of a pause, so that many clients do not come back at the same moment. */
const jittered = (ms: number): number => ms * (0.5 + Math.random() / 2);

/** Nearly this long: polls of many clients spread out by themselves. */
export const around = (ms: number): number => ms * (0.9 + Math.random() / 5);

/** The pause after so many failures. */
export function pauseAfter(failures: number, firstMs: number, maxMs: number): number {
  return jittered(Math.min(maxMs, firstMs * 2 ** Math.min(failures, 16)));
}
