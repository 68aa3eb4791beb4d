/** Looks after each peer's link: how it is, whether the server should hear of it, and when the network is another one. */
import type { Peer } from "./peer.js";
import type { CallStats } from "./state.js";

/** How often it is looked how the call is, and every how many looks the server is told. */
const LOOK_EVERY_MS = 2_000;
const LOOKS_PER_REPORT = 8;

export interface Looks {
  /** What is shown of a peer may be different. */
  looked(): void;
  report(stats: CallStats): Promise<void>;
}

/** Look at them now and then, until what is returned is called. */
export function followQuality(peers: Iterable<Peer>, looks: Looks): () => void {
  let count = 0;
  const look = async (peer: Peer, isReported: boolean): Promise<void> => {
    const stats = await peer.measure(performance.now());
    looks.looked();
    if (stats && isReported) await looks.report(stats);
  };
  const timer = setInterval(() => {
    count += 1;
    for (const peer of peers) void look(peer, count % LOOKS_PER_REPORT === 0);
  }, LOOK_EVERY_MS);
  return () => clearInterval(timer);
}

/** Tell each link when the browser has a network again, until what is returned is called. */
export function followNetwork(peers: Iterable<Peer>): () => void {
  const changed = (): void => {
    for (const { link } of peers) link.networkChanged();
  };
  window.addEventListener("online", changed);
  return () => window.removeEventListener("online", changed);
}
