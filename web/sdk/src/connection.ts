/**
 * The one connection: opened, kept, resumed and, where there is no sense in it any more, given up.
 *
 * Socket.IO's own reconnection stays off. It does not come back after a refused CONNECT, and it begins with the shortest
 * pause again as soon as the transport opens, so that an overloaded server or an expired token would be hammered.
 */
import { Manager, type Socket } from "socket.io-client";
import type {
  Action,
  ClientEvents,
  Refusal,
  ServerEvents,
  SessionClosing,
  SessionReady,
  User,
} from "./generated/events.js";
import { Refused } from "./refused.js";
import { abortedBy, closedByUs, whenConnected } from "./connected.js";
import { Listeners, Value, guarded } from "./state.js";
import { type BedsideState, IDLE } from "./status.js";
import { type Timing, pauseAfter } from "./time.js";
import type { Tokens } from "./token.js";

export type ClientEventName = keyof ClientEvents;
export type ServerEventName = keyof ServerEvents;
export type Transport = "websocket" | "polling";

export interface AskOptions {
  /** How long the connection and the answer may take together. */
  timeoutMs?: number;
  signal?: AbortSignal;
}

const ASK_MS = 10_000;
/** A session that stood for so long was a success: the next failure begins with the shortest pause. */
const STABLE_MS = 10_000;
/** How often a token function is asked again after the server refused its tokens. */
const TOKEN_TRIES = 3;
/** How long a connection that may be dead has to show that it is not. */
const CHECK_MS = 5_000;

/** As much of the socket's listeners as is typed here rather than there. */
interface Untyped<T> {
  on(event: string, heard: (data: T) => void): unknown;
  off(event: string, heard: (data: T) => void): unknown;
}

/** What an attempt's end leads to. */
type Next =
  | { do: "again"; afterMs?: number | null; unreached?: true }
  | { do: "token" }
  | { do: "stop"; action: Action };

export interface ConnectionOptions {
  url: string;
  tokens: Tokens;
  instanceId: Promise<string>;
  transports: readonly Transport[];
  timing: Timing;
}

