/** What a chat shows, made of the room's log, the outbox and how far the others have read. Pure. */
import type { Attachment, ChatMessage, Member, RoomEvent } from "./generated/events.js";
import type { Outgoing } from "./outbox.js";
import type { Refused } from "./refused.js";

/** How far a message of one's own has come, by the one who is furthest. */
export type Delivery = "sent" | "delivered" | "seen";

export type Entry =
  | { kind: "message"; message: ChatMessage; mine: boolean; redacted: boolean; delivery: Delivery }
  /** A system line: somebody was admitted, the visit started, … */
  | { kind: "fact"; event: RoomEvent }
  | {
      kind: "outgoing";
      clientMessageId: string;
      content: string;
      attachments: readonly Attachment[];
      state: "sending" | "failed";
      error: Refused | null;
    };

/** Makes the entries, and gives the same object for an entry that has not changed. */
export class Entries {
  #known = new Map<number, Entry>();

  of(
    events: readonly RoomEvent[],
    outgoing: readonly Outgoing[],
    me: string | null,
    members: readonly Member[],
  ): Entry[] {
    const redacted = new Set<string>();
    for (const event of events) if (event.kind === "redaction") redacted.add(event.messageId);
    const others = members.filter((member) => member.userId !== me);
    const seen = Math.max(0, ...others.map((member) => member.seenUpToSeq));
    const delivered = Math.max(seen, ...others.map((member) => member.deliveredUpToSeq));
    const known = new Map<number, Entry>();
    for (const event of events) {
      if (event.kind === "redaction") continue;
      const before = this.#known.get(event.seq);
      if (event.kind !== "message") {
        known.set(event.seq, before ?? { kind: "fact", event });
        continue;
      }
      const { message } = event;
      const entry: Entry = {
        kind: "message",
        message,
        mine: message.senderId === me,
        redacted: redacted.has(message.id) || message.content == null,
        delivery: event.seq <= seen ? "seen" : event.seq <= delivered ? "delivered" : "sent",
      };
      known.set(event.seq, before && alike(before, entry) ? before : taken(entry));
    }
    this.#known = known;
    const waiting = outgoing.map(({ clientMessageId, content, attachments, state, error }): Entry => {
      return { kind: "outgoing", clientMessageId, content, attachments, state, error };
    });
    return [...known.values(), ...waiting];
  }
}

type MessageEntry = Extract<Entry, { kind: "message" }>;

function alike(before: Entry, entry: MessageEntry): boolean {
  return (
    before.kind === "message" &&
    before.message.id === entry.message.id &&
    before.mine === entry.mine &&
    before.redacted === entry.redacted &&
    before.delivery === entry.delivery
  );
}

/** A message that was taken back shows nothing of what it said, also where it was heard before. */
function taken(entry: MessageEntry): MessageEntry {
  return entry.redacted ? { ...entry, message: { ...entry.message, content: null, attachments: [] } } : entry;
}

/** Messages by others that this person has not seen. */
export function unreadOf(events: readonly RoomEvent[], me: string | null, seenUpTo: number): number {
  const unread = (event: RoomEvent): boolean =>
    event.kind === "message" && event.seq > seenUpTo && event.message.senderId !== me;
  return events.filter(unread).length;
}
