/** Refusals in words that say what to do. */
import type { RefusedCode } from "@bedside/client";
import type { Key } from "./texts";

const KEYS: Partial<Record<RefusedCode, Key>> = {
  token_missing: "problem.token",
  token_invalid: "problem.token",
  token_expired: "problem.expired",
  token_not_yet_valid: "problem.clock",
  not_found: "problem.notFound",
  forbidden: "problem.forbidden",
  ended: "problem.ended",
  conflict: "problem.conflict",
  too_large: "problem.tooLarge",
  rate_limited: "problem.tooFast",
  overloaded: "problem.busy",
  draining: "problem.busy",
  unavailable: "problem.busy",
  timeout: "problem.timeout",
  closed: "problem.offline",
  not_joined: "problem.offline",
  malformed: "problem.malformed",
};

/** Who is to wait for longer than this has not been too fast, but has used up what a day allows. */
const LONG_MS = 10 * 60_000;

export function problemKey({ code, retryAfterMs }: { code: RefusedCode; retryAfterMs?: number | null }): Key {
  if (code === "rate_limited" && (retryAfterMs ?? 0) > LONG_MS) return "assistant.tooMany";
  return KEYS[code] ?? "problem.internal";
}
