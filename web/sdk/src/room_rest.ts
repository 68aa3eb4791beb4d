/** A room without a socket: what is asked of it by REST. */
import type { Consultation, RoomEvent } from "./generated/events.js";
import type { Page } from "./reader.js";
import { Refused } from "./refused.js";
import { type RestClient, given } from "./rest.js";

export class RoomByRest {
  /** Whether the room is a conversation with an assistant; null where nobody has said so yet. */
  isConversation: boolean | null = null;
  readonly #rest: RestClient;
  readonly #path: { id: string };

  constructor(rest: RestClient, id: string) {
    this.#rest = rest;
    this.#path = { id };
  }

  /** Null for a conversation. */
  async consultation(): Promise<Consultation | null> {
    if (this.isConversation) return null;
    const params = { path: this.#path };
    return (await given(this.#rest.GET("/api/v1/consultations/{id}", { params }))) as Consultation;
  }

  async page(afterSeq: number, limit: number): Promise<Page> {
    if (this.isConversation) return this.#page("conversations", afterSeq, limit);
    try {
      return await this.#page("consultations", afterSeq, limit);
    } catch (thrown) {
      if (this.isConversation !== null || Refused.of(thrown).code !== "not_found") throw thrown;
      const page = await this.#page("conversations", afterSeq, limit);
      this.isConversation = true;
      return page;
    }
  }

  async #page(rooms: "consultations" | "conversations", afterSeq: number, limit: number): Promise<Page> {
    const params = { path: this.#path, query: { afterSeq, limit } };
    const { items, complete } = await given(this.#rest.GET(`/api/v1/${rooms}/{id}/events`, { params }));
    return { events: items as RoomEvent[], complete };
  }

  async end(outcome: string | undefined): Promise<Consultation> {
    const asked = { params: { path: this.#path }, body: { outcome: outcome ?? null } };
    return (await given(this.#rest.POST("/api/v1/consultations/{id}/end", asked))) as Consultation;
  }
}
