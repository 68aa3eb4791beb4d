/** Who writes just now, and telling the others that one does. */
import type { Connection } from "./connection.js";
import { Value } from "./state.js";

/** Typing ends by itself; the server says so too, but its word may be lost. */
const HEARD_MS = 5_000;
/** Said again while it goes on, well before it ends by itself. */
const AGAIN_MS = 3_000;

export interface Typist {
  userId: string;
  name: string | null;
}

export class Typing {
  readonly who = new Value<readonly Typist[]>([]);
  readonly #connection: Connection;
  readonly #roomId: string;
  readonly #ends = new Map<string, ReturnType<typeof setTimeout>>();
  #saidAt = 0;

  constructor(connection: Connection, roomId: string) {
    this.#connection = connection;
    this.#roomId = roomId;
  }

  heard(typist: Typist): void {
    clearTimeout(this.#ends.get(typist.userId));
    this.#ends.set(
      typist.userId,
      setTimeout(() => this.stopped(typist.userId), HEARD_MS),
    );
    const others = this.who.get().filter((other) => other.userId !== typist.userId);
    this.who.set([...others, typist]);
  }

  stopped(userId: string): void {
    clearTimeout(this.#ends.get(userId));
    if (this.#ends.delete(userId)) this.who.set(this.who.get().filter((typist) => typist.userId !== userId));
  }

  /** Call it for each key that is pressed. */
  type(): void {
    if (Date.now() - this.#saidAt < AGAIN_MS) return;
    this.#saidAt = Date.now();
    this.#connection.send("chat:typing", { roomId: this.#roomId });
  }

  stop(): void {
    if (this.#saidAt === 0) return;
    this.#saidAt = 0;
    this.#connection.send("chat:stop_typing", { roomId: this.#roomId });
  }

  /** A message ends typing at the server by itself. */
  sent(): void {
    this.#saidAt = 0;
  }

  clear(): void {
    for (const userId of [...this.#ends.keys()]) this.stopped(userId);
  }
}
