/** Who of those that one watches can be reached. The server keeps one list for a session; this owns it. */
import type { Connection } from "./connection.js";
import type { Availability, Role, UserPresence } from "./generated/events.js";
import { type Observable, Value } from "./state.js";

export type PresenceState = Readonly<Record<string, UserPresence>>;

/** Whom to watch: people by their ids, or everyone of a role. */
export interface Watched {
  userIds?: readonly string[];
  role?: Role;
}

export class Presence {
  /** By user id: everyone whom anybody here watches. */
  readonly state: Observable<PresenceState>;
  readonly #state = new Value<PresenceState>({});
  readonly #connection: Connection;
  readonly #watched = new Set<Watched>();
  #mine: Availability | null = null;
  #asked = "";
  #isDue = false;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.state = this.#state;
    connection.onSession(({ resumed }) => {
      if (resumed) return;
      this.#asked = "";
      if (this.#watched.size > 0) this.#soon();
      if (this.#mine) connection.send("presence:set", { status: this.#mine });
    });
    connection.on("presence:changed", ({ userId, status, lastSeenAt }) => {
      const known = this.#state.get()[userId];
      if (known) this.#put([{ ...known, status, lastSeenAt: lastSeenAt ?? null }]);
      // Somebody of a watched role who was not here before.
      else this.#again();
    });
  }

  /** Watch, until what is returned is called. */
  watch(watched: Watched): () => void {
    const entry = { ...watched };
    this.#watched.add(entry);
    this.#soon();
    return () => {
      if (this.#watched.delete(entry)) this.#soon();
    };
  }

  /** Say how you can be reached; said again to each new session. */
  async set(status: Availability): Promise<void> {
    this.#mine = status;
    await this.#connection.ask("presence:set", { status });
  }

  #again(): void {
    this.#asked = "";
    this.#soon();
  }

  /** Many components mount at once: they are one request. */
  #soon(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    queueMicrotask(() => {
      this.#isDue = false;
      void this.#ask();
    });
  }

  async #ask(): Promise<void> {
    if (!this.#connection.state.get().isConnected) return;
    const all = [...this.#watched];
    const userIds = [...new Set(all.flatMap((watched) => watched.userIds ?? []))].sort();
    const role = all.find((watched) => watched.role)?.role;
    const ask = { userIds, ...(role && { role }) };
    const asked = JSON.stringify(ask);
    if (asked === this.#asked) return;
    this.#asked = asked;
    try {
      const { users } = await this.#connection.ask("presence:watch", ask);
      if (asked === this.#asked) this.#put(users);
    } catch {
      // The next session asks again.
      if (asked === this.#asked) this.#asked = "";
    }
  }

  #put(users: readonly UserPresence[]): void {
    this.#state.set({
      ...this.#state.get(),
      ...Object.fromEntries(users.map((user) => [user.userId, user])),
    });
  }
}
