import type { Consultation } from "@bedside/client";
import { expect, test } from "vitest";
import { listed } from "../src/pages/listed";

const NOON = new Date(2026, 10, 20, 12).getTime();
const HOUR_MS = 3_600_000;

function visit(id: string, status: Consultation["status"], hoursFromNoon: number | null): Consultation {
  const at = new Date(NOON + (hoursFromNoon ?? 0) * HOUR_MS).toISOString();
  return {
    id,
    status,
    doctorId: "anna",
    patientId: "ben",
    participants: [],
    waitingRoom: true,
    recordingPolicy: "on_request",
    icePolicy: "all",
    version: 1,
    createdAt: new Date(NOON).toISOString(),
    ...(hoursFromNoon !== null && { scheduledAt: at }),
  };
}

const ids = (visits: Consultation[]) => visits.map(({ id }) => id);

test("visits of today stand in the order in which they come, also those that nobody has begun", () => {
  const visits = [
    visit("later", "scheduled", 3),
    visit("missed yesterday", "scheduled", -20),
    visit("now", "waiting", null),
  ];
  expect(ids(listed(visits, "today", NOON))).toEqual(["missed yesterday", "now", "later"]);
});

test("a visit of another day is upcoming", () => {
  const visits = [
    visit("in a week", "scheduled", 170),
    visit("tomorrow", "scheduled", 24),
    visit("tonight", "scheduled", 8),
  ];
  expect(ids(listed(visits, "upcoming", NOON))).toEqual(["tomorrow", "in a week"]);
});

test("what is over is past, the newest first, whenever it was planned for", () => {
  const visits = [
    visit("old", "completed", -50),
    visit("cancelled", "cancelled", 30),
    visit("missed", "no_show", -2),
  ];
  expect(ids(listed(visits, "past", NOON))).toEqual(["cancelled", "missed", "old"]);
});
