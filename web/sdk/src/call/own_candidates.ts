/** Own candidates on their way to a peer: each goes out once the description that it belongs to has. */
import type { IceCandidate } from "../generated/events.js";
import { Refused } from "../refused.js";
import { MOST_CANDIDATES, fits } from "./candidate.js";
import type { Signals } from "./signals.js";

export class OwnCandidates {
  readonly #signals: Signals;
  #waiting: IceCandidate[] = [];
  /** The number they go under; null while that is not known. */
  #negotiation: number | null = null;

  constructor(signals: Signals) {
    this.#signals = signals;
  }

  /** The browser has found one. */
  found(candidate: IceCandidate): void {
    if (this.#negotiation === null) this.#keep(candidate);
    else this.#pass(candidate, this.#negotiation);
  }

  /** A description is being made: what is found waits until it was sent. */
  hold(): void {
    this.#negotiation = null;
  }

  /** The description of these ICE generations was sent under this number. */
  release(negotiation: number, fragments: ReadonlySet<string>): void {
    this.#negotiation = negotiation;
    const fitting = this.#waiting.filter((candidate) => fits(candidate, fragments));
    this.#waiting = [];
    for (const candidate of fitting) this.#pass(candidate, negotiation);
  }

  /** Signals can be sent again: what a broken connection kept back goes out. */
  again(fragments: ReadonlySet<string>): void {
    if (this.#negotiation !== null && this.#waiting.length > 0) this.release(this.#negotiation, fragments);
  }

  forget(): void {
    [this.#waiting, this.#negotiation] = [[], null];
  }

  #pass(candidate: IceCandidate, negotiation: number): void {
    if (!this.#signals.isReady()) return this.#keep(candidate);
    this.#signals.candidate(candidate, negotiation).catch((thrown: unknown) => {
      // A candidate more or less is no fault; one that the broken connection kept back goes out when it is back.
      if (Refused.of(thrown).passing) this.#keep(candidate);
    });
  }

  #keep(candidate: IceCandidate): void {
    this.#waiting.push(candidate);
    if (this.#waiting.length > MOST_CANDIDATES) this.#waiting.shift();
  }
}
