import type { BedsideState, Consultation, User } from "@bedside/client";

/** Who is shown the button. Whether they may is the server's to say, each time. */
export function mayRecord(
  consultation: Consultation | null,
  user: User,
  features: BedsideState["features"],
): boolean {
  const part = consultation?.participants.find(({ userId }) => userId === user.id);
  return (
    features.includes("recording") &&
    part?.role === "doctor" &&
    consultation?.recordingPolicy === "on_request"
  );
}
