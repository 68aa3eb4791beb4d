/**
 * The recording of one room, as it concerns this person: what they are asked, what they have said, whether they are
 * recorded. The only owner of their consent here: the call sends nothing to a recorder without it.
 */
import type { CallConnection } from "../call/port.js";
import type { Decision, Recording, RecordingAnswered, RoomEvent } from "../generated/events.js";
import { Refused } from "../refused.js";
import { type Observable, Value } from "../state.js";
import { rememberNo, rememberedNo } from "./memory.js";
import { type Consent, type ConsentQuestion, NO_RECORDING, type RecordingState, isOn } from "./state.js";

/** How soon a no is said again that did not get through; without a connection, the next session says it. */
const SAY_AGAIN_MS = 1_000;

/** Facts of the room, each once and in order: a `Room` fits. */
export interface FactSource {
  onFact(listener: (event: RoomEvent) => void): () => void;
}

/** A no that was said here. */
interface No {
  readonly recordingId: string;
  /** Whether the server knows it. */
  readonly isStored: boolean;
}

export class RoomRecording {
  readonly roomId: string;
  readonly #connection: CallConnection;
  readonly #state = new Value<RecordingState>(NO_RECORDING);
  /** The row of the log that says how the recording stands; 0: an answer said it. */
  #seq = 0;
  /** Grows with each change that is heard: an answer that crossed one is older than it. */
  #heard = 0;
  #newest: { recording: Recording; seq: number } | null = null;
  #question: ConsentQuestion | null = null;
  /** The recording whose question is shown again to somebody who has said no. */
  #reconsidered: string | null = null;
  /** The recording that this page has said no to, until it says yes. */
  #refused: No | null;
  readonly #consents = new Map<number, Consent>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(connection: CallConnection, room: FactSource, roomId: string) {
    this.#connection = connection;
    this.roomId = roomId;
    const kept = rememberedNo(roomId);
    this.#refused = kept === null ? null : { recordingId: kept, isStored: false };
    room.onFact((event) => this.#fact(event));
    connection.on("room:event", (heard) => {
      if (heard.roomId === roomId) this.#fact(heard.event);
    });
    connection.on("recording:changed", (heard) => {
      if (heard.roomId === roomId) this.#changed(heard.recording, heard.seq);
    });
    connection.on("recording:consent_requested", ({ roomId: asked, ...question }) => {
      if (asked === roomId) this.#asked(question);
    });
    connection.onSession(() => void this.#sayNo());
    connection.state.subscribe(() => this.#show());
  }

  get state(): Observable<RecordingState> {
    return this.#state;
  }

  /** Ask everybody in the call to agree. */
  async start(options: { audioOnly?: boolean } = {}): Promise<Recording> {
    const { audioOnly = false } = options;
    return this.#ask(() => this.#connection.ask("recording:start", { roomId: this.roomId, audioOnly }));
  }

  /** End it, for everyone. */
  async stop(): Promise<Recording> {
    const { id } = this.#current();
    return this.#ask(() => this.#connection.ask("recording:stop", { roomId: this.roomId, recordingId: id }));
  }

  /** Who has said no is shown the question once more. Nothing is different until it is answered. */
  async reconsider(): Promise<void> {
    const { id } = this.#current();
    this.#reconsidered = id;
    this.#show();
    if (this.#question?.recordingId === id) return;
    // A yes to no text at all is none: the server answers it with the question.
    await this.#say(id, "given", "").catch((thrown: unknown) => {
      if (Refused.of(thrown).code !== "conflict") throw thrown;
    });
  }

  /** Agree to be recorded. */
  async give(): Promise<void> {
    const { recordingId, textVersion } = this.#asking();
    const refused = this.#refused;
    this.#refuse(null);
    this.#state.patch({ saying: "given" });
    try {
      await this.#say(recordingId, "given", textVersion);
      this.#reconsidered = null;
    } catch (thrown) {
      // What was said before still holds.
      this.#refuse(refused);
      throw thrown;
    } finally {
      this.#state.patch({ saying: null });
      this.#show();
    }
  }

  /** Do not agree. It holds here at once, and is told to the server as soon as that is possible. */
  refuse(): Promise<void> {
    const { recordingId } = this.#asking();
    this.#reconsidered = null;
    this.#refuse({ recordingId, isStored: false });
    return this.#sayNo();
  }

  /** Agree no longer. It holds here at once, and is told to the server as soon as that is possible. */
  withdraw(): Promise<void> {
    const { id } = this.#current();
    this.#refuse({ recordingId: id, isStored: false });
    return this.#sayNo();
  }

  /** What the server says of it to whoever enters the call. */
  entered(recording: Recording | null): void {
    if (recording) this.#take(recording);
    // One that was on is over by now; what became of it stands in the log.
    else if (this.#state.get().isOn) this.#take(null);
    void this.#sayNo();
  }

  // ---- saying it

  #current(): Recording {
    const { recording } = this.#state.get();
    if (!recording) throw new Refused("not_found", "nothing is recorded");
    return recording;
  }

  #asking(): { recordingId: string; textVersion: string } {
    if (this.#question) return this.#question;
    const { id, textVersion } = this.#current();
    return { recordingId: id, textVersion };
  }

  async #ask(ask: () => Promise<RecordingAnswered>): Promise<Recording> {
    const heard = this.#heard;
    const { recording } = await ask();
    if (heard === this.#heard) this.#take(recording);
    return recording;
  }

  #say(recordingId: string, decision: Decision, textVersion: string): Promise<Recording> {
    const said = { roomId: this.roomId, recordingId, decision, textVersion };
    return this.#ask(() => this.#connection.ask("recording:consent", said));
  }

