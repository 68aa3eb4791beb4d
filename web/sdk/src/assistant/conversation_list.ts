/** A list of conversations, made of pages that were read and of what was heard in the meantime. Pure. */
import type { Conversation } from "../generated/events.js";

export interface ConversationList {
  /** The newest activity first. */
  readonly items: readonly Conversation[];
  /** Grows with each event: what was read before an event is older than it. */
  readonly heard: number;
  /** When each was heard of last, also those that were deleted. */
  readonly heardAt: ReadonlyMap<string, number>;
}

export const NO_LIST: ConversationList = { items: [], heard: 0, heardAt: new Map() };

/** One that was made, changed, or read just now. */
export function told(list: ConversationList, conversation: Conversation): ConversationList {
  return { ...noted(list, conversation.id), items: sorted(list.items, [conversation]) };
}

export function deleted(list: ConversationList, id: string): ConversationList {
  return { ...noted(list, id), items: list.items.filter((each) => each.id !== id) };
}

/**
 * A page that was asked for when so much had been heard. It covers the list from its beginning, or from `from`, to its
 * last conversation; where it is the last page, to the end. What it does not have there is gone.
 */
export function read(
  list: ConversationList,
  page: readonly Conversation[],
  { since, isFirst, isLast }: { since: number; isFirst: boolean; isLast: boolean },
): ConversationList {
  const isNewer = (id: string): boolean => (list.heardAt.get(id) ?? -1) > since;
  const oldest = page.at(-1)?.updatedAt;
  const inPage = new Set(page.map(({ id }) => id));
  const isCovered = ({ id, updatedAt }: Conversation): boolean =>
    isFirst && !inPage.has(id) && (isLast || (oldest !== undefined && updatedAt > oldest));
  const kept = list.items.filter((each) => isNewer(each.id) || !isCovered(each));
  return {
    ...list,
    items: sorted(
      kept,
      page.filter(({ id }) => !isNewer(id)),
    ),
  };
}

function noted(list: ConversationList, id: string): ConversationList {
  const heard = list.heard + 1;
  return { ...list, heard, heardAt: new Map(list.heardAt).set(id, heard) };
}

function sorted(items: readonly Conversation[], changed: readonly Conversation[]): Conversation[] {
  const all = new Map([...items, ...changed].map((each) => [each.id, each]));
  return [...all.values()].sort(
    (one, other) => Date.parse(other.updatedAt) - Date.parse(one.updatedAt) || (one.id < other.id ? 1 : -1),
  );
}
