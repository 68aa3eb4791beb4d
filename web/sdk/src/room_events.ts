/** The events of the connection that are one room's. */
import type { Connection } from "./connection.js";
import { messageFact, redactionFact, startedFact } from "./facts.js";
import type { Consultation, RoomEvent, ServerEvents } from "./generated/events.js";
import { type Change, present, reached } from "./members.js";
import type { Typing } from "./typing.js";

/** What a room does with what it hears. */
export interface Hearing {
  hear(event: RoomEvent): void;
  /** The log goes at least so far. */
  reaches(seq: number): void;
  members(change: Change): void;
  typing: Typing;
  updated(consultation: Consultation): void;
  admitted(): void;
}

type OfRoom = {
  [E in keyof ServerEvents]: ServerEvents[E] extends { roomId: string } ? E : never;
}[keyof ServerEvents];

/** Listen, until everything that is returned was called. */
export function listenTo(connection: Connection, roomId: string, room: Hearing): (() => void)[] {
  const on = <E extends OfRoom>(event: E, heard: (data: ServerEvents[E]) => void): (() => void) =>
    connection.on(event, (data) => {
      if ((data as { roomId: string }).roomId === roomId) heard(data);
    });
  return [
    on("chat:message", (message) => room.hear(messageFact(message))),
    on("assistant:complete", ({ message }) => room.hear(messageFact(message))),
    on("assistant:failed", ({ message }) => {
      // Where there is not a word of it, nothing stands in the log.
      if (message) room.hear(messageFact(message));
    }),
    on("chat:redacted", (redacted) => room.hear(redactionFact(redacted))),
    on("consultation:started", (started) => room.hear(startedFact(started))),
    on("room:event", ({ event }) => room.hear(event)),
    // What is told of these does not say all that their rows say: the rows are read.
    on("consultation:ended", ({ seq }) => room.reaches(seq)),
    on("recording:changed", ({ seq }) => room.reaches(seq)),
    connection.on("session:heartbeat", ({ rooms }) => room.reaches(rooms[roomId] ?? 0)),
    on("chat:delivered", ({ userId, upToSeq }) => {
      room.members((all) => reached(all, userId, { deliveredUpToSeq: upToSeq }));
    }),
    on("chat:seen", ({ userId, upToSeq }) => {
      room.members((all) => reached(all, userId, { seenUpToSeq: upToSeq }));
    }),
    on("chat:member_joined", ({ member }) => room.members((all) => present(all, member))),
    on("chat:member_left", ({ member }) => room.members((all) => present(all, member))),
    on("chat:typing", ({ userId, name }) => room.typing.heard({ userId, name: name ?? null })),
    on("chat:stop_typing", ({ userId }) => room.typing.stopped(userId)),
    on("consultation:admitted", () => room.admitted()),
    connection.on("consultation:updated", ({ consultation }) => {
      if (consultation.id === roomId) room.updated(consultation);
    }),
  ];
}
