import type { Consultation, User } from "@bedside/client";

/** Who is shown what a doctor does in a visit. Whether they may is the server's to say, each time. */
export function mayManage(consultation: Consultation | null, user: User): boolean {
  if (user.role === "staff") return true;
  const part = consultation?.participants.find(({ userId }) => userId === user.id);
  return part?.role === "doctor";
}
