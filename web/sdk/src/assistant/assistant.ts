/**
 * The machines of a room: asking them, hearing their answers word by word, and whether they may be asked. One object for
 * each room, shared by all who show it.
 */
import type { Connection } from "../connection.js";
import type {
  AssistantInRoom,
  ChatJoined,
  ChatMessage,
  ChatPage,
  ClientEvents,
  Decision,
  RoomEvent,
  ServerEvents,
} from "../generated/events.js";
import type { Outbox, Outgoing } from "../outbox.js";
import { Refused } from "../refused.js";
import type { Room } from "../room.js";
import { type Observable, Value } from "../state.js";
import { before } from "../time.js";
import { Answers } from "./answers.js";
import { messageIdsOf, questionOf, withAnswers } from "./entries.js";
import { type AssistantQuestion, type AssistantState, NO_ASSISTANT } from "./state.js";

/** How long a question waits for its room to be entered before it is tried anew. */
const ENTER_MS = 10_000;
/** After the server did not answer, while the connection stands. */
const ATTACH_AGAIN_MS = 1_000;

/** As far as the log is read back, in pages of 100 events: no visit has more in it. */
const MOST_PAGES = 50;

type Heard = {
  [E in keyof ServerEvents]: E extends `assistant:${string}` ? E : never;
}[keyof ServerEvents];

export class RoomAssistant {
  readonly roomId: string;
  readonly state: Observable<AssistantState>;
  readonly #state = new Value<AssistantState>(NO_ASSISTANT);
  readonly #connection: Connection;
  readonly #room: Room;
  readonly #outbox: Outbox;
  readonly #answers = new Answers();
  /** How far the log had come when the server said which assistants may be asked. */
  #knownAt = 0;
  #opened = 0;
  #endings: (() => void)[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(connection: Connection, room: Room, outbox: Outbox) {
    this.roomId = room.id;
    this.state = this.#state;
    this.#connection = connection;
    this.#room = room;
    this.#outbox = outbox;
    // Whoever has the room open has entered it, perhaps before this was looked at.
    room.onJoined((joined) => this.#joined(joined));
    this.#listen();
  }

