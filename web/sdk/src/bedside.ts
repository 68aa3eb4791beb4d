/** The front: one object for a page, and everything hangs on it. */
import {
  type AskOptions,
  type ClientEventName,
  Connection,
  type ServerEventName,
  type Transport,
} from "./connection.js";
import { Assistants } from "./assistant/assistants.js";
import { RoomAssistant } from "./assistant/assistant.js";
import { Conversations } from "./assistant/conversations.js";
import { Call } from "./call/call.js";
import { Consultations } from "./consultations.js";
import { Files } from "./files/files.js";
import type { ChatMessage, ClientEvents, ServerEvents, SessionReady } from "./generated/events.js";
import { type Claim, claimInstance } from "./instance.js";
import { Outbox, type Outgoing } from "./outbox.js";
import { Poller } from "./polling.js";
import { Presence } from "./presence.js";
import { RoomRecording } from "./recording/recording.js";
import { Recordings } from "./recording/recordings.js";
import { Refused } from "./refused.js";
import { type RestClient, given, restClient, sender } from "./rest.js";
import { Room } from "./room.js";
import type { Observable } from "./state.js";
import type { BedsideState } from "./status.js";
import { type KeyValue, localStorageOf } from "./storage.js";
import { TIMING, type Timing } from "./time.js";
import { type TokenSource, Tokens } from "./token.js";
import { Waiting } from "./waiting.js";

export interface BedsideOptions {
  /** A function is asked anew for each connection and before the token expires. */
  token: TokenSource;
  /** Where the server is. Default: the page's origin. A path is kept: `https://clinic.example/bedside`. */
  url?: string;
  /** Default: kept for the page's life, over reloads; a duplicated tab gets its own. */
  instanceId?: string;
  /** Keeps unsent messages over reloads. Default: `localStorage`, where there is one. */
  storage?: KeyValue | null;
  transports?: readonly Transport[];
  /** `false`: wait for `connect()`. */
  connect?: boolean;
  /** Only tests have a reason to set it. */
  timing?: Partial<Timing>;
}

export class Bedside {
  readonly state: Observable<BedsideState>;
  /** REST with the token; what is refused is thrown. */
  readonly rest: RestClient;
  /** Files of messages: uploads and downloads. */
  readonly files: Files;
  /** What was recorded, and how it is played. */
  readonly recordings: Recordings;
  readonly consultations: Consultations;
  readonly presence: Presence;
  /** Who may be asked. */
  readonly assistants: Assistants;
  readonly conversations: Conversations;
  readonly url: string;
  readonly #connection: Connection;
  readonly #tokens: Tokens;
  readonly #outbox: Outbox;
  readonly #poller: Poller;
  readonly #waiting: Waiting;
  readonly #rooms = new Map<string, Room>();
  readonly #calls = new Map<string, Call>();
  readonly #recordings = new Map<string, RoomRecording>();
  readonly #assistants = new Map<string, RoomAssistant>();
  readonly #forgetPage: () => void;
  #claim: Claim | null = null;

