import type { Consultation, User } from "@bedside/client";

/** Who somebody is in a visit, where machines are concerned. What they may do is the server's to say, each time. */
export function partOf(consultation: Consultation | null, user: User): "doctor" | "patient" | "other" {
  const part = consultation?.participants.find(({ userId }) => userId === user.id);
  return part?.role === "doctor" || part?.role === "patient" ? part.role : "other";
}
