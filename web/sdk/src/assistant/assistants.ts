/** Which assistants may be asked: as the operator has configured them, so read once for each session. */
import type { Connection } from "../connection.js";
import type { components } from "../generated/rest.js";
import { Refused } from "../refused.js";
import { type RestClient, given } from "../rest.js";
import { type Observable, Value } from "../state.js";

export type Assistant = components["schemas"]["Assistant"];

/** What the server says of itself where an assistant is configured. */
const FEATURE = "assistant";

export interface AssistantsState {
  /** `none`: this server has none. */
  status: "idle" | "loading" | "ready" | "none" | "refused";
  items: readonly Assistant[];
  error: Refused | null;
}

export const NO_ASSISTANTS: AssistantsState = { status: "idle", items: [], error: null };

export class Assistants {
  readonly state: Observable<AssistantsState>;
  readonly #state = new Value<AssistantsState>(NO_ASSISTANTS);
  readonly #connection: Connection;
  readonly #rest: RestClient;
  #isWanted = false;

  constructor(connection: Connection, rest: RestClient) {
    this.state = this.#state;
    this.#connection = connection;
    this.#rest = rest;
    connection.onSession(({ resumed }) => {
      if (!resumed && this.#isWanted) void this.#load();
    });
  }

  /** Read them, now and whenever the server may have been started anew. */
  open(): void {
    if (this.#isWanted) return;
    this.#isWanted = true;
    if (this.#connection.state.get().isConnected) void this.#load();
  }

  async #load(): Promise<void> {
    if (!this.#connection.state.get().features.includes(FEATURE)) {
      return this.#state.set({ status: "none", items: [], error: null });
    }
    if (this.#state.get().status !== "ready") this.#state.patch({ status: "loading", error: null });
    try {
      const { items } = await given(this.#rest.GET("/api/v1/assistants"));
      this.#state.set({ status: "ready", items, error: null });
    } catch (thrown) {
      const { status } = this.#state.get();
      this.#state.patch({ status: status === "ready" ? "ready" : "refused", error: Refused.of(thrown) });
    }
  }
}

/** The words in the first of these languages (BCP 47) that there are, as `es-MX` or else `es`; otherwise in English. */
export function wordsFor(words: Readonly<Record<string, string>>, languages: readonly string[]): string {
  const byTag = new Map(Object.entries(words).map(([tag, text]) => [tag.toLowerCase(), text]));
  for (const language of languages) {
    const parts = language.toLowerCase().split("-");
    for (let length = parts.length; length > 0; length -= 1) {
      const found = byTag.get(parts.slice(0, length).join("-"));
      if (found !== undefined) return found;
    }
  }
  return byTag.get("en") ?? Object.values(words)[0] ?? "";
}
