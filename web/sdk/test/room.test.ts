/** A room as its people see it. */
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { everybodyLeaves, person, texts } from "./harness/people.js";
import { Server } from "./harness/server.js";
import { until } from "./harness/until.js";

let server: Server;
beforeAll(async () => {
  server = await Server.start();
});
afterEach(everybodyLeaves);
afterAll(() => server.stop());

test("what one writes the other reads, and the ticks say so", async () => {
  const { id } = await server.visit("anna", "ben");
  const [anna, ben] = await Promise.all([person(server, "anna", "doctor"), person(server, "ben", "patient")]);
  const [annas, bens] = [anna.room(id), ben.room(id)];
  annas.open();
  bens.open();
  await until(bens.state, (room) => room.isLive);
  const sent = await annas.send("Good morning");
  await until(bens.state, (room) => texts(room.entries).includes("Good morning"));
  expect(bens.state.get().unread).toBe(1);
  const delivery = (wanted: string) =>
    until(annas.state, (room) => room.entries.some((entry) => entry.kind === "message" && entry.delivery === wanted));
  await delivery("delivered");
  bens.markSeen();
  expect(bens.state.get().unread).toBe(0);
  await delivery("seen");
  await annas.redact(sent.id);
  await until(bens.state, (room) => room.entries.some((entry) => entry.kind === "message" && entry.redacted));
  expect(texts(bens.state.get().entries)).toEqual([null]);
});