  /** Enter the room and stay until what is returned is called. */
  open(): () => void {
    const leave = this.#room.open();
    this.#opened += 1;
    if (this.#opened === 1) this.#endings = [this.#room.state.subscribe(() => this.#show())];
    this.#show();
    let isOpen = true;
    return () => {
      if (!isOpen) return;
      isOpen = false;
      leave();
      this.#opened -= 1;
      if (this.#opened > 0) return;
      for (const end of this.#endings) end();
    };
  }

  /**
   * Ask. The question is shown at once and kept until the server has it, under one `clientMessageId` for every try. Done
   * when it is stored; the answer follows by itself. In a consultation the assistant must be named.
   */
  ask(content: string, { assistantId }: { assistantId?: string } = {}): Promise<ChatMessage> {
    this.#forgetEmpty();
    const more = { replyTo: null, attachments: [], ask: { assistantId: assistantId ?? null } };
    return this.#outbox.send(this.roomId, content, more);
  }

  /** Ask the same question once more: another question, with another answer. `answerId`: what was answered. */
  askAgain(answerId: string): Promise<ChatMessage> {
    const { entries } = this.#room.state.get();
    const message = entries.flatMap((entry) =>
      entry.kind === "message" && entry.message.id === answerId ? [entry.message] : [],
    )[0];
    const answer = this.#answers.list.find(({ id }) => id === answerId);
    const questionId = message?.replyTo ?? answer?.questionId ?? null;
    const question = questionOf(entries, { id: answerId, questionId });
    if (question === null) return Promise.reject(new Refused("not_found", "the question is not known here"));
    const assistantId = message?.answer?.assistantId ?? answer?.assistantId;
    return this.ask(question, assistantId ? { assistantId } : {});
  }

  /** End an answer that is being written, for everyone; without a name, all of them. What was written is kept. */
  async stop(answerId?: string): Promise<void> {
    const running = this.#answers.list.filter(({ state }) => state === "streaming").map(({ id }) => id);
    const ended = answerId === undefined ? running : [answerId];
    await Promise.all(
      ended.map((id) => this.#ask("assistant:cancel", { roomId: this.roomId, answerId: id })),
    );
  }

  /** The doctor lets an assistant in: its patient is asked. */
  async enable(assistantId: string): Promise<void> {
    await this.#use(() => this.#ask("assistant:enable", { roomId: this.roomId, assistantId }));
  }

  /** The doctor lets it in no longer. */
  async disable(assistantId: string): Promise<void> {
    await this.#use(() => this.#ask("assistant:disable", { roomId: this.roomId, assistantId }));
  }

  /** The patient agrees that what is written goes to the assistant. */
  give(assistantId: string): Promise<void> {
    return this.#decide(assistantId, "given");
  }

  /** The patient does not agree. */
  refuse(assistantId: string): Promise<void> {
    return this.#decide(assistantId, "refused");
  }

  /** The patient agrees no longer. */
  withdraw(assistantId: string): Promise<void> {
    return this.#decide(assistantId, "withdrawn");
  }

  /** Bring a question to the server; for the outbox. */
  async deliver({ clientMessageId, content, ask }: Outgoing): Promise<ChatMessage> {
    // It may have been left behind by a page that is gone: then nobody has the room open.
    const leave = this.#room.open();
    try {
      await this.#entered();
      const asked = await this.#ask("assistant:ask", {
        roomId: this.roomId,
        clientMessageId,
        content,
        ...(ask?.assistantId && { assistantId: ask.assistantId }),
      });
      this.#answers.asked(asked);
      this.#changed();
      return asked.message;
    } finally {
      leave();
    }
  }

  readonly #ask = <E extends keyof ClientEvents>(
    event: E,
    data: ClientEvents[E]["data"],
  ): Promise<ClientEvents[E]["answer"]> => this.#connection.ask(event, data);

  /** Done once the room is entered by socket. */
  async #entered(): Promise<void> {
    const { state } = this.#room;
    let stop = (): void => {};
    const entered = new Promise<void>((resolve, reject) => {
      const look = (): void => {
        const { isLive, status, error } = state.get();
        if (isLive) resolve();
        else if (status === "refused")
          reject(error ?? new Refused("not_joined", "the room cannot be entered"));
      };
      stop = state.subscribe(look);
      look();
    });
    await before(ENTER_MS, entered).finally(stop);
  }