export class Connection {
  readonly state = new Value<BedsideState>(IDLE);
  readonly #options: ConnectionOptions;
  readonly #manager: Manager;
  readonly #socket: Socket;
  readonly #sessions = new Listeners<[SessionReady]>();
  /** Grows with each attempt: what belongs to an older one is ignored. */
  #round = 0;
  /** Whether an attempt or a session is under way, whose end must be dealt with. */
  #underWay = false;
  #closed = false;
  #closing: SessionClosing | null = null;
  #readySince = 0;
  #tokenTries = 0;
  #restWorks = false;
  /** Attempts in a row that failed on the transport that is tried first. */
  #transportFailures = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #watchdog: ReturnType<typeof setTimeout> | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    const { origin, pathname } = new URL(options.url);
    this.#manager = new Manager(origin, {
      autoConnect: false,
      reconnection: false,
      path: `${pathname.replace(/\/$/, "")}/socket.io/`,
      transports: [...options.transports],
      tryAllTransports: true,
      // The watchdog over the whole way to `session:ready` is faster.
      timeout: 2 * options.timing.connectMs,
    });
    this.#socket = this.#manager.socket("/");
    this.#socket.on("connect_error", (error) => this.#refused(error));
    this.#socket.on("disconnect", (reason) => this.#lost(reason));
    this.on("session:ready", (ready) => this.#ready(ready));
    this.on("session:closing", (closing) => (this.#closing = closing));
    this.on("session:expiring", () => void this.#refresh());
    this.on("session:heartbeat", ({ serverTime }) => this.#tick(serverTime));
  }

  get tokens(): Tokens {
    return this.#options.tokens;
  }

  /** Connect, unless it is connected or on its way. */
  open(): void {
    if (this.#closed || this.#underWay) return;
    clearTimeout(this.#timer);
    void this.#attempt();
  }

  /** Go on after it was given up: with a token that is asked for anew. */
  retry(): void {
    if (this.#closed) return;
    this.#tokenTries = 0;
    this.state.patch({ attempt: 0 });
    this.open();
  }

  /** End it for good: the server lets the session go at once. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#abandon();
    this.#socket.disconnect();
    this.state.patch({
      status: "stopped",
      isConnected: false,
      error: closedByUs(),
      action: null,
      nextAttemptAt: null,
    });
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  on<E extends ServerEventName>(event: E, listener: (data: ServerEvents[E]) => void): () => void {
    // The last argument is the offset, which is nobody's business. A listener's fault must not reach the decoder.
    const heard = (data: ServerEvents[E]): void => guarded(() => listener(data));
    const socket: Untyped<ServerEvents[E]> = this.#socket;
    socket.on(event, heard);
    return () => {
      socket.off(event, heard);
    };
  }

  onSession(listener: (ready: SessionReady) => void): () => void {
    return this.#sessions.add(listener);
  }

  async ask<E extends ClientEventName>(
    event: E,
    data: ClientEvents[E]["data"],
    { timeoutMs = ASK_MS, signal }: AskOptions = {},
  ): Promise<ClientEvents[E]["answer"]> {
    const until = Date.now() + timeoutMs;
    if (!this.state.get().isConnected) await whenConnected(this.state, timeoutMs, signal);
    const leftMs = Math.max(1, until - Date.now());
    return new Promise((resolve, reject) => {
      const aborted = (): void => reject(abortedBy(signal));
      if (signal?.aborted) return aborted();
      signal?.addEventListener("abort", aborted, { once: true });
      this.#socket.timeout(leftMs).emit(event, data, (fault: Error | null, answer: unknown) => {
        signal?.removeEventListener("abort", aborted);
        if (fault) return reject(this.#unanswered(event));
        const refusal = (answer as { error?: Refusal } | null)?.error;
        if (refusal) return reject(Refused.from(refusal));
        resolve(answer as ClientEvents[E]["answer"]);
      });
    });
  }

  /** Say something that nobody needs to hear if there is no connection. */
  send<E extends ClientEventName>(event: E, data: ClientEvents[E]["data"]): void {
    if (this.state.get().isConnected) this.#socket.emit(event, data);
  }

  /** Whether REST gets through, told by who polls. */
  restWorks(works: boolean): void {
    this.#restWorks = works;
    const { status } = this.state.get();
    if (works && (status === "reconnecting" || status === "connecting"))
      this.state.patch({ status: "polling" });
    if (!works && status === "polling") this.state.patch({ status: "reconnecting" });
  }

  /** REST does not take the token, and there is no session that had another one. */
  tokenRefused(error: Refused): void {
    if (this.#closed || this.state.get().isConnected) return;
    this.#abandon();
    this.state.patch({ error });
    this.#stop("refresh_token");
  }

  /** Who one is, as REST says, where no session has said so. */
  isCalled(user: User): void {
    if (this.state.get().user?.id !== user.id) this.state.patch({ user });
  }

  /** The network may have changed: see whether the connection stands, or try at once. */
  async check(): Promise<void> {
    const { status, nextAttemptAt } = this.state.get();
    if (status === "connected") {
      const round = this.#round;
      await this.ask("session:ping", {}, { timeoutMs: CHECK_MS }).catch((refused: unknown) => {
        if (Refused.of(refused).code === "timeout" && round === this.#round) this.#cut();
      });
    } else if (nextAttemptAt !== null) {
      this.open();
    }
  }

  async #attempt(): Promise<void> {
    const round = ++this.#round;
    this.#underWay = true;
    this.#closing = null;
    const again = this.state.get().attempt > 0 || this.state.get().sessionId !== null;
    const status = this.#restWorks ? "polling" : again ? "reconnecting" : "connecting";
    this.state.patch({ status, nextAttemptAt: null, action: null });
    try {
      const [token, instanceId] = await Promise.all([this.tokens.renewed(), this.#options.instanceId]);
      if (round !== this.#round) return;
      this.#socket.auth = { token, instanceId };
    } catch (thrown) {
      if (round === this.#round) this.#ended(Refused.of(thrown), { do: "again" });
      return;
    }
    this.#manager.opts.transports = this.#order();
    // A full server takes back whom it knows.
    const { sessionId } = this.state.get();
    this.#manager.opts.query = sessionId === null ? {} : { session: sessionId };
    // What was heard or said while there was no connection is not of the new one: the server replays, and we ask again.
    this.#socket.receiveBuffer.length = 0;
    this.#socket.sendBuffer.length = 0;
    this.#watchdog = setTimeout(() => {
      this.#ended(new Refused("timeout", "the server did not answer in time"), {
        do: "again",
        unreached: true,
      });
      this.#cut();
    }, this.#options.timing.connectMs);
    this.#socket.connect();
  }

  /** WebSocket first. Where it opens and then carries nothing, no fallback is tried within one attempt: begin with the other. */
  #order(): Transport[] {
    const transports = [...this.#options.transports];
    return this.#transportFailures % 2 === 1 ? transports.reverse() : transports;
  }

  #ready(ready: SessionReady): void {
    clearTimeout(this.#watchdog);
    this.#readySince = Date.now();
    this.#transportFailures = 0;
    this.#tokenTries = 0;
    this.#tick(ready.serverTime);
    this.state.patch({
      status: "connected",
      isConnected: true,
      user: ready.user,
      sessionId: ready.sessionId,
      features: ready.features,
      limits: ready.limits,
      error: null,
      action: null,
      nextAttemptAt: null,
    });
    this.#sessions.tell(ready);
  }

  /** The connection could not be made: by the network, or because the server refused it. */
  #refused(error: Error & { data?: unknown }): void {
    const data = error.data as Partial<Refusal> | undefined;
    if (!data?.code) {
      const refused = new Refused("closed", `the server cannot be reached (${error.message})`);
      this.#ended(refused, { do: "again", unreached: true });
      return;
    }
    const refused = new Refused(data.code, error.message, data);
    if (refused.aboutToken) this.#ended(refused, { do: "token" });
    else if (refused.passing) this.#ended(refused, { do: "again", afterMs: refused.retryAfterMs });
    else this.#ended(refused, { do: "stop", action: "stop" });
  }

  /** The connection is gone. */
  #lost(reason: string): void {
    const closing = this.#closing;
    const refused = new Refused("closed", closing?.message ?? `the connection was lost (${reason})`);
    if (closing?.action === "refresh_token") this.#ended(refused, { do: "token" });
    else if (closing?.action === "reconnect")
      this.#ended(refused, { do: "again", afterMs: closing.reconnectAfterMs ?? null });
    else if (closing?.action === "stop" || reason === "io server disconnect")
      this.#ended(refused, { do: "stop", action: "stop" });
    else this.#ended(refused, { do: "again" });
  }

  #ended(error: Refused, next: Next): void {
    if (!this.#underWay || this.#closed) return;
    this.#abandon();
    if (next.do === "again" && next.unreached) this.#transportFailures += 1;
    const stood = this.#readySince > 0 && Date.now() - this.#readySince >= STABLE_MS;
    this.#readySince = 0;
    const attempt = stood ? 1 : this.state.get().attempt + 1;
    const status = this.#restWorks ? "polling" : "reconnecting";
    this.state.patch({ isConnected: false, error, attempt, status });
    if (next.do === "stop") return this.#stop(next.action);
    if (next.do === "token" && (!this.tokens.renewable || ++this.#tokenTries > TOKEN_TRIES))
      return this.#stop("refresh_token");
    const { reconnectMs, reconnectMaxMs } = this.#options.timing;
    const asked = next.do === "again" ? (next.afterMs ?? 0) : 0;
    const pauseMs = Math.max(asked, pauseAfter(attempt - 1, reconnectMs, reconnectMaxMs));
    this.state.patch({ nextAttemptAt: Date.now() + pauseMs });
    this.#timer = setTimeout(() => this.open(), pauseMs);
  }

  #stop(action: Action): void {
    this.#restWorks = false;
    this.state.patch({ status: "stopped", action, nextAttemptAt: null });
  }

  /** Nothing of what is under way counts any more. */
  #abandon(): void {
    this.#round += 1;
    this.#underWay = false;
    clearTimeout(this.#timer);
    clearTimeout(this.#watchdog);
  }

  /** End the transport without a word, also where it is stuck: the session stays at the server and can be resumed. */
  #cut(): void {
    this.#manager.engine?.transport?.close();
    // While it opens, the manager hears nothing of that, and would never open again.
    this.#manager._close();
  }

  async #refresh(): Promise<void> {
    // A string cannot be renewed: the server says goodbye at expiry, and `stopped` tells the application.
    for (let failures = 0; this.tokens.renewable && failures < TOKEN_TRIES; failures += 1) {
      try {
        const token = await this.tokens.renewed();
        await this.ask("session:refresh", { token });
        this.state.patch({ error: null });
        return;
      } catch (thrown) {
        if (!this.state.get().isConnected) return;
        this.state.patch({ error: Refused.of(thrown) });
        const pauseMs = pauseAfter(
          failures,
          this.#options.timing.reconnectMs,
          this.#options.timing.reconnectMaxMs,
        );
        await new Promise((resume) => setTimeout(resume, pauseMs));
      }
    }
  }

  #tick(serverTime: string): void {
    const serverOffsetMs = Date.parse(serverTime) - Date.now();
    // The way of the message is in it, so small differences say nothing.
    if (Math.abs(serverOffsetMs - this.state.get().serverOffsetMs) > 250)
      this.state.patch({ serverOffsetMs });
  }

  #unanswered(event: string): Refused {
    return this.#socket.connected
      ? new Refused("timeout", `${event}: no answer came in time`)
      : new Refused("closed", `${event}: the connection was lost before the answer came`);
  }
}
