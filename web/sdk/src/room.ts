/** A room, a consultation's or a conversation's: its chat, its facts, who is there and who waits. One object for each room, shared by all who show it. */
import type { Connection } from "./connection.js";
import { isOpen } from "./consultation.js";
import { Entries, unreadOf } from "./entries.js";
import type { Attachment, ChatJoined, ChatMessage, Consultation, RoomEvent } from "./generated/events.js";
import { RoomLog } from "./log.js";
import { listenTo } from "./room_events.js";
import { type Change, taking } from "./members.js";
import type { Outbox } from "./outbox.js";
import type { Poller } from "./polling.js";
import { type Page, Reader } from "./reader.js";
import { Receipts } from "./receipts.js";
import { Refused } from "./refused.js";
import type { RestClient } from "./rest.js";
import { RoomByRest } from "./room_rest.js";
import { NO_ROOM, type RoomState } from "./room_state.js";
import { Listeners, type Observable, Value } from "./state.js";
import { pauseAfter } from "./time.js";
import { Typing } from "./typing.js";
import type { Waiting } from "./waiting.js";

/** Events on a page, as the server allows. */
const PAGE = 100;
const JOIN_PAUSE_MS = 1_000;
const JOIN_PAUSE_MAX_MS = 20_000;

/** What a room is made of; the same for all rooms of a connection. */
export interface RoomParts {
  connection: Connection;
  rest: RestClient;
  outbox: Outbox;
  poller: Poller;
  waiting: Waiting;
}

export interface SendOptions {
  /** The id of the message that this one answers. */
  replyTo?: string;
  /** What uploads have brought; see `Bedside.files`. */
  attachments?: readonly Attachment[];
}

export class Room {
  readonly id: string;
  readonly state: Observable<RoomState>;
  readonly #state = new Value<RoomState>(NO_ROOM);
  readonly #parts: RoomParts;
  readonly #log = new RoomLog();
  readonly #entries = new Entries();
  readonly #facts = new Listeners<[RoomEvent]>();
  readonly #joins = new Listeners<[ChatJoined]>();
  readonly #byRest: RoomByRest;
  readonly #reader: Reader;
  readonly #typing: Typing;
  readonly #receipts: Receipts;
  #opened = 0;
  #endings: (() => void)[] = [];
  #joinedSession: string | null = null;
  /** The session in which we are just entering. */
  #joining: string | null = null;
  #joinFailures = 0;
  #joinTimer: ReturnType<typeof setTimeout> | undefined;
  #earlier: Promise<void> | null = null;

