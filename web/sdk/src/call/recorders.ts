/** The recorders in the call: peers that are no people. They are in the roster, and take what people agree to give. */
import type { IceCandidate, Peer as PeerMeta } from "../generated/events.js";
import { Leg, type LegOptions } from "./leg.js";

/** How much may wait until it is known who sends it. */
const MOST_EARLY = 100;

export const isRecorder = ({ role }: PeerMeta): boolean => role === "recorder";

export class Recorders {
  readonly #legTo: (peerId: string) => Leg;
  readonly #changed: () => void;
  readonly #legs = new Map<string, Leg>();
  #early: (() => void)[] = [];
  /** Those whom a server that was started anew does not know yet. */
  readonly #missing = new Set<string>();
  #goneTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: { legTo(peerId: string): LegOptions; changed(): void }) {
    this.#legTo = (peerId) => new Leg(options.legTo(peerId));
    this.#changed = options.changed;
  }

  /** Whether one is there. */
  get isHere(): boolean {
    return this.#legs.size > 0;
  }

  /** These are there; `resumeWindowMs` is how long the others may take to come back. */
  found(metas: readonly PeerMeta[], resumeWindowMs: number): void {
    for (const peerId of this.#legs.keys()) this.#missing.add(peerId);
    for (const { peerId } of metas) this.#leg(peerId);
    clearTimeout(this.#goneTimer);
    this.#goneTimer = setTimeout(() => this.#missing.forEach((peerId) => this.left(peerId)), resumeWindowMs);
    for (const heard of this.#early.splice(0)) heard();
    this.look();
    this.#changed();
  }

  came({ peerId }: PeerMeta): void {
    this.#leg(peerId);
    this.#changed();
  }

  left(peerId: string): void {
    this.#missing.delete(peerId);
    this.#legs.get(peerId)?.close();
    if (this.#legs.delete(peerId)) this.#changed();
  }

  /** What comes from peers that are no recorders is not for here. `isEarly`: it is not known yet who is there. */
  heardOffer(from: string, sdp: string, negotiation: number, isEarly: boolean): void {
    this.#heard(from, isEarly, (leg) => leg.heardOffer(sdp, negotiation));
  }

  heardCandidate(from: string, candidate: IceCandidate, negotiation: number | null, isEarly: boolean): void {
    this.#heard(from, isEarly, (leg) => leg.heardCandidate(candidate, negotiation));
  }

  /** What is agreed to, what is sent, or the way to the server is different. */
  look(): void {
    for (const leg of this.#legs.values()) leg.look();
  }

  clear(): void {
    clearTimeout(this.#goneTimer);
    for (const leg of this.#legs.values()) leg.close();
    this.#legs.clear();
    this.#missing.clear();
    this.#early = [];
    this.#changed();
  }

  #heard(from: string, isEarly: boolean, tell: (leg: Leg) => void): void {
    const leg = this.#legs.get(from);
    if (leg) tell(leg);
    else if (isEarly && this.#early.length < MOST_EARLY)
      this.#early.push(() => this.#heard(from, false, tell));
  }

  #leg(peerId: string): Leg {
    this.#missing.delete(peerId);
    const known = this.#legs.get(peerId);
    if (known) return known;
    const leg = this.#legTo(peerId);
    this.#legs.set(peerId, leg);
    return leg;
  }
}
