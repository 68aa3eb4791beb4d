/**
 * What was written and is not yet known to be stored. Each message keeps its `clientMessageId` through every retry, on
 * either way and across reloads, so that it is stored once.
 *
 * Each message has a storage key of its own: tabs never overwrite each other's. A tab sends what it wrote; what a closed
 * tab left behind is taken over by one that is still there.
 */
import type { Attachment, ChatMessage } from "./generated/events.js";
import { lockName, randomId } from "./instance.js";
import { Refused, type RefusedCode } from "./refused.js";
import { Value } from "./state.js";
import { type KeyValue, keysOf } from "./storage.js";
import { type Timing, pauseAfter } from "./time.js";

/** Messages that may wait. Beyond, `send` is refused: something is wrong that waiting does not mend. */
const MAX_WAITING = 100;
/** What nobody could send for so long is not sent any more: it would surprise everybody. */
const MAX_AGE_MS = 24 * 3_600_000;
/** Without locks nobody can tell whether the tab that wrote a message still lives: it is left alone for so long. */
const ORPHAN_MS = 60_000;
/** The way to the server failed, not the server. */
const WAYS_FAIL: ReadonlySet<RefusedCode> = new Set<RefusedCode>(["closed", "timeout", "draining"]);

export interface Outgoing {
  clientMessageId: string;
  roomId: string;
  content: string;
  replyTo: string | null;
  /** Files that were uploaded already. */
  attachments: readonly Attachment[];
  /** A question to an assistant: to which one, where the room has several. Null: a message. */
  ask: { assistantId: string | null } | null;
  writtenAt: number;
  state: "sending" | "failed";
  error: Refused | null;
}

/** Storage has everything but what concerns this page only. */
type Kept = Omit<Outgoing, "state" | "error"> & { instanceId: string; failed: string | null };

interface Waiting {
  resolve(message: ChatMessage): void;
  reject(refused: Refused): void;
}

/** Brings one message to the server, by whatever way there is. */
export type Deliver = (outgoing: Outgoing) => Promise<ChatMessage>;

export class Outbox {
  /** Everything that waits, in the order in which it was written. */
  readonly waiting = new Value<readonly Outgoing[]>([]);
  readonly #storage: KeyValue | null;
  readonly #instanceId: Promise<string>;
  readonly #deliver: Deliver;
  readonly #timing: Timing;
  readonly #callers = new Map<string, Waiting>();
  /** Rooms of which a message is on its way: one at a time, so that their order is the order of writing. */
  readonly #busy = new Set<string>();
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();
  readonly #failures = new Map<string, number>();
  #userId: string | null = null;
  #own: string | null = null;
  #isOpen = false;
  #closed = false;

  constructor(storage: KeyValue | null, instanceId: Promise<string>, deliver: Deliver, timing: Timing) {
    this.#storage = storage;
    this.#instanceId = instanceId;
    this.#deliver = deliver;
    this.#timing = timing;
  }

