/** What a room shows. */
import type { Entry } from "./entries.js";
import type { Consultation, Member } from "./generated/events.js";
import type { Refused } from "./refused.js";
import type { Typist } from "./typing.js";
import type { WaitingPerson } from "./waiting.js";

export interface RoomState {
  /**
   * `joined` by socket, or read by REST where none gets through. `joining` with the error `waiting`: a guest who is not
   * admitted yet. `refused`: see `error`; `retry` of the connection does not help.
   */
  status: "idle" | "joining" | "joined" | "refused";
  error: Refused | null;
  consultation: Consultation | null;
  members: readonly Member[];
  /** Oldest first: messages, system lines, and last what is still in the outbox. */
  entries: readonly Entry[];
  /** Whether `loadEarlier` would bring more. */
  hasEarlier: boolean;
  lastSeq: number;
  /** Messages by others that were not marked as seen. */
  unread: number;
  typing: readonly Typist[];
  waiting: readonly WaitingPerson[];
  /** Whether events come as they happen; else they are polled. */
  isLive: boolean;
}

/** A room that is not open. */
export const NO_ROOM: RoomState = {
  status: "idle",
  error: null,
  consultation: null,
  members: [],
  entries: [],
  hasEarlier: false,
  lastSeq: 0,
  unread: 0,
  typing: [],
  waiting: [],
  isLive: false,
};
