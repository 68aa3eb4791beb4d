/** What a line of the chat is, and where marks stand between lines. Pure. */
import type { Entry } from "@bedside/client";
import { isSameDay } from "../texts/time";

/** What is worth a line: a recording that stands where it stood, only with others in it, is not. */
export function linesOf(entries: readonly Entry[]): Entry[] {
  const stood = new Map<string, string>();
  return entries.filter((entry) => {
    if (entry.kind !== "fact" || entry.event.kind !== "recording") return true;
    const { id, state, reason } = entry.event.recording;
    const stands = `${state} ${reason ?? ""}`;
    const isNews = stood.get(id) !== stands;
    stood.set(id, stands);
    return isNews;
  });
}

export const entryKey = (entry: Entry): string => {
  switch (entry.kind) {
    case "message":
      // A message keeps the key that it was sent under, so that it does not jump when it is stored.
      return `message ${entry.mine ? entry.message.clientMessageId : entry.message.id}`;
    case "outgoing":
      return `message ${entry.clientMessageId}`;
    case "fact":
      return `fact ${entry.event.seq}`;
  }
};

export function timeOfEntry(entry: Entry): string | null {
  switch (entry.kind) {
    case "message":
      return entry.message.sentAt;
    case "fact":
      return entry.event.at;
    case "outgoing":
      return null;
  }
}

/** Whether a line is the first of its day. */
export function startsDay(entries: readonly Entry[], index: number): boolean {
  const entry = entries[index];
  const time = entry && timeOfEntry(entry);
  if (!time) return false;
  const before = entries.slice(0, index).findLast((each) => timeOfEntry(each) !== null);
  const timeBefore = before && timeOfEntry(before);
  return !timeBefore || !isSameDay(timeBefore, time);
}

/** The key of the first message by others that was not seen; null where all were. */
export function firstUnread(entries: readonly Entry[], unread: number): string | null {
  if (unread === 0) return null;
  const others = entries.filter((entry) => entry.kind === "message" && !entry.mine);
  const first = others.at(-unread) ?? others[0];
  return first ? entryKey(first) : null;
}

/** Lines of one person in a row stand together under one name, as long as little time is between them. */
const TOGETHER_MS = 5 * 60_000;

export function continues(entry: Entry, before: Entry | undefined): boolean {
  if (entry.kind !== "message" || before?.kind !== "message") return false;
  const apartMs = Date.parse(entry.message.sentAt) - Date.parse(before.message.sentAt);
  return entry.message.senderId === before.message.senderId && apartMs < TOGETHER_MS;
}
