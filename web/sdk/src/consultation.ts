/** What follows from a consultation alone. */
import type { Consultation } from "./generated/events.js";

/** Whether one can still write and meet in it. */
export const isOpen = ({ status }: Consultation): boolean =>
  status === "scheduled" || status === "waiting" || status === "in_progress";

/** A visit's time is when it is scheduled, or else when it was made. */
export const timeOf = ({ scheduledAt, createdAt }: Consultation): number =>
  Date.parse(scheduledAt ?? createdAt);
