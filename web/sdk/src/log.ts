/**
 * One room's log as far as it is known here: each fact once and in order, from wherever it comes (live, replayed, from a
 * page, polled). Pure: who reads pages tells it what they brought.
 */
import type { RoomEvent } from "./generated/events.js";

/** Facts that came before the one in front of them. More than a page of these is read again from the server anyway. */
const MAX_AHEAD = 1_000;

export class RoomLog {
  #events: RoomEvent[] = [];
  readonly #ahead = new Map<number, RoomEvent>();
  #begun = false;
  #last = 0;
  #head = 0;

  /** What is known without a hole, oldest first. A new array after each change. */
  get events(): readonly RoomEvent[] {
    return this.#events;
  }

  /** Whether a page has been read: before, nothing can be put in order. */
  get begun(): boolean {
    return this.#begun;
  }

  /** Everything up to here is known (from `first` on). */
  get last(): number {
    return this.#last;
  }

  /** The oldest fact that is known. */
  get first(): number | null {
    return this.#events[0]?.seq ?? null;
  }

  /** How far the server is known to go. */
  get head(): number {
    return this.#head;
  }

  /** Whether the server is known to have more. */
  get isBehind(): boolean {
    return this.#begun && this.#head > this.#last;
  }

  /** The server says how far the log goes. */
  reaches(head: number): void {
    this.#head = Math.max(this.#head, head);
  }

  /** A fact that came by itself. What is new in order now is returned: it, and those that had waited for it. */
  hear(event: RoomEvent): RoomEvent[] {
    this.reaches(event.seq);
    if (event.seq <= this.#last && this.#begun) return [];
    if (this.#ahead.size < MAX_AHEAD) this.#ahead.set(event.seq, event);
    return this.#begun ? this.#append([]) : [];
  }

  /**
   * What the server has after `after`; null: its newest page. With `upTo` the page is all that there is up to there.
   * The server leaves out what is not ours to read (from before we were invited), so a page may begin later than right
   * after `after`, and `upTo` may be later than its end.
   */
  page(after: number | null, events: readonly RoomEvent[], upTo: number | null = null): RoomEvent[] {
    if (upTo !== null) this.reaches(upTo);
    const start = after ?? (events[0]?.seq ?? this.#last + 1) - 1;
    if (this.#begun && start > this.#last) return [];
    this.#begun = true;
    const fresh = this.#append(events.filter((event) => event.seq > this.#last));
    if (upTo === null || upTo <= this.#last) return fresh;
    this.#last = upTo;
    return [...fresh, ...this.#append([])];
  }

  /** What came before `first`. */
  earlier(events: readonly RoomEvent[]): void {
    const first = this.first;
    const older = events.filter((event) => first === null || event.seq < first);
    if (older.length > 0) this.#events = [...older, ...this.#events];
  }

  #append(page: readonly RoomEvent[]): RoomEvent[] {
    const fresh = [...page];
    let last = fresh.at(-1)?.seq ?? this.#last;
    for (let next = this.#ahead.get(last + 1); next; next = this.#ahead.get(last + 1)) {
      fresh.push(next);
      last = next.seq;
    }
    for (const seq of this.#ahead.keys()) if (seq <= last) this.#ahead.delete(seq);
    if (fresh.length > 0) this.#events = [...this.#events, ...fresh];
    this.#last = last;
    this.reaches(last);
    return fresh;
  }
}
