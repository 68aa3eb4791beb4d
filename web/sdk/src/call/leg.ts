/**
 * The connection to a recorder: the only owner of it. The recorder offers, this side answers, and only while this person
 * has agreed to be recorded; an offer that comes too soon waits. Only sending happens here.
 */
import type { IceCandidate } from "../generated/events.js";
import { Refused } from "../refused.js";
import { CandidateShelf, fits } from "./candidate.js";
import { OwnCandidates } from "./own_candidates.js";
import { type RecordedTerms, capRecorded, sendRecorded } from "./recorded.js";
import { fragmentsOf, makerOf } from "./sdp.js";
import { type Signals, addCandidate } from "./signals.js";
import type { Outgoing } from "./slot.js";

export interface LegOptions {
  readonly signals: Signals;
  configuration(): Promise<RTCConfiguration>;
  outgoing(): Outgoing;
  /** What may be recorded of this person now; null: nothing. */
  terms(): RecordedTerms | null;
}

/** How soon an answer is sent again that did not get through while the server was there. */
const RETRY_MS = 1_000;

export class Leg {
  readonly #options: LegOptions;
  readonly #own: OwnCandidates;
  readonly #shelf = new CandidateShelf();
  #pc: RTCPeerConnection | null = null;
  /** Who made the offers that this connection has answered. */
  #remote: string | null = null;
  /** The newest offer, until its answer has been sent. */
  #offer: { sdp: string; negotiation: number } | null = null;
  #queue: Promise<void> = Promise.resolve();
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  constructor(options: LegOptions) {
    this.#options = options;
    this.#own = new OwnCandidates(options.signals);
  }

  /** Whether anything is sent to the recorder, or about to be. */
  get isOpen(): boolean {
    return this.#pc !== null;
  }

  heardOffer(sdp: string, negotiation: number): void {
    this.#offer = { sdp, negotiation };
    this.look();
  }

  heardCandidate(candidate: IceCandidate, negotiation: number | null): void {
    this.#do(async () => {
      const remote = this.#pc?.remoteDescription;
      if (remote && this.#pc && fits(candidate, fragmentsOf(remote.sdp)))
        await addCandidate(this.#pc, candidate);
      else this.#shelf.put(candidate, negotiation);
    });
  }

  /** Something is different: what was agreed to, what is sent, or whether signals can be sent. */
  look(): void {
    // Who no longer agrees need not wait for anything.
    if (this.#options.terms() === null) this.#discard();
    this.#do(() => this.#bring());
  }

  close(): void {
    this.#isClosed = true;
    this.#offer = null;
    this.#discard();
  }

  /** One step after the other, so that each sees a settled state. */
  #do(job: () => Promise<void>): void {
    this.#queue = this.#queue.then(async () => {
      if (this.#isClosed) return;
      try {
        await job();
      } catch (fault) {
        if (this.#isClosed || fault instanceof Refused) return;
        // What was closed in the middle of a step has failed as it should. Otherwise: the recorder offers anew.
        if (this.#options.terms() !== null)
          console.warn("bedside: a step towards the recorder failed", fault);
        this.#discard();
      }
    });
  }

  async #bring(): Promise<void> {
    const terms = this.#options.terms();
    if (terms === null) return;
    if (this.#offer !== null) return this.#answer(this.#offer, terms);
    const pc = this.#pc;
    if (pc === null) return;
    await sendRecorded(pc, this.#options.outgoing(), terms);
    await capRecorded(pc, this.#options.outgoing(), terms);
    this.#own.again(fragmentsOf(pc.localDescription?.sdp ?? ""));
  }

  async #answer(offer: { sdp: string; negotiation: number }, terms: RecordedTerms): Promise<void> {
    const { signals } = this.#options;
    if (!signals.isReady()) return;
    const pc = this.#pc !== null && this.#remote === makerOf(offer.sdp) ? this.#pc : await this.#open();
    if (pc === null) return;
    this.#remote = makerOf(offer.sdp);
    await pc.setRemoteDescription({ type: "offer", sdp: offer.sdp });
    const fragments = fragmentsOf(offer.sdp);
    for (const candidate of this.#shelf.take(fragments, offer.negotiation)) await addCandidate(pc, candidate);
    await sendRecorded(pc, this.#options.outgoing(), terms);
    this.#own.hold();
    await pc.setLocalDescription();
    await capRecorded(pc, this.#options.outgoing(), terms);
    if (pc !== this.#pc) return;
    try {
      await signals.answer(pc.localDescription?.sdp ?? "", offer.negotiation);
    } catch (thrown) {
      if (Refused.of(thrown).passing) return this.#again();
      // Stale: a newer offer is on its way. Or the recorder is gone. Either way nobody waits for this answer.
    }
    if (this.#offer === offer) this.#offer = null;
    this.#own.release(offer.negotiation, fragmentsOf(pc.localDescription?.sdp ?? ""));
  }

  /** Without a connection, the next session looks again by itself. */
  #again(): void {
    clearTimeout(this.#retryTimer);
    this.#retryTimer = setTimeout(() => this.look(), RETRY_MS);
  }

  async #open(): Promise<RTCPeerConnection | null> {
    this.#discard();
    const configuration = await this.#options.configuration();
    // Much may have been said meanwhile.
    if (this.#isClosed || this.#options.terms() === null) return null;
    const pc = new RTCPeerConnection(configuration);
    this.#pc = pc;
    pc.onicecandidate = ({ candidate }) => {
      if (candidate?.candidate) this.#own.found(candidate.toJSON() as IceCandidate);
    };
    pc.onconnectionstatechange = () => {
      // What is broken is the recorder's to offer again.
      if (pc === this.#pc && pc.connectionState === "failed") this.#discard();
    };
    return pc;
  }

  #discard(): void {
    clearTimeout(this.#retryTimer);
    const pc = this.#pc;
    if (pc === null) return;
    [this.#pc, this.#remote] = [null, null];
    pc.onicecandidate = pc.onconnectionstatechange = null;
    pc.close();
    this.#own.forget();
  }
}
