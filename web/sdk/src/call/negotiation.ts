/**
 * What to do with an offer or an answer, as a function of where this side stands: perfect negotiation (W3C WebRTC
 * section 10.7), with a peer that may have been loaded anew behind the same peer id. Pure.
 */
import { makerOf } from "./sdp.js";

/** Where this side stands towards one peer. */
export interface Standing {
  /** Whether this side gives way when two offers cross. */
  polite: boolean;
  /** The offer that waits for its answer; its number is known once the server has passed it on. */
  offered: { negotiation: number | null } | null;
  /** Who made the descriptions that this connection has taken from the peer; null before the first. */
  remote: string | null;
}

/**
 * - `answer`: take it and answer.
 * - `yield`: roll the own offer back, take this one and answer.
 * - `replace`: make a new connection first. Either the peer was loaded anew; or the own offer was the first one, and
 *   what was offered in it would not be matched with the peer's after a roll-back.
 * - `ignore`: the own offer stands.
 */
export type OfferVerdict = "answer" | "yield" | "replace" | "ignore";

export function judgeOffer(standing: Standing, sdp: string): OfferVerdict {
  const isStranger = standing.remote !== null && standing.remote !== makerOf(sdp);
  if (standing.offered === null) return isStranger ? "replace" : "answer";
  if (!standing.polite) return "ignore";
  return standing.remote === null || isStranger ? "replace" : "yield";
}

/**
 * - `apply`: it answers the offer that waits.
 * - `replace`: a page that was loaded anew has answered an offer that continues what it does not know: make a new
 *   connection, and offer that.
 * - `ignore`: it answers nothing that waits.
 */
export type AnswerVerdict = "apply" | "replace" | "ignore";

export function judgeAnswer(standing: Standing, answer: { sdp: string; negotiation: number }): AnswerVerdict {
  if (standing.offered === null) return "ignore";
  const { negotiation } = standing.offered;
  if (negotiation !== null && negotiation !== answer.negotiation) return "ignore";
  const isStranger = standing.remote !== null && standing.remote !== makerOf(answer.sdp);
  return isStranger ? "replace" : "apply";
}

/**
 * What makes a connection need help: ICE says so, the own network is another one, or a step of the negotiation failed
 * and who knows where both sides stand.
 */
export type Trouble = "failed" | "disconnected" | "network_changed" | "fault";

/** A connection often recovers by itself from a short silence; a restart before that would only cost. */
const DISCONNECTED_PATIENCE_MS = 2_000;
/** A restart gathers, signals and checks: sooner than this it cannot be judged. */
const RESTART_PATIENCE_MS = 4_000;
const LONGEST_PATIENCE_MS = 15_000;
/** Restarts that did not help are followed by a new connection: certificates or DTLS may be what is broken. */
const RESTARTS_BEFORE_RENEWAL = 3;

/** How long to wait before something is done about it; `attempts` is what was done already without success. */
export function patienceMs(trouble: Trouble, attempts: number): number {
  if (attempts > 0) return Math.min(RESTART_PATIENCE_MS * 2 ** (attempts - 1), LONGEST_PATIENCE_MS);
  return trouble === "disconnected" ? DISCONNECTED_PATIENCE_MS : 0;
}

/** What to do then. `isConnected`: it has got well by itself. */
export function remedy(trouble: Trouble, attempts: number, isConnected: boolean): "restart" | "renew" | "nothing" {
  if (trouble === "fault") return "renew";
  if (isConnected && trouble !== "network_changed") return "nothing";
  return attempts % (RESTARTS_BEFORE_RENEWAL + 1) === RESTARTS_BEFORE_RENEWAL ? "renew" : "restart";
}
