/** Waiting for a connection, no longer than one wants to. */
import { Refused } from "./refused.js";
import type { Observable } from "./state.js";
import type { BedsideState } from "./status.js";
import { before } from "./time.js";

/** Done once there is a session; refused with `closed` if there is none in time, or with why it was given up. */
export async function whenConnected(
  state: Observable<BedsideState>,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  let stop = (): void => {};
  const connected = new Promise<void>((resolve, reject) => {
    const look = (): void => {
      const { status, error } = state.get();
      if (status === "connected") resolve();
      else if (status === "stopped") reject(error ?? closedByUs());
      else if (signal?.aborted) reject(abortedBy(signal));
    };
    const unsubscribe = state.subscribe(look);
    signal?.addEventListener("abort", look, { once: true });
    stop = () => {
      unsubscribe();
      signal?.removeEventListener("abort", look);
    };
    look();
  });
  try {
    await before(timeoutMs, connected);
  } catch (thrown) {
    const refused = Refused.of(thrown);
    throw refused.code === "timeout" ? new Refused("closed", "there is no connection") : refused;
  } finally {
    stop();
  }
}

export const closedByUs = (): Refused => new Refused("closed", "the connection was closed");

export const abortedBy = (signal: AbortSignal | undefined): Refused =>
  new Refused("closed", `given up: ${String(signal?.reason ?? "aborted")}`);
