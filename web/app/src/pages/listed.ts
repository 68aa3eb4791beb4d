/** Which visits stand in which list, and in what order. Pure. */
import type { Consultation } from "@bedside/client";
import type { HomeTab } from "../router";
import { isSameDay } from "../texts/time";

export const isOver = ({ status }: Consultation): boolean =>
  status === "completed" || status === "cancelled" || status === "no_show";

/** When it is, was, or was made: what it is sorted by. */
export const timeOf = (visit: Consultation): number =>
  new Date(visit.startedAt ?? visit.scheduledAt ?? visit.createdAt).getTime();

export function listed(visits: readonly Consultation[], tab: HomeTab, now: number): Consultation[] {
  const found = visits.filter((visit) => tabOf(visit, now) === tab);
  // What is over is looked for from the newest; what is to come, in the order in which it comes.
  return found.sort((one, other) =>
    tab === "past" ? timeOf(other) - timeOf(one) : timeOf(one) - timeOf(other),
  );
}

function tabOf(visit: Consultation, now: number): HomeTab {
  if (isOver(visit)) return "past";
  // A visit that nobody has begun nor called off does not go away with its day: it stays where it is seen.
  return timeOf(visit) > now && !isSameDay(timeOf(visit), now) ? "upcoming" : "today";
}
