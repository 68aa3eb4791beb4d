/** Who waits in front of which call: for those who may admit them. */
import type { Connection } from "./connection.js";
import type { User } from "./generated/events.js";
import { Value } from "./state.js";

export interface WaitingPerson {
  user: User;
  /** Since when, by the server's clock. */
  since: string;
  /** Their place in the queue when they came, from 1. */
  position: number;
}

export type WaitingRooms = Readonly<Record<string, readonly WaitingPerson[]>>;

export class Waiting {
  readonly rooms = new Value<WaitingRooms>({});

  constructor(connection: Connection) {
    // A new session is told of everybody who waits now.
    connection.onSession(({ resumed }) => {
      if (!resumed) this.rooms.set({});
    });
    connection.on("consultation:waiting", ({ roomId, user, since, position }) => {
      this.#change(roomId, (list) => [...without(list, user.id), { user, since, position }]);
    });
    connection.on("consultation:left_waiting", ({ roomId, userId }) => {
      this.#change(roomId, (list) => without(list, userId));
    });
  }

  #change(roomId: string, change: (list: readonly WaitingPerson[]) => readonly WaitingPerson[]): void {
    const { [roomId]: before = [], ...others } = this.rooms.get();
    const after = change(before);
    if (after.length === 0 && before.length === 0) return;
    this.rooms.set(after.length === 0 ? others : { ...others, [roomId]: after });
  }
}

function without(list: readonly WaitingPerson[], userId: string): readonly WaitingPerson[] {
  const rest = list.filter(({ user }) => user.id !== userId);
  return rest.length === list.length ? list : rest;
}
