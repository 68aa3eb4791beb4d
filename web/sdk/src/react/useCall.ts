/** The call of a room, for a component. */
import { useMemo } from "react";
import type { Call } from "../call/call.js";
import { type CallState, NO_CALL } from "../call/state.js";
import { useClient } from "./context.js";
import { type Connected, type HookOptions, bound, useConnected } from "./hooks.js";
import { useObservable } from "./observe.js";

const VERBS = [
  "join",
  "leave",
  "takeOver",
  "setAudio",
  "setVideo",
  "shareScreen",
  "stopScreen",
  "useDevice",
] as const;

export type CallOfRoom = Connected &
  Omit<CallState, "status" | "error"> &
  Pick<Call, (typeof VERBS)[number]> & { call: Call | null; callStatus: CallState["status"] };

/**
 * The call of a room. It goes on when the component is gone (a person who looks at another view has not hung up):
 * `leave()` ends it. `status` and `retry` are the connection's.
 */
export function useCall(roomId: string | null, { enabled = true, client: given }: HookOptions = {}): CallOfRoom {
  const client = useClient(given);
  const call = useMemo(() => (client && roomId && enabled ? client.call(roomId) : null), [client, roomId, enabled]);
  const { status: callStatus, error, ...state } = useObservable(call?.state ?? null, NO_CALL);
  const connected = useConnected(client, error);
  const verbs = useMemo(() => bound(call, VERBS), [call]);
  return { ...connected, ...state, ...verbs, call, callStatus };
}
