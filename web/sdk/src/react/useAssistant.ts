/** The machines of a room, for a component. */
import { useEffect, useMemo } from "react";
import type { RoomAssistant } from "../assistant/assistant.js";
import { type AssistantState, NO_ASSISTANT } from "../assistant/state.js";
import type { Room } from "../room.js";
import { NO_ROOM, type RoomState } from "../room_state.js";
import { useClient } from "./context.js";
import { type Connected, type HookOptions, bound, useConnected } from "./hooks.js";
import { useObservable } from "./observe.js";

const VERBS = ["ask", "askAgain", "stop", "enable", "disable", "give", "refuse", "withdraw"] as const;
const ROOM_VERBS = ["retry", "discard", "redact", "markSeen", "loadEarlier"] as const;

export type AssistantOfRoom = Connected &
  AssistantState &
  Pick<RoomAssistant, (typeof VERBS)[number]> &
  Omit<Pick<Room, (typeof ROOM_VERBS)[number]>, "retry"> & {
    /** Ask a question again that did not get through: the same one, which is answered once. */
    resend: Room["retry"];
    roomStatus: RoomState["status"];
    unread: number;
    hasEarlier: boolean;
    isLive: boolean;
  };

/** A conversation with an assistant, or the assistants of a consultation. `retry` is the connection's. */
export function useAssistant(
  roomId: string | null,
  { enabled = true, client: given }: HookOptions = {},
): AssistantOfRoom {
  const client = useClient(given);
  const isOpen = client !== null && roomId !== null && enabled;
  const [assistant, room] = useMemo(
    () => (isOpen ? [client.assistant(roomId), client.room(roomId)] : [null, null]),
    [client, roomId, isOpen],
  );
  useEffect(() => assistant?.open(), [assistant]);
  const state = useObservable(assistant?.state ?? null, NO_ASSISTANT);
  const { status, error, unread, hasEarlier, isLive } = useObservable(room?.state ?? null, NO_ROOM);
  const connected = useConnected(client, error);
  const verbs = useMemo(() => bound(assistant, VERBS), [assistant]);
  const { retry: resend, ...ofRoom } = useMemo(() => bound(room, ROOM_VERBS), [room]);
  return {
    ...connected,
    ...state,
    ...verbs,
    ...ofRoom,
    resend,
    roomStatus: status,
    unread,
    hasEarlier,
    isLive,
  };
}
