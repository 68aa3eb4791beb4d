/** What the call needs of a connection: a `Bedside` fits. */
import type { ClientEvents, ServerEvents, SessionReady, User } from "../generated/events.js";
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
