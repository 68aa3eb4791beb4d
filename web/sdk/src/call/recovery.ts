/** When something is done about a connection that is broken, and what: restarts of ICE at growing distances, then a new one. */
import { type Trouble, patienceMs, remedy } from "./negotiation.js";

/** What is kept alive. */
export interface Patient {
  isConnected(): boolean;
  /** Whether anybody hears an offer now. If not, whoever is back says so by `after`. */
  isHeard(): boolean;
  /** Do this when nothing else is done to the connection. */
  queue(job: () => Promise<void>): void;
  restart(): Promise<void>;
  renew(): Promise<void>;
}

/** After so many vain tries it is said to have failed. It goes on trying. */
const TRIES_UNTIL_FAILED = 3;

export class Recovery {
  readonly #patient: Patient;
  /** Tries in a row that have not helped yet. */
  #tries = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(patient: Patient) {
    this.#patient = patient;
  }

  get hasFailed(): boolean {
    return this.#tries >= TRIES_UNTIL_FAILED;
  }

  /** It is well. */
  connected(): void {
    this.#tries = 0;
    this.stop();
  }

  /** Do something about it in a while, unless that is planned already or it gets well by itself. */
  trouble(trouble: Trouble): void {
    const isUrgent = this.#tries === 0 && trouble !== "disconnected";
    if (this.#timer === undefined || isUrgent) this.after(patienceMs(trouble, this.#tries), trouble);
  }

  /** Look at it then. */
  after(ms: number, trouble: Trouble): void {
    this.stop();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#patient.queue(() => this.#try(trouble));
    }, ms);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  async #try(trouble: Trouble): Promise<void> {
    if (!this.#patient.isHeard()) return;
    const what = remedy(trouble, this.#tries, this.#patient.isConnected());
    if (what === "nothing") return;
    this.#tries += 1;
    await this.#patient[what]();
    this.after(patienceMs("failed", this.#tries), "failed");
  }
}