  /** There is a way to the server, and it is this person's: what they left behind is sent. */
  async opened(userId: string): Promise<void> {
    this.#own ??= await this.#instanceId;
    if (this.#closed) return;
    if (this.#userId !== userId) {
      this.#userId = userId;
      for (const outgoing of this.waiting.get()) this.#keep(outgoing);
      await this.#adopt();
    }
    this.#isOpen = true;
    for (const roomId of new Set(this.waiting.get().map((outgoing) => outgoing.roomId))) this.#push(roomId);
  }

  /** There is no way to the server. */
  shut(): void {
    this.#isOpen = false;
  }

  close(): void {
    this.#closed = true;
    this.#isOpen = false;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    for (const { reject } of this.#callers.values())
      reject(new Refused("closed", "the connection was closed"));
    this.#callers.clear();
  }

  /** Take everything of this person out of the storage, other tabs' messages too. */
  forgetAll(): void {
    for (const { clientMessageId } of this.waiting.get()) this.discard(clientMessageId);
    if (!this.#storage || !this.#userId) return;
    for (const key of keysOf(this.#storage, this.#key(""))) this.#storage.removeItem(key);
  }

  /** Write. Done when the server has stored it, however long that takes; refused when it never will. */
  send(
    roomId: string,
    content: string,
    more: Pick<Outgoing, "replyTo" | "attachments"> & Partial<Pick<Outgoing, "ask">>,
  ): Promise<ChatMessage> {
    if (this.#closed) return Promise.reject(new Refused("closed", "the connection was closed"));
    if (this.waiting.get().length >= MAX_WAITING) {
      return Promise.reject(new Refused("overloaded", "too many messages wait to be sent"));
    }
    const clientMessageId = randomId();
    const outgoing: Outgoing = {
      clientMessageId,
      roomId,
      content,
      ask: null,
      ...more,
      writtenAt: Date.now(),
      state: "sending",
      error: null,
    };
    const stored = new Promise<ChatMessage>((resolve, reject) => {
      this.#callers.set(clientMessageId, { resolve, reject });
      this.#keep(outgoing);
      this.waiting.set([...this.waiting.get(), outgoing]);
      this.#push(roomId);
    });
    // The entry shows what became of it: who does not wait for the promise has missed nothing.
    stored.catch(() => {});
    return stored;
  }

  /** Try one again that was refused. */
  retry(clientMessageId: string): void {
    const outgoing = this.#find(clientMessageId);
    if (outgoing?.state !== "failed") return;
    this.#replace({ ...outgoing, state: "sending", error: null });
    this.#push(outgoing.roomId);
  }

  /** Do not send it after all. */
  discard(clientMessageId: string): void {
    this.#forget(clientMessageId);
    this.#callers.get(clientMessageId)?.reject(new Refused("closed", "the message was discarded"));
    this.#callers.delete(clientMessageId);
  }

  /** It was seen in the room: whoever sent it, it is stored. */
  stored(message: ChatMessage): void {
    if (!this.#find(message.clientMessageId)) return;
    this.#forget(message.clientMessageId);
    this.#callers.get(message.clientMessageId)?.resolve(message);
    this.#callers.delete(message.clientMessageId);
  }

  #push(roomId: string): void {
    if (!this.#isOpen || this.#busy.has(roomId)) return;
    const next = this.waiting
      .get()
      .find((outgoing) => outgoing.roomId === roomId && outgoing.state === "sending");
    if (!next) return;
    clearTimeout(this.#timers.get(roomId));
    this.#busy.add(roomId);
    void this.#bring(next).finally(() => {
      this.#busy.delete(roomId);
      if (!this.#timers.has(roomId)) this.#push(roomId);
    });
  }

  async #bring(outgoing: Outgoing): Promise<void> {
    const { roomId, clientMessageId } = outgoing;
    this.#timers.delete(roomId);
    try {
      const message = await this.#deliver(outgoing);
      this.#failures.delete(roomId);
      this.stored(message);
    } catch (thrown) {
      const refused = Refused.of(thrown);
      if (passes(outgoing, refused)) return this.#later(roomId, refused);
      this.#failures.delete(roomId);
      const failed: Outgoing = { ...outgoing, state: "failed", error: refused };
      if (!this.#find(clientMessageId)) return;
      this.#replace(failed);
      this.#callers.get(clientMessageId)?.reject(refused);
      this.#callers.delete(clientMessageId);
    }
  }

  #later(roomId: string, refused: Refused): void {
    const failures = this.#failures.get(roomId) ?? 0;
    this.#failures.set(roomId, failures + 1);
    const pauseMs = pauseAfter(failures, this.#timing.reconnectMs, this.#timing.reconnectMaxMs);
    const timer = setTimeout(
      () => {
        this.#timers.delete(roomId);
        this.#push(roomId);
      },
      Math.max(pauseMs, refused.retryAfterMs ?? 0),
    );
    this.#timers.set(roomId, timer);
  }

  #find(clientMessageId: string): Outgoing | undefined {
    return this.waiting.get().find((outgoing) => outgoing.clientMessageId === clientMessageId);
  }

  #replace(outgoing: Outgoing): void {
    const same = (other: Outgoing): boolean => other.clientMessageId === outgoing.clientMessageId;
    this.waiting.set(this.waiting.get().map((other) => (same(other) ? outgoing : other)));
    this.#keep(outgoing);
  }

  #forget(clientMessageId: string): void {
    this.waiting.set(this.waiting.get().filter((outgoing) => outgoing.clientMessageId !== clientMessageId));
    if (this.#userId) this.#storage?.removeItem(this.#key(clientMessageId));
  }

  #key(clientMessageId: string): string {
    return `bedside.outbox.${this.#userId}.${clientMessageId}`;
  }

  /** Nothing is stored before it is known whose it is: the next person at this computer must not send it. */
  #keep({ state: _, error, ...outgoing }: Outgoing): void {
    if (!this.#userId || !this.#own) return;
    const kept: Kept = { ...outgoing, instanceId: this.#own, failed: error?.message ?? null };
    try {
      this.#storage?.setItem(this.#key(outgoing.clientMessageId), JSON.stringify(kept));
    } catch {
      // Storage that is full: the message then lives as long as the page.
    }
  }

  /** Take what this page wrote before it was reloaded, and what pages wrote that are gone. */
  async #adopt(): Promise<void> {
    const storage = this.#storage;
    if (!storage) return;
    const found: Outgoing[] = [];
    for (const key of keysOf(storage, `bedside.outbox.${this.#userId}.`)) {
      const kept = parsed(storage.getItem(key));
      if (!kept || Date.now() - kept.writtenAt > MAX_AGE_MS) {
        storage.removeItem(key);
        continue;
      }
      if (this.#find(kept.clientMessageId) || !(await this.#isOurs(kept))) continue;
      const { instanceId: _, failed, ...outgoing } = kept;
      const error = failed === null ? null : new Refused("conflict", failed);
      found.push({ ...outgoing, state: error ? "failed" : "sending", error });
    }
    found.sort((one, other) => one.writtenAt - other.writtenAt);
    for (const outgoing of found) this.#keep(outgoing);
    const own = this.waiting.get();
    this.waiting.set([...found, ...own].slice(0, MAX_WAITING));
  }

  async #isOurs({ instanceId, writtenAt }: Kept): Promise<boolean> {
    if (instanceId === this.#own) return true;
    const locks = globalThis.navigator?.locks;
    if (!locks) return Date.now() - writtenAt > ORPHAN_MS;
    // Whoever asks first takes it; the other finds it held, or gone.
    const { held } = await locks.query();
    return !held?.some((lock) => lock.name === lockName(instanceId));
  }
}

/**
 * Whether waiting helps. Who asks an assistant is told at once what stands in the way of it, unless it is only the way to
 * the server: a question that is asked by itself an hour later helps nobody.
 */
function passes({ ask }: Outgoing, refused: Refused): boolean {
  if (refused.code === "not_joined" || refused.aboutToken) return true;
  return refused.passing && (ask === null || WAYS_FAIL.has(refused.code));
}

function parsed(text: string | null): Kept | null {
  try {
    const kept = JSON.parse(text ?? "") as Partial<Kept>;
    const whole =
      typeof kept.clientMessageId === "string" &&
      typeof kept.roomId === "string" &&
      typeof kept.content === "string";
    const otherwise = { replyTo: null, attachments: [], ask: null, failed: null, writtenAt: 0, instanceId: "" };
    return whole ? ({ ...otherwise, ...kept } as Kept) : null;
  } catch {
    return null;
  }
}
