/** The answers of one room that are being written, or have just ended. It says which of them have to be asked for. */
import type {
  AnswerState,
  AssistantAsked,
  AssistantAttached,
  AssistantFailed,
  ChatMessage,
  RunningAnswer,
} from "../generated/events.js";
import { Refused } from "../refused.js";
import { type AnswerText, NO_TEXT, attached, attaching, heard, isBehind, unattached } from "./text.js";

/** An answer as far as it is known. */
export interface Answer {
  /** Also the id of the message that it becomes. */
  readonly id: string;
  /** Who answers; null where only pieces of it have been heard so far. */
  readonly assistantId: string | null;
  /** The message that asked, where that is known here. */
  readonly questionId: string | null;
  readonly content: string;
  readonly state: AnswerState;
  /** Why it is not complete. */
  readonly error: Refused | null;
}

/** Answers that ended without a word: older ones have been seen long ago. */
const MAX_ENDED = 20;

interface Held {
  answer: Answer;
  text: AnswerText;
  /** Whether the server has to be asked for it. */
  isWanted: boolean;
}

export class Answers {
  readonly #held = new Map<string, Held>();

  /** In the order in which they began. */
  get list(): readonly Answer[] {
    return [...this.#held.values()].map(({ answer }) => answer);
  }

  /** Those that have to be asked for now. */
  get wanted(): readonly string[] {
    return [...this.#held].flatMap(([id, { answer, text, isWanted }]) => {
      const isMissing = answer.state === "streaming" && (isWanted || isBehind(text));
      return isMissing && !text.isAttaching ? [id] : [];
    });
  }

  /** It begins, and all its pieces will be heard. */
  begins(id: string, assistantId: string): void {
    this.#change(id, ({ answer }) => ({ answer: { ...answer, assistantId } }));
  }

  piece(id: string, index: number, delta: string): void {
    // An answer whose beginning was not heard is asked for: this is not its first piece.
    this.#change(id, ({ answer, text }) =>
      answer.state === "streaming" ? { text: heard(text, index, delta) } : {},
    );
  }

  /** A question of this page's was taken. */
  asked({ answerId, message, state }: AssistantAsked): void {
    const isNew = !this.#held.has(answerId);
    // The answer to a retry may be over; then it stands in the log.
    if (isNew && state !== "streaming") return;
    this.#change(answerId, ({ answer, isWanted }) => ({
      answer: { ...answer, questionId: message.id },
      isWanted: isWanted || isNew,
    }));
  }

  /** The room was entered in a new session. What was being written is asked for, also if it may have ended since. */
  joined(running: readonly RunningAnswer[]): void {
    for (const held of this.#held.values()) held.isWanted = held.answer.state === "streaming";
    for (const { answerId, assistantId, questionId } of running) {
      this.#change(answerId, ({ answer }) => ({
        answer: { ...answer, assistantId, questionId },
        isWanted: true,
      }));
    }
  }

  /** How many pieces of it there are here; from there on it is asked for. */
  attaching(id: string): number {
    this.#change(id, ({ text }) => ({ text: attaching(text) }));
    return this.#held.get(id)?.text.index ?? 0;
  }

  attached(id: string, given: AssistantAttached): void {
    if (!this.#held.has(id)) return;
    this.#change(id, (held) => {
      const text = attached(held.text, given);
      const { answer } = held;
      const isNews = answer.state === "streaming";
      return {
        text,
        isWanted: false,
        answer: isNews ? { ...answer, content: text.content, state: given.state } : answer,
      };
    });
  }

  /** The server was asked in vain. `isOver`: it does not know the answer, and asking again would not help. */
  unattached(id: string, isOver: boolean): void {
    if (!this.#held.has(id)) return;
    if (isOver) this.#held.delete(id);
    else this.#change(id, ({ text }) => ({ text: unattached(text), isWanted: true }));
  }

  /** It has become this message. Its words are the truth, whatever was heard before. */
  became(id: string, message: ChatMessage): void {
    if (!this.#held.has(id)) return;
    this.#change(id, ({ answer }) => ({
      answer: { ...answer, content: message.content ?? "", state: message.answer?.state ?? "complete" },
    }));
  }

  failed({ answerId, state, error, message }: AssistantFailed): void {
    if (message) return this.became(answerId, message);
    this.#change(answerId, ({ answer }) => ({ answer: { ...answer, state, error: Refused.from(error) } }));
  }

  /** Let go of those that stand in the log now, and of old ones that never will. */
  shown(messageIds: ReadonlySet<string>): void {
    for (const id of this.#held.keys()) if (messageIds.has(id)) this.#held.delete(id);
    const ended = [...this.#held].filter(([, { answer }]) => answer.state !== "streaming");
    for (const [id] of ended.slice(0, -MAX_ENDED)) this.#held.delete(id);
  }

  forget(id: string): void {
    this.#held.delete(id);
  }

  #change(id: string, change: (held: Held) => Partial<Held>): void {
    const before = this.#held.get(id) ?? { answer: begun(id), text: NO_TEXT, isWanted: false };
    const held = { ...before, ...change(before) };
    if (held.answer.state === "streaming" && held.answer.content !== held.text.content) {
      held.answer = { ...held.answer, content: held.text.content };
    }
    this.#held.set(id, held);
  }
}

const begun = (id: string): Answer => ({
  id,
  assistantId: null,
  questionId: null,
  content: "",
  state: "streaming",
  error: null,
});