  #listen(): void {
    const on = <E extends Heard>(event: E, heard: (data: ServerEvents[E]) => void): void => {
      this.#connection.on(event, (data) => {
        if (data.roomId !== this.roomId) return;
        heard(data);
        this.#changed();
      });
    };
    on("assistant:typing", ({ answerId, assistantId }) => this.#answers.begins(answerId, assistantId));
    on("assistant:chunk", ({ answerId, index, delta }) => this.#answers.piece(answerId, index, delta));
    on("assistant:complete", ({ answerId, message }) => this.#answers.became(answerId, message));
    on("assistant:failed", (failed) => this.#answers.failed(failed));
    on("assistant:consent_requested", ({ roomId: _, ...question }) => this.#asked(question));
    this.#room.onFact((event) => this.#fact(event));
    // What was asked for when the connection was lost was never answered.
    this.#connection.onSession(() => this.#changed());
  }

  #joined({ answers = [], assistants = [], lastSeq }: ChatJoined): void {
    this.#knownAt = lastSeq;
    this.#state.patch({ assistants });
    this.#settle();
    this.#answers.joined(answers);
    this.#changed();
  }

  #fact(event: RoomEvent): void {
    if (event.seq <= this.#knownAt || event.kind !== "assistant") return;
    const { assistantId, state } = event;
    this.#put({ assistantId, state });
  }

  async #use(change: () => Promise<{ assistant: AssistantInRoom }>): Promise<void> {
    const { assistant } = await change();
    this.#put(assistant);
  }

  #put(changed: Omit<AssistantInRoom, "host"> & Partial<AssistantInRoom>): void {
    const { assistants } = this.#state.get();
    const known = assistants.find(({ assistantId }) => assistantId === changed.assistantId);
    const host = changed.host ?? known?.host ?? this.#questionOf(changed.assistantId)?.host ?? "";
    const now = { ...changed, host };
    this.#state.patch({
      assistants: known ? assistants.map((each) => (each === known ? now : each)) : [...assistants, now],
    });
    this.#settle();
  }

  #asked(question: AssistantQuestion): void {
    const others = this.#state
      .get()
      .questions.filter(({ assistantId }) => assistantId !== question.assistantId);
    this.#state.patch({ questions: [...others, question] });
    this.#put({ assistantId: question.assistantId, state: "awaiting_consent", host: question.host });
  }

  /** A question that was answered, on whichever device, or taken back, is asked no longer. */
  #settle(): void {
    const { questions, assistants } = this.#state.get();
    const open = questions.filter(({ assistantId }) =>
      assistants.some((each) => each.assistantId === assistantId && each.state === "awaiting_consent"),
    );
    if (open.length < questions.length) this.#state.patch({ questions: open });
  }

  #questionOf(assistantId: string): AssistantQuestion | undefined {
    return this.#state.get().questions.find((question) => question.assistantId === assistantId);
  }

  async #decide(assistantId: string, decision: Decision): Promise<void> {
    const textVersion =
      this.#questionOf(assistantId)?.textVersion ??
      (await this.#answeredTo(assistantId).catch(() => null)) ??
      "";
    const said = { roomId: this.roomId, assistantId, decision, textVersion };
    await this.#use(() => this.#ask("assistant:consent", said));
  }

  /**
   * The version of the text that was answered last. Whoever takes back what they agreed to an hour ago, on a page that
   * was loaded a moment ago, has to read it from the log; what cannot be read does not keep anybody from saying no.
   */
  async #answeredTo(assistantId: string): Promise<string | null> {
    const isAnswer = (event: RoomEvent) =>
      event.kind === "assistant_consent" && event.assistantId === assistantId;
    const shown = this.#room.state.get().entries;
    let events: readonly RoomEvent[] = shown.flatMap((entry) => (entry.kind === "fact" ? [entry.event] : []));
    let beforeSeq: number | null = null;
    for (let page = 0; page <= MOST_PAGES; page += 1) {
      const answer = events.findLast(isAnswer);
      if (answer?.kind === "assistant_consent") return answer.textVersion;
      if (beforeSeq !== null && beforeSeq <= 1) return null;
      const history: ChatPage = await this.#ask("chat:history", { roomId: this.roomId, beforeSeq });
      events = history.events;
      beforeSeq = events[0]?.seq ?? 1;
    }
    return null;
  }

  /** Whoever asks anew has seen that there was no answer. */
  #forgetEmpty(): void {
    for (const { id, state } of this.#answers.list) if (state !== "streaming") this.#answers.forget(id);
    this.#show();
  }

  #changed(): void {
    const mayAsk = this.#room.state.get().isLive && this.#timer === undefined;
    if (mayAsk) for (const answerId of this.#answers.wanted) void this.#attach(answerId);
    this.#show();
  }

  async #attach(answerId: string): Promise<void> {
    const fromIndex = this.#answers.attaching(answerId);
    try {
      this.#answers.attached(
        answerId,
        await this.#ask("assistant:attach", { roomId: this.roomId, answerId, fromIndex }),
      );
    } catch (thrown) {
      const refused = Refused.of(thrown);
      this.#answers.unattached(answerId, !refused.passing && refused.code !== "not_joined");
      // Without a connection, the next session asks.
      if (refused.code !== "closed") this.#pause(Math.max(ATTACH_AGAIN_MS, refused.retryAfterMs ?? 0));
      return this.#show();
    }
    this.#changed();
  }

  #pause(ms: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#changed();
    }, ms);
  }

  #show(): void {
    const { entries } = this.#room.state.get();
    this.#answers.shown(this.#idsOf(entries));
    const answers = this.#answers.list;
    this.#state.patch({
      entries: withAnswers(entries, answers),
      answers,
      isAnswering: answers.some(({ state }) => state === "streaming"),
    });
  }

  #ids: { of: unknown; ids: ReadonlySet<string> } = { of: null, ids: new Set() };

  /** Pieces come more often than messages do. */
  #idsOf(entries: Parameters<typeof messageIdsOf>[0]): ReadonlySet<string> {
    if (this.#ids.of !== entries) this.#ids = { of: entries, ids: messageIdsOf(entries) };
    return this.#ids.ids;
  }
}
