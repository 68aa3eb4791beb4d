/** The consultations that one has a part in: read by REST, kept up to date by events. */
import type { Connection } from "./connection.js";
import { timeOf } from "./consultation.js";
import type { Consultation, Role } from "./generated/events.js";
import type { components } from "./generated/rest.js";
import { Kept } from "./kept.js";
import type { Poller } from "./polling.js";
import { Refused } from "./refused.js";
import { type RestClient, given, once } from "./rest.js";
import { type Observable, Value } from "./state.js";
import type { Waiting, WaitingRooms } from "./waiting.js";

type Schemas = components["schemas"];
export type NewConsultation = Schemas["NewConsultation"];
export type NewParticipant = Schemas["NewParticipant"];
/** An invitation link, shown once. */
export type Link = Schemas["Link"];

export interface ConsultationsState {
  status: "idle" | "loading" | "ready" | "refused";
  /** The newest first. */
  items: readonly Consultation[];
  /** Who waits in front of which call, by the consultation's id. */
  waiting: WaitingRooms;
  /** Whether `more` would bring older ones. */
  hasMore: boolean;
  error: Refused | null;
}

const PAGE = 50;

export class Consultations {
  readonly state: Observable<ConsultationsState>;
  readonly #state: Value<ConsultationsState>;
  readonly #rest: RestClient;
  readonly #kept: Kept;
  #next: string | null = null;

  constructor(connection: Connection, rest: RestClient, poller: Poller, waiting: Waiting) {
    this.#rest = rest;
    this.#state = new Value<ConsultationsState>({
      status: "idle",
      items: [],
      waiting: waiting.rooms.get(),
      hasMore: false,
      error: null,
    });
    this.state = this.#state;
    waiting.rooms.subscribe(() => this.#state.patch({ waiting: waiting.rooms.get() }));
    connection.on("consultation:created", ({ consultation }) => this.#heard(consultation));
    connection.on("consultation:updated", ({ consultation }) => this.#heard(consultation));
    this.#kept = new Kept(connection, poller, () => this.#read());
  }

  /** Keep the list until what is returned is called. */
  open(): () => void {
    return this.#kept.open(() => {
      if (this.#state.get().status !== "ready") this.#state.patch({ status: "loading", error: null });
    });
  }

  /** Read older ones. */
  async more(): Promise<void> {
    const cursor = this.#next;
    if (cursor === null) return;
    const page = await given(
      this.#rest.GET("/api/v1/consultations", { params: { query: { limit: PAGE, cursor } } }),
    );
    this.#next = page.next ?? null;
    this.#merge(page.items as Consultation[]);
  }

  /** One consultation, read now. */
  async get(id: string): Promise<Consultation> {
    return this.#told(given(this.#rest.GET("/api/v1/consultations/{id}", { params: { path: { id } } })));
  }

  async create(body: NewConsultation): Promise<Consultation> {
    return this.#told(
      once((header) => this.#rest.POST("/api/v1/consultations", { body, params: { header } })),
    );
  }

  /** A link that works without an account: as `guest`, or as `patient` for the visit's own patient. */
  async invite(
    id: string,
    { role, name, expiresInMs }: { role: Role; name?: string; expiresInMs?: number },
  ): Promise<Link> {
    const body = { role, ...(name && { name }), ...(expiresInMs && { expiresInMs }) };
    const path = { id };
    return once((header) =>
      this.#rest.POST("/api/v1/consultations/{id}/invitations", { body, params: { path, header } }),
    );
  }

  /** Give somebody a part: an interpreter, a carer, a second doctor. */
  async addParticipant(id: string, body: NewParticipant): Promise<Consultation> {
    const path = { id };
    return this.#told(
      once((header) =>
        this.#rest.POST("/api/v1/consultations/{id}/participants", { body, params: { path, header } }),
      ),
    );
  }

  async removeParticipant(id: string, userId: string): Promise<Consultation> {
    const path = { id, userId };
    return this.#told(
      given(this.#rest.DELETE("/api/v1/consultations/{id}/participants/{userId}", { params: { path } })),
    );
  }

  async cancel(id: string, reason?: string): Promise<Consultation> {
    const body = { reason: reason ?? null };
    const path = { id };
    return this.#told(
      once((header) =>
        this.#rest.POST("/api/v1/consultations/{id}/cancel", { body, params: { path, header } }),
      ),
    );
  }

  async end(id: string, outcome?: string): Promise<Consultation> {
    const body = { outcome: outcome ?? null };
    const path = { id };
    return this.#told(
      once((header) =>
        this.#rest.POST("/api/v1/consultations/{id}/end", { body, params: { path, header } }),
      ),
    );
  }

  /** The patient did not come. */
  async noShow(id: string): Promise<Consultation> {
    const path = { id };
    return this.#told(
      once((header) =>
        this.#rest.POST("/api/v1/consultations/{id}/no-show", { params: { path, header } }),
      ),
    );
  }

  /** Go on after all, within a while of its end. */
  async reopen(id: string): Promise<Consultation> {
    const path = { id };
    return this.#told(
      once((header) =>
        this.#rest.POST("/api/v1/consultations/{id}/reopen", { params: { path, header } }),
      ),
    );
  }

  /** The answer to what one did oneself need not be waited for as an event. */
  async #told(answer: Promise<unknown>): Promise<Consultation> {
    const consultation = (await answer) as Consultation;
    this.#heard(consultation);
    return consultation;
  }

  async #read(): Promise<void> {
    try {
      const page = await given(
        this.#rest.GET("/api/v1/consultations", { params: { query: { limit: PAGE } } }),
      );
      if (this.#state.get().status !== "ready") this.#next = page.next ?? null;
      this.#merge(page.items as Consultation[]);
    } catch (thrown) {
      const refused = Refused.of(thrown);
      const status = refused.passing || refused.aboutToken ? this.#state.get().status : "refused";
      this.#state.patch({ status, error: refused });
      throw refused;
    }
  }

  #merge(items: readonly Consultation[]): void {
    this.#put(items);
    this.#state.patch({ status: "ready", error: null, hasMore: this.#next !== null });
  }

  #heard(consultation: Consultation): void {
    if (this.#kept.isOpen || this.#state.get().status === "ready") this.#put([consultation]);
  }

  #put(items: readonly Consultation[]): void {
    const all = new Map(this.#state.get().items.map((item) => [item.id, item]));
    for (const item of items) {
      const known = all.get(item.id);
      if (!known || item.version >= known.version) all.set(item.id, item);
    }
    const newest = (one: Consultation, other: Consultation): number => timeOf(other) - timeOf(one);
    this.#state.patch({ items: [...all.values()].sort(newest) });
  }
}
