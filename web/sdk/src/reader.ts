/** Reads on in a room's log, page by page, until nothing is missing. */
import type { RoomEvent } from "./generated/events.js";
import type { RoomLog } from "./log.js";

/** Pages that are read in one go. Who is further behind goes on at the next heartbeat or poll. */
const PAGES_AT_ONCE = 50;

/** What the server has after a place; `complete`: that is all. */
export interface Page {
  events: RoomEvent[];
  complete: boolean;
}

export interface Readable {
  /** By socket or REST, whichever there is. */
  read: (after: number) => Promise<Page>;
  tell(fresh: readonly RoomEvent[]): void;
  isWanted(): boolean;
}

export class Reader {
  readonly #log: RoomLog;
  readonly #room: Readable;
  #catchingUp: Promise<void> | null = null;

  constructor(log: RoomLog, room: Readable) {
    this.#log = log;
    this.#room = room;
  }

  /** If something is known to be missing, read it. One reading at a time; what fails is tried at the next heartbeat or poll. */
  catchUp(): void {
    if (!this.#log.isBehind) return;
    this.#catchingUp ??= this.readOn()
      .catch(() => {})
      .finally(() => (this.#catchingUp = null));
  }

  /** Read until the server has no more. */
  async readOn(read = this.#room.read): Promise<void> {
    for (let pages = 0; pages < PAGES_AT_ONCE && this.#room.isWanted(); pages += 1) {
      const after = this.#log.last;
      // The page is complete up to what was there when it was asked for.
      const { head } = this.#log;
      const { events, complete } = await read(after);
      this.#room.tell(this.#log.page(after, events, complete ? head : null));
      if (complete && !this.#log.isBehind) return;
    }
  }
}
