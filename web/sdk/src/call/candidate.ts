/** A peer's candidates that came before the description they belong to. */
import type { IceCandidate } from "../generated/events.js";

/** As many as the server passes on for one negotiation and side. */
export const MOST_CANDIDATES = 64;

interface Kept {
  candidate: IceCandidate;
  negotiation: number | null;
}

/** Candidates wait here for their description; those of a generation that is over never get out. */
export class CandidateShelf {
  private kept: Kept[] = [];

  /** Keep one. The oldest makes room where there are too many. */
  put(candidate: IceCandidate, negotiation: number | null): void {
    this.kept.push({ candidate, negotiation });
    if (this.kept.length > MOST_CANDIDATES) this.kept.shift();
  }

  /**
   * A description has been taken, of these ICE generations and this number: give its candidates. What belongs to a
   * later offer stays, what is older is dropped.
   */
  take(fragments: ReadonlySet<string>, negotiation: number): IceCandidate[] {
    const fitting = this.kept.filter(({ candidate }) => fits(candidate, fragments));
    this.kept = this.kept.filter(
      (kept) => !fits(kept.candidate, fragments) && kept.negotiation !== null && kept.negotiation > negotiation,
    );
    return fitting.map(({ candidate }) => candidate);
  }
}

/** Whether a candidate belongs to one of these generations. One that does not say so is taken at its word. */
export function fits(candidate: IceCandidate, fragments: ReadonlySet<string>): boolean {
  const fragment = candidate.usernameFragment ?? / ufrag (\S+)/.exec(candidate.candidate)?.[1];
  return fragment === undefined ? fragments.size > 0 : fragments.has(fragment);
}
