/** Each hook gives `status`, `isConnected`, `error`, `retry`, its data and its verbs, and shares the page's one connection. */
import { useCallback, useEffect, useMemo } from "react";
import type { Bedside } from "../bedside.js";
import type { Consultations, ConsultationsState } from "../consultations.js";
import type { Availability, Consultation, UserPresence } from "../generated/events.js";
import type { PresenceState } from "../presence.js";
import { Refused } from "../refused.js";
import type { Room } from "../room.js";
import { NO_ROOM, type RoomState } from "../room_state.js";
import { type BedsideState, IDLE, type Status } from "../status.js";
import type { TokenSource } from "../token.js";
import { type SharedOptions, useClient, useShared } from "./context.js";
import { useObservable } from "./observe.js";

/** What every hook says of the connection. */
export interface Connected {
  /** `stopped`: it has given up. Say `error.message` and offer `retry`. */
  status: Status;
  isConnected: boolean;
  error: Refused | null;
  /** Go on after it has given up. */
  retry: (token?: TokenSource) => void;
}

export interface HookOptions {
  /** `false`: do nothing yet, and let go of what was opened. */
  enabled?: boolean;
  /** The connection, where there is no provider above. */
  client?: Bedside | null;
}

export function useConnected(client: Bedside | null, error: Refused | null): Connected {
  const state = useObservable(client?.state ?? null, IDLE);
  const retry = useCallback((token?: TokenSource) => client?.retry(token), [client]);
  return { status: state.status, isConnected: state.isConnected, error: error ?? state.error, retry };
}

/**
 * The connection: of the provider above, or, with options, one that is shared by all who ask with the same ones.
 * With `enabled: false` none is made.
 */
export function useBedside(
  options?: SharedOptions & { enabled?: boolean },
): Omit<BedsideState, keyof Connected> & Connected & { client: Bedside | null } {
  const { enabled = true, ...own } = options ?? {};
  const made = useShared(options && enabled ? (own as SharedOptions) : null);
  const provided = useClient();
  const client = options ? made : provided;
  const state = useObservable(client?.state ?? null, IDLE);
  const connected = useConnected(client, null);
  return { ...state, ...connected, client };
}

/** A room, open as long as the component shows it. */
function useRoom(
  roomId: string | null,
  { enabled = true, client: given }: HookOptions,
): [Bedside | null, Room | null, RoomState] {
  const client = useClient(given);
  const room = useMemo(
    () => (client && roomId && enabled ? client.room(roomId) : null),
    [client, roomId, enabled],
  );
  useEffect(() => room?.open(), [room]);
  return [client, room, useObservable(room?.state ?? null, NO_ROOM)];
}

/** The verbs of an object as functions that a component can hand on; refused where there is none. */
export function bound<T extends object, K extends keyof T>(
  target: T | null,
  names: readonly K[],
): Pick<T, K> {
  const verbs = names.map((name) => {
    const verb = (...given: unknown[]): unknown => {
      if (!target) return Promise.reject(new Refused("closed", "there is no connection"));
      return (target[name] as (...given: unknown[]) => unknown).apply(target, given);
    };
    return [name, verb];
  });
  return Object.fromEntries(verbs) as Pick<T, K>;
}

const CHAT = [
  "send",
  "retry",
  "discard",
  "redact",
  "typing",
  "stopTyping",
  "markSeen",
  "loadEarlier",
] as const;
type ChatVerbs = Omit<Pick<Room, (typeof CHAT)[number]>, "retry" | "typing"> & {
  /** Try one message again that was refused. */
  resend: Room["retry"];
  /** Call it for each key that is pressed. */
  type: Room["typing"];
};

export type Chat = Connected &
  Pick<RoomState, "entries" | "members" | "typing" | "unread" | "hasEarlier" | "lastSeq" | "isLive"> &
  ChatVerbs & { room: Room | null; roomStatus: RoomState["status"] };

/** The chat of a room. `retry` is the connection's. */
export function useChat(roomId: string | null, options: HookOptions = {}): Chat {
  const [client, room, state] = useRoom(roomId, options);
  const connected = useConnected(client, state.error);
  const { retry: resend, typing: type, ...verbs } = useMemo(() => bound(room, CHAT), [room]);
  const { entries, members, typing, unread, hasEarlier, lastSeq, isLive, status } = state;
  return {
    ...connected,
    entries,
    members,
    typing,
    unread,
    hasEarlier,
    lastSeq,
    isLive,
    ...verbs,
    resend,
    type,
    room,
    roomStatus: status,
  };
}

const VISIT = ["admit", "deny", "hold", "end"] as const;

export type Visit = Connected &
  Pick<RoomState, "consultation" | "members" | "waiting"> &
  Pick<Room, (typeof VISIT)[number]> & { room: Room | null; roomStatus: RoomState["status"] };

/** One consultation: what it is, who is there, who waits. */
export function useConsultation(roomId: string | null, options: HookOptions = {}): Visit {
  const [client, room, state] = useRoom(roomId, options);
  const connected = useConnected(client, state.error);
  const verbs = useMemo(() => bound(room, VISIT), [room]);
  const { consultation, members, waiting, status } = state;
  return { ...connected, consultation, members, waiting, ...verbs, room, roomStatus: status };
}

const NO_CONSULTATIONS: ConsultationsState = {
  status: "idle",
  items: [],
  waiting: {},
  hasMore: false,
  error: null,
};
const LIST = [
  "more",
  "get",
  "create",
  "invite",
  "cancel",
  "end",
  "noShow",
  "reopen",
  "addParticipant",
  "removeParticipant",
] as const;

export type ConsultationList = Connected & {
  items: readonly Consultation[];
  listStatus: ConsultationsState["status"];
} & Pick<ConsultationsState, "waiting" | "hasMore"> &
  Pick<Consultations, (typeof LIST)[number]>;

/** The consultations that one has a part in, and who waits where. */
export function useConsultations({ enabled = true, client: given }: HookOptions = {}): ConsultationList {
  const client = useClient(given);
  const consultations = client && enabled ? client.consultations : null;
  useEffect(() => consultations?.open(), [consultations]);
  const { status, items, waiting, hasMore, error } = useObservable(
    consultations?.state ?? null,
    NO_CONSULTATIONS,
  );
  const connected = useConnected(client, error);
  const verbs = useMemo(() => bound(consultations, LIST), [consultations]);
  return { ...connected, items, waiting, hasMore, listStatus: status, ...verbs };
}

const NOBODY: PresenceState = {};

export type Presences = Connected & {
  /** In the order in which they were asked for; those whom one may not see are left out. */
  users: readonly UserPresence[];
  /** Say how you can be reached yourself. */
  set: (status: Availability) => Promise<void>;
};

/** Whether people can be reached. */
export function usePresence(
  userIds: readonly string[],
  { enabled = true, client: given }: HookOptions = {},
): Presences {
  const client = useClient(given);
  const presence = client && enabled ? client.presence : null;
  const key = JSON.stringify(userIds);
  useEffect(() => presence?.watch({ userIds: JSON.parse(key) as string[] }), [presence, key]);
  const state = useObservable(presence?.state ?? null, NOBODY);
  const connected = useConnected(client, null);
  const users = useMemo(() => {
    const wanted = JSON.parse(key) as string[];
    return wanted.flatMap((userId) => state[userId] ?? []);
  }, [state, key]);
  const { set } = useMemo(() => bound(presence, ["set"] as const), [presence]);
  return { ...connected, users, set };
}
