/** What the call needs of a connection: a `Bedside` fits. */
import type { ClientEvents, Recording, ServerEvents, SessionReady, User } from "../generated/events.js";
import type { Refused } from "../refused.js";
import type { Observable } from "../state.js";

export interface CallConnection {
  readonly state: Observable<{
    readonly status: string;
    readonly isConnected: boolean;
    readonly user: User | null;
    readonly error: Refused | null;
  }>;
  ask<E extends keyof ClientEvents>(
    event: E,
    data: ClientEvents[E]["data"],
    options?: { timeoutMs?: number },
  ): Promise<ClientEvents[E]["answer"]>;
  on<E extends keyof ServerEvents>(event: E, listener: (data: ServerEvents[E]) => void): () => void;
  onSession(listener: (ready: SessionReady) => void): () => void;
}

/** What the call needs to know of this person's consent to be recorded: a `RoomRecording` fits. */
export interface Consenting {
  readonly state: Observable<{ readonly isRecorded: boolean; readonly recording: Recording | null }>;
  /** What the server said of the recording when the call was entered. */
  entered(recording: Recording | null): void;
}
