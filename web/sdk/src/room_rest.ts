/** A room without a socket: what is asked of it by REST. */
import type { Consultation, RoomEvent } from "./generated/events.js";
import type { Page } from "./reader.js";
import { type RestClient, given } from "./rest.js";

export class RoomByRest {
  readonly #rest: RestClient;
  readonly #path: { id: string };

  constructor(rest: RestClient, id: string) {
    this.#rest = rest;
    this.#path = { id };
  }

  async consultation(): Promise<Consultation> {
    const params = { path: this.#path };
    return (await given(this.#rest.GET("/api/v1/consultations/{id}", { params }))) as Consultation;
  }

  async page(afterSeq: number, limit: number): Promise<Page> {
    const params = { path: this.#path, query: { afterSeq, limit } };
    const { items, complete } = await given(this.#rest.GET("/api/v1/consultations/{id}/events", { params }));
    return { events: items as RoomEvent[], complete };
  }

  async end(outcome: string | undefined): Promise<Consultation> {
    const asked = { params: { path: this.#path }, body: { outcome: outcome ?? null } };
    return (await given(this.#rest.POST("/api/v1/consultations/{id}/end", asked))) as Consultation;
  }
}
