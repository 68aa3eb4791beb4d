/** The token: kept while it is good, asked for anew when it is not. */
import { Refused } from "./refused.js";
import { before } from "./time.js";

/** A token, or how to get one. A function is asked for each connection and before the token expires. */
export type TokenSource = string | (() => string | Promise<string>);

/** How long whoever issues tokens may take. */
const ISSUE_MS = 15_000;

export class Tokens {
  #source: TokenSource;
  #current: string | null = null;
  #asking: Promise<string> | null = null;

  constructor(source: TokenSource) {
    this.#source = source;
  }

  /** Whether asking again may bring another one. */
  get renewable(): boolean {
    return typeof this.#source === "function";
  }

  /** From now on take tokens from here. */
  replace(source: TokenSource): void {
    this.#source = source;
    this.#current = null;
    this.#asking = null;
  }

  /** The token that was given last, or the first one. */
  async current(): Promise<string> {
    return this.#current ?? this.renewed();
  }

  /** Ask anew. Those who ask at the same time share one request. */
  renewed(): Promise<string> {
    if (typeof this.#source === "string") return Promise.resolve(this.#source);
    if (this.#asking) return this.#asking;
    const asking = this.#ask(this.#source).finally(() => {
      if (this.#asking === asking) this.#asking = null;
    });
    this.#asking = asking;
    return asking;
  }

  async #ask(source: () => string | Promise<string>): Promise<string> {
    try {
      const token = await before(ISSUE_MS, Promise.resolve().then(source));
      if (typeof token !== "string" || !token) throw new Error("there is no token");
      if (source === this.#source) this.#current = token;
      return token;
    } catch (thrown) {
      const why = Refused.of(thrown).message;
      throw new Refused("unavailable", `the token could not be fetched: ${why}`);
    }
  }
}
