/** One's conversations with assistants: read by REST, and kept up to date in every tab by events. */
import type { Connection } from "../connection.js";
import type { Conversation } from "../generated/events.js";
import { Kept } from "../kept.js";
import type { Poller } from "../polling.js";
import { Refused } from "../refused.js";
import { type RestClient, given, once } from "../rest.js";
import { type Observable, Value } from "../state.js";
import { type ConversationList, NO_LIST, deleted, read, told } from "./conversation_list.js";

export interface ConversationsState {
  status: "idle" | "loading" | "ready" | "refused";
  /** The newest activity first. */
  items: readonly Conversation[];
  /** Answers that were not seen, in those that are known. */
  unread: number;
  /** Whether `more` would bring older ones. */
  hasMore: boolean;
  error: Refused | null;
}

export const NO_CONVERSATIONS: ConversationsState = {
  status: "idle",
  items: [],
  unread: 0,
  hasMore: false,
  error: null,
};

const PAGE = 50;

export class Conversations {
  readonly state: Observable<ConversationsState>;
  readonly #state = new Value<ConversationsState>(NO_CONVERSATIONS);
  readonly #rest: RestClient;
  readonly #kept: Kept;
  #list: ConversationList = NO_LIST;
  #next: string | null = null;

  constructor(connection: Connection, rest: RestClient, poller: Poller) {
    this.state = this.#state;
    this.#rest = rest;
    connection.on("conversation:created", ({ conversation }) => this.#take(told(this.#list, conversation)));
    connection.on("conversation:updated", ({ conversation }) => this.#take(told(this.#list, conversation)));
    connection.on("conversation:deleted", ({ roomId }) => this.#take(deleted(this.#list, roomId)));
    this.#kept = new Kept(connection, poller, () => this.#page(null));
  }

  /** Keep the list until what is returned is called. */
  open(): () => void {
    return this.#kept.open(() => {
      if (this.#state.get().status !== "ready") this.#state.patch({ status: "loading", error: null });
    });
  }

  /** Read older ones. */
  async more(): Promise<void> {
    if (this.#next !== null) await this.#page(this.#next);
  }

  /** One conversation, read now. */
  async get(id: string): Promise<Conversation> {
    return this.#told(given(this.#rest.GET("/api/v1/conversations/{id}", { params: { path: { id } } })));
  }

  async create(assistantId: string, { title }: { title?: string } = {}): Promise<Conversation> {
    const body = { assistantId, ...(title !== undefined && { title }) };
    return this.#told(
      once((header) => this.#rest.POST("/api/v1/conversations", { body, params: { header } })),
    );
  }

  /** Null: without a title. */
  async rename(id: string, title: string | null): Promise<Conversation> {
    const path = { id };
    return this.#told(
      given(this.#rest.PATCH("/api/v1/conversations/{id}", { body: { title }, params: { path } })),
    );
  }

  /** Delete it with everything in it, for good. */
  async remove(id: string): Promise<void> {
    try {
      await this.#rest.DELETE("/api/v1/conversations/{id}", { params: { path: { id } } });
    } catch (thrown) {
      // It is gone, perhaps by an earlier try whose answer was lost.
      if (Refused.of(thrown).code !== "not_found") throw thrown;
    }
    this.#take(deleted(this.#list, id));
  }

  /** The answer to what one did oneself need not be waited for as an event. */
  async #told(answer: Promise<unknown>): Promise<Conversation> {
    const conversation = (await answer) as Conversation;
    this.#take(told(this.#list, conversation));
    return conversation;
  }

  async #page(cursor: string | null): Promise<void> {
    const since = this.#list.heard;
    const isFirst = cursor === null;
    try {
      const query = { limit: PAGE, ...(cursor !== null && { cursor }) };
      const page = await given(this.#rest.GET("/api/v1/conversations", { params: { query } }));
      const next = page.next ?? null;
      // The first page is read again and again; what was read beyond it stays.
      if (!isFirst || this.#state.get().status !== "ready") this.#next = next;
      this.#list = read(this.#list, page.items as Conversation[], { since, isFirst, isLast: next === null });
      this.#state.patch({ status: "ready", error: null });
      this.#take(this.#list);
    } catch (thrown) {
      const refused = Refused.of(thrown);
      const status = refused.passing || refused.aboutToken ? this.#state.get().status : "refused";
      this.#state.patch({ status, error: refused });
      throw refused;
    }
  }

  #take(list: ConversationList): void {
    this.#list = list;
    const { items } = list;
    const unread = items.reduce((sum, conversation) => sum + conversation.unread, 0);
    this.#state.patch({ items, unread, hasMore: this.#next !== null });
  }
}