  constructor(options: BedsideOptions) {
    this.url = options.url ?? originOf();
    const timing = { ...TIMING, ...options.timing };
    const instanceId = options.instanceId ? Promise.resolve(options.instanceId) : this.#claimed();
    const storage = options.storage === undefined ? localStorageOf() : options.storage;
    this.#tokens = new Tokens(options.token);
    const transports = options.transports ?? ["websocket", "polling"];
    this.#connection = new Connection({
      url: this.url,
      tokens: this.#tokens,
      instanceId,
      transports,
      timing,
    });
    this.state = this.#connection.state;
    const send = sender(this.#tokens);
    this.rest = restClient(this.url, send);
    this.files = new Files(this.url, this.#tokens, send);
    this.recordings = new Recordings(this.url, send);
    this.#outbox = new Outbox(storage, instanceId, (outgoing) => this.#deliver(outgoing), timing);
    this.#poller = new Poller(this.#connection, timing, () => this.#knock());
    this.#waiting = new Waiting(this.#connection);
    this.consultations = new Consultations(this.#connection, this.rest, this.#poller, this.#waiting);
    this.presence = new Presence(this.#connection);
    this.assistants = new Assistants(this.#connection, this.rest);
    this.conversations = new Conversations(this.#connection, this.rest, this.#poller);
    this.state.subscribe(() => this.#changed());
    this.#forgetPage = watchPage(() => void this.#connection.check());
    if (options.connect !== false) this.connect();
  }

  connect(): void {
    this.#connection.open();
  }

  /**
   * End it for good. Messages that were not sent stay in the storage, for when this person comes back; with `forget`, as
   * when they sign out at a computer that is not theirs, they go.
   */
  close({ forget = false }: { forget?: boolean } = {}): void {
    if (forget) this.#outbox.forgetAll();
    for (const call of this.#calls.values()) void call.leave();
    this.#forgetPage();
    this.#poller.close();
    this.#outbox.close();
    this.#connection.close();
    this.#claim?.release();
  }

  /** Go on after it has given up: with a token that is asked for anew, or with this one. */
  retry(token?: TokenSource): void {
    if (token !== undefined) this.#tokens.replace(token);
    this.#connection.retry();
  }

  /** Ask the server. Waits for the connection if there is none just now; what is refused is thrown as `Refused`. */
  ask<E extends ClientEventName>(
    event: E,
    data: ClientEvents[E]["data"],
    options?: AskOptions,
  ): Promise<ClientEvents[E]["answer"]> {
    return this.#connection.ask(event, data, options);
  }

  /** Say something without asking for an answer. Dropped where there is no connection. */
  send<E extends ClientEventName>(event: E, data: ClientEvents[E]["data"]): void {
    this.#connection.send(event, data);
  }

  /** Hear an event, until what is returned is called. */
  on<E extends ServerEventName>(event: E, listener: (data: ServerEvents[E]) => void): () => void {
    return this.#connection.on(event, listener);
  }

  /** Hear of each session's beginning. Where it was not `resumed`, the server has forgotten what this page had joined. */
  onSession(listener: (ready: SessionReady) => void): () => void {
    return this.#connection.onSession(listener);
  }

  /** The room of a consultation; always the same object. Nothing happens before `open()`. */
  room(roomId: string): Room {
    let room = this.#rooms.get(roomId);
    if (!room) {
      const { rest } = this;
      const parts = {
        connection: this.#connection,
        rest,
        outbox: this.#outbox,
        poller: this.#poller,
        waiting: this.#waiting,
      };
      room = new Room(roomId, parts);
      this.#rooms.set(roomId, room);
    }
    return room;
  }

  /** The call of a consultation; always the same object. Nothing happens before `join()`. */
  call(roomId: string): Call {
    let call = this.#calls.get(roomId);
    if (!call) {
      call = new Call(this, this.recording(roomId), roomId);
      this.#calls.set(roomId, call);
    }
    return call;
  }

  /** The recording of a consultation, and this person's consent to it; always the same object. */
  recording(roomId: string): RoomRecording {
    let recording = this.#recordings.get(roomId);
    if (!recording) {
      recording = new RoomRecording(this, this.room(roomId), roomId);
      this.#recordings.set(roomId, recording);
    }
    return recording;
  }

  /** The machines of a room, a conversation with one or a consultation; always the same object. */
  assistant(roomId: string): RoomAssistant {
    let assistant = this.#assistants.get(roomId);
    if (!assistant) {
      assistant = new RoomAssistant(this.#connection, this.room(roomId), this.#outbox);
      this.#assistants.set(roomId, assistant);
    }
    return assistant;
  }

  async #claimed(): Promise<string> {
    this.#claim = await claimInstance();
    if (this.#connection.isClosed) this.#claim.release();
    return this.#claim.id;
  }

  /** The outbox follows the connection: it is open where there is any way to the server. */
  #changed(): void {
    const { status, user } = this.state.get();
    const isOpen = (status === "connected" || status === "polling") && user !== null;
    if (isOpen) void this.#outbox.opened(user.id);
    else this.#outbox.shut();
  }

  /** By socket where the room is joined, else by REST, which asks for no more than a part in the consultation. */
  async #deliver(outgoing: Outgoing): Promise<ChatMessage> {
    const { roomId, clientMessageId, content, replyTo, attachments, ask } = outgoing;
    if (ask) return this.assistant(roomId).deliver(outgoing);
    const attachmentIds = attachments.map(({ id }) => id);
    const more = { ...(replyTo && { replyTo }), ...(attachmentIds.length > 0 && { attachmentIds }) };
    const message = { clientMessageId, content, ...more };
    if (this.#rooms.get(roomId)?.state.get().isLive) {
      return (await this.ask("chat:send_message", { roomId, ...message })).message;
    }
    const params = { path: { id: roomId } };
    const sent = await given(
      this.rest.POST("/api/v1/consultations/{id}/messages", { params, body: message }),
    );
    return sent.message as ChatMessage;
  }

  /** Whether REST gets through, and who we are there. */
  async #knock(): Promise<void> {
    const { id, name, role } = await given(this.rest.GET("/api/v1/me"));
    this.#connection.isCalled({ id, name: name ?? null, role });
  }
}

function originOf(): string {
  const origin = globalThis.location?.origin;
  if (!origin || origin === "null")
    throw new Refused("malformed", "outside of a page the server's url must be given");
  return origin;
}

/** Be told when the network may have changed, or the page was asleep. */
function watchPage(changed: () => void): () => void {
  if (typeof window === "undefined" || typeof document === "undefined") return () => {};
  const shown = (): void => {
    if (document.visibilityState === "visible") changed();
  };
  window.addEventListener("online", changed);
  document.addEventListener("visibilitychange", shown);
  return () => {
    window.removeEventListener("online", changed);
    document.removeEventListener("visibilitychange", shown);
  };
}
