/** What may be done with a visit besides opening it. Pure. */
import type { Consultation } from "@bedside/client";
import { isOver } from "./listed";

/** The server's default; where a clinic has set another, the server says no and why. */
const REOPEN_WITHIN_MS = 15 * 60_000;

export const mayCallOff = (visit: Consultation): boolean => !isOver(visit) && visit.status !== "in_progress";

export const mayReopen = ({ status, endedAt }: Consultation, now: number): boolean =>
  status === "completed" && !!endedAt && now - Date.parse(endedAt) < REOPEN_WITHIN_MS;
