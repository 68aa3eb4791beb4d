/** The recording of a room, for a component. */
import { useEffect, useMemo } from "react";
import type { RoomRecording } from "../recording/recording.js";
import { NO_RECORDING, type RecordingState, textFor } from "../recording/state.js";
import { useClient } from "./context.js";
import { type Connected, type HookOptions, bound, useConnected } from "./hooks.js";
import { useObservable } from "./observe.js";

const VERBS = ["start", "stop", "give", "refuse", "withdraw", "reconsider"] as const;

export type RecordingOfRoom = Connected &
  RecordingState &
  Pick<RoomRecording, (typeof VERBS)[number]> & {
    /** Whether the server can record at all. Whether one may start it is the server's to say. */
    isPossible: boolean;
    /** What one is asked to agree to, in the first of one's languages that there is. */
    text: string | null;
  };

export interface RecordingOptions extends HookOptions {
  /** Languages in the order of preference (BCP 47). Default: the browser's. */
  languages?: readonly string[];
}

/** Whether a room is recorded, what this person is asked, and their answer to it. */
export function useRecording(roomId: string | null, options: RecordingOptions = {}): RecordingOfRoom {
  const { enabled = true, client: given, languages = browserLanguages() } = options;
  const client = useClient(given);
  const recording = useMemo(
    () => (client && roomId && enabled ? client.recording(roomId) : null),
    [client, roomId, enabled],
  );
  // Who has decided what stands in the room's log.
  useEffect(
    () => (client && roomId && enabled ? client.room(roomId).open() : undefined),
    [client, roomId, enabled],
  );
  const state = useObservable(recording?.state ?? null, NO_RECORDING);
  const connected = useConnected(client, null);
  const isPossible = client?.state.get().features.includes("recording") ?? false;
  const text = state.question && textFor(state.question, languages);
  const verbs = useMemo(() => bound(recording, VERBS), [recording]);
  return { ...connected, ...state, ...verbs, isPossible, text };
}

const browserLanguages = (): readonly string[] => globalThis.navigator?.languages ?? [];
