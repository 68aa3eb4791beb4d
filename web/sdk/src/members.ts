/** Who has a part in a room, and how far they have read. Pure. */
import type { Member, RoomEvent } from "./generated/events.js";

type Members = readonly Member[];
/** What something that was heard makes of them. */
export type Change = (members: Members) => Members;
type Mark = Partial<Pick<Member, "deliveredUpToSeq" | "seenUpToSeq">>;

/** Somebody has got so far. What they have seen has reached them, and nobody goes back. */
export function reached(members: Members, userId: string, mark: Mark): Members {
  return members.map((member) => {
    if (member.userId !== userId) return member;
    const seenUpToSeq = Math.max(member.seenUpToSeq, mark.seenUpToSeq ?? 0);
    const deliveredUpToSeq = Math.max(member.deliveredUpToSeq, mark.deliveredUpToSeq ?? 0, seenUpToSeq);
    return { ...member, seenUpToSeq, deliveredUpToSeq };
  });
}

/** Somebody came or went, as the server knows them now. */
export function present(members: Members, member: Member): Members {
  const known = members.some(({ userId }) => userId === member.userId);
  return known
    ? members.map((other) => (other.userId === member.userId ? member : other))
    : [...members, member];
}

/** Somebody was given a part, or lost it. */
export function taking(members: Members, event: RoomEvent): Members {
  if (event.kind === "removed") return members.filter(({ userId }) => userId !== event.userId);
  if (event.kind !== "added" || members.some(({ userId }) => userId === event.userId)) return members;
  const { userId, role, name } = event;
  return [
    ...members,
    { userId, role, name: name ?? null, online: false, deliveredUpToSeq: 0, seenUpToSeq: 0 },
  ];
}
