/** The list of conversations, whatever is read and heard at the same time. */
import { expect, test } from "vitest";
import { NO_LIST, deleted, read, told } from "../src/assistant/conversation_list.js";
import type { Conversation } from "../src/index.js";

const conversation = (id: string, minute: number, more: Partial<Conversation> = {}): Conversation => ({
  id,
  assistantId: "intake",
  title: null,
  lastMessage: null,
  unread: 0,
  lastSeq: 0,
  createdAt: "2026-11-21T10:00:00Z",
  updatedAt: `2026-11-21T10:${String(minute).padStart(2, "0")}:00Z`,
  ...more,
});
const ids = (list: { items: readonly Conversation[] }) => list.items.map(({ id }) => id);
const whole = { since: 0, isFirst: true, isLast: true };

test("what was heard while a page was on its way is newer than the page", () => {
  let list = read(NO_LIST, [conversation("a", 2), conversation("b", 1)], whole);
  const since = list.heard;
  list = told(list, conversation("b", 5, { title: "Sleep" }));
  list = deleted(list, "a");
  list = read(list, [conversation("a", 2), conversation("b", 1)], { ...whole, since });
  expect(ids(list)).toEqual(["b"]);
  expect(list.items[0]?.title).toBe("Sleep");
});

test("what was deleted while nobody listened is gone after the next page, and what stands beyond it stays", () => {
  let list = read(NO_LIST, [conversation("a", 9), conversation("b", 8)], { ...whole, isLast: false });
  list = read(list, [conversation("c", 3)], { since: 0, isFirst: false, isLast: true });
  expect(ids(list)).toEqual(["a", "b", "c"]);
  list = read(list, [conversation("b", 8)], { ...whole, isLast: false });
  expect(ids(list)).toEqual(["b", "c"]);
  expect(ids(read(list, [], whole))).toEqual([]);
});

test("the newest activity stands first", () => {
  const list = told(read(NO_LIST, [conversation("a", 2), conversation("b", 1)], whole), conversation("b", 3));
  expect(ids(list)).toEqual(["b", "a"]);
});
