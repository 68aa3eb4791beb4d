/** A list that is read when somebody opens it, and again whenever events may have been missed, until nobody has it open. */
import type { Connection } from "./connection.js";
import type { Poller } from "./polling.js";

export class Kept {
  readonly #poller: Poller;
  readonly #read: () => Promise<void>;
  #opened = 0;
  #ending: () => void = () => {};
  #loading: Promise<void> | null = null;

  constructor(connection: Connection, poller: Poller, read: () => Promise<void>) {
    this.#poller = poller;
    this.#read = read;
    connection.onSession(({ resumed }) => {
      if (!resumed && this.isOpen) void this.#load().catch(() => {});
    });
  }

  get isOpen(): boolean {
    return this.#opened > 0;
  }

  /** Keep it until what is returned is called; `begins` is called where nobody had it open. */
  open(begins: () => void): () => void {
    this.#opened += 1;
    if (this.#opened === 1) {
      this.#ending = this.#poller.add(() => this.#load());
      begins();
      void this.#load().catch(() => {});
    }
    let isOpen = true;
    return () => {
      if (!isOpen) return;
      isOpen = false;
      this.#opened -= 1;
      if (this.#opened === 0) this.#ending();
    };
  }

  #load(): Promise<void> {
    this.#loading ??= this.#read().finally(() => (this.#loading = null));
    return this.#loading;
  }
}
