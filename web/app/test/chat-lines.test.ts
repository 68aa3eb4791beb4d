import type { Entry, Recording } from "@bedside/client";
import { expect, test } from "vitest";
import { continues, entryKey, firstUnread, linesOf, startsDay } from "../src/visit/chat-lines";

function message(seq: number, senderId: string, sentAt: string): Entry {
  return {
    kind: "message",
    mine: senderId === "me",
    redacted: false,
    delivery: "sent",
    message: {
      roomId: "room",
      seq,
      id: `m${seq}`,
      clientMessageId: `c${seq}`,
      senderId,
      senderRole: "patient",
      kind: "text",
      content: "hello",
      attachments: [],
      sentAt,
    },
  };
}

const MONDAY = "2026-11-16T12:00:00.000Z";
const MONDAY_SOON = "2026-11-16T12:01:00.000Z";
const MONDAY_LATER = "2026-11-16T12:30:00.000Z";
const WEDNESDAY = "2026-11-18T12:00:00.000Z";

test("a message keeps its key from the outbox to the log", () => {
  const outgoing: Entry = {
    kind: "outgoing",
    clientMessageId: "c1",
    content: "hello",
    attachments: [],
    state: "sending",
    error: null,
  };
  expect(entryKey(outgoing)).toBe(entryKey(message(1, "me", MONDAY)));
});

test("the first line of each day is marked, and what is not sent yet has no day", () => {
  const entries = [message(1, "me", MONDAY), message(2, "ben", MONDAY_SOON), message(3, "me", WEDNESDAY)];
  entries.push({
    kind: "outgoing",
    clientMessageId: "c9",
    content: "hello",
    attachments: [],
    state: "sending",
    error: null,
  });
  expect(entries.map((_, index) => startsDay(entries, index))).toEqual([true, false, true, false]);
});

test("the mark stands before the first message by others that was not seen", () => {
  const entries = [
    message(1, "ben", MONDAY),
    message(2, "me", MONDAY),
    message(3, "ben", MONDAY),
    message(4, "ben", MONDAY),
  ];
  expect(firstUnread(entries, 2)).toBe("message m3");
  expect(firstUnread(entries, 0)).toBeNull();
  expect(firstUnread([], 3)).toBeNull();
});

test("messages of one person within a few minutes stand together", () => {
  const first = message(1, "ben", MONDAY);
  expect(continues(message(2, "ben", MONDAY_SOON), first)).toBe(true);
  expect(continues(message(2, "ben", MONDAY_LATER), first)).toBe(false);
  expect(continues(message(2, "me", MONDAY_SOON), first)).toBe(false);
  expect(continues(first, undefined)).toBe(false);
});

test("a recording has a line for each step, and none for those who answer on the way", () => {
  const step = (seq: number, id: string, state: string, reason: string | null = null): Entry => {
    const recording = { id, state, reason } as Recording;
    return { kind: "fact", event: { kind: "recording", seq, at: MONDAY, by: null, recording } };
  };
  const steps = [
    step(1, "one", "awaiting_consent"),
    step(2, "one", "awaiting_consent"),
    step(3, "one", "recording"),
    step(4, "one", "paused", "somebody_joined"),
    step(5, "one", "recording"),
    step(6, "one", "recording"),
    step(7, "two", "recording"),
    step(8, "one", "stopped", "withdrawn"),
  ];
  const seqs = linesOf(steps).map((entry) => entry.kind === "fact" && entry.event.seq);
  expect(seqs).toEqual([1, 3, 4, 5, 7, 8]);
});
