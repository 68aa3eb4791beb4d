/**
 * The text of one answer, made of numbered pieces in whatever way they come: live, twice, too early, or all at once.
 * Pure.
 */
import type { AssistantAttached } from "../generated/events.js";

/** Pieces that came before the one in front of them. More than these are asked for again anyway. */
const MAX_AHEAD = 5_000;

export interface AnswerText {
  readonly content: string;
  /** Everything before this piece is in `content`. */
  readonly index: number;
  /** Pieces that wait for one before them. */
  readonly ahead: ReadonlyMap<number, string>;
  /** The server was asked for what is missing; until it answers, nothing is put together. */
  readonly isAttaching: boolean;
}

export const NO_TEXT: AnswerText = { content: "", index: 0, ahead: new Map(), isAttaching: false };

/** Whether a piece is missing that nobody has been asked for. */
export const isBehind = (text: AnswerText): boolean => text.ahead.size > 0 && !text.isAttaching;

/** A piece came. */
export function heard(text: AnswerText, index: number, delta: string): AnswerText {
  if (index < text.index || text.ahead.has(index)) return text;
  if (!text.isAttaching && text.ahead.size === 0 && index === text.index) {
    return { ...text, content: text.content + delta, index: index + 1 };
  }
  if (text.ahead.size >= MAX_AHEAD) return text;
  return together({ ...text, ahead: new Map(text.ahead).set(index, delta) });
}

export const attaching = (text: AnswerText): AnswerText => ({ ...text, isAttaching: true });

/** The server did not answer. */
export const unattached = (text: AnswerText): AnswerText => together({ ...text, isAttaching: false });

/** The server gave what there is: from where it was asked for, or from the beginning. */
export function attached(
  text: AnswerText,
  { content, fromIndex, index }: Pick<AssistantAttached, "content" | "fromIndex" | "index">,
): AnswerText {
  const known = { ...text, isAttaching: false };
  if (index < text.index || (fromIndex !== 0 && fromIndex !== text.index)) return together(known);
  const isAll = fromIndex === 0;
  return together({ ...known, content: isAll ? content : text.content + content, index });
}

/** Take in what waited for nothing but this. */
function together(text: AnswerText): AnswerText {
  if (text.isAttaching || text.ahead.size === 0) return text;
  let { content, index } = text;
  for (let next = text.ahead.get(index); next !== undefined; next = text.ahead.get(index)) {
    content += next;
    index += 1;
  }
  const ahead = new Map([...text.ahead].filter(([number]) => number >= index));
  return { ...text, content, index, ahead };
}