  constructor(id: string, parts: RoomParts) {
    this.id = id;
    this.state = this.#state;
    this.#parts = parts;
    this.#byRest = new RoomByRest(parts.rest, id);
    this.#reader = new Reader(this.#log, {
      read: (after) => this.#read(after),
      tell: (fresh) => this.#tell(fresh),
      isWanted: () => this.#opened > 0,
    });
    this.#typing = new Typing(parts.connection, id);
    this.#receipts = new Receipts(parts.connection, id);
  }

  /** Enter the room and stay until what is returned is called. Several may have it open; the last one leaves. */
  open(): () => void {
    this.#opened += 1;
    if (this.#opened === 1) this.#enter();
    let isOpen = true;
    return () => {
      if (!isOpen) return;
      isOpen = false;
      this.#opened -= 1;
      // A page that shows another view of the same room closes and opens at once: nobody has left then.
      setTimeout(() => {
        if (this.#opened === 0) this.#leave();
      }, 0);
    };
  }

  /** Write. Shown at once as an outgoing entry; done when the server has stored it. */
  send(content: string, { replyTo, attachments = [] }: SendOptions = {}): Promise<ChatMessage> {
    this.#typing.sent();
    return this.#parts.outbox.send(this.id, content, { replyTo: replyTo ?? null, attachments });
  }

  /** Try an outgoing message again that was refused. */
  retry(clientMessageId: string): void {
    this.#parts.outbox.retry(clientMessageId);
  }

  /** Take an outgoing message away. */
  discard(clientMessageId: string): void {
    this.#parts.outbox.discard(clientMessageId);
  }

  /** Take a message back, for everyone. */
  async redact(messageId: string, reason?: string): Promise<void> {
    await this.#ask("chat:redact_message", { roomId: this.id, messageId, ...(reason && { reason }) });
  }

  /** Say that this person writes; call it for each key. It ends by itself after 5 s. */
  typing(): void {
    const { isLive, consultation } = this.#state.get();
    // The server refuses it after the visit, and counts what it refuses.
    if (isLive && consultation && isOpen(consultation)) this.#typing.type();
  }

  stopTyping(): void {
    this.#typing.stop();
  }

  /** Everything that is shown was seen. Call it while the chat is visible. */
  markSeen(): void {
    if (this.#receipts.see(this.#log.last)) this.#show();
  }

  /** Read the page before the oldest entry. */
  loadEarlier(): Promise<void> {
    const first = this.#log.first;
    if (first === null || !this.#state.get().hasEarlier) return Promise.resolve();
    this.#earlier ??= this.#ask("chat:history", { roomId: this.id, beforeSeq: first, limit: PAGE })
      .then(({ events, complete }) => {
        this.#log.earlier(events);
        const reached = (this.#log.first ?? 1) <= 1 || events.length === 0 || complete;
        this.#state.patch({ hasEarlier: !reached });
        this.#show();
      })
      .finally(() => (this.#earlier = null));
    return this.#earlier;
  }

  /** Hear each fact of the log once and in order, from the first page that was read on. */
  onFact(listener: (event: RoomEvent) => void): () => void {
    return this.#facts.add(listener);
  }

  /** Hear what the server says each time the room is entered, after its facts were told. */
  onJoined(listener: (joined: ChatJoined) => void): () => void {
    return this.#joins.add(listener);
  }

  async admit(userId: string): Promise<void> {
    await this.#ask("consultation:admit", { roomId: this.id, userId });
  }

  async deny(userId: string, reason?: string): Promise<void> {
    await this.#ask("consultation:deny", { roomId: this.id, userId, ...(reason && { reason }) });
  }

  async hold(userId: string, reason?: string): Promise<void> {
    await this.#ask("consultation:hold", { roomId: this.id, userId, ...(reason && { reason }) });
  }

  /** End the visit, for everyone. */
  async end(outcome?: string): Promise<void> {
    if (this.#parts.connection.state.get().isConnected) {
      await this.#ask("consultation:end", { roomId: this.id, ...(outcome && { outcome }) });
      return;
    }
    this.#consultation(await this.#byRest.end(outcome));
    await this.#poll();
  }

  readonly #ask: Connection["ask"] = (event, data, options) =>
    this.#parts.connection.ask(event, data, options);

  #enter(): void {
    const { connection, outbox, poller, waiting } = this.#parts;
    this.#endings = [
      connection.onSession(() => this.#session()),
      connection.state.subscribe(() => this.#connectionChanged()),
      ...listenTo(connection, this.id, {
        hear: (event) => this.#hear(event),
        reaches: (seq) => this.#head(seq),
        members: (change) => this.#members(change),
        typing: this.#typing,
        updated: (consultation) => this.#updated(consultation),
        admitted: () => this.#session(),
      }),
      this.#typing.who.subscribe(() => this.#state.patch({ typing: this.#typing.who.get() })),
      waiting.rooms.subscribe(() => this.#waiting()),
      outbox.waiting.subscribe(() => this.#show()),
      poller.add(() => this.#poll()),
    ];
    this.#state.patch({ status: this.#log.begun ? "joined" : "joining", error: null });
    this.#waiting();
    this.#show();
    this.#session();
  }

  #leave(): void {
    for (const end of this.#endings) end();
    this.#endings = [];
    clearTimeout(this.#joinTimer);
    this.#typing.clear();
    const { sessionId } = this.#parts.connection.state.get();
    if (this.#joinedSession === sessionId && sessionId !== null)
      this.#parts.connection.send("chat:leave_room", { roomId: this.id });
    this.#joinedSession = null;
    this.#state.patch({ status: "idle", isLive: false });
  }

  #connectionChanged(): void {
    const { isConnected } = this.#parts.connection.state.get();
    if (!isConnected) this.#typing.clear();
    this.#live();
  }

  #live(): void {
    const { isConnected, sessionId } = this.#parts.connection.state.get();
    this.#state.patch({ isLive: isConnected && this.#joinedSession === sessionId });
  }

  /** There is a session: enter, unless it is the one in which we are. */
  #session(): void {
    const { isConnected, sessionId } = this.#parts.connection.state.get();
    if (!isConnected || sessionId === null) return;
    if (this.#joinedSession === sessionId) {
      this.#live();
      this.#receipts.again();
      return;
    }
    if (this.#joining !== sessionId) void this.#join(sessionId);
  }

  async #join(sessionId: string): Promise<void> {
    clearTimeout(this.#joinTimer);
    this.#joining = sessionId;
    const current = (): boolean =>
      this.#opened > 0 && this.#parts.connection.state.get().sessionId === sessionId;
    const after = this.#log.begun ? this.#log.last : null;
    try {
      const joined = await this.#ask("chat:join_room", {
        roomId: this.id,
        ...(after !== null && { afterSeq: after }),
      });
      if (!current()) return;
      this.#joinedSession = sessionId;
      this.#joinFailures = 0;
      this.#joined(joined, after);
    } catch (thrown) {
      const refused = Refused.of(thrown);
      if (!current()) return;
      if (refused.code === "waiting") return this.#state.patch({ error: refused });
      if (!refused.passing) return this.#state.patch({ status: "refused", error: refused, isLive: false });
      // Where the connection went away, the next session tries again.
      if (refused.code === "closed") return;
      this.#state.patch({ error: refused });
      const pauseMs = pauseAfter(this.#joinFailures++, JOIN_PAUSE_MS, JOIN_PAUSE_MAX_MS);
      this.#joinTimer = setTimeout(() => this.#session(), Math.max(pauseMs, refused.retryAfterMs ?? 0));
    } finally {
      if (this.#joining === sessionId) this.#joining = null;
    }
  }

  #joined(joined: ChatJoined, after: number | null): void {
    const { room, members, events, lastSeq, complete } = joined;
    const wasBegun = this.#log.begun;
    this.#receipts.begin(members);
    this.#byRest.isConversation = !room;
    this.#state.patch({ consultation: room ?? null, members });
    this.#log.reaches(lastSeq);
    const fresh = this.#log.page(after, events, complete ? lastSeq : null);
    if (!wasBegun) this.#state.patch({ hasEarlier: (this.#log.first ?? 1) > 1 });
    this.#tell(fresh);
    // Said last: who sees that it is joined sees what is in it too.
    this.#state.patch({ status: "joined", error: null });
    this.#live();
    this.#joins.tell(joined);
    this.#receipts.again();
    this.#reader.catchUp();
  }

  #hear(event: RoomEvent): void {
    if (event.kind === "message") this.#typing.stopped(event.message.senderId);
    this.#tell(this.#log.hear(event));
    this.#reader.catchUp();
  }

  #head(seq: number): void {
    this.#log.reaches(seq);
    this.#reader.catchUp();
  }

  #read(after: number): Promise<Page> {
    if (!this.#state.get().isLive) return this.#byRest.page(after, PAGE);
    return this.#ask("chat:history", { roomId: this.id, afterSeq: after, limit: PAGE });
  }

  /** Bring the room up to date without a socket. */
  async #poll(): Promise<void> {
    if (this.#state.get().status === "refused") return;
    try {
      // Beside a socket too: it may be dead without knowing it.
      await this.#reader.readOn((after) => this.#byRest.page(after, PAGE));
      if (this.#state.get().isLive) return;
      const consultation = await this.#byRest.consultation();
      if (consultation) this.#consultation(consultation);
      this.#state.patch({ status: "joined", error: null });
    } catch (thrown) {
      const refused = Refused.of(thrown);
      const isFinal = !refused.passing && !refused.aboutToken && refused.code !== "waiting";
      this.#state.patch(isFinal ? { status: "refused", error: refused } : { error: refused });
      throw refused;
    }
  }

  /** Facts that are new, in order: to the entries, and to who listens. */
  #tell(fresh: readonly RoomEvent[]): void {
    for (const event of fresh) {
      if (event.kind === "message") this.#parts.outbox.stored(event.message);
      this.#members((all) => taking(all, event));
    }
    if (fresh.length > 0) this.#receipts.deliver(this.#log.last);
    this.#show();
    for (const event of fresh) this.#facts.tell(event);
  }

  #show(): void {
    const { members } = this.#state.get();
    const me = this.#parts.connection.state.get().user?.id ?? null;
    const { events, last } = this.#log;
    const outgoing = this.#parts.outbox.waiting.get().filter((waits) => waits.roomId === this.id);
    const entries = this.#entries.of(events, outgoing, me, members);
    this.#state.patch({
      entries,
      lastSeq: last,
      unread: unreadOf(events, me, this.#receipts.seenUpTo(me, members)),
    });
  }

  #waiting(): void {
    this.#state.patch({ waiting: this.#parts.waiting.rooms.get()[this.id] ?? [] });
  }

  #updated(consultation: Consultation): void {
    this.#consultation(consultation);
    if (this.#state.get().error?.code === "waiting") this.#session();
  }

  #members(change: Change): void {
    const before = this.#state.get().members;
    const members = change(before);
    if (members === before) return;
    this.#state.patch({ members });
    this.#show();
  }

  /** A newer version of the consultation. */
  #consultation(consultation: Consultation): void {
    const before = this.#state.get().consultation;
    if (!before || consultation.version >= before.version) this.#state.patch({ consultation });
  }
}
