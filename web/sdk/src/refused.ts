/** Why something did not happen. */
import type { Code, Refusal } from "./generated/events.js";

/** The server's codes, and two of our own: no answer came in time, and there is no connection to ask on. */
export type RefusedCode = Code | "timeout" | "closed";

/** Every failure that this library reports. `message` is for people, `code` for programs. */
export class Refused extends Error {
  override readonly name = "Refused";
  readonly code: RefusedCode;
  /** When it makes sense to try again, where the server said so. */
  readonly retryAfterMs: number | null;
  /** The field that was wrong, with `malformed`. */
  readonly field: string | null;
  /** Finds the cause in the server's log, with `internal`. */
  readonly incident: string | null;
  /** The newest negotiation, with `stale_negotiation`. */
  readonly negotiation: number | null;
  /** The version that the consultation has now, with `conflict`. */
  readonly version: number | null;

  constructor(code: RefusedCode, message: string, more: Partial<Refusal> = {}) {
    super(message);
    this.code = code;
    this.retryAfterMs = more.retryAfterMs ?? null;
    this.field = more.field ?? null;
    this.incident = more.incident ?? null;
    this.negotiation = more.negotiation ?? null;
    this.version = more.version ?? null;
  }

  /** What the server said: an `error` of an answer, or a problem of REST. */
  static from(refusal: Refusal): Refused {
    return new Refused(refusal.code, refusal.message, refusal);
  }

  /** Whatever was thrown, as a refusal. */
  static of(thrown: unknown): Refused {
    if (thrown instanceof Refused) return thrown;
    return new Refused("closed", thrown instanceof Error ? thrown.message : String(thrown));
  }

  /** Whether the same request may well succeed a little later. */
  get passing(): boolean {
    return PASSING.has(this.code);
  }

  /** Whether it is about the token. */
  get aboutToken(): boolean {
    return this.code.startsWith("token_");
  }
}

const PASSING: ReadonlySet<RefusedCode> = new Set<RefusedCode>([
  "timeout",
  "closed",
  "rate_limited",
  "overloaded",
  "draining",
  "unavailable",
  "internal",
]);
