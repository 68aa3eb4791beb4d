/** A way in: how a token is come by, and what of it outlives a reload. */
import { Refused, type User } from "@bedside/client";

export interface Ticket {
  token: string;
  /** When the token ends, in milliseconds since 1970. Null: it does not say. */
  expiresAtMs: number | null;
  user: User;
  /** The only visit that it opens; null where it opens all of one's own. */
  consultationId: string | null;
}

export interface Way {
  kind: "token" | "link" | "account";
  /** A ticket that is good now. Refused with a `token_…` code where there will be none any more. */
  ticket(): Promise<Ticket>;
}

/** A new ticket is fetched this long before the old one ends: clocks differ, and requests take time. */
const EARLY_MS = 60_000;

export const isFresh = (ticket: Ticket, nowMs = Date.now()): boolean =>
  ticket.expiresAtMs === null || ticket.expiresAtMs - EARLY_MS > nowMs;

/** Whether it is over with this way in, and not just now. */
export const isFinal = (refused: Refused): boolean =>
  refused.aboutToken ||
  refused.code === "not_found" ||
  refused.code === "ended" ||
  refused.code === "conflict";
