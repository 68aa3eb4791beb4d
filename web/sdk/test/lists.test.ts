/** Consultations, who waits, and who can be reached. */
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { everybodyLeaves, person } from "./harness/people.js";
import { Server } from "./harness/server.js";
import { until } from "./harness/until.js";

let server: Server;
beforeAll(async () => {
  server = await Server.start();
});
afterEach(everybodyLeaves);
afterAll(() => server.stop());

test("a doctor's list has what was there, and hears of what is made, changed and cancelled", async () => {
  const old = await server.visit("dora", "ben", { reason: "cough" });
  const dora = await person(server, "dora", "doctor");
  const { consultations } = dora;
  consultations.open();
  const ready = await until(consultations.state, ({ status }) => status === "ready");
  expect(ready.items.map(({ id }) => id)).toEqual([old.id]);
  await until(dora.state, ({ isConnected }) => isConnected);
  const made = await server.visit("dora", "carl");
  await until(consultations.state, ({ items }) => items.some(({ id }) => id === made.id));
  const own = await consultations.create({ doctorId: "dora", patientId: "emil", reason: "fever" });
  expect(consultations.state.get().items.map(({ id }) => id)).toEqual([own.id, made.id, old.id]);
  await consultations.cancel(made.id);
  const status = consultations.state.get().items.find(({ id }) => id === made.id)?.status;
  expect(status).toBe("cancelled");
});

test("a guest comes in by a link, and reads and writes once they are admitted", async () => {
  const { id } = await server.visit("dora", "ben");
  const dora = await person(server, "dora", "doctor");
  const link = await dora.consultations.invite(id, { role: "guest", name: "Ines" });
  expect(link.url).toContain(link.token);
  const accepted = await dora.rest.POST("/api/v1/invitations/accept", { body: { token: link.token } });
  const guest = await person(server, "guest", "guest", { token: accepted.data?.accessToken ?? "" });
  guest.room(id).open();
  await until(guest.room(id).state, ({ error }) => error?.code === "waiting");
  expect(guest.room(id).state.get().status).toBe("joining");
  expect(await guest.ask("webrtc:join_room", { roomId: id })).toMatchObject({ state: "waiting" });
  await dora.room(id).admit(guest.state.get().user?.id ?? "");
  await until(guest.room(id).state, ({ isLive }) => isLive);
});

test("a doctor sees who waits, also if they come later, and sees them no longer once they are let in or gone", async () => {
  const { id } = await server.visit("dora", "ben");
  const ben = await person(server, "ben", "patient");
  expect(await ben.ask("webrtc:join_room", { roomId: id })).toMatchObject({ state: "waiting" });
  const dora = await person(server, "dora", "doctor");
  dora.room(id).open();
  const waits = () => until(dora.room(id).state, ({ waiting }) => waiting[0]?.user.id === "ben");
  const nobody = () => until(dora.room(id).state, ({ waiting }) => waiting.length === 0);
  expect((await waits()).waiting[0]?.since).toBeTruthy();
  expect(dora.consultations.state.get().waiting[id]?.length).toBe(1);
  await ben.ask("webrtc:leave_room", { roomId: id });
  await nobody();
  await ben.ask("webrtc:join_room", { roomId: id });
  await waits();
  const admitted = new Promise((resolve) => ben.on("consultation:admitted", resolve));
  await dora.room(id).admit("ben");
  await admitted;
  await nobody();
  await until(dora.room(id).state, ({ entries }) =>
    entries.some((entry) => entry.kind === "fact" && entry.event.kind === "admitted"),
  );
});

test("whom one watches is known at once and followed, by everybody who watches on this page", async () => {
  const frank = await person(server, "frank", "doctor");
  await until(frank.state, ({ isConnected }) => isConnected);
  const ben = await person(server, "ben", "patient");
  const stop = ben.presence.watch({ userIds: ["frank"] });
  ben.presence.watch({ role: "doctor" });
  await until(ben.presence.state, ({ frank: watched }) => watched?.status === "available");
  await frank.presence.set("busy");
  await until(ben.presence.state, ({ frank: watched }) => watched?.status === "busy");
  stop();
  frank.close();
  await until(ben.presence.state, ({ frank: watched }) => watched?.status === "offline");
});
