/** How far this person has got: told to the server by itself for what was delivered, on request for what was seen. */
import type { Connection } from "./connection.js";
import type { Member } from "./generated/events.js";

/** Many messages at once are one receipt. */
const GATHER_MS = 200;

export class Receipts {
  readonly #connection: Connection;
  readonly #roomId: string;
  #delivered = 0;
  #seen = 0;
  /** What the server knows. */
  #told = { delivered: 0, seen: 0 };
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(connection: Connection, roomId: string) {
    this.#connection = connection;
    this.#roomId = roomId;
  }

  /** What the server says of us when we enter. */
  begin(members: readonly Member[]): void {
    const me = this.#connection.state.get().user?.id;
    const mine = members.find((member) => member.userId === me);
    this.#told = { delivered: mine?.deliveredUpToSeq ?? 0, seen: mine?.seenUpToSeq ?? 0 };
  }

  deliver(seq: number): void {
    this.#delivered = Math.max(this.#delivered, seq);
    this.#soon();
  }

  /** Whether that is news: an application may say it as often as it draws. */
  see(seq: number): boolean {
    if (seq <= this.#seen) return false;
    this.#seen = seq;
    this.#soon();
    return true;
  }

  /** What could not be told without a connection is told now. */
  again(): void {
    this.#soon();
  }

  /** How far this person has seen, on whichever of their devices. */
  seenUpTo(me: string | null, members: readonly Member[]): number {
    const mine = members.find((member) => member.userId === me);
    return Math.max(this.#seen, mine?.seenUpToSeq ?? 0);
  }

  #soon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#tell();
    }, GATHER_MS);
  }

  #tell(): void {
    const roomId = this.#roomId;
    const told = this.#told;
    const tell = (event: "chat:mark_delivered" | "chat:mark_seen", seq: number, done: () => void): void => {
      // Lost with the connection, or refused: the next fact or session tells it again.
      this.#connection.ask(event, { roomId, seq }).then(done, () => {});
    };
    if (!this.#connection.state.get().isConnected) return;
    const { delivered, seen } = { delivered: this.#delivered, seen: this.#seen };
    if (seen > told.seen) tell("chat:mark_seen", seen, () => this.#know({ seen, delivered: seen }));
    if (delivered > told.delivered && delivered > seen) {
      tell("chat:mark_delivered", delivered, () => this.#know({ seen: 0, delivered }));
    }
  }

  #know({ delivered, seen }: { delivered: number; seen: number }): void {
    const told = this.#told;
    this.#told = { delivered: Math.max(told.delivered, delivered), seen: Math.max(told.seen, seen) };
  }
}
