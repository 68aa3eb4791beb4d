/** What the connection says of itself. */
import type { Action, Limits, User } from "./generated/events.js";
import type { Refused } from "./refused.js";

/** `polling`: no socket gets through, but REST does; chat goes on, slower. `stopped`: given up, see `error` and `retry()`. */
export type Status = "idle" | "connecting" | "connected" | "reconnecting" | "polling" | "stopped";

export interface BedsideState {
  status: Status;
  isConnected: boolean;
  /** Who one is here; known after the first session. */
  user: User | null;
  sessionId: string | null;
  features: readonly string[];
  limits: Limits | null;
  /** Why it is not connected. */
  error: Refused | null;
  /** With `stopped`: what would help. `refresh_token`: sign in again; `stop`: nothing but `retry()`, if the person wants to. */
  action: Action | null;
  /** Attempts in a row that failed. */
  attempt: number;
  /** When the next attempt begins, in milliseconds since 1970. */
  nextAttemptAt: number | null;
  /** The server's clock minus this one. */
  serverOffsetMs: number;
}

/** Before anything was tried. */
export const IDLE: BedsideState = {
  status: "idle",
  isConnected: false,
  user: null,
  sessionId: null,
  features: [],
  limits: null,
  error: null,
  action: null,
  attempt: 0,
  nextAttemptAt: null,
  serverOffsetMs: 0,
};
