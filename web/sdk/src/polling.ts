/** Asks by REST what a socket would have told: every 20 s where no socket gets through, every 60 s beside one. */
import type { Connection } from "./connection.js";
import { Refused } from "./refused.js";
import { type Timing, around } from "./time.js";

/** Brings something up to date by REST. */
export type Poll = () => Promise<void>;

export class Poller {
  readonly #connection: Connection;
  readonly #timing: Timing;
  readonly #always: Poll;
  readonly #polls = new Set<Poll>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #wasConnected = false;
  #alone = 0;

  /** `always` is asked where nothing else is, so that it is known whether REST works. */
  constructor(connection: Connection, timing: Timing, always: Poll) {
    this.#connection = connection;
    this.#timing = timing;
    this.#always = always;
    connection.state.subscribe(() => this.#look());
  }

  /** Poll this too, from now on. */
  add(poll: Poll): () => void {
    this.#polls.add(poll);
    return () => {
      this.#polls.delete(poll);
    };
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #look(): void {
    const { status, isConnected } = this.#connection.state.get();
    if (status === "idle" || status === "stopped") {
      this.close();
      this.#wasConnected = false;
      this.#alone = 0;
    } else if (this.#timer === undefined || isConnected !== this.#wasConnected) {
      this.#wasConnected = isConnected;
      this.#alone = 0;
      if (isConnected) this.#connection.restWorks(false);
      this.#next(isConnected ? this.#timing.pollBesideMs : this.#timing.pollAfterMs);
    }
  }

  #next(pauseMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#round(), pauseMs);
  }

  async #round(): Promise<void> {
    const timer = this.#timer;
    const beside = this.#wasConnected;
    const polls =
      this.#polls.size > 0 && (beside || this.#alone > 0) ? [...this.#polls] : [this.#always, ...this.#polls];
    const results = await Promise.allSettled(polls.map((poll) => poll()));
    // The state changed meanwhile: whoever set the new timer goes on.
    if (timer !== this.#timer) return;
    if (!beside) {
      this.#alone += 1;
      const refusals = results.flatMap((result) =>
        result.status === "rejected" ? [Refused.of(result.reason)] : [],
      );
      const aboutToken = refusals.find((refusal) => refusal.aboutToken);
      if (aboutToken) return this.#connection.tokenRefused(aboutToken);
      // A refusal is an answer too, unless it says that nobody was there.
      this.#connection.restWorks(refusals.filter((refusal) => refusal.passing).length < results.length);
    }
    this.#next(beside ? around(this.#timing.pollBesideMs) : around(this.#timing.pollAloneMs));
  }
}
