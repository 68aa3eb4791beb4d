/** What a room shows where machines answer: its entries, and the answers that are not among them yet. Pure. */
import type { Entry } from "../entries.js";
import type { Answer } from "./answers.js";

/** An answer that is being written, or that ended without a word. */
export interface AnswerEntry {
  kind: "answer";
  answer: Answer;
}

export type AssistantEntry = Entry | AnswerEntry;

/** The messages that the entries show. */
export function messageIdsOf(entries: readonly Entry[]): ReadonlySet<string> {
  return new Set(entries.flatMap((entry) => (entry.kind === "message" ? [entry.message.id] : [])));
}

/** Answers stand after what was said and before what is still to be sent. */
export function withAnswers(
  entries: readonly Entry[],
  answers: readonly Answer[],
): readonly AssistantEntry[] {
  if (answers.length === 0) return entries;
  const sent = entries.findLastIndex((entry) => entry.kind !== "outgoing") + 1;
  const shown = answers.map((answer): AnswerEntry => ({ kind: "answer", answer }));
  return [...entries.slice(0, sent), ...shown, ...entries.slice(sent)];
}

/** The question that is asked again: the one that was answered, or the last one of one's own before the answer. */
export function questionOf(
  entries: readonly Entry[],
  answer: { id: string; questionId: string | null },
): string | null {
  const before = entries.findIndex((entry) => entry.kind === "message" && entry.message.id === answer.id);
  const earlier = before < 0 ? entries : entries.slice(0, before);
  const messages = earlier.flatMap((entry) => (entry.kind === "message" ? [entry] : []));
  const question =
    messages.find(({ message }) => message.id === answer.questionId) ?? messages.findLast(({ mine }) => mine);
  return question?.message.content ?? null;
}
