/** Who else is in the call: as the server tells it, and a little longer where sound and picture still come. */
import type { LeaveReason, Peer as PeerMeta } from "../generated/events.js";
import type { LinkOptions } from "./link.js";
import { Peer } from "./peer.js";
import type { CallPeer } from "./state.js";

export interface PeersOptions {
  /** The way to a peer, and what is sent to them. */
  linkTo(peerId: string): Omit<LinkOptions, "polite" | "changed">;
  /** What is shown of them may be different. */
  changed(): void;
}

/** How much may wait until it is known who sends them. */
const MOST_EARLY = 200;

export class Peers {
  readonly #options: PeersOptions;
  readonly #all = new Map<string, Peer>();
  /** What was heard before the answer to our joining, which says who is there. */
  #early: (() => void)[] = [];
  #goneTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: PeersOptions) {
    this.#options = options;
  }

  [Symbol.iterator](): IterableIterator<Peer> {
    return this.#all.values();
  }

  /** These are there; `resumeWindowMs` is how long the others may take to come back. */
  found(metas: readonly PeerMeta[], resumeWindowMs: number): void {
    for (const meta of metas) {
      const known = this.#all.get(meta.peerId);
      known?.update(meta);
      known?.link.signalsReady(true);
      // Who comes offers to those who are there.
      (known ?? this.#add(meta)).link.start();
    }
    // A server that was started anew knows only who has come back already. What runs goes on.
    const here = new Set(metas.map((meta) => meta.peerId));
    for (const [peerId, peer] of this.#all) if (!here.has(peerId)) peer.setAway(true);
    clearTimeout(this.#goneTimer);
    this.#goneTimer = setTimeout(() => {
      for (const [peerId, peer] of this.#all) if (peer.isAway) this.left(peerId, "timed_out");
    }, resumeWindowMs);
    for (const heard of this.#early.splice(0)) heard();
    this.#options.changed();
  }

  /** `isEarly`: it is not known yet who else is there. */
  came(meta: PeerMeta, isEarly: boolean): void {
    if (isEarly) return this.#later(() => this.came(meta, false));
    const known = this.#all.get(meta.peerId);
    known?.update(meta);
    known?.link.signalsReady(true);
    (known ?? this.#add(meta)).link.expectOffer();
    this.#options.changed();
  }

  left(peerId: string, reason: LeaveReason): void {
    const peer = this.#all.get(peerId);
    // The server has not heard of them for long. As long as we hear and see them they are here.
    if (peer && reason === "timed_out" && peer.link.connection === "connected") peer.lose();
    else this.#drop(peerId);
    this.#options.changed();
  }

  change(peerId: string, change: (peer: Peer) => void): void {
    const peer = this.#all.get(peerId);
    if (peer) change(peer);
    this.#options.changed();
  }

  signal(from: string, hear: (peer: Peer) => void, isEarly: boolean): void {
    const peer = this.#all.get(from);
    if (peer) hear(peer);
    else if (isEarly) this.#later(() => this.signal(from, hear, false));
  }

  clear(): void {
    clearTimeout(this.#goneTimer);
    for (const peer of this.#all.values()) peer.link.close();
    this.#all.clear();
    this.#early = [];
    this.#options.changed();
  }

  /** As it is shown to `me`. */
  shown(me: string | null): CallPeer[] {
    return withoutGhosts(Array.from(this.#all.values(), (peer) => peer.snapshot()), me);
  }

  #later(heard: () => void): void {
    if (this.#early.length < MOST_EARLY) this.#early.push(heard);
  }

  #add(meta: PeerMeta): Peer {
    const peer: Peer = new Peer(meta, {
      ...this.#options.linkTo(meta.peerId),
      changed: () => {
        if (peer.isLost && peer.link.connection !== "connected") this.#drop(meta.peerId);
        this.#options.changed();
      },
    });
    this.#all.set(meta.peerId, peer);
    return peer;
  }

  #drop(peerId: string): void {
    this.#all.get(peerId)?.link.close();
    this.#all.delete(peerId);
  }
}

/**
 * Whoever closed a tab and came back in another one is a new peer, while the server keeps the old one's seat for a while:
 * that one is not shown.
 */
export function withoutGhosts(peers: readonly CallPeer[], me: string | null): CallPeer[] {
  const here = new Set<string | null>(peers.filter((peer) => !peer.away).map((peer) => peer.userId)).add(me);
  return peers.filter((peer) => !peer.away || !here.has(peer.userId));
}