  #refuse(refused: No | null): void {
    this.#refused = refused;
    rememberNo(this.roomId, refused && !refused.isStored ? refused.recordingId : null);
    this.#show();
  }

  /** Tell the server of a no that it does not know yet. Whatever keeps that from happening, here nothing is sent. */
  async #sayNo(): Promise<void> {
    clearTimeout(this.#timer);
    const refused = this.#refused;
    const { recording, saying } = this.#state.get();
    if (!refused || refused.isStored || saying !== null || !this.#connection.state.get().isConnected) return;
    const known = recording?.id === refused.recordingId ? recording : null;
    if (known && !isOn(known)) return this.#stored(refused);
    const textVersion = known?.textVersion ?? this.#question?.textVersion;
    // A page that was loaded anew does not know it yet; the answer to its entering says it.
    if (textVersion === undefined) return;
    const decision = this.#saysAnew(refused.recordingId) ? "withdrawn" : "refused";
    this.#state.patch({ saying: decision });
    let isPassing = false;
    try {
      await this.#say(refused.recordingId, decision, textVersion);
      this.#stored(refused);
    } catch (thrown) {
      isPassing = Refused.of(thrown).passing;
      // It is over, or never concerned this person: there is nothing to be said any more.
      if (!isPassing) this.#stored(refused);
    } finally {
      this.#state.patch({ saying: null });
    }
    if (isPassing) this.#timer = setTimeout(() => void this.#sayNo(), SAY_AGAIN_MS);
  }

  #stored(refused: No): void {
    if (this.#refused === refused) this.#refuse({ ...refused, isStored: true });
  }

  /** Whether a yes stands that is taken back now. */
  #saysAnew(recordingId: string): boolean {
    const { recording } = this.#state.get();
    const me = this.#me();
    const isRecorded = me !== null && recording?.id === recordingId && recording.recorded.includes(me);
    return isRecorded || this.#ownDecision(recordingId) === "given";
  }

  // ---- what is heard

  #asked(question: ConsentQuestion): void {
    this.#heard += 1;
    this.#question = question;
    this.#show();
  }

  #fact(event: RoomEvent): void {
    if (event.kind === "recording") return this.#told(event.recording, event.seq);
    if (event.kind !== "consent" || this.#consents.has(event.seq)) return;
    const { seq, at, recordingId, decision, textVersion } = event;
    const userId = event.by ?? "";
    this.#consents.set(seq, { seq, at, userId, recordingId, decision, textVersion });
    const isYes = userId === this.#me() && decision === "given" && this.#refused?.recordingId === recordingId;
    // Said on another device of the same person, after the no of this one.
    if (isYes && this.#refused?.isStored && seq > this.#lastNo(recordingId)) this.#refuse(null);
    this.#show();
  }

  /** History tells of each step in turn: only where it ends is taken, else a leg would be closed on the way there. */
  #told(recording: Recording, seq: number): void {
    if (this.#newest === null) queueMicrotask(() => this.#takeNewest());
    if (seq >= (this.#newest?.seq ?? 0)) this.#newest = { recording, seq };
  }

  #takeNewest(): void {
    const newest = this.#newest;
    this.#newest = null;
    if (newest) this.#changed(newest.recording, newest.seq);
  }

  #changed(recording: Recording, seq: number): void {
    if (seq <= this.#seq) return;
    this.#seq = seq;
    this.#heard += 1;
    this.#take(recording);
  }

  #take(recording: Recording | null): void {
    if (recording && this.#question?.recordingId === recording.id && !isOn(recording)) this.#question = null;
    this.#state.patch({ recording });
    this.#show();
  }

  // ---- what follows

  #me(): string | null {
    return this.#connection.state.get().user?.id ?? null;
  }

  #lastNo(recordingId: string): number {
    const nos = [...this.#consents.values()].filter(
      (each) => each.recordingId === recordingId && each.userId === this.#me() && each.decision !== "given",
    );
    return Math.max(0, ...nos.map(({ seq }) => seq));
  }

  #ownDecision(recordingId: string): Decision | null {
    const mine = [...this.#consents.values()].filter(
      (each) => each.recordingId === recordingId && each.userId === this.#me(),
    );
    return mine.sort((one, other) => one.seq - other.seq).at(-1)?.decision ?? null;
  }

  #show(): void {
    const { recording } = this.#state.get();
    const me = this.#me();
    const no =
      this.#refused !== null && this.#refused.recordingId === (recording?.id ?? this.#question?.recordingId);
    const agrees = !no && me !== null && recording !== null && recording.recorded.includes(me);
    const question = this.#question;
    const isCurrent = question !== null && (recording === null || recording.id === question.recordingId);
    // Until the row comes that says who is asked, the question itself says it.
    const isMissing = recording === null || me === null || recording.missing.includes(me);
    const isAnswerable = (isMissing && !no) || this.#reconsidered === question?.recordingId;
    const said = recording ? this.#ownDecision(recording.id) : null;
    const consents = [...this.#consents.values()].sort((one, other) => one.seq - other.seq);
    const before = this.#state.get();
    this.#state.patch({
      isOn: recording !== null && isOn(recording),
      question: isCurrent && isAnswerable ? question : null,
      decision: no
        ? said === null || said === "refused"
          ? "refused"
          : "withdrawn"
        : agrees
          ? "given"
          : said,
      isRecorded: agrees && recording.state === "recording",
      consents: consents.length === before.consents.length ? before.consents : consents,
    });
  }
}
